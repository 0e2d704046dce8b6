//! A new group, more people for one, its name and what it is for.

use egui::Ui;

use super::{Fields, PLAIN, TOPIC, head, line, pick, refusal};
use crate::{
    gui::{
        action::{Action, GroupAction},
        fonts::icon,
        strings::{tr, tr_name},
        view::View,
        widget::button::{self, Pill},
    },
    node::ChatId,
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
    pick::show(ui, fields, &people, 420.0, view);
    refusal(ui, view.model.dialog.refused.as_deref());
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
    pick::show(ui, fields, &people, 372.0, view);
    refusal(ui, model.dialog.refused.as_deref());
    let ready = !fields.chosen.is_empty() && !model.dialog.waiting;
    if button::wide_pill(ui, &verb("add-people-button", view), pill(ready)).clicked() && ready {
        let people = fields.chosen.clone();
        view.act(Action::InGroup(chat, GroupAction::Add(people)));
    }
}

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
