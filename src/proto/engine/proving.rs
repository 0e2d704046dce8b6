//! Proofs of what became of a message: what is in them (protocol §6.6).

use data_encoding::BASE64;

use super::{
    Engine, Replied,
    acts::no_message,
    command::{CommandError, ErrorKind, Reply},
};
use crate::proto::{
    chat::{
        acts::{self, Shape, TOMBSTONE},
        group::unnumbered,
        sender_chain::GroupPlace,
    },
    delivery::Delivery,
    id::PersonId,
    identity::DeviceList,
    proof::{Proof, Said},
    record::MessageRow,
    time::Timestamp,
};

impl Engine {
    /// For whom a message is, besides this person.
    pub fn recipients_of(&self, row: &MessageRow) -> Vec<PersonId> {
        if let Some(held) = self.chats.get(&row.chat) {
            return vec![held.person];
        }
        let (members, mut epochs) = self.recipients(&row.chat);
        let epoch = row.signed.map(|signed| signed.epoch);
        epoch
            .and_then(|epoch| epochs.remove(&epoch))
            .unwrap_or(members)
    }

    /// Makes a proof of a message of this device's.
    pub(super) fn on_prove(
        &self,
        now: Timestamp,
        message: Option<&MessageRow>,
        signed: Vec<(PersonId, Vec<Vec<u8>>)>,
    ) -> Replied {
        let row = message.ok_or_else(no_message)?;
        let refuse = |text: &str| Err(CommandError::new(ErrorKind::Conflict, text));
        if row.device != self.device() {
            return refuse("Only the device that wrote a message can prove what became of it.");
        }
        if row.content == TOMBSTONE || acts::shape(&row.content) != Shape::Message {
            return refuse("That message was deleted; there is nothing left to prove.");
        }
        let (mut delivered, mut outstanding) = (Vec::new(), Vec::new());
        for (person, signed) in signed {
            let list = self.people.get(&person).and_then(|it| it.devices.as_ref());
            let held = list.and_then(|list| Some((list, signed_by(list, &signed, row)?)));
            match held {
                Some((list, held)) => delivered.push((list.clone(), held)),
                None => outstanding.push(person),
            }
        }
        let proof = Proof {
            made_at: now,
            author: self.own.list.clone(),
            said: said(row),
            delivered,
            outstanding,
            kept: self.relays.kept_of(&self.outbox, &row.chat, row.counter),
        };
        let proof = BASE64.encode(&proof.sign(&self.own.device));
        Ok(Reply::Proof { proof })
    }
}

/// Of somebody's receipts those that are of a message: of each device one.
fn signed_by(list: &DeviceList, signed: &[Vec<u8>], row: &MessageRow) -> Option<Vec<Delivery>> {
    let mut held: Vec<Delivery> = Vec::new();
    for delivery in signed.iter().filter_map(|bytes| Delivery::decode(bytes)) {
        let key = list.device(&delivery.device).map(|device| device.ds);
        let fits = delivery.chat == row.chat
            && delivery.author == row.device
            && delivery.says(&row.id)
            && !held.iter().any(|other| other.device == delivery.device)
            && key.is_some_and(|key| delivery.is_signed_by(&key));
        if fits {
            held.push(delivery);
        }
    }
    (!held.is_empty()).then_some(held)
}

/// A message in its place.
fn said(row: &MessageRow) -> Said {
    match &row.signed {
        Some(signed) => {
            let place = GroupPlace {
                chat: row.chat,
                epoch: signed.epoch,
                device: row.device,
                counter: unnumbered(row.counter).1,
            };
            Said::InGroup {
                context: place.context(&row.content),
                signature: signed.signature,
            }
        }
        None => Said::Directly {
            chat: row.chat,
            device: row.device,
            counter: row.counter,
            content: row.content.clone(),
        },
    }
}
