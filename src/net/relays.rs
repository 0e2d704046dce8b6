//! The relays that this node uses: what was asked of each, and what it said.
//! It neither sends nor waits.

use std::collections::{BTreeMap, VecDeque};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{NetError, address};
use crate::wire::{
    id::{Address, PeerId, TopicKey},
    limits,
    mailbox::{Refusal, RelayLimits, RelayReply, RelayRequest},
};

/// All relays of this node.
#[derive(Debug)]
pub(crate) struct Relays {
    local: PeerId,
    relays: BTreeMap<PeerId, Relay>,
}

#[derive(Default)]
struct Relay {
    token: Option<[u8; 16]>,
    /// Of the present connection.
    terms: Option<Terms>,
    waiting: VecDeque<RelayRequest>,
    under_way: usize,
    /// Whether it was said that it does not let us in.
    shut: bool,
    /// How often it answered what makes no sense.
    strikes: u8,
}

/// A relay as it was named: which, where, and the token that opens it.
pub(crate) type Named = (PeerId, Address, Option<[u8; 16]>);

/// What a reply means for the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The relay lets us in, on these terms.
    Open(Terms),
    /// It does not.
    Shut,
    /// A topic is carried until then, or is not.
    Leased(TopicKey, Option<u64>),
    /// A topic is not carried, because the relay does not let us in.
    Denied(TopicKey),
}

/// What a relay says when we come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) challenge: [u8; 32],
    pub(crate) limits: RelayLimits,
    /// Which database it keeps frames in, if it does.
    pub(crate) store: Option<[u8; 16]>,
}

/// Reads a relay: a multiaddr that ends in `/p2p/ID`, perhaps `#` and a token in hex.
///
/// # Errors
///
/// [`NetError::Relay`]
pub(crate) fn parse(text: &str) -> Result<Named, NetError> {
    let (full, token) = match text.split_once('#') {
        Some((full, token)) => (full, Some(token)),
        None => (text, None),
    };
    // Without the token, which nobody else need see.
    let wrong = || NetError::Relay(full.to_owned());
    let token = match token {
        Some(token) => {
            let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(token.trim().as_bytes());
            let bytes = bytes.map_err(|_| wrong())?;
            Some(<[u8; 16]>::try_from(bytes).map_err(|_| wrong())?)
        }
        None => None,
    };
    match address::parse(full) {
        Ok((Some(peer), address)) => Ok((peer, address, token)),
        _ => Err(wrong()),
    }
}

/// Reads all relays; one that is named twice counts once, as it is named last.
///
/// # Errors
///
/// [`NetError::Relay`], [`NetError::Relays`]
pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Named>, NetError> {
    let mut all: BTreeMap<PeerId, Named> = BTreeMap::new();
    for text in texts {
        let named = parse(text)?;
        all.insert(named.0, named);
    }
    if all.len() > limits::RELAYS {
        return Err(NetError::Relays(all.len()));
    }
    Ok(all.into_values().collect())
}

/// Shows to a relay that we hold its token, on this connection only (protocol §6.2).
pub(crate) fn hello_mac(
    token: &[u8; 16],
    relay: PeerId,
    client: PeerId,
    challenge: &[u8; 32],
) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token) else {
        // HMAC takes keys of every length.
        return [0; 32];
    };
    mac.update(b"betwixt1:relay-hello\0");
    mac.update(&relay.to_multihash());
    mac.update(&client.to_multihash());
    mac.update(challenge);
    mac.finalize().into_bytes().into()
}

impl Relays {
    /// All of them.
    pub(crate) fn peers(&self) -> Vec<PeerId> {
        self.relays.keys().copied().collect()
    }

    pub(crate) fn new(local: PeerId, named: &[Named]) -> Self {
        let relay = |(peer, _, token): &Named| {
            let relay = Relay {
                token: *token,
                ..Relay::default()
            };
            (*peer, relay)
        };
        Self {
            local,
            relays: named.iter().map(relay).collect(),
        }
    }

    /// A connection through the gate is up. `false` if the peer is no relay of ours.
    pub(crate) fn connected(&mut self, peer: PeerId) -> bool {
        let Some(relay) = self.relays.get_mut(&peer) else {
            return false;
        };
        relay.waiting.clear();
        if relay.strikes < STRIKES {
            relay.waiting.push_back(RelayRequest::Challenge);
        }
        relay.under_way = 0;
        relay.terms = None;
        true
    }

    /// The last connection is gone: what was not asked any more.
    pub(crate) fn disconnected(&mut self, peer: PeerId) -> Vec<RelayRequest> {
        let Some(relay) = self.relays.get_mut(&peer) else {
            return Vec::new();
        };
        relay.terms = None;
        relay.under_way = 0;
        relay.waiting.drain(..).collect()
    }

