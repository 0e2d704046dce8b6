//! `betwixt demo` where there is a display: two windows of two people who see each other.

use std::path::Path;

use tokio::process::{Child, Command};

use super::Scratch;
use crate::{
    cli::{
        failure::Failure,
        print,
        process::{self, Signals},
        window,
    },
    gui::Rect,
};

/// Tells a window of the demonstration which of the two it is.
const SIDE: &str = "BETWIXT_DEMO_SIDE";

/// Left edges of the two windows, and their width and height, in points: beside each other on most
/// screens, and both in sight on small ones.
const LEFT: [f32; 2] = [20.0, 800.0];
const SIZE: [f32; 2] = [760.0, 640.0];

/// Where this window belongs, if it is one of the demonstration.
pub(in crate::cli) fn place() -> Option<Rect> {
    let side: usize = std::env::var(SIDE).ok()?.parse().ok()?;
    let left = *LEFT.get(side)?;
    Some(Rect::from_min_size([left, 60.0].into(), SIZE.into()))
}

pub(super) fn run() -> Result<(), Failure> {
    if !window::has_display() {
        return Err(Failure::usage(
            "There is no display to open windows on; try `betwixt demo --headless`.",
        ));
    }
    let scratch = Scratch::create()?;
    let address = format!("/ip4/127.0.0.1/tcp/{}", super::free_port()?);
    print::line("Two windows open, one for each of two people on this machine. What they write is");
    print::line("deleted when both are closed.");
    let success = process::block_on(async {
        // So that the scratch directory goes whatever ends us.
        let mut signals = Signals::listen()?;
        let mut one = open(0, &scratch.path().join("one"), &["--listen", &address])?;
        let other = ["--listen", "/ip4/127.0.0.1/tcp/0", "--dial", &address];
        let mut two = open(1, &scratch.path().join("two"), &other)?;
        tokio::select! {
            ended = async { tokio::join!(one.wait(), two.wait()) } => {
                Ok(ended.0?.success() && ended.1?.success())
            }
            () = signals.asked_to_end() => {
                let _ = tokio::join!(one.kill(), two.kill());
                Ok(true)
            }
        }
    })?;
    if success {
        Ok(())
    } else {
        Err(Failure::new(
            "A window did not open; what it said stands above.",
        ))
    }
}

fn open(side: usize, profile: &Path, more: &[&str]) -> Result<Child, Failure> {
    let child = Command::new(std::env::current_exe()?)
        .arg("--profile")
        .arg(profile)
        .arg("--no-mdns")
        .args(more)
        .env(SIDE, side.to_string())
        .spawn()?;
    Ok(child)
}
