//! Somebody between two people at their first contact, or with keys that are not theirs.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use betwixt::{
    proto::{
        contact::Standing,
        engine::{
            command::{Command, Reply},
            event::{EngineEvent, WarningKind},
        },
        safety::{Comparison, SafetyNumber},
    },
    wire::hello::{HelloReply, HelloRequest, Intro},
};
use minicbor::bytes::ByteVec;

use crate::world::{Hello, Links, World};

#[test]
fn somebody_between_two_who_meet_shows_both_a_number_that_the_other_does_not_see() {
    let mut world = World::new(40, Links::GOOD);
    world.everybody_is_near = false;
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let (to_alice, to_bob) = (world.join("Bob"), world.join("Alice"));
    for (one, other) in [(alice, to_alice), (bob, to_bob)] {
        world.introduce(one, other);
        world.befriend(one, other);
    }
    let (one, other) = (world.chat(alice, to_alice), world.chat(bob, to_bob));
    world.say(alice, one, "is that you, Bob?").unwrap();
    world.run(1_000);
    // All looks well: what is said on one side is said on the other.
    for text in world.texts(to_alice, one) {
        world.say(to_bob, other, &text).unwrap();
    }
    world.run(1_000);
    assert_eq!(world.texts(bob, other), ["is that you, Bob?"]);

    let seen_by = |host: usize, peer: usize| {
        SafetyNumber::of(world.hosts[host].person, world.hosts[peer].person)
    };
    let (alices, bobs) = (seen_by(alice, to_alice), seen_by(bob, to_bob));

    assert_ne!(alices.digits(), bobs.digits());
    assert_eq!(alices.compare(&bobs.qr_bytes()), Comparison::Different);
    assert_eq!(bobs.compare(&alices.qr_bytes()), Comparison::Different);
    let is_verified = |host: usize, peer: usize| {
        let person = world.hosts[peer].person;
        world.engine(host).contact(&person).unwrap().verified
    };
    assert!(!is_verified(alice, to_alice) && !is_verified(bob, to_bob));
    let without = (seen_by(alice, bob), seen_by(bob, alice));
    assert_eq!(without.0.digits(), without.1.digits());
    assert_eq!(
        without.0.compare(&without.1.qr_bytes()),
        Comparison::Same,
        "nobody between them"
    );
}

