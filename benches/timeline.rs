//! What a frame of the window costs with 100,000 messages in a chat: CPU time of the window's thread
//! for layout and tessellation, without the upload to the graphics card.
//!
//! `cargo bench --bench timeline`

#![allow(
    clippy::many_single_char_names,
    missing_docs,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

// What the tests of the window are made of, which names `crate::node`.
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../src/gui/sample.rs"]
mod sample;

use std::{hint::black_box, sync::Arc, time::Duration};

use betwixt::{
    gui::{
        action::Action,
        app::App,
        appearance::{Appearance, ThemeChoice},
        bridge::{FarEnd, Request, Update, bridge},
        calendar::Calendar,
        thumbnail,
        widget::vlist::{Row, RowKey, Viewport, VirtualList},
    },
    node::{
        self, ChatId, DeliveryState, MessageId, PersonId, Settings, Timestamp,
        view::{
            Answer, ChatSummary, Contact, Event as NodeEvent, FileState, Message, PageOf, Preview,
            Query,
        },
    },
};
use egui::{
    Context, Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, RawInput,
    Rect, TouchPhase, Vec2, pos2, vec2,
};
use rustix::time::{ClockId, clock_gettime};
use sample::NOW;

const MESSAGES: u64 = 100_000;
const PICTURES: u64 = 1_000;
const CHAT: ChatId = ChatId([2; 32]);
const ALBUM: ChatId = ChatId([3; 32]);

fn main() {
    let mut bed = Bed::new();
    println!("{MESSAGES} messages in a chat, window of 1200 x 800, CPU time per frame:");
    let first = bed.frame(Vec::new());
    println!("{:28} {first:8.2} ms", "first frame");
    bed.settle();
    bed.app.perform(&bed.ctx, Action::OpenChat(CHAT));
    let opened = bed.frame(Vec::new());
    bed.settle();
    println!("{:28} {opened:8.2} ms", "chat opened");
    bed.frame(vec![Event::PointerMoved(pos2(800.0, 400.0))]);

    report("idle", (0..500).map(|_| bed.frame(Vec::new())));
    report(
        "scroll up, 60 points",
        (0..2000).map(|_| bed.step(vec![wheel(60.0)])),
    );
    report(
        "scroll up, 1500 points",
        (0..1000).map(|_| bed.step(vec![wheel(1500.0)])),
    );
    report("drag the scroll bar", (0..500u32).map(|n| bed.drag(n)));
    bed.app
        .perform(&bed.ctx, Action::Go(betwixt::gui::model::nav::Place::Chats));
    bed.bottom();
    report("message arrives, followed", (0..1000).map(|_| bed.arrive()));
    bed.step(vec![wheel(900.0)]);
    report(
        "message arrives, scrolled up",
        (0..1000).map(|_| bed.arrive()),
    );
    report("window gets wider", (0..200).map(|n| bed.resize(n)));
    report(
        "a letter is typed",
        (0..200).map(|_| bed.step(vec![Event::Text("a".into())])),
    );
    pictures(&mut bed);
    list_alone();
}

/// A chat of pictures, each with a small one, that are decoded while one scrolls.
fn pictures(bed: &mut Bed) {
    bed.messages = (0..PICTURES).map(photo).collect();
    bed.settle();
    bed.app.perform(&bed.ctx, Action::OpenChat(ALBUM));
    bed.settle();
    bed.frame(vec![Event::PointerMoved(pos2(800.0, 400.0))]);
    println!("{PICTURES} pictures in a chat, decoded beside:");
    for points in [60.0, 1500.0] {
        let up = (0..1000).map(|_| bed.step(vec![wheel(points)]));
        report(
            &format!("scroll up, {points} points"),
            up.collect::<Vec<_>>().into_iter(),
        );
        bed.bottom();
    }
    println!("{} small pictures were decoded", bed.decoded);
}

