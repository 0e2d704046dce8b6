//! Lists, people nearby, requests, verification, invites.

use egui::{Key, Modifiers};

use super::bed::{MadeUp, Window, another_chat, bounds, name};
use crate::{
    gui::{
        desktop::{Heard, Wish},
        sample::{BEN, MAYA, NOW, incoming},
        scan::{Refusal, Source},
    },
    node::{
        ChatId, Command, PersonId, Timestamp,
        view::{Event, RequestState},
    },
};

fn with_request() -> MadeUp {
    let mut node = MadeUp::default();
    node.contacts[0].request = Some(RequestState::Incoming);
    node.chats[0].request = Some(RequestState::Incoming);
    node.chats[0].unread = 1;
    node
}

#[test]
fn the_list_says_everything_it_shows() {
    let mut node = MadeUp::default();
    node.contacts[0].verified = true;
    node.chats[0].muted = true;
    node.chats[0].pinned = true;
    node.chats[0].unread = 2;

    let window = Window::open(node);

    assert!(window.has(
        "Maya Lindqvist, verified, muted, pinned, Good. See https://osm.example/r/8842, 14:32, \
         2 unread messages"
    ));
}

#[test]
fn searching_leaves_only_what_is_called_so() {
    let mut node = MadeUp::default();
    node.chats
        .push(another_chat(PersonId([9; 32]), "Aiko Tanaka", NOW));
    let mut window = Window::open(node);

    window.click("Search chats and messages");
    window.write("tana");
    assert!(window.has_starting("Aiko Tanaka, ") && !window.has_starting("Maya Lindqvist, "));
    window.write("zzz");

    assert!(window.has("No chat with “tanazzz” in its name."));
}

#[test]
fn the_newest_chat_is_first_and_pinned_ones_before_it() {
    let mut node = MadeUp::default();
    node.chats.push(another_chat(
        PersonId([9; 32]),
        "Aiko Tanaka",
        Timestamp(NOW.0 + 1),
    ));
    let mut old = another_chat(PersonId([8; 32]), "Jonas Weber", Timestamp(5));
    old.pinned = true;
    node.chats.push(old);
    let window = Window::open(node);
    let place = |wanted: &str| {
        let rows = window.nodes().iter();
        let mut rows = rows.filter(|node| name(node).is_some_and(|name| name.starts_with(wanted)));
        bounds(rows.next().unwrap()).min.y
    };

    assert!(place("Jonas Weber, ") < place("Aiko Tanaka, "));
    assert!(place("Aiko Tanaka, ") < place("Maya Lindqvist, "));
}

#[test]
fn a_chat_can_be_pinned_and_muted_from_its_menu() {
    let mut window = Window::open(MadeUp::default());
    let row = "Maya Lindqvist, Good. See https://osm.example/r/8842, 14:32";

    window.right_click(row);
    window.click("Pin");
    window.click_starting("Maya Lindqvist, ");
    window.click("More");
    window.click("Mute");

    let set = |wanted: (Option<bool>, Option<bool>)| {
        window.node.commands.iter().any(|command| {
            matches!(command, Command::SetChat { muted, pinned, .. } if (*muted, *pinned) == wanted)
        })
    };
    assert!(set((None, Some(true))) && set((Some(true), None)));
}

#[test]
fn somebody_nearby_is_greeted_and_their_chat_opens() {
    let mut window = Window::open(MadeUp::new_profile());
    assert!(window.has("On this network"));

    window.click("Ben Okafor, on this network");
    window.click("Start a chat");

    let greeted = |c: &Command| {
        matches!(
            c,
            Command::AddContact {
                person_id: Some(BEN),
                ..
            }
        )
    };
    assert!(window.node.commands.iter().any(greeted));
    assert!(window.has("Message to Ben Okafor"));
}

#[test]
fn a_person_nearby_who_leaves_is_gone_from_the_list() {
    let mut window = Window::open(MadeUp::default());
    window.node.nearby.clear();

    window.event(Event::Nearby {
        person_id: BEN,
        name: "Ben Okafor".into(),
        present: false,
    });

    assert!(!window.has("Ben Okafor, on this network"));
}

#[test]
fn a_request_waits_quietly_until_it_is_answered() {
    let mut window = Window::open(with_request());
    assert!(
        !window.has_starting("Maya Lindqvist, "),
        "not among the chats"
    );
    assert!(window.has("Chats") && window.has("People, 1 contact request"));

    window.click("1 contact request");
    window.click("Maya Lindqvist, Wants to talk with you");

    assert!(window.has("Did the tent arrive?"));
    assert!(!window.has("Message to Maya Lindqvist"), "no composer yet");
    let read = |c: &Command| matches!(c, Command::ReadMessages { .. });
    assert!(
        !window.node.commands.iter().any(read),
        "they do not learn that it was seen"
    );
    window.click("Accept");
    let accepted = |c: &Command| matches!(c, Command::AcceptContact { person_id: MAYA });
    assert!(window.node.commands.iter().any(accepted));
}

