//! What a node is started with, and why it may not start.

use zeroize::Zeroizing;

use super::Ports;

/// What a node is started with.
pub struct Settings {
    /// The Ed25519 seed of the node key (`NK`, protocol §2.1).
    pub node_secret: Zeroizing<[u8; 32]>,
    /// Multiaddrs to listen on.
    pub listen: Vec<String>,
    /// For those that leave the port open: the ports of last time, taken if they are free.
    pub ports: Ports,
    /// Whether to announce this node by mDNS and look for others, from the start.
    pub mdns: bool,
    /// Multiaddrs to dial at the start, until each was reached once.
    pub dial: Vec<String>,
    /// Relays to use: a multiaddr that ends in `/p2p/ID`, then `#` and 32 hex digits if the relay
    /// wants an access token.
    pub relays: Vec<String>,
    /// The day by the node's clock: days since 2024-01-01 UTC (protocol §5.2).
    pub today: fn() -> u16,
}

impl Settings {
    /// Listens on any port of any address, announces itself, uses no relay.
    pub fn new(node_secret: Zeroizing<[u8; 32]>, today: fn() -> u16) -> Self {
        Self {
            node_secret,
            listen: DEFAULT_LISTEN.iter().map(ToString::to_string).collect(),
            ports: Ports::default(),
            mdns: true,
            dial: Vec::new(),
            relays: Vec::new(),
            today,
        }
    }
}

/// Where a node listens unless told otherwise: any free port, on every interface.
pub const DEFAULT_LISTEN: [&str; 2] = ["/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"];

/// Why a node does not start, as a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// An address that is not one.
    #[error(
        "`{0}` is not an address: write it like /ip4/192.168.1.5/tcp/4001 or \
         /dns4/example.org/tcp/4001/p2p/12D3Koo…"
    )]
    Address(String),
    /// A relay without its peer id.
    #[error(
        "`{0}` is not the full address of a relay: use the line that `betwixt relay` prints, which \
         ends in /p2p/ and its id, and if it has an access token in # and 32 digits"
    )]
    Relay(String),
    /// More relays than a node uses.
    #[error("{0} relays are too many: name at most four")]
    Relays(usize),
    /// The port is taken.
    #[error(
        "another program already listens on {0}: stop it, or choose another port with --listen"
    )]
    PortInUse(String),
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The node key is not one.
    #[error("the node's key on disk is damaged")]
    Key,
    /// The system refuses what a network needs.
    #[error("the network cannot be used: {0}")]
    System(String),
}
