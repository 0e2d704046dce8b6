//! Opening streams to those who may have a file, members or relays.

use std::{io, time::Duration};

use tokio::{sync::oneshot, time::timeout};

use super::{FileAsk, Shared, source::Why};
use crate::{
    files::Blob,
    net::BlobStream,
    wire::{
        id::PeerId,
        mailbox::{KeptBlob, Refusal, RelayReply, RelayRequest},
    },
};

/// Somebody who may have a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::node) struct Holder {
    pub(in crate::node) peer: PeerId,
    pub(in crate::node) is_relay: bool,
}

/// Why a relay does not keep a file.
#[derive(Debug)]
pub(super) enum Unkept {
    /// It says no.
    Refused(Refusal),
    /// It keeps no files at all, or has not let this connection in yet.
    Unable,
    /// It went away, or makes no sense.
    Broke,
    /// Nobody waits for the file any more.
    Unwanted,
}

impl From<io::Error> for Unkept {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::Unsupported => Self::Unable,
            _ => Self::Broke,
        }
    }
}

impl Shared {
    /// Opens a stream to somebody who may have a file.
    pub(super) async fn open(&self, holder: Holder, blob: [u8; 32]) -> Result<BlobStream, Why> {
        let blobs = self.blobs.as_ref().ok_or(Why::Nothing)?;
        if !holder.is_relay {
            return Ok(blobs.open(holder.peer).await?);
        }
        let requests = self.requests(holder.peer, blob, None).await;
        if requests.is_empty() {
            return Err(Why::Nothing);
        }
        let opened = blobs.open_kept(holder.peer).await;
        let mut stream = opened.map_err(|error| match error.kind() {
            io::ErrorKind::Unsupported => Why::Nothing,
            _ => Why::Broke,
        })?;
        for request in requests {
            let reply = timeout(PATIENCE, stream.knock(&request)).await;
            match reply.map_err(|_| Why::Broke)?? {
                RelayReply::Blob(_) => return Ok(stream),
                RelayReply::Refused(_) => {}
                _ => return Err(Why::Lied),
            }
        }
        Err(Why::Nothing)
    }

    /// Opens a stream to a relay that shall keep a file: what it has of it, and for how many it waits.
    pub(super) async fn open_to_put(
        &self,
        relay: PeerId,
        blob: &Blob,
    ) -> Result<(BlobStream, KeptBlob, u8), Unkept> {
        let blobs = self.blobs.as_ref().ok_or(Unkept::Broke)?;
        let put = Some((blob.shape().size(), blob.pages().to_vec()));
        let requests = self.requests(relay, blob.id(), put).await;
        let request = requests.into_iter().next().ok_or(Unkept::Broke)?;
        let readers = match &request {
            RelayRequest::BlobPut(put) => put.readers,
            _ => 0,
        };
        let mut stream = blobs.open_kept(relay).await?;
        let reply = timeout(PATIENCE, stream.knock(&request)).await;
        match reply.map_err(|_| Unkept::Broke)?? {
            RelayReply::Blob(kept) => Ok((stream, kept, readers)),
            RelayReply::Refused(refusal) => Err(Unkept::Refused(refusal)),
            _ => Err(Unkept::Broke),
        }
    }

    /// What opens a file at a relay, signed for this connection. A node that ends signs nothing.
    pub(super) async fn requests(
        &self,
        relay: PeerId,
        blob: [u8; 32],
        put: Option<(u64, Vec<u8>)>,
    ) -> Vec<RelayRequest> {
        let (answer, answered) = oneshot::channel();
        let ask = FileAsk::Requests {
            relay,
            blob,
            put,
            answer,
        };
        let _ = self.asks.send(ask).await;
        answered.await.unwrap_or_default()
    }
}

/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
