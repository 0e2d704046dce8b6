//! What comes in on the channels of epochs.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;

use super::{Asked, Effect, Engine, EngineEvent, Place, Turn, telling::member_context};
use crate::{
    proto::{
        channel::{Inner, Kind, Pairwise},
        chat::{
            content::{Body, Content},
            epoch::Opened,
            group::{ASIDE, Aside, numbered, unnumbered},
            membership::{Op, decode_ops},
            order,
            sender_chain::GroupHeader,
        },
        engine::{frames::is_timeline, held, live::is_sign},
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{MessageRow, Signed, Write},
        time::Timestamp,
    },
    wire::{
        codec,
        direct::Direct,
        frame::{Parts, frame_id},
        id::{FrameId, PeerId},
        limits,
        sync::OpId,
    },
};

/// A message's row takes this much at most: what is kept aside is read with this bound.
const ROW: usize = 64 * 1024;

impl Engine {
    /// A frame of an epoch's channel, checked from outside.
    pub(in crate::proto::engine) fn on_group_frame(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        from: Option<PeerId>,
        bytes: &[u8],
        seen: bool,
    ) {
        let Some(held) = self.groups.get(&chat).filter(|held| held.is_open()) else {
            return;
        };
        let Some(keys) = held.epochs.get(&epoch) else {
            return;
        };
        let id = frame_id(bytes);
        let known = seen || self.recent.ids.contains(&id);
        if known && let Some(from) = from {
            // Its author has not heard that we have it.
            self.acknowledge_in_group(turn, (chat, epoch), Some(from), None, id);
            return;
        }
        let Ok(inner) = keys.channel().open(bytes) else {
            return;
        };
        let day = Parts::of(bytes).map_or(0, |parts| parts.day());
        if is_sign(bytes) {
            if inner.kind == Kind::Ephemeral {
                self.on_group_sign(turn, (chat, epoch), day, &inner.body);
            }
            return;
        }
        if inner.kind == Kind::Held {
            self.on_kept_held_in_group(turn, (chat, epoch), &inner.body);
            return;
        }
        let author = self.author_of(&chat, &epoch, &inner);
        if known {
            // Gossip brings copies of what came directly: those are acknowledged there.
            let direct = author.is_some_and(|author| self.reachable(&author).is_some());
            if !direct {
                self.acknowledge_in_group(turn, (chat, epoch), None, author, id);
            }
            return;
        }
        // It comes again, as messages do that are too many.
        if inner.kind != Kind::GroupMessage && self.tells_too_much(turn.now, &chat, from) {
            return;
        }
        let is_leaving = self
            .groups
            .get(&chat)
            .is_some_and(|held| held.state.place != Place::Member);
        let taken = match inner.kind {
            // What is said is not for whoever leaves.
            Kind::GroupMessage if is_leaving => return,
            // It comes again, and is taken when there was less of theirs.
            Kind::GroupMessage if self.is_too_much(turn.now, (chat, epoch), author) => false,
            Kind::GroupMessage => {
                let taken = self.take_group_message(turn, (chat, epoch), &inner.body, day);
                if !taken {
                    self.note_used(turn, (chat, epoch), from, &inner.body);
                }
                taken
            }
            Kind::LogOps => match decode_ops(&inner.body) {
                Ok(ops) => {
                    self.take_ops(turn, &chat, ops);
                    true
                }
                Err(_) => false,
            },
            Kind::EpochSeals => self.take_seals(turn, &chat, &inner.body),
            Kind::MemberCards => self.take_cards(turn, &chat, &inner.body),
            Kind::Pairwise => match Pairwise::decode(&inner.body) {
                // Of others; gossip brings it to everybody.
                Ok(message) if message.to != self.device() => return,
                Ok(message) => self.take_from_member(turn, (&chat, epoch), &message),
                Err(_) => false,
            },
            // A later version's kinds mean nothing here: they are not to be sent again, and leave nothing.
            Kind::Unknown(_) => {
                self.acknowledge_in_group(turn, (chat, epoch), from, author, id);
                return;
            }
            Kind::DirectMessage
            | Kind::SoftState
            | Kind::Ephemeral
            | Kind::Held
            | Kind::Bundle
            | Kind::Intro => false,
        };
        if taken {
            self.recent.insert(id);
            turn.write(Write::Seen(id));
            let speaks = from.and_then(|from| self.member_at(&chat, &from));
            if let Some(device) = speaks.map(|(_, device)| device).or(author) {
                self.heard_on(turn.now, &chat, (device, epoch));
            }
            if from.is_none()
                && turn.kept.is_none()
                && let Some(author) = author
            {
                self.outbox.heard(&author, false, turn.now);
            }
            self.acknowledge_in_group(turn, (chat, epoch), from, author, id);
        }
    }

