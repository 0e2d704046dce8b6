//! The real window on a display of its own, used as a person would, with hands and eyes made of
//! `xdotool`. What the window did is learned from the other person's node, and from its own through
//! the private socket, so nothing is waited for by time.
//!
//! Needs Xvfb, xdotool and `import` (`ImageMagick`); says so when it is not run. What it looked like
//! is left in `target/window`.

#![cfg(all(feature = "gui", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "it is a test"
)]

mod process;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use process::{Node, PATIENCE, betwixt, contact};
use serde_json::{Value, json};

/// Waits until something is so.
#[track_caller]
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        // What is asked is another process.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An X server that shows its windows to nobody.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts it. `None`, and a word about why, where that cannot be done.
    fn start() -> Option<Self> {
        for tool in ["xdotool", "import", "convert"] {
            let found = Command::new(tool)
                .arg("-version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if found.is_err() {
                eprintln!("NOT RUN: there is no {tool}, to use the window");
                return None;
            }
        }
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .args(["-screen", "0", "1200x800x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut server) = server else {
            eprintln!("NOT RUN: there is no Xvfb, to show the window");
            return None;
        };
        let mut number = String::new();
        let mut said = BufReader::new(server.stdout.take().unwrap());
        said.read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        Some(Self { server, name })
    }

    fn command(&self, program: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(program);
        command.args(arguments).env("DISPLAY", &self.name);
        let out = command.output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        (out.status.success(), said)
    }

    fn xdotool(&self, arguments: &[&str]) {
        let (done, said) = self.command("xdotool", arguments);
        assert!(done, "xdotool {arguments:?}: {said}");
    }

    fn press(&self, keys: &str) {
        self.xdotool(&["key", "--clearmodifiers", keys]);
    }

    fn write(&self, text: &str) {
        self.xdotool(&["type", "--delay", "15", text]);
    }

    fn click(&self, x: u32, y: u32) {
        let (x, y) = (x.to_string(), y.to_string());
        self.xdotool(&["mousemove", "--sync", &x, &y, "click", "1"]);
    }

    /// What of a kept picture shows messages, and nothing that blinks or is written in.
    fn view(name: &str) -> Vec<u8> {
        let path = pictures().join(format!("{name}.png"));
        let out = Command::new("convert")
            .arg(path)
            .args(["-crop", "700x480+430+200", "-depth", "8", "gray:-"])
            .output()
            .unwrap();
        assert!(!out.stdout.is_empty(), "{name} was kept");
        out.stdout
    }

    /// Keeps what is seen once it is still, and says how bright it is, from 0 to 255.
    fn picture(&self, name: &str) -> u64 {
        let path = pictures().join(format!("{name}.png"));
        let path = path.to_str().unwrap();
        let mut before = Vec::new();
        // A cursor may blink for ever.
        for _ in 0..10 {
            let (done, said) = self.command("import", &["-window", "root", path]);
            assert!(done, "{said}");
            let seen = fs::read(path).unwrap();
            if seen == before {
                break;
            }
            before = seen;
        }
        let bytes = Command::new("convert")
            .args([path, "-resize", "1x1!", "-depth", "8", "gray:-"])
            .output()
            .unwrap()
            .stdout;
        bytes.first().copied().unwrap_or_default().into()
    }
}

