//! The streams over which files come and go.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, sleep_until, timeout},
};

use super::Shelf;
use crate::{
    blobs::{Blob, PutError},
    net::{BlobStream, Seat, Seats},
    wire::{
        blob::{BlobReply, BlobRequest},
        id::{PeerId, TopicKey},
        limits,
        mailbox::{ReaderId, Refusal, RelayReply, RelayRequest},
    },
};

/// Somebody wants a stream for something: may they?
pub(in crate::relay) struct Knock {
    pub(in crate::relay) peer: PeerId,
    pub(in crate::relay) request: RelayRequest,
    pub(in crate::relay) answer: oneshot::Sender<Result<(), Refusal>>,
}

/// Places for the streams of clients.
pub(in crate::relay) fn seats() -> Seats {
    Seats::new(STREAMS, STREAMS_OF_CLIENT)
}

/// One stream of one client.
pub(in crate::relay) struct Host {
    pub(in crate::relay) shelf: Shelf,
    pub(in crate::relay) peer: PeerId,
    pub(in crate::relay) knocks: mpsc::Sender<Knock>,
    pub(in crate::relay) seat: Seat,
}

/// What a stream is for.
struct Open {
    blob: Arc<Blob>,
    topic: TopicKey,
    /// Who reads; who puts has no name.
    reader: Option<ReaderId>,
}

impl Host {
    /// Answers until the client ends the stream, or does nothing for long.
    pub(in crate::relay) async fn run(self, mut stream: BlobStream) {
        if let Err(error) = self.try_run(&mut stream).await {
            tracing::debug!(peer = %self.peer, %error, "a stream of files ended");
        }
        drop(self.seat);
    }

    async fn try_run(&self, stream: &mut BlobStream) -> io::Result<()> {
        for _ in 0..KNOCKS {
            let request = timeout(FIRST_WORD, stream.knocked()).await??;
            let (reply, open) = match self.admit(request).await? {
                Ok((kept, open)) => (RelayReply::Blob(kept), open),
                Err(refusal) => {
                    self.shelf.stats().refused(refusal);
                    (RelayReply::Refused(refusal), None)
                }
            };
            timeout(SLOWEST, stream.reply(&reply)).await??;
            if let Some(open) = open {
                return self.serve(stream, &open).await;
            }
        }
        Ok(())
    }

    /// What is here of a file for somebody, if they may have it or put it.
    async fn admit(
        &self,
        request: RelayRequest,
    ) -> io::Result<Result<(crate::wire::mailbox::KeptBlob, Option<Open>), Refusal>> {
        let (answer, answered) = oneshot::channel();
        let knock = Knock {
            peer: self.peer,
            request: request.clone(),
            answer,
        };
        if self.knocks.try_send(knock).is_err() {
            return Ok(Err(Refusal::TooFast));
        }
        if let Err(refusal) = answered.await.map_err(io::Error::other)? {
            return Ok(Err(refusal));
        }
        let (shelf, client) = (self.shelf.clone(), self.peer);
        let found = spawn_blocking(move || match request {
            RelayRequest::BlobPut(put) => {
                let (kept, blob) = shelf.put(client, &put)?;
                let topic = put.topic;
                let open = blob.map(|blob| Open {
                    blob,
                    topic,
                    reader: None,
                });
                Ok((kept, open))
            }
            RelayRequest::BlobGet(get) => {
                let (kept, blob) = shelf.get(&get)?;
                let open = Open {
                    blob,
                    topic: get.topic,
                    reader: Some(get.reader),
                };
                Ok((kept, Some(open)))
            }
            _ => Err(Refusal::Unsupported),
        });
        found.await.map_err(io::Error::other)
    }

