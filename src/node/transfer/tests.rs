//! Transfers over real connections, with sources and askers that do what they should not.

use std::{io::Cursor, path::Path, time::Duration};

use tokio::{
    sync::{broadcast, mpsc},
    time::{sleep, timeout},
};
use zeroize::Zeroizing;

use super::*;
use crate::{
    files::{Opening, Sealed, Standing, Wish},
    net::{self, BlobStream, Net, NetCommand, NetEvent, Settings},
    proto::{
        id::{ChatId, MessageId},
        secret::Secret,
    },
    wire::{
        blob::{BlobReply, BlobRequest},
        id::Address,
    },
};

const LONG: Duration = Duration::from_mins(3);

/// A network end, whose events are drained.
struct Peer {
    net: Net,
    addresses: Vec<Address>,
    up: watch::Receiver<usize>,
}

async fn peer(seed: u8) -> Peer {
    let settings = Settings {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        mdns: false,
        ..Settings::new(Zeroizing::new([seed; 32]), || 690)
    };
    let (net, mut events) = net::start(settings).unwrap();
    let addresses = loop {
        if let NetEvent::Listening(addresses) = events.recv().await.unwrap() {
            break addresses;
        }
    };
    let (count, up) = watch::channel(0);
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let NetEvent::Connected {
                authorised: true, ..
            } = event
            {
                count.send_modify(|n| *n += 1);
            }
        }
    });
    Peer { net, addresses, up }
}

/// Lets two peers see each other's protocols, and waits until they are connected.
async fn connect(one: &mut Peer, other: &mut Peer) {
    let before = (*one.up.borrow(), *other.up.borrow());
    let them = NetCommand::Authorise(other.net.local_peer(), vec![]);
    one.net.send(them);
    let us = NetCommand::Authorise(one.net.local_peer(), one.addresses.clone());
    other.net.send(us);
    let up = async {
        let _ = one.up.wait_for(|n| *n > before.0).await;
        let _ = other.up.wait_for(|n| *n > before.1).await;
    };
    timeout(LONG, up).await.unwrap();
}

fn shelf(dir: &Path) -> Shelf {
    Shelf::open(&dir.join("blobs"), Secret::new([7; 32])).unwrap()
}

fn content(size: usize) -> Vec<u8> {
    let mut out = vec![0; size];
    blake3::Hasher::new().finalize_xof().fill(&mut out);
    out
}

fn row(sealed: &Sealed) -> FileRow {
    FileRow {
        message: MessageId([1; 32]),
        chat: ChatId([2; 32]),
        sender: PersonId([3; 32]),
        outgoing: false,
        blob: sealed.blob,
        size: sealed.size,
        sealed_size: sealed.sealed_size,
        list: None,
        is_listing: false,
    }
}

/// Transfers of a peer, and a loop that lets these have files.
fn transfers(
    peer: &mut Peer,
    shelf: &Shelf,
    friends: Vec<PeerId>,
) -> (Transfers, broadcast::Receiver<Event>) {
    slow_transfers(peer, shelf, friends, 0)
}

/// As [`transfers`], at so many bytes a second.
fn slow_transfers(
    peer: &mut Peer,
    shelf: &Shelf,
    friends: Vec<PeerId>,
    rate: u64,
) -> (Transfers, broadcast::Receiver<Event>) {
    let (events, told) = broadcast::channel(1024);
    let ends = peer.net.blobs();
    let here = Runtime::current();
    let (transfers, asks) = Transfers::start(&here, (shelf.clone(), rate), ends, events);
    tokio::spawn(answer(asks, friends));
    (transfers, told)
}

async fn answer(mut asks: mpsc::Receiver<FileAsk>, friends: Vec<PeerId>) {
    while let Some(ask) = asks.recv().await {
        match ask {
            FileAsk::MayHave { peer, answer, .. } => {
                let may = friends.contains(&peer).then_some(Guest {
                    person: PersonId([9; 32]),
                    chat: ChatId([2; 32]),
                    is_listing: false,
                });
                let _ = answer.send(may);
            }
            FileAsk::Holders { answer, .. } => {
                let holder = |peer| Holder {
                    peer,
                    is_relay: false,
                };
                let holders = friends.iter().copied().map(holder).collect();
                let _ = answer.send((holders, friends.len() > 1));
            }
            FileAsk::Away { answer, .. } => {
                let _ = answer.send(None);
            }
            FileAsk::Requests { answer, .. } => {
                let _ = answer.send(Vec::new());
            }
            FileAsk::Offer { .. } => panic!("nothing is sent here"),
            FileAsk::Settled { .. } => {}
            FileAsk::IsNamed { answer, .. } => {
                let _ = answer.send(true);
            }
        }
    }
}

