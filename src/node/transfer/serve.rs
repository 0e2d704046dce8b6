//! Giving files to others who may have them.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::{Guest, Shared, pace::Pace};
use crate::{
    files::Blob,
    net::{BlobStream, BlobsIn, Seats},
    node::view::{Transfer, TransferState},
    wire::{
        blob::{BlobReply, BlobRequest},
        id::PeerId,
    },
};

/// Takes the streams of others until the network ends.
pub(super) async fn serve(shared: Arc<Shared>, mut incoming: BlobsIn) {
    let seats = Seats::new(STREAMS, STREAMS_OF_PEER);
    let mut streams = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            next = incoming.next() => {
                let Some((peer, stream)) = next else { return };
                if let Some(seat) = seats.take(peer) {
                    let host = Host::new(Arc::clone(&shared), peer);
                    streams.spawn(async move {
                        let _seat = seat;
                        if let Err(error) = host.run(stream).await {
                            tracing::debug!(%peer, %error, "a stream of files ended");
                        }
                    });
                }
            }
            Some(_) = streams.join_next() => {}
        }
    }
}

/// One stream of one peer.
struct Host {
    shared: Arc<Shared>,
    peer: PeerId,
    /// The file that was last asked for, and until when it is certain that the peer may have it.
    known: Option<(Arc<Blob>, Guest, Instant)>,
    /// Bytes that were given of it, and when faces were last told of how many.
    given: u64,
    told: (u64, Instant),
}

impl Host {
    fn new(shared: Arc<Shared>, peer: PeerId) -> Self {
        Self {
            shared,
            peer,
            known: None,
            given: 0,
            told: (0, Instant::now()),
        }
    }

    async fn run(mut self, mut stream: BlobStream) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            let request = match timeout(IDLE, stream.asked()).await {
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Ok(request) => request?,
                Err(_) => return Ok(()),
            };
            if let BlobRequest::PutPage { .. } | BlobRequest::PutChunks { .. } = request {
                // Only relays keep what others put.
                return Err(io::ErrorKind::InvalidData.into());
            }
            let blob = self.blob(request.blob()).await;
            if let (Some(_), BlobRequest::Took { .. }) = (&blob, request) {
                self.tell(TransferState::Given);
                if let Some((blob, guest, _)) = &self.known {
                    let (id, person) = (blob.id(), guest.person);
                    self.shared.note_taken(id, person).await;
                }
            }
            let (reply, back) = answer(blob, request, buffer).await?;
            buffer = back;
            let pace: &Pace = &self.shared.pace;
            let answering = async {
                stream.answer(&reply).await?;
                if matches!(reply, BlobReply::Chunks { .. }) {
                    pace.pass(buffer.len()).await;
                    stream.give(&buffer).await?;
                }
                Ok::<_, io::Error>(())
            };
            // Who takes nothing is left.
            timeout(SLOWEST, answering)
                .await
                .map_err(|_| io::ErrorKind::TimedOut)??;
            if let BlobReply::Chunks { bytes } = reply {
                self.given += u64::from(bytes);
                if self.told.1.elapsed() >= TELL {
                    self.tell(TransferState::Giving);
                }
            }
        }
    }

    /// Tells faces how much was given on this stream.
    fn tell(&mut self, state: TransferState) {
        let Some((blob, guest, _)) = &self.known else {
            return;
        };
        if guest.is_listing {
            return;
        }
        let (before, at) = self.told;
        let ms = u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
        let rate = self.given.saturating_sub(before).saturating_mul(1000) / ms.max(1);
        self.told = (self.given, Instant::now());
        let size = blob.shape().size();
        self.shared.emit(Transfer {
            rate,
            person_id: Some(guest.person),
            ..Transfer::new((blob.id(), guest.chat), state, (self.given.min(size), size))
        });
    }

    /// A file, if the peer may have it.
    async fn blob(&mut self, id: [u8; 32]) -> Option<Arc<Blob>> {
        let now = Instant::now();
        if let Some((blob, _, until)) = &self.known
            && blob.id() == id
            && *until > now
        {
            return Some(Arc::clone(blob));
        }
        let before = self.known.take().map(|(blob, ..)| blob.id());
        let guest = self.shared.may_have(self.peer, id).await?;
        let shelf = self.shared.shelf.clone();
        let found = spawn_blocking(move || shelf.find(&id)).await.ok()?.ok()??;
        if before != Some(id) {
            self.given = 0;
            self.told = (0, now);
        }
        self.known = Some((Arc::clone(&found), guest, now + CERTAIN));
        Some(found)
    }
}

/// Reads what is asked for. The buffer goes there and back.
async fn answer(
    blob: Option<Arc<Blob>>,
    request: BlobRequest,
    mut buffer: Vec<u8>,
) -> io::Result<(BlobReply, Vec<u8>)> {
    let Some(blob) = blob else {
        return Ok((BlobReply::Refused, buffer));
    };
    let reading = spawn_blocking(move || {
        let reply = blob.answer(request, &mut buffer)?;
        Ok((reply, buffer))
    });
    reading.await.map_err(io::Error::other)?
}

/// Streams of others at once.
const STREAMS: usize = 48;

/// Streams of one peer at once.
const STREAMS_OF_PEER: usize = 6;

/// How long nothing may be asked on a stream.
const IDLE: Duration = Duration::from_mins(1);

/// How long one answer may take.
const SLOWEST: Duration = Duration::from_mins(1);

/// How often faces are told how much was given.
const TELL: Duration = Duration::from_millis(250);

/// How long it is believed that somebody may have a file.
const CERTAIN: Duration = Duration::from_secs(5);
