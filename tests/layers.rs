//! Each layer names only those that it may (docs/architecture.md). That the relay names neither
//! `proto` nor `store` is a statement of security: it cannot read what it carries.

#![allow(
    clippy::expect_used,
    reason = "what goes wrong in a test is a failed test"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A layer, and the layers that it may name beside itself.
const LAYERS: [(&str, &[&str]); 17] = [
    ("picture", &[]),
    ("sound", &[]),
    ("wire", &[]),
    ("proto", &["wire"]),
    ("disk", &[]),
    ("blobs", &["wire", "disk"]),
    ("files", &["proto", "wire", "disk", "blobs"]),
    ("store", &["proto", "wire", "disk", "files"]),
    ("net", &["wire"]),
    ("config", &[]),
    (
        "node",
        &[
            "wire", "proto", "files", "store", "net", "config", "picture", "sound",
        ],
    ),
    ("relay", &["wire", "net", "disk", "blobs", "config"]),
    ("sim", &["wire", "proto"]),
    ("rpc", &["node", "config"]),
    ("gui", &["node", "config", "picture", "sound"]),
    ("assistant", &["node", "config"]),
    (
        "cli",
        &["node", "config", "rpc", "gui", "relay", "assistant", "sim"],
    ),
];

/// What the pure layers do not touch: the clock, tasks, the network, files.
const IMPURE: [&str; 8] = [
    "tokio",
    "libp2p",
    "sled",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "SystemTime",
    "Instant",
];

/// No file of the program is longer.
const LONGEST: usize = 500;

#[test]
fn each_layer_names_only_those_it_may() {
    let mut wrong = Vec::new();
    for (layer, may) in LAYERS {
        for file in files_of(layer) {
            let text = read(&file);
            for (other, _) in LAYERS.iter().filter(|(other, _)| *other != layer) {
                if !may.contains(other) && names(&text, other) {
                    wrong.push(format!("{} names {other}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_layers_touch_no_clock_no_task_no_network_and_no_file() {
    let mut wrong = Vec::new();
    for file in ["wire", "proto", "picture", "sound"]
        .into_iter()
        .flat_map(files_of)
    {
        if is_test(&file) {
            continue;
        }
        let text = read(&file);
        let program = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        for word in IMPURE {
            let used = program
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with("//"));
            if used.clone().any(|line| {
                line.contains(&format!("{word}::")) || line.contains(&format!("use {word}"))
            }) {
                wrong.push(format!("{} names {word}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_has_grown_too_long() {
    let all = rust_files(&source());
    assert!(all.len() > 50, "the sources are looked at");
    let long: Vec<String> = all
        .into_iter()
        .filter(|file| !is_test(file))
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn a_wrong_name_would_be_seen() {
    assert!(names("use crate::store::Store;", "store"));
    assert!(names(
        "use crate::{\n    net,\n    store::Store,\n};",
        "store"
    ));
    assert!(names("let x = crate::store::open();", "store"));
    assert!(!names("// crate::store is not named here", "store"));
    assert!(!names("use crate::proto::record;", "store"));
}

/// Whether a text names `crate::LAYER`, also inside a braced `use crate::{…}`.
fn names(text: &str, layer: &str) -> bool {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    if code.contains(&format!("crate::{layer}::")) || code.contains(&format!("crate::{layer};")) {
        return true;
    }
    code.split("use crate::{").skip(1).any(|rest| {
        let group = rest.split("\n};").next().unwrap_or(rest);
        group.lines().any(|line| {
            let indent = line.len() - line.trim_start().len();
            let word = line.trim_start();
            indent <= 4
                && (word.starts_with(&format!("{layer}::"))
                    || word.starts_with(&format!("{layer},")))
        })
    })
}

fn files_of(layer: &str) -> Vec<PathBuf> {
    let mut files = rust_files(&source().join(layer));
    let single = source().join(format!("{layer}.rs"));
    if single.exists() {
        files.push(single);
    }
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Tests live in files named `tests.rs` or in folders named `tests`.
fn is_test(file: &Path) -> bool {
    file.components().any(|part| {
        let part = part.as_os_str();
        part == "tests" || part == "tests.rs"
    })
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a source file can be read")
}
