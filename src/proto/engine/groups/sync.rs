//! Members find and give each other what one of them lacks (protocol §6.1): with whom, and when.

mod asking;
mod complete;
mod giving;
mod gone;
mod here;

use std::collections::{BTreeMap, BTreeSet};

use self::asking::Round;
pub use self::giving::Fetch;
use super::{
    ChatChange, Effect, Engine, EngineEvent, GroupChat, Place, Turn, ops::within, rosters::Pair,
};
use crate::{
    proto::{
        counters::Counters,
        id::{ChatId, DeviceId, PersonId},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{id::PeerId, sync::Step},
};

/// What is known of what other members have, while the program runs.
#[derive(Default)]
pub(super) struct Sync {
    /// The question under way.
    round: Option<Round>,
    /// The number of the last question.
    number: u32,
    /// With whom to compare, and when.
    wishes: BTreeMap<PeerId, Timestamp>,
    /// When to compare with somebody, whoever it is.
    due: Option<Timestamp>,
    /// With whom it was done since they are connected, and whether all that they knew of the group was
    /// known here.
    met: BTreeMap<PeerId, bool>,
    /// Of connected members, whether all changes that they last told of are known here.
    heard: BTreeMap<PeerId, bool>,
    /// What connected members say to have and this device lacks.
    offers: BTreeMap<PeerId, BTreeMap<DeviceId, Counters>>,
    /// By author's device and member, what that member says is erased.
    gone: BTreeMap<(DeviceId, PersonId), Counters>,
    /// Members who did not give what they said to have, or did not answer.
    doubted: BTreeSet<PeerId>,
}

/// Two members compare with one another this often, each with one other by chance.
const IDLE_MS: u64 = 10 * MINUTE;

/// After meeting somebody, this long until whoever has the smaller id compares.
const MET_MS: u64 = 200;

/// The same for the other, and where changes of the group are on their way.
const MET_LATER_MS: u64 = 3 * SECOND;

/// After something came, or a member went who had said something, this long until it is compared with
/// another, and by chance as much longer.
const SOON_MS: u64 = 2 * SECOND;
const CHANCE_MS: u32 = 3_000;

/// When all that may be under way is, this long until the next may begin.
const BUSY_MS: u64 = 500;

/// With so many who knew all that is known here it is compared after meeting them: what one of them lacks,
/// another has given it or gives it, and whoever comes back compares with as many of its own accord. With
/// others it is compared now and then.
const ENOUGH: usize = 16;

/// Comparisons in all groups at once.
const AT_ONCE: usize = 4;

impl Sync {
    fn poll_timeout(&self) -> Option<Timestamp> {
        let round = self.round.as_ref().map(Round::until);
        let wishes = self.wishes.values().min().copied();
        [round, wishes, self.due].into_iter().flatten().min()
    }

    fn wish(&mut self, peer: PeerId, at: Timestamp) {
        let due = self.wishes.entry(peer).or_insert(at);
        *due = at.min(*due);
    }

    fn due_by(&mut self, at: Timestamp) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Whether it was compared with as many as it takes to have what all have.
    fn met_enough(&self) -> bool {
        self.met.values().filter(|knew_all| **knew_all).count() >= ENOUGH
    }

    /// What this device had said when the comparison under way began.
    fn said(&self) -> Option<&Counters> {
        self.round.as_ref().map(Round::said)
    }
}

impl Engine {
    /// A member tells of the changes it has: if all are known here, what was said can be compared.
    pub(super) fn sync_on_meeting(
        &mut self,
        now: Timestamp,
        chat: &ChatId,
        (peer, device): (PeerId, DeviceId),
        knows_all: bool,
    ) {
        let is_first = self.device() < device;
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        held.sync.heard.insert(peer, knows_all);
        if held.sync.met.get(&peer).copied() >= Some(knows_all) || held.sync.met_enough() {
            held.sync.due_by(now.plus(IDLE_MS));
            return;
        }
        let wait = if is_first && knows_all {
            MET_MS
        } else {
            MET_LATER_MS
        };
        held.sync.wish(peer, now.plus(wait));
        held.sync.due_by(now.plus(IDLE_MS));
    }

    /// More of the group is known than before: connected members are compared with again, some of many.
    pub(super) fn sync_anew(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let now = turn.now;
        let mut peers = self.members_here(chat);
        while peers.len() > ENOUGH {
            let many = u32::try_from(peers.len()).unwrap_or(u32::MAX);
            let at = usize::try_from(within(turn.rng, many)).unwrap_or_default();
            peers.swap_remove(at.min(peers.len().saturating_sub(1)));
        }
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        held.sync.met.clear();
        for (n, peer) in (0..).zip(peers) {
            held.sync.wish(peer, now.plus(SECOND + n * BUSY_MS));
        }
    }

    /// Something may be with others: some member is soon compared with.
    pub(super) fn sync_soon(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let at = turn.now.plus(SOON_MS + within(turn.rng, CHANCE_MS));
        if let Some(held) = self.groups.get_mut(chat) {
            held.sync.due_by(at);
        }
    }

    /// Messages are missing: some connected member is asked at once.
    pub(in crate::proto::engine) fn sync_for_gaps(&mut self, now: Timestamp, chat: &ChatId) {
        if let Some(held) = self.groups.get_mut(chat) {
            held.sync.due_by(now);
        }
    }

    /// A peer is gone. What it said last may not have come to all.
    pub(in crate::proto::engine) fn sync_without(&mut self, turn: &mut Turn<'_>, peer: &PeerId) {
        for chat in self.groups.keys().copied().collect::<Vec<_>>() {
            let was_member = self.member_at(&chat, peer).is_some();
            let Some(held) = self.groups.get_mut(&chat) else {
                continue;
            };
            held.sync.met.remove(peer);
            held.sync.heard.remove(peer);
            held.sync.wishes.remove(peer);
            held.sync.doubted.remove(peer);
            let offered = held.sync.offers.remove(peer).is_some();
            let asked = held.sync.round.take_if(|round| round.peer() == *peer);
            if offered {
                Self::completeness_changed(turn, &chat);
            }
            if was_member || asked.is_some() {
                self.sync_soon(turn, &chat);
            }
        }
    }

    /// The connected nodes of a group's members.
    fn members_here(&self, chat: &ChatId) -> Vec<PeerId> {
        let open = self.connected.iter().filter(|(_, up)| up.authorised);
        let peers = open.map(|(peer, _)| *peer);
        peers
            .filter(|peer| self.member_at(chat, peer).is_some())
            .collect()
    }

    /// When something is due.
    pub(super) fn poll_sync(&self) -> Option<Timestamp> {
        let groups = self.groups.values();
        groups.filter_map(|held| held.sync.poll_timeout()).min()
    }

    /// Begins comparisons whose time has come, and ends those that are not answered.
    pub(super) fn handle_sync(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let groups = self.groups.iter();
        let due = groups.filter(|(_, held)| held.sync.poll_timeout().is_some_and(|at| at <= now));
        for chat in due.map(|(chat, _)| *chat).collect::<Vec<_>>() {
            self.end_overdue(turn, &chat);
            self.begin_due(turn, &chat);
        }
    }

    fn begin_due(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let now = turn.now;
        let rounds = self.groups.values().filter(|h| h.sync.round.is_some());
        let is_busy = rounds.count() >= AT_ONCE;
        let here = self.members_here(chat);
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        if held.state.place != Place::Member || here.is_empty() {
            held.sync.wishes.clear();
            held.sync.due = None;
            return;
        }
        if is_busy || held.sync.round.is_some() {
            // Whoever waits goes on waiting, and is looked at again then.
            for at in held.sync.wishes.values_mut().chain(&mut held.sync.due) {
                *at = (*at).max(now.plus(BUSY_MS));
            }
            return;
        }
        if held.sync.met_enough() {
            held.sync.wishes.clear();
        }
        let wished = held.sync.wishes.iter().filter(|(_, at)| **at <= now);
        let wished = wished.min_by_key(|(_, at)| **at).map(|(peer, _)| *peer);
        let peer = match wished {
            Some(peer) => {
                held.sync.wishes.remove(&peer);
                here.contains(&peer).then_some(peer)
            }
            None if held.sync.due.is_some_and(|due| due <= now) => {
                held.sync.due = Some(now.plus(IDLE_MS));
                let good = here.iter().filter(|p| !held.sync.doubted.contains(p));
                let good: Vec<PeerId> = good.copied().collect();
                let among = if good.is_empty() {
                    held.sync.doubted.clear();
                    &here
                } else {
                    &good
                };
                let count = u32::try_from(among.len()).unwrap_or(u32::MAX).max(1);
                let at = usize::try_from(within(turn.rng, count)).unwrap_or_default();
                among.get(at).copied()
            }
            None => None,
        };
        if let Some(peer) = peer {
            self.begin_round(turn, chat, peer);
        }
    }

    /// A step of a comparison came from a peer.
    pub(in crate::proto::engine) fn on_sync(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        (chat, number): (ChatId, u32),
        step: Step,
    ) {
        let Some((person, device)) = self.member_at(&chat, &from) else {
            return;
        };
        let is_member = |held: &GroupChat| held.state.place == Place::Member;
        if !self.groups.get(&chat).is_some_and(is_member) {
            return;
        }
        let asker = (from, person, device);
        match step {
            Step::Compare(question) => self.on_compare(turn, (chat, number), asker, &question),
            Step::Differ { here, there } => {
                self.on_differ(turn, (chat, number), asker, &here, &there);
            }
            Step::Get(wanted) => self.on_get(turn, (chat, number), asker, &wanted),
            Step::Compared(answer) => self.on_compared(turn, (chat, number), asker, &answer),
            Step::Runs(runs) => self.on_runs(turn, (chat, number), asker, &runs),
            Step::Given {
                looked,
                records,
                gone,
            } => self.on_given(turn, (chat, number), asker, (looked, &records, &gone)),
        }
    }

    /// This person and another.
    fn pair(&self, other: PersonId) -> Pair {
        let own = self.person();
        Pair { own, other }
    }
}
