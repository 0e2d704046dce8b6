//! Mailboxes on a real disk.

use std::{
    path::Path,
    sync::{Arc, mpsc::sync_channel},
    time::Instant,
};

use tokio::sync::mpsc;

use super::{
    Quotas,
    boxes::{Full, Mailboxes},
    keeper::{ANSWERS, Answer, Ask, Keeper, Work},
    rows::Leased,
};
use crate::{
    net::testing::{Channel, TODAY},
    relay::stats::Stats,
    wire::{
        frame::frame_id,
        id::{PeerId, TopicKey},
        mailbox::{Fetch, PutStatus, ReaderId, Refusal},
    },
};

const ALICE: PeerId = PeerId([1; 32]);
const BOB: PeerId = PeerId([2; 32]);
const NOW: u64 = 1_700_000_000_000;
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// What the smallest frame counts for.
const COST: u64 = 364 + 256;

fn open(directory: &Path, quotas: Quotas) -> Mailboxes {
    Mailboxes::open(&directory.join("mailboxes"), quotas).unwrap()
}

fn leased(readers: u8) -> Leased {
    Leased {
        until: NOW + 30 * DAY,
        readers,
    }
}

fn put(boxes: &mut Mailboxes, channel: &Channel, number: u32, now: u64) -> PutStatus {
    let frame = channel.frame(TODAY, number);
    let kept = boxes.put(channel.topic, frame_id(&frame), &frame, (now, true));
    kept.unwrap().0
}

fn fetch(
    boxes: &Mailboxes,
    topic: TopicKey,
    after: u64,
    max: u16,
) -> (Vec<(u64, Vec<u8>)>, u64, u64) {
    let fetch = Fetch {
        topic,
        after,
        max,
        reader: [0; 16],
        auth: [0; 64],
    };
    let found = boxes.fetch(&fetch, &mut 1_000_000).unwrap().unwrap();
    let frames = found.frames.into_iter();
    let frames = frames.map(|placed| (placed.seq, placed.frame.into()));
    (frames.collect(), found.head, found.floor)
}

#[test]
fn what_is_put_is_fetched_in_order_from_any_place_and_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let mut boxes = open(dir.path(), Quotas::default());
    assert_eq!(put(&mut boxes, &channel, 0, NOW), PutStatus::NotLeased);
    boxes.lease(ALICE, channel.topic, leased(0), NOW).unwrap();
    for number in 0..100 {
        assert_eq!(put(&mut boxes, &channel, number, NOW), PutStatus::Stored);
        assert_eq!(put(&mut boxes, &channel, number, NOW), PutStatus::Known);
    }
    boxes.commit().unwrap();
    let instance = boxes.instance();
    drop(boxes);

    let mut boxes = open(dir.path(), Quotas::default());
    let (first, head, floor) = fetch(&boxes, channel.topic, 0, 64);
    let (rest, ..) = fetch(&boxes, channel.topic, first[63].0, 64);

    assert_eq!(boxes.instance(), instance);
    assert_eq!((first.len(), rest.len()), (64, 36));
    assert_eq!((first[0].0, rest[35].0), (floor + 1, head));
    for (number, (_, frame)) in first.iter().chain(&rest).enumerate() {
        let number = u32::try_from(number).unwrap();
        assert_eq!(*frame, channel.frame(TODAY, number));
    }
    assert_eq!(put(&mut boxes, &channel, 5, NOW), PutStatus::Known);
    assert_eq!(put(&mut boxes, &channel, 100, NOW), PutStatus::Stored);
    assert_eq!(boxes.counts(), (1, 101, 101 * COST));
}

#[test]
fn a_frame_of_the_largest_size_lies_in_pieces_and_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let mut boxes = open(dir.path(), Quotas::default());
    boxes.lease(ALICE, channel.topic, leased(0), NOW).unwrap();
    let large: Vec<u8> = (0..49_260_u32).map(|n| n.to_be_bytes()[3]).collect();
    let frames = [large.clone(), vec![7; 300], large.clone()];
    for (n, frame) in frames.iter().enumerate() {
        let id = crate::wire::id::FrameId([u8::try_from(n).unwrap(); 32]);
        boxes.put(channel.topic, id, frame, (NOW, true)).unwrap();
    }
    boxes.commit().unwrap();

    let (all, ..) = fetch(&boxes, channel.topic, 0, 64);
    assert_eq!(
        all.iter().map(|(_, f)| f.clone()).collect::<Vec<_>>(),
        frames
    );
    let (two, ..) = fetch(&boxes, channel.topic, 0, 2);
    assert_eq!(two.len(), 2);

    boxes.expire(NOW + 8 * DAY).unwrap();
    boxes.commit().unwrap();
    assert_eq!(boxes.counts(), (1, 0, 0));
    assert!(fetch(&boxes, channel.topic, 0, 64).0.is_empty());
}

