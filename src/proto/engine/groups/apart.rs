//! Members who share no channel of their group any more: one of them was away for longer than channels and
//! outboxes last. Whoever knows more brings the other back (protocol §4.5).

use std::collections::BTreeMap;

use super::{
    Engine, Turn,
    ops::within,
    telling::{Asker, member_context},
};
use crate::{
    proto::{
        channel::{Channel, Kind, Pairwise},
        chat::{
            content::{Body, Content},
            membership::Change,
        },
        crypto::kdf,
        engine::{
            asks::Purpose,
            held,
            pairing::{Bundle, control},
        },
        id::{ChatId, DeviceId, PersonId},
        identity::DeviceList,
        outbox::Cargo,
        record::{Class, Write},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        frame::frame_id,
        hello::{HelloReply, HelloRequest},
        id::{FrameId, PeerId, TopicKey},
        sync::OpId,
    },
};

/// A device that names a channel which is not known here.
pub(super) struct Apart {
    topic: TopicKey,
    /// The changes that it named last.
    heads: Vec<OpId>,
    /// When it is brought back, unless one of the two has heard of the other's channel by then.
    pub(super) due: Timestamp,
}

/// What is on its way may take so long.
const WAIT_MS: u64 = 5 * SECOND;

/// And so much longer, by chance, for each device of the group: one of them is to be the first.
const STEP_MS: u32 = 500;

/// Of a large group at most.
const LONGEST_STEPS: u32 = 120;

/// Whoever does not know more than the other leaves it to the other for so long, the one with the greater id
/// for twice as long: secrets that did not come have been asked for by then.
const OTHER_MS: u64 = 30 * SECOND;

/// Until somebody who did not come back is asked again.
const AGAIN_MS: u64 = MINUTE;

