//! The picture that is shown large.

use super::{Files, Model, Timeline};
use crate::{
    gui::shot::{Shot, Unseen},
    node::{
        MessageId,
        view::{FileInfo, FileState, Message},
    },
};

/// The picture that is shown large.
#[derive(Debug, PartialEq)]
pub struct Viewed {
    /// Of which message.
    pub message: MessageId,
    /// What is seen of it.
    pub seen: Seen,
}

/// What is seen of a picture.
#[derive(Debug, PartialEq)]
pub enum Seen {
    /// It is being read.
    Coming,
    /// It is this, or these follow each other.
    Here(Vec<Shot>),
    /// It cannot be shown.
    Refused(Unseen),
}

impl Viewed {
    pub(super) fn new(message: MessageId) -> Self {
        let seen = Seen::Coming;
        Self { message, seen }
    }
}

impl Files {
    /// A picture was read, or cannot be.
    pub(super) fn view(&mut self, message: MessageId, shots: Result<Vec<Shot>, Unseen>) {
        let viewed = self.viewed.as_mut();
        if let Some(viewed) = viewed.filter(|viewed| viewed.message == message) {
            viewed.seen = shots.map_or_else(Seen::Refused, Seen::Here);
        }
    }
}

impl Model {
    /// The pictures before and after one, of those that are here, in the open chat.
    pub fn beside(&self, message: MessageId) -> [Option<MessageId>; 2] {
        let open = self.timeline.iter();
        let shown = open
            .flat_map(Timeline::messages)
            .filter(|said| can_be_shown(said));
        let all: Vec<MessageId> = shown.map(|said| said.message_id).collect();
        let Some(at) = all.iter().position(|id| *id == message) else {
            return [None, None];
        };
        let before = at.checked_sub(1).and_then(|at| all.get(at));
        [before.copied(), all.get(at + 1).copied()]
    }
}

/// Whether there is a picture in a message that can be shown large: all of it is here.
pub fn can_be_shown(message: &Message) -> bool {
    let file = message.file.as_ref().filter(|_| !message.deleted);
    file.is_some_and(|file| is_picture(file) && file.state == FileState::Here)
}

/// Whether a file is a picture that can be shown, by its extension.
pub fn is_picture(file: &FileInfo) -> bool {
    let extension = file.extension.as_str();
    matches!(extension, "png" | "jpg" | "jpeg" | "gif" | "webp")
}
