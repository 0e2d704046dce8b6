//! The thread that owns the database.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::{Quotas, boxes::Mailboxes, rows::Leased};
use crate::{
    disk::{files, tree::DiskError},
    relay::{RelayError, stats::Stats},
    wire::{
        id::{FrameId, PeerId, TopicKey},
        limits,
        mailbox::{Fetch, Mailbox, PutStatus, ReaderId, Refusal},
    },
};

/// What is asked of it; `T` says for whom.
pub(in crate::relay) enum Ask<T> {
    /// Keep what a topic carries.
    Lease {
        ticket: T,
        client: PeerId,
        topic: TopicKey,
        ttl_ms: u64,
        readers: u8,
    },
    /// No longer for this client.
    Release { client: PeerId, topic: TopicKey },
    /// Keep frames, which were checked from outside; none for one that did not pass.
    Put {
        ticket: T,
        frames: Vec<Option<(TopicKey, FrameId, Vec<u8>)>>,
    },
    /// Keep a frame that gossip brought.
    Heard {
        topic: TopicKey,
        id: FrameId,
        frame: Vec<u8>,
    },
    /// Give what came on topics.
    Fetch { ticket: T, topics: Vec<Fetch> },
    /// A reader has what came up to a place.
    Ack {
        ticket: T,
        topic: TopicKey,
        reader: ReaderId,
        upto: u64,
    },
}

/// What it says.
pub(in crate::relay) enum Answer<T> {
    /// Until when a topic is kept.
    Leased(T, u64),
    /// What became of each frame, the ids of those that are here, and until when all of these are held.
    Put(T, Vec<PutStatus>, Vec<FrameId>, u64),
    /// What came on topics.
    Fetched(T, Vec<Fetch>, Vec<Mailbox>),
    /// It is noted.
    Acked(T),
    /// No.
    Refused(T, Refusal),
    /// There is something new on topics.
    News(Vec<TopicKey>),
}

/// The way to the thread.
pub(in crate::relay) struct Keeper<T> {
    asks: Option<SyncSender<Ask<T>>>,
    thread: Option<JoinHandle<()>>,
    instance: [u8; 16],
}

pub(super) struct Work<T> {
    pub(super) directory: PathBuf,
    pub(super) quotas: Quotas,
    pub(super) now: fn() -> u64,
    pub(super) boxes: Option<Mailboxes>,
    pub(super) answers: mpsc::Sender<Answer<T>>,
    pub(super) stats: Arc<Stats>,
    pub(super) is_low: bool,
    /// Frames refused for want of room since it was last said.
    pub(super) refused: u64,
    /// When it is looked again for what has expired, or whether the database opens.
    pub(super) tidy_at: Instant,
}

/// What is answered once the commit is done.
enum After<T> {
    Say(Answer<T>),
    Fetch(T, Vec<Fetch>),
}

