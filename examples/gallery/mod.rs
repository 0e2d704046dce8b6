//! Made-up people, and a node that has them: for pictures, and for trying how the window feels.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "it shows made-up content, to those who work on the window"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use betwixt::{
    gui::{
        action::{Action, FileAction, FindAction, GroupAction, MessageAction, SoundAction},
        bridge::{Request, Update},
        disk::{Chosen, Folder, Found, Row},
        model::nav::{Dialog, Place},
        shot, thumbnail,
        weight::Weight,
    },
    node::{
        ChatChange, ChatId, Command, DeliveryState, FileId, MessageId, PersonId, Reply, Settings,
        Timestamp, WarningKind,
        view::{
            Answer, Changed, ChatInfo, ChatSummary, Contact, Edition, Event, FileCommand,
            FileState, FolderContents, FolderEntry, FolderInfo, GroupChange, Message, NearbyPerson,
            NodeCommand, NodeInfo, PersonReceipt, Place as Standing, Preview, Query, Reaction,
            ReceiptState, RequestState, Role, Safety, Storage, StoredFile, Transfer, TransferState,
            Who,
        },
    },
};

use crate::sample::{self, NOW};

/// Tells the window something.
pub type Tell = Arc<dyn Fn(Update) + Send + Sync>;

/// What is done at first, to see a screen.
pub fn script(screen: &str) -> Vec<Action> {
    let maya = Action::OpenChat(chat_of(MAYA));
    match screen {
        "chat" | "notice" | "text" | "files" | "folders" | "album" | "sound" => vec![maya],
        "recorder" => vec![maya, Action::Sound(SoundAction::Record(chat_of(MAYA)))],
        "link" => vec![maya, Action::AskLink("https://pаypal.example/login".into())],
        "people" => vec![maya, Action::Go(Place::People)],
        "person" => vec![Action::Go(Place::People), Action::OpenPerson(person(20))],
        "request" => vec![
            Action::Go(Place::People),
            Action::OpenChat(chat_of(person(9))),
        ],
        "verify" => vec![maya, Action::OpenVerify(MAYA)],
        "settings" | "storage" => vec![maya, Action::Go(Place::Settings)],
        "invite" => vec![maya, Action::Show(Dialog::Invite)],
        "add" => vec![maya, Action::Show(Dialog::Add)],
        "keys" => vec![maya, Action::Show(Dialog::Keys)],
        "rename" => vec![Action::Show(Dialog::Rename)],
        "passphrase" => vec![
            Action::Go(Place::Settings),
            Action::Show(Dialog::Passphrase),
        ],
        "recovery" => vec![Action::Go(Place::Settings), Action::Show(Dialog::Recovery)],
        "recovered" => vec![
            Action::Go(Place::Settings),
            Action::Show(Dialog::Recovery),
            Action::Recovery { passphrase: None },
        ],
        "block" => vec![maya, Action::Show(Dialog::Block(MAYA))],
        "group" | "given" | "warned" => vec![Action::OpenChat(TRIP)],
        "members" | "warned-members" => vec![
            Action::OpenChat(TRIP),
            Action::InGroup(TRIP, GroupAction::Open),
        ],
        "found" => vec![Action::Show(Dialog::NewGroup)],
        "more" => on_trip(Action::Show(Dialog::AddMembers(TRIP))),
        "leave" => on_trip(Action::Show(Dialog::Leave(TRIP))),
        "delete" => on_trip(Action::Show(Dialog::DeleteChat(TRIP))),
        "out" => on_trip(Action::Show(Dialog::RemoveMember(TRIP, person(4)))),
        "given-info" => on_trip(Action::Show(Dialog::About(said(1)))),
        "about" => on_trip(Action::Show(Dialog::About(said(2)))),
        "pins" => on_trip(Action::Show(Dialog::Pins(TRIP))),
        "forward" => on_trip(Action::Show(Dialog::Forward(said(0)))),
        "react" => on_trip(Action::Show(Dialog::React(said(0)))),
        "answer" => on_trip(Action::On(said(0), MessageAction::Answer)),
        "invited" => vec![Action::OpenChat(READING)],
        "attach" => vec![maya, Action::Show(Dialog::Attach(chat_of(MAYA)))],
        "chosen" => vec![maya, choose()],
        "save" => {
            // Each of these takes a frame, in which an answer can come.
            let mut script = vec![maya; 6];
            script.push(Action::Show(Dialog::Save(sample::id(3_000_000))));
            script
        }
        "contents" => {
            let mut script = vec![maya; 6];
            script.push(Action::Show(Dialog::Contents(sample::id(3_000_000))));
            script
        }
        "viewer" => {
            let mut script = vec![maya; 6];
            script.push(Action::Show(Dialog::View(sample::id(3_000_002))));
            script
        }
        "search" => vec![maya, Action::Find(FindAction::All("the".into()))],
        "search-nothing" => vec![maya, Action::Find(FindAction::All("zzz".into()))],
        "seek" => {
            let mut script = on_trip(Action::Find(FindAction::In(TRIP)));
            script.push(Action::Find(FindAction::InFor("the".into())));
            script
        }
        _ => Vec::new(),
    }
}

/// Files that somebody dropped.
fn choose() -> Action {
    let paths = ["photo 0412.jpg", "boats.zip", "Camera"];
    let paths = paths.map(|name| PathBuf::from(DOWNLOADS).join(name));
    Action::File(FileAction::Choose(chat_of(MAYA), paths.into()))
}

