//! To whom gossip and the direct stream are open, and on which channels we listen (protocol §5.7).

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        channel::Channel,
        id::{ChatId, PersonId},
    },
    wire::id::PeerId,
};

impl Engine {
    /// Makes the nodes of a person known by their peer id, and drops those that no longer are.
    pub(super) fn index(&mut self, person: &PersonId) {
        let before = self.nodes.extract_if(.., |_, (held, _)| held == person);
        for (_, (_, device)) in before {
            self.peers.remove(&device);
        }
        let Some(known) = self.people.get(person) else {
            return;
        };
        for node in &known.nodes {
            let device = node.device();
            for peer in std::iter::once(node.peer()).chain(node.next_peer()) {
                self.nodes.insert(peer, (*person, device));
                self.peers.entry(device).or_default().push(peer);
            }
        }
    }

    /// Opens gossip and the direct stream to the nodes of somebody we talk to, and listens on the
    /// channel of the chat with them.
    pub(super) fn admit(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        if !self.is_heard(person) {
            if self.is_co_member(person) {
                self.admit_member(turn, person);
            }
            return;
        }
        let Some(known) = self.people.get(person) else {
            return;
        };
        // Opening the gate closes the connection, on which a contact request may just be going out.
        let asked = known
            .contact
            .asking
            .as_ref()
            .is_none_or(|asking| asking.received);
        for node in known.nodes.iter().filter(|_| asked) {
            turn.effect(Effect::Authorise(node.peer(), node.addresses().to_vec()));
        }
        let chat = self.chat_with(person);
        self.listen(turn, &chat);
    }

    /// Whether a node is of somebody with whom there is more than a group: it is always wanted.
    pub fn is_close(&self, peer: &PeerId) -> bool {
        let person = self.nodes.get(peer).map(|(person, _)| person);
        person.is_some_and(|person| self.is_heard(person))
    }

    /// Closes what [`Engine::admit`] opened.
    pub(super) fn expel(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let Some(known) = self.people.get(person) else {
            return;
        };
        let is_co_member = self.is_co_member(person);
        for node in known.nodes.iter().filter(|_| !is_co_member) {
            turn.effect(Effect::Revoke(node.peer()));
        }
        let chat = self.chat_with(person);
        let topics: Vec<_> = self
            .channels
            .iter()
            .filter(|(_, (held, _))| *held == chat)
            .map(|(topic, _)| *topic)
            .collect();
        for topic in topics {
            self.leave_topic(turn, topic);
        }
    }

    /// Listens on the channels of a chat, and on no older ones.
    pub(super) fn listen(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.chats.get(chat) else {
            return;
        };
        let heard = self.is_heard(&held.person);
        let wanted: Vec<Channel> = held
            .channels
            .iter()
            .map(|channel| Channel::from_secret(&channel.secret))
            .collect();
        let stale: Vec<_> = self
            .channels
            .iter()
            .filter(|(topic, (of, _))| of == chat && !wanted.iter().any(|c| c.topic() == **topic))
            .map(|(topic, _)| *topic)
            .collect();
        for topic in stale {
            self.leave_topic(turn, topic);
        }
        for channel in wanted {
            let topic = channel.topic();
            self.channels.insert(topic, (*chat, channel));
            // Said again for a channel that was known before its person was heard.
            if heard {
                turn.effect(Effect::Subscribe(topic));
                self.lease(turn.now, topic);
            }
        }
    }
}
