//! Crashes, losses of power, disks that fail, bad links, clocks that step: the real program, as it is
//! killed and goes on.
//!
//! Each is short here. `tests/campaign/run` makes them long, and prints what comes out;
//! `docs/reliability.md` has the figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a test"
)]

mod chance;
mod clocks;
mod crowd;
mod faults;
#[path = "../hosts/mod.rs"]
mod hosts;
mod kills;
mod limits;
mod links;
mod peer;
mod power;
mod preload;
#[path = "../process/mod.rs"]
mod process;
mod soak;
mod transfers;

/// How long a campaign is: what the variable says, or a little.
fn length(variable: &str, short: u32) -> u32 {
    std::env::var(variable).map_or(short, |n| n.parse().unwrap())
}
