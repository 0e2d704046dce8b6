//! Where the person is in the window.

use crate::node::{ChatId, MessageId, PersonId};

/// A place of the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The list of chats.
    #[default]
    Chats,
    /// Requests, people nearby, contacts.
    People,
    /// Settings, beside the list of chats.
    Settings,
}

/// What stands beside the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Nothing is chosen.
    #[default]
    Empty,
    /// A chat.
    Chat(ChatId),
    /// Somebody who is not a contact, or the details of a contact.
    Person(PersonId),
    /// Somebody's safety number.
    Verify(PersonId),
    /// Who is in a group, and what it is.
    Group(ChatId),
    /// Settings.
    Settings,
}

/// What stands in front of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// My invite.
    Invite,
    /// Paste somebody's invite.
    Add,
    /// Really open this link?
    Link,
    /// Change my name.
    Rename,
    /// Set, change or remove the passphrase.
    Passphrase,
    /// The recovery words.
    Recovery,
    /// Really remove this contact?
    Remove(PersonId),
    /// Really block this person?
    Block(PersonId),
    /// Delete a message, from where?
    Delete {
        /// Which.
        message: MessageId,
        /// Whether it can be taken from everybody.
        mine: bool,
    },
    /// After what time is what is said in a chat to disappear?
    Disappear(ChatId),
    /// Found a group.
    NewGroup,
    /// Add people to a group.
    AddMembers(ChatId),
    /// Change a group's name, and what it is for.
    Describe(ChatId),
    /// Really remove this person from the group?
    RemoveMember(ChatId, PersonId),
    /// Really leave this group?
    Leave(ChatId),
    /// Really delete this chat?
    DeleteChat(ChatId),
    /// All that is known of a message: when, what it said before, how far it has come with each.
    About(MessageId),
    /// Say the same in other chats.
    Forward(MessageId),
    /// Any emoji for a message.
    React(MessageId),
    /// The pinned messages of a chat.
    Pins(ChatId),
    /// Save the file of a message, where?
    Save(MessageId),
    /// What is in the folder of a message.
    Contents(MessageId),
    /// The picture of a message, large.
    View(MessageId),
    /// Save the proof of a message, where?
    Prove(MessageId),
    /// What the keys do.
    Keys,
    /// Files for a chat: which, and what to say about them.
    Attach(ChatId),
}

/// Where the person is, and was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nav {
    place: Place,
    pane: Pane,
    dialog: Option<Dialog>,
    back: Vec<(Place, Pane)>,
}

impl Nav {
    /// The place of the rail.
    pub fn place(&self) -> Place {
        self.place
    }

    /// What stands beside the list.
    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// What stands in front of everything.
    pub fn dialog(&self) -> Option<Dialog> {
        self.dialog
    }

    /// The open chat.
    pub fn chat(&self) -> Option<ChatId> {
        match self.pane {
            Pane::Chat(chat) => Some(chat),
            Pane::Empty | Pane::Person(_) | Pane::Verify(_) | Pane::Group(_) | Pane::Settings => {
                None
            }
        }
    }

    /// Goes to a place of the rail.
    pub fn go(&mut self, place: Place) {
        if place == Place::Settings {
            self.open(Pane::Settings);
        } else if self.pane == Pane::Settings {
            self.back();
        }
        self.place = place;
    }

    /// Opens something beside the list.
    pub fn open(&mut self, pane: Pane) {
        if self.pane == pane {
            return;
        }
        // Between chats there is no way back: they are one click away.
        let is_step = !matches!(pane, Pane::Chat(_) | Pane::Empty);
        if is_step && self.pane != Pane::Empty {
            if self.back.len() == DEPTH {
                self.back.remove(0);
            }
            self.back.push((self.place, self.pane));
        } else {
            self.back.clear();
        }
        if self.place == Place::Settings && pane != Pane::Settings {
            self.place = Place::Chats;
        }
        self.pane = pane;
    }

    /// One step back: out of the dialog, else to what was there before, else to nothing.
    pub fn back(&mut self) {
        if self.dialog.take().is_some() {
            return;
        }
        let (place, pane) = self.back.pop().unwrap_or((self.place, Pane::Empty));
        self.place = if place == Place::Settings && pane != Pane::Settings {
            Place::Chats
        } else {
            place
        };
        self.pane = pane;
    }

    /// Shows a dialog.
    pub fn show(&mut self, dialog: Dialog) {
        self.dialog = Some(dialog);
    }

    /// Closes the dialog.
    pub fn close_dialog(&mut self) {
        self.dialog = None;
    }
}

/// Steps that one can go back.
const DEPTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: Pane = Pane::Chat(ChatId([1; 32]));
    const PERSON: PersonId = PersonId([2; 32]);

    #[test]
    fn back_from_the_safety_number_is_the_chat_and_then_nothing() {
        let mut nav = Nav::default();
        nav.open(CHAT);
        nav.open(Pane::Verify(PERSON));

        nav.back();
        assert_eq!(nav.pane(), CHAT);
        nav.back();

        assert_eq!(nav.pane(), Pane::Empty);
    }

    #[test]
    fn back_closes_a_dialog_first() {
        let mut nav = Nav::default();
        nav.open(CHAT);
        nav.show(Dialog::Invite);

        nav.back();

        assert_eq!((nav.dialog(), nav.pane()), (None, CHAT));
    }

    #[test]
    fn leaving_settings_returns_to_the_open_chat() {
        let mut nav = Nav::default();
        nav.open(CHAT);

        nav.go(Place::Settings);
        assert_eq!(nav.pane(), Pane::Settings);
        nav.go(Place::Chats);

        assert_eq!((nav.place(), nav.pane()), (Place::Chats, CHAT));
    }

    #[test]
    fn opening_a_chat_leaves_settings() {
        let mut nav = Nav::default();
        nav.go(Place::Settings);

        nav.open(CHAT);

        assert_eq!((nav.place(), nav.pane()), (Place::Chats, CHAT));
    }
}
