//! Sealed files in pieces: what is here of one, checked before it is kept, and crash-safe (protocol §7).
//!
//! ```text
//! NAME.blob   a whole file, sealed in chunks
//! NAME.list   the hashes of its pages, then of its chunks
//! NAME.part   a file of which some chunks are here
//! NAME.have   which of them are surely on disk, and whether the others are wanted
//! NAME.near   which of them were written; looked at again before that is believed
//! ```
//!
//! No key is needed for any of it: people and relays keep files so.

mod answer;
mod bits;
mod blob;
mod have;

pub use bits::Bits;
pub(crate) use blob::Paths;
pub use blob::{Blob, PutError, Wish};
pub(crate) use have::{read_have, write_have};
