//! The node: the only place where time, disk and network meet.
//!
//! Faces see [`Command`], [`view::Query`] and [`view::Event`] and decide nothing.

mod clock;
mod driver;
mod expand;
mod handle;
mod info;
mod lifecycle;
mod load;
mod mailbox;
mod query;
mod search;
mod show;
mod start;
mod step;
mod transfer;
mod turn;
mod vault;
pub mod view;

pub use clock::{now, today};
#[cfg(test)]
pub(crate) use handle::{Ask, Ends, handle};
pub use handle::{EventStream, Handle, Pending};
pub use search::{Found, Part, ResultOrder, Results, SearchFor, SearchState};
pub use start::{FileRules, NodeError, NodeSettings, Restore, Running, StartError, start};
pub use transfer::{prepared, prepared_in_memory};

pub use crate::files::{Walk, WalkError, extension, harmless};
pub use crate::proto::{
    engine::command::{
        Command, CommandError, DeleteFor, ErrorKind, GroupRole, History, Reply, Settings,
        SettingsChange,
    },
    engine::event::{ChatChange, DeliveryState, WarningKind},
    id::{ChatId, FileId, MessageId, PersonId},
    proof::{MOST_BYTES as LARGEST_PROOF, Verified, verify as verify_proof},
    time::Timestamp,
};
