//! Files on their way: what is sealed, fetched, given and saved, beside the node's loop.
//!
//! The engine says who may have what, and the loop asks it; bytes go between the network and the shelf here.

mod fetch;
mod film;
mod pace;
mod plan;
mod read;
mod ready;
mod save;
mod send;
mod serve;
mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    runtime::Handle as Runtime,
    sync::{Semaphore, broadcast, mpsc, oneshot, watch},
    task::{AbortHandle, JoinHandle, JoinSet, spawn_blocking},
};

pub use self::ready::{prepared, prepared_in_memory};
use self::{fetch::Outcome, pace::Pace};
pub(super) use self::{read::Reading, ready::How, save::Saving, send::Sending};
use super::{
    CommandError, PersonId, Reply,
    view::{Event, Transfer, TransferState},
};
use crate::{
    files::{Shelf, Standing, Wish},
    net::{Blobs, BlobsIn},
    proto::{chat::content::Attachment, id::ChatId, record::FileRow},
    wire::{blob::Shape, id::PeerId},
};

/// What files need of the node's loop.
pub(super) enum FileAsk {
    /// Who somebody is, if they may have a file.
    MayHave {
        peer: PeerId,
        blob: [u8; 32],
        answer: oneshot::Sender<Option<PersonId>>,
    },
    /// Who may have a file and is connected, and whether more than two share it.
    Holders {
        blob: [u8; 32],
        answer: oneshot::Sender<(Vec<PeerId>, bool)>,
    },
    /// A file is sealed: say so in its chat.
    Offer {
        chat: ChatId,
        attachment: Box<Attachment>,
        answer: oneshot::Sender<Result<Reply, CommandError>>,
    },
}

/// What is to be done.
pub(super) enum Order {
    /// A file that is to be fetched, if it is not here, and where it is to be saved then.
    Fetch(FileRow, Option<Box<Saving>>),
    /// Files that are to be fetched.
    FetchAll(Vec<FileRow>),
    /// Fetch no more of it for now.
    Pause(FileRow),
    /// Fetch nothing of it, and keep nothing.
    Cancel(FileRow),
    /// Read a file that is here.
    Read(FileRow, Box<Reading>),
    /// Seal and send a file.
    Send(Box<Sending>),
}

/// What everything here shares.
pub(super) struct Shared {
    shelf: Shelf,
    /// None while the node stays off the network.
    blobs: Option<Blobs>,
    asks: mpsc::Sender<FileAsk>,
    events: broadcast::Sender<Event>,
    pace: Pace,
    /// Changes with who is connected.
    peers: watch::Sender<u64>,
    /// Files that are fetched at once.
    slots: Arc<Semaphore>,
    /// Files that are sealed at once.
    sealing: Arc<Semaphore>,
    /// How many files wait for their turn.
    queued: AtomicUsize,
}

impl Shared {
    async fn may_have(&self, peer: PeerId, blob: [u8; 32]) -> Option<PersonId> {
        let (answer, answered) = oneshot::channel();
        let ask = FileAsk::MayHave { peer, blob, answer };
        self.asks.send(ask).await.ok()?;
        answered.await.ok()?
    }

    async fn holders(&self, blob: [u8; 32]) -> (Vec<PeerId>, bool) {
        let (answer, answered) = oneshot::channel();
        // A node that ends has none.
        let _ = self.asks.send(FileAsk::Holders { blob, answer }).await;
        answered.await.unwrap_or_default()
    }

    /// Tells how far a file of ours has come.
    fn tell(&self, row: &FileRow, state: TransferState, (have, rate): (u64, u64)) {
        self.emit(Transfer {
            rate,
            ..Transfer::new(row.blob, state, (have.min(row.size), row.size))
        });
    }

    fn emit(&self, transfer: Transfer) {
        // No listener is no failure.
        let _ = self.events.send(Event::Transfer(Box::new(transfer)));
    }
}

/// Where files are ordered. Dropping it ends everything here.
pub(super) struct Transfers {
    orders: mpsc::Sender<Order>,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl Transfers {
    /// Starts in a runtime of its own choosing; what it needs of the loop comes out of the other end.
    pub(super) fn start(
        runtime: &Runtime,
        (shelf, rate): (Shelf, u64),
        ends: Option<(Blobs, BlobsIn)>,
        events: broadcast::Sender<Event>,
    ) -> (Self, mpsc::Receiver<FileAsk>) {
        let (asks, asked) = mpsc::channel(ASKS);
        let (orders, ordered) = mpsc::channel(ORDERS);
        let (blobs, incoming) = ends.unzip();
        let shared = Arc::new(Shared {
            shelf,
            blobs,
            asks,
            events,
            pace: Pace::new(rate),
            peers: watch::Sender::new(0),
            slots: Arc::new(Semaphore::new(FETCHED)),
            sealing: Arc::new(Semaphore::new(SEALED)),
            queued: AtomicUsize::new(0),
        });
        let desk = Desk {
            shared: Arc::clone(&shared),
            fetching: BTreeMap::new(),
            saving: BTreeMap::new(),
            queued: VecDeque::new(),
            fetches: JoinSet::new(),
            others: JoinSet::new(),
        };
        let mut tasks = vec![runtime.spawn(desk.run(ordered))];
        if let Some(incoming) = incoming {
            tasks.push(runtime.spawn(serve::serve(Arc::clone(&shared), incoming)));
        }
        let transfers = Self {
            orders,
            shared,
            tasks,
        };
        (transfers, asked)
    }

    /// Has something done. Never waits: `false` means that too much waits already.
    pub(super) fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }

