//! What happens between people who are never there at once, told with engines in a simulated world
//! with relays that keep what they are given, or say so.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use betwixt::proto::{
    engine::{
        command::Command,
        event::{DeliveryState, EngineEvent},
    },
    id::ChatId,
};
use world::{Crash, Links, World};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// Two contacts whose only way to each other is a relay that keeps what it is given.
fn apart(seed: u64, links: Links) -> (World, usize, usize, ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.run(5_000);
    world.part(alice, bob, true);
    world.links = links;
    world.relay().store = Some([1; 16]);
    world.relay_between(&[alice, bob]);
    world.run(2_000);
    (world, alice, bob, chat)
}

fn count(world: &World, host: usize, wanted: DeliveryState) -> u32 {
    let count = |event: &EngineEvent| match event {
        EngineEvent::Status {
            state, counters, ..
        } if *state == wanted => counters.end() - counters.start() + 1,
        _ => 0,
    };
    world.hosts[host].events.iter().map(count).sum()
}

/// Messages of a host that somebody has yet to acknowledge. (Where its node is goes out at each start.)
fn unheard(world: &World, host: usize, chat: ChatId) -> usize {
    world.engine(host).held_in(&chat).len()
}

/// One comes, stays for a while, and goes.
fn visit(world: &mut World, host: usize, ms: u64) {
    world.restart(host);
    world.run(ms);
    world.crash(host);
}

#[test]
fn two_who_are_never_there_at_once_get_everything_and_ticks_turn() {
    let (mut world, alice, bob, chat) = apart(1, Links::GOOD);
    world.crash(bob);
    for n in 0..100 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(3_000);
    assert_eq!(count(&world, alice, DeliveryState::Sent), 100);
    assert_eq!(world.engine(alice).held_in(&chat).len(), 100);
    world.crash(alice);
    world.run(2 * DAY);

    world.restart(bob);
    world.run(5_000);
    assert_eq!(world.texts(bob, chat).len(), 100);
    let up_to = world.timeline(bob, chat).last().unwrap().id;
    let read = Command::ReadMessages {
        chat_id: chat,
        up_to,
    };
    world.command(bob, read).unwrap().unwrap();
    world.say(bob, chat, "and back").unwrap();
    world.run(2_000);
    world.crash(bob);
    world.run(DAY);

    world.hosts[alice].events.clear();
    world.restart(alice);
    world.run(5_000);
    assert_eq!(count(&world, alice, DeliveryState::Delivered), 100);
    assert!(count(&world, alice, DeliveryState::Read) >= 100);
    assert_eq!(world.texts(alice, chat).len(), 101);
    assert_eq!(unheard(&world, alice, chat), 0, "nothing waits any more");
    world.crash(alice);

    world.restart(bob);
    world.run(5_000);
    assert_eq!(unheard(&world, bob, chat), 0);
    assert_eq!(world.relay().ill_signed, 0);
}

#[test]
fn acknowledgements_are_not_acknowledged_and_an_idle_mailbox_stays_as_it_is() {
    let (mut world, alice, bob, chat) = apart(2, Links::GOOD);
    world.crash(bob);
    world.say(alice, chat, "one").unwrap();
    world.run(3_000);
    world.crash(alice);
    visit(&mut world, bob, 5_000);
    visit(&mut world, alice, 5_000);
    visit(&mut world, bob, 5_000);
    let kept = |world: &mut World| -> usize { world.relay().kept.values().map(Vec::len).sum() };
    let before = kept(&mut world);

    for _ in 0..5 {
        visit(&mut world, alice, 20_000);
        visit(&mut world, bob, 20_000);
    }
    let visited = kept(&mut world);
    assert_eq!(
        visited,
        before + 20,
        "where a node is, and the acknowledgement of that"
    );

    for host in [alice, bob] {
        world.restart(host);
    }
    world.run(25 * 60_000);
    let settled = kept(&mut world);
    world.run(3 * HOUR);
    assert_eq!(kept(&mut world), settled);
}

