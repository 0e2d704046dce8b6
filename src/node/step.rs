//! One turn of the node: what happened goes into the engine, what it wants remembered is committed,
//! and only then the rest of what it wants is handed out.
//!
//! All of it may wait for the disk; the node's loop has a thread for that.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use either::Either;
use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::{
    Command, CommandError, ErrorKind, Reply, WarningKind, clock, expand, query,
    turn::{Turn, together},
    view::Event,
};
use crate::{
    config,
    net::{NetCommand, NetEvent, Ports},
    proto::{
        chat::content::Attachment,
        engine::{
            Effect, Engine, Input,
            input::{AskId, CommandId, Ticket},
        },
        id::ChatId,
        outbox,
        record::Class,
        time::Timestamp,
    },
    store::{Store, StoreError, search::Search},
    wire::{
        direct::Direct,
        frame,
        hello::HelloRequest,
        id::{Address, FrameId, TopicKey},
        limits,
    },
};

/// The engine and its memory.
pub(super) struct Core {
    /// Decides.
    pub(super) engine: Engine,
    /// Remembers.
    pub(super) store: Store,
    /// Finds what is remembered.
    pub(super) search: Arc<Search>,
    /// Whether this node may announce itself.
    pub(super) mdns: bool,
    /// Where others are told to dial, if not where we listen.
    pub(super) announce: Option<Address>,
    /// Whether there is a passphrase.
    pub(super) protected: Arc<AtomicBool>,
    /// Where everything is kept.
    pub(super) profile: PathBuf,
    /// Where we listen, so that invites are true after a restart.
    pub(super) ports: Ports,
}

/// One thing that happened.
pub(super) enum Happened {
    /// A face asks for something.
    Command(CommandId, Command),
    /// A file is sealed that a face wants to send.
    Offer(CommandId, ChatId, Box<Attachment>),
    /// On the network.
    Net(NetEvent),
    /// What the engine asked for was read.
    Loaded(Box<Input>),
    /// Time has passed.
    Timeout,
}

/// What came of a turn.
pub(super) enum Stepped {
    /// All of it is on disk.
    Released(Released),
    /// Nothing was taken in, because nothing could be remembered: it can be tried again.
    NoRoom {
        /// As it was.
        batch: Vec<Happened>,
        /// How little room there is.
        why: StoreError,
    },
    /// Nothing was handed out, and the engine knows more than the disk: it must not go on.
    Failed(StoreError),
}

/// What may be handed out, in order, now that all that led to it is on disk.
#[derive(Default)]
pub(super) struct Released {
    /// Each to where it goes.
    pub(super) effects: Vec<Release>,
    /// For the next turn.
    pub(super) loaded: Vec<Input>,
}

/// One thing to hand out.
pub(super) enum Release {
    /// To the network.
    Net(NetCommand),
    /// To the faces.
    Event(Event),
    /// To the face that asked.
    Reply(CommandId, Result<Reply, CommandError>),
}

impl Core {
    /// Lets things happen.
    pub(super) fn step(&mut self, batch: Vec<Happened>) -> Stepped {
        match self.store.has_room() {
            Ok(()) => {}
            Err(why @ StoreError::Full { .. }) => return Stepped::NoRoom { batch, why },
            Err(why) => return Stepped::Failed(why),
        }
        match self.take_all_in(batch) {
            Ok(released) => Stepped::Released(released),
            Err(why) => Stepped::Failed(why),
        }
    }

    fn take_all_in(&mut self, batch: Vec<Happened>) -> Result<Released, StoreError> {
        let mut turn = Turn::default();
        for happened in batch {
            self.take_in(happened, &mut turn)?;
        }
        self.finish(turn)
    }

    /// Starts the engine; `created` is what making it led to.
    pub(super) fn start(&mut self, created: Vec<Effect>) -> Result<Released, StoreError> {
        let mut turn = Turn::default();
        turn.extend(created);
        turn.extend(self.engine.start(clock::now(), &mut chance()));
        self.finish(turn)
    }

    fn take_in(&mut self, happened: Happened, turn: &mut Turn) -> Result<(), StoreError> {
        let input = match happened {
            Happened::Command(id, Command::ReadMessages { chat_id, up_to }) => {
                let Some(read) = self.store.read_counters(chat_id, up_to)? else {
                    let reply = Err(query::no_message());
                    turn.rest.push(Effect::Reply(id, reply));
                    return Ok(());
                };
                Input::Read {
                    id,
                    chat: chat_id,
                    up_to,
                    counters: read.counters,
                    unread_left: read.unread_left,
                }
            }
            Happened::Command(id, Command::ProveMessage { message_id }) => {
                self.to_prove(id, &message_id)?
            }
            Happened::Command(id, command) => match command.target() {
                Some(target) => Input::Act {
                    id,
                    command,
                    target: self.store.message(&target)?.map(|held| Box::new(held.row)),
                },
                None => Input::Command(id, command),
            },
            Happened::Offer(id, chat, attachment) => Input::Offer {
                id,
                chat,
                attachment,
            },
            Happened::Net(event) => match self.net_input(event, turn)? {
                Some(input) => input,
                None => return Ok(()),
            },
            Happened::Loaded(input) => *input,
            Happened::Timeout => Input::Timeout,
        };
        turn.extend(self.engine.handle(input, clock::now(), &mut chance()));
        Ok(())
    }

