//! The messages of the open chat: only those in sight are laid out, however many there are.

mod entry;
mod scrollbar;

use egui::{
    Align2, Color32, CornerRadius, Id, Key, Modifiers, Painter, Popup, PopupCloseBehavior, Pos2,
    Rect, Response, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};

use self::{entry::Entry, scrollbar::ScrollBar};
use crate::{
    gui::{
        action::Action,
        calendar::Calendar,
        fonts::icon,
        model::timeline::{Side, Timeline},
        strings::{tr, tr_count, tr_name},
        theme::{self, Tokens},
        view::View,
        widget::{
            avatar, badge,
            bubble::{self, Bubble},
            button, text,
            tick::Tick,
            vlist::{Placed, Viewport, VirtualList},
        },
    },
    node::{ChatId, PersonId},
};

/// The messages of the open chat.
#[derive(Default)]
pub struct Messages {
    chat: Option<ChatId>,
    revision: Option<u64>,
    entries: Vec<Entry>,
    list: VirtualList,
    layout: Option<Layout>,
    placed_divider: bool,
    newest_pending: u64,
    told_following: Option<bool>,
    seen: Option<u64>,
    bar: ScrollBar,
}

/// Heights hold for as long as this stays.
#[derive(Clone, Copy, PartialEq)]
struct Layout {
    width: f32,
    pixels_per_point: f32,
}

