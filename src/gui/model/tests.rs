use super::{
    nav::{Pane, Place},
    *,
};
use crate::{
    gui::{
        action::Action,
        bridge::Update,
        sample::{BEN, MAYA, ME, NOW, chat, contact, id, incoming, me, near, outgoing},
    },
    node::{
        ChatChange, Command, CommandError, DeliveryState, ErrorKind, Reply, WarningKind,
        view::{Answer, Event, RequestState},
    },
};

const CHAT: ChatId = ChatId([2; 32]);

/// A model whose node runs: Maya is a contact with a chat, Ben a stranger nearby.
fn open() -> Model {
    let mut model = Model::default();
    model.receive(Update::Started, NOW);
    for _ in 0..4 {
        answer_all(&mut model);
    }
    model
}

fn answer_all(model: &mut Model) {
    for request in model.take_requests() {
        if let Request::Query(ticket, query) = request {
            let answer = match query {
                Query::NodeInfo => Answer::Node(Box::new(me())),
                Query::Settings => Answer::Settings(Settings::default()),
                Query::Nearby => Answer::Nearby(vec![near(BEN, "Ben")]),
                Query::Contacts => Answer::Contacts(vec![contact(MAYA, "Maya")]),
                Query::Chats => Answer::Chats(vec![chat(MAYA, "Maya")]),
                Query::Messages(_) => {
                    Answer::Messages(vec![incoming(CHAT, 0, "hello"), outgoing(CHAT, 1, "hi")])
                }
                Query::Chat { .. } => Answer::Done {},
                other => panic!("{other:?}"),
            };
            model.receive(Update::Answer(ticket, Ok(answer)), NOW);
        }
    }
}

fn commands(model: &mut Model) -> Vec<(Ticket, Command)> {
    let requests = model.take_requests().into_iter();
    let commands = requests.filter_map(|request| match request {
        Request::Command(ticket, command) => Some((ticket, command)),
        _ => None,
    });
    commands.collect()
}

fn queries(model: &mut Model) -> Vec<Query> {
    let requests = model.take_requests().into_iter();
    let queries = requests.filter_map(|request| match request {
        Request::Query(_, query) => Some(query),
        _ => None,
    });
    queries.collect()
}

fn event(model: &mut Model, event: Event) {
    model.receive(Update::Event(event), NOW);
}

fn said(text: String) -> Action {
    Action::Send {
        chat: CHAT,
        text,
        mentions: Vec::new(),
    }
}

#[test]
fn a_node_that_runs_is_asked_for_everything_that_is_shown() {
    let model = open();

    assert_eq!(model.stage, Stage::Open);
    assert_eq!(model.me.person_id, Some(ME));
    assert_eq!(model.chats.len(), 1);
    assert_eq!(model.known().len(), 1);
    assert_eq!(model.strangers().len(), 1);
}

#[test]
fn a_question_is_not_asked_again_while_it_is_under_way_and_then_once() {
    let mut model = open();
    let changed = Event::Chat {
        chat_id: CHAT,
        what: ChatChange::Unread,
    };
    for _ in 0..100 {
        event(&mut model, changed.clone());
    }
    let requests = model.take_requests();
    assert_eq!(requests.len(), 1);

    let Some(Request::Query(ticket, Query::Chats)) = requests.into_iter().next() else {
        panic!("no question")
    };
    let chats = Answer::Chats(vec![chat(MAYA, "Maya")]);
    model.receive(Update::Answer(ticket, Ok(chats)), NOW);

    assert_eq!(queries(&mut model), [Query::Chats]);
}

#[test]
fn a_locked_profile_asks_for_its_passphrase_and_nothing_else() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    model.take_requests();

    let locked = NodeInfo {
        locked: true,
        protected: true,
        ..NodeInfo::default()
    };
    event(&mut model, Event::Node(Box::new(locked)));

    assert_eq!(model.stage, Stage::Locked);
    assert!(model.chats.is_empty() && model.timeline.is_none() && model.contacts.is_empty());
    assert_eq!(model.nav.pane(), Pane::Empty);
    assert!(model.me.protected);
}

