//! What faces see: queries, their answers, events. The serde forms are the interface of
//! `docs/rpc.md`.

mod chats;

pub use chats::{ChatInfo, ChatKind, ChatSummary, Former, Member, Missing, Place, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::change::{Changed, GroupChange, Who, units};
pub use self::file::{
    Content, ContentsOf, FileCommand, FileInfo, FileState, FolderContents, FolderEntry, FolderInfo,
    Preview, Storage, StoredFile, Transfer, TransferState,
};
pub use self::message::{Edition, Message, MessageKind, PersonReceipt, Reaction, ReceiptState};
use super::{
    ChatChange, ChatId, DeliveryState, FileId, MessageId, PersonId, Results, SearchFor,
    SearchState, Settings, Timestamp, WarningKind,
};

mod change;
mod file;
mod message;

/// What concerns the node itself rather than the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params", deny_unknown_fields)]
pub enum NodeCommand {
    /// Opens a locked profile.
    #[serde(rename = "node.unlock")]
    Unlock {
        /// The passphrase.
        passphrase: String,
    },
    /// Forgets all keys until the passphrase is given.
    #[serde(rename = "node.lock")]
    Lock,
    /// Sets, changes or removes the passphrase.
    #[serde(rename = "node.passphrase")]
    SetPassphrase {
        /// The one in force, if there is one.
        #[serde(default)]
        current: Option<String>,
        /// The new one; none to go without.
        #[serde(default)]
        new: Option<String>,
    },
    /// The 24 words from which the account can be restored.
    #[serde(rename = "node.recovery")]
    Recovery {
        /// The passphrase, if there is one.
        #[serde(default)]
        passphrase: Option<String>,
    },
}

/// A question. It changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params", deny_unknown_fields)]
pub enum Query {
    /// Who and where this node is.
    #[serde(rename = "node.info")]
    NodeInfo,
    /// The settings that concern others.
    #[serde(rename = "settings.get")]
    Settings,
    /// Who is on this network.
    #[serde(rename = "people.nearby")]
    Nearby,
    /// Contacts and requests.
    #[serde(rename = "contact.list")]
    Contacts,
    /// The number that two people compare.
    #[serde(rename = "contact.safety")]
    Safety {
        /// With whom.
        person_id: PersonId,
    },
    /// All chats, newest first.
    #[serde(rename = "chat.list")]
    Chats,
    /// One chat.
    #[serde(rename = "chat.info")]
    Chat {
        /// Which.
        chat_id: ChatId,
    },
    /// A page of a chat's history.
    #[serde(rename = "message.list")]
    Messages(PageOf),
    /// One message.
    #[serde(rename = "message.get")]
    Message {
        /// Which.
        message_id: MessageId,
    },
    /// The texts that a message had, oldest first; the last one is that of now.
    #[serde(rename = "message.history")]
    History {
        /// Which.
        message_id: MessageId,
    },
    /// Messages by their words.
    #[serde(rename = "search")]
    Search(SearchFor),
    /// Whether a search finds all there is.
    #[serde(rename = "search.state")]
    SearchState,
    /// What files take on this device.
    #[serde(rename = "file.list")]
    Files,
    /// What is in the folder of a message.
    #[serde(rename = "file.contents")]
    Contents(ContentsOf),
    /// How far a message of ours has come with each person.
    #[serde(rename = "message.receipts")]
    Receipts {
        /// Which.
        message_id: MessageId,
    },
}

/// Which page of a chat: the newest `limit` messages, or those before or after one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageOf {
    /// The chat.
    pub chat_id: ChatId,
    /// Only messages before this one.
    #[serde(default)]
    pub before: Option<MessageId>,
    /// Only messages after this one.
    #[serde(default)]
    pub after: Option<MessageId>,
    /// How many; 50 when not given, at most 1000.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// `node.info`
    Node(Box<NodeInfo>),
    /// `node.recovery`
    Recovery {
        /// 24 words (BIP-39).
        words: String,
    },
    /// `settings.get`
    Settings(Settings),
    /// `people.nearby`
    Nearby(Vec<NearbyPerson>),
    /// `contact.list`
    Contacts(Vec<Contact>),
    /// `contact.safety`
    Safety(Safety),
    /// `chat.list`
    Chats(Vec<ChatSummary>),
    /// `chat.info`
    Chat(Box<ChatInfo>),
    /// `message.list`
    Messages(Vec<Message>),
    /// `message.get`
    Message(Box<Message>),
    /// `message.history`
    History(Vec<Edition>),
    /// `message.receipts`
    Receipts(Vec<PersonReceipt>),
    /// `search`: faces that are other programs get what was found
    #[serde(serialize_with = "Results::serialize_found")]
    Results(Results),
    /// `search.state`
    SearchState(SearchState),
    /// `file.send`
    FileSent {
        /// The message that offers it.
        message_id: MessageId,
        /// The file.
        file_id: FileId,
        /// Of a folder: how many links and other things in it that are no files do not go.
        #[serde(default)]
        left_out: u32,
    },
    /// `file.contents`
    Contents(FolderContents),
    /// `file.fetch` and what else is done with a file
    File {
        /// The file.
        file_id: FileId,
        /// Where it was saved, if it was here already.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// What is in a file, for the window.
    #[serde(skip)]
    Content(Content),
    /// `file.list`
    Files(Storage),
    /// Node commands without a result.
    Done {},
}

/// Result of `node.info`. While locked, what is sealed is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeInfo {
    /// The program's version.
    pub version: String,
    /// Who I am; none while locked.
    pub person_id: Option<PersonId>,
    /// libp2p's text form of the node key.
    pub peer_id: String,
    /// My name.
    pub name: String,
    /// My avatar number.
    pub avatar: u32,
    /// Full multiaddrs, with the peer id.
    pub listen: Vec<String>,
    /// The relays that this node was told to use.
    #[serde(default)]
    pub relays: Vec<UsedRelay>,
    /// The profile's directory.
    pub profile: String,
    /// Whether there is a passphrase.
    pub protected: bool,
    /// Whether it is locked now.
    pub locked: bool,
}

