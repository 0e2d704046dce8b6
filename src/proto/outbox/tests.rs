use proptest::prelude::*;

use super::{lane::FIRST_WAIT_MS, *};

const BOB: DeviceId = DeviceId([2; 16]);
const CHAT: ChatId = ChatId([9; 32]);

fn waiting(outbox: &mut Outbox, cargo: Cargo) -> Waiting {
    Waiting {
        seq: outbox.next_seq(),
        topic: TopicKey([1; 32]),
        chat: CHAT,
        cargo,
        created: Timestamp(0),
        to: vec![BOB],
        frame: vec![7; 40].into(),
    }
}

fn add(outbox: &mut Outbox, n: u32, now: Timestamp) -> (FrameId, Vec<DeviceId>) {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&n.to_be_bytes());
    let waiting = waiting(outbox, Cargo::Message { counter: n });
    (FrameId(id), outbox.add(FrameId(id), &waiting, now).send)
}

#[test]
fn a_frame_for_a_connected_device_goes_at_once_and_again_after_twice_the_wait() {
    let mut outbox = Outbox::default();
    outbox.connected(BOB);

    let (id, at_once) = add(&mut outbox, 1, Timestamp(0));

    assert_eq!(at_once, [BOB]);
    assert_eq!(
        outbox.handle_timeout(Timestamp(FIRST_WAIT_MS - 1)),
        Due::default()
    );
    assert_eq!(
        outbox.handle_timeout(Timestamp(FIRST_WAIT_MS)).send,
        [(BOB, id)]
    );
    assert_eq!(outbox.poll_timeout(), Some(Timestamp(FIRST_WAIT_MS * 3)));
}

#[test]
fn no_more_than_a_window_is_under_way_and_an_acknowledgement_lets_the_next_go() {
    let mut outbox = Outbox::default();
    outbox.connected(BOB);
    let ids: Vec<_> = (0..=u32::try_from(WINDOW).unwrap())
        .map(|n| add(&mut outbox, n, Timestamp(0)))
        .collect();
    assert!(ids[WINDOW].1.is_empty());
    assert_eq!(outbox.handle_timeout(Timestamp(1)), Due::default());

    let done = outbox.acknowledged(&ids[3].0, &BOB);

    assert!(done.is_some_and(|done| done.finished));
    assert_eq!(outbox.poll_timeout(), Some(Timestamp(0)));
    assert_eq!(
        outbox.handle_timeout(Timestamp(1)).send,
        [(BOB, ids[WINDOW].0)]
    );
}

#[test]
fn frames_keep_their_order_over_a_reconnect() {
    let mut outbox = Outbox::default();
    let ids: Vec<_> = (0..5)
        .map(|n| add(&mut outbox, n, Timestamp(0)).0)
        .collect();

    outbox.connected(BOB);
    let first: Vec<_> = outbox.handle_timeout(Timestamp(1)).send;
    outbox.disconnected(BOB);
    outbox.connected(BOB);
    let again: Vec<_> = outbox.handle_timeout(Timestamp(3)).send;

    assert_eq!(first, ids.iter().map(|id| (BOB, *id)).collect::<Vec<_>>());
    assert_eq!(first, again);
}

#[test]
fn a_frame_for_a_device_that_nothing_reaches_waits_until_its_topic_is_carried() {
    let mut outbox = Outbox::default();
    let (id, at_once) = add(&mut outbox, 1, Timestamp(0));
    assert!(at_once.is_empty());
    assert_eq!(outbox.handle_timeout(Timestamp(1)), Due::default());

    outbox.carried(BOB, true, Timestamp(0));

    assert!(outbox.poll_timeout().is_some_and(|due| due <= Timestamp(1)));
    assert_eq!(outbox.handle_timeout(Timestamp(1)).publish, [id]);
    assert_eq!(
        outbox.poll_timeout(),
        Some(Timestamp(1).plus(FIRST_WAIT_MS))
    );
    let again = outbox.handle_timeout(Timestamp(1).plus(FIRST_WAIT_MS));
    assert_eq!(again.publish, [id]);
}

#[test]
fn a_new_frame_is_published_at_once_where_only_a_topic_reaches_its_device() {
    let mut outbox = Outbox::default();
    outbox.carried(BOB, true, Timestamp(0));
    let first = waiting(&mut outbox, Cargo::Control);

    let added = outbox.add(FrameId([1; 32]), &first, Timestamp(0));

    assert!(added.publish && !added.all_direct && added.send.is_empty());
    assert_eq!(outbox.handle_timeout(Timestamp(1)), Due::default());
}

