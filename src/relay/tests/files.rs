//! Files at a real relay, put and got by real nodes.

use super::*;
use crate::{
    net::{BlobStream, Blobs},
    relay::files::testing::{Made, made},
    wire::{
        blob::{BlobReply, BlobRequest},
        limits,
        mailbox::{BlobPut, Refusal, RelayReply, RelayRequest},
    },
};

async fn opened(blobs: &Blobs, client: &Client, request: RelayRequest) -> (BlobStream, RelayReply) {
    let mut stream = blobs.open_kept(client.relay).await.unwrap();
    let reply = stream.knock(&request).await.unwrap();
    (stream, reply)
}

async fn give(
    stream: &mut BlobStream,
    request: BlobRequest,
    bytes: &[u8],
) -> io::Result<BlobReply> {
    stream.ask(&request).await?;
    stream.give(bytes).await?;
    stream.answered().await
}

#[tokio::test]
async fn what_one_puts_another_gets_and_then_it_is_gone() {
    let relay = relay(None).await;
    let channel = Channel::new(1);
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    a.join(&channel).await;
    b.join(&channel).await;
    let (ours, theirs) = (a.net.blobs().unwrap().0, b.net.blobs().unwrap().0);
    let Made { put, hashes, bytes } = made(0, 150_000, 1);
    let (blob, link) = (put.blob, a.link.unwrap());
    let request = RelayRequest::BlobPut(channel.put(&link, put.clone()));

    let (mut stream, reply) = opened(&ours, &a, request.clone()).await;
    let RelayReply::Blob(kept) = reply else {
        panic!("{reply:?}")
    };
    assert_eq!((kept.have.to_vec(), kept.taken), (vec![0], 0));
    let page = BlobRequest::PutPage { blob, page: 0 };
    assert_eq!(
        give(&mut stream, page, &hashes).await.unwrap(),
        BlobReply::Noted
    );
    let chunks = BlobRequest::PutChunks {
        blob,
        first: 0,
        count: 3,
    };
    assert_eq!(
        give(&mut stream, chunks, &bytes).await.unwrap(),
        BlobReply::Noted
    );

    let get = channel.get(&b.link.unwrap(), blob, 7);
    let (mut stream, reply) = opened(&theirs, &b, RelayRequest::BlobGet(get.clone())).await;
    let RelayReply::Blob(kept) = reply else {
        panic!("{reply:?}")
    };
    assert!(kept.have.is_empty());
    stream
        .ask(&BlobRequest::Chunks {
            blob,
            first: 1,
            count: 2,
        })
        .await
        .unwrap();
    let expected = &bytes[limits::BLOB_CHUNK..];
    let size = u32::try_from(expected.len()).unwrap();
    assert_eq!(
        stream.answered().await.unwrap(),
        BlobReply::Chunks { bytes: size }
    );
    let mut got = vec![0; expected.len()];
    stream.take(&mut got).await.unwrap();
    assert!(got == expected);
    stream.ask(&BlobRequest::Took { blob }).await.unwrap();
    assert_eq!(stream.answered().await.unwrap(), BlobReply::Noted);

    let (_, reply) = opened(&theirs, &b, RelayRequest::BlobGet(get)).await;
    assert_eq!(reply, RelayReply::Refused(Refusal::NotHere));
    let (_, reply) = opened(&ours, &a, request).await;
    assert!(matches!(reply, RelayReply::Blob(kept) if kept.taken == 1));
    relay.task.abort();
}

#[tokio::test]
async fn only_who_reads_a_topic_that_they_lease_puts_and_gets_its_files() {
    let relay = relay(None).await;
    let (channel, other) = (Channel::new(1), Channel::new(2));
    let mut a = Client::new(1, &relay);
    a.join(&channel).await;
    let blobs = a.net.blobs().unwrap().0;
    let Made { put, .. } = made(0, 150_000, 0);
    let link = a.link.unwrap();
    let elsewhere = Link {
        challenge: [9; 32],
        ..link
    };
    let signed = channel.put(&link, put.clone());
    let more = BlobPut {
        readers: 1,
        ..signed.clone()
    };
    let get = channel.get(&link, put.blob, 1);
    let not_allowed = RelayReply::Refused(Refusal::NotAllowed);
    let not_here = RelayReply::Refused(Refusal::NotHere);

    for (request, expected) in [
        (
            RelayRequest::BlobPut(channel.put(&elsewhere, put.clone())),
            &not_allowed,
        ),
        (RelayRequest::BlobPut(more), &not_allowed),
        (
            RelayRequest::BlobPut(other.put(&link, put.clone())),
            &not_here,
        ),
        (RelayRequest::BlobGet(get), &not_here),
        (
            RelayRequest::BlobGet(channel.get(&elsewhere, put.blob, 1)),
            &not_allowed,
        ),
        (
            RelayRequest::Challenge,
            &RelayReply::Refused(Refusal::Unsupported),
        ),
    ] {
        let (_, reply) = opened(&blobs, &a, request).await;
        assert_eq!(&reply, expected);
    }
    relay.task.abort();
}

#[tokio::test]
async fn who_puts_something_else_or_puts_where_they_came_to_get_is_left() {
    let relay = relay(None).await;
    let channel = Channel::new(1);
    let mut a = Client::new(1, &relay);
    a.join(&channel).await;
    let blobs = a.net.blobs().unwrap().0;
    let Made { put, hashes, bytes } = made(0, 150_000, 0);
    let (blob, link) = (put.blob, a.link.unwrap());
    let request = RelayRequest::BlobPut(channel.put(&link, put));
    let page = BlobRequest::PutPage { blob, page: 0 };
    let chunks = BlobRequest::PutChunks {
        blob,
        first: 0,
        count: 3,
    };
    let mut flipped = bytes.clone();
    flipped[70_000] ^= 1;

    let (mut stream, _) = opened(&blobs, &a, request.clone()).await;
    give(&mut stream, page, &hashes).await.unwrap();
    assert!(give(&mut stream, chunks, &flipped).await.is_err());
    let (mut stream, _) = opened(&blobs, &a, request.clone()).await;
    let other = BlobRequest::Have { blob: [9; 32] };
    assert!(give(&mut stream, other, &[]).await.is_err());
    let get = RelayRequest::BlobGet(channel.get(&link, blob, 1));
    let (mut stream, reply) = opened(&blobs, &a, get).await;
    assert!(matches!(reply, RelayReply::Blob(kept) if kept.have.to_vec() == [0]));
    assert!(give(&mut stream, chunks, &bytes).await.is_err());

    let (mut stream, reply) = opened(&blobs, &a, request).await;
    assert!(matches!(reply, RelayReply::Blob(kept) if kept.have.to_vec() == [0]));
    give(&mut stream, page, &hashes).await.unwrap();
    assert_eq!(
        give(&mut stream, chunks, &bytes).await.unwrap(),
        BlobReply::Noted
    );
    relay.task.abort();
}