#[test]
fn places_in_mailboxes_are_acknowledged_by_both_under_names_of_their_own() {
    let (mut world, alice, bob, chat) = apart(3, Links::GOOD);
    world.crash(bob);
    world.say(alice, chat, "one").unwrap();
    world.run(3_000);
    visit(&mut world, bob, 5_000);
    world.run(15 * 60_000);

    let topic = *world.relay().kept.keys().next().unwrap();
    let readers: Vec<u8> = world.relay().readers.values().copied().collect();
    assert_eq!(readers, [2, 2], "both devices read");
    let acked = world.relay().acked.clone();
    let names: Vec<_> = acked.keys().filter(|(of, _)| *of == topic).collect();
    assert_eq!(names.len(), 2, "{acked:?}");
    assert!(acked.values().all(|upto| *upto > 0));
}

#[test]
fn two_who_are_there_at_once_talk_as_fast_as_ever_and_the_relay_is_given_little() {
    let (mut world, alice, bob, chat) = apart(4, Links::GOOD);
    world.say(alice, chat, "are you there").unwrap();
    world.run(2_000);
    let before = world.relay().puts;

    for n in 0..50 {
        world.say(alice, chat, &format!("{n}")).unwrap();
        world.run(100);
        assert_eq!(world.texts(bob, chat).len(), n + 2, "at once");
    }
    world.run(10_000);

    assert_eq!(world.relay().puts, before, "gossip was enough");
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn a_relay_that_forwards_nothing_brings_messages_as_they_come() {
    let mut world = World::new(5, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.part(alice, bob, true);
    world.relay().store = Some([1; 16]);
    world.relay().gossips = false;
    world.relay_between(&[alice, bob]);
    world.run(10_000);

    for n in 0..20 {
        world.say(alice, chat, &format!("{n}")).unwrap();
        world.say(bob, chat, &format!("{n}")).unwrap();
        world.run(3_000);
        assert_eq!(world.texts(bob, chat).len(), 2 * n + 2, "soon");
    }
    world.run(20_000);

    world.assert_agree(alice, bob);
    assert_eq!(
        world.engine(alice).waiting() + world.engine(bob).waiting(),
        0
    );
    assert_eq!(world.relay().carried, 0);
}

#[test]
fn a_group_whose_members_are_never_there_at_once_gets_everything() {
    let mut world = World::new(6, Links::GOOD);
    let all: Vec<usize> = ["Alice", "Bob", "Carol"]
        .map(|name| world.join(name))
        .to_vec();
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        world.befriend(all[a], all[b]);
    }
    let chat = world.found(all[0], "Hikes", &[all[1], all[2]]);
    world.run(20_000);
    world.relay().store = Some([1; 16]);
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        world.part(all[a], all[b], true);
    }
    world.relay_between(&all);
    world.run(5_000);
    for host in &all {
        world.crash(*host);
    }

    for round in 0..3 {
        for host in &all {
            world.restart(*host);
            world.run(4_000);
            world
                .say(*host, chat, &format!("{host} in {round}"))
                .unwrap();
            world.run(4_000);
            world.crash(*host);
            world.run(HOUR);
        }
    }
    for _ in 0..2 {
        for host in &all {
            visit(&mut world, *host, 8_000);
        }
    }

    for host in &all {
        world.restart(*host);
        let texts = world.texts(*host, chat);
        let said = texts.iter().filter(|text| text.contains(" in "));
        assert_eq!(said.count(), 9, "{host}: {texts:?}");
        assert_eq!(unheard(&world, *host, chat), 0, "{host}");
        assert!(count(&world, *host, DeliveryState::Delivered) >= 6);
        world.crash(*host);
    }
}