impl Display {
    /// What a window manager does when somebody clicks on the cross: `WM_DELETE_WINDOW`, in the words of
    /// the X11 protocol, because there is no window manager and `xdotool` needs one for it.
    fn ask_to_close(&self, window: u32) {
        let path = format!("/tmp/.X11-unix/X{}", self.name.trim_start_matches(':'));
        let mut server = UnixStream::connect(path).unwrap();
        let mut answer = |bytes: &[u8], len: usize| {
            server.write_all(bytes).unwrap();
            let mut answer = vec![0; len];
            server.read_exact(&mut answer).unwrap();
            answer
        };
        let head = answer(&[b'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8);
        assert_eq!(head[0], 1, "the display lets us in");
        answer(&[], usize::from(u16::from_le_bytes([head[6], head[7]])) * 4);
        let mut atom = |name: &str| {
            let len = u16::try_from(name.len()).unwrap();
            let mut request = vec![16, 0];
            request.extend((2 + len.div_ceil(4)).to_le_bytes());
            request.extend(len.to_le_bytes());
            request.extend([0, 0]);
            request.extend(name.as_bytes());
            request.resize(8 + usize::from(len.div_ceil(4)) * 4, 0);
            u32::from_le_bytes(answer(&request, 32)[8..12].try_into().unwrap())
        };
        let (protocols, delete) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"));
        let mut request = vec![25, 0, 11, 0];
        for number in [window, 0, 0x2021, window, protocols, delete, 0, 0, 0, 0] {
            request.extend(number.to_le_bytes());
        }
        answer(&request, 0);
        // Once this is answered, it has arrived.
        let ping = [&[16, 0, 3, 0, 4, 0, 0, 0], b"ATOM".as_slice()].concat();
        answer(&ping, 32);
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn pictures() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let pictures = target.join("window");
    fs::create_dir_all(&pictures).unwrap();
    pictures
}

/// The program with its window.
struct Window<'a> {
    display: &'a Display,
    child: Child,
    id: String,
    profile: PathBuf,
}

impl<'a> Window<'a> {
    fn open(display: &'a Display, profile: &Path, arguments: &[&str]) -> Self {
        let child = betwixt(profile)
            .args(["--listen", "/ip4/127.0.0.1/tcp/0"])
            .args(arguments)
            .env("DISPLAY", &display.name)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("WINIT_UNIX_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut window = Self {
            display,
            child,
            id: String::new(),
            profile: profile.to_owned(),
        };
        window.id = until("the window opens", || {
            let search = ["search", "--onlyvisible", "--name", "Betwixt"];
            let (found, ids) = display.command("xdotool", &search);
            found.then(|| ids.lines().last().unwrap().to_owned())
        });
        // There is no window manager that would.
        display.xdotool(&["windowmove", &window.id, "0", "0"]);
        display.xdotool(&["windowfocus", "--sync", &window.id]);
        window
    }

    /// Asks its node, through the private socket.
    fn ask(&self, method: &str, params: &Value) -> Value {
        let stream = until("the private socket", || {
            UnixStream::connect(self.profile.join("rpc.sock")).ok()
        });
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        (&stream)
            .write_all(format!("{request}\n").as_bytes())
            .unwrap();
        for line in BufReader::new(&stream).lines() {
            let mut line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if line["id"] == 1 {
                assert!(line.get("error").is_none(), "{line}");
                return line["result"].take();
            }
        }
        panic!("{method} was not answered");
    }

    /// The exit code, after whoever uses the window has closed it.
    fn close(mut self) -> Option<i32> {
        self.display.ask_to_close(self.id.parse().unwrap());
        until("it ends", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// Places in a window of 1200 by 800 points (`src/gui/theme.rs`): rail 68, list 336.
const ACCEPT: (u32, u32) = (523, 748);
const COMPOSER: (u32, u32) = (750, 766);
const LIGHT: (u32, u32) = (960, 312);
const DARK: (u32, u32) = (1044, 312);

#[test]
fn a_person_at_the_window_talks_with_a_program() {
    let Some(display) = Display::start() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join("ben");
    let mut ada = Node::start(&home.path().join("ada"));
    ada.ok("profile.set", json!({"name": "Ada"}));
    let address = ada.address();
    let window = Window::open(&display, &profile, &["--dial", &address]);

    // Seen, asked, accepted.
    let me = window.ask("node.info", &json!({}));
    let me = me["person_id"].as_str().unwrap().to_owned();
    ada.event(json!({"type": "nearby", "person_id": me, "present": true}));
    until("the window's node sees Ada", || {
        let nearby = window.ask("people.nearby", &json!({}));
        (nearby[0]["name"] == "Ada").then_some(())
    });
    ada.ok("contact.add", json!({"person_id": me}));
    until("the request arrives", || {
        let contacts = window.ask("contact.list", &json!({}));
        (contacts[0]["request"] == "incoming").then_some(())
    });
    until("the request is accepted", || {
        // The first of the people is the one who asks.
        display.press("ctrl+n");
        display.press("Tab");
        display.press("Return");
        display.picture("1 request");
        display.click(ACCEPT.0, ACCEPT.1);
        let contacts = window.ask("contact.list", &json!({}));
        contacts[0]["request"].is_null().then_some(())
    });
    contact(&mut ada, &me, &Value::Null);
    let chat = ada.ok("chat.direct", json!({"person_id": me}))["chat_id"].clone();

    // Said, delivered, read, answered.
    display.click(COMPOSER.0, COMPOSER.1);
    display.write("Hello from the window");
    ada.event(json!({"type": "typing", "typing": true}));
    display.press("Return");
    let heard = ada.event(json!({"type": "message", "outgoing": false}));
    assert_eq!(heard["text"], "Hello from the window");
    let message = json!({"message_id": heard["message_id"]});
    let becomes = |state: &str| {
        until(state, || {
            (window.ask("message.get", &message)["state"] == state).then_some(())
        });
    };
    becomes("delivered");
    display.picture("2 delivered");
    let up_to = json!({"chat_id": chat, "up_to": heard["message_id"]});
    ada.ok("message.read", up_to);
    becomes("read");
    let answer = json!({"chat_id": chat, "text": "Hello, window"});
    let answer = ada.ok("message.send", answer)["message_id"].clone();
    // Who looks at the chat has read it.
    ada.event(json!({"type": "status", "message_id": answer, "state": "read"}));
    display.picture("3 read");

    // Changed: what I said last is one key away.
    display.press("Up");
    display.write("!");
    display.press("Return");
    ada.event(json!({"type": "message", "text": "Hello from the window!"}));
    display.picture("4 changed");

    // Two lines are one message.
    display.write("Two lines:");
    display.press("shift+Return");
    display.write("the second");
    display.press("Return");
    let heard = ada.event(json!({"type": "message", "outgoing": false, "edited_at": null}));
    assert_eq!(heard["text"], "Two lines:\nthe second");
    display.picture("4 two lines");

    search(&display, &mut ada, &window, &chat);

    // In the light, and in the dark.
    display.press("ctrl+comma");
    for (name, (x, y), bright) in [("light", LIGHT, true), ("dark", DARK, false)] {
        until(name, || {
            display.click(x, y);
            let chosen = fs::read_to_string(profile.join("window.toml")).unwrap_or_default();
            chosen.contains(name).then_some(())
        });
        until(name, || {
            let seen = display.picture(&format!("5 {name}"));
            ((seen > 200) == bright && (seen < 60) != bright).then_some(())
        });
    }

    // Locked, and opened again.
    window.ask("node.passphrase", &json!({"new": "correct horse"}));
    let is_locked =
        |wanted: bool| (window.ask("node.info", &json!({}))["locked"] == wanted).then_some(());
    until("it is locked", || {
        display.press("ctrl+l");
        is_locked(true)
    });
    display.picture("6 locked");
    until("it is unlocked", || {
        display.press("ctrl+a");
        display.write("correct horse");
        display.press("Return");
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if is_locked(false).is_some() {
                return Some(());
            }
        }
        None
    });
    display.picture("7 unlocked");

    // Closed; and everything is there.
    assert_eq!(window.close(), Some(0));
    ada.event(json!({"type": "presence", "person_id": me, "online": false}));
    let mut command = betwixt(&profile);
    command
        .arg("rpc")
        .env("BETWIXT_PASSPHRASE", "correct horse");
    let mut again = Node::of(&mut command);
    let all = json!({"chat_id": chat, "limit": 100});
    let page = again.ok("message.list", all);
    let texts: Vec<_> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["text"])
        .collect();
    assert_eq!(
        texts[..4],
        [
            "Hello from the window!",
            "Hello, window",
            "Two lines:\nthe second",
            "The heron is back"
        ]
    );
    assert_eq!(texts.len(), 64);
    assert_eq!(again.stop(), 0);
    assert_eq!(ada.stop(), 0);
}

/// Looks for what was said long ago, in the chat and everywhere, with the keyboard alone.
fn search(display: &Display, ada: &mut Node, window: &Window<'_>, chat: &Value) {
    let mut last = Value::Null;
    for n in 0..=60 {
        let text = match n {
            0 => "The heron is back".to_owned(),
            n => format!("Something else, number {n}"),
        };
        let said = ada.ok("message.send", json!({"chat_id": chat, "text": text}));
        last = said["message_id"].clone();
    }
    // Who looks at the chat has read it: it is at its end.
    ada.event(json!({"type": "status", "message_id": last, "state": "read"}));
    until("what was said can be found", || {
        let found = window.ask("search", &json!({"query": "heron"}));
        (found.as_array().unwrap().len() == 1).then_some(())
    });
    display.picture("4 end of chat");
    let end = Display::view("4 end of chat");

    display.press("ctrl+f");
    display.write("heron");
    until("the search in the chat leads there", || {
        display.picture("4 sought");
        (Display::view("4 sought") != end).then_some(())
    });
    display.press("Escape");
    until("ctrl+end leads back", || {
        display.press("ctrl+End");
        display.picture("4 back");
        (Display::view("4 back") == end).then_some(())
    });

    display.press("ctrl+shift+f");
    display.write("heron");
    until("what was found leads there", || {
        display.press("Down");
        display.press("Return");
        display.picture("4 found");
        (Display::view("4 found") != end).then_some(())
    });
    display.press("ctrl+k");
    display.press("Escape");
}

#[test]
fn a_second_start_hands_its_link_over_and_ends() {
    let Some(display) = Display::start() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join("ben");
    let window = Window::open(&display, &profile, &[]);
    until("it listens for other starts", || {
        profile.join("window.sock").exists().then_some(())
    });
    until("it shows itself", || {
        (display.picture("8 first") > 200).then_some(())
    });
    let again = |arguments: &[&str]| {
        let mut command = betwixt(&profile);
        command.args(arguments).env("DISPLAY", &display.name);
        command.status().unwrap().code()
    };

    assert_eq!(again(&[]), Some(0));
    assert_eq!(again(&["open", "https://a.example"]), Some(2));
    assert_eq!(again(&["open", "betwixt://c/#abc"]), Some(0));

    // What stands behind a dialog is dimmed.
    until("the link is shown", || {
        (display.picture("9 link") < 190).then_some(())
    });
    assert_eq!(window.close(), Some(0));
}
