//! When to dial whom. It neither dials nor sleeps.

use std::{collections::BTreeMap, time::Duration};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::wire::{
    id::{Address, PeerId},
    limits,
};

/// Keeps a connection wanted to every authorised peer.
#[derive(Debug)]
pub(crate) struct Supervisor {
    local: PeerId,
    wanted: BTreeMap<PeerId, Wanted>,
}

/// Why a connection is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bond {
    /// Always.
    Contact,
    /// While few peers are connected: in a large group each hears the others through some.
    Member,
}

#[derive(Debug)]
struct Wanted {
    bond: Bond,
    /// In which order members are dialled: another for each node, so that not all dial the same.
    rank: u64,
    told: Vec<Address>,
    nearby: Vec<Address>,
    /// Where we reached it last.
    reached: Option<Address>,
    state: State,
    wait: Duration,
    /// Whether the present connection was of any use: the other side lets us in too.
    proved: bool,
    /// How long to wait after a connection that was of none.
    vain: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connected,
    Dialling,
    Due(Instant),
}

impl Supervisor {
    pub(crate) fn new(local: PeerId) -> Self {
        Self {
            local,
            wanted: BTreeMap::new(),
        }
    }

    /// Wants a connection, at once. Said again it replaces the addresses.
    pub(crate) fn want(
        &mut self,
        (peer, mut addresses): (PeerId, Vec<Address>),
        bond: Bond,
        connected: bool,
        now: Instant,
    ) {
        addresses.truncate(limits::ADDRESSES);
        let rank = rank(self.local, peer);
        let wanted = self.wanted.entry(peer).or_insert_with(|| Wanted {
            bond,
            rank,
            told: Vec::new(),
            nearby: Vec::new(),
            reached: None,
            state: State::Due(now),
            wait: FIRST_WAIT,
            proved: false,
            vain: FIRST_WAIT,
        });
        wanted.bond = bond;
        wanted.told = addresses;
        wanted.vain = FIRST_WAIT;
        if connected {
            wanted.state = State::Connected;
        } else {
            wanted.hurry(now);
        }
    }

    /// No longer wants a connection.
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.wanted.remove(&peer);
    }

    pub(crate) fn wants(&self, peer: PeerId) -> bool {
        self.wanted.contains_key(&peer)
    }

    /// A connection is up; `reached` is the address if we dialled it. Where a peer dials from is
    /// not where it listens.
    pub(crate) fn connected(&mut self, peer: PeerId, reached: Option<Address>) {
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            wanted.state = State::Connected;
            wanted.wait = FIRST_WAIT;
            if reached.is_some() {
                wanted.reached = reached;
            }
        }
    }

    /// The peer lets us in as we let it in: the connection is worth having again.
    pub(crate) fn proved(&mut self, peer: PeerId) {
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            wanted.proved = true;
            wanted.vain = FIRST_WAIT;
        }
    }

    /// The last connection is gone. Whoever dialled it dials again first, so that the other finds
    /// a connection when its own turn comes. A peer that does not let us in is dialled ever more
    /// rarely: it closes each connection after a while.
    pub(crate) fn disconnected(&mut self, peer: PeerId, we_dialled: bool, now: Instant) {
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            let wait = match (std::mem::take(&mut wanted.proved), we_dialled) {
                (true, true) => QUICK_WAIT,
                (true, false) => FIRST_WAIT,
                (false, _) => {
                    let vain = wanted.vain;
                    wanted.vain = vain.saturating_mul(2).min(LONGEST_VAIN);
                    vain
                }
            };
            wanted.state = State::Due(now + wait);
        }
    }

    /// Dials at once: we closed the connection to make it anew.
    pub(crate) fn redial(&mut self, peer: PeerId, now: Instant) {
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            wanted.hurry(now);
        }
    }

    /// Nobody answered at any address.
    pub(crate) fn failed(&mut self, peer: PeerId, now: Instant) {
        if let Some(wanted) = self.wanted.get_mut(&peer)
            && wanted.state == State::Dialling
        {
            wanted.state = State::Due(now + wanted.wait);
            wanted.wait = wanted.wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }

    /// mDNS found the peer. Only the smaller id dials at once; the other waits for it to come.
    pub(crate) fn found(&mut self, peer: PeerId, addresses: &[Address], now: Instant) {
        let local = self.local;
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            wanted.nearby = addresses.to_vec();
            wanted.hurry(if local < peer { now } else { now + COURTESY });
        }
    }

    /// mDNS no longer hears the peer.
    pub(crate) fn lost(&mut self, peer: PeerId) {
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            wanted.nearby.clear();
        }
    }

    /// We have a new address: what could not be reached may be now.
    pub(crate) fn network_changed(&mut self, now: Instant) {
        for wanted in self.wanted.values_mut() {
            wanted.hurry(now);
        }
    }

    /// Whom to dial now, and where, with so many peers connected. Each is then dialling until it is
    /// connected or failed. Above [`limits::ENOUGH_PEERS`] members wait.
    pub(crate) fn take_due(
        &mut self,
        connected: usize,
        now: Instant,
    ) -> Vec<(PeerId, Vec<Address>)> {
        let dialling = self.wanted.values();
        let dialling = dialling.filter(|wanted| wanted.state == State::Dialling);
        let mut room = limits::ENOUGH_PEERS.saturating_sub(connected + dialling.count());
        let all = self.wanted.iter_mut();
        let due = all.filter(|(_, it)| matches!(it.state, State::Due(at) if at <= now));
        let mut due: Vec<(&PeerId, &mut Wanted)> = due.collect();
        due.sort_by_key(|(_, wanted)| (wanted.bond == Bond::Member, wanted.rank));
        let mut taken = Vec::new();
        for (peer, wanted) in due {
            let addresses = wanted.addresses();
            // Nowhere to go: it is dialled when an address becomes known.
            let waits = addresses.is_empty() || wanted.bond == Bond::Member && room == 0;
            if waits {
                wanted.state = State::Due(now + LONGEST_WAIT);
            } else {
                room = room.saturating_sub(1);
                wanted.state = State::Dialling;
                taken.push((*peer, addresses));
            }
        }
        taken
    }

    /// When [`Supervisor::take_due`] next has work, if ever.
    pub(crate) fn next(&self) -> Option<Instant> {
        let due = self
            .wanted
            .values()
            .filter_map(|wanted| match wanted.state {
                State::Due(at) => Some(at),
                State::Connected | State::Dialling => None,
            });
        due.min()
    }
}