    /// Which device a frame is of, as far as it says so: nothing is decided by that but where the
    /// acknowledgement goes.
    fn author_of(&self, chat: &ChatId, epoch: &OpId, inner: &Inner) -> Option<DeviceId> {
        match inner.kind {
            Kind::GroupMessage => {
                let (header, _) = GroupHeader::parse(&inner.body)?;
                let keys = self.groups.get(chat)?.epochs.get(epoch)?;
                let device = keys.devices().get(usize::from(header.sender))?;
                Some(device.device)
            }
            Kind::Pairwise => Some(Pairwise::decode(&inner.body).ok()?.from),
            _ => None,
        }
    }

    /// Says that a frame is on this disk: directly to whoever sent it or wrote it, else on the channel.
    fn acknowledge_in_group(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        from: Option<PeerId>,
        author: Option<DeviceId>,
        id: FrameId,
    ) {
        if turn.kept.is_some() {
            self.acknowledge_kept(turn, (chat, Some(epoch)), id);
            return;
        }
        let direct = from.or_else(|| author.and_then(|author| self.reachable(&author)));
        match direct {
            Some(peer) => turn.effect(held::held(peer, id)),
            None => self.held_by_gossip(turn, (chat, Some(epoch)), id),
        }
    }

    /// Whether a member's node brings more than this device looks at.
    fn tells_too_much(&mut self, now: Timestamp, chat: &ChatId, from: Option<PeerId>) -> bool {
        let member = from.and_then(|from| self.member_at(chat, &from));
        member.is_some_and(|(person, _)| !self.brakes.may_tell((*chat, person), now))
    }

    /// Whether a member says more than this device takes.
    fn is_too_much(
        &mut self,
        now: Timestamp,
        (chat, epoch): (ChatId, OpId),
        author: Option<DeviceId>,
    ) -> bool {
        let keys = self.groups.get(&chat).and_then(|h| h.epochs.get(&epoch));
        let device = keys.zip(author).and_then(|(keys, author)| {
            let at = keys.index_of(&author)?;
            keys.devices().get(at)
        });
        let Some(person) = device.map(|device| device.person) else {
            return false;
        };
        !self.brakes.may_speak((chat, person), now)
    }

    /// Takes a message. `false`: it does not open, or does not hold.
    fn take_group_message(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        body: &[u8],
        day: u16,
    ) -> bool {
        let now = turn.now;
        let own = self.person();
        let Some(held) = self.groups.get_mut(&chat) else {
            return false;
        };
        let Some(opened) = held.epochs.open(&epoch, body, now) else {
            return false;
        };
        self.dirty.groups.insert(chat);
        self.brakes.spoke((chat, opened.person), now);
        // From here on its key is used up: it is not to be sent again.
        let place = held.group.place_of(&epoch);
        let counter = place.and_then(|place| numbered(place, opened.counter));
        let (Ok(content), Some(counter)) = (Content::decode(&opened.content), counter) else {
            return true;
        };
        let holds = order::is_plausible(content.created, day) && is_timeline(&content.body);
        if !holds {
            return true;
        }
        let moderates = held.moderates(&epoch, &opened.person);
        let members = held.group.members();
        let roster = held
            .epochs
            .get(&epoch)
            .map_or(&[][..], |keys| keys.devices());
        let reaches_removed = roster.iter().any(|d| !members.contains_key(&d.person));
        let is_member = members.contains_key(&opened.person);
        let received = held.state.thread.received.get(&opened.device);
        let is_taken = received.is_some_and(|received| received.contains(counter));
        let is_own = opened.person == own;
        let mut row = row_of(
            &opened,
            (chat, counter),
            &content,
            now,
            Signed {
                epoch,
                signature: opened.signature,
                moderates,
                reaches_removed: reaches_removed && is_member,
                given_by: None,
            },
        );
        if is_own || is_taken {
            // Said by a copy of this device; or its number is taken, perhaps by the same.
            row.outgoing = is_own;
            turn.effect(Effect::Sift(vec![row]));
        } else if self.is_shown_from(&chat, &row) {
            self.add_group_message(turn, row, &content);
        } else {
            self.put_aside(turn, &row);
        }
        true
    }