impl Messages {
    /// Draws the messages.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        let Some(timeline) = &view.model.timeline else {
            return;
        };
        self.follow(timeline, view.calendar);
        let width = rect.width().min(theme::COLUMN);
        let column = Rect::from_center_size(rect.center(), vec2(width, rect.height()));
        self.check_layout(ui, width);
        self.scroll(ui, rect);

        let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("messages"));
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        let typing: Vec<PersonId> = view.model.typing.people(timeline.chat()).collect();
        let viewport = Viewport {
            height: rect.height(),
            below: if typing.is_empty() { 12.0 } else { 56.0 },
            open_end: !timeline.at_end(),
        };
        let placed = self.place(ui.painter(), viewport, width, view, timeline);
        for row in &placed {
            self.show_row(&mut ui, row, column, view, timeline);
        }
        if self.list.is_at_end() && !typing.is_empty() {
            show_typing(&ui, column, view);
        }
        self.bar.show(&ui, rect, &mut self.list, timeline);
        self.show_jump(&ui, column, view, timeline);
        self.report(&placed, rect, view, timeline);
    }

    /// Takes what changed in the messages.
    fn follow(&mut self, timeline: &Timeline, calendar: &Calendar) {
        if self.chat != Some(timeline.chat()) {
            *self = Self {
                chat: Some(timeline.chat()),
                layout: self.layout,
                ..Self::default()
            };
        }
        if self.revision == Some(timeline.revision()) {
            return;
        }
        self.revision = Some(timeline.revision());
        self.entries = entry::entries(timeline, calendar);
        let rows = self
            .entries
            .iter()
            .map(|entry| entry.row(timeline))
            .collect();
        self.list.set_rows(rows);
        let newest = timeline
            .pending()
            .last()
            .map_or(0, |pending| pending.number);
        if newest > self.newest_pending {
            // What I say myself is always seen.
            self.list.go_to_end();
            self.newest_pending = newest;
        }
    }

    fn check_layout(&mut self, ui: &Ui, width: f32) {
        let layout = Layout {
            width,
            pixels_per_point: ui.ctx().pixels_per_point(),
        };
        if self.layout != Some(layout) {
            self.layout = Some(layout);
            self.list.forget_heights();
        }
    }

    fn scroll(&mut self, ui: &Ui, rect: Rect) {
        if ui.rect_contains_pointer(rect) {
            let delta = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
            if delta != 0.0 {
                self.list.scroll(delta);
            }
        }
        let page = rect.height() * 0.9;
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::PageUp) {
            self.list.scroll(page);
        }
        if pressed(Key::PageDown) {
            self.list.scroll(-page);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::End)) {
            self.list.go_to_end();
        }
    }

    fn place(
        &mut self,
        painter: &Painter,
        viewport: Viewport,
        width: f32,
        view: &View<'_>,
        timeline: &Timeline,
    ) -> Vec<Placed> {
        let entries = &self.entries;
        let mut measure = |row: usize| {
            let entry = entries.get(row);
            entry.map_or(0.0, |entry| height(entry, painter, width, view, timeline))
        };
        let placed = self.list.visible(viewport, &mut measure);
        let divider = entries.iter().position(|entry| *entry == Entry::Unread);
        let Some(divider) = divider.filter(|_| !self.placed_divider) else {
            return placed;
        };
        // A chat opens at the first unread message, if that is further up than one screen.
        self.placed_divider = true;
        if placed.iter().any(|row| row.row == divider) {
            return placed;
        }
        self.list.go_to(divider, 8.0);
        self.list.visible(viewport, &mut measure)
    }

    fn show_row(
        &self,
        ui: &mut Ui,
        placed: &Placed,
        column: Rect,
        view: &mut View<'_>,
        timeline: &Timeline,
    ) {
        let Some(entry) = self.entries.get(placed.row) else {
            return;
        };
        let origin = pos2(column.min.x, (column.min.y + placed.top).round());
        let row = Rect::from_min_size(origin, vec2(column.width(), placed.height));
        match entry {
            Entry::Start => show_start(ui, row, view, timeline),
            Entry::Day(at) => {
                let words = view.calendar.day_name(*at, view.now);
                show_capsule(ui, row, &words, view.tokens.text2, view.tokens.bubble_in);
            }
            Entry::Unread => show_divider(ui, row, view.tokens),
            Entry::Message { .. } | Entry::Pending { .. } => {
                show_bubble(ui, row, entry, view, timeline);
            }
        }
    }

    /// The button that leads to the newest message.
    fn show_jump(&mut self, ui: &Ui, column: Rect, view: &mut View<'_>, timeline: &Timeline) {
        if self.list.is_at_end() || timeline.is_opening() {
            return;
        }
        let tokens = view.tokens;
        let center = pos2(column.max.x - 40.0, column.max.y - 36.0);
        let rect = Rect::from_center_size(center, vec2(40.0, 40.0));
        let response = ui.interact(rect, ui.scope_id().with("jump"), Sense::click());
        let count = timeline.below();
        let label = if count == 0 {
            tr("jump")
        } else {
            format!("{}, {}", tr("jump"), tr_count("jump-count", count.into()))
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let painter = ui.painter();
        let round = CornerRadius::same(20);
        painter.add(theme::menu_shadow(tokens).as_shape(rect, round));
        let fill = if response.hovered() {
            tokens.hover
        } else {
            tokens.card
        };
        painter.circle(center, 20.0, fill, Stroke::new(1.0, tokens.border));
        let font = theme::icon(18.0);
        painter.text(
            center,
            Align2::CENTER_CENTER,
            icon::CARET_DOWN,
            font,
            tokens.text2,
        );
        if count > 0 {
            let at = center - vec2(0.0, 20.0);
            badge::paint_count(painter, at, count, tokens.accent, tokens.on_accent);
        }
        button::focus_ring(painter, &response, rect, 20, tokens);
        if response.clicked() {
            self.list.go_to_end();
            if !timeline.at_end() {
                view.act(Action::Load(Side::Latest));
            }
            ui.ctx().request_repaint();
        }
    }

    /// Says what the model must know: which messages are missing, what was seen.
    fn report(&mut self, placed: &[Placed], rect: Rect, view: &mut View<'_>, timeline: &Timeline) {
        let following = self.list.is_at_end();
        if self.told_following.replace(following) != Some(following) {
            view.act(Action::Follow(following));
        }
        if timeline.loading().is_none() && !timeline.messages().is_empty() {
            let first = placed.first().map_or(0, |row| row.row);
            let last = placed.last().map_or(0, |row| row.row);
            if !timeline.at_start() && first < AHEAD {
                view.act(Action::Load(Side::Older));
            } else if !timeline.at_end() && last + AHEAD > self.entries.len() {
                view.act(Action::Load(Side::Newer));
            }
        }
        if !view.looked_at || view.model.nav.dialog().is_some() {
            return;
        }
        let in_sight = |row: &&Placed| row.top + row.height <= rect.height() + 1.0;
        let incoming = |row: &Placed| match self.entries.get(row.row)? {
            Entry::Message { index, .. } => timeline
                .messages()
                .get(*index)
                .filter(|message| !message.outgoing),
            Entry::Start | Entry::Day(_) | Entry::Unread | Entry::Pending { .. } => None,
        };
        let newest = placed.iter().rev().filter(in_sight).find_map(incoming);
        if let Some(message) =
            newest.filter(|message| self.seen.is_none_or(|seen| message.seq > seen))
        {
            self.seen = Some(message.seq);
            view.act(Action::Seen(message.message_id));
        }
    }

    /// For the bench and the scroll bar's tests.
    pub fn list(&mut self) -> &mut VirtualList {
        &mut self.list
    }
}

