//! Groups: in the list, as a chat, invitations, new ones.

use egui::{Key, Modifiers, vec2};

use super::bed::{CAROL, GROUP, MadeUp, Window, bounds, name};
use crate::{
    gui::sample::{BEN, MAYA, ME, NOW, contact, incoming, outgoing, system},
    node::{
        ChatChange, Command, PersonId, Timestamp,
        view::{Event, Former, Missing, PersonReceipt, Place, ReceiptState, RequestState},
    },
};

fn typing(person_id: PersonId) -> Event {
    Event::Typing {
        chat_id: GROUP,
        person_id,
        typing: true,
    }
}

#[test]
fn a_group_says_in_the_list_who_said_what() {
    let mut window = Window::open(MadeUp::with_group());
    assert!(window.has("Herons, Thank you, waiting to be sent, 14:32"));

    let mut message = incoming(GROUP, 1001, "Not at all");
    message.sender = BEN;
    window.event(Event::Message(Box::new(message)));
    assert!(window.has("Herons, Ben Okafor: Not at all, 14:33, 1 unread message"));

    let joined = system(GROUP, 1002, "Maya Lindqvist added Dan");
    window.event(Event::Message(Box::new(joined)));

    let words = "Herons, Maya Lindqvist added Dan, 14:34, 1 unread message";
    assert!(window.has(words), "what the program says is not unread");
}

#[test]
fn the_list_says_that_i_am_named_until_it_is_read() {
    let mut window = Window::open(MadeUp::with_group());
    let mut message = incoming(GROUP, 1001, "@Elin Karlsson?");
    message.mentions = vec![ME];
    message.mentioned = true;

    window.event(Event::Message(Box::new(message.clone())));
    window.event(Event::Message(Box::new(incoming(GROUP, 1002, "or you"))));
    assert!(window.has("Herons, Maya Lindqvist: or you, 14:34, 2 unread messages, you are named"));
    let said = window.node.messages.get_mut(&GROUP).unwrap();
    said.extend([message, incoming(GROUP, 1002, "or you")]);
    window.click_starting("Herons, ");

    assert!(window.has("Herons, Maya Lindqvist: or you, 14:34"));
}

#[test]
fn who_is_typing_is_named_also_somebody_who_is_no_contact() {
    let mut window = Window::with_herons(MadeUp::with_group());

    window.event(typing(CAROL));
    assert!(window.has("Carol is typing…"));
    window.event(typing(BEN));
    assert!(window.has("Ben Okafor and Carol are typing…"));
    window.event(typing(MAYA));

    assert!(window.has("3 people are typing…"));
}

#[test]
fn a_group_is_founded_with_a_name_and_contacts() {
    let mut node = MadeUp::default();
    node.contacts.push(contact(CAROL, "Carol"));
    let mut window = Window::open(node);
    window.click("New");
    window.click("New group");
    assert!(window.is_focused("Name of the group"));
    window.write("Herons");

    window.click("Carol");
    window.click("Maya Lindqvist");
    window.click("Do not add Carol");
    assert!(window.node.commands.is_empty());
    window.click("Create group");

    let founded = |command: &Command| {
        matches!(command, Command::CreateGroup { name, members }
            if name == "Herons" && members == &[MAYA])
    };
    assert!(window.node.commands.iter().any(founded));
    assert!(window.has("Message to Herons") && window.has("Herons, 2 members"));
}

#[test]
fn a_refused_group_loses_nothing_that_was_typed() {
    let mut window = Window::open(MadeUp::default());
    window.click("New");
    window.click("New group");
    window.write("Herons");
    window.click("Maya Lindqvist");
    window.node.refuse = Some("The keys of this person are not here yet.");

    window.click("Create group");
    assert!(window.has("The keys of this person are not here yet."));
    assert_eq!(window.node("Name of the group").value(), Some("Herons"));
    assert!(window.has("Do not add Maya Lindqvist"));
    window.node.refuse = None;
    window.click("Create group");

    assert!(window.has("Message to Herons"));
}

#[test]
fn contacts_can_be_searched_by_name_and_chosen_by_keyboard() {
    let mut node = MadeUp::default();
    node.contacts.push(contact(CAROL, "Carol"));
    let mut window = Window::open(node);
    window.click("New");
    window.click("New group");

    window.click("Search contacts");
    window.write("car");
    assert!(window.has("Carol") && !window.has("Maya Lindqvist"));
    window.press(Modifiers::NONE, Key::Tab);
    assert!(window.is_focused("Carol"));
    window.press(Modifiers::NONE, Key::Space);

    assert!(window.has("Do not add Carol"));
}

#[test]
fn a_contact_who_was_only_asked_cannot_be_chosen() {
    let mut node = MadeUp::default();
    node.contacts[0].request = Some(RequestState::Outgoing);
    let mut window = Window::open(node);

    window.click("New");
    window.click("New group");

    assert!(window.has_starting("No contacts to add."));
}

