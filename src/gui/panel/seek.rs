//! Looking for something in the open chat: a field, how many there are, older, newer.

use egui::{
    Align2, Id, Key, Modifiers, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::{
    gui::{
        action::{Action, FindAction},
        fonts::icon,
        model::find::Seek,
        strings::{Argument, tr, tr_name, tr_with},
        theme,
        view::View,
        widget::{button, field::Field, text},
    },
    node::ChatId,
};

/// The field; Ctrl+F goes there.
pub const SEARCH: &str = "field search in chat";

/// How high it is.
const HEIGHT: f32 = 56.0;

/// The field's text, while a chat is searched.
#[derive(Default)]
pub struct Seeking {
    chat: Option<ChatId>,
    text: String,
    /// What of it was told.
    told: String,
}

impl Seeking {
    /// Draws it, if the chat is searched. Returns its height.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, chat: ChatId, view: &mut View<'_>) -> f32 {
        let Some(seek) = view.model.seek(chat) else {
            *self = Self::default();
            return 0.0;
        };
        let id = Id::unique(SEARCH);
        if self.chat != Some(chat) {
            self.chat = Some(chat);
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        if self.told != seek.look.text {
            self.told.clone_from(&seek.look.text);
            self.text.clone_from(&self.told);
        }
        let rect = Rect::from_min_size(rect.min, vec2(rect.width(), HEIGHT));
        let tokens = view.tokens;
        ui.painter().rect_filled(rect, 0.0, tokens.list);
        let line = Stroke::new(1.0, tokens.border);
        ui.painter().hline(rect.x_range(), rect.max.y, line);
        let middle = rect.center().y;
        let icon_at = |from_right: f32| {
            Rect::from_center_size(pos2(rect.max.x - from_right, middle), vec2(36.0, 36.0))
        };
        let name = view.model.chat(chat).map(|chat| chat.name.as_str());
        let field = Field {
            label: &tr_name("seek-label", name.unwrap_or_default()),
            hint: &tr("seek-hint"),
            icon: Some(icon::MAGNIFYING_GLASS),
            secret: false,
            limit: 300,
        };
        let place = Rect::from_min_max(
            pos2(rect.min.x + theme::GUTTER, middle - 19.0),
            pos2(rect.max.x - 256.0, middle + 19.0),
        );
        // Enter leads on and stays in the field.
        let focused = ui.memory(|memory| memory.has_focus(id));
        let pressed =
            |modifiers, key| focused && ui.input_mut(|input| input.consume_key(modifiers, key));
        let newer =
            pressed(Modifiers::SHIFT, Key::Enter) || pressed(Modifiers::NONE, Key::ArrowDown);
        let older = pressed(Modifiers::NONE, Key::Enter) || pressed(Modifiers::NONE, Key::ArrowUp);
        let (response, _) = field.show(ui, place, id, &mut self.text);
        if response.changed() {
            self.told.clone_from(&self.text);
            view.act(Action::Find(FindAction::InFor(self.text.clone())));
        }
        show_count(ui, pos2(rect.max.x - 144.0, middle), seek, view);
        let is_older = steps(ui, icon_at(116.0), true) || older;
        let is_newer = steps(ui, icon_at(76.0), false) || newer;
        if is_older {
            view.act(Action::Find(FindAction::Older));
        }
        if is_newer {
            view.act(Action::Find(FindAction::Newer));
        }
        if button::quiet_icon(ui, icon_at(36.0), icon::X, &tr("seek-close")).clicked() {
            view.act(Action::Find(FindAction::Stop));
        }
        HEIGHT + 1.0
    }
}

/// A button that leads to what is further up or down.
fn steps(ui: &Ui, rect: Rect, up: bool) -> bool {
    let label = if up { "seek-older" } else { "seek-newer" };
    let clicked = button::quiet_icon(ui, rect, "", &tr(label)).clicked();
    let tokens = theme::tokens(ui.ctx());
    let lift = if up { -3.5 } else { 3.5 };
    let tip = rect.center() + vec2(0.0, lift);
    let stroke = Stroke::new(1.8, tokens.text2);
    for side in [-7.0, 7.0] {
        let end = tip + vec2(side, -2.0 * lift);
        ui.painter().line_segment([tip, end], stroke);
    }
    clicked
}

/// `3 of 20`, that there is nothing, or why.
fn show_count(ui: &Ui, right: egui::Pos2, seek: &Seek, view: &View<'_>) {
    let words = words(seek);
    let rect = Rect::from_min_max(right - vec2(104.0, 18.0), right + vec2(0.0, 18.0));
    let response = ui.interact(rect, ui.scope_id().with("seek count"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let response = match &seek.look.refused {
        Some(why) => response.on_hover_text(why),
        None => response,
    };
    let (ink, shown) = match &seek.look.refused {
        Some(_) => (view.tokens.danger, tr("seek-unclear")),
        None => (view.tokens.text2, words),
    };
    let font = theme::regular(theme::SMALL);
    text::put(
        ui.painter(),
        response.rect.right_center(),
        Align2::RIGHT_CENTER,
        shown,
        font,
        ink,
    );
}

fn words(seek: &Seek) -> String {
    let look = &seek.look;
    if let Some(refused) = &look.refused {
        return refused.clone();
    }
    if look.text.trim().is_empty() {
        return String::new();
    }
    if look.found.is_empty() {
        let key = if look.waiting || look.indexed.is_some() {
            "found-searching"
        } else {
            "seek-nothing"
        };
        return tr(key);
    }
    let is_more = look.more || look.indexed.is_some();
    let more = if is_more { "+" } else { "" };
    let at = (seek.at + 1).to_string();
    let count = format!("{}{more}", look.found.len());
    let both = [
        ("at", Argument::Text(&at)),
        ("count", Argument::Text(&count)),
    ];
    tr_with("seek-count", &both)
}
