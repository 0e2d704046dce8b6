//! The rules against a plain reading of them, against a second implementation, over random and over
//! all small histories.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;

use super::super::{Act, Entry, Listed, Log, Role, SetMeta, Settings};
use crate::{
    proto::id::{DeviceId, PersonId},
    wire::sync::OpId,
};

mod exhaustive;
mod naive;

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

/// `tests/vectors/membership.json`, made by `docs/models/membership_check.py vectors 150`.
#[test]
fn histories_resolve_as_the_second_implementation_says() {
    let text = include_str!("../../../../../tests/vectors/membership.json");
    let histories: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(histories.len() >= 150);
    let mut counting = 0;
    for (number, history) in histories.iter().enumerate() {
        let ops = history["ops"].as_array().unwrap();
        let mut ids = Vec::new();
        let mut log = None;
        for op in ops {
            let entry = read(op, &ids);
            ids.push(entry.id);
            match &mut log {
                None => log = Log::begin(entry),
                Some(log) => assert!(log.add(entry).is_some()),
            }
        }
        let log = log.unwrap();
        for (op, id) in ops.iter().zip(&ids) {
            counting += usize::from(op[5] == 1);
            assert_eq!(log.counts(id), Some(op[5] == 1), "history {number}, {op}");
        }
        let members: Vec<(PersonId, &str)> = history["members"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, role)| (named(name), role.as_str().unwrap()))
            .collect();
        assert_eq!(members.len(), log.members().len(), "history {number}");
        for (person, role) in members {
            let expected = match role {
                "owner" => Role::Owner,
                "admin" => Role::Admin,
                _ => Role::Member,
            };
            assert_eq!(log.role(&person), Some(expected), "history {number}");
        }
        let settings = &history["settings"];
        assert_eq!(settings["name"], log.settings().name.as_str());
        assert_eq!(settings["timer"], log.settings().timer_s);
        assert_eq!(settings["add_by"] == 1, log.settings().members_add);
    }
    assert!(counting > 500, "the histories do something: {counting}");
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

fn read(op: &Value, ids: &[OpId]) -> Entry {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut name = [0; 32];
    name[..8].copy_from_slice(&crate::wire::id::from_hex(&text(&op[0])).unwrap());
    let of = text(&op[1]);
    let arg = &op[3];
    let mut lists = Vec::new();
    let act = match op[2].as_str().unwrap() {
        "create" => {
            lists = "OABCDEFG"
                .chars()
                .map(|p| first_list(&p.to_string()))
                .collect();
            let owners = arg.as_array().unwrap().iter().map(|p| named(&text(p)));
            let settings = Settings {
                name: "first".into(),
                ..Settings::default()
            };
            Act::Create(owners.collect(), settings)
        }
        "add" => Act::Add(named(&text(arg))),
        "remove" => Act::Remove(named(&text(arg))),
        "setrole" if arg[1] == 1 => Act::Promote(named(&text(&arg[0]))),
        "setrole" => Act::Demote(named(&text(&arg[0]))),
        "leave" => Act::Leave,
        "devices" => {
            let devices = arg[1]
                .as_array()
                .unwrap()
                .iter()
                .map(|d| device_named(&text(d)));
            lists.push(Listed {
                person: named(&of[..1]),
                seq: arg[0].as_u64().unwrap(),
                devices: devices.collect(),
            });
            Act::Devices
        }
        _ => Act::Settings(SetMeta {
            name: arg["name"].as_str().map(str::to_owned),
            timer_s: arg["timer"]
                .as_u64()
                .map(|timer| u32::try_from(timer).unwrap()),
            add_by: arg["add_by"].as_u64().map(|by| u8::try_from(by).unwrap()),
            ..SetMeta::default()
        }),
    };
    let parents = op[4].as_array().unwrap().iter();
    Entry {
        id: OpId(name),
        author: named(&of[..1]),
        device: device_named(&of),
        parents: parents
            .map(|at| ids[usize::try_from(at.as_u64().unwrap()).unwrap()])
            .collect(),
        act,
        lists,
    }
}

fn first_list(name: &str) -> Listed {
    Listed {
        person: named(name),
        seq: 1,
        devices: vec![
            device_named(&format!("{name}0")),
            device_named(&format!("{name}1")),
        ],
    }
}

fn named(name: &str) -> PersonId {
    PersonId([name.as_bytes()[0]; 32])
}

fn device_named(name: &str) -> DeviceId {
    let mut id = [name.as_bytes()[0]; 16];
    id[1] = name.as_bytes()[1];
    DeviceId(id)
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
