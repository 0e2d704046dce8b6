//! What a panel draws from, and where it says what the person wants.

use super::{action::Action, calendar::Calendar, model::Model, theme::Tokens};
use crate::node::Timestamp;

/// What a panel draws from, and where it says what the person wants.
pub struct View<'a> {
    /// What the window knows.
    pub model: &'a Model,
    /// The colours.
    pub tokens: &'static Tokens,
    /// Dates and times of day.
    pub calendar: &'a Calendar,
    /// The time.
    pub now: Timestamp,
    /// Whether one pane is shown at a time.
    pub narrow: bool,
    /// Whether the person looks at the window.
    pub looked_at: bool,
    /// What the person wants.
    pub actions: Vec<Action>,
}

impl View<'_> {
    /// The person wants this.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}