#[test]
fn gossip_has_a_window_that_is_wider_once_the_device_was_heard() {
    let mut outbox = Outbox::default();
    outbox.carried(BOB, true, Timestamp(0));
    let ids: Vec<FrameId> = (0..100)
        .map(|n| add(&mut outbox, n, Timestamp(0)).0)
        .collect();
    assert_eq!(outbox.handle_timeout(Timestamp(9)), Due::default());

    outbox.heard(&BOB, false, Timestamp(10));
    let due = outbox.handle_timeout(Timestamp(10));

    assert_eq!(due.publish, ids[16..64]);
    outbox.acknowledged(&ids[5], &BOB);
    assert_eq!(outbox.handle_timeout(Timestamp(11)).publish, [ids[64]]);
}

#[test]
fn gossip_is_paced() {
    let mut outbox = Outbox::default();
    outbox.carried(BOB, true, Timestamp(0));
    outbox.heard(&BOB, false, Timestamp(0));
    let ids: Vec<FrameId> = (0..1000)
        .map(|n| add(&mut outbox, n, Timestamp(0)).0)
        .collect();
    // As many as the window takes went when they were added.
    let mut published = 64;
    for id in &ids[..64] {
        outbox.acknowledged(id, &BOB);
    }

    for ms in 0..10_000 {
        outbox.heard(&BOB, false, Timestamp(ms));
        let due = outbox.handle_timeout(Timestamp(ms));
        published += due.publish.len();
        for id in due.publish {
            outbox.acknowledged(&id, &BOB);
        }
    }

    // A burst of a hundred, and forty a second.
    assert!((495..=505).contains(&published), "{published}");
}

#[test]
fn a_device_that_is_heard_again_gets_what_was_published_in_vain_at_once() {
    let mut outbox = Outbox::default();
    outbox.carried(BOB, true, Timestamp(0));
    let id = add(&mut outbox, 1, Timestamp(0)).0;
    let mut now = Timestamp(0);
    for _ in 0..6 {
        now = outbox.poll_timeout().unwrap();
        assert_eq!(outbox.handle_timeout(now).publish, [id]);
    }
    let far = outbox.poll_timeout().unwrap();
    assert!(far.since(now) > 60_000, "it waits ever longer");

    outbox.heard(&BOB, false, now.plus(4_200));

    assert_eq!(outbox.handle_timeout(now.plus(4_200)).publish, [id]);
    outbox.heard(&BOB, false, now.plus(8_500));
    assert_eq!(outbox.handle_timeout(now.plus(8_500)), Due::default());
    outbox.heard(&BOB, true, now.plus(8_600));
    assert_eq!(outbox.handle_timeout(now.plus(8_600)).publish, [id]);
}

#[test]
fn nothing_is_published_again_while_gossip_takes_it_for_a_copy() {
    let mut outbox = Outbox::default();
    outbox.carried(BOB, true, Timestamp(0));
    let id = add(&mut outbox, 1, Timestamp(0)).0;

    outbox.carried(BOB, false, Timestamp(500));
    assert_eq!(outbox.poll_timeout(), Some(Timestamp(LIFE_MS)));
    outbox.carried(BOB, true, Timestamp(1_000));
    outbox.heard(&BOB, true, Timestamp(1_500));

    assert_eq!(outbox.handle_timeout(Timestamp(4_000)), Due::default());
    assert_eq!(outbox.handle_timeout(Timestamp(4_200)).publish, [id]);
    assert_eq!(
        outbox.poll_timeout(),
        Some(Timestamp(4_200).plus(FIRST_WAIT_MS))
    );
}

#[test]
fn whoever_has_a_direct_stream_gets_nothing_by_the_outbox_s_gossip() {
    let mut outbox = Outbox::default();
    outbox.carried(BOB, true, Timestamp(0));
    let (id, _) = add(&mut outbox, 1, Timestamp(0));

    outbox.connected(BOB);
    outbox.carried(BOB, true, Timestamp(0));
    let due = outbox.handle_timeout(Timestamp(1));
    outbox.disconnected(BOB);
    let alone = outbox.handle_timeout(Timestamp(2));

    assert_eq!((due.send, due.publish), (vec![(BOB, id)], vec![]));
    assert_eq!(alone, Due::default());
}

#[test]
fn a_second_acknowledgement_and_one_of_a_stranger_change_nothing() {
    let mut outbox = Outbox::default();
    let (id, _) = add(&mut outbox, 1, Timestamp(0));

    assert_eq!(outbox.acknowledged(&id, &DeviceId([3; 16])), None);
    assert!(outbox.acknowledged(&id, &BOB).is_some());
    assert_eq!(outbox.acknowledged(&id, &BOB), None);
    assert!(outbox.is_empty());
    assert_eq!(outbox.handle_timeout(Timestamp(DAY)), Due::default());
}

