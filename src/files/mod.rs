//! Files of messages at rest: sealed, outside the database, checked in pieces (protocol §7).
//!
//! ```text
//! blobs/NAME.blob   a whole file, sealed in chunks
//! blobs/NAME.list   the hashes of its pages, then of its chunks
//! blobs/NAME.part   a file of which some chunks are here
//! blobs/NAME.have   which of them are surely on disk, and whether the others are wanted
//! blobs/NAME.near   which of them were written; looked at again before that is believed
//! ```
//!
//! `NAME` is a MAC of the file's own name, under a key of the profile. The key that opens a file is in the
//! message that it came with, and goes with it.

mod bits;
mod blob;
mod cipher;
mod have;
mod listing;
mod name;
mod plain;
mod save;
mod seal;
mod shelf;
#[cfg(test)]
mod tests;
mod unfold;
mod walk;

pub use bits::Bits;
pub use blob::{Blob, PutError, Wish};
pub use listing::{Inner, Layout, Listed, Listing};
pub use name::{extension, harmless};
pub use plain::{OpenError, Opening};
pub use save::SaveError;
pub use seal::{SealError, Sealed};
pub use shelf::{NoRoom, Shelf, Standing};
pub use walk::{Walk, WalkBytes, WalkError};
