//! Yamux, ended in time.
//!
//! libp2p closes a connection politely: what is unsent is written first. On one whose network is gone
//! that takes the system a quarter of an hour, and until then the connection counts, so that no other is
//! dialled. Here whatever does not close in time is dropped.
//!
//! And it takes a connection for dead when a second ping fails, up to 17 s after the last word: the first
//! failure is not told, and to begin the second may take 10 s. Here one on which nothing was read for as long as
//! any ping should take ends by itself; soon, if an address of ours went meanwhile.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{AsyncRead, AsyncWrite, FutureExt as _, TryFutureExt as _, future::BoxFuture};
use libp2p::{
    core::{
        UpgradeInfo,
        muxing::{StreamMuxer, StreamMuxerEvent},
        upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade},
    },
    yamux,
};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// The upgrade of a connection.
#[derive(Clone)]
pub(crate) struct Muxer {
    pub(crate) config: yamux::Config,
    pub(crate) network: Network,
}

/// The network of this machine, as far as connections depend on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network(Arc<Mutex<Option<Instant>>>);

impl Network {
    /// An address of ours is gone, and with it perhaps some connections.
    pub(crate) fn changed(&self, now: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    fn last_change(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UpgradeInfo for Muxer {
    type Info = <yamux::Config as UpgradeInfo>::Info;
    type InfoIter = <yamux::Config as UpgradeInfo>::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.config.protocol_info()
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Muxer {
    type Output = Ends<yamux::Muxer<Heard<C>>>;
    type Error = <yamux::Config as InboundConnectionUpgrade<Heard<C>>>::Error;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, io: C, info: Self::Info) -> Self::Future {
        let life = Life::new(self.network);
        let upgraded = self.config.upgrade_inbound(life.of(io), info);
        upgraded.map_ok(|muxer| Ends::new(muxer, life)).boxed()
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Muxer {
    type Output = Ends<yamux::Muxer<Heard<C>>>;
    type Error = <yamux::Config as OutboundConnectionUpgrade<Heard<C>>>::Error;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, io: C, info: Self::Info) -> Self::Future {
        let life = Life::new(self.network);
        let upgraded = self.config.upgrade_outbound(life.of(io), info);
        upgraded.map_ok(|muxer| Ends::new(muxer, life)).boxed()
    }
}

/// Bytes of a connection, and when the last came.
#[derive(Debug)]
pub(crate) struct Heard<C> {
    io: C,
    last: Arc<Mutex<Instant>>,
}

impl<C: AsyncRead + Unpin> AsyncRead for Heard<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buffer));
        if read.as_ref().is_ok_and(|read| *read > 0) {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        Poll::Ready(read)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Heard<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_close(cx)
    }
}

/// Whether a connection lives.
#[derive(Debug)]
struct Life {
    last: Arc<Mutex<Instant>>,
    network: Network,
    /// When it was looked at.
    looked: Instant,
    /// When it is looked at again.
    look: Pin<Box<Sleep>>,
}

impl Life {
    fn new(network: Network) -> Self {
        let now = Instant::now();
        Self {
            last: Arc::new(Mutex::new(now)),
            network,
            looked: now,
            look: Box::pin(sleep_until(now + LOOK)),
        }
    }

    fn of<C>(&self, io: C) -> Heard<C> {
        let last = Arc::clone(&self.last);
        Heard { io, last }
    }

    /// Whether it is dead.
    fn is_over(&mut self, now: Instant) -> bool {
        let slept = now > self.looked + LOOK + LOOK;
        self.looked = now;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if slept {
            // It was us who slept: what came meanwhile is read first.
            let spared = (now + SUSPECT).checked_sub(SILENCE).unwrap_or(now);
            *last = spared.max(*last);
            return false;
        }
        let changed = self.network.last_change().filter(|at| *at > *last);
        let suspect = changed.map(|at| at + SUSPECT);
        now >= suspect.map_or(*last + SILENCE, |suspect| suspect.min(*last + SILENCE))
    }

    /// Waits until it is dead.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.look.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if self.is_over(now) {
                return Poll::Ready(());
            }
            self.look.as_mut().reset(now + LOOK);
        }
        Poll::Pending
    }
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End<E> {
    /// By itself.
    #[error(transparent)]
    Broken(#[from] E),
    /// The other side is silent.
    #[error("nothing was heard on it for too long")]
    Silent,
}

/// A muxer that has an end: when it is closed, and when nothing is heard.
pub(crate) struct Ends<M> {
    inner: M,
    life: Life,
    closing: Option<Pin<Box<Sleep>>>,
}

impl<M> Ends<M> {
    fn new(inner: M, life: Life) -> Self {
        Self {
            inner,
            life,
            closing: None,
        }
    }
}

impl<M: StreamMuxer + Unpin> StreamMuxer for Ends<M>
where
    M::Error: Send + Sync + 'static,
{
    type Substream = M::Substream;
    type Error = End<M::Error>;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.inner)
            .poll_inbound(cx)
            .map_err(End::Broken)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.inner)
            .poll_outbound(cx)
            .map_err(End::Broken)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let closing = self
            .closing
            .get_or_insert_with(|| Box::pin(sleep(LONGEST_CLOSE)));
        if closing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner)
            .poll_close(cx)
            .map_err(End::Broken)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        if self.life.poll_over(cx).is_ready() {
            return Poll::Ready(Err(End::Silent));
        }
        Pin::new(&mut self.inner).poll(cx).map_err(End::Broken)
    }
}