impl Wanted {
    fn hurry(&mut self, at: Instant) {
        if let State::Due(due) = self.state {
            self.state = State::Due(due.min(at));
            self.wait = FIRST_WAIT;
        }
    }

    /// The freshest first, each once.
    fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<Address> = Vec::new();
        for address in self.nearby.iter().chain(&self.reached).chain(&self.told) {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        addresses
    }
}

/// A number that says nothing, but is always the same.
fn rank(local: PeerId, peer: PeerId) -> u64 {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(local.0)
        .chain_update(peer.0)
        .finalize()
        .into();
    hash.first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first))
}

/// Long enough that a peer that comes by itself is there first.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Long enough for the other side to have noticed that the connection is gone.
const QUICK_WAIT: Duration = Duration::from_millis(250);

/// Short enough that somebody who comes back is reached before anybody wonders.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Rare enough that nobody notices, for whoever may let us in again some day, and has to say so first.
const LONGEST_VAIN: Duration = Duration::from_mins(5);

/// How long the larger id waits for the smaller to dial.
pub(crate) const COURTESY: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: PeerId = PeerId([5; 32]);
    const SMALLER: PeerId = PeerId([1; 32]);
    const LARGER: PeerId = PeerId([9; 32]);

    fn address(n: u8) -> Address {
        Address(vec![n])
    }

    fn wanting(peer: PeerId, now: Instant) -> Supervisor {
        let mut supervisor = Supervisor::new(LOCAL);
        supervisor.want((peer, vec![address(1)]), Bond::Contact, false, now);
        supervisor
    }

    #[tokio::test]
    async fn an_authorised_peer_is_dialled_at_once_and_once() {
        let now = Instant::now();
        let mut supervisor = wanting(LARGER, now);

        assert_eq!(supervisor.take_due(0, now), [(LARGER, vec![address(1)])]);

        assert_eq!(supervisor.take_due(0, now + LONGEST_WAIT), []);
        assert_eq!(supervisor.next(), None);
    }

    #[tokio::test]
    async fn failures_are_repeated_ever_more_slowly_up_to_five_seconds() {
        let start = Instant::now();
        let (mut now, mut waits) = (start, Vec::new());
        let mut supervisor = wanting(LARGER, now);

        for _ in 0..5 {
            assert_eq!(supervisor.take_due(0, now).len(), 1);
            supervisor.failed(LARGER, now);
            let next = supervisor.next().unwrap();
            waits.push((next - now).as_secs());
            now = next;
        }

        assert_eq!(waits, [1, 2, 4, 5, 5]);
    }

    #[tokio::test]
    async fn a_peer_that_mdns_finds_is_dialled_at_once_by_the_smaller_id_only() {
        let now = Instant::now();

        for (peer, wait) in [(LARGER, Duration::ZERO), (SMALLER, COURTESY)] {
            let mut supervisor = wanting(peer, now);
            supervisor.take_due(0, now);
            for _ in 0..4 {
                supervisor.wanted.get_mut(&peer).unwrap().state = State::Dialling;
                supervisor.failed(peer, now);
            }

            supervisor.found(peer, &[address(2)], now);

            assert_eq!(supervisor.next(), Some(now + wait));
            let addresses = vec![address(2), address(1)];
            assert_eq!(supervisor.take_due(0, now + wait), [(peer, addresses)]);
        }
    }

    #[tokio::test]
    async fn whoever_dialled_a_lost_connection_dials_again_first() {
        let now = Instant::now();
        let mut supervisor = wanting(LARGER, now);
        supervisor.take_due(0, now);
        supervisor.connected(LARGER, Some(address(7)));

        supervisor.proved(LARGER);
        supervisor.disconnected(LARGER, true, now);
        let ours = supervisor.next().unwrap();
        supervisor.proved(LARGER);
        supervisor.disconnected(LARGER, false, now);
        let theirs = supervisor.next().unwrap();

        assert!(ours < theirs);
        let addresses = vec![address(7), address(1)];
        assert_eq!(supervisor.take_due(0, theirs), [(LARGER, addresses)]);
    }

    #[tokio::test]
    async fn a_peer_that_does_not_let_us_in_is_dialled_ever_more_rarely() {
        let start = Instant::now();
        let (mut now, mut waits) = (start, Vec::new());
        let mut supervisor = wanting(LARGER, now);

        for _ in 0..11 {
            supervisor.take_due(0, now);
            supervisor.connected(LARGER, Some(address(1)));
            now += Duration::from_secs(10);
            supervisor.disconnected(LARGER, true, now);
            let next = supervisor.next().unwrap();
            waits.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);

        supervisor.want((LARGER, vec![address(1)]), Bond::Contact, false, now);
        supervisor.take_due(0, now);
        supervisor.connected(LARGER, Some(address(1)));
        supervisor.disconnected(LARGER, true, now);
        assert_eq!(supervisor.next(), Some(now + FIRST_WAIT));
    }

    #[tokio::test]
    async fn a_connected_or_forgotten_peer_is_not_dialled() {
        let now = Instant::now();
        let mut supervisor = wanting(LARGER, now);
        supervisor.connected(LARGER, None);
        supervisor.found(LARGER, &[address(2)], now);
        supervisor.network_changed(now);
        assert_eq!(supervisor.take_due(0, now + LONGEST_WAIT), []);

        supervisor.disconnected(LARGER, true, now);
        supervisor.forget(LARGER);
        assert_eq!(supervisor.take_due(0, now + LONGEST_WAIT), []);
    }

    #[tokio::test]
    async fn of_a_large_group_no_more_are_dialled_than_there_is_room_for_but_contacts_are() {
        let now = Instant::now();
        let mut supervisor = wanting(LARGER, now);
        let group: Vec<PeerId> = (10..250).map(|n| PeerId([n; 32])).collect();
        for peer in &group {
            supervisor.want((*peer, vec![address(2)]), Bond::Member, false, now);
        }
        let dialled = |due: Vec<(PeerId, Vec<Address>)>| -> Vec<PeerId> {
            due.into_iter().map(|(peer, _)| peer).collect()
        };

        let first = dialled(supervisor.take_due(0, now));
        assert_eq!(first.len(), limits::ENOUGH_PEERS);
        assert_eq!(first[0], LARGER, "a contact comes first");
        for peer in &first {
            supervisor.connected(*peer, Some(address(2)));
        }

        // With enough of them nobody else of the group is dialled, but a contact is.
        let full = limits::ENOUGH_PEERS;
        supervisor.want((SMALLER, vec![address(3)]), Bond::Contact, false, now);
        assert_eq!(dialled(supervisor.take_due(full, now)), [SMALLER]);
        supervisor.connected(SMALLER, None);
        let later = now + LONGEST_WAIT;
        assert_eq!(supervisor.take_due(full + 1, later), []);

        // Some go: as many others are dialled.
        let later = later + LONGEST_WAIT;
        let next = dialled(supervisor.take_due(full - 3, later));
        assert_eq!(next.len(), 3);
        assert!(next.iter().all(|peer| !first.contains(peer)));
    }

    #[tokio::test]
    async fn not_all_nodes_dial_the_same_of_a_large_group() {
        let now = Instant::now();
        let mut dialled: BTreeMap<PeerId, usize> = BTreeMap::new();
        for local in 0..250 {
            let mut supervisor = Supervisor::new(PeerId([local; 32]));
            for peer in (0..250).filter(|peer| *peer != local) {
                let wanted = (PeerId([peer; 32]), vec![address(1)]);
                supervisor.want(wanted, Bond::Member, false, now);
            }
            let connected = limits::ENOUGH_PEERS - 20;
            for (peer, _) in supervisor.take_due(connected, now) {
                *dialled.entry(peer).or_default() += 1;
            }
        }

        assert_eq!(dialled.values().sum::<usize>(), 250 * 20);
        let most = dialled.values().max().unwrap();
        assert!(
            dialled.len() == 250 && *most < 60,
            "{most} dial one of them"
        );
    }
}
