//! Locked, stopped, a first start, notices.

use egui::{Key, Modifiers, vec2};

use super::bed::{CHAT, MadeUp, Window, bounds};
use crate::{
    gui::{
        appearance::Appearance,
        bridge::Update,
        desktop::{Heard, Wish},
        sample::{incoming, me},
        theme,
    },
    node::{
        WarningKind,
        view::{Event, NodeCommand, NodeInfo, RequestState},
    },
};

#[test]
fn a_locked_profile_asks_for_its_passphrase_and_opens() {
    let mut window = Window::open(MadeUp::locked());
    assert!(window.has("Betwixt is locked"));
    assert!(window.is_focused("Passphrase"));

    window.write("correct horse");
    window.press(Modifiers::NONE, Key::Enter);
    let tried = |c: &NodeCommand| matches!(c, NodeCommand::Unlock { passphrase } if passphrase == "correct horse");
    assert!(window.node.node_commands.iter().any(tried));
    window.node.me = me();
    window.event(Event::Node(Box::new(me())));

    assert!(window.has_starting("Maya Lindqvist, "));
}

#[test]
fn a_wrong_passphrase_says_so_and_the_field_is_empty_again() {
    let mut window = Window::open(MadeUp::locked());
    window.node.refuse = Some("That passphrase does not open this profile.");

    window.write("wrong");
    window.click("Unlock");

    assert!(window.has("That passphrase does not open this profile."));
    assert!(window.node("Unlock").is_disabled(), "nothing is typed");
    assert!(window.is_focused("Passphrase"));
}

#[test]
fn locking_takes_everything_away_that_was_shown_or_written() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write("half a thought");

    window.node.me = NodeInfo {
        locked: true,
        protected: true,
        ..NodeInfo::default()
    };
    window.event(Event::Node(Box::new(window.node.me.clone())));
    assert!(window.has("Betwixt is locked"));
    assert!(!window.names().iter().any(|name| name.contains("Maya")));
    window.node.me = me();
    window.event(Event::Node(Box::new(me())));
    window.click_starting("Maya Lindqvist, ");

    assert_eq!(window.node("Message to Maya Lindqvist").value(), Some(""));
}

#[test]
fn locking_with_the_desktop_hides_what_comes_then_too() {
    let mut node = MadeUp::default();
    node.me.protected = true;
    let mut window = Window::with_chat(node);
    window.choose(Appearance {
        lock_with_desktop: true,
        ..Appearance::default()
    });
    window.focus = false;
    window.settle();
    window.wishes();

    window.hears(Heard::Away);
    let lock = |command: &NodeCommand| matches!(command, NodeCommand::Lock);
    assert!(window.node.node_commands.iter().any(lock));
    window.node.me = NodeInfo {
        locked: true,
        protected: true,
        ..NodeInfo::default()
    };
    window.event(Event::Node(Box::new(window.node.me.clone())));
    assert_eq!(window.wishes(), [Wish::WithdrawAll]);
    let late = incoming(CHAT, 1001, "still on its way");
    window.event(Event::Message(Box::new(late)));

    assert_eq!(window.wishes(), []);
    let names = window.names();
    assert!(
        !names
            .iter()
            .any(|name| name.contains("Maya") || name.contains("way"))
    );
}

#[test]
fn a_key_keeps_it_open_and_nothing_else_does() {
    let mut node = MadeUp::default();
    node.me.protected = true;
    let mut window = Window::with_chat(node);
    window.choose(Appearance {
        lock_after: 15,
        ..Appearance::default()
    });
    let lock = |command: &NodeCommand| matches!(command, NodeCommand::Lock);
    let locks = |window: &Window| window.node.node_commands.iter().any(lock);

    window.pass(14 * MINUTE);
    window.write("a");
    window.pass(14 * MINUTE);
    let message = incoming(CHAT, 1001, "Are you there?");
    window.event(Event::Message(Box::new(message)));
    assert!(!locks(&window));
    window.pass(MINUTE);

    assert!(locks(&window));
}

const MINUTE: u64 = 60_000;

#[test]
fn a_node_that_does_not_start_says_why_and_what_to_do() {
    let mut window = Window::open(MadeUp::default());

    window.tell(Update::Stopped {
        why: "The profile /p is in use by process 7. Close it first.".into(),
        damaged: false,
    });
    window.settle();

    assert!(
        window.has_starting("The profile /p is in use by process 7. Close it first.\n\nWhen that")
    );
    window.click("Copy message");
    assert_eq!(
        window.copied,
        ["The profile /p is in use by process 7. Close it first."]
    );
}

