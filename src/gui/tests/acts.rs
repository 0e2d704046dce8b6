//! What is done with messages: answered, changed, pinned, forwarded, found again.

use egui::{Key, Modifiers};

use super::bed::{CAROL, CHAT, GROUP, MadeUp, Window};
use crate::{
    gui::{
        sample::{BEN, ME, NOW, id, incoming, outgoing},
        widget::emoji::Tone,
    },
    node::{
        ChatId, Command, MessageId, PersonId, Timestamp,
        view::{Edition, Event, Message, PersonReceipt, Reaction, ReceiptState},
    },
};

const COMPOSER: &str = "Message to Maya Lindqvist";

/// What was sent, and as an answer to what.
fn sent(window: &Window) -> Vec<(ChatId, &str, Option<MessageId>, &[PersonId])> {
    let commands = window.node.commands.iter();
    let sent = commands.filter_map(|command| match command {
        Command::SendMessage {
            chat_id,
            text,
            reply_to,
            mentions,
        } => Some((*chat_id, text.as_str(), *reply_to, mentions.as_slice())),
        _ => None,
    });
    sent.collect()
}

fn rewritten(window: &Window) -> Vec<(MessageId, &str)> {
    let commands = window.node.commands.iter();
    let rewritten = commands.filter_map(|command| match command {
        Command::EditMessage { message_id, text } => Some((*message_id, text.as_str())),
        _ => None,
    });
    rewritten.collect()
}

fn answer(number: u64, to: u64, text: &str) -> Message {
    Message {
        reply_to: Some(id(to)),
        ..incoming(CHAT, number, text)
    }
}

fn with(messages: Vec<Message>) -> MadeUp {
    let mut node = MadeUp::default();
    node.chats[0].last = messages.last().cloned();
    node.messages.insert(CHAT, messages);
    node
}

#[test]
fn an_answer_quotes_what_it_answers() {
    let mut window = Window::with_chat(MadeUp::default());
    window.right_click("Did the tent arrive?");

    window.click("Reply");
    assert!(window.has("Answer to Maya Lindqvist: Did the tent arrive?"));
    assert!(window.is_focused(COMPOSER), "ready to write");
    window.write("it did");
    window.press(Modifiers::NONE, Key::Enter);

    assert_eq!(sent(&window), [(CHAT, "it did", Some(id(998)), &[][..])]);
    assert!(!window.has_starting("Answer to "));
    let quoted = "In answer to Maya Lindqvist: Did the tent arrive?";
    assert!(window.has(quoted), "before the disk answers");
}

#[test]
fn escape_gives_up_an_answer_and_keeps_what_was_written() {
    let mut window = Window::with_chat(MadeUp::default());
    window.right_click("Did the tent arrive?");
    window.click("Reply");
    window.write("half");

    window.press(Modifiers::NONE, Key::Escape);

    assert!(!window.has_starting("Answer to ") && window.has(COMPOSER));
    assert_eq!(window.node(COMPOSER).value(), Some("half"));
}

#[test]
fn a_quote_leads_to_the_message_itself_however_far_away() {
    let mut said: Vec<Message> = (0..900)
        .map(|n| incoming(CHAT, n, &format!("number {n}")))
        .collect();
    said.push(answer(900, 17, "that one"));
    let mut window = Window::with_chat(with(said));
    assert!(window.has("In answer to Maya Lindqvist: number 17"));
    assert!(!window.has("number 17"));

    window.click("In answer to Maya Lindqvist: number 17");

    assert!(window.has("number 17") && window.has("number 18"));
    assert!(window.has("number 16"), "what lies before it came too");
    assert!(!window.has("that one"));
    window.click("Jump to latest");
    assert!(window.has("that one"));
}

#[test]
fn a_quoted_message_that_is_not_here_is_said_to_be_missing() {
    let mut window = Window::with_chat(with(vec![answer(1000, 5, "that one")]));

    let quote = "In answer to : A message that is not on this device";
    assert!(window.has(quote), "{:#?}", window.names());
    window.click(quote);

    assert!(window.has("that one"));
}

#[test]
fn up_in_an_empty_field_changes_what_i_said_last() {
    let mut window = Window::with_chat(MadeUp::default());

    window.press(Modifiers::NONE, Key::ArrowUp);
    assert!(window.has("Change message: Yes, an hour ago"));
    assert_eq!(window.node(COMPOSER).value(), Some("Yes, an hour ago"));
    window.write("!");
    window.press(Modifiers::NONE, Key::Enter);

    assert_eq!(rewritten(&window), [(id(999), "Yes, an hour ago!")]);
    assert!(sent(&window).is_empty());
    assert!(!window.has_starting("Change message"));
    assert_eq!(window.node(COMPOSER).value(), Some(""));
}

