//! The window's thread: takes what the node says, draws, and does what the person wants.

mod tray;

use std::time::Duration;

use eframe::Frame;
use egui::{Context, Event, InputState, OpenUrl, Theme, ThemePreference, Ui, ViewportCommand};

use self::tray::InTray;
use super::{
    action::Action,
    appearance::{Appearance, ThemeChoice},
    bridge::Bridge,
    calendar::Calendar,
    desktop::{Desktop, Heard, Wish},
    fonts,
    language::Language,
    mirror::Mirror,
    model::{Around, Model, Stage, nav::Place},
    screen::{home::Home, locked::Locked, starting, stopped},
    strings::{self, tr_count},
    theme,
    view::View,
};
use crate::node::Timestamp;

/// The window.
pub struct App {
    tray: InTray,
    model: Model,
    bridge: Bridge,
    calendar: Calendar,
    clock: fn() -> Timestamp,
    home: Home,
    locked: Locked,
    shown: Option<Appearance>,
    title: String,
    has_emoji: bool,
    /// Whether the computer was asked to stay awake.
    awake: bool,
    desktop: Option<Desktop>,
    scheme: Option<Theme>,
    /// What the system speaks.
    language: Language,
    /// A link that waits for the profile to be open.
    link: Option<String>,
}

impl App {
    /// A window at the near end of a bridge. `clock` tells the time.
    pub fn new(
        ctx: &Context,
        bridge: Bridge,
        appearance: Appearance,
        calendar: Calendar,
        clock: fn() -> Timestamp,
    ) -> Self {
        fonts::install(ctx);
        theme::install(ctx);
        ctx.add_plugin(Mirror::default());
        Self {
            tray: InTray::default(),
            model: Model::new(appearance),
            bridge,
            calendar,
            clock,
            home: Home::default(),
            locked: Locked::default(),
            shown: None,
            title: String::new(),
            has_emoji: false,
            awake: false,
            desktop: None,
            scheme: None,
            language: Language::default(),
            link: None,
        }
    }

    /// The same, with a link to show once the profile is open.
    #[must_use]
    pub fn with_link(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }

    /// The same, where the system speaks this language.
    #[must_use]
    pub fn with_language(self, language: Language) -> Self {
        strings::speak(self.model.appearance.language.unwrap_or(language));
        Self { language, ..self }
    }

    /// The same, on a desktop.
    #[must_use]
    pub fn with_desktop(self, desktop: Desktop) -> Self {
        Self {
            desktop: Some(desktop),
            ..self
        }
    }

    /// Does what somebody wants.
    pub fn perform(&mut self, ctx: &Context, action: Action) {
        let now = (self.clock)();
        self.model.perform(action, now);
        self.finish(ctx, now);
    }

    /// What the window knows.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Takes what the node said.
    pub fn receive(&mut self, ctx: &Context) {
        let now = (self.clock)();
        self.model.around = Around {
            looked_at: ctx.input(is_looked_at),
            hour: self.calendar.hour(now),
            ..self.model.around
        };
        self.go_into_tray(ctx);
        self.hear(ctx, now);
        for _ in 0..AT_ONCE {
            let Some(update) = self.bridge.receive() else {
                break;
            };
            self.model.receive(update, now);
        }
        self.model.tick(now);
        self.show_link(now);
        self.finish(ctx, now);
    }

    /// Draws, and does what the person wants.
    pub fn draw(&mut self, ui: &mut Ui) {
        let now = (self.clock)();
        // Of a window that is hidden nothing is drawn, and its last input stays where it was.
        if ui.input(|input| input.events.iter().any(is_use)) {
            self.model.used(now);
        }
        let actions = self.show(ui, now);
        if !actions.is_empty() {
            for action in actions {
                self.model.perform(action, now);
            }
            // What was done is seen in the next frame.
            ui.ctx().request_repaint();
        }
        self.finish(ui.ctx(), now);
    }

    fn show(&mut self, ui: &mut Ui, now: Timestamp) -> Vec<Action> {
        let rect = ui.max_rect();
        if !std::mem::replace(&mut self.has_emoji, true) {
            fonts::load_emoji(ui.painter());
        }
        let focused = ui.input(|input| input.focused);
        let mut view = View {
            model: &self.model,
            tokens: theme::tokens(ui.ctx()),
            calendar: &self.calendar,
            now,
            narrow: rect.width() < theme::ONE_PANE,
            looked_at: focused,
            actions: Vec::new(),
        };
        match &self.model.stage {
            Stage::Starting => starting::show(ui, rect, &view),
            Stage::Locked => self.locked.show(ui, rect, &mut view),
            Stage::Open => self.home.show(ui, rect, &mut view),
            Stage::Stopped { why, damaged } => {
                stopped::show(ui, rect, why, *damaged, &mut view);
            }
        }
        view.actions
    }

