use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use super::*;
use crate::proto::{
    chat::membership::{Create, Policy, SetMeta, SetRole},
    identity::{Account, Device},
};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

const POLICY: Policy = Policy {
    history: 0,
    receipts: true,
    timer_s: 0,
    max_epoch_age_s: 0,
    predecessor: None,
};

/// Somebody with one device.
pub(super) struct Person {
    pub(super) device: Device,
    list: DeviceList,
}

impl Person {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let account = Account::generate(&mut rng);
        let device = Device::create(&account, 1, NOW, &mut rng);
        let list = DeviceList::first(&account, &device, NOW);
        Self { device, list }
    }

    pub(super) fn id(&self) -> PersonId {
        self.device.person()
    }

    pub(super) fn added(&self) -> Change {
        Change::AddMember(self.list.bytes().to_vec().into())
    }

    fn promoted(&self) -> Change {
        Change::SetRole(SetRole {
            person: self.id(),
            role: 1,
            device_list: self.list.bytes().to_vec().into(),
        })
    }
}

pub(super) fn people<const N: usize>() -> [Person; N] {
    std::array::from_fn(|seed| Person::new(seed as u64 + 1))
}

pub(super) fn found(owner: &Person) -> Group {
    Group::create(&owner.device, &owner.list, "Herons".into(), POLICY, NOW).unwrap()
}

pub(super) fn do_it(group: &mut Group, who: &Person, change: Change) -> Op {
    group.act(&who.device, change, NOW).unwrap().0
}

fn all(group: &Group) -> Vec<Op> {
    group.unknown_to(&[], usize::MAX)
}

fn copy(group: &Group) -> Group {
    Group::restore(all(group).iter().map(Op::encode)).unwrap()
}

pub(super) fn rename(name: &str) -> Change {
    Change::SetMeta(SetMeta {
        name: Some(name.into()),
        ..SetMeta::default()
    })
}

#[test]
fn a_group_is_the_same_whatever_the_order_in_which_its_changes_come() {
    let [alice, bob, carol] = people();
    let mut group = found(&alice);
    do_it(&mut group, &alice, bob.promoted());
    do_it(&mut group, &bob, carol.added());
    do_it(&mut group, &carol, Change::Leave);
    do_it(&mut group, &bob, rename("Egrets"));
    let mut ops = all(&group);
    let mut other = Group::begin(ops.remove(0)).unwrap();

    ops.reverse();
    let outcomes: Vec<Outcome> = ops.iter().map(|op| other.apply(op.clone())).collect();

    assert_eq!(
        outcomes[..3],
        [Outcome::Waiting, Outcome::Waiting, Outcome::Waiting]
    );
    let Outcome::Applied(applied) = &outcomes[3] else {
        panic!("all have come: {outcomes:?}");
    };
    assert_eq!(applied.ops.len(), 4);
    assert_eq!(applied.changed.joined, [bob.id(), carol.id()]);
    assert_eq!(applied.changed.left, [carol.id()]);
    assert!(applied.changed.settings);
    assert!(other.missing().is_empty());
    assert_eq!(other.members(), group.members());
    assert_eq!(other.settings().name, "Egrets");
    assert_eq!(other.roster(), group.roster());
    assert_eq!(other.heads(), group.heads());
    assert_eq!(other.apply(ops[0].clone()), Outcome::Known);
}

#[test]
fn what_is_missing_is_named_until_it_comes() {
    let [alice, bob] = people();
    let mut group = found(&alice);
    let mut other = copy(&group);
    let first = do_it(&mut group, &alice, bob.added());
    let second = do_it(&mut group, &alice, rename("Egrets"));
    let third = do_it(&mut group, &alice, rename("Ibises"));

    assert_eq!(other.apply(third), Outcome::Waiting);
    assert_eq!(other.missing(), [second.id()]);
    assert_eq!(other.apply(second), Outcome::Waiting);
    assert_eq!(other.missing(), [first.id()]);
    assert!(matches!(other.apply(first), Outcome::Applied(applied) if applied.ops.len() == 3));
    assert_eq!(other.settings().name, "Ibises");
}

