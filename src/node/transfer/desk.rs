//! Who carries orders out, and tries again what did not work.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet, spawn_blocking},
    time::{Instant, sleep_until},
};

use super::{
    Order, Saving, Shared,
    fetch::{self, Outcome},
    queue::Queue,
    save::Unsaved,
};
use crate::{
    files::{Standing, Wish},
    node::{
        PersonId,
        view::{Transfer, TransferState},
    },
    proto::record::FileRow,
    wire::blob::Shape,
};

/// Who carries orders out.
pub(super) struct Desk {
    shared: Arc<Shared>,
    /// What is fetched, and who sent it.
    fetching: BTreeMap<[u8; 32], (PersonId, AbortHandle)>,
    /// Where files are to be saved once they are here.
    saving: BTreeMap<[u8; 32], Vec<Saving>>,
    /// Files that wait until fewer are fetched.
    queue: Queue,
    /// Folders whose lists are fetched first.
    behind: BTreeMap<[u8; 32], Vec<FileRow>>,
    /// Files that could not be fetched or saved, and are tried again.
    halted: BTreeMap<[u8; 32], Halt>,
    fetches: JoinSet<(FileRow, Outcome)>,
    others: JoinSet<Option<(FileRow, Unsaved)>>,
}

/// A file that did not come, or not where it was to be saved, for a reason that can pass.
struct Halt {
    row: FileRow,
    /// What was here of it then.
    have: u64,
    tries: u32,
    /// When it is tried again; never, while it is.
    due: Option<Instant>,
}

