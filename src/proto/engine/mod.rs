//! The engine: inputs in, effects out.
//!
//! It holds all protocol state and decides everything; the node around it does what it says.
//! `handle` changes memory only. What has to be remembered leaves it in two ways: as
//! [`Effect::Write`] at once, and, for the records that many inputs change (a session, a chat),
//! through [`Engine::flush`], which the node calls once for each batch, before it commits.

pub mod command;
pub mod effect;
pub mod event;
pub mod input;
pub mod state;

mod acts;
mod admission;
mod asks;
mod channels;
mod commands;
mod deliveries;
mod devices;
mod frames;
mod groups;
mod have;
mod held;
mod hello;
mod invites;
mod known;
pub mod lifecycle;
mod live;
pub mod loading;
mod nearby;
mod offers;
mod pairing;
mod proving;
mod recount;
mod relays;
mod requests;
mod saying;
mod sending;
mod slow;
mod soft_state;
mod topics;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use rand_core::CryptoRng;

use self::{
    asks::Asks,
    command::CommandError,
    deliveries::Deliveries,
    event::EngineEvent,
    groups::{Brakes, GroupChat},
    known::Known,
    lifecycle::Own,
    live::Live,
    nearby::Nearby,
    relays::Relays,
    slow::Slow,
};
pub use self::{
    effect::Effect,
    groups::{Asked, Fetch},
    input::Input,
    loading::{LoadError, Unread},
};
use crate::{
    proto::{
        card::TokenId,
        channel::Channel,
        chat::{group::Invitations, state::DirectChat, thread::Thread},
        contact::Standing,
        expiry::Expiring,
        id::{ChatId, DeviceId, PersonId},
        invite::Invite,
        outbox::Outbox,
        prekey::OwnPrekeys,
        rate::Rate,
        record::Write,
        session::SessionSet,
        time::Timestamp,
    },
    wire::{
        direct::Direct,
        id::{Address, FrameId, PeerId, TopicKey},
        sync::OpId,
    },
};

/// Everything the protocol knows and decides.
pub struct Engine {
    own: Own,
    prekeys: OwnPrekeys,
    invites: BTreeMap<TokenId, Invite>,
    people: BTreeMap<PersonId, Known>,
    /// The node of each valid device of somebody we know.
    nodes: BTreeMap<PeerId, (PersonId, DeviceId)>,
    /// The same the other way round.
    peers: BTreeMap<DeviceId, Vec<PeerId>>,
    sessions: BTreeMap<DeviceId, SessionSet>,
    chats: BTreeMap<ChatId, DirectChat>,
    groups: BTreeMap<ChatId, GroupChat>,
    /// People who are in no group with us any more, and until when they are still reached.
    parting: BTreeMap<PersonId, Timestamp>,
    /// Invitations to groups of which not all parts have come.
    invitations: Invitations,
    /// The channels of all chats that we listen to.
    channels: BTreeMap<TopicKey, (ChatId, Channel)>,
    /// Of those the ones of groups, each with its epoch.
    epoch_topics: BTreeMap<TopicKey, (ChatId, OpId)>,
    /// Who takes part in our topics.
    subscribers: BTreeSet<(TopicKey, PeerId)>,
    outbox: Outbox,
    /// Hashes of initiations that were accepted, until their prekey is gone (protocol §3.5).
    replay: BTreeMap<[u8; 32], Timestamp>,
    /// Frames of this batch, which the store does not know yet.
    recent: Recent,
    connected: BTreeMap<PeerId, Connection>,
    listening: Vec<Address>,
    nearby: Nearby,
    asks: Asks,
    live: Live,
    deliveries: Deliveries,
    relays: Relays,
    /// Own messages that the store was asked for, to seal them.
    loading: BTreeSet<(ChatId, u32)>,
    /// Messages that disappear.
    expiring: Expiring,
    /// When to ask for messages that are missing.
    gaps: BTreeMap<ChatId, Timestamp>,
    /// Connected devices of contacts with which there is no session that seals, and when to ask
    /// them for keys.
    strangers: BTreeMap<DeviceId, Timestamp>,
    hello_rate: Rate<PeerId>,
    request_rate: Rate<PeerId>,
    /// Messages of ours in groups that the store was asked for, and the devices that miss them.
    wanted: BTreeSet<(ChatId, u32, DeviceId)>,
    brakes: Brakes,
    slow: Slow,
    dirty: Dirty,
}

/// A connection that is up.
struct Connection {
    address: Address,
    authorised: bool,
}

/// Records that changed since the last [`Engine::flush`].
#[derive(Default)]
struct Dirty {
    own: bool,
    people: BTreeSet<PersonId>,
    sessions: BTreeSet<DeviceId>,
    prekeys: BTreeSet<u32>,
    chats: BTreeSet<ChatId>,
    groups: BTreeSet<ChatId>,
    invites: BTreeSet<TokenId>,
    mailboxes: BTreeSet<(PeerId, TopicKey)>,
    owed: BTreeSet<TopicKey>,
}

