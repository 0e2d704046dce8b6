//! The JSON of every method and every event, pinned: it is a promise to other people's programs.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "it is a test"
)]

use betwixt::node::{
    ChatChange, ChatId, Command, DeleteFor, DeliveryState, Found, GroupRole, History, MessageId,
    Part, PersonId, Reply, ResultOrder, Results, SearchFor, SearchState, Settings, SettingsChange,
    Timestamp, WarningKind,
    view::{
        Answer, ChatInfo, ChatKind, ChatSummary, Contact, Edition, Event, Former, Member, Message,
        MessageKind, Missing, NearbyPerson, NodeCommand, NodeInfo, PageOf, PersonReceipt, Place,
        Query, Reaction, ReceiptState, RequestState, Role, Safety, UsedRelay, Via,
    },
};
use serde_json::{Value, json};

const ADA: PersonId = PersonId([0xaa; 32]);
const CHAT: ChatId = ChatId([0xcc; 32]);
const MESSAGE: MessageId = MessageId([0x11; 32]);
const OTHER: MessageId = MessageId([0x22; 32]);

fn ada() -> String {
    "vkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkvkva".to_owned()
}

fn chat() -> String {
    "cc".repeat(32)
}

fn message_id() -> String {
    "11".repeat(32)
}

fn other() -> String {
    "22".repeat(32)
}

#[track_caller]
fn command(command: &Command, method: &str, params: Value) {
    let form = json!({ "method": method, "params": params });

    assert_eq!(serde_json::to_value(command).unwrap(), form);
    assert_eq!(&serde_json::from_value::<Command>(form).unwrap(), command);
}

#[test]
fn commands() {
    let name = Some("Ada".to_owned());
    command(
        &Command::SetProfile { name, avatar: None },
        "profile.set",
        json!({"name": "Ada"}),
    );
    let change = SettingsChange {
        read_receipts: Some(false),
        ..SettingsChange::default()
    };
    command(
        &Command::SetSettings(change),
        "settings.set",
        json!({"read_receipts": false}),
    );
    command(
        &Command::CreateInvite {
            ttl_s: Some(60),
            uses: None,
        },
        "contact.invite",
        json!({"ttl_s": 60}),
    );
    command(
        &Command::AddContact {
            link: None,
            person_id: Some(ADA),
        },
        "contact.add",
        json!({"person_id": ada()}),
    );
    let person_id = ADA;
    let of_ada = || json!({"person_id": ada()});
    command(
        &Command::AcceptContact { person_id },
        "contact.accept",
        of_ada(),
    );
    command(
        &Command::BlockContact { person_id },
        "contact.block",
        of_ada(),
    );
    command(
        &Command::UnblockContact { person_id },
        "contact.unblock",
        of_ada(),
    );
    command(
        &Command::RemoveContact { person_id },
        "contact.remove",
        of_ada(),
    );
    command(
        &Command::OpenDirectChat { person_id },
        "chat.direct",
        of_ada(),
    );
    let verified = true;
    command(
        &Command::VerifyContact {
            person_id,
            verified,
        },
        "contact.verify",
        json!({"person_id": ada(), "verified": true}),
    );
    let chat_id = CHAT;
    command(
        &Command::SetChat {
            chat_id,
            name: None,
            topic: None,
            members_may_add: None,
            muted: Some(true),
            pinned: None,
            disappear_after_s: None,
        },
        "chat.set",
        json!({"chat_id": chat(), "muted": true}),
    );
    groups();
    command(
        &Command::SetChat {
            chat_id,
            name: None,
            topic: None,
            members_may_add: None,
            muted: None,
            pinned: None,
            disappear_after_s: Some(60),
        },
        "chat.set",
        json!({"chat_id": chat(), "disappear_after_s": 60}),
    );
    command(
        &Command::SendMessage {
            chat_id,
            text: "Hello".to_owned(),
            reply_to: Some(OTHER),
            mentions: vec![],
        },
        "message.send",
        json!({"chat_id": chat(), "text": "Hello", "reply_to": other()}),
    );
    command(
        &Command::SendMessage {
            chat_id,
            text: "Hello".to_owned(),
            reply_to: None,
            mentions: vec![ADA],
        },
        "message.send",
        json!({"chat_id": chat(), "text": "Hello", "mentions": [ada()]}),
    );
    let up_to = MESSAGE;
    command(
        &Command::ReadMessages { chat_id, up_to },
        "message.read",
        json!({"chat_id": chat(), "up_to": message_id()}),
    );
    let typing = true;
    command(
        &Command::SetTyping { chat_id, typing },
        "typing.set",
        json!({"chat_id": chat(), "typing": true}),
    );
}

