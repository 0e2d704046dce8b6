//! What a node costs that has nothing to do: without a window, and with one.
//!
//!     cargo bench --bench idle
//!
//! The window needs Xvfb, and a build with the feature `gui`; it says so when it is not measured.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::indexing_slicing)]

mod display;
mod proc;
#[path = "../tests/process/mod.rs"]
mod process;

use std::{
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use display::{Display, Ended};
use proc::{cpu, memory};
use process::Node;

/// How long idleness is watched.
const IDLE: Duration = Duration::from_secs(20);
/// Until everything is loaded and drawn.
const SETTLED: Duration = Duration::from_secs(8);

fn main() {
    let home = tempfile::tempdir().unwrap();
    let mut node = Node::start(&home.path().join("headless"));
    node.address();
    watch("headless", node.child.id());
    drop(node);
    if cfg!(feature = "gui") {
        window(&home.path().join("window"));
    } else {
        println!("NOT MEASURED: the window; this build has none");
    }
}

/// The window of a fresh profile, on a display that nobody looks at.
fn window(profile: &std::path::Path) {
    let Some(display) = Display::up() else {
        println!("NOT MEASURED: the window; it needs Xvfb");
        return;
    };
    let child = process::betwixt(profile)
        .args(["--listen", "/ip4/127.0.0.1/tcp/0"])
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .stderr(Stdio::null())
        .spawn();
    let mut window = Ended(child.unwrap());
    watch("window", window.0.id());
    assert!(window.0.try_wait().unwrap().is_none(), "the window is gone");
}

fn watch(what: &str, pid: u32) {
    sleep(SETTLED);
    let (start, before) = (Instant::now(), cpu(pid));
    sleep(IDLE);
    let used = cpu(pid).saturating_sub(before);
    let share = used.as_secs_f64() / start.elapsed().as_secs_f64() * 100.0;
    let resident = memory(pid, "VmRSS");
    println!("{what:<10} idle: {share:>5.2} % of a core over 20 s, {resident:>6.1} MiB resident");
}