/// The group is open, and its messages are there.
fn on_trip(then: Action) -> Vec<Action> {
    // Each of these takes a frame, in which an answer can come.
    let mut script = vec![Action::OpenChat(TRIP); 4];
    script.push(then);
    script
}

/// A made-up node.
pub struct World {
    me: NodeInfo,
    settings: Settings,
    contacts: BTreeMap<PersonId, Contact>,
    nearby: Vec<NearbyPerson>,
    chats: Vec<ChatSummary>,
    groups: BTreeMap<ChatId, ChatInfo>,
    messages: BTreeMap<ChatId, Vec<Message>>,
    screen: String,
    next: u64,
}

impl World {
    /// With what a screen shows. One chat has 100,000 messages if there are to be many.
    pub fn new(screen: &str, many: bool) -> Self {
        let mut world = Self {
            me: me(screen == "locked"),
            settings: Settings::default(),
            contacts: BTreeMap::new(),
            nearby: Vec::new(),
            chats: Vec::new(),
            groups: BTreeMap::new(),
            messages: BTreeMap::new(),
            screen: screen.to_owned(),
            next: 1_000_000,
        };
        for (nth, name) in ["Ben Okafor", "Kind Otter"].into_iter().enumerate() {
            world
                .nearby
                .push(sample::near(person(20 + nth as u8), name));
        }
        if screen != "new" {
            world.fill(many);
        }
        world
    }

    fn fill(&mut self, many: bool) {
        for (number, name, online, verified) in PEOPLE {
            let id = person(*number);
            let mut contact = sample::contact(id, name);
            contact.online = *online;
            contact.verified = *verified;
            contact.last_seen = Some(Timestamp(NOW.0 - 50 * 60_000));
            if *number == 9 {
                contact.request = Some(RequestState::Incoming);
            }
            self.contacts.insert(id, contact);
            self.chats.push(ChatSummary {
                muted: *number == 7,
                pinned: *number == 2,
                unread: match number {
                    3 => 2,
                    5 => 14,
                    7 => 6,
                    _ => 0,
                },
                request: (*number == 9).then_some(RequestState::Incoming),
                missing: u32::from(*number == 6) * 3,
                complete: *number != 6,
                ..sample::chat(id, name)
            });
        }
        let now = NOW.0;
        for (number, minutes, mine, state, text) in LAST {
            let at = Timestamp(now - minutes * 60_000);
            self.add(person(*number), at, *mine, *state, text);
        }
        self.fill_groups();
        if ["files", "attach", "chosen", "save", "storage", "viewer"]
            .contains(&self.screen.as_str())
        {
            self.fill_files();
            return;
        }
        if self.screen == "album" {
            return self.fill_album();
        }
        if ["folders", "contents"].contains(&self.screen.as_str()) {
            return self.fill_folders();
        }
        if self.screen == "sound" {
            return self.fill_sounds();
        }
        let conversation = match (many, self.screen.as_str()) {
            (true, _) => generated(),
            (false, "text") => marked(),
            (false, _) => conversation(),
        };
        let mut at = now - conversation.len() as u64 * 4 * 60_000;
        for (mine, state, text) in conversation {
            self.add(MAYA, Timestamp(at), mine, state, &text);
            at += 4 * 60_000 - 20_000;
        }
    }

    /// Pictures that were sent together.
    fn fill_album(&mut self) {
        let all = [
            (false, FileState::Here, "The lake, all day long"),
            (false, FileState::Here, ""),
            (false, FileState::Fetching, ""),
            (false, FileState::Offered, ""),
            (false, FileState::Here, ""),
            (true, FileState::Here, "And ours"),
            (true, FileState::Here, ""),
        ];
        let at = Timestamp(NOW.0 - 60_000);
        for (number, (mine, state, text)) in (0u8..).zip(all) {
            let how = DeliveryState::Delivered;
            let message = self.add(MAYA, at, mine, how, text);
            let mut message = sample::with_file(message, "lake.jpg", 612_345, state);
            message.message_id = sample::id(3_000_000 + u64::from(number));
            if let Some(file) = message.file.as_mut() {
                file.thumbnail = Some(shaded(number));
            }
            let held = self.messages.get_mut(&chat_of(MAYA));
            if let Some(last) = held.and_then(|held| held.last_mut()) {
                *last = message.clone();
            }
            let with = chat_of(MAYA);
            if let Some(row) = self.chats.iter_mut().find(|row| row.chat_id == with) {
                row.last = Some(message);
            }
        }
    }

    /// Folders: mine, one that comes, and one that is offered.
    fn fill_folders(&mut self) {
        let all = [
            (
                false,
                "Photos of the lake",
                812_345_678,
                FileState::Offered,
                214,
            ),
            (false, "Maps", 88_412_345, FileState::Fetching, 12),
            (true, "Taxes 2025", 2_412_345, FileState::Here, 1),
        ];
        let at = Timestamp(NOW.0 - 60_000);
        for (number, (mine, name, size, state, files)) in (0u64..).zip(all) {
            let how = DeliveryState::Delivered;
            let message = self.add(MAYA, at, mine, how, "");
            let mut message = sample::with_file(message, name, size, state);
            message.message_id = sample::id(3_000_000 + number);
            if let Some(file) = message.file.as_mut() {
                file.folder = Some(FolderInfo { files });
            }
            let held = self.messages.get_mut(&chat_of(MAYA));
            if let Some(last) = held.and_then(|held| held.last_mut()) {
                *last = message.clone();
            }
            let with = chat_of(MAYA);
            if let Some(row) = self.chats.iter_mut().find(|row| row.chat_id == with) {
                row.last = Some(message);
            }
        }
    }

