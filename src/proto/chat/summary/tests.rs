use proptest::prelude::*;

use super::*;
use crate::wire::{
    direct::Direct,
    sync::{DeviceRuns, Span, Step},
};

const CHAT: ChatId = ChatId([1; 32]);

/// By epoch, what is here of each author: number of messages, and one that is missing.
type Here = BTreeMap<u32, BTreeMap<u16, (u32, Option<u32>)>>;

fn epoch(number: u32) -> OpId {
    OpId(kdf::hash(&[&number.to_be_bytes()]))
}

fn runs(number: u32, devices: &BTreeMap<u16, (u32, Option<u32>)>) -> EpochRuns {
    let devices = devices.iter().map(|(index, (count, hole))| {
        let last = count - 1;
        let mut spans = vec![Span { first: 0, last }];
        if let Some(hole) = *hole {
            spans = vec![
                Span {
                    first: 0,
                    last: hole - 1,
                },
                Span {
                    first: hole + 1,
                    last,
                },
            ];
        }
        let index = *index;
        DeviceRuns { index, spans }
    });
    let devices = devices.collect();
    let epoch = epoch(number);
    EpochRuns { epoch, devices }
}

fn summary(here: &Here) -> Summary {
    let epochs = here
        .iter()
        .map(|(number, devices)| (u64::from(*number) * 2, runs(*number, devices)));
    Summary::of(&CHAT, epochs)
}

/// What two learn, and what it costs: round trips, and bytes on the direct stream.
struct Compared {
    here: BTreeSet<OpId>,
    there: BTreeSet<OpId>,
    trips: usize,
    bytes: usize,
}

fn size(step: Step) -> usize {
    let (chat, number) = ([1; 32], 7);
    4 + Direct::Sync { chat, number, step }.encode().len()
}

fn compare(one: &Here, other: &Here) -> Compared {
    let other = summary(other);
    let (mut comparison, mut question) = Comparison::begin(summary(one)).unwrap();
    let (mut trips, mut bytes) = (0, 0);
    loop {
        let answer = other.answer(&question).unwrap();
        trips += 1;
        bytes += size(Step::Compare(question.into())) + size(Step::Compared(answer.clone().into()));
        match comparison.go_on(&answer) {
            Next::Ask(next) => question = next,
            Next::Done => break,
            Next::Broken => panic!("both compare"),
        }
    }
    let here = comparison.here().iter();
    let there = comparison.there().iter();
    Compared {
        here: here
            .map(|item| comparison.summary().epoch(item).unwrap())
            .collect(),
        there: there.map(|item| other.epoch(item).unwrap()).collect(),
        trips,
        bytes,
    }
}

#[test]
fn a_million_messages_and_ten_missing_cost_less_than_twenty_kibibytes_and_four_round_trips() {
    // A thousand epochs of a thousand messages, each of 25 authors among 100 devices.
    let mut whole = Here::new();
    for number in 0..1000 {
        let authors = (0..25).map(|n| (u16::try_from(n * 4 + number % 4).unwrap(), (40, None)));
        whole.insert(number, authors.collect());
    }
    let messages: u32 = whole
        .values()
        .flat_map(|d| d.values())
        .map(|(n, _)| n)
        .sum();
    assert_eq!(messages, 1_000_000);
    let scattered: Vec<u32> = (0..10).map(|n| n * 97 + 13).collect();
    let recent: Vec<u32> = (990..1000).collect();
    for (what, numbers) in [("scattered", scattered), ("recent", recent)] {
        let mut less = whole.clone();
        for (n, number) in numbers.iter().enumerate() {
            let (_, author) = less.get_mut(number).unwrap().iter_mut().nth(n).unwrap();
            author.1 = Some(20);
        }

        let compared = compare(&less, &whole);

        let expected: BTreeSet<OpId> = numbers.iter().map(|number| epoch(*number)).collect();
        assert_eq!(compared.here, expected);
        assert_eq!(compared.there, expected);
        // Two round trips more: which runs, and the messages themselves, of 300 bytes with signatures.
        let of = |here: &Here| -> Vec<EpochRuns> {
            let epochs = numbers.iter().map(|number| runs(*number, &here[number]));
            fitting(epochs.collect())
        };
        let there = compared.there.iter().map(|epoch| Item(epoch.0)).collect();
        let differ = Step::Differ {
            here: of(&less),
            there,
        };
        let get = numbers.iter().map(|number| {
            let spans = vec![Span {
                first: 20,
                last: 20,
            }];
            let devices = vec![DeviceRuns { index: 99, spans }];
            let epoch = epoch(*number);
            EpochRuns { epoch, devices }
        });
        let asked = size(differ) + size(Step::Runs(of(&whole))) + size(Step::Get(get.collect()));
        let given = 10 * (300 + 84 + 64 + 8);
        let (trips, bytes) = (compared.trips + 2, compared.bytes + asked + given);
        println!("{what}: {trips} round trips, {bytes} bytes, of them {given} of messages");
        assert!(trips <= 4, "{what}: {trips} round trips");
        assert!(bytes < 20 * 1024, "{what}: {bytes} bytes");
    }
}