    fn net_input(&mut self, event: NetEvent, turn: &mut Turn) -> Result<Option<Input>, StoreError> {
        Ok(Some(match event {
            NetEvent::Listening(addresses) => {
                self.keep_ports(Ports::of(&addresses));
                let elsewhere = self.announce.clone();
                Input::Listening(elsewhere.map_or(addresses, |address| vec![address]))
            }
            NetEvent::Connected {
                peer,
                address,
                authorised,
            } => Input::Connected {
                peer,
                address,
                authorised,
            },
            NetEvent::Disconnected(peer) => Input::Disconnected(peer),
            NetEvent::Direct {
                from,
                message: Direct::Receipt(receipt),
            } => self.receipt(from, receipt)?,
            NetEvent::Direct { from, message } => {
                let seen = match &message {
                    Direct::Frame { frame, .. } => self.seen(frame, turn)?,
                    Direct::Held { .. }
                    | Direct::Want { .. }
                    | Direct::Heads { .. }
                    | Direct::Sync { .. }
                    | Direct::Have { .. }
                    | Direct::Receipt(_) => false,
                };
                Input::Direct {
                    from,
                    message,
                    seen,
                }
            }
            NetEvent::Gossip { topic, frame } => {
                let seen = self.seen(&frame, turn)?;
                Input::Gossip { topic, frame, seen }
            }
            NetEvent::Subscribed(peer, topic) => Input::Subscribed(peer, topic),
            NetEvent::Unsubscribed(peer, topic) => Input::Unsubscribed(peer, topic),
            NetEvent::Hello {
                from,
                ip,
                ticket,
                request,
            } => Input::Hello {
                from,
                ip,
                ticket: Ticket(ticket),
                request,
            },
            NetEvent::Answered { ask, reply } => Input::Answered {
                ask: AskId(ask),
                reply,
            },
            NetEvent::Discovered(peer, addresses) => Input::Discovered(peer, addresses),
            NetEvent::Lost(peer) => Input::Lost(peer),
            NetEvent::Warning(text) => {
                turn.warnings.push(text);
                return Ok(None);
            }
            NetEvent::RelayChallenge {
                relay,
                challenge,
                limits,
                store,
            } => Input::RelayChallenge {
                relay,
                challenge,
                limits,
                store,
            },
            NetEvent::Fetched {
                relay,
                watched,
                asked,
                found,
            } => Input::Fetched {
                relay,
                watched,
                asked,
                found: found.map(|found| self.found(found, turn)).transpose()?,
            },
            NetEvent::Deposited {
                relay,
                frames,
                statuses,
                custody,
            } => Input::Deposited {
                relay,
                frames,
                statuses,
                custody,
            },
            NetEvent::Leased {
                relay,
                topic,
                until,
            } => Input::Leased {
                relay,
                topic,
                until: until.map(Timestamp),
            },
        }))
    }

    /// Remembers where we listen, where nothing is remembered yet: a port of last time that another
    /// program has now stays the one that is told to others.
    fn keep_ports(&mut self, now: Ports) {
        let ports = self.ports.or(now);
        if ports == self.ports {
            return;
        }
        self.ports = ports;
        if let Err(error) = config::write_ports(&self.profile, [ports.ip4, ports.ip6]) {
            tracing::warn!(%error, "invites may not be valid after a restart");
        }
    }

    /// Whether a frame was taken in before, in an earlier turn or in this one.
    pub(super) fn seen(&self, bytes: &[u8], turn: &Turn) -> Result<bool, StoreError> {
        if frame::is_ephemeral(bytes) {
            return Ok(false);
        }
        let id = frame::frame_id(bytes);
        Ok(turn.seen.contains(&id) || self.store.seen(&id)?)
    }

    /// Commits, then says what may be handed out.
    fn finish(&mut self, mut turn: Turn) -> Result<Released, StoreError> {
        turn.extend(self.engine.flush());
        if !turn.writes.is_empty() {
            self.store.commit(turn.writes)?;
        }
        let mut released = Released::default();
        for text in turn.warnings {
            let kind = WarningKind::Network;
            released
                .effects
                .push(Release::Event(Event::Warning { kind, text }));
        }
        for effect in together(turn.rest) {
            self.release(effect, &mut released)?;
        }
        Ok(released)
    }

