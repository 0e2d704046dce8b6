use proptest::prelude::*;

use super::*;

const ALICE: PersonId = PersonId([1; 32]);
const MALLORY: PersonId = PersonId([2; 32]);

#[test]
fn an_ordinary_name_stays_as_it_is() {
    for name in [
        "Alice",
        "Quiet Heron",
        "Zoë O'Brien-Smith",
        "Nguyễn Văn A",
        "דָּנִיֵּאל",
        "محمد",
        "田中さん",
        "김철수",
        "Gal·la",
        "👩‍🚀 Ada",
        "❤️‍🔥",
        "👍🏽",
        "🇳🇴",
    ] {
        assert_eq!(clean_name(name).as_deref(), Some(name));
    }
}

#[test]
fn what_is_not_seen_or_changes_what_is_seen_goes() {
    for (name, shown) in [
        ("Al\u{202e}ice", "Alice"),
        ("Al\u{2066}ice\u{2069}", "Alice"),
        ("Al\u{200f}ice", "Alice"),
        ("Al\u{200b}ice\u{feff}", "Alice"),
        ("Al\u{ad}ice", "Alice"),
        ("Al\u{200d}ice", "Alice"),
        ("Alice\u{200d}", "Alice"),
        ("Al\u{34f}ice", "Alice"),
        ("Alice\u{fe0f}\u{e0100}", "Alice"),
        ("A\u{e0061}lice", "Alice"),
        ("\0Al\u{7}ice\u{1b}", "Alice"),
        ("  Alice \t\n Smith  ", "Alice Smith"),
        ("Alice\u{2028}Smith", "Alice Smith"),
        ("\u{3164}Alice\u{2800}", "Alice"),
        ("\u{301}Alice", "Alice"),
        ("Alice •abc", "Alice ·abc"),
        ("A\u{30a}sa", "Åsa"),
    ] {
        assert_eq!(clean_name(name).as_deref(), Some(shown), "{name:?}");
    }
}

#[test]
fn a_name_of_nothing_becomes_the_short_form_of_the_id() {
    for name in [
        "",
        "   ",
        "\u{200b}",
        "\u{3164}",
        "\u{2800}",
        "\u{301}\u{302}",
        "\u{202e}",
        "\0",
    ] {
        assert_eq!(clean_name(name), None, "{name:?}");
        assert_eq!(shown_name(&ALICE, name), ALICE.to_string()[..8]);
    }
}

#[test]
fn a_pile_of_marks_is_cut_to_four() {
    let zalgo = format!("q{}b{}", "\u{325}".repeat(10_000), "\u{325}".repeat(3));

    let shown = clean_name(&zalgo).unwrap();

    assert_eq!(
        shown,
        format!("q{}b{}", "\u{325}".repeat(4), "\u{325}".repeat(3))
    );
}

#[test]
fn what_takes_no_room_does_not_begin_a_new_pile_of_marks() {
    for between in ['\u{202e}', '\u{7}', '\u{fff9}', '\u{200b}', '\u{200d}'] {
        let pile = format!("\u{325}\u{325}\u{325}{between}").repeat(1_000);

        let shown = shown_text(&format!("q{pile}"));

        let marks = shown.chars().filter(|c| is_combining_mark(*c)).count();
        assert_eq!(marks, TEXT_MARKS, "{between:?}");
        assert_eq!(shown_text(&shown), shown);
    }
}

#[test]
fn a_long_name_is_cut_between_graphemes() {
    assert_eq!(clean_name(&"x".repeat(10_000)).unwrap(), "x".repeat(64));

    let families = "👨‍👩‍👧‍👦".repeat(64);
    let shown = clean_name(&families).unwrap();
    assert_eq!(shown, "👨‍👩‍👧‍👦".repeat(256 / "👨‍👩‍👧‍👦".len()));
}

#[test]
fn people_with_different_names_are_shown_with_them() {
    let shown = display_names(&[(ALICE, "Alice"), (MALLORY, "Mallory")]);

    assert_eq!(shown, ["Alice", "Mallory"]);
}

#[test]
fn people_whose_names_look_alike_are_told_apart_by_their_ids() {
    for imitation in [
        "Alice",
        "alice",
        "ALICE",
        "Аlice",
        "AIice",
        "A1ice",
        "Al\u{200b}ice",
        "Alice ",
        "𝐀lice",
        "Αlice",
    ] {
        let shown = display_names(&[(ALICE, "Alice"), (MALLORY, imitation)]);

        assert!(shown[0].starts_with("Alice •"), "{imitation}: {shown:?}");
        assert!(shown[0].ends_with(&ALICE.to_string()[..8]));
        assert!(shown[1].ends_with(&MALLORY.to_string()[..8]));
    }
}

#[test]
fn ids_that_begin_alike_are_shown_as_far_as_they_differ() {
    let mut near = ALICE;
    near.0[10] ^= 1;

    let shown = display_names(&[(ALICE, "Alice"), (near, "Alice"), (MALLORY, "Mallory")]);

    assert_ne!(shown[0], shown[1]);
}