#[test]
fn a_wrong_passphrase_says_so_and_the_right_one_opens() {
    let mut model = Model::default();
    let locked = NodeInfo {
        locked: true,
        ..NodeInfo::default()
    };
    event(&mut model, Event::Node(Box::new(locked)));
    model.perform(Action::Unlock("wrong".to_owned().into()), NOW);
    let requests = model.take_requests();
    let Some(Request::Node(ticket, _)) = requests.into_iter().next() else {
        panic!("not tried")
    };

    let error = CommandError::new(ErrorKind::Forbidden, "That is not it.");
    model.receive(Update::Answer(ticket, Err(error)), NOW);
    assert_eq!(model.unlock_failed.as_deref(), Some("That is not it."));
    assert!(!model.unlocking);

    event(&mut model, Event::Node(Box::new(me())));
    assert_eq!(model.stage, Stage::Open);
    assert_eq!(model.unlock_failed, None);
}

#[test]
fn my_message_shows_at_once_and_is_replaced_by_the_stored_one() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    answer_all(&mut model);
    let text = "on my way".to_owned();

    model.perform(said(text), NOW);
    let timeline = model.timeline.as_ref().unwrap();
    assert_eq!(timeline.pending()[0].text, "on my way");
    let (ticket, command) = commands(&mut model).pop().unwrap();
    assert!(matches!(command, Command::SendMessage { .. }));

    let sent = Reply::Sent {
        message_id: id(2),
        sent_at: NOW,
    };
    model.receive(Update::Reply(ticket, Ok(sent)), NOW);
    event(
        &mut model,
        Event::Message(Box::new(outgoing(CHAT, 2, "on my way"))),
    );

    let timeline = model.timeline.as_ref().unwrap();
    assert!(timeline.pending().is_empty());
    assert_eq!(timeline.messages().len(), 3);
    assert_eq!(model.chats[0].last.as_ref().unwrap().text, "on my way");
    assert_eq!(model.chats[0].unread, 0);
}

#[test]
fn a_message_that_is_refused_stays_and_says_why_and_can_be_said_again() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    answer_all(&mut model);
    let text = "on my way".to_owned();
    model.perform(said(text), NOW);
    let (ticket, _) = commands(&mut model).pop().unwrap();

    let error = CommandError::new(ErrorKind::Storage, "The disk is full.");
    model.receive(Update::Reply(ticket, Err(error)), NOW);
    let pending = &model.timeline.as_ref().unwrap().pending()[0];
    assert_eq!(pending.failed.as_deref(), Some("The disk is full."));

    let number = pending.number;
    model.perform(Action::Retry { number }, NOW);
    assert_eq!(commands(&mut model).len(), 1);
    assert_eq!(model.timeline.as_ref().unwrap().pending()[0].failed, None);
}

#[test]
fn an_incoming_message_counts_as_unread_until_it_was_seen() {
    let mut model = open();
    event(
        &mut model,
        Event::Message(Box::new(incoming(CHAT, 2, "are you there?"))),
    );
    assert_eq!(model.chats[0].unread, 1);
    assert_eq!(model.unread(), 1);

    model.perform(Action::OpenChat(CHAT), NOW);
    model.take_requests();
    model.perform(Action::Seen(id(2)), NOW);
    model.perform(Action::Seen(id(2)), NOW);

    assert_eq!(model.chats[0].unread, 0);
    let told = commands(&mut model);
    assert_eq!(told.len(), 1, "told once");
    assert!(matches!(told[0].1, Command::ReadMessages { up_to, .. } if up_to == id(2)));
}

#[test]
fn a_request_is_silent_and_not_marked_as_read() {
    let mut model = open();
    model.chats[0].request = Some(RequestState::Incoming);
    event(
        &mut model,
        Event::Message(Box::new(incoming(CHAT, 2, "hi, it is me"))),
    );
    assert_eq!(model.unread(), 0);

    model.perform(Action::OpenChat(CHAT), NOW);
    model.take_requests();
    model.perform(Action::Seen(id(2)), NOW);

    assert!(commands(&mut model).is_empty());
}

#[test]
fn states_come_further_in_the_chat_and_in_the_list() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    answer_all(&mut model);
    event(
        &mut model,
        Event::Message(Box::new(outgoing(CHAT, 2, "mine"))),
    );

    event(
        &mut model,
        Event::Status {
            message_id: id(2),
            person_id: MAYA,
            state: DeliveryState::Delivered,
        },
    );

    let last = model.timeline.as_ref().unwrap().messages().back().unwrap();
    assert_eq!(last.state, DeliveryState::Delivered);
    assert_eq!(
        model.chats[0].last.as_ref().unwrap().state,
        DeliveryState::Delivered
    );
}

