//! Naming people of a group: `@` and the beginning of a name offers who is meant.

use egui::{
    Align2, Area, Color32, CornerRadius, Event, Frame, Id, Key, Margin, Order, Pos2, Rect, Sense,
    Stroke, Ui, WidgetInfo, accesskit::Role, vec2,
};

use crate::{
    gui::{
        model::Model,
        strings::tr,
        theme,
        view::View,
        widget::{avatar, text},
    },
    node::{ChatId, PersonId, view::Member},
};

/// Who may be meant by what stands before the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// Where the `@` stands, in characters.
    pub(super) from: usize,
    /// Where the cursor stands, in characters.
    pub(super) to: usize,
    /// Those whose name begins so, by name.
    pub(super) people: Vec<(PersonId, String)>,
    /// Which of them Enter takes.
    chosen: usize,
}

/// What a key did with an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// That one is meant.
    Take,
    /// None of them is meant.
    Dismiss,
}

impl Offer {
    /// The offer for a cursor in a text, if there is one. The one before keeps its choice.
    pub(super) fn of(
        text: &str,
        cursor: usize,
        chat: ChatId,
        model: &Model,
        before: Option<&Self>,
    ) -> Option<Self> {
        let (from, begun) = begun(text, cursor)?;
        let info = model.group(chat)?;
        let me = model.me.person_id;
        let is_meant =
            |member: &&Member| Some(member.person_id) != me && begins(&member.name, &begun);
        let mut people: Vec<(PersonId, String)> = info
            .members
            .iter()
            .filter(is_meant)
            .map(|member| (member.person_id, member.name.clone()))
            .collect();
        people.sort_by_cached_key(|(person, name)| (name.to_lowercase(), *person));
        people.truncate(MOST);
        let last = people.len().checked_sub(1)?;
        let same = before.filter(|before| before.from == from);
        Some(Self {
            from,
            to: cursor,
            people,
            chosen: same.map_or(0, |before| before.chosen.min(last)),
        })
    }

    /// Who is meant, when Enter takes one.
    pub(super) fn chosen(&self) -> Option<&(PersonId, String)> {
        self.people.get(self.chosen)
    }

    /// Takes the keys that are for the offer away from the field.
    pub(super) fn take_keys(&mut self, ui: &Ui) -> Option<Answer> {
        let mut answer = None;
        let count = self.people.len();
        let chosen = &mut self.chosen;
        ui.input_mut(|input| {
            input.events.retain(|event| {
                let Event::Key {
                    key,
                    pressed: true,
                    modifiers,
                    ..
                } = event
                else {
                    return true;
                };
                if !modifiers.is_none() {
                    return true;
                }
                match key {
                    Key::Enter | Key::Tab => answer = Some(Answer::Take),
                    Key::Escape => answer = Some(Answer::Dismiss),
                    Key::ArrowDown => *chosen = (*chosen + 1) % count.max(1),
                    Key::ArrowUp => *chosen = (*chosen + count.max(1) - 1) % count.max(1),
                    _ => return true,
                }
                false
            });
        });
        answer
    }

    /// Draws it above the field. Returns who was clicked.
    pub(super) fn show(&self, ui: &Ui, field: Rect, view: &View<'_>) -> Option<(PersonId, String)> {
        let tokens = view.tokens;
        let frame = Frame::new()
            .fill(tokens.card)
            .corner_radius(CornerRadius::same(14))
            .stroke(Stroke::new(1.0, tokens.border))
            .shadow(theme::menu_shadow(tokens))
            .inner_margin(Margin::same(6));
        let area = Area::new(Id::unique("mentions"))
            .order(Order::Foreground)
            .pivot(Align2::LEFT_BOTTOM)
            .fixed_pos(field.left_top() + vec2(8.0, -6.0));
        let shown = area.show(ui.ctx(), |ui| {
            frame
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let people = self.people.iter().enumerate();
                    let mut clicked = None;
                    for (nth, (person, name)) in people {
                        if show_person(ui, *person, name, nth == self.chosen, view) {
                            clicked = Some((*person, name.clone()));
                        }
                    }
                    clicked
                })
                .inner
        });
        shown.inner
    }
}

fn show_person(ui: &mut Ui, person: PersonId, name: &str, chosen: bool, view: &View<'_>) -> bool {
    let tokens = view.tokens;
    let (_, rect) = ui.allocate_space(vec2(260.0, 40.0));
    let response = ui.interact(rect, Id::unique(("mention", person)), Sense::click());
    let label = format!("{} {name}", tr("mention-take"));
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &label));
    let fill = match (chosen, response.hovered()) {
        (true, _) => tokens.soft,
        (false, true) => tokens.hover,
        (false, false) => Color32::TRANSPARENT,
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(9), fill);
    let face = crate::gui::model::Face {
        person,
        avatar: view.model.face(person).map_or(0, |face| face.avatar),
        name,
    };
    let center: Pos2 = rect.left_center() + vec2(22.0, 0.0);
    avatar::paint(painter, center, 28.0, face);
    let at = rect.left_center() + vec2(44.0, 0.0);
    let font = theme::medium(14.0);
    text::paint_line(painter, at, name, rect.width() - 56.0, font, tokens.text);
    response.clicked()
}

/// Where the last `@` before the cursor stands, if a name begins there, and what follows it.
fn begun(text: &str, cursor: usize) -> Option<(usize, String)> {
    let before: Vec<char> = text.chars().take(cursor).collect();
    let at = before.iter().rposition(|c| *c == '@')?;
    let opens = at
        .checked_sub(1)
        .and_then(|before_it| before.get(before_it))
        .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"'));
    let begun: String = before.get(at + 1..)?.iter().collect();
    let is_name = !begun.contains('\n') && !begun.starts_with(' ') && begun.len() < LONGEST;
    (opens && is_name).then_some((at, begun.to_lowercase()))
}

/// Whether a name, or a later word of it, begins so.
fn begins(name: &str, begun: &str) -> bool {
    let name = name.to_lowercase();
    let starts = name.match_indices(' ').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(starts)
        .filter_map(|at| name.get(at..))
        .any(|rest| rest.starts_with(begun))
}

/// Who is offered at a time.
const MOST: usize = 6;

/// What is longer is no name, in bytes.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_an_at_sign_at_the_start_of_a_word() {
        assert_eq!(begun("hi @Be", 6), Some((3, "be".into())));
        assert_eq!(begun("@", 1), Some((0, String::new())));
        assert_eq!(begun("@ben ok", 7), Some((0, "ben ok".into())));
        for (text, cursor) in [("a@b.example", 5), ("@ben", 0), ("@\nben", 5), ("@ ben", 5)] {
            assert_eq!(begun(text, cursor), None, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_meant_by_the_beginning_of_any_of_its_words() {
        assert!(begins("Ben Okafor", "ben o") && begins("Ben Okafor", "oka"));
        assert!(begins("Ben Okafor", "") && !begins("Ben Okafor", "en"));
    }
}
