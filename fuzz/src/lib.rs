//! What is fuzzed: every reader of bytes that somebody else wrote. Each takes any bytes, must not
//! panic, and must give the same bytes again when it encodes what it read.
//!
//! `fuzz/run SECONDS` runs all of them for so long each; `tests/corpus.rs` replays their corpora.

use std::{collections::BTreeSet, sync::OnceLock};

use betwixt::{
    files::{Listing, harmless},
    picture::{Bounds, THEIRS, decode, frames, look, prepare, read_small, stripped},
    proto::{
        card::Card,
        channel::{Channel, Pairwise},
        chat::{
            content::Content,
            direct::DirectMessage,
            ephemeral::{Ephemeral, SignedEphemeral},
            membership::{OpBody, decode_ops, encode_ops},
            seal::SealChunk,
            sender_chain::GroupHeader,
        },
        crypto::{aead, kdf},
        handshake::{InitHeader, Respond, respond},
        id::{ChatId, PersonId},
        identity::{Account, Device, DeviceList, NodeRecord, ProfileCard},
        prekey::{Kind, OwnPrekey, Prekey},
        secret::Secret,
        session::SessionSet,
        text::{clean_name, clean_text, display_names, shown_text},
        time::Timestamp,
    },
    rpc::parse_line,
    sound::{Decoder, PARTS, Speed, Stretch, Waveform},
    wire::{
        blob::{BlobReply, BlobRequest},
        direct::Direct,
        frame::{self, Parts, Window},
        hello::{HelloReply, HelloRequest},
        id::PeerId,
        limits,
        mailbox::{Link, RelayCard, RelayReply, RelayRequest},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Reads bytes.
pub type Target = fn(&[u8]);

/// All targets with their names, which are those of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("frame", frame),
    ("envelope", envelope),
    ("contents", contents),
    ("hello", hello),
    ("direct", direct),
    ("requests", requests),
    ("handshake", handshake),
    ("invite", invite),
    ("picture", picture),
    ("folder", folder),
    ("sound", sound),
    ("rpc_line", rpc_line),
];

/// The time at which everything is read.
pub const NOW: Timestamp = Timestamp(1_760_000_000_000);

/// A picture of somebody else, and one that is to be sent. It is as large as can be decoded soon.
pub fn picture(bytes: &[u8]) {
    const FEW: Bounds = Bounds {
        side: 1_000,
        pixels: 100_000,
        work: 1_000_000,
        memory: 8 << 20,
        ..THEIRS
    };
    let facts = look(bytes);
    let _ = decode(bytes, &FEW, 64);
    let _ = frames(bytes, &FEW, 64);
    let _ = read_small(bytes);
    let Ok(facts) = facts else {
        assert!(prepare(bytes).is_err(), "nothing is known of it");
        return;
    };
    let bare = stripped(bytes).unwrap_or_default();
    assert_eq!(look(&bare), Ok(facts));
    assert_eq!(stripped(&bare).as_ref(), Ok(&bare), "nothing more to take");
    if FEW.check(bytes, &facts).is_ok() {
        let _ = prepare(bytes);
    }
}

/// The list of a folder: what it is saved as leads nowhere else and meets nothing.
pub fn folder(bytes: &[u8]) {
    let Ok(listing) = Listing::decode(bytes) else {
        return;
    };
    assert_eq!(listing.encode(), bytes);
    let layout = listing.layout();
    let mut seen = BTreeSet::new();
    for path in layout.folders.iter().chain(&layout.files) {
        assert!(seen.insert(path.to_string_lossy().to_lowercase()), "twice");
        for part in path {
            let part = part.to_string_lossy();
            if part.len() <= 96 {
                assert_eq!(harmless(&part), part);
            }
            assert!(part.len() <= 104, "a number makes it a little longer");
        }
        assert!(path.is_relative());
    }
}

/// A sound of somebody else: all of its beginning, and some from further on.
pub fn sound(bytes: &[u8]) {
    let Ok(mut decoder) = Decoder::open(bytes.into()) else {
        return;
    };
    let mut stretch = Stretch::new(decoder.rate(), Speed::Two);
    let mut waveform = Waveform::new(decoder.rate());
    for from in [None, Some(1_000), Some(u64::MAX), Some(0)] {
        if let Some(ms) = from {
            let _ = decoder.seek(ms);
        }
        for _ in 0..FEW_PIECES {
            let Some(frames) = decoder.piece() else { break };
            assert!(frames.iter().flatten().all(|loud| loud.is_finite()));
            stretch.push(&frames);
            waveform.hear(&frames);
        }
    }
    let levels = waveform.finish();
    assert!(levels.len() <= PARTS && levels.iter().all(|level| *level < 32));
}

/// Pieces of a sound that are heard at once.
const FEW_PIECES: usize = 50;

/// A frame from outside, and opened.
pub fn frame(bytes: &[u8]) {
    let channel = channel();
    let checked = frame::check(&channel.topic(), bytes, NOW.frame_day(), Window::Any);
    if checked.is_ok() {
        assert!(channel.open(bytes).is_ok(), "only the channel signs");
    }
    let _ = channel.open(bytes);
    if let Some(parts) = Parts::of(bytes) {
        assert_eq!(frame::is_ephemeral(bytes), parts.ephemeral());
    }
}

/// What a member padded and sealed: the bytes are the padded inside of a frame.
pub fn envelope(bytes: &[u8]) {
    let channel = channel();
    let header = frame::header(false, NOW.frame_day());
    let ad = [&kdf::label("env")[..], &channel.topic().0, &header].concat();
    let key = kdf::derive("chan-env", channel_secret().expose(), &[], &[]);
    let nonce = [9; 24];
    let sealed = aead::xseal(&key, &nonce, &ad, bytes);
    let frame = [&header[..], &nonce, &sealed, &[0; 64]].concat();
    if let Ok(inner) = channel.open(&frame) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let again = channel.seal(false, 0, inner.kind, &inner.body, &mut rng);
        assert_eq!(again.map(|frame| frame.len()), Ok(frame.len()));
    }
}