    /// What changed in the model becomes visible outside of it.
    fn finish(&mut self, ctx: &Context, now: Timestamp) {
        self.send();
        for wish in self.model.take_wishes() {
            if let Some(desktop) = &self.desktop {
                desktop.wish(wish);
            }
        }
        if self.model.stage == Stage::Locked && !self.model.was_forgotten {
            self.model.was_forgotten = true;
            self.home.forget(ctx);
            ctx.data_mut(egui::util::IdTypeMap::clear);
            self.shown = None;
        }
        if let Some(text) = self.model.clipboard.take() {
            ctx.copy_text(text.as_str().to_owned());
        }
        if let Some(url) = self.model.opens.take() {
            ctx.open_url(OpenUrl::new_tab(url));
        }
        self.look(ctx);
        self.name_window(ctx);
        self.tell_tray(ctx, now);
        self.keep_awake();
        if let Some(at) = self.model.next_tick() {
            ctx.request_repaint_after(Duration::from_millis(at.since(now)));
        }
    }

    /// Shows the link with which the program was started.
    fn show_link(&mut self, now: Timestamp) {
        if self.model.stage == Stage::Open
            && self.model.chats_known
            && let Some(link) = self.link.take()
        {
            self.model.perform(Action::AskLink(link), now);
        }
    }

    /// Takes what the desktop said.
    fn hear(&mut self, ctx: &Context, now: Timestamp) {
        for _ in 0..AT_ONCE {
            let Some(heard) = self.desktop.as_ref().and_then(Desktop::hear) else {
                break;
            };
            match heard {
                Heard::Opened(chat) => {
                    if self.model.chat(chat).is_some() {
                        self.model.perform(Action::OpenChat(chat), now);
                    } else if self.model.stage == Stage::Open {
                        self.model.perform(Action::Go(Place::People), now);
                    }
                    raise(ctx);
                }
                Heard::Answered(chat, text) => {
                    let action = Action::AnswerOutside { chat, text };
                    self.model.perform(action, now);
                }
                Heard::Read(read) => self.model.picture_read(read),
                Heard::Knocked(link) => {
                    self.link = link.or(self.link.take());
                    raise(ctx);
                }
                Heard::TrayShown(there) => self.model.around.tray = there,
                Heard::Chooser => self.model.around.chooser = true,
                Heard::Picked(pick, places) => self.model.picked(&pick, places, now),
                Heard::Quiet => self.turn_quiet(now),
                Heard::Quit => self.quit(ctx),
                Heard::Away => self.model.away(now),
                Heard::Scheme(scheme) => {
                    self.scheme = scheme;
                    self.shown = None;
                }
            }
        }
    }

    /// Sends what fits; the rest goes with the next frame.
    fn send(&mut self) {
        let mut requests = self.model.take_requests().into_iter();
        while let Some(request) = requests.next() {
            if let Some(request) = self.bridge.send(request) {
                let rest = std::iter::once(request).chain(requests).collect();
                self.model.put_back(rest);
                return;
            }
        }
    }

    fn look(&mut self, ctx: &Context) {
        let appearance = self.model.appearance;
        if self.shown.replace(appearance) == Some(appearance) {
            return;
        }
        ctx.set_theme(match appearance.theme {
            ThemeChoice::System => self.scheme.map_or(ThemePreference::System, Into::into),
            ThemeChoice::Light => ThemePreference::Light,
            ThemeChoice::Dark => ThemePreference::Dark,
        });
        strings::speak(appearance.language.unwrap_or(self.language));
        theme::choose(ctx, appearance);
        ctx.request_repaint();
    }

    /// The computer stays awake while something is to be done.
    fn keep_awake(&mut self) {
        let awake = self.model.stays_awake();
        if self.awake != awake
            && let Some(desktop) = &self.desktop
        {
            desktop.wish(Wish::Awake(awake));
            self.awake = awake;
        }
    }

    fn name_window(&mut self, ctx: &Context) {
        let title = match self.model.unread() {
            0 => NAME.to_owned(),
            unread => tr_count("window-title", unread.into()),
        };
        if self.title != title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

/// Whether the person looks at the window. Of one that is hidden egui knows what was last.
fn is_looked_at(input: &InputState) -> bool {
    input.focused && input.viewport().visible() != Some(false)
}

/// Whether somebody did this. That a pointer or the keyboard went elsewhere is no use.
fn is_use(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { .. }
            | Event::Text(_)
            | Event::Ime(_)
            | Event::Paste(_)
            | Event::PointerMoved(_)
            | Event::PointerButton { .. }
            | Event::MouseWheel { .. }
            | Event::Touch { .. }
            | Event::AccessKitActionRequest(_)
    )
}

/// Brings the window to the front.
fn raise(ctx: &Context) {
    ctx.send_viewport_cmd(ViewportCommand::Visible(true));
    ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
    ctx.send_viewport_cmd(ViewportCommand::Focus);
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _: &mut Frame) {
        self.receive(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut Frame) {
        self.draw(ui);
    }
}

/// The name of the program, on its window.
pub const NAME: &str = "Betwixt";

/// Updates taken in one frame; more come with the next.
const AT_ONCE: usize = 2048;