/// Two who are connected, a shelf of each, and a file on the first one's.
struct Two {
    dirs: [tempfile::TempDir; 2],
    ada: Peer,
    ben: Peer,
    from: Shelf,
    to: Shelf,
    bytes: Vec<u8>,
    sealed: Sealed,
}

impl Two {
    async fn with_a_file(seed: u8) -> Self {
        let dirs = [1, 2].map(|_| tempfile::tempdir().unwrap());
        let (mut ada, mut ben) = (peer(seed).await, peer(seed + 1).await);
        connect(&mut ada, &mut ben).await;
        let (from, to) = (shelf(dirs[0].path()), shelf(dirs[1].path()));
        let bytes = content(100_000);
        let sealed = from.seal(Cursor::new(&bytes), 100_000, |_| true).unwrap();
        Self {
            dirs,
            ada,
            ben,
            from,
            to,
            bytes,
            sealed,
        }
    }

    /// The first gives, the second fetches.
    fn go(&mut self) -> (Transfers, Transfers, broadcast::Receiver<Event>) {
        let (ada, ben) = (self.ada.net.local_peer(), self.ben.net.local_peer());
        let (giving, _) = transfers(&mut self.ada, &self.from, vec![ben]);
        let (fetching, told) = transfers(&mut self.ben, &self.to, vec![ada]);
        (giving, fetching, told)
    }
}

async fn until(told: &mut broadcast::Receiver<Event>, state: TransferState) {
    let search = async {
        loop {
            match told.recv().await.unwrap() {
                Event::Transfer(transfer) if transfer.state == state => return,
                _ => {}
            }
        }
    };
    timeout(LONG, search).await.unwrap();
}

/// What a source does instead of what it should.
#[derive(Clone, Copy, Debug)]
enum Lie {
    Size,
    Pages,
    Page,
    Chunk,
    Length,
    OtherAnswer,
    Garbage,
    Endless,
    Stall,
    HangUp,
    HaveOfAnother,
    HasNothing,
}

const LIES: [Lie; 12] = [
    Lie::Size,
    Lie::Pages,
    Lie::Page,
    Lie::Chunk,
    Lie::Length,
    Lie::OtherAnswer,
    Lie::Garbage,
    Lie::Endless,
    Lie::Stall,
    Lie::HangUp,
    Lie::HaveOfAnother,
    Lie::HasNothing,
];

/// Answers every stream as a holder would, but for one lie.
async fn lie(mut incoming: BlobsIn, shelf: Shelf, lie: Lie) {
    while let Some((_, stream)) = incoming.next().await {
        tokio::spawn(lie_on(stream, shelf.clone(), lie));
    }
}