#[test]
fn authors_are_named_and_lines_of_the_programs_own_stand_apart() {
    let window = Window::with_herons(MadeUp::with_group());

    for wanted in [
        "Maya Lindqvist added you",
        "Ben Okafor, 14:30",
        "Maya Lindqvist, 14:31",
        "You, 14:32, waiting to be sent",
    ] {
        assert!(window.has(wanted), "{wanted}: {:#?}", window.names());
    }
    let text = |wanted: &str| {
        let mut nodes = window.nodes().iter();
        bounds(nodes.rfind(|node| name(node) == Some(wanted)).unwrap())
    };
    let (system, said) = (text("Maya Lindqvist added you"), text("I do"));
    assert!(system.center().x > said.center().x + 100.0, "in the middle");
}

#[test]
fn a_message_that_reaches_people_who_were_removed_says_so() {
    let mut node = MadeUp::with_group();
    let mut theirs = incoming(GROUP, 1001, "Is Carol there?");
    theirs.reaches_removed = true;
    let mut mine = outgoing(GROUP, 1002, "Still here");
    mine.reaches_removed = true;
    node.messages.insert(GROUP, vec![theirs, mine]);

    let window = Window::with_herons(node);

    for author in ["its author", "you"] {
        let words =
            format!("Sent before {author} knew who had left: people who were removed can read it.");
        assert!(window.has(&words), "{:#?}", window.names());
    }
}

#[test]
fn what_is_missing_or_kept_back_is_said_above_the_messages() {
    let mut node = MadeUp::with_group();
    node.row().complete = false;
    let info = node.group();
    info.missing = vec![Missing {
        person_id: MAYA,
        count: 1,
        available: true,
    }];
    info.after_removal = vec![Missing {
        person_id: CAROL,
        count: 2,
        available: false,
    }];
    info.forked = vec![BEN, ME];

    let mut window = Window::with_herons(node);

    assert!(window.has("1 message from Maya Lindqvist is missing. It is being fetched."));
    assert!(window.has("2 messages from Carol arrived after removal and are not shown."));
    assert!(window.has_starting("A device of Ben Okafor was copied or set back"));
    assert!(window.has_starting("Your device was copied or set back"));
    let mut node = MadeUp::with_group();
    node.row().complete = false;
    node.group().missing = vec![Missing {
        person_id: MAYA,
        count: 3,
        available: false,
    }];
    let nobody = Window::with_herons(node);
    assert!(nobody.has(
        "3 messages from Maya Lindqvist are missing. They come when Maya Lindqvist, or somebody else \
         who has them, is online."
    ));
    window.click("Group info");
    let ben = "Ben Okafor, Member · a device was copied or set back";
    assert!(window.has(ben), "{:#?}", window.names());
}

#[test]
fn an_invitation_waits_in_the_list_and_can_be_accepted() {
    for from_list in [true, false] {
        let mut node = MadeUp::with_group();
        node.row().request = Some(RequestState::Incoming);
        node.group().place = Place::Invited;
        let mut window = Window::open(node);
        assert!(window.has("Herons, You are invited"));

        if from_list {
            window.click("Accept: Herons");
        } else {
            window.click("Herons, You are invited");
            assert!(window.has_starting(
                "You are invited to “Herons”, with Maya Lindqvist, Ben Okafor, Carol."
            ));
            assert!(!window.has("Message to Herons"));
            window.click("Accept");
        }

        let joined = |c: &Command| matches!(c, Command::JoinGroup { chat_id: GROUP });
        assert!(window.node.commands.iter().any(joined));
        let read = |c: &Command| matches!(c, Command::ReadMessages { .. });
        assert!(
            !window.node.commands.iter().any(read),
            "nobody learns of it"
        );
        window.node.row().request = None;
        window.node.group().place = Place::Member;
        window.event(Event::Chat {
            chat_id: GROUP,
            what: ChatChange::Members,
        });
        assert!(!window.has("Herons, You are invited"));
    }
}

#[test]
fn an_invitation_can_be_declined() {
    let mut node = MadeUp::with_group();
    node.row().request = Some(RequestState::Incoming);
    node.group().place = Place::Invited;
    let mut window = Window::open(node);

    window.click("Decline: Herons");

    let left = |c: &Command| matches!(c, Command::LeaveGroup { chat_id: GROUP });
    assert!(window.node.commands.iter().any(left));
    window.node.row().request = None;
    window.node.group().place = Place::Gone;
    window.event(Event::Chat {
        chat_id: GROUP,
        what: ChatChange::Members,
    });
    assert!(
        !window.has_starting("Herons"),
        "it does not stay in the list"
    );
}

#[test]
fn an_invitation_says_who_invites() {
    let mut node = MadeUp::with_group();
    node.row().request = Some(RequestState::Incoming);
    node.group().place = Place::Invited;
    node.group().invited_by = Some(CAROL);
    let mut window = Window::open(node);

    window.click("Herons, Carol invites you");

    let words = "Carol invites you to “Herons”, with Maya Lindqvist, Ben Okafor. If";
    assert!(window.has_starting(words), "{:#?}", window.names());
}

#[test]
fn a_group_that_was_declined_earlier_stays_out_of_the_list() {
    let mut node = MadeUp::with_group();
    node.group().place = Place::Gone;
    node.row().last = Some(system(GROUP, 999, "Carol added you"));

    let window = Window::open(node);

    assert!(window.has_starting("Maya Lindqvist, ") && !window.has_starting("Herons"));
}

