//! Files between real processes: whole, resumed, shared, refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it is a test"
)]

mod process;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use process::{
    Node, PATIENCE, Pair, befriended, betwixt,
    files::{arrived, content, have, saved, send, slow_down, transfer, wait_for},
    run,
};
use serde_json::json;
use tempfile::tempdir;

fn written(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// How many bytes of files a profile holds.
fn held(profile: &Path) -> u64 {
    let entries = fs::read_dir(profile.join("blobs")).unwrap();
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum()
}

#[test]
fn a_small_file_of_a_contact_comes_by_itself_and_a_large_one_when_asked_for() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let small = content(1, 3_000_000);
    let path = written(dir.path(), "photo \u{202e}gpj.exe", &small);

    let (message, file) = send(&mut pair.ada, &pair.chat, &path);

    let offer = arrived(&mut pair.ben, &message);
    assert_eq!(offer["file_id"], file.as_str());
    assert_eq!(offer["name"], "photo gpj.exe");
    assert_eq!(offer["extension"], "exe");
    assert_eq!(offer["size"], 3_000_000);
    transfer(&mut pair.ben, &file, "here");
    let given = transfer(&mut pair.ada, &file, "given");
    assert_eq!(given["person_id"], pair.ben.person());
    let row = pair.ben.ok("message.get", json!({"message_id": message}));
    assert_eq!(
        (&row["kind"], &row["text"]),
        (&json!("file"), &json!("look"))
    );
    assert_eq!(
        (&row["file"]["state"], &row["file"]["have"]),
        (&json!("here"), &json!(3_000_000))
    );
    assert!(saved(&mut pair.ben, &message, dir.path()) == small);
    assert!(dir.path().join("photo gpj.exe").exists());
    assert!(saved(&mut pair.ben, &message, dir.path()) == small);
    assert!(dir.path().join("photo gpj (2).exe").exists());

    let large = content(2, 40_000_000);
    let path = written(dir.path(), "large.bin", &large);
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    assert_eq!(arrived(&mut pair.ben, &message)["state"], "offered");
    let to = dir.path().join("saved");
    let fetched = pair
        .ben
        .ok("file.fetch", json!({"message_id": message, "path": to}));
    assert!(fetched["path"].is_null());
    assert_eq!(transfer(&mut pair.ben, &file, "saved")["path"], json!(to));
    assert!(fs::read(&to).unwrap() == large);
    let again = pair
        .ben
        .refused("file.fetch", json!({"message_id": message, "path": to}));
    assert_eq!(again, "conflict", "nothing is replaced");

    let list = pair.ben.ok("file.list", json!({}));
    assert_eq!(list["files"].as_array().unwrap().len(), 2);
    assert!(list["used"].as_u64().unwrap() > 43_000_000);
}

#[test]
fn a_voice_note_arrives_as_long_and_as_loud_as_it_was_sent() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let path = written(dir.path(), "said.wav", &spoken(3));
    let person = pair.ben.person();

    let path = path.to_str().unwrap();
    let output = run(a.path(), &["send", "--voice", "--to", &person, path]);

    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let theirs = pair
        .ben
        .event(json!({"type": "message", "kind": "file", "outgoing": false}));
    let message = theirs["message_id"].as_str().unwrap().to_owned();
    let ours = pair.ada.ok("message.get", json!({"message_id": message}));
    let (ours, theirs) = (&ours["file"], &theirs["file"]);
    assert_eq!(theirs["voice"], true);
    let duration = theirs["duration_ms"].as_u64().unwrap();
    assert!((2_950..=3_050).contains(&duration), "{duration} ms");
    assert_eq!(theirs["duration_ms"], ours["duration_ms"]);
    let waveform = theirs["waveform"].as_array().unwrap().clone();
    assert_eq!(waveform, *ours["waveform"].as_array().unwrap());
    // It grows louder.
    let loud = |at: usize| waveform[at].as_u64().unwrap();
    assert!(waveform.len() > 20 && loud(2) < loud(waveform.len() / 2));
    assert!(loud(waveform.len() / 2) < loud(waveform.len() - 3));
    let file = theirs["file_id"].as_str().unwrap().to_owned();
    transfer(&mut pair.ben, &file, "here");
    let came = saved(&mut pair.ben, &message, dir.path());
    assert!(came.starts_with(b"OggS") && came.len() < 30_000);
    assert!(came == saved(&mut pair.ada, &message, a.path()));
}

