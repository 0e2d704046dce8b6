//! A made-up node that answers at once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    gui::{
        appearance::Appearance,
        audio::Ask,
        disk::{Chosen, Folder, Found, Row},
        sample::{
            BEN, MAYA, ME, NOW, chat, contact, found, group, group_info, id, incoming, me, near,
            outgoing, system,
        },
        weight::Weight,
    },
    node::{
        ChatId, Command, FileId, MessageId, PersonId, Reply, Results, SearchState, Settings,
        Timestamp,
        view::{
            Answer, ChatInfo, ChatSummary, Contact, Edition, FileCommand, FolderContents, Message,
            NearbyPerson, NodeCommand, NodeInfo, PageOf, PersonReceipt, Query, Safety, Storage,
        },
    },
    sound::Speed,
};

pub(super) const CHAT: ChatId = ChatId([2; 32]);
pub(super) const GROUP: ChatId = ChatId([77; 32]);
pub(super) const CAROL: PersonId = PersonId([4; 32]);
pub(super) const NUMBER: &str = "023943450010783688714884947876933618569589219648180856030695";

/// A made-up node.
pub(super) struct MadeUp {
    pub(super) me: NodeInfo,
    pub(super) settings: Settings,
    pub(super) contacts: Vec<Contact>,
    pub(super) nearby: Vec<NearbyPerson>,
    pub(super) chats: Vec<ChatSummary>,
    pub(super) messages: BTreeMap<ChatId, Vec<Message>>,
    pub(super) groups: BTreeMap<ChatId, ChatInfo>,
    pub(super) receipts: Vec<PersonReceipt>,
    pub(super) history: Vec<Edition>,
    /// What was asked of it.
    pub(super) commands: Vec<Command>,
    pub(super) node_commands: Vec<NodeCommand>,
    pub(super) file_commands: Vec<FileCommand>,
    /// What files take.
    pub(super) storage: Storage,
    /// The folder /home/elin/Downloads, or what stands at a place.
    pub(super) disk: BTreeMap<PathBuf, Found>,
    /// What is in the files of messages.
    pub(super) contents: BTreeMap<MessageId, Vec<u8>>,
    /// What is in every folder that was sent.
    pub(super) inside: Option<FolderContents>,
    /// What would be sent of files that are pictures.
    pub(super) weights: BTreeMap<PathBuf, Weight>,
    pub(super) remembered: Vec<Appearance>,
    /// Sounds that were to be played, from where, how fast.
    pub(super) played: Vec<(MessageId, u64, Speed)>,
    /// What else was asked about sound.
    pub(super) asked_sound: Vec<Ask>,
    /// Proofs that were to be saved, and where.
    pub(super) proved: Vec<(MessageId, String)>,
    /// Films that were to be watched.
    pub(super) watched: Vec<MessageId>,
    /// Refuse everything with this sentence.
    pub(super) refuse: Option<&'static str>,
    /// How many messages are indexed, of how many, while not all are.
    pub(super) indexed: Option<(u64, u64)>,
    /// Refuse to search with this one.
    pub(super) senseless: Option<&'static str>,
}

impl Default for MadeUp {
    /// Maya is a contact with a chat of a few messages, Ben a stranger nearby.
    fn default() -> Self {
        let said = vec![
            incoming(CHAT, 998, "Did the tent arrive?"),
            outgoing(CHAT, 999, "Yes, an hour ago"),
            incoming(CHAT, 1000, "Good. See https://osm.example/r/8842"),
        ];
        let mut row = chat(MAYA, "Maya Lindqvist");
        row.last = said.last().cloned();
        Self {
            me: me(),
            settings: Settings::default(),
            contacts: vec![contact(MAYA, "Maya Lindqvist")],
            nearby: vec![near(BEN, "Ben Okafor")],
            chats: vec![row],
            messages: [(CHAT, said)].into(),
            groups: BTreeMap::new(),
            receipts: Vec::new(),
            history: Vec::new(),
            commands: Vec::new(),
            node_commands: Vec::new(),
            file_commands: Vec::new(),
            storage: Storage {
                used: 0,
                quota: 1 << 40,
                files: Vec::new(),
            },
            disk: disk(),
            contents: BTreeMap::new(),
            inside: None,
            weights: BTreeMap::new(),
            remembered: Vec::new(),
            played: Vec::new(),
            asked_sound: Vec::new(),
            proved: Vec::new(),
            watched: Vec::new(),
            refuse: None,
            indexed: None,
            senseless: None,
        }
    }
}

