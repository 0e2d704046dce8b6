//! Everything the window knows: plain values, changed by what the node says ([`Model::receive`]) and
//! by what the person wants ([`Model::perform`]).

mod acts;
mod alerts;
pub mod files;
pub mod find;
mod groups;
mod idle;
mod lacking;
pub mod nav;
mod notice;
mod people;
mod perform;
mod pick;
mod receive;
pub mod sound;
pub mod timeline;
mod typing;
pub mod viewed;

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use self::acts::Aside;
pub use self::{
    acts::{Referred, Writing},
    alerts::Around,
    groups::Rights,
    notice::{Notice, Toast},
    people::{Face, is_incoming_request, of_contact, of_nearby},
};
use self::{
    files::Files,
    find::{Look, Looking, Seek},
    nav::{Dialog, Nav},
    sound::Sound,
    timeline::Timeline,
    typing::Typing,
};
use super::{
    appearance::Appearance,
    audio::Ask,
    bridge::{Request, Ticket},
    desktop::Wish,
    link::Link,
};
use crate::node::{
    ChatId, MessageId, PersonId, Settings, Timestamp,
    view::{
        ChatInfo, ChatSummary, Contact, Edition, Member, NearbyPerson, NodeInfo, PersonReceipt,
        Query, Safety,
    },
};

/// Everything the window knows. It holds secrets while they are shown, so it has no `Debug`.
#[derive(Default)]
pub struct Model {
    /// How far the node has come.
    pub stage: Stage,
    /// Who I am.
    pub me: NodeInfo,
    /// The settings that concern others.
    pub settings: Settings,
    /// How the window looks.
    pub appearance: Appearance,
    /// Who is on this network.
    pub nearby: Vec<NearbyPerson>,
    /// Contacts and requests.
    pub contacts: BTreeMap<PersonId, Contact>,
    /// All chats, pinned ones and newest first.
    pub chats: Vec<ChatSummary>,
    /// Whether the chats have been heard of at all.
    pub chats_known: bool,
    /// What is known of the groups among them.
    pub groups: BTreeMap<ChatId, ChatInfo>,
    /// Chats in which I am named in what is unread, as far as that was heard.
    pub named: BTreeSet<ChatId>,
    /// The pinned messages of chats that were open.
    pub pins: BTreeMap<ChatId, Vec<MessageId>>,
    /// The open chat's messages.
    pub timeline: Option<Timeline>,
    /// Messages that are looked for everywhere.
    pub found: Look,
    /// Files, as far as they are not messages.
    pub files: Files,
    /// What is heard and what is spoken.
    pub sound: Sound,
    /// Who is typing.
    pub typing: Typing,
    /// The safety number that was asked for last.
    pub safety: Option<(PersonId, Safety)>,
    /// My invite.
    pub invite: Option<Invite>,
    /// What the dialog that is open waits for or was told.
    pub dialog: DialogState,
    /// How far the message has come that the open dialog is about.
    pub receipts: Option<(MessageId, Vec<PersonReceipt>)>,
    /// The texts that this message had.
    pub history: Option<(MessageId, Vec<Edition>)>,
    /// The recovery words, while they are shown.
    pub recovery: Option<Zeroizing<String>>,
    /// Where the person is.
    pub nav: Nav,
    /// What is said at the bottom for a moment.
    pub toasts: Vec<Toast>,
    /// What is said at the top until it is dismissed: the last of these, then those before it.
    pub notices: Vec<Notice>,
    /// Why the last passphrase did not unlock.
    pub unlock_failed: Option<String>,
    /// Whether an unlock is under way.
    pub unlocking: bool,
    /// The link that the open dialog asks about.
    pub link: Option<Link>,
    /// An invite of somebody's that was opened, for the dialog that takes one.
    pub handed: Option<String>,
    /// What a browser is to open, at the end of the frame.
    pub opens: Option<String>,
    /// What matters of the world outside.
    pub around: Around,
    /// What goes to the clipboard, at the end of the frame.
    pub clipboard: Option<Zeroizing<String>>,
    /// Whether what the panels held was forgotten too, after the profile was locked.
    pub was_forgotten: bool,
    /// When the clipboard must be emptied.
    pub clipboard_until: Option<Timestamp>,
    /// When somebody last did something in the window.
    used_at: Option<Timestamp>,
    outbox: Vec<Request>,
    wishes: Vec<Wish>,
    asked: BTreeMap<Ticket, Asked>,
    next_ticket: Ticket,
    wants: BTreeSet<Want>,
    seen: Option<MessageId>,
    /// What the fields under chats are for, when they are not for something new.
    writing: BTreeMap<ChatId, Writing>,
    /// Messages that others refer to.
    aside: BTreeMap<MessageId, Aside>,
    /// Groups to which I was invited, and did not want to go.
    declined: BTreeSet<ChatId>,
    /// Messages that are looked for in a chat.
    seek: Option<Seek>,
    /// Members who have gone while the window was open.
    gone: BTreeMap<PersonId, Member>,
}

