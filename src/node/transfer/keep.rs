//! Having relays keep what was sent for those who are not there (ADR 0033).
//!
//! One file at a time, at a rate that leaves room for what is said; what a relay has is not given to it again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{Instant, sleep_until, timeout},
};

use super::{Away, Shared, door::Unkept, pace::Stretch};
use crate::{
    files::{Bits, Blob, Kept, Told},
    net::BlobStream,
    node::{
        PersonId, now,
        view::{Transfer, TransferState},
    },
    proto::record::FileRow,
    wire::{
        blob::{BlobReply, BlobRequest, page_of},
        id::PeerId,
        mailbox::Refusal,
    },
};

/// Files that somebody may lack.
pub(super) struct Keeping {
    jobs: Mutex<BTreeMap<[u8; 32], Job>>,
    changed: Notify,
}

#[derive(Clone, Copy)]
struct Job {
    due: Instant,
    tries: u32,
    /// When relays that keep it last said so.
    checked: Option<Instant>,
}

impl Job {
    /// Whether relays that keep it said so lately.
    fn is_fresh(&self) -> bool {
        self.checked.is_some_and(|at| at.elapsed() < CHECK)
    }
}

impl Keeping {
    pub(super) fn new() -> Self {
        Self {
            jobs: Mutex::new(BTreeMap::new()),
            changed: Notify::new(),
        }
    }

    /// Somebody may lack a file.
    pub(super) fn add(&self, blob: [u8; 32]) {
        let job = Job {
            due: Instant::now(),
            tries: 0,
            checked: None,
        };
        self.jobs().insert(blob, job);
        self.changed.notify_one();
    }

    /// Somebody came or went.
    fn hurry(&self) {
        let soon = Instant::now() + SOON;
        for job in self.jobs().values_mut() {
            (job.due, job.tries) = (job.due.min(soon), 0);
        }
    }

    fn next(&self) -> Option<([u8; 32], Job)> {
        let jobs = self.jobs();
        let next = jobs.iter().min_by_key(|(_, job)| job.due)?;
        Some((*next.0, *next.1))
    }

