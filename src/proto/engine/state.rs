//! What the engine knows, for those who show it.

use super::{Engine, command::Settings};
use crate::{
    proto::{
        chat::state::DirectChat,
        contact::{Contact, Standing},
        id::{ChatId, DeviceId, MessageId, PersonId},
        safety::SafetyNumber,
        secret::Secret,
        time::Timestamp,
    },
    wire::id::{Address, PeerId},
};

/// A contact or a request.
#[derive(Clone, Debug)]
pub struct ContactState {
    /// Who.
    pub person: PersonId,
    /// How we stand.
    pub standing: Standing,
    /// Their own name, not yet made safe to show.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
    /// The safety number was compared.
    pub verified: bool,
    /// Nothing of them is heard.
    pub blocked: bool,
    /// One of their nodes is connected, or they said so through a relay.
    pub online: bool,
    /// When they last were.
    pub last_seen: Option<Timestamp>,
}

/// How somebody nearby was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// By mDNS.
    Mdns,
    /// By an address that somebody gave.
    Dial,
}

/// Somebody nearby.
#[derive(Clone, Debug)]
pub struct NearbyState {
    /// Who.
    pub person: PersonId,
    /// Their node.
    pub peer: PeerId,
    /// Their own name, not yet made safe to show.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
    /// How they were found.
    pub found: Found,
}

/// A direct chat.
#[derive(Clone, Debug)]
pub struct ChatState {
    /// Which.
    pub chat: ChatId,
    /// The other person.
    pub person: PersonId,
    /// Incoming messages that were not read.
    pub unread: u32,
    /// No notifications.
    pub muted: bool,
    /// On top.
    pub pinned: bool,
    /// Messages of the other's that are known to be missing.
    pub missing: u32,
    /// Since when.
    pub since: Timestamp,
    /// How many seconds after reading what is said now disappears; 0: never.
    pub disappear_after_s: u32,
    /// The pinned messages, the last pinned first; some may not be here.
    pub pinned_messages: Vec<MessageId>,
    /// The other is typing.
    pub typing: bool,
}

impl Engine {
    /// The secret of this node's libp2p identity.
    pub fn node_secret(&self) -> &Secret<32> {
        self.own.device.node_secret()
    }

    /// Who I am.
    pub fn person(&self) -> PersonId {
        self.own.account.person()
    }

    /// This node.
    pub fn peer(&self) -> PeerId {
        self.own.device.peer()
    }

    /// This device.
    pub fn device(&self) -> DeviceId {
        self.own.device.id()
    }

    /// My name.
    pub fn name(&self) -> &str {
        &self.own.profile.name
    }

    /// My avatar number.
    pub fn avatar(&self) -> u32 {
        self.own.profile.avatar
    }

    /// The settings that concern others.
    pub fn settings(&self) -> Settings {
        self.own.profile.settings()
    }

    /// The 24 words from which the account can be restored.
    pub fn recovery_words(&self) -> zeroize::Zeroizing<String> {
        self.own.account.words()
    }

    /// Where we listen.
    pub fn listening(&self) -> &[Address] {
        &self.listening
    }

    /// Contacts, requests and blocked people, by id.
    pub fn contacts(&self) -> Vec<ContactState> {
        let shown = |contact: &Contact| contact.standing != Standing::Stranger || contact.blocked;
        let known = self.people.values().filter(|known| shown(&known.contact));
        known
            .map(|known| self.contact_state(&known.contact))
            .collect()
    }

    /// Somebody we know, also one who was removed.
    pub fn contact(&self, person: &PersonId) -> Option<ContactState> {
        self.people
            .get(person)
            .map(|known| self.contact_state(&known.contact))
    }

    fn contact_state(&self, contact: &Contact) -> ContactState {
        ContactState {
            person: contact.person,
            standing: contact.standing,
            name: contact.name.clone(),
            avatar: contact.avatar,
            verified: contact.verified,
            blocked: contact.blocked,
            online: self.live.is_online(&contact.person),
            last_seen: contact.last_seen,
        }
    }

    /// People nearby, by node.
    pub fn nearby(&self) -> Vec<NearbyState> {
        self.nearby.people()
    }

    /// All chats, by id.
    pub fn chats(&self) -> Vec<ChatState> {
        self.chats
            .values()
            .map(|chat| self.chat_state(chat))
            .collect()
    }

    /// One chat.
    pub fn chat(&self, chat: &ChatId) -> Option<ChatState> {
        self.chats.get(chat).map(|chat| self.chat_state(chat))
    }

    fn chat_state(&self, chat: &DirectChat) -> ChatState {
        ChatState {
            chat: chat.id,
            person: chat.person,
            unread: chat.thread.unread,
            muted: chat.thread.muted,
            pinned: chat.thread.pinned,
            missing: chat.thread.missing(),
            since: chat.thread.since,
            disappear_after_s: chat.thread.timer_s(),
            pinned_messages: chat.thread.pinned_messages(),
            typing: self.live.is_typing(&chat.id),
        }
    }

    /// The number to compare with somebody, once we know of them.
    pub fn safety(&self, person: &PersonId) -> Option<SafetyNumber> {
        let met = self.people.contains_key(person)
            || self
                .nearby
                .people()
                .iter()
                .any(|found| found.person == *person);
        met.then(|| SafetyNumber::of(self.person(), *person))
    }

    /// How many topics a relay carries for us; `None` if it is not connected or does not let us in.
    pub fn carried_by(&self, relay: &PeerId) -> Option<usize> {
        self.relays.carried(relay)
    }

    /// How many frames wait to be acknowledged.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Whether a peer is connected, and whether gossip and the direct stream are open to it.
    pub fn connection(&self, peer: &PeerId) -> Option<(&Address, bool)> {
        self.connected
            .get(peer)
            .map(|up| (&up.address, up.authorised))
    }
}
