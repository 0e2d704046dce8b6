//! The tasks that write and read direct streams.

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use libp2p::{Stream, Swarm, swarm::ConnectionId};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

use super::Driver;
use crate::{
    net::{
        NetEvent, address,
        behaviour::Behaviour,
        check::Checker,
        direct::{self, Ended, Inbound, Opened},
        heard::{self, Told},
    },
    wire::id::PeerId,
};

/// All streams, by connection. There are at most two connections to a peer, and on each one stream
/// in each direction.
#[derive(Default)]
pub(super) struct Streams {
    tasks: JoinSet<StreamEnd>,
    handles: BTreeMap<ConnectionId, Handles>,
    /// Streams that are read once the node has heard that their peer is connected.
    waiting: BTreeMap<ConnectionId, (PeerId, Stream)>,
}

#[derive(Debug, Default)]
struct Handles {
    writer: Option<AbortHandle>,
    reader: Option<AbortHandle>,
}

/// A task that is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamEnd {
    peer: PeerId,
    connection: ConnectionId,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Written,
    Read(Ended),
}

impl Streams {
    fn write(&mut self, peer: PeerId, connection: ConnectionId, far: direct::Outbound, on: Stream) {
        let task = self.tasks.spawn(async move {
            if let Err(error) = far.run(on).await {
                tracing::debug!(%peer, %error, "a direct stream broke");
            }
            StreamEnd {
                peer,
                connection,
                how: How::Written,
            }
        });
        let handles = self.handles.entry(connection).or_default();
        // An older stream goes on until its queue, which nobody fills any more, is empty.
        handles.writer = Some(task);
    }

    /// Takes a peer's stream; a newer one on the same connection replaces the older.
    fn read(&mut self, peer: PeerId, connection: ConnectionId, stream: Stream) {
        self.waiting.insert(connection, (peer, stream));
    }

    /// Whether a stream waits for room among the events.
    pub(super) fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn start(&mut self, checker: &Arc<Checker>, events: &mpsc::Sender<Told>) {
        while !self.waiting.is_empty()
            && let Ok(room) = events.try_reserve()
            && let Some((connection, (peer, stream))) = self.waiting.pop_first()
        {
            let (saying, said) = heard::queue();
            room.send(Told::Stream(said));
            let inbound = Inbound {
                peer,
                checker: Arc::clone(checker),
                saying,
            };
            let task = self.tasks.spawn(async move {
                let ended = inbound.run(stream).await;
                StreamEnd {
                    peer,
                    connection,
                    how: How::Read(ended),
                }
            });
            let handles = self.handles.entry(connection).or_default();
            if let Some(older) = handles.reader.replace(task) {
                older.abort();
            }
        }
    }

    /// The connection is gone. What the peer said before is still read, if it shall be.
    pub(super) fn drop_connection(&mut self, connection: ConnectionId, read_on: bool) {
        self.waiting.remove(&connection);
        let Some(handles) = self.handles.remove(&connection) else {
            return;
        };
        if let Some(writer) = handles.writer {
            writer.abort();
        }
        if let Some(reader) = handles.reader
            && (!read_on || self.tasks.len() > READ_ON)
        {
            reader.abort();
        }
    }

    /// Whether nobody writes or reads on this connection.
    pub(super) fn is_idle(&self, connection: ConnectionId) -> bool {
        let is_done =
            |task: &Option<AbortHandle>| task.as_ref().is_none_or(AbortHandle::is_finished);
        !self.waiting.contains_key(&connection)
            && self
                .handles
                .get(&connection)
                .is_none_or(|handles| is_done(&handles.writer) && is_done(&handles.reader))
    }

    /// Waits for a task to end of itself; for ever if there is none.
    pub(super) async fn ended(&mut self) -> StreamEnd {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(end)) => return end,
                // Aborted.
                Some(Err(_)) => {}
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// Lets what waits be written, while the swarm goes on; what peers say is no longer read.
    pub(super) async fn finish(&mut self, swarm: &mut Swarm<Behaviour>) {
        let mut writers = 0_usize;
        for handles in self.handles.values() {
            writers += usize::from(
                handles
                    .writer
                    .as_ref()
                    .is_some_and(|task| !task.is_finished()),
            );
        }
        for reader in self
            .handles
            .values()
            .filter_map(|handles| handles.reader.as_ref())
        {
            reader.abort();
        }
        while writers > 0 {
            tokio::select! {
                end = self.ended() => {
                    writers -= usize::from(matches!(end.how, How::Written));
                }
                _ = swarm.select_next_some() => {}
            }
        }
    }
}

impl Driver {
    pub(super) fn handle_direct(&mut self, event: direct::Event) {
        let Some(peer) = address::from_libp2p(&event.peer) else {
            return;
        };
        match event.opened {
            Opened::Outbound(stream) => {
                let preferred = self.connections.preferred(peer);
                let stays = preferred.is_some_and(|best| best.id == event.connection);
                if !stays && self.routes.has(peer) {
                    return;
                }
                let (near, far) = direct::queue();
                self.streams.write(peer, event.connection, far, stream);
                // An older route's queue is dropped: its task writes what waits, and ends.
                let older = self.routes.set(peer, event.connection, near);
                if older
                    .is_some_and(|older| self.connections.was_lost(peer, older, event.connection))
                {
                    self.told.insert(peer, false);
                }
                self.retell(peer, true);
            }
            Opened::Inbound(stream) => self.streams.read(peer, event.connection, stream),
            Opened::Refused => {
                tracing::debug!(%peer, "a peer does not take our stream");
            }
        }
    }

    pub(super) fn handle_stream_end(&mut self, end: StreamEnd) {
        match end.how {
            How::Written => {
                if self.routes.remove(end.peer, end.connection) {
                    self.streamless(end.peer);
                    self.reopen_stream(end.peer);
                }
            }
            How::Read(Ended::Fault) => {
                tracing::debug!(peer = %end.peer, "a peer does not speak the direct protocol");
                self.close(end.connection);
            }
            How::Read(Ended::Closed | Ended::Deaf) => {}
        }
    }

    /// Opens another stream on the best connection of a peer.
    pub(super) fn reopen_stream(&mut self, peer: PeerId) {
        if let Some(connection) = self.connections.preferred(peer)
            && let Some(id) = address::to_libp2p(peer)
        {
            let connection = connection.id;
            self.swarm.behaviour_mut().direct().reopen(id, connection);
        }
    }

    /// The direct stream of a connected peer broke.
    pub(super) fn streamless(&mut self, peer: PeerId) {
        self.retell(peer, false);
    }

    fn retell(&mut self, peer: PeerId, authorised: bool) {
        let Some(told) = self.told.get_mut(&peer) else {
            return;
        };
        if *told == authorised {
            return;
        }
        *told = authorised;
        if authorised {
            self.supervisor.proved(peer);
        }
        if let Some(connection) = self.connections.preferred(peer) {
            let address = connection.address.clone();
            self.tell(NetEvent::Connected {
                peer,
                address,
                authorised,
            });
        }
    }
}

/// Above this many tasks a lost connection is not read on.
const READ_ON: usize = 512;
