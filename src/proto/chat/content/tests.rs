use proptest::prelude::*;

use super::*;
use crate::{
    proto::{
        id::{ChatId, DeviceId, PersonId},
        secret::Secret,
    },
    wire::sync::OpId,
};

const MESSAGE: MessageId = MessageId([4; 32]);

#[test]
fn every_kind_round_trips_under_its_own_number() {
    let mut numbers: Vec<u16> = Vec::new();
    for body in bodies() {
        let kind = body.kind();
        let content = content(body);

        let decoded = Content::decode(&content.encode());

        assert_eq!(decoded, Ok(content));
        numbers.push(kind);
    }
    numbers.sort_unstable();
    let known = (1..=15).chain([18, 18, 20, 999]);
    assert_eq!(numbers, known.collect::<Vec<_>>());
}

#[test]
fn a_text_is_laid_out_as_written() {
    let text = Text {
        text: "hi".into(),
        reply_to: None,
        mentions: vec![],
    };
    let content = Content {
        prev: None,
        parents: vec![],
        created: Timestamp(1),
        expire_s: 0,
        body: Body::Text(text),
    };

    let expected = [
        0x86, 0x01, 0xf6, 0x80, 0x01, 0x00, 0x46, 0x83, 0x62, b'h', b'i', 0xf6, 0x80,
    ];
    assert_eq!(content.encode().as_slice(), expected);
}

#[test]
fn a_kind_that_is_not_known_is_carried_as_it_is() {
    let later = content(Body::Unknown {
        kind: 4711,
        bytes: opaque(&[0xff, 0x00, 0x9f]),
    });

    assert_eq!(Content::decode(&later.encode()), Ok(later));
}

#[test]
fn a_known_kind_with_another_layout_is_refused() {
    for kind in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 18] {
        for bytes in [&[][..], &[0xf6], &[0x81, 0xf6], &[0x80, 0x00]] {
            let forged = content(Body::Unknown {
                kind,
                bytes: opaque(bytes),
            });
            assert_eq!(Content::decode(&forged.encode()), Err(Malformed), "{kind}");
        }
    }
}

/// Whoever does not know kind 18 keeps and gives on what it does not look into.
#[test]
fn a_file_is_of_kind_18_if_and_only_if_it_is_heard_or_watched() {
    for (kind, other, file) in [
        (6, 18, attachment()),
        (18, 6, sound(3, 31)),
        (18, 6, film()),
    ] {
        let body = Body::Attachment(Box::new(file));
        assert_eq!(body.kind(), kind);
        let as_kind = |kind| {
            let bytes = opaque(&body.encode());
            content(Body::Unknown { kind, bytes }).encode()
        };

        assert_eq!(Content::decode(&as_kind(kind)).unwrap().body, body);
        assert_eq!(Content::decode(&as_kind(other)), Err(Malformed));
    }
}

