//! A bus for tests, with nobody on it but them.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use zbus::blocking::{Connection, connection::Builder};

/// A bus of a test's own.
pub(super) struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    /// `None`, and a word about why, where there is no `dbus-daemon`.
    pub(super) fn start() -> Option<Self> {
        let daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut daemon) = daemon else {
            eprintln!("NOT RUN: there is no dbus-daemon");
            return None;
        };
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let address = address.trim().to_owned();
        Some(Self { daemon, address })
    }

    pub(super) fn connect(&self) -> Connection {
        let builder = Builder::address(self.address.as_str()).unwrap();
        builder.build().unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