/// What a node gives who asks for keys: its device list, node record, prekey and card.
fn bundle(world: &mut World, host: usize, asker: usize) -> [ByteVec; 4] {
    let from = world.hosts[asker].peer;
    let nonce = [7; 16];
    let request = HelloRequest::GetBundle { nonce, proof: None };
    match world.ask(host, from, request) {
        Some(HelloReply::Bundle {
            device_list,
            node_record,
            prekey,
            profile,
        }) => [device_list, node_record, prekey, profile],
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_that_are_swapped_on_the_way_are_not_taken_and_nothing_is_said_under_them() {
    for swapped in 1..16u32 {
        let mut world = World::new(u64::from(swapped), Links::GOOD);
        let (alice, bob) = (world.join("Alice"), world.join("Bob"));
        let mallory = world.join("Mallory");
        world.run(2_000);
        let others = bundle(&mut world, mallory, alice);
        let swap = move |hello| match hello {
            Hello::Reply(
                from,
                to,
                HelloReply::Bundle {
                    device_list,
                    node_record,
                    prekey,
                    profile,
                },
            ) if (from, to) == (bob, alice) => {
                let mut all = [device_list, node_record, prekey, profile];
                for (at, other) in others.iter().enumerate() {
                    if swapped & 1 << at != 0 {
                        all[at] = other.clone();
                    }
                }
                let [device_list, node_record, prekey, profile] = all;
                Hello::Reply(
                    from,
                    to,
                    HelloReply::Bundle {
                        device_list,
                        node_record,
                        prekey,
                        profile,
                    },
                )
            }
            other => other,
        };
        world.between = Some(Box::new(move |hello| Some(swap(hello))));
        world.recorded_hellos = Some(Vec::new());
        world.observed.clear();
        let invite = Command::CreateInvite {
            ttl_s: None,
            uses: None,
        };
        let Ok(Reply::Invite { link, .. }) = world.command(bob, invite).unwrap() else {
            panic!("an invite is made")
        };
        let add = Command::AddContact {
            link: Some(link),
            person_id: None,
        };
        world.command(alice, add).unwrap().unwrap();
        let chat = world.chat(alice, bob);
        world.say(alice, chat, "for you alone").unwrap();
        world.run(60_000);

        let persons = [alice, bob, mallory].map(|host| world.hosts[host].person);
        let of_bob = world.engine(alice).contact(&persons[1]).unwrap();
        assert_eq!(of_bob.standing, Standing::Outgoing, "{swapped:b}");
        for host in [bob, mallory] {
            assert!(world.engine(host).contact(&persons[0]).is_none());
            assert_eq!(world.texts(host, chat), [""; 0]);
        }
        let asked = world.recorded_hellos.take().unwrap();
        let is_intro = |request: &HelloRequest| matches!(request, HelloRequest::Intro(_));
        assert!(!asked.iter().any(is_intro), "{swapped:b}");
        let said = b"for you alone";
        assert!(!world.observed.windows(said.len()).any(|seen| seen == said));

        world.between = None;
        world.run_until(600_000, |world| {
            world.engine(bob).contact(&persons[0]).is_some()
        });
        world.run(5_000);
        assert_eq!(world.texts(bob, chat), ["for you alone"]);
    }
}

/// The parts of a contact request.
fn intro_of(parts: &[&ByteVec]) -> Intro {
    Intro {
        device_list: parts[0].clone(),
        node_record: parts[1].clone(),
        prekey: parts[2].clone(),
        profile: parts[3].clone(),
        pairwise: parts[4].clone(),
        frames: Vec::new(),
    }
}

#[test]
fn a_request_of_which_anything_was_swapped_on_the_way_is_none() {
    let mut world = World::new(42, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let mallory = world.join("Mallory");
    world.run(2_000);
    let held: Rc<RefCell<BTreeMap<usize, Intro>>> = Rc::default();
    let kept = held.clone();
    world.between = Some(Box::new(move |hello| match hello {
        Hello::Request(from, to, request) => match *request {
            HelloRequest::Intro(intro) => {
                kept.borrow_mut().insert(from, intro);
                None
            }
            other => Some(Hello::Request(from, to, Box::new(other))),
        },
        reply @ Hello::Reply(..) => Some(reply),
    }));
    let persons = [alice, bob, mallory].map(|host| world.hosts[host].person);
    for host in [alice, mallory] {
        let add = Command::AddContact {
            link: None,
            person_id: Some(persons[1]),
        };
        world.command(host, add).unwrap().unwrap();
    }
    world.run(5_000);
    let (one, other) = {
        let held = held.borrow();
        (held[&alice].clone(), held[&mallory].clone())
    };
    let parts = |intro: &Intro| {
        let Intro {
            device_list,
            node_record,
            prekey,
            profile,
            pairwise,
            ..
        } = intro.clone();
        [device_list, node_record, prekey, profile, pairwise]
    };
    let (ones, others) = (parts(&one), parts(&other));

    for swapped in 1..31u32 {
        let pick = |at: usize| {
            if swapped & 1 << at != 0 {
                &others[at]
            } else {
                &ones[at]
            }
        };
        let mixed: Vec<&ByteVec> = (0..5).map(pick).collect();
        for from in [alice, mallory] {
            let from = world.hosts[from].peer;
            let request = HelloRequest::Intro(intro_of(&mixed));
            let answer = world.ask(bob, from, request);
            assert_eq!(answer, Some(HelloReply::Refused), "{swapped:b}");
            for person in [persons[0], persons[2]] {
                assert!(world.engine(bob).contact(&person).is_none(), "{swapped:b}");
            }
            // As often as anybody may ask.
            world.run(13_000);
        }
    }

    // Nor is a whole one taken from another node than its own, and from its own it is.
    let (alices, mallorys) = (world.hosts[alice].peer, world.hosts[mallory].peer);
    let whole = HelloRequest::Intro(one);
    assert_eq!(
        world.ask(bob, mallorys, whole.clone()),
        Some(HelloReply::Refused)
    );
    assert_eq!(world.ask(bob, alices, whole), Some(HelloReply::Received));
    assert!(world.engine(bob).contact(&persons[0]).is_some());
}

#[test]
fn two_lists_of_one_account_stop_everything_until_the_numbers_are_compared_again() {
    let mut world = World::new(43, Links::GOOD);
    world.everybody_is_near = false;
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.introduce(alice, bob);
    let chat = world.befriend(alice, bob);
    let (alices, bobs) = (world.hosts[alice].person, world.hosts[bob].person);
    let words = world.engine(bob).recovery_words();
    world.crash(bob);
    // Bob has a new device, and so has a thief of his words, in the same moment.
    let (again, thief) = (world.restore("Bob", &words), world.restore("Bob", &words));
    assert_ne!(world.hosts[again].peer, world.hosts[thief].peer);
    world.introduce(alice, again);
    world.run(5_000);
    let ask = Command::AddContact {
        link: None,
        person_id: Some(alices),
    };
    world.command(again, ask.clone()).unwrap().unwrap();
    world.run_until(60_000, |world| world.are_contacts(alice, again));
    let verify = Command::VerifyContact {
        person_id: bobs,
        verified: true,
    };
    world.command(alice, verify.clone()).unwrap().unwrap();
    world.say(alice, chat, "good to have you back").unwrap();
    world.run(5_000);
    let warnings = |world: &World| {
        let events = world.hosts[alice].events.iter();
        let is_one = |event: &&EngineEvent| {
            let kind = WarningKind::AccountConflict;
            matches!(event, EngineEvent::Warning { kind: of, .. } if *of == kind)
        };
        events.filter(is_one).count()
    };
    assert_eq!(warnings(&world), 0);

    world.introduce(alice, thief);
    world.run(10_000);
    world.command(thief, ask).unwrap().unwrap();
    world.run(10_000);

    assert_eq!(warnings(&world), 1);
    assert!(!world.engine(alice).contact(&bobs).unwrap().verified);
    assert!(
        !world.hosts[alice]
            .allowed
            .contains(&world.hosts[thief].peer)
    );
    world.say(alice, chat, "the key is under the mat").unwrap();
    world.run(600_000);
    let has = |world: &World, host: usize| {
        let texts = world.texts(host, chat);
        texts.contains(&"the key is under the mat".to_owned())
    };
    assert!(!has(&world, again) && !has(&world, thief));
    assert_eq!(world.engine(alice).waiting(), 0, "nothing is under way");

    // A restart changes nothing; the comparison does.
    world.crash(alice);
    world.restart(alice);
    world.run(60_000);
    assert!(!has(&world, again) && !has(&world, thief));
    world.crash(thief);
    world.command(alice, verify).unwrap().unwrap();
    world.run(60_000);
    assert!(has(&world, again));
    world.restart(thief);
    world.run(60_000);
    assert!(!has(&world, thief));
}

#[test]
fn a_device_that_is_on_no_list_any_more_is_a_stranger_whatever_list_it_shows() {
    let mut world = World::new(44, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    let (alices, bobs) = (world.hosts[alice].person, world.hosts[bob].person);
    let words = world.engine(bob).recovery_words();
    world.crash(bob);
    let again = world.restore("Bob", &words);
    world.run(5_000);
    let ask = Command::AddContact {
        link: None,
        person_id: Some(alices),
    };
    world.command(again, ask).unwrap().unwrap();
    world.run_until(60_000, |world| world.are_contacts(alice, again));

    // Whoever stole the old device shows everybody the list that it was on.
    world.restart(bob);
    world.run(600_000);
    world.say(alice, chat, "not for the old one").unwrap();
    world.run(60_000);

    let (old, new) = (world.hosts[bob].peer, world.hosts[again].peer);
    assert!(!world.hosts[alice].allowed.contains(&old));
    assert!(world.hosts[alice].allowed.contains(&new));
    let near = world.engine(alice).nearby();
    let nodes = near.iter().filter(|found| found.person == bobs);
    assert_eq!(nodes.map(|found| found.peer).collect::<Vec<_>>(), [new]);
    assert_eq!(world.texts(bob, chat), [""; 0]);
    assert_eq!(world.texts(again, chat), ["not for the old one"]);
}