impl MadeUp {
    /// Nobody is known yet.
    pub(super) fn new_profile() -> Self {
        Self {
            contacts: Vec::new(),
            chats: Vec::new(),
            messages: BTreeMap::new(),
            ..Self::default()
        }
    }

    pub(super) fn locked() -> Self {
        Self {
            me: NodeInfo {
                locked: true,
                protected: true,
                ..NodeInfo::default()
            },
            ..Self::default()
        }
    }

    pub(super) fn query(&self, query: Query) -> Answer {
        match query {
            Query::NodeInfo => Answer::Node(Box::new(self.me.clone())),
            Query::Settings => Answer::Settings(self.settings),
            Query::Nearby => Answer::Nearby(self.nearby.clone()),
            Query::Contacts => Answer::Contacts(self.contacts.clone()),
            Query::Chats => Answer::Chats(self.chats.clone()),
            Query::Safety { .. } => Answer::Safety(Safety {
                number: NUMBER.into(),
                words: Vec::new(),
                qr_svg: String::new(),
            }),
            Query::Messages(page) => Answer::Messages(self.page(&page)),
            Query::Chat { chat_id } => self
                .groups
                .get(&chat_id)
                .map_or(Answer::Done {}, |info| Answer::Chat(Box::new(info.clone()))),
            Query::Receipts { .. } => Answer::Receipts(self.receipts.clone()),
            Query::Message { message_id } => {
                self.message(message_id).map_or(Answer::Done {}, |message| {
                    Answer::Message(Box::new(message.clone()))
                })
            }
            Query::Contents(_) => self
                .inside
                .clone()
                .map_or(Answer::Done {}, Answer::Contents),
            Query::Files => Answer::Files(self.storage.clone()),
            Query::History { .. } => Answer::History(self.history.clone()),
            Query::SearchState => Answer::SearchState(SearchState::default()),
            Query::Search(looked_for) => {
                let all = self.messages.values().flatten();
                let results = found(all, &looked_for);
                Answer::Results(match self.indexed {
                    None => results,
                    Some((indexed, messages)) => {
                        let state = SearchState {
                            complete: false,
                            indexed,
                            messages,
                        };
                        Results { state, ..results }
                    }
                })
            }
        }
    }

    /// Whether there is what is asked for.
    pub(super) fn has(&self, query: &Query) -> bool {
        match query {
            Query::Message { message_id } => self.message(*message_id).is_some(),
            Query::Contents(_) => self.inside.is_some(),
            _ => true,
        }
    }

    fn message(&self, id: MessageId) -> Option<&Message> {
        let mut all = self.messages.values().flatten();
        all.find(|message| message.message_id == id)
    }

    fn page(&self, page: &PageOf) -> Vec<Message> {
        let all = self
            .messages
            .get(&page.chat_id)
            .map_or(&[][..], Vec::as_slice);
        let place = |id| all.iter().position(|message| message.message_id == id);
        let limit = page.limit.unwrap();
        match (page.before.and_then(place), page.after.and_then(place)) {
            (Some(before), _) => all[before.saturating_sub(limit)..before].to_vec(),
            (None, Some(after)) => all[after + 1..].iter().take(limit).cloned().collect(),
            (None, None) => all[all.len().saturating_sub(limit)..].to_vec(),
        }
    }

