//! The rules against a plain reading of them, against a second implementation, over random and over
//! all small histories.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::super::{Act, Entry, Listed, Log, Role, SetMeta, Settings};
use crate::{
    proto::id::{DeviceId, PersonId},
    wire::sync::OpId,
};

mod exhaustive;
mod kept;
mod naive;
mod vectors;

use naive::{Kind, Naive, Step};

#[test]
fn two_admins_in_a_partition_cannot_remove_each_other() {
    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (0, Kind::Promote(2), &[1]),
        (1, Kind::Remove(2), &[2]),
        (2, Kind::Remove(1), &[2]),
    ]);

    assert_eq!(role(&log, 1), Some(Role::Admin));
    assert_eq!(role(&log, 2), Some(Role::Admin));
}

#[test]
fn removing_wins_over_adding_at_the_same_time() {
    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (0, Kind::Add(2), &[1]),
        (1, Kind::Add(2), &[2]),
        (0, Kind::Remove(2), &[2]),
    ]);

    assert_eq!(role(&log, 2), None);
}

#[test]
fn somebody_who_was_removed_can_be_added_again() {
    let log = history(&[
        (0, Kind::Add(1), &[0]),
        (0, Kind::Remove(1), &[1]),
        (0, Kind::Add(1), &[2]),
    ]);

    assert_eq!(role(&log, 1), Some(Role::Member));
}

#[test]
fn an_admin_who_is_removed_gains_nothing_by_putting_acts_before_it() {
    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (0, Kind::Add(2), &[1]),
        (0, Kind::Remove(1), &[2]),
        // Signed afterwards, and said to follow the promotion only.
        (1, Kind::Add(3), &[1]),
        (1, Kind::Remove(2), &[2]),
        (1, Kind::Add(1), &[2]),
    ]);

    assert_eq!(role(&log, 1), None);
    assert_eq!(role(&log, 2), Some(Role::Member));
    assert_eq!(role(&log, 3), None);
}

#[test]
fn an_admin_cannot_remove_an_equal_by_putting_it_before_the_promotion() {
    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (0, Kind::Add(2), &[1]),
        (0, Kind::Promote(2), &[2]),
        (1, Kind::Remove(2), &[2]),
    ]);

    assert_eq!(role(&log, 2), Some(Role::Admin));
}

#[test]
fn who_has_left_gains_nothing_by_putting_acts_before_it() {
    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (1, Kind::Leave, &[1]),
        (1, Kind::Add(2), &[1]),
    ]);

    assert_eq!(role(&log, 1), None);
    assert_eq!(role(&log, 2), None);
}

#[test]
fn members_add_people_only_while_the_settings_let_them() {
    let start: &[(u8, Kind, &[u32])] = &[
        (0, Kind::Add(1), &[0]),
        (0, Kind::Open, &[1]),
        (1, Kind::Add(2), &[2]),
        (2, Kind::Add(3), &[3]),
    ];
    let then = |more: &[(u8, Kind, &[u32])]| history(&[start, more].concat());

    assert_eq!(role(&then(&[]), 3), Some(Role::Member));
    // Closed: nothing new, and nothing that is said to be from before.
    let closed = then(&[
        (0, Kind::Close, &[4]),
        (1, Kind::Add(4), &[5]),
        (1, Kind::Add(5), &[4]),
    ]);
    assert_eq!(role(&closed, 3), Some(Role::Member));
    assert_eq!(role(&closed, 4), None);
    assert_eq!(role(&closed, 5), None);
    // Whom somebody added while being removed is not in, nor whom those added.
    let removed = then(&[(0, Kind::Remove(1), &[2])]);
    assert_eq!(role(&removed, 2), None);
    assert_eq!(role(&removed, 3), None);
}

#[test]
fn owners_are_neither_removed_nor_demoted_and_leave_for_good() {
    let mut log = founded(&[0, 1]);
    for (at, author, kind, parents) in [
        (1, 0, Kind::Remove(1), &[0u32][..]),
        (2, 0, Kind::Demote(1), &[1]),
        (3, 1, Kind::Leave, &[2]),
        (4, 0, Kind::Add(1), &[3]),
    ] {
        assert!(log.add(entry(at, author, kind, parents)).is_some());
        let expected = (at < 3).then_some(Role::Owner);
        assert_eq!(role(&log, 1), expected, "after {at}");
    }
}

