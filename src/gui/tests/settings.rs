//! Settings, passphrase, recovery words.

use egui::{
    Key, Modifiers, Theme,
    accesskit::{Role, Toggled},
    vec2,
};

use super::bed::{MadeUp, Window, bounds};
use crate::{
    gui::{
        appearance::{Accent, Appearance, Ground, TextSize, ThemeChoice},
        desktop::Heard,
        language::Language,
        theme,
    },
    node::{
        Command,
        view::{Event, NodeCommand, UsedRelay},
    },
};

fn open(node: MadeUp) -> Window {
    let mut window = Window::open(node);
    window.click("Settings");
    window
}

fn protected() -> MadeUp {
    let mut node = MadeUp::default();
    node.me.protected = true;
    node
}

#[test]
fn every_privacy_switch_changes_its_setting_and_no_other() {
    for (label, nth) in [
        ("Read receipts", 0),
        ("Typing indicators", 1),
        ("Online status", 2),
        ("People nearby", 3),
    ] {
        let mut window = open(MadeUp::default());
        assert_eq!(window.node(label).role(), Role::Switch);
        assert_eq!(window.node(label).toggled(), Some(Toggled::True));

        window.click(label);

        let Some(Command::SetSettings(change)) = window.node.commands.last() else {
            panic!("nothing was set")
        };
        let set = [
            change.read_receipts,
            change.typing,
            change.presence,
            change.nearby,
        ];
        for (at, value) in set.into_iter().enumerate() {
            assert_eq!(value, (at == nth).then_some(false));
        }
    }
}

#[test]
fn the_theme_changes_at_once_and_is_remembered() {
    let mut window = open(MadeUp::default());

    window.click("Theme: Dark");

    assert_eq!(window.app().model().appearance.theme, ThemeChoice::Dark);
    assert_eq!(
        window.node.remembered.last().unwrap().theme,
        ThemeChoice::Dark
    );
    assert_eq!(window.node("Theme: Dark").toggled(), Some(Toggled::True));
}

#[test]
fn starting_at_login_is_off_until_it_is_wanted() {
    let mut window = open(MadeUp::default());
    assert_eq!(
        window.node("Start at login").toggled(),
        Some(Toggled::False)
    );

    window.click("Start at login");

    assert!(window.node.remembered.last().unwrap().at_login);
}

#[test]
fn every_choice_of_the_looks_is_remembered_and_seen() {
    let mut window = open(MadeUp::default());
    for choice in [
        "Colour: Plum",
        "Text size: Large",
        "Density: Compact",
        "Background: Waves",
    ] {
        window.click(choice);
        assert_eq!(
            window.node(choice).toggled(),
            Some(Toggled::True),
            "{choice}"
        );
    }

    let chosen = *window.node.remembered.last().unwrap();
    let wanted = Appearance {
        accent: Accent::Plum,
        size: TextSize::Large,
        compact: true,
        ground: Ground::Waves,
        ..Appearance::default()
    };
    assert_eq!(chosen, wanted);
    assert_eq!(theme::chosen(window.ctx()), wanted);
    assert!((window.ctx().zoom_factor() - 1.15).abs() < 0.001);
}

#[test]
fn the_desktop_says_whether_it_is_dark_and_a_choice_wins() {
    let mut window = open(MadeUp::default());
    assert_eq!(
        window.ctx().theme(),
        Theme::Light,
        "light where nobody says anything"
    );

    window.hears(Heard::Scheme(Some(Theme::Dark)));
    assert_eq!(window.ctx().theme(), Theme::Dark);
    window.hears(Heard::Scheme(Some(Theme::Light)));
    assert_eq!(window.ctx().theme(), Theme::Light);
    window.click("Theme: Dark");
    window.hears(Heard::Scheme(Some(Theme::Light)));

    assert_eq!(window.ctx().theme(), Theme::Dark);
}

#[test]
fn the_looks_stay_when_the_profile_is_locked() {
    let mut window = open(protected());
    window.click("Colour: Ember");

    let mut locked = window.node.me.clone();
    locked.locked = true;
    window.event(Event::Node(Box::new(locked)));

    assert_eq!(theme::chosen(window.ctx()).accent, Accent::Ember);
}

#[test]
fn motion_can_be_reduced() {
    let mut window = open(MadeUp::default());

    window.click("Reduce motion");

    assert!(window.node.remembered.last().unwrap().reduce_motion);
}

#[test]
fn my_name_can_be_changed() {
    let mut window = open(MadeUp::default());
    window.click("Change name");
    assert!(window.is_focused("Name"));
    assert_eq!(window.node("Name").value(), Some("Elin Karlsson"));

    window.press(Modifiers::COMMAND, Key::A);
    window.write("Elin K");
    window.press(Modifiers::NONE, Key::Enter);

    let renamed =
        |c: &Command| matches!(c, Command::SetProfile { name: Some(n), .. } if n == "Elin K");
    assert!(window.node.commands.iter().any(renamed));
    assert!(!window.has("Name"), "the dialog is closed");
}

#[test]
fn another_picture_is_one_click_away() {
    let mut window = open(MadeUp::default());

    window.click("Another picture");

    let changed = |c: &Command| {
        matches!(
            c,
            Command::SetProfile {
                avatar: Some(1),
                ..
            }
        )
    };
    assert!(window.node.commands.iter().any(changed));
}

