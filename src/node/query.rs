//! Answers questions, from the engine's state and the store.
//!
//! In two halves: what the engine knows is taken between two of its steps, and what the store knows
//! is read afterwards, on another thread, while the engine goes on.

use super::{
    ChatId, CommandError, ErrorKind, MessageId, PersonId, search,
    show::{self, Names, People},
    view::{
        Answer, ChatInfo, ChatKind, ChatSummary, ContentsOf, Former, Member, Missing, PageOf,
        PersonReceipt, Place, Query, ReceiptState, RequestState, Role, Safety,
    },
};
use crate::{
    proto::{
        chat::{acts::TOMBSTONE, group::Place as Standing, membership::Role as GroupRole},
        engine::{
            Asked, Engine,
            state::{ChatState, GroupMember, GroupStanding, MissingFrom},
        },
        id::DeviceId,
        qr,
        record::{MessageRow, PageBounds, ReceiptTimes, Stored},
        safety::SafetyNumber,
        text,
    },
    store::{Store, StoreError, search::Search},
    wire::limits,
};

/// A question with what the engine knows about it.
pub(super) enum Question {
    /// The engine knows all of it.
    Answered(Result<Answer, CommandError>),
    /// `chat.list`
    Chats(Vec<ChatSummary>, People),
    /// `message.list`, of a chat that exists.
    Messages(PageOf, People),
    /// `message.get`
    Message(MessageId, People),
    /// `message.history`
    History(MessageId, People),
    /// `chat.info`, with pinned messages that may not be here.
    Chat(Box<ChatInfo>),
    /// `message.receipts`
    Receipts(MessageId, People),
    /// `file.list`
    Files,
    /// `file.contents`
    Contents(ContentsOf),
    /// `contact.safety`
    Safety(SafetyNumber),
    /// `search`
    Search(Box<search::Wanted>, People),
    SearchState,
}

/// The first half. `Query::NodeInfo` is the node's own and not asked here.
pub(super) fn ask(engine: &Engine, query: Query) -> Question {
    match query {
        Query::NodeInfo => Question::Answered(Ok(Answer::Done {})),
        Query::Settings => Question::Answered(Ok(Answer::Settings(engine.settings()))),
        Query::Nearby => Question::Answered(Ok(Answer::Nearby(show::nearby(engine)))),
        Query::Contacts => Question::Answered(Ok(Answer::Contacts(show::contacts(engine)))),
        Query::Safety { person_id } => match safety(engine, &person_id) {
            Ok(number) => Question::Safety(number),
            Err(refusal) => Question::Answered(Err(refusal)),
        },
        Query::Chats => {
            let names = Names::of(engine);
            let direct = engine.chats().into_iter();
            let direct = direct.map(|chat| summary(engine, &names, &chat));
            let groups = engine
                .groups()
                .into_iter()
                .map(|group| group_summary(&group));
            let chats = direct.chain(groups).collect();
            Question::Chats(chats, People::of(engine))
        }
        Query::Chat { chat_id } => match chat_info(engine, &chat_id) {
            Ok(chat) => Question::Chat(Box::new(chat)),
            Err(refusal) => Question::Answered(Err(refusal)),
        },
        Query::Messages(page) if engine.has_chat(&page.chat_id) => {
            let people = People::of_chat(engine, page.chat_id);
            Question::Messages(page, people)
        }
        Query::Messages(_) => Question::Answered(Err(no_chat())),
        Query::Message { message_id } => Question::Message(message_id, People::of(engine)),
        Query::History { message_id } => Question::History(message_id, People::of(engine)),
        Query::Files => Question::Files,
        Query::Contents(part) => Question::Contents(part),
        Query::Receipts { message_id } => Question::Receipts(message_id, People::of(engine)),
        Query::SearchState => Question::SearchState,
        Query::Search(looked_for) => match search::wanted(engine, &looked_for) {
            Ok(wanted) => Question::Search(Box::new(wanted), People::of(engine)),
            Err(refusal) => Question::Answered(Err(refusal)),
        },
    }
}

