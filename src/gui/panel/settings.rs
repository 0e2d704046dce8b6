//! Settings.

mod alerts;
pub(super) mod group;
mod storage;

use egui::{
    Align2, CornerRadius, Pos2, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use self::group::Group;
use super::person::short_id;
use crate::{
    gui::{
        action::Action,
        appearance::{Accent, Appearance, Ground, TextSize, ThemeChoice},
        fonts::icon,
        language::Language,
        model::nav::Dialog,
        strings::{Argument, tr, tr_count, tr_name, tr_with},
        theme,
        view::View,
        widget::{avatar, button, text},
    },
    node::SettingsChange,
};

/// Draws them.
pub fn show(ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
    ui.painter().rect_filled(rect, 0.0, view.tokens.chat);
    let rect = if view.narrow {
        let (head, rest) = rect.split_top_bottom_at_y(rect.min.y + HEAD);
        if button::back(ui, head) {
            view.act(Action::Back);
        }
        title(ui, head.left_center() + vec2(68.0, 0.0), view);
        rest
    } else {
        rect
    };
    let mut scrolled = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("settings"));
    scrolled.set_clip_rect(rect.intersect(ui.clip_rect()));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut scrolled, |ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            let width = (rect.width() - 2.0 * theme::GUTTER).min(600.0);
            let left = rect.center().x - width / 2.0;
            let column = Rect::from_min_size(pos2(left, ui.min_rect().min.y), vec2(width, 4000.0));
            let mut ui_column = ui.new_child(UiBuilder::new().max_rect(column));
            sections(&mut ui_column, view);
            let used = ui_column.min_rect().height();
            ui.allocate_space(vec2(rect.width(), used + 32.0));
        });
}

/// What this is, in its left middle.
fn title(ui: &Ui, at: Pos2, view: &View<'_>) {
    let font = theme::semibold(24.0);
    let (left, ink) = (Align2::LEFT_CENTER, view.tokens.text);
    text::put(ui.painter(), at, left, tr("settings-title"), font, ink);
}

/// Where the title stands while a window has one pane, above what scrolls.
const HEAD: f32 = 72.0;

fn sections(ui: &mut Ui, view: &mut View<'_>) {
    if !view.narrow {
        let (_, head) = ui.allocate_space(vec2(ui.available_width(), 76.0));
        title(ui, pos2(head.min.x, head.min.y + 40.0), view);
    }
    profile(ui, view);
    appearance(ui, view);
    alerts::show(ui, view);
    privacy(ui, view);
    security(ui, view);
    storage::show(ui, view);
    network(ui, view);
    blocked(ui, view);
    about(ui, view);
}

fn profile(ui: &mut Ui, view: &mut View<'_>) {
    let tokens = view.tokens;
    let face = view.model.my_face();
    let (_, card) = ui.allocate_space(vec2(ui.available_width(), 92.0));
    ui.painter()
        .rect_filled(card, CornerRadius::same(16), tokens.group);
    let middle = card.center().y;
    avatar::paint(ui.painter(), pos2(card.min.x + 52.0, middle), 60.0, face);
    let room = card.width() - 98.0 - 150.0;
    let at = pos2(card.min.x + 98.0, middle - 11.0);
    let font = theme::semibold(17.0);
    text::paint_line(ui.painter(), at, face.name, room, font, tokens.text);
    let id = short_id(face.person);
    let words = tr_name("settings-id", &id);
    let at = pos2(card.min.x + 98.0, middle + 13.0);
    let font = theme::mono(12.5);
    // Where there is little room, what it is called goes first.
    let whole = ui
        .painter()
        .layout_no_wrap(words.clone(), font.clone(), tokens.text2);
    let line = if whole.size().x > room { &id } else { &words };
    text::paint_line(ui.painter(), at, line, room, font, tokens.text2);
    let text_rect = Rect::from_min_max(
        pos2(card.min.x + 98.0, card.min.y),
        pos2(card.min.x + 98.0 + room, card.max.y),
    );
    let response = ui.interact(text_rect, ui.scope_id().with("profile"), Sense::hover());
    let label = format!("{}, {words}", face.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));

    let icon_at = |from_right: f32| {
        Rect::from_center_size(pos2(card.max.x - from_right, middle), vec2(40.0, 40.0))
    };
    if button::quiet_icon(
        ui,
        icon_at(128.0),
        icon::PENCIL_SIMPLE,
        &tr("settings-rename"),
    )
    .clicked()
    {
        view.act(Action::Show(Dialog::Rename));
    }
    let label = tr("settings-avatar");
    if button::quiet_icon(ui, icon_at(84.0), icon::ARROWS_CLOCKWISE, &label).clicked() {
        view.act(Action::NextAvatar);
    }
    if button::quiet_icon(ui, icon_at(40.0), icon::QR_CODE, &tr("settings-invite")).clicked() {
        view.act(Action::Show(Dialog::Invite));
    }
}

