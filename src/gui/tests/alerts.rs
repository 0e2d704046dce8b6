//! What is told outside of the window.

use super::bed::{CHAT, GROUP, MadeUp, Window};
use crate::{
    gui::{
        alert::Content,
        desktop::{Heard, Wish},
        sample::{BEN, MAYA, NOW, contact, incoming},
    },
    node::{
        ChatId, Command,
        view::{Event, Message, RequestState},
    },
};

fn away(node: MadeUp) -> Window {
    let mut window = Window::open(node);
    window.focus = false;
    window.settle();
    window.wishes();
    window
}

fn arrives(window: &mut Window, chat: ChatId, text: &str) {
    arrives_as(window, incoming(chat, 1001, text));
}

fn arrives_as(window: &mut Window, message: Message) {
    window.event(Event::Message(Box::new(message)));
}

/// What was shown: heading and text.
fn shown(window: &Window) -> Vec<(String, String)> {
    let shown = window.wishes().into_iter().filter_map(|wish| match wish {
        Wish::Show(note) => Some((note.title, note.body)),
        Wish::Withdraw(_)
        | Wish::WithdrawAll
        | Wish::Choose
        | Wish::Read(_)
        | Wish::Tray(_)
        | Wish::Pick(_)
        | Wish::Awake(_) => None,
    });
    shown.collect()
}

fn one(title: &str, body: &str) -> Vec<(String, String)> {
    vec![(title.to_owned(), body.to_owned())]
}

#[test]
fn a_message_is_told_while_nobody_looks() {
    let mut window = away(MadeUp::default());

    arrives(&mut window, CHAT, "On *my* way");

    assert_eq!(shown(&window), one("Maya Lindqvist", "On my way"));
}

#[test]
fn who_looks_at_the_chat_is_not_told_and_who_looks_at_another_is() {
    let mut window = Window::with_chat(MadeUp::with_group());
    window.wishes();

    arrives(&mut window, CHAT, "seen");
    assert_eq!(shown(&window), []);
    arrives(&mut window, GROUP, "elsewhere");

    assert_eq!(shown(&window), one("Herons", "Maya Lindqvist: elsewhere"));
}

#[test]
fn a_muted_group_is_heard_only_where_i_am_named() {
    let mut node = MadeUp::with_group();
    node.row().muted = true;
    let mut window = away(node);

    arrives(&mut window, GROUP, "chatter");
    assert_eq!(shown(&window), []);
    let mut named = incoming(GROUP, 1002, "@Elin");
    named.mentioned = true;
    arrives_as(&mut window, named);

    assert_eq!(shown(&window), one("Herons (2)", "Maya Lindqvist: @Elin"));
}

#[test]
fn a_request_is_told_once() {
    let mut window = away(MadeUp::default());
    let mut ben = contact(BEN, "Ben Okafor");
    ben.request = Some(RequestState::Incoming);
    let event = || Event::Contact {
        person_id: BEN,
        contact: Some(ben.clone()),
    };

    window.event(event());
    window.event(event());

    assert_eq!(
        shown(&window),
        one("Ben Okafor", "Ben Okafor wants to talk with you")
    );
}

#[test]
fn what_is_said_can_be_hidden_and_all_of_it_silenced() {
    let mut window = Window::open(MadeUp::default());
    window.click("Settings");
    window.wheel(-150.0);
    window.click("Show: Name");
    assert_eq!(
        window.node.remembered.last().unwrap().alerts.content,
        Content::Name
    );
    window.focus = false;
    arrives(&mut window, CHAT, "secret");
    assert_eq!(shown(&window), one("Maya Lindqvist", "New message"));

    window.focus = true;
    window.settle();
    window.click("Do not disturb: Until tomorrow");
    window.focus = false;
    arrives_as(&mut window, incoming(CHAT, 1003, "later"));

    assert_eq!(shown(&window), []);
    let until = window.node.remembered.last().unwrap().alerts.silent_until;
    // Eight o'clock of the day after 2025-03-11.
    assert_eq!(until, 1_741_766_400_000);
}

#[test]
fn quiet_hours_are_chosen_in_half_hours() {
    let mut window = Window::open(MadeUp::default());
    window.click("Settings");
    window.wheel(-400.0);
    window.click("Quiet hours");
    window.click("From: earlier");
    window.click("Until: later");

    let alerts = window.node.remembered.last().unwrap().alerts;
    assert!(alerts.quiet && window.has("From: 21:30"));
    assert_eq!(
        (alerts.quiet_from, alerts.quiet_until),
        (21 * 60 + 30, 7 * 60 + 30)
    );
}

#[test]
fn a_click_on_a_notification_opens_its_chat_in_front() {
    let mut window = away(MadeUp::default());

    window.hears(Heard::Opened(CHAT));

    assert_eq!(window.app().model().nav.chat(), Some(CHAT));
    assert_eq!(window.raised, 1);
}

#[test]
fn a_second_start_with_a_link_shows_it_in_front() {
    let mut window = Window::open(MadeUp::default());

    window.hears(Heard::Knocked(None));
    assert_eq!((window.raised, window.has("Invite link")), (1, false));
    window.hears(Heard::Knocked(Some("betwixt://c/#abc".into())));

    assert_eq!(window.raised, 2);
    assert_eq!(window.node("Invite link").value(), Some("betwixt://c/#abc"));
}

#[test]
fn a_link_waits_until_the_profile_is_unlocked() {
    let mut window = Window::open(MadeUp::locked());
    window.hears(Heard::Knocked(Some("betwixt://c/#abc".into())));
    assert!(!window.has("Invite link"));

    window.node.me = crate::gui::sample::me();
    window.event(Event::Node(Box::new(crate::gui::sample::me())));

    assert!(window.has("Invite link"));
}

#[test]
fn an_answer_in_a_notification_is_said_and_what_it_answers_is_read() {
    let mut window = away(MadeUp::default());
    arrives(&mut window, CHAT, "On my way");

    window.hears(Heard::Answered(CHAT, " good \n".into()));

    let said = window.node.commands.iter().any(|command| {
        matches!(command, Command::SendMessage { chat_id, text, .. } if *chat_id == CHAT && text == "good")
    });
    let read = window
        .node
        .commands
        .iter()
        .any(|c| matches!(c, Command::ReadMessages { .. }));
    assert!(said && read);
}

#[test]
fn an_answer_that_cannot_be_said_is_not() {
    let mut window = away(MadeUp::default());
    for text in [String::new(), "  ".into(), "a".repeat(20_000)] {
        window.hears(Heard::Answered(CHAT, text));
    }
    window.hears(Heard::Answered(ChatId([9; 32]), "nowhere".into()));

    let said = |c: &Command| matches!(c, Command::SendMessage { .. });
    assert!(!window.node.commands.iter().any(said));
}

#[test]
fn what_was_read_is_not_shown_any_more() {
    let mut node = MadeUp::default();
    node.chats[0].unread = 1;
    let window = Window::with_chat(node);

    assert_eq!(window.wishes(), [Wish::Withdraw(CHAT)]);
    let _ = (MAYA, NOW);
}
