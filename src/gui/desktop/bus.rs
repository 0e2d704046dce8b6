//! A bus for tests, with nobody on it but them.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use zbus::{
    Message,
    blocking::{Connection, MessageIterator, connection::Builder},
};

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

    /// Somebody made up who is called so on the bus, and answers each call, of which the member is said.
    pub(super) fn serve(
        &self,
        name: &'static str,
        mut answer: impl FnMut(&Connection, &str, &Message) + Send + 'static,
    ) {
        let service = self.connect();
        let calls = MessageIterator::from(&service);
        service.request_name(name).unwrap();
        std::thread::spawn(move || {
            for call in calls {
                let Ok(call) = call else { return };
                let member = call.header().member().map(ToString::to_string);
                answer(&service, &member.unwrap_or_default(), &call);
            }
        });
    }

    /// The bus of this process, for what finds one by the environment: the test runs itself again in a
    /// process of its own, and is told there only. `test` is the end of its name.
    pub(super) fn of_process(test: &str) -> Option<Self> {
        let mut daemon = Self::start()?;
        if std::env::var_os(OWN).is_some() {
            // The outer process has it.
            daemon.address = std::env::var(ADDRESS).unwrap();
            return Some(daemon);
        }
        let ran = Command::new(std::env::current_exe().unwrap())
            .args([test, "--nocapture"])
            .env(ADDRESS, &daemon.address)
            .env(OWN, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let errors = String::from_utf8_lossy(&ran.stderr);
        assert!(
            ran.status.success() && said.contains("1 passed"),
            "{said}{errors}"
        );
        None
    }

    pub(super) fn connect(&self) -> Connection {
        let builder = Builder::address(self.address.as_str()).unwrap();
        builder.build().unwrap()
    }
}

const ADDRESS: &str = "DBUS_SESSION_BUS_ADDRESS";
const OWN: &str = "BETWIXT_TEST_OWN_BUS";

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