#[test]
fn a_change_that_is_given_up_leaves_the_draft_and_the_message() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write("a draft");
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert!(!window.has_starting("Change message"), "not empty");
    window.right_click("Yes, an hour ago");
    window.click("Edit");
    window.write(" or two");

    window.press(Modifiers::NONE, Key::Escape);

    assert_eq!(window.node(COMPOSER).value(), Some("a draft"));
    assert!(rewritten(&window).is_empty() && window.is_focused(COMPOSER));
}

#[test]
fn a_refused_change_says_why_and_loses_nothing() {
    let mut window = Window::with_chat(MadeUp::default());
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.write("!");
    window.node.refuse = Some("A message can be edited for a day.");

    window.press(Modifiers::NONE, Key::Enter);

    assert!(window.has("Not changed. A message can be edited for a day."));
    assert_eq!(window.node(COMPOSER).value(), Some("Yes, an hour ago!"));
}

#[test]
fn only_my_own_text_of_the_last_day_can_be_changed() {
    let mut old = outgoing(CHAT, 998, "of last week");
    old.sent_at = Timestamp(NOW.0 - 7 * 24 * 60 * 60 * 1000);
    let mut window = Window::with_chat(with(vec![old, incoming(CHAT, 999, "hers")]));

    for text in ["of last week", "hers"] {
        window.right_click(text);
        assert!(window.has("Reply") && !window.has("Edit"), "{text}");
        window.press(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn an_edited_message_says_so_and_what_it_was() {
    let mut edited = outgoing(CHAT, 1000, "at eight");
    edited.edited_at = Some(NOW);
    let mut node = with(vec![edited]);
    let edition = |text: &str, at| Edition {
        text: text.into(),
        at,
    };
    node.history = vec![
        edition("at seven", Timestamp(NOW.0 - 60_000)),
        edition("at eight", NOW),
    ];
    node.receipts = vec![PersonReceipt {
        person_id: crate::gui::sample::MAYA,
        state: ReceiptState::Read,
        at: Some(NOW),
        held_by: 0,
    }];
    let mut window = Window::with_chat(node);
    assert!(window.has("You, edited 14:32, waiting to be sent"));

    window.right_click("at eight");
    window.click("Message info");

    for wanted in [
        "Said: Today, 14:32",
        "Edited: Today, 14:32",
        "Today, 14:31: at seven",
        "Maya Lindqvist: Read, 14:32",
    ] {
        assert!(window.has(wanted), "{wanted}: {:#?}", window.names());
    }
}

#[test]
fn a_pinned_message_stands_above_the_chat_and_leads_to_it() {
    let mut node = MadeUp::with_group();
    let said: Vec<Message> = (0..300)
        .map(|n| incoming(GROUP, n, &format!("number {n}")))
        .collect();
    node.messages.insert(GROUP, said);
    node.group().pinned_messages = vec![id(3), id(2)];
    let mut window = Window::with_herons(node);
    let pinned = "Pinned: Maya Lindqvist: number 3";
    assert!(window.has(pinned), "{:#?}", window.names());
    assert!(!window.has("number 3"));

    window.click(pinned);

    assert!(window.has("number 3"));
    assert!(window.has("Pinned: Maya Lindqvist: number 2"), "the next");
    window.click("All pinned messages");
    assert!(window.has("Pinned messages") || window.has_starting("Pinned messages."));
}

#[test]
fn a_message_is_pinned_and_unpinned_for_everybody() {
    let pins = |window: &Window| -> Vec<(MessageId, bool)> {
        let commands = window.node.commands.iter();
        let pins = commands.filter_map(|command| match command {
            Command::PinMessage { message_id, on } => Some((*message_id, *on)),
            _ => None,
        });
        pins.collect()
    };
    let mut window = Window::with_herons(MadeUp::with_group());
    window.right_click("I do");
    window.click("Pin for everybody");
    assert_eq!(pins(&window), [(id(999), true)]);
    window.node.group().pinned_messages = vec![id(999)];
    window.event(Event::Chat {
        chat_id: GROUP,
        what: crate::node::ChatChange::Settings,
    });
    assert!(window.has("Pinned: Maya Lindqvist: I do"));

    window.right_click("I do");
    window.click("Unpin for everybody");

    assert_eq!(pins(&window)[1..], [(id(999), false)]);
}

#[test]
fn a_message_is_forwarded_to_the_chosen_chats() {
    let mut window = Window::with_herons(MadeUp::with_group());
    window.right_click("I do");

    window.click("Forward");
    assert!(window.node("Forward").is_disabled(), "nobody is chosen");
    window.click("Forward to Maya Lindqvist");
    window.click("Forward to Herons");
    window.click("Forward");

    let wanted = [
        (CHAT, "I do", None, &[][..]),
        (GROUP, "I do", None, &[][..]),
    ];
    assert_eq!(sent(&window), wanted);
    assert!(window.has("Forwarded to 2 chats."));
}

#[test]
fn an_at_sign_offers_the_people_of_the_group() {
    let mut window = Window::with_herons(MadeUp::with_group());
    window.write("hi @");
    for name in ["Ben Okafor", "Carol", "Maya Lindqvist"] {
        assert!(window.has(&format!("Mention {name}")), "{name}");
    }
    assert!(!window.has("Mention Elin Karlsson"), "not myself");
    window.write("ca");
    assert!(window.has("Mention Carol") && !window.has("Mention Ben Okafor"));

    window.press(Modifiers::NONE, Key::Enter);
    assert!(sent(&window).is_empty(), "Enter took the name");
    window.write("and @");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::Tab);
    window.press(Modifiers::NONE, Key::Enter);

    let text = "hi @Carol and @Ben Okafor";
    assert_eq!(sent(&window), [(GROUP, text, None, &[CAROL, BEN][..])]);
}

#[test]
fn escape_dismisses_the_offer_of_names_and_no_more() {
    let mut window = Window::with_herons(MadeUp::with_group());
    window.write("@");
    assert!(window.has("Mention Carol"));

    window.press(Modifiers::NONE, Key::Escape);

    assert!(!window.has("Mention Carol") && window.has("Message to Herons"));
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(sent(&window), [(GROUP, "@", None, &[][..])]);
}

#[test]
fn any_emoji_can_be_put_at_a_message() {
    let mut window = Window::with_chat(MadeUp::default());
    window.right_click("Did the tent arrive?");
    window.click("More emojis");
    assert!(window.is_focused("Search emojis"));
    window.write("avocado");

    window.click("avocado");

    let put = |command: &Command| {
        matches!(command, Command::ReactMessage { message_id, emoji, on: true }
            if *message_id == id(998) && emoji == "🥑")
    };
    assert!(window.node.commands.iter().any(put));
    assert!(!window.has("Search emojis"));
}

#[test]
fn a_usual_emoji_that_is_mine_is_taken_away_again() {
    let mut said = incoming(CHAT, 1000, "look");
    said.reactions = vec![Reaction {
        emoji: "👍".into(),
        people: vec![ME],
    }];
    let mut window = Window::with_chat(with(vec![said]));
    window.right_click("look");

    window.click("👍");

    let taken = |command: &Command| matches!(command, Command::ReactMessage { emoji, on: false, .. } if emoji == "👍");
    assert!(window.node.commands.iter().any(taken));
}

#[test]
fn an_emoji_is_put_where_the_cursor_stands() {
    let mut window = Window::with_chat(MadeUp::default());
    window.write("ab");
    window.press(Modifiers::NONE, Key::ArrowLeft);

    window.click("Emojis");
    window.write("rocket");
    window.click("rocket");
    window.write("!");

    assert_eq!(window.node(COMPOSER).value(), Some("a🚀!b"));
    let rockets = |window: &Window| {
        let names = window.names();
        names.iter().filter(|name| *name == "rocket").count()
    };
    window.click("Emojis");
    assert_eq!(rockets(&window), 2, "among the recent ones too");
}

#[test]
fn whose_emoji_it_is_is_named_also_of_somebody_who_is_unknown() {
    let mut said = incoming(GROUP, 1000, "look");
    let stranger = PersonId([99; 32]);
    said.reactions = vec![Reaction {
        emoji: "👍".into(),
        people: vec![stranger, ME],
    }];
    let mut node = MadeUp::with_group();
    node.messages.insert(GROUP, vec![said]);

    let window = Window::with_herons(node);

    let name: String = stranger.to_string().chars().take(8).collect();
    assert!(window.has(&format!("👍 2, {name}, You")));
}

#[test]
fn beside_a_message_stand_its_acts_while_the_pointer_is_there() {
    let mut window = Window::with_chat(MadeUp::default());
    assert!(!window.has("What can be done with this message"));
    let at = super::bed::bounds(window.node("Did the tent arrive?")).center();

    window.frame(vec![egui::Event::PointerMoved(at)]);
    window.frame(Vec::new());
    assert!(window.has("React"));
    window.click("Reply");

    assert!(window.has("Answer to Maya Lindqvist: Did the tent arrive?"));
}

#[test]
fn a_colour_of_skin_is_remembered_and_taken() {
    let mut window = Window::with_chat(MadeUp::default());
    window.click("Emojis");

    window.click("Skin: medium dark");
    assert_eq!(
        window.node.remembered.last().unwrap().skin,
        Tone::MediumDark
    );
    window.write("thumbs up");
    window.press(Modifiers::NONE, Key::Enter);

    assert_eq!(window.node("Message to Maya Lindqvist").value(), Some("👍🏾"));
}
