//! How the rows of a chat are drawn.

use std::time::Duration;

use egui::{
    Align, Color32, Context, CornerRadius, Id, Layout, Painter, Pos2, Rect, Response, Sense,
    Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{
    acts, album,
    entry::{BubbleId, Entry},
    file, start, system,
};
use crate::{
    gui::{
        action::{Action, MessageAction},
        model::{Face, Referred, nav::Dialog, timeline::Timeline},
        panel::snippet,
        strings::tr,
        theme::{self, Tokens},
        view::View,
        widget::{
            avatar,
            bubble::{self, Bubble, Chip},
            button, text,
            tick::Tick,
        },
    },
    node::{MessageId, PersonId, view::Message},
};

/// The height of a row.
pub(super) fn height(
    entry: &Entry,
    painter: &Painter,
    width: f32,
    view: &View<'_>,
    timeline: &Timeline,
) -> f32 {
    match entry {
        Entry::Start => start::height(painter, width, view, timeline),
        Entry::Day(_) => 46.0,
        Entry::Unread | Entry::Given => 44.0,
        Entry::System { index } => {
            let message = timeline.messages().get(*index);
            message.map_or(0.0, |message| {
                system::height(painter, width, message, view.tokens)
            })
        }
        Entry::Message { .. } | Entry::Pending { .. } => {
            with_bubble(entry, painter.ctx(), view, timeline, |bubble| {
                bubble.lay(painter, width, view.tokens).0.height
            })
            .unwrap_or_default()
                + if failed(entry, timeline).is_some() {
                    34.0
                } else {
                    0.0
                }
                + reach(entry, timeline).map_or(0.0, |message| {
                    system::reach_height(painter, width, message, view.tokens)
                })
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
    ctx: &Context,
    view: &View<'_>,
    timeline: &Timeline,
    use_it: impl FnOnce(&Bubble<'_>) -> T,
) -> Option<T> {
    let steps = entry.id(timeline).map_or(0, |id| steps(ctx, id));
    match *entry {
        Entry::Message {
            index,
            count,
            first,
            last,
        } => {
            let message = timeline.messages().get(index)?;
            let album = album::album(ctx, timeline, (index, count), view);
            let mut time = view.calendar.time(message.sent_at);
            if message.edited_at.is_some() {
                time = format!("{} {time}", tr("message-edited"));
            }
            let card = file::card(ctx, message, view).filter(|_| album.is_none());
            let brings = card.is_some() || album.is_some();
            let aside = message.deleted || message.text.is_empty() && !brings;
            let state = album::state(timeline, index, count).unwrap_or(message.state);
            let word = if aside {
                snippet::words(message)
            } else {
                String::new()
            };
            let you = tr("you");
            let group = in_group(view, timeline) && !message.outgoing;
            let theirs = view.model.name_of(message.sender);
            let author = if message.outgoing { &you } else { &theirs };
            let ink = snippet::ink(view.model, message.sender, view.tokens);
            let chips: Vec<Chip> = message
                .reactions
                .iter()
                .map(|of| acts::chip(of, view))
                .collect();
            let quote = message
                .reply_to
                .filter(|_| !message.deleted)
                .map(|id| snippet::quote(view.model, id, view.tokens));
            Some(use_it(&Bubble {
                chips: &chips,
                quote: quote.as_ref(),
                file: card.as_ref(),
                album: album.as_ref(),
                names: &names(&message.mentions, view),
                text: if aside { &word } else { &message.text },
                time: &time,
                mine: message.outgoing.then(|| Tick::from(state)),
                aside,
                author,
                steps,
                byline: (group && first).then_some(ink),
                indent: if group { theme::AUTHOR_ROOM } else { 0.0 },
                asks: in_group(view, timeline),
                first,
                last,
            }))
        }
        Entry::Pending { index, first, last } => {
            let pending = timeline.pending().get(index)?;
            let failed = pending.failed.is_some();
            let quote = pending
                .reply_to
                .map(|id| snippet::quote(view.model, id, view.tokens));
            Some(use_it(&Bubble {
                chips: &[],
                quote: quote.as_ref(),
                file: pending.file.as_ref().map(file::pending).as_ref(),
                album: None,
                names: &names(&pending.mentions, view),
                text: &pending.text,
                time: &view.calendar.time(pending.at),
                mine: Some(if failed { Tick::Failed } else { Tick::Waiting }),
                aside: false,
                author: &tr("you"),
                steps,
                byline: None,
                indent: 0.0,
                asks: false,
                first,
                last,
            }))
        }
        Entry::Start | Entry::Day(_) | Entry::Unread | Entry::Given | Entry::System { .. } => None,
    }
}

/// How people are named in a text.
fn names(people: &[PersonId], view: &View<'_>) -> Vec<String> {
    let named = people.iter().map(|person| view.model.name_of(*person));
    named.map(|name| format!("@{name}")).collect()
}

/// Whether names stand at the top of messages.
pub(super) fn in_group(view: &View<'_>, timeline: &Timeline) -> bool {
    view.model.is_group(timeline.chat())
}

/// A message that people can read who were removed.
fn reach<'a>(entry: &Entry, timeline: &'a Timeline) -> Option<&'a Message> {
    message_of(entry, timeline).filter(|message| message.reaches_removed)
}

/// How often more of a long message was asked for.
fn steps(ctx: &Context, id: BubbleId) -> u8 {
    let id = Id::unique(("steps", id));
    ctx.data(|data| data.get_temp(id).unwrap_or_default())
}

/// Draws a message. Says whether it is of another height from now on.
pub(super) fn show_bubble(
    ui: &mut Ui,
    row: Rect,
    entry: &Entry,
    view: &mut View<'_>,
    timeline: &Timeline,
) -> bool {
    let Some(key) = entry.id(timeline) else {
        return false;
    };
    let id = Id::unique(("message", key));
    let ctx = ui.ctx().clone();
    let shown = with_bubble(entry, &ctx, view, timeline, |bubble| {
        let (laid, text) = bubble.lay(ui.painter(), row.width(), view.tokens);
        let shown = bubble.show(ui, row.min, &laid, text, id);
        let place = laid.bubble.translate(row.min.to_vec2());
        (shown, place, bubble.text.to_owned())
    });
    let Some((shown, place, text)) = shown else {
        return false;
    };
    let grows = shown.more.as_ref().is_some_and(Response::clicked);
    if grows {
        let steps = steps(&ctx, key).saturating_add(1);
        ctx.data_mut(|data| data.insert_temp(Id::unique(("steps", key)), steps));
    }
    if let Some(link) = &shown.link {
        view.act(Action::AskLink(link.clone()));
    }
    show_author(ui, place, entry, view, timeline);
    if let Some(message) = reach(entry, timeline) {
        system::show_reach(ui, row, place, message, view.tokens);
    }
    if let (BubbleId::Message(message), Some(true)) =
        (key, shown.ticks.as_ref().map(Response::clicked))
    {
        view.act(Action::Show(Dialog::About(message)));
    }
    if let Some((number, why)) = failed(entry, timeline) {
        show_failed(ui, row, number, why, view);
    }
    let Some(message) = message_of(entry, timeline) else {
        for response in std::iter::once(&shown.response).chain(&shown.text) {
            acts::pending_menu(ui, response, &text, view);
        }
        return grows;
    };
    let all = all_of(entry, timeline);
    for (at, message) in (0..).zip(&all) {
        let deed = shown.deed.filter(|(of, _)| *of == at);
        file::follow(message, deed.map(|(_, deed)| deed), view);
    }
    for (response, message) in shown.cells.iter().zip(&all) {
        acts::menu(ui, response, message, view);
    }
    if let Some(answered) = message.reply_to {
        refer(answered, shown.quote.as_ref(), view);
    }
    for (response, of) in shown.chips.iter().zip(&message.reactions) {
        if response.clicked() {
            view.act(acts::react(message, &of.emoji, view.model));
        }
    }
    for response in std::iter::once(&shown.response).chain(&shown.text) {
        acts::menu(ui, response, message, view);
    }
    acts::show_bar(ui, row, place, message, view);
    grows
}

fn message_of<'a>(entry: &Entry, timeline: &'a Timeline) -> Option<&'a Message> {
    let Entry::Message { index, .. } = *entry else {
        return None;
    };
    timeline.messages().get(index)
}

