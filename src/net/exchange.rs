//! Protocols of one request and one reply on a stream, each length-prefixed and bounded.

use std::{io, marker::PhantomData, time::Duration};

use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};
use libp2p::{
    StreamProtocol,
    request_response::{self, ProtocolSupport},
};

use super::framing;
use crate::wire::{
    codec::Malformed,
    hello::{HelloReply, HelloRequest},
    limits,
    mailbox::{RelayReply, RelayRequest},
};

/// Asks and answers `Q` with `A`.
pub(crate) type Behaviour<Q, A> = request_response::Behaviour<Codec<Q, A>>;

/// What happened to a request.
pub(crate) type Event<Q, A> = request_response::Event<Q, A>;

/// Strangers and contacts: who are you, give me your keys, here is who I am.
pub(crate) fn hello() -> Behaviour<HelloRequest, HelloReply> {
    behaviour(
        StreamProtocol::new("/betwixt/hello/1"),
        ProtocolSupport::Full,
        TIMEOUT,
    )
}

/// A client of relays.
pub(crate) fn relay_client() -> Behaviour<RelayRequest, RelayReply> {
    behaviour(RELAY, ProtocolSupport::Outbound, RELAY_TIMEOUT)
}

/// A relay.
pub(crate) fn relay_server() -> Behaviour<RelayRequest, RelayReply> {
    behaviour(RELAY, ProtocolSupport::Inbound, RELAY_TIMEOUT)
}

fn behaviour<Q, A>(
    protocol: StreamProtocol,
    support: ProtocolSupport,
    patience: Duration,
) -> Behaviour<Q, A>
where
    Q: Message,
    A: Message,
{
    let config = request_response::Config::default()
        .with_request_timeout(patience)
        .with_max_concurrent_streams(STREAMS);
    Behaviour::with_codec(Codec(PhantomData), [(protocol, support)], config)
}

const RELAY: StreamProtocol = StreamProtocol::new("/betwixt/relay/1");

/// How long a request and its reply may take together.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// The same at a relay, which is asked to wait until there is something.
const RELAY_TIMEOUT: Duration = Duration::from_secs(limits::RELAY_WAIT_S as u64 + 10);

/// Requests under way on one connection.
pub(crate) const STREAMS: usize = 8;

/// A request or a reply.
pub(crate) trait Message: Send + Sized + 'static {
    /// In bytes.
    const LIMIT: usize;

    fn to_bytes(&self) -> Vec<u8>;

    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed>;
}

impl Message for HelloRequest {
    const LIMIT: usize = limits::HELLO;

    fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

impl Message for HelloReply {
    const LIMIT: usize = limits::HELLO;

    fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

/// Nothing longer is said to a relay or by it: files go over streams of their own. A relay may have to hold
/// several of these for each connection.
const RELAY_MESSAGE: usize = 256 * 1024;

impl Message for RelayRequest {
    const LIMIT: usize = RELAY_MESSAGE;

    fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

impl Message for RelayReply {
    const LIMIT: usize = RELAY_MESSAGE;

    fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::decode(bytes)
    }
}

/// How requests and replies lie on a stream.
#[derive(Debug)]
pub(crate) struct Codec<Q, A>(PhantomData<fn() -> (Q, A)>);

impl<Q, A> Clone for Codec<Q, A> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<Q: Message, A: Message> request_response::Codec for Codec<Q, A> {
    type Protocol = StreamProtocol;
    type Request = Q;
    type Response = A;

    async fn read_request<S: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
    ) -> io::Result<Q> {
        read(stream).await
    }

    async fn read_response<S: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
    ) -> io::Result<A> {
        read(stream).await
    }

    async fn write_request<S: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
        request: Q,
    ) -> io::Result<()> {
        framing::write(stream, &request.to_bytes()).await?;
        stream.close().await
    }

    async fn write_response<S: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
        reply: A,
    ) -> io::Result<()> {
        framing::write(stream, &reply.to_bytes()).await?;
        stream.close().await
    }
}

async fn read<M: Message, S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<M> {
    let bytes = framing::read(stream, M::LIMIT).await?;
    M::from_bytes(&bytes).map_err(|_| framing::malformed())
}
