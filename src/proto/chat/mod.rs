//! Chats: what is said, sealed for whom, in which order.

pub mod acts;
pub mod chosen;
pub mod content;
pub mod direct;
pub mod ephemeral;
pub mod epoch;
pub mod group;
pub mod membership;
pub mod order;
pub mod seal;
pub mod sender_chain;
pub mod state;
pub mod summary;
pub mod thread;

#[cfg(test)]
mod known_answers;
