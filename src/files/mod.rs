//! Files of messages at rest: sealed, outside the database, checked in pieces (protocol §7).
//!
//! `blobs` keeps what is here of each. The name on disk is a MAC of the file's own name, under a key of the
//! profile. The key that opens a file is in the message that it came with, and goes with it.

mod cipher;
mod listing;
mod name;
mod plain;
mod save;
mod seal;
mod shelf;
#[cfg(test)]
mod tests;
mod told;
mod unfold;
mod walk;

pub use crate::blobs::{Bits, Blob, PutError, Wish};
pub use listing::{Inner, Layout, Listed, Listing};
pub use name::{extension, harmless};
pub use plain::{OpenError, Opening};
pub use save::SaveError;
pub use seal::{SealError, Sealed};
pub use shelf::{NoRoom, Shelf, Standing};
pub use told::{Kept, Told};
pub use walk::{Walk, WalkBytes, WalkError};
