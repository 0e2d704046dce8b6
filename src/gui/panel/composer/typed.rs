//! What is typed: Enter that sends, what was typed after it before the window was drawn again, and what is typed
//! while nothing has the keyboard.

use egui::{Event, Key, Popup, Ui};

use super::field_id;

/// What was typed after an Enter that sends. It belongs to the next message.
#[derive(Default)]
pub(super) struct Typed {
    later: Vec<Event>,
}

impl Typed {
    /// Gives back what was typed after the last message, before what is typed now.
    pub(super) fn give_back(&mut self, ui: &Ui) {
        let later = std::mem::take(&mut self.later);
        if !later.is_empty() {
            ui.input_mut(|input| drop(input.events.splice(0..0, later)));
        }
    }

    /// Takes Enter away from the field, and what was typed after it. The modifiers of the event itself count: Shift
    /// may be released again by the end of the frame, and `consume_key` takes Shift+Enter for Enter.
    pub(super) fn take_enter(&mut self, ui: &Ui) -> bool {
        if !ui.memory(|memory| memory.has_focus(field_id())) {
            return false;
        }
        let entered = ui.input_mut(|input| {
            let at = input.events.iter().position(is_enter)?;
            let after = input.events.split_off(at);
            let (typed, rest): (Vec<_>, Vec<_>) = after.into_iter().skip(1).partition(is_typed);
            input.events.extend(rest);
            Some(typed)
        });
        let Some(typed) = entered else {
            return false;
        };
        if !typed.is_empty() {
            ui.ctx().request_repaint();
        }
        self.later = typed;
        true
    }
}

/// Whether something is typed that nothing else takes, so that it is for the field.
pub(super) fn is_for_nobody(ui: &Ui) -> bool {
    ui.memory(|memory| memory.focused().is_none())
        && !Popup::is_any_open(ui.ctx())
        && ui.input(|input| {
            let mut events = input.events.iter();
            events.any(|event| matches!(event, Event::Text(_) | Event::Paste(_)))
        })
}

fn is_enter(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none()
    )
}

/// What a field makes text of. Escape is for the window.
fn is_typed(event: &Event) -> bool {
    match event {
        Event::Text(_) | Event::Paste(_) | Event::Ime(_) => true,
        Event::Key { key, .. } => *key != Key::Escape,
        _ => false,
    }
}
