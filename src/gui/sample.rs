//! Made-up people and messages for tests.

use crate::node::{
    ChatId, DeliveryState, FileId, Found, MessageId, Part, PersonId, Results, SearchFor,
    SearchState, Timestamp,
    view::{
        ChatInfo, ChatKind, ChatSummary, Contact, FileInfo, FileState, Member, Message,
        MessageKind, NearbyPerson, NodeInfo, Place, Role, Transfer, TransferState, Via,
    },
};

pub(crate) const ME: PersonId = PersonId([1; 32]);
pub(crate) const MAYA: PersonId = PersonId([2; 32]);
pub(crate) const BEN: PersonId = PersonId([3; 32]);

/// 2025-03-11, 14:32 UTC.
pub(crate) const NOW: Timestamp = Timestamp(1_741_703_520_000);

pub(crate) fn id(seq: u64) -> MessageId {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    MessageId(id)
}

/// Messages lie a minute apart and end at [`NOW`] for number 1000.
pub(crate) fn incoming(chat: ChatId, seq: u64, text: &str) -> Message {
    let at = Timestamp((NOW.0 + seq * 60_000).saturating_sub(60_000_000));
    Message {
        message_id: id(seq),
        chat_id: chat,
        sender: MAYA,
        sent_at: at,
        received_at: at,
        kind: MessageKind::Text,
        text: text.into(),
        reply_to: None,
        mentions: Vec::new(),
        mentioned: false,
        edited_at: None,
        deleted: false,
        deleted_by: None,
        reactions: Vec::new(),
        file: None,
        outgoing: false,
        state: DeliveryState::Read,
        change: None,
        reaches_removed: false,
        given_by: None,
        seq,
    }
}

pub(crate) fn outgoing(chat: ChatId, seq: u64, text: &str) -> Message {
    Message {
        sender: ME,
        outgoing: true,
        state: DeliveryState::Queued,
        ..incoming(chat, seq, text)
    }
}

pub(crate) fn me() -> NodeInfo {
    NodeInfo {
        version: "0.1.0".into(),
        person_id: Some(ME),
        peer_id: "12D3KooWSample".into(),
        name: "Elin Karlsson".into(),
        avatar: 0,
        listen: vec!["/ip4/192.168.1.20/tcp/4001/p2p/12D3KooWSample".into()],
        relays: Vec::new(),
        profile: "/home/elin/.local/share/betwixt".into(),
        protected: false,
        locked: false,
    }
}

pub(crate) fn contact(person_id: PersonId, name: &str) -> Contact {
    Contact {
        person_id,
        name: name.into(),
        avatar: 0,
        verified: false,
        blocked: false,
        online: true,
        last_seen: None,
        request: None,
    }
}

pub(crate) fn near(person_id: PersonId, name: &str) -> NearbyPerson {
    NearbyPerson {
        person_id,
        peer_id: "12D3KooWNear".into(),
        name: name.into(),
        avatar: 0,
        contact: false,
        verified: false,
        blocked: false,
        via: Via::Mdns,
    }
}

/// The direct chat with somebody has the first byte of their id.
pub(crate) fn chat(person: PersonId, name: &str) -> ChatSummary {
    ChatSummary {
        chat_id: ChatId([person.0[0]; 32]),
        kind: ChatKind::Direct,
        name: name.into(),
        person_id: Some(person),
        unread: 0,
        last: None,
        muted: false,
        pinned: false,
        complete: true,
        missing: 0,
        request: None,
        disappear_after_s: 0,
    }
}

/// A group in the list.
pub(crate) fn group(chat_id: ChatId, name: &str) -> ChatSummary {
    ChatSummary {
        chat_id,
        kind: ChatKind::Group,
        person_id: None,
        ..chat(ME, name)
    }
}

/// A plain member.
pub(crate) fn member(person_id: PersonId, name: &str) -> Member {
    Member {
        person_id,
        name: name.into(),
        role: Role::Member,
        owner: false,
        avatar: 0,
        joined_at: NOW,
    }
}

