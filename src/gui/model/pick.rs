//! Files and places that are chosen in the desktop's own window, where it has one.

use std::path::PathBuf;

use super::{Model, Referred, nav::Dialog};
use crate::{
    gui::{
        action::{Action, FileAction, MessageAction},
        desktop::{Pick, Wish},
    },
    node::Timestamp,
};

impl Model {
    /// Shows a dialog, or the desktop's window in its place.
    pub(super) fn show_or_pick(&mut self, dialog: Dialog) {
        if !self.around.chooser {
            return self.show(dialog);
        }
        match dialog {
            Dialog::Attach(chat) => {
                self.close_dialog();
                self.nav.show(dialog);
                self.pick(Pick::Files(chat));
            }
            Dialog::Save(message) => match self.referred(message) {
                Referred::Here(said) => {
                    let name = said.file.as_ref().map(|file| file.name.clone());
                    self.close_dialog();
                    self.pick(Pick::Save(message, name.unwrap_or_default()));
                }
                Referred::Unknown | Referred::Asked | Referred::Nowhere => self.show(dialog),
            },
            other => self.show(other),
        }
    }

    /// Lets somebody choose.
    pub(super) fn pick(&mut self, pick: Pick) {
        self.wishes.push(Wish::Pick(pick));
    }

    /// What somebody chose; nothing if they gave it up; none if the desktop has no window for that after all.
    pub fn picked(&mut self, pick: &Pick, places: Option<Vec<PathBuf>>, now: Timestamp) {
        let Some(places) = places else {
            self.around.chooser = false;
            return match *pick {
                Pick::Files(chat) | Pick::Folder(chat) => self.show(Dialog::Attach(chat)),
                Pick::Save(message, _) => self.show(Dialog::Save(message)),
                Pick::Proof(message, _) => {
                    self.perform(Action::On(message, MessageAction::AskProof), now);
                }
            };
        };
        let Some(first) = places.first() else {
            return;
        };
        let path = first.to_string_lossy().into_owned();
        let action = match *pick {
            Pick::Files(chat) | Pick::Folder(chat) => {
                Action::File(FileAction::Choose(chat, places))
            }
            Pick::Save(message, _) => Action::File(FileAction::Save { message, path }),
            Pick::Proof(message, _) => Action::On(message, MessageAction::Prove(path)),
        };
        self.perform(action, now);
    }

    /// Whether the computer must not fall asleep now.
    pub fn stays_awake(&self) -> bool {
        self.appearance.stay_reachable || self.files.is_moving()
    }
}
