//! A window without a screen, beside a made-up node that answers at once.

mod hands;

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use egui::{
    Context, DroppedFileHandle, Event, HoveredFile, Pos2, RawInput, Rect, Vec2, ViewportCommand,
    ViewportId, ViewportInfo,
    accesskit::{Node, Role},
    pos2, vec2,
};

use crate::{
    gui::{
        action::{Action, FindAction},
        app::App,
        appearance::Appearance,
        bridge::{FarEnd, Request, Ticket, Update, bridge},
        calendar::Calendar,
        desktop::{FarDesktop, Heard, Tray, Wish, desktop},
        sample::NOW,
        shot::{self, Unseen},
        thumbnail,
        weight::Weight,
    },
    node::{
        CommandError, ErrorKind, Timestamp,
        view::{Answer, Event as NodeEvent, NodeCommand, Query},
    },
};

pub(super) use super::made_up::{CAROL, CHAT, GROUP, MadeUp, another_chat};

thread_local! {
    static CLOCK: Cell<Timestamp> = const { Cell::new(NOW) };
}

fn clock() -> Timestamp {
    CLOCK.with(Cell::get)
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
    /// How large the pictures were that it copied.
    pub(super) copied_pictures: Vec<[usize; 2]>,
    /// What it opened.
    pub(super) opened: Vec<String>,
    /// The desktop around it.
    pub(super) desktop: FarDesktop,
    /// Whether it has the keyboard.
    pub(super) focus: bool,
    /// What it wanted of its viewport.
    pub(super) raised: u32,
    /// All that it wanted of its viewport.
    pub(super) wanted: Vec<ViewportCommand>,
    viewport: ViewportInfo,
    focused: Option<usize>,
    dropped: Vec<PathBuf>,
    /// What somebody holds over it.
    pub(super) held: Vec<HoveredFile>,
}

impl Window {
    pub(super) fn open(node: MadeUp) -> Self {
        Self::open_with(node, vec2(1200.0, 800.0))
    }

