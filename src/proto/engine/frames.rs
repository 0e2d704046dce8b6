//! What comes in on channels: frames opened, messages taken in, gaps noticed.

use std::collections::BTreeSet;

use super::{
    Effect, Engine, Turn,
    event::{ChatChange, DeliveryState, EngineEvent},
    live::is_sign,
    pairing::NO_CONTEXT,
};
use crate::{
    proto::{
        channel::{Kind, Pairwise},
        chat::{
            acts::{self, Shape},
            content::{Body, Content, Receipt as ReceiptBody, ReceiptKind},
            direct::{DirectMessage, part_context},
            order,
            state::ChannelSecret,
            thread::{Head, Thread},
        },
        contact::Standing,
        id::{ChatId, PersonId},
        record::{MessageRow, Receipt, Write},
        time::SECOND,
    },
    wire::{
        direct::Direct,
        frame::{Parts, frame_id},
        id::{PeerId, TopicKey},
        limits,
    },
};

/// After a hole shows, this long until its messages are asked for: they may be on their way.
const GAP_WAIT_MS: u64 = SECOND;

/// Until they are asked for again.
const GAP_AGAIN_MS: u64 = 10 * SECOND;

impl Engine {
    /// A frame of one of our channels, checked from outside.
    pub(super) fn on_frame(
        &mut self,
        turn: &mut Turn<'_>,
        from: Option<PeerId>,
        topic: TopicKey,
        bytes: &[u8],
        seen: bool,
    ) {
        if let Some(epoch) = self.epoch_topics.get(&topic) {
            self.on_group_frame(turn, *epoch, from, bytes, seen);
            return;
        }
        let Some((chat, channel)) = self.channels.get(&topic) else {
            if let Some(from) = from {
                self.on_frame_apart(turn, from, topic, bytes, seen);
            }
            return;
        };
        let chat = *chat;
        let Some(person) = self.chats.get(&chat).map(|held| held.person) else {
            return;
        };
        if !self.is_heard(&person) {
            return;
        }
        if is_sign(bytes) {
            if let Ok(inner) = channel.open(bytes)
                && inner.kind == Kind::Ephemeral
            {
                let day = Parts::of(bytes).map_or(0, |parts| parts.day());
                self.on_sign(turn, chat, day, &inner.body);
            }
            return;
        }
        let id = frame_id(bytes);
        if seen || self.recent.ids.contains(&id) {
            // The author has not heard that we have it, or a second path brought it. Gossip brings
            // copies of what came directly, so only a direct copy is worth another answer, or one
            // from somebody who cannot be reached directly.
            self.acknowledge(turn, chat, from, id);
            return;
        }
        let Ok(inner) = channel.open(bytes) else {
            return;
        };
        if inner.kind == Kind::Held {
            self.on_kept_held(turn, chat, &inner.body);
            return;
        }
        let taken = match inner.kind {
            Kind::DirectMessage => DirectMessage::parse(&inner.body)
                .is_ok_and(|message| self.take_message(turn, chat, &message, bytes)),
            Kind::Pairwise => Pairwise::decode(&inner.body)
                .is_ok_and(|message| self.take_pairwise(turn, chat, person, &message)),
            Kind::SoftState => self.take_soft_state(turn, person, &inner.body),
            // A later version's kinds mean nothing here: they are not to be sent again, and leave nothing.
            Kind::Unknown(_) => {
                self.acknowledge(turn, chat, from, id);
                return;
            }
            Kind::GroupMessage
            | Kind::LogOps
            | Kind::EpochSeals
            | Kind::Ephemeral
            | Kind::Held
            | Kind::MemberCards
            | Kind::Bundle
            | Kind::Intro => false,
        };
        if taken {
            self.recent.insert(id);
            turn.write(Write::Seen(id));
            if from.is_none() && turn.kept.is_none() {
                for device in self.devices_of(&person) {
                    self.outbox.heard(&device, false, turn.now);
                }
            }
            self.acknowledge(turn, chat, from, id);
        }
    }