fn appearance(ui: &mut Ui, view: &mut View<'_>) {
    let now = view.model.appearance;
    let mut group = Group::new(ui, &tr("settings-appearance"));
    let language = language(&mut group, now.language);
    if language != now.language {
        view.act(Action::Look(Appearance { language, ..now }));
    }
    let words = [tr("theme-system"), tr("theme-light"), tr("theme-dark")];
    let choices = [ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark];
    let chosen = choices
        .iter()
        .position(|choice| *choice == now.theme)
        .unwrap_or_default();
    let clicked = group.choice(&tr("settings-theme"), &words, chosen);
    if let Some(theme) = clicked.and_then(|clicked| choices.get(clicked)) {
        view.act(Action::Look(Appearance {
            theme: *theme,
            ..now
        }));
    }
    let mut chosen = now;
    pick(
        &mut group,
        "settings-accent",
        ACCENTS,
        Accent::ALL,
        &mut chosen.accent,
    );
    pick(
        &mut group,
        "settings-size",
        SIZES,
        TextSize::ALL,
        &mut chosen.size,
    );
    let densities = ["density-comfortable", "density-compact"];
    pick(
        &mut group,
        "settings-density",
        densities,
        [false, true],
        &mut chosen.compact,
    );
    pick(
        &mut group,
        "settings-ground",
        GROUNDS,
        Ground::ALL,
        &mut chosen.ground,
    );
    if chosen != now {
        view.act(Action::Look(chosen));
    }
    let label = tr("settings-motion");
    if group.switch(&label, &tr("settings-motion-hint"), now.reduce_motion) {
        view.act(Action::Look(Appearance {
            reduce_motion: !now.reduce_motion,
            ..now
        }));
    }
    let label = tr("settings-login");
    if cfg!(target_os = "linux") && group.switch(&label, &tr("settings-login-hint"), now.at_login) {
        view.act(Action::Look(Appearance {
            at_login: !now.at_login,
            ..now
        }));
    }
    let label = tr("settings-awake");
    let hint = tr("settings-awake-hint");
    if cfg!(target_os = "linux") && group.switch(&label, &hint, now.stay_reachable) {
        view.act(Action::Look(Appearance {
            stay_reachable: !now.stay_reachable,
            ..now
        }));
    }
    tray(&mut group, view);
    group.end();
}

/// What closing and minimising the window do.
fn tray(group: &mut Group<'_>, view: &mut View<'_>) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let mut chosen = view.model.appearance;
    let (label, hint) = (tr("settings-close"), tr("settings-close-hint"));
    if group.switch(&label, &hint, chosen.close_to_tray) {
        chosen.close_to_tray = !chosen.close_to_tray;
    }
    let (label, hint) = (tr("settings-minimise"), tr("settings-minimise-hint"));
    if group.switch(&label, &hint, chosen.minimise_to_tray) {
        chosen.minimise_to_tray = !chosen.minimise_to_tray;
    }
    let wanted = chosen.close_to_tray || chosen.minimise_to_tray;
    if wanted && !view.model.around.tray {
        group.value(&tr("settings-tray"), &tr("settings-tray-none"));
    }
    if chosen != view.model.appearance {
        view.act(Action::Look(chosen));
    }
}

/// Each by its own name. Returns what is chosen from now on.
fn language(group: &mut Group<'_>, now: Option<Language>) -> Option<Language> {
    let mut words = vec![tr("language-system")];
    words.extend(Language::ALL.map(|language| language.name().to_owned()));
    let at = Language::ALL.iter().position(|one| Some(*one) == now);
    let chosen = at.map_or(0, |at| at + 1);
    let clicked = group.choice(&tr("settings-language"), &words, chosen);
    let at = clicked.unwrap_or(chosen).checked_sub(1)?;
    Language::ALL.get(at).copied()
}

const ACCENTS: [&str; 4] = [
    "accent-indigo",
    "accent-teal",
    "accent-plum",
    "accent-ember",
];
const SIZES: [&str; 4] = ["size-small", "size-normal", "size-large", "size-larger"];
const GROUNDS: [&str; 4] = [
    "ground-plain",
    "ground-dots",
    "ground-waves",
    "ground-rings",
];

/// One of a few, by the keys of their words.
fn pick<T: Copy + PartialEq, const N: usize>(
    group: &mut Group<'_>,
    label: &str,
    words: [&str; N],
    choices: [T; N],
    chosen: &mut T,
) {
    let words = words.map(tr);
    let at = choices.iter().position(|choice| choice == chosen);
    let clicked = group.choice(&tr(label), &words, at.unwrap_or_default());
    if let Some(choice) = clicked.and_then(|clicked| choices.get(clicked)) {
        *chosen = *choice;
    }
}

fn privacy(ui: &mut Ui, view: &mut View<'_>) {
    let now = view.model.settings;
    let same = SettingsChange::default();
    let mut group = Group::new(ui, &tr("settings-privacy"));
    let switches = [
        (
            "settings-receipts",
            "settings-receipts-hint",
            now.read_receipts,
            SettingsChange {
                read_receipts: Some(!now.read_receipts),
                ..same
            },
        ),
        (
            "settings-typing",
            "settings-typing-hint",
            now.typing,
            SettingsChange {
                typing: Some(!now.typing),
                ..same
            },
        ),
        (
            "settings-presence",
            "settings-presence-hint",
            now.presence,
            SettingsChange {
                presence: Some(!now.presence),
                ..same
            },
        ),
        (
            "settings-nearby",
            "settings-nearby-hint",
            now.nearby,
            SettingsChange {
                nearby: Some(!now.nearby),
                ..same
            },
        ),
    ];
    for (label, hint, on, change) in switches {
        if group.switch(&tr(label), &tr(hint), on) {
            view.act(Action::Set(change));
        }
    }
    group.end();
}

