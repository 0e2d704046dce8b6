//! Fetching from one peer.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep, timeout},
};

use super::{
    Shared,
    door::Holder,
    pace::Stretch,
    plan::{Next, Plan, Range},
};
use crate::{
    files::{Bits, Blob, PutError},
    net::BlobStream,
    wire::{
        blob::{BlobReply, BlobRequest, page_of},
        id::PeerId,
    },
};

/// Why nothing more comes from a peer.
#[derive(Debug)]
pub(super) enum Why {
    /// All is here.
    Done,
    /// It has nothing for us, or no more.
    Nothing,
    /// It said what no honest holder says.
    Lied,
    /// The stream broke, or it took too long.
    Broke,
    /// Our own disk refuses.
    Disk(io::Error),
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Lied,
            _ => Self::Broke,
        }
    }
}

/// A file that is being fetched.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) shared: Arc<Shared>,
    pub(super) blob: Arc<Blob>,
    pub(super) plan: Arc<Mutex<Plan>>,
    pub(super) start: Instant,
}

/// One thing that was asked for.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Page(u32),
    Chunks(Range),
}

/// A range on its way to the disk.
type Storing = JoinHandle<(Vec<u8>, Range, Result<u32, PutError>)>;

impl Work {
    /// Fetches from a peer until there is nothing more to fetch from it.
    pub(super) async fn draw(self, holder: Holder) -> Why {
        let peer = holder.peer;
        let why = self.try_draw(holder).await.unwrap_or_else(|why| why);
        self.plan().lost(&peer);
        why
    }

    async fn try_draw(&self, holder: Holder) -> Result<Why, Why> {
        let peer = holder.peer;
        let mut stream = self.shared.open(holder, self.blob.id()).await?;
        let mut is_part = self.learn(&mut stream, peer).await?;
        let mut asked: VecDeque<Asked> = VecDeque::new();
        let mut storing: Option<Storing> = None;
        let mut spare = Vec::new();
        let mut stretch = Stretch::new();
        loop {
            let next = self.ask(&mut stream, (peer, stretch), &mut asked).await?;
            let Some(first) = asked.pop_front() else {
                if let Some(task) = storing.take() {
                    spare = self.stored(task).await?;
                    continue;
                }
                if next == Next::Done {
                    let took = BlobRequest::Took {
                        blob: self.blob.id(),
                    };
                    stream.ask(&took).await?;
                    let _ = timeout(LAST_WORD, stream.answered()).await;
                    stream.close().await;
                    return Ok(Why::Done);
                }
                sleep(LATER).await;
                if is_part {
                    is_part = self.learn(&mut stream, peer).await?;
                }
                continue;
            };
            match first {
                Asked::Page(page) => self.take_page(&mut stream, page).await?,
                Asked::Chunks(range) => {
                    let mut buffer = std::mem::take(&mut spare);
                    let (idle, time) = self.take_chunks(&mut stream, range, &mut buffer).await?;
                    stretch.took(range.count, idle, time);
                    if let Some(task) = storing.take() {
                        spare = self.stored(task).await?;
                    }
                    let blob = Arc::clone(&self.blob);
                    storing = Some(spawn_blocking(move || {
                        let result = blob.put(range.first, &buffer);
                        (buffer, range, result)
                    }));
                }
            }
        }
    }

    /// Asks for more, until enough is asked for.
    async fn ask(
        &self,
        stream: &mut BlobStream,
        (peer, stretch): (PeerId, Stretch),
        asked: &mut VecDeque<Asked>,
    ) -> Result<Next, Why> {
        let mut next = Next::Later;
        while asked.len() < stretch.requests() {
            let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
            next = self.plan().next(peer, stretch.chunks(), now);
            let Next::Ask(range) = next else {
                break;
            };
            let blob = self.blob.id();
            let page = page_of(range.first);
            if !self.blob.knows(page) {
                stream.ask(&BlobRequest::Page { blob, page }).await?;
                asked.push_back(Asked::Page(page));
            }
            let count = u16::try_from(range.count).unwrap_or(1);
            let first = range.first;
            let request = BlobRequest::Chunks { blob, first, count };
            stream.ask(&request).await?;
            asked.push_back(Asked::Chunks(range));
        }
        Ok(next)
    }

