//! What the engine and the store hold, as faces see it.

mod file;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use file::{contents, storage};

use super::{
    DeliveryState, PersonId,
    view::{
        Changed, Contact, Edition, GroupChange, Message, MessageKind, NearbyPerson, Reaction,
        RequestState, Via, Who,
    },
};
use crate::{
    net::address,
    proto::{
        chat::{
            acts::{self, TOMBSTONE},
            content::{Body, Content},
            membership::{Change, OpBody},
        },
        contact::Standing,
        engine::{
            Engine,
            state::{ContactState, Found, NearbyState},
        },
        id::{ChatId, DeviceId, MessageId},
        identity::DeviceList,
        record::{MessageRow, ReceiptTimes, Stored},
        text,
    },
    store::{Store, StoreError},
    wire::sync::OpId,
};

/// Everybody's name but one's own, made safe to show; people whose names could be taken for each other carry a
/// piece of their id.
pub(super) struct Names(BTreeMap<PersonId, String>);

impl Names {
    /// The names of contacts, requests, and people nearby.
    pub(super) fn of(engine: &Engine) -> Self {
        let mut people: BTreeMap<PersonId, String> = BTreeMap::new();
        for (person, name, _) in engine.co_members() {
            people.insert(person, name);
        }
        for found in engine.nearby() {
            people.insert(found.person, found.name);
        }
        for contact in engine.contacts() {
            people.insert(contact.person, contact.name);
        }
        let listed: Vec<(PersonId, &str)> = people
            .iter()
            .map(|(person, name)| (*person, name.as_str()))
            .collect();
        let names = text::display_names(&listed);
        Self(people.keys().copied().zip(names).collect())
    }

    /// Everybody with their name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&PersonId, &String)> {
        self.0.iter()
    }

    /// The name of somebody; of a stranger, a piece of their id.
    pub(super) fn name(&self, person: &PersonId) -> String {
        let known = self.0.get(person).cloned();
        known.unwrap_or_else(|| text::shown_name(person, ""))
    }
}

/// My own name.
pub(super) fn own_name(engine: &Engine) -> String {
    text::shown_name(&engine.person(), engine.name())
}

/// Rows of `people.nearby`.
pub(super) fn nearby(engine: &Engine) -> Vec<NearbyPerson> {
    let names = Names::of(engine);
    let row = |found: NearbyState| {
        let known = engine.contact(&found.person);
        NearbyPerson {
            person_id: found.person,
            peer_id: address::peer_text(found.peer),
            name: names.name(&found.person),
            avatar: found.avatar,
            contact: known
                .as_ref()
                .is_some_and(|known| known.standing == Standing::Contact),
            verified: known.as_ref().is_some_and(|known| known.verified),
            blocked: known.as_ref().is_some_and(|known| known.blocked),
            via: match found.found {
                Found::Mdns => Via::Mdns,
                Found::Dial => Via::Dial,
            },
        }
    };
    engine.nearby().into_iter().map(row).collect()
}

/// Rows of `contact.list`.
pub(super) fn contacts(engine: &Engine) -> Vec<Contact> {
    let names = Names::of(engine);
    engine
        .contacts()
        .into_iter()
        .map(|known| row(&known, &names))
        .collect()
}

/// One row of `contact.list`, if there is one for that person.
pub(super) fn contact(engine: &Engine, person: &PersonId) -> Option<Contact> {
    let known = engine.contact(person)?;
    let listed = known.standing != Standing::Stranger || known.blocked;
    listed.then(|| row(&known, &Names::of(engine)))
}

fn row(known: &ContactState, names: &Names) -> Contact {
    Contact {
        person_id: known.person,
        name: names.name(&known.person),
        avatar: known.avatar,
        verified: known.verified,
        blocked: known.blocked,
        online: known.online,
        last_seen: known.last_seen,
        request: request(known.standing),
    }
}

/// Whether somebody is a contact only if a request is answered.
pub(super) fn request(standing: Standing) -> Option<RequestState> {
    match standing {
        Standing::Incoming => Some(RequestState::Incoming),
        Standing::Outgoing => Some(RequestState::Outgoing),
        Standing::Contact | Standing::Stranger => None,
    }
}

/// What is needed to show messages beside their rows.
pub(super) struct People {
    own: PersonId,
    chats: BTreeMap<ChatId, Recipients>,
    /// By chat and counter, how many relays hold a message.
    held: BTreeMap<(ChatId, u32), usize>,
    names: Names,
    /// Changes of groups that do not count.
    void: BTreeSet<OpId>,
}