impl Engine {
    /// A member's device says on which channel it can be told things. If that is none of ours, and stays
    /// so, we do not hear each other. `false`: it said just that before, and two who do not hear each other
    /// have nothing to answer.
    pub(super) fn note_topic(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, device): (&ChatId, DeviceId),
        topic: TopicKey,
        heads: &[OpId],
    ) -> bool {
        let (own, now) = (self.device(), turn.now);
        let ours = self.epoch_of(chat, &topic);
        let is_member = self.person_of(chat, &device).is_some();
        let Some(group) = self.groups.get_mut(chat).filter(|_| is_member) else {
            return true;
        };
        if let Some(epoch) = ours {
            group.apart.remove(&device);
            group.told_on.insert(device, epoch);
            return true;
        }
        let knows_all = heads.iter().all(|id| group.group.counts(id).is_some());
        let leads = knows_all && !group.group.unknown_to(heads, 1).is_empty();
        let devices = u32::try_from(group.group.roster().devices.len());
        let steps = devices.unwrap_or(LONGEST_STEPS).min(LONGEST_STEPS);
        let wait = WAIT_MS + within(turn.rng, STEP_MS * steps.max(1));
        let wait = match (leads, own < device) {
            (true, _) => wait,
            (false, true) => wait + OTHER_MS,
            (false, false) => wait + 2 * OTHER_MS,
        };
        let due = now.plus(wait);
        let before = group.apart.get(&device);
        let is_news = before.is_none_or(|b| b.topic != topic || b.heads != heads);
        let due = before.map_or(due, |before| before.due);
        let heads = heads.to_vec();
        group.apart.insert(device, Apart { topic, heads, due });
        is_news
    }

    /// The epoch of a group that has this channel.
    fn epoch_of(&self, chat: &ChatId, topic: &TopicKey) -> Option<OpId> {
        let (of, epoch) = self.epoch_topics.get(topic)?;
        (of == chat).then_some(*epoch)
    }

    /// The channel of an epoch is heard from now on: so are those who named it before.
    pub(super) fn meet_on(&mut self, now: Timestamp, chat: &ChatId, on: (TopicKey, OpId)) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let (topic, epoch) = on;
        let met = held.apart.extract_if(.., |_, apart| apart.topic == topic);
        for (device, _) in met {
            held.told_on.insert(device, epoch);
            held.unheard_at = Some(now);
        }
    }

    /// A device speaks on the channel of an epoch, so it hears it: what it named before may be gone.
    pub(super) fn heard_on(&mut self, now: Timestamp, chat: &ChatId, on: (DeviceId, OpId)) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let is_used = |epoch: &OpId| {
            let keys = held.epochs.get(epoch);
            keys.is_some_and(|keys| keys.replaced().is_none())
        };
        let (device, epoch) = on;
        if is_used(&epoch) && !held.told_on.get(&device).is_some_and(is_used) {
            held.told_on.insert(device, epoch);
            held.unheard_at = Some(now);
        }
    }

    /// Asks those for keys who are still apart, to give them a new epoch.
    pub(super) fn handle_apart(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let now = turn.now;
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let due = held.apart.iter().filter(|(_, apart)| apart.due <= now);
        let due: Vec<DeviceId> = due.map(|(device, _)| *device).collect();
        for device in due {
            let person = self.person_of(chat, &device);
            let peer = self.reachable(&device);
            let Some(held) = self.groups.get_mut(chat) else {
                return;
            };
            let (Some(person), Some(peer)) = (person, peer) else {
                held.apart.remove(&device);
                continue;
            };
            if let Some(apart) = held.apart.get_mut(&device) {
                apart.due = now.plus(AGAIN_MS);
            }
            if held.was_answered(&person, now) {
                continue;
            }
            let mut nonce = [0; 16];
            turn.rng.fill_bytes(&mut nonce);
            let request = HelloRequest::GetBundle { nonce, proof: None };
            let purpose = Purpose::Reunite {
                chat: *chat,
                person,
                device,
            };
            self.ask(turn, purpose, (peer, Vec::new()), request, Vec::new());
        }
    }

    /// Fresh keys came of a device that hears none of our channels: a session begins with them, and in it
    /// the device is given all changes and a new epoch.
    pub(in crate::proto::engine) fn on_reunite_answer(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, person, device): (ChatId, PersonId, DeviceId),
        reply: Option<HelloReply>,
    ) {
        let now = turn.now;
        let Some(bundle) = Bundle::read(reply, now) else {
            return;
        };
        let is_member = self.person_of(&chat, &device) == Some(person);
        let fits = bundle.list.person() == person && bundle.prekey.device() == device;
        if !is_member || !fits || !self.people.contains_key(&person) {
            return;
        }
        self.learn(turn, &bundle.list, &bundle.node, &bundle.card);
        let is_clear = self
            .people
            .get(&person)
            .is_some_and(|known| !known.contact.conflict && known.has_device(&device));
        let Some(held) = self.groups.get_mut(&chat).filter(|held| held.is_open()) else {
            return;
        };
        if !is_clear || !held.apart.contains_key(&device) || !held.may_answer(person, now) {
            return;
        }
        if self
            .begin_session(turn, &bundle.list, &bundle.prekey, None)
            .is_none()
        {
            return;
        }
        let asker = Asker {
            device,
            on: None,
            is_fresh: true,
        };
        self.note_said_apart(&chat);
        if let Some(made) = self.make_epoch_for(turn, &chat, Vec::new(), Some(asker)) {
            self.welcome(turn, &chat, &[person], &made);
        }
    }

    /// Whether a device of a group hears none of our channels there.
    pub(super) fn is_apart(&self, chat: &ChatId, device: &DeviceId) -> bool {
        let held = self.groups.get(chat);
        held.is_some_and(|held| held.apart.contains_key(device))
    }

    /// Sends a pairwise message on the channel on which two members always find each other. `false`: there
    /// is no session.
    pub(super) fn send_apart(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        (person, device): (PersonId, DeviceId),
        body: Body,
    ) -> bool {
        let content = control(body, turn.now).encode();
        let context = member_context(&chat);
        let Some(pairwise) = self.seal_to_member(turn, (person, device), &context, &content) else {
            return false;
        };
        let from = self.device();
        let channel = channel_of_two(&chat, &from, &device);
        let body = Pairwise {
            to: device,
            from,
            pairwise: pairwise.into(),
        };
        let body = body.encode();
        let said = (Kind::Pairwise, body.as_slice(), vec![device]);
        self.send_on_channel(turn, (chat, &channel), said, Cargo::Control)
    }

    /// A frame came directly, on a channel that is not listened to: perhaps on that of the two.
    pub(in crate::proto::engine) fn on_frame_apart(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        topic: TopicKey,
        bytes: &[u8],
        seen: bool,
    ) {
        let Some((person, device)) = self.nodes.get(&from).copied() else {
            return;
        };
        let id = frame_id(bytes);
        if seen || self.recent.ids.contains(&id) {
            // It was taken, and its channel is left since: by a removal that it told of, for one.
            turn.effect(held::held(from, id));
            return;
        }
        // To find the channel costs a little for each group.
        if !self.brakes.may_be_apart(person, turn.now) {
            return;
        }
        let own = self.device();
        let chats = self.groups.iter().filter(|(_, held)| held.is_open());
        let found = chats
            .map(|(chat, _)| *chat)
            .filter(|chat| self.person_of(chat, &device) == Some(person))
            .map(|chat| (chat, channel_of_two(&chat, &own, &device)))
            .find(|(_, channel)| channel.topic() == topic);
        let Some((chat, channel)) = found else {
            return;
        };
        let inner = channel.open(bytes).ok();
        let inner = inner.filter(|inner| inner.kind == Kind::Pairwise);
        let message = inner.and_then(|inner| Pairwise::decode(&inner.body).ok());
        let Some(message) = message.filter(|m| m.to == own && m.from == device) else {
            return;
        };
        let context = member_context(&chat);
        let opened = self.open_pairwise(turn, &person, device, &message.pairwise, &context);
        let Some(opened) = opened else {
            return;
        };
        self.recent.insert(id);
        turn.write(Write::Seen(id));
        turn.effect(held::held(from, id));
        if let Ok(content) = Content::decode(&opened)
            && let Body::Welcome(welcome) = content.body
        {
            self.take_welcome(turn, person, welcome.expose());
        }
    }

    /// This device was given an epoch: whom it did not hear before is told so.
    pub(super) fn rejoin(&mut self, turn: &mut Turn<'_>, chat: &ChatId, epoch: &OpId) {
        let held = self.groups.get_mut(chat);
        let apart = held.map(|held| std::mem::take(&mut held.apart));
        let apart = apart.unwrap_or_default();
        if !apart.is_empty() {
            self.note_said_apart(chat);
        }
        for device in apart.into_keys() {
            if let Some(peer) = self.reachable(&device) {
                self.tell_heads_on(turn, chat, peer, *epoch);
            }
        }
    }

    /// What waits in the outbox now waits on channels that not all hear.
    fn note_said_apart(&mut self, chat: &ChatId) {
        let said = self.outbox.messages_in(chat, None).into_iter();
        let said = said.map(|(_, number, _)| number).collect();
        if let Some(held) = self.groups.get_mut(chat) {
            held.said_apart = said;
        }
    }
}