    /// Voice notes, a song and a film.
    fn fill_sounds(&mut self) {
        let all = [
            (false, "voice.opus", 126_345, 42_000, ""),
            (true, "voice.opus", 25_345, 8_000, ""),
            (
                false,
                "song of the weir.mp3",
                4_412_345,
                252_000,
                "The one from the boat",
            ),
            (false, "herons.mp4", 41_412_345, 75_000, ""),
            (false, "voice.opus", 76_345, 25_000, ""),
        ];
        for (number, (mine, name, size, long, text)) in (0u32..).zip(all) {
            let at = Timestamp(NOW.0 - u64::from(10 - number) * 60_000);
            let how = DeliveryState::Delivered;
            let message = self.add(MAYA, at, mine, how, text);
            let mut message = sample::with_file(message, name, size, FileState::Here);
            message.message_id = sample::id(3_000_000 + u64::from(number));
            if let Some(file) = message.file.as_mut() {
                file.duration_ms = Some(long);
                file.voice = file.extension == "opus";
                if file.extension == "mp4" {
                    (file.width, file.height) = (Some(1600), Some(900));
                    file.thumbnail = Some(preview());
                } else {
                    file.waveform = Some(waveform(number));
                }
            }
            let held = self.messages.get_mut(&chat_of(MAYA));
            if let Some(last) = held.and_then(|held| held.last_mut()) {
                *last = message.clone();
            }
            let with = chat_of(MAYA);
            if let Some(row) = self.chats.iter_mut().find(|row| row.chat_id == with) {
                row.last = Some(message);
            }
        }
    }

    /// Files in all states, the first of them here.
    fn fill_files(&mut self) {
        let all = [
            (
                false,
                "Übersicht.pdf",
                2_412_345,
                FileState::Here,
                "The plan for Saturday",
            ),
            (false, "Lake at dawn.jpg", 4_812_345, FileState::Offered, ""),
            (true, "Lake at noon.jpg", 612_345, FileState::Here, ""),
            (false, "holiday.png.exe", 912_345, FileState::Cancelled, ""),
            (
                false,
                "tent instructions and the whole history of knots.mp4",
                1_412_345_678,
                FileState::Fetching,
                "",
            ),
            (false, "boats.zip", 88_412_345, FileState::Paused, ""),
            (
                false,
                "song of the weir.mp3",
                9_412_345,
                FileState::Paused,
                "",
            ),
            (
                true,
                "paddles.tar.gz",
                412_345,
                FileState::Here,
                "These two are for you",
            ),
            (true, "README", 712, FileState::Here, ""),
        ];
        let now = NOW.0;
        for (number, (mine, name, size, state, text)) in (0u64..).zip(all) {
            let at = Timestamp(now - (all.len() as u64 - number) * 60_000);
            let how = DeliveryState::Delivered;
            let message = self.add(MAYA, at, mine, how, text);
            let mut message = sample::with_file(message, name, size, state);
            message.message_id = sample::id(3_000_000 + number);
            if let Some(file) = message.file.as_mut().filter(|_| matches!(number, 1 | 2)) {
                file.thumbnail = Some(preview());
            }
            if let Some(file) = message.file.as_mut().filter(|file| file.name == "README") {
                file.waiting_for = vec![MAYA];
                file.kept_until = Some(now + 7 * 24 * 3_600_000);
            }
            let held = self.messages.get_mut(&chat_of(MAYA));
            if let Some(last) = held.and_then(|held| held.last_mut()) {
                *last = message.clone();
            }
            let mut rows = self.chats.iter_mut();
            if let Some(row) = rows.find(|row| row.person_id == Some(MAYA)) {
                row.last = Some(message);
            }
        }
    }

    /// How some of the files come and go.
    pub fn transfers(&self) -> Vec<Transfer> {
        let held = self.messages.get(&chat_of(MAYA)).into_iter().flatten();
        let files = held.filter_map(|message| message.file.as_ref());
        let of = files.map(|file| Transfer {
            file_id: file.file_id,
            chat_id: chat_of(MAYA),
            have: file.size / 3,
            size: file.size,
            state: match file.name.as_str() {
                "song of the weir.mp3" => TransferState::Failed,
                "paddles.tar.gz" => TransferState::Giving,
                _ => TransferState::Fetching,
            },
            rate: 11_400_000,
            person_id: Some(MAYA),
            path: None,
            problem: Some("only 2.1 GB of the disk are free".into()),
            until: None,
            waiting_for: Vec::new(),
        });
        // Of folders only one comes.
        let moving: &[usize] = if self.screen == "folders" {
            &[1]
        } else {
            &[3, 5, 6]
        };
        let of = of.enumerate().filter(|(at, _)| moving.contains(at));
        of.map(|(_, transfer)| transfer).collect()
    }