/// Everything inside a frame, and texts and names to show. The first byte says as what it is read.
pub fn contents(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    match which % 9 {
        0 => {
            if let Ok(content) = Content::decode(bytes) {
                assert_eq!(&content.encode()[..], bytes);
                let _ = format!("{content:?}");
            }
        }
        1 => same(Ephemeral::decode(bytes).map(|it| it.encode()), bytes),
        2 => same(SignedEphemeral::decode(bytes).map(|it| it.encode()), bytes),
        3 => same(decode_ops(bytes).map(|ops| encode_ops(&ops)), bytes),
        4 => same(OpBody::decode(bytes).map(|it| it.encode()), bytes),
        5 => same(
            SealChunk::decode(bytes).map(|it| it.encode().unwrap()),
            bytes,
        ),
        6 => {
            if let Some((header, sealed)) = GroupHeader::parse(bytes) {
                assert_eq!([&header.encode()[..], sealed].concat(), bytes);
            }
        }
        7 => same(Pairwise::decode(bytes).map(|it| it.encode()), bytes),
        _ => shown(&String::from_utf8_lossy(bytes)),
    }
}

fn shown(text: &str) {
    let once = shown_text(text);
    assert_eq!(shown_text(&once), once);
    let _ = clean_text(text);
    if let Some(name) = clean_name(text) {
        assert!(!name.is_empty() && name.len() <= limits::NAME);
        assert_eq!(clean_name(&name).as_ref(), Some(&name));
    }
    let people = [(PersonId([1; 32]), text), (PersonId([2; 32]), "Alice")];
    let shown = display_names(&people);
    assert_ne!(shown.first(), shown.last());
}