impl Engine {
    /// A member's device is heard again, and has been told of all epochs here: what it was not told when it
    /// was apart it is given with its signature.
    pub(super) fn say_what_was_said_apart(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        device: DeviceId,
    ) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        for number in held.said_apart.iter().copied().collect::<Vec<_>>() {
            if self.outbox.frame_of(*chat, number, &device).is_some() {
                self.want(turn, (*chat, number, device));
            }
        }
    }

    /// A member's device is heard in an epoch: what waits for it for long on the channel of another, it did
    /// not hear. Nothing of that is lost: messages it is given with their signatures, changes it has if it
    /// knows all, and then who we are it is told again.
    pub(super) fn forget_unheard(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        (device, epoch): (DeviceId, &OpId),
        knows_all: bool,
    ) {
        let meeting = channel_of_two(chat, &self.device(), &device).topic();
        let (mut cards, mut again) = (false, None::<Timestamp>);
        for (id, of, cargo) in self.outbox.waiting_for(&device) {
            let Some(topic) = self.outbox.topic_of(&id).filter(|_| of == *chat) else {
                continue;
            };
            let on = self.epoch_topics.get(&topic).map(|(_, epoch)| *epoch);
            let Some(made) = self.outbox.made_at(&id) else {
                continue;
            };
            let due = made.plus(UNHEARD_MS);
            let is_elsewhere = on != Some(*epoch) && topic != meeting;
            let is_old = is_elsewhere && due <= turn.now;
            match cargo {
                Cargo::Control if is_old && knows_all => {
                    self.waits_no_more(turn, &id, &device);
                    continue;
                }
                Cargo::SoftState if is_old => {
                    self.waits_no_more(turn, &id, &device);
                    cards = true;
                    continue;
                }
                Cargo::Message { counter } if is_old => {
                    self.want(turn, (*chat, counter, device));
                }
                Cargo::Message { .. } => {}
                Cargo::SoftState if is_elsewhere => {}
                _ => continue,
            }
            let next = if due <= turn.now {
                turn.now.plus(UNHEARD_MS)
            } else {
                due
            };
            again = Some(again.map_or(next, |again| again.min(next)));
        }
        if cards {
            self.tell_own_card_to(turn, chat, &[device]);
        }
        if let Some(held) = self.groups.get_mut(chat) {
            let at = [held.unheard_at, again].into_iter().flatten().min();
            held.unheard_at = at;
        }
    }

    /// What connected devices did not hear for long, on whichever channel it was.
    pub(super) fn handle_unheard(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        for device in self.devices_in(chat) {
            if self.reachable(&device).is_some()
                && let Some(epoch) = self.epoch_with(chat, &device)
            {
                self.forget_unheard(turn, chat, (device, &epoch), false);
            }
        }
    }

    /// Something is on its way to members: it is looked at again if they do not hear it.
    pub(super) fn watch_unheard(&mut self, now: Timestamp, chat: &ChatId) {
        if let Some(held) = self.groups.get_mut(chat) {
            let at = now.plus(UNHEARD_MS);
            held.unheard_at = Some(held.unheard_at.map_or(at, |before| before.min(at)));
        }
    }

    /// After a start: a record in the outbox names all whom it was for. What was for people who are no
    /// longer in the group waits no more, but for the news of that.
    pub(super) fn forget_departed(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let roster = held.group.roster().devices.iter();
        let roster: Vec<DeviceId> = roster.map(|it| it.device).collect();
        let others = self.outbox.for_others(chat, &roster);
        if others.is_empty() {
            return;
        }
        let ops = (0..).map_while(|place| held.group.op_at(place));
        let mut gone = BTreeMap::new();
        for body in ops.filter_map(|op| held.group.body(&op.id())) {
            let person = match &body.change {
                Change::RemoveMember(person) => Some(*person),
                Change::Leave => Some(body.author),
                _ => None,
            };
            let list = person.and_then(|person| held.group.list(&person));
            for device in list.map(DeviceList::devices).unwrap_or_default() {
                gone.insert(device.id, body.created);
            }
        }
        for (id, device) in others {
            let is_control = self.outbox.cargo_of(&id) == Some(Cargo::Control);
            let made = self.outbox.made_at(&id);
            let since = gone.get(&device).copied();
            if since.is_some() && !(is_control && made >= since) {
                self.waits_no_more(turn, &id, &device);
            }
        }
    }

    /// A frame is not to be sent to a device any more.
    pub(in crate::proto::engine) fn waits_no_more(
        &mut self,
        turn: &mut Turn<'_>,
        id: &FrameId,
        device: &DeviceId,
    ) {
        let done = self.outbox.acknowledged(id, device);
        if done.is_some_and(|done| done.finished) {
            turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
        }
    }
}

/// For so long what was said in another epoch may still be on its way.
const UNHEARD_MS: u64 = 20 * SECOND;

/// A channel that any two members can find without having told each other anything. Others who know of the
/// group can too: so nothing goes on it but what is sealed between the two, directly from one to the other.
fn channel_of_two(chat: &ChatId, one: &DeviceId, other: &DeviceId) -> Channel {
    let (first, second) = (one.min(other), one.max(other));
    let both = [first.0, second.0].concat();
    Channel::from_secret(&kdf::derive("meet", &chat.0, &[], &both))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_find_one_channel_and_every_pair_and_group_another() {
        let [alice, bob, carol] = [1, 2, 3].map(|n| DeviceId([n; 16]));
        let (herons, storks) = (ChatId([7; 32]), ChatId([8; 32]));
        let topic = |chat, one, other| channel_of_two(chat, one, other).topic();

        assert_eq!(topic(&herons, &alice, &bob), topic(&herons, &bob, &alice));
        assert_ne!(topic(&herons, &alice, &bob), topic(&herons, &alice, &carol));
        assert_ne!(topic(&herons, &alice, &bob), topic(&storks, &alice, &bob));
    }
}