#[test]
fn who_has_the_same_learns_that_with_one_question() {
    let mut here = Here::new();
    for number in 0..300_u16 {
        here.insert(number.into(), BTreeMap::from([(number, (9, None))]));
    }

    let compared = compare(&here, &here);

    assert!(compared.here.is_empty() && compared.there.is_empty());
    assert_eq!(compared.trips, 1);
    assert!(compared.bytes < 500, "{} bytes", compared.bytes);
}

#[test]
fn who_answers_junk_does_not_go_on() {
    let here = Here::from([(1, BTreeMap::from([(1, (9, None))]))]);
    for junk in [&[][..], &[0x60], &[0x61, 0, 2, 0xff], &[1; 90]] {
        let (mut comparison, _) = Comparison::begin(summary(&here)).unwrap();

        let next = comparison.go_on(junk);

        assert_eq!(next, Next::Broken, "{junk:?}");
    }
    assert_eq!(summary(&here).answer(&[0x61, 0, 2, 0xff]), None);
}

#[test]
fn what_does_not_fit_one_message_is_left_out() {
    let spans = vec![Span { first: 0, last: 9 }; 100];
    let devices: Vec<_> = (0..20)
        .map(|index| DeviceRuns {
            index,
            spans: spans.clone(),
        })
        .collect();
    let all: Vec<_> = (0..9)
        .map(|number| EpochRuns {
            epoch: epoch(number),
            devices: devices.clone(),
        })
        .collect();

    let fits = fitting(all.clone());

    assert!(fits.len() < all.len() && !fits.is_empty());
    let bytes = size(Step::Runs(fits));
    assert!(bytes < limits::SYNC_RUNS + 100, "{bytes} bytes");
    assert_eq!(fitting(all[..1].to_vec()), all[..1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_two_have_they_find_where_they_differ(
        one in prop::collection::btree_map(0..400u32, 1..3u32, 0..200),
        other in prop::collection::btree_map(0..400u32, 1..3u32, 0..200),
    ) {
        let expand = |of: &BTreeMap<u32, u32>| -> Here {
            let epochs = of.iter().map(|(n, count)| (*n, BTreeMap::from([(0, (*count, None))])));
            epochs.collect()
        };
        let differ = |a: &BTreeMap<u32, u32>, b: &BTreeMap<u32, u32>| -> BTreeSet<OpId> {
            let alone = a.iter().filter(|(n, count)| b.get(n) != Some(count));
            alone.map(|(n, _)| epoch(*n)).collect()
        };

        let compared = compare(&expand(&one), &expand(&other));

        prop_assert_eq!(compared.here, differ(&one, &other));
        prop_assert_eq!(compared.there, differ(&other, &one));
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let here = Here::from([(1, BTreeMap::from([(1, (9, None))])), (2, BTreeMap::from([(0, (1, None))]))]);
        for junk in [bytes.clone(), [&[0x61][..], &bytes].concat()] {
            if let Some(answer) = summary(&here).answer(&junk) {
                prop_assert!(answer.len() <= limits::NEGENTROPY);
            }
            let (mut comparison, _) = Comparison::begin(summary(&here)).unwrap();
            comparison.go_on(&junk);
        }
    }
}