#[test]
fn a_request_can_be_declined_or_its_author_blocked() {
    for (answer, confirm) in [("Decline", None), ("Block", Some("Block"))] {
        let mut window = Window::open(with_request());
        window.click("People, 1 contact request");
        window.click("Maya Lindqvist, Wants to talk with you");

        window.click(answer);
        if let Some(confirm) = confirm {
            assert!(window.has_starting("Block Maya Lindqvist?"));
            // The last so called is the one in the dialog.
            let dialog = window
                .nodes()
                .iter()
                .rev()
                .find(|n| n.label() == Some(confirm))
                .unwrap();
            let at = bounds(dialog).center();
            window.click_at(at, egui::PointerButton::Primary);
        }

        let done = window.node.commands.iter().any(|command| match command {
            Command::RemoveContact { person_id } => answer == "Decline" && *person_id == MAYA,
            Command::BlockContact { person_id } => answer == "Block" && *person_id == MAYA,
            _ => false,
        });
        assert!(done, "{answer}");
        assert!(!window.has("Did the tent arrive?"));
    }
}

#[test]
fn a_blocked_person_can_be_heard_again() {
    let mut node = MadeUp::default();
    node.contacts[0].blocked = true;
    let mut window = Window::with_chat(node);
    assert!(window.has_starting("You blocked Maya Lindqvist."));

    window.click("Unblock");

    let unblocked = |c: &Command| matches!(c, Command::UnblockContact { person_id: MAYA });
    assert!(window.node.commands.iter().any(unblocked));
}

#[test]
fn the_safety_number_is_read_out_in_groups_and_can_match() {
    let mut window = Window::with_chat(MadeUp::default());
    window.click("Verify");
    assert!(window.has("Verify Maya Lindqvist"));
    assert!(window.has(
        "Safety number: 02394 34500 10783 68871 48849 47876 93361 85695 89219 64818 08560 30695"
    ));
    assert!(window.has("Safety number as a QR code"));

    window.click("They match");

    let verified = |c: &Command| matches!(c, Command::VerifyContact { verified: true, .. });
    assert!(window.node.commands.iter().any(verified));
    assert!(window.has("Did the tent arrive?"), "back in the chat");
}

#[test]
fn a_safety_number_that_differs_is_a_warning() {
    let mut window = Window::with_chat(MadeUp::default());
    window.click("Verify");

    window.click("Not the same");

    assert!(window.has_starting("The safety number of Maya Lindqvist differs."));
    let verified = |c: &Command| matches!(c, Command::VerifyContact { verified: true, .. });
    assert!(!window.node.commands.iter().any(verified));
    window.click("Dismiss");
    assert!(!window.has_starting("The safety number of Maya Lindqvist differs."));
}

#[test]
fn an_invite_is_a_link_and_a_code_and_can_be_copied() {
    let mut window = Window::open(MadeUp::default());
    window.click("People");
    window.click("Invite someone");
    assert!(window.has("betwixt://c/#abc"));
    assert!(window.has("Your invite as a QR code"));

    window.click("Copy link");

    assert_eq!(window.copied, ["betwixt://c/#abc"]);
}

#[test]
fn an_unreadable_invite_is_refused_where_it_was_pasted() {
    let mut window = Window::open(MadeUp::default());
    window.click("People");
    window.click("Add by link");
    assert!(window.is_focused("Invite link"));

    window.node.refuse = Some("This is no invite; ask for a new link.");
    window.write("nonsense");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.has("This is no invite; ask for a new link."));

    window.node.refuse = None;
    window.click("Add");
    assert!(!window.has("This is no invite; ask for a new link."));
    assert!(window.has("Message to Ben Okafor"));
}

#[test]
fn a_message_in_another_chat_counts_there() {
    let mut node = MadeUp::default();
    node.chats.push(another_chat(BEN, "Ben Okafor", NOW));
    let mut window = Window::with_chat(node);

    let mut message = incoming(ChatId([3; 32]), 7, "over here");
    message.sender = BEN;
    window.event(Event::Message(Box::new(message)));

    assert!(window.has_starting("Ben Okafor, over here"));
    assert!(window.has("Chats, 1 unread message"));
}

#[test]
fn an_invite_is_read_from_a_picture() {
    let mut window = Window::open(MadeUp::default());
    window.press(Modifiers::COMMAND, Key::N);
    window.click("Add by link");

    window.click("Copied picture");
    assert_eq!(window.wishes(), [Wish::Read(Source::Clipboard)]);
    window.hears(Heard::Read(Ok("BX1:ABC".into())));

    assert_eq!(window.node("Invite link").value(), Some("BX1:ABC"));
    assert!(!window.node("Add").is_disabled());
}

#[test]
fn a_picture_without_a_code_is_refused_with_a_sentence() {
    let mut window = Window::open(MadeUp::default());
    window.press(Modifiers::COMMAND, Key::N);
    window.click("Add by link");

    window.drops("/tmp/cat.png");
    assert_eq!(
        window.wishes(),
        [Wish::Read(Source::File("/tmp/cat.png".into()))]
    );
    window.hears(Heard::Read(Err(Refusal::NoCode)));

    assert!(window.has("There is no QR code in that picture, or it cannot be read."));
    window.click("Choose a picture");
    assert_eq!(window.wishes(), [Wish::Choose]);
    assert!(!window.has_starting("There is no QR code"));
    window.hears(Heard::Read(Err(Refusal::GivenUp)));
    assert!(!window.has("Choose a picture of an invite") && window.has("Choose a picture"));
}

#[test]
fn what_was_read_after_the_dialog_has_closed_is_let_go() {
    let mut window = Window::open(MadeUp::default());

    window.hears(Heard::Read(Ok("BX1:ABC".into())));

    assert!(window.app().model().handed.is_none());
}