#[test]
fn the_rules_say_who_may_do_what() {
    let [owner, admin, member, other, stranger] = people();
    let mut group = found(&owner);
    do_it(&mut group, &owner, admin.promoted());
    do_it(&mut group, &owner, other.promoted());
    do_it(&mut group, &admin, member.added());
    let may = |group: &Group, who: &Person, right| group.may(&who.id(), right);
    let remove = |who: &Person| Right::Remove(who.id());

    assert!(may(&group, &owner, remove(&admin)) && may(&group, &admin, remove(&member)));
    assert!(!may(&group, &admin, remove(&owner)) && !may(&group, &admin, remove(&other)));
    assert!(!may(&group, &member, remove(&member)) && !may(&group, &member, Right::Add));
    assert!(!may(&group, &admin, Right::Role(member.id())));
    assert!(!may(&group, &stranger, Right::Speak) && may(&group, &member, Right::Speak));
    let refused = group.act(&member.device, stranger.added(), NOW);
    assert_eq!(refused, Err(NotAllowed::Forbidden));
    let open = SetMeta {
        add_by: Some(1),
        ..SetMeta::default()
    };
    do_it(&mut group, &admin, Change::SetMeta(open));
    do_it(&mut group, &member, stranger.added());
    assert_eq!(group.role(&stranger.id()), Some(Role::Member));
}

#[test]
fn what_is_not_signed_by_a_device_that_the_group_knew_is_refused() {
    let [alice, bob, mallory] = people();
    let mut group = found(&alice);
    let mut theirs = copy(&group);
    let honest = do_it(&mut group, &alice, bob.added());
    let body = OpBody::decode(&honest.body).unwrap();
    let signed = |signer: &Person, body: &OpBody| Op {
        body: body.encode().into(),
        signature: signer.device.sign("op", &body.encode()),
    };
    // A device's first change has number 0.
    let by = |person: &Person, device: &Person| OpBody {
        author: person.id(),
        device: device.device.id(),
        seq: 0,
        ..body.clone()
    };

    let forged = signed(&mallory, &body);
    let stranger = signed(&mallory, &by(&mallory, &mallory));
    let lent = signed(&mallory, &by(&alice, &mallory));
    let elsewhere = signed(
        &alice,
        &OpBody {
            chat: ChatId([9; 32]),
            ..body.clone()
        },
    );
    let update = Change::DeviceUpdate(mallory.list.bytes().to_vec().into());
    let stranger_update = OpBody {
        change: update,
        ..by(&mallory, &mallory)
    };
    let foreign_update = OpBody {
        change: Change::DeviceUpdate(mallory.list.bytes().to_vec().into()),
        ..body.clone()
    };
    let skipping = signed(
        &alice,
        &OpBody {
            seq: 7,
            ..body.clone()
        },
    );
    let mut broken_list = bob.list.bytes().to_vec();
    broken_list[100] ^= 1;
    let broken = OpBody {
        change: Change::AddMember(broken_list.into()),
        ..body.clone()
    };
    let twice = OpBody {
        parents: [body.parents.clone(), body.parents.clone()].concat(),
        ..body.clone()
    };
    for (op, why) in [
        (forged, Refusal::Signature),
        (stranger, Refusal::Author),
        (lent, Refusal::Author),
        (elsewhere, Refusal::Foreign),
        (signed(&mallory, &stranger_update), Refusal::Author),
        (signed(&alice, &foreign_update), Refusal::Author),
        (skipping, Refusal::Number),
        (signed(&alice, &broken), Refusal::List),
        (signed(&alice, &twice), Refusal::Foreign),
    ] {
        assert_eq!(theirs.apply(op.clone()), Outcome::Refused(why), "{op:?}");
    }
    assert_eq!(theirs.members().len(), 1);
    assert!(matches!(theirs.apply(honest), Outcome::Applied(_)));
}

#[test]
fn a_group_begins_with_its_owners_own_word_only() {
    let [alice, bob] = people();
    let group = found(&alice);
    let create = group.op(&OpId(group.chat().0)).unwrap().clone();
    let body = OpBody::decode(&create.body).unwrap();
    let Change::Create(change) = body.change.clone() else {
        panic!("it creates");
    };
    let signed = |signer: &Person, body: &OpBody| Op {
        body: body.encode().into(),
        signature: signer.device.sign("op", &body.encode()),
    };
    let without_list = Create {
        owners: vec![alice.id(), bob.id()],
        ..change.clone()
    };
    let same_twice = Create {
        owners: vec![alice.id(), alice.id()],
        device_lists: vec![
            change.device_lists[0].clone(),
            change.device_lists[0].clone(),
        ],
        ..change
    };
    for (op, why) in [
        (signed(&bob, &body), Refusal::Signature),
        (
            signed(
                &alice,
                &OpBody {
                    seq: 1,
                    ..body.clone()
                },
            ),
            Refusal::Number,
        ),
        (
            signed(
                &bob,
                &OpBody {
                    author: bob.id(),
                    ..body.clone()
                },
            ),
            Refusal::Author,
        ),
        (
            signed(
                &alice,
                &OpBody {
                    change: Change::Create(without_list),
                    ..body.clone()
                },
            ),
            Refusal::List,
        ),
        (
            signed(
                &alice,
                &OpBody {
                    change: Change::Create(same_twice),
                    ..body.clone()
                },
            ),
            Refusal::List,
        ),
    ] {
        assert_eq!(Group::begin(op).unwrap_err(), why);
    }
}

