//! Known answers: `tests/vectors/chat.json`, made by `tests/vectors/chat.py`, and the groups of
//! `tests/vectors/protocol.json`.

mod group;

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    content::*,
    direct::{DirectMessage, chat_id, message_id, part_context},
    ephemeral::{Ephemeral, SignedEphemeral, What},
};
use crate::{
    proto::{
        channel::{Channel, Inner, Kind, Pairwise},
        crypto::sign::{SigningKey, VerifyingKey},
        delivery::Delivery,
        id::{ChatId, DeviceId, MessageId, PersonId},
        secret::Secret,
        time::Timestamp,
    },
    wire::{
        direct::Direct,
        frame::{Window, check, frame_id},
        id::{FrameId, PeerId},
        mailbox::{Ack, BlobGet, BlobPut, Custody, Fetch, Lease, Link, release_to_sign},
        sync::OpId,
    },
};

const CREATED: Timestamp = Timestamp(1_767_225_600_000);
const DAY: u16 = 1055;
const DEV_A: DeviceId = DeviceId([b'A'; 16]);
const DEV_B: DeviceId = DeviceId([b'B'; 16]);

#[test]
fn a_channel_has_the_known_topic() {
    let channel = channel();

    assert_eq!(channel.topic().0, bytes("channel", "topic_pk")[..]);
    assert_eq!(channel.topic().topic_name(), text("channel", "topic"));
}

#[test]
fn a_frame_is_sealed_as_known_and_opens() {
    let channel = channel();
    let held = bytes("ephemeral", "held");
    for (ephemeral, kind, body, field) in [
        (false, Kind::DirectMessage, &b"hello"[..], "frame"),
        (true, Kind::Ephemeral, b"typing", "ephemeral"),
        (false, Kind::Held, &held, "kept_held"),
    ] {
        let frame = channel.seal(ephemeral, DAY, kind, body, &mut Always(b'N'));

        let frame = frame.unwrap();
        assert_eq!(frame, bytes("channel", field));
        assert!(check(&channel.topic(), &frame, DAY, Window::Live).is_ok());
        let body = body.to_vec();
        assert_eq!(channel.open(&frame), Ok(Inner { kind, body }));
    }
    let kept = frame_id(&bytes("channel", "frame"));
    assert_eq!(kept.0, bytes("channel", "frame_id")[..]);
    let largest = vec![b'x'; 49_152 - 5];
    let largest = channel.seal(false, DAY, Kind::LogOps, &largest, &mut Always(b'N'));
    let FrameId(hash) = frame_id(&largest.unwrap());
    assert_eq!(hash, bytes("channel", "largest")[..]);
}

#[test]
fn a_relay_is_asked_with_the_known_signatures() {
    let channel = channel();
    let topic = channel.topic();
    let link = Link {
        relay: PeerId([1; 32]),
        client: PeerId([2; 32]),
        challenge: [3; 32],
    };
    let auth = [0; 64];
    let reader = [b'r'; 16];
    let (lease, ack, fetch) = (
        Lease {
            topic,
            ttl_s: 60,
            readers: 1,
            auth,
        },
        Ack {
            topic,
            reader,
            upto: 9,
            auth,
        },
        Fetch {
            topic,
            after: 5,
            max: 10,
            reader,
            auth,
        },
    );
    let (put, get) = (
        BlobPut {
            topic,
            blob: [6; 32],
            size: 17,
            pages: vec![0; 32].into(),
            readers: 1,
            auth,
        },
        BlobGet {
            topic,
            blob: [6; 32],
            reader,
            auth,
        },
    );
    for (message, field) in [
        (lease.to_sign(&link), "lease"),
        (ack.to_sign(&link), "ack"),
        (fetch.to_sign(&link), "fetch"),
        (fetch.to_sign_as_watch(&link), "watch"),
        (release_to_sign(&topic, &link), "release"),
        (put.to_sign(&link), "blob_put"),
        (get.to_sign(&link), "blob_get"),
    ] {
        let auth = channel.relay_auth(&message);
        assert_eq!(auth[..], bytes("channel", field), "{field}");
    }
}

#[test]
fn a_relay_signs_what_it_holds_as_known() {
    let relay = PeerId(bytes("channel", "relay_pk").try_into().unwrap());
    let custody = Custody {
        until: CREATED.0,
        signature: bytes("channel", "custody").try_into().unwrap(),
    };
    let [one, two] = [FrameId([7; 32]), FrameId([8; 32])];

    assert!(custody.holds(relay, &[one, two]));
    for other in [vec![], vec![one], vec![two, one], vec![one, two, one]] {
        assert!(!custody.holds(relay, &other));
    }
    let later = Custody {
        until: CREATED.0 + 1,
        ..custody
    };
    assert!(!later.holds(relay, &[one, two]));
    assert!(!custody.holds(PeerId([1; 32]), &[one, two]));
}

