//! The node: the only place where time, disk and network meet.
//!
//! Faces see [`Command`], [`Query`] and [`Event`] and decide nothing.

pub mod view;

pub use crate::proto::{
    engine::command::{Command, CommandError, ErrorKind, Reply, Settings, SettingsChange},
    engine::event::{ChatChange, DeliveryState, WarningKind},
    id::{ChatId, MessageId, PersonId},
    time::Timestamp,
};