    fn stored(&self) -> Storage {
        let held = self.messages.get(&chat_of(MAYA)).into_iter().flatten();
        let files = held.filter_map(|message| {
            let file = message.file.as_ref()?;
            Some(StoredFile {
                file_id: file.file_id,
                message_id: message.message_id,
                chat_id: message.chat_id,
                size: file.size,
                state: file.state,
            })
        });
        let mut files: Vec<StoredFile> = files.collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.size));
        Storage {
            used: 1_502_345_678,
            quota: 21_474_836_480,
            files,
        }
    }

    fn fill_groups(&mut self) {
        let people = [
            (sample::ME, "Elin Karlsson"),
            (MAYA, "Maya Lindqvist"),
            (person(2), "Tomás Ferreira"),
            (person(4), "Aiko Tanaka"),
            (person(6), "Jonas Weber"),
            (person(20), "Ben Okafor"),
        ];
        let mut trip = sample::group_info(TRIP, &people);
        trip.topic = Some("Three days at the lake, 14–16 March".into());
        trip.pinned_messages = vec![said(0)];
        if self.screen.starts_with("warned") {
            trip.forked = vec![person(6)];
        }
        if let Some(maya) = trip.members.get_mut(1) {
            maya.role = Role::Admin;
        }
        self.groups.insert(TRIP, trip);
        let people = [(person(20), "Ben Okafor"), (person(5), "Priya Nair")];
        let mut reading = sample::group_info(READING, &people);
        reading.place = Standing::Invited;
        reading.invited_by = Some(person(20));
        self.groups.insert(READING, reading);
        self.chats.push(sample::group(TRIP, "Lake house trip"));
        self.chats.push(ChatSummary {
            request: Some(RequestState::Incoming),
            ..sample::group(READING, "Reading group")
        });
        let mut messages = trip_messages(NOW);
        if self.screen.starts_with("given") {
            for message in messages.iter_mut().skip(1).take(3) {
                message.given_by = Some(MAYA);
            }
        }
        if self.screen == "warned" {
            let words = "Jonas Weber tried to change the group, which did not count";
            let mut tried = sample::system(TRIP, 1001, words);
            tried.sent_at = NOW;
            messages.push(tried);
        }
        if let Some(row) = self.chats.iter_mut().find(|row| row.chat_id == TRIP) {
            row.last = messages.last().cloned();
        }
        self.messages.insert(TRIP, messages);
    }

    fn add(
        &mut self,
        with: PersonId,
        at: Timestamp,
        outgoing: bool,
        state: DeliveryState,
        text: &str,
    ) -> Message {
        let chat = chat_of(with);
        let messages = self.messages.entry(chat).or_default();
        self.next += 1;
        let message = Message {
            message_id: sample::id(self.next),
            sender: if outgoing { sample::ME } else { with },
            sent_at: at,
            received_at: at,
            outgoing,
            state,
            ..sample::incoming(chat, messages.len() as u64, text)
        };
        messages.push(message.clone());
        if let Some(row) = self.chats.iter_mut().find(|row| row.chat_id == chat) {
            row.last = Some(message.clone());
        }
        message
    }

    /// What is said before anybody asks. False if nothing comes after it.
    pub fn begin(&self, tell: &Tell) -> bool {
        if self.screen == "stopped" {
            let why = "The profile /home/elin/.local/share/betwixt is in use by process 4711. \
                       Close it first, or choose another with --profile DIR.";
            tell(Update::Stopped {
                why: why.into(),
                damaged: false,
            });
            return false;
        }
        tell(Update::Started);
        if self.screen == "warned" {
            tell(Update::Event(Event::Warning {
                kind: WarningKind::RolledBack,
                text: "This profile is older than it has been, or a copy of one in use elsewhere. \
                       Messages may be missing."
                    .into(),
            }));
        }
        if self.screen == "notice" {
            tell(Update::Event(Event::Warning {
                kind: WarningKind::Storage,
                text: "The disk is nearly full: 40 MiB are left.".into(),
            }));
        }
        true
    }

    /// Answers at once.
    pub fn answer(&mut self, request: Request, tell: &Tell) {
        match request {
            Request::Query(ticket, query) => {
                tell(Update::Answer(ticket, Ok(self.query(query))));
            }
            Request::Node(ticket, command) => {
                let answer = self.node_command(&command);
                if matches!(command, NodeCommand::Lock | NodeCommand::Unlock { .. }) {
                    tell(Update::Event(Event::Node(Box::new(self.me.clone()))));
                }
                tell(Update::Answer(ticket, Ok(answer)));
            }
            Request::Command(ticket, command) => {
                let reply = self.command(command, tell);
                tell(Update::Reply(ticket, Ok(reply)));
            }
            Request::File(ticket, command) => {
                let file_id = FileId([0; 32]);
                let path = match command {
                    FileCommand::Fetch { path, .. } => path,
                    _ => None,
                };
                let answer = Answer::File { file_id, path };
                tell(Update::Answer(ticket, Ok(answer)));
            }
            Request::Look(ticket, places) => {
                let found = places.iter().map(|place| look(place)).collect();
                tell(Update::Looked(ticket, found));
            }
            Request::Choose(ticket, places) => {
                let found = places.iter().map(|place| chosen(place)).collect();
                tell(Update::Looked(ticket, found));
            }
            Request::Keep(ticket, picture) => {
                let kept = shot::kept(&picture, ticket);
                tell(Update::Looked(ticket, kept.into_iter().collect()));
            }
            Request::View(message) => {
                tell(Update::Viewed(message, shot::shots(&lake(1600, 1066))));
            }
            Request::Weigh(path, _) => {
                let weight = weight(&path);
                tell(Update::Weighed(path, weight));
            }
            Request::Decode(file, preview) => {
                let picture = thumbnail::decode(&preview).map(Arc::new);
                tell(Update::Decoded(file, picture));
            }
            Request::Play(..)
            | Request::Sound(_)
            | Request::Watch(_)
            | Request::Prove(..)
            | Request::Remember(_) => {}
        }
    }

    fn query(&self, query: Query) -> Answer {
        match query {
            Query::NodeInfo => Answer::Node(Box::new(self.me.clone())),
            Query::Settings => Answer::Settings(self.settings),
            Query::Nearby => Answer::Nearby(self.nearby.clone()),
            Query::Contacts => Answer::Contacts(self.contacts.values().cloned().collect()),
            Query::Chats => Answer::Chats(self.chats.clone()),
            Query::Safety { .. } => Answer::Safety(Safety {
                number: "023943450010783688714884947876933618569589219648180856030695".into(),
                words: Vec::new(),
                qr_svg: svg("betwixt safety number of two people who compare it"),
            }),
            Query::Messages(page) => {
                let all = self
                    .messages
                    .get(&page.chat_id)
                    .map_or(&[][..], Vec::as_slice);
                let place = |id: MessageId| all.iter().position(|m| m.message_id == id);
                let limit = page.limit.unwrap_or(50);
                let range = match (page.before.and_then(place), page.after.and_then(place)) {
                    (Some(before), _) => before.saturating_sub(limit)..before,
                    (None, Some(after)) => after + 1..(after + 1 + limit).min(all.len()),
                    (None, None) => all.len().saturating_sub(limit)..all.len(),
                };
                Answer::Messages(all[range].to_vec())
            }
            Query::Chat { chat_id } => self
                .groups
                .get(&chat_id)
                .map_or(Answer::Done {}, |info| Answer::Chat(Box::new(info.clone()))),
            Query::Message { message_id } => {
                let mut all = self.messages.values().flatten();
                let message = all.find(|message| message.message_id == message_id);
                message.map_or(Answer::Done {}, |message| {
                    Answer::Message(Box::new(message.clone()))
                })
            }
            Query::History { .. } => Answer::History(editions(NOW)),
            Query::Files => Answer::Files(self.stored()),
            Query::Contents(_) => Answer::Contents(inside()),
            Query::SearchState => Answer::Done {},
            Query::Search(looked_for) => {
                let all = self.messages.values().flatten();
                Answer::Results(sample::found(all, &looked_for))
            }
            Query::Receipts { .. } => Answer::Receipts(receipts(NOW)),
        }
    }

    fn node_command(&mut self, command: &NodeCommand) -> Answer {
        match command {
            NodeCommand::Unlock { .. } => self.me = me(false),
            NodeCommand::Lock => self.me = me(true),
            NodeCommand::SetPassphrase { new, .. } => self.me.protected = new.is_some(),
            NodeCommand::Recovery { .. } => {
                let words = WORDS.split_whitespace().collect::<Vec<_>>().join(" ");
                return Answer::Recovery { words };
            }
        }
        Answer::Done {}
    }

    fn command(&mut self, command: Command, tell: &Tell) -> Reply {
        match command {
            Command::SendMessage { chat_id, text, .. } => {
                let with = person(chat_id.0[0]);
                let said = self.add(with, NOW, true, DeliveryState::Queued, &text);
                let (message_id, sent_at) = (said.message_id, said.sent_at);
                tell(Update::Event(Event::Message(Box::new(said))));
                let tell = Arc::clone(tell);
                thread::spawn(move || come_further(message_id, with, &tell));
                return Reply::Sent {
                    message_id,
                    sent_at,
                };
            }
            Command::AddContact { person_id, .. } => {
                let person_id = person_id.unwrap_or(person(21));
                let mut contact = sample::contact(person_id, "Ben Okafor");
                contact.request = Some(RequestState::Outgoing);
                self.contacts.insert(person_id, contact);
                return Reply::Person { person_id };
            }
            Command::OpenDirectChat { person_id } => {
                let chat_id = chat_of(person_id);
                if !self.chats.iter().any(|chat| chat.chat_id == chat_id) {
                    let name = self
                        .contacts
                        .get(&person_id)
                        .map_or("", |contact| &contact.name);
                    self.chats.push(sample::chat(person_id, name));
                }
                return Reply::Chat { chat_id };
            }
            Command::CreateInvite { .. } => {
                let link = format!("betwixt://c/#{}", "gqZjYXJkAVggPzVhNGQ2".repeat(9));
                let qr_svg = svg(&format!("BX1:{}", "6BFOXN*TS0BI$ZD4N9:9S6".repeat(9)));
                return Reply::Invite { link, qr_svg };
            }
            Command::AcceptContact { person_id } => {
                if let Some(contact) = self.contacts.get_mut(&person_id) {
                    contact.request = None;
                }
                for chat in &mut self.chats {
                    if chat.person_id == Some(person_id) {
                        chat.request = None;
                    }
                }
            }
            Command::BlockContact { person_id } => self.block(person_id, true),
            Command::UnblockContact { person_id } => self.block(person_id, false),
            Command::RemoveContact { person_id } => {
                self.contacts.remove(&person_id);
                self.chats.retain(|chat| chat.person_id != Some(person_id));
            }
            Command::VerifyContact {
                person_id,
                verified,
            } => {
                if let Some(contact) = self.contacts.get_mut(&person_id) {
                    contact.verified = verified;
                }
            }
            Command::SetChat {
                chat_id,
                muted,
                pinned,
                ..
            } => {
                for chat in self.chats.iter_mut().filter(|chat| chat.chat_id == chat_id) {
                    chat.muted = muted.unwrap_or(chat.muted);
                    chat.pinned = pinned.unwrap_or(chat.pinned);
                }
            }
            Command::SetProfile { name, avatar } => {
                self.me.name = name.unwrap_or(std::mem::take(&mut self.me.name));
                self.me.avatar = avatar.unwrap_or(self.me.avatar);
            }
            Command::SetSettings(change) => {
                let now = &mut self.settings;
                now.read_receipts = change.read_receipts.unwrap_or(now.read_receipts);
                now.typing = change.typing.unwrap_or(now.typing);
                now.presence = change.presence.unwrap_or(now.presence);
                now.nearby = change.nearby.unwrap_or(now.nearby);
            }
            Command::ReadMessages { chat_id, .. } => {
                for chat in self.chats.iter_mut().filter(|chat| chat.chat_id == chat_id) {
                    chat.unread = 0;
                }
                let what = ChatChange::Unread;
                tell(Update::Event(Event::Chat { chat_id, what }));
            }
            // The made-up messages and groups stay as they are.
            Command::EditMessage { .. }
            | Command::DeleteMessage { .. }
            | Command::ReactMessage { .. }
            | Command::PinMessage { .. }
            | Command::CreateGroup { .. }
            | Command::AddMember { .. }
            | Command::RemoveMember { .. }
            | Command::SetRole { .. }
            | Command::JoinGroup { .. }
            | Command::LeaveGroup { .. }
            | Command::DeleteChat { .. }
            | Command::ProveMessage { .. }
            | Command::SetTyping { .. } => {}
        }
        Reply::Done {}
    }

    fn block(&mut self, person: PersonId, blocked: bool) {
        if let Some(contact) = self.contacts.get_mut(&person) {
            contact.blocked = blocked;
        }
    }
}

