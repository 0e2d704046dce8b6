//! When to dial whom. It neither dials nor sleeps.

use std::{collections::BTreeMap, time::Duration};

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

#[derive(Debug)]
struct Wanted {
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
        peer: PeerId,
        mut addresses: Vec<Address>,
        connected: bool,
        now: Instant,
    ) {
        addresses.truncate(limits::ADDRESSES);
        let wanted = self.wanted.entry(peer).or_insert_with(|| Wanted {
            told: Vec::new(),
            nearby: Vec::new(),
            reached: None,
            state: State::Due(now),
            wait: FIRST_WAIT,
            proved: false,
            vain: FIRST_WAIT,
        });
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

    /// Whom to dial now, and where. Each is then dialling until it is connected or failed.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(PeerId, Vec<Address>)> {
        let mut due = Vec::new();
        for (peer, wanted) in &mut self.wanted {
            if !matches!(wanted.state, State::Due(at) if at <= now) {
                continue;
            }
            let addresses = wanted.addresses();
            if addresses.is_empty() {
                // Nowhere to go: it is dialled when an address becomes known.
                wanted.state = State::Due(now + LONGEST_WAIT);
            } else {
                wanted.state = State::Dialling;
                due.push((*peer, addresses));
            }
        }
        due
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
        supervisor.want(peer, vec![address(1)], false, now);
        supervisor
    }

    #[tokio::test]
    async fn an_authorised_peer_is_dialled_at_once_and_once() {
        let now = Instant::now();
        let mut supervisor = wanting(LARGER, now);

        assert_eq!(supervisor.take_due(now), [(LARGER, vec![address(1)])]);

        assert_eq!(supervisor.take_due(now + LONGEST_WAIT), []);
        assert_eq!(supervisor.next(), None);
    }

    #[tokio::test]
    async fn failures_are_repeated_ever_more_slowly_up_to_five_seconds() {
        let start = Instant::now();
        let (mut now, mut waits) = (start, Vec::new());
        let mut supervisor = wanting(LARGER, now);

        for _ in 0..5 {
            assert_eq!(supervisor.take_due(now).len(), 1);
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
            supervisor.take_due(now);
            for _ in 0..4 {
                supervisor.wanted.get_mut(&peer).unwrap().state = State::Dialling;
                supervisor.failed(peer, now);
            }

            supervisor.found(peer, &[address(2)], now);

            assert_eq!(supervisor.next(), Some(now + wait));
            let addresses = vec![address(2), address(1)];
            assert_eq!(supervisor.take_due(now + wait), [(peer, addresses)]);
        }
    }

    #[tokio::test]
    async fn whoever_dialled_a_lost_connection_dials_again_first() {
        let now = Instant::now();
        let mut supervisor = wanting(LARGER, now);
        supervisor.take_due(now);
        supervisor.connected(LARGER, Some(address(7)));

        supervisor.proved(LARGER);
        supervisor.disconnected(LARGER, true, now);
        let ours = supervisor.next().unwrap();
        supervisor.proved(LARGER);
        supervisor.disconnected(LARGER, false, now);
        let theirs = supervisor.next().unwrap();

        assert!(ours < theirs);
        let addresses = vec![address(7), address(1)];
        assert_eq!(supervisor.take_due(theirs), [(LARGER, addresses)]);
    }

    #[tokio::test]
    async fn a_peer_that_does_not_let_us_in_is_dialled_ever_more_rarely() {
        let start = Instant::now();
        let (mut now, mut waits) = (start, Vec::new());
        let mut supervisor = wanting(LARGER, now);

        for _ in 0..11 {
            supervisor.take_due(now);
            supervisor.connected(LARGER, Some(address(1)));
            now += Duration::from_secs(10);
            supervisor.disconnected(LARGER, true, now);
            let next = supervisor.next().unwrap();
            waits.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);

        supervisor.want(LARGER, vec![address(1)], false, now);
        supervisor.take_due(now);
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
        assert_eq!(supervisor.take_due(now + LONGEST_WAIT), []);

        supervisor.disconnected(LARGER, true, now);
        supervisor.forget(LARGER);
        assert_eq!(supervisor.take_due(now + LONGEST_WAIT), []);
    }
}
