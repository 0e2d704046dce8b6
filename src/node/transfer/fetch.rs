//! Fetching one file, from whoever has it, until it is here.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{Instant, interval, sleep_until, timeout},
};

use super::{
    Shared,
    door::Holder,
    plan::Plan,
    slots::Slot,
    source::{Why, Work, list},
};
use crate::{
    files::{Blob, SealError},
    node::view::TransferState,
    proto::record::FileRow,
    wire::{blob::Shape, id::PeerId},
};

/// Why fetching ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is here.
    Whole,
    /// Nobody had it for a while, and others wait for their turn.
    Later,
    /// Nobody wants it any more.
    Unwanted,
    /// It cannot be had now, and why.
    Halted(String),
}

/// Fetches a file, until it is here, or something has to change before it can be.
pub(super) async fn fetch(shared: Arc<Shared>, row: FileRow) -> Outcome {
    let mut fetching = Fetching {
        work: None,
        sources: JoinSet::new(),
        busy: BTreeSet::new(),
        relays: BTreeSet::new(),
        shunned: BTreeMap::new(),
        breaks: BTreeMap::new(),
        slot: None,
        shared,
        row,
    };
    fetching.run().await
}

struct Fetching {
    shared: Arc<Shared>,
    row: FileRow,
    work: Option<Work>,
    sources: JoinSet<(Holder, Why)>,
    busy: BTreeSet<PeerId>,
    /// Relays among them.
    relays: BTreeSet<PeerId>,
    /// Peers that are not asked, and until when; none: never again.
    shunned: BTreeMap<PeerId, Option<Instant>>,
    /// How often streams of peers broke.
    breaks: BTreeMap<PeerId, u32>,
    /// The place of this file among those that are fetched, and since when.
    slot: Option<(Slot, Instant)>,
}

impl Fetching {
    async fn run(&mut self) -> Outcome {
        let mut told = Told::new(self.bytes());
        let mut tick = interval(TICK);
        let mut look_at = Instant::now();
        let mut busy_at = Instant::now();
        let mut peers = self.shared.peers.subscribe();
        loop {
            if look_at <= Instant::now() {
                look_at = Instant::now() + LOOK;
                if let Err(failed) = self.find_sources().await {
                    return failed;
                }
            }
            tokio::select! {
                Some(ended) = self.sources.join_next() => {
                    let Ok((holder, why)) = ended else { continue };
                    self.busy.remove(&holder.peer);
                    if !matches!(why, Why::Done) {
                        self.relays.remove(&holder.peer);
                    }
                    match self.ended(holder, why).await {
                        Some(outcome) => return outcome,
                        None => look_at = Instant::now(),
                    }
                }
                changed = peers.changed() => {
                    if changed.is_err() {
                        return Outcome::Unwanted;
                    }
                    // Who broke off may be back.
                    self.shunned.retain(|_, until| until.is_none());
                    look_at = Instant::now();
                }
                _ = tick.tick() => {
                    if self.shared.shelf.standing(&self.row.blob).is_none() {
                        return Outcome::Unwanted;
                    }
                    if self.had_its_turn() {
                        return Outcome::Later;
                    }
                    if !self.busy.is_empty() {
                        busy_at = Instant::now();
                    } else if busy_at.elapsed() > TURN && self.shared.queued.load(Ordering::Relaxed) > 0 {
                        return Outcome::Later;
                    }
                    told.tell(&self.shared, &self.row, self.bytes());
                }
                () = sleep_until(look_at) => {}
            }
        }
    }

    /// Starts to fetch from whoever may have it and is not asked yet.
    async fn find_sources(&mut self) -> Result<(), Outcome> {
        let now = Instant::now();
        let shunned = |until: &Option<Instant>| until.is_none_or(|until| until > now);
        let (holders, is_shared) = self.shared.holders(self.row.blob).await;
        let free: Vec<Holder> = holders
            .into_iter()
            .filter(|holder| !self.busy.contains(&holder.peer))
            .filter(|holder| !self.shunned.get(&holder.peer).is_some_and(shunned))
            .collect();
        if free.is_empty() {
            if self.busy.is_empty() {
                // Others may use it meanwhile.
                self.slot = None;
            }
            return Ok(());
        }
        if self.slot.is_none() {
            let place = self.shared.slots.take(self.row.sender);
            let Ok(Some(slot)) = timeout(TURN, place).await else {
                return self.wait_behind_others();
            };
            self.slot = Some((slot, Instant::now()));
        }
        for holder in free {
            if self.busy.len() >= SOURCES {
                break;
            }
            if self.work.is_none() {
                self.begin(holder, is_shared).await?;
            }
            if let Some(work) = self.work.clone() {
                self.busy.insert(holder.peer);
                if holder.is_relay {
                    self.relays.insert(holder.peer);
                }
                self.sources
                    .spawn(async move { (holder, work.draw(holder).await) });
            }
        }
        Ok(())
    }

    /// There is no place for it yet. Those who have not begun have theirs first.
    fn wait_behind_others(&self) -> Result<(), Outcome> {
        if self.shared.queued.load(Ordering::Relaxed) > 0 {
            return Err(Outcome::Later);
        }
        Ok(())
    }

    /// Whether it has had a place for so long that others are to have it.
    fn had_its_turn(&self) -> bool {
        let since = self.slot.as_ref().map(|(_, since)| since.elapsed());
        since.is_some_and(|since| since > LONG_TURN)
            && self.shared.slots.others_wait(self.row.sender)
    }

