//! What is only true now, in groups: who is typing, and what is on whose disk.

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        channel::Kind,
        chat::ephemeral::{Ephemeral, SignedEphemeral, What},
        crypto::sign::VerifyingKey,
        engine::live::Where,
        id::{ChatId, DeviceId},
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
        let body = Ephemeral {
            device: own,
            time,
            what,
        }
        .encode();
        let signature = self.own.device.sign("eph", &body);
        let body = SignedEphemeral {
            body: body.into(),
            signature,
        }
        .encode();
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
        let Ok(signed) = SignedEphemeral::decode(body) else {
            return;
        };
        let Ok(sign) = Ephemeral::decode(&signed.body) else {
            return;
        };
        let keys = self.groups.get(&chat).and_then(|h| h.epochs.get(&epoch));
        let Some(device) = keys.and_then(|keys| {
            let index = keys.index_of(&sign.device)?;
            keys.devices().get(index).copied()
        }) else {
            return;
        };
        let is_signed = VerifyingKey::parse(&device.ds)
            .is_some_and(|ds| ds.verify("eph", &signed.body, &signed.signature).is_ok());
        if is_signed && device.device != self.device() {
            self.take_sign(turn, (chat, device.person), day, &sign);
        }
    }
}