impl<T: Send + 'static> Keeper<T> {
    /// Opens the database and starts the thread. Its answers have to be taken until it has ended.
    pub(in crate::relay) fn start(
        directory: &Path,
        quotas: Quotas,
        now: fn() -> u64,
        stats: Arc<Stats>,
    ) -> Result<(Self, mpsc::Receiver<Answer<T>>), RelayError> {
        let failed = |reason: String| RelayError::Mailboxes {
            path: directory.to_owned(),
            reason,
        };
        let boxes = Mailboxes::open(directory, quotas).map_err(|e| failed(e.to_string()))?;
        let instance = boxes.instance();
        let (answers, answered) = mpsc::channel(ANSWERS);
        let (asks, asked) = sync_channel(QUEUE);
        let mut work = Work {
            directory: directory.to_owned(),
            quotas,
            now,
            boxes: Some(boxes),
            answers,
            stats,
            is_low: false,
            refused: 0,
            tidy_at: Instant::now(),
        };
        let run = move || work.run(&asked);
        let thread = thread::Builder::new().name("mailboxes".into()).spawn(run);
        let keeper = Self {
            asks: Some(asks),
            thread: Some(thread.map_err(|e| failed(e.to_string()))?),
            instance,
        };
        Ok((keeper, answered))
    }

    /// Which database it is.
    pub(in crate::relay) fn instance(&self) -> [u8; 16] {
        self.instance
    }

    /// Asks for something, unless too much is asked already.
    pub(in crate::relay) fn ask(&self, ask: Ask<T>) -> Result<(), Ask<T>> {
        let Some(asks) = &self.asks else {
            return Err(ask);
        };
        asks.try_send(ask).map_err(|e| match e {
            TrySendError::Full(ask) | TrySendError::Disconnected(ask) => ask,
        })
    }

    /// Lets it do what it was asked for, and close the database.
    pub(in crate::relay) fn stop(mut self) {
        self.asks = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl<T> Work<T> {
    fn run(&mut self, asked: &Receiver<Ask<T>>) {
        self.stats.keeps.set(1);
        self.tell_stats();
        loop {
            let wait = self.tidy_at.saturating_duration_since(Instant::now());
            match asked.recv_timeout(wait) {
                Ok(first) => self.turn(first, asked),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= self.tidy_at {
                self.tidy();
            }
        }
    }

    /// Does all that was asked, up to a bound, with one commit.
    pub(super) fn turn(&mut self, first: Ask<T>, asked: &Receiver<Ask<T>>) {
        let mut batch = vec![first];
        while batch.len() < limits::BATCH
            && let Ok(ask) = asked.try_recv()
        {
            batch.push(ask);
        }
        let room = self.has_room();
        let now = (self.now)();
        let mut after = Vec::new();
        let mut news = Vec::new();
        let Some(boxes) = &mut self.boxes else {
            for ask in batch {
                self.refuse(ask);
            }
            return;
        };
        let mut failed = None;
        for ask in batch {
            if failed.is_some() {
                after.extend(refused(ask).map(After::Say));
                continue;
            }
            match take(boxes, ask, (now, room), &mut news) {
                Ok(then) => after.extend(then),
                Err((then, error)) => {
                    after.extend(then.map(After::Say));
                    failed = Some(error);
                }
            }
        }
        let began = Instant::now();
        let is_changed = boxes.is_changed();
        let committed = match failed {
            Some(error) => Err(error),
            None => boxes.commit(),
        };
        match committed {
            Ok(()) => {
                if is_changed {
                    self.stats.committed(began.elapsed());
                }
                for then in after {
                    self.say(then);
                }
                if !news.is_empty() {
                    let _ = self.answers.blocking_send(Answer::News(news));
                }
                self.tell_stats();
            }
            Err(error) => self.broken(after, &error),
        }
    }

    fn say(&mut self, then: After<T>) {
        if let After::Say(Answer::Put(_, statuses, ..)) = &then {
            let full = statuses.iter().filter(|it| **it == PutStatus::Full).count();
            self.refused = self
                .refused
                .saturating_add(u64::try_from(full).unwrap_or(0));
        }
        let answer = match then {
            After::Say(answer) => answer,
            After::Fetch(ticket, topics) => self.fetch(ticket, topics),
        };
        // The server may have ended.
        let _ = self.answers.blocking_send(answer);
    }

    fn fetch(&mut self, ticket: T, topics: Vec<Fetch>) -> Answer<T> {
        let Some(boxes) = &self.boxes else {
            return Answer::Refused(ticket, Refusal::Full);
        };
        let mut budget = limits::RELAY_FRAMES;
        let mut found = Vec::new();
        for fetch in &topics {
            if budget == 0 {
                break;
            }
            match boxes.fetch(fetch, &mut budget) {
                Ok(mailbox) => found.extend(mailbox),
                Err(error) => {
                    tracing::error!(%error, "mailboxes cannot be read");
                    self.boxes = None;
                    return Answer::Refused(ticket, Refusal::Full);
                }
            }
        }
        Answer::Fetched(ticket, topics, found)
    }

    /// The disk refused. Nothing of the batch is promised, and the database is opened again.
    fn broken(&mut self, after: Vec<After<T>>, error: &DiskError) {
        tracing::error!(%error, "mailboxes take nothing until the disk is well");
        self.boxes = None;
        for then in after {
            let ticket = match then {
                After::Fetch(ticket, _)
                | After::Say(
                    Answer::Leased(ticket, ..)
                    | Answer::Put(ticket, ..)
                    | Answer::Fetched(ticket, ..)
                    | Answer::Acked(ticket)
                    | Answer::Refused(ticket, _),
                ) => ticket,
                After::Say(Answer::News(_)) => continue,
            };
            let _ = self
                .answers
                .blocking_send(Answer::Refused(ticket, Refusal::Full));
        }
        self.tell_stats();
    }

    fn refuse(&self, ask: Ask<T>) {
        if let Some(answer) = refused(ask) {
            let _ = self.answers.blocking_send(answer);
        }
    }

    /// Whether the disk has room for a batch beside what is to be left free.
    fn has_room(&mut self) -> bool {
        let free = files::free_space(&self.directory).unwrap_or(0);
        self.stats.disk_free.set(free);
        let is_low = free < self.quotas.min_free.saturating_add(BATCH_ROOM);
        self.stats.is_low.set(u64::from(is_low));
        if is_low != std::mem::replace(&mut self.is_low, is_low) {
            if is_low {
                tracing::warn!(
                    free,
                    "the disk is low: nothing more is kept until there is room"
                );
            } else {
                tracing::info!(free, "the disk has room again");
            }
        }
        !is_low
    }

    /// Takes out what has expired, or opens a database that was broken.
    pub(super) fn tidy(&mut self) {
        self.tidy_at = Instant::now() + TIDY;
        self.has_room();
        let refused = std::mem::take(&mut self.refused);
        if refused > 0 {
            tracing::info!(
                refused,
                "frames were refused, because a quota is used up or the disk is low"
            );
        }
        if self.boxes.is_none() {
            match Mailboxes::open(&self.directory, self.quotas) {
                Ok(boxes) => {
                    tracing::info!("mailboxes are open again");
                    self.boxes = Some(boxes);
                }
                Err(error) => tracing::warn!(%error, "mailboxes do not open"),
            }
        }
        let now = (self.now)();
        if let Some(boxes) = &mut self.boxes
            && let Err(error) = boxes.expire(now).and_then(|()| boxes.commit())
        {
            self.broken(Vec::new(), &error);
        }
        self.tell_stats();
    }

    fn tell_stats(&self) {
        let counts = self.boxes.as_ref().map(Mailboxes::counts);
        let (topics, frames, bytes) = counts.unwrap_or_default();
        self.stats.mailboxes.set(topics);
        self.stats.frames.set(frames);
        self.stats.bytes.set(bytes);
        self.stats.is_open.set(u64::from(counts.is_some()));
    }
}

/// The answer to an ask that cannot be done now, if it wants one.
fn refused<T>(ask: Ask<T>) -> Option<Answer<T>> {
    match ask {
        Ask::Lease { ticket, .. }
        | Ask::Put { ticket, .. }
        | Ask::Fetch { ticket, .. }
        | Ask::Ack { ticket, .. } => Some(Answer::Refused(ticket, Refusal::Full)),
        Ask::Release { .. } | Ask::Heard { .. } => None,
    }
}

type Taken<T> = Result<Option<After<T>>, (Option<Answer<T>>, DiskError)>;

/// Stages what was asked.
fn take<T>(
    boxes: &mut Mailboxes,
    ask: Ask<T>,
    (now, room): (u64, bool),
    news: &mut Vec<TopicKey>,
) -> Taken<T> {
    let full = |ticket| After::Say(Answer::Refused(ticket, Refusal::Full));
    Ok(Some(match ask {
        Ask::Lease {
            ticket,
            client,
            topic,
            ttl_ms,
            readers,
        } => {
            let until = now.saturating_add(ttl_ms);
            let wanted = Leased { until, readers };
            let leased = room.then(|| boxes.lease(client, topic, wanted, now));
            match leased {
                Some(Ok(until)) => After::Say(Answer::Leased(ticket, until)),
                Some(Err(_)) | None => full(ticket),
            }
        }
        Ask::Release { client, topic } => {
            boxes.release(client, topic);
            return Ok(None);
        }
        Ask::Put { ticket, frames } => {
            let mut statuses = Vec::with_capacity(frames.len());
            let (mut held, mut until) = (Vec::new(), u64::MAX);
            for frame in frames {
                let Some((topic, id, bytes)) = frame else {
                    statuses.push(PutStatus::Invalid);
                    continue;
                };
                let (status, kept) = match boxes.put(topic, id, &bytes, (now, room)) {
                    Ok(kept) => kept,
                    Err(error) => {
                        return Err((Some(Answer::Refused(ticket, Refusal::Full)), error));
                    }
                };
                if let Some(kept) = kept {
                    held.push(id);
                    until = until.min(kept);
                }
                if status == PutStatus::Stored {
                    news.push(topic);
                }
                statuses.push(status);
            }
            After::Say(Answer::Put(ticket, statuses, held, until))
        }
        Ask::Heard { topic, id, frame } => {
            let put = boxes.put(topic, id, &frame, (now, room));
            if put.map_err(|error| (None, error))?.0 == PutStatus::Stored {
                news.push(topic);
            }
            return Ok(None);
        }
        Ask::Fetch { ticket, topics } => After::Fetch(ticket, topics),
        Ask::Ack {
            ticket,
            topic,
            reader,
            upto,
        } => match boxes.ack(topic, reader, upto) {
            Ok(()) => After::Say(Answer::Acked(ticket)),
            Err(_) => full(ticket),
        },
    }))
}

/// Asks that wait. With the largest frames they are 64 MiB.
const QUEUE: usize = 256;

/// Answers that wait for the server: it hands them on while the thread waits.
pub(super) const ANSWERS: usize = 512;

/// More than one batch takes on disk.
const BATCH_ROOM: u64 = 64 << 20;

/// How often it is looked for what has expired.
const TIDY: Duration = Duration::from_secs(5);
