//! What was said before somebody came, from who added them (protocol §4.10).

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{Effect, Engine, Place, Turn};
use crate::{
    proto::{
        chat::{
            acts::{self, Shape},
            content::{Body, Content, HistoryRequest, Opaque},
            group::{Coming, Offer, Part, Records},
        },
        engine::command::History,
        id::{ChatId, DeviceId, MessageId, PersonId},
        outbox::Cargo,
        record::{MessageRow, Write},
    },
    wire::{codec, limits, sync::OpId},
};

/// Content 13: there is history for whoever was added to a group.
#[derive(Encode, Decode)]
#[cbor(array)]
struct HistoryOffer {
    #[n(0)]
    chat: ChatId,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// In which group.
    pub chat: ChatId,
    /// Who.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// The messages before this one; without, the newest.
    pub before: Option<MessageId>,
}

impl Engine {
    /// Lets somebody who was just added have what was said before.
    pub(super) fn offer_history(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        person: PersonId,
        history: History,
    ) {
        let most = match history {
            History::None | History::Last(0) => return,
            History::All => limits::HISTORY,
            History::Last(most) => most,
        };
        let Some(since) = self.since_when(chat, &person) else {
            return;
        };
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        held.state
            .history_mut()
            .offer(person, Offer::new(since, most));
        let devices = held.group.roster().devices.clone();
        let offer = codec::to_vec(&HistoryOffer { chat: *chat });
        for device in devices.iter().filter(|device| device.person == person) {
            let body = Body::HistoryOffer(Opaque::new(Zeroizing::new(offer.clone())));
            self.send_to_member(turn, *chat, (person, device.device), body, Cargo::Control);
        }
    }

    /// The change by which somebody is in a group.
    pub(super) fn since_when(&self, chat: &ChatId, person: &PersonId) -> Option<OpId> {
        let held = self.groups.get(chat)?;
        held.group.members().get(person).map(|held| held.since)
    }

    /// A member offers history: it is asked for if that is who added this person.
    pub(super) fn take_history_offer(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        person: PersonId,
        bytes: &[u8],
    ) {
        let offer = codec::from_slice::<HistoryOffer>(bytes, limits::CONTENT);
        let own = self.person();
        let since = self.since_when(chat, &own);
        let (Ok(offer), Some(since), Some(held)) = (offer, since, self.groups.get(chat)) else {
            return;
        };
        let author = held.group.body(&since).map(|body| body.author);
        let coming = held.state.history.as_ref().and_then(|h| h.coming);
        let is_known = coming.is_some_and(|coming| coming.since == since);
        let by_adder = author == Some(person) && person != own && offer.chat == *chat;
        if !by_adder || is_known || held.state.place != Place::Member {
            return;
        }
        if let Some(held) = self.group_mut(chat) {
            held.state.history_mut().coming = Some(Coming {
                from: person,
                since,
                before: None,
                taken: 0,
                asked: turn.now,
                tries: 0,
                is_over: false,
            });
        }
        self.ask_for_history(turn, chat);
    }

    fn ask_for_history(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        let Some(coming) = held.state.history_mut().coming.as_mut() else {
            return;
        };
        coming.asked = turn.now;
        let (from, before) = (coming.from, coming.before);
        let devices = held.group.roster().devices.iter();
        let device = devices
            .filter(|d| d.person == from)
            .map(|d| d.device)
            .next();
        if let Some(device) = device {
            let body = Body::HistoryRequest(HistoryRequest {
                chat: *chat,
                before,
            });
            self.send_to_member(turn, *chat, (from, device), body, Cargo::Records);
        }
    }

    /// Asks again for what did not come.
    pub(super) fn handle_history(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let now = turn.now;
        let Some(held) = self.groups.get_mut(chat).filter(|held| held.is_open()) else {
            return;
        };
        let coming = held.state.history.as_mut();
        let coming = coming.and_then(|history| history.coming.as_mut());
        let Some(coming) = coming.filter(|coming| coming.due().is_some_and(|due| due <= now))
        else {
            return;
        };
        coming.tries = coming.tries.saturating_add(1);
        self.ask_for_history(turn, chat);
    }