/// A sound of so many seconds that grows louder, as a WAV file.
fn spoken(seconds: u32) -> Vec<u8> {
    let (rate, samples) = (48_000_u32, 48_000 * seconds);
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples * 2).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(rate.to_le_bytes());
    wav.extend((rate * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend((samples * 2).to_le_bytes());
    for at in 0..samples {
        let turn = f64::from(at) * 440.0 * std::f64::consts::TAU / f64::from(rate);
        let loud = 20_000.0 * f64::from(at) / f64::from(samples);
        #[expect(clippy::cast_possible_truncation, reason = "it is below 20,000")]
        let sample = (turn.sin() * loud) as i16;
        wav.extend(sample.to_le_bytes());
    }
    wav
}

#[test]
fn a_file_goes_with_its_message() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let path = written(dir.path(), "secret.txt", &content(3, 1_000_000));
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    transfer(&mut pair.ben, &file, "here");
    assert!(held(a.path()) > 1_000_000 && held(b.path()) > 1_000_000);

    pair.ada.ok(
        "message.delete",
        json!({"message_id": message, "for": "all"}),
    );

    let deadline = Instant::now() + PATIENCE;
    while held(a.path()) + held(b.path()) > 0 {
        assert!(
            Instant::now() < deadline,
            "{} {}",
            held(a.path()),
            held(b.path())
        );
        pair.ben.wait_event(Duration::from_millis(50));
    }
    let refused = pair
        .ben
        .refused("file.fetch", json!({"message_id": message}));
    assert_eq!(refused, "invalid");
}

#[test]
fn nothing_of_a_file_can_be_read_in_a_profile() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let said = b"canary-in-a-coal-mine ".repeat(10_000);
    let path = written(dir.path(), "canary-name.txt", &said);
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    transfer(&mut pair.ben, &file, "here");
    assert!(saved(&mut pair.ben, &message, dir.path()) == said);
    assert_eq!(pair.ada.stop() + pair.ben.stop(), 0);

    let mut files = vec![a.path().to_owned(), b.path().to_owned()];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        looked_at += bytes.len();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!has(b"canary"), "{}", path.display());
        assert!(!has(file.as_bytes()), "{}", path.display());
        assert!(!path.to_string_lossy().contains(&file[..16]));
    }
    assert!(looked_at > 400_000);
}

/// A node that was killed, anew, where it was.
fn again(node: &mut Node, profile: &Path, listen: &str, dial: &[&str]) -> Node {
    node.child.kill().unwrap();
    node.child.wait().unwrap();
    let mut command = betwixt(profile);
    command.args(["--listen", listen]);
    for address in dial {
        command.args(["--dial", address]);
    }
    Node::of(command.arg("rpc"))
}

#[test]
fn killed_at_any_point_either_side_goes_on_from_there_by_itself() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    slow_down(a.path(), 12 * 1024);
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let size = 48_u64 << 20;
    let bytes = content(4, usize::try_from(size).unwrap());
    let path = written(dir.path(), "film.mkv", &bytes);
    let (message, file) = send(&mut ada, &chat, &path);
    arrived(&mut ben, &message);
    let to = dir.path().join("saved.mkv");
    ben.ok("file.fetch", json!({"message_id": message, "path": to}));
    let at = ada.address();
    let listen = at.split("/p2p/").next().unwrap().to_owned();

    // Points that differ from run to run.
    let chance = u64::from(std::process::id()) % 7;
    for (n, part) in [11, 23, 37, 52, 68, 83].into_iter().enumerate() {
        let point = size * (part + chance) / 100;
        let before = wait_for(&mut ben, &message, point);
        if n % 2 == 0 {
            ben = again(&mut ben, b.path(), "/ip4/127.0.0.1/tcp/0", &[&at]);
            let after = have(&mut ben, &message);
            assert!(after + (3 << 20) >= before, "{after} is left of {before}");
            assert!(
                after <= before + (4 << 20),
                "{after} of {before} was not here"
            );
        } else {
            ada = again(&mut ada, a.path(), &listen, &[]);
        }
    }

    // Where it was to be saved outlives three starts too.
    assert_eq!(transfer(&mut ben, &file, "saved")["path"], json!(to));
    assert!(fs::read(&to).unwrap() == bytes);
    let ben = &mut again(&mut ben, b.path(), "/ip4/127.0.0.1/tcp/0", &[]);
    have(ben, &message);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "saved once");
}

