//! A simulated world: production engines with a store in memory each, a virtual clock, and a network that
//! delays, loses, doubles, reorders and parts them, with relays that come, go, forget and lie. Everything
//! follows from a seed. What must be so is checked at each step, and once all is healed.

mod between;
mod campaign;
mod draw;
mod healed;
mod host;
mod invariants;
mod network;
mod play;
mod relay;
mod release;
mod report;
mod schedule;
mod shrink;
#[cfg(test)]
mod tests;
mod trace;
mod world;

pub use campaign::{Campaign, Summary, run_all};
pub use draw::{Plan, draw};
pub use play::{Outcome, play};
pub use report::HostReport;
pub use schedule::Schedule;
pub use shrink::shrink;
