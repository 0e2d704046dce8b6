//! What crosses the network: frames, stream messages, limits, codec. It knows no key and no content.

pub mod blob;
pub mod codec;
pub mod direct;
pub mod frame;
pub mod hello;
pub mod id;
pub mod limits;
pub mod mailbox;
pub(crate) mod strict;
pub mod sync;