#[test]
fn over_a_quota_nothing_is_taken_and_nothing_is_put_out() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two, other) = (Channel::new(1), Channel::new(2), Channel::new(3));
    let quotas = Quotas {
        topic_frames: 3,
        client_bytes: 5 * COST,
        bytes: 7 * COST,
        topics_each: 2,
        topics: 3,
        ..Quotas::default()
    };
    let mut boxes = open(dir.path(), quotas);
    for channel in [&one, &two] {
        boxes.lease(ALICE, channel.topic, leased(0), NOW).unwrap();
    }
    let third = boxes.lease(ALICE, other.topic, leased(0), NOW);
    assert_eq!(third, Err(Full), "two topics for each client");
    boxes.lease(BOB, other.topic, leased(0), NOW).unwrap();
    let fourth = boxes.lease(BOB, Channel::new(4).topic, leased(0), NOW);
    assert_eq!(fourth, Err(Full), "three topics in all");

    let mut fill = |channel: &Channel| {
        (0..9)
            .take_while(|n| put(&mut boxes, channel, *n, NOW) == PutStatus::Stored)
            .count()
    };
    assert_eq!(fill(&one), 3, "frames of a topic");
    assert_eq!(fill(&two), 2, "bytes of a client");
    assert_eq!(fill(&other), 2, "bytes in all");
    boxes.commit().unwrap();

    assert_eq!(fetch(&boxes, one.topic, 0, 64).0.len(), 3);
    assert_eq!(put(&mut boxes, &one, 0, NOW), PutStatus::Known);
    boxes.expire(NOW + 8 * DAY).unwrap();
    boxes.commit().unwrap();
    let later = NOW + 8 * DAY;
    assert_eq!(
        put(&mut boxes, &one, 0, later),
        PutStatus::Stored,
        "room again"
    );
}

#[test]
fn without_room_on_the_disk_nothing_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let mut boxes = open(dir.path(), Quotas::default());
    boxes.lease(ALICE, channel.topic, leased(0), NOW).unwrap();
    let frame = channel.frame(TODAY, 1);
    let id = frame_id(&frame);

    let full = boxes.put(channel.topic, id, &frame, (NOW, false)).unwrap();
    let then = boxes.put(channel.topic, id, &frame, (NOW, true)).unwrap();

    assert_eq!(full, (PutStatus::Full, None));
    assert_eq!(then, (PutStatus::Stored, Some(NOW + 7 * DAY)));
}

#[test]
fn frames_go_when_their_time_is_over_and_the_floor_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let mut boxes = open(dir.path(), Quotas::default());
    boxes.lease(ALICE, channel.topic, leased(0), NOW).unwrap();
    for number in 0..10 {
        put(&mut boxes, &channel, number, NOW + u64::from(number) * DAY);
    }
    boxes.commit().unwrap();
    let (_, head, floor) = fetch(&boxes, channel.topic, 0, 64);

    boxes.expire(NOW + 10 * DAY).unwrap();
    boxes.commit().unwrap();

    let (left, same, now) = fetch(&boxes, channel.topic, 0, 64);
    assert_eq!((left.len(), same, now), (7, head, floor + 3));
    assert_eq!(left[0].1, channel.frame(TODAY, 3));
    assert_eq!(boxes.counts(), (1, 7, 7 * COST));
    // Its time is over on disk, too.
    drop(boxes);
    let boxes = open(dir.path(), Quotas::default());
    assert_eq!(boxes.counts(), (1, 7, 7 * COST));
}