    /// Opens what is here of the file, or begins it with a peer's list.
    async fn begin(&mut self, holder: Holder, is_shared: bool) -> Result<(), Outcome> {
        if self.shared.shelf.standing(&self.row.blob).is_none() {
            return Err(Outcome::Unwanted);
        }
        let (shelf, id) = (self.shared.shelf.clone(), self.row.blob);
        let found = blocking(move || shelf.find(&id)).await?;
        let blob = match found {
            Some(blob) => blob,
            None => match self.ask_for_list(holder).await? {
                Ok(blob) => blob,
                Err(why) => {
                    self.shun(holder, &why);
                    return Ok(());
                }
            },
        };
        let seed = u32::from_be_bytes(random());
        let plan = Plan::new(blob.have(), is_shared, seed);
        self.work = Some(Work {
            shared: Arc::clone(&self.shared),
            blob,
            plan: Arc::new(Mutex::new(plan)),
            start: Instant::now(),
        });
        Ok(())
    }

    /// Begins the file with the list that a peer gives.
    async fn ask_for_list(&self, holder: Holder) -> Result<Result<Arc<Blob>, Why>, Outcome> {
        let (size, pages) = match list(&self.shared, holder, self.row.blob).await {
            Ok(given) => given,
            Err(why) => return Ok(Err(why)),
        };
        let begun = self.accept(size, pages).await?;
        Ok(begun.ok_or(Why::Lied))
    }

    /// A list that somebody gave: of this file, and of the size that was offered.
    async fn accept(&self, size: u64, pages: Vec<u8>) -> Result<Option<Arc<Blob>>, Outcome> {
        let Some(shape) = Shape::of(size).filter(|_| size == self.row.sealed_size) else {
            return Ok(None);
        };
        let (shelf, id) = (self.shared.shelf.clone(), self.row.blob);
        let begun = spawn_blocking(move || shelf.begin(id, shape, &pages)).await;
        match begun {
            Ok(Ok(begun)) => Ok(begun),
            Ok(Err(SealError::NoRoom(why))) => Err(Outcome::Halted(format!("{why}"))),
            Ok(Err(error)) => Err(Outcome::Halted(error.to_string())),
            Err(_) => Err(Outcome::Halted("a bug was met".into())),
        }
    }

    /// A source has ended.
    async fn ended(&mut self, holder: Holder, why: Why) -> Option<Outcome> {
        let peer = holder.peer;
        tracing::debug!(%peer, ?why, "a source of a file ended");
        match why {
            Why::Done => {
                let work = self.work.as_ref()?;
                let (shelf, blob) = (self.shared.shelf.clone(), Arc::clone(&work.blob));
                match blocking(move || shelf.finish(&blob)).await {
                    Ok(true) => {
                        // They say goodbye, so that each source knows.
                        self.sources.detach_all();
                        let told = std::mem::take(&mut self.relays);
                        let now = Instant::now();
                        self.shared.thanks.add(self.row.blob, told, now);
                        return Some(Outcome::Whole);
                    }
                    Ok(false) => {}
                    Err(failed) => return Some(failed),
                }
                None
            }
            Why::Disk(error) => Some(Outcome::Halted(error.to_string())),
            why => {
                self.shun(holder, &why);
                None
            }
        }
    }

    fn shun(&mut self, holder: Holder, why: &Why) {
        let peer = holder.peer;
        let wait = match why {
            Why::Lied => {
                tracing::warn!(%peer, "a peer gave something else than the file; it is not asked again");
                None
            }
            Why::Nothing if !holder.is_relay => Some(NOTHING),
            Why::Nothing | Why::Broke | Why::Done | Why::Disk(_) => {
                let first = if holder.is_relay { NOTHING } else { BROKE };
                let before = self.breaks.entry(peer).or_default();
                *before = before.saturating_add(1);
                Some(first.saturating_mul(1 << (*before).min(6)))
            }
        };
        let until = wait.map(|wait| Instant::now() + wait);
        self.shunned.insert(peer, until);
    }

    fn bytes(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.blob.bytes())
    }
}

/// What faces were last told.
struct Told {
    have: u64,
    at: Instant,
    rate: u64,
}

impl Told {
    fn new(have: u64) -> Self {
        let at = Instant::now();
        Self { have, at, rate: 0 }
    }

    fn tell(&mut self, shared: &Shared, row: &FileRow, have: u64) {
        let time = self.at.elapsed();
        if have == self.have || time < TICK / 2 {
            return;
        }
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let now = have.saturating_sub(self.have).saturating_mul(1000) / ms;
        self.rate = if self.rate == 0 {
            now
        } else {
            (self.rate * 3 + now) / 4
        };
        (self.have, self.at) = (have, Instant::now());
        shared.tell(row, TransferState::Fetching, (have, self.rate));
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Outcome> {
    match spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Outcome::Halted(error.to_string())),
        Err(_) => Err(Outcome::Halted("a bug was met".into())),
    }
}

fn random() -> [u8; 4] {
    let mut bytes = [0; 4];
    // Where to begin is no secret; the beginning will do.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

/// Peers that one file is fetched from at once.
const SOURCES: usize = 6;

/// How long a file for which nobody is there keeps others waiting.
const TURN: Duration = Duration::from_secs(5);

/// How long a file keeps its place while files of others wait for one.
const LONG_TURN: Duration = Duration::from_secs(20);

const TICK: Duration = Duration::from_millis(250);

/// How often it is looked for more sources.
const LOOK: Duration = Duration::from_secs(5);

/// When a peer that had nothing is asked again; a relay twice as late each time, up to 3 min.
const NOTHING: Duration = Duration::from_secs(3);

/// When a peer whose stream broke is asked again: twice as late each time, up to 16 s.
const BROKE: Duration = Duration::from_millis(250);