    /// A relay answered what makes no sense. `true` if that was once too often: it is not used any more.
    pub(crate) fn answered_nonsense(&mut self, peer: PeerId) -> bool {
        let Some(relay) = self.relays.get_mut(&peer) else {
            return false;
        };
        relay.strikes = relay.strikes.saturating_add(1);
        relay.strikes == STRIKES
    }

    /// Queues a request; gives it back if the relay did not let us in or too much waits.
    pub(crate) fn ask(&mut self, peer: PeerId, request: RelayRequest) -> Option<RelayRequest> {
        let Some(relay) = self.relays.get_mut(&peer) else {
            return Some(request);
        };
        if relay.terms.is_none() || relay.waiting.len() >= WAITING {
            return Some(request);
        }
        relay.waiting.push_back(request);
        None
    }

    /// What to send now: a few requests at once, not more than a connection takes.
    pub(crate) fn next(&mut self, peer: PeerId) -> Option<RelayRequest> {
        let relay = self.relays.get_mut(&peer)?;
        if relay.under_way >= UNDER_WAY {
            return None;
        }
        let request = relay.waiting.pop_front()?;
        relay.under_way += 1;
        Some(request)
    }

    /// A request was answered, or not.
    pub(crate) fn answered(
        &mut self,
        peer: PeerId,
        request: &RelayRequest,
        reply: Option<RelayReply>,
    ) -> Option<News> {
        let local = self.local;
        let relay = self.relays.get_mut(&peer)?;
        relay.under_way = relay.under_way.saturating_sub(1);
        match (request, reply) {
            (
                RelayRequest::Challenge,
                Some(RelayReply::Challenge {
                    challenge,
                    limits,
                    store,
                    ..
                }),
            ) => {
                let terms = Terms {
                    challenge,
                    limits,
                    store,
                };
                let Some(token) = &relay.token else {
                    relay.terms = Some(terms);
                    return Some(News::Open(terms));
                };
                let mac = hello_mac(token, peer, local, &challenge);
                // Asked for before it is known to be let in.
                relay.waiting.push_front(RelayRequest::Hello { mac });
                relay.terms = Some(terms);
                None
            }
            (RelayRequest::Hello { .. }, Some(RelayReply::Done)) => {
                relay.shut = false;
                relay.terms.map(News::Open)
            }
            // It went away, and will be asked again.
            (RelayRequest::Challenge | RelayRequest::Hello { .. }, None) => {
                relay.terms = None;
                None
            }
            (RelayRequest::Challenge | RelayRequest::Hello { .. }, Some(_)) => {
                relay.terms = None;
                (!std::mem::replace(&mut relay.shut, true)).then_some(News::Shut)
            }
            // It wants a token, and we have none.
            (RelayRequest::Lease(lease), Some(RelayReply::Refused(Refusal::NotAllowed)))
                if !std::mem::replace(&mut relay.shut, true) =>
            {
                Some(News::Denied(lease.topic))
            }
            (RelayRequest::Lease(lease), reply) => {
                let until = match reply {
                    Some(RelayReply::Leased(until)) => Some(until),
                    _ => None,
                };
                relay.shut &= until.is_none();
                Some(News::Leased(lease.topic, until))
            }
            _ => None,
        }
    }
}

/// Prints no token.
impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("waiting", &self.waiting.len())
            .field("under_way", &self.under_way)
            .finish_non_exhaustive()
    }
}

/// Requests that wait for one relay: a lease for every topic, and some.
const WAITING: usize = 2 * limits::TOPICS;

/// Requests under way at one relay, fewer than one connection takes.
const UNDER_WAY: usize = 6;