#[test]
fn acts() {
    let of_message = MESSAGE;
    command(
        &Command::EditMessage {
            message_id: of_message,
            text: "Hello again".to_owned(),
        },
        "message.edit",
        json!({"message_id": message_id(), "text": "Hello again"}),
    );
    for (from, name) in [(DeleteFor::Me, "me"), (DeleteFor::All, "all")] {
        command(
            &Command::DeleteMessage {
                message_id: of_message,
                from,
            },
            "message.delete",
            json!({"message_id": message_id(), "for": name}),
        );
    }
    command(
        &Command::ReactMessage {
            message_id: of_message,
            emoji: "👍".to_owned(),
            on: true,
        },
        "message.react",
        json!({"message_id": message_id(), "emoji": "👍", "on": true}),
    );
    command(
        &Command::PinMessage {
            message_id: of_message,
            on: false,
        },
        "message.pin",
        json!({"message_id": message_id(), "on": false}),
    );
}

#[test]
fn node_commands() {
    let form = |command: NodeCommand| serde_json::to_value(command).unwrap();

    let passphrase = "correct horse".to_owned();
    assert_eq!(
        form(NodeCommand::Unlock { passphrase }),
        json!({"method": "node.unlock", "params": {"passphrase": "correct horse"}})
    );
    assert_eq!(form(NodeCommand::Lock), json!({"method": "node.lock"}));
    assert_eq!(
        form(NodeCommand::SetPassphrase {
            current: None,
            new: Some("correct horse".to_owned()),
        }),
        json!({"method": "node.passphrase", "params": {"current": null, "new": "correct horse"}})
    );
    assert_eq!(
        form(NodeCommand::Recovery { passphrase: None }),
        json!({"method": "node.recovery", "params": {"passphrase": null}})
    );
}

#[test]
fn queries() {
    let form = |query: Query| serde_json::to_value(query).unwrap();

    for (query, method) in [
        (Query::NodeInfo, "node.info"),
        (Query::Settings, "settings.get"),
        (Query::Nearby, "people.nearby"),
        (Query::Contacts, "contact.list"),
        (Query::Chats, "chat.list"),
    ] {
        assert_eq!(form(query), json!({ "method": method }));
    }
    assert_eq!(
        form(Query::Safety { person_id: ADA }),
        json!({"method": "contact.safety", "params": {"person_id": ada()}})
    );
    assert_eq!(
        form(Query::Chat { chat_id: CHAT }),
        json!({"method": "chat.info", "params": {"chat_id": chat()}})
    );
    let page = PageOf {
        chat_id: CHAT,
        before: Some(MESSAGE),
        after: None,
        limit: Some(10),
    };
    assert_eq!(
        form(Query::Messages(page)),
        json!({"method": "message.list", "params":
            {"chat_id": chat(), "before": message_id(), "after": null, "limit": 10}})
    );
    let message_id = MESSAGE;
    assert_eq!(form(Query::Message { message_id })["method"], "message.get");
    assert_eq!(
        form(Query::History { message_id })["method"],
        "message.history"
    );
    let looked_for = SearchFor {
        query: "heron".into(),
        chat_id: Some(CHAT),
        from: None,
        limit: Some(7),
        before: Some(MESSAGE),
        order: ResultOrder::Newest,
    };
    assert_eq!(
        form(Query::Search(looked_for)),
        json!({"method": "search", "params": {
            "query": "heron", "chat_id": chat(), "from": null, "limit": 7,
            "before": "11".repeat(32), "order": "newest"}})
    );
    assert_eq!(
        form(Query::Receipts { message_id })["method"],
        "message.receipts"
    );
}

