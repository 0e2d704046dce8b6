//! What is only true now, in groups: who is typing, and what is on whose disk.

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        channel::Kind,
        chat::ephemeral::{Ephemeral, SignedEphemeral, What},
        crypto::sign::VerifyingKey,
        engine::live::Where,
        id::{ChatId, DeviceId, PersonId},
    },
    wire::{direct::Direct, id::PeerId, sync::OpId},
};

impl Engine {
    /// Sends a sign to the others in a group, on the channel of an epoch or of the one in use: directly
    /// to those who are connected, by gossip if there are others.
    pub(in crate::proto::engine) fn sign_in_group(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): Where,
        what: What,
    ) {
        let own = self.device();
        let Some(held) = self.groups.get(&chat).filter(|held| held.is_open()) else {
            return;
        };
        let epoch = epoch.or_else(|| held.epochs.speaking(&held.group));
        let Some(keys) = epoch.and_then(|epoch| held.epochs.get(&epoch)) else {
            return;
        };
        let channel = keys.channel().clone();
        let devices = keys.devices().iter().map(|d| d.device);
        let devices: Vec<DeviceId> = devices.filter(|device| *device != own).collect();
        let is_ack = matches!(what, What::Held(_));
        let time = self.sign_time(turn.now);
        let body = self.sign_body(&Ephemeral {
            device: own,
            time,
            what,
        });
        let day = turn.now.frame_day();
        let Ok(bytes) = channel.seal(true, day, Kind::Ephemeral, &body, turn.rng) else {
            return;
        };
        let topic = channel.topic();
        let reached: Vec<PeerId> = devices.iter().filter_map(|d| self.reachable(d)).collect();
        // What is acknowledged here is of somebody who is not reached directly.
        if !is_ack {
            for peer in &reached {
                let frame = bytes.clone().into();
                turn.effect(Effect::Send(*peer, Direct::Frame { topic, frame }));
            }
        }
        if (is_ack || reached.len() < devices.len()) && self.has_subscribers(&topic) {
            turn.effect(Effect::Publish(topic, bytes));
        }
    }

    /// A sign that is only true now came on the channel of an epoch.
    pub(super) fn on_group_sign(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        day: u16,
        body: &[u8],
    ) {
        if let Some((person, sign)) = self.signed_in_group((chat, epoch), body) {
            self.take_sign(turn, (chat, person), day, &sign);
        }
    }

    /// Acknowledgements that were kept for us came on the channel of an epoch.
    pub(super) fn on_kept_held_in_group(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        body: &[u8],
    ) {
        if let Some((person, sign)) = self.signed_in_group((chat, epoch), body) {
            self.take_kept_held(turn, person, &sign);
        }
    }

    /// What a device of somebody else in an epoch signed, and whose it is.
    fn signed_in_group(
        &self,
        (chat, epoch): (ChatId, OpId),
        body: &[u8],
    ) -> Option<(PersonId, Ephemeral)> {
        let signed = SignedEphemeral::decode(body).ok()?;
        let sign = Ephemeral::decode(&signed.body).ok()?;
        let keys = self.groups.get(&chat)?.epochs.get(&epoch)?;
        let device = keys.devices().get(keys.index_of(&sign.device)?)?;
        let ds = VerifyingKey::parse(&device.ds)?;
        let is_signed = ds.verify("eph", &signed.body, &signed.signature).is_ok();
        (is_signed && device.device != self.device()).then_some((device.person, sign))
    }

    /// The body of a sign, as it goes out in a group.
    pub(in crate::proto::engine) fn sign_body(&self, sign: &Ephemeral) -> Vec<u8> {
        let body = sign.encode();
        let signature = self.own.device.sign("eph", &body);
        SignedEphemeral {
            body: body.into(),
            signature,
        }
        .encode()
    }
}
