//! Peers of an earlier or a later version: what they say that is not known here, and what is asked of
//! this version that it does not do.

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        channel::Kind,
        chat::{
            content::{Body, Content, Opaque, Text},
            membership::{Change, SetMeta},
        },
        contact::Standing,
        engine::command::Command,
        id::ChatId,
    },
    wire::{
        direct::Direct,
        frame::frame_id,
        hello::{HelloReply, HelloRequest},
        id::FrameId,
    },
};
use minicbor::{Decoder, Encoder, bytes::ByteVec};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

use crate::{
    group,
    hostile::{Insider, channel_of, content, device_of, frame_on, parts, says_to, signing_key},
    world::{Hello, Links, World},
};

fn later() -> Body {
    Body::Unknown {
        kind: 900,
        bytes: Opaque::new(Zeroizing::new(b"\x82\x01\x02".to_vec())),
    }
}

fn text(text: &str) -> Body {
    Body::Text(Text {
        text: text.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    })
}

/// How many messages of a later version a host has.
fn unknown(world: &World, host: usize, chat: ChatId) -> usize {
    let rows = world.timeline(host, chat).into_iter();
    let contents = rows.map(|row| Content::decode(&row.content).unwrap().body);
    contents
        .filter(|body| matches!(body, Body::Unknown { kind: 900, .. }))
        .count()
}