    async fn serve(&self, stream: &mut BlobStream, open: &Open) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut free_at = Instant::now();
        loop {
            let request = match timeout(IDLE, stream.asked()).await {
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Ok(request) => request?,
                Err(_) => return Ok(()),
            };
            if request.blob() != open.blob.id() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            // What is said to others at this relay comes first.
            sleep_until(free_at).await;
            let coming = incoming(open, request)?;
            if let Some(bytes) = coming {
                buffer.resize(bytes, 0);
                timeout(SLOWEST, stream.take(&mut buffer)).await??;
            }
            let (reply, back) = self.answer(open, request, buffer).await?;
            buffer = back;
            let moved = match (&reply, coming) {
                (BlobReply::Chunks { bytes }, _) => {
                    self.shelf.stats().file_bytes_out.add(u64::from(*bytes));
                    buffer.len()
                }
                (_, Some(bytes)) => {
                    let bytes = u64::try_from(bytes).unwrap_or(0);
                    self.shelf.stats().file_bytes_in.add(bytes);
                    buffer.len()
                }
                (_, None) => 0,
            };
            let took = Duration::from_micros(u64::try_from(moved).unwrap_or(0) / BYTES_US);
            free_at = free_at.max(Instant::now()) + took;
            let answering = async {
                stream.answer(&reply).await?;
                if matches!(reply, BlobReply::Chunks { .. }) {
                    stream.give(&buffer).await?;
                }
                Ok::<_, io::Error>(())
            };
            // Who takes nothing is left.
            timeout(SLOWEST, answering).await??;
        }
    }

    /// Does what is asked for. The buffer goes there and back.
    async fn answer(
        &self,
        open: &Open,
        request: BlobRequest,
        mut buffer: Vec<u8>,
    ) -> io::Result<(BlobReply, Vec<u8>)> {
        let shelf = self.shelf.clone();
        let (blob, topic, reader) = (Arc::clone(&open.blob), open.topic, open.reader);
        let working = spawn_blocking(move || {
            let reply = match request {
                BlobRequest::Took { .. } => {
                    if let Some(reader) = reader {
                        shelf.took(topic, blob.id(), reader)?;
                    }
                    BlobReply::Noted
                }
                BlobRequest::PutPage { .. } | BlobRequest::PutChunks { .. }
                    if !shelf.has_room() =>
                {
                    BlobReply::Refused
                }
                BlobRequest::PutPage { page, .. } => {
                    blob.put_page(page, &buffer).map_err(wrong)?;
                    BlobReply::Noted
                }
                BlobRequest::PutChunks { first, .. } => {
                    blob.put(first, &buffer).map_err(wrong)?;
                    if blob.is_unsure() {
                        blob.make_sure()?;
                    }
                    shelf.finish(topic, &blob)?;
                    BlobReply::Noted
                }
                BlobRequest::List { .. }
                | BlobRequest::Page { .. }
                | BlobRequest::Have { .. }
                | BlobRequest::Chunks { .. } => blob.answer(request, &mut buffer)?,
            };
            Ok((reply, buffer))
        });
        working.await.map_err(io::Error::other)?
    }
}

/// How many bytes follow a request as they are. Nobody puts who came to get.
fn incoming(open: &Open, request: BlobRequest) -> io::Result<Option<usize>> {
    let shape = open.blob.shape();
    let bytes = match request {
        BlobRequest::PutPage { page, .. } => shape.page_len(page),
        BlobRequest::PutChunks { first, count, .. } => shape.len(first, count.into()),
        BlobRequest::List { .. }
        | BlobRequest::Chunks { .. }
        | BlobRequest::Page { .. }
        | BlobRequest::Have { .. }
        | BlobRequest::Took { .. } => return Ok(None),
    };
    if bytes == 0 || open.reader.is_some() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Some(bytes))
}

/// What is not what its name says ends the stream.
fn wrong(error: PutError) -> io::Error {
    match error {
        PutError::Wrong => io::ErrorKind::InvalidData.into(),
        PutError::Disk(error) => error,
    }
}

/// Streams at once, of at most a MiB of memory each.
const STREAMS: usize = 32;

/// Streams of one client at once.
const STREAMS_OF_CLIENT: usize = 4;

/// How often one stream may be asked for: once for each topic that a chat may have had lately.
const KNOCKS: usize = limits::RELAYS * 4;

/// How long the first request may take.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// How long nothing may be asked on a stream.
const IDLE: Duration = Duration::from_mins(1);

/// How long one answer, or what follows a request, may take.
const SLOWEST: Duration = Duration::from_mins(1);

/// Bytes of one stream in a microsecond: 16 MB/s.
const BYTES_US: u64 = 16;
