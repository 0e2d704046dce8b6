//! Saying something in a group, and having read something.

use super::{Engine, EngineEvent, Place, Turn};
use crate::{
    proto::{
        channel::Kind,
        chat::{
            content::{Body, Receipt as ReceiptBody, ReceiptKind, Upto},
            group::{Right, numbered, unnumbered},
            membership::Op,
        },
        engine::{
            command::{CommandError, ErrorKind},
            commands::no_chat,
            event::DeliveryState,
        },
        id::{ChatId, DeviceId, MessageId, PersonId},
        outbox::Cargo,
        record::{MessageRow, Receipt, Signed, Write},
        time::Timestamp,
    },
    wire::sync::OpId,
};

/// Up to so many devices members tell each other what they have read (protocol §5.3).
const RECEIPTS: usize = 32;

impl Engine {
    /// Whether something can be said in a group now.
    pub(in crate::proto::engine) fn writable_group(
        &self,
        chat: &ChatId,
    ) -> Result<(), CommandError> {
        let held = self.groups.get(chat).ok_or_else(no_chat)?;
        let forbidden = |text| Err(CommandError::new(ErrorKind::Forbidden, text));
        match held.state.place {
            Place::Member if held.group.may(&self.person(), Right::Speak) => Ok(()),
            Place::Invited(_) => forbidden("Accept the invitation to this group before you write."),
            Place::Member | Place::Leaving(_) | Place::Gone => {
                forbidden("You are no longer in this group. Ask somebody in it to add you again.")
            }
        }
    }

    /// Puts a content of ours into the timeline of a group, and on its way.
    pub(in crate::proto::engine) fn put_in_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        body: Body,
    ) -> Result<(MessageId, Timestamp), CommandError> {
        let (now, own, person) = (turn.now, self.device(), self.person());
        let epoch = self.ensure_epoch(turn, &chat).ok_or_else(no_keys)?;
        let device = &self.own.device;
        let held = self.groups.get_mut(&chat).ok_or_else(no_chat)?;
        let mut content = held.state.thread.content(body, now);
        content.expire_s = held.group.settings().timer_s;
        let bytes = content.encode();
        let place = held.group.place_of(&epoch).unwrap_or_default();
        let sealed = held.epochs.seal(&epoch, device, &bytes, turn.rng);
        let sealed = sealed.ok_or_else(no_keys)?;
        let counter = numbered(place, sealed.counter).ok_or_else(no_keys)?;
        held.state.thread.said(sealed.id, &content, now);
        let sent = sealed.counter.saturating_add(1);
        held.state.sent.insert(place, sent);
        let moderates = held.moderates(&epoch, &person);
        let keys = held.epochs.get(&epoch);
        let to = keys.map_or(&[][..], |keys| keys.devices());
        let to: Vec<DeviceId> = to.iter().map(|d| d.device).filter(|d| *d != own).collect();
        self.dirty.groups.insert(chat);
        let row = MessageRow {
            id: sealed.id,
            chat,
            sender: person,
            device: own,
            counter,
            created: content.created,
            sent_at: now,
            received_at: now,
            outgoing: true,
            content: bytes.to_vec(),
            signed: Some(Signed {
                epoch,
                signature: sealed.signature,
                moderates,
                reaches_removed: false,
                given_by: None,
            }),
        };
        self.noted(turn, &row, &content);
        turn.write(Write::Message(Box::new(row)));
        let said = (Kind::GroupMessage, sealed.body.as_slice(), to);
        self.watch_unheard(turn.now, &chat);
        self.send_in_epoch(turn, (chat, epoch), said, Cargo::Message { counter });
        Ok((sealed.id, now))
    }

    /// Marks what was read in a group, and tells its authors if the person and the group want that.
    pub(in crate::proto::engine) fn read_in_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        counters: &[(DeviceId, u32)],
    ) {
        let own = self.device();
        let tells = self.own.profile.read_receipts;
        let Some(held) = self.group_mut(&chat) else {
            return;
        };
        let roster = &held.group.roster().devices;
        let tells = tells && roster.len() <= RECEIPTS && held.group.settings().receipts;
        let mut news: Vec<(PersonId, Upto)> = Vec::new();
        for (device, counter) in counters.iter().filter(|(device, _)| *device != own) {
            let before = held.state.thread.read.get(device).copied();
            let Ok(at) = roster.binary_search_by_key(device, |held| held.device) else {
                continue;
            };
            let Some(counter) = held.state.thread.read_up_to(device, *counter) else {
                continue;
            };
            if before.is_some_and(|before| before >= counter) {
                continue;
            }
            held.state.thread.read.insert(*device, counter);
            let (place, counter) = unnumbered(counter);
            let epoch = held.group.op_at(place).map(Op::id);
            if let (Some(device), Some(epoch)) = (roster.get(at), epoch) {
                let upto = Upto {
                    device: device.device,
                    epoch: short(&epoch),
                    counter,
                };
                news.push((device.person, upto));
            }
        }
        if !tells || held.state.place != Place::Member {
            return;
        }
        for (person, upto) in news {
            let to = (person, upto.device);
            let body = Body::Receipt(ReceiptBody {
                kind: ReceiptKind::Read,
                upto: vec![upto],
            });
            self.send_to_member(turn, chat, to, body, Cargo::ReadReceipt);
        }
    }

    /// A member has read messages of ours.
    pub(super) fn take_group_receipt(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        person: PersonId,
        receipt: &ReceiptBody,
    ) {
        let (own, at) = (self.device(), turn.now);
        let Some(upto) = receipt.upto.iter().find(|upto| upto.device == own) else {
            return;
        };
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let epoch = held.group.epoch_named(&upto.epoch);
        let place = epoch.and_then(|epoch| held.group.place_of(&epoch));
        let last = place.and_then(|place| Some((place, held.state.sent.get(&place)?)));
        let last = last.and_then(|(place, sent)| Some((place, sent.checked_sub(1)?)));
        let (Some((place, last)), ReceiptKind::Read) = (last, receipt.kind) else {
            return;
        };
        let Some(counter) = numbered(place, upto.counter.min(last)) else {
            return;
        };
        let before = held.state.read_by.get(&person).copied();
        if before.is_some_and(|before| before >= counter) {
            return;
        }
        held.state.read_by.insert(person, counter);
        let runs = held.state.sent_between(before, counter);
        self.dirty.groups.insert(*chat);
        let device = own;
        let chat = *chat;
        turn.write(Write::Receipt(Receipt {
            chat,
            device,
            counter,
            person,
            read: true,
            at,
        }));
        for (first, last) in runs {
            turn.emit(EngineEvent::Status {
                chat,
                counters: first..=last,
                person,
                state: DeliveryState::Read,
            });
        }
    }
}

/// The first half of an epoch's name.
fn short(id: &OpId) -> [u8; 16] {
    let mut out = [0; 16];
    out.iter_mut().zip(id.0).for_each(|(to, from)| *to = from);
    out
}

fn no_keys() -> CommandError {
    let message = "This group cannot be written in from here: its log or numbers are used up. Found a \
                   new group.";
    CommandError::new(ErrorKind::Conflict, message)
}