/// After so many answers that make no sense a relay is not used until the program starts again.
const STRIKES: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::mailbox::Lease;

    const LOCAL: PeerId = PeerId([1; 32]);
    const RELAY: PeerId = PeerId([2; 32]);

    fn relays(token: Option<[u8; 16]>) -> Relays {
        Relays::new(LOCAL, &[(RELAY, Address(vec![]), token)])
    }

    fn challenge() -> RelayReply {
        RelayReply::Challenge {
            challenge: [7; 32],
            time: 0,
            limits: RelayLimits {
                lease_s: 1,
                topic_bytes: 0,
                topic_frames: 0,
                topics: 1,
                gossip: true,
            },
            store: None,
        }
    }

    fn terms() -> Terms {
        let RelayReply::Challenge {
            challenge,
            limits,
            store,
            ..
        } = challenge()
        else {
            panic!("it is another reply")
        };
        Terms {
            challenge,
            limits,
            store,
        }
    }

    fn lease(n: u8) -> RelayRequest {
        RelayRequest::Lease(Lease {
            topic: TopicKey([n; 32]),
            ttl_s: 1,
            readers: 0,
            auth: [0; 64],
        })
    }

    #[test]
    fn an_open_relay_is_open_after_its_challenge() {
        let mut relays = relays(None);
        assert!(relays.connected(RELAY));
        assert!(relays.ask(RELAY, lease(1)).is_some(), "before it let us in");

        let request = relays.next(RELAY).unwrap();
        let news = relays.answered(RELAY, &request, Some(challenge()));

        assert_eq!(request, RelayRequest::Challenge);
        assert_eq!(news, Some(News::Open(terms())));
        assert!(relays.ask(RELAY, lease(1)).is_none());
        assert_eq!(relays.next(RELAY), Some(lease(1)));
    }

    #[test]
    fn a_relay_with_a_token_is_shown_it() {
        let mut relays = relays(Some([3; 16]));
        relays.connected(RELAY);
        let request = relays.next(RELAY).unwrap();
        assert_eq!(relays.answered(RELAY, &request, Some(challenge())), None);

        let request = relays.next(RELAY).unwrap();
        let mac = hello_mac(&[3; 16], RELAY, LOCAL, &[7; 32]);
        assert_eq!(request, RelayRequest::Hello { mac });
        let refused = Some(RelayReply::Refused(Refusal::NotAllowed));

        let news = relays.answered(RELAY, &request, Some(RelayReply::Done));
        assert_eq!(news, Some(News::Open(terms())));
        let news = relays.answered(RELAY, &request, refused);
        assert_eq!(news, Some(News::Shut));
        assert!(relays.ask(RELAY, lease(1)).is_some());
    }

    #[test]
    fn that_a_relay_does_not_let_us_in_is_said_once() {
        let mut relays = relays(None);
        let refused = || Some(RelayReply::Refused(Refusal::NotAllowed));
        relays.connected(RELAY);
        let request = relays.next(RELAY).unwrap();
        relays.answered(RELAY, &request, Some(challenge()));

        let topic = TopicKey([1; 32]);
        let first = relays.answered(RELAY, &lease(1), refused());
        let second = relays.answered(RELAY, &lease(1), refused());
        relays.answered(RELAY, &lease(1), Some(RelayReply::Leased(9)));
        let third = relays.answered(RELAY, &lease(1), refused());

        assert_eq!(first, Some(News::Denied(topic)));
        assert_eq!(second, Some(News::Leased(topic, None)));
        assert_eq!(third, Some(News::Denied(topic)));
    }

    #[test]
    fn few_requests_are_under_way_at_once_and_all_come_to_something() {
        let mut relays = relays(None);
        relays.connected(RELAY);
        let request = relays.next(RELAY).unwrap();
        relays.answered(RELAY, &request, Some(challenge()));
        for n in 0..10 {
            relays.ask(RELAY, lease(n));
        }

        let sent: Vec<_> = std::iter::from_fn(|| relays.next(RELAY)).collect();
        let answer = relays.answered(RELAY, &lease(0), Some(RelayReply::Leased(9)));
        let refusal = relays.answered(RELAY, &lease(1), None);
        let left = relays.disconnected(RELAY);

        assert_eq!(sent.len(), UNDER_WAY);
        assert_eq!(answer, Some(News::Leased(TopicKey([0; 32]), Some(9))));
        assert_eq!(refusal, Some(News::Leased(TopicKey([1; 32]), None)));
        assert_eq!(left.len(), 10 - UNDER_WAY);
    }

    #[test]
    fn a_relay_is_named_by_its_full_address_and_perhaps_a_token() {
        let peer = address::local_peer(&zeroize::Zeroizing::new([9; 32])).unwrap();
        let (_, where_) = address::parse("/ip4/10.0.0.1/tcp/4002").unwrap();
        let full = address::full_text(&where_, peer);

        assert_eq!(parse(&full).unwrap(), (peer, where_.clone(), None));
        let token = format!("{full}#000102030405060708090a0b0c0d0E0F");
        let expected = std::array::from_fn(|n| u8::try_from(n).unwrap());
        assert_eq!(parse(&token).unwrap(), (peer, where_, Some(expected)));
        for wrong in [
            "/ip4/10.0.0.1/tcp/4002",
            &format!("{full}#00"),
            &format!("{full}#"),
        ] {
            assert!(matches!(parse(wrong), Err(NetError::Relay(_))), "{wrong}");
        }
    }
}
