//! Files: offering one, and who may have which (protocol §7). Their bytes never come here.

use super::{
    Engine, Replied, Turn,
    command::{CommandError, Reply},
    commands::invalid,
};
use crate::{
    proto::{
        chat::content::{Attachment, Body},
        contact::Standing,
        id::{ChatId, PersonId},
    },
    wire::id::PeerId,
};

impl Engine {
    /// Whether something can be said in a chat now: to be asked before a file is sealed for it.
    pub fn may_write(&self, chat: &ChatId) -> Result<(), CommandError> {
        self.writable(chat)
    }

    pub(super) fn on_offer(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        attachment: Box<Attachment>,
    ) -> Replied {
        self.writable(&chat)?;
        if !attachment.within_limits() {
            return Err(invalid("The file's name, type or caption is too long."));
        }
        let (message_id, sent_at) = self.put(turn, chat, Body::Attachment(attachment))?;
        Ok(Reply::Sent {
            message_id,
            sent_at,
        })
    }

    /// Who may have the files of a chat, and is connected.
    pub fn holders(&self, chat: &ChatId) -> Vec<PeerId> {
        let open = self.connected.iter().filter(|(_, up)| up.authorised);
        let of = |peer: &PeerId| self.nodes.get(peer).map(|(person, _)| *person);
        open.map(|(peer, _)| *peer)
            .filter(|peer| of(peer).is_some_and(|person| self.may_have(chat, &person)))
            .collect()
    }

    /// Whose node a peer is.
    pub fn person_at(&self, peer: &PeerId) -> Option<PersonId> {
        self.nodes.get(peer).map(|(person, _)| *person)
    }

    /// Whether files that somebody sends come without being asked for: those of contacts.
    pub fn comes_unasked(&self, chat: &ChatId, sender: &PersonId) -> bool {
        self.is_friend(sender) && self.is_of(chat, sender)
    }

    pub(super) fn may_have(&self, chat: &ChatId, person: &PersonId) -> bool {
        let blocked = self.people.get(person).is_some_and(|it| it.contact.blocked);
        !blocked && self.is_of(chat, person)
    }

    /// Whether somebody takes part in a chat in which I do.
    fn is_of(&self, chat: &ChatId, person: &PersonId) -> bool {
        if let Some(held) = self.chats.get(chat) {
            return *person == self.person() || (held.person == *person && self.is_friend(person));
        }
        let held = self.groups.get(chat);
        held.is_some_and(|held| held.is_open() && held.has(person))
    }

    fn is_friend(&self, person: &PersonId) -> bool {
        let contact = self.people.get(person).map(|known| &known.contact);
        contact.is_some_and(|it| it.standing == Standing::Contact && !it.blocked)
    }
}
