//! A window without a screen, beside a made-up node that answers at once.

use std::{collections::BTreeMap, time::Duration};

use egui::{
    Context, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2,
    RawInput, Rect, TouchPhase, Vec2, ViewportId,
    accesskit::{Node, Role},
    pos2, vec2,
};

use crate::{
    gui::{
        app::App,
        appearance::Appearance,
        bridge::{FarEnd, Request, Ticket, Update, bridge},
        calendar::Calendar,
        sample::{
            BEN, MAYA, ME, NOW, chat, contact, group, group_info, id, incoming, me, near, outgoing,
            system,
        },
    },
    node::{
        ChatId, Command, CommandError, ErrorKind, PersonId, Reply, Settings, Timestamp,
        view::{
            Answer, ChatInfo, ChatSummary, Contact, Event as NodeEvent, Message, NearbyPerson,
            NodeCommand, NodeInfo, PageOf, PersonReceipt, Query, Safety,
        },
    },
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
    /// What was asked of it.
    pub(super) commands: Vec<Command>,
    pub(super) node_commands: Vec<NodeCommand>,
    pub(super) remembered: Vec<Appearance>,
    /// Refuse everything with this sentence.
    pub(super) refuse: Option<&'static str>,
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
            commands: Vec::new(),
            node_commands: Vec::new(),
            remembered: Vec::new(),
            refuse: None,
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

    fn query(&self, query: Query) -> Answer {
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
            Query::Message { .. } | Query::History { .. } => Answer::Done {},
        }
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

    fn command(&mut self, command: &Command) -> Reply {
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

/// A window without a screen.
pub(super) struct Window {
    ctx: Context,
    app: App,
    far: FarEnd,
    pub(super) node: MadeUp,
    size: Vec2,
    time: f64,
    nodes: Vec<Node>,
    /// How long until it wants to be drawn again.
    pub(super) repaint: Duration,
    /// What it copied.
    pub(super) copied: Vec<String>,
    /// What it opened.
    pub(super) opened: Vec<String>,
    focused: Option<usize>,
}

impl Window {
    pub(super) fn open(node: MadeUp) -> Self {
        Self::open_with(node, vec2(1200.0, 800.0))
    }

    pub(super) fn open_with(node: MadeUp, size: Vec2) -> Self {
        let ctx = Context::default();
        ctx.enable_accesskit();
        let (near, far) = bridge();
        let app = App::new(&ctx, near, Appearance::default(), Calendar::utc(), || NOW);
        let mut window = Self {
            ctx,
            app,
            far,
            node,
            size,
            time: 0.0,
            nodes: Vec::new(),
            repaint: Duration::MAX,
            copied: Vec::new(),
            opened: Vec::new(),
            focused: None,
        };
        window.tell(Update::Started);
        window.settle();
        window
    }

    /// A window with Maya's chat open.
    pub(super) fn with_chat(node: MadeUp) -> Self {
        let mut window = Self::open(node);
        window.click_starting("Maya Lindqvist, ");
        window
    }

    /// A window with the group open.
    pub(super) fn with_herons(node: MadeUp) -> Self {
        let mut window = Self::open(node);
        window.click_starting("Herons, ");
        window
    }

    pub(super) fn app(&self) -> &App {
        &self.app
    }

    pub(super) fn tell(&mut self, update: Update) {
        assert!(self.far.updates.try_send(update).is_ok());
    }

    pub(super) fn event(&mut self, event: NodeEvent) {
        self.tell(Update::Event(event));
        self.settle();
    }

    /// Draws until nothing is asked any more, as the node answers.
    pub(super) fn settle(&mut self) {
        for _ in 0..8 {
            self.frame(Vec::new());
            self.answer();
        }
    }

    fn answer(&mut self) {
        while let Ok(request) = self.far.requests.try_recv() {
            let refused = |sentence: &&str| CommandError::new(ErrorKind::Invalid, *sentence);
            let update = match request {
                Request::Query(ticket, query) => Update::Answer(ticket, Ok(self.node.query(query))),
                Request::Command(ticket, command) => {
                    let result = match self.node.refuse.as_ref().map(refused) {
                        Some(error) => Err(error),
                        None => Ok(self.node.command(&command)),
                    };
                    self.node.commands.push(command);
                    Update::Reply(ticket, result)
                }
                Request::Node(ticket, command) => self.node_command(ticket, command),
                Request::Remember(appearance) => {
                    self.node.remembered.push(appearance);
                    continue;
                }
            };
            self.tell(update);
        }
    }

    fn node_command(&mut self, ticket: Ticket, command: NodeCommand) -> Update {
        let refused = self
            .node
            .refuse
            .map(|why| CommandError::new(ErrorKind::Forbidden, why));
        let answer = match (&command, refused) {
            (_, Some(error)) => Err(error),
            (NodeCommand::Recovery { .. }, None) => Ok(Answer::Recovery {
                words: "harbor velvet anchor".into(),
            }),
            (_, None) => Ok(Answer::Done {}),
        };
        self.node.node_commands.push(command);
        Update::Answer(ticket, answer)
    }

    /// Draws once, with what was done.
    pub(super) fn frame(&mut self, events: Vec<Event>) {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let app = &mut self.app;
        let ctx = self.ctx.clone();
        let mut output = self.ctx.run_ui(input, |ui| {
            app.receive(&ctx);
            app.draw(ui);
        });
        output.textures_delta.clear();
        self.repaint = output.viewport_output[&ViewportId::ROOT].repaint_delay;
        for command in &output.platform_output.commands {
            match command {
                egui::OutputCommand::CopyText(text) => self.copied.push(text.clone()),
                egui::OutputCommand::OpenUrl(url) => self.opened.push(url.url.clone()),
                _ => {}
            }
        }
        let tree = output.platform_output.accesskit_update.unwrap();
        let at_focus = tree.nodes.iter().position(|(id, _)| *id == tree.focus);
        self.focused = at_focus;
        self.nodes = tree.nodes.into_iter().map(|(_, node)| node).collect();
    }

    /// What everything is called, for when something is not found.
    pub(super) fn names(&self) -> Vec<String> {
        self.nodes
            .iter()
            .filter_map(name)
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn has(&self, wanted: &str) -> bool {
        self.nodes.iter().any(|node| name(node) == Some(wanted))
    }

    pub(super) fn has_starting(&self, wanted: &str) -> bool {
        self.nodes
            .iter()
            .any(|node| name(node).is_some_and(|name| name.starts_with(wanted)))
    }

    pub(super) fn node(&self, wanted: &str) -> &Node {
        let found = self.nodes.iter().find(|node| name(node) == Some(wanted));
        found.unwrap_or_else(|| panic!("no “{wanted}” in {:#?}", self.names()))
    }

    pub(super) fn is_focused(&self, wanted: &str) -> bool {
        let node = self.focused.and_then(|at| self.nodes.get(at));
        node.is_some_and(|node| name(node) == Some(wanted))
    }

    pub(super) fn click(&mut self, wanted: &str) {
        let at = center(self.node(wanted));
        self.click_at(at, PointerButton::Primary);
    }

    pub(super) fn click_starting(&mut self, wanted: &str) {
        let starts = |node: &&Node| name(node).is_some_and(|name| name.starts_with(wanted));
        let found = self.nodes.iter().find(starts);
        let at = center(found.unwrap_or_else(|| panic!("no “{wanted}…” in {:#?}", self.names())));
        self.click_at(at, PointerButton::Primary);
    }

    pub(super) fn right_click(&mut self, wanted: &str) {
        let at = center(self.node(wanted));
        self.click_at(at, PointerButton::Secondary);
    }

    pub(super) fn click_at(&mut self, at: Pos2, button: PointerButton) {
        self.frame(vec![Event::PointerMoved(at)]);
        for pressed in [true, false] {
            self.frame(vec![Event::PointerButton {
                pos: at,
                button,
                pressed,
                modifiers: Modifiers::NONE,
            }]);
        }
        self.settle();
    }

    pub(super) fn write(&mut self, text: &str) {
        self.frame(vec![Event::Text(text.into())]);
        self.settle();
    }

    pub(super) fn press(&mut self, modifiers: Modifiers, key: Key) {
        let down = Self::key(modifiers, key, true);
        self.frame(vec![Event::ModifiersChanged(modifiers), down]);
        let up = Self::key(modifiers, key, false);
        self.frame(vec![up, Event::ModifiersChanged(Modifiers::NONE)]);
        self.settle();
    }

    pub(super) fn key(modifiers: Modifiers, key: Key, pressed: bool) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        }
    }

    /// Turns the wheel over the messages; positive shows what is further up.
    pub(super) fn wheel(&mut self, points: f32) {
        self.frame(vec![Event::PointerMoved(pos2(self.size.x - 300.0, 400.0))]);
        self.frame(vec![Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Trackpad,
            modifiers: Modifiers::NONE,
        }]);
        for _ in 0..30 {
            self.frame(Vec::new());
        }
        self.settle();
    }
}

/// What a node is called; of a label, what it says.
pub(super) fn name(node: &Node) -> Option<&str> {
    node.label()
        .or_else(|| node.value().filter(|_| node.role() == Role::Label))
}

fn center(node: &Node) -> Pos2 {
    bounds(node).center()
}

/// Where something is, in points.
#[expect(clippy::cast_possible_truncation, reason = "places on screen")]
pub(super) fn bounds(node: &Node) -> Rect {
    let bounds = node.bounds().unwrap();
    let min = pos2(bounds.x0 as f32, bounds.y0 as f32);
    Rect::from_min_max(min, pos2(bounds.x1 as f32, bounds.y1 as f32))
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
