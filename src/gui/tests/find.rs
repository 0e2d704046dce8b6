//! Messages that are looked for, everywhere and in a chat.

use std::time::Duration;

use egui::{Key, Modifiers};

use super::bed::{CHAT, GROUP, MadeUp, Window};
use crate::{
    gui::sample::{incoming, outgoing, with_file},
    node::view::{Event, FileState},
};

/// A chat in which many things were said, the last long after the first.
fn long() -> MadeUp {
    let mut node = MadeUp::with_group();
    let said = (1..=900).map(|n| match n % 100 {
        50 => incoming(CHAT, n, &format!("a heron at {n}")),
        _ => outgoing(CHAT, n, &format!("nothing at {n}")),
    });
    node.messages.insert(CHAT, said.collect());
    node
}

#[test]
fn messages_are_found_below_chats_and_lead_to_where_they_were_said() {
    let mut window = Window::open(long());

    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.is_focused("Search chats and messages"));
    window.write("boat");

    assert!(window.has("Messages"));
    assert!(window.has_starting("Herons, Ben Okafor: Who brings the boat?, "));
    window.click_starting("Herons, Ben Okafor: Who brings the boat?, ");
    assert!(window.has("Message to Herons"));
    let timeline = window.app().model().timeline.as_ref().unwrap();
    assert_eq!(timeline.chat(), GROUP);
    assert!(timeline.goal().is_some());
}

#[test]
fn a_message_long_ago_is_shown_among_those_around_it() {
    let mut window = Window::open(long());
    window.click("Search chats and messages");
    window.write("heron at 50");

    window.click_starting("Maya Lindqvist, a heron at 50, ");

    for around in ["nothing at 49", "a heron at 50", "nothing at 51"] {
        assert!(
            window.names().iter().any(|name| name.contains(around)),
            "{around}"
        );
    }
}

#[test]
fn chats_are_found_by_name_with_what_was_said_below() {
    let mut window = Window::open(long());

    window.click("Search chats and messages");
    window.write("heron");

    assert!(window.has_starting("Herons, Thank you") || window.has_starting("Herons, You"));
    assert!(window.has_starting("Maya Lindqvist, a heron at 850, "));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Messages"));
}

#[test]
fn what_is_not_found_or_makes_no_sense_is_said() {
    let mut node = long();
    let mut window = Window::open(node);
    window.click("Search chats and messages");
    window.write("zzz");
    assert!(window.has("No message has that."));

    node = long();
    node.senseless = Some("has:teeth is nothing that can be searched for.");
    window = Window::open(node);
    window.click("Search chats and messages");
    window.write("has:teeth");
    assert!(window.has("has:teeth is nothing that can be searched for."));
    assert!(!window.has("No message has that."));
}

#[test]
fn while_the_index_is_made_it_is_said_how_far_it_is_and_asked_again() {
    let mut node = long();
    node.indexed = Some((41, 100));
    let mut window = Window::open(node);
    window.click("Search chats and messages");
    window.write("zzz");
    assert!(window.has("Still indexing: 41 % of the messages can be found so far."));
    assert!(!window.has("No message has that."));
    assert!(window.repaint <= Duration::from_secs(1));

    window.node.indexed = Some((100, 100));
    window.pass(999);
    assert!(window.has_starting("Still indexing: 41 %"), "not yet");
    window.pass(1);
    assert!(
        window.has_starting("Still indexing: 99 %"),
        "it is not done"
    );
    window.node.indexed = None;
    window.pass(1_000);

    assert!(!window.has_starting("Still indexing"));
    assert!(window.has("No message has that."));
}

#[test]
fn while_the_index_is_made_nothing_is_called_all_in_a_chat() {
    let mut node = long();
    node.indexed = Some((0, 0));
    let mut window = Window::with_chat(node);
    window.press(Modifiers::COMMAND, Key::F);
    window.write("zzz");
    assert!(window.has("Searching…") && !window.has("Nothing found"));
    window.press(Modifiers::COMMAND, Key::A);
    window.write("heron");
    assert!(window.has("1 of 9+"));
    window.press(Modifiers::NONE, Key::Enter);
    window.pass(5_000);

    assert!(window.has("2 of 9+"), "who goes through them stays there");
}

#[test]
fn a_file_is_found_by_its_name_and_shown_with_it() {
    let mut node = MadeUp::default();
    let message = incoming(CHAT, 1001, "seen at dawn");
    let message = with_file(message, "heron_nest.jpg", 3_000, FileState::Here);
    node.messages.get_mut(&CHAT).unwrap().push(message);
    let mut window = Window::open(node);
    window.click("Search chats and messages");
    window.write("nest");

    assert!(window.has_starting("Maya Lindqvist, heron_nest.jpg · seen at dawn, "));
}

#[test]
fn more_is_shown_when_there_is_more() {
    let mut window = Window::open(long());
    window.click("Search chats and messages");
    window.write("nothing");
    let count = |window: &Window| {
        let names = window.names();
        let found = names.iter().filter(|name| name.contains(": nothing at "));
        found.count()
    };
    assert_eq!(count(&window), 30);
    assert!(window.has("Show more"));

    for _ in 0..12 {
        if window.has("Show more") {
            window.app_perform_more();
        }
    }

    assert_eq!(count(&window), 300);
    assert!(!window.has("Show more"), "it is enough");
}

#[test]
fn ctrl_f_leads_from_one_to_the_next_in_the_chat_and_escape_ends_it() {
    let mut window = Window::with_chat(long());

    window.press(Modifiers::COMMAND, Key::F);
    assert!(window.is_focused("Search in Maya Lindqvist"));
    window.write("heron");
    assert!(window.has("1 of 9"));
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("2 of 9"));
    assert!(window.is_focused("Search in Maya Lindqvist"));
    assert!(
        window
            .names()
            .iter()
            .any(|name| name.contains("a heron at 750"))
    );
    window.press(Modifiers::SHIFT, Key::Enter);
    assert!(window.has("1 of 9"));
    for _ in 0..20 {
        window.click("Older");
    }
    assert!(window.has("9 of 9"));
    assert!(
        window
            .names()
            .iter()
            .any(|name| name.contains("a heron at 50"))
    );
    window.click("Newer");
    assert!(window.has("8 of 9"));

    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Search in Maya Lindqvist"));
    assert!(window.has("Message to Maya Lindqvist"), "the chat stays");
    window.click("Search in this chat");
    assert!(window.is_focused("Search in Maya Lindqvist"));
    window.click("Close the search");
    assert!(!window.has("Search in Maya Lindqvist"));
}

#[test]
fn what_is_deleted_meanwhile_is_no_longer_found() {
    let mut window = Window::open(MadeUp::default());
    window.click("Search chats and messages");
    window.write("tent");
    assert!(window.has_starting("Maya Lindqvist, Did the tent arrive?, "));

    window.event(Event::Removed {
        chat_id: CHAT,
        message_id: crate::gui::sample::id(998),
    });

    assert!(!window.has_starting("Maya Lindqvist, Did the tent arrive?, "));
}