/// How far the node has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It starts.
    #[default]
    Starting,
    /// It runs, and the profile is locked.
    Locked,
    /// It runs.
    Open,
    /// It did not start, or has ended.
    Stopped {
        /// A sentence.
        why: String,
        /// Whether it is about this profile's files.
        damaged: bool,
    },
}

/// An invite of mine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// `betwixt://c/#…`
    pub link: String,
    /// The same as a QR code.
    pub qr_svg: String,
}

/// What the open dialog waits for or was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialogState {
    /// An answer is on its way.
    pub waiting: bool,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// What a ticket is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// To be shown in a list.
    Refresh(Want),
    /// A page of a chat.
    Page(ChatId, timeline::Side, usize),
    /// A message of mine.
    Said(ChatId, u64),
    /// Somebody's safety number.
    Safety(PersonId),
    /// A chat to be opened.
    Chat,
    /// Somebody was greeted; then their chat is opened.
    Greeted(PersonId),
    /// A new invite.
    Invite,
    /// Somebody added by link.
    Added,
    /// A passphrase was tried.
    Unlock,
    /// The passphrase was changed.
    Passphrase,
    /// The recovery words.
    Recovery,
    /// A new group.
    Founded,
    /// A change of a group.
    InGroup(ChatId),
    /// A change of a group, by a dialog that waits for it.
    InDialog(Dialog, ChatId),
    /// A chat that goes from this device.
    Deleted(ChatId),
    /// How far a message has come with each.
    Receipts(MessageId),
    /// The texts that a message had.
    History(MessageId),
    /// Another text for a message of mine.
    Rewritten(ChatId, MessageId),
    /// A message to which the view is to go.
    Jump(MessageId),
    /// A message that another one refers to.
    Aside(MessageId),
    /// A file to be saved.
    Save(MessageId),
    /// What is in a folder.
    Contents(MessageId),
    /// A place of the disk that is shown.
    Looked,
    /// Files that were chosen for a chat.
    Chosen(ChatId),
    /// Messages that are looked for.
    Found(Looking),
    /// What follows a message in the open chat, to know the order.
    Order(MessageId),
    /// Something after which these must be asked for again.
    Change(&'static [Want]),
    /// Nobody waits; an error is not shown either.
    Quiet,
}

/// A part of the model that can be asked for again. At most one question about each is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Want {
    Node,
    Settings,
    Nearby,
    Contacts,
    Chats,
    Chat(ChatId),
    /// What files take.
    Files,
    /// The order of the open chat's messages.
    Order,
}

impl Model {
    /// A window before its node.
    pub fn new(appearance: Appearance) -> Self {
        Self {
            appearance,
            ..Self::default()
        }
    }

