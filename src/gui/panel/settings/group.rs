//! A group of settings: a heading and a card of rows with lines between.

use egui::{
    Align2, CornerRadius, Painter, Rect, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, layers::ShapeIdx, pos2, vec2,
};

use crate::gui::{
    fonts::icon,
    strings::tr,
    theme::{self, Tokens},
    widget::{
        bidi,
        button::{self, Pill},
        hero, switch, text,
    },
};

/// A group that is being drawn.
pub struct Group<'a> {
    ui: &'a mut Ui,
    tokens: &'static Tokens,
    /// Where the card goes once its height is known.
    card: ShapeIdx,
    top: f32,
    rows: usize,
}

const ROW: f32 = 66.0;
const INSET: f32 = 20.0;

/// The heading of a group. Returns where it stands.
pub fn heading(ui: &mut Ui, words: &str) -> Rect {
    let tokens = theme::tokens(ui.ctx());
    let (id, head) = ui.allocate_space(vec2(ui.available_width(), 48.0));
    let response = ui.interact(head, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
    let at = pos2(head.min.x + 4.0, head.max.y - 18.0);
    let font = theme::semibold(theme::SMALL);
    text::put(
        ui.painter(),
        at,
        Align2::LEFT_CENTER,
        words,
        font,
        tokens.text2,
    );
    head
}

impl<'a> Group<'a> {
    /// Begins with a heading.
    pub fn new(ui: &'a mut Ui, heading: &str) -> Self {
        let tokens = theme::tokens(ui.ctx());
        let head = self::heading(ui, heading);
        let card = ui.painter().add(Shape::Noop);
        Self {
            ui,
            tokens,
            card,
            top: head.max.y,
            rows: 0,
        }
    }

    /// Ends it: now the card is as high as its rows.
    pub fn end(self) {
        let bottom = self.ui.cursor().min.y;
        let across = self.ui.max_rect();
        let card = Rect::from_min_max(pos2(across.min.x, self.top), pos2(across.max.x, bottom));
        let shape = Shape::rect_filled(card, CornerRadius::same(16), self.tokens.group);
        self.ui.painter().set(self.card, shape);
    }

    /// A switch. Says whether it was clicked.
    pub fn switch(&mut self, label: &str, hint: &str, on: bool) -> bool {
        let [wide, high] = switch::SIZE;
        let row = self.words(label, hint, wide + 16.0);
        let center = pos2(row.max.x - INSET - wide / 2.0, row.center().y);
        let place = Rect::from_center_size(center, vec2(wide, high));
        switch::switch(self.ui, place, label, on).clicked()
    }

    /// One of a few. Returns the one that was clicked.
    pub fn choice(&mut self, label: &str, words: &[String], chosen: usize) -> Option<usize> {
        let row = self.row(64.0);
        let named = self.label(row, label).width();
        let wide = 252f32.min(row.width() - named - INSET - 28.0);
        let place = Rect::from_min_size(
            pos2(row.max.x - 16.0 - wide, row.center().y - 19.0),
            vec2(wide, 38.0),
        );
        switch::choice(self.ui, place, label, words, chosen)
    }

    /// A value that is made smaller or larger. Says which, if one was wanted.
    pub fn step(&mut self, label: &str, value: &str, names: [&str; 2]) -> Option<bool> {
        let row = self.row(58.0);
        let middle = row.center().y;
        self.label(row, label);
        let words = Rect::from_center_size(pos2(row.max.x - 92.0, middle), vec2(64.0, 38.0));
        let name = format!("{label}: {value}");
        let response = self
            .ui
            .interact(words, self.ui.scope_id().with(&name), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
        let font = theme::medium(theme::TITLE);
        text::put(
            self.painter(),
            words.center(),
            Align2::CENTER_CENTER,
            value,
            font,
            self.tokens.text,
        );
        let mut wanted = None;
        for (nth, (glyph, name)) in ["−", icon::PLUS].into_iter().zip(names).enumerate() {
            let x = if nth == 0 {
                words.min.x - 20.0
            } else {
                words.max.x + 20.0
            };
            let place = Rect::from_center_size(pos2(x, middle), vec2(36.0, 36.0));
            if button::quiet_icon(self.ui, place, glyph, name).clicked() {
                wanted = Some(nth == 1);
            }
        }
        wanted
    }

    /// Something to do. Says whether its button was clicked.
    pub fn button(&mut self, label: &str, hint: &str, verb: &str) -> bool {
        let wide = (hero::pill_width(self.ui, verb) - 24.0).max(96.0);
        let row = self.words(label, hint, wide + 16.0);
        let center = pos2(row.max.x - 16.0 - wide / 2.0, row.center().y);
        let place = Rect::from_center_size(center, vec2(wide, 38.0));
        let name = format!("{label}: {verb}");
        let ui = self
            .ui
            .new_child(UiBuilder::new().max_rect(place).id_salt(&name));
        let response = button::pill(&ui, place, verb, Pill::Plain);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        response.clicked()
    }

    /// A value to read.
    pub fn value(&mut self, label: &str, value: &str) {
        let row = self.row(52.0);
        let name = format!("{label}: {value}");
        let response = self
            .ui
            .interact(row, self.ui.scope_id().with(&name), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
        let width = self.label(row, label).width();
        let room = row.width() - 2.0 * INSET - width - 16.0;
        let job = text::one_line(value, room, theme::regular(theme::BODY), self.tokens.text2);
        let galley = self.painter().layout_job(job);
        let at = pos2(
            row.max.x - INSET - galley.size().x,
            row.center().y - galley.size().y / 2.0,
        );
        self.painter().galley(at, galley, self.tokens.text2);
    }

    /// An address or a path, with a button that copies it. Says whether that was clicked.
    pub fn code(&mut self, label: &str, value: &str) -> bool {
        let row = self.row(62.0);
        let room = row.width() - 2.0 * INSET - 48.0;
        let words = Rect::from_min_size(row.min + vec2(INSET, 0.0), vec2(room, row.height()));
        let name = format!("{label}: {value}");
        let response = self
            .ui
            .interact(words, self.ui.scope_id().with(&name), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
        let response = response.on_hover_text(value);
        let at = pos2(response.rect.min.x, row.center().y - 11.0);
        let font = theme::medium(theme::BODY);
        text::put(
            self.painter(),
            at,
            Align2::LEFT_CENTER,
            label,
            font,
            self.tokens.text,
        );
        let at = pos2(response.rect.min.x, row.center().y + 11.0);
        let font = theme::mono(12.0);
        text::paint_line(self.painter(), at, value, room, font, self.tokens.text2);
        let place =
            Rect::from_center_size(pos2(row.max.x - 36.0, row.center().y), vec2(36.0, 36.0));
        let label = format!("{} {label}", tr("settings-copy"));
        button::quiet_icon(self.ui, place, icon::COPY, &label).clicked()
    }

    /// The next row, with a line above unless it is the first.
    fn row(&mut self, height: f32) -> Rect {
        let (_, row) = self
            .ui
            .allocate_space(vec2(self.ui.available_width(), height));
        if self.rows > 0 {
            let line = Stroke::new(1.0, self.tokens.border);
            let across = row.min.x + INSET..=row.max.x - INSET;
            self.painter().hline(across, row.min.y, line);
        }
        self.rows += 1;
        row
    }

    /// What a row is about, in its middle. Returns where that stands.
    fn label(&self, row: Rect, label: &str) -> Rect {
        let at = pos2(row.min.x + INSET, row.center().y);
        let font = theme::medium(theme::TITLE);
        let (left, ink) = (Align2::LEFT_CENTER, self.tokens.text);
        text::put(self.painter(), at, left, label, font, ink)
    }

    /// The next row, with what it is about and what that means, in as many lines as it takes.
    fn words(&mut self, label: &str, hint: &str, taken: f32) -> Rect {
        let room = self.ui.available_width() - 2.0 * INSET - taken;
        let title = (label, theme::medium(theme::TITLE), self.tokens.text);
        let meaning = (hint, theme::regular(theme::SMALL), self.tokens.text2);
        let said = [title, meaning];
        let lines = said.clone().map(|(words, font, ink)| {
            let whole = text::one_line(words, f32::INFINITY, font.clone(), ink);
            let whole = self.painter().layout_job(whole);
            let fits = whole.size().x <= room || bidi::is_needed(words);
            let words = words.to_owned();
            let cut = (!fits).then(|| self.painter().layout(words, font, ink, room));
            (whole.size().y, cut)
        });
        let more = lines.iter().map(|(line, cut)| {
            let high = cut.as_ref().map_or(*line, |cut| cut.size().y);
            high - line
        });
        let row = self.row(ROW + more.sum::<f32>());
        let mut top = row.min.y;
        let middles = [ROW / 2.0 - 9.5, ROW / 2.0 + 12.0];
        for (((words, font, ink), middle), (line, cut)) in said.into_iter().zip(middles).zip(lines)
        {
            let at = pos2(row.min.x + INSET, top + middle);
            let Some(cut) = cut else {
                text::paint_line(self.painter(), at, words, room, font, ink);
                continue;
            };
            top += cut.size().y - line;
            let at = at - vec2(0.0, line / 2.0);
            self.painter().galley(at, cut, ink);
        }
        row
    }

    fn painter(&self) -> &Painter {
        self.ui.painter()
    }
}
