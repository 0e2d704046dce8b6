//! Messages that come with nothing but their authors' signatures, and those that are given so.

use zeroize::Zeroizing;

use super::{Effect, Engine, GroupChat, Turn};
use crate::{
    proto::{
        chat::{
            content::{Body, Content, Opaque},
            epoch::EpochKeys,
            group::{Records, numbered, unnumbered},
            order,
            sender_chain::{GroupHeader, GroupPlace, message_id},
        },
        counters::BLOCK,
        crypto::sign::VerifyingKey,
        engine::frames::is_timeline,
        id::{ChatId, DeviceId, PersonId},
        outbox::Cargo,
        record::{Class, MessageRow, Signed, Write},
        time::{SECOND, Timestamp},
    },
    wire::{
        direct::Direct,
        id::{FrameId, PeerId},
        limits,
        sync::{HistoryRecord, OpId},
    },
};

/// Whoever was set back asks the members whom it meets so often, after this time and then twice as long
/// each time.
const FOLLOWED: u32 = 8;
const FOLLOWED_MS: u64 = 2 * SECOND;

/// Messages that are being read because somebody misses them.
const WANTED: usize = 1024;

impl Engine {
    /// Records came from a member. Of its own messages it may say at any time what it said; of mine,
    /// what it holds.
    pub(super) fn take_records(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        (person, device): (PersonId, DeviceId),
        bytes: &[u8],
    ) {
        let Ok(records) = Records::decode(bytes) else {
            return;
        };
        if records.chat != *chat {
            return;
        }
        let own = self.device();
        let mut rows = Vec::new();
        for record in &records.records {
            let row = self.row_of_record(record, turn.now);
            rows.extend(row.filter(|row| row.chat == *chat));
        }
        if let Some(part) = records.part {
            self.take_history(turn, (chat, person), (part, rows));
            return;
        }
        rows.retain(|row| row.device == device || row.device == own);
        for row in rows.iter().filter(|row| row.device == own) {
            self.say_again(turn, chat, row.counter);
        }
        if !rows.is_empty() {
            turn.effect(Effect::Sift(rows));
        }
    }

    /// The row of a record, if its author signed it in an epoch that it was in.
    pub(super) fn row_of_record(
        &mut self,
        record: &HistoryRecord,
        now: Timestamp,
    ) -> Option<MessageRow> {
        let own = self.person();
        let (place, content) = GroupPlace::split(&record.context)?;
        let held = self.groups.get_mut(&place.chat)?;
        let epoch = place.epoch;
        let devices = held.devices_of(&epoch)?;
        let at = devices.binary_search_by_key(&place.device, |d| d.device);
        let author = devices.get(at.ok()?)?;
        let signature = record.signature?;
        VerifyingKey::parse(&author.ds)?
            .verify("gm-sig", &record.context, &signature)
            .ok()?;
        let decoded = Content::decode(content).ok()?;
        let today = now.frame_day();
        if !is_timeline(&decoded.body) || !order::is_plausible(decoded.created, today) {
            return None;
        }
        Some(MessageRow {
            id: message_id(&record.context),
            chat: place.chat,
            sender: author.person,
            device: place.device,
            counter: numbered(held.group.place_of(&epoch)?, place.counter)?,
            created: decoded.created,
            sent_at: order::sent_at(decoded.created, now),
            received_at: now,
            outgoing: author.person == own,
            content: content.to_vec(),
            signed: Some(Signed {
                epoch,
                signature,
                moderates: held.moderates(&epoch, &author.person),
                reaches_removed: false,
                given_by: None,
            }),
        })
    }

    /// These messages are not on the disk.
    pub(in crate::proto::engine) fn on_sifted(
        &mut self,
        turn: &mut Turn<'_>,
        rows: Vec<MessageRow>,
    ) {
        let own = self.device();
        for row in rows {
            let Ok(content) = Content::decode(&row.content) else {
                continue;
            };
            if row.signed.is_some_and(|signed| signed.given_by.is_some()) {
                self.add_history(turn, row, &content);
            } else if row.device == own {
                self.take_own_echo(turn, row, &content);
            } else {
                self.take_another(turn, row, &content);
            }
        }
    }

    /// A message came under a number that may have been taken, or without the key of its number.
    fn take_another(&mut self, turn: &mut Turn<'_>, row: MessageRow, content: &Content) {
        let chat = row.chat;
        if !self.groups.get(&chat).is_some_and(GroupChat::is_open) {
            return;
        }
        self.note_taken(turn, &row);
        if self.is_shown_from(&chat, &row) {
            self.add_group_message(turn, row, content);
        } else {
            self.put_aside(turn, &row);
        }
    }