/// Rows before the end of what is in memory at which more is asked for.
const AHEAD: usize = 60;

/// The height of a row.
fn height(
    entry: &Entry,
    painter: &Painter,
    width: f32,
    view: &View<'_>,
    timeline: &Timeline,
) -> f32 {
    match entry {
        Entry::Start => 216.0,
        Entry::Day(_) => 46.0,
        Entry::Unread => 44.0,
        Entry::Message { .. } | Entry::Pending { .. } => {
            with_bubble(entry, view, timeline, |bubble| {
                bubble.lay(painter, width, view.tokens).0.height
            })
            .unwrap_or_default()
                + if failed(entry, timeline).is_some() {
                    34.0
                } else {
                    0.0
                }
        }
    }
}

/// Why a message of mine could not be kept, and its number.
fn failed<'a>(entry: &Entry, timeline: &'a Timeline) -> Option<(u64, &'a str)> {
    let Entry::Pending { index, .. } = entry else {
        return None;
    };
    let pending = timeline.pending().get(*index)?;
    Some((pending.number, pending.failed.as_deref()?))
}

/// Builds the bubble of a message and gives it to `use_it`.
fn with_bubble<T>(
    entry: &Entry,
    view: &View<'_>,
    timeline: &Timeline,
    use_it: impl FnOnce(&Bubble<'_>) -> T,
) -> Option<T> {
    match *entry {
        Entry::Message { index, first, last } => {
            let message = timeline.messages().get(index)?;
            let mut time = view.calendar.time(message.sent_at);
            if message.edited_at.is_some() {
                time = format!("{} {time}", tr("message-edited"));
            }
            let aside = message.deleted || message.text.is_empty();
            let word = match (message.deleted, aside) {
                (true, _) => tr("message-deleted"),
                (false, true) => tr("message-newer"),
                (false, false) => String::new(),
            };
            let you = tr("you");
            let face = view.model.face(message.sender);
            let author = if message.outgoing {
                &you
            } else {
                face.map_or("", |face| face.name)
            };
            Some(use_it(&Bubble {
                text: if aside { &word } else { &message.text },
                time: &time,
                mine: message.outgoing.then(|| Tick::from(message.state)),
                aside,
                author,
                first,
                last,
            }))
        }
        Entry::Pending { index, first, last } => {
            let pending = timeline.pending().get(index)?;
            let failed = pending.failed.is_some();
            Some(use_it(&Bubble {
                text: &pending.text,
                time: &view.calendar.time(pending.at),
                mine: Some(if failed { Tick::Failed } else { Tick::Waiting }),
                aside: false,
                author: &tr("you"),
                first,
                last,
            }))
        }
        Entry::Start | Entry::Day(_) | Entry::Unread => None,
    }
}

fn show_bubble(ui: &mut Ui, row: Rect, entry: &Entry, view: &mut View<'_>, timeline: &Timeline) {
    let Some(key) = entry.id(timeline) else {
        return;
    };
    let id = Id::unique(("message", key));
    let shown = with_bubble(entry, view, timeline, |bubble| {
        let (laid, text) = bubble.lay(ui.painter(), row.width(), view.tokens);
        (
            bubble.show(ui, row.min, &laid, text, id),
            bubble.text.to_owned(),
        )
    });
    let Some((shown, text)) = shown else {
        return;
    };
    if let Some((number, why)) = failed(entry, timeline) {
        show_failed(ui, row, number, why, view);
    }
    for response in [&shown.response, &shown.text] {
        message_menu(ui, response, &text, view);
    }
}

/// Selecting text ends where the view ends, so every message can be copied whole.
fn message_menu(ui: &Ui, response: &Response, text: &str, view: &mut View<'_>) {
    let popup = Popup::context_menu(response).close_behavior(PopupCloseBehavior::CloseOnClick);
    let by_key = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let popup = if by_key {
        popup.open_memory(egui::SetOpenCommand::Bool(true))
    } else {
        popup
    };
    popup.show(|ui| {
        if button::menu_item(ui, icon::COPY, &tr("menu-copy"), false).clicked() {
            view.act(Action::Copy(text.to_owned()));
        }
    });
}

/// Why a message was not kept, and what to do.
fn show_failed(ui: &mut Ui, row: Rect, number: u64, why: &str, view: &mut View<'_>) {
    let tokens = view.tokens;
    let middle = row.max.y - 17.0;
    let right = row.max.x - theme::GUTTER;
    let mut ui = ui.new_child(
        UiBuilder::new()
            .max_rect(Rect::from_min_max(
                pos2(row.min.x, middle - 15.0),
                pos2(right, middle + 15.0),
            ))
            .id_salt(("failed", number))
            .layout(egui::Layout::right_to_left(
                egui::Align::Center,
            )),
    );
    if button::quiet(&mut ui, &tr("failed-discard")).clicked() {
        view.act(Action::Discard { number });
    }
    if button::quiet(&mut ui, &tr("failed-retry")).clicked() {
        view.act(Action::Retry { number });
    }
    let room = ui.available_width() - theme::GUTTER;
    let words = format!("{} {why}", tr("failed-not-sent"));
    let font = theme::regular(theme::SMALL);
    let galley = ui
        .painter()
        .layout_job(text::one_line(&words, room, font, tokens.danger));
    let left = ui.max_rect().max.x - (ui.max_rect().width() - ui.available_width());
    let at = pos2(left - galley.size().x - 4.0, middle - galley.size().y / 2.0);
    let place = Rect::from_min_size(at, galley.size());
    let response = ui.interact(place, ui.scope_id().with("why"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter().galley(at, galley, tokens.danger);
    response.on_hover_text(why);
}

/// The beginning of the history: with whom, and who can read it.
fn show_start(ui: &Ui, row: Rect, view: &View<'_>, timeline: &Timeline) {
    let Some(chat) = view.model.chat(timeline.chat()) else {
        return;
    };
    let tokens = view.tokens;
    let middle = row.center().x;
    let face = view.model.chat_face(chat);
    avatar::paint(ui.painter(), pos2(middle, row.min.y + 60.0), 72.0, face);
    let at = pos2(middle, row.min.y + 118.0);
    let font = theme::semibold(theme::SECTION);
    ui.painter()
        .text(at, Align2::CENTER_CENTER, face.name, font, tokens.text);
    let words = tr_name("start-sentence", face.name);
    let response = ui.interact(row, ui.scope_id().with("start"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let top = pos2(middle, row.min.y + 138.0);
    let width = (row.width() - 80.0).min(440.0);
    let font = theme::regular(theme::SMALL);
    text::paint_centred(ui.painter(), top, &words, width, font, tokens.text3);
}

fn show_capsule(ui: &Ui, row: Rect, words: &str, ink: Color32, fill: Color32) {
    let galley = ui
        .painter()
        .layout_no_wrap(words.to_owned(), theme::medium(12.0), ink);
    let rect = Rect::from_center_size(row.center(), galley.size() + vec2(24.0, 10.0));
    let response = ui.interact(rect, ui.scope_id().with(("day", words)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    ui.painter().rect_filled(rect, CornerRadius::same(13), fill);
    ui.painter().galley(rect.min + vec2(12.0, 5.0), galley, ink);
}

fn show_divider(ui: &Ui, row: Rect, tokens: &Tokens) {
    let line = Stroke::new(1.0, tokens.accent_text.gamma_multiply(0.5));
    let (left, right) = (row.min.x + theme::GUTTER, row.max.x - theme::GUTTER);
    ui.painter().hline(left..=right, row.center().y, line);
    show_capsule(
        ui,
        row,
        &tr("divider-unread"),
        tokens.accent_text,
        tokens.soft,
    );
}

fn show_typing(ui: &Ui, column: Rect, view: &View<'_>) {
    let moves = !view.model.appearance.reduce_motion;
    let phase = moves.then(|| ui.input(|input| input.time));
    let at: Pos2 = pos2(column.min.x + theme::GUTTER, column.max.y - 48.0);
    bubble::paint_typing(ui.painter(), at, phase, view.tokens);
    let rect = Rect::from_min_size(at, vec2(62.0, 36.0));
    let response = ui.interact(rect, ui.scope_id().with("typing"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, tr("typing")));
    if moves {
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_millis(50));
    }
}
