//! Replays the corpora of the fuzz targets, so that what was found once stays found without a
//! fuzzer. `cargo test --test corpus -- --ignored` writes the seeds anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use std::{
    collections::BTreeMap,
    fs,
    panic::catch_unwind,
    path::PathBuf,
    time::{Duration, Instant},
};

use betwixt::{
    files::{Inner, Listed, Listing},
    proto::{
        channel::{Channel, Kind},
        chat::{
            content::{Body, Content, Text},
            direct::DirectMessage,
        },
        handshake::{InitPayload, Initiate, initiate},
        id::{ChatId, DeviceId},
        identity::{Account, Device, NodeRecord, ProfileCard},
        prekey::Prekey,
        secret::Secret,
        time::{DAY, Timestamp},
    },
    wire::{
        blob::{BlobReply, BlobRequest},
        direct::Direct,
        hello::{HelloReply, HelloRequest, Intro},
        id::{Address, FrameId, PeerId, TopicKey},
        mailbox::{
            Ack, BlobGet, BlobPut, Custody, Fetch, KeptBlob, Lease, Mailbox, Placed, Put,
            PutStatus, Refusal, RelayCard, RelayLimits, RelayReply, RelayRequest,
        },
        sync::{DeviceRuns, EpochRuns, HistoryRecord, Item, OpId, Span, Step},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;

#[path = "../fuzz/src/lib.rs"]
mod targets;

use targets::{NOW, TARGETS, channel, person};

#[test]
fn every_file_of_every_corpus_is_read_without_a_panic() {
    for (name, target) in TARGETS {
        let files = files(name);
        assert!(
            files.len() > 1,
            "the corpus of {name} has {} files",
            files.len()
        );
        for (path, bytes) in files {
            println!("{}", path.display());
            target(&bytes);
        }
    }
}

/// What a fuzzer does in its first second, for those who have none.
#[test]
fn seeds_with_a_few_bytes_changed_are_read_without_a_panic() {
    let mut rng = rng();
    for (name, target) in TARGETS {
        let files = files(name);
        for (path, bytes) in &files {
            println!("{}", path.display());
            for _ in 0..CHANGED {
                let other = &files[below(&mut rng, files.len())].1;
                target(&changed(bytes, other, &mut rng));
            }
        }
    }
}

/// As long as a fuzzer that knows nothing of the code: `BETWIXT_FUZZ_SECONDS` for each target, or for the one that
/// `BETWIXT_FUZZ` names. What breaks one is put into `fuzz/artifacts`.
#[test]
#[ignore = "takes as long as is said"]
fn seeds_that_are_changed_for_a_while_are_read_without_a_panic() {
    let seconds = std::env::var("BETWIXT_FUZZ_SECONDS").unwrap_or_default();
    let time = Duration::from_secs(seconds.parse().unwrap_or(1));
    let only = std::env::var("BETWIXT_FUZZ").ok();
    // Another one each time.
    let seed = u64::from(std::process::id());
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let seeds: Vec<Vec<u8>> = files(name).into_iter().map(|(_, bytes)| bytes).collect();
        let (began, mut tries) = (Instant::now(), 0_u64);
        while began.elapsed() < time {
            let mut bytes = seeds[below(&mut rng, seeds.len())].clone();
            for _ in 0..=below(&mut rng, 4) {
                let other = &seeds[below(&mut rng, seeds.len())];
                bytes = changed(&bytes, other, &mut rng);
            }
            tries += 1;
            if catch_unwind(|| target(&bytes)).is_err() {
                let artifacts = corpus(name).join("../../artifacts").join(name);
                fs::create_dir_all(&artifacts).unwrap();
                fs::write(artifacts.join(format!("crash-{tries}")), &bytes).unwrap();
                broken.push(*name);
                break;
            }
        }
        println!("{name}: {tries} in {:?}", began.elapsed());
    }
    assert!(broken.is_empty(), "{broken:?}");
}

/// How often each file is changed.
const CHANGED: usize = 200;

fn changed(bytes: &[u8], other: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=below(rng, 3) {
        let at = below(rng, bytes.len() + 1);
        match below(rng, 5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.next_u32().to_le_bytes()[0]),
            2 => bytes
                .splice(at.., other.iter().skip(at).copied())
                .for_each(drop),
            3 => bytes.drain(at..(at + 4).min(bytes.len())).for_each(drop),
            _ => {
                for byte in bytes.iter_mut().skip(at).take(1) {
                    *byte = rng.next_u32().to_le_bytes()[0];
                }
            }
        }
    }
    bytes
}

fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u64()).unwrap_or(0) % bound.max(1)
}

/// Otherwise the corpora would only exercise refusals.
#[test]
fn the_seeds_are_what_the_encoders_make_today() {
    for (name, seeds) in seeds() {
        for (seed, bytes) in seeds {
            let path = corpus(name).join(&seed);
            assert_eq!(fs::read(&path).ok(), Some(bytes), "{}", path.display());
        }
    }
}

#[test]
#[ignore = "writes files; for when a layout has changed"]
fn write_the_seeds() {
    for (name, seeds) in seeds() {
        fs::create_dir_all(corpus(name)).unwrap();
        for (seed, bytes) in seeds {
            fs::write(corpus(name).join(seed), bytes).unwrap();
        }
    }
}

fn corpus(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name)
}

fn files(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<_> = fs::read_dir(corpus(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

type Seeds = BTreeMap<String, Vec<u8>>;

fn seeds() -> Vec<(&'static str, Seeds)> {
    vec![
        ("frame", frames()),
        ("envelope", envelopes()),
        ("contents", contents()),
        ("hello", hellos()),
        ("direct", directs()),
        ("requests", requests()),
        ("handshake", handshakes()),
        ("invite", invites()),
        ("rpc_line", rpc_lines()),
        ("folder", folders()),
    ]
}

fn named<const N: usize>(seeds: [(&str, Vec<u8>); N]) -> Seeds {
    seeds
        .into_iter()
        .map(|(name, bytes)| (format!("seed-{name}"), bytes))
        .collect()
}

fn folders() -> Seeds {
    let inner = |parent, name: &str| Inner {
        parent,
        name: name.into(),
    };
    let listed = |parent, name: &str, size| Listed {
        parent,
        name: name.into(),
        size,
        hash: [7; 32],
    };
    let folders = vec![inner(0, "photos"), inner(1, "lake"), inner(0, "PHOTOS")];
    let files = vec![
        listed(0, "read me.txt", 5),
        listed(2, "../a.jpg", 0),
        listed(2, "A.JPG", 1 << 30),
        listed(3, "con", 0),
    ];
    let list = |folders, files| Listing::new(folders, files).encode();
    named([
        ("empty", list(vec![], vec![])),
        ("circle", list(vec![inner(2, "a"), inner(1, "b")], vec![])),
        ("files", list(vec![], files[..1].to_vec())),
        ("all", list(folders, files)),
    ])
}

fn frames() -> Seeds {
    let day = NOW.frame_day();
    named([
        ("short", frame(channel(), false, day, 5)),
        ("longer", frame(channel(), false, day, 400)),
        ("ephemeral", frame(channel(), true, day, 5)),
        ("old", frame(channel(), false, 1, 5)),
        ("ahead", frame(channel(), false, day + 9, 5)),
        (
            "foreign",
            frame(&Channel::from_secret(&Secret::new([8; 32])), false, day, 5),
        ),
    ])
}

fn frame(channel: &Channel, ephemeral: bool, day: u16, length: usize) -> Vec<u8> {
    let body = vec![7; length];
    let frame = channel.seal(ephemeral, day, Kind::DirectMessage, &body, &mut rng());
    frame.unwrap()
}

fn envelopes() -> Seeds {
    let padded = |length: u32, kind: u8| {
        let mut padded = [&length.to_be_bytes()[..], &[kind], b"body"].concat();
        padded.resize(256, 0);
        padded
    };
    named([
        ("message", padded(5, 2)),
        ("later-kind", padded(5, 200)),
        ("longest", padded(252, 1)),
        ("too-long", padded(253, 1)),
        ("empty", padded(0, 1)),
        ("huge", padded(u32::MAX, 1)),
    ])
}

/// The contents and layouts of groups in the known answers.
fn contents() -> Seeds {
    let mut seeds = Seeds::new();
    for (section, field, which) in [
        ("contents", None, 0),
        ("ephemeral", Some("typing"), 1),
        ("ephemeral", Some("held"), 1),
        ("ephemeral", Some("signed"), 2),
        ("group", Some("ops"), 3),
        ("group", Some("create"), 4),
        ("group", Some("role"), 4),
        ("group", Some("meta"), 4),
        ("group", Some("epoch"), 4),
        ("group", Some("chunk"), 5),
        ("channel", Some("pairwise"), 7),
    ] {
        for (name, bytes) in known("chat.json", section) {
            if field.is_none_or(|field| field == name) {
                seeds.insert(format!("seed-{section}-{name}"), tagged(which, &bytes));
            }
        }
    }
    for (name, bytes) in known("protocol.json", "group") {
        if name == "msg" {
            seeds.insert("seed-group-message".into(), tagged(6, &bytes));
        }
    }
    for (name, text) in [
        ("bidi", "Al\u{202e}ice\u{2066}"),
        ("zalgo", "a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}"),
        ("emoji", "👩‍🚀👍🏽🇳🇴"),
        ("invisible", "\u{200b}\u{3164}\u{2800}"),
        ("lookalike", "Аlice •abc"),
    ] {
        seeds.insert(format!("seed-text-{name}"), tagged(8, text.as_bytes()));
    }
    seeds
}

fn hellos() -> Seeds {
    let person = person();
    let list = person.list.bytes().to_vec();
    let record = NodeRecord::create(&person.device, 1, Timestamp(NOW.0 + DAY), &[address()]);
    let prekey = person.prekey.sign(&person.device);
    let profile = ProfileCard::create(
        &person.device,
        person.account.person(),
        "Quiet Heron",
        7,
        NOW,
    );
    assert!(Prekey::verify(&prekey, &person.list, NOW).is_ok());
    let (record, profile) = (record.bytes().to_vec(), profile.bytes().to_vec());

    let intro = HelloRequest::Intro(Intro {
        device_list: list.clone().into(),
        node_record: record.clone().into(),
        prekey: prekey.clone().into(),
        profile: profile.clone().into(),
        pairwise: vec![1; 300].into(),
        frames: vec![vec![2; 364].into()],
    });
    let bundle = HelloRequest::GetBundle {
        nonce: [1; 16],
        proof: Some([2; 32]),
    };
    let answer = HelloReply::Bundle {
        device_list: list.clone().into(),
        node_record: record.clone().into(),
        prekey: prekey.clone().into(),
        profile: profile.clone().into(),
    };
    named([
        ("get-profile", tagged(0, &HelloRequest::GetProfile.encode())),
        ("get-bundle", tagged(0, &bundle.encode())),
        ("intro", tagged(0, &intro.encode())),
        ("refused", tagged(1, &HelloReply::Refused.encode())),
        ("bundle", tagged(1, &answer.encode())),
        ("device-list", tagged(2, &list)),
        ("node-record", tagged(3, &record)),
        ("prekey", tagged(4, &prekey)),
        ("profile", tagged(5, &profile)),
        ("pairwise", tagged(6, &[&[0][..], &[3; 136]].concat())),
        (
            "pairwise-init",
            tagged(6, &[&[1, 0, 2, 9, 9][..], &[3; 136]].concat()),
        ),
    ])
}

fn directs() -> Seeds {
    let topic = channel().topic();
    let content = Content {
        prev: None,
        parents: vec![],
        created: NOW,
        expire_s: 0,
        body: Body::Text(Text {
            text: "hello".into(),
            reply_to: None,
            mentions: vec![],
        }),
    };
    let (sender, receiver) = (DeviceId([2; 16]), DeviceId([3; 16]));
    let sealed =
        DirectMessage::seal_content(&ChatId([1; 32]), &sender, 7, &content.encode(), &mut rng());
    // The target takes a part for what the session made of it.
    let parts = [(receiver, sealed.part.expose().to_vec())];
    let message = DirectMessage::encode(&sender, 7, &parts, &sealed.ciphertext);
    let none = DirectMessage::encode(&sender, 7, &[], &sealed.ciphertext);
    let runs = || {
        let spans = vec![Span { first: 0, last: 4 }];
        vec![EpochRuns {
            epoch: OpId([7; 32]),
            devices: vec![DeviceRuns { index: 3, spans }],
        }]
    };
    let sync = |step: Step| {
        let (chat, number) = ([1; 32], 2);
        let message = Direct::Sync { chat, number, step };
        tagged(0, &message.encode())
    };
    let record = HistoryRecord {
        context: vec![1; 200].into(),
        signature: Some([3; 64]),
    };
    let given = Step::Given {
        looked: 5,
        records: vec![record],
        gone: runs(),
    };
    let differ = Step::Differ {
        here: runs(),
        there: vec![Item([5; 32])],
    };
    let have = Direct::Have {
        chat: [1; 32],
        from: 3,
        until: 9,
        runs: vec![Span { first: 0, last: 4 }],
    };
    named([
        ("compare", sync(Step::Compare(vec![0x61].into()))),
        ("compared", sync(Step::Compared(vec![0x61, 0, 0].into()))),
        ("differ", sync(differ)),
        ("runs", sync(Step::Runs(runs()))),
        ("get", sync(Step::Get(runs()))),
        ("given", sync(given)),
        ("have", tagged(0, &have.encode())),
        (
            "frame",
            tagged(
                0,
                &Direct::Frame {
                    topic,
                    frame: vec![1; 364].into(),
                }
                .encode(),
            ),
        ),
        (
            "held",
            tagged(
                0,
                &Direct::Held {
                    frames: vec![FrameId([1; 32]); 3],
                }
                .encode(),
            ),
        ),
        (
            "want",
            tagged(
                0,
                &Direct::Want {
                    topic,
                    counters: vec![0, 1, u32::MAX],
                }
                .encode(),
            ),
        ),
        ("message", tagged(1, &message)),
        ("message-to-nobody", tagged(1, &none)),
    ])
}

fn requests() -> Seeds {
    let topic = channel().topic();
    let auth = [5; 64];
    let fetch = || Fetch {
        topic,
        after: 1,
        max: 2,
        reader: [3; 16],
        auth,
    };
    let relay = |request: RelayRequest| tagged(0, &request.encode());
    let relayed = |reply: RelayReply| tagged(1, &reply.encode());
    let frame = || vec![1; 364].into();
    let limits = RelayLimits {
        lease_s: 60,
        topic_bytes: 0,
        topic_frames: 0,
        topics: 9,
        gossip: true,
    };
    let mailbox = Mailbox {
        topic: TopicKey([1; 32]),
        frames: vec![Placed {
            seq: 4,
            frame: frame(),
        }],
        head: 4,
        floor: 1,
    };
    let card = RelayCard {
        version: 1,
        relay: PeerId([1; 32]),
        addresses: vec![address()],
        access_token: Some([2; 16]),
    };
    named([
        ("challenge", relay(RelayRequest::Challenge)),
        ("hello", relay(RelayRequest::Hello { mac: [1; 32] })),
        (
            "lease",
            relay(RelayRequest::Lease(Lease {
                topic,
                ttl_s: 60,
                readers: 1,
                auth,
            })),
        ),
        (
            "put",
            relay(RelayRequest::Put {
                frames: vec![Put {
                    topic,
                    frame: frame(),
                }],
            }),
        ),
        ("fetch", relay(RelayRequest::Fetch(fetch()))),
        (
            "ack",
            relay(RelayRequest::Ack(Ack {
                topic,
                reader: [3; 16],
                upto: 9,
                auth,
            })),
        ),
        (
            "watch",
            relay(RelayRequest::Watch {
                topics: vec![fetch(), fetch()],
                wait_s: 60,
            }),
        ),
        ("release", relay(RelayRequest::Release { topic, auth })),
        (
            "blob-put",
            relay(RelayRequest::BlobPut(BlobPut {
                topic,
                blob: [1; 32],
                size: 17,
                pages: vec![5; 32].into(),
                readers: 1,
                auth,
            })),
        ),
        (
            "blob-get",
            relay(RelayRequest::BlobGet(BlobGet {
                topic,
                blob: [1; 32],
                reader: [2; 16],
                auth,
            })),
        ),
        ("refused", relayed(RelayReply::Refused(Refusal::Full))),
        (
            "limits",
            relayed(RelayReply::Challenge {
                challenge: [1; 32],
                time: NOW.0,
                limits,
                store: Some([6; 16]),
            }),
        ),
        (
            "stored",
            relayed(RelayReply::Stored {
                statuses: vec![PutStatus::Stored, PutStatus::Known],
                custody: Some(Custody {
                    until: NOW.0,
                    signature: [7; 64],
                }),
            }),
        ),
        ("frames", relayed(RelayReply::Frames(vec![mailbox]))),
        (
            "kept",
            relayed(RelayReply::Blob(KeptBlob {
                until: NOW.0,
                have: vec![5].into(),
                taken: 1,
            })),
        ),
        (
            "blob-put-page",
            tagged(
                3,
                &BlobRequest::PutPage {
                    blob: [1; 32],
                    page: 3,
                }
                .encode(),
            ),
        ),
        (
            "blob-put-chunks",
            tagged(
                3,
                &BlobRequest::PutChunks {
                    blob: [1; 32],
                    first: 16,
                    count: 16,
                }
                .encode(),
            ),
        ),
        ("card", tagged(2, &card.encode())),
        (
            "blob-list",
            tagged(3, &BlobRequest::List { blob: [1; 32] }.encode()),
        ),
        (
            "blob-chunk",
            tagged(
                3,
                &BlobRequest::Chunks {
                    blob: [1; 32],
                    first: 7,
                    count: 16,
                }
                .encode(),
            ),
        ),
        (
            "blob-page",
            tagged(
                3,
                &BlobRequest::Page {
                    blob: [1; 32],
                    page: 1,
                }
                .encode(),
            ),
        ),
        (
            "blob-have",
            tagged(3, &BlobRequest::Have { blob: [1; 32] }.encode()),
        ),
        (
            "blob-hashes",
            tagged(
                4,
                &BlobReply::List {
                    size: 99,
                    pages: vec![1; 32].into(),
                }
                .encode(),
            ),
        ),
        (
            "blob-bytes",
            tagged(4, &BlobReply::Chunks { bytes: 99 }.encode()),
        ),
        (
            "blob-hashes-of-page",
            tagged(4, &BlobReply::Page(vec![1; 64].into()).encode()),
        ),
        (
            "blob-held",
            tagged(4, &BlobReply::Have(vec![5].into()).encode()),
        ),
    ])
}

fn handshakes() -> Seeds {
    let to = person();
    let mut rng = rng();
    let account = Account::generate(&mut rng);
    let device = Device::create(&account, 1, NOW, &mut rng);
    let prekey = to.prekey.sign(&to.device);
    let prekey = Prekey::verify(&prekey, &to.list, NOW).unwrap();
    let request = Initiate {
        device: &device,
        peer: to.device.certificate(),
        prekey: &prekey,
        token: None,
        payload: InitPayload {
            device: device.id(),
            list_seq: 1,
            generation: 1,
            created: NOW,
        },
    };
    // snow's own randomness would make another one each time; any that was made stays good.
    let init = match fs::read(corpus("handshake").join("seed-init")) {
        Ok(init) => init,
        Err(_) => initiate(request, &mut rng).unwrap().init,
    };
    let mut other_suite = init.clone();
    other_suite[0] = 2;
    let mut forged = init.clone();
    *forged.last_mut().unwrap() ^= 1;
    let cut = init[..init.len() - 1].to_vec();
    named([
        ("init", init),
        ("other-suite", other_suite),
        ("forged", forged),
        ("cut", cut),
    ])
}

fn invites() -> Seeds {
    let texts = known_texts("protocol.json", "card");
    let mut seeds = Seeds::new();
    for (name, text) in &texts {
        if text.starts_with("betwixt:") || text.starts_with("BX1:") {
            seeds.insert(format!("seed-{name}"), text.clone().into_bytes());
        }
    }
    seeds.insert("seed-nothing".into(), b"betwixt://c/#".to_vec());
    seeds
}

fn rpc_lines() -> Seeds {
    named([
        (
            "send",
            br#"{"jsonrpc":"2.0","id":1,"method":"message.send","params":{"chat_id":"0101010101010101010101010101010101010101010101010101010101010101","text":"hi"}}"#
                .to_vec(),
        ),
        ("info", br#"{"jsonrpc":"2.0","id":"a","method":"node.info"}"#.to_vec()),
        (
            "settings",
            br#"{"jsonrpc":"2.0","id":null,"method":"settings.set","params":{"typing":false}}"#.to_vec(),
        ),
        (
            "batch",
            br#"[{"jsonrpc":"2.0","method":"chat.list"},{"jsonrpc":"2.0","id":2,"method":"people.nearby"},1]"#
                .to_vec(),
        ),
        ("empty-batch", b"[]".to_vec()),
        ("deep", "[".repeat(200).into_bytes()),
        ("not-json", b"{\"jsonrpc\":\"2.0\",".to_vec()),
        ("not-utf8", vec![b'"', 0xff, b'"']),
    ])
}

fn tagged(which: u8, bytes: &[u8]) -> Vec<u8> {
    [&[which], bytes].concat()
}

/// The byte strings of a section of the known answers.
fn known(file: &str, section: &str) -> Vec<(String, Vec<u8>)> {
    known_texts(file, section)
        .into_iter()
        .filter_map(|(name, text)| {
            let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
            Some((name, bytes))
        })
        .collect()
}

fn known_texts(file: &str, section: &str) -> Vec<(String, String)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(file);
    let known: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let section = known[section].as_object().unwrap();
    section
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn address() -> Address {
    Address(vec![4, 127, 0, 0, 1, 6, 0x12, 0x34])
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(2)
}
