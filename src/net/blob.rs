//! Streams of the file protocol, `/betwixt/blob/1` (protocol §7), and of relays that keep files (§6.2).
//!
//! Who fetches opens a stream and asks; who holds answers in order. Neither goes through the swarm's task:
//! the node reads and writes streams itself.

use std::{io, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{Stream, StreamProtocol};
use libp2p_stream::{Control, IncomingStreams, OpenStreamError};
use tokio::time::timeout;

use super::{address, framing};
use crate::wire::{
    blob::{BlobReply, BlobRequest},
    id::PeerId,
    limits,
    mailbox::{RelayReply, RelayRequest},
};

/// Opens streams to peers that are connected and authorised.
#[derive(Clone)]
pub struct Blobs(Control);

/// The streams that peers open. Who does not take them soon loses them.
pub struct BlobsIn(IncomingStreams);

/// One stream.
pub struct BlobStream(Stream);

/// The near end and the far end of the protocol; `None` if somebody has them already.
pub(super) fn ends(mut control: Control) -> Option<(Blobs, BlobsIn)> {
    let incoming = control.accept(PROTOCOL).ok()?;
    Some((Blobs(control), BlobsIn(incoming)))
}

impl Blobs {
    /// Opens a stream to a peer.
    pub async fn open(&self, peer: PeerId) -> io::Result<BlobStream> {
        self.open_to(peer, PROTOCOL).await
    }

    /// Opens a stream to a relay that may keep files. It has to be told what for.
    pub async fn open_kept(&self, relay: PeerId) -> io::Result<BlobStream> {
        self.open_to(relay, KEPT).await
    }

    async fn open_to(&self, peer: PeerId, protocol: StreamProtocol) -> io::Result<BlobStream> {
        let id = address::to_libp2p(peer).ok_or(io::ErrorKind::InvalidInput)?;
        let mut control = self.0.clone();
        let opened = timeout(PATIENCE, control.open_stream(id, protocol)).await;
        match opened.map_err(|_| io::ErrorKind::TimedOut)? {
            Ok(stream) => Ok(BlobStream(stream)),
            Err(OpenStreamError::Io(error)) => Err(error),
            Err(OpenStreamError::UnsupportedProtocol(_)) => Err(io::ErrorKind::Unsupported.into()),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }
}

impl BlobsIn {
    /// The next stream; `None` once the network has ended.
    pub async fn next(&mut self) -> Option<(PeerId, BlobStream)> {
        loop {
            let (peer, stream) = self.0.next().await?;
            if let Some(peer) = address::from_libp2p(&peer) {
                return Some((peer, BlobStream(stream)));
            }
        }
    }
}

/// The streams that clients of a relay open to put files, or to get them.
pub(crate) fn kept(mut control: Control) -> Option<BlobsIn> {
    control.accept(KEPT).ok().map(BlobsIn)
}

impl BlobStream {
    /// Says to a relay what the stream is for; its answer.
    pub async fn knock(&mut self, request: &RelayRequest) -> io::Result<RelayReply> {
        framing::write(&mut self.0, &request.encode()).await?;
        let bytes = framing::read(&mut self.0, limits::BLOB_MESSAGE).await?;
        RelayReply::decode(&bytes).map_err(|_| framing::malformed())
    }

    /// What a client wants the stream for.
    pub(crate) async fn knocked(&mut self) -> io::Result<RelayRequest> {
        let bytes = framing::read(&mut self.0, KNOCK).await?;
        RelayRequest::decode(&bytes).map_err(|_| framing::malformed())
    }

    /// Answers a client who wants the stream for something.
    pub(crate) async fn reply(&mut self, reply: &RelayReply) -> io::Result<()> {
        framing::write(&mut self.0, &reply.encode()).await
    }

    /// Asks.
    pub async fn ask(&mut self, request: &BlobRequest) -> io::Result<()> {
        framing::write(&mut self.0, &request.encode()).await
    }

    /// The next request.
    pub async fn asked(&mut self) -> io::Result<BlobRequest> {
        let bytes = framing::read(&mut self.0, REQUEST).await?;
        BlobRequest::decode(&bytes).map_err(|_| framing::malformed())
    }

    /// Answers.
    pub async fn answer(&mut self, reply: &BlobReply) -> io::Result<()> {
        framing::write(&mut self.0, &reply.encode()).await
    }

    /// The answer to the first request that has none yet.
    pub async fn answered(&mut self) -> io::Result<BlobReply> {
        let bytes = framing::read(&mut self.0, limits::BLOB_MESSAGE).await?;
        BlobReply::decode(&bytes).map_err(|_| framing::malformed())
    }

    /// Sends the bytes that follow an answer.
    pub async fn give(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// Takes the bytes that follow an answer: as many as `into` has room for.
    pub async fn take(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.0.read_exact(into).await
    }

    /// Ends the stream in peace.
    pub async fn close(mut self) {
        // It may have ended already.
        let _ = self.0.close().await;
    }
}

const PROTOCOL: StreamProtocol = StreamProtocol::new("/betwixt/blob/1");

/// The same at relays, behind a first request that says what for (protocol §6.2).
const KEPT: StreamProtocol = StreamProtocol::new("/betwixt/relay-blob/1");

/// How long the opening of a stream may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// No request is longer.
const REQUEST: usize = 64;

/// The first request on a stream of a relay: with the pages of the largest file.
const KNOCK: usize = limits::BLOB_LIST + 512;
