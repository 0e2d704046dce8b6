//! Chats: what is said, sealed for whom, in which order.

pub mod content;
pub mod direct;
pub mod ephemeral;
pub mod order;