/// A relay that this node was told to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsedRelay {
    /// Its full multiaddr, without the access token.
    pub address: String,
    /// Whether it is connected and lets us in.
    pub connected: bool,
    /// How many topics it carries for us: one for each chat, in time more.
    pub topics: usize,
}

/// How somebody nearby was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// On this network.
    Mdns,
    /// An address that somebody gave.
    Dial,
    /// Through a relay.
    Relay,
}

/// Somebody on this network, or connected by address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearbyPerson {
    /// Who.
    pub person_id: PersonId,
    /// Their node.
    pub peer_id: String,
    /// Their own name for themselves.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
    /// Whether they are a contact.
    pub contact: bool,
    /// Whether their safety number was compared.
    pub verified: bool,
    /// Whether they are blocked.
    pub blocked: bool,
    /// How they were found.
    pub via: Via,
}

/// Which way a contact request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// They asked.
    Incoming,
    /// We asked.
    Outgoing,
}

/// A contact or a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
    /// Whether their safety number was compared.
    pub verified: bool,
    /// Whether they are blocked.
    pub blocked: bool,
    /// Whether they are connected now.
    pub online: bool,
    /// When they last were.
    pub last_seen: Option<Timestamp>,
    /// Whether it is still a request, and whose.
    pub request: Option<RequestState>,
}

/// Result of `contact.safety`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Safety {
    /// 60 digits, the same on both sides.
    pub number: String,
    /// The same as 12 groups of 5 digits, to be read aloud.
    pub words: Vec<String>,
    /// To be scanned.
    pub qr_svg: String,
}

/// Something that happened, as faces are told.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A message is new, or shows differently.
    Message(Box<Message>),
    /// A message is gone from this device: deleted for me, or disappeared.
    Removed {
        /// Where it was.
        chat_id: ChatId,
        /// Which.
        message_id: MessageId,
    },
    /// A message of ours came further with somebody.
    Status {
        /// Which.
        message_id: MessageId,
        /// With whom.
        person_id: PersonId,
        /// How far.
        state: DeliveryState,
    },
    /// Somebody is, or is no longer, typing.
    Typing {
        /// Where.
        chat_id: ChatId,
        /// Who.
        person_id: PersonId,
        /// Whether they are.
        typing: bool,
    },
    /// A contact came or went.
    Presence {
        /// Who.
        person_id: PersonId,
        /// Whether they are here.
        online: bool,
    },
    /// Somebody nearby came, went or changed their name.
    Nearby {
        /// Who.
        person_id: PersonId,
        /// Their own name for themselves.
        name: String,
        /// Whether they are here.
        present: bool,
    },
    /// A contact, a request, or what is known of one changed; with its row of `contact.list`, or
    /// none when it is gone.
    Contact {
        /// Who.
        person_id: PersonId,
        /// The row.
        contact: Option<Contact>,
    },
    /// A chat changed otherwise than by a message.
    Chat {
        /// Which.
        chat_id: ChatId,
        /// What about it.
        what: ChatChange,
    },
    /// A file comes, or goes to somebody.
    Transfer(Box<Transfer>),
    /// Something the person should know.
    Warning {
        /// For programs.
        kind: WarningKind,
        /// A sentence.
        text: String,
    },
    /// The node was locked, unlocked, or listens elsewhere.
    Node(Box<NodeInfo>),
    /// The listener was too slow; this many events were dropped. Ask again for what you show.
    Missed {
        /// How many.
        count: u64,
    },
}