    /// Learns what the peer has; whether that is only a part.
    async fn learn(&self, stream: &mut BlobStream, peer: PeerId) -> Result<bool, Why> {
        let blob = self.blob.id();
        stream.ask(&BlobRequest::Have { blob }).await?;
        let bits = match answer(stream).await? {
            BlobReply::Have(bits) => bits,
            BlobReply::Refused => return Err(Why::Nothing),
            _ => return Err(Why::Lied),
        };
        if bits.is_empty() {
            self.plan().has(peer, None);
            return Ok(false);
        }
        let bits = Bits::read(self.blob.shape().chunks(), &bits).ok_or(Why::Lied)?;
        self.plan().has(peer, Some(bits));
        Ok(true)
    }

    async fn take_page(&self, stream: &mut BlobStream, page: u32) -> Result<(), Why> {
        let hashes = match answer(stream).await? {
            BlobReply::Page(hashes) => hashes,
            BlobReply::Refused => return Err(Why::Nothing),
            _ => return Err(Why::Lied),
        };
        let blob = Arc::clone(&self.blob);
        let put = spawn_blocking(move || blob.put_page(page, &hashes)).await;
        put.map_err(|_| Why::Broke)?.map_err(refused)
    }

    /// Takes the bytes of a range; how long nothing came, and how long they took from first to last.
    async fn take_chunks(
        &self,
        stream: &mut BlobStream,
        range: Range,
        buffer: &mut Vec<u8>,
    ) -> Result<(Duration, Duration), Why> {
        let wanted = self.blob.shape().len(range.first, range.count);
        let waiting = Instant::now();
        match answer(stream).await? {
            BlobReply::Chunks { bytes } if usize::try_from(bytes) == Ok(wanted) => {}
            BlobReply::Refused => return Err(Why::Nothing),
            _ => return Err(Why::Lied),
        }
        buffer.resize(wanted, 0);
        let idle = waiting.elapsed();
        let began = Instant::now();
        let taken = timeout(SLOWEST, stream.take(buffer)).await;
        taken.map_err(|_| Why::Broke)??;
        let time = began.elapsed();
        self.shared.pace.pass(wanted).await;
        Ok((idle, time))
    }

    /// Waits until a range is kept. Its buffer.
    async fn stored(&self, task: Storing) -> Result<Vec<u8>, Why> {
        let (buffer, range, result) = task.await.map_err(|_| Why::Broke)?;
        result.map_err(refused)?;
        self.plan().took(range);
        if self.blob.is_unsure() {
            let blob = Arc::clone(&self.blob);
            // Beside what comes meanwhile. What it could not note is looked at after a start.
            drop(spawn_blocking(move || blob.make_sure()));
        }
        Ok(buffer)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(stream: &mut BlobStream) -> Result<BlobReply, Why> {
    let reply = timeout(PATIENCE, stream.answered()).await;
    Ok(reply.map_err(|_| Why::Broke)??)
}

fn refused(error: PutError) -> Why {
    match error {
        PutError::Wrong => Why::Lied,
        PutError::Disk(error) => Why::Disk(error),
    }
}

/// Asks a peer for the list of a file.
pub(super) async fn list(
    shared: &Shared,
    holder: Holder,
    blob: [u8; 32],
) -> Result<(u64, Vec<u8>), Why> {
    let mut stream = shared.open(holder, blob).await?;
    stream.ask(&BlobRequest::List { blob }).await?;
    // Others wait for it.
    let reply = timeout(FIRST_WORD, stream.answered()).await;
    let reply = reply.map_err(|_| Why::Broke)??;
    stream.close().await;
    match reply {
        BlobReply::List { size, pages } => Ok((size, pages.into())),
        BlobReply::Refused => Err(Why::Nothing),
        _ => Err(Why::Lied),
    }
}

/// How long the list of a file may take.
const FIRST_WORD: Duration = Duration::from_secs(6);

/// How long the beginning of an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a range may take.
const SLOWEST: Duration = Duration::from_secs(30);

/// When to look again whether a peer has more.
const LATER: Duration = Duration::from_millis(200);

/// How long the last answer may take, on which nothing depends.
const LAST_WORD: Duration = Duration::from_secs(2);
