//! What a node hears, in an order that is fair to each peer.
//!
//! What a peer says on its direct stream waits in a queue of its own, of bounded length and size, and is
//! taken in turn with the other peers'. While the queue is full the stream is not read, and nothing else
//! is held up. Everything else comes in the order in which it happened.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use futures::{Stream, StreamExt, stream::SelectAll};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, error::SendError},
};

use super::NetEvent;

/// What happens on the network: the receiving half of [`super::start`].
#[derive(Debug)]
pub struct NetEvents {
    told: mpsc::Receiver<Told>,
    said: SelectAll<Said>,
    /// Whose turn it is when both have something.
    is_said_first: bool,
}

/// What waits for the node.
#[derive(Debug)]
pub(crate) enum Told {
    /// Something that happened.
    Event(NetEvent),
    /// What somebody carried to us, and its place among what else they carried.
    Carried(NetEvent, OwnedSemaphorePermit),
    /// From now on a peer is listened to.
    Stream(Said),
}

/// What one peer says.
#[derive(Debug)]
pub(crate) struct Said(mpsc::Receiver<(NetEvent, OwnedSemaphorePermit)>);

/// Where what one peer says goes.
#[derive(Debug)]
pub(crate) struct Saying {
    queue: mpsc::Sender<(NetEvent, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

impl NetEvents {
    pub(crate) fn new(told: mpsc::Receiver<Told>) -> Self {
        Self {
            told,
            said: SelectAll::new(),
            is_said_first: false,
        }
    }

    /// Waits for what happens next; `None` when the node has ended. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<NetEvent> {
        std::future::poll_fn(|context| self.poll_recv(context)).await
    }

    /// What has happened already, if anything.
    pub fn try_recv(&mut self) -> Option<NetEvent> {
        match self.poll_recv(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(event) => event,
            Poll::Pending => None,
        }
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<NetEvent>> {
        self.is_said_first = !self.is_said_first;
        if self.is_said_first
            && let Poll::Ready(event) = self.poll_said(context)
        {
            return Poll::Ready(Some(event));
        }
        if let Poll::Ready(event) = self.poll_told(context) {
            return Poll::Ready(event);
        }
        self.poll_said(context).map(Some)
    }

    fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Option<NetEvent>> {
        loop {
            match ready!(self.told.poll_recv(context)) {
                Some(Told::Event(event)) => return Poll::Ready(Some(event)),
                Some(Told::Carried(event, place)) => {
                    drop(place);
                    return Poll::Ready(Some(event));
                }
                Some(Told::Stream(said)) => self.said.push(said),
                None => return Poll::Ready(None),
            }
        }
    }

    fn poll_said(&mut self, context: &mut Context<'_>) -> Poll<NetEvent> {
        match self.said.poll_next_unpin(context) {
            Poll::Ready(Some(event)) => Poll::Ready(event),
            // Nobody is listened to.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Stream for Said {
    type Item = NetEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.0.poll_recv(context));
        Poll::Ready(next.map(|(event, _)| event))
    }
}

impl Saying {
    /// Waits for room, then hands over what the peer said in a message of so many bytes.
    ///
    /// # Errors
    ///
    /// Nobody listens any more.
    pub(crate) async fn say(
        &self,
        event: NetEvent,
        bytes: usize,
    ) -> Result<(), SendError<NetEvent>> {
        let bytes = u32::try_from(bytes.clamp(1, WAITING_BYTES)).unwrap_or(1);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(bytes).await else {
            return Err(SendError(event));
        };
        let sent = self.queue.send((event, room)).await;
        sent.map_err(|SendError((event, _))| SendError(event))
    }
}

/// A queue for what one peer says.
pub(crate) fn queue() -> (Saying, Said) {
    let (queue, said) = mpsc::channel(WAITING);
    let room = Arc::new(Semaphore::new(WAITING_BYTES));
    (Saying { queue, room }, Said(said))
}

/// Messages of one peer that may wait: as many as one turn of the node takes, twice, so that the next is there
/// when it is done.
const WAITING: usize = 128;

/// Bytes of one peer that may wait; a larger message waits alone.
const WAITING_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::task::unconstrained;

    use super::*;
    use crate::wire::id::PeerId;

    fn of(peer: u8) -> NetEvent {
        NetEvent::Lost(PeerId([peer; 32]))
    }

    fn who(event: Option<&NetEvent>) -> Option<u8> {
        match event {
            Some(NetEvent::Lost(PeerId([first, ..]))) => Some(*first),
            _ => None,
        }
    }

    fn heard() -> (mpsc::Sender<Told>, NetEvents) {
        let (told, receiver) = mpsc::channel(8);
        (told, NetEvents::new(receiver))
    }

    fn listen(told: &mpsc::Sender<Told>) -> Saying {
        let (saying, said) = queue();
        told.try_send(Told::Stream(said)).unwrap();
        saying
    }

    #[tokio::test]
    async fn whoever_says_much_is_heard_in_turn_with_others() {
        let (told, mut events) = heard();
        let (loud, quiet) = (listen(&told), listen(&told));
        for _ in 0..WAITING {
            loud.say(of(1), 100).await.unwrap();
        }
        quiet.say(of(2), 100).await.unwrap();
        told.try_send(Told::Event(of(3))).unwrap();

        let first: Vec<_> = std::iter::from_fn(|| who(events.try_recv().as_ref()))
            .take(5)
            .collect();

        assert!(first.contains(&2), "{first:?}");
        assert!(first.contains(&3), "{first:?}");
    }

    #[tokio::test]
    async fn whoever_is_not_listened_to_waits_and_loses_nothing() {
        let (told, mut events) = heard();
        let saying = listen(&told);
        let mut said = 0;
        while unconstrained(saying.say(of(1), 100))
            .now_or_never()
            .is_some()
        {
            said += 1;
        }
        assert_eq!(said, WAITING);

        for _ in 0..said {
            assert_eq!(who(events.recv().await.as_ref()), Some(1));
        }
        assert!(events.try_recv().is_none());
        assert!(saying.say(of(1), 100).now_or_never().is_some());
    }

    #[tokio::test]
    async fn of_large_messages_fewer_wait() {
        let (told, mut events) = heard();
        let saying = listen(&told);
        saying.say(of(1), usize::MAX).await.unwrap();
        assert!(saying.say(of(2), 1).now_or_never().is_none());

        assert_eq!(who(events.recv().await.as_ref()), Some(1));
        assert!(saying.say(of(2), 1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_was_told_before_a_peer_is_listened_to_comes_first() {
        let (told, mut events) = heard();
        told.try_send(Told::Event(of(1))).unwrap();
        let saying = listen(&told);
        saying.say(of(2), 1).await.unwrap();

        assert_eq!(who(events.recv().await.as_ref()), Some(1));
        assert_eq!(who(events.recv().await.as_ref()), Some(2));
    }

    #[tokio::test]
    async fn who_says_something_later_wakes_whoever_waits() {
        let (told, mut events) = heard();
        let saying = listen(&told);
        let waiting = tokio::spawn(async move { who(events.recv().await.as_ref()) });
        tokio::task::yield_now().await;
        saying.say(of(2), 1).await.unwrap();

        assert_eq!(waiting.await.unwrap(), Some(2));
    }

    #[tokio::test]
    async fn the_end_is_said_and_nobody_can_say_more() {
        let (told, mut events) = heard();
        let saying = listen(&told);
        drop(told);
        assert!(events.recv().await.is_none());
        drop(events);
        assert!(saying.say(of(2), 1).await.is_err());
    }
}