impl Question {
    /// The second half. It reads the disk.
    pub(super) fn answer(self, store: &Store, search: &Search) -> Result<Answer, CommandError> {
        match self {
            Self::Answered(answer) => answer,
            Self::Chats(rows, people) => chats(store, rows, &people),
            Self::Messages(page, people) => messages(store, &page, &people),
            Self::Chat(mut chat) => {
                let mut here = Vec::new();
                for id in std::mem::take(&mut chat.pinned_messages) {
                    let pinned = store.message(&id).map_err(|error| unreadable(&error))?;
                    let shown = pinned.filter(|pinned| {
                        pinned.row.chat == chat.chat_id && pinned.row.content != TOMBSTONE
                    });
                    here.extend(shown.map(|_| id));
                }
                chat.pinned_messages = here;
                Ok(Answer::Chat(chat))
            }
            Self::History(id, people) => {
                let stored = stored(store, &id)?;
                let history = show::history(store, &people, &stored.row);
                Ok(Answer::History(
                    history.map_err(|error| unreadable(&error))?,
                ))
            }
            Self::Message(id, people) => {
                let stored = stored(store, &id)?;
                let message =
                    show::message(store, &people, stored).map_err(|error| unreadable(&error))?;
                Ok(Answer::Message(Box::new(message)))
            }
            Self::Files => {
                let storage = show::storage(store).map_err(|error| unreadable(&error))?;
                Ok(Answer::Files(storage))
            }
            Self::Contents(part) => show::contents(store, &part),
            Self::Receipts(id, people) => receipts(store, &id, &people),
            Self::SearchState => Ok(Answer::SearchState(search.standing().into())),
            Self::Search(wanted, people) => {
                let found = wanted.answer(store, search, &people);
                Ok(Answer::Results(found.map_err(|error| unreadable(&error))?))
            }
            // Thousands of hashes, hence not in the first half.
            Self::Safety(number) => Ok(Answer::Safety(Safety {
                number: number.digits(),
                words: number.groups(),
                qr_svg: qr::svg(&number.qr_bytes()),
            })),
        }
    }
}

fn summary(engine: &Engine, names: &Names, chat: &ChatState) -> ChatSummary {
    ChatSummary {
        chat_id: chat.chat,
        kind: ChatKind::Direct,
        name: names.name(&chat.person),
        person_id: Some(chat.person),
        unread: chat.unread,
        last: None,
        muted: chat.muted,
        pinned: chat.pinned,
        complete: chat.missing == 0,
        missing: chat.missing,
        request: request(engine, &chat.person),
        disappear_after_s: chat.disappear_after_s,
    }
}

fn group_summary(group: &GroupStanding) -> ChatSummary {
    let missing = group.missing.iter().map(|missing| missing.count);
    let missing = missing.fold(0, u32::saturating_add);
    ChatSummary {
        chat_id: group.chat,
        kind: ChatKind::Group,
        name: text::shown_text(&group.name),
        person_id: None,
        unread: group.unread,
        last: None,
        muted: group.muted,
        pinned: group.pinned,
        complete: missing == 0,
        missing,
        request: matches!(group.place, Standing::Invited(_)).then_some(RequestState::Incoming),
        disappear_after_s: group.timer_s,
    }
}