#[test]
fn what_is_above_a_limit_is_refused_and_what_is_at_it_is_not() {
    let long = |len: usize| "x".repeat(len);
    let text = |len, mentions| {
        Body::Text(Text {
            text: long(len),
            reply_to: None,
            mentions: vec![PersonId([1; 32]); mentions],
        })
    };
    let edit = |len| {
        Body::Edit(Edit {
            message: MESSAGE,
            text: long(len),
        })
    };
    let react = |len| {
        Body::React(React {
            message: MESSAGE,
            emoji: long(len),
            on: true,
        })
    };
    let receipt = |len| {
        Body::Receipt(Receipt {
            kind: ReceiptKind::Read,
            upto: vec![upto(); len],
        })
    };
    let prekeys = |count, len| {
        Body::Prekeys(Prekeys {
            prekeys: vec![vec![1; len].into(); count],
        })
    };
    let profile = |len| {
        Body::Profile(Profile {
            card: vec![1; len].into(),
        })
    };
    let with = |change: &dyn Fn(&mut Attachment)| {
        let mut file = attachment();
        change(&mut file);
        Body::Attachment(Box::new(file))
    };
    let picture = |len| {
        with(&|file| {
            file.manifest.thumbnail.as_mut().unwrap().bytes = vec![1; len].into();
        })
    };
    for (at, above) in [
        (text(limits::TEXT, 0), text(limits::TEXT + 1, 0)),
        (text(1, limits::MENTIONS), text(1, limits::MENTIONS + 1)),
        (edit(limits::TEXT), edit(limits::TEXT + 1)),
        (react(limits::EMOJI), react(limits::EMOJI + 1)),
        (react(1), react(0)),
        (receipt(limits::RECEIPTS), receipt(limits::RECEIPTS + 1)),
        (
            prekeys(limits::PREKEYS, 1200),
            prekeys(limits::PREKEYS + 1, 9),
        ),
        (prekeys(1, limits::PREKEY), prekeys(1, limits::PREKEY + 1)),
        (profile(limits::PROFILE), profile(limits::PROFILE + 1)),
        (picture(limits::THUMBNAIL), picture(limits::THUMBNAIL + 1)),
        (
            with(&|file| *file = sound(limits::WAVEFORM, 31)),
            with(&|file| *file = sound(limits::WAVEFORM + 1, 31)),
        ),
        (
            with(&|file| *file = sound(1, 31)),
            with(&|file| *file = sound(1, 32)),
        ),
        (
            with(&|file| file.manifest.name = long(limits::FILE_NAME)),
            with(&|file| file.manifest.name = long(limits::FILE_NAME + 1)),
        ),
        (
            with(&|file| file.manifest.mime = long(limits::MIME)),
            with(&|file| file.manifest.mime = long(limits::MIME + 1)),
        ),
        (
            with(&|file| file.caption = long(limits::TEXT)),
            with(&|file| file.caption = long(limits::TEXT + 1)),
        ),
        (
            with(&|file| file.manifest.size = limits::FILE),
            with(&|file| file.manifest.size = limits::FILE + 1),
        ),
        (
            with(&|file| file.manifest.sealed_size = limits::BLOB),
            with(&|file| file.manifest.sealed_size = limits::BLOB + 1),
        ),
    ] {
        let kind = at.kind();
        assert!(Content::decode(&content(at).encode()).is_ok(), "{kind}");
        let refused = Content::decode(&content(above).encode());
        assert_eq!(refused, Err(Malformed), "{kind}");
    }
}

#[test]
fn a_content_has_at_most_four_parents_and_forty_kib() {
    let mut content = content(Body::ResetNotice);
    content.parents = vec![MESSAGE; limits::PARENTS];
    assert!(Content::decode(&content.encode()).is_ok());
    content.parents.push(MESSAGE);
    assert_eq!(Content::decode(&content.encode()), Err(Malformed));

    content.parents.clear();
    content.body = Body::Welcome(opaque(&vec![1; limits::CONTENT]));
    assert_eq!(Content::decode(&content.encode()), Err(Malformed));
}

#[test]
fn nothing_that_was_said_is_printed() {
    for body in bodies() {
        let printed = format!("{:?}", content(body));
        assert!(!printed.contains("secret"), "{printed}");
    }
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(content) = Content::decode(&bytes) {
            prop_assert_eq!(content.encode().to_vec(), bytes);
        }
    }

    #[test]
    fn any_body_of_any_kind_never_panics(
        kind in 0u16..20,
        bytes in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let content = content(Body::Unknown { kind, bytes: opaque(&bytes) });
        let encoded = content.encode();
        if let Ok(content) = Content::decode(&encoded) {
            prop_assert_eq!(content.encode(), encoded);
        }
    }

    #[test]
    fn any_text_round_trips(
        text in ".{0,200}",
        reply_to: Option<[u8; 32]>,
        prev: Option<[u8; 32]>,
        parents in prop::collection::vec(any::<[u8; 32]>(), 0..=4),
        created: u64,
        expire_s: u32,
    ) {
        let content = Content {
            prev: prev.map(MessageId),
            parents: parents.into_iter().map(MessageId).collect(),
            created: Timestamp(created),
            expire_s,
            body: Body::Text(Text {
                text,
                reply_to: reply_to.map(MessageId),
                mentions: vec![PersonId([1; 32])],
            }),
        };
        prop_assert_eq!(Content::decode(&content.encode()), Ok(content));
    }

    #[test]
    fn one_changed_byte_gives_no_second_encoding_of_the_same_content(
        at in any::<prop::sample::Index>(),
        change in 1u8..,
    ) {
        let content = content(Body::ChannelSet(ChannelSet { seq: 1, secret: Secret::new([7; 32]) }));
        let mut bytes = content.encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert_ne!(Content::decode(&bytes), Ok(content));
    }
}