/// The list without text: what its place keeping costs at any length.
fn list_alone() {
    let rows = (0..MESSAGES).map(|n| Row {
        key: RowKey::Pending(n),
        look: 0,
        estimate: 44,
    });
    let mut list = VirtualList::default();
    let built = cpu(|| list.set_rows(rows.clone().collect()));
    println!(
        "the list alone, {MESSAGES} rows:\n{:28} {built:8.2} ms",
        "built"
    );
    let view = Viewport {
        height: 800.0,
        below: 12.0,
        open_end: false,
    };
    let height = |row: usize| 20.0 + (row * 37 % 190) as f32;
    let jumps = (0..5000usize).map(|n| {
        let row = n * 7919 % MESSAGES as usize;
        cpu(|| {
            list.go_to(row, 0.0);
            black_box(list.visible(view, height));
        })
    });
    report("jump anywhere", jumps);
}

struct Bed {
    ctx: Context,
    app: App,
    far: FarEnd,
    messages: Vec<Message>,
    time: f64,
    size: Vec2,
    decoded: u64,
}

impl Bed {
    fn new() -> Self {
        let ctx = Context::default();
        let (near, far) = bridge();
        let appearance = Appearance {
            theme: ThemeChoice::Light,
            ..Appearance::default()
        };
        let app = App::new(&ctx, near, appearance, Calendar::utc(), || NOW);
        assert!(far.updates.try_send(Update::Started).is_ok());
        Self {
            ctx,
            app,
            far,
            messages: (0..MESSAGES).map(message).collect(),
            time: 0.0,
            size: vec2(1200.0, 800.0),
            decoded: 0,
        }
    }

    /// One frame, with the node's answers to what it asked for after it.
    fn step(&mut self, events: Vec<Event>) -> f64 {
        let spent = self.frame(events);
        self.answer();
        spent
    }

    fn frame(&mut self, events: Vec<Event>) -> f64 {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let (ctx, app) = (self.ctx.clone(), &mut self.app);
        cpu(|| {
            let mut output = ctx.run_ui(input, |ui| {
                app.receive(ui.ctx());
                app.draw(ui);
            });
            output.textures_delta.clear();
            black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
        })
    }

    fn settle(&mut self) {
        for _ in 0..10 {
            self.step(Vec::new());
        }
    }

    fn answer(&mut self) {
        while let Ok(request) = self.far.requests.try_recv() {
            if let Request::Decode(file, preview) = &request {
                self.decoded += 1;
                let picture = thumbnail::decode(preview).map(Arc::new);
                let update = Update::Decoded(*file, picture);
                assert!(self.far.updates.try_send(update).is_ok());
            }
            let Request::Query(ticket, query) = request else {
                continue;
            };
            let answer = match query {
                Query::NodeInfo => Answer::Node(Box::new(sample::me())),
                Query::Settings => Answer::Settings(Settings::default()),
                Query::Contacts => Answer::Contacts(people()),
                Query::Chats => Answer::Chats(self.chats()),
                Query::Messages(page) => Answer::Messages(self.page(&page)),
                _ => Answer::Nearby(Vec::new()),
            };
            assert!(
                self.far
                    .updates
                    .try_send(Update::Answer(ticket, Ok(answer)))
                    .is_ok()
            );
        }
    }

    fn chats(&self) -> Vec<ChatSummary> {
        let row = |contact: Contact| ChatSummary {
            last: self.messages.last().cloned(),
            ..sample::chat(contact.person_id, &contact.name)
        };
        people().into_iter().map(row).collect()
    }

    fn page(&self, page: &PageOf) -> Vec<Message> {
        let all = &self.messages;
        let place = |id: MessageId| {
            let [a, b, c, d, e, f, g, h, ..] = id.0;
            u64::from_be_bytes([a, b, c, d, e, f, g, h]) as usize
        };
        let limit = page.limit.unwrap_or(50);
        match (page.before.map(place), page.after.map(place)) {
            (Some(before), _) => all[before.saturating_sub(limit)..before].to_vec(),
            (None, Some(after)) => all[after + 1..].iter().take(limit).cloned().collect(),
            (None, None) => all[all.len() - limit..].to_vec(),
        }
    }

