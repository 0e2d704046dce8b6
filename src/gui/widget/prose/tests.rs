use egui::{RawInput, Rect, pos2, vec2};

use super::{
    parts::Lines::{Code, Plain, Quote},
    *,
};
use crate::gui::{fonts, theme, widget::bidi::Direction};

fn prose(text: &str, steps: u8) -> Prose<'_> {
    Prose {
        text,
        names: &[],
        width: 400.0,
        verbatim: false,
        steps,
        look: Look {
            font: theme::regular(14.5),
            line: 20.0,
            colour: Color32::BLACK,
            link: Color32::BLUE,
            code: Color32::GRAY,
            aside: Color32::DARK_GRAY,
        },
    }
}

fn in_frame<T>(frames: usize, mut draw: impl FnMut(&Painter) -> T) -> (Context, T) {
    let ctx = Context::default();
    fonts::install(&ctx);
    let mut last = None;
    for _ in 0..frames {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 600.0))),
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| last = Some(draw(ui.painter())));
        output.textures_delta.clear();
    }
    (ctx, last.unwrap())
}

#[test]
fn blocks_are_as_they_were_written() {
    let text = "Hi *you*\n> said\n- one\n2. two\n```\nlet x;\n```";
    let (_, laid) = in_frame(1, |painter| lay(painter, &prose(text, 0)));

    let kinds: Vec<_> = laid.parts.iter().map(|part| part.kind.clone()).collect();
    let words: Vec<_> = laid.parts.iter().map(|part| part.words.as_str()).collect();

    assert_eq!(words, ["Hi you", "said", "one", "two", "let x;"]);
    let item = |marker: &str| parts::Lines::Item(marker.into());
    assert_eq!(kinds, [Plain, Quote, item("•"), item("2."), Code]);
}

#[test]
fn lines_that_read_to_different_sides_stand_at_different_sides() {
    let text = "שלום *עולם*\nhello\nמה שלומך?\n123";
    let (_, laid) = in_frame(1, |painter| lay(painter, &prose(text, 0)));

    let sides: Vec<_> = laid.parts.iter().map(|part| part.direction).collect();

    assert_eq!(sides, [Direction::Left, Direction::Right, Direction::Left]);
    assert_eq!(laid.parts[0].job.text, "עולם שלום");
    assert_eq!(laid.parts[2].job.text, "?שלומך מה\n123");
    assert_eq!(laid.parts[2].words, "מה שלומך?\n123");
}

#[test]
fn a_link_keeps_its_place_among_letters_that_read_to_the_left() {
    let text = "ראה https://a.example/x עכשיו";
    let (_, laid) = in_frame(1, |painter| lay(painter, &prose(text, 0)));

    let part = &laid.parts[0];
    let (range, link) = &part.links[0];
    let shown: String = part
        .job
        .text
        .chars()
        .skip(range.start)
        .take(range.len())
        .collect();

    assert_eq!(
        (shown.as_str(), link.as_str()),
        ("https://a.example/x", "https://a.example/x")
    );
}

#[test]
fn a_text_is_made_into_blocks_once() {
    let (ctx, _) = in_frame(10, |painter| lay(painter, &prose("שלום *a*", 0)));

    assert_eq!(work(&ctx).0, 1);
}

/// What a frame has to do is bounded however long the text is, and however odd.
#[test]
fn of_a_hostile_text_the_beginning_is_laid_out() {
    let long = |unit: &str| unit.repeat(1_000_000 / unit.len());
    for unit in [
        "a",
        "\n",
        "*a* ",
        "> \n",
        "א",
        "א ",
        "א a",
        "\u{202e}\u{2066}א",
        "a\u{301}\u{302}\u{303}\u{304}",
        "👨‍👩‍👧‍👦",
        "\u{200b}א",
        "https://a.example/",
    ] {
        let text = long(unit);

        let (ctx, (more, height)) = in_frame(3, |painter| {
            let laid = lay(painter, &prose(&text, 0));
            (laid.more, Set::new(painter, laid).height)
        });

        let (texts, letters) = work(&ctx);
        assert_eq!(texts, 1, "{unit:?}");
        assert!(letters <= 4 * LETTERS as u64, "{unit:?}: {letters}");
        assert_eq!(more, !text.trim().is_empty(), "{unit:?}");
        assert!(height < 200.0 * 20.0 * 2.0, "{unit:?}: {height}");
    }
}

#[test]
fn each_step_shows_more_until_all_is_shown() {
    let text = "word ".repeat(3_000);
    let shown = |steps| beginning(&text, steps).0.len();

    assert_eq!((shown(0), shown(1)), (2_000, 8_000));
    assert_eq!(beginning(&text, 2), (text.as_str(), false));
    assert_eq!(beginning("short", 0), ("short", false));
    let (shown, more) = beginning("a\n\n\n\n", 0);
    assert_eq!((shown, more), ("a\n\n\n\n", false));
}

#[test]
fn of_two_names_that_begin_alike_the_longer_one_is_meant() {
    let names = ["@Ben".to_owned(), "@Ben Okafor".to_owned(), String::new()];

    let found = dress::next_name("hi @Ben Okafor!", &names[..2]);

    assert_eq!(found, Some(("hi ", "@Ben Okafor", "!")));
    assert_eq!(dress::next_name("hi Ben", &names[..2]), None);
    assert_eq!(dress::next_name("hi", &names), None);
}