    /// What must be sent to the node's thread.
    pub fn take_requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.outbox)
    }

    /// What could not be sent yet; it is sent first next time.
    pub fn put_back(&mut self, requests: Vec<Request>) {
        let newer = std::mem::replace(&mut self.outbox, requests);
        self.outbox.extend(newer);
    }

    /// When [`Model::tick`] next has work, if ever.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let toast = self.toasts.iter().map(|toast| toast.until).min();
        let times = [
            toast,
            self.typing.next_expiry(),
            self.clipboard_until,
            self.files.next_expiry(),
            self.locks_at(),
            self.looks_again(),
        ];
        times.into_iter().flatten().min()
    }

    /// Lets go of what has had its time.
    pub fn tick(&mut self, now: Timestamp) {
        self.typing.expire(now);
        self.files.expire(now);
        self.lock_unused(now);
        self.look_again(now);
        self.toasts.retain(|toast| toast.until > now);
        if self.clipboard_until.is_some_and(|until| until <= now) {
            self.clipboard_until = None;
            self.clipboard = Some(Zeroizing::new(String::new()));
        }
    }

    /// The row of a chat.
    pub fn chat(&self, id: ChatId) -> Option<&ChatSummary> {
        self.chats.iter().find(|chat| chat.chat_id == id)
    }

    /// Messages not yet read, in chats that make themselves heard.
    pub fn unread(&self) -> u32 {
        let heard = |chat: &&ChatSummary| !chat.muted && !is_incoming_request(chat);
        let counts = self.chats.iter().filter(heard).map(|chat| chat.unread);
        counts.fold(0, u32::saturating_add)
    }

    /// Forgets everything that is sealed while the profile is locked.
    fn forget(&mut self) {
        let Self {
            me,
            appearance,
            outbox,
            next_ticket,
            toasts,
            unlock_failed,
            around,
            sound,
            ..
        } = std::mem::take(self);
        *self = Self {
            stage: Stage::Locked,
            me,
            appearance,
            outbox,
            next_ticket,
            toasts,
            unlock_failed,
            around,
            wishes: vec![Wish::WithdrawAll],
            ..Self::default()
        };
        self.sound.missing = sound.missing;
        if sound.playing.is_some() {
            self.outbox.push(Request::Sound(Ask::Stop));
        }
        if sound.spoken.is_some() {
            self.outbox.push(Request::Sound(Ask::End { keep: false }));
        }
    }

    fn ticket(&mut self, asked: Asked) -> Ticket {
        self.next_ticket += 1;
        self.asked.insert(self.next_ticket, asked);
        self.next_ticket
    }

    fn query(&mut self, query: Query, asked: Asked) {
        let ticket = self.ticket(asked);
        self.outbox.push(Request::Query(ticket, query));
    }

    fn want(&mut self, wants: &[Want]) {
        self.wants.extend(wants);
    }

    /// Asks for what is wanted and not yet under way.
    fn ask_wanted(&mut self) {
        for want in std::mem::take(&mut self.wants) {
            let same = |asked: &Asked| match asked {
                Asked::Order(_) => want == Want::Order,
                other => *other == Asked::Refresh(want),
            };
            if self.asked.values().any(same) {
                self.wants.insert(want);
                continue;
            }
            let mut order = None;
            let query = match want {
                Want::Node => Query::NodeInfo,
                Want::Settings => Query::Settings,
                Want::Nearby => Query::Nearby,
                Want::Contacts => Query::Contacts,
                Want::Chats => Query::Chats,
                Want::Files => Query::Files,
                Want::Chat(chat_id) => Query::Chat { chat_id },
                Want::Order => {
                    let open = self.timeline.as_mut();
                    let Some((after, page)) = open.and_then(Timeline::ask_order) else {
                        continue;
                    };
                    order = Some(after);
                    Query::Messages(page)
                }
            };
            let asked = order.map_or(Asked::Refresh(want), Asked::Order);
            self.query(query, asked);
        }
    }
}

/// All that a window shows.
const EVERYTHING: &[Want] = &[
    Want::Node,
    Want::Settings,
    Want::Nearby,
    Want::Contacts,
    Want::Chats,
];

#[cfg(test)]
mod tests;