fn group_info(engine: &Engine, group: &GroupStanding) -> ChatInfo {
    let names = Names::of(engine);
    let me = engine.person();
    let strangers = engine.co_members();
    let avatar = |person: &PersonId| {
        let contact = engine.contact(person).map(|known| known.avatar);
        let mut strangers = strangers.iter();
        let stranger = strangers.find(|(stranger, ..)| stranger == person);
        let stranger = stranger.map(|(_, _, avatar)| *avatar);
        contact.or(stranger).unwrap_or_default()
    };
    let is_in = |person: &PersonId| group.members.iter().any(|member| member.person == *person);
    let former = strangers.iter().filter(|(person, ..)| !is_in(person));
    let former = former.map(|(person, _, avatar)| Former {
        person_id: *person,
        name: names.name(person),
        avatar: *avatar,
    });
    let former: Vec<Former> = former.collect();
    let member = |member: &GroupMember| {
        let (name, avatar) = if member.person == me {
            (show::own_name(engine), engine.avatar())
        } else {
            (names.name(&member.person), avatar(&member.person))
        };
        Member {
            person_id: member.person,
            name,
            role: if member.role == GroupRole::Member {
                Role::Member
            } else {
                Role::Admin
            },
            owner: member.role == GroupRole::Owner,
            avatar,
            joined_at: member.joined_at,
        }
    };
    let counted = |by: &[(PersonId, u32)]| {
        let by = by.iter();
        by.map(|(person, count)| Missing {
            person_id: *person,
            count: *count,
            available: false,
        })
        .collect::<Vec<Missing>>()
    };
    let missing_from = |missing: &MissingFrom| Missing {
        person_id: missing.person,
        count: missing.count,
        available: missing.is_here,
    };
    ChatInfo {
        chat_id: group.chat,
        kind: ChatKind::Group,
        name: text::shown_text(&group.name),
        topic: (!group.topic.is_empty()).then(|| text::shown_text(&group.topic)),
        epoch: group.epoch,
        place: match group.place {
            Standing::Member => Place::Member,
            Standing::Invited(_) => Place::Invited,
            Standing::Leaving(_) | Standing::Gone => Place::Gone,
        },
        invited_by: match group.place {
            Standing::Invited(by) => Some(by),
            Standing::Member | Standing::Leaving(_) | Standing::Gone => None,
        },
        members_may_add: group.members_add,
        after_removal: counted(&group.aside),
        forked: group.forked.clone(),
        members: group.members.iter().map(member).collect(),
        former,
        complete: group.missing.is_empty(),
        missing: group.missing.iter().map(missing_from).collect(),
        disappear_after_s: group.timer_s,
        pinned_messages: group.pinned_messages.clone(),
    }
}

fn request(engine: &Engine, person: &PersonId) -> Option<RequestState> {
    engine
        .contact(person)
        .and_then(|contact| show::request(contact.standing))
}

fn chats(
    store: &Store,
    mut chats: Vec<ChatSummary>,
    people: &People,
) -> Result<Answer, CommandError> {
    for chat in &mut chats {
        let last = store
            .last(chat.chat_id)
            .map_err(|error| unreadable(&error))?;
        let last = last
            .map(|stored| show::message(store, people, stored))
            .transpose();
        chat.last = last.map_err(|error| unreadable(&error))?;
    }
    chats.sort_by_key(|chat| {
        let newest = chat.last.as_ref().map(|last| last.sent_at);
        std::cmp::Reverse((newest, chat.chat_id))
    });
    Ok(Answer::Chats(chats))
}

fn chat_info(engine: &Engine, id: &ChatId) -> Result<ChatInfo, CommandError> {
    if let Some(group) = engine.group(id) {
        return Ok(group_info(engine, &group));
    }
    let chat = engine.chat(id).ok_or_else(no_chat)?;
    let names = Names::of(engine);
    let member = |person: PersonId, (name, avatar): (String, u32)| Member {
        person_id: person,
        name,
        role: Role::Member,
        owner: false,
        avatar,
        joined_at: chat.since,
    };
    let missing = (chat.missing > 0).then_some(Missing {
        person_id: chat.person,
        count: chat.missing,
        available: chat.is_other_here,
    });
    Ok(ChatInfo {
        chat_id: chat.chat,
        kind: ChatKind::Direct,
        name: names.name(&chat.person),
        topic: None,
        epoch: 0,
        place: Place::Member,
        invited_by: None,
        members_may_add: false,
        after_removal: Vec::new(),
        forked: Vec::new(),
        members: vec![
            member(engine.person(), (show::own_name(engine), engine.avatar())),
            member(
                chat.person,
                (
                    names.name(&chat.person),
                    engine.contact(&chat.person).map_or(0, |known| known.avatar),
                ),
            ),
        ],
        former: Vec::new(),
        complete: chat.missing == 0,
        missing: missing.into_iter().collect(),
        disappear_after_s: chat.disappear_after_s,
        pinned_messages: chat.pinned_messages,
    })
}

fn safety(engine: &Engine, person: &PersonId) -> Result<SafetyNumber, CommandError> {
    if *person == engine.person() {
        let message = "That is you: a safety number is for comparing with somebody else.";
        return Err(CommandError::new(ErrorKind::Invalid, message));
    }
    engine.safety(person).ok_or_else(no_person)
}