    /// A file was looked at: when it is to be looked at again, if ever.
    fn again(&self, blob: [u8; 32], again: Again) {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(&blob) else {
            return;
        };
        match again {
            Again::Never => {
                jobs.remove(&blob);
            }
            Again::In(wait) => {
                let now = Instant::now();
                (job.due, job.tries) = (now + wait, 0);
                if !job.is_fresh() {
                    job.checked = Some(now);
                }
            }
            Again::Failed => {
                let wait = FIRST_WAIT.saturating_mul(1 << job.tries.min(8));
                job.tries = job.tries.saturating_add(1);
                job.due = Instant::now() + wait.min(LONGEST_WAIT);
            }
        }
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a file is to be looked at again.
#[derive(Clone, Copy)]
enum Again {
    Never,
    In(Duration),
    Failed,
}

/// Looks after what was sent until the node ends.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut peers = shared.peers.subscribe();
    loop {
        let next = shared.keeping.next();
        let due = next.map_or_else(|| Instant::now() + LONGEST_WAIT, |(_, job)| job.due);
        tokio::select! {
            () = shared.keeping.changed.notified() => continue,
            changed = peers.changed() => {
                if changed.is_err() {
                    return;
                }
                shared.keeping.hurry();
                continue;
            }
            () = sleep_until(due) => {}
        }
        if let Some((blob, job)) = next {
            let again = look_after(&shared, blob, job.is_fresh()).await;
            shared.keeping.again(blob, again);
        }
    }
}

/// Has a file kept, if somebody lacks it who is not there. `is_fresh`: relays that keep it said so lately.
async fn look_after(shared: &Arc<Shared>, id: [u8; 32], is_fresh: bool) -> Again {
    // A message that is gone takes its file along.
    let Some(away) = shared.away(id).await else {
        return Again::Never;
    };
    let time = now().0;
    let (mut lacks_one, mut is_away) = (false, false);
    let before = shared.shelf.told(&id).map(|told| told.lacks);
    let told = shared.note(id, {
        let people = away.people.clone();
        move |told| {
            told.lacks = people.iter().map(|(person, _)| *person).collect();
            told.lacks.retain(|person| !told.took.contains(person));
            told.kept.retain(|kept| kept.until > time);
        }
    });
    let Some(told) = told.await else {
        return Again::Failed;
    };
    for (person, is_there) in &away.people {
        if told.lacks.contains(person) {
            (lacks_one, is_away) = (true, is_away || !is_there);
        }
    }
    let age = Duration::from_millis(time.saturating_sub(told.since));
    if !lacks_one || age > GIVEN_UP {
        return Again::Never;
    }
    if !is_away && age < PATIENT {
        return Again::In(PATIENT.saturating_sub(age));
    }
    let shelf = shared.shelf.clone();
    let found = spawn_blocking(move || shelf.find(&id)).await;
    let Ok(Ok(Some(blob))) = found else {
        return Again::Failed;
    };
    let mut problem = None;
    let mut is_kept = !told.kept.is_empty();
    let mut again = Again::In(CHECK);
    if away.relays.is_empty() {
        // They may be on their way.
        again = Again::Failed;
    }
    for relay in away.relays {
        if is_fresh && told.kept.iter().any(|kept| kept.relay == relay) {
            continue;
        }
        match keep_at(shared, &away.row, &blob, relay, &told).await {
            Ok(()) => is_kept = true,
            Err(Unkept::Unwanted) => return Again::Never,
            Err(Unkept::Refused(refusal)) => {
                problem = Some(refused(relay, refusal));
                again = Again::Failed;
            }
            Err(Unkept::Broke | Unkept::Unable) => again = Again::Failed,
        }
    }
    let is_news = !is_kept && before.as_ref() != Some(&told.lacks);
    if (problem.is_some() || is_news) && !away.row.is_listing {
        let row = away.row;
        shared.emit(Transfer {
            problem,
            waiting_for: told.lacks,
            // All of it is here.
            ..Transfer::new((id, row.chat), TransferState::Waiting, (row.size, row.size))
        });
    }
    again
}

/// Has one relay keep a file, or learns from it that all have it.
async fn keep_at(
    shared: &Arc<Shared>,
    row: &FileRow,
    blob: &Arc<Blob>,
    relay: PeerId,
    before: &Told,
) -> Result<(), Unkept> {
    let (mut stream, kept, readers) = shared.open_to_put(relay, blob).await?;
    if readers > 0 && kept.taken >= readers {
        stream.close().await;
        for person in &before.lacks {
            shared.took(row, *person).await;
        }
        return Err(Unkept::Unwanted);
    }
    let is_news = !before.kept.iter().any(|it| it.relay == relay);
    if !kept.have.is_empty() {
        let have = Bits::read(blob.shape().chunks(), &kept.have).ok_or(Unkept::Broke)?;
        give(shared, row, blob, (&mut stream, have)).await?;
    }
    stream.close().await;
    let until = kept.until;
    let noted = shared.note(row.blob, move |told| {
        told.kept.retain(|kept| kept.relay != relay);
        told.kept.push(Kept { relay, until });
    });
    let told = noted.await.ok_or(Unkept::Broke)?;
    if (is_news || !kept.have.is_empty()) && !row.is_listing {
        let done = (row.size, row.size);
        shared.emit(Transfer {
            until: Some(until),
            waiting_for: told.lacks,
            ..Transfer::new((row.blob, row.chat), TransferState::Kept, done)
        });
    }
    Ok(())
}

/// Gives a relay what it has not of a file. When this returns all of it is on the relay's disk.
async fn give(
    shared: &Arc<Shared>,
    row: &FileRow,
    blob: &Arc<Blob>,
    (stream, mut have): (&mut BlobStream, Bits),
) -> Result<(), Unkept> {
    let id = blob.id();
    let mut stretch = Stretch::new();
    let (mut told_at, mut page) = (Instant::now(), None);
    let mut buffer = Vec::new();
    let mut first = 0;
    while let Some(missing) = (first..have.size()).find(|chunk| !have.has(*chunk)) {
        let is_wanted = shared
            .shelf
            .told(&id)
            .is_some_and(|told| !told.lacks.is_empty());
        if !is_wanted {
            return Err(Unkept::Unwanted);
        }
        first = missing;
        let of = page_of(first);
        let same = |chunk: &u32| page_of(*chunk) == of && !have.has(*chunk);
        let most = usize::try_from(stretch.chunks()).unwrap_or(1);
        let run = (first..have.size()).take_while(same).take(most).count();
        let count = u16::try_from(run).unwrap_or(1);
        let read = Arc::clone(blob);
        let is_new = page != Some(of);
        let reading = spawn_blocking(move || {
            let hashes = if is_new { read.page(of)? } else { None };
            let is_here = read.read(first, count.into(), &mut buffer)?;
            Ok::<_, std::io::Error>((hashes, is_here, buffer))
        });
        let (hashes, is_here, back) = reading.await.map_err(|_| Unkept::Broke)??;
        buffer = back;
        if !is_here {
            return Err(Unkept::Unwanted);
        }
        if let Some(hashes) = hashes {
            put(
                stream,
                &BlobRequest::PutPage { blob: id, page: of },
                &hashes,
            )
            .await?;
            page = Some(of);
        }
        shared.keep_pace.pass(buffer.len()).await;
        shared.pace.pass(buffer.len()).await;
        let began = Instant::now();
        let request = BlobRequest::PutChunks {
            blob: id,
            first,
            count,
        };
        put(stream, &request, &buffer).await?;
        stretch.took(count.into(), Duration::ZERO, began.elapsed());
        for chunk in first..first + u32::from(count) {
            have.set(chunk);
        }
        if told_at.elapsed() >= TELL {
            told_at = Instant::now();
            let given = blob.shape().offset(have.count());
            let lacks = shared.shelf.told(&id).unwrap_or_default().lacks;
            if !row.is_listing {
                let have = (given.min(row.size), row.size);
                shared.emit(Transfer {
                    waiting_for: lacks,
                    ..Transfer::new((id, row.chat), TransferState::Keeping, have)
                });
            }
        }
    }
    stream.ask(&BlobRequest::Have { blob: id }).await?;
    match timeout(SLOWEST, stream.answered()).await {
        Ok(Ok(BlobReply::Have(bits))) if bits.is_empty() => Ok(()),
        _ => Err(Unkept::Broke),
    }
}

/// Gives a piece, and waits until it is taken.
async fn put(stream: &mut BlobStream, request: &BlobRequest, bytes: &[u8]) -> Result<(), Unkept> {
    let putting = async {
        stream.ask(request).await?;
        stream.give(bytes).await?;
        stream.answered().await
    };
    match timeout(SLOWEST, putting).await {
        Ok(Ok(BlobReply::Noted)) => Ok(()),
        Ok(Ok(BlobReply::Refused)) => Err(Unkept::Refused(Refusal::Full)),
        _ => Err(Unkept::Broke),
    }
}

impl Shared {
    /// Notes something of a file that was sent; what is known then.
    async fn note(
        &self,
        blob: [u8; 32],
        change: impl FnOnce(&mut Told) + Send + 'static,
    ) -> Option<Told> {
        let shelf = self.shelf.clone();
        let noted = spawn_blocking(move || shelf.tell(&blob, change))
            .await
            .ok()?;
        match noted {
            Ok(told) => told,
            Err(error) => {
                tracing::warn!(%error, "who has a file could not be noted");
                None
            }
        }
    }