#[test]
fn a_new_profile_asks_nothing_and_offers_what_one_can_do() {
    let mut window = Window::open(MadeUp::new_profile());
    assert!(window.has("You are Elin Karlsson"));
    assert!(
        window.has("Ben Okafor, on this network"),
        "people nearby at once"
    );

    for (offer, dialog) in [
        ("Change name", "Name"),
        ("Invite someone", "betwixt://c/#abc"),
        ("Add by link", "Invite link"),
        ("Set a passphrase", "New passphrase"),
        ("Save recovery words", "Show the words"),
    ] {
        window.click(offer);
        assert!(window.has(dialog), "{offer}");
        window.click("Close");
        assert!(!window.has(dialog));
    }
}

#[test]
fn at_its_narrowest_the_first_screen_shows_every_offer_whole() {
    for width in [theme::MIN_WINDOW[0], theme::ONE_PANE] {
        let window = Window::open_with(MadeUp::new_profile(), vec2(width, 640.0));
        for offer in ["Add by link", "Set a passphrase", "Save recovery words"] {
            if !window.has(offer) {
                // One pane shows the list first.
                assert!(width < theme::ONE_PANE);
                continue;
            }
            let place = bounds(window.node(offer));
            assert!(
                place.min.x >= 0.0 && place.max.x <= width,
                "{offer}: {place}"
            );
        }
    }
}

#[test]
fn a_profile_that_was_set_back_is_said_beside_what_else_is_wrong() {
    let mut window = Window::open(MadeUp::default());
    let warning = |kind, text: &str| Event::Warning {
        kind,
        text: text.into(),
    };

    window.event(warning(WarningKind::RolledBack, "This profile is older."));
    for _ in 0..2 {
        window.event(warning(WarningKind::Network, "No port is free."));
    }

    assert!(window.has_starting("No port is free. Look at your network"));
    window.click("Dismiss");
    let words = "This profile is older. What is missing comes when your contacts next write.";
    assert!(window.has_starting(words), "{:#?}", window.names());
    window.click("Dismiss");
    assert!(!window.has("Dismiss"));
}

#[test]
fn a_notice_stays_until_it_is_dismissed() {
    let mut window = Window::open(MadeUp::default());

    window.event(Event::Warning {
        kind: WarningKind::Storage,
        text: "The disk is nearly full.".into(),
    });
    assert!(window.has("The disk is nearly full. Free some space, then go on."));
    window.click("Dismiss");

    assert!(!window.has_starting("The disk is nearly full."));
}

/// As long as a name may be.
const LONG: &str = "Maximiliane Wolkenstein-Trostburg von und zu Hohenlohe-Langenbur";

#[test]
fn a_long_name_is_whole_on_the_first_screen_and_stands_in_two_lines() {
    let mut node = MadeUp::new_profile();
    node.me.name = LONG.into();
    let window = Window::open(node);

    let title = bounds(window.node(&format!("You are {LONG}")));

    assert!(title.min.x > 404.0 && title.max.x < 1200.0, "{title:?}");
    assert!(title.height() > 40.0, "{title:?}");
    let below = bounds(window.node("Change name"));
    assert!(title.max.y < below.min.y);
}

#[test]
fn the_beginning_of_a_chat_is_as_high_as_what_it_says() {
    let start = |name: &str, width| {
        let mut node = MadeUp::default();
        node.chats[0].name = name.into();
        node.contacts[0].name = name.into();
        let mut window = Window::open_with(node, vec2(width, 900.0));
        window.click_starting(&format!("{name}, "));
        let says = |name: &&String| name.starts_with("Only you and");
        let words = window.names().iter().find(says).unwrap().clone();
        bounds(window.node(&words)).height()
    };

    assert!((start("Maya", 1200.0) - 216.0).abs() < 1.0);
    let high = start(LONG, 460.0);

    assert!(high > 240.0, "{high}");
}

#[test]
fn without_chats_and_people_nearby_nobody_is_said_to_be_below() {
    let mut node = MadeUp::new_profile();
    node.nearby.clear();
    let window = Window::open(node);
    assert!(window.has_starting("No chats yet. People on this network appear here"));

    let window = Window::open(MadeUp::new_profile());

    assert!(window.has_starting("No chats yet. Say hello to somebody below"));
}

#[test]
fn while_somebody_is_asked_the_buttons_above_the_chat_stand_together() {
    let mut node = MadeUp::default();
    node.contacts[0].request = Some(RequestState::Outgoing);
    node.chats[0].request = Some(RequestState::Outgoing);
    let window = Window::with_chat(node);
    assert!(!window.has("Verify"));

    let search = bounds(window.node("Search in this chat"));
    let more = bounds(window.node("More"));

    assert!(more.min.x - search.max.x < 10.0, "{search:?} {more:?}");
}