#[test]
fn greeting_somebody_nearby_asks_for_contact_and_opens_the_chat() {
    let mut model = open();
    model.perform(Action::Greet(BEN), NOW);
    let (ticket, command) = commands(&mut model).pop().unwrap();
    assert!(matches!(
        command,
        Command::AddContact {
            person_id: Some(BEN),
            ..
        }
    ));

    model.receive(
        Update::Reply(ticket, Ok(Reply::Person { person_id: BEN })),
        NOW,
    );
    let (ticket, command) = commands(&mut model).pop().unwrap();
    assert!(matches!(
        command,
        Command::OpenDirectChat { person_id: BEN }
    ));
    let chat_id = ChatId([3; 32]);
    model.receive(Update::Reply(ticket, Ok(Reply::Chat { chat_id })), NOW);

    assert_eq!(model.nav.pane(), Pane::Chat(chat_id));
    assert!(model.timeline.as_ref().is_some_and(Timeline::is_opening));
}

#[test]
fn blocking_somebody_closes_what_is_open_of_them() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    model.perform(Action::Block(MAYA), NOW);

    assert_eq!(model.nav.pane(), Pane::Empty);
    assert!(model.timeline.is_none());
}

#[test]
fn the_chats_above_and_below_are_one_key_away() {
    let mut model = open();
    model.chats = vec![chat(MAYA, "Maya"), chat(BEN, "Ben")];
    model.perform(Action::NextChat { up: false }, NOW);
    assert_eq!(model.nav.chat(), Some(CHAT));
    model.perform(Action::NextChat { up: false }, NOW);
    assert_eq!(model.nav.chat(), Some(ChatId([3; 32])));
    model.perform(Action::NextChat { up: false }, NOW);
    assert_eq!(model.nav.chat(), Some(ChatId([3; 32])));

    model.perform(Action::NextChat { up: true }, NOW);

    assert_eq!(model.nav.chat(), Some(CHAT));
}

#[test]
fn a_refused_setting_is_asked_for_again_and_said() {
    let mut model = open();
    let change = crate::node::SettingsChange {
        typing: Some(false),
        ..Default::default()
    };
    model.perform(Action::Set(change), NOW);
    assert!(!model.settings.typing, "at once");
    let (ticket, _) = commands(&mut model).pop().unwrap();

    let error = CommandError::new(ErrorKind::Storage, "The disk is full.");
    model.receive(Update::Reply(ticket, Err(error)), NOW);

    assert!(queries(&mut model).contains(&Query::Settings));
    assert!(model.toasts[0].failed);
}

#[test]
fn toasts_go_and_a_copied_secret_leaves_the_clipboard() {
    let mut model = open();
    model.perform(Action::CopySecret("words".to_owned().into()), NOW);
    assert_eq!(model.clipboard.take().unwrap().as_str(), "words");
    assert_eq!(model.toasts.len(), 1);

    model.tick(model.next_tick().unwrap());
    assert!(model.toasts.is_empty());
    assert!(model.clipboard.is_none());
    model.tick(model.next_tick().unwrap());

    assert_eq!(model.clipboard.take().unwrap().as_str(), "");
    assert_eq!(model.next_tick(), None);
}

#[test]
fn a_full_disk_is_a_notice_with_a_next_step() {
    let mut model = open();
    event(
        &mut model,
        Event::Warning {
            kind: WarningKind::Storage,
            text: "The disk is nearly full.".into(),
        },
    );

    let notice = model.notices[0].clone();
    assert_eq!(notice.text, "The disk is nearly full.");
    assert!(!notice.next.is_empty());
    model.perform(Action::DismissNotice, NOW);
    assert_eq!(model.notices, []);
}

#[test]
fn missed_events_make_the_window_ask_again() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    answer_all(&mut model);

    event(&mut model, Event::Missed { count: 9 });

    let asked = queries(&mut model);
    assert!(asked.contains(&Query::Chats));
    assert!(
        asked
            .iter()
            .any(|query| matches!(query, Query::Messages(_)))
    );
}

#[test]
fn settings_stand_beside_the_chats_and_lead_back() {
    let mut model = open();
    model.perform(Action::OpenChat(CHAT), NOW);
    answer_all(&mut model);

    model.perform(Action::Go(Place::Settings), NOW);
    assert_eq!(model.nav.pane(), Pane::Settings);
    assert!(model.timeline.is_some(), "the chat stays as it was");
    model.perform(Action::Back, NOW);

    assert_eq!(model.nav.pane(), Pane::Chat(CHAT));
}