#[test]
fn a_signed_receipt_is_laid_out_and_signed_as_known() {
    let delivery = Delivery::decode(&bytes("delivery", "delivery")).unwrap();
    let key: [u8; 32] = bytes("delivery", "ds_a").try_into().unwrap();

    assert_eq!(delivery.chat, ChatId([0x0c; 32]));
    assert_eq!((delivery.author, delivery.device), (DEV_B, DEV_A));
    assert_eq!(delivery.at, CREATED);
    let messages = [MessageId([3; 32]), MessageId([4; 32])];
    assert_eq!(delivery.messages, messages);
    assert!(delivery.is_signed_by(&VerifyingKey::parse(&key).unwrap()));
    let wire = Direct::Receipt(delivery.to_wire());
    assert_eq!(wire.encode(), bytes("delivery", "wire"));
    let read = Delivery::from_wire(delivery.to_wire(), DEV_B, DEV_A);
    assert_eq!(read, delivery);
}

#[test]
fn a_pairwise_frame_is_laid_out_as_known() {
    let pairwise = Pairwise {
        to: DEV_B,
        from: DEV_A,
        pairwise: b"pairwise".to_vec().into(),
    };

    assert_eq!(pairwise.encode(), bytes("channel", "pairwise"));
}

#[test]
fn contents_are_laid_out_as_known() {
    let message = MessageId([4; 32]);
    let said = |reply_to, mentions| {
        Body::Text(Text {
            text: "hi".into(),
            reply_to,
            mentions,
        })
    };
    let opaque = |bytes: &[u8]| Opaque::new(Zeroizing::new(bytes.to_vec()));
    for (field, body) in [
        ("text", said(Some(message), vec![PersonId([1; 32])])),
        (
            "edit",
            Body::Edit(Edit {
                message,
                text: "hi".into(),
            }),
        ),
        ("delete", Body::Delete(Delete { message })),
        (
            "react",
            Body::React(React {
                message,
                emoji: "👍".into(),
                on: true,
            }),
        ),
        ("receipt", Body::Receipt(receipt())),
        (
            "attachment",
            Body::Attachment(Box::new(attachment("hi", true))),
        ),
        (
            "attachment_without_thumbnail",
            Body::Attachment(Box::new(attachment("", false))),
        ),
        (
            "sound",
            Body::Attachment(Box::new(Attachment {
                media: Some(Media::Sound {
                    duration_ms: 4_200,
                    waveform: vec![0, 7, 31],
                    voice: true,
                }),
                ..attachment("", false)
            })),
        ),
        (
            "film",
            Body::Attachment(Box::new(Attachment {
                media: Some(Media::Film {
                    duration_ms: 61_000,
                    width: 1920,
                    height: 1080,
                }),
                ..attachment("hi", true)
            })),
        ),
        ("timer", Body::Timer(Timer { seconds: 60 })),
        (
            "channel_set",
            Body::ChannelSet(ChannelSet {
                seq: 1,
                secret: Secret::new([7; 32]),
            }),
        ),
        ("reset_notice", Body::ResetNotice),
        (
            "rekey_request",
            Body::RekeyRequest(RekeyRequest {
                chat: ChatId([1; 32]),
                epoch: Some(OpId([2; 32])),
            }),
        ),
        (
            "prekeys",
            Body::Prekeys(Prekeys {
                prekeys: vec![b"prekey".to_vec().into()],
            }),
        ),
        ("welcome", Body::Welcome(opaque(b"welcome"))),
        ("history_offer", Body::HistoryOffer(opaque(b"offer"))),
        (
            "profile",
            Body::Profile(Profile {
                card: b"card".to_vec().into(),
            }),
        ),
        ("pin", Body::Pin(Pin { message, on: true })),
        ("folder", Body::Attachment(Box::new(folder()))),
        (
            "unknown",
            Body::Unknown {
                kind: 999,
                bytes: opaque(&[0xff]),
            },
        ),
    ] {
        let content = Content {
            prev: Some(MessageId([2; 32])),
            parents: vec![MessageId([2; 32]), MessageId([3; 32])],
            created: CREATED,
            expire_s: 0,
            body,
        };
        assert_eq!(
            content.encode().to_vec(),
            bytes("contents", field),
            "{field}"
        );
        assert_eq!(Content::decode(&bytes("contents", field)), Ok(content));
    }
    let first = Content {
        prev: None,
        parents: vec![],
        created: Timestamp(1),
        expire_s: 0,
        body: said(None, vec![]),
    };
    assert_eq!(first.encode().to_vec(), bytes("contents", "first"));
}