#[test]
fn a_passphrase_must_be_said_twice_and_not_be_short() {
    let mut window = open(MadeUp::default());
    window.click("Passphrase: Set");
    window.click("New passphrase");
    window.write("horse");
    window.click("New passphrase again");
    window.write("house");
    assert!(window.has("The two are not the same."));
    assert!(window.node("Save").is_disabled());

    window.press(Modifiers::COMMAND, Key::A);
    window.write("horse");
    assert!(window.has("Take at least eight characters."));
    for field in ["New passphrase", "New passphrase again"] {
        window.click(field);
        window.press(Modifiers::COMMAND, Key::A);
        window.write("correct horse");
    }
    window.click("Save");

    let set = |c: &NodeCommand| matches!(c, NodeCommand::SetPassphrase { current: None, new: Some(new) } if new == "correct horse");
    assert!(window.node.node_commands.iter().any(set));
    assert!(window.has("The passphrase was changed."));
}

#[test]
fn a_passphrase_can_be_removed_with_the_one_in_force() {
    let mut window = open(protected());
    window.click("Passphrase: Change");
    assert!(window.node("Remove passphrase").is_disabled());

    window.write("correct horse");
    window.click("Remove passphrase");

    let removed = |c: &NodeCommand| {
        matches!(
            c,
            NodeCommand::SetPassphrase {
                current: Some(_),
                new: None
            }
        )
    };
    assert!(window.node.node_commands.iter().any(removed));
}

#[test]
fn what_is_typed_into_a_passphrase_field_is_not_read_out() {
    let mut window = open(protected());
    window.click("Passphrase: Change");

    window.write("correct horse");

    assert_eq!(
        window.node("Current passphrase").role(),
        Role::PasswordInput
    );
    let told = window.nodes().iter().filter_map(|node| node.value());
    assert!(told.into_iter().all(|value| !value.contains("horse")));
}

#[test]
fn recovery_words_show_only_when_asked_for_and_leave_the_clipboard() {
    let mut window = open(MadeUp::default());
    window.click("Recovery words: Show");
    assert!(!window.has_starting("Your recovery words:"));

    window.click("Show the words");
    assert!(window.has("Your recovery words: harbor velvet anchor"));
    window.click("Copy");
    assert_eq!(window.copied, ["harbor velvet anchor"]);
    assert!(window.has("Copied. The clipboard is emptied in 30 seconds."));
    window.click("I wrote them down");

    assert!(!window.has_starting("Your recovery words:"));
    assert!(window.app().model().recovery.is_none());
}

#[test]
fn addresses_can_be_read_and_copied() {
    let mut window = open(MadeUp::default());
    let address = "/ip4/192.168.1.20/tcp/4001/p2p/12D3KooWSample";
    for _ in 0..3 {
        window.wheel(-2_000.0);
    }

    assert!(window.has(&format!("Address 1: {address}")));
    window.click("Copy Address 1");

    assert_eq!(window.copied, [address]);
}

#[test]
fn each_relay_says_whether_it_works() {
    let relay = |connected, topics| UsedRelay {
        address: "/ip4/192.0.2.9/tcp/4002/p2p/12D3KooWSample".into(),
        connected,
        topics,
    };
    let mut node = MadeUp::default();
    node.me.relays = vec![relay(true, 3), relay(true, 0), relay(false, 0)];

    let mut window = open(node);
    for _ in 0..3 {
        window.wheel(-2_000.0);
    }

    assert!(window.has("Relay 1: Connected; carries your chats"));
    assert!(window.has("Relay 2: Connected; carries nothing for you yet"));
    assert!(window.has("Relay 3: Not connected"));
}

#[test]
fn locking_is_offered_only_with_a_passphrase() {
    let mut window = open(MadeUp::default());
    assert!(!window.has("Lock now: Lock"));

    window = open(protected());
    window.click("Lock now: Lock");

    assert!(matches!(
        window.node.node_commands.last(),
        Some(NodeCommand::Lock)
    ));
}

#[test]
fn locking_by_itself_is_offered_to_those_who_have_a_passphrase() {
    let mut window = open(MadeUp::default());
    assert!(!window.has("Lock unused: 15 min") && !window.has("Lock with the desktop"));
    window.node.me.protected = true;
    window.event(Event::Node(Box::new(window.node.me.clone())));

    window.click("Lock unused: 15 min");
    window.click("Lock with the desktop");

    let chosen = window.node.remembered.last().unwrap();
    assert_eq!((chosen.lock_after, chosen.lock_with_desktop), (15, true));
    window.click("Lock unused: Never");
    assert_eq!(window.node.remembered.last().unwrap().lock_after, 0);
}

#[test]
fn the_language_changes_at_once_and_is_remembered() {
    let mut window = open(MadeUp::default());

    window.click("Language: Deutsch");

    let german = Some(Language::German);
    assert_eq!(window.node.remembered.last().unwrap().language, german);
    assert!(window.has("Lesebestätigungen") && !window.has("Read receipts"));
    window.click("Sprache: System");
    assert_eq!(window.node.remembered.last().unwrap().language, None);
    assert!(window.has("Read receipts"), "the tests' system is English");
}

#[test]
fn in_a_narrow_window_what_a_switch_means_takes_the_lines_that_it_needs() {
    let between = |width| {
        let mut window = Window::open_with(MadeUp::default(), vec2(width, 900.0));
        window.press(Modifiers::COMMAND, Key::Comma);
        let middle = |name| bounds(window.node(name)).center().y;
        middle("People nearby") - middle("Online status")
    };
    assert!((between(1200.0) - 66.0).abs() < 1.0);

    let narrow = between(400.0);

    assert!(narrow > 75.0, "{narrow}");
}