#[test]
fn what_is_to_be_saved_after_a_restart_replaces_nothing_and_goes_with_a_cancellation() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    slow_down(a.path(), 4 * 1024);
    let Pair { ada, mut ben, chat } = Pair::befriend(a.path(), b.path());
    let mut ada = ada;
    let path = written(dir.path(), "film.mkv", &content(8, 12 << 20));
    let (first, file) = send(&mut ada, &chat, &path);
    let (second, other) = send(&mut ada, &chat, &path);
    arrived(&mut ben, &second);
    let (taken, unwanted) = (dir.path().join("taken"), dir.path().join("unwanted"));
    for (message, to) in [(&first, &taken), (&second, &unwanted)] {
        ben.ok("file.fetch", json!({"message_id": message, "path": to}));
    }
    wait_for(&mut ben, &first, 1 << 20);
    ben.ok("file.cancel", json!({"file_id": other}));

    written(dir.path(), "taken", b"mine");
    let ben = &mut again(
        &mut ben,
        b.path(),
        "/ip4/127.0.0.1/tcp/0",
        &[&ada.address()],
    );

    let failed = transfer(ben, &file, "failed");
    let why = failed["problem"].as_str().unwrap();
    assert!(why.contains("there is something called"), "{why}");
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    // Asked for again, it comes, and is saved nowhere.
    ben.ok("file.fetch", json!({"message_id": second}));
    transfer(ben, &other, "here");
    ben.ok("node.info", json!({}));
    assert!(!unwanted.exists());
}

#[test]
fn pausing_cancelling_and_going_on() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    slow_down(a.path(), 4 * 1024);
    let mut pair = Pair::befriend(a.path(), b.path());
    let size = 20 << 20;
    let path = written(dir.path(), "film.mkv", &content(5, size));
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    arrived(&mut pair.ben, &message);
    let by_file = json!({"file_id": file});
    pair.ben.ok("file.fetch", json!({"message_id": message}));
    wait_for(&mut pair.ben, &message, 2 << 20);

    pair.ben.ok("file.pause", by_file.clone());
    transfer(&mut pair.ben, &file, "paused");
    let paused = have(&mut pair.ben, &message);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(have(&mut pair.ben, &message), paused);
    let row = pair.ben.ok("message.get", json!({"message_id": message}));
    assert_eq!(row["file"]["state"], "paused");

    pair.ben.ok("file.resume", by_file.clone());
    wait_for(&mut pair.ben, &message, paused + (2 << 20));

    pair.ben.ok("file.cancel", by_file.clone());
    transfer(&mut pair.ben, &file, "cancelled");
    let row = pair.ben.ok("message.get", json!({"message_id": message}));
    assert_eq!(
        (&row["file"]["state"], &row["file"]["have"]),
        (&json!("cancelled"), &json!(0))
    );
    assert!(held(b.path()) < 10_000);
    assert_eq!(
        pair.ada.refused("file.cancel", by_file),
        "conflict",
        "she has all of it"
    );
    let unknown = json!({"file_id": "0".repeat(64)});
    assert_eq!(pair.ben.refused("file.pause", unknown), "not_found");
}

#[test]
fn what_cannot_be_sent_is_refused_in_words() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let chat = &pair.chat;
    let missing = dir.path().join("missing");
    let there = written(dir.path(), "there", b"");
    for (params, kind) in [
        (json!({"chat_id": chat, "path": missing}), "not_found"),
        (json!({"chat_id": chat, "path": "/dev/null"}), "invalid"),
        (
            json!({"chat_id": "0".repeat(64), "path": there}),
            "not_found",
        ),
        (
            json!({"chat_id": chat, "path": there, "caption": "x".repeat(16_385)}),
            "too_large",
        ),
    ] {
        assert_eq!(
            pair.ada.refused("file.send", params.clone()),
            kind,
            "{params}"
        );
    }
    // Nothing of a file is a file too.
    let (message, file) = send(&mut pair.ada, chat, &there);
    transfer(&mut pair.ben, &file, "here");
    assert!(saved(&mut pair.ben, &message, dir.path()).is_empty());
}