/// The last frames taken in, so that copies which arrive before the commit are known.
#[derive(Default)]
struct Recent {
    order: std::collections::VecDeque<FrameId>,
    ids: BTreeSet<FrameId>,
}

impl Recent {
    /// More than any batch.
    const MOST: usize = 1024;

    /// `false` if the frame was there already.
    fn insert(&mut self, id: FrameId) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > Self::MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// One call of [`Engine::handle`]: its time and chance, and what it leads to.
struct Turn<'a> {
    now: Timestamp,
    rng: &'a mut dyn CryptoRng,
    effects: Vec<Effect>,
    /// What is taken in now was kept by a relay, on this topic: whoever wrote it may be gone.
    kept: Option<TopicKey>,
}

impl<'a> Turn<'a> {
    fn new(now: Timestamp, rng: &'a mut dyn CryptoRng) -> Self {
        Self {
            now,
            rng,
            effects: Vec::new(),
            kept: None,
        }
    }
}

impl Turn<'_> {
    fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn emit(&mut self, event: EngineEvent) {
        self.effects.push(Effect::Emit(event));
    }

    fn write(&mut self, write: Write) {
        self.effects.push(Effect::Write(write));
    }
}

impl Engine {
    /// Takes one input in. What a peer sent never fails: what is wrong with it is dropped.
    pub fn handle(&mut self, input: Input, now: Timestamp, rng: &mut dyn CryptoRng) -> Vec<Effect> {
        let turn = &mut Turn::new(now, rng);
        match input {
            Input::Command(id, command) => {
                let reply = self.on_command(turn, command);
                turn.effect(Effect::Reply(id, reply));
            }
            Input::Read {
                id,
                chat,
                up_to: _,
                counters,
                unread_left,
            } => {
                let reply = self.on_read(turn, chat, &counters, unread_left);
                turn.effect(Effect::Reply(id, reply));
            }
            Input::Prove {
                id,
                message,
                signed,
            } => {
                let reply = self.on_prove(turn.now, message.as_deref(), signed);
                turn.effect(Effect::Reply(id, reply));
            }
            Input::Act {
                id,
                command,
                target,
            } => {
                let reply = self.on_act(turn, command, target.as_deref());
                turn.effect(Effect::Reply(id, reply));
            }
            Input::Offer {
                id,
                chat,
                attachment,
            } => {
                let reply = self.on_offer(turn, chat, attachment);
                turn.effect(Effect::Reply(id, reply));
            }
            Input::Direct {
                from,
                message,
                seen,
            } => self.on_direct(turn, from, message, seen),
            Input::Gossip { topic, frame, seen } => self.on_frame(turn, None, topic, &frame, seen),
            Input::Connected {
                peer,
                address,
                authorised,
            } => {
                self.on_connected(turn, peer, address, authorised);
            }
            Input::Disconnected(peer) => self.on_disconnected(turn, peer),
            Input::Discovered(peer, addresses) => self.on_discovered(turn, peer, addresses),
            Input::Lost(peer) => self.on_lost(turn, peer),
            Input::Subscribed(peer, topic) => self.on_subscribed(turn, peer, topic),
            Input::Unsubscribed(peer, topic) => self.on_unsubscribed(turn.now, peer, topic),
            Input::RelayChallenge {
                relay,
                challenge,
                limits,
                store,
            } => {
                self.on_relay_challenge(turn, relay, challenge, (limits, store));
            }
            Input::Fetched {
                relay,
                watched,
                asked,
                found,
            } => self.on_fetched(turn, relay, (watched, &asked), found),
            Input::Deposited {
                relay,
                frames,
                statuses,
                custody,
            } => self.on_deposited(turn, relay, &frames, (statuses, custody)),
            Input::Leased {
                relay,
                topic,
                until,
            } => self.on_leased(turn, relay, topic, until),
            Input::Listening(addresses) => self.on_listening(turn, addresses),
            Input::Hello {
                from,
                ip,
                ticket,
                request,
            } => {
                self.on_hello(turn, from, ip, ticket, request);
            }
            Input::Answered { ask, reply } => self.on_answered(turn, ask, reply),
            Input::Loaded(chat, counter, row) => {
                self.on_loaded(turn, chat, counter, row.as_deref());
            }
            Input::Said(row) => self.on_said(turn, &row),
            Input::Sifted(rows) => self.on_sifted(turn, rows),
            Input::SiftedGiven {
                chat,
                from,
                rows,
                here,
            } => self.on_sifted_given(turn, (chat, from), rows, &here),
            Input::Ids(chat, author, found) => self.on_ids(turn, (chat, author), &found),
            Input::Receipt { from, receipt, own } => self.on_receipt(turn, from, receipt, &own),
            Input::ToGive(fetch, rows) => self.on_to_give(turn, &fetch, &rows),
            Input::History(asked, rows) => self.on_history(turn, asked, &rows),
            Input::Timeout => {}
        }
        self.handle_timeouts(turn);
        std::mem::take(&mut turn.effects)
    }