    /// Whether a message is shown: it is of a device of a member, or a member refers to it.
    pub(super) fn is_shown_from(&self, chat: &ChatId, row: &MessageRow) -> bool {
        let held = self.groups.get(chat);
        held.is_some_and(|held| held.is_heard(row)) || self.is_referred_to(chat, &row.id)
    }

    pub(super) fn add_group_message(
        &mut self,
        turn: &mut Turn<'_>,
        row: MessageRow,
        content: &Content,
    ) {
        let chat = row.chat;
        self.stop_typing(turn, (chat, row.sender));
        self.add_to_thread(turn, row, content);
        self.follow_references(turn, &chat, content);
    }

    /// The same, of one of many: what is missing then is looked at once, after all of them.
    pub(super) fn put_group_message(
        &mut self,
        turn: &mut Turn<'_>,
        row: MessageRow,
        content: &Content,
    ) {
        let chat = row.chat;
        self.put_in_thread(turn, row, content);
        self.follow_references(turn, &chat, content);
    }

    fn follow_references(&mut self, turn: &mut Turn<'_>, chat: &ChatId, content: &Content) {
        // What somebody who is still a member has seen counts, whoever wrote it.
        let refers = content.parents.iter().copied().chain(content.prev);
        self.referred_to(turn, chat, &refers.collect::<Vec<_>>());
    }

    /// Whether a member's message that is here follows one that was not: then it was there before its
    /// author's removal.
    fn is_referred_to(&self, chat: &ChatId, id: &MessageId) -> bool {
        self.groups
            .get(chat)
            .is_some_and(|held| held.referred.contains(id))
    }

    /// A member's message refers to others: any of them that was put aside is shown after all, and one
    /// that has not come yet will be.
    fn referred_to(&mut self, turn: &mut Turn<'_>, chat: &ChatId, refers: &[MessageId]) {
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        held.refer(refers);
        let aside = std::mem::take(&mut held.state.aside);
        let (shown, kept): (Vec<Aside>, Vec<Aside>) = aside
            .into_iter()
            .partition(|aside| refers.contains(&aside.id));
        held.state.aside = kept;
        self.show_aside(turn, shown);
    }

    /// A message of somebody who is no longer in the group, to which nobody refers, is kept aside.
    pub(super) fn put_aside(&mut self, turn: &mut Turn<'_>, row: &MessageRow) {
        let (chat, id, author) = (row.chat, row.id, row.sender);
        let Some(held) = self.group_mut(&chat) else {
            return;
        };
        if held.state.aside.len() >= ASIDE {
            held.state.dropped = held.state.dropped.saturating_add(1);
        } else {
            let row = ByteVec::from(codec::to_vec(row));
            held.state.aside.push(Aside { id, author, row });
        }
        turn.emit(EngineEvent::Chat {
            chat,
            what: super::ChatChange::Completeness,
        });
    }

    /// Whoever is a member again is heard again: what was kept aside of theirs is shown.
    pub(super) fn release_aside(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let aside = std::mem::take(&mut held.state.aside);
        let (shown, kept): (Vec<Aside>, Vec<Aside>) = aside.into_iter().partition(|aside| {
            let row = codec::from_slice::<MessageRow>(&aside.row, ROW);
            row.is_ok_and(|row| held.is_heard(&row))
        });
        held.state.aside = kept;
        self.show_aside(turn, shown);
    }

