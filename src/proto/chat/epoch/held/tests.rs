use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::proto::{
    chat::{
        membership::{Epoch, Policy, SetRole},
        sender_chain::{GroupPlace, message_id},
    },
    handshake::{
        InitPayload, Initiate, Respond, initiate, open_once, prekey_of, respond, seal_once,
    },
    id::{DeviceId, PersonId},
    known::known_array,
    people::{NOW, Person, person},
    prekey::{Kind, OwnPrekey},
    session::{Accept, OpenError, SessionSet},
};

use super::super::chain::Chain;

mod bed;

use bed::{Member, context_of, make, renew, take, tell, three, unseal};

#[test]
fn everybody_in_the_group_hears_what_is_said() {
    let [mut alice, mut bob, mut carol] = three();

    let said = alice.say(b"hello");
    let answer = carol.say(b"hello alice");

    assert_eq!(bob.hear(&said).as_deref(), Some(&b"hello"[..]));
    assert_eq!(carol.hear(&said).as_deref(), Some(&b"hello"[..]));
    assert_eq!(alice.hear(&answer).as_deref(), Some(&b"hello alice"[..]));
    assert_eq!(bob.hear(&said), None, "once only");
    // In the next epoch the secret goes in two layers.
    let made = renew(&mut bob, &mut [&mut alice, &mut carol]);
    let again = renew(&mut bob, &mut [&mut alice, &mut carol]);
    let seal = &SealChunk::decode(&again.chunks[0]).unwrap().seals[0].1;
    assert!(seal.len() == 264 || seal.len() > 400, "{}", seal.len());
    assert!(made.unsealed.is_empty());
    let said = carol.say(b"again");
    assert_eq!(alice.hear(&said).as_deref(), Some(&b"again"[..]));
}

#[test]
fn who_was_removed_opens_nothing_afterwards_with_all_that_it_ever_knew() {
    let [mut alice, mut bob, mut carol] = three();
    assert!(carol.hear(&alice.say(b"before")).is_some());

    let removed = alice.act(Change::RemoveMember(carol.id()));
    tell(&removed, &mut [&mut bob, &mut carol]);

    // Before anything more is said, both of those who stay want new keys.
    assert_eq!(alice.epochs.speaking(&alice.group), None);
    assert_eq!(
        bob.epochs.due(&bob.group, &bob.person.device.id(), NOW),
        Some(Due::Members)
    );
    let made = renew(&mut alice, &mut [&mut bob]);
    assert!(!take(&mut carol, &alice.person, &made));
    let said = bob.say(b"after");
    assert_eq!(alice.hear(&said).as_deref(), Some(&b"after"[..]));
    // Carol has the wire: seals, messages, frames. Every key that she has is tried on every one.
    assert_eq!(carol.hear(&said), None);
    let context = context_of(&made.op, &carol.group);
    for (_, seal) in made
        .chunks
        .iter()
        .flat_map(|c| SealChunk::decode(c).unwrap().seals)
    {
        for from in [&alice.person, &bob.person] {
            let opened = unseal(&carol.person, &mut carol.sessions, from, &context, &seal);
            assert_eq!(opened, None);
        }
    }
    let day = NOW.frame_day();
    let kind = crate::proto::channel::Kind::GroupMessage;
    let frame = made
        .channel
        .seal(false, day, kind, &said.1, &mut alice.rng)
        .unwrap();
    let held: Vec<OpId> = carol.epochs.all().map(EpochKeys::id).collect();
    assert!(!held.is_empty() && !held.contains(&said.0));
    for epoch in held {
        assert!(
            carol
                .epochs
                .get(&epoch)
                .unwrap()
                .channel()
                .open(&frame)
                .is_err()
        );
        // Also under the old epoch's name, with the chains that she has.
        let mut renamed = said.1.clone();
        renamed[..16].copy_from_slice(&epoch.0[..16]);
        assert_eq!(carol.hear(&(epoch, renamed)), None);
    }
}

#[test]
fn who_is_added_hears_nothing_from_before() {
    let [mut alice, mut bob, mut carol] = three();
    let before = alice.say(b"before");
    let dave = person(4);
    let op = alice.act(Change::SetRole(SetRole {
        person: dave.account.person(),
        role: 1,
        device_list: dave.list.bytes().to_vec().into(),
    }));
    tell(&op, &mut [&mut bob, &mut carol]);
    let mut dave = Member::of(&alice.group, dave, 14);

    renew(&mut alice, &mut [&mut bob, &mut carol, &mut dave]);

    assert_eq!(dave.hear(&before), None);
    let said = bob.say(b"welcome");
    assert_eq!(dave.hear(&said).as_deref(), Some(&b"welcome"[..]));
    assert_eq!(
        bob.hear(&before).as_deref(),
        Some(&b"before"[..]),
        "the old one still opens"
    );
}

