//! `betwixt demo`: two people on one machine, for somebody who wants to see what this is.

mod conversation;
mod observer;
mod person;
#[cfg(feature = "gui")]
mod windows;

#[cfg(feature = "gui")]
pub(super) use windows::place;

use std::{
    fs::DirBuilder,
    net::TcpListener,
    path::{Path, PathBuf},
};

use super::{failure::Failure, process};

pub(super) fn run(headless: bool) -> Result<(), Failure> {
    if headless {
        return process::block_on(conversation::run());
    }
    #[cfg(feature = "gui")]
    return windows::run();
    #[cfg(not(feature = "gui"))]
    Err(Failure::usage(
        "This Betwixt was built without its window; try `betwixt demo --headless`.",
    ))
}

/// A port on loopback that nobody listens at now.
fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A directory that only we may enter, and that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn create() -> Result<Self, Failure> {
        let mut chance = [0; 8];
        getrandom::fill(&mut chance).map_err(|error| Failure::new(error.to_string()))?;
        let name = format!("betwixt-demo-{:016x}", u64::from_be_bytes(chance));
        let path = std::env::temp_dir().join(name);
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
