//! What the keyboard does, and that everything has a name.

use egui::{Event, Key, Modifiers, PointerButton, accessibility::is_input, pos2, vec2};

use super::bed::{CHAT, MadeUp, Window, another_chat, bounds, name};
use crate::{
    gui::sample::{BEN, NOW, incoming},
    node::view::NodeCommand,
};

#[test]
fn ctrl_k_searches_and_escape_clears() {
    let mut window = Window::open(MadeUp::default());

    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.is_focused("Search chats and messages"));
    window.write("zzz");
    assert!(!window.has_starting("Maya Lindqvist, "));
    window.press(Modifiers::NONE, Key::Escape);

    assert!(window.has_starting("Maya Lindqvist, "));
}

#[test]
fn arrows_go_from_the_field_through_what_was_found_and_enter_jumps() {
    let mut node = MadeUp::with_group();
    let said = (1..=60).map(|n| incoming(CHAT, n, &format!("a heron at {n}")));
    node.messages.insert(CHAT, said.collect());
    let mut window = Window::open(node);
    let focused = |window: &Window| {
        window
            .names()
            .into_iter()
            .find(|name| window.is_focused(name))
    };
    window.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::F);
    assert!(window.is_focused("Search chats and messages"));
    window.write("heron");

    // First the chat that is called so, then messages.
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert!(focused(&window).unwrap().starts_with("Herons, "));
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert!(
        focused(&window)
            .unwrap()
            .starts_with("Maya Lindqvist, a heron at 60, ")
    );
    for _ in 0..20 {
        window.press(Modifiers::NONE, Key::ArrowDown);
    }
    assert!(
        focused(&window)
            .unwrap()
            .starts_with("Maya Lindqvist, a heron at 40, ")
    );
    let row = window.node(&focused(&window).unwrap());
    assert!(bounds(row).max.y <= 800.0, "it is in sight");
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert!(
        focused(&window)
            .unwrap()
            .starts_with("Maya Lindqvist, a heron at 41, ")
    );
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.is_focused("Search chats and messages"));
    assert!(window.has("Messages"), "what was found stays");
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert!(window.is_focused("Search chats and messages"));
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert!(window.is_focused("Search chats and messages"));
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Enter);

    let timeline = window.app().model().timeline.as_ref().unwrap();
    assert_eq!(timeline.chat(), CHAT);
    assert!(timeline.goal().is_some() || window.has_part("a heron at 60"));
    assert!(window.has("Message to Maya Lindqvist"));
}

#[test]
fn escape_in_the_search_closes_it_and_leaves_the_chat_open() {
    let mut window = Window::with_chat(MadeUp::default());
    window.press(Modifiers::COMMAND, Key::K);
    window.write("tent");
    assert!(window.has("Messages"));
    window.press(Modifiers::NONE, Key::ArrowDown);

    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.has("Messages"));
    window.press(Modifiers::NONE, Key::Escape);

    assert!(!window.has("Messages"));
    assert!(window.has("Message to Maya Lindqvist"), "the chat stays");
}

#[test]
fn arrows_go_through_the_people_too() {
    let mut window = Window::open(MadeUp::default());
    window.press(Modifiers::COMMAND, Key::N);

    window.press(Modifiers::NONE, Key::ArrowDown);
    assert!(window.is_focused("Ben Okafor, on this network"));
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Enter);

    assert!(window.has("Message to Maya Lindqvist"));
}

#[test]
fn f1_shows_what_the_keys_do() {
    let mut window = Window::open(MadeUp::default());

    window.press(Modifiers::NONE, Key::F1);

    assert!(window.has("Ctrl+F: Search in the open chat"));
    assert!(
        window.has("Up  Down: Through results and lists"),
        "{:#?}",
        window.names()
    );
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has_starting("Keyboard shortcuts."));
    window.press(Modifiers::COMMAND, Key::Slash);
    assert!(window.has_starting("Keyboard shortcuts."));
}

#[test]
fn ctrl_n_goes_to_the_people() {
    let mut window = Window::open(MadeUp::default());

    window.press(Modifiers::COMMAND, Key::N);

    assert!(window.is_focused("Search people"));
    assert!(window.has("Contacts"));
}

#[test]
fn alt_and_arrows_go_from_chat_to_chat_and_escape_leaves() {
    let mut node = MadeUp::default();
    node.chats.push(another_chat(
        BEN,
        "Ben Okafor",
        crate::node::Timestamp(NOW.0 - 1),
    ));
    let mut window = Window::open(node);

    window.press(Modifiers::ALT, Key::ArrowDown);
    assert!(window.has("Message to Maya Lindqvist"));
    window.press(Modifiers::ALT, Key::ArrowDown);
    assert!(window.has("Message to Ben Okafor"));
    window.press(Modifiers::ALT, Key::ArrowUp);
    assert!(window.has("Message to Maya Lindqvist"));
    window.press(Modifiers::NONE, Key::Escape);

    assert!(!window.has_starting("Message to "));
}

#[test]
fn ctrl_l_locks_only_what_has_a_passphrase() {
    for protected in [false, true] {
        let mut node = MadeUp::default();
        node.me.protected = protected;
        let mut window = Window::open(node);

        window.press(Modifiers::COMMAND, Key::L);

        let locked = matches!(window.node.node_commands.last(), Some(NodeCommand::Lock));
        assert_eq!(locked, protected);
    }
}