/// The messages of a bubble: several if they are pictures that were sent together.
fn all_of<'a>(entry: &Entry, timeline: &'a Timeline) -> Vec<&'a Message> {
    let Entry::Message { index, count, .. } = *entry else {
        return Vec::new();
    };
    album::messages(timeline, index, count).collect()
}

/// A quoted message is asked for when it is first seen, and shown when it is clicked.
fn refer(id: MessageId, quote: Option<&Response>, view: &mut View<'_>) {
    if view.model.referred(id) == Referred::Unknown {
        view.act(Action::On(id, MessageAction::Find));
    }
    if quote.is_some_and(Response::clicked) && view.model.referred(id) != Referred::Nowhere {
        view.act(Action::On(id, MessageAction::GoTo));
    }
}

/// The picture of whoever wrote a group of messages, beside the last of them.
fn show_author(ui: &Ui, bubble: Rect, entry: &Entry, view: &View<'_>, timeline: &Timeline) {
    let Entry::Message { index, last, .. } = *entry else {
        return;
    };
    let Some(message) = timeline.messages().get(index) else {
        return;
    };
    if !last || message.outgoing || !in_group(view, timeline) {
        return;
    }
    let radius = theme::AUTHOR / 2.0;
    let at = pos2(
        bubble.min.x - theme::AUTHOR_ROOM + radius,
        bubble.max.y - radius,
    );
    paint_face(ui, at, message.sender, view);
}

