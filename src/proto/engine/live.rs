//! What is only true now, and never on disk: who is here, and who is typing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, Engine, Turn, event::EngineEvent};
use crate::{
    proto::{
        channel::Kind,
        chat::ephemeral::{Ephemeral, What},
        contact::Standing,
        id::{ChatId, DeviceId, PersonId},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        direct::Direct,
        frame,
        id::{Address, FrameId, PeerId},
        sync::OpId,
    },
};

/// Typing ends this long after the last key.
const TYPING_MS: u64 = 5 * SECOND;

/// While keys are pressed, others are told this often.
const TYPING_AGAIN_MS: u64 = 3 * SECOND;

/// Without a word for this long, somebody is no longer typing: their last word and its end.
const TYPING_HEARD_MS: u64 = TYPING_AGAIN_MS + TYPING_MS;

/// Through relays, contacts are told this often that we are here.
const PRESENCE_MS: u64 = 5 * SECOND;

/// The same for those who have not said so themselves.
const UNHEARD_PRESENCE_MS: u64 = MINUTE;

/// Without a word for this long, somebody who is not connected is no longer here.
const PRESENCE_HEARD_MS: u64 = 12 * SECOND;

/// How many days a sign and our clock may be apart: less than a lying relay could make of what it
/// recorded.
const SIGN_DAYS: u16 = 1;

/// Who is here and who is typing.
#[derive(Default)]
pub(super) struct Live {
    /// Devices of contacts that are connected.
    here: BTreeMap<DeviceId, PersonId>,
    /// Those of them that asked not to be shown.
    hidden: BTreeSet<DeviceId>,
    /// People heard of through a topic only, and until when that counts.
    heard: BTreeMap<PersonId, Timestamp>,
    /// Who is typing where, and until when that counts.
    typing: BTreeMap<(ChatId, PersonId), Timestamp>,
    own_typing: BTreeMap<ChatId, OwnTyping>,
    /// When to tell the other side of a chat, whom only a topic reaches, that we are here.
    next_presence: BTreeMap<ChatId, Timestamp>,
    /// The time in the last sign of each device: another of that time or before is a replay.
    last_sign: BTreeMap<DeviceId, Timestamp>,
    /// The time in our own last sign.
    own_sign: Timestamp,
    /// Frames to be acknowledged by gossip, and when.
    pub(super) held: BTreeMap<Where, (Timestamp, Vec<FrameId>)>,
}

/// A chat, in a group with the epoch on whose channel something is said.
pub(super) type Where = (ChatId, Option<OpId>);

#[derive(Clone, Copy)]
struct OwnTyping {
    until: Timestamp,
    told: Timestamp,
}

impl Live {
    pub(super) fn is_online(&self, person: &PersonId) -> bool {
        let shown =
            |(device, held): (_, &PersonId)| held == person && !self.hidden.contains(device);
        self.here.iter().any(shown) || self.heard.contains_key(person)
    }

    /// Who is typing in a chat.
    pub(super) fn typing_in(&self, chat: &ChatId) -> Vec<PersonId> {
        let all = (*chat, PersonId([0; 32]))..=(*chat, PersonId([0xff; 32]));
        self.typing
            .range(all)
            .map(|((_, person), _)| *person)
            .collect()
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let typing = self.typing.values().copied();
        let own = self.own_typing.values().map(|own| own.until);
        let heard = self.heard.values().copied();
        let held = self.held.values().map(|(due, _)| *due);
        let presence = self.next_presence.values().copied();
        let all = typing.chain(own).chain(heard).chain(held).chain(presence);
        all.min()
    }
}

