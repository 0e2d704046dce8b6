//! What it takes to rely on a disk: files that nobody else may read, and one database.
//!
//! The one place that names sled (docs/adr/0005). It knows nothing of people and messages: the store
//! of a profile and the mailboxes of a relay both lie on it.

pub(crate) mod files;
pub(crate) mod tree;