#[test]
fn what_all_readers_have_goes_early_after_an_hour_but_not_in_groups() {
    let dir = tempfile::tempdir().unwrap();
    let (direct, group) = (Channel::new(1), Channel::new(2));
    let mut boxes = open(dir.path(), Quotas::default());
    for client in [ALICE, BOB] {
        boxes.lease(client, direct.topic, leased(2), NOW).unwrap();
        boxes.lease(client, group.topic, leased(0), NOW).unwrap();
    }
    for number in 0..4 {
        put(&mut boxes, &direct, number, NOW);
        put(&mut boxes, &group, number, NOW);
    }
    boxes.commit().unwrap();
    let (_, head, _) = fetch(&boxes, direct.topic, 0, 64);
    let left = |boxes: &mut Mailboxes, now: u64, topic: TopicKey| {
        boxes.expire(now).unwrap();
        boxes.commit().unwrap();
        fetch(boxes, topic, 0, 64).0.len()
    };
    let ack = |boxes: &mut Mailboxes, reader: ReaderId, upto: u64| {
        boxes.ack(direct.topic, reader, upto).unwrap();
        boxes.ack(group.topic, reader, u64::MAX).unwrap();
    };

    ack(&mut boxes, [1; 16], head);
    ack(&mut boxes, [1; 16], head);
    assert_eq!(
        left(&mut boxes, NOW + 2 * HOUR, direct.topic),
        4,
        "one reader is not two"
    );
    ack(&mut boxes, [2; 16], head - 1);
    assert_eq!(
        left(&mut boxes, NOW + HOUR - 1, direct.topic),
        4,
        "too young"
    );
    assert_eq!(left(&mut boxes, NOW + HOUR, direct.topic), 1);
    assert_eq!(left(&mut boxes, NOW + HOUR, group.topic), 4);
    // How far readers have come is on disk.
    boxes.ack(direct.topic, [2; 16], head).unwrap();
    boxes.commit().unwrap();
    drop(boxes);
    let mut boxes = open(dir.path(), Quotas::default());
    assert_eq!(left(&mut boxes, NOW + HOUR, direct.topic), 0);
    // Whoever does not name a number of readers ends that.
    put(&mut boxes, &direct, 9, NOW);
    boxes.lease(BOB, direct.topic, leased(0), NOW).unwrap();
    boxes.ack(direct.topic, [1; 16], u64::MAX).unwrap();
    boxes.ack(direct.topic, [2; 16], u64::MAX).unwrap();
    assert_eq!(left(&mut boxes, NOW + 2 * HOUR, direct.topic), 1);
}

#[test]
fn leases_outlive_a_restart_and_a_topic_that_nobody_leases_goes_with_its_last_frame() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let mut boxes = open(dir.path(), Quotas::default());
    let short = Leased {
        until: NOW + 2 * DAY,
        readers: 0,
    };
    boxes.lease(ALICE, channel.topic, short, NOW).unwrap();
    put(&mut boxes, &channel, 1, NOW);
    boxes.commit().unwrap();
    let (_, head, _) = fetch(&boxes, channel.topic, 0, 64);
    drop(boxes);

    let mut boxes = open(dir.path(), Quotas::default());
    assert_eq!(put(&mut boxes, &channel, 2, NOW + DAY), PutStatus::Stored);
    boxes.expire(NOW + 3 * DAY).unwrap();
    boxes.commit().unwrap();
    assert_eq!(
        put(&mut boxes, &channel, 3, NOW + 3 * DAY),
        PutStatus::NotLeased
    );
    assert_eq!(boxes.counts().1, 2, "frames stay until their time is over");

    boxes.expire(NOW + 9 * DAY).unwrap();
    boxes.commit().unwrap();
    assert_eq!(boxes.counts(), (0, 0, 0));
    drop(boxes);
    let mut boxes = open(dir.path(), Quotas::default());
    assert_eq!(boxes.counts(), (0, 0, 0));
    // A new log of the topic begins where the old one never was.
    let until = NOW + 40 * DAY;
    let again = Leased { until, readers: 0 };
    boxes
        .lease(ALICE, channel.topic, again, NOW + 10 * DAY)
        .unwrap();
    put(&mut boxes, &channel, 1, NOW + 10 * DAY);
    boxes.commit().unwrap();
    assert!(fetch(&boxes, channel.topic, 0, 64).0[0].0 > head);
}

#[test]
fn a_topic_counts_against_whoever_still_leases_it() {
    let dir = tempfile::tempdir().unwrap();
    let (channel, other) = (Channel::new(1), Channel::new(2));
    let quotas = Quotas {
        client_bytes: 2 * COST,
        ..Quotas::default()
    };
    let mut boxes = open(dir.path(), quotas);
    boxes.lease(ALICE, channel.topic, leased(0), NOW).unwrap();
    boxes.lease(ALICE, other.topic, leased(0), NOW).unwrap();
    boxes.lease(BOB, channel.topic, leased(0), NOW).unwrap();
    put(&mut boxes, &channel, 1, NOW);
    put(&mut boxes, &channel, 2, NOW);
    assert_eq!(put(&mut boxes, &other, 1, NOW), PutStatus::Full);

    boxes.release(ALICE, channel.topic);

    assert_eq!(put(&mut boxes, &other, 1, NOW), PutStatus::Stored);
    assert_eq!(
        put(&mut boxes, &channel, 3, NOW),
        PutStatus::Full,
        "Bob's now"
    );
}

