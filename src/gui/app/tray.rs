//! The window and the desktop's tray.

use std::time::Duration;

use egui::{Context, ViewportCommand};

use super::App;
use crate::{
    gui::{
        action::Action,
        alert::is_quiet,
        appearance::Appearance,
        desktop::{Tray, Wish},
    },
    node::Timestamp,
};

/// What is known of the tray, and of the window as far as the tray is concerned.
#[derive(Debug, Default)]
pub(super) struct InTray {
    /// Somebody wants the program to end.
    quits: bool,
    /// The window was hidden because it was minimised.
    hidden: bool,
    shown: Option<Tray>,
}

impl App {
    /// The window goes into the tray instead of being closed or minimised, if that was chosen.
    pub(super) fn go_into_tray(&mut self, ctx: &Context) {
        let (closes, minimised) = ctx.input(|input| {
            let viewport = input.viewport();
            (viewport.close_requested(), viewport.minimized == Some(true))
        });
        let chosen = self.model.appearance;
        if closes && self.model.around.tray && chosen.close_to_tray && !self.tray.quits {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            hide(ctx);
        }
        if !minimised {
            self.tray.hidden = false;
        } else if self.model.around.tray && chosen.minimise_to_tray && !self.tray.hidden {
            self.tray.hidden = true;
            hide(ctx);
        }
    }

    /// Ends the program, whatever closing the window does otherwise.
    pub(super) fn quit(&mut self, ctx: &Context) {
        self.tray.quits = true;
        ctx.send_viewport_cmd(ViewportCommand::Close);
    }

    /// No notifications until tomorrow, or notifications again.
    pub(super) fn turn_quiet(&mut self, now: Timestamp) {
        let mut chosen = self.model.appearance;
        let silent = now.0 < chosen.alerts.silent_until;
        chosen.alerts.silent_until = if silent {
            0
        } else {
            self.calendar.tomorrow(now).0
        };
        self.model.perform(Action::Look(chosen), now);
    }

    /// The tray shows what is unread, and whether it is quiet.
    pub(super) fn tell_tray(&mut self, ctx: &Context, now: Timestamp) {
        let Appearance { alerts, .. } = self.model.appearance;
        let state = Tray {
            unread: self.model.unread(),
            quiet: is_quiet(&alerts, self.model.around.hour),
        };
        if let Some(until) = alerts.silent_until.checked_sub(now.0).filter(|ms| *ms > 0) {
            ctx.request_repaint_after(Duration::from_millis(until));
        }
        let Some(desktop) = &self.desktop else {
            return;
        };
        if self.tray.shown.replace(state) != Some(state) {
            desktop.wish(Wish::Tray(state));
        }
    }
}

/// Wayland knows no hidden windows: there it is minimised.
fn hide(ctx: &Context) {
    ctx.send_viewport_cmd(ViewportCommand::Visible(false));
    ctx.send_viewport_cmd(ViewportCommand::Minimized(true));
}
