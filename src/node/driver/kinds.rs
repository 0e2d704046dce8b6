//! What an event means for the loop.

use super::Network;
use crate::{
    net::NetEvent,
    node::{Command, step::Happened},
    wire::direct::Direct,
};

/// Whether nobody waits for something but a tick: of a message to many each acknowledgement would else be a
/// commit of its own.
pub(super) fn can_wait(event: &NetEvent) -> bool {
    matches!(
        event,
        NetEvent::Direct {
            message: Direct::Held { .. },
            ..
        }
    )
}

/// Whether `node.info` may answer differently afterwards.
pub(super) fn changes_info(happened: &Happened) -> bool {
    matches!(
        happened,
        Happened::Net(
            NetEvent::Listening(_)
                | NetEvent::RelayChallenge { .. }
                | NetEvent::Leased { .. }
                | NetEvent::Disconnected(_)
        ) | Happened::Command(_, Command::SetProfile { .. })
    )
}

/// Whether somebody may be connected now who was not, or the other way round.
pub(super) fn changes_peers(happened: &Happened) -> bool {
    matches!(
        happened,
        Happened::Net(
            // A relay is of use once there is a lease.
            NetEvent::Connected { .. } | NetEvent::Leased { .. } | NetEvent::Disconnected(_)
        )
    )
}

/// What happens next on the network; never, if the node stays off it.
pub(super) async fn next_event(network: &mut Option<Network>) -> Option<NetEvent> {
    match network {
        Some(network) => network.events.recv().await,
        None => std::future::pending().await,
    }
}
