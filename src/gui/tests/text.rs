//! What messages say: marks, links, long and odd texts.

use egui::{PointerButton, vec2};

use super::bed::{CHAT, MadeUp, Window, bounds};
use crate::gui::sample::{incoming, outgoing};

/// A window with a chat in which Maya said this.
fn said(text: &str) -> Window {
    let mut node = MadeUp::default();
    let message = incoming(CHAT, 1000, text);
    node.chats[0].last = Some(message.clone());
    node.messages.insert(CHAT, vec![message]);
    Window::with_chat(node)
}

/// Clicks on the end of the first line of a text.
fn click_end(window: &mut Window, text: &str) {
    let at = bounds(window.node(text)).right_top() + vec2(-20.0, 10.0);
    window.click_at(at, PointerButton::Primary);
}

#[test]
fn marks_are_not_shown_and_a_copy_has_them() {
    let mut window = said("See *this* and `that`\n- one\n> so");

    for words in ["See this and that", "one", "so"] {
        assert!(window.has(words), "{words}");
    }
    window.right_click("See this and that");
    window.click("Copy text");

    assert_eq!(window.copied, ["See *this* and `that`\n- one\n> so"]);
    assert!(window.has("Copied."));
}

#[test]
fn lists_show_the_last_message_without_its_marks() {
    let window = said("*Yes*, at _eight_");

    let row =
        |name: &String| name.starts_with("Maya Lindqvist, ") && name.contains("Yes, at eight");
    assert!(window.names().iter().any(row), "{:#?}", window.names());
}

#[test]
fn a_link_opens_after_it_was_seen_where_it_leads() {
    let mut window = said("Good. See https://osm.example/r/8842");

    click_end(&mut window, "Good. See https://osm.example/r/8842");
    assert!(window.opened.is_empty(), "nothing opens by a click alone");
    assert!(window.has("Leads to osm.example"));
    window.click("Open");

    assert_eq!(window.opened, ["https://osm.example/r/8842"]);
    assert!(!window.has("Leads to osm.example"));
}

#[test]
fn a_link_that_was_not_opened_opens_nothing_later() {
    let mut window = said("https://osm.example/r/8842");

    click_end(&mut window, "https://osm.example/r/8842");
    window.press(egui::Modifiers::NONE, egui::Key::Escape);

    assert!(window.app().model().link.is_none() && window.opened.is_empty());
}

#[test]
fn a_link_that_pretends_is_marked() {
    let mut window = said("https://pаypal.example/login");

    click_end(&mut window, "https://pаypal.example/login");

    assert!(window.has("Leads to pаypal.example, xn--pypal-4ve.example"));
    assert!(window.has_starting("This name mixes letters that look alike."));
}

#[test]
fn an_invite_that_somebody_sends_opens_where_invites_are_taken() {
    let mut window = said("Take betwixt://c/#abc");

    click_end(&mut window, "Take betwixt://c/#abc");

    assert_eq!(window.node("Invite link").value(), Some("betwixt://c/#abc"));
    assert!(
        window
            .node
            .commands
            .iter()
            .all(|c| !matches!(c, crate::node::Command::AddContact { .. }))
    );
}

#[test]
fn a_long_message_shows_its_beginning_and_more_when_asked() {
    let mut window = said(&format!("{}the end", "word\n".repeat(100)));
    let whole = |window: &Window| {
        window
            .names()
            .iter()
            .any(|name| name.ends_with("the end") && name.starts_with("word"))
    };
    window.wheel(-5_000.0);
    assert!(!whole(&window));

    window.click("Show more");
    window.wheel(-5_000.0);

    assert!(whole(&window));
    assert!(!window.has("Show more"));
}

#[test]
fn texts_are_made_into_blocks_once_and_not_in_each_frame() {
    let mut node = MadeUp::default();
    let odd = [
        "*a* ",
        "\n",
        "א ",
        "א(",
        "> a\n",
        "😀",
        "https://a.example/ ",
    ];
    let messages = odd
        .iter()
        .enumerate()
        .map(|(nth, unit)| outgoing(CHAT, 900 + nth as u64, &unit.repeat(16_000 / unit.len())));
    node.messages.insert(CHAT, messages.collect());
    let mut window = Window::with_chat(node);
    window.settle();
    let before = window.text_work();

    for _ in 0..60 {
        window.frame(Vec::new());
    }

    assert_eq!(window.text_work(), before);
    assert!(before.1 <= 2 * 8_000 * odd.len() as u64, "{before:?}");
}
