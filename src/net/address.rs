//! Peer ids and addresses as text, and as libp2p has them.

use libp2p::{Multiaddr, identity::Keypair, multiaddr::Protocol};
use zeroize::Zeroizing;

use super::NetError;
use crate::wire::{
    id::{Address, PeerId},
    limits,
};

/// Text that is not an address or not a peer id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address")]
pub struct NotAnAddress;

/// Reads a multiaddr, with the peer id at its end if it has one.
///
/// # Errors
///
/// What is not a multiaddr, what is longer than [`limits::ADDRESS`], or names a peer whose key is
/// not Ed25519.
pub fn parse(text: &str) -> Result<(Option<PeerId>, Address), NotAnAddress> {
    let mut address: Multiaddr = text.trim().parse().map_err(|_| NotAnAddress)?;
    let peer = match address.iter().last() {
        Some(Protocol::P2p(peer)) => {
            address.pop();
            Some(from_libp2p(&peer).ok_or(NotAnAddress)?)
        }
        _ => None,
    };
    if address.is_empty() || address.len() > limits::ADDRESS {
        return Err(NotAnAddress);
    }
    Ok((peer, Address(address.to_vec())))
}

/// The multiaddr that ends in `/p2p/` and the peer id; empty if the address is not one.
pub fn full_text(address: &Address, peer: PeerId) -> String {
    let (Some(address), Some(peer)) = (to_multiaddr(address), to_libp2p(peer)) else {
        return String::new();
    };
    address.with(Protocol::P2p(peer)).to_string()
}

/// The address as text, without a peer id; empty if it is not one.
pub fn text(address: &Address) -> String {
    to_multiaddr(address).map_or_else(String::new, |address| address.to_string())
}

/// A peer id as everybody writes it: base58, beginning with `12D3Koo`.
pub fn peer_text(peer: PeerId) -> String {
    to_libp2p(peer).map_or_else(String::new, libp2p::PeerId::to_base58)
}

/// The inverse of [`peer_text`].
///
/// # Errors
///
/// What is not a peer id, or is made from a key that is not Ed25519.
pub fn parse_peer(text: &str) -> Result<PeerId, NotAnAddress> {
    let peer: libp2p::PeerId = text.trim().parse().map_err(|_| NotAnAddress)?;
    from_libp2p(&peer).ok_or(NotAnAddress)
}

/// The peer id that belongs to a node key.
///
/// # Errors
///
/// [`NetError::Key`]
pub fn local_peer(node_secret: &Zeroizing<[u8; 32]>) -> Result<PeerId, NetError> {
    from_libp2p(&keypair(node_secret)?.public().to_peer_id()).ok_or(NetError::Key)
}

/// The node key as libp2p wants it.
pub(crate) fn keypair(node_secret: &Zeroizing<[u8; 32]>) -> Result<Keypair, NetError> {
    let mut seed = node_secret.clone();
    // Zeroizes its argument.
    Keypair::ed25519_from_bytes(seed.as_mut_slice()).map_err(|_| NetError::Key)
}

/// Always `Some` in practice: that the bytes are a point of the curve is not checked here, a peer id
/// is a name, and Noise proves who has its key.
pub(crate) fn to_libp2p(peer: PeerId) -> Option<libp2p::PeerId> {
    libp2p::PeerId::from_bytes(&peer.to_multihash()).ok()
}

/// `None` for peers whose key is not Ed25519: they are not spoken to.
pub(crate) fn from_libp2p(peer: &libp2p::PeerId) -> Option<PeerId> {
    let bytes = peer.to_bytes();
    let (_, key) = bytes.split_last_chunk::<32>()?;
    let peer = PeerId(*key);
    (peer.to_multihash().as_slice() == bytes).then_some(peer)
}

/// `None` for what is not a multiaddr.
pub(crate) fn to_multiaddr(address: &Address) -> Option<Multiaddr> {
    Multiaddr::try_from(address.0.clone()).ok()
}

/// Drops the peer id at the end, which goes separately.
pub(crate) fn from_multiaddr(address: &Multiaddr) -> Address {
    let mut address = address.clone();
    if matches!(address.iter().last(), Some(Protocol::P2p(_))) {
        address.pop();
    }
    Address(address.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn peer() -> PeerId {
        local_peer(&Zeroizing::new([7; 32])).unwrap()
    }

    #[test]
    fn a_full_address_round_trips() {
        let text = full_text(&parse("/ip4/10.0.0.1/tcp/4001").unwrap().1, peer());

        let (parsed, address) = parse(&text).unwrap();

        assert_eq!(parsed, Some(peer()));
        assert_eq!(super::text(&address), "/ip4/10.0.0.1/tcp/4001");
        assert!(text.ends_with(&peer_text(peer())));
    }

    #[test]
    fn a_peer_id_round_trips_as_text() {
        let text = peer_text(peer());

        assert!(text.starts_with("12D3Koo"), "{text}");
        assert_eq!(parse_peer(&text), Ok(peer()));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in ["", "10.0.0.1:4001", "/ip4/10.0.0.1/tcp", "/p2p/xyz"] {
            assert_eq!(parse(text), Err(NotAnAddress), "{text}");
        }
        assert_eq!(
            parse(&format!("/p2p/{}", peer_text(peer()))),
            Err(NotAnAddress)
        );
        // An RSA peer id.
        let rsa = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
        assert_eq!(parse_peer(rsa), Err(NotAnAddress));
    }

    proptest! {
        #[test]
        fn any_bytes_as_an_address_never_panic(bytes: Vec<u8>) {
            let _ = text(&Address(bytes));
        }

        #[test]
        fn any_text_as_an_address_never_panics(text: String) {
            let _ = parse(&text);
            let _ = parse_peer(&text);
        }
    }
}
