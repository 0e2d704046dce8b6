//! The window: shows what the node says and asks it for what the person wants. It decides nothing.
//!
//! The main thread draws; another runs the node. Between them stands [`bridge`]. What is known is in
//! [`model`], what the person wants is an [`action`], and `screen`, `panel` and `widget` draw.

pub mod action;
pub mod alert;
pub mod app;
pub mod appearance;
pub mod audio;
pub mod bridge;
pub mod calendar;
pub mod desktop;
pub mod disk;
#[cfg(unix)]
pub mod door;
pub mod fonts;
pub mod language;
pub mod link;
pub mod login;
pub mod markup;
pub mod measure;
pub mod mirror;
pub mod model;
pub mod panel;
pub mod proof;
pub mod refusal;
#[cfg(test)]
mod sample;
pub mod scan;
pub mod screen;
pub mod shot;
pub mod sounds;
pub mod strings;
pub mod theme;
pub mod thumbnail;
pub mod view;
pub mod watch;
pub mod weight;
pub mod widget;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use eframe::NativeOptions;
pub use egui::Rect;
use egui::ViewportBuilder;

use self::{
    app::{App, NAME},
    appearance::Appearance,
    bridge::Start,
    calendar::Calendar,
    desktop::Teller,
    language::Locale,
};
use crate::node::Timestamp;

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
#[error(
    "No window can be opened: {0}. On a machine without a display use `betwixt rpc`, or \
     `betwixt send` and `betwixt log`."
)]
pub struct NoWindow(String);

/// What it takes to open the window.
pub struct WindowSettings {
    /// Where everything is kept.
    pub profile: PathBuf,
    /// Starts the node, on a thread of its own; the window shows at once.
    pub start: Start,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
    /// A link to show once the profile is open.
    pub link: Option<String>,
    /// Where the window opens and how large, in points; `None` leaves that to the desktop.
    pub place: Option<Rect>,
}

/// Opens the window, and returns when it was closed and the node has ended.
pub fn run(settings: WindowSettings) -> Result<(), NoWindow> {
    let WindowSettings {
        profile,
        start,
        clock,
        link,
        place,
    } = settings;
    let appearance = Appearance::load(&profile);
    let (near, far) = bridge::bridge();
    let (hand_over, node) = std::sync::mpsc::sync_channel(1);
    let viewport = ViewportBuilder::default()
        .with_title(NAME)
        .with_app_id("betwixt")
        .with_inner_size(theme::WINDOW)
        .with_min_inner_size(theme::MIN_WINDOW);
    let viewport = match eframe::icon_data::from_png_bytes(ICON) {
        Ok(icon) => viewport.with_icon(icon),
        Err(_) => viewport,
    };
    let viewport = match place {
        Some(place) => viewport
            .with_position(place.min)
            .with_inner_size(place.size()),
        None => viewport,
    };
    let options = NativeOptions {
        viewport,
        ..NativeOptions::default()
    };
    let result = eframe::run_native(
        NAME,
        options,
        Box::new(move |creation| {
            let ctx = creation.egui_ctx.clone();
            let (desktop, far_desktop) = desktop::desktop();
            let start = with_door(start, profile.clone(), far_desktop.teller(&ctx));
            let sounds = profile.clone();
            let thread = bridge::spawn(start, profile, far, ctx.clone());
            // The other end waits in this function.
            let _ = hand_over.send(thread);
            let locale = Locale::of_system();
            let calendar = Calendar::of_system(locale.customs);
            desktop::spawn(far_desktop, sounds, &ctx);
            let app = App::new(&ctx, near, appearance, calendar, clock);
            let app = app.with_desktop(desktop).with_language(locale.language);
            Ok(Box::new(app.with_link(link)))
        }),
    );
    // The window is gone, so the node's thread ends by itself; without a window it never began.
    if let Ok(thread) = node.recv() {
        let _ = thread.join();
    }
    result.map_err(|error| NoWindow(error.to_string()))
}

/// Other starts find the window once its node holds the profile.
fn with_door(start: Start, profile: PathBuf, teller: Teller) -> Start {
    Box::new(move || {
        Box::pin(async move {
            let handle = start().await?;
            #[cfg(unix)]
            door::open(&profile, teller);
            #[cfg(not(unix))]
            drop((profile, teller));
            Ok(handle)
        })
    })
}

const ICON: &[u8] = include_bytes!("../../assets/icon/betwixt-128.png");