    /// What was said.
    pub(super) fn said(&self) -> Vec<&str> {
        let texts = self.commands.iter().filter_map(|command| match command {
            Command::SendMessage { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub(super) fn command(&mut self, command: &Command) -> Reply {
        match command {
            Command::SendMessage { .. } => Reply::Sent {
                message_id: id(self.commands.len() as u64 + 5000),
                sent_at: NOW,
            },
            Command::AddContact { person_id, .. } => Reply::Person {
                person_id: person_id.unwrap_or(BEN),
            },
            Command::OpenDirectChat { person_id } => {
                let row = chat(*person_id, "Ben Okafor");
                let chat_id = row.chat_id;
                self.chats.push(row);
                Reply::Chat { chat_id }
            }
            Command::CreateInvite { .. } => Reply::Invite {
                link: "betwixt://c/#abc".into(),
                qr_svg: String::new(),
            },
            Command::CreateGroup { name, members } => {
                let mut people = vec![(ME, "Elin Karlsson")];
                people.extend(members.iter().map(|person| (*person, "Somebody")));
                self.groups.insert(GROUP, group_info(GROUP, &people));
                self.chats.push(group(GROUP, name));
                Reply::Chat { chat_id: GROUP }
            }
            _ => Reply::Done {},
        }
    }

    pub(super) fn file(&self, command: &FileCommand) -> Answer {
        let file_id = FileId([9; 32]);
        match command {
            FileCommand::Read { .. } => Answer::Done {},
            FileCommand::Send { .. } => Answer::FileSent {
                message_id: id(self.file_commands.len() as u64 + 6000),
                file_id,
                left_out: 0,
            },
            FileCommand::Fetch { path, .. } => Answer::File {
                file_id,
                path: path.clone(),
            },
            FileCommand::Pause { file_id }
            | FileCommand::Resume { file_id }
            | FileCommand::Cancel { file_id } => Answer::File {
                file_id: *file_id,
                path: None,
            },
        }
    }

    /// What is sent of a place: of a folder all three files in it.
    pub(super) fn choose(&self, place: &Path) -> Found {
        match self.look(place) {
            Found::Folder(folder) => {
                let name = folder.path.file_name().unwrap().to_string_lossy();
                Found::File(Chosen {
                    name: name.into_owned(),
                    path: folder.path,
                    size: 2_400_000,
                    folder: Some(3),
                    original: false,
                    voice: false,
                    content: None,
                })
            }
            other => other,
        }
    }

    pub(super) fn look(&self, place: &Path) -> Found {
        let usual = Path::new(DOWNLOADS);
        let none = place.as_os_str().is_empty();
        let place = if none { usual } else { place };
        self.disk.get(place).cloned().unwrap_or(Found::Nothing {
            path: place.to_owned(),
            why: "There is nothing of that name.".into(),
        })
    }

    /// Beside Maya's chat a group that Maya founded, with Ben, me, and Carol whom nobody knows.
    pub(super) fn with_group() -> Self {
        let mut node = Self::default();
        let people = [
            (MAYA, "Maya Lindqvist"),
            (ME, "Elin Karlsson"),
            (BEN, "Ben Okafor"),
            (CAROL, "Carol"),
        ];
        let mut by_ben = incoming(GROUP, 998, "Who brings the boat?");
        by_ben.sender = BEN;
        let said = vec![
            system(GROUP, 996, "Maya Lindqvist added you"),
            by_ben,
            incoming(GROUP, 999, "I do"),
            outgoing(GROUP, 1000, "Thank you"),
        ];
        let mut row = group(GROUP, "Herons");
        row.last = said.last().cloned();
        node.groups.insert(GROUP, group_info(GROUP, &people));
        node.messages.insert(GROUP, said);
        node.chats.push(row);
        node
    }

    pub(super) fn group(&mut self) -> &mut ChatInfo {
        self.groups.get_mut(&GROUP).unwrap()
    }

    /// The row of the group in the list.
    pub(super) fn row(&mut self) -> &mut ChatSummary {
        let mut rows = self.chats.iter_mut();
        rows.find(|row| row.chat_id == GROUP).unwrap()
    }
}

/// Where downloads go.
pub(super) const DOWNLOADS: &str = "/home/elin/Downloads";

/// A folder with a folder and two files.
fn disk() -> BTreeMap<PathBuf, Found> {
    let file = |name: &str, size| {
        let path = Path::new(DOWNLOADS).join(name);
        let name = name.to_owned();
        let row = Row {
            name: name.clone(),
            size: Some(size),
        };
        (
            row,
            Found::File(Chosen {
                path,
                name,
                size,
                folder: None,
                original: false,
                voice: false,
                content: None,
            }),
        )
    };
    let (map, map_file) = file("map.pdf", 2_400_000);
    let (song, song_file) = file("song.mp3", 900);
    let photos = Row {
        name: "photos".into(),
        size: None,
    };
    let folder = |path: &str, rows: Vec<Row>| {
        let path = PathBuf::from(path);
        Found::Folder(Folder { path, rows })
    };
    let inside = format!("{DOWNLOADS}/photos");
    [
        (DOWNLOADS.into(), folder(DOWNLOADS, vec![photos, map, song])),
        (inside.clone().into(), folder(&inside, Vec::new())),
        (format!("{DOWNLOADS}/map.pdf").into(), map_file),
        (format!("{DOWNLOADS}/song.mp3").into(), song_file),
    ]
    .into()
}

/// Somebody else's direct chat in the list.
pub(super) fn another_chat(person: PersonId, name: &str, at: Timestamp) -> ChatSummary {
    let mut row = chat(person, name);
    let mut last = incoming(row.chat_id, 0, "hello there");
    last.sender = person;
    last.sent_at = at;
    row.last = Some(last);
    row
}