impl Desk {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            fetching: BTreeMap::new(),
            saving: BTreeMap::new(),
            queue: Queue::default(),
            behind: BTreeMap::new(),
            halted: BTreeMap::new(),
            fetches: JoinSet::new(),
            others: JoinSet::new(),
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let due = self.halted.values().filter_map(|halt| halt.due).min();
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.carry_out(order).await,
                    None => return,
                },
                Some(ended) = self.fetches.join_next() => {
                    if let Ok((row, outcome)) = ended {
                        self.fetched(row, outcome);
                    }
                }
                Some(ended) = self.others.join_next() => {
                    if let Ok(Some((row, unsaved))) = ended {
                        self.keep(row, unsaved.saving);
                        self.halt(row, unsaved.why);
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.try_again().await;
                }
            }
        }
    }

    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Fetch(row, saving) => {
                if let Some(saving) = saving {
                    self.keep(row, *saving);
                }
                self.want(row).await;
            }
            Order::GoOn(rows, savings) => {
                for (row, saving) in savings {
                    self.keep(row, saving);
                    if self.shared.shelf.standing(&row.blob) == Some(Standing::Whole) {
                        self.save(row);
                    }
                }
                for row in rows {
                    self.want(row).await;
                }
            }
            Order::Pause(row) => {
                self.leave(&row);
                let noted = self.wish(row, Wish::Paused).await;
                self.stopped(row, TransferState::Paused, noted);
            }
            Order::Cancel(row) => {
                self.leave(&row);
                if let Some(list) = row.listing() {
                    self.leave(&list);
                }
                self.saving.remove(&row.blob);
                let noted = self.wish(row, Wish::Cancelled).await;
                self.stopped(row, TransferState::Cancelled, noted);
            }
            Order::Read(row, reading) => {
                let shared = Arc::clone(&self.shared);
                self.others.spawn(async move {
                    reading.run(shared, row).await;
                    None
                });
            }
            Order::Send(sending) => {
                let shared = Arc::clone(&self.shared);
                self.others.spawn(async move {
                    sending.run(shared).await;
                    None
                });
            }
        }
    }

    /// Has a file saved that is here, and fetched if it is not.
    async fn want(&mut self, row: FileRow) {
        if self.shared.shelf.standing(&row.blob) == Some(Standing::Whole) {
            self.halted.remove(&row.blob);
            self.save(row);
            return;
        }
        match self.wish(row, Wish::Wanted).await {
            Ok(()) => {
                if let Some(halt) = self.halted.get_mut(&row.blob) {
                    halt.due = None;
                }
                self.fetch(row);
            }
            Err(why) => self.halt(row, why),
        }
    }

    fn fetch(&mut self, row: FileRow) {
        if self.fetching.contains_key(&row.blob) {
            return;
        }
        // What is in a folder comes first: it is shown while the rest comes.
        if let Some(list) = row.listing()
            && self.shared.shelf.standing(&list.blob) != Some(Standing::Whole)
        {
            let behind = self.behind.entry(list.blob).or_default();
            if !behind.contains(&row) {
                behind.push(row);
            }
            return self.fetch(list);
        }
        if self.fetching.len() >= FETCHES || self.fetched_of(&row.sender) >= self.of_sender() {
            self.queue.push(row);
            self.note_queued();
            return;
        }
        let shared = Arc::clone(&self.shared);
        let task = self
            .fetches
            .spawn(async move { (row, fetch::fetch(shared, row).await) });
        self.fetching.insert(row.blob, (row.sender, task));
    }

    /// How many files of somebody are fetched.
    fn fetched_of(&self, sender: &PersonId) -> usize {
        let fetching = self.fetching.values();
        fetching.filter(|(who, _)| who == sender).count()
    }

    /// How many files may be fetched of one sender now.
    fn of_sender(&self) -> usize {
        if self.fetching.len() < FETCHES - LEFT {
            FETCHES
        } else {
            LEFT
        }
    }

    fn note_queued(&self) {
        let waiting = self.queue.len();
        self.shared.queued.store(waiting, Ordering::Relaxed);
    }

    fn leave(&mut self, row: &FileRow) {
        self.halted.remove(&row.blob);
        for behind in self.behind.values_mut() {
            behind.retain(|folder| folder.blob != row.blob);
        }
        self.behind.retain(|_, behind| !behind.is_empty());
        if let Some((_, task)) = self.fetching.remove(&row.blob) {
            task.abort();
            self.fetch_next();
        }
    }

    /// Notes whether what is missing is wanted, so that it stays so after a start; or why that cannot be. What
    /// is in a folder is wanted as the folder is, but never paused: it is little.
    async fn wish(&self, row: FileRow, wish: Wish) -> Result<(), String> {
        if let (Some(list), Wish::Wanted | Wish::Cancelled) = (row.listing(), wish) {
            self.wish_for(list, wish).await?;
        }
        self.wish_for(row, wish).await
    }

    async fn wish_for(&self, row: FileRow, wish: Wish) -> Result<(), String> {
        let Some(shape) = Shape::of(row.sealed_size) else {
            return Err("it is not what its message says".into());
        };
        match self.shared.shelf.standing(&row.blob) {
            Some(Standing::Part(noted)) if noted == wish => return Ok(()),
            Some(Standing::Whole) => return Ok(()),
            Some(Standing::Part(_)) | None => {}
        }
        let shelf = self.shared.shelf.clone();
        let noted = spawn_blocking(move || shelf.set_wish(&row.blob, shape, wish)).await;
        match noted {
            Ok(noted) => noted.map_err(|error| error.to_string()),
            Err(_) => Err("a bug was met".into()),
        }
    }

    fn fetched(&mut self, row: FileRow, outcome: Outcome) {
        self.fetching.remove(&row.blob);
        // What was asked for again is behind those who waited.
        if matches!(outcome, Outcome::Later) {
            self.queue.push(row);
        }
        self.fetch_next();
        if matches!(outcome, Outcome::Later) {
            return;
        }
        let behind = self.behind.remove(&row.blob).unwrap_or_default();
        match &outcome {
            Outcome::Halted(why) => behind
                .into_iter()
                .for_each(|folder| self.halt(folder, why.clone())),
            Outcome::Whole => behind.into_iter().for_each(|folder| self.fetch(folder)),
            Outcome::Later | Outcome::Unwanted => {}
        }
        match outcome {
            Outcome::Whole => {
                self.halted.remove(&row.blob);
                self.tell(&row, TransferState::Here);
                self.save(row);
            }
            Outcome::Later => {}
            Outcome::Unwanted => {
                self.halted.remove(&row.blob);
                self.saving.remove(&row.blob);
            }
            Outcome::Halted(why) => self.halt(row, why),
        }
    }

    /// Lets those fetch who wait, as far as there is room.
    fn fetch_next(&mut self) {
        while self.fetching.len() < FETCHES {
            let mut queue = std::mem::take(&mut self.queue);
            let next = queue.next(self.of_sender(), |sender| self.fetched_of(sender));
            self.queue = queue;
            let Some(next) = next else { break };
            if self.shared.shelf.standing(&next.blob) == Some(Standing::Part(Wish::Wanted)) {
                self.fetch(next);
            }
        }
        self.note_queued();
    }

    /// What could not be done is done later.
    fn halt(&mut self, row: FileRow, why: String) {
        let have = self.bytes(&row);
        let halt = self.halted.entry(row.blob).or_insert(Halt {
            row,
            have,
            tries: 0,
            due: None,
        });
        if halt.have != have {
            // It came further.
            (halt.have, halt.tries) = (have, 0);
        }
        let wait = FIRST_WAIT.saturating_mul(1 << halt.tries.min(8));
        halt.tries = halt.tries.saturating_add(1);
        halt.due = Some(Instant::now() + wait.min(LONGEST_WAIT));
        if row.is_listing {
            return;
        }
        self.shared.emit(Transfer {
            problem: Some(why),
            ..Transfer::new(
                (row.blob, row.chat),
                TransferState::Waiting,
                (have, row.size),
            )
        });
    }

    async fn try_again(&mut self) {
        let now = Instant::now();
        let is_due = |halt: &&mut Halt| halt.due.is_some_and(|due| due <= now);
        let due = self.halted.values_mut().filter(is_due).map(|halt| {
            halt.due = None;
            halt.row
        });
        for row in due.collect::<Vec<_>>() {
            match self.shared.shelf.standing(&row.blob) {
                Some(Standing::Whole) => self.save(row),
                Some(Standing::Part(Wish::Wanted)) => self.want(row).await,
                // What is wanted could not be noted; or its message is gone.
                None if self.shared.is_named(row.blob).await => self.want(row).await,
                None | Some(Standing::Part(Wish::Paused | Wish::Cancelled)) => {
                    self.halted.remove(&row.blob);
                }
            }
        }
    }

    /// Notes where a file is to be saved once it is here.
    fn keep(&mut self, row: FileRow, saving: Saving) {
        let places = self.saving.entry(row.blob).or_default();
        let is_new = places.len() < SAVED && places.iter().all(|place| !place.is_same(&saving));
        if is_new || saving.waiting.is_some() {
            places.push(saving);
        }
    }

    /// Saves a file that is here wherever it is to be saved.
    fn save(&mut self, row: FileRow) {
        for saving in self.saving.remove(&row.blob).unwrap_or_default() {
            let shared = Arc::clone(&self.shared);
            self.others.spawn(async move {
                let unsaved = saving.run(shared, row).await;
                unsaved.map(|unsaved| (row, unsaved))
            });
        }
    }

    fn stopped(&self, row: FileRow, state: TransferState, noted: Result<(), String>) {
        if let Err(why) = noted {
            tracing::warn!(%why, "what is wanted of a file could not be noted");
        }
        self.tell(&row, state);
    }

    fn tell(&self, row: &FileRow, state: TransferState) {
        self.shared.tell(row, state, (self.bytes(row), 0));
    }

    fn bytes(&self, row: &FileRow) -> u64 {
        match self.shared.shelf.standing(&row.blob) {
            Some(Standing::Whole) => row.size,
            _ => self.shared.shelf.bytes(&row.blob).min(row.size),
        }
    }
}

/// Files that are fetched, or wait for somebody who has them.
const FETCHES: usize = 512;

/// Of them, those that are left to senders of whom no more are fetched.
const LEFT: usize = FETCHES / 4;

/// Places where one file is to be saved.
pub(in crate::node) const SAVED: usize = 8;

/// When what did not work is tried again: twice as late each time.
const FIRST_WAIT: Duration = Duration::from_secs(5);

const LONGEST_WAIT: Duration = Duration::from_mins(10);