#[test]
fn a_copied_state_opens_nothing_that_was_heard_before() {
    let [mut alice, mut bob, _] = three();
    let first = alice.say(b"first");
    let chain: Vec<u8> = {
        let keys = bob.epochs.all().next().unwrap();
        let at = keys.index_of(&alice.person.device.id()).unwrap();
        let records = bob.epochs.take_records();
        let block = &records[at / BLOCK_SIZE].1;
        block.as_ref().unwrap().to_vec()
    };
    assert!(bob.hear(&first).is_some());
    let second = alice.say(b"second");

    let records = bob.epochs.take_records();

    assert_eq!(
        records.len(),
        1,
        "one block only is written for one message"
    );
    assert_ne!(records[0].1.as_ref().unwrap().to_vec(), chain);
    let mut copied = copy_of(&mut bob.epochs, &bob.group);
    assert_eq!(copied.open(&first.0, &first.1, NOW), None);
    assert!(copied.open(&second.0, &second.1, NOW).is_some());
}

/// Chains in one record.
const BLOCK_SIZE: usize = super::super::BLOCK;

/// All records, as they are on disk.
fn copy_of(epochs: &mut Epochs, group: &Group) -> Epochs {
    let mut records = Vec::new();
    for keys in epochs.held.values_mut() {
        keys.touch_all();
        records.extend(
            keys.take_dirty()
                .into_iter()
                .map(|(key, value)| (key, value.unwrap())),
        );
    }
    Epochs::restore(records).remove(&group.chat()).unwrap()
}

#[test]
fn a_stolen_state_opens_no_epoch_after_its_owner_has_new_prekeys() {
    let [mut alice, mut bob, mut carol] = three();
    // A second epoch, so that the next seal comes in a session.
    renew(&mut alice, &mut [&mut bob, &mut carol]);
    let thief: BTreeMap<DeviceId, Vec<u8>> = bob
        .sessions
        .iter()
        .map(|(peer, set)| (*peer, set.to_record().to_vec()))
        .collect();
    let stolen_prekey = bob.person.prekey.clone();

    bob.person.prekey = OwnPrekey::create(8, Kind::Medium, NOW, &mut bob.rng);
    let made = renew(&mut alice, &mut [&mut bob, &mut carol]);

    let mut sessions: BTreeMap<DeviceId, SessionSet> = thief
        .iter()
        .map(|(peer, record)| (*peer, SessionSet::from_record(record).unwrap()))
        .collect();
    let new_prekey = std::mem::replace(&mut bob.person.prekey, stolen_prekey);
    let context = context_of(&made.op, &bob.group);
    for (_, seal) in made
        .chunks
        .iter()
        .flat_map(|c| SealChunk::decode(c).unwrap().seals)
    {
        let opened = unseal(&bob.person, &mut sessions, &alice.person, &context, &seal);
        assert_eq!(opened, None);
    }
    bob.person.prekey = new_prekey;
    let said = carol.say(b"healed");
    assert!(bob.hear(&said).is_some());
}

#[test]
fn two_epochs_made_at_once_are_both_heard_and_all_speak_in_the_same() {
    let [mut alice, mut bob, mut carol] = three();
    let by_alice = make(&mut alice, &[&bob, &carol]);
    let by_bob = make(&mut bob, &[&alice, &carol]);
    let under_alice = alice.say(b"in mine");
    let under_bob = bob.say(b"in mine");
    assert!(take(&mut alice, &bob.person, &by_bob));
    assert!(take(&mut bob, &alice.person, &by_alice));
    assert!(take(&mut carol, &bob.person, &by_bob) && take(&mut carol, &alice.person, &by_alice));

    let smallest = Some(by_alice.op.id().min(by_bob.op.id()));
    for member in [&mut alice, &mut bob, &mut carol] {
        assert_eq!(member.epochs.speaking(&member.group), smallest);
        assert_eq!(
            member
                .epochs
                .due(&member.group, &member.person.device.id(), NOW),
            None
        );
    }
    assert!(bob.hear(&under_alice).is_some() && alice.hear(&under_bob).is_some());
    assert!(carol.hear(&under_alice).is_some() && carol.hear(&under_bob).is_some());

    let next = renew(&mut carol, &mut [&mut alice, &mut bob]);
    assert_eq!(alice.epochs.speaking(&alice.group), Some(next.op.id()));
    let later = NOW.plus(REPLACED);
    assert_eq!(bob.epochs.poll_timeout(), Some(later));
    bob.epochs.take_records();
    bob.epochs.handle_timeout(later);
    assert_eq!(bob.epochs.all().count(), 1);
    let removed = bob.epochs.take_records();
    assert!(removed.len() >= 6 && removed.iter().all(|(_, value)| value.is_none()));
}