/// A group; the first of its people founded it.
pub(crate) fn group_info(chat_id: ChatId, people: &[(PersonId, &str)]) -> ChatInfo {
    let people = people.iter().enumerate();
    let members = people.map(|(nth, (person, name))| Member {
        role: if nth == 0 { Role::Admin } else { Role::Member },
        owner: nth == 0,
        ..member(*person, name)
    });
    ChatInfo {
        chat_id,
        kind: ChatKind::Group,
        name: String::new(),
        topic: None,
        epoch: 1,
        place: Place::Member,
        invited_by: None,
        members_may_add: false,
        after_removal: Vec::new(),
        forked: Vec::new(),
        members: members.collect(),
        former: Vec::new(),
        complete: true,
        missing: Vec::new(),
        disappear_after_s: 0,
        pinned_messages: Vec::new(),
    }
}

/// A line of the program's own.
pub(crate) fn system(chat: ChatId, seq: u64, text: &str) -> Message {
    Message {
        kind: MessageKind::System,
        ..incoming(chat, seq, text)
    }
}

/// How far so many bytes of a file have come, or gone.
pub(crate) fn transfer(
    file_id: FileId,
    chat_id: ChatId,
    state: TransferState,
    (have, size): (u64, u64),
) -> Transfer {
    Transfer {
        file_id,
        chat_id,
        have,
        size,
        state,
        rate: 0,
        person_id: None,
        path: None,
        problem: None,
        until: None,
        waiting_for: Vec::new(),
    }
}

/// A message with a file; what its name says that it is stands after the point.
pub(crate) fn with_file(message: Message, name: &str, size: u64, state: FileState) -> Message {
    let mut file_id = [0; 32];
    file_id[..8].copy_from_slice(&message.seq.to_be_bytes());
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    let file = FileInfo {
        file_id: FileId(file_id),
        name: name.into(),
        extension: extension.into(),
        size,
        mime: "image/png".into(),
        state,
        have: match state {
            FileState::Offered | FileState::Cancelled => 0,
            FileState::Fetching | FileState::Paused => size / 2,
            FileState::Here => size,
        },
        thumbnail: None,
        duration_ms: None,
        waveform: None,
        voice: false,
        width: None,
        height: None,
        folder: None,
        waiting_for: Vec::new(),
        kept_until: None,
    };
    Message {
        kind: MessageKind::File,
        file: Some(file),
        ..message
    }
}

/// Of some messages those with a text, the newest first.
pub(crate) fn found<'a>(
    messages: impl Iterator<Item = &'a Message>,
    looked_for: &SearchFor,
) -> Results {
    let wanted = looked_for.query.trim().to_lowercase();
    let is_in = |message: &&Message| {
        let chat = looked_for.chat_id;
        chat.is_none_or(|chat| chat == message.chat_id)
    };
    let mut all: Vec<&Message> = messages.filter(is_in).collect();
    all.sort_by_key(|message| std::cmp::Reverse(message.sent_at));
    let found = all.into_iter().filter_map(|message| {
        let name = message.file.as_ref().map(|file| file.name.clone());
        let said = Some(message.text.clone()).filter(|text| !text.is_empty() || name.is_none());
        let line: Vec<String> = name.into_iter().chain(said).collect();
        let line = line.join(" · ");
        let at = line.to_lowercase().find(&wanted)?;
        let (head, rest) = line.split_at_checked(at)?;
        let (hit, tail) = rest.split_at_checked(wanted.len())?;
        let part = |text: &str, hit| Part {
            text: text.to_owned(),
            hit,
        };
        Some(Found {
            message: message.clone(),
            snippet: vec![part(head, false), part(hit, true), part(tail, false)],
        })
    });
    let found: Vec<Found> = found.collect();
    let last = looked_for.before;
    let place = last.and_then(|last| found.iter().position(|f| f.message.message_id == last));
    let page = found.into_iter().skip(place.map_or(0, |at| at + 1));
    Results {
        found: page.take(looked_for.limit.unwrap_or(20)).collect(),
        state: SearchState {
            complete: true,
            ..SearchState::default()
        },
    }
}