#[test]
fn a_picture_goes_without_where_it_was_taken_unless_it_is_sent_as_it_is() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(64, 48, |x, y| {
        let part = |n: u32| u8::try_from((x * n + y) % 256).unwrap();
        [part(3), part(5), part(7)].into()
    })
    .write_to(&mut picture, image::ImageFormat::Jpeg)
    .unwrap();
    let picture = picture.into_inner();
    let place = b"60.1699 N 24.9384 E";
    let note = [&b"\xff\xfe\0\x15"[..], place].concat();
    let taken = [&picture[..2], &note, &picture[2..]].concat();
    let path = written(dir.path(), "lake.jpg", &taken);
    let half = written(dir.path(), "half.jpg", &taken[..taken.len() / 2]);
    let params = json!({"chat_id": pair.chat, "path": half});
    assert_eq!(pair.ada.refused("file.send", params), "invalid");

    for original in [false, true] {
        let params = json!({"chat_id": pair.chat, "path": path, "original": original});
        let sent = pair.ada.ok("file.send", params);
        let text = |field: &str| sent[field].as_str().unwrap().to_owned();
        let file = arrived(&mut pair.ben, &text("message_id"));
        transfer(&mut pair.ben, &text("file_id"), "here");
        let got = saved(&mut pair.ben, &text("message_id"), dir.path());

        let says_where = got.windows(place.len()).any(|window| window == place);
        assert_eq!(says_where, original);
        assert_eq!(got == taken, original);
        assert!(image::load_from_memory(&got).is_ok());
        assert_eq!(file["name"], "lake.jpg");
        let small = &file["thumbnail"];
        assert_eq!(
            (&small["width"], &small["height"], &small["mime"]),
            (&json!(64), &json!(48), &json!("image/jpeg"))
        );
    }
}

#[test]
fn a_file_in_a_group_crosses_its_senders_link_about_once() {
    let dirs: Vec<_> = (0..5).map(|_| tempdir().unwrap()).collect();
    slow_down(dirs[0].path(), 2 * 1024);
    let mut ada = Node::start(dirs[0].path());
    // Each dials all before it: on loopback nobody is found otherwise.
    let mut dial = vec!["--dial".to_owned(), ada.address()];
    let mut others: Vec<Node> = Vec::new();
    for dir in &dirs[1..4] {
        let mut other = Node::start_with(dir.path(), &dial);
        dial.extend(["--dial".to_owned(), other.address()]);
        let a = ada.person();
        other.event(json!({"type": "nearby", "person_id": a, "present": true}));
        other.ok("contact.add", json!({"person_id": a}));
        befriended(&mut ada, &mut other);
        others.push(other);
    }
    let members: Vec<String> = others.iter().map(Node::person).collect();
    let params = json!({"name": "Herons", "members": members});
    let chat = ada.ok("chat.create", params)["chat_id"].clone();
    let chat = chat.as_str().unwrap();
    for other in &mut others {
        other.event(json!({"type": "chat", "chat_id": chat, "what": "created"}));
    }
    let size = 24 << 20;
    let bytes = content(6, size);
    let path = written(dirs[4].path(), "film.mkv", &bytes);
    let (message, file) = send(&mut ada, chat, &path);
    for other in &mut others {
        arrived(other, &message);
        other.ok("file.fetch", json!({"message_id": message}));
    }

    for other in &mut others {
        transfer(other, &file, "here");
        assert!(saved(other, &message, dirs[4].path()) == bytes);
    }

    // What left her, by her last word on each of them.
    ada.ok("node.info", json!({}));
    let mut given = std::collections::BTreeMap::new();
    for event in ada.events() {
        let is_given = event["state"] == "giving" || event["state"] == "given";
        if event["type"] == "transfer" && event["file_id"] == file.as_str() && is_given {
            let to = event["person_id"].as_str().unwrap().to_owned();
            given.insert(to, event["have"].as_u64().unwrap());
        }
    }
    let all: u64 = given.values().sum();
    // What two ask for before they hear of each other goes twice.
    assert!(
        all <= size as u64 * 2,
        "{all} bytes of {size} left: {given:?}"
    );
    // The last word on somebody may be a moment old.
    assert!(all >= size as u64 / 2, "{given:?}");
}