    /// Somebody has all of a file that we sent.
    pub(super) async fn took(&self, row: &FileRow, person: PersonId) {
        self.note(row.blob, move |told| told.took(person)).await;
        if !row.is_listing {
            self.emit(Transfer {
                person_id: Some(person),
                ..Transfer::new(
                    (row.blob, row.chat),
                    TransferState::Given,
                    (row.size, row.size),
                )
            });
        }
    }

    /// Who a file that we sent is for, and who keeps it.
    async fn away(&self, blob: [u8; 32]) -> Option<Away> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.asks
            .send(super::FileAsk::Away { blob, answer })
            .await
            .ok()?;
        answered.await.ok()?
    }

    /// Somebody has told us on a stream that they have a file.
    pub(super) async fn note_taken(&self, blob: [u8; 32], person: PersonId) {
        if self.shelf.told(&blob).is_some() {
            self.note(blob, move |told| told.took(person)).await;
        }
    }
}

fn refused(relay: PeerId, refusal: Refusal) -> String {
    let why = match refusal {
        Refusal::Full => "has no room for it",
        Refusal::TooLarge => "keeps no files as large as this",
        Refusal::TooFast => "is busy",
        Refusal::NotAllowed | Refusal::NotHere => "does not keep what is said here",
        Refusal::Unsupported => "keeps no files",
    };
    format!("The relay {relay} {why}. The file waits here, and goes when you are both there.")
}

/// When it is looked again after somebody came or went.
const SOON: Duration = Duration::from_secs(2);

/// Who is there has so long to take a file before relays keep it.
const PATIENT: Duration = Duration::from_mins(5);

/// How often relays that keep a file are asked whether all have it.
const CHECK: Duration = Duration::from_mins(10);

/// What nobody took for so long is kept for nobody: the message does not wait longer either.
const GIVEN_UP: Duration = Duration::from_hours(14 * 24);

const FIRST_WAIT: Duration = Duration::from_secs(5);

const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// How long one piece may take.
const SLOWEST: Duration = Duration::from_mins(1);

const TELL: Duration = Duration::from_millis(250);