    /// When something is due though nothing happened, if ever.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        [
            self.outbox.poll_timeout(),
            self.asks.poll_timeout(),
            self.live.poll_timeout(),
            self.relays.poll_timeout(),
            self.nearby.poll_timeout(),
            self.gaps.values().min().copied(),
            self.expiring.poll_timeout(),
            self.strangers.values().min().copied(),
            self.slow.poll_timeout(),
            self.deliveries.poll_timeout(),
            self.poll_groups(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn handle_timeouts(&mut self, turn: &mut Turn<'_>) {
        self.handle_outbox(turn);
        self.handle_gaps(turn);
        self.handle_strangers(turn);
        self.handle_asks(turn);
        self.handle_live(turn);
        self.handle_relays(turn);
        self.handle_nearby(turn);
        self.handle_slow(turn);
        self.handle_groups(turn);
        self.handle_deliveries(turn);
        self.handle_expiry(turn);
    }

    fn on_direct(&mut self, turn: &mut Turn<'_>, from: PeerId, message: Direct, seen: bool) {
        let Some((person, device)) = self.nodes.get(&from).copied() else {
            return;
        };
        if !self.is_met(&person) {
            return;
        }
        match message {
            Direct::Frame { topic, frame } => self.on_frame(turn, Some(from), topic, &frame, seen),
            Direct::Held { frames } => {
                for id in frames {
                    if !self.on_receipt_held(turn.now, device, &id) {
                        self.on_held(turn, person, device, &id);
                    }
                }
            }
            Direct::Want { topic, counters } => {
                self.on_want(turn, (person, device), topic, &counters);
            }
            Direct::Heads { chat, topic, heads } => {
                self.on_heads(turn, from, (ChatId(chat), topic), &heads);
            }
            Direct::Sync { chat, number, step } => {
                self.on_sync(turn, from, (ChatId(chat), number), step);
            }
            Direct::Have {
                chat,
                from,
                until,
                runs,
            } => self.on_have(turn, (person, device), ChatId(chat), (from, until, &runs)),
            // It comes as an input of its own, with what the store knows of it.
            Direct::Receipt(_) => {}
        }
    }

    /// Whether anything of a person is listened to on channels.
    fn is_heard(&self, person: &PersonId) -> bool {
        self.people.get(person).is_some_and(|known| {
            !known.contact.blocked
                && matches!(
                    known.contact.standing,
                    Standing::Contact | Standing::Outgoing
                )
        })
    }

    /// A known person, to be changed.
    fn person_mut(&mut self, person: &PersonId) -> Option<&mut Known> {
        let known = self.people.get_mut(person)?;
        self.dirty.people.insert(*person);
        Some(known)
    }

    /// A chat, to be changed.
    fn chat_mut(&mut self, chat: &ChatId) -> Option<&mut DirectChat> {
        let held = self.chats.get_mut(chat)?;
        self.dirty.chats.insert(*chat);
        Some(held)
    }

    /// The timeline's state of a chat of whichever kind.
    fn thread(&self, chat: &ChatId) -> Option<&Thread> {
        let direct = self.chats.get(chat).map(|held| &held.thread);
        direct.or_else(|| self.groups.get(chat).map(|held| &held.state.thread))
    }

    /// The same, to be changed.
    fn thread_mut(&mut self, chat: &ChatId) -> Option<&mut Thread> {
        if self.chats.contains_key(chat) {
            return self.chat_mut(chat).map(|held| &mut held.thread);
        }
        self.group_mut(chat).map(|held| &mut held.state.thread)
    }

    /// The devices of a person, as far as they are known.
    fn devices_of(&self, person: &PersonId) -> Vec<DeviceId> {
        let Some(list) = self
            .people
            .get(person)
            .and_then(|known| known.devices.as_ref())
        else {
            return Vec::new();
        };
        list.devices()
            .iter()
            .map(|certificate| certificate.id)
            .collect()
    }

    /// The node of a device, if it is connected and authorised.
    fn reachable(&self, device: &DeviceId) -> Option<PeerId> {
        let is_up = |peer: &&PeerId| self.connected.get(peer).is_some_and(|up| up.authorised);
        self.peers.get(device)?.iter().find(is_up).copied()
    }
}

/// Where strangers' requests come from: those from outside private networks are not answered.
type Origin = Option<IpAddr>;

/// The result of a command.
type Replied = Result<command::Reply, CommandError>;