#[test]
fn the_command_line_sends_lists_and_gets_files() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let Pair { ada, mut ben, .. } = Pair::befriend(a.path(), b.path());
    assert_eq!(ada.stop(), 0);
    let at = ben.address();
    let bytes = content(7, 2_000_000);
    let path = written(dir.path(), "notes.txt", &bytes);
    let path = path.to_str().unwrap();

    let sent = run(
        a.path(),
        &[
            "--dial",
            &at,
            "send",
            path,
            "--to",
            "Ben",
            "--caption",
            "read",
        ],
    );

    let said = String::from_utf8_lossy(&sent.stdout).into_owned();
    assert_eq!(
        said,
        "delivered\n",
        "{}",
        String::from_utf8_lossy(&sent.stderr)
    );
    let offer = ben.event(json!({"type": "message", "kind": "file"}));
    assert_eq!(
        (&offer["text"], &offer["file"]["name"]),
        (&json!("read"), &json!("notes.txt"))
    );
    let message = offer["message_id"].as_str().unwrap().to_owned();
    assert_eq!(ben.stop(), 0);
    let listed = run(b.path(), &["log", "--ids"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.contains("[file notes.txt, 2.0 MB, here] read"),
        "{listed}"
    );
    let out = dir.path().join("got");
    let got = run(b.path(), &["get", &message, "--out", out.to_str().unwrap()]);
    assert_eq!(
        String::from_utf8_lossy(&got.stdout),
        format!("{}\n", out.display())
    );
    assert!(fs::read(&out).unwrap() == bytes);
    let taken = run(b.path(), &["get", &message, "--out", out.to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(1), "nothing is replaced");
    let text = run(a.path(), &["send", path, "--to", "Ben", "--as-text"]);
    assert_eq!(text.status.code(), Some(0));
}

/// A folder with so many bytes in its larger file, and what is in it.
fn folder(dir: &Path, name: &str, bytes: usize) -> PathBuf {
    let root = dir.join(name);
    fs::create_dir_all(root.join("deep/er")).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    written(&root, "read me.txt", b"hello");
    written(&root.join("deep/er"), "film.mkv", &content(9, bytes));
    std::os::unix::fs::symlink("/etc", root.join("etc")).unwrap();
    root
}

#[track_caller]
fn is_folder(saved: &Path, bytes: usize) {
    let mut names: Vec<_> = fs::read_dir(saved)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["deep", "empty", "read me.txt"]);
    assert_eq!(fs::read(saved.join("read me.txt")).unwrap(), b"hello");
    let film = fs::read(saved.join("deep/er/film.mkv")).unwrap();
    assert!(film == content(9, bytes));
}

#[test]
fn a_folder_goes_as_one_item_and_what_is_in_it_is_known_before_it_comes() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let size = 6 << 20;
    let path = folder(dir.path(), "Trip", size);

    let params = json!({"chat_id": pair.chat, "path": path, "caption": "look"});
    let sent = pair.ada.ok("file.send", params);

    assert_eq!(sent["left_out"], 1, "the link");
    let text = |field: &str| sent[field].as_str().unwrap().to_owned();
    let (message, file) = (text("message_id"), text("file_id"));
    let offer = arrived(&mut pair.ben, &message);
    assert_eq!(
        (
            &offer["name"],
            &offer["folder"]["files"],
            &offer["extension"]
        ),
        (&json!("Trip"), &json!(2), &json!(""))
    );
    assert_eq!(offer["size"], size + 5);
    let deadline = Instant::now() + PATIENCE;
    let asked = json!({"message_id": message});
    let contents = loop {
        match pair.ben.call("file.contents", asked.clone()) {
            Ok(contents) => break contents,
            Err(error) => assert_eq!(error["data"]["kind"], "not_found"),
        }
        assert!(Instant::now() < deadline, "it is little");
        pair.ben.wait_event(Duration::from_millis(50));
    };
    let entries = [
        json!({"path": "deep", "size": null}),
        json!({"path": "deep/er", "size": null}),
        json!({"path": "deep/er/film.mkv", "size": size}),
        json!({"path": "empty", "size": null}),
        json!({"path": "read me.txt", "size": 5}),
    ];
    assert_eq!(contents, json!({"count": 5, "entries": entries}));
    let part = json!({"message_id": message, "from": 3, "limit": 1});
    let part = pair.ben.ok("file.contents", part);
    assert_eq!(part, json!({"count": 5, "entries": entries[3..4]}));
    let row = pair.ben.ok("message.get", asked.clone());
    assert_eq!(row["file"]["state"], "offered", "it is large");

    let to = dir.path().join("saved");
    let wanted = json!({"message_id": message, "path": to});
    pair.ben.ok("file.fetch", wanted);
    assert_eq!(transfer(&mut pair.ben, &file, "saved")["path"], json!(to));
    is_folder(&to, size);
    transfer(&mut pair.ada, &file, "given");
    let again = json!({"message_id": message, "path": dir.path()});
    let again = pair.ben.ok("file.fetch", again);
    assert_eq!(again["path"], json!(dir.path().join("Trip (2)")));
    is_folder(&dir.path().join("Trip (2)"), size);

    let gone = json!({"message_id": message, "for": "all"});
    pair.ada.ok("message.delete", gone);
    let deadline = Instant::now() + PATIENCE;
    while held(a.path()) + held(b.path()) > 0 {
        assert!(Instant::now() < deadline, "both parts of it go");
        pair.ben.wait_event(Duration::from_millis(50));
    }
    assert_eq!(pair.ben.refused("file.contents", asked), "invalid");
}