    fn arrive(&mut self) -> f64 {
        let next = message(self.messages.len() as u64);
        self.messages.push(next.clone());
        let event = Update::Event(NodeEvent::Message(Box::new(next)));
        assert!(self.far.updates.try_send(event).is_ok());
        self.step(Vec::new())
    }

    /// Drags the handle to another place.
    fn drag(&mut self, nth: u32) -> f64 {
        let bar = self.size.x - 6.0;
        if nth == 0 {
            self.step(vec![Event::PointerMoved(pos2(bar, 400.0))]);
            self.step(vec![button(pos2(bar, 400.0), true)]);
        }
        let y = 80.0 + (nth * 7919 % 640) as f32;
        let spent = self.step(vec![Event::PointerMoved(pos2(bar, y))]);
        if nth == 499 {
            self.step(vec![button(pos2(bar, y), false)]);
        }
        spent
    }

    fn bottom(&mut self) {
        self.step(vec![Event::PointerMoved(pos2(800.0, 400.0))]);
        for _ in 0..400 {
            self.step(vec![wheel(-60_000.0)]);
        }
    }

    fn resize(&mut self, nth: u32) -> f64 {
        self.size.x = 1200.0 + (nth % 100 * 2) as f32;
        self.step(Vec::new())
    }
}

fn wheel(points: f32) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Trackpad,
        modifiers: Modifiers::NONE,
    }
}

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }
}

fn people() -> Vec<Contact> {
    (2..40u8)
        .map(|number| Contact {
            verified: number % 3 == 0,
            online: number % 2 == 0,
            ..sample::contact(PersonId([number; 32]), &format!("Person {number}"))
        })
        .collect()
}

/// A picture, with a small one unlike all others.
fn photo(seq: u64) -> Message {
    let picture = image::RgbImage::from_fn(320, 213, |x, y| {
        let part = |n: u32| (x * n / 9 + y + seq as u32 * 7) as u8;
        [part(3), part(5), part(7)].into()
    });
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 70);
    picture
        .write_with_encoder(encoder)
        .expect("it is in memory");
    let message = sample::incoming(ALBUM, seq, "look");
    let mut message = sample::with_file(message, "lake.jpg", 600_000, FileState::Offered);
    let at = Timestamp((NOW.0 + seq * 60_000).saturating_sub(PICTURES * 60_000));
    (message.sent_at, message.received_at) = (at, at);
    message.file.as_mut().expect("it has one").thumbnail = Some(Preview {
        mime: "image/jpeg".into(),
        width: 2048,
        height: 1365,
        data: data_encoding::BASE64.encode(&bytes),
    });
    message
}

fn message(seq: u64) -> Message {
    let words = [
        "lake",
        "tent",
        "rain",
        "road",
        "coffee",
        "Sunday 🌅",
        "camera",
        "bread",
        "boat",
    ];
    let n = seq as usize;
    let length = 1 + n * 7919 % 37;
    let text: Vec<&str> = (0..length).map(|k| words[(n * 31 + k * 17) % 9]).collect();
    let at = Timestamp((NOW.0 + seq * 60_000).saturating_sub(MESSAGES * 60_000));
    let mut message = if seq * 7 % 11 < 5 {
        sample::outgoing(CHAT, seq, &text.join(" "))
    } else {
        sample::incoming(CHAT, seq, &text.join(" "))
    };
    (message.sent_at, message.received_at) = (at, at);
    message.state = DeliveryState::Read;
    message
}

/// CPU time of this thread, in milliseconds.
fn cpu(work: impl FnOnce()) -> f64 {
    let now = || {
        let at = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(at.tv_sec as u64, at.tv_nsec as u32)
    };
    let before = now();
    work();
    now().saturating_sub(before).as_secs_f64() * 1000.0
}

fn report(what: &str, spent: impl Iterator<Item = f64>) {
    let mut spent: Vec<f64> = spent.collect();
    spent.sort_by(f64::total_cmp);
    let at = |share: f64| spent[((spent.len() - 1) as f64 * share) as usize];
    println!(
        "{what:28} p50 {:6.3} ms  p99 {:6.3} ms  most {:6.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
