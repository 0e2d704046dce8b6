//! What somebody does with a mouse and a keyboard.

use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, TouchPhase,
    accesskit::Node, pos2, vec2,
};

use super::{Window, center, name};

impl Window {
    /// Clicks on something, which is scrolled into sight first.
    pub(in crate::gui::tests) fn click(&mut self, wanted: &str) {
        for _ in 0..20 {
            let at = center(self.node(wanted)).y;
            if at < 0.0 {
                self.wheel(200.0);
            } else if at > self.size.y {
                self.wheel(-200.0);
            } else {
                break;
            }
        }
        let at = center(self.node(wanted));
        self.click_at(at, PointerButton::Primary);
    }

    pub(in crate::gui::tests) fn click_starting(&mut self, wanted: &str) {
        let starts = |node: &&Node| name(node).is_some_and(|name| name.starts_with(wanted));
        let found = self.nodes.iter().find(starts);
        let at = center(found.unwrap_or_else(|| panic!("no “{wanted}…” in {:#?}", self.names())));
        self.click_at(at, PointerButton::Primary);
    }

    pub(in crate::gui::tests) fn right_click(&mut self, wanted: &str) {
        let at = center(self.node(wanted));
        self.click_at(at, PointerButton::Secondary);
    }

    pub(in crate::gui::tests) fn click_at(&mut self, at: Pos2, button: PointerButton) {
        self.frame(vec![Event::PointerMoved(at)]);
        for pressed in [true, false] {
            self.frame(vec![Event::PointerButton {
                pos: at,
                button,
                pressed,
                modifiers: Modifiers::NONE,
            }]);
        }
        self.settle();
    }

    /// Drops a file on it.
    pub(in crate::gui::tests) fn drops(&mut self, path: &str) {
        self.dropped.push(path.into());
        self.frame(Vec::new());
        self.settle();
    }

    pub(in crate::gui::tests) fn write(&mut self, text: &str) {
        self.frame(vec![Event::Text(text.into())]);
        self.settle();
    }

    pub(in crate::gui::tests) fn press(&mut self, modifiers: Modifiers, key: Key) {
        let down = Self::key(modifiers, key, true);
        self.frame(vec![Event::ModifiersChanged(modifiers), down]);
        let up = Self::key(modifiers, key, false);
        self.frame(vec![up, Event::ModifiersChanged(Modifiers::NONE)]);
        self.settle();
    }

    pub(in crate::gui::tests) fn key(modifiers: Modifiers, key: Key, pressed: bool) -> Event {
        Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        }
    }

    /// Turns the wheel over the messages; positive shows what is further up.
    pub(in crate::gui::tests) fn wheel(&mut self, points: f32) {
        self.frame(vec![Event::PointerMoved(pos2(self.size.x - 300.0, 400.0))]);
        self.frame(vec![Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Trackpad,
            modifiers: Modifiers::NONE,
        }]);
        for _ in 0..30 {
            self.frame(Vec::new());
        }
        self.settle();
    }

    /// Turns the wheel over the messages, in one frame.
    pub(in crate::gui::tests) fn turn_wheel(&mut self, points: f32) {
        let at = pos2(self.size.x - 300.0, 400.0);
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, points),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Trackpad,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![Event::PointerMoved(at), wheel]);
    }
}