    fn release(&self, effect: Effect, released: &mut Released) -> Result<(), StoreError> {
        let effect = match self.load(effect)? {
            Either::Left(loaded) => {
                released.loaded.extend(loaded);
                return Ok(());
            }
            Either::Right(effect) => effect,
        };
        let command = match effect {
            // Committed, or read already.
            Effect::Write(_)
            | Effect::Load(..)
            | Effect::LoadSaid { .. }
            | Effect::LoadIds(..)
            | Effect::Sift(_)
            | Effect::SiftGiven { .. }
            | Effect::LoadToGive(_)
            | Effect::LoadHistory(_) => return Ok(()),
            Effect::Send(peer, message) => NetCommand::Send(peer, message),
            Effect::SendStored(peer, id) => match self.stored_frame(&id)? {
                Some((topic, frame)) => {
                    let frame = frame.into();
                    NetCommand::Send(peer, Direct::Frame { topic, frame })
                }
                None => return Ok(()),
            },
            Effect::Publish(topic, frame) => NetCommand::Publish(topic, frame),
            Effect::PublishStored(id) => match self.stored_frame(&id)? {
                Some((topic, frame)) => NetCommand::Publish(topic, frame),
                None => return Ok(()),
            },
            Effect::Subscribe(topic) => NetCommand::Subscribe(topic),
            Effect::Unsubscribe(topic) => NetCommand::Unsubscribe(topic),
            Effect::Authorise(peer, addresses) if self.engine.is_close(&peer) => {
                NetCommand::Authorise(peer, addresses)
            }
            Effect::Authorise(peer, addresses) => NetCommand::AuthoriseMember(peer, addresses),
            Effect::Revoke(peer) => NetCommand::Revoke(peer),
            Effect::Dial(peer, addresses) => NetCommand::Dial(peer, addresses),
            Effect::Ask {
                ask,
                to,
                addresses,
                request,
                attach,
            } => NetCommand::Ask {
                ask: ask.0,
                to,
                addresses,
                request: self.with_frames(*request, &attach)?,
            },
            Effect::Answer(ticket, reply) => NetCommand::Answer {
                ticket: ticket.0,
                reply: *reply,
            },
            Effect::Lease { relay, lease } => NetCommand::Lease { relay, lease },
            Effect::Release { relay, topic, auth } => NetCommand::Release { relay, topic, auth },
            Effect::AskRelay(relay, request) => NetCommand::AskRelay { relay, request },
            Effect::Deposit {
                relay,
                stored,
                made,
            } => self.deposit(relay, &stored, made)?,
            Effect::Announce(announce) => NetCommand::Announce(announce && self.mdns),
            Effect::Emit(event) => {
                let events = expand::expand(&self.engine, &self.store, event)?;
                released
                    .effects
                    .extend(events.into_iter().map(Release::Event));
                return Ok(());
            }
            Effect::Reply(id, reply) => {
                released.effects.push(Release::Reply(id, reply));
                return Ok(());
            }
        };
        released.effects.push(Release::Net(command));
        Ok(())
    }

    /// Puts frames of the outbox into an introduction, as many as fit.
    fn with_frames(
        &self,
        mut request: HelloRequest,
        attach: &[FrameId],
    ) -> Result<HelloRequest, StoreError> {
        let mut size = request.encode().len();
        let HelloRequest::Intro(intro) = &mut request else {
            return Ok(request);
        };
        for id in attach.iter().take(limits::INTRO_FRAMES) {
            let Some((_, frame)) = self.stored_frame(id)? else {
                continue;
            };
            // With the head of its byte string.
            size += frame.len() + 5;
            if size > limits::HELLO {
                break;
            }
            intro.frames.push(frame.into());
        }
        Ok(request)
    }

    /// A frame of the outbox, unless it was acknowledged meanwhile.
    pub(super) fn stored_frame(
        &self,
        id: &FrameId,
    ) -> Result<Option<(TopicKey, Vec<u8>)>, StoreError> {
        let record = self.store.record(Class::Outbox, &id.0)?;
        Ok(record.and_then(|record| outbox::stored_frame(record.as_slice())))
    }
}

/// The system's randomness. It panics when there is none: nothing would be safe then.
pub(super) fn chance() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// What faces are told of a command whose effects the disk refused.
pub(super) fn not_stored(error: &StoreError) -> CommandError {
    let message = format!("Nothing was sent or changed: {error}. Mend that, then try again.");
    CommandError::new(ErrorKind::Storage, message)
}