#[test]
fn a_device_that_gives_one_number_twice_is_shown_as_forked() {
    let [alice, bob, carol] = people();
    let mut group = found(&alice);
    let mut copied = copy(&group);
    do_it(&mut group, &alice, bob.added());
    let other = do_it(&mut copied, &alice, carol.added());

    assert!(group.forked().is_empty());
    assert!(matches!(group.apply(other), Outcome::Applied(_)));

    assert_eq!(group.forked(), [alice.device.id()]);
    assert_eq!(group.members().len(), 3);
    do_it(&mut group, &alice, rename("Egrets"));
}

#[test]
fn the_roster_of_a_change_is_what_its_author_knew() {
    let [alice, bob, carol] = people();
    let mut group = found(&alice);
    do_it(&mut group, &alice, bob.promoted());
    let mut theirs = copy(&group);
    let by_bob = do_it(&mut theirs, &bob, rename("Egrets"));
    do_it(&mut group, &alice, carol.added());
    assert!(matches!(group.apply(by_bob.clone()), Outcome::Applied(_)));

    let known = group.roster_before(&by_bob.id()).unwrap();

    assert_eq!(&known, theirs.roster());
    assert_eq!(known.devices.len(), 2);
    assert_eq!(group.roster().devices.len(), 3);
    assert_eq!(
        theirs.roster_before(&by_bob.id()).as_ref(),
        Some(theirs.roster())
    );
}

#[test]
fn who_lacks_changes_is_given_them_in_pages() {
    let [alice, bob] = people();
    let mut group = found(&alice);
    let mut theirs = copy(&group);
    do_it(&mut group, &alice, bob.added());
    for n in 0..20 {
        do_it(&mut group, &alice, rename(&n.to_string()));
    }

    let mut pages = 0;
    while theirs.heads() != group.heads() {
        pages += 1;
        for op in group.unknown_to(&theirs.heads(), 1024) {
            theirs.apply(op);
        }
        assert!(pages < 22);
    }

    assert!(pages > 2);
    assert_eq!(theirs.settings().name, "19");
}

/// What a change costs a member of a group of 1,000, without its signature, which costs what a
/// signature costs. `cargo test group -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_change_of_a_thousand_is_cheap() {
    let [alice, bob] = people();
    let mut group = found(&alice);
    for seed in 0..998 {
        do_it(&mut group, &alice, Person::new(seed + 100).added());
    }
    do_it(&mut group, &alice, bob.promoted());
    let mut theirs = copy(&group);
    let start = std::time::Instant::now();
    for n in 0..1000 {
        do_it(&mut group, &alice, rename(&n.to_string()));
    }
    println!("made: {:?} each", start.elapsed() / 1000);
    let ops = group.unknown_to(&theirs.heads(), usize::MAX);
    let start = std::time::Instant::now();
    for op in ops {
        theirs.apply(op);
    }
    println!("taken in: {:?} each", start.elapsed() / 1000);
    let kept: Vec<Vec<u8>> = all(&group).iter().map(Op::encode).collect();
    let bytes: usize = kept.iter().map(Vec::len).sum();
    let start = std::time::Instant::now();
    let again = Group::restore(kept).unwrap();
    println!(
        "2,000 changes, {bytes} bytes, restored: {:?}",
        start.elapsed()
    );
    let start = std::time::Instant::now();
    assert_eq!(again.roster().devices.len(), 1000);
    println!("roster: {:?}", start.elapsed());
    let start = std::time::Instant::now();
    do_it(&mut group, &alice, Change::RemoveMember(bob.id()));
    let beside = do_it(&mut theirs, &bob, rename("beside"));
    group.apply(beside);
    println!(
        "a removal and an admin's act beside it: {:?}",
        start.elapsed()
    );
}
