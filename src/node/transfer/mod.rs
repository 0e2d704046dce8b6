//! Files on their way: what is sealed, fetched, given and saved, beside the node's loop.
//!
//! The engine says who may have what, and the loop asks it; bytes go between the network and the shelf here.

mod desk;
mod door;
mod fetch;
mod film;
mod folder;
mod keep;
mod pace;
mod plan;
mod queue;
mod read;
mod ready;
mod save;
mod send;
mod serve;
mod slots;
mod source;
#[cfg(test)]
mod tests;
mod thanks;

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicUsize},
};

use tokio::{
    runtime::Handle as Runtime,
    sync::{Semaphore, broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
};

pub use self::ready::{prepared, prepared_in_memory};
use self::{desk::Desk, keep::Keeping, pace::Pace, slots::Slots, thanks::Thanks};
pub(super) use self::{
    desk::SAVED,
    door::Holder,
    read::{Reading, listing},
    ready::How,
    save::Saving,
    send::Sending,
};
use super::{
    CommandError, PersonId, Reply,
    view::{Event, Transfer, TransferState},
};
use crate::{
    files::Shelf,
    net::{Blobs, BlobsIn},
    proto::{
        chat::content::Attachment,
        id::{ChatId, MessageId},
        record::FileRow,
    },
    wire::{id::PeerId, mailbox::RelayRequest},
};

/// What files need of the node's loop.
pub(super) enum FileAsk {
    /// Who somebody is, if they may have a file.
    MayHave {
        peer: PeerId,
        blob: [u8; 32],
        answer: oneshot::Sender<Option<Guest>>,
    },
    /// Who may have a file and is connected, relays last, and whether more than two share it.
    Holders {
        blob: [u8; 32],
        answer: oneshot::Sender<(Vec<Holder>, bool)>,
    },
    /// Who a file that we sent is for.
    Away {
        blob: [u8; 32],
        answer: oneshot::Sender<Option<Away>>,
    },
    /// What opens a file at a relay: to have it kept, if its size and pages are named, else to get it.
    Requests {
        relay: PeerId,
        blob: [u8; 32],
        put: Option<(u64, Vec<u8>)>,
        answer: oneshot::Sender<Vec<RelayRequest>>,
    },
    /// A file is sealed: say so in its chat.
    Offer {
        chat: ChatId,
        attachment: Box<Attachment>,
        answer: oneshot::Sender<Result<Reply, CommandError>>,
    },
    /// Whether a message names a file.
    IsNamed {
        blob: [u8; 32],
        answer: oneshot::Sender<bool>,
    },
    /// The file of a message was saved at a place that was noted, or can never be.
    Settled { message: MessageId, to: PathBuf },
}

/// Somebody who may have a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guest {
    pub(super) person: PersonId,
    /// Where it was offered.
    pub(super) chat: ChatId,
    /// It is the list of a folder, of which faces are told nothing.
    pub(super) is_listing: bool,
}

/// Who a file that we sent is for.
pub(super) struct Away {
    pub(super) row: FileRow,
    /// All of them, and whether each is connected.
    pub(super) people: Vec<(PersonId, bool)>,
    /// Who keeps what is said where it was sent.
    pub(super) relays: Vec<PeerId>,
}

/// What is to be done.
pub(super) enum Order {
    /// A file that is to be fetched, if it is not here, and where it is to be saved then.
    Fetch(FileRow, Option<Box<Saving>>),
    /// What was wanted before a start: files that are to be fetched, and where those and others are to be
    /// saved once they are here.
    GoOn(Vec<FileRow>, Vec<(FileRow, Saving)>),
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
    /// How fast relays are given what they shall keep.
    keep_pace: Pace,
    keeping: Keeping,
    thanks: Thanks,
    /// Changes with who is connected.
    peers: watch::Sender<u64>,
    /// Files that are fetched at once.
    slots: Slots,
    /// Files that are sealed at once.
    sealing: Arc<Semaphore>,
    /// Held while a folder is saved.
    unfolding: tokio::sync::Mutex<()>,
    /// How many files wait for their turn.
    queued: AtomicUsize,
}

impl Shared {
    async fn may_have(&self, peer: PeerId, blob: [u8; 32]) -> Option<Guest> {
        let (answer, answered) = oneshot::channel();
        let ask = FileAsk::MayHave { peer, blob, answer };
        self.asks.send(ask).await.ok()?;
        answered.await.ok()?
    }

    /// Whether a message names a file. A node that ends does not say.
    async fn is_named(&self, blob: [u8; 32]) -> bool {
        let (answer, answered) = oneshot::channel();
        let _ = self.asks.send(FileAsk::IsNamed { blob, answer }).await;
        answered.await.unwrap_or(false)
    }

    async fn holders(&self, blob: [u8; 32]) -> (Vec<Holder>, bool) {
        let (answer, answered) = oneshot::channel();
        // A node that ends has none.
        let _ = self.asks.send(FileAsk::Holders { blob, answer }).await;
        answered.await.unwrap_or_default()
    }

    /// Tells how far a file of ours has come.
    fn tell(&self, row: &FileRow, state: TransferState, (have, rate): (u64, u64)) {
        if row.is_listing {
            return;
        }
        self.emit(Transfer {
            rate,
            ..Transfer::new((row.blob, row.chat), state, (have.min(row.size), row.size))
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
            keep_pace: Pace::new(KEEP_RATE),
            keeping: Keeping::new(),
            thanks: Thanks::new(),
            peers: watch::Sender::new(0),
            slots: Slots::new(),
            sealing: Arc::new(Semaphore::new(SEALED)),
            unfolding: tokio::sync::Mutex::new(()),
            queued: AtomicUsize::new(0),
        });
        let desk = Desk::new(Arc::clone(&shared));
        let mut tasks = vec![runtime.spawn(desk.run(ordered))];
        if let Some(incoming) = incoming {
            tasks.push(runtime.spawn(keep::keep(Arc::clone(&shared))));
            tasks.push(runtime.spawn(thanks::thank(Arc::clone(&shared))));
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

    /// Looks after a file that was sent, so that relays keep it for those who are not there.
    pub(super) fn look_after(&self, blob: [u8; 32]) {
        self.shared.keeping.add(blob);
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

/// Questions that wait for the loop.
const ASKS: usize = 64;

/// Bytes a second that relays are given to keep: what is said goes first.
const KEEP_RATE: u64 = 4 << 20;

/// Orders that wait.
const ORDERS: usize = 1024;

/// Files that are sealed at once.
const SEALED: usize = 2;
