//! Changes of a group: taken in, kept, and what follows from them.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    ChatChange, Effect, Engine, EngineEvent, LACKING_MS, Place, REKEY_MS, Turn, telling::op_frames,
};
use crate::{
    proto::{
        channel::{Channel, Kind},
        chat::{
            content::{Body, Content, GroupChange},
            group::{Applied, Outcome, numbered},
            membership::{Change, Op, OpBody},
        },
        id::{ChatId, DeviceId, MessageId, PersonId},
        identity::DeviceList,
        record::{Class, MessageRow, Write},
        time::Timestamp,
    },
    wire::{
        direct::Direct,
        id::{PeerId, TopicKey},
        sync::OpId,
    },
};

impl Engine {
    /// Takes changes in, in any order.
    pub(super) fn take_ops(&mut self, turn: &mut Turn<'_>, chat: &ChatId, ops: Vec<Op>) {
        let own = self.device();
        let mut of_own = false;
        for op in ops {
            let Some(held) = self.groups.get_mut(chat) else {
                return;
            };
            if let Outcome::Applied(applied) = held.group.apply(op) {
                let mut bodies = applied.ops.iter().filter_map(|id| held.group.body(id));
                of_own |= bodies.any(|body| body.device == own);
                self.on_applied(turn, chat, &applied);
            }
        }
        if of_own {
            self.on_own_change(turn, chat);
        }
    }

    /// This person has other devices than before: the groups are told.
    pub(in crate::proto::engine) fn tell_own_list_in_groups(&mut self, turn: &mut Turn<'_>) {
        let list = self.own.list.bytes().to_vec();
        let open = self.groups.iter().filter(|(_, held)| held.is_open());
        for chat in open.map(|(chat, _)| *chat).collect::<Vec<_>>() {
            let change = Change::DeviceUpdate(list.clone().into());
            if let Ok(op) = self.act(turn, &chat, change) {
                self.announce_ops(turn, &chat, &[op]);
            }
        }
    }

    /// Members have other devices than before. Whether any has.
    fn learn_updates(&mut self, turn: &mut Turn<'_>, chat: &ChatId, applied: &Applied) -> bool {
        let Some(held) = self.groups.get(chat) else {
            return false;
        };
        let bodies = applied.ops.iter().filter_map(|id| held.group.body(id));
        let updates = bodies.filter(|body| matches!(body.change, Change::DeviceUpdate(_)));
        let authors: Vec<PersonId> = updates.map(|body| body.author).collect();
        let lists = authors.iter().filter_map(|of| held.group.list(of).cloned());
        for list in lists.collect::<Vec<_>>() {
            self.learn_list(turn, &list);
        }
        if !authors.is_empty() {
            self.admit_members(turn, chat, &authors);
        }
        !authors.is_empty()
    }

    /// Changes were taken in: they are kept, and what follows from them is done.
    pub(super) fn on_applied(&mut self, turn: &mut Turn<'_>, chat: &ChatId, applied: &Applied) {
        for id in &applied.ops {
            self.keep_op(turn, chat, id);
            self.note_epoch(turn.now, chat, id);
        }
        if let Some(held) = self.groups.get_mut(chat) {
            held.plan_spread(turn);
        }
        let (own, changed) = (self.person(), &applied.changed);
        if changed.joined.contains(&own) {
            self.on_added_again(chat);
        }
        let has_devices = self.learn_updates(turn, chat, applied);
        let left: Vec<PersonId> = changed.left.clone();
        let others = changed.joined.iter().filter(|person| **person != own);
        let mut others: Vec<PersonId> = others.copied().collect();
        if !others.is_empty() {
            others.extend(self.learn_lists(turn, chat));
            self.admit_members(turn, chat, &others);
        }
        if left.contains(&own) && self.groups.get(chat).is_some_and(|h| !h.has(&own)) {
            self.on_removed(turn, chat);
            return;
        }
        for person in left.iter().filter(|person| **person != own) {
            self.on_left(turn, chat, person);
        }
        if has_devices || !left.is_empty() || !changed.joined.is_empty() {
            self.plan_epoch(turn, chat);
            self.release_aside(turn, chat);
            self.refresh_paths(turn.now, Some(*chat));
        }
        let members = !changed.roles.is_empty() || !left.is_empty() || !changed.joined.is_empty();
        if members {
            let what = ChatChange::Members;
            turn.emit(EngineEvent::Chat { chat: *chat, what });
        }
        if changed.settings {
            let what = ChatChange::Settings;
            turn.emit(EngineEvent::Chat { chat: *chat, what });
        }
    }

