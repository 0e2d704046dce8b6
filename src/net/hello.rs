//! The hello protocol, `/betwixt/hello/1`: the only thing that strangers reach.

use std::{io, time::Duration};

use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};
use libp2p::{
    StreamProtocol,
    request_response::{self, ProtocolSupport},
};

use super::framing;
use crate::wire::{
    hello::{HelloReply, HelloRequest},
    limits,
};

/// Requests and replies, each length-prefixed and at most [`limits::HELLO`] bytes.
pub(crate) type Behaviour = request_response::Behaviour<Codec>;

/// What the protocol says has happened.
pub(crate) type Event = request_response::Event<HelloRequest, HelloReply>;

/// Answers and asks.
pub(crate) fn behaviour() -> Behaviour {
    let config = request_response::Config::default()
        .with_request_timeout(TIMEOUT)
        .with_max_concurrent_streams(STREAMS);
    Behaviour::new([(PROTOCOL, ProtocolSupport::Full)], config)
}

const PROTOCOL: StreamProtocol = StreamProtocol::new("/betwixt/hello/1");

/// How long a request and its answer may take together.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Requests under way on one connection.
const STREAMS: usize = 8;

/// How requests and replies lie on a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codec;

impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = HelloRequest;
    type Response = HelloReply;

    async fn read_request<S: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
    ) -> io::Result<HelloRequest> {
        let bytes = framing::read(stream, limits::HELLO).await?;
        HelloRequest::decode(&bytes).map_err(|_| framing::malformed())
    }

    async fn read_response<S: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
    ) -> io::Result<HelloReply> {
        let bytes = framing::read(stream, limits::HELLO).await?;
        HelloReply::decode(&bytes).map_err(|_| framing::malformed())
    }

    async fn write_request<S: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
        request: HelloRequest,
    ) -> io::Result<()> {
        framing::write(stream, &request.encode()).await?;
        stream.close().await
    }

    async fn write_response<S: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        stream: &mut S,
        reply: HelloReply,
    ) -> io::Result<()> {
        framing::write(stream, &reply.encode()).await?;
        stream.close().await
    }
}