#[test]
fn an_epoch_ends_after_a_week_or_a_thousand_messages_or_as_the_group_says() {
    let [mut alice, mut bob, _] = three();
    let due = |member: &Member, after| {
        member
            .epochs
            .due(&member.group, &member.person.device.id(), NOW.plus(after))
    };

    assert_eq!(due(&alice, 7 * DAY - 1), None);
    assert_eq!(due(&alice, 7 * DAY), Some(Due::Age));
    for _ in 0..600 {
        alice.say(b"much");
    }
    for _ in 0..399 {
        let said = bob.say(b"more");
        alice.hear(&said);
    }
    assert_eq!(due(&alice, 0), None);
    let roster = &alice.group.roster().devices;
    let first = roster[0].device == alice.person.device.id();
    let rank = roster
        .iter()
        .position(|d| d.device == alice.person.device.id());
    // Each waits a little longer than the one before it in the roster.
    for _ in 0..rank.unwrap() * 16 {
        assert!(!first);
        assert_eq!(due(&alice, 0), None);
        alice.say(b"nearly");
    }
    alice.say(b"enough");
    assert_eq!(due(&alice, 0), Some(Due::Use));
    bob.act_as_owner(&mut alice, 3600);
    assert_eq!(due(&bob, 3_600_000), Some(Due::Age));
    assert_eq!(due(&bob, 3_599_999), None);
}

impl Member {
    /// The owner sets how old an epoch may be, and this member learns it.
    fn act_as_owner(&mut self, owner: &mut Self, seconds: u32) {
        let op = owner.act(Change::SetMeta(crate::proto::chat::membership::SetMeta {
            max_epoch_age_s: Some(seconds),
            ..Default::default()
        }));
        tell(&op, &mut [self]);
    }
}

#[test]
fn a_member_cannot_write_under_anothers_name_nor_use_its_keys_up() {
    let [mut alice, bob, mut carol] = three();
    let said = alice.say(b"mine");
    let (header, _) = GroupHeader::parse(&said.1).unwrap();
    // Bob has every chain, so he can seal as alice; he cannot sign as her.
    let keys = bob.epochs.get(&said.0).unwrap();
    let (key, _) = keys.chain_key(usize::from(header.sender), 0);
    let place = GroupPlace {
        chat: bob.group.chat(),
        epoch: said.0,
        device: alice.person.device.id(),
        counter: 0,
    };
    let context = place.context(b"forged");
    let signature = bob.person.device.sign("gm-sig", &context);
    let forged = place.seal(&header, &key, b"forged", &signature);
    assert_ne!(message_id(&context), message_id(&place.context(b"mine")));

    assert_eq!(carol.hear(&(said.0, forged)), None);
    assert_eq!(
        carol.hear(&said).as_deref(),
        Some(&b"mine"[..]),
        "the key is still there"
    );
}

#[test]
fn two_thousand_messages_may_be_overtaken_and_five_thousand_keys_wait_for_them() {
    let [mut alice, mut bob, mut carol] = three();
    let mut last = alice.say(b"first");
    let first = last.clone();
    for _ in 0..2000 {
        last = alice.say(b"next");
    }
    let beyond = alice.say(b"beyond");
    assert_eq!(bob.hear(&beyond), None);
    assert!(bob.hear(&last).is_some());
    assert!(bob.hear(&beyond).is_some() && bob.hear(&first).is_some());

    for author in [&mut alice, &mut bob] {
        for _ in 0..3 {
            let mut far = author.say(b"x");
            for _ in 0..1999 {
                far = author.say(b"x");
            }
            carol.hear(&far);
        }
    }
    let waiting: usize = carol.epochs.all().map(EpochKeys::skipped).sum();
    assert!(waiting <= limits::GROUP_SKIPPED, "{waiting}");
    assert!(waiting > limits::GROUP_SKIPPED - 2000, "{waiting}");
    carol.epochs.handle_timeout(NOW.plus(SKIPPED + 1));
    assert_eq!(carol.epochs.all().map(EpochKeys::skipped).sum::<usize>(), 0);
}