/// Alice says things while Bob is away, and he gets them though the relay is no good.
fn in_spite(seed: u64, spoil: impl Fn(&mut world::Relay)) -> World {
    let (mut world, alice, bob, chat) = apart(seed, Links::GOOD);
    spoil(world.relay());
    world.crash(bob);
    for n in 0..30 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(60_000);
    // Time is all that it costs: some day both are there at once.
    world.restart(bob);
    world.run(60 * 60_000);
    assert_eq!(world.texts(bob, chat).len(), 30);
    assert_eq!(world.engine(alice).waiting(), 0);
    world.assert_agree(alice, bob);
    world
}

#[test]
fn a_relay_that_drops_what_it_signs_for_costs_nothing_but_time() {
    in_spite(7, |relay| relay.drops = 1000);
    in_spite(8, |relay| relay.drops = 500);
}

#[test]
fn a_relay_that_reorders_doubles_and_delays_costs_nothing_but_time() {
    let mut reordered = in_spite(9, |relay| relay.reorders = true);
    let doubled = in_spite(10, |relay| relay.doubles = true);
    in_spite(11, |relay| relay.delays = 20_000);
    assert!(reordered.relay().fetches < 200);
    drop(doubled);
}

#[test]
fn a_relay_that_says_it_is_empty_again_and_again_is_asked_ever_more_rarely() {
    let (mut world, alice, bob, chat) = apart(12, Links::GOOD);
    world.crash(bob);
    world.say(alice, chat, "one").unwrap();
    world.run(3_000);
    visit(&mut world, bob, 5_000);
    world.relay().says_empty = true;
    world.restart(bob);
    world.run(5_000);
    let before = world.relay().fetches;

    world.run(6 * HOUR);

    let asked = world.relay().fetches - before;
    assert!(asked < 120, "{asked} in six hours, of two");
    assert_eq!(world.texts(bob, chat), ["one"]);
}

#[test]
fn a_signature_that_does_not_hold_is_no_custody() {
    let (mut world, alice, bob, chat) = apart(13, Links::GOOD);
    world.relay().signs_falsely = true;
    world.crash(bob);
    world.say(alice, chat, "one").unwrap();
    world.run(10_000);

    assert_eq!(count(&world, alice, DeliveryState::Sent), 0);
    assert!(world.engine(alice).held_in(&chat).is_empty());
    world.crash(alice);
    world.restart(bob);
    world.run(3_000);
    assert_eq!(world.texts(bob, chat), ["one"], "it had it nevertheless");
}

#[test]
fn a_relay_that_comes_back_empty_is_read_from_the_beginning_and_given_everything_again() {
    let (mut world, alice, bob, chat) = apart(14, Links::GOOD);
    world.say(alice, chat, "before").unwrap();
    world.run(15 * 60_000);
    world.crash(bob);
    for n in 0..40 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(5_000);
    world.relay_loses_all();
    world.run(10_000);
    world.crash(alice);

    world.restart(bob);
    world.run(5_000);

    assert_eq!(world.texts(bob, chat).len(), 41);
}

