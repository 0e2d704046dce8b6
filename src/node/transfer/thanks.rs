//! Telling relays that what they keep for us is here (ADR 0033).
//!
//! Who gives us a file is told by the stream on which it came. A relay that was not asked would keep it until its time
//! is over.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};

use super::{Shared, source::Why};
use crate::wire::{
    blob::{BlobReply, BlobRequest},
    id::PeerId,
    mailbox::{RelayReply, RelayRequest},
};

/// Files that came, of which a relay may not know that yet.
pub(super) struct Thanks {
    waiting: Mutex<BTreeMap<[u8; 32], Thank>>,
    changed: Notify,
}

#[derive(Clone)]
struct Thank {
    /// Relays that know it.
    told: BTreeSet<PeerId>,
    since: Instant,
    due: Instant,
    tries: usize,
}

impl Thanks {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::new(BTreeMap::new()),
            changed: Notify::new(),
        }
    }

    /// A file is here, which these relays are told on their streams.
    pub(super) fn add(&self, blob: [u8; 32], told: BTreeSet<PeerId>, now: Instant) {
        let mut waiting = self.waiting();
        if waiting.len() >= WAITING {
            // It goes there when its time is over.
            return;
        }
        let thank = Thank {
            told,
            since: now,
            due: now + FIRST,
            tries: 0,
        };
        waiting.insert(blob, thank);
        drop(waiting);
        self.changed.notify_one();
    }

    /// Somebody came or went.
    fn hurry(&self, now: Instant) {
        let soon = now + FIRST;
        for thank in self.waiting().values_mut() {
            thank.due = thank.due.min(soon);
        }
    }

    fn next(&self) -> Option<([u8; 32], Thank)> {
        let waiting = self.waiting();
        let (blob, thank) = waiting.iter().min_by_key(|(_, thank)| thank.due)?;
        Some((*blob, thank.clone()))
    }

    /// What came of telling; nothing: no relay was there that did not know it.
    fn tried(&self, blob: [u8; 32], came: &BTreeMap<PeerId, bool>, now: Instant) {
        let mut waiting = self.waiting();
        let Some(thank) = waiting.get_mut(&blob) else {
            return;
        };
        let know = came.iter().filter(|(_, knows)| **knows);
        thank.told.extend(know.map(|(relay, _)| *relay));
        if came.values().any(|knows| !knows) {
            thank.tries += 1;
        }
        thank.due = now + LATER;
        if thank.tries >= TRIES || now.duration_since(thank.since) > LONGEST {
            waiting.remove(&blob);
        }
    }

    fn forget(&self, blob: [u8; 32]) {
        self.waiting().remove(&blob);
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], Thank>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells relays until the node ends.
pub(super) async fn thank(shared: Arc<Shared>) {
    let mut peers = shared.peers.subscribe();
    loop {
        let next = shared.thanks.next();
        let due = next
            .as_ref()
            .map_or_else(|| Instant::now() + LONGEST, |(_, thank)| thank.due);
        tokio::select! {
            () = shared.thanks.changed.notified() => continue,
            changed = peers.changed() => {
                if changed.is_err() {
                    return;
                }
                shared.thanks.hurry(Instant::now());
                continue;
            }
            () = sleep_until(due) => {}
        }
        let Some((blob, thank)) = next else { continue };
        let (holders, is_shared) = shared.holders(blob).await;
        if is_shared {
            // It goes by time: one of many cannot speak for all.
            shared.thanks.forget(blob);
            continue;
        }
        let mut came = BTreeMap::new();
        for holder in holders.iter().filter(|holder| holder.is_relay) {
            if !thank.told.contains(&holder.peer) {
                let knows = shared.say_here(holder.peer, blob).await;
                came.insert(holder.peer, knows.unwrap_or(false));
            }
        }
        shared.thanks.tried(blob, &came, Instant::now());
    }
}

impl Shared {
    /// Tells a relay that a file is here, under each topic under which it may keep it; whether it kept it under one.
    async fn say_here(&self, relay: PeerId, blob: [u8; 32]) -> Result<bool, Why> {
        let blobs = self.blobs.as_ref().ok_or(Why::Nothing)?;
        let mut knows = false;
        for request in self.requests(relay, blob, None).await {
            if !matches!(request, RelayRequest::BlobGet(_)) {
                continue;
            }
            let mut stream = blobs.open_kept(relay).await?;
            let reply = timeout(PATIENCE, stream.knock(&request)).await;
            if let RelayReply::Blob(_) = reply.map_err(|_| Why::Broke)?? {
                stream.ask(&BlobRequest::Took { blob }).await?;
                let reply = timeout(PATIENCE, stream.answered()).await;
                knows |= matches!(reply, Ok(Ok(BlobReply::Noted)));
            }
            stream.close().await;
        }
        Ok(knows)
    }
}

/// Files of which relays are to be told.
const WAITING: usize = 256;

/// So long after a file has come, or somebody, those are told who were not asked for it.
const FIRST: Duration = Duration::from_secs(5);

/// A relay that has it not yet is asked again then: its sender may be giving it.
const LATER: Duration = Duration::from_mins(10);

/// How often a relay may not have it.
const TRIES: usize = 2;

/// For so long it is waited for relays.
const LONGEST: Duration = Duration::from_hours(6);

const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    const BLOB: [u8; 32] = [1; 32];
    const RELAY: PeerId = PeerId([2; 32]);

    fn came(knows: bool) -> BTreeMap<PeerId, bool> {
        BTreeMap::from([(RELAY, knows)])
    }

    #[test]
    fn a_relay_is_told_once_and_asked_twice_whether_it_has_it() {
        let (thanks, now) = (Thanks::new(), Instant::now());
        thanks.add(BLOB, BTreeSet::new(), now);
        let due = |thanks: &Thanks| thanks.next().map(|(_, thank)| thank.due - now);
        assert_eq!(due(&thanks), Some(FIRST));

        thanks.tried(BLOB, &came(false), now);
        assert_eq!(due(&thanks), Some(LATER));
        thanks.hurry(now);
        assert_eq!(due(&thanks), Some(FIRST));
        thanks.tried(BLOB, &came(true), now);
        assert!(thanks.next().unwrap().1.told.contains(&RELAY));
        thanks.tried(BLOB, &BTreeMap::new(), now);
        assert_eq!(due(&thanks), Some(LATER), "another may come");
        thanks.tried(BLOB, &came(false), now);

        assert_eq!(due(&thanks), None);
    }

    #[test]
    fn what_waits_is_bounded_in_number_and_time() {
        let (thanks, now) = (Thanks::new(), Instant::now());
        for n in 0..=u8::MAX {
            thanks.add([n; 32], BTreeSet::new(), now);
        }
        let mut other = BLOB;
        other[0] = 7;
        thanks.add(other, BTreeSet::new(), now);
        assert_eq!(thanks.waiting().len(), WAITING);

        let late = now + LONGEST + FIRST;
        thanks.tried(BLOB, &BTreeMap::new(), late);

        assert_eq!(thanks.waiting().len(), WAITING - 1);
    }
}
