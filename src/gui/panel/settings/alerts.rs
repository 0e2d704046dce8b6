//! Of what one is told while one does not look.

use egui::Ui;

use super::group::Group;
use crate::gui::{
    action::Action,
    alert::{Alerts, Content, is_quiet},
    appearance::Appearance,
    strings::{tr, tr_name},
    view::View,
};

/// Draws these settings.
pub(super) fn show(ui: &mut Ui, view: &mut View<'_>) {
    let now = view.model.appearance;
    let alerts = now.alerts;
    let mut chosen = alerts;
    let mut group = Group::new(ui, &tr("settings-alerts"));
    let label = tr("settings-alerts-on");
    if group.switch(&label, &tr("settings-alerts-on-hint"), alerts.on) {
        chosen.on = !alerts.on;
    }
    if alerts.on {
        let words = [tr("alerts-text"), tr("alerts-name"), tr("alerts-nothing")];
        let contents = [Content::Text, Content::Name, Content::Nothing];
        let at = contents.iter().position(|one| *one == alerts.content);
        let clicked = group.choice(&tr("settings-alerts-show"), &words, at.unwrap_or_default());
        if let Some(content) = clicked.and_then(|clicked| contents.get(clicked)) {
            chosen.content = *content;
        }
        let label = tr("settings-alerts-sound");
        if group.switch(&label, &tr("settings-alerts-sound-hint"), alerts.sound) {
            chosen.sound = !alerts.sound;
        }
        quiet(&mut group, view, &mut chosen);
    }
    group.end();
    if chosen != alerts {
        view.act(Action::Look(Appearance {
            alerts: chosen,
            ..now
        }));
    }
}

/// When there are none.
fn quiet(group: &mut Group<'_>, view: &View<'_>, alerts: &mut Alerts) {
    let before = *alerts;
    let hour = view.calendar.hour(view.now);
    let silent = view.now.0 < before.silent_until;
    let (hint, verb) = if silent {
        ("settings-quiet-silent", "settings-quiet-end")
    } else if is_quiet(&before, hour) {
        ("settings-quiet-hours-now", "settings-quiet-tomorrow")
    } else {
        ("settings-quiet-none", "settings-quiet-tomorrow")
    };
    if group.button(&tr("settings-quiet"), &tr(hint), &tr(verb)) {
        alerts.silent_until = if silent {
            0
        } else {
            view.calendar.tomorrow(view.now).0
        };
    }
    let label = tr("settings-quiet-hours");
    if group.switch(&label, &tr("settings-quiet-hours-hint"), before.quiet) {
        alerts.quiet = !before.quiet;
    }
    if !before.quiet {
        return;
    }
    let times = [
        ("settings-quiet-from", &mut alerts.quiet_from),
        ("settings-quiet-until", &mut alerts.quiet_until),
    ];
    for (label, minute) in times {
        let words = view.calendar.minute(*minute);
        let label = tr(label);
        let earlier = tr_name("settings-earlier", &label);
        let later = tr_name("settings-later", &label);
        if let Some(up) = group.step(&label, &words, [&earlier, &later]) {
            let step = if up { STEP } else { DAY - STEP };
            *minute = (*minute + step) % DAY;
        }
    }
}

/// Minutes between two hours that can be chosen.
const STEP: u16 = 30;

/// Minutes of a day.
const DAY: u16 = 24 * 60;
