//! What one turn of the node has led to.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    proto::{engine::Effect, record::Write},
    wire::{
        direct::Direct,
        id::{FrameId, PeerId},
        limits,
    },
};

/// What a turn has led to so far.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) writes: Vec<Write>,
    pub(super) rest: Vec<Effect>,
    /// Frames that were taken in.
    pub(super) seen: BTreeSet<FrameId>,
    pub(super) warnings: Vec<String>,
}

impl Turn {
    pub(super) fn extend(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Write(write) => {
                    if let Write::Seen(id) = &write {
                        self.seen.insert(*id);
                    }
                    self.writes.push(write);
                }
                other => self.rest.push(other),
            }
        }
    }
}

/// Lets what a peer is told to be on this disk be told at once.
pub(super) fn together(effects: Vec<Effect>) -> Vec<Effect> {
    let mut all = Vec::with_capacity(effects.len());
    let mut held: BTreeMap<PeerId, usize> = BTreeMap::new();
    for effect in effects {
        let Effect::Send(peer, Direct::Held { frames }) = effect else {
            all.push(effect);
            continue;
        };
        let first = held.get(&peer).and_then(|at| all.get_mut(*at));
        match first {
            Some(Effect::Send(_, Direct::Held { frames: told }))
                if told.len() + frames.len() <= limits::HELD_IDS =>
            {
                told.extend(frames);
            }
            _ => {
                held.insert(peer, all.len());
                all.push(Effect::Send(peer, Direct::Held { frames }));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_is_told_to_be_here_is_told_at_once() {
        let (one, other) = (PeerId([1; 32]), PeerId([2; 32]));
        let held = |peer, n: u8| {
            let frames = vec![FrameId([n; 32])];
            Effect::Send(peer, Direct::Held { frames })
        };
        let subscribe = Effect::Subscribe(crate::wire::id::TopicKey([3; 32]));

        let all = together(vec![
            held(one, 1),
            subscribe,
            held(other, 2),
            held(one, 3),
            held(one, 4),
        ]);

        let told: Vec<_> = all
            .iter()
            .map(|effect| match effect {
                Effect::Send(peer, Direct::Held { frames }) => {
                    Some((*peer, frames.iter().map(|id| id.0[0]).collect::<Vec<_>>()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(
            told,
            [Some((one, vec![1, 3, 4])), None, Some((other, vec![2]))]
        );
    }

    #[test]
    fn one_message_names_no_more_than_is_allowed() {
        let peer = PeerId([1; 32]);
        let held = (0..=limits::HELD_IDS).map(|n| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&n.to_be_bytes());
            let frames = vec![FrameId(id)];
            Effect::Send(peer, Direct::Held { frames })
        });

        let counts: Vec<_> = together(held.collect())
            .iter()
            .map(|effect| match effect {
                Effect::Send(_, Direct::Held { frames }) => frames.len(),
                _ => 0,
            })
            .collect();

        assert_eq!(counts, [limits::HELD_IDS, 1]);
    }
}