#[test]
fn an_epoch_for_others_than_were_in_the_group_or_with_another_secret_is_not_taken() {
    let [mut alice, mut bob, _] = three();
    let roster = alice.group.roster().clone();
    let random = Secret::new([7; 32]);
    let chat = alice.group.chat();
    let epoch = |roster_hash: [u8; 32], devices| Epoch {
        superseded: Vec::new(),
        roster_hash,
        devices,
        commit: commitment(&random, &chat, &roster_hash),
        seals_hash: [0; 32],
        suite: 1,
    };
    for (change, secret, expected) in [
        (epoch([9; 32], 3), &random, EpochError::Roster),
        (epoch(roster.hash, 2), &random, EpochError::Roster),
        (
            epoch(roster.hash, 3),
            &Secret::new([8; 32]),
            EpochError::Secret,
        ),
    ] {
        let op = alice.act(Change::Epoch(change));
        tell(&op, &mut [&mut bob]);
        let taken = bob.epochs.take(&bob.group, &op.id(), secret, NOW);
        assert_eq!(taken.unwrap_err(), expected);
    }
    let unknown = bob.epochs.take(&bob.group, &OpId([1; 32]), &random, NOW);
    assert_eq!(unknown.unwrap_err(), EpochError::Unknown);
    let good = alice.act(Change::Epoch(epoch(roster.hash, 3)));
    tell(&good, &mut [&mut bob]);
    assert!(
        bob.epochs
            .take(&bob.group, &good.id(), &random, NOW)
            .is_ok()
    );
}

#[test]
fn records_come_back_whole_or_not_at_all() {
    let [mut alice, mut bob, _] = three();
    let records: Vec<_> = alice.epochs.take_records();
    assert!(alice.epochs.take_records().is_empty());
    let kept = || {
        records
            .iter()
            .map(|(key, value)| (key.clone(), value.clone().unwrap()))
    };
    let chat = alice.group.chat();

    let mut again = Epochs::restore(kept()).remove(&chat).unwrap();
    let epoch = again.speaking(&alice.group).unwrap();
    let sealed = again
        .seal(&epoch, &alice.person.device, b"restored", &mut alice.rng)
        .unwrap();
    assert!(bob.hear(&(epoch, sealed.body)).is_some());

    for left_out in 0..records.len() {
        let part = kept()
            .enumerate()
            .filter(|(at, _)| *at != left_out)
            .map(|(_, record)| record);
        assert!(!Epochs::restore(part).contains_key(&chat));
    }
}

#[test]
fn seals_of_256_devices_fill_three_frames() {
    let seals: Vec<_> = (0..255).map(|index| (index, vec![1; 264])).collect();

    let chunks = chunks(&[4; 32], seals);

    assert_eq!(chunks.len(), 3);
    assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK));
    let decoded: Vec<SealChunk> = chunks
        .iter()
        .map(|c| SealChunk::decode(c).unwrap())
        .collect();
    let firsts: Vec<u16> = decoded.iter().map(|chunk| chunk.first).collect();
    assert_eq!(
        decoded.iter().map(|chunk| chunk.seals.len()).sum::<usize>(),
        255
    );
    assert_eq!(usize::from(firsts[1]), decoded[0].seals.len());
}

#[test]
fn a_chain_gives_the_known_key() {
    let mut chain = Chain::new(Secret::new(known_array("group", "chain0")));

    let (counter, key) = chain.advance().unwrap();

    assert_eq!((counter, key.expose()), (0, &known_array("group", "mk0")));
    assert_eq!(chain.next(), 1);
}

#[test]
fn a_device_that_was_copied_says_nothing_more_in_what_it_held_and_still_hears() {
    let [mut alice, mut bob, mut carol] = three();
    let epoch = alice.epochs.speaking(&alice.group).unwrap();

    alice.epochs.burn_all(NOW);

    assert_eq!(alice.epochs.speaking(&alice.group), None);
    let device = &alice.person.device;
    assert!(
        alice
            .epochs
            .seal(&epoch, device, b"no", &mut alice.rng)
            .is_none()
    );
    assert!(alice.hear(&bob.say(b"still")).is_some());
    let kept = alice.epochs.take_records();
    let kept = kept
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    let restored = Epochs::restore(kept).remove(&alice.group.chat()).unwrap();
    assert!(
        restored.get(&epoch).unwrap().is_burned(),
        "after a restart too"
    );
    // In one that it makes itself it speaks again.
    renew(&mut alice, &mut [&mut bob, &mut carol]);
    let said = alice.say(b"anew");
    assert_eq!(carol.hear(&said).as_deref(), Some(&b"anew"[..]));
}

#[test]
fn a_key_is_used_once_its_message_has_come() {
    let [mut alice, mut bob, _] = three();
    let (first, second) = (alice.say(b"one"), alice.say(b"two"));
    let is_used = |bob: &Member, (epoch, body): &(OpId, Vec<u8>)| {
        let (header, _) = GroupHeader::parse(body).unwrap();
        bob.epochs.get(epoch).unwrap().is_used(&header)
    };
    assert!(!is_used(&bob, &first));

    bob.hear(&second).unwrap();

    assert!(!is_used(&bob, &first), "it was overtaken and is awaited");
    assert!(is_used(&bob, &second));
}