impl Engine {
    pub(super) fn on_connected(
        &mut self,
        turn: &mut Turn<'_>,
        peer: PeerId,
        address: Address,
        authorised: bool,
    ) {
        self.connected.insert(
            peer,
            super::Connection {
                address: address.clone(),
                authorised,
            },
        );
        self.met(turn, peer, address);
        let Some((person, device)) = self.nodes.get(&peer).copied() else {
            return;
        };
        if !self.is_met(&person) {
            return;
        }
        if !authorised {
            self.outbox.disconnected(device);
            self.refresh_paths(turn.now, Some(self.chat_with(&person)));
            return;
        }
        self.outbox.connected(device);
        self.live.last_sign.remove(&device);
        self.came_near(&peer);
        let standing = self.people.get(&person).map(|known| known.contact.standing);
        if standing == Some(Standing::Contact) {
            self.set_here(turn, device, person);
            self.flush_unsealed(turn, &person);
            self.meet_stranger(turn, device);
            self.tell_what_is_here(turn, &person, (peer, device));
            self.tell_own_list(turn, peer);
        }
        self.meet_member(turn, peer);
        self.owed_to(turn.now, device);
    }

    pub(super) fn on_disconnected(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        self.sync_without(turn, &peer);
        self.connected.remove(&peer);
        self.relays.forget(&peer);
        self.forget_subscriber(turn.now, &peer);
        self.left(turn, peer);
        let Some((person, device)) = self.nodes.get(&peer).copied() else {
            return;
        };
        self.outbox.disconnected(device);
        self.hasten_deposits(turn.now, &device);
        self.strangers.remove(&device);
        self.set_away(turn, device, person);
        self.refresh_paths(turn.now, None);
    }

    /// A device of a contact is connected.
    pub(super) fn set_here(&mut self, turn: &mut Turn<'_>, device: DeviceId, person: PersonId) {
        let before = self.live.is_online(&person);
        self.live.here.insert(device, person);
        self.live.hidden.remove(&device);
        if !self.own.profile.presence {
            // They know of the connection; their program does not show it.
            let chat = self.chat_with(&person);
            self.sign(turn, chat, What::Presence(false));
        }
        if !before {
            turn.emit(EngineEvent::Presence {
                person,
                online: true,
            });
        }
    }

    pub(super) fn set_away(&mut self, turn: &mut Turn<'_>, device: DeviceId, person: PersonId) {
        if self.live.here.remove(&device).is_none() {
            return;
        }
        if self.live.hidden.remove(&device) {
            let chat = self.chat_with(&person);
            self.stop_typing(turn, (chat, person));
            return;
        }
        let now = turn.now;
        if let Some(known) = self.person_mut(&person) {
            known.contact.last_seen = Some(now);
        }
        self.no_longer_online(turn, person);
    }

    /// The person wants to be shown to contacts, or no longer.
    pub(super) fn set_presence(&mut self, turn: &mut Turn<'_>, on: bool) {
        let chats = self
            .chats
            .values()
            .filter(|chat| self.is_contact(&chat.person));
        let chats: Vec<ChatId> = chats.map(|chat| chat.id).collect();
        for chat in chats {
            self.sign(turn, chat, What::Presence(on));
        }
        self.tell_presence(turn);
    }

    fn no_longer_online(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        if self.live.is_online(&person) {
            return;
        }
        turn.emit(EngineEvent::Presence {
            person,
            online: false,
        });
        let chat = self.chat_with(&person);
        self.stop_typing(turn, (chat, person));
    }

    /// Forgets that somebody is here, because they are no longer a contact.
    pub(super) fn forget_live(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let before = self.live.is_online(person);
        self.live.here.retain(|_, held| held != person);
        let here = &self.live.here;
        self.live.hidden.retain(|device| here.contains_key(device));
        self.live.heard.remove(person);
        if before {
            self.no_longer_online(turn, *person);
        }
    }

    /// A sign that is only true now came on a topic.
    pub(super) fn on_sign(&mut self, turn: &mut Turn<'_>, chat: ChatId, day: u16, body: &[u8]) {
        let Ok(sign) = Ephemeral::decode(body) else {
            return;
        };
        let Some(person) = self.chats.get(&chat).map(|held| held.person) else {
            return;
        };
        if self.devices_of(&person).contains(&sign.device) {
            self.take_sign(turn, (chat, person), day, &sign);
        }
    }

