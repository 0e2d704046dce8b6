//! `betwixt demo` where there is a display: two windows of two people who see each other.

use std::path::Path;

use tokio::process::{Child, Command};

use super::Scratch;
use crate::cli::{
    failure::Failure,
    print,
    process::{self, Signals},
    window,
};

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
        let mut one = open(&scratch.path().join("one"), &["--listen", &address])?;
        let other = ["--listen", "/ip4/127.0.0.1/tcp/0", "--dial", &address];
        let mut two = open(&scratch.path().join("two"), &other)?;
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

fn open(profile: &Path, more: &[&str]) -> Result<Child, Failure> {
    let child = Command::new(std::env::current_exe()?)
        .arg("--profile")
        .arg(profile)
        .arg("--no-mdns")
        .args(more)
        .spawn()?;
    Ok(child)
}