#[test]
fn replies() {
    let form = |reply: Reply| serde_json::to_value(reply).unwrap();

    assert_eq!(form(Reply::Done {}), json!({}));
    let invite = Reply::Invite {
        link: "betwixt://c/#x".to_owned(),
        qr_svg: "<svg/>".to_owned(),
    };
    assert_eq!(
        form(invite),
        json!({"link": "betwixt://c/#x", "qr_svg": "<svg/>"})
    );
    assert_eq!(
        form(Reply::Person { person_id: ADA }),
        json!({"person_id": ada()})
    );
    assert_eq!(
        form(Reply::Chat { chat_id: CHAT }),
        json!({"chat_id": chat()})
    );
    let sent = Reply::Sent {
        message_id: MESSAGE,
        sent_at: Timestamp(7),
    };
    assert_eq!(
        form(sent),
        json!({"message_id": message_id(), "sent_at": 7})
    );
}

/// What concerns groups.
fn groups() {
    let (chat_id, person_id) = (CHAT, ADA);
    command(
        &Command::CreateGroup {
            name: "Herons".to_owned(),
            members: vec![ADA],
        },
        "chat.create",
        json!({"name": "Herons", "members": [ada()]}),
    );
    let both = || json!({"chat_id": chat(), "person_id": ada()});
    for (history, params) in [
        (History::None, both()),
        (
            History::All,
            json!({"chat_id": chat(), "person_id": ada(), "history": "all"}),
        ),
        (
            History::Last(10),
            json!({"chat_id": chat(), "person_id": ada(), "history": 10}),
        ),
    ] {
        let add = Command::AddMember {
            chat_id,
            person_id,
            history,
        };
        command(&add, "chat.add", params);
    }
    let remove = Command::RemoveMember { chat_id, person_id };
    command(&remove, "chat.remove", both());
    let role = GroupRole::Admin;
    let set = Command::SetRole {
        chat_id,
        person_id,
        role,
    };
    let form = json!({"chat_id": chat(), "person_id": ada(), "role": "admin"});
    command(&set, "chat.role", form);
    let only = || json!({"chat_id": chat()});
    command(&Command::JoinGroup { chat_id }, "chat.accept", only());
    command(&Command::LeaveGroup { chat_id }, "chat.leave", only());
    command(&Command::DeleteChat { chat_id }, "chat.delete", only());
}

fn message() -> Message {
    Message {
        message_id: MESSAGE,
        chat_id: CHAT,
        sender: ADA,
        sent_at: Timestamp(1),
        received_at: Timestamp(2),
        kind: MessageKind::Text,
        text: "Hello".to_owned(),
        reply_to: None,
        mentions: vec![ADA],
        mentioned: false,
        edited_at: Some(Timestamp(4)),
        deleted: false,
        deleted_by: None,
        reactions: vec![Reaction {
            emoji: "👍".to_owned(),
            people: vec![ADA],
        }],
        file: None,
        outgoing: true,
        state: DeliveryState::Sent,
        change: None,
        reaches_removed: false,
        given_by: Some(ADA),
        seq: 3,
    }
}

fn message_form() -> Value {
    json!({
        "message_id": message_id(), "chat_id": chat(), "sender": ada(), "sent_at": 1,
        "received_at": 2, "kind": "text", "text": "Hello", "reply_to": null,
        "mentions": [ada()], "mentioned": false, "edited_at": 4, "deleted": false,
        "deleted_by": null, "reactions": [{"emoji": "👍", "people": [ada()]}], "file": null,
        "outgoing": true, "state": "sent", "reaches_removed": false, "given_by": ada(),
        "seq": 3,
    })
}

fn contact() -> Contact {
    Contact {
        person_id: ADA,
        name: "Ada".to_owned(),
        avatar: 4,
        verified: false,
        blocked: false,
        online: true,
        last_seen: Some(Timestamp(5)),
        request: Some(RequestState::Incoming),
    }
}

fn contact_form() -> Value {
    json!({
        "person_id": ada(), "name": "Ada", "avatar": 4, "verified": false, "blocked": false,
        "online": true, "last_seen": 5, "request": "incoming",
    })
}