const DOWNLOADS: &str = "/home/elin/Downloads";

/// What stands on the made-up disk.
/// What of it is sent: of a folder all that is in it.
fn chosen(place: &Path) -> Found {
    let Found::Folder(_) = look(place) else {
        return look(place);
    };
    let name = place.file_name().unwrap_or_default();
    Found::File(Chosen {
        path: place.to_owned(),
        name: name.to_string_lossy().into_owned(),
        size: 812_345_678,
        folder: Some(214),
        voice: false,
        original: false,
        content: None,
    })
}

/// What is in a folder.
fn inside() -> FolderContents {
    let entries = [
        ("2025", None),
        ("2025/dawn.jpg", Some(4_812_345)),
        ("2025/noon.jpg", Some(3_412_345)),
        ("2026", None),
        ("2026/boats", None),
        ("2026/boats/film.mkv", Some(712_345_678)),
        ("2026/setup.exe", Some(61_412_345)),
        ("map of the lake.pdf", Some(2_412_345)),
        ("ropes.txt", Some(712)),
    ];
    let entries = entries.map(|(path, size)| FolderEntry {
        path: path.into(),
        size,
    });
    FolderContents {
        count: 220,
        entries: entries.into(),
    }
}

fn look(place: &Path) -> Found {
    let rows = [
        ("Camera", None),
        ("Taxes 2025", None),
        ("boats.zip", Some(88_412_345)),
        ("map of the lake.pdf", Some(2_412_345)),
        ("photo 0412.jpg", Some(4_812_345)),
        ("song of the weir.mp3", Some(9_412_345)),
        ("ropes.txt", Some(712)),
        ("setup.exe", Some(61_412_345)),
    ];
    let is = |name: &str| place.file_name().is_some_and(|last| last == name);
    match rows.iter().find(|(name, _)| is(name)) {
        Some((name, Some(size))) => Found::File(Chosen {
            path: place.to_owned(),
            name: (*name).into(),
            size: *size,
            folder: None,
            original: false,
            voice: false,
            content: None,
        }),
        _ => Found::Folder(Folder {
            path: DOWNLOADS.into(),
            rows: rows
                .iter()
                .map(|(name, size)| Row {
                    name: (*name).into(),
                    size: *size,
                })
                .collect(),
        }),
    }
}