/// Whose receipts tell how far the messages of a chat have come.
enum Recipients {
    /// The other of a direct chat.
    Direct(PersonId),
    /// The members of a group; of those whose epoch is known, who was in it.
    Group(Vec<PersonId>, BTreeMap<OpId, Vec<PersonId>>),
}

impl People {
    /// Of all chats.
    pub(super) fn of(engine: &Engine) -> Self {
        let direct = engine.chats().into_iter().map(|chat| chat.chat);
        let all = direct.chain(engine.group_ids());
        let mut people = Self::nobody(engine);
        for chat in all {
            people.add_chat(engine, chat);
        }
        people.names = Names::of(engine);
        people
    }

    /// Of one chat.
    pub(super) fn of_chat(engine: &Engine, chat: ChatId) -> Self {
        let mut people = Self::nobody(engine);
        people.add_chat(engine, chat);
        people.names = Names::of(engine);
        people
    }

    /// As much as one message needs: names are in the program's own lines only, and recipients matter to
    /// whoever wrote it.
    pub(super) fn of_message(engine: &Engine, row: &MessageRow) -> Self {
        if !is_said(row) {
            return Self::of_chat(engine, row.chat);
        }
        let mut people = Self::nobody(engine);
        if row.outgoing {
            people.add_chat(engine, row.chat);
        }
        people
    }

    fn nobody(engine: &Engine) -> Self {
        Self {
            own: engine.person(),
            chats: BTreeMap::new(),
            held: BTreeMap::new(),
            names: Names(BTreeMap::new()),
            void: BTreeSet::new(),
        }
    }

    fn add_chat(&mut self, engine: &Engine, chat: ChatId) {
        let recipients = if let Some(direct) = engine.chat(&chat) {
            Recipients::Direct(direct.person)
        } else {
            let (members, epochs) = engine.recipients(&chat);
            Recipients::Group(members, epochs)
        };
        self.chats.insert(chat, recipients);
        for (counter, relays) in engine.held_in(&chat) {
            self.held.insert((chat, counter), relays);
        }
        self.void.extend(engine.void_changes(&chat));
    }

