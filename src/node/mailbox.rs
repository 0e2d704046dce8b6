//! Between the engine and relays that keep frames: what only the store knows.

use super::{step::Core, turn::Turn};
use crate::{
    net::{Kept, NetCommand},
    proto::engine::input::Found,
    store::StoreError,
    wire::{
        id::{FrameId, PeerId, TopicKey},
        limits,
        mailbox::{Put, RelayRequest},
    },
};

impl Core {
    /// What a relay kept, with what was taken in before.
    pub(super) fn found(&self, kept: Vec<Kept>, turn: &Turn) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for kept in kept {
            let mut frames = Vec::new();
            for frame in kept.frames {
                let seen = self.seen(&frame, turn)?;
                frames.push((frame, seen));
            }
            found.push(Found {
                topic: kept.topic,
                frames,
                upto: kept.upto,
                head: kept.head,
            });
        }
        Ok(found)
    }

    /// Gives frames to a relay, as many as one request takes. The engine gives the others again.
    pub(super) fn deposit(
        &self,
        relay: PeerId,
        stored: &[FrameId],
        made: Vec<(TopicKey, Vec<u8>)>,
    ) -> Result<NetCommand, StoreError> {
        let mut frames = Vec::new();
        let mut size = 0;
        for (topic, frame) in made {
            size += frame.len();
            let frame = frame.into();
            frames.push(Put { topic, frame });
        }
        for id in stored {
            // One that was acknowledged meanwhile is not there.
            let Some((topic, frame)) = self.stored_frame(id)? else {
                continue;
            };
            size += frame.len();
            if size > limits::RELAY_FRAMES && !frames.is_empty()
                || frames.len() >= limits::RELAY_PUT
            {
                break;
            }
            let frame = frame.into();
            frames.push(Put { topic, frame });
        }
        let request = RelayRequest::Put { frames };
        Ok(NetCommand::AskRelay { relay, request })
    }
}