/// What would be sent of it.
fn weight(path: &Path) -> Weight {
    if path.extension().is_none_or(|extension| extension != "jpg") {
        return Weight::Whole;
    }
    Weight::Picture {
        size: 612_345,
        seen: thumbnail::decode(&preview()).map(Arc::new),
    }
}

/// A small picture of a lake.
fn lake(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = ((x * 96 / width) as u8, (y * 64 / height) as u8);
        if y > 36 {
            image::Rgb([40 + x / 3, 90 + y, 120 + x])
        } else {
            image::Rgb([250 - y * 2, 150 + y, 120 + x / 2 + y])
        }
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    let format = image::ImageFormat::Png;
    picture
        .write_to(&mut bytes, format)
        .expect("it is in memory");
    bytes.into_inner()
}

fn preview() -> Preview {
    shaded(0)
}

/// The same at another hour.
fn shaded(hour: u8) -> Preview {
    let picture = image::RgbImage::from_fn(96, 64, |x, y| {
        let (x, y) = ((x as u8).saturating_sub(hour * 9), y as u8);
        if y > 36 {
            image::Rgb([40 + x / 3, 90 + y, 120 + x])
        } else {
            image::Rgb([250 - y * 2, 150 + y, 120 + x / 2 + y])
        }
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    let format = image::ImageFormat::Png;
    picture.write_to(&mut bytes, format).expect("in memory");
    Preview {
        mime: "image/png".into(),
        width: 96,
        height: 64,
        data: data_encoding::BASE64.encode(bytes.get_ref()),
    }
}

fn come_further(message_id: MessageId, person_id: PersonId, tell: &Tell) {
    for state in [
        DeliveryState::Sent,
        DeliveryState::Delivered,
        DeliveryState::Read,
    ] {
        thread::sleep(Duration::from_millis(500));
        tell(Update::Event(Event::Status {
            message_id,
            person_id,
            state,
        }));
    }
}

pub const MAYA: PersonId = person(3);
const TRIP: ChatId = ChatId([70; 32]);
const READING: ChatId = ChatId([71; 32]);

/// What can stand out in a text.
fn marked() -> Vec<(bool, DeliveryState, String)> {
    let said = |text: &str| (false, DeliveryState::Read, text.to_owned());
    let mine = |text: &str| (true, DeliveryState::Read, text.to_owned());
    vec![
        said(
            "The *plan* for Saturday, _if it stays dry_:\n1. Train at ~8:10~ *8:40*\n2. Boats at the mill\n3. Lunch by the weir",
        ),
        mine(
            "> Train at 8:40\nGood, I bring:\n- the tent\n- two paddles\n- `ropes.txt`, see below",
        ),
        mine(
            "```\nfor knot in knots {\n    tie(knot);\n}\n```\nand https://osm.example/r/8842 for the way",
        ),
        said("مرحبا، الخطة *جيدة* (جدا)!\nנתראה ב־12:30 ליד Old Mill\nand the rest in English"),
        mine("💜🛶"),
    ]
}

/// A message of the group, by its number.
fn said(number: u64) -> MessageId {
    sample::id(2_000_000 + number)
}

fn trip_messages(now: Timestamp) -> Vec<Message> {
    let by = |number: u64, minutes: u64, sender: PersonId, text: &str| {
        let at = Timestamp(now.0 - minutes * 60_000);
        let outgoing = sender == sample::ME;
        Message {
            message_id: said(number),
            sender,
            sent_at: at,
            received_at: at,
            outgoing,
            state: if outgoing {
                DeliveryState::Delivered
            } else {
                DeliveryState::Read
            },
            ..sample::incoming(TRIP, number + 1, text)
        }
    };
    let mut joined = sample::system(TRIP, 0, "Maya Lindqvist added Aiko Tanaka");
    joined.change = Some(GroupChange {
        by: Who::Named("Maya Lindqvist".into()),
        what: Changed::Added(Who::Named("Aiko Tanaka".into())),
    });
    joined.sent_at = Timestamp(now.0 - 40 * 60_000);
    let mut view = by(
        0,
        31,
        person(2),
        "Found the view from the jetty. Sunset is at 16:08 so we should arrive before that 🌅",
    );
    let reaction = |emoji: &str, people: &[PersonId]| Reaction {
        emoji: emoji.into(),
        people: people.to_vec(),
    };
    view.reactions = vec![
        reaction("😍", &[MAYA, sample::ME]),
        reaction("👍", &[person(4)]),
    ];
    let camera = by(1, 28, person(4), "すごい！ Let's bring the big camera 📷");
    let mut route = by(
        2,
        25,
        sample::ME,
        "Route is here: https://osm.example/r/8842 — about 2 h 40 without stops",
    );
    route.reply_to = Some(said(0));
    route.edited_at = Some(Timestamp(now.0 - 24 * 60_000));
    let food = "Perfect. I'll handle food, tell me about allergies 🥑";
    let mut stove = by(4, 20, MAYA, "@Elin Karlsson can you bring the stove?");
    stove.mentions = vec![sample::ME];
    stove.mentioned = true;
    let bye = by(5, 4, sample::ME, "Of course. See you at 12:30 sharp! 👋🏽");
    vec![
        joined,
        view,
        camera,
        route,
        by(3, 21, MAYA, food),
        stove,
        bye,
    ]
}

fn editions(now: Timestamp) -> Vec<Edition> {
    let edition = |text: &str, minutes: u64| Edition {
        text: text.into(),
        at: Timestamp(now.0 - minutes * 60_000),
    };
    let text = "Route is here: https://osm.example/r/8842";
    vec![
        edition(&format!("{text} — about 3 h"), 25),
        edition(&format!("{text} — about 2 h 40 without stops"), 24),
    ]
}

fn receipts(now: Timestamp) -> Vec<PersonReceipt> {
    let receipt = |person_id, state, minutes: u64| PersonReceipt {
        person_id,
        state,
        at: (minutes > 0).then(|| Timestamp(now.0 - minutes * 60_000)),
        held_by: 0,
    };
    vec![
        receipt(MAYA, ReceiptState::Read, 23),
        receipt(person(2), ReceiptState::Read, 22),
        receipt(person(4), ReceiptState::Delivered, 24),
        receipt(person(6), ReceiptState::Delivered, 19),
        receipt(person(20), ReceiptState::Queued, 0),
    ]
}

pub const fn person(number: u8) -> PersonId {
    let mut id = [number; 32];
    id[1] = number.wrapping_mul(37);
    PersonId(id)
}

pub fn chat_of(person: PersonId) -> ChatId {
    sample::chat(person, "").chat_id
}

fn me(locked: bool) -> NodeInfo {
    if locked {
        return NodeInfo {
            locked,
            protected: true,
            ..NodeInfo::default()
        };
    }
    NodeInfo {
        version: env!("CARGO_PKG_VERSION").into(),
        ..sample::me()
    }
}

fn svg(text: &str) -> String {
    let code = qrcode::QrCode::new(text).expect("short enough");
    code.render::<qrcode::render::svg::Color<'_>>().build()
}

const PEOPLE: &[(u8, &str, bool, bool)] = &[
    (2, "Tomás Ferreira", true, true),
    (3, "Maya Lindqvist", true, true),
    (4, "Aiko Tanaka", false, true),
    (5, "Priya Nair", false, false),
    (6, "Jonas Weber", true, false),
    (7, "Layla Haddad", false, true),
    (8, "Devansh Rao", true, false),
    (9, "Quiet Heron", false, false),
    (10, "Ola Nordmann", false, false),
];

/// With whom, minutes ago, whether mine, how far, what.
const LAST: &[(u8, u64, bool, DeliveryState, &str)] = &[
    (
        2,
        2,
        false,
        DeliveryState::Read,
        "Sunset is at 16:08 so we should leave early 🌅",
    ),
    (
        4,
        37,
        true,
        DeliveryState::Read,
        "写真ありがとう！週末に会いましょう",
    ),
    (5, 115, false, DeliveryState::Read, "chapter 7 by Thursday?"),
    (
        6,
        210,
        true,
        DeliveryState::Delivered,
        "I pushed the fix to the branch",
    ),
    (7, 1_500, false, DeliveryState::Read, "شكرا جزيلا"),
    (8, 2_900, true, DeliveryState::Sent, "धन्यवाद! कल मिलते हैं"),
    (
        9,
        12,
        false,
        DeliveryState::Read,
        "Hi Elin, it is Karin from the library. Is that you?",
    ),
    (
        10,
        4_400,
        true,
        DeliveryState::Queued,
        "door code, boiler manual, gate 4",
    ),
];

fn conversation() -> Vec<(bool, DeliveryState, String)> {
    let said: &[(bool, &str)] = &[
        (false, "Morning! Did the parcel with the tent arrive?"),
        (true, "Yes, an hour ago. It is bigger than I thought"),
        (true, "We will need the roof rack"),
        (false, "Ha, told you 😄"),
        (
            false,
            "I can borrow my brother's. He is away until the 14th, so nobody will miss it.",
        ),
        (true, "Perfect."),
        (
            true,
            "I looked at the weather: dry until Sunday evening, then rain from the west. If we \
             start back at noon we stay ahead of it.",
        ),
        (false, "Good. And the route?"),
        (
            true,
            "Route is here: https://osm.example/r/8842 — about 2 h 40 without stops",
        ),
        (false, "すごい！ Let's bring the big camera 📷"),
        (false, "🏕️"),
        (
            true,
            "Perfect. I'll handle food, tell me about allergies 🥑",
        ),
        (false, "None here. See you at 12:30 sharp!"),
        (true, "See you 👋🏽"),
    ];
    let last = said.len() - 1;
    let state = |at: usize| {
        if at == last {
            DeliveryState::Delivered
        } else {
            DeliveryState::Read
        }
    };
    let said = said.iter().enumerate();
    said.map(|(at, (mine, text))| (*mine, state(at), (*text).to_owned()))
        .collect()
}

fn generated() -> Vec<(bool, DeliveryState, String)> {
    let words = [
        "lake", "tent", "rain", "road", "coffee", "Sunday", "camera", "bread", "boat",
    ];
    (0..100_000usize)
        .map(|n| {
            let length = 1 + n * 7919 % 37;
            let text: Vec<&str> = (0..length).map(|k| words[(n * 31 + k * 17) % 9]).collect();
            let text = format!("{n}: {}", text.join(" "));
            (n * 7 % 11 < 5, DeliveryState::Read, text)
        })
        .collect()
}

const WORDS: &str = "harbor velvet anchor mosaic ribbon copper meadow signal lantern orchid pepper \
                     summit window garden island silver planet ticket violin carpet forest pencil \
                     rocket saddle";

/// As of somebody who speaks.
pub fn waveform(number: u32) -> Vec<u8> {
    let loud = |part: u32| {
        let word = (part * 5 + number * 3) % 17;
        let turn = (part * 7 + number * 11) % 13;
        if word < 3 {
            word + turn / 6
        } else {
            8 + (turn * word) % 23
        }
    };
    let parts = (0..64).map(|part| u8::try_from(loud(part).min(31)).unwrap_or(0));
    parts.collect()
}
