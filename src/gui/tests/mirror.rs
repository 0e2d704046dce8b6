//! The window in a language that reads from right to left.

use egui::{Modifiers, PointerButton, accesskit::Role, pos2};

use super::bed::{CHAT, MadeUp, Window, bounds, name};
use crate::gui::{
    appearance::Appearance,
    language::Language,
    sample::{incoming, outgoing},
};

fn in_hebrew(node: MadeUp) -> Window {
    let mut window = Window::open(node);
    let appearance = Appearance {
        language: Some(Language::Hebrew),
        ..window.app().model().appearance
    };
    window.choose(appearance);
    window
}

#[test]
fn the_rail_and_the_list_are_at_the_right_and_what_is_clicked_opens() {
    let mut window = in_hebrew(MadeUp::default());
    let settings = bounds(window.node("הגדרות"));
    assert!(settings.min.x > 1200.0 - 68.0, "{settings:?}");

    window.click_starting("Maya Lindqvist, ");

    assert!(window.has("הודעה אל Maya Lindqvist"));
    let row = window.nodes().iter().find(|node| {
        let is_row = node.role() == Role::ListBoxOption;
        is_row && name(node).is_some_and(|name| name.starts_with("Maya"))
    });
    let row = bounds(row.unwrap());
    assert!(row.min.x > 700.0 && row.max.x <= 1200.0 - 68.0, "{row:?}");
    window.click("הגדרות");
    assert!(window.has("אישורי קריאה"));
}

#[test]
fn what_i_say_is_at_the_left_and_what_others_say_at_the_right() {
    let mut node = MadeUp::default();
    let said = vec![incoming(CHAT, 998, "hello"), outgoing(CHAT, 999, "hello")];
    node.messages.insert(CHAT, said);
    let mut window = in_hebrew(node);
    window.click_starting("Maya Lindqvist, ");

    let of = |start: &str| {
        let found = window.nodes().iter().find(|node| {
            let named = name(node).is_some_and(|name| name.starts_with(start));
            node.role() == Role::Article && named
        });
        bounds(found.unwrap())
    };
    let (mine, theirs) = (of("אני, "), of("Maya Lindqvist, "));
    assert!(mine.max.x < theirs.min.x, "{mine:?} {theirs:?}");
    // Where one sends is at the left.
    let send = bounds(window.node("שליחה"));
    let field = bounds(window.node("הודעה אל Maya Lindqvist"));
    assert!(send.max.x < field.min.x, "{send:?} {field:?}");
}

#[test]
fn a_click_into_a_field_goes_where_the_letters_are() {
    let mut window = in_hebrew(MadeUp::default());
    window.click_starting("Maya Lindqvist, ");
    window.click("הודעה אל Maya Lindqvist");
    window.write("abc");
    let field = bounds(window.node("הודעה אל Maya Lindqvist"));

    let begin = pos2(field.min.x + 1.0, field.center().y);
    window.click_at(begin, PointerButton::Primary);
    window.write("X");
    let end = pos2(field.max.x - 1.0, field.center().y);
    window.click_at(end, PointerButton::Primary);
    window.write("Y");
    window.press(Modifiers::NONE, egui::Key::Enter);

    assert_eq!(window.node.said(), ["XabcY"]);
}

#[test]
fn back_in_a_language_that_reads_to_the_right_all_is_where_it_was() {
    let mut window = in_hebrew(MadeUp::default());
    let appearance = Appearance {
        language: Some(Language::English),
        ..window.app().model().appearance
    };

    window.choose(appearance);

    let settings = bounds(window.node("Settings"));
    assert!(settings.max.x < 68.0, "{settings:?}");
    window.click("Settings");
    assert!(window.has("Read receipts"));
}