    /// A sign of a device of somebody in a chat.
    pub(super) fn take_sign(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, person): (ChatId, PersonId),
        day: u16,
        sign: &Ephemeral,
    ) {
        let in_group = self.groups.contains_key(&chat);
        let last = self.live.last_sign.get(&sign.device).copied();
        let is_replay = last.is_some_and(|last| sign.time <= last)
            || day.abs_diff(turn.now.frame_day()) > SIGN_DAYS;
        if let What::Held(frames) = &sign.what {
            let has_come = frames.is_empty() && !is_replay;
            self.outbox.heard(&sign.device, has_come, turn.now);
            // True at any time.
            for id in frames {
                self.on_held(turn, person, sign.device, id);
            }
        }
        if is_replay {
            return;
        }
        self.outbox.heard(&sign.device, false, turn.now);
        self.live.last_sign.insert(sign.device, sign.time);
        match sign.what.clone() {
            What::Typing(true) => {
                let until = turn.now.plus(TYPING_HEARD_MS);
                if self.live.typing.insert((chat, person), until).is_none() {
                    turn.emit(EngineEvent::Typing {
                        chat,
                        person,
                        typing: true,
                    });
                }
            }
            What::Typing(false) => self.stop_typing(turn, (chat, person)),
            // Presence is between contacts.
            What::Presence(_) if in_group => {}
            What::Presence(true) => {
                let before = self.live.is_online(&person);
                self.live.hidden.remove(&sign.device);
                self.live
                    .heard
                    .insert(person, turn.now.plus(PRESENCE_HEARD_MS));
                if !before {
                    self.presence_due(turn.now, chat);
                    turn.emit(EngineEvent::Presence {
                        person,
                        online: true,
                    });
                }
            }
            What::Presence(false) => {
                let before = self.live.is_online(&person);
                self.live.heard.remove(&person);
                if self.live.here.contains_key(&sign.device) {
                    self.live.hidden.insert(sign.device);
                }
                if before {
                    self.no_longer_online(turn, person);
                }
            }
            What::Held(_) => {}
        }
    }

    /// Whoever was typing in a chat no longer is.
    pub(super) fn stop_typing(&mut self, turn: &mut Turn<'_>, (chat, person): (ChatId, PersonId)) {
        if self.live.typing.remove(&(chat, person)).is_some() {
            turn.emit(EngineEvent::Typing {
                chat,
                person,
                typing: false,
            });
        }
    }

    pub(super) fn on_own_typing(&mut self, turn: &mut Turn<'_>, chat: ChatId, typing: bool) {
        let now = turn.now;
        if !typing || !self.own.profile.typing {
            if self.live.own_typing.remove(&chat).is_some() {
                self.sign(turn, chat, What::Typing(false));
            }
            return;
        }
        let until = now.plus(TYPING_MS);
        let told = self.live.own_typing.get(&chat).map(|own| own.told);
        let tell = told.is_none_or(|told| now.since(told) >= TYPING_AGAIN_MS);
        let told = if tell { now } else { told.unwrap_or(now) };
        self.live.own_typing.insert(chat, OwnTyping { until, told });
        if tell {
            self.sign(turn, chat, What::Typing(true));
        }
    }

    /// A message is on its way: whoever wrote it is no longer typing.
    pub(super) fn end_own_typing(&mut self, chat: &ChatId) {
        self.live.own_typing.remove(chat);
    }

    pub(super) fn handle_live(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        for place in due(&self.live.typing, |until| *until <= now) {
            self.stop_typing(turn, place);
        }
        let own: Vec<ChatId> = due(&self.live.own_typing, |own| own.until <= now);
        for chat in own {
            self.on_own_typing(turn, chat, false);
        }
        let heard: Vec<PersonId> = due(&self.live.heard, |until| *until <= now);
        for person in heard {
            self.live.heard.remove(&person);
            self.no_longer_online(turn, person);
        }
        for place in due(&self.live.held, |(due, _)| *due <= now) {
            self.tell_held(turn, place);
        }
        self.tell_presence(turn);
    }

    /// Tells contacts whom only a topic reaches that we are here: often those who are there too, the
    /// others now and then.
    fn tell_presence(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        for chat in due(&self.live.next_presence, |at| *at <= now) {
            let person = self.chats.get(&chat).map(|held| held.person);
            let told = person.filter(|person| {
                self.own.profile.presence
                    && self.is_contact(person)
                    && !self.live.here.values().any(|here| here == person)
                    && self.is_carried(chat)
            });
            let Some(person) = told else {
                self.live.next_presence.remove(&chat);
                continue;
            };
            let wait = if self.live.heard.contains_key(&person) {
                PRESENCE_MS
            } else {
                UNHEARD_PRESENCE_MS
            };
            self.live.next_presence.insert(chat, now.plus(wait));
            self.sign(turn, chat, What::Presence(true));
        }
    }

    /// Nobody is told any more that we are here.
    pub(super) fn hide_presence(&mut self, turn: &mut Turn<'_>) {
        for chat in std::mem::take(&mut self.live.next_presence).into_keys() {
            self.sign(turn, chat, What::Presence(false));
        }
    }

    /// Whether it is known when to tell the other side of a chat that we are here.
    pub(super) fn is_presence_due(&self, chat: &ChatId) -> bool {
        self.live.next_presence.contains_key(chat)
    }

    /// Somebody may have to be told that we are here.
    pub(super) fn presence_due(&mut self, now: Timestamp, chat: ChatId) {
        self.live.next_presence.insert(chat, now);
    }

    /// Sends a sign to the other side of a chat: directly if they are connected, else by gossip.
    pub(super) fn sign(&mut self, turn: &mut Turn<'_>, chat: ChatId, what: What) {
        if self.groups.contains_key(&chat) {
            self.sign_in_group(turn, (chat, None), what);
            return;
        }
        let device = self.device();
        let Some(held) = self.chats.get(&chat) else {
            return;
        };
        let person = held.person;
        let Some(secret) = held.channels.first() else {
            return;
        };
        let channel = crate::proto::channel::Channel::from_secret(&secret.secret);
        let time = self.sign_time(turn.now);
        let body = Ephemeral { device, time, what }.encode();
        let day = turn.now.frame_day();
        let Ok(bytes) = channel.seal(true, day, Kind::Ephemeral, &body, turn.rng) else {
            return;
        };
        let reachable: Vec<PeerId> = self
            .devices_of(&person)
            .iter()
            .filter_map(|device| self.reachable(device))
            .collect();
        let topic = channel.topic();
        for peer in &reachable {
            let frame = bytes.clone().into();
            turn.effect(Effect::Send(*peer, Direct::Frame { topic, frame }));
        }
        if reachable.is_empty() && self.has_subscribers(&topic) {
            turn.effect(Effect::Publish(topic, bytes));
        }
    }

    /// The time in a sign: each later than the one before, however the clock is set.
    pub(super) fn sign_time(&mut self, now: Timestamp) -> Timestamp {
        let time = now.max(self.live.own_sign.plus(1));
        self.live.own_sign = time;
        time
    }

    /// Whether both agreed to be contacts, and neither is blocked.
    pub(super) fn is_contact(&self, person: &PersonId) -> bool {
        self.people.get(person).is_some_and(|known| {
            known.contact.standing == Standing::Contact && !known.contact.blocked
        })
    }
}

fn due<K: Copy + Ord, V>(map: &BTreeMap<K, V>, is_due: impl Fn(&V) -> bool) -> Vec<K> {
    map.iter()
        .filter(|(_, value)| is_due(value))
        .map(|(key, _)| *key)
        .collect()
}

/// Whether a frame says of itself that it is a sign.
pub(super) fn is_sign(bytes: &[u8]) -> bool {
    frame::is_ephemeral(bytes)
}