    /// Keeps a change that the group has taken in, and shows it in the timeline if people care.
    pub(super) fn keep_op(&mut self, turn: &mut Turn<'_>, chat: &ChatId, id: &OpId) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let (Some(op), Some(place)) = (held.group.op(id), held.group.place_of(id)) else {
            return;
        };
        let key = [&chat.0[..], &place.to_be_bytes()].concat();
        let record = Zeroizing::new(op.encode());
        let body = held.group.body(id);
        turn.write(Write::Put(Class::Op, key, record));
        if let Some(row) = body.and_then(|body| self.system_row(turn.now, (id, place), &body, chat))
        {
            let id = row.id;
            turn.write(Write::Message(Box::new(row)));
            turn.emit(EngineEvent::Message(id));
        }
    }

    /// The lines of the timeline that show the changes of a group.
    pub(in crate::proto::engine) fn lines_of_changes(
        &self,
        chat: &ChatId,
        now: Timestamp,
    ) -> Vec<MessageRow> {
        let Some(held) = self.groups.get(chat) else {
            return Vec::new();
        };
        let places = (0..).map_while(|place| Some((held.group.op_at(place)?.id(), place)));
        let lines = places.filter_map(|(id, place)| {
            let body = held.group.body(&id)?;
            self.system_row(now, (&id, place), &body, chat)
        });
        lines.collect()
    }

    /// The line of the timeline that shows a change.
    fn system_row(
        &self,
        now: Timestamp,
        (id, place): (&OpId, u32),
        body: &OpBody,
        chat: &ChatId,
    ) -> Option<MessageRow> {
        let shown = match &body.change {
            Change::Create(_)
            | Change::AddMember(_)
            | Change::RemoveMember(_)
            | Change::SetRole(_)
            | Change::Leave
            | Change::SetMeta(_) => true,
            Change::DeviceUpdate(_) | Change::Epoch(_) | Change::Unknown { .. } => false,
        };
        let content = Content {
            prev: None,
            parents: Vec::new(),
            created: body.created,
            expire_s: 0,
            body: Body::GroupChange(GroupChange {
                op: body.encode().into(),
            }),
        };
        shown.then(|| MessageRow {
            id: MessageId(id.0),
            chat: *chat,
            sender: body.author,
            // Of no device: it is nobody's message, and takes no number of one.
            device: DeviceId([0; 16]),
            counter: numbered(place, 0).unwrap_or(place),
            created: body.created,
            sent_at: crate::proto::chat::order::sent_at(body.created, now),
            received_at: now,
            outgoing: body.author == self.person(),
            content: content.encode().to_vec(),
            signed: None,
        })
    }

    /// A change may be a new epoch, whose secret is still to come.
    fn note_epoch(&mut self, now: Timestamp, chat: &ChatId, id: &OpId) {
        let Some(held) = self.groups.get_mut(chat).filter(|held| held.is_open()) else {
            return;
        };
        let body = held.group.body(id);
        let is_epoch = body.is_some_and(|body| matches!(body.change, Change::Epoch(_)));
        if is_epoch && held.epochs.get(id).is_none() {
            held.lacking.insert(*id, now.plus(LACKING_MS));
            held.rekey_at = None;
        }
    }

    /// People are known by the lists that a group's changes carry. Of whom another came.
    pub(super) fn learn_lists(&mut self, turn: &mut Turn<'_>, chat: &ChatId) -> Vec<PersonId> {
        let Some(held) = self.groups.get(chat) else {
            return Vec::new();
        };
        let known = |person: &PersonId| self.people.get(person)?.devices.as_ref();
        let members = held.group.members().keys();
        let lists = members.filter_map(|person| Some((known(person), held.group.list(person)?)));
        let news = lists.filter(|(known, list)| *known != Some(*list));
        let news: Vec<DeviceList> = news.map(|(_, list)| list.clone()).collect();
        for list in &news {
            self.learn_list(turn, list);
        }
        news.iter().map(DeviceList::person).collect()
    }

    /// Somebody is no longer in the group: what waits for their devices there waits no more. The news
    /// of that comes after.
    fn on_left(&mut self, turn: &mut Turn<'_>, chat: &ChatId, person: &PersonId) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let devices = held.group.list(person).map(|list| list.devices().to_vec());
        for device in devices.unwrap_or_default() {
            self.note_uninvited(turn.now, chat, &device.id);
            for (id, of, _) in self.outbox.waiting_for(&device.id) {
                if of == *chat {
                    self.waits_no_more(turn, &id, &device.id);
                }
            }
        }
        self.stop_typing(turn, (*chat, *person));
        self.part_from(turn.now, *person);
    }

    /// This person is in the group again: after leaving it, or because a removal turns out not to
    /// count. By whom they do not know, they are asked first.
    fn on_added_again(&mut self, chat: &ChatId) {
        let own = self.person();
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let since = held
            .group
            .members()
            .get(&own)
            .map(|standing| standing.since);
        let author = since
            .and_then(|since| held.group.body(&since))
            .map(|body| body.author);
        let place = match author {
            Some(author) if author != own && !self.is_contact(&author) => Place::Invited(author),
            Some(_) => Place::Member,
            None => return,
        };
        if let Some(held) = self.group_mut(chat)
            && matches!(held.state.place, Place::Leaving(_) | Place::Gone)
        {
            held.state.place = place;
            held.state.declined = None;
        }
    }

    /// This person is no longer in the group.
    fn on_removed(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let place = self.groups.get(chat).map(|held| held.state.place);
        if matches!(place, Some(Place::Leaving(_) | Place::Gone) | None) {
            return;
        }
        for id in self.outbox.waiting_in(chat) {
            self.outbox.remove(&id);
            turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
        }
        self.end_group(turn, chat);
    }

    /// Others are in the group now than in its epoch: an owner or admin makes another soon, if nobody
    /// has by then (protocol §4.6).
    fn plan_epoch(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let leads = self.leads(chat);
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        if leads && held.is_open() && held.epochs.speaking(&held.group).is_none() {
            let wait = within(turn.rng, REKEY_MS);
            held.rekey_at = Some(turn.now.plus(wait));
        }
    }

    /// A member tells which changes it has, on meeting: what follows goes back, and if it knows more,
    /// it is asked in turn. If much was sent to that person already, that waits.
    pub(in crate::proto::engine) fn on_heads(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        (chat, topic): (ChatId, TopicKey),
        heads: &[OpId],
    ) {
        let Some((person, device)) = self.member_at(&chat, &from) else {
            return;
        };
        if !self.note_topic(turn, (&chat, device), topic, heads) {
            return;
        }
        let room = self.brakes.changes_for(person, turn.now);
        if room == 0 {
            let later = (topic, heads);
            self.brakes.answer_later(turn.now, (from, chat), later);
            return;
        }
        let Some(held) = self.groups.get(&chat) else {
            return;
        };
        let known: Vec<OpId> = heads
            .iter()
            .filter(|id| held.group.counts(id).is_some())
            .copied()
            .collect();
        let knows_more = known.len() < heads.len();
        self.sync_on_meeting(turn.now, &chat, (from, device), !knows_more);
        let Some(held) = self.groups.get(&chat) else {
            return;
        };
        let there = self.epoch_topics.get(&topic).filter(|(of, _)| *of == chat);
        let there = there.map(|(_, epoch)| *epoch);
        let Some(epoch) = there.or_else(|| self.epoch_with(&chat, &device)) else {
            return;
        };
        let lacks = held.group.unknown_to(&known, room);
        let size: usize = lacks.iter().map(|op| op.encode().len()).sum();
        let last = lacks.last().map(Op::id);
        let is_cut = last.is_some() && last != held.group.newest();
        let Some(channel) = held.epochs.get(&epoch).map(|keys| keys.channel().clone()) else {
            return;
        };
        send_ops_once(turn, from, &channel, &lacks);
        if there.is_some() {
            self.say_what_was_said_apart(turn, &chat, device);
            let knows_all = lacks.is_empty();
            self.forget_unheard(turn, &chat, (device, &epoch), knows_all);
        }
        self.brakes
            .not_sent(person, room.saturating_sub(size).saturating_sub(1));
        if knows_more || is_cut {
            self.tell_heads(turn, &chat, from);
        }
    }

    /// Tells a member which changes of a group are here.
    pub(super) fn tell_heads(&self, turn: &mut Turn<'_>, chat: &ChatId, peer: PeerId) {
        if let Some(epoch) = self.any_epoch(chat) {
            self.tell_heads_on(turn, chat, peer, epoch);
        }
    }

    /// The same, on the channel of an epoch that it knows.
    pub(super) fn tell_heads_on(
        &self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        peer: PeerId,
        epoch: OpId,
    ) {
        if let Some(held) = self.groups.get(chat)
            && let Some(keys) = held.epochs.get(&epoch)
        {
            let (chat, heads) = (chat.0, held.group.heads());
            let topic = keys.channel().topic();
            turn.effect(Effect::Send(peer, Direct::Heads { chat, topic, heads }));
        }
    }

    /// A device is connected: in each group that its person is in too, it is told what is here.
    pub(in crate::proto::engine) fn meet_member(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let chats: Vec<ChatId> = self.groups.keys().copied().collect();
        for chat in chats {
            if self.member_at(&chat, &peer).is_some() {
                self.tell_heads(turn, &chat, peer);
                self.follow_up(turn, &chat);
            }
        }
    }
}

/// Sends changes to one peer, for once: it asks again if they do not come.
fn send_ops_once(turn: &mut Turn<'_>, peer: PeerId, channel: &Channel, ops: &[Op]) {
    let (day, topic) = (turn.now.frame_day(), channel.topic());
    for body in op_frames(ops) {
        if let Ok(frame) = channel.seal(false, day, Kind::LogOps, &body, turn.rng) {
            let frame = frame.into();
            turn.effect(Effect::Send(peer, Direct::Frame { topic, frame }));
        }
    }
}

/// A number of milliseconds below a bound, by chance.
pub(super) fn within(rng: &mut dyn CryptoRng, bound: u32) -> u64 {
    u64::from(rng.next_u32() % bound)
}