#[test]
fn a_newer_read_receipt_makes_the_older_one_superfluous() {
    let mut outbox = Outbox::default();
    let old = waiting(&mut outbox, Cargo::ReadReceipt);
    outbox.add(FrameId([1; 32]), &old, Timestamp(0));
    let new = waiting(&mut outbox, Cargo::ReadReceipt);

    let added = outbox.add(FrameId([2; 32]), &new, Timestamp(0));

    assert_eq!(added.superfluous, [FrameId([1; 32])]);
    assert_eq!(outbox.len(), 1);
}

#[test]
fn a_frame_expires_after_14_days() {
    let mut outbox = Outbox::default();
    let (id, _) = add(&mut outbox, 1, Timestamp(0));

    let due = outbox.handle_timeout(Timestamp(LIFE_MS));

    let cargo = Cargo::Message { counter: 1 };
    let chat = CHAT;
    assert_eq!(due.expired.len(), 1);
    let expired = &due.expired[0];
    assert_eq!((expired.id, expired.chat, expired.cargo), (id, chat, cargo));
    assert_eq!(expired.to.len(), 1);
    assert!(outbox.is_empty());
}

#[test]
fn a_record_comes_back_after_a_restart() {
    let mut outbox = Outbox::default();
    let record = waiting(&mut outbox, Cargo::Control).encode();
    let mut again = Outbox::default();

    assert!(again.restore(FrameId([1; 32]), &record, Timestamp(5)));

    assert!(again.waits_for(&FrameId([1; 32]), &BOB));
    assert_eq!(again.next_seq(), 1);
    assert_eq!(
        stored_frame(&record),
        Some((TopicKey([1; 32]), vec![7; 40]))
    );
    assert!(!again.restore(FrameId([2; 32]), &record[1..], Timestamp(5)));
}

/// What may happen to an outbox of two devices.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add,
    Held(usize, bool),
    Remove(usize),
    Connected(bool),
    Disconnected(bool),
    Carried(bool, bool),
    Heard(bool, bool),
    Kept(usize),
    Later(u32),
    Earlier(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Add),
        3 => (0..40_usize, any::<bool>()).prop_map(|(n, of)| Step::Held(n, of)),
        1 => (0..40_usize).prop_map(Step::Remove),
        1 => any::<bool>().prop_map(Step::Connected),
        1 => any::<bool>().prop_map(Step::Disconnected),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(of, on)| Step::Carried(of, on)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(of, come)| Step::Heard(of, come)),
        1 => (0..40_usize).prop_map(Step::Kept),
        4 => (0..40_000_u32).prop_map(Step::Later),
        1 => (0..40_000_u32).prop_map(Step::Earlier),
    ];
    prop::collection::vec(step, 1..120)
}

proptest! {
    /// Not to look while it is quiet makes no difference, but that it may be asked to look in vain.
    #[test]
    fn what_is_due_is_the_same_without_looking_at_all_lanes(steps in steps()) {
        let mut outboxes = [Outbox::default(), Outbox::default()];
        let mut now = Timestamp(100_000_000);
        let mut ids = Vec::new();
        let device = |is_bob| if is_bob { BOB } else { DeviceId([3; 16]) };
        for step in steps {
            let fresh = FrameId([u8::try_from(ids.len()).unwrap(); 32]);
            let id = |n: usize| ids.get(n).copied().unwrap_or(fresh);
            for outbox in &mut outboxes {
                match step {
                    Step::Add => {
                        let waiting = Waiting {
                            to: vec![BOB, device(false)],
                            created: now,
                            ..waiting(outbox, Cargo::Control)
                        };
                        outbox.add(fresh, &waiting, now);
                    }
                    Step::Held(n, of) => {
                        outbox.acknowledged(&id(n), &device(of));
                    }
                    Step::Remove(n) => outbox.remove(&id(n)),
                    Step::Connected(of) => outbox.connected(device(of)),
                    Step::Disconnected(of) => outbox.disconnected(device(of)),
                    Step::Carried(of, on) => outbox.carried(device(of), on, now),
                    Step::Heard(of, come) => outbox.heard(&device(of), come, now),
                    Step::Kept(n) => outbox.kept(&id(n), now),
                    Step::Later(_) | Step::Earlier(_) => {}
                }
            }
            match step {
                Step::Add => ids.push(fresh),
                Step::Later(ms) => now = now.plus(u64::from(ms)),
                Step::Earlier(ms) => now = Timestamp(now.0 - u64::from(ms)),
                _ => {}
            }
            let [quick, thorough] = &mut outboxes;
            thorough.quiet = None;
            let due = thorough.poll_timeout();
            let looks = quick.poll_timeout();
            prop_assert!(due.is_none_or(|due| looks.is_some_and(|looks| looks <= due)));
            prop_assert_eq!(quick.handle_timeout(now), thorough.handle_timeout(now));
        }
    }
}