#[test]
fn what_was_said_before_i_came_says_who_gave_it_and_is_not_unread() {
    let mut window = Window::open(MadeUp::with_group());
    let mut given = incoming(GROUP, 1001, "Boats are in the shed");
    given.sender = CAROL;
    given.given_by = Some(MAYA);
    let said = window.node.messages.get_mut(&GROUP).unwrap();
    said.insert(0, given.clone());

    window.event(Event::Message(Box::new(given)));

    assert!(window.has("Herons, Thank you, waiting to be sent, 14:32"));
    window.click_starting("Herons, ");
    assert!(window.has("Above is what was said before you joined"));
    window.right_click("Boats are in the shed");
    window.click("Message info");
    let words = "From the history that Maya Lindqvist gave you";
    assert!(window.has(words), "{:#?}", window.names());
}

#[test]
fn whoever_has_left_still_has_a_name() {
    let mut node = MadeUp::with_group();
    let dan = PersonId([44; 32]);
    let mut said = incoming(GROUP, 1000, "bye then");
    said.sender = dan;
    node.messages.insert(GROUP, vec![said]);
    node.group().former = vec![Former {
        person_id: dan,
        name: "Dan".into(),
        avatar: 3,
    }];

    let window = Window::with_herons(node);

    assert!(window.has("Dan, 14:32"), "{:#?}", window.names());
}

#[test]
fn the_head_says_how_many_are_here_and_that_messages_disappear() {
    let mut node = MadeUp::with_group();
    node.row().disappear_after_s = 60;

    let window = Window::with_herons(node);

    let head = "Herons, messages disappear, 4 members · 1 online";
    assert!(window.has(head), "{:#?}", window.names());
}

#[test]
fn whoever_is_no_longer_in_a_group_reads_but_does_not_write() {
    let mut node = MadeUp::with_group();
    node.group().place = Place::Gone;
    let mut window = Window::open(node);

    window.click_starting("Herons, You are no longer in this group");
    assert!(window.has("I do") && !window.has("Message to Herons"));
    assert!(window.has_starting("You are no longer in this group. What was said"));
    window.click("Delete chat");
    window.click("Delete");

    let deleted = |c: &Command| matches!(c, Command::DeleteChat { chat_id: GROUP });
    assert!(window.node.commands.iter().any(deleted));
    assert!(!window.has_starting("Herons, "), "gone from the list");
    assert!(!window.has("I do"));
}

#[test]
fn a_chat_that_is_deleted_elsewhere_does_not_stay_open() {
    let mut window = Window::with_herons(MadeUp::with_group());
    window.node.chats.retain(|row| row.chat_id != GROUP);

    window.event(Event::Chat {
        chat_id: GROUP,
        what: ChatChange::Deleted,
    });

    assert!(!window.has_starting("Herons, ") && !window.has("I do"));
}

#[test]
fn the_ticks_tell_who_has_a_message() {
    let mut node = MadeUp::with_group();
    let receipt = |person_id, state, at| PersonReceipt {
        person_id,
        state,
        at,
        held_by: 0,
    };
    node.receipts = vec![
        receipt(CAROL, ReceiptState::Queued, None),
        receipt(BEN, ReceiptState::Delivered, Some(NOW)),
        receipt(MAYA, ReceiptState::Read, Some(Timestamp(NOW.0 - 60_000))),
    ];
    let mut window = Window::with_herons(node);

    window.click("Who has it: waiting to be sent");

    for wanted in [
        "Maya Lindqvist: Read, 14:31",
        "Ben Okafor: On their device, 14:32",
        "Carol: Waits on this device",
    ] {
        assert!(window.has(wanted), "{wanted}: {:#?}", window.names());
    }
    window.node.receipts[0].state = ReceiptState::Delivered;
    window.event(Event::Status {
        message_id: crate::gui::sample::id(1000),
        person_id: CAROL,
        state: crate::node::DeliveryState::Delivered,
    });
    assert!(window.has("Carol: On their device"), "it follows");
}

#[test]
fn in_a_narrow_window_a_group_leads_to_its_people_and_back() {
    let mut window = Window::open_with(MadeUp::with_group(), vec2(440.0, 700.0));
    window.click_starting("Herons, ");
    assert!(window.has("Message to Herons") && !window.has("Search chats and messages"));

    window.click("Group info");
    assert!(window.has("Leave group") && !window.has("Message to Herons"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.has("Message to Herons"));
    window.click("Back");

    assert!(window.has("Search chats and messages"));
}

#[test]
fn i_am_no_stranger_among_the_people_of_an_invitation() {
    let mut node = MadeUp::with_group();
    node.row().request = Some(RequestState::Incoming);
    node.group().place = Place::Invited;
    node.group().members.retain(|member| member.person_id != ME);
    let mut window = Window::open(node);

    window.click("Herons, You are invited");

    assert!(window.has_starting("You are invited to “Herons”, with Maya Lindqvist, Ben Okafor"));
}