#[test]
fn one_of_two_relays_lies_and_the_other_brings_everything() {
    let mut world = World::new(15, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.part(alice, bob, true);
    world.relay().store = Some([1; 16]);
    world.relay().drops = 1000;
    world.relay().gossips = false;
    world.relay_between(&[alice, bob]);
    world.second_relay_between(&[alice, bob]);
    world.run(10_000);
    world.crash(bob);
    for n in 0..30 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(5_000);
    let most = world.engine(alice).held_in(&chat).values().copied().max();
    assert_eq!(most, Some(2), "both sign");
    world.crash(alice);

    visit(&mut world, bob, 5_000);
    world.hosts[alice].events.clear();
    world.restart(alice);
    world.run(5_000);

    assert_eq!(count(&world, alice, DeliveryState::Delivered), 30);
    assert_eq!(unheard(&world, alice, chat), 0);
    world.crash(alice);
    world.restart(bob);
    assert_eq!(world.texts(bob, chat).len(), 30);
}

#[test]
fn a_reader_that_crashes_at_any_step_between_fetch_and_acknowledgement_loses_nothing() {
    for step in 0..12 {
        for kind in [
            Crash::BeforeCommit,
            Crash::AfterCommit,
            Crash::DuringRelease(1),
        ] {
            let (mut world, alice, bob, chat) = apart(16, Links::GOOD);
            world.crash(bob);
            for n in 0..5 {
                world.say(alice, chat, &format!("{n}")).unwrap();
            }
            world.run(3_000);
            world.crash(alice);

            world.restart(bob);
            world.crash_at(bob, step, kind);
            world.run(5_000);
            world.crash_no_more();
            if !world.is_up(bob) {
                world.restart(bob);
            }
            world.run(5_000);
            assert_eq!(world.texts(bob, chat).len(), 5, "{step} {kind:?}");
            world.crash(bob);

            world.hosts[alice].events.clear();
            world.restart(alice);
            world.run(5_000);
            let delivered = count(&world, alice, DeliveryState::Delivered);
            assert_eq!(delivered, 5, "{step} {kind:?}");
            assert_eq!(unheard(&world, alice, chat), 0, "{step} {kind:?}");
        }
    }
}

#[test]
fn a_full_mailbox_is_said_and_what_waits_goes_when_there_is_room() {
    let (mut world, alice, bob, chat) = apart(17, Links::GOOD);
    world.crash(bob);
    world.relay().room = 3;
    world.hosts[alice].events.clear();
    for n in 0..10 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(20 * 60_000);

    let warned = world.hosts[alice].events.iter();
    let warned = warned.filter(
        |event| matches!(event, EngineEvent::Warning { text, .. } if text.contains("no room")),
    );
    assert_eq!(warned.count(), 1, "it is said once");
    assert!(world.engine(alice).held_in(&chat).len() < 10);

    world.relay().room = 1000;
    world.run(30 * 60_000);
    assert_eq!(world.engine(alice).held_in(&chat).len(), 10);
    world.crash(alice);
    world.restart(bob);
    world.run(5_000);
    assert_eq!(world.texts(bob, chat).len(), 10);
}

#[test]
fn what_a_relay_keeps_is_not_published_again_at_the_fast_pace() {
    let (mut world, alice, bob, chat) = apart(18, Links::GOOD);
    world.crash(bob);
    world.run(40_000);
    world.say(alice, chat, "for later").unwrap();
    world.run(3_000);
    let before = world.relay().carried;

    world.run(9 * 60_000);

    assert_eq!(world.relay().carried, before);
    world.restart(bob);
    world.run(5_000);
    assert_eq!(world.texts(bob, chat), ["for later"]);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn two_who_are_connected_show_a_relay_nothing_until_the_cable_is_pulled() {
    let mut world = World::new(19, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.relay().store = Some([1; 16]);
    world.relay_between(&[alice, bob]);
    world.run(5_000);
    let before = world.relay().puts;
    for n in 0..20 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(10 * 60_000);
    assert_eq!(world.relay().puts, before);

    world.crash(bob);
    world.say(alice, chat, "later").unwrap();
    world.run(3_000);

    assert!(world.relay().puts > before);
    assert_eq!(world.engine(alice).held_in(&chat).len(), 1);
}

#[test]
fn what_was_signed_is_known_after_a_restart_and_forgotten_when_its_time_is_over() {
    let (mut world, alice, bob, chat) = apart(20, Links::GOOD);
    world.crash(bob);
    world.say(alice, chat, "one").unwrap();
    world.run(3_000);
    world.relay_down();
    world.crash(alice);

    world.restart(alice);
    assert_eq!(world.engine(alice).held_in(&chat).len(), 1);
    world.run(8 * DAY);

    assert!(world.engine(alice).held_in(&chat).is_empty());
}
