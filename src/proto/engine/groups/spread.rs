//! Changes go around: some time after one came, a few members are told which are here, and ask for what they
//! lack. Whoever wrote it may have told less than all, because it took some of them for removed.

use super::{Engine, GroupChat, Turn};
use crate::{
    proto::{
        id::ChatId,
        time::{SECOND, Timestamp},
    },
    wire::id::PeerId,
};

/// Until members are told, at least; others may come meanwhile.
const WAIT_MS: u64 = 3 * SECOND;

/// And by chance as much longer, so that not all tell at once.
const CHANCE_MS: u32 = 6_000;

/// How many are told at a time. Each who learns something tells as many.
const TOLD: usize = 3;

impl GroupChat {
    /// A change came.
    pub(super) fn plan_spread(&mut self, turn: &mut Turn<'_>) {
        let wait = WAIT_MS + u64::from(turn.rng.next_u32() % CHANCE_MS);
        let at = turn.now.plus(wait);
        self.spread_at.get_or_insert(at);
    }

    /// Whether members are to be told now.
    pub(super) fn spreads(&mut self, now: Timestamp) -> bool {
        self.spread_at.take_if(|at| *at <= now).is_some()
    }
}

impl Engine {
    /// Tells a few members, by chance, which changes are here.
    pub(super) fn spread(&self, turn: &mut Turn<'_>, chat: &ChatId) {
        let open = self.connected.iter().filter(|(_, up)| up.authorised);
        let mut peers: Vec<PeerId> = open
            .map(|(peer, _)| *peer)
            .filter(|peer| self.member_at(chat, peer).is_some())
            .collect();
        for _ in 0..TOLD.min(peers.len()) {
            let count = u32::try_from(peers.len()).unwrap_or(u32::MAX);
            let at = usize::try_from(turn.rng.next_u32() % count).unwrap_or_default();
            let peer = peers.swap_remove(at);
            self.tell_heads(turn, chat, peer);
        }
    }
}