    pub(super) fn open_with(node: MadeUp, size: Vec2) -> Self {
        let ctx = Context::default();
        ctx.enable_accesskit();
        let (near, far) = bridge();
        let (desktop, far_desktop) = desktop();
        let app = App::new(&ctx, near, Appearance::default(), Calendar::utc(), clock);
        let app = app.with_desktop(desktop);
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
            copied_pictures: Vec::new(),
            opened: Vec::new(),
            desktop: far_desktop,
            focus: true,
            raised: 0,
            wanted: Vec::new(),
            viewport: ViewportInfo::default(),
            focused: None,
            dropped: Vec::new(),
            held: Vec::new(),
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

    pub(super) fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Nothing moves.
    pub(super) fn reduce_motion(&mut self) {
        let appearance = Appearance {
            reduce_motion: true,
            ..self.app.model().appearance
        };
        let ctx = self.ctx.clone();
        self.app.perform(&ctx, Action::Look(appearance));
        self.settle();
    }

    /// Wants more of what was found: the button may be far below.
    pub(super) fn app_perform_more(&mut self) {
        let more = Action::Find(FindAction::MoreOfAll);
        let ctx = self.ctx.clone();
        self.app.perform(&ctx, more);
        self.settle();
    }

    /// It is so much later, in milliseconds.
    pub(super) fn pass(&mut self, ms: u64) {
        CLOCK.with(|clock| clock.set(clock.get().plus(ms)));
        self.settle();
    }

    /// Somebody chooses how it looks.
    pub(super) fn choose(&mut self, appearance: Appearance) {
        let ctx = self.ctx.clone();
        self.app.perform(&ctx, Action::Look(appearance));
        self.settle();
    }

    /// What the desktop was asked for since, without what its tray shows.
    pub(super) fn wishes(&self) -> Vec<Wish> {
        let wishes = self.desktop.wishes.try_iter();
        wishes
            .filter(|wish| !matches!(wish, Wish::Tray(_)))
            .collect()
    }

    /// What the tray shows last, if that changed.
    pub(super) fn tray(&self) -> Option<Tray> {
        let shown = self
            .desktop
            .wishes
            .try_iter()
            .filter_map(|wish| match wish {
                Wish::Tray(shown) => Some(shown),
                _ => None,
            });
        shown.last()
    }

    /// Somebody closes it, or minimises it.
    pub(super) fn change(&mut self, viewport: ViewportInfo) -> Vec<ViewportCommand> {
        self.wanted.clear();
        self.viewport = viewport;
        self.frame(Vec::new());
        self.viewport = ViewportInfo::default();
        std::mem::take(&mut self.wanted)
    }

    /// The desktop says something.
    pub(super) fn hears(&mut self, heard: Heard) {
        self.desktop.tell.try_send(heard).unwrap();
        self.settle();
    }

    /// How much text was made into blocks.
    pub(super) fn text_work(&self) -> (u64, u64) {
        crate::gui::widget::prose::work(&self.ctx)
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

    pub(super) fn answer(&mut self) {
        while let Ok(request) = self.far.requests.try_recv() {
            let refused = |sentence: &&str| CommandError::new(ErrorKind::Invalid, *sentence);
            let update = match request {
                Request::Query(ticket, query) if !self.node.has(&query) => {
                    let error = CommandError::new(ErrorKind::NotFound, "There is no such message.");
                    Update::Answer(ticket, Err(error))
                }
                Request::Query(ticket, Query::Search(_)) if self.node.senseless.is_some() => {
                    let error = self.node.senseless.as_ref().map(refused);
                    Update::Answer(ticket, Err(error.unwrap()))
                }
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
                Request::File(ticket, command) => {
                    let answer = match self.node.refuse.as_ref().map(refused) {
                        Some(error) => Err(error),
                        None => Ok(self.node.file(&command)),
                    };
                    self.node.file_commands.push(command);
                    Update::Answer(ticket, answer)
                }
                Request::Look(ticket, places) => {
                    let found = places.iter().map(|place| self.node.look(place));
                    Update::Looked(ticket, found.collect())
                }
                Request::Choose(ticket, places) => {
                    let found = places.iter().map(|place| self.node.choose(place));
                    Update::Looked(ticket, found.collect())
                }
                Request::Keep(ticket, picture) => {
                    let kept = shot::kept(&picture, ticket);
                    Update::Looked(ticket, kept.into_iter().collect())
                }
                Request::View(message) => {
                    let content = self.node.contents.get(&message);
                    let none = Err(Unseen::none());
                    let shots = content.map_or(none, |content| shot::shots(content));
                    Update::Viewed(message, shots)
                }
                Request::Weigh(path, _) => {
                    let weight = self.node.weights.get(&path).cloned();
                    Update::Weighed(path, weight.unwrap_or(Weight::Whole))
                }
                Request::Decode(file, preview) => {
                    let picture = thumbnail::decode(&preview).map(Arc::new);
                    Update::Decoded(file, picture)
                }
                Request::Play(message, from, speed) => {
                    self.node.played.push((message, from, speed));
                    continue;
                }
                Request::Sound(ask) => {
                    self.node.asked_sound.push(ask);
                    continue;
                }
                Request::Prove(message, path) => {
                    self.node.proved.push((message, path.clone()));
                    Update::Proved(match self.node.refuse {
                        Some(why) => Err(why.to_owned()),
                        None => Ok(path),
                    })
                }
                Request::Watch(message) => {
                    self.node.watched.push(message);
                    Update::Watched(Ok(()))
                }
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
        let dropped = self.dropped.drain(..);
        let dropped: Vec<DroppedFileHandle> =
            dropped.map(|path| Arc::new(Dropped(path)) as _).collect();
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            focused: self.focus,
            events,
            dropped_files: dropped,
            hovered_files: self.held.clone(),
            viewports: [(ViewportId::ROOT, self.viewport.clone())]
                .into_iter()
                .collect(),
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
        let wanted = &output.viewport_output[&ViewportId::ROOT].commands;
        self.wanted.extend(wanted.iter().cloned());
        let raises = wanted
            .iter()
            .filter(|wanted| **wanted == ViewportCommand::Focus);
        self.raised += u32::try_from(raises.count()).unwrap();
        for command in &output.platform_output.commands {
            match command {
                egui::OutputCommand::CopyText(text) => self.copied.push(text.clone()),
                egui::OutputCommand::CopyImage(picture) => self.copied_pictures.push(picture.size),
                egui::OutputCommand::OpenUrl(url) => self.opened.push(url.url.clone()),
                egui::OutputCommand::TextSelectionSettled(_) => {}
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

    pub(super) fn has_part(&self, wanted: &str) -> bool {
        let mut names = self.nodes.iter().filter_map(name);
        names.any(|name| name.contains(wanted))
    }

    pub(super) fn node(&self, wanted: &str) -> &Node {
        let found = self.nodes.iter().find(|node| name(node) == Some(wanted));
        found.unwrap_or_else(|| panic!("no “{wanted}” in {:#?}", self.names()))
    }

    pub(super) fn is_focused(&self, wanted: &str) -> bool {
        let node = self.focused.and_then(|at| self.nodes.get(at));
        node.is_some_and(|node| name(node) == Some(wanted))
    }
}

/// A file that somebody drops.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it in the window's thread".into())
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