/// One of each kind, in the order of their numbers, with "secret" wherever there is text.
fn bodies() -> Vec<Body> {
    vec![
        Body::Text(Text {
            text: "secret".into(),
            reply_to: Some(MESSAGE),
            mentions: vec![PersonId([1; 32])],
        }),
        Body::Edit(Edit {
            message: MESSAGE,
            text: "secret".into(),
        }),
        Body::Delete(Delete { message: MESSAGE }),
        Body::React(React {
            message: MESSAGE,
            emoji: "secret".into(),
            on: true,
        }),
        Body::Receipt(Receipt {
            kind: ReceiptKind::Delivered,
            upto: vec![upto()],
        }),
        Body::Attachment(Box::new(attachment())),
        Body::Attachment(Box::new(folder())),
        Body::Timer(Timer { seconds: 60 }),
        Body::ChannelSet(ChannelSet {
            seq: 1,
            secret: Secret::new([7; 32]),
        }),
        Body::ResetNotice,
        Body::RekeyRequest(RekeyRequest {
            chat: ChatId([1; 32]),
            epoch: Some(OpId([2; 32])),
        }),
        Body::Prekeys(Prekeys {
            prekeys: vec![vec![1; 200].into()],
        }),
        Body::Welcome(opaque(b"secret")),
        Body::HistoryOffer(opaque(b"secret")),
        Body::Profile(Profile {
            card: b"secret".to_vec().into(),
        }),
        Body::Pin(Pin {
            message: MESSAGE,
            on: true,
        }),
        Body::Attachment(Box::new(sound(3, 31))),
        Body::Attachment(Box::new(film())),
        Body::Unknown {
            kind: 999,
            bytes: opaque(b"secret"),
        },
    ]
}

fn content(body: Body) -> Content {
    Content {
        prev: Some(MessageId([2; 32])),
        parents: vec![MessageId([2; 32]), MessageId([3; 32])],
        created: Timestamp(1_767_225_600_000),
        expire_s: 0,
        body,
    }
}

fn attachment() -> Attachment {
    Attachment {
        manifest: Manifest {
            blob: [1; 32],
            size: 5,
            sealed_size: 21,
            file_key: Secret::new([2; 32]),
            prefix: [3; 19],
            hash: [4; 32],
            mime: "text/secret".into(),
            name: "secret.txt".into(),
            thumbnail: Some(Thumbnail {
                mime: "image/webp".into(),
                width: 64,
                height: 48,
                bytes: vec![9; 10].into(),
            }),
        },
        caption: "secret".into(),
        media: None,
        folder: None,
    }
}

fn folder() -> Attachment {
    let bare = |manifest: Manifest| Manifest {
        mime: String::new(),
        name: String::new(),
        thumbnail: None,
        ..manifest
    };
    Attachment {
        folder: Some(Folder {
            list: bare(attachment().manifest),
            files: 2,
        }),
        ..attachment()
    }
}

fn sound(parts: usize, loud: u8) -> Attachment {
    Attachment {
        media: Some(Media::Sound {
            duration_ms: 4_200,
            waveform: vec![loud; parts],
            voice: true,
        }),
        ..attachment()
    }
}

#[test]
fn a_folder_is_no_file_and_its_list_says_nothing_of_itself() {
    let read = |kind, attachment: &Attachment| {
        let bytes = opaque(&secret::encode(attachment));
        let content = content(Body::Unknown { kind, bytes });
        Content::decode(&content.encode()).is_ok()
    };
    assert!(read(6, &attachment()) && read(20, &folder()));
    assert!(!read(6, &folder()) && !read(20, &attachment()));
    let lies: [fn(&mut Folder); 5] = [
        |folder| folder.list.name = "x".into(),
        |folder| folder.list.mime = "x".into(),
        |folder| folder.list.thumbnail = attachment().manifest.thumbnail,
        |folder| folder.list.size = 4 << 20 | 1,
        |folder| folder.files = 20_001,
    ];
    for (n, lie) in lies.into_iter().enumerate() {
        let mut lying = folder();
        lie(lying.folder.as_mut().unwrap());
        assert!(!read(20, &lying), "{n}");
    }
}

fn film() -> Attachment {
    Attachment {
        media: Some(Media::Film {
            duration_ms: 61_000,
            width: 1920,
            height: 1080,
        }),
        ..attachment()
    }
}

fn upto() -> Upto {
    Upto {
        device: DeviceId([1; 16]),
        epoch: [0; 16],
        counter: 7,
    }
}

fn opaque(bytes: &[u8]) -> Opaque {
    Opaque::new(Zeroizing::new(bytes.to_vec()))
}