#[test]
fn escape_closes_a_dialog_before_anything_else() {
    let mut window = Window::with_chat(MadeUp::default());
    window.press(Modifiers::COMMAND, Key::N);
    window.click("Add by link");

    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Invite link"));
    assert!(window.has("Message to Maya Lindqvist"));
}

#[test]
fn tab_reaches_everything_and_enter_does_it() {
    let mut window = Window::open(MadeUp::default());
    let mut reached = Vec::new();

    for _ in 0..12 {
        window.press(Modifiers::NONE, Key::Tab);
        let focused = window
            .names()
            .into_iter()
            .find(|name| window.is_focused(name));
        reached.extend(focused);
    }

    for wanted in [
        "Chats",
        "People",
        "Settings",
        "Search chats and messages",
        "New",
    ] {
        assert!(
            reached.iter().any(|name| name == wanted),
            "{wanted}: {reached:?}"
        );
    }
    while !window.is_focused("Settings") {
        window.press(Modifiers::NONE, Key::Tab);
    }
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("Read receipts"));
}

#[test]
fn whatever_can_be_used_has_a_name_on_every_screen() {
    let mut window = Window::open(MadeUp::default());
    let check = |window: &Window, screen: &str| {
        for node in window.nodes() {
            let named = name(node).is_some_and(|name| !name.trim().is_empty());
            assert!(named || !is_input(node.role()), "{screen}: {node:?}");
        }
    };

    check(&window, "chats");
    for (step, screen) in [
        ("People", "people"),
        ("Invite someone", "invite"),
        ("Close", "people"),
        ("Add by link", "add"),
        ("Close", "people"),
        ("Ben Okafor, on this network", "person"),
        ("Settings", "settings"),
        ("Change name", "rename"),
        ("Close", "settings"),
        ("Passphrase: Set", "passphrase"),
        ("Close", "settings"),
        ("Recovery words: Show", "recovery"),
        ("Show the words", "recovered"),
        ("I wrote them down", "settings"),
        ("Chats", "chats"),
    ] {
        window.click(step);
        check(&window, screen);
    }
    window.click_starting("Maya Lindqvist, ");
    check(&window, "chat");
    window.click("More");
    check(&window, "menu");
    window.click("Verify safety number");
    check(&window, "verify");
    let mut window = Window::with_herons(MadeUp::with_group());
    check(&window, "group chat");
    for (step, screen) in [
        ("Who has it: waiting to be sent", "receipts"),
        ("Close", "group chat"),
        ("Group info", "group"),
        ("Leave group", "leave"),
        ("Cancel", "group"),
        ("New", "new"),
        ("New group", "new group"),
    ] {
        window.click(step);
        check(&window, screen);
    }
    check(&Window::open(MadeUp::locked()), "locked");
    check(&Window::open(MadeUp::new_profile()), "new");
}

#[test]
fn a_narrow_window_shows_one_pane_and_leads_back() {
    let mut window = Window::open_with(MadeUp::default(), vec2(600.0, 700.0));
    assert!(window.has("Search chats and messages"));

    window.click_starting("Maya Lindqvist, ");
    assert!(window.has("Message to Maya Lindqvist") && !window.has("Search chats and messages"));
    window.click("Back");

    assert!(window.has("Search chats and messages") && !window.has("Message to Maya Lindqvist"));
}

#[test]
fn nothing_is_drawn_while_nothing_happens() {
    let mut windows = vec![
        Window::open(MadeUp::default()),
        Window::open(MadeUp::new_profile()),
        Window::open(MadeUp::locked()),
        Window::open(MadeUp::default()),
    ];
    windows[3].click("Settings");

    for window in &mut windows {
        for _ in 0..60 {
            window.frame(Vec::new());
        }
        // A cursor that blinks in a field is egui's own, and stops.
        let quiet = window.repaint >= std::time::Duration::from_millis(400);
        assert!(quiet, "{:?}", window.repaint);
    }
}

#[test]
fn what_is_typed_after_enter_before_the_window_is_drawn_is_the_next_message() {
    let mut window = Window::with_chat(MadeUp::default());
    let text = |text: &str| Event::Text(text.into());
    let enter = || Window::key(Modifiers::NONE, Key::Enter, true);

    window.frame(vec![
        text("one"),
        enter(),
        text("two"),
        enter(),
        text("three"),
    ]);
    window.settle();

    assert_eq!(window.node.said(), ["one", "two"]);
    let field = window.node("Message to Maya Lindqvist");
    assert_eq!(field.value(), Some("three"));
}

#[test]
fn what_is_typed_while_nothing_has_the_keyboard_is_written_in_the_open_chat() {
    let mut window = Window::with_chat(MadeUp::default());
    window.click_at(pos2(1000.0, 300.0), PointerButton::Primary);
    assert!(!window.is_focused("Message to Maya Lindqvist"));

    window.write("hello");

    let field = |window: &Window| {
        let field = window.node("Message to Maya Lindqvist");
        field.value().unwrap_or_default().to_owned()
    };
    assert_eq!(field(&window), "hello");
    window.press(Modifiers::COMMAND, Key::K);
    window.write("zzz");
    assert_eq!(field(&window), "hello", "that is for the search");
    window.press(Modifiers::NONE, Key::Escape);
    window.click_at(pos2(1000.0, 300.0), PointerButton::Primary);
    window.press(Modifiers::COMMAND, Key::Slash);
    window.write("x");
    assert_eq!(field(&window), "hello", "a dialog is open");
}