fn paint_face(ui: &Ui, at: Pos2, person: PersonId, view: &View<'_>) {
    let name = view.model.name_of(person);
    let face = view.model.face(person).unwrap_or(Face {
        person,
        avatar: 0,
        name: &name,
    });
    avatar::paint(ui.painter(), at, theme::AUTHOR, face);
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
            .layout(Layout::right_to_left(Align::Center)),
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

pub(super) fn show_capsule(ui: &Ui, row: Rect, words: &str, ink: Color32, fill: Color32) {
    let galley = ui
        .painter()
        .layout_no_wrap(words.to_owned(), theme::medium(12.0), ink);
    let rect = Rect::from_center_size(row.center(), galley.size() + vec2(24.0, 10.0));
    let response = ui.interact(rect, ui.scope_id().with(("day", words)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    ui.painter().rect_filled(rect, CornerRadius::same(13), fill);
    ui.painter().galley(rect.min + vec2(12.0, 5.0), galley, ink);
}

pub(super) fn show_divider(ui: &Ui, row: Rect, tokens: &Tokens) {
    let line = Stroke::new(1.0, tokens.accent_text.gamma_multiply(0.5));
    show_line(ui, row, line);
    let words = tr("divider-unread");
    show_capsule(ui, row, &words, tokens.accent_text, tokens.soft);
}

/// Where what was said before I came ends.
pub(super) fn show_given(ui: &Ui, row: Rect, tokens: &Tokens) {
    show_line(ui, row, Stroke::new(1.0, tokens.border));
    let words = tr("divider-given");
    show_capsule(ui, row, &words, tokens.text2, tokens.bubble_in);
}

fn show_line(ui: &Ui, row: Rect, line: Stroke) {
    let (left, right) = (row.min.x + theme::GUTTER, row.max.x - theme::GUTTER);
    ui.painter().hline(left..=right, row.center().y, line);
}

/// Dots that move; in a group, beside the picture of one of those who write.
pub(super) fn show_typing(
    ui: &Ui,
    column: Rect,
    view: &View<'_>,
    who: &str,
    seen: Option<PersonId>,
) {
    let moves = !view.model.appearance.reduce_motion;
    let phase = moves.then(|| ui.input(|input| input.time));
    let mut at: Pos2 = pos2(column.min.x + theme::GUTTER, column.max.y - 48.0);
    if let Some(person) = seen {
        let middle = at + vec2(theme::AUTHOR / 2.0, 22.0);
        paint_face(ui, middle, person, view);
        at.x += theme::AUTHOR_ROOM;
    }
    bubble::paint_typing(ui.painter(), at, phase, view.tokens);
    let rect = Rect::from_min_size(at, vec2(62.0, 36.0));
    let response = ui.interact(rect, ui.scope_id().with("typing"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, who));
    if moves {
        ui.ctx().request_repaint_after(Duration::from_millis(50));
    }
}