    /// Takes a direct message into the chat. `false`: it is not for us, or does not hold.
    pub(super) fn take_message(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        message: &DirectMessage<'_>,
        frame: &[u8],
    ) -> bool {
        let Some(person) = self.chats.get(&chat).map(|held| held.person) else {
            return false;
        };
        let device = message.sender;
        if !self.devices_of(&person).contains(&device) {
            return false;
        }
        let own = self.device();
        let Some(pairwise) = message.part_for(&own) else {
            return false;
        };
        let context = part_context(&chat);
        let Some(key) = self.open_pairwise(turn, &person, device, pairwise, &context) else {
            return false;
        };
        let Ok((id, bytes)) = message.open_content(&chat, &key) else {
            return false;
        };
        let Ok(content) = Content::decode(&bytes) else {
            return false;
        };
        let day = Parts::of(frame).map_or(0, |parts| parts.day());
        if !order::is_plausible(content.created, day) || !is_timeline(&content.body) {
            return false;
        }
        self.answered(turn, &person);
        let row = MessageRow {
            id,
            chat,
            sender: person,
            device,
            counter: message.counter,
            created: content.created,
            sent_at: order::sent_at(content.created, turn.now),
            received_at: turn.now,
            outgoing: false,
            content: bytes.to_vec(),
            signed: None,
        };
        self.add_incoming(turn, row, &content);
        true
    }

    fn add_incoming(&mut self, turn: &mut Turn<'_>, row: MessageRow, content: &Content) {
        let chat = row.chat;
        let begins = self.begins_with(&row);
        if begins && let Some(held) = self.chat_mut(&chat) {
            held.thread.begins.insert(row.device, row.counter);
        }
        self.stop_typing(turn, (chat, row.sender));
        self.add_to_thread(turn, row, content);
    }

    /// Adds a message of somebody else's to its chat.
    pub(super) fn add_to_thread(
        &mut self,
        turn: &mut Turn<'_>,
        row: MessageRow,
        content: &Content,
    ) {
        let chat = row.chat;
        let missing = self.thread(&chat).map_or(0, Thread::missing);
        self.put_in_thread(turn, row, content);
        let still = self.note_gaps(turn, &chat);
        if missing > 0 && still == 0 {
            turn.emit(EngineEvent::Chat {
                chat,
                what: ChatChange::Completeness,
            });
        }
    }

    /// The same, where what is missing is looked at later.
    pub(super) fn put_in_thread(
        &mut self,
        turn: &mut Turn<'_>,
        row: MessageRow,
        content: &Content,
    ) {
        let chat = row.chat;
        let Some(thread) = self.thread_mut(&chat) else {
            return;
        };
        let fresh = thread
            .received
            .entry(row.device)
            .or_default()
            .insert(row.counter);
        let refers: Vec<_> = content
            .parents
            .iter()
            .copied()
            .chain(content.prev)
            .collect();
        thread.add_head(
            Head {
                created: row.created,
                id: row.id,
            },
            &refers,
            turn.now,
        );
        let is_message = acts::shape_of(&content.body) == Shape::Message;
        if fresh && is_message && !row.outgoing {
            thread.unread = thread.unread.saturating_add(1);
        }
        if !row.outgoing {
            self.owe_receipt(turn.now, chat, (row.device, row.counter));
        }
        self.noted(turn, &row, content);
        turn.write(Write::Message(Box::new(row)));
    }

    /// Whether what a device said before a message was never for this chat as it is here: whoever
    /// asks for contact again sends along what was not delivered, and no more.
    fn begins_with(&self, row: &MessageRow) -> bool {
        let standing = self
            .people
            .get(&row.sender)
            .map(|known| known.contact.standing);
        let fresh = self
            .chats
            .get(&row.chat)
            .is_some_and(|held| !held.thread.received.contains_key(&row.device));
        let anew = standing == Some(Standing::Incoming);
        fresh && row.counter > 0 && anew && !self.own.list.is_restored()
    }

    /// Whoever writes on our channel has accepted our request.
    fn answered(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let standing = self.people.get(person).map(|known| known.contact.standing);
        if standing == Some(Standing::Outgoing) {
            self.become_contacts(turn, *person);
        }
    }

