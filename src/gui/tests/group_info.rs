//! Who is in a group, and what one may do there.

use egui::{Pos2, Rect, vec2};

use super::bed::{CAROL, GROUP, MadeUp, Window, bounds};
use crate::{
    gui::sample::{BEN, MAYA, ME, contact, member},
    node::{
        ChatChange, Command, GroupRole, History, PersonId,
        view::{Event, Place, Role},
    },
};

const DAN: PersonId = PersonId([5; 32]);

/// The people of the group, of which I am the owner, an admin, or a plain member.
fn group(as_what: &str) -> MadeUp {
    let mut node = MadeUp::with_group();
    node.contacts[0].verified = true;
    for member in &mut node.group().members {
        let is_me = member.person_id == ME;
        member.owner = if as_what == "owner" {
            is_me
        } else {
            member.person_id == MAYA
        };
        let is_admin = member.owner || is_me && as_what == "admin";
        member.role = if is_admin { Role::Admin } else { Role::Member };
    }
    node
}

fn panel(node: MadeUp) -> Window {
    let mut window = Window::with_herons(node);
    window.click("Group info");
    window
}

fn did(window: &Window, wanted: impl Fn(&Command) -> bool) -> bool {
    window.node.commands.iter().any(wanted)
}

#[test]
fn people_stand_with_what_they_are() {
    let window = panel(group("plain"));

    for wanted in [
        "Maya Lindqvist, verified, Owner",
        "You, Member",
        "Ben Okafor, Member · not a contact, on this network",
        "Carol, Member · not a contact",
        "4 members",
    ] {
        assert!(window.has(wanted), "{wanted}: {:#?}", window.names());
    }
}

#[test]
fn what_one_may_not_do_is_not_there() {
    for as_what in ["owner", "admin", "plain"] {
        let window = panel(group(as_what));
        let rules = as_what != "plain";

        assert_eq!(window.has("Add people"), rules, "{as_what}");
        assert_eq!(window.has("Change name and topic"), rules, "{as_what}");
        assert_eq!(window.has("Who adds people: Everybody"), rules, "{as_what}");
        let carol = "What can be done with Carol";
        assert_eq!(window.has(carol), rules, "{as_what}");
        assert!(window.has("Leave group") && window.has("Delete chat"));
    }
    let mut node = group("plain");
    node.group().members_may_add = true;
    let window = panel(node);
    assert!(window.has("Add people") && !window.has("Change name and topic"));
}

#[test]
fn a_member_is_made_an_admin_by_the_owner_only() {
    let mut window = panel(group("admin"));
    window.click("What can be done with Carol");
    assert!(window.has("Remove from group") && !window.has("Make admin"));

    let mut window = panel(group("owner"));
    window.click("What can be done with Carol");
    window.click("Make admin");

    let made = |command: &Command| {
        matches!(
            command,
            Command::SetRole {
                person_id: CAROL,
                role: GroupRole::Admin,
                ..
            }
        )
    };
    assert!(did(&window, made));
}

#[test]
fn a_long_name_does_not_stand_out_of_a_dialog() {
    let mut node = group("owner");
    let name = "Carolina Wilhelmina von und zu Oberschwarzenbach-Niederlanden";
    node.group().members[3].name = name.into();
    node.row().name = "Herons, ducks and everybody else who lives beside the long lake".into();
    let mut window = panel(node);
    window.click(&format!("What can be done with {name}"));
    window.click("Remove from group");

    let place = bounds(window.node("Cancel"));
    let starts = |node: &&egui::accesskit::Node| {
        super::bed::name(node).is_some_and(|name| name.starts_with("Remove Carolina"))
    };
    let head = bounds(window.nodes().iter().find(starts).unwrap());
    assert!(head.height() > 180.0, "two lines of it: {head}");
    assert!(head.max.y < place.min.y);
}

#[test]
fn somebody_is_removed_after_a_question() {
    let mut window = panel(group("owner"));

    window.click("What can be done with Carol");
    window.click("Remove from group");
    assert!(window.has_starting("Remove Carol from Herons?"));
    let removed = |c: &Command| {
        matches!(
            c,
            Command::RemoveMember {
                person_id: CAROL,
                ..
            }
        )
    };
    assert!(!did(&window, removed));
    window.click("Remove");

    assert!(did(&window, removed));
    assert!(!window.has_starting("Remove Carol from Herons?"));
}

#[test]
fn a_refusal_is_said() {
    let mut window = panel(group("owner"));
    window.node.refuse = Some("The rules of this group do not let you do that.");

    window.click("What can be done with Carol");
    window.click("Make admin");

    assert!(window.has("The rules of this group do not let you do that."));
}

#[test]
fn a_member_nearby_can_become_a_contact_and_a_contact_is_talked_to() {
    let mut window = panel(group("plain"));
    window.click("What can be done with Ben Okafor");
    window.click("Add as contact");
    let greeted = |c: &Command| {
        matches!(
            c,
            Command::AddContact {
                person_id: Some(BEN),
                ..
            }
        )
    };
    assert!(did(&window, greeted));

    let mut window = panel(group("plain"));
    window.click("What can be done with Maya Lindqvist");
    assert!(window.has("Verify safety number"));
    window.click("Write a message");
    assert!(window.has("Message to Maya Lindqvist"));
}

