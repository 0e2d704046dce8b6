//! Names that deceive.

use betwixt::{
    proto::{
        contact::Standing,
        engine::command::Command,
        id::PersonId,
        text::{display_names, shown_name},
    },
    wire::limits,
};
use proptest::prelude::*;

use crate::world::{Links, World};

const ALICE: PersonId = PersonId([1; 32]);
const MALLORY: PersonId = PersonId([2; 32]);

/// What looks like each letter of "Alice" in some font.
const LETTERS: [&[&str]; 5] = [
    &["A", "\u{391}", "\u{410}", "\u{1d400}", "\u{ff21}", "a"],
    &["l", "I", "1", "\u{217c}", "\u{4cf}", "\u{1d5c5}", "L"],
    &["i", "\u{456}", "\u{2170}", "\u{1d5c2}"],
    &["c", "\u{441}", "\u{217d}", "\u{1d5bc}", "C"],
    &["e", "\u{435}", "\u{1d5be}", "E"],
];

/// What is not seen.
const UNSEEN: [&str; 16] = [
    "",
    "",
    "",
    "",
    "\u{200b}",
    "\u{202e}",
    "\u{2066}",
    "\u{ad}",
    "\u{34f}",
    "\u{fe0f}",
    "\u{e0061}",
    "\0",
    "\u{200d}",
    "\u{3164}",
    "\u{feff}",
    "\u{180e}",
];

/// The name "Alice" as somebody writes it who is not.
fn imitation() -> impl Strategy<Value = String> {
    let letter = |at: usize| {
        (
            prop::sample::select(LETTERS[at]),
            prop::sample::select(&UNSEEN[..]),
        )
    };
    (letter(0), letter(1), letter(2), letter(3), letter(4)).prop_map(|(a, b, c, d, e)| {
        let all = [a, b, c, d, e].map(|(letter, unseen)| format!("{letter}{unseen}"));
        all.concat()
    })
}

/// Of everything that is known to do harm, with a lot of it.
fn harmful() -> Vec<String> {
    let mut names: Vec<String> = [
        "",
        " ",
        "\u{202e}ecilA",
        "\u{2066}Alice\u{2069}",
        "\u{200b}\u{200d}\u{feff}",
        "\u{3164}",
        "\u{2800}",
        "\u{301}\u{302}",
        "Alice\r\nBob",
        "\u{1b}[31mAlice",
        "\0\0",
        "Alice •aaaaaaaa",
        "\u{5c0}\u{591}\u{5b0}",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦",
        "\u{fdfd}",
        "<b>Alice</b>",
        "Alice\u{2028}is typing",
    ]
    .map(str::to_owned)
    .to_vec();
    for (one, count) in [
        ("\u{325}", 10_000),
        ("\u{202e}", 5_000),
        ("👩", 1_000),
        ("x", 10_000),
    ] {
        names.push(format!("A{}", one.repeat(count)));
    }
    names
}

proptest! {
    #[test]
    fn an_imitation_of_a_name_never_stands_alone(name in imitation()) {
        let shown = display_names(&[(ALICE, "Alice"), (MALLORY, &name)]);

        prop_assert_ne!(&shown[0], &shown[1]);
        for (shown, person) in shown.iter().zip([ALICE, MALLORY]) {
            let id = person.to_string();
            let (_, piece) = shown.rsplit_once('•').expect("a piece of the id");
            prop_assert!(!piece.is_empty() && id.starts_with(piece), "{shown}");
        }
    }

    #[test]
    fn no_name_at_all_takes_another_ones_place_or_is_empty(name in any::<String>(), more in "\\PC{0,80}") {
        for name in [name, format!("Alice{more}"), format!("{more}Alice")] {
            let shown = display_names(&[(ALICE, "Alice"), (MALLORY, &name)]);

            prop_assert!(shown.iter().all(|shown| !shown.trim().is_empty()));
            prop_assert_ne!(&shown[0], &shown[1]);
        }
    }
}

#[test]
fn whoever_calls_themselves_what_does_harm_is_shown_harmlessly_wherever_they_come_from() {
    let mut world = World::new(60, Links::GOOD);
    let alice = world.join("Alice");
    let mut hosts = Vec::new();
    for name in harmful() {
        hosts.push((world.join(&name), name));
        world.run(2_000);
    }
    world.run(10_000);
    let alices = world.hosts[alice].person;
    // All of them are near, ask, and are in a group that the first of them founds.
    for (host, _) in &hosts {
        let ask = Command::AddContact {
            link: None,
            person_id: Some(alices),
        };
        world.command(*host, ask).unwrap().unwrap();
        world.run(13_000);
    }

    let engine = world.engine(alice);
    let requests = engine.contacts();
    let asked = requests
        .iter()
        .filter(|contact| contact.standing == Standing::Incoming);
    assert_eq!(asked.count(), hosts.len(), "every one of them asks");
    let near = engine.nearby();
    assert_eq!(near.len(), hosts.len());
    let mut people: Vec<(PersonId, &str)> = vec![(alices, "Alice")];
    people.extend(requests.iter().map(|c| (c.person, c.name.as_str())));
    for (person, name) in &people {
        assert!(name.len() <= limits::NAME, "more is not even kept");
        harmless(&shown_name(person, name));
    }
    for found in &near {
        assert!(found.name.len() <= limits::NAME);
    }
    let mut shown = display_names(&people);
    for shown in &shown {
        harmless(shown);
    }
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), people.len(), "no two are shown alike");
}

fn harmless(shown: &str) {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}'..='\u{2029}' | '\u{feff}' | '\u{3164}' | '\u{2800}')
    };
    assert!(
        !shown.trim().is_empty() && !shown.contains(is_harmful),
        "{shown:?}"
    );
    assert!(
        shown.chars().count() <= 2 * limits::NAME_GRAPHEMES + 64,
        "{shown:?}"
    );
    let marks = shown.chars().filter(|c| *c == '\u{325}').count();
    assert!(marks <= limits::COMBINING_MARKS, "{shown:?}");
}