    fn take_pairwise(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        person: PersonId,
        message: &Pairwise,
    ) -> bool {
        let device = message.from;
        if message.to != self.device() || !self.devices_of(&person).contains(&device) {
            return false;
        }
        let Some(bytes) = self.open_pairwise(turn, &person, device, &message.pairwise, &NO_CONTEXT)
        else {
            return false;
        };
        // From here on the message is used up: what follows cannot be tried again.
        let Ok(content) = Content::decode(&bytes) else {
            return true;
        };
        self.answered(turn, &person);
        match content.body {
            Body::ChannelSet(set) => {
                let since = turn.now;
                let channel = ChannelSecret {
                    seq: set.seq,
                    secret: set.secret,
                    since,
                };
                if self
                    .chat_mut(&chat)
                    .is_some_and(|held| held.learn_channel(channel))
                {
                    self.listen(turn, &chat);
                }
            }
            Body::Receipt(receipt) => self.take_receipt(turn, chat, person, &receipt),
            Body::Profile(profile) => self.on_card(turn, &person, &profile.card),
            Body::ResetNotice => self.on_reset_notice(turn, person, device),
            Body::Welcome(welcome) if self.is_contact(&person) => {
                self.take_welcome(turn, person, welcome.expose());
            }
            Body::RekeyRequest(request) => {
                self.on_rekey_request(turn, (person, device), None, request);
            }
            Body::Text(_)
            | Body::Edit(_)
            | Body::Delete(_)
            | Body::React(_)
            | Body::Attachment(_)
            | Body::Timer(_)
            | Body::Prekeys(_)
            | Body::Welcome(_)
            | Body::HistoryOffer(_)
            | Body::Records(_)
            | Body::HistoryRequest(_)
            | Body::Pin(_)
            | Body::GroupChange(_)
            | Body::Unknown { .. } => {}
        }
        true
    }

    fn take_receipt(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        person: PersonId,
        receipt: &ReceiptBody,
    ) {
        let own = self.device();
        let at = turn.now;
        let Some(upto) = receipt.upto.iter().find(|upto| upto.device == own) else {
            return;
        };
        if receipt.kind != ReceiptKind::Read {
            return;
        }
        let Some(held) = self.chats.get(&chat) else {
            return;
        };
        let Some(last) = held.next_counter.checked_sub(1) else {
            return;
        };
        let counter = upto.counter.min(last);
        let before = held.read_by_other;
        if before.is_some_and(|before| before >= counter) {
            return;
        }
        if let Some(held) = self.chat_mut(&chat) {
            held.read_by_other = Some(counter);
        }
        turn.write(Write::Receipt(Receipt {
            chat,
            device: own,
            counter,
            person,
            read: true,
            at,
        }));
        let first = before.map_or(0, |before| before.saturating_add(1));
        let (counters, state) = (first..=counter, DeliveryState::Read);
        turn.emit(EngineEvent::Status {
            chat,
            counters,
            person,
            state,
        });
    }

    /// Starts to wait for messages that are missing, or stops. How many are.
    pub(super) fn note_gaps(&mut self, turn: &mut Turn<'_>, chat: &ChatId) -> u32 {
        let missing = self.thread(chat).map_or(0, Thread::missing);
        if missing == 0 {
            self.gaps.remove(chat);
        } else if !self.gaps.contains_key(chat) {
            self.gaps.insert(*chat, turn.now.plus(GAP_WAIT_MS));
        }
        missing
    }

    /// Asks for what is missing, whoever of its authors can be reached.
    pub(super) fn handle_gaps(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due: BTreeSet<ChatId> = self
            .gaps
            .iter()
            .filter(|(_, due)| **due <= now)
            .map(|(chat, _)| *chat)
            .collect();
        for chat in due {
            self.gaps.insert(chat, now.plus(GAP_AGAIN_MS));
            turn.emit(EngineEvent::Chat {
                chat,
                what: ChatChange::Completeness,
            });
            if self.groups.contains_key(&chat) {
                self.want_in_group(turn, &chat);
                self.sync_for_gaps(now, &chat);
                continue;
            }
            let Some(held) = self.chats.get(&chat) else {
                continue;
            };
            let Some(topic) = self
                .channels
                .iter()
                .find(|(_, (of, _))| *of == chat)
                .map(|(topic, _)| *topic)
            else {
                continue;
            };
            for (device, counters) in held.thread.missing_counters(limits::WANT_COUNTERS) {
                if let Some(peer) = self.reachable(&device) {
                    turn.effect(Effect::Send(peer, Direct::Want { topic, counters }));
                }
            }
        }
    }
}

/// Whether a content belongs into a chat's history. Everything else between two people goes from
/// device to device.
pub(super) fn is_timeline(body: &Body) -> bool {
    match body {
        Body::Text(_)
        | Body::Edit(_)
        | Body::Delete(_)
        | Body::React(_)
        | Body::Attachment(_)
        | Body::Timer(_)
        | Body::Pin(_)
        | Body::Unknown { .. } => true,
        Body::Receipt(_)
        | Body::ChannelSet(_)
        | Body::ResetNotice
        | Body::RekeyRequest(_)
        | Body::Prekeys(_)
        | Body::Welcome(_)
        | Body::HistoryOffer(_)
        | Body::Records(_)
        | Body::HistoryRequest(_)
        | Body::GroupChange(_)
        | Body::Profile(_) => false,
    }
}
