//! A conversation.

use egui::{Event, Key, Modifiers, accesskit::Role};

use super::bed::{CHAT, MadeUp, Window, another_chat, bounds, name};
use crate::{
    gui::{
        panel::composer::LONGEST,
        sample::{BEN, MAYA, NOW, id, incoming, outgoing},
    },
    node::{
        Command, DeliveryState,
        view::{Event as NodeEvent, Message},
    },
};

const COMPOSER: &str = "Message to Maya Lindqvist";

fn many(count: u64) -> MadeUp {
    let mut node = MadeUp::default();
    let said: Vec<Message> = (0..count)
        .map(|n| incoming(CHAT, n, &format!("number {n}")))
        .collect();
    node.chats[0].last = said.last().cloned();
    node.messages.insert(CHAT, said);
    node
}

#[test]
fn an_opened_chat_shows_its_messages_and_how_far_mine_came() {
    let window = Window::with_chat(MadeUp::default());

    assert!(window.has("Did the tent arrive?"));
    assert!(window.has("Maya Lindqvist, 14:30"));
    assert!(window.has("You, 14:31, waiting to be sent"));
    assert!(window.has("Today"));
}

#[test]
fn a_message_is_read_out_once_as_who_and_when_and_once_as_what() {
    let window = Window::with_chat(MadeUp::default());
    let saying = |text: &str| {
        window
            .names()
            .iter()
            .filter(|name| name.contains(text))
            .count()
    };

    // The list shows the last message only.
    assert_eq!(saying("Did the tent arrive?"), 1);
    assert_eq!(window.node("Maya Lindqvist, 14:30").role(), Role::Article);
}

#[test]
fn enter_sends_and_shift_enter_breaks_the_line() {
    let mut window = Window::with_chat(MadeUp::default());
    assert!(window.is_focused(COMPOSER), "ready to write");

    window.write("hei");
    window.press(Modifiers::SHIFT, Key::Enter);
    window.write("you");
    assert!(window.node.said().is_empty());
    window.press(Modifiers::NONE, Key::Enter);

    assert_eq!(window.node.said(), ["hei\nyou"]);
    assert!(window.is_focused(COMPOSER), "ready for the next");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.node.said().len(), 1, "nothing is not sent");
}

#[test]
fn shift_enter_within_one_frame_does_not_send() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write("a");

    // Shift is released again by the end of the frame: only the event's own modifiers tell.
    let [down, up] = [true, false].map(|down| Window::key(Modifiers::SHIFT, Key::Enter, down));
    let held = Event::ModifiersChanged(Modifiers::SHIFT);
    let released = Event::ModifiersChanged(Modifiers::NONE);
    window.frame(vec![held, down, up, released]);
    window.settle();

    assert!(window.node.said().is_empty());
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(
        window.node.said(),
        ["a"],
        "and the break at its end is not said"
    );
}

#[test]
fn the_send_button_sends_too() {
    let mut window = Window::with_chat(MadeUp::default());
    assert!(window.node("Send").is_disabled());

    window.write("hello");
    window.click("Send");

    assert_eq!(window.node.said(), ["hello"]);
}

#[test]
fn my_message_shows_before_the_disk_answers() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write("at once");

    window.frame(vec![Window::key(Modifiers::NONE, Key::Enter, true)]);
    window.frame(Vec::new());

    assert!(
        window
            .node
            .commands
            .iter()
            .all(|c| !matches!(c, Command::SendMessage { .. }))
    );
    assert!(window.has("at once"));
    assert!(window.has("You, 14:32, waiting to be sent"));
}

#[test]
fn a_message_that_is_too_long_stays_and_says_why() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write(&"a".repeat(LONGEST - 10));
    assert!(window.has("10 bytes left"));

    window.write(&"b".repeat(11));
    assert!(window.has_starting("This is longer than one message can be (16 KiB)."));
    window.press(Modifiers::NONE, Key::Enter);

    assert!(window.node.said().is_empty());
    assert!(window.node("Send").is_disabled());
}