    fn show_aside(&mut self, turn: &mut Turn<'_>, shown: Vec<Aside>) {
        for aside in shown {
            let Ok(row) = codec::from_slice::<MessageRow>(&aside.row, ROW) else {
                continue;
            };
            if let Ok(content) = Content::decode(&row.content) {
                self.add_group_message(turn, row, &content);
            }
        }
    }

    /// A pairwise message of a member.
    fn take_from_member(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (&ChatId, OpId),
        message: &Pairwise,
    ) -> bool {
        let device = message.from;
        let Some(person) = self.person_of(chat, &device) else {
            return false;
        };
        let context = member_context(chat);
        let Some(bytes) = self.open_pairwise(turn, &person, device, &message.pairwise, &context)
        else {
            return false;
        };
        let Ok(content) = Content::decode(&bytes) else {
            return true;
        };
        match content.body {
            Body::Receipt(receipt) => self.take_group_receipt(turn, chat, person, &receipt),
            Body::RekeyRequest(request) if request.chat == *chat => {
                self.on_rekey_request(turn, (person, device), Some(epoch), request);
            }
            Body::ResetNotice => self.on_reset_notice(turn, person, device),
            Body::Welcome(welcome) => self.take_welcome(turn, person, welcome.expose()),
            Body::HistoryOffer(offer) => {
                self.take_history_offer(turn, chat, person, offer.expose());
            }
            Body::HistoryRequest(request) if request.chat == *chat => {
                let (chat, before) = (request.chat, request.before);
                let asked = Asked {
                    chat,
                    person,
                    device,
                    before,
                };
                self.on_history_request(turn, asked);
            }
            Body::Records(records) => {
                self.take_records(turn, chat, (person, device), records.expose());
            }
            Body::Text(_)
            | Body::Edit(_)
            | Body::Delete(_)
            | Body::React(_)
            | Body::Attachment(_)
            | Body::Timer(_)
            | Body::ChannelSet(_)
            | Body::RekeyRequest(_)
            | Body::Prekeys(_)
            | Body::HistoryRequest(_)
            | Body::Profile(_)
            | Body::Pin(_)
            | Body::GroupChange(_)
            | Body::Unknown { .. } => {}
        }
        true
    }

    /// Asks for what is missing in a group, whoever of its authors can be reached.
    pub(in crate::proto::engine) fn want_in_group(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let missing = held.state.thread.missing_counters(limits::WANT_COUNTERS);
        for (device, numbers) in missing {
            let Some(peer) = self.reachable(&device) else {
                continue;
            };
            let mut by_epoch: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for number in numbers {
                let (place, counter) = unnumbered(number);
                by_epoch.entry(place).or_default().push(counter);
            }
            for (place, counters) in by_epoch {
                let epoch = held.group.op_at(place).map(Op::id);
                let keys = epoch.and_then(|epoch| held.epochs.get(&epoch));
                if let Some(topic) = keys.map(|keys| keys.channel().topic()) {
                    turn.effect(Effect::Send(peer, Direct::Want { topic, counters }));
                }
            }
        }
    }

    /// Whose device it is, of those who are in a group.
    pub(in crate::proto::engine) fn person_of(
        &self,
        chat: &ChatId,
        device: &DeviceId,
    ) -> Option<PersonId> {
        let held = self.groups.get(chat)?;
        let devices = &held.group.roster().devices;
        let at = devices.binary_search_by_key(device, |held| held.device);
        devices.get(at.ok()?).map(|device| device.person)
    }
}

fn row_of(
    opened: &Opened,
    (chat, counter): (ChatId, u32),
    content: &Content,
    now: Timestamp,
    signed: Signed,
) -> MessageRow {
    MessageRow {
        id: opened.id,
        chat,
        sender: opened.person,
        device: opened.device,
        counter,
        created: content.created,
        sent_at: order::sent_at(content.created, now),
        received_at: now,
        outgoing: false,
        content: opened.content.to_vec(),
        signed: Some(signed),
    }
}
