//! What is installed beside the program, read by those who will read it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests may")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn asset(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets")
        .join(name);
    fs::read_to_string(path).unwrap()
}

/// What a tool says, unless it is not installed.
fn ask(tool: &str, arguments: &[&str]) -> Option<Output> {
    let answer = Command::new(tool).args(arguments).output();
    if answer.is_err() {
        eprintln!("NOT RUN: {tool} is not installed");
    }
    answer.ok()
}

fn said(answer: &Output) -> String {
    let both = [answer.stdout.as_slice(), &answer.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn systemd_reads_every_line_of_the_relay_s_unit_and_finds_it_confined() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("betwixt-relay.service");
    let unit = asset("betwixt-relay.service");
    let installed = "/usr/local/bin/betwixt";
    assert!(unit.contains(installed));
    fs::write(
        &path,
        unit.replace(installed, env!("CARGO_BIN_EXE_betwixt")),
    )
    .unwrap();
    let path = path.to_str().unwrap();

    let Some(verified) = ask("systemd-analyze", &["verify", path]) else {
        return;
    };
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(
        !said(&verified).contains("betwixt-relay"),
        "{}",
        said(&verified)
    );

    // From 0 (nothing is allowed) to 10, times ten.
    let limit = ["security", "--offline=true", "--threshold=20", path];
    let confined = ask("systemd-analyze", &limit).unwrap();
    assert!(confined.status.success(), "{}", said(&confined));
}

#[test]
fn desktops_read_the_entry_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/linux/betwixt.desktop");
    let Some(validated) = ask("desktop-file-validate", &[path.to_str().unwrap()]) else {
        return;
    };
    assert!(validated.status.success(), "{}", said(&validated));
    assert_eq!(said(&validated), "");
}
