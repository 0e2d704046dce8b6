//! What is found, against looking through all messages.

use proptest::prelude::*;

use super::*;

const WORDS: [&str; 8] = ["owl", "owls", "Öwl", "crow", "a", "CROWN", "heron", "river"];

/// As [`words::fold`] has them, said once more without it.
const PLAIN: [&str; 8] = ["owl", "owls", "owl", "crow", "a", "crown", "heron", "river"];

#[derive(Clone, Debug)]
enum Wanted {
    Word(usize),
    Prefix(&'static str),
    Phrase(Vec<usize>),
}

#[derive(Clone, Debug)]
enum Done {
    Said(Vec<usize>, bool, bool),
    Edited(usize, Vec<usize>),
    Erased(usize),
}

fn said() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..WORDS.len(), 0..6)
}

fn done() -> impl Strategy<Value = Done> {
    prop_oneof![
        6 => (said(), any::<bool>(), any::<bool>()).prop_map(|(words, ann, other)| Done::Said(words, ann, other)),
        2 => (0..40_usize, said()).prop_map(|(which, words)| Done::Edited(which, words)),
        1 => (0..40_usize).prop_map(Done::Erased),
    ]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    prop_oneof![
        (0..WORDS.len()).prop_map(Wanted::Word),
        prop::sample::select(vec!["o", "ow", "owl", "cro", "z", "crown"]).prop_map(Wanted::Prefix),
        prop::collection::vec(0..WORDS.len(), 2..4).prop_map(Wanted::Phrase),
    ]
}

#[derive(Clone, Debug)]
struct Known {
    n: u32,
    words: Vec<usize>,
    ann: bool,
    other: bool,
}

fn fits(known: &Known, wanted: &[Wanted]) -> bool {
    let words: Vec<&str> = known.words.iter().map(|word| PLAIN[*word]).collect();
    wanted.iter().all(|wanted| match wanted {
        Wanted::Word(word) => words.contains(&PLAIN[*word]),
        Wanted::Prefix(start) => words.iter().any(|word| word.starts_with(start)),
        Wanted::Phrase(all) => {
            let all: Vec<&str> = all.iter().map(|word| PLAIN[*word]).collect();
            words.windows(all.len()).any(|part| part == all)
        }
    })
}

fn sentence(words: &[usize]) -> String {
    let words: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
    words.join(", ")
}

fn phrases(wanted: &[Wanted]) -> Vec<Phrase> {
    let phrase = |wanted: &Wanted| match wanted {
        Wanted::Word(word) => Phrase::of(WORDS[*word], false),
        Wanted::Prefix(start) => Phrase::of(start, true),
        Wanted::Phrase(words) => Phrase::of(&sentence(words), false),
    };
    wanted.iter().filter_map(phrase).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_is_there(
        steps in prop::collection::vec(done(), 1..40),
        questions in prop::collection::vec(
            (prop::collection::vec(wanted(), 0..3), prop::option::of(any::<bool>()), prop::option::of(any::<bool>())),
            1..8,
        ),
    ) {
        let (_dir, store, search) = saying(&[]);
        let mut known: Vec<Known> = Vec::new();
        for (n, step) in (0..).zip(steps) {
            match step {
                Done::Said(words, ann, other) => {
                    let mut row = text(n, &sentence(&words));
                    row.sender = if ann { ANN } else { BOB };
                    row.chat = if other { OTHER } else { CHAT };
                    store.commit(vec![say(row)]).unwrap();
                    known.push(Known { n, words, ann, other });
                }
                Done::Edited(which, words) => {
                    let len = known.len().max(1);
                    let Some(edited) = known.get_mut(which % len) else { continue };
                    let mut row = act(n, Body::Edit(Edit {
                        message: message(edited.n).id,
                        text: sentence(&words),
                    }));
                    row.sender = if edited.ann { ANN } else { BOB };
                    row.chat = if edited.other { OTHER } else { CHAT };
                    store.commit(vec![say(row)]).unwrap();
                    edited.words = words;
                }
                Done::Erased(which) => {
                    if known.is_empty() { continue }
                    let erased = known.remove(which % known.len());
                    store.commit(vec![Write::Erase(message(erased.n).id)]).unwrap();
                }
            }
        }
        search.wait(LONG);

        for (wanted, ann, other) in questions {
            let ask = Ask {
                phrases: phrases(&wanted),
                people: ann.map(|ann| BTreeSet::from([if ann { ANN } else { BOB }])),
                chats: other.map(|other| BTreeSet::from([if other { OTHER } else { CHAT }])),
                ..asking(&[])
            };
            let mut expected: Vec<u32> = known
                .iter()
                .filter(|known| {
                    fits(known, &wanted)
                        && ann.is_none_or(|ann| ann == known.ann)
                        && other.is_none_or(|other| other == known.other)
                })
                .map(|known| known.n)
                .collect();
            expected.reverse();
            prop_assert_eq!(found(&search, &ask), expected, "{:?}", wanted);
        }
    }
}
