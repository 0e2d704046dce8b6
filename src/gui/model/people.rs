//! Who is who: contacts, requests, people nearby, and how each is shown.

use super::nav::{Pane, Place};
use crate::node::{
    ChatId, PersonId,
    view::{ChatSummary, Contact, NearbyPerson, RequestState},
};

/// How somebody is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face<'a> {
    /// Who.
    pub person: PersonId,
    /// Their avatar number.
    pub avatar: u32,
    /// Their name.
    pub name: &'a str,
}

impl super::Model {
    /// My own face.
    pub fn my_face(&self) -> Face<'_> {
        Face {
            person: self.me.person_id.unwrap_or(PersonId([0; 32])),
            avatar: self.me.avatar,
            name: &self.me.name,
        }
    }

    /// Somebody's face.
    pub fn face(&self, person: PersonId) -> Option<Face<'_>> {
        if self.me.person_id == Some(person) {
            return Some(self.my_face());
        }
        if let Some(contact) = self.contacts.get(&person) {
            return Some(of_contact(contact));
        }
        let near = self.nearby.iter().find(|near| near.person_id == person);
        near.map(of_nearby).or_else(|| self.face_in_groups(person))
    }

    /// The face of a chat: of a direct chat, the other's.
    pub fn chat_face<'a>(&'a self, chat: &'a ChatSummary) -> Face<'a> {
        // A group's picture is made from its id.
        let person = chat.person_id.unwrap_or(PersonId(chat.chat_id.0));
        let other = chat.person_id.and_then(|person| self.face(person));
        let avatar = other.map_or(0, |face| face.avatar);
        Face {
            person,
            avatar,
            name: &chat.name,
        }
    }

    /// Whether somebody is here now.
    pub fn is_online(&self, person: PersonId) -> bool {
        let contact = self.contacts.get(&person);
        contact.is_some_and(|contact| contact.online)
    }

    /// Whether somebody's safety number was compared.
    pub fn is_verified(&self, person: PersonId) -> bool {
        let contact = self.contacts.get(&person);
        contact.is_some_and(|contact| contact.verified)
    }

    /// Those who asked me for contact, by name.
    pub fn incoming(&self) -> Vec<&Contact> {
        self.by_name(|contact| contact.request == Some(RequestState::Incoming) && !contact.blocked)
    }

    /// Contacts, and those I asked: who is here first, then by name.
    pub fn known(&self) -> Vec<&Contact> {
        let mut known = self
            .by_name(|contact| contact.request != Some(RequestState::Incoming) && !contact.blocked);
        known.sort_by_key(|contact| !contact.online);
        known
    }

    /// Those I hear nothing more of.
    pub fn blocked(&self) -> Vec<&Contact> {
        self.by_name(|contact| contact.blocked)
    }

    /// People on this network who are neither contacts nor asking, by name.
    pub fn strangers(&self) -> Vec<&NearbyPerson> {
        let is_stranger = |near: &&NearbyPerson| {
            !near.contact && !near.blocked && !self.contacts.contains_key(&near.person_id)
        };
        let mut strangers: Vec<_> = self.nearby.iter().filter(is_stranger).collect();
        strangers.sort_by_cached_key(|near| (near.name.to_lowercase(), near.person_id));
        strangers
    }

    /// The direct chat with somebody, if there is one already.
    pub fn chat_with(&self, person: PersonId) -> Option<ChatId> {
        let with = |chat: &&ChatSummary| chat.person_id == Some(person);
        self.chats.iter().find(with).map(|chat| chat.chat_id)
    }

    /// Somebody is gone: nothing of them stays open.
    pub(super) fn leave(&mut self, person: PersonId) {
        self.close_dialog();
        let chat = self.chat_with(person);
        let open = match self.nav.pane() {
            Pane::Chat(open) => Some(open) == chat,
            Pane::Person(open) | Pane::Verify(open) => open == person,
            Pane::Empty | Pane::Group(_) | Pane::Settings => false,
        };
        if open {
            self.nav.open(Pane::Empty);
            self.follow_nav();
        }
        if self.nav.place() == Place::Settings && self.nav.pane() == Pane::Empty {
            self.nav.go(Place::Chats);
        }
    }

    fn by_name(&self, keep: impl Fn(&Contact) -> bool) -> Vec<&Contact> {
        let mut people: Vec<_> = self
            .contacts
            .values()
            .filter(|contact| keep(contact))
            .collect();
        people.sort_by_cached_key(|contact| (contact.name.to_lowercase(), contact.person_id));
        people
    }
}

/// How a contact is shown.
pub fn of_contact(contact: &Contact) -> Face<'_> {
    Face {
        person: contact.person_id,
        avatar: contact.avatar,
        name: &contact.name,
    }
}

/// How somebody nearby is shown.
pub fn of_nearby(near: &NearbyPerson) -> Face<'_> {
    Face {
        person: near.person_id,
        avatar: near.avatar,
        name: &near.name,
    }
}

/// Whether somebody asks for contact with this chat. Then it stays out of the list and is silent.
pub fn is_incoming_request(chat: &ChatSummary) -> bool {
    chat.request == Some(RequestState::Incoming)
}
