//! The window in the desktop's tray.

use egui::{ViewportCommand, ViewportEvent, ViewportInfo};

use super::bed::{CHAT, MadeUp, Window};
use crate::{
    gui::{
        appearance::Appearance,
        desktop::{Heard, Tray},
        sample::incoming,
    },
    node::view::{Event, NodeInfo},
};

fn closing() -> ViewportInfo {
    ViewportInfo {
        events: vec![ViewportEvent::Close],
        ..ViewportInfo::default()
    }
}

fn minimised() -> ViewportInfo {
    ViewportInfo {
        minimized: Some(true),
        ..ViewportInfo::default()
    }
}

/// With everything into the tray.
fn chosen() -> Appearance {
    Appearance {
        close_to_tray: true,
        minimise_to_tray: true,
        ..Appearance::default()
    }
}

const HIDE: ViewportCommand = ViewportCommand::Visible(false);

#[test]
fn closing_hides_the_window_where_there_is_a_tray_and_it_was_chosen() {
    let cancel = ViewportCommand::CancelClose;
    for (there, appearance, hides) in [
        (true, chosen(), true),
        (false, chosen(), false),
        (true, Appearance::default(), false),
    ] {
        let mut window = Window::open(MadeUp::default());
        window.choose(appearance);
        window.hears(Heard::TrayShown(there));

        let wanted = window.change(closing());

        assert_eq!(wanted.contains(&HIDE), hides);
        assert_eq!(wanted.contains(&cancel), hides);
    }
}

#[test]
fn who_wants_it_in_the_tray_is_told_that_there_is_none() {
    let mut window = Window::open(MadeUp::default());
    window.click("Settings");
    let told = "Tray: None here: closing ends Betwixt";
    assert!(!window.has(told), "nobody wants it there");

    window.choose(chosen());
    assert!(window.has(told));
    window.hears(Heard::TrayShown(true));

    assert!(!window.has(told));
}

#[test]
fn a_tray_that_went_away_lets_the_window_close() {
    let mut window = Window::open(MadeUp::default());
    window.choose(chosen());
    window.hears(Heard::TrayShown(true));
    window.hears(Heard::TrayShown(false));

    assert!(!window.change(closing()).contains(&HIDE));
}

#[test]
fn minimising_hides_it_once_and_the_tray_brings_it_back() {
    let mut window = Window::open(MadeUp::default());
    window.choose(chosen());
    window.hears(Heard::TrayShown(true));

    assert!(window.change(minimised()).contains(&HIDE));
    window.wanted.clear();
    window.hears(Heard::Knocked(None));

    let back = ViewportCommand::Visible(true);
    assert!(window.wanted.contains(&back) && window.wanted.contains(&ViewportCommand::Focus));
}

#[test]
fn quitting_closes_it_whatever_was_chosen() {
    let mut window = Window::open(MadeUp::default());
    window.choose(chosen());
    window.hears(Heard::TrayShown(true));
    window.wanted.clear();

    window.hears(Heard::Quit);

    assert!(window.wanted.contains(&ViewportCommand::Close));
    assert!(!window.change(closing()).contains(&HIDE));
}

#[test]
fn the_tray_counts_what_is_unread_until_it_locks() {
    let mut node = MadeUp::default();
    node.me.protected = true;
    let mut window = Window::open(node);
    window.focus = false;
    window.settle();
    window.wishes();

    let message = incoming(CHAT, 1001, "On my way");
    window.event(Event::Message(Box::new(message)));
    assert_eq!(window.tray().map(|tray| tray.unread), Some(1));
    window.node.me = NodeInfo {
        locked: true,
        protected: true,
        ..NodeInfo::default()
    };
    window.event(Event::Node(Box::new(window.node.me.clone())));

    assert_eq!(window.tray().map(|tray| tray.unread), Some(0));
}

#[test]
fn do_not_disturb_turns_on_and_off_by_the_tray() {
    let mut window = Window::open(MadeUp::default());
    window.wishes();

    window.hears(Heard::Quiet);
    let quiet = Tray {
        unread: 0,
        quiet: true,
    };
    assert_eq!(window.tray(), Some(quiet));
    assert!(window.node.remembered.last().unwrap().alerts.silent_until > 0);
    window.hears(Heard::Quiet);

    assert_eq!(window.tray(), Some(Tray::default()));
}

#[test]
fn a_hidden_window_is_not_looked_at() {
    let mut window = Window::with_chat(MadeUp::default());
    window.wishes();
    window.change(minimised());

    assert!(!window.app().model().around.looked_at);
}
