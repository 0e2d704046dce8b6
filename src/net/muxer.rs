//! Yamux, closed in time.
//!
//! libp2p closes a connection politely: what is unsent is written first. On one whose network is gone
//! that takes the system a quarter of an hour, and until then the connection counts, so that no other is
//! dialled. Here whatever does not close in time is dropped.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
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
use tokio::time::{Sleep, sleep};

/// The upgrade of a connection.
#[derive(Clone)]
pub(crate) struct Muxer(pub(crate) yamux::Config);

impl UpgradeInfo for Muxer {
    type Info = <yamux::Config as UpgradeInfo>::Info;
    type InfoIter = <yamux::Config as UpgradeInfo>::InfoIter;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.protocol_info()
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Muxer {
    type Output = ClosesInTime<yamux::Muxer<C>>;
    type Error = <yamux::Config as InboundConnectionUpgrade<C>>::Error;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, io: C, info: Self::Info) -> Self::Future {
        let upgraded = self.0.upgrade_inbound(io, info);
        upgraded.map_ok(ClosesInTime::new).boxed()
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Muxer {
    type Output = ClosesInTime<yamux::Muxer<C>>;
    type Error = <yamux::Config as OutboundConnectionUpgrade<C>>::Error;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, io: C, info: Self::Info) -> Self::Future {
        let upgraded = self.0.upgrade_outbound(io, info);
        upgraded.map_ok(ClosesInTime::new).boxed()
    }
}

/// A muxer whose closing has an end.
pub(crate) struct ClosesInTime<M> {
    inner: M,
    closing: Option<Pin<Box<Sleep>>>,
}

impl<M> ClosesInTime<M> {
    fn new(inner: M) -> Self {
        Self {
            inner,
            closing: None,
        }
    }
}

impl<M: StreamMuxer + Unpin> StreamMuxer for ClosesInTime<M> {
    type Substream = M::Substream;
    type Error = M::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.inner).poll_inbound(cx)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.inner).poll_outbound(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let closing = self
            .closing
            .get_or_insert_with(|| Box::pin(sleep(LONGEST_CLOSE)));
        if closing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

/// What can be written at all is written in far less.
const LONGEST_CLOSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io};

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
        let mut muxer = ClosesInTime::new(Stuck);

        let closed = poll_fn(|cx| Pin::new(&mut muxer).poll_close(cx));

        let closed = tokio::time::timeout(4 * LONGEST_CLOSE, closed).await;
        assert!(closed.is_ok_and(|closed| closed.is_ok()));
    }
}