fn info() -> NodeInfo {
    NodeInfo {
        version: "0.1.0".to_owned(),
        person_id: Some(ADA),
        peer_id: "12D3Koo".to_owned(),
        name: "Ada".to_owned(),
        avatar: 0,
        listen: vec!["/ip4/127.0.0.1/tcp/1/p2p/12D3Koo".to_owned()],
        relays: vec![UsedRelay {
            address: "/ip4/192.0.2.9/tcp/4002/p2p/12D3Koo".to_owned(),
            connected: true,
            topics: 2,
        }],
        profile: "/home/ada".to_owned(),
        protected: false,
        locked: false,
    }
}

fn info_form() -> Value {
    json!({
        "version": "0.1.0", "person_id": ada(), "peer_id": "12D3Koo", "name": "Ada", "avatar": 0,
        "listen": ["/ip4/127.0.0.1/tcp/1/p2p/12D3Koo"],
        "relays": [{
            "address": "/ip4/192.0.2.9/tcp/4002/p2p/12D3Koo", "connected": true, "topics": 2,
        }],
        "profile": "/home/ada",
        "protected": false, "locked": false,
    })
}

#[test]
fn answers() {
    let form = |answer: Answer| serde_json::to_value(answer).unwrap();

    assert_eq!(form(Answer::Done {}), json!({}));
    assert_eq!(form(Answer::Node(Box::new(info()))), info_form());
    let words = "abandon ability".to_owned();
    assert_eq!(
        form(Answer::Recovery { words }),
        json!({"words": "abandon ability"})
    );
    assert_eq!(
        form(Answer::Settings(Settings::default())),
        json!({"read_receipts": true, "typing": true, "presence": true, "nearby": true})
    );
    let nearby = NearbyPerson {
        person_id: ADA,
        peer_id: "12D3Koo".to_owned(),
        name: "Ada".to_owned(),
        avatar: 0,
        contact: false,
        verified: false,
        blocked: false,
        via: Via::Mdns,
    };
    assert_eq!(
        form(Answer::Nearby(vec![nearby])),
        json!([{"person_id": ada(), "peer_id": "12D3Koo", "name": "Ada", "avatar": 0,
            "contact": false, "verified": false, "blocked": false, "via": "mdns"}])
    );
    assert_eq!(
        form(Answer::Contacts(vec![contact()])),
        json!([contact_form()])
    );
    let safety = Safety {
        number: "1234567890".to_owned(),
        words: vec!["12345".to_owned(), "67890".to_owned()],
        qr_svg: "<svg/>".to_owned(),
    };
    assert_eq!(
        form(Answer::Safety(safety)),
        json!({"number": "1234567890", "words": ["12345", "67890"], "qr_svg": "<svg/>"})
    );
    assert_eq!(
        form(Answer::Messages(vec![message()])),
        json!([message_form()])
    );
    assert_eq!(form(Answer::Message(Box::new(message()))), message_form());
    let edition = Edition {
        text: "Hello".to_owned(),
        at: Timestamp(3),
    };
    assert_eq!(
        form(Answer::History(vec![edition])),
        json!([{"text": "Hello", "at": 3}])
    );
    let found = Found {
        message: message(),
        snippet: vec![Part {
            text: "Hello".into(),
            hit: true,
        }],
    };
    let state = SearchState {
        complete: false,
        indexed: 40,
        messages: 100,
    };
    let results = Results {
        found: vec![found],
        state,
    };
    assert_eq!(
        form(Answer::Results(results)),
        json!([{"message": message_form(), "snippet": [{"text": "Hello", "hit": true}]}])
    );
    assert_eq!(
        form(Answer::SearchState(state)),
        json!({"complete": false, "indexed": 40, "messages": 100})
    );
    let receipt = PersonReceipt {
        person_id: ADA,
        state: ReceiptState::Held,
        at: None,
        held_by: 2,
    };
    assert_eq!(
        form(Answer::Receipts(vec![receipt])),
        json!([{"person_id": ada(), "state": "held", "at": null, "held_by": 2}])
    );
}