#[test]
fn a_message_that_could_not_be_kept_says_why_and_can_be_said_again() {
    let mut window = Window::with_chat(MadeUp::default());
    window.node.refuse = Some("The disk is full.");
    window.write("important");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("Not sent. The disk is full."));
    assert!(window.has("You, 14:32, not sent"));

    window.node.refuse = None;
    window.click("Try again");

    assert_eq!(window.node.said(), ["important", "important"]);
    assert!(!window.has("Not sent. The disk is full."));
}

#[test]
fn what_was_written_is_kept_for_each_chat() {
    let mut node = MadeUp::default();
    node.chats.push(another_chat(BEN, "Ben Okafor", NOW));
    let mut window = Window::with_chat(node);
    window.write("half a thought");

    window.click_starting("Ben Okafor, hello there");
    assert_eq!(window.node("Message to Ben Okafor").value(), Some(""));
    window.click_starting("Maya Lindqvist, ");

    assert_eq!(window.node(COMPOSER).value(), Some("half a thought"));
}

#[test]
fn others_are_told_that_i_type_and_that_i_stopped() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write("a");
    window.write("b");
    window.press(Modifiers::NONE, Key::Backspace);
    window.press(Modifiers::NONE, Key::Backspace);

    let told: Vec<bool> = window
        .node
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::SetTyping { typing, .. } => Some(*typing),
            _ => None,
        })
        .collect();
    assert_eq!(told, [true, false]);
}

#[test]
fn what_arrives_shows_and_is_marked_as_read() {
    let mut window = Window::with_chat(MadeUp::default());

    window.event(NodeEvent::Message(Box::new(incoming(
        CHAT, 1001, "ping 42",
    ))));

    assert!(window.has("ping 42"));
    let read = window
        .node
        .commands
        .iter()
        .rev()
        .find_map(|command| match command {
            Command::ReadMessages { up_to, .. } => Some(*up_to),
            _ => None,
        });
    assert_eq!(read, Some(id(1001)));
}

#[test]
fn a_state_is_told_in_words() {
    let mut window = Window::with_chat(MadeUp::default());

    for (state, words) in [
        (DeliveryState::Sent, "sent"),
        (DeliveryState::Delivered, "delivered"),
        (DeliveryState::Read, "read"),
    ] {
        window.event(NodeEvent::Status {
            message_id: id(999),
            person_id: MAYA,
            state,
        });
        assert!(window.has(&format!("You, 14:31, {words}")));
    }
}

#[test]
fn typing_shows_in_the_chat_the_head_and_the_list_and_ends() {
    let mut window = Window::with_chat(MadeUp::default());
    let typing = |typing| NodeEvent::Typing {
        chat_id: CHAT,
        person_id: MAYA,
        typing,
    };

    window.event(typing(true));
    assert!(window.has("typing…"));
    assert!(window.has("Maya Lindqvist, typing…"));
    assert!(
        window.repaint < std::time::Duration::from_secs(1),
        "dots move"
    );

    window.event(typing(false));
    assert!(!window.has("typing…"));
    assert_eq!(
        window.repaint,
        std::time::Duration::MAX,
        "and then nothing does"
    );
}

#[test]
fn scrolled_up_it_does_not_follow_but_counts_and_leads_back() {
    let mut window = Window::with_chat(many(300));
    assert!(window.has("number 299") && !window.has("Jump to latest"));

    window.wheel(600.0);
    assert!(!window.has("number 299"));
    window.event(NodeEvent::Message(Box::new(incoming(CHAT, 300, "newest"))));
    assert!(!window.has("newest"));
    window.click("Jump to latest, 1 new message");

    assert!(window.has("newest") && !window.has_starting("Jump to latest"));
}