fn messages(store: &Store, page: &PageOf, people: &People) -> Result<Answer, CommandError> {
    for bound in page.before.iter().chain(&page.after) {
        let found = store.message(bound).map_err(|error| unreadable(&error))?;
        if found.is_none_or(|stored| stored.row.chat != page.chat_id) {
            return Err(no_message());
        }
    }
    let bounds = PageBounds {
        before: page.before,
        after: page.after,
        limit: page.limit.unwrap_or(USUAL_PAGE).min(LARGEST_PAGE),
    };
    let rows = store
        .page(page.chat_id, bounds)
        .map_err(|error| unreadable(&error))?;
    let messages = rows
        .into_iter()
        .map(|stored| show::message(store, people, stored));
    Ok(Answer::Messages(
        messages
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(&error))?,
    ))
}

fn receipts(store: &Store, id: &MessageId, people: &People) -> Result<Answer, CommandError> {
    let row = stored(store, id)?.row;
    if !row.outgoing || row.device == DeviceId([0; 16]) {
        let message = "That message is not yours; only its author knows how far it has come.";
        return Err(CommandError::new(ErrorKind::Invalid, message));
    }
    let held_by = people.held_by(&row);
    let all = people.recipients(&row).iter().map(|other| {
        let times = store.receipts(row.chat, row.device, row.counter, *other);
        let times = times.map_err(|error| unreadable(&error))?;
        Ok(receipt(*other, times, held_by))
    });
    Ok(Answer::Receipts(all.collect::<Result<_, CommandError>>()?))
}

fn stored(store: &Store, id: &MessageId) -> Result<Stored, CommandError> {
    let stored = store.message(id).map_err(|error| unreadable(&error))?;
    stored.ok_or_else(no_message)
}

fn receipt(person: PersonId, times: ReceiptTimes, held_by: u32) -> PersonReceipt {
    let (state, at) = match times {
        ReceiptTimes { read: Some(at), .. } => (ReceiptState::Read, Some(at)),
        ReceiptTimes {
            delivered: Some(at),
            ..
        } => (ReceiptState::Delivered, Some(at)),
        ReceiptTimes { .. } if held_by > 0 => (ReceiptState::Held, None),
        ReceiptTimes { .. } => (ReceiptState::Queued, None),
    };
    PersonReceipt {
        person_id: person,
        state,
        at,
        held_by: if state == ReceiptState::Held {
            held_by
        } else {
            0
        },
    }
}

/// There is no such person.
/// The messages of a group that somebody asks for who came later, the newest first, each followed by the
/// acts on it.
pub(super) fn history(store: &Store, asked: Asked) -> Result<Vec<MessageRow>, StoreError> {
    let mut before = asked.before;
    if let Some(id) = before
        && store.message(&id)?.is_none()
    {
        before = None;
    }
    let bounds = PageBounds {
        before,
        after: None,
        limit: limits::HISTORY_PART,
    };
    let mut rows = Vec::new();
    for stored in store.page(asked.chat, bounds)?.into_iter().rev() {
        let acts = store.acts(asked.chat, stored.row.id)?;
        rows.push(stored.row);
        rows.extend(acts);
    }
    Ok(rows)
}

pub(super) fn no_person() -> CommandError {
    let message = "Nobody here has that person_id: neither a contact nor somebody nearby.";
    CommandError::new(ErrorKind::NotFound, message)
}

/// There is no such chat.
pub(super) fn no_chat() -> CommandError {
    let message = "There is no chat with that chat_id; chat.list names them all.";
    CommandError::new(ErrorKind::NotFound, message)
}

/// There is no such message.
pub(super) fn no_message() -> CommandError {
    let message = "There is no message with that message_id in this chat.";
    CommandError::new(ErrorKind::NotFound, message)
}

/// The store could not answer.
fn unreadable(error: &StoreError) -> CommandError {
    let message = format!("The history cannot be read: {error}. Start Betwixt again to mend it.");
    CommandError::new(ErrorKind::Storage, message)
}

/// Messages in a page when nobody says how many.
const USUAL_PAGE: usize = 50;

/// Messages in a page at most. With texts of the largest size that is 16 MiB.
const LARGEST_PAGE: usize = 1000;