#[test]
fn what_is_answered_is_on_disk_and_what_is_asked_before_the_end_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let stats = Arc::new(Stats::default());
    let quotas = Quotas {
        min_free: 0,
        ..Quotas::default()
    };
    let place = dir.path().join("mailboxes");
    let (keeper, mut answers) = Keeper::start(&place, quotas, || NOW, stats).unwrap();
    let lease = Ask::Lease {
        ticket: 0,
        client: ALICE,
        topic: channel.topic,
        ttl_ms: DAY,
        readers: 0,
    };
    assert!(keeper.ask(lease).is_ok());
    for ticket in 1..=50_u32 {
        let frame = channel.frame(TODAY, ticket);
        let frames = vec![Some((channel.topic, frame_id(&frame), frame)), None];
        assert!(keeper.ask(Ask::Put { ticket, frames }).is_ok());
    }
    keeper.stop();

    let mut stored = 0;
    while let Ok(answer) = answers.try_recv() {
        if let Answer::Put(_, statuses, held, until) = answer {
            assert_eq!(statuses, [PutStatus::Stored, PutStatus::Invalid]);
            assert_eq!((held.len(), until), (1, NOW + 7 * DAY));
            stored += 1;
        }
    }
    assert_eq!(stored, 50);
    let boxes = open(dir.path(), quotas);
    assert_eq!(boxes.counts().1, 50);
}

#[test]
fn a_low_disk_refuses_everything_that_takes_room_until_there_is_some() {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::new(1);
    let stats = Arc::new(Stats::default());
    let quotas = Quotas {
        min_free: u64::MAX / 2,
        ..Quotas::default()
    };
    let place = dir.path().join("mailboxes");
    let (keeper, mut answers) = Keeper::start(&place, quotas, || NOW, Arc::clone(&stats)).unwrap();
    let lease = Ask::Lease {
        ticket: 0,
        client: ALICE,
        topic: channel.topic,
        ttl_ms: DAY,
        readers: 0,
    };
    assert!(keeper.ask(lease).is_ok());

    let answer = answers.blocking_recv().unwrap();

    assert!(matches!(answer, Answer::Refused(0, Refusal::Full)));
    assert_eq!((stats.is_low.get(), stats.health().0), (1, false));
}

#[test]
fn after_the_disk_refused_it_is_said_and_later_the_database_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let quotas = Quotas {
        min_free: 0,
        ..Quotas::default()
    };
    let place = dir.path().join("mailboxes");
    let (answers, mut answered) = mpsc::channel(ANSWERS);
    let mut work = Work {
        directory: place.clone(),
        quotas,
        now: || 1_000_000,
        boxes: Some(Mailboxes::open(&place, quotas).unwrap()),
        answers,
        stats: Arc::default(),
        is_low: false,
        refused: 0,
        tidy_at: Instant::now(),
    };
    let (_asks, asked) = sync_channel(1);
    let channel = Channel::new(1);
    let put = |n| {
        let frame = channel.frame(TODAY, n);
        let id = frame_id(&frame);
        Ask::Put {
            ticket: n,
            frames: vec![Some((channel.topic, id, frame))],
        }
    };
    let lease = Ask::Lease {
        ticket: 0,
        client: PeerId([1; 32]),
        topic: channel.topic,
        ttl_ms: 1_000_000,
        readers: 0,
    };
    work.turn(lease, &asked);
    work.turn(put(1), &asked);
    work.boxes.as_ref().unwrap().break_disk();

    work.turn(put(2), &asked);
    assert_eq!((work.stats.is_open.get(), work.stats.health().0), (0, true));
    work.stats.keeps.set(1);
    assert!(!work.stats.health().0);
    work.turn(put(3), &asked);
    work.tidy();
    work.turn(put(4), &asked);
    work.turn(put(1), &asked);

    let mut said = Vec::new();
    while let Ok(answer) = answered.try_recv() {
        match answer {
            Answer::Put(ticket, statuses, ..) => said.push((ticket, statuses.first().copied())),
            Answer::Refused(ticket, Refusal::Full) => said.push((ticket, None)),
            _ => {}
        }
    }
    let stored = Some(PutStatus::Stored);
    let known = Some(PutStatus::Known);
    assert_eq!(
        said,
        [(1, stored), (2, None), (3, None), (4, stored), (1, known)]
    );
    assert_eq!(work.stats.is_open.get(), 1);
}