    /// Somebody asks for history: it is read if they may have it.
    pub(super) fn on_history_request(&mut self, turn: &mut Turn<'_>, asked: Asked) {
        let Some(since) = self.since_when(&asked.chat, &asked.person) else {
            return;
        };
        let Some(held) = self.group_mut(&asked.chat) else {
            return;
        };
        let offer = held.state.history_mut().offer_to(&asked.person, &since);
        if offer.is_some() && self.brakes.may_read_history(asked.person, turn.now) {
            turn.effect(Effect::LoadHistory(asked));
        }
    }

    /// Some messages, the newest first, each with the acts on it: as many of them are given as fit and
    /// as the person may have.
    pub(in crate::proto::engine) fn on_history(
        &mut self,
        turn: &mut Turn<'_>,
        asked: Asked,
        rows: &[MessageRow],
    ) {
        let Asked { chat, person, .. } = asked;
        let Some(since) = self.since_when(&chat, &person) else {
            return;
        };
        let Some(held) = self.group_mut(&chat) else {
            return;
        };
        let group = &held.group;
        let is_before = |row: &MessageRow| {
            let epoch = row.signed.as_ref().map(|signed| signed.epoch);
            epoch.is_some_and(|epoch| epoch != since && !group.follows(&epoch, &since))
        };
        let stays = |row: &MessageRow| {
            Content::decode(&row.content).is_ok_and(|content| content.expire_s == 0)
        };
        let history = held.state.history.get_or_insert_default();
        let Some(offer) = history.offer_to(&person, &since) else {
            return;
        };
        let left = offer.ask(asked.before);
        let (mut given, mut count, mut next) = (Vec::new(), 0, None);
        for message in rows.chunk_by(|_, next| !is_shown(next)) {
            let mut with = given.clone();
            let wanted = message.iter().filter(|row| is_before(row) && stays(row));
            with.extend(wanted.cloned());
            let is_given = message
                .first()
                .is_some_and(|row| is_before(row) && stays(row));
            let (_, fit) = Records::of(chat, &with);
            let is_first = next.is_none();
            if (fit < with.len() && !is_first) || (is_given && count >= left) {
                break;
            }
            if is_given {
                given = with;
                count += 1;
            }
            next = message.first().map(|row| row.id);
        }
        offer.gave(count);
        let (mut records, _) = Records::of(chat, &given);
        let is_over = rows.is_empty() || count >= left;
        records.part = Some(Part {
            asked: asked.before,
            next: next.filter(|_| !is_over),
        });
        let body = Body::Records(Opaque::new(Zeroizing::new(records.encode())));
        let to = (person, asked.device);
        self.send_to_member(turn, chat, to, body, Cargo::Records);
    }

    /// A part of the history that was asked for. `None`: it was not asked for.
    pub(super) fn take_history(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, person): (&ChatId, PersonId),
        (part, mut rows): (Part, Vec<MessageRow>),
    ) {
        let own = self.person();
        let since = self.since_when(chat, &own);
        let Some(held) = self.group_mut(chat).filter(|held| held.is_open()) else {
            return;
        };
        let group = &held.group;
        let coming = held.state.history.as_mut().and_then(|h| h.coming.as_mut());
        let Some((coming, since)) = coming.zip(since) else {
            return;
        };
        if !coming.expects(&person, &since, part.asked) {
            return;
        }
        // What was said to this device comes from its author.
        rows.retain_mut(|row| {
            let signed = row.signed.as_mut().filter(|_| row.chat == *chat);
            signed.is_some_and(|signed| {
                signed.given_by = Some(person);
                !group.follows(&signed.epoch, &coming.since)
            })
        });
        let shown = rows.iter().filter(|row| is_shown(row)).count();
        coming.came(u32::try_from(shown).unwrap_or(u32::MAX), part.next);
        let is_over = coming.is_over;
        if !rows.is_empty() {
            turn.effect(Effect::Sift(rows));
        }
        if !is_over {
            self.ask_for_history(turn, chat);
        }
    }

    /// A message of before this person came, which is not here.
    pub(super) fn add_history(&mut self, turn: &mut Turn<'_>, row: MessageRow, content: &Content) {
        self.noted(turn, &row, content);
        turn.write(Write::Message(Box::new(row)));
    }
}

fn is_shown(row: &MessageRow) -> bool {
    acts::shape(&row.content) == Shape::Message
}
