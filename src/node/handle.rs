//! What a face holds of the node: where it asks and where it listens.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc, oneshot,
};

use super::{
    Command, CommandError, ErrorKind, Reply,
    view::{Answer, Event, FileCommand, NodeCommand, Query},
};

/// Where a face asks and listens. Cheap to clone; usable from any thread of any runtime.
#[derive(Clone)]
pub struct Handle {
    asks: mpsc::Sender<Ask>,
    events: broadcast::WeakSender<Event>,
    /// For the first listener, so that it misses nothing since the start.
    first: Arc<Mutex<Option<broadcast::Receiver<Event>>>>,
}

/// What a face wants of the node's loop.
pub(crate) enum Ask {
    /// For the engine.
    Command(Command, Waiting<Reply>),
    /// For the node.
    Node(NodeCommand, Waiting<Answer>),
    /// For files.
    File(FileCommand, Waiting<Answer>),
    /// For the engine's state and the store.
    Query(Query, Waiting<Answer>),
    /// A clean end.
    Stop,
}

/// Who waits for an answer.
pub(crate) type Waiting<T> = oneshot::Sender<Result<T, CommandError>>;

/// The node's ends of a [`Handle`].
pub(crate) struct Ends {
    /// What faces ask.
    pub(crate) asks: mpsc::Receiver<Ask>,
    /// What faces are told.
    pub(crate) events: broadcast::Sender<Event>,
}

/// A handle and the node's ends of it.
pub(crate) fn handle() -> (Handle, Ends) {
    let (asks, asked) = mpsc::channel(ASKS);
    let (events, first) = broadcast::channel(EVENTS);
    let handle = Handle {
        asks,
        events: events.downgrade(),
        first: Arc::new(Mutex::new(Some(first))),
    };
    let ends = Ends {
        asks: asked,
        events,
    };
    (handle, ends)
}

impl Handle {
    /// Carries a command out. An answer means that it is safe on disk.
    pub async fn command(&self, command: Command) -> Result<Reply, CommandError> {
        self.submit_command(command).await.await
    }

    /// Carries a command out that concerns the node itself.
    pub async fn node_command(&self, command: NodeCommand) -> Result<Answer, CommandError> {
        self.submit_node_command(command).await.await
    }

    /// Has something done with a file.
    pub async fn file_command(&self, command: FileCommand) -> Result<Answer, CommandError> {
        self.submit_file_command(command).await.await
    }

    /// Asks a question.
    pub async fn query(&self, query: Query) -> Result<Answer, CommandError> {
        self.submit_query(query).await.await
    }

    /// Hands a command in; the answer can be awaited later. Commands take effect in the order in
    /// which they were handed in.
    pub async fn submit_command(&self, command: Command) -> Pending<Reply> {
        self.submit(|waiting| Ask::Command(command, waiting)).await
    }

    /// As [`Handle::submit_command`], for what concerns the node itself.
    pub async fn submit_node_command(&self, command: NodeCommand) -> Pending<Answer> {
        self.submit(|waiting| Ask::Node(command, waiting)).await
    }

    /// As [`Handle::submit_command`], for files.
    pub async fn submit_file_command(&self, command: FileCommand) -> Pending<Answer> {
        self.submit(|waiting| Ask::File(command, waiting)).await
    }

    /// As [`Handle::submit_command`], for questions.
    pub async fn submit_query(&self, query: Query) -> Pending<Answer> {
        self.submit(|waiting| Ask::Query(query, waiting)).await
    }

    /// What happens from now on; for the first who asks, from the start.
    pub fn events(&self) -> EventStream {
        let first = self
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let now = || self.events.upgrade().map(|events| events.subscribe());
        EventStream(first.or_else(now))
    }

    /// Ends the node cleanly, and returns when it has ended.
    pub async fn stop(&self) {
        // A node that has ended already takes no more asks.
        let _ = self.asks.send(Ask::Stop).await;
        self.stopped().await;
    }

    /// Returns when the node has ended, however that came.
    pub async fn stopped(&self) {
        self.asks.closed().await;
    }

    /// Whether the node has ended.
    pub fn is_stopped(&self) -> bool {
        self.asks.is_closed()
    }

    async fn submit<T>(&self, ask: impl FnOnce(Waiting<T>) -> Ask) -> Pending<T> {
        let (waiting, pending) = oneshot::channel();
        // A refused ask drops `waiting`, which `Pending` reports.
        let _ = self.asks.send(ask(waiting)).await;
        Pending(pending)
    }
}

/// An answer to come.
#[must_use = "await it for the answer"]
pub struct Pending<T>(oneshot::Receiver<Result<T, CommandError>>);

impl<T> Future for Pending<T> {
    type Output = Result<T, CommandError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|answer| {
            answer.unwrap_or_else(|_| {
                let message = "Betwixt has stopped; start it again and repeat this.";
                Err(CommandError::new(ErrorKind::Conflict, message))
            })
        })
    }
}

/// What happens, in order. It keeps at most `EVENTS` events for a slow listener, who is then told
/// with [`Event::Missed`] how many it missed.
pub struct EventStream(Option<broadcast::Receiver<Event>>);

impl EventStream {
    /// The next event; `None` once the node has ended.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.as_mut()?.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(Event::Missed { count }),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Asks that wait for the loop; then asking waits.
const ASKS: usize = 64;

/// Events kept for a slow listener. With texts of the largest size that is 64 MiB.
pub const EVENTS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::PersonId;

    fn typing(nth: usize) -> Event {
        Event::Presence {
            person_id: PersonId([u8::try_from(nth % 256).unwrap(); 32]),
            online: true,
        }
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_how_much_it_missed() {
        let (handle, ends) = handle();
        let mut events = handle.events();

        for nth in 0..EVENTS + 3 {
            ends.events.send(typing(nth)).unwrap();
        }

        assert_eq!(events.next().await, Some(Event::Missed { count: 3 }));
        assert_eq!(events.next().await, Some(typing(3)));
    }

    #[tokio::test]
    async fn a_stopped_node_says_so_instead_of_hanging() {
        let (handle, ends) = handle();
        let mut events = handle.events();
        drop(ends);

        let answer = handle.query(Query::NodeInfo).await;

        assert_eq!(answer.unwrap_err().kind, ErrorKind::Conflict);
        assert_eq!(events.next().await, None);
        assert!(handle.events().next().await.is_none());
        handle.stop().await;
    }
}