#[test]
fn of_settings_at_the_same_time_the_owners_count_and_later_ones_replace_earlier_ones() {
    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (0, Kind::Name(1), &[1]),
        (1, Kind::Name(2), &[1]),
        (1, Kind::Timer(3), &[1]),
    ]);
    assert_eq!(
        (log.settings().name.as_str(), log.settings().timer_s),
        ("1", 3)
    );

    let log = history(&[
        (0, Kind::Promote(1), &[0]),
        (0, Kind::Name(1), &[1]),
        (1, Kind::Name(2), &[2]),
    ]);
    assert_eq!(log.settings().name, "2");
}

#[test]
fn a_stolen_device_that_was_revoked_cannot_put_acts_before_it() {
    let mut log = Log::begin(create(&[0])).unwrap();
    let promote = entry(1, 0, Kind::Promote(1), &[0]);
    let honest = Entry {
        device: device(1, 1),
        ..entry(2, 1, Kind::Add(2), &[1])
    };
    let update = Entry {
        act: Act::Devices,
        lists: vec![listed(1, 2, &[0])],
        ..entry(3, 1, Kind::Leave, &[2])
    };
    let stolen = Entry {
        device: device(1, 1),
        ..entry(4, 1, Kind::Add(3), &[2])
    };
    for entry in [promote, honest, stolen, update] {
        assert!(log.add(entry).is_some());
    }

    assert_eq!(role(&log, 2), Some(Role::Member), "made before");
    assert_eq!(role(&log, 3), None, "put before");
    assert_eq!(role(&log, 1), Some(Role::Admin));
}

#[test]
fn a_log_as_somebody_had_it_is_what_follows_from_what_they_knew() {
    let log = history(&[
        (0, Kind::Add(1), &[0]),
        (0, Kind::Add(2), &[0]),
        (0, Kind::Remove(1), &[1, 2]),
    ]);

    let one = log.as_of(&[id(1)]).unwrap();
    let both = log.as_of(&[id(1), id(2)]).unwrap();

    assert_eq!((role(&one, 1), role(&one, 2)), (Some(Role::Member), None));
    assert_eq!(both.members().len(), 3);
    assert_eq!(log.unknown_to(&[id(1)]), [2, 3]);
    assert!(log.as_of(&[id(9)]).is_none());
}

