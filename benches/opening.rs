//! How long it takes until the program is there, with much in its profile.
//!
//!     cargo bench --bench opening [-- MESSAGES]
//!
//! A million messages when not said otherwise, in a chat with somebody and their index, as made by the
//! store. Beside it, in the same run, a profile with none. The window needs Xvfb and xdotool, and a build
//! with the feature `gui`; it says so when it is not measured.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a benchmark may"
)]

mod display;
mod proc;
#[path = "../tests/process/mod.rs"]
mod process;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use betwixt::{
    proto::{
        chat::content::{Body, Content, Text},
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{MessageRow, Write},
        time::Timestamp,
    },
    store::{Profile, search::Search},
};
use display::{Display, Ended};
use process::{Node, Pair};
use serde_json::json;

/// Starts of each kind; the middle one is printed.
const STARTS: usize = 5;
/// Between two looks at whether something is there.
const LOOK: Duration = Duration::from_millis(2);
const FOREVER: Duration = Duration::from_hours(1);

fn main() {
    let mut messages = std::env::args().filter_map(|argument| argument.parse().ok());
    let messages: u32 = messages.next_back().unwrap_or(1_000_000);
    println!("aims: the window is there after 500 ms, a chat after 50 ms");
    let homes: Vec<tempfile::TempDir> = (0..3)
        .map(|_| tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
        .collect();
    drop(Node::start(homes[0].path()));
    let Pair { ada, ben, chat } = Pair::befriend(homes[1].path(), homes[2].path());
    ada.stop();
    let person = ben.person().parse().unwrap();
    ben.stop();
    fill(homes[1].path(), (&chat, person), messages);
    for (what, home, chat) in [
        ("nothing", homes[0].path(), None),
        ("all of them", homes[1].path(), Some(chat.as_str())),
    ] {
        headless(what, home, chat);
        window(what, home);
    }
}

/// Puts messages of the other into a chat, and indexes them.
fn fill(profile: &Path, (chat, person): (&str, PersonId), messages: u32) {
    let begun = Instant::now();
    let store = Profile::open(profile).unwrap().unlock(None).unwrap();
    let id = data_encoding::HEXLOWER.decode(chat.as_bytes()).unwrap();
    let chat = ChatId(id.try_into().unwrap());
    for first in (0..messages).step_by(2000) {
        let rows = (first..(first + 2000).min(messages)).map(|n| {
            let at = Timestamp(1_600_000_000_000 + u64::from(n) * 60_000);
            let text = Text {
                text: format!("This is what was said as number {n}, by the river"),
                reply_to: None,
                mentions: Vec::new(),
            };
            let content = Content {
                prev: None,
                parents: Vec::new(),
                created: at,
                expire_s: 0,
                body: Body::Text(text),
            };
            Write::Message(Box::new(MessageRow {
                id: MessageId(*blake3::hash(&n.to_be_bytes()).as_bytes()),
                chat,
                sender: person,
                device: DeviceId([7; 16]),
                counter: n,
                created: at,
                sent_at: at,
                received_at: at,
                outgoing: false,
                content: content.encode().to_vec(),
                signed: None,
            }))
        });
        store.commit(rows.collect()).unwrap();
    }
    let search = Search::start(&store).unwrap();
    search.wait(FOREVER);
    println!("{messages} messages, put there in {:.0?}", begun.elapsed());
}

/// Until it says that it is ready, and until the newest of a chat are there.
fn headless(what: &str, profile: &Path, chat: Option<&str>) {
    let (mut ready, mut shown) = (Vec::new(), Vec::new());
    let mut memory = 0.0_f64;
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut node = Node::start(profile);
        ready.push(begun.elapsed());
        if let Some(chat) = chat {
            let begun = Instant::now();
            let page = node.ok("message.list", json!({"chat_id": chat}));
            assert_eq!(page.as_array().unwrap().len(), 50);
            shown.push(begun.elapsed());
        }
        memory = memory.max(proc::memory(node.child.id(), "VmRSS"));
        assert_eq!(node.stop(), 0);
    }
    say(what, "headless, ready", ready);
    if chat.is_some() {
        say(what, "the newest 50 of the chat", shown);
    }
    println!("{what:<12} {:<32} {memory:>8.1} MiB", "most resident");
}

/// Until its window is on the screen, and until it answers on its socket: then the chats are loaded.
fn window(what: &str, profile: &Path) {
    if !cfg!(feature = "gui") {
        println!("NOT MEASURED: the window; this build has none");
        return;
    }
    let Some(display) = Display::up() else {
        println!("NOT MEASURED: the window; it needs Xvfb");
        return;
    };
    let (mut visible, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let child = process::betwixt(profile)
            .args(["--listen", "/ip4/127.0.0.1/tcp/0"])
            .env("DISPLAY", &display.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .stderr(Stdio::null())
            .spawn();
        let mut running = Ended(child.unwrap());
        loop {
            let seen = Command::new("xdotool")
                .args(["search", "--onlyvisible", "--name", "Betwixt"])
                .env("DISPLAY", &display.name)
                .stderr(Stdio::null())
                .output();
            let Ok(seen) = seen else {
                println!("NOT MEASURED: the window; it needs xdotool");
                return;
            };
            if !seen.stdout.is_empty() {
                break;
            }
            assert!(running.0.try_wait().unwrap().is_none(), "it is gone");
            std::thread::sleep(LOOK);
        }
        visible.push(begun.elapsed());
        while std::os::unix::net::UnixStream::connect(profile.join("rpc.sock")).is_err() {
            assert!(running.0.try_wait().unwrap().is_none(), "it is gone");
            std::thread::sleep(LOOK);
        }
        answers.push(begun.elapsed());
        drop(running);
    }
    say(what, "its window is on the screen", visible);
    say(what, "and it answers on its socket", answers);
}

fn say(what: &str, which: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{what:<12} {which:<32} {:>8.1} ms, at most {:.1}",
        ms(times[times.len() / 2]),
        ms(times[times.len() - 1])
    );
}