fn security(ui: &mut Ui, view: &mut View<'_>) {
    let protected = view.model.me.protected;
    let mut group = Group::new(ui, &tr("settings-security"));
    let (hint, verb) = if protected {
        ("settings-passphrase-on", "settings-change")
    } else {
        ("settings-passphrase-off", "settings-set")
    };
    if group.button(&tr("settings-passphrase"), &tr(hint), &tr(verb)) {
        view.act(Action::Show(Dialog::Passphrase));
    }
    let verb = tr("settings-show");
    if group.button(
        &tr("settings-recovery"),
        &tr("settings-recovery-hint"),
        &verb,
    ) {
        view.act(Action::Show(Dialog::Recovery));
    }
    if protected {
        let verb = tr("settings-lock-verb");
        if group.button(&tr("settings-lock"), &tr("settings-lock-hint"), &verb) {
            view.act(Action::Lock);
        }
        lock(&mut group, view);
    }
    group.end();
}

/// When the profile locks by itself.
fn lock(group: &mut Group<'_>, view: &mut View<'_>) {
    let mut chosen = view.model.appearance;
    let words = LOCK_AFTER.map(|minutes| match minutes {
        0 => tr("lock-never"),
        60 => tr("lock-hour"),
        minutes => tr_count("lock-minutes", minutes.into()),
    });
    let at = LOCK_AFTER.iter().position(|one| *one == chosen.lock_after);
    let clicked = group.choice(&tr("settings-lock-after"), &words, at.unwrap_or_default());
    if let Some(minutes) = clicked.and_then(|clicked| LOCK_AFTER.get(clicked)) {
        chosen.lock_after = *minutes;
    }
    let (label, hint) = (
        tr("settings-lock-desktop"),
        tr("settings-lock-desktop-hint"),
    );
    if cfg!(target_os = "linux") && group.switch(&label, &hint, chosen.lock_with_desktop) {
        chosen.lock_with_desktop = !chosen.lock_with_desktop;
    }
    if chosen != view.model.appearance {
        view.act(Action::Look(chosen));
    }
}

/// Minutes after which a profile that nobody uses can lock.
const LOCK_AFTER: [u16; 5] = [0, 1, 5, 15, 60];

fn network(ui: &mut Ui, view: &mut View<'_>) {
    let me = &view.model.me;
    let mut group = Group::new(ui, &tr("settings-network"));
    let here = view
        .model
        .contacts
        .values()
        .filter(|contact| contact.online)
        .count();
    let here = here as u64;
    let near = view.model.nearby.len() as u64;
    let words = tr_with(
        "settings-people",
        &[
            ("here", Argument::Count(here)),
            ("near", Argument::Count(near)),
        ],
    );
    group.value(&tr("settings-connected"), &words);
    if me.listen.is_empty() {
        group.value(&tr("settings-addresses"), &tr("settings-addresses-none"));
    }
    for (nth, address) in me.listen.iter().enumerate() {
        let label = tr_count("settings-address", nth as u64 + 1);
        if group.code(&label, address) {
            view.act(Action::Copy(address.clone()));
        }
    }
    for (nth, relay) in me.relays.iter().enumerate() {
        let label = tr_count("settings-relay", nth as u64 + 1);
        let state = match (relay.connected, relay.topics) {
            (false, _) => tr("settings-relay-away"),
            (true, 0) => tr("settings-relay-idle"),
            (true, _) => tr("settings-relay-used"),
        };
        group.value(&label, &state);
    }
    group.end();
}

fn blocked(ui: &mut Ui, view: &mut View<'_>) {
    let people = view.model.blocked();
    if people.is_empty() {
        return;
    }
    let mut group = Group::new(ui, &tr("settings-blocked"));
    for contact in people {
        let hint = short_id(contact.person_id);
        if group.button(&contact.name, &hint, &tr("menu-unblock")) {
            view.act(Action::Unblock(contact.person_id));
        }
    }
    group.end();
}

fn about(ui: &mut Ui, view: &mut View<'_>) {
    let me = &view.model.me;
    let mut group = Group::new(ui, &tr("settings-about"));
    group.value(&tr("settings-version"), &me.version);
    if group.code(&tr("settings-profile"), &me.profile) {
        view.act(Action::Copy(me.profile.clone()));
    }
    group.value(&tr("settings-licence"), "MIT, Apache-2.0");
    let (label, hint) = (tr("keys-title"), tr("settings-keys-hint"));
    if group.button(&label, &hint, &tr("settings-show")) {
        view.act(Action::Show(Dialog::Keys));
    }
    group.end();
}