/// 1,000 histories; `BETWIXT_HISTORIES=100000` for the long run.
#[test]
fn in_any_order_a_set_of_entries_gives_one_state_and_nobody_a_power_outside_the_rules() {
    let histories: u64 = std::env::var("BETWIXT_HISTORIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(1000);
    for seed in 0..histories {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let steps = random(&mut rng);
        let naive = Naive::resolve(&steps);
        naive.check_powers(&steps);
        let ordered: Vec<usize> = (0..steps.len()).collect();
        naive.compare(&build(&steps, &ordered), &steps);
        for _ in 0..3 {
            naive.compare(&build(&steps, &shuffled(&steps, &mut rng)), &steps);
        }
    }
}

/// A group with an entry after another.
fn history(steps: &[(u8, Kind, &[u32])]) -> Log {
    let mut log = founded(&[0]);
    for (at, (author, kind, parents)) in (1u32..).zip(steps) {
        assert!(log.add(entry(at, *author, *kind, parents)).is_some());
    }
    log
}

fn founded(owners: &[u8]) -> Log {
    Log::begin(create(owners)).unwrap()
}

fn build(steps: &[Step], order: &[usize]) -> Log {
    let owners: Vec<u8> = Naive::owners(steps);
    let mut log = founded(&owners);
    for at in order.iter().filter(|at| **at > 0) {
        let step = &steps[*at];
        let at = u32::try_from(*at).unwrap();
        assert!(
            log.add(entry(at, step.author, step.kind, &step.parents))
                .is_some()
        );
    }
    log
}

/// Another order in which each comes after what it follows.
fn shuffled(steps: &[Step], rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order = vec![0];
    let mut left: Vec<usize> = (1..steps.len()).collect();
    while !left.is_empty() {
        let ready: Vec<usize> = left
            .iter()
            .copied()
            .filter(|at| {
                steps[*at]
                    .parents
                    .iter()
                    .all(|p| order.contains(&(*p as usize)))
            })
            .collect();
        let next = ready[below(rng, ready.len())];
        order.push(next);
        left.retain(|at| *at != next);
    }
    order
}

/// Up to 8 people who may do something, in up to 4 branches, with acts put before their time.
fn random(rng: &mut ChaCha8Rng) -> Vec<Step> {
    let people = 3 + below(rng, 7);
    let owners = 1 + below(rng, 2);
    let branches = 1 + below(rng, 4);
    let mut steps = vec![Step::create(u8::try_from(owners).unwrap())];
    let mut heads = vec![vec![0u32]; branches];
    let length = 8 + below(rng, 24);
    for at in 1..=u32::try_from(length).unwrap() {
        let branch = below(rng, branches);
        if below(rng, 5) == 0 {
            let other = heads[below(rng, branches)].clone();
            heads[branch].extend(other);
        }
        let author = if below(rng, 3) == 0 {
            below(rng, owners)
        } else {
            below(rng, people)
        };
        let author = u8::try_from(author).unwrap();
        let target = u8::try_from(below(rng, people)).unwrap();
        let number = u8::try_from(at).unwrap();
        let kind = match below(rng, 20) {
            0..5 => Kind::Add(target),
            5..8 => Kind::Remove(target),
            8..12 => Kind::Promote(target),
            12..14 => Kind::Demote(target),
            14 if usize::from(author) >= owners => Kind::Leave,
            15..17 => Kind::Open,
            17 => Kind::Close,
            18 => Kind::Timer(number),
            _ => Kind::Name(number),
        };
        let mut parents = if below(rng, 6) == 0 {
            vec![u32::try_from(below(rng, steps.len())).unwrap()]
        } else {
            heads[branch].clone()
        };
        parents.sort_unstable();
        parents.dedup();
        parents.truncate(16);
        heads[branch].retain(|head| !parents.contains(head));
        heads[branch].push(at);
        steps.push(Step {
            author,
            kind,
            parents,
        });
    }
    steps
}

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    rng.next_u32() as usize % bound
}

fn create(owners: &[u8]) -> Entry {
    let settings = Settings {
        name: "first".into(),
        ..Settings::default()
    };
    Entry {
        id: id(0),
        author: person(owners[0]),
        device: device(owners[0], 0),
        parents: Vec::new(),
        act: Act::Create(owners.iter().copied().map(person).collect(), settings),
        lists: (0..9).map(|of| listed(of, 1, &[0, 1])).collect(),
    }
}

fn entry(at: u32, author: u8, kind: Kind, parents: &[u32]) -> Entry {
    Entry {
        id: id(at),
        author: person(author),
        device: device(author, 0),
        parents: parents.iter().copied().map(id).collect(),
        act: kind.act(),
        lists: Vec::new(),
    }
}

fn id(at: u32) -> OpId {
    let mut id = [0; 32];
    // Names are hashes: they do not grow with the log.
    id[..4].copy_from_slice(&at.wrapping_mul(2_654_435_761).to_be_bytes());
    OpId(id)
}

fn person(of: u8) -> PersonId {
    PersonId([of; 32])
}

fn device(of: u8, number: u8) -> DeviceId {
    let mut id = [of; 16];
    id[1] = number;
    DeviceId(id)
}

fn listed(of: u8, seq: u64, devices: &[u8]) -> Listed {
    Listed {
        person: person(of),
        seq,
        devices: devices.iter().map(|number| device(of, *number)).collect(),
    }
}

fn role(log: &Log, of: u8) -> Option<Role> {
    log.role(&person(of))
}