    /// Somebody came or went.
    pub(super) fn peers_changed(&self) {
        self.shared.peers.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Ends everything. What is sealed meanwhile is gone after the next start.
    pub(super) async fn stop(self) {
        for task in &self.tasks {
            task.abort();
        }
        for task in self.tasks {
            // Aborted.
            let _ = task.await;
        }
    }
}

/// Who carries orders out.
struct Desk {
    shared: Arc<Shared>,
    fetching: BTreeMap<[u8; 32], AbortHandle>,
    /// Where files are to be saved once they are here.
    saving: BTreeMap<[u8; 32], Vec<Saving>>,
    /// Files that wait until fewer are fetched.
    queued: VecDeque<FileRow>,
    fetches: JoinSet<(FileRow, Outcome)>,
    others: JoinSet<()>,
}

impl Desk {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.carry_out(order).await,
                    None => return,
                },
                Some(ended) = self.fetches.join_next() => {
                    if let Ok((row, outcome)) = ended {
                        self.fetched(row, outcome).await;
                    }
                }
                Some(_) = self.others.join_next() => {}
            }
        }
    }

    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Fetch(row, saving) => {
                if self.shared.shelf.standing(&row.blob) == Some(Standing::Whole) {
                    self.save(row, saving.into_iter().map(|it| *it).collect());
                    return;
                }
                if let Some(saving) = saving {
                    let waiting = self.saving.entry(row.blob).or_default();
                    if waiting.len() < SAVED {
                        waiting.push(*saving);
                    }
                }
                self.wish(row, Wish::Wanted).await;
                self.fetch(row);
            }
            Order::FetchAll(rows) => {
                for row in rows {
                    self.wish(row, Wish::Wanted).await;
                    self.fetch(row);
                }
            }
            Order::Pause(row) => {
                self.leave(&row);
                self.wish(row, Wish::Paused).await;
                self.tell(&row, TransferState::Paused);
            }
            Order::Cancel(row) => {
                self.leave(&row);
                self.saving.remove(&row.blob);
                self.wish(row, Wish::Cancelled).await;
                self.tell(&row, TransferState::Cancelled);
            }
            Order::Read(row, reading) => {
                let shared = Arc::clone(&self.shared);
                self.others.spawn(reading.run(shared, row));
            }
            Order::Send(sending) => {
                let shared = Arc::clone(&self.shared);
                self.others.spawn(sending.run(shared));
            }
        }
    }

    fn fetch(&mut self, row: FileRow) {
        if self.fetching.contains_key(&row.blob) {
            return;
        }
        if self.fetching.len() >= FETCHES {
            self.queue(row);
            return;
        }
        let shared = Arc::clone(&self.shared);
        let task = self
            .fetches
            .spawn(async move { (row, fetch::fetch(shared, row).await) });
        self.fetching.insert(row.blob, task);
    }

    fn queue(&mut self, row: FileRow) {
        self.queued.push_back(row);
        let waiting = self.queued.len();
        self.shared.queued.store(waiting, Ordering::Relaxed);
    }

    fn leave(&mut self, row: &FileRow) {
        if let Some(task) = self.fetching.remove(&row.blob) {
            task.abort();
        }
    }

    /// Notes whether what is missing is wanted, so that it stays so after a start.
    async fn wish(&self, row: FileRow, wish: Wish) {
        let Some(shape) = Shape::of(row.sealed_size) else {
            return;
        };
        if self.shared.shelf.standing(&row.blob) == Some(Standing::Part(wish)) {
            return;
        }
        let shelf = self.shared.shelf.clone();
        let noted = spawn_blocking(move || shelf.set_wish(&row.blob, shape, wish)).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::warn!("what is wanted of a file could not be noted");
        }
    }

    async fn fetched(&mut self, row: FileRow, outcome: Outcome) {
        self.fetching.remove(&row.blob);
        let next = self.queued.pop_front();
        let waiting = self.queued.len();
        self.shared.queued.store(waiting, Ordering::Relaxed);
        if let Some(next) = next
            && self.shared.shelf.standing(&next.blob) == Some(Standing::Part(Wish::Wanted))
        {
            self.fetch(next);
        }
        match outcome {
            Outcome::Whole => {
                self.tell(&row, TransferState::Here);
                let saving = self.saving.remove(&row.blob).unwrap_or_default();
                self.save(row, saving);
            }
            Outcome::Later => self.fetch(row),
            Outcome::Unwanted => {
                self.saving.remove(&row.blob);
            }
            Outcome::Failed(why) => {
                self.saving.remove(&row.blob);
                self.wish(row, Wish::Paused).await;
                let have = self.shared.shelf.bytes(&row.blob).min(row.size);
                self.shared.emit(Transfer {
                    problem: Some(why),
                    ..Transfer::new(row.blob, TransferState::Failed, (have, row.size))
                });
            }
        }
    }

    fn save(&mut self, row: FileRow, saving: Vec<Saving>) {
        for saving in saving {
            let shared = Arc::clone(&self.shared);
            self.others.spawn(saving.run(shared, row));
        }
    }

    fn tell(&self, row: &FileRow, state: TransferState) {
        let have = match self.shared.shelf.standing(&row.blob) {
            Some(Standing::Whole) => row.size,
            _ => self.shared.shelf.bytes(&row.blob),
        };
        self.shared.tell(row, state, (have, 0));
    }
}

/// Questions that wait for the loop.
const ASKS: usize = 64;

/// Orders that wait.
const ORDERS: usize = 1024;

/// Files that wait to be fetched, or are.
const FETCHES: usize = 512;

/// Files that are fetched at once, from whoever is there.
const FETCHED: usize = 3;

/// Files that are sealed at once.
const SEALED: usize = 2;

/// Places where one file is to be saved.
const SAVED: usize = 8;