#[test]
fn ephemeral_things_are_laid_out_as_known() {
    for (what, field) in [
        (What::Typing(true), "typing"),
        (What::Presence(false), "presence"),
        (What::Held(vec![FrameId([7; 32])]), "held"),
    ] {
        let said = Ephemeral {
            device: DEV_A,
            time: CREATED,
            what,
        };
        assert_eq!(said.encode(), bytes("ephemeral", field), "{field}");
    }
    let body = bytes("ephemeral", "typing");
    let signature = signing_key().sign("eph", &body);
    let signed = SignedEphemeral {
        body: body.into(),
        signature,
    };
    assert_eq!(signed.encode(), bytes("ephemeral", "signed"));
}

#[test]
fn a_direct_message_is_sealed_as_known_and_opens() {
    let person = |field| PersonId(bytes("direct", field).try_into().unwrap());
    let chat = chat_id(&person("one"), &person("other"));
    let content = bytes("direct", "content");

    let sealed = DirectMessage::seal_content(&chat, &DEV_A, 7, &content, &mut Always(0xd0));

    assert_eq!(chat.0, bytes("direct", "chat_id")[..]);
    assert_eq!(part_context(&chat)[..], bytes("direct", "ctx"));
    assert_eq!(sealed.part.expose()[..], bytes("direct", "part"));
    assert_eq!(sealed.ciphertext, bytes("direct", "ct"));
    assert_eq!(sealed.message.0, bytes("direct", "mid")[..]);
    let next = message_id(&chat, &DEV_A, 8, &content);
    assert_eq!(next.0, bytes("direct", "mid_of_next")[..]);

    let parts = [(DEV_B, b"pairwise-b".to_vec())];
    let body = DirectMessage::encode(&DEV_A, 7, &parts, &sealed.ciphertext);
    assert_eq!(body, bytes("direct", "dm"));
    let message = DirectMessage::parse(&body).unwrap();
    let opened = message.open_content(&chat, &bytes("direct", "part"));
    assert_eq!(opened, Ok((sealed.message, Zeroizing::new(content))));
}

fn receipt() -> Receipt {
    Receipt {
        kind: ReceiptKind::Read,
        upto: vec![Upto {
            device: DEV_A,
            epoch: [0; 16],
            counter: 7,
        }],
    }
}

fn attachment(caption: &str, picture: bool) -> Attachment {
    let thumbnail = Thumbnail {
        mime: "image/webp".into(),
        width: 64,
        height: 48,
        bytes: vec![9; 10].into(),
    };
    Attachment {
        manifest: Manifest {
            blob: [1; 32],
            size: 5,
            sealed_size: 21,
            file_key: Secret::new([2; 32]),
            prefix: [3; 19],
            hash: [4; 32],
            mime: "text/plain".into(),
            name: "notes.txt".into(),
            thumbnail: picture.then_some(thumbnail),
        },
        caption: caption.into(),
        media: None,
        folder: None,
    }
}

fn folder() -> Attachment {
    let list = Manifest {
        blob: [5; 32],
        size: 7,
        sealed_size: 23,
        file_key: Secret::new([6; 32]),
        prefix: [7; 19],
        hash: [8; 32],
        mime: String::new(),
        name: String::new(),
        thumbnail: None,
    };
    let file = attachment("hi", false);
    Attachment {
        manifest: Manifest {
            size: 15,
            sealed_size: 31,
            mime: "inode/directory".into(),
            name: "Trip".into(),
            ..file.manifest
        },
        folder: Some(Folder { list, files: 2 }),
        ..file
    }
}

fn channel() -> Channel {
    Channel::from_secret(&Secret::new([0xd1; 32]))
}

fn signing_key() -> SigningKey {
    SigningKey::from_secret(Secret::new([0xa1; 32]))
}

fn bytes(section: &str, field: &str) -> Vec<u8> {
    let hex = text(section, field);
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn text(section: &str, field: &str) -> String {
    let file = include_str!("../../../tests/vectors/chat.json");
    let known: Value = serde_json::from_str(file).unwrap();
    known[section][field].as_str().unwrap().to_owned()
}

/// Chance that always gives the same byte.
struct Always(u8);

impl TryRng for Always {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        to.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Always {}