#[test]
fn chats() {
    let summary = ChatSummary {
        chat_id: CHAT,
        kind: ChatKind::Direct,
        name: "Ada".to_owned(),
        person_id: Some(ADA),
        unread: 2,
        last: Some(message()),
        muted: false,
        pinned: true,
        complete: false,
        missing: 1,
        request: None,
        disappear_after_s: 60,
    };
    assert_eq!(
        serde_json::to_value(Answer::Chats(vec![summary])).unwrap(),
        json!([{"chat_id": chat(), "kind": "direct", "name": "Ada", "person_id": ada(),
            "unread": 2, "last": message_form(), "muted": false, "pinned": true,
            "complete": false, "missing": 1, "request": null, "disappear_after_s": 60}])
    );
    let info = ChatInfo {
        chat_id: CHAT,
        kind: ChatKind::Direct,
        name: "Ada".to_owned(),
        topic: None,
        epoch: 0,
        place: Place::Member,
        invited_by: Some(ADA),
        members_may_add: false,
        after_removal: Vec::new(),
        forked: Vec::new(),
        members: vec![Member {
            person_id: ADA,
            name: "Ada".to_owned(),
            role: Role::Member,
            owner: false,
            avatar: 2,
            joined_at: Timestamp(9),
        }],
        former: vec![Former {
            person_id: ADA,
            name: "Ada".to_owned(),
            avatar: 2,
        }],
        complete: false,
        missing: vec![Missing {
            person_id: ADA,
            count: 1,
            available: true,
        }],
        disappear_after_s: 0,
        pinned_messages: vec![MESSAGE],
    };
    assert_eq!(
        serde_json::to_value(Answer::Chat(Box::new(info))).unwrap(),
        json!({"chat_id": chat(), "kind": "direct", "name": "Ada", "topic": null, "epoch": 0,
            "place": "member", "invited_by": ada(), "members_may_add": false, "after_removal": [], "forked": [],
            "members": [{"person_id": ada(), "name": "Ada", "role": "member", "owner": false,
                "avatar": 2, "joined_at": 9}],
            "former": [{"person_id": ada(), "name": "Ada", "avatar": 2}],
            "complete": false, "missing": [{"person_id": ada(), "count": 1, "available": true}],
            "disappear_after_s": 0, "pinned_messages": [message_id()]})
    );
}

#[test]
fn events() {
    let form = |event: Event| serde_json::to_value(event).unwrap();
    let with = |kind: &str, mut fields: Value| {
        fields["type"] = json!(kind);
        fields
    };

    assert_eq!(
        form(Event::Message(Box::new(message()))),
        with("message", message_form())
    );
    assert_eq!(
        form(Event::Removed {
            chat_id: CHAT,
            message_id: MESSAGE,
        }),
        json!({"type": "removed", "chat_id": chat(), "message_id": message_id()})
    );
    assert_eq!(
        form(Event::Status {
            message_id: MESSAGE,
            person_id: ADA,
            state: DeliveryState::Read,
        }),
        json!({"type": "status", "message_id": message_id(), "person_id": ada(), "state": "read"})
    );
    assert_eq!(
        form(Event::Typing {
            chat_id: CHAT,
            person_id: ADA,
            typing: true,
        }),
        json!({"type": "typing", "chat_id": chat(), "person_id": ada(), "typing": true})
    );
    assert_eq!(
        form(Event::Presence {
            person_id: ADA,
            online: false,
        }),
        json!({"type": "presence", "person_id": ada(), "online": false})
    );
    assert_eq!(
        form(Event::Nearby {
            person_id: ADA,
            name: "Ada".to_owned(),
            present: true,
        }),
        json!({"type": "nearby", "person_id": ada(), "name": "Ada", "present": true})
    );
    assert_eq!(
        form(Event::Contact {
            person_id: ADA,
            contact: Some(contact()),
        }),
        json!({"type": "contact", "person_id": ada(), "contact": contact_form()})
    );
    assert_eq!(
        form(Event::Chat {
            chat_id: CHAT,
            what: ChatChange::Completeness,
        }),
        json!({"type": "chat", "chat_id": chat(), "what": "completeness"})
    );
    assert_eq!(
        form(Event::Warning {
            kind: WarningKind::RolledBack,
            text: "Look.".to_owned(),
        }),
        json!({"type": "warning", "kind": "rolled_back", "text": "Look."})
    );
    assert_eq!(
        form(Event::Node(Box::new(info()))),
        with("node", info_form())
    );
    assert_eq!(
        form(Event::Missed { count: 3 }),
        json!({"type": "missed", "count": 3})
    );
}