#[test]
fn people_are_added_and_only_those_refused_are_left() {
    let mut node = group("owner");
    node.contacts.push(contact(CAROL, "Carol"));
    node.contacts.push(contact(DAN, "Dan"));
    let mut window = panel(node);
    window.click("Add people");
    assert!(
        window.has("Dan") && !window.has("Carol"),
        "who is in it is not offered"
    );

    window.click("Dan");
    window.node.refuse = Some("Try again when they have been online.");
    window.click("Add");
    assert!(window.has("Try again when they have been online."));
    assert!(window.has("Do not add Dan"));
    window.node.refuse = None;
    window.node.group().members.push(member(DAN, "Dan"));
    window.click("Add");

    assert!(did(&window, |c| matches!(
        c,
        Command::AddMember { person_id: DAN, .. }
    )));
    assert!(!window.has("Search contacts"), "the dialog closed");
    assert!(window.has("Dan, Member"));
}

#[test]
fn who_is_added_gets_what_was_chosen_of_what_was_said_before() {
    for (choice, sentence, wanted) in [
        (None, "They do not get what was said", History::None),
        (
            Some("The last 100"),
            "They get the newest 100 messages from your device",
            History::Last(100),
        ),
        (
            Some("All of it"),
            "They get all from your device, up to 10,000 messages",
            History::All,
        ),
    ] {
        let mut node = group("owner");
        node.contacts.push(contact(DAN, "Dan"));
        let mut window = panel(node);
        window.click("Add people");
        window.click("Dan");

        if let Some(choice) = choice {
            window.click(&format!("What was said before: {choice}"));
        }
        assert!(window.has_starting(sentence), "{:#?}", window.names());
        window.click("Add");

        let given =
            |c: &Command| matches!(c, Command::AddMember { history, .. } if *history == wanted);
        assert!(did(&window, given), "{choice:?}");
    }
}

#[test]
fn the_choice_is_nothing_again_for_the_next() {
    let mut node = group("owner");
    node.contacts.push(contact(DAN, "Dan"));
    let mut window = panel(node);
    window.click("Add people");
    window.click("What was said before: All of it");
    window.click("Close");

    window.click("Add people");

    assert!(window.has("They do not get what was said before."));
}

#[test]
fn in_the_smallest_window_all_of_the_dialog_can_be_reached() {
    let mut node = group("owner");
    for (number, name) in [(5, "Dan"), (6, "Eve"), (7, "Finn"), (8, "Gro"), (9, "Hal")] {
        node.contacts.push(contact(PersonId([number; 32]), name));
    }
    let mut window = Window::open_with(node, vec2(760.0, 520.0));
    window.click_starting("Herons, ");
    window.click("Group info");
    window.click("Add people");
    window.click("Dan");
    window.node.refuse = Some("Try again when they have been online.");
    window.click("Add");

    let whole = Rect::from_min_size(Pos2::ZERO, vec2(760.0, 520.0));
    for wanted in ["Close", "Add", "What was said before: All of it"] {
        let place = bounds(window.node(wanted));
        assert!(whole.contains_rect(place), "{wanted} at {place}");
    }
}

#[test]
fn name_and_topic_are_changed_only_where_they_differ() {
    let mut window = panel(group("admin"));
    window.click("Change name and topic");
    assert_eq!(window.node("Name of the group").value(), Some("Herons"));

    window.click("What the group is for");
    window.write("Birds by the lake");
    window.click("Save");

    let commands = window.node.commands.iter();
    let set: Vec<_> = commands
        .filter_map(|command| match command {
            Command::SetChat { name, topic, .. } => Some((name.clone(), topic.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(set, [(None, Some("Birds by the lake".to_owned()))]);
}

#[test]
fn who_may_add_people_is_chosen_by_admins() {
    let mut window = panel(group("admin"));

    window.click("Who adds people: Everybody");

    let may = |c: &Command| {
        matches!(
            c,
            Command::SetChat {
                members_may_add: Some(true),
                ..
            }
        )
    };
    assert!(did(&window, may));
}

#[test]
fn leaving_says_what_it_means_and_then_leaves() {
    let mut window = panel(group("plain"));

    window.click("Leave group");
    assert!(window.has_starting("Leave Herons?. Nothing new reaches you"));
    window.click("Cancel");
    let left = |c: &Command| matches!(c, Command::LeaveGroup { chat_id: GROUP });
    assert!(!did(&window, left));
    window.click("Leave group");
    window.click("Leave");
    assert!(did(&window, left));
    window.node.group().place = Place::Gone;
    window.event(Event::Chat {
        chat_id: GROUP,
        what: ChatChange::Members,
    });

    assert!(!window.has("Leave group") && !window.has("Add people"));
    assert!(window.has("You are no longer in this group"));
}

#[test]
fn muting_and_pinning_is_mine_alone() {
    let mut window = panel(group("plain"));

    window.click("Mute");
    window.click("Pin");

    let set = |wanted: (Option<bool>, Option<bool>)| {
        move |c: &Command| {
            matches!(c, Command::SetChat { muted, pinned, name: None, topic: None, .. }
                if (*muted, *pinned) == wanted)
        }
    };
    assert!(did(&window, set((Some(true), None))) && did(&window, set((None, Some(true)))));
}
