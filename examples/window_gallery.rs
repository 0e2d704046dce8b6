//! The window with made-up people, for pictures and for trying how it feels.
//!
//! `cargo run --example window_gallery -- --screen chat --theme dark [--many] [--quiet]`
//!
//! Screens: chat, nothing, new, people, person, request, verify, settings, invite, add, rename,
//! passphrase, recovery, recovered, block, locked, stopped, notice; group, members, found, more, out,
//! leave, delete, given, given-info, warned, warned-members, about, pins, forward, react, answer,
//! invited, text, link, search, search-nothing, seek; files, attach, chosen, save, storage, viewer, album.
//! `--language de` or `he`, `--accent`, `--ground` and `--compact` change the looks. `--many` gives one chat 100,000 messages; `--quiet` lets nothing happen by itself.

#![allow(
    clippy::expect_used,
    reason = "it shows made-up content, to those who work on the window"
)]

use std::{thread, time::Duration};

mod gallery;
// What the tests of the window are made of, which names `crate::node`.
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../src/gui/sample.rs"]
mod sample;

use std::sync::Arc;

use betwixt::{
    gui::{
        action::Action,
        app::App,
        appearance::{Accent, Appearance, Ground, ThemeChoice},
        bridge::{FarEnd, Update, bridge},
        calendar::Calendar,
        language::{Language, Locale},
        theme,
    },
    node::{
        self,
        view::{Event, Transfer},
    },
};
use egui::{Context, Ui, ViewportBuilder};
use gallery::{MAYA, Tell, World, chat_of, person};

fn main() -> eframe::Result {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let screen = after("--screen").unwrap_or_else(|| "chat".into());
    let appearance = Appearance {
        theme: match after("--theme").as_deref() {
            Some("dark") => ThemeChoice::Dark,
            Some("system") => ThemeChoice::System,
            _ => ThemeChoice::Light,
        },
        accent: match after("--accent").as_deref() {
            Some("teal") => Accent::Teal,
            Some("plum") => Accent::Plum,
            Some("ember") => Accent::Ember,
            _ => Accent::Indigo,
        },
        ground: match after("--ground").as_deref() {
            Some("dots") => Ground::Dots,
            Some("waves") => Ground::Waves,
            Some("rings") => Ground::Rings,
            _ => Ground::Plain,
        },
        language: match after("--language").as_deref() {
            Some("de") => Some(Language::German),
            Some("he") => Some(Language::Hebrew),
            _ => None,
        },
        compact: has("--compact"),
        ..Appearance::default()
    };
    let width = after("--width").and_then(|text| text.parse().ok());
    let [default_width, height] = theme::WINDOW;
    let height = after("--height")
        .and_then(|text| text.parse().ok())
        .unwrap_or(height);
    let size = [width.unwrap_or(default_width), height];
    let (near, far) = bridge();
    let world = World::new(&screen, has("--many"));
    let live = if screen == "files" || !has("--quiet") {
        screen.clone()
    } else {
        String::new()
    };
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_inner_size(size)
            .with_min_inner_size(theme::MIN_WINDOW),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "Betwixt",
        options,
        Box::new(move |creation| {
            let ctx = creation.egui_ctx.clone();
            let waker = ctx.clone();
            thread::spawn(move || serve(world, far, waker, &live));
            let locale = Locale::of_system();
            let calendar = Calendar::of_system(locale.customs);
            let app = App::new(&ctx, near, appearance, calendar, || sample::NOW);
            let app = app.with_language(locale.language);
            let script = gallery::script(&screen);
            Ok(Box::new(Gallery { app, script }))
        }),
    )
}

/// The window, and what it does by itself at first.
struct Gallery {
    app: App,
    script: Vec<Action>,
}

impl eframe::App for Gallery {
    fn logic(&mut self, ctx: &Context, _: &mut eframe::Frame) {
        self.app.receive(ctx);
        if self.app.model().chats_known && !self.script.is_empty() {
            let action = self.script.remove(0);
            self.app.perform(ctx, action);
            ctx.request_repaint_after(Duration::from_millis(150));
        }
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.app.draw(ui);
    }
}

/// Answers until the window closes.
fn serve(mut world: World, mut far: FarEnd, ctx: Context, live: &str) {
    let updates = far.updates.clone();
    let tell: Tell = Arc::new(move |update: Update| {
        let _ = updates.blocking_send(update);
        ctx.request_repaint();
    });
    if !world.begin(&tell) {
        return;
    }
    if live == "files" {
        let all = world.transfers();
        let tell = Arc::clone(&tell);
        thread::spawn(move || transfers(&all, &tell));
    }
    if live == "chat" {
        let tell = Arc::clone(&tell);
        thread::spawn(move || typing(&tell));
    }
    while let Some(request) = far.requests.blocking_recv() {
        world.answer(request, &tell);
    }
}

/// Says again and again how files come and go: what is silent stands still.
fn transfers(all: &[Transfer], tell: &Tell) {
    loop {
        for transfer in all {
            let event = Event::Transfer(Box::new(transfer.clone()));
            tell(Update::Event(event));
        }
        thread::sleep(Duration::from_millis(500));
    }
}

fn typing(tell: &Tell) {
    loop {
        for (chat, on) in [(MAYA, true), (person(8), true), (MAYA, false)] {
            thread::sleep(Duration::from_millis(if on { 600 } else { 5_000 }));
            tell(Update::Event(Event::Typing {
                chat_id: chat_of(chat),
                person_id: chat,
                typing: on,
            }));
        }
    }
}