#[test]
fn more_of_the_history_comes_as_one_scrolls_up_to_its_beginning() {
    let mut window = Window::with_chat(many(1000));
    assert!(!window.has("number 0"));

    for _ in 0..12 {
        window.wheel(8_000.0);
    }

    assert!(window.has("number 0"));
    assert!(window.has_starting("Only you and Maya Lindqvist can read"));
}

#[test]
fn a_chat_opens_at_its_first_unread_message() {
    let mut node = many(300);
    node.chats[0].unread = 100;
    let mut window = Window::with_chat(node);

    assert!(window.has("Unread messages"));
    assert!(window.has("number 200") && !window.has("number 299"));
    let read = window
        .node
        .commands
        .iter()
        .any(|c| matches!(c, Command::ReadMessages { up_to, .. } if *up_to == id(299)));
    assert!(!read, "what was not seen is not read");
    window.wheel(-20_000.0);
    assert!(window.has("number 299"));
}

#[test]
fn missing_messages_are_said_and_so_is_what_helps() {
    let mut node = MadeUp::default();
    node.chats[0].complete = false;
    node.chats[0].missing = 3;
    node.contacts[0].online = false;

    let window = Window::with_chat(node);

    let words =
        "3 messages from Maya Lindqvist are missing. They come when Maya Lindqvist is online.";
    assert!(window.has(words));
}

#[test]
fn a_newer_kind_of_message_is_named_and_a_deleted_one_too() {
    let mut node = MadeUp::default();
    let mut deleted = outgoing(CHAT, 1002, "gone");
    deleted.deleted = true;
    let said = vec![incoming(CHAT, 1001, ""), deleted];
    node.messages.insert(CHAT, said);

    let window = Window::with_chat(node);

    assert!(window.has("A newer kind of message. Update Betwixt to see it."));
    assert!(window.has("This message was deleted.") && !window.has("gone"));
}

#[test]
fn messages_that_come_in_another_order_stand_in_their_own() {
    let mut window = Window::with_chat(many(5));
    let told = |seq: u64, number: u64, text: &str| Message {
        message_id: id(number),
        seq,
        ..incoming(CHAT, 1000 + number, text)
    };
    // Both were taken in at once: each says where it stands among all.
    let early = told(4, 71, "the early one");
    let late = told(6, 70, "the late one");
    let newest = told(7, 72, "the newest");
    let all = window.node.messages.get_mut(&CHAT).unwrap();
    all[4].seq = 5;
    all.insert(4, early.clone());
    all.push(late.clone());

    window.event(NodeEvent::Message(Box::new(late)));
    window.event(NodeEvent::Message(Box::new(early)));
    window
        .node
        .messages
        .get_mut(&CHAT)
        .unwrap()
        .push(newest.clone());
    window.event(NodeEvent::Message(Box::new(newest)));

    let texts = [
        "number 3",
        "the early one",
        "number 4",
        "the late one",
        "the newest",
    ];
    let tops = texts.map(|text| {
        let mut nodes = window.nodes().iter();
        bounds(nodes.rfind(|node| name(node) == Some(text)).unwrap())
            .min
            .y
    });
    assert!(tops.is_sorted(), "{tops:?}");
}

#[test]
fn what_was_written_and_not_sent_stands_in_the_list_of_chats() {
    let mut window = Window::with_chat(MadeUp::with_group());
    window.write("Shall we\ntake the tent?");
    assert!(!window.has_part("Draft: "), "it stands in the field");

    window.click_starting("Herons, ");
    assert!(window.has_starting("Maya Lindqvist, Draft: Shall we take the tent?, "));
    window.click_starting("Maya Lindqvist, ");
    assert_eq!(
        window.node(COMPOSER).value(),
        Some("Shall we\ntake the tent?")
    );
    window.press(Modifiers::NONE, Key::Enter);
    window.click_starting("Herons, ");

    assert!(!window.has_part("Draft: "));
}