#[test]
fn frames_that_a_later_version_knows_are_held_and_do_nothing() {
    let mut world = World::new(70, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let (alice, bob) = (all[0], all[1]);
    let direct = world.chat(alice, bob);
    let mut insider = Insider::of(&world, bob, chat);
    let channel = channel_of(&world, bob, direct);
    let mut rng = ChaCha20Rng::seed_from_u64(70);
    let kinds: Vec<Kind> = (0..=u8::MAX)
        .map(Kind::from_number)
        .filter(|kind| matches!(kind, Kind::Unknown(_)))
        .collect();
    assert!(kinds.len() > 200);
    let mut frames = Vec::new();
    for kind in kinds {
        frames.push(insider.frame(kind, b"of a later version"));
        frames.push(frame_on(
            &channel,
            world.now,
            kind,
            b"of a later version",
            &mut rng,
        ));
    }
    let state = |world: &World| {
        let group = world.engine(alice).group(&chat).unwrap();
        let texts = [chat, direct].map(|chat| world.timeline(alice, chat).len());
        (group.members, group.name, group.missing, group.epoch, texts)
    };
    let before = state(&world);

    world.recorded = Some(Vec::new());
    for frame in &frames {
        world.hear(alice, bob, frame.clone());
    }
    world.run(1_000);

    let held = held(world.recorded.take().unwrap());
    for frame in &frames {
        let id = frame_id(&parts(frame).1);
        assert!(held.contains(&id), "it is not sent again");
        assert!(!world.hosts[alice].disk.seen(&id), "it leaves nothing");
    }
    assert_eq!(state(&world), before);
    world.say(bob, direct, "and on").unwrap();
    world.say(bob, chat, "and on").unwrap();
    world.run(1_000);
    for chat in [chat, direct] {
        assert_eq!(world.texts(alice, chat).last().unwrap(), "and on");
    }
}

/// The frames that were said to be on somebody's disk.
fn held(said: Vec<Direct>) -> BTreeSet<FrameId> {
    let frames = said.into_iter().filter_map(|message| match message {
        Direct::Held { frames } => Some(frames),
        _ => None,
    });
    frames.flatten().collect()
}

#[test]
fn messages_that_a_later_version_knows_are_kept_counted_and_given_on() {
    let mut world = World::new(71, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let [alice, bob, carol] = all[..] else {
        panic!("there are three")
    };
    let direct = world.chat(alice, bob);
    world.say(bob, direct, "hello").unwrap();
    world.run(5_000);
    let now = world.now;
    says_to(&mut world, (bob, alice), &content(now, later()));
    assert_eq!(unknown(&world, alice, direct), 1);

    // In a group Carol is away, and has it from Alice when Bob is away for ever.
    world.part(carol, alice, true);
    world.part(carol, bob, true);
    let said = Insider::of(&world, bob, chat).says(&content(world.now, later()));
    world.hear(alice, bob, said);
    assert_eq!(unknown(&world, alice, chat), 1);
    assert_eq!(world.engine(alice).group(&chat).unwrap().unread, 1);
    world.crash(bob);
    world.part(carol, alice, false);
    world.run(120_000);

    assert_eq!(unknown(&world, carol, chat), 1);
    world.say(alice, chat, "what was that?").unwrap();
    world.run(5_000);
    assert_eq!(world.texts(carol, chat).last().unwrap(), "what was that?");
}

/// A content with another number of fields than this version writes.
fn with_fields(original: &[u8], change: i32) -> Vec<u8> {
    let mut decoder = Decoder::new(original);
    let fields = decoder.array().unwrap().unwrap();
    let start = decoder.position();
    let wanted = u64::try_from(i64::try_from(fields).unwrap() + i64::from(change)).unwrap();
    let mut out = Vec::new();
    Encoder::new(&mut out).array(wanted).unwrap();
    let mut ends = Vec::new();
    for _ in 0..fields {
        decoder.skip().unwrap();
        ends.push(decoder.position());
    }
    let kept = usize::try_from(wanted.min(fields)).unwrap();
    out.extend_from_slice(&original[start..ends[kept - 1]]);
    for _ in fields..wanted {
        Encoder::new(&mut out).u8(1).unwrap();
    }
    out
}

#[test]
fn contents_with_other_fields_than_their_kind_has_are_shown_as_nothing_else() {
    let mut world = World::new(72, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let (alice, bob) = (all[0], all[1]);
    let direct = world.chat(alice, bob);
    world.say(bob, direct, "hello").unwrap();
    world.run(5_000);
    let mut insider = Insider::of(&world, bob, chat);
    let said = content(world.now, text("never to be shown"));
    for change in [-1, 1, 2] {
        let other = with_fields(&said, change);
        assert_ne!(other, said);
        let frame = insider.says(&other);
        world.hear(alice, bob, frame);
    }
    says_to(&mut world, (bob, alice), &with_fields(&said, 1));
    let good = insider.says(&content(world.now, text("as ever")));
    world.hear(alice, bob, good);
    world.run(5_000);

    let shown = |chat| world.texts(alice, chat);
    assert!(shown(chat).contains(&"as ever".to_owned()));
    for chat in [chat, direct] {
        assert!(!shown(chat).contains(&"never to be shown".to_owned()));
        assert_eq!(unknown(&world, alice, chat), 0);
    }
}

#[test]
fn changes_of_a_group_that_a_later_version_knows_are_kept_and_of_another_number_are_none() {
    let mut world = World::new(73, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let (alice, carol) = (all[0], all[2]);
    // Carol is an admin: what she says here would count.
    let mut insider = Insider::of(&world, carol, chat);
    world.crash(carol);
    let unknown = Change::Unknown {
        kind: 77,
        payload: b"\x80".to_vec().into(),
    };
    let frame = insider.changes(unknown);
    world.hear(alice, carol, frame);
    let log = Insider::of(&world, alice, chat).group;
    let newest = log.body(&log.newest().unwrap()).unwrap();
    assert!(matches!(newest.change, Change::Unknown { kind: 77, .. }));

    let mut insider = Insider::of(&world, alice, chat);
    let rename = Change::SetMeta(SetMeta {
        name: Some("Vultures".to_owned()),
        ..SetMeta::default()
    });
    for version in [0, 2] {
        let frame = insider.changes_of_version(rename.clone(), version);
        world.hear(all[1], alice, frame);
    }
    world.run(5_000);
    assert_eq!(world.engine(all[1]).group(&chat).unwrap().name, "Herons");
    let frame = insider.changes(rename);
    world.hear(all[1], alice, frame);
    assert_eq!(world.engine(all[1]).group(&chat).unwrap().name, "Vultures");
}

/// A prekey that says to be for other suites, signed by its device as it should be.
fn for_suites(world: &World, host: usize, prekey: &[u8], suites: u8) -> ByteVec {
    let mut outer = Decoder::new(prekey);
    outer.array().unwrap();
    let body = outer.bytes().unwrap();
    // Of the ten fields the last two are the suites, one byte, and null.
    let mut body = body.to_vec();
    let at = body.len() - 2;
    assert_eq!(body[at..], [1, 0xf6]);
    body[at] = suites;
    let device = device_of(world, host);
    let signature = signing_key(&device).sign("prekey", &body);
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out);
    encoder.array(2).unwrap().bytes(&body).unwrap();
    encoder.bytes(&signature).unwrap();
    out.into()
}

#[test]
fn who_offers_only_suites_that_are_not_known_is_told_nothing_and_nothing_goes_unsealed() {
    for suites in [0, 2, 4, 16] {
        let mut world = World::new(u64::from(suites), Links::GOOD);
        let (alice, bob) = (world.join("Alice"), world.join("Bob"));
        world.run(2_000);
        let nonce = [1; 16];
        let request = HelloRequest::GetBundle { nonce, proof: None };
        let alices = world.hosts[alice].peer;
        let Some(HelloReply::Bundle { prekey, .. }) = world.ask(bob, alices, request) else {
            panic!("there are keys")
        };
        let other = for_suites(&world, bob, &prekey, suites);
        let same = for_suites(&world, bob, &prekey, 1);
        assert_eq!(same, prekey, "but for the suites it is as it was");
        world.between = Some(Box::new(move |hello| {
            Some(match hello {
                Hello::Reply(
                    from,
                    to,
                    HelloReply::Bundle {
                        device_list,
                        node_record,
                        profile,
                        ..
                    },
                ) if from == bob => Hello::Reply(
                    from,
                    to,
                    HelloReply::Bundle {
                        device_list,
                        node_record,
                        prekey: other.clone(),
                        profile,
                    },
                ),
                other => other,
            })
        }));
        world.observed.clear();
        let add = Command::AddContact {
            link: None,
            person_id: Some(world.hosts[bob].person),
        };
        world.command(alice, add).unwrap().unwrap();
        let chat = world.chat(alice, bob);
        world.say(alice, chat, "not in the clear").unwrap();
        world.run(60_000);

        let bobs = world.hosts[bob].person;
        let standing = world.engine(alice).contact(&bobs).unwrap().standing;
        assert_eq!(standing, Standing::Outgoing, "{suites}");
        assert_eq!(world.texts(bob, chat), [""; 0]);
        let said = b"not in the clear";
        assert!(!world.observed.windows(said.len()).any(|seen| seen == said));
        world.between = None;
        world.run(600_000);
        assert_eq!(world.texts(bob, chat), ["not in the clear"], "{suites}");
    }
}