    /// Messages that a member gave because this device asked for them, and the numbers of those that are
    /// on the disk already. What the member shows to have had is shown, whoever wrote it.
    pub(super) fn add_given(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, from): (&ChatId, PersonId),
        rows: Vec<MessageRow>,
        here: &[(DeviceId, u32)],
    ) {
        let own = self.device();
        if !self.groups.get(chat).is_some_and(GroupChat::is_open) {
            return;
        }
        for row in rows {
            let Ok(content) = Content::decode(&row.content) else {
                continue;
            };
            if row.device == own {
                self.take_own_echo(turn, row, &content);
            } else if self.groups.get(chat).is_some_and(|held| held.has(&from)) {
                self.note_taken(turn, &row);
                self.put_group_message(turn, row, &content);
            } else {
                self.take_another(turn, row, &content);
            }
        }
        if let Some(held) = self.group_mut(chat) {
            for (device, number) in here {
                if *device == own {
                    held.state.lost.as_mut().map(|lost| lost.remove(*number));
                } else {
                    let received = held.state.thread.received.entry(*device).or_default();
                    received.insert(*number);
                }
            }
        }
        self.note_gaps(turn, chat);
    }

    /// A message is new, though its number may be taken.
    fn note_taken(&mut self, turn: &mut Turn<'_>, row: &MessageRow) {
        let (chat, device) = (row.chat, row.device);
        let held = self.groups.get(&chat);
        let received = held.and_then(|held| held.state.thread.received.get(&device));
        if received.is_some_and(|received| received.contains(row.counter)) {
            self.note_fork(turn, &chat, device);
        }
    }

    /// A frame of a device came from its own node, under a number whose key was used: the device is
    /// shown what it said there before.
    pub(super) fn note_used(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        from: Option<PeerId>,
        body: &[u8],
    ) {
        let Some((_, from)) = from.and_then(|from| self.member_at(&chat, &from)) else {
            return;
        };
        let Some((header, _)) = GroupHeader::parse(body) else {
            return;
        };
        let held = self.groups.get(&chat);
        let Some((held, keys)) = held.and_then(|held| Some((held, held.epochs.get(&epoch)?)))
        else {
            return;
        };
        let is_its_own = keys.index_of(&from) == Some(usize::from(header.sender));
        let place = held.group.place_of(&epoch);
        let number = place.and_then(|place| numbered(place, header.counter));
        if let Some(counter) = number
            && is_its_own
            && keys.is_used(&header)
            && self.brakes.shown.allow(from, turn.now)
        {
            let device = from;
            turn.effect(Effect::LoadSaid {
                chat,
                device,
                counter,
            });
        }
    }

    /// What a device of somebody's said under a number, to be shown to it.
    pub(in crate::proto::engine) fn on_said(&mut self, turn: &mut Turn<'_>, row: &MessageRow) {
        let to = (row.sender, row.device);
        self.give_records(turn, to, std::slice::from_ref(row), Cargo::Records);
    }

    /// Gives a member messages with their signatures. `false`: it cannot be.
    pub(super) fn give_records(
        &mut self,
        turn: &mut Turn<'_>,
        to: (PersonId, DeviceId),
        rows: &[MessageRow],
        cargo: Cargo,
    ) -> bool {
        let Some(chat) = rows.first().map(|row| row.chat) else {
            return false;
        };
        let (records, _) = Records::of(chat, rows);
        if records.records.is_empty() {
            return false;
        }
        let body = Body::Records(Opaque::new(Zeroizing::new(records.encode())));
        self.send_to_member(turn, chat, to, body, cargo)
    }

    /// What this device said under a number may not open elsewhere: whoever has not acknowledged it is
    /// given it with its signature.
    pub(super) fn say_again(&mut self, turn: &mut Turn<'_>, chat: &ChatId, counter: u32) {
        if !self.outbox.messages_in(chat, Some(counter)).is_empty() {
            turn.effect(Effect::Load(*chat, counter));
        }
    }

    /// A member's device misses a message of this device that is on its way no more: it had it once, and
    /// was set back.
    pub(in crate::proto::engine) fn want_said(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        device: DeviceId,
    ) {
        let (place, counter) = unnumbered(number);
        let said = self
            .groups
            .get(&chat)
            .and_then(|h| h.state.sent.get(&place));
        if said.is_some_and(|said| counter < *said) {
            self.want(turn, (chat, number, device));
        }
    }

    /// A message of this device is read, to be given to another with its signature.
    pub(super) fn want(&mut self, turn: &mut Turn<'_>, wanted: (ChatId, u32, DeviceId)) {
        if self.wanted.len() < WANTED && self.wanted.insert(wanted) {
            turn.effect(Effect::Load(wanted.0, wanted.1));
        }
    }

    /// `false`: nobody in particular misses it.
    fn give_wanted(&mut self, turn: &mut Turn<'_>, row: &MessageRow) -> bool {
        let of = |wanted: &(ChatId, u32, DeviceId)| (wanted.0, wanted.1) == (row.chat, row.counter);
        let wanted = self.wanted.extract_if(.., of);
        let devices: Vec<DeviceId> = wanted.map(|(_, _, device)| device).collect();
        for device in &devices {
            let waits = self.outbox.frame_of(row.chat, row.counter, device);
            self.give_instead(turn, *device, row, waits);
        }
        !devices.is_empty()
    }

    /// Gives a device a message with its signature, instead of the frame that waits for it, if one does.
    fn give_instead(
        &mut self,
        turn: &mut Turn<'_>,
        device: DeviceId,
        row: &MessageRow,
        waits: Option<FrameId>,
    ) {
        let Some(person) = self.person_of(&row.chat, &device) else {
            return;
        };
        let counter = row.counter;
        let cargo = match waits {
            Some(_) => Cargo::Message { counter },
            None => Cargo::Records,
        };
        let rows = std::slice::from_ref(row);
        let is_given = self.give_records(turn, (person, device), rows, cargo);
        if let Some(id) = waits.filter(|_| is_given) {
            let done = self.outbox.acknowledged(&id, &device);
            if done.is_some_and(|done| done.finished) {
                turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
            }
        }
    }

    /// A member is met: if this device was set back, they are soon asked for what it misses.
    pub(super) fn follow_up(&mut self, turn: &Turn<'_>, chat: &ChatId) {
        if let Some(held) = self.groups.get_mut(chat)
            && held.epochs.all().any(EpochKeys::is_burned)
        {
            held.following = Some((turn.now.plus(FOLLOWED_MS), FOLLOWED));
        }
    }

    /// Asks all members who are connected, if it is time.
    pub(super) fn handle_following(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let Some((_, left)) = held.following.take_if(|(at, _)| *at <= turn.now) else {
            return;
        };
        if let Some(left) = left.checked_sub(1) {
            let wait = FOLLOWED_MS << FOLLOWED.saturating_sub(left);
            held.following = Some((turn.now.plus(wait), left));
        }
        for peer in self.connected.keys().copied().collect::<Vec<_>>() {
            self.ask_what_followed(turn, chat, peer);
        }
    }

    /// Asks a member's device for what it said after what is here, in the epochs that this device held
    /// when it was set back.
    fn ask_what_followed(&self, turn: &mut Turn<'_>, chat: &ChatId, peer: PeerId) {
        let Some((_, device)) = self.member_at(chat, &peer) else {
            return;
        };
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let received = held.state.thread.received.get(&device);
        for keys in held.epochs.all().filter(|keys| keys.is_burned()) {
            let place = held.group.place_of(&keys.id());
            let Some(first) = place.and_then(|place| numbered(place, 0)) else {
                continue;
            };
            let next = received.map_or(first, |received| received.next_in_block(first));
            let counters = next..first.saturating_add(BLOCK);
            let counters = counters
                .take(limits::WANT_COUNTERS)
                .map(|n| unnumbered(n).1);
            let (topic, counters) = (keys.channel().topic(), counters.collect());
            turn.effect(Effect::Send(peer, Direct::Want { topic, counters }));
        }
    }

    /// The session with a member's device is another: what was sealed in the old one is given up. Records
    /// are asked for again; what this device says again it says once more.
    pub(in crate::proto::engine) fn renew_records(
        &mut self,
        turn: &mut Turn<'_>,
        device: &DeviceId,
    ) {
        for (id, chat, cargo) in self.outbox.waiting_for(device) {
            let held = self.groups.get(&chat);
            let is_doubted = held.is_some_and(|held| held.state.is_own_noticed());
            match cargo {
                Cargo::Records => {
                    self.outbox.remove(&id);
                    turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
                }
                Cargo::Message { counter } if is_doubted => self.say_again(turn, &chat, counter),
                _ => {}
            }
        }
    }

    /// The message that is to be said again.
    pub(in crate::proto::engine) fn on_loaded_in_group(
        &mut self,
        turn: &mut Turn<'_>,
        row: &MessageRow,
    ) {
        if self.give_wanted(turn, row) {
            return;
        }
        for (id, _, devices) in self.outbox.messages_in(&row.chat, Some(row.counter)) {
            for device in devices {
                self.give_instead(turn, device, row, Some(id));
            }
        }
    }
}
