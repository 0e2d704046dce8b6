//! The task that reads what one peer says.

use std::sync::Arc;

use futures::{AsyncRead, io::BufReader};
use tokio::time::Instant;

use crate::{
    net::{NetEvent, check::Checker, framing, heard::Saying},
    wire::{direct::Direct, id::PeerId, limits},
};

/// Reads one stream of one peer.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) peer: PeerId,
    pub(crate) checker: Arc<Checker>,
    pub(crate) saying: Saying,
}

/// Why a stream is no longer read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The peer closed it, or the connection is gone.
    Closed,
    /// The peer does not speak the protocol: its connection should be closed.
    Fault,
    /// Nobody listens to events any more.
    Deaf,
}

impl Inbound {
    /// Reads until the stream ends. While much that this peer said waits to be taken nothing is read, so the
    /// peer's writes stop, so its queue fills: nothing grows here.
    pub(crate) async fn run<S: AsyncRead + Unpin>(self, stream: S) -> Ended {
        let mut stream = BufReader::with_capacity(BUFFER, stream);
        let mut faults = 0;
        loop {
            let bytes = match framing::read(&mut stream, limits::DIRECT_MESSAGE).await {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Ended::Fault;
                }
                Err(_) => return Ended::Closed,
            };
            let Ok(message) = Direct::decode(&bytes) else {
                return Ended::Fault;
            };
            let passed = match &message {
                Direct::Frame { topic, frame } => self.checker.direct(topic, frame),
                Direct::Held { .. }
                | Direct::Want { .. }
                | Direct::Heads { .. }
                | Direct::Sync { .. }
                | Direct::Have { .. }
                | Direct::Receipt(_) => None,
            };
            if passed.is_none() && matches!(message, Direct::Frame { .. }) {
                faults += 1;
                if faults > FAULTS {
                    return Ended::Fault;
                }
                continue;
            }
            let event = NetEvent::Direct {
                from: self.peer,
                message,
            };
            if self.saying.say(event, bytes.len()).await.is_err() {
                return Ended::Deaf;
            }
            if let Some(passed) = passed {
                self.checker.remember(passed, Instant::now());
            }
        }
    }
}

/// Enough that a burst of small messages is read in few pieces.
const BUFFER: usize = 64 * 1024;

/// Frames that may fail before the peer is taken for hostile: an honest one has none, except around
/// midnight with a wrong clock.
const FAULTS: u32 = 64;
