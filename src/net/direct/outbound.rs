//! What waits to be said to one peer, and the task that says it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::{
    net::framing,
    wire::{direct::Direct, limits},
};

/// The near end: takes messages without waiting.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    messages: mpsc::Sender<Direct>,
    waiting: Arc<AtomicUsize>,
}

/// The far end: writes them on a stream.
#[derive(Debug)]
pub(crate) struct Outbound {
    messages: mpsc::Receiver<Direct>,
    waiting: Arc<AtomicUsize>,
}

/// Makes the queue of one peer: at most [`limits::DIRECT_QUEUE`] messages and
/// [`limits::DIRECT_QUEUE_BYTES`] bytes.
pub(crate) fn queue() -> (Queue, Outbound) {
    let (sender, receiver) = mpsc::channel(limits::DIRECT_QUEUE);
    let waiting = Arc::new(AtomicUsize::new(0));
    let near = Queue {
        messages: sender,
        waiting: Arc::clone(&waiting),
    };
    let far = Outbound {
        messages: receiver,
        waiting,
    };
    (near, far)
}

impl Queue {
    /// Takes a message, or drops it and says `false` when the peer is slow or its stream broke.
    pub(crate) fn send(&self, message: Direct) -> bool {
        let size = size(&message);
        let before = self.waiting.fetch_add(size, Ordering::Relaxed);
        let taken = before.saturating_add(size) <= limits::DIRECT_QUEUE_BYTES
            && self.messages.try_send(message).is_ok();
        if !taken {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
        }
        taken
    }
}

impl Outbound {
    /// Writes until the queue is closed and empty, or the stream breaks. Flushes whenever the queue
    /// is empty: a single message leaves at once, a burst leaves in large pieces.
    pub(crate) async fn run<S: AsyncWrite + Unpin>(mut self, mut stream: S) -> io::Result<()> {
        let mut piece = Vec::new();
        while let Some(first) = self.messages.recv().await {
            self.take(&mut piece, &first);
            while piece.len() < PIECE
                && let Ok(next) = self.messages.try_recv()
            {
                self.take(&mut piece, &next);
            }
            stream.write_all(&piece).await?;
            piece.clear();
            if self.messages.is_empty() {
                stream.flush().await?;
            }
        }
        stream.close().await
    }

    fn take(&self, piece: &mut Vec<u8>, message: &Direct) {
        self.waiting.fetch_sub(size(message), Ordering::Relaxed);
        framing::append(piece, &message.encode());
    }
}

/// About what a message takes while it waits, in bytes.
fn size(message: &Direct) -> usize {
    let content = match message {
        Direct::Frame { frame, .. } => frame.len(),
        Direct::Held { frames } => frames.len().saturating_mul(34),
        Direct::Want { counters, .. } => counters.len().saturating_mul(5),
        Direct::Heads { heads, .. } => heads.len().saturating_mul(34).saturating_add(34),
        Direct::Receipt(receipt) => receipt
            .messages
            .len()
            .saturating_mul(34)
            .saturating_add(110),
        Direct::Have { runs, .. } => runs.len().saturating_mul(11).saturating_add(34),
        // Rare, and of very different lengths.
        Direct::Sync { .. } => message.encode().len(),
    };
    content.saturating_add(64)
}

/// How much is put together before it is written, in bytes: a quarter of yamux's window.
const PIECE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use minicbor::bytes::ByteVec;

    use super::*;
    use crate::wire::id::TopicKey;

    fn message(len: usize) -> Direct {
        Direct::Frame {
            topic: TopicKey([0; 32]),
            frame: ByteVec::from(vec![0; len]),
        }
    }

    #[test]
    fn a_full_queue_drops_by_number_and_by_bytes() {
        let (many, _far) = queue();
        for _ in 0..limits::DIRECT_QUEUE {
            assert!(many.send(message(1)));
        }
        assert!(!many.send(message(1)));

        let (large, _far) = queue();
        let sent = (0..limits::DIRECT_QUEUE)
            .take_while(|_| large.send(message(limits::FRAME)))
            .count();
        assert_eq!(sent, limits::DIRECT_QUEUE_BYTES / (limits::FRAME + 64));
    }

    #[tokio::test]
    async fn what_waited_is_written_in_order_and_then_no_longer_counts() {
        let (near, far) = queue();
        for len in [1, 2, 3] {
            assert!(near.send(message(len)));
        }
        let waiting = Arc::clone(&near.waiting);
        drop(near);

        let mut stream = futures::io::Cursor::new(Vec::new());
        far.run(&mut stream).await.unwrap();

        let mut read = futures::io::Cursor::new(stream.into_inner());
        for len in [1, 2, 3] {
            let bytes = framing::read(&mut read, 1000).await.unwrap();
            assert_eq!(Direct::decode(&bytes), Ok(message(len)));
        }
        assert_eq!(waiting.load(Ordering::Relaxed), 0);
    }
}