/// What can be written at all is written in far less.
const LONGEST_CLOSE: Duration = Duration::from_secs(1);

/// A ping is sent every 2 s and answered at once. Over a link that loses a third of all packets the answer comes
/// within this time; from a machine that has much else to do, too.
const SILENCE: Duration = Duration::from_secs(10);

/// How long a connection may be silent after an address of ours went: longer than from one ping to the next.
const SUSPECT: Duration = Duration::from_secs(3);

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures::AsyncReadExt as _;

    use super::*;

    /// A muxer over a network that is gone.
    struct Stuck;

    impl StreamMuxer for Stuck {
        type Substream = futures::io::Cursor<Vec<u8>>;
        type Error = io::Error;

        fn poll_inbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Result<Self::Substream, Self::Error>> {
            Poll::Pending
        }

        fn poll_outbound(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Result<Self::Substream, Self::Error>> {
            Poll::Pending
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
            Poll::Pending
        }

        fn poll(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_connection_whose_network_is_gone_closes_all_the_same() {
        let mut muxer = Ends::new(Stuck, Life::new(Network::default()));

        let closed = poll_fn(|cx| Pin::new(&mut muxer).poll_close(cx));

        let closed = tokio::time::timeout(4 * LONGEST_CLOSE, closed).await;
        assert!(closed.is_ok_and(|closed| closed.is_ok()));
    }

    /// After how many seconds a connection is over that is looked at in each, and heard in some.
    fn lives(network: &Network, mut happens: impl FnMut(u32, &mut Instant)) -> u32 {
        let mut life = Life::new(network.clone());
        let begun = life.looked;
        (1..100)
            .find(|second| {
                let now = begun + *second * LOOK;
                happens(*second, &mut life.last.lock().unwrap());
                life.is_over(now)
            })
            .unwrap()
    }

    #[tokio::test]
    async fn a_connection_on_which_nothing_is_heard_ends() {
        assert_eq!(lives(&Network::default(), |_, _| ()), 10);

        let heard_until_7 = |second: u32, last: &mut Instant| {
            if second <= 7 {
                *last += LOOK;
            }
        };
        assert_eq!(lives(&Network::default(), heard_until_7), 17);
    }

    #[tokio::test]
    async fn it_ends_soon_if_an_address_of_ours_went_and_nothing_was_heard_since() {
        let network = Network::default();
        let goes_at_2 = |second: u32, last: &mut Instant| {
            if second == 2 {
                network.changed(*last + 2 * LOOK);
            }
        };
        assert_eq!(lives(&network, goes_at_2), 5);

        let network = Network::default();
        let heard_after = |second: u32, last: &mut Instant| {
            if second == 2 {
                network.changed(*last + 2 * LOOK);
            } else if second == 4 {
                *last += 4 * LOOK;
            }
        };
        assert_eq!(lives(&network, heard_after), 14);
    }

    #[tokio::test]
    async fn after_our_own_sleep_it_has_a_moment_to_say_something() {
        let mut life = Life::new(Network::default());
        let awake = life.looked + Duration::from_mins(5);

        assert!(!life.is_over(awake));
        assert!(!life.is_over(awake + 2 * LOOK));
        assert!(life.is_over(awake + 3 * LOOK));
    }

    #[tokio::test]
    async fn a_connection_that_is_over_says_so() {
        let life = Life::new(Network::default());
        *life.last.lock().unwrap() -= SILENCE;
        let mut muxer = Ends::new(Stuck, life);

        let end = poll_fn(|cx| Pin::new(&mut muxer).poll(cx));

        let end = tokio::time::timeout(5 * LOOK, end).await;
        assert!(matches!(end, Ok(Err(End::Silent))));
    }

    #[tokio::test]
    async fn what_is_read_is_heard() {
        let life = Life::new(Network::default());
        let long_ago = Instant::now().checked_sub(LOOK).unwrap();
        let mut io = life.of(futures::io::Cursor::new(vec![1]));
        let mut byte = [0];

        *life.last.lock().unwrap() = long_ago;
        assert_eq!(io.read(&mut byte).await.unwrap(), 1);
        assert!(*life.last.lock().unwrap() > long_ago);

        *life.last.lock().unwrap() = long_ago;
        assert_eq!(io.read(&mut byte).await.unwrap(), 0);
        assert_eq!(*life.last.lock().unwrap(), long_ago, "the end says nothing");
    }
}