    /// How many relays signed that they hold a message of ours that somebody has not.
    pub(super) fn held_by(&self, row: &MessageRow) -> u32 {
        let relays = self.held.get(&(row.chat, row.counter)).copied();
        u32::try_from(relays.unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// Whose receipts tell how far a message has come.
    pub(super) fn recipients(&self, row: &MessageRow) -> &[PersonId] {
        match self.chats.get(&row.chat) {
            Some(Recipients::Direct(other)) => std::slice::from_ref(other),
            Some(Recipients::Group(members, epochs)) => {
                let epoch = row.signed.and_then(|signed| epochs.get(&signed.epoch));
                epoch.unwrap_or(members)
            }
            None => &[],
        }
    }

    /// Somebody in a sentence.
    fn who(&self, person: &PersonId) -> Who {
        if *person == self.own {
            return Who::Me;
        }
        Who::Named(self.names.name(person))
    }
}

/// A message, with what was done to it and how far it has come.
pub(super) fn message(
    store: &Store,
    people: &People,
    stored: Stored,
) -> Result<Message, StoreError> {
    let Stored { row, seq } = stored;
    // What we show is on our disk.
    let mut state = DeliveryState::Delivered;
    let recipients = people.recipients(&row);
    if row.outgoing && is_said(&row) && !recipients.is_empty() {
        state = DeliveryState::Read;
        for other in recipients {
            let times = store.receipts(row.chat, row.device, row.counter, *other)?;
            state = state.min(delivery(times));
        }
        if state == DeliveryState::Queued && people.held_by(&row) > 0 {
            state = DeliveryState::Sent;
        }
    }
    let acts = acts::resolve(&row, &store.acts(row.chat, row.id)?);
    let said = said(people, &row);
    let (text, edited_at) = match acts.edits.last() {
        Some(edit) => (text::shown_text(&edit.text), Some(edit.at)),
        None => (said.text, None),
    };
    Ok(Message {
        message_id: row.id,
        chat_id: row.chat,
        sender: row.sender,
        sent_at: row.sent_at,
        received_at: row.received_at,
        kind: said.kind,
        text,
        reply_to: said.reply_to,
        mentioned: said.mentions.contains(&people.own),
        mentions: said.mentions,
        edited_at,
        deleted: acts.deleted_by.is_some() || row.content == TOMBSTONE,
        deleted_by: acts.deleted_by,
        reactions: acts.reactions.into_iter().map(reaction).collect(),
        file: file::info(store, &row)?,
        change: said.change,
        outgoing: row.outgoing,
        state,
        reaches_removed: row.signed.is_some_and(|signed| signed.reaches_removed),
        given_by: row.signed.and_then(|signed| signed.given_by),
        seq,
    })
}

/// Whether a row is somebody's message, and not a line of the program's own.
fn is_said(row: &MessageRow) -> bool {
    row.device != DeviceId([0; 16])
}

/// The texts that a message had, oldest first, the last one that of now.
pub(super) fn history(
    store: &Store,
    people: &People,
    row: &MessageRow,
) -> Result<Vec<Edition>, StoreError> {
    let acts = acts::resolve(row, &store.acts(row.chat, row.id)?);
    let said = said(people, row);
    if acts.deleted_by.is_some() || row.content == TOMBSTONE || said.kind != MessageKind::Text {
        return Ok(Vec::new());
    }
    let first = Edition {
        text: said.text,
        at: row.sent_at,
    };
    let edition = |edit: acts::Edition| Edition {
        text: text::shown_text(&edit.text),
        at: edit.at,
    };
    let edits = acts.edits.into_iter().map(edition);
    Ok(std::iter::once(first).chain(edits).collect())
}

fn reaction(reactions: acts::Reactions) -> Reaction {
    let acts::Reactions { emoji, people } = reactions;
    Reaction { emoji, people }
}

/// What its author said with a message.
struct Said {
    kind: MessageKind,
    text: String,
    reply_to: Option<MessageId>,
    mentions: Vec<PersonId>,
    change: Option<GroupChange>,
}

fn said(people: &People, row: &MessageRow) -> Said {
    let content = &row.content[..];
    let without_text = |kind| Said {
        kind,
        text: String::new(),
        reply_to: None,
        mentions: Vec::new(),
        change: None,
    };
    if content == TOMBSTONE {
        return without_text(MessageKind::Text);
    }
    match Content::decode(content).map(|content| content.body) {
        Ok(Body::Text(said)) => Said {
            kind: MessageKind::Text,
            text: text::shown_text(&said.text),
            reply_to: said.reply_to,
            mentions: said.mentions,
            change: None,
        },
        Ok(Body::GroupChange(change)) => {
            let change = changed(people, &OpId(row.id.0), &change.op);
            Said {
                text: change.as_ref().map(ToString::to_string).unwrap_or_default(),
                change,
                ..without_text(MessageKind::System)
            }
        }
        Ok(Body::Attachment(file)) => Said {
            text: text::shown_text(&file.caption),
            ..without_text(MessageKind::File)
        },
        // Of a later version, or never shown.
        Ok(_) | Err(_) => without_text(MessageKind::System),
    }
}

/// What a change of a group says. Of one that does not count it has nothing in it that its author chose.
fn changed(people: &People, id: &OpId, op: &[u8]) -> Option<GroupChange> {
    let body = OpBody::decode(op).ok()?;
    let by = people.who(&body.author);
    if people.void.contains(id) {
        let what = Changed::Void;
        return Some(GroupChange { by, what });
    }
    let person_of = |list: &[u8]| {
        DeviceList::read_verified(list)
            .ok()
            .map(|list| list.person())
    };
    let what = match body.change {
        Change::Create(create) => Changed::Founded(text::shown_text(&create.name)),
        Change::AddMember(list) => Changed::Added(people.who(&person_of(&list)?)),
        Change::RemoveMember(person) => Changed::Removed(people.who(&person)),
        Change::SetRole(role) if role.role == 0 => Changed::MadePlain(people.who(&role.person)),
        Change::SetRole(role) => Changed::MadeAdmin(people.who(&role.person)),
        Change::Leave => Changed::Left,
        Change::SetMeta(meta) => {
            if let Some(name) = meta.name {
                Changed::Named(text::shown_text(&name))
            } else if let Some(topic) = meta.topic {
                Changed::Topic(text::shown_text(&topic))
            } else if let Some(by) = meta.add_by {
                Changed::WhoAdds { admins: by == 0 }
            } else if let Some(seconds) = meta.timer_s {
                Changed::Timer(seconds)
            } else {
                Changed::Other
            }
        }
        Change::DeviceUpdate(_) | Change::Epoch(_) | Change::Unknown { .. } => return None,
    };
    Some(GroupChange { by, what })
}

/// How far a message of ours has come with somebody.
fn delivery(times: ReceiptTimes) -> DeliveryState {
    if times.read.is_some() {
        DeliveryState::Read
    } else if times.delivered.is_some() {
        DeliveryState::Delivered
    } else {
        DeliveryState::Queued
    }
}
