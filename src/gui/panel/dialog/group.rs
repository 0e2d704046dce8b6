//! A new group, more people for one, its name and what it is for.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{Fields, PLAIN, TOPIC, head, line, pick, refusal};
use crate::{
    gui::{
        action::{Action, GroupAction},
        fonts::icon,
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{
            button::{self, Pill},
            switch, text,
        },
    },
    node::{ChatId, History},
};

/// Found a group.
pub(super) fn found(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    let (title, sentence) = (tr("found-title"), tr("found-sentence"));
    head(ui, icon::USERS, &title, &sentence, view);
    line(ui, PLAIN, &tr("found-name"), false, &mut fields.plain);
    let people = pick::contacts(view.model, |_| false);
    fields
        .chosen
        .retain(|chosen| people.iter().any(|contact| contact.person_id == *chosen));
    let refused = view.model.dialog.refused.as_deref();
    pick::show(ui, fields, &people, below(refused), view);
    refusal(ui, refused);
    let name = fields.plain.trim();
    let ready = !name.is_empty() && !fields.chosen.is_empty() && !view.model.dialog.waiting;
    if button::wide_pill(ui, &verb("found-button", view), pill(ready)).clicked() && ready {
        view.act(Action::CreateGroup {
            name: name.to_owned(),
            members: fields.chosen.clone(),
        });
    }
}

/// Add people to a group.
pub(super) fn add(ui: &mut Ui, fields: &mut Fields, chat: ChatId, view: &mut View<'_>) {
    let model = view.model;
    let name = model.chat(chat).map_or("", |row| &row.name);
    let title = tr_name("add-people-title", name);
    head(
        ui,
        icon::USER_PLUS,
        &title,
        &tr("add-people-sentence"),
        view,
    );
    let members = model.group(chat).map_or(&[][..], |info| &info.members);
    let is_in = |person| members.iter().any(|member| member.person_id == person);
    let people = pick::contacts(model, is_in);
    // Who has been added need not be asked for again, if another was refused.
    fields
        .chosen
        .retain(|chosen| people.iter().any(|contact| contact.person_id == *chosen));
    let refused = model.dialog.refused.as_deref();
    pick::show(ui, fields, &people, below(refused) + BEFORE, view);
    if !people.is_empty() {
        before(ui, fields);
    }
    refusal(ui, refused);
    let ready = !fields.chosen.is_empty() && !model.dialog.waiting;
    if button::wide_pill(ui, &verb("add-people-button", view), pill(ready)).clicked() && ready {
        let people = fields.chosen.clone();
        view.act(Action::InGroup(
            chat,
            GroupAction::Add(people, fields.history),
        ));
    }
}

/// How high the button is, and why it was refused, with their distances.
fn below(refused: Option<&str>) -> f32 {
    58.0 + if refused.is_some() { 48.0 } else { 0.0 }
}

/// What they get of what was said before, and what that means.
fn before(ui: &mut Ui, fields: &mut Fields) {
    let tokens = theme::tokens(ui.ctx());
    let (id, rect) = ui.allocate_space(vec2(ui.available_width(), BEFORE - 12.0));
    let label = tr("before-label");
    let at = rect.left_top() + vec2(2.0, 10.0);
    let font = theme::medium(theme::SMALL);
    let painter = ui.painter();
    text::put(painter, at, Align2::LEFT_CENTER, &label, font, tokens.text2);
    let place = Rect::from_min_size(rect.left_top() + vec2(0.0, 24.0), vec2(rect.width(), 38.0));
    let words = CHOICES.map(|(_, words, _)| tr(words));
    let chosen = CHOICES
        .iter()
        .position(|(history, ..)| *history == fields.history);
    let chosen = chosen.unwrap_or_default();
    let clicked = switch::choice(ui, place, &label, &words, chosen);
    if let Some((history, ..)) = clicked.and_then(|at| CHOICES.get(at)) {
        fields.history = *history;
    }
    let Some((.., sentence)) = CHOICES.get(chosen) else {
        return;
    };
    let sentence = tr(sentence);
    let below = rect.with_min_y(place.max.y + 8.0);
    let response = ui.interact(below, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Note, true, &sentence));
    let font = theme::regular(theme::SMALL);
    let room = rect.width() - 4.0;
    let galley = ui.painter().layout(sentence, font, tokens.text2, room);
    let at = below.min + vec2(2.0, 0.0);
    ui.painter().galley(at, galley, tokens.text2);
}

/// What can be given of what was said before: what it is called, and what it means.
const CHOICES: [(History, &str, &str); 3] = [
    (History::None, "before-none", "before-none-sentence"),
    (History::Last(100), "before-last", "before-last-sentence"),
    (History::All, "before-all", "before-all-sentence"),
];

/// Its height with its distance: a label, the choice, two lines.
const BEFORE: f32 = 24.0 + 38.0 + 8.0 + 36.0 + 12.0;

/// Change a group's name, and what it is for.
pub(super) fn describe(ui: &mut Ui, fields: &mut Fields, chat: ChatId, view: &mut View<'_>) {
    let (title, sentence) = (tr("describe-title"), tr("describe-sentence"));
    head(ui, icon::PENCIL_SIMPLE, &title, &sentence, view);
    let entered = line(ui, PLAIN, &tr("found-name"), false, &mut fields.plain);
    let entered = line(ui, TOPIC, &tr("describe-topic"), false, &mut fields.topic) || entered;
    refusal(ui, view.model.dialog.refused.as_deref());
    let (name, topic) = (fields.plain.trim(), fields.topic.trim());
    let ready = !name.is_empty() && !view.model.dialog.waiting;
    let clicked = button::wide_pill(ui, &verb("describe-button", view), pill(ready)).clicked();
    if !ready || !(clicked || entered) {
        return;
    }
    let model = view.model;
    let is_named = model.chat(chat).is_some_and(|row| row.name == name);
    let now = model.group(chat).and_then(|info| info.topic.as_deref());
    let is_for = now.unwrap_or_default() == topic;
    view.act(Action::InGroup(
        chat,
        GroupAction::Describe {
            name: (!is_named).then(|| name.to_owned()),
            topic: (!is_for).then(|| topic.to_owned()),
        },
    ));
}

fn pill(ready: bool) -> Pill {
    if ready { Pill::Primary } else { Pill::Disabled }
}

fn verb(words: &str, view: &View<'_>) -> String {
    if view.model.dialog.waiting {
        tr("dialog-waiting")
    } else {
        tr(words)
    }
}