/// The hello protocol, and the signed objects in it. The first byte says as what it is read.
pub fn hello(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    let list = &person().list;
    match which % 7 {
        0 => same(HelloRequest::decode(bytes).map(|it| it.encode()), bytes),
        1 => same(HelloReply::decode(bytes).map(|it| it.encode()), bytes),
        2 => {
            if let Ok(read) = DeviceList::verify(bytes) {
                let _ = (read.compare(list), format!("{read:?}"));
            }
        }
        3 => {
            let _ = NodeRecord::verify(bytes, list, NOW);
        }
        4 => {
            let _ = Prekey::verify(bytes, list, NOW);
        }
        5 => {
            let _ = ProfileCard::verify(bytes, list);
        }
        _ => {
            let _ = SessionSet::split(bytes);
        }
    }
}

/// The direct stream, and a direct message. The first byte says as what it is read.
pub fn direct(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    if which % 2 == 0 {
        return same(Direct::decode(bytes).map(|it| it.encode()), bytes);
    }
    let Ok(message) = DirectMessage::parse(bytes) else {
        return;
    };
    for part in &message.parts {
        assert_eq!(message.part_for(&part.device), Some(part.pairwise));
        let _ = SessionSet::split(part.pairwise);
        // As if the session had given what the part holds.
        let _ = message.open_content(&ChatId([1; 32]), part.pairwise);
    }
}

/// The protocols of relays and files. The first byte says as what it is read.
pub fn requests(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    match which % 5 {
        0 => {
            let request = RelayRequest::decode(bytes);
            if let Ok(request) = &request {
                let link = Link {
                    relay: PeerId([1; 32]),
                    client: PeerId([2; 32]),
                    challenge: [3; 32],
                };
                let _ = request.authorised(&link);
            }
            same(request.map(|it| it.encode()), bytes);
        }
        1 => same(RelayReply::decode(bytes).map(|it| it.encode()), bytes),
        2 => same(RelayCard::decode(bytes).map(|it| it.encode()), bytes),
        3 => same(BlobRequest::decode(bytes).map(|it| it.encode()), bytes),
        _ => same(BlobReply::decode(bytes).map(|it| it.encode()), bytes),
    }
}

/// An initiation to [`person`].
pub fn handshake(bytes: &[u8]) {
    let person = person();
    let header = InitHeader::parse(bytes);
    let request = Respond {
        device: &person.device,
        person: person.account.person(),
        prekey: &person.prekey,
        token: None,
    };
    if respond(request, bytes).is_ok() {
        assert!(header.is_ok(), "what is answered has a header");
    }
}

/// An invite, as link or QR text.
pub fn invite(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(card) = Card::parse(text) {
        assert_eq!(Card::parse(&card.to_link()).as_ref(), Ok(&card));
        assert_eq!(Card::parse(&card.to_qr_text()).as_ref(), Ok(&card));
    }
}

/// A line of JSON-RPC.
pub fn rpc_line(bytes: &[u8]) {
    let _ = parse_line(bytes);
}

/// Somebody with one device, always the same.
pub struct Person {
    /// Their account.
    pub account: Account,
    /// Their device.
    pub device: Device,
    /// Their device list.
    pub list: DeviceList,
    /// A prekey of the device, with number 7.
    pub prekey: OwnPrekey,
}

/// Whom everything is read for.
pub fn person() -> &'static Person {
    static PERSON: OnceLock<Person> = OnceLock::new();
    PERSON.get_or_init(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let account = Account::generate(&mut rng);
        let device = Device::create(&account, 1, NOW, &mut rng);
        Person {
            list: DeviceList::first(&account, &device, NOW),
            prekey: OwnPrekey::create(7, Kind::Medium, NOW, &mut rng),
            account,
            device,
        }
    })
}

/// The channel on which frames are read.
pub fn channel() -> &'static Channel {
    static CHANNEL: OnceLock<Channel> = OnceLock::new();
    CHANNEL.get_or_init(|| Channel::from_secret(&channel_secret()))
}

fn channel_secret() -> Secret<32> {
    Secret::new([7; 32])
}

/// Whatever is accepted has exactly one encoding.
fn same<E>(again: Result<Vec<u8>, E>, bytes: &[u8]) {
    if let Ok(again) = again {
        assert_eq!(again, bytes);
    }
}