#[test]
fn a_folder_goes_on_after_kills_can_be_stopped_and_small_ones_come_by_themselves() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    slow_down(a.path(), 2 * 1024);
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let small = folder(dir.path(), "Small", 100_000);
    let (_, file) = send(&mut ada, &chat, &small);
    transfer(&mut ben, &file, "here");
    let size = 10 << 20;
    let large = folder(dir.path(), "Large", size);
    let (message, file) = send(&mut ada, &chat, &large);
    arrived(&mut ben, &message);
    let to = dir.path().join("saved");
    let wanted = json!({"message_id": message, "path": to});
    ben.ok("file.fetch", wanted.clone());
    let at = ada.address();
    let listen = at.split("/p2p/").next().unwrap().to_owned();

    wait_for(&mut ben, &message, 1 << 20);
    ben.ok("file.cancel", json!({"file_id": file}));
    transfer(&mut ben, &file, "cancelled");
    assert_eq!(have(&mut ben, &message), 0);
    assert!(held(b.path()) < 1 << 20);
    ben.ok("file.fetch", wanted);
    wait_for(&mut ben, &message, 4 << 20);
    ben = again(&mut ben, b.path(), "/ip4/127.0.0.1/tcp/0", &[&at]);
    assert!(have(&mut ben, &message) >= 2 << 20, "it was kept");
    wait_for(&mut ben, &message, 6 << 20);
    let _ada = again(&mut ada, a.path(), &listen, &[]);

    assert_eq!(transfer(&mut ben, &file, "saved")["path"], json!(to));
    is_folder(&to, size);
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "nothing half is left: {left:?}");
}

#[test]
fn the_command_line_sends_and_gets_folders() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let Pair { ada, mut ben, .. } = Pair::befriend(a.path(), b.path());
    assert_eq!(ada.stop(), 0);
    let at = ben.address();
    let path = folder(dir.path(), "Trip", 100_000);

    let sent = run(
        a.path(),
        &["--dial", &at, "send", path.to_str().unwrap(), "--to", "Ben"],
    );

    assert_eq!(String::from_utf8_lossy(&sent.stdout), "delivered\n");
    let told = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert!(told.contains("1 things in the folder are links"), "{told}");
    let offer = ben.event(json!({"type": "message", "kind": "file"}));
    let message = offer["message_id"].as_str().unwrap().to_owned();
    assert_eq!(ben.stop(), 0);
    let listed = run(b.path(), &["log"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let shown = "[folder Trip, 2 files, 100.0 kB, here]";
    assert!(listed.contains(shown), "{listed}");
    let out = dir.path().join("got");
    let got = run(b.path(), &["get", &message, "--out", out.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&got.stdout).into_owned();
    assert_eq!(said, format!("{}\n", out.display()));
    is_folder(&out, 100_000);
}