async fn lie_on(mut stream: BlobStream, shelf: Shelf, lie: Lie) {
    while let Ok(request) = stream.asked().await {
        let blob = shelf.find(&request.blob()).unwrap().unwrap();
        let mut bytes = Vec::new();
        let mut reply = blob.answer(request, &mut bytes).unwrap();
        match (lie, &mut reply) {
            (Lie::Size, BlobReply::List { size, .. }) => *size -= 1,
            (Lie::Pages, BlobReply::List { pages, .. }) => pages[5] ^= 1,
            (Lie::Page, BlobReply::Page(hashes)) => hashes[5] ^= 1,
            (Lie::Chunk, BlobReply::Chunks { .. }) => bytes[70] ^= 1,
            (Lie::Length, BlobReply::Chunks { bytes }) => *bytes -= 1,
            (Lie::OtherAnswer, BlobReply::Chunks { .. }) => reply = BlobReply::Noted,
            (Lie::Garbage, BlobReply::Chunks { .. }) => {
                let _ = stream.give(&[0xff; 1000]).await;
                continue;
            }
            (Lie::Endless, BlobReply::Chunks { .. }) => {
                let zeros = vec![0; 64 * 1024];
                while stream.give(&zeros).await.is_ok() {}
                return;
            }
            (Lie::Stall, BlobReply::Chunks { .. }) => sleep(LONG * 10).await,
            (Lie::HangUp, BlobReply::Chunks { .. }) => {
                let half = bytes.len() / 2;
                let _ = stream.answer(&reply).await;
                let _ = stream.give(&bytes[..half]).await;
                return;
            }
            (Lie::HaveOfAnother, BlobReply::Have(bits)) => *bits = vec![1; 999].into(),
            (Lie::HasNothing, reply) => *reply = BlobReply::Refused,
            _ => {}
        }
        if stream.answer(&reply).await.is_err() || stream.give(&bytes).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_lies_or_stalls_is_left_and_the_file_comes_from_another() {
    for (n, what) in LIES.into_iter().enumerate() {
        let seed = u8::try_from(n).unwrap() * 3 + 1;
        let dirs = [1, 2].map(|_| tempfile::tempdir().unwrap());
        let (mut liar, mut ben) = (peer(seed).await, peer(seed + 1).await);
        connect(&mut liar, &mut ben).await;
        let from = shelf(dirs[0].path());
        let content = content(3_000_000);
        let size = content.len() as u64;
        let sealed = from.seal(Cursor::new(&content), size, |_| true).unwrap();
        let (_, incoming) = liar.net.blobs().unwrap();
        tokio::spawn(lie(incoming, from.clone(), what));
        let to = shelf(dirs[1].path());
        let mut honest = peer(seed + 2).await;
        let friends = vec![liar.net.local_peer(), honest.net.local_peer()];
        let (fetching, mut told) = transfers(&mut ben, &to, friends);

        // From the liar alone it does not come.
        assert!(fetching.order(Order::Fetch(row(&sealed), None)));
        sleep(Duration::from_millis(700)).await;
        let standing = to.standing(&sealed.blob);
        assert_eq!(standing, Some(Standing::Part(Wish::Wanted)), "{what:?}");

        let (_giving, _) = transfers(&mut honest, &from, vec![ben.net.local_peer()]);
        connect(&mut honest, &mut ben).await;
        fetching.peers_changed();
        until(&mut told, TransferState::Here).await;

        let blob = to.find(&sealed.blob).unwrap().unwrap();
        let opening = Opening {
            size,
            file_key: &sealed.file_key,
            prefix: sealed.prefix,
            hash: sealed.hash,
        };
        let mut out = Vec::new();
        blob.open_into(&opening, &mut out).unwrap();
        assert!(out == content, "{what:?}");
        fetching.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_given_to_those_who_may_have_it_and_to_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ada, mut eve) = (peer(101).await, peer(102).await);
    connect(&mut ada, &mut eve).await;
    let shelf = shelf(dir.path());
    let bytes = content(100_000);
    let sealed = shelf.seal(Cursor::new(&bytes), 100_000, |_| true).unwrap();
    let (_giving, _) = transfers(&mut ada, &shelf, vec![PeerId([5; 32])]);
    let (blobs, _incoming) = eve.net.blobs().unwrap();

    let mut stream = blobs.open(ada.net.local_peer()).await.unwrap();
    let blob = sealed.blob;
    let (page, first, count) = (0, 0, 1);
    for request in [
        BlobRequest::List { blob },
        BlobRequest::Page { blob, page },
        BlobRequest::Have { blob },
        BlobRequest::Chunks { blob, first, count },
    ] {
        stream.ask(&request).await.unwrap();
        assert_eq!(stream.answered().await.unwrap(), BlobReply::Refused);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asker_gets_what_is_here_and_only_a_few_streams() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ada, mut ben) = (peer(111).await, peer(112).await);
    connect(&mut ada, &mut ben).await;
    let shelf = shelf(dir.path());
    let bytes = content(100_000);
    let sealed = shelf.seal(Cursor::new(&bytes), 100_000, |_| true).unwrap();
    let (_giving, mut told) = transfers(&mut ada, &shelf, vec![ben.net.local_peer()]);
    let (blobs, _incoming) = ben.net.blobs().unwrap();
    let blob = sealed.blob;
    let (first, count) = (1, 1);

    let mut open = Vec::new();
    for _ in 0..12 {
        let mut stream = blobs.open(ada.net.local_peer()).await.unwrap();
        let asked = stream.ask(&BlobRequest::Have { blob }).await;
        let answered = timeout(LONG, stream.answered()).await.unwrap();
        if asked.is_ok() && answered.is_ok() {
            open.push(stream);
        }
    }
    assert!((1..=6).contains(&open.len()), "{}", open.len());

    let mut stream = open.pop().unwrap();
    stream
        .ask(&BlobRequest::Page { blob, page: 3 })
        .await
        .unwrap();
    assert_eq!(stream.answered().await.unwrap(), BlobReply::Refused);
    let beyond = BlobRequest::Chunks {
        blob,
        first,
        count: 16,
    };
    stream.ask(&beyond).await.unwrap();
    assert_eq!(stream.answered().await.unwrap(), BlobReply::Refused);
    stream
        .ask(&BlobRequest::Chunks { blob, first, count })
        .await
        .unwrap();
    let BlobReply::Chunks { bytes } = stream.answered().await.unwrap() else {
        panic!("it is here");
    };
    let mut chunk = vec![0; usize::try_from(bytes).unwrap()];
    stream.take(&mut chunk).await.unwrap();
    let mut kept = Vec::new();
    let held = shelf.find(&blob).unwrap().unwrap();
    held.read(1, 1, &mut kept).unwrap();
    assert!(chunk == kept);
    stream.ask(&BlobRequest::Took { blob }).await.unwrap();
    assert_eq!(stream.answered().await.unwrap(), BlobReply::Noted);
    until(&mut told, TransferState::Given).await;
    // What is no request ends the stream.
    stream.give(&[0, 0, 0, 1, 0xff]).await.unwrap();
    assert!(timeout(LONG, stream.answered()).await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_offers_without_files_hold_a_true_one_up_for_a_while_only() {
    let mut two = Two::with_a_file(121).await;
    let (_giving, fetching, mut told) = two.go();
    let Two { to, sealed, .. } = two;
    let mut rows: Vec<FileRow> = (0_u32..1_200)
        .map(|n| {
            let mut blob = [0; 32];
            blob[..4].copy_from_slice(&n.to_be_bytes());
            FileRow {
                blob,
                ..row(&sealed)
            }
        })
        .collect();
    rows.push(row(&sealed));

    assert!(fetching.order(Order::GoOn(rows, Vec::new())));

    until(&mut told, TransferState::Here).await;
    assert_eq!(to.standing(&sealed.blob), Some(Standing::Whole));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_room_comes_by_itself_once_there_is_room_and_is_saved_then() {
    let mut two = Two::with_a_file(131).await;
    let (_giving, fetching, mut told) = two.go();
    let Two {
        dirs,
        to,
        bytes,
        sealed,
        ..
    } = two;
    to.set_quota(10_000);
    let place = dirs[1].path().join("later").join("saved");
    let named = row(&sealed);
    let blob = sealed.blob;
    let saving = Saving {
        message: MessageId([1; 32]),
        attachment: Box::new(Attachment {
            manifest: send::manifest(sealed, "x".into()),
            caption: String::new(),
            media: None,
            folder: None,
        }),
        to: place.clone(),
        waiting: None,
    };

    assert!(fetching.order(Order::Fetch(named, Some(Box::new(saving)))));
    until(&mut told, TransferState::Waiting).await;
    let standing = to.standing(&blob);
    assert_eq!(standing, Some(Standing::Part(Wish::Wanted)), "not paused");

    to.set_quota(1 << 30);
    until(&mut told, TransferState::Here).await;
    // Its folder is not there yet either.
    until(&mut told, TransferState::Waiting).await;
    std::fs::create_dir(dirs[1].path().join("later")).unwrap();
    until(&mut told, TransferState::Saved).await;
    assert!(std::fs::read(place).unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_files_of_one_sender_leave_room_for_one_of_another() {
    let dirs = [1, 2].map(|_| tempfile::tempdir().unwrap());
    let (mut ada, mut ben) = (peer(141).await, peer(142).await);
    connect(&mut ada, &mut ben).await;
    let (from, to) = (shelf(dirs[0].path()), shelf(dirs[1].path()));
    let bytes = content(3_000_000);
    let many: Vec<Sealed> = (0..20)
        .map(|_| from.seal(Cursor::new(&bytes), 3_000_000, |_| true).unwrap())
        .collect();
    let small = from.seal(Cursor::new(&bytes[..1000]), 1000, |_| true);
    let small = small.unwrap();
    let (_giving, _) = slow_transfers(&mut ada, &from, vec![ben.net.local_peer()], 1 << 20);
    let (fetching, mut told) = transfers(&mut ben, &to, vec![ada.net.local_peer()]);
    let another = PersonId([4; 32]);
    let mut rows: Vec<FileRow> = many.iter().map(row).collect();
    // Of most of them nobody has anything.
    rows.extend((0_u32..150).map(|n| FileRow {
        blob: *blake3::hash(&n.to_be_bytes()).as_bytes(),
        ..row(&many[0])
    }));
    rows.push(FileRow {
        sender: another,
        ..row(&small)
    });

    assert!(fetching.order(Order::GoOn(rows, Vec::new())));

    until(&mut told, TransferState::Here).await;
    assert_eq!(to.standing(&small.blob), Some(Standing::Whole), "first");
}