#[test]
fn one_person_given_twice_does_not_clash() {
    let shown = display_names(&[(ALICE, "Alice"), (ALICE, "Alice")]);

    assert_eq!(shown, ["Alice", "Alice"]);
}

#[test]
fn a_text_keeps_its_lines_and_loses_what_controls() {
    for (text, shown) in [
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("one\r\ntwo\rthree\u{2028}four", "one\ntwo\nthree\nfour"),
        ("a\u{202e}b\u{2067}c\u{2069}d\u{200f}e", "abcde"),
        ("\u{1b}[31mred\u{7}\0", "[31mred"),
        ("می‌خواهم", "می‌خواهم"),
        ("👩‍🚀", "👩‍🚀"),
        ("a\u{fff9}b\u{fffb}", "ab"),
    ] {
        assert_eq!(shown_text(text), shown, "{text:?}");
    }
    assert_eq!(
        shown_text(&format!("a{}", "\u{325}".repeat(999)))
            .chars()
            .count(),
        9
    );
}

#[test]
fn a_text_is_sent_composed_and_within_its_limit() {
    assert_eq!(clean_text("A\u{30a}"), Ok("Å".to_owned()));
    assert_eq!(
        clean_text(&"x".repeat(limits::TEXT)).map(|t| t.len()),
        Ok(limits::TEXT)
    );
    assert_eq!(clean_text(&"x".repeat(limits::TEXT + 1)), Err(TooLong));
    // U+0344 composes to four bytes instead of two: it counts as it is sent.
    assert_eq!(
        clean_text(&"\u{344}".repeat(limits::TEXT / 2)),
        Err(TooLong)
    );
}

proptest! {
    #[test]
    fn a_shown_name_is_within_its_bounds_and_shown_the_same_again(name in hostile()) {
        let shown = shown_name(&ALICE, &name);

        prop_assert!(!shown.is_empty() && shown.len() <= limits::NAME);
        prop_assert!(shown.graphemes(true).count() <= limits::NAME_GRAPHEMES);
        prop_assert!(!shown.chars().any(|c| c.is_control() || is_bidi_control(c) || c == MARK));
        prop_assert!(shown.chars().any(|c| !c.is_whitespace() && !is_combining_mark(c)));
        prop_assert_eq!(shown_name(&ALICE, &shown), shown.clone());
        let marks = shown.chars().fold((0, 0), |(most, run), c| {
            let run = if is_combining_mark(c) { run + 1 } else { 0 };
            (most.max(run), run)
        });
        prop_assert!(marks.0 <= limits::COMBINING_MARKS);
    }

    #[test]
    fn a_shown_text_is_shown_the_same_again(text in hostile()) {
        let shown = shown_text(&text);
        prop_assert_eq!(shown_text(&shown), shown);
    }

    #[test]
    fn nobody_is_shown_as_somebody_else(
        names in prop::collection::vec("(Alice|alice|Аlice|AIice|Bob|B0b|\u{202e}Bob| |)", 1..8),
    ) {
        let people: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (PersonId([u8::try_from(at).unwrap(); 32]), name.as_str()))
            .collect();

        let mut shown = display_names(&people);

        let looks: Vec<_> = shown.iter().map(|name| looks_of(name)).collect();
        shown.sort();
        shown.dedup();
        prop_assert_eq!(shown.len(), people.len());
        for (at, one) in looks.iter().enumerate() {
            for other in &looks[at + 1..] {
                prop_assert!(one[0] != other[0] && one[1] != other[1]);
            }
        }
    }
}

/// Strings of all sorts, and of the sorts that are known to do harm.
fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\u{202e}",
        "\u{2066}",
        "\u{200d}",
        "\u{fe0f}",
        "\u{301}",
        "\u{325}",
        "\u{344}",
        "\u{e0061}",
        "\u{3164}",
        "\u{2800}",
        "\u{ad}",
        "\0",
        "\r",
        "\n",
        "\u{2028}",
        "👩",
        "🚀",
        "•",
        "a",
        " ",
        "\u{1100}",
        "\u{1161}",
        "\u{11a8}",
        "\u{9be}",
        "\u{9c7}",
        "🇳",
        "👍🏽",
        "ﷺ",
        "\u{200f}",
    ]);
    prop_oneof![
        ".{0,300}",
        prop::collection::vec(nasty, 0..200).prop_map(|parts| parts.concat()),
    ]
}

#[test]
fn what_nobody_can_see_shows_nothing() {
    for nothing in [
        "",
        " \n\t",
        "\u{200b}",
        "\u{3164}\u{2800}",
        "\u{202e}\u{2066}\u{ad}",
    ] {
        assert!(!shows_something(nothing), "{nothing:?}");
    }
    for something in ["a", " \u{200b}.", "👩\u{200d}🔬", "\u{202e}שלום"] {
        assert!(shows_something(something), "{something:?}");
    }
}
