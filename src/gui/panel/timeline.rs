//! The messages of the open chat: only those in sight are laid out, however many there are.

mod acts;
mod album;
mod entry;
mod file;
mod rows;
mod scrollbar;
mod start;
mod system;

use egui::{
    Align2, CornerRadius, Key, Modifiers, Painter, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

pub use self::{acts::react, file::how_much};
use self::{entry::Entry, scrollbar::ScrollBar};
use super::chats::typing_line;
use crate::{
    gui::{
        action::Action,
        calendar::Calendar,
        fonts::icon,
        model::timeline::{Side, Timeline},
        strings::{tr, tr_count},
        theme,
        view::View,
        widget::{
            badge, button, ground,
            vlist::{Placed, Viewport, VirtualList},
        },
    },
    node::{ChatId, MessageId, PersonId},
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
    seen: Option<MessageId>,
    bar: ScrollBar,
    goal: Option<Goal>,
}

/// A message to which the view went, and which lights up for a moment.
#[derive(Clone, Copy)]
struct Goal {
    message: MessageId,
    /// Tells one wish from the next.
    number: u64,
    /// When it was reached, in seconds.
    since: f64,
}

/// Heights hold for as long as this stays.
#[derive(Clone, Copy, PartialEq)]
struct Layout {
    width: f32,
    pixels_per_point: f32,
    /// Names stand above messages.
    group: bool,
    /// They lie close together.
    compact: bool,
}

impl Messages {
    /// Draws the messages.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        let Some(timeline) = &view.model.timeline else {
            return;
        };
        ground::paint(
            ui.painter(),
            rect,
            view.model.appearance.ground,
            view.tokens.hover,
        );
        self.follow(timeline, view.calendar);
        self.go_to_goal(ui, rect, timeline);
        let width = rect.width().min(theme::COLUMN);
        let column = Rect::from_center_size(rect.center(), vec2(width, rect.height()));
        self.check_layout(ui, width, rows::in_group(view, timeline));
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
        let mut grown = false;
        for row in &placed {
            grown |= self.show_row(&mut ui, row, column, view, timeline);
        }
        if grown {
            self.list.forget_heights();
            ui.ctx().request_repaint();
        }
        if self.list.is_at_end() && !typing.is_empty() {
            let chat = view.model.chat(timeline.chat());
            let who = chat.and_then(|chat| typing_line(view.model, chat));
            let seen = typing.first().filter(|_| rows::in_group(view, timeline));
            rows::show_typing(&ui, column, view, &who.unwrap_or_default(), seen.copied());
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

    /// Goes where the person wants to; again, until what lies around it has come.
    fn go_to_goal(&mut self, ui: &Ui, rect: Rect, timeline: &Timeline) {
        let Some((message, number)) = timeline.goal() else {
            return;
        };
        let now = ui.input(|input| input.time);
        let goal = match self.goal {
            Some(goal) if goal.number == number => goal,
            _ => Goal {
                message,
                number,
                since: now,
            },
        };
        let is_new = self.goal.is_none_or(|before| before.number != number);
        self.goal = Some(goal);
        let arrives = timeline.loading().is_some() && now - goal.since < FLASH;
        if !is_new && !arrives {
            return;
        }
        let is_it = |entry: &Entry| entry.holds(timeline, message);
        if let Some(row) = self.entries.iter().position(is_it) {
            self.list.go_to(row, (rect.height() * 0.3).round());
        }
    }

    /// Lights the row up to which the view went.
    fn show_flash(&self, ui: &Ui, row: Rect, entry: &Entry, view: &View<'_>, timeline: &Timeline) {
        let Some(goal) = self.goal else {
            return;
        };
        let gone = ui.input(|input| input.time) - goal.since;
        if gone > FLASH || !entry.holds(timeline, goal.message) {
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
        let left = (1.0 - gone / FLASH) as f32;
        let moves = !view.model.appearance.reduce_motion;
        let strength = if moves { left.min(0.7) / 0.7 } else { 1.0 };
        let fill = view.tokens.soft.gamma_multiply(strength);
        let wide = ui.clip_rect().x_range();
        let lit = Rect::from_x_y_ranges(wide, row.y_range()).expand2(vec2(0.0, 4.0));
        ui.painter().rect_filled(lit, 0.0, fill);
        let next = if moves { 33 } else { 200 };
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_millis(next));
    }

    fn check_layout(&mut self, ui: &Ui, width: f32, group: bool) {
        let layout = Layout {
            width,
            group,
            compact: theme::chosen(ui.ctx()).compact,
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
            entry.map_or(0.0, |entry| {
                rows::height(entry, painter, width, view, timeline)
            })
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

    /// Draws a row. Says whether it is of another height from now on.
    fn show_row(
        &self,
        ui: &mut Ui,
        placed: &Placed,
        column: Rect,
        view: &mut View<'_>,
        timeline: &Timeline,
    ) -> bool {
        let Some(entry) = self.entries.get(placed.row) else {
            return false;
        };
        let origin = pos2(column.min.x, (column.min.y + placed.top).round());
        let row = Rect::from_min_size(origin, vec2(column.width(), placed.height));
        match entry {
            Entry::Start => start::show(ui, row, view, timeline),
            Entry::Day(at) => {
                let words = view.calendar.day_name(*at, view.now);
                rows::show_capsule(ui, row, &words, view.tokens.text2, view.tokens.bubble_in);
            }
            Entry::Unread => rows::show_divider(ui, row, view.tokens),
            Entry::Given => rows::show_given(ui, row, view.tokens),
            Entry::System { index } => {
                if let Some(message) = timeline.messages().get(*index) {
                    system::show(ui, row, message, view);
                }
            }
            Entry::Message { .. } | Entry::Pending { .. } => {
                self.show_flash(ui, row, entry, view, timeline);
                return rows::show_bubble(ui, row, entry, view, timeline);
            }
        }
        false
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
            Entry::Message { index, count, .. } => timeline
                .messages()
                .get(index + count - 1)
                .filter(|message| !message.outgoing),
            Entry::Start
            | Entry::Day(_)
            | Entry::Unread
            | Entry::Given
            | Entry::System { .. }
            | Entry::Pending { .. } => None,
        };
        let newest = placed.iter().rev().filter(in_sight).find_map(incoming);
        // Places change as messages come in between.
        let seen = self.seen.and_then(|seen| timeline.get(seen));
        if let Some(message) =
            newest.filter(|message| seen.is_none_or(|seen| message.seq > seen.seq))
        {
            self.seen = Some(message.message_id);
            view.act(Action::Seen(message.message_id));
        }
    }

    /// For the bench and the scroll bar's tests.
    pub fn list(&mut self) -> &mut VirtualList {
        &mut self.list
    }
}

/// How long a message lights up to which the view went, in seconds.
const FLASH: f64 = 1.6;

/// Rows before the end of what is in memory at which more is asked for.
const AHEAD: usize = 60;
