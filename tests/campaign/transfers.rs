//! Files under way: either side is killed, a cable is pulled, an address changes, many want the same.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    chance,
    hosts::Lan,
    length,
    links::on,
    process::{
        Node, PATIENCE, befriended,
        files::{arrived, content, have, info, saved, send, slow_down, transfer, wait_for},
    },
};

/// Two contacts on a LAN. The first gives files at a limited rate, so that there is time to do something to them.
struct Two {
    lan: Lan,
    folder: tempfile::TempDir,
    ada: Node,
    ben: Node,
    chat: String,
}

impl Two {
    fn up(prefix: &'static str, kib_s: u64) -> Option<Self> {
        let lan = Lan::up(prefix, 2)?;
        let folder = tempfile::tempdir().unwrap();
        slow_down(&folder.path().join("Ada"), kib_s);
        let mut ada = lan.start(1, &folder.path().join("Ada"), "Ada");
        let mut ben = lan.start(2, &folder.path().join("Ben"), "Ben");
        let chat = met(&mut ada, &mut ben);
        Some(Self {
            lan,
            folder,
            ada,
            ben,
            chat,
        })
    }

    /// Ada sends a file, and Ben wants it saved: its message, and where to.
    fn begin(&mut self, name: &str, bytes: &[u8]) -> (String, PathBuf) {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (message, _) = send(&mut self.ada, &self.chat, &path);
        fs::remove_file(path).unwrap();
        arrived(&mut self.ben, &message);
        let to = self.folder.path().join(format!("saved {name}"));
        let wanted = json!({"message_id": message, "path": to});
        self.ben.ok("file.fetch", wanted);
        (message, to)
    }

    /// Kills one of them, and starts them again.
    fn kill(&mut self, which: usize) {
        let name = ["Ada", "Ben"][which];
        let node = [&mut self.ada, &mut self.ben].into_iter().nth(which);
        let node = node.unwrap();
        node.child.kill().unwrap();
        node.child.wait().unwrap();
        *node = self
            .lan
            .start(which + 1, &self.folder.path().join(name), name);
    }

    /// Waits until more than so much has come.
    fn wait_for_more(&mut self, message: &str, than: u64) -> Duration {
        let begun = Instant::now();
        wait_for(&mut self.ben, message, than + 1);
        begun.elapsed()
    }

    fn wait_until_saved(&mut self, message: &str, to: &Path) {
        let deadline = Instant::now() + 5 * PATIENCE;
        while !to.exists() {
            let info = info(&mut self.ben, message);
            assert!(Instant::now() < deadline, "{info}");
            self.ben.wait_event(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_file_goes_on_from_where_it_was_whoever_is_killed() {
    let kills = length("BETWIXT_CAMPAIGN_TRANSFERS", 2);
    let mib = u64::from(length("BETWIXT_CAMPAIGN_TRANSFER_MIB", 12));
    let size = mib << 20;
    // So that one takes some seconds.
    let Some(mut two) = Two::up("bxk", (mib << 10) / 4) else {
        return;
    };
    let mut chance = chance::seed();
    let (mut done, mut transfers) = (0, 0);
    let (mut lost, mut twice) = (Vec::new(), Vec::new());
    while done < kills {
        let bytes = content(transfers, usize::try_from(size).unwrap());
        let begun = sent_from(&two.lan, 1);
        let (message, to) = two.begin(&format!("{transfers}.bin"), &bytes);
        let mut points: Vec<u64> = (0..KILLS_OF_ONE.min(kills - done))
            .map(|_| chance.below(size * 95 / 100))
            .collect();
        points.sort_unstable();
        for point in &points {
            wait_for(&mut two.ben, &message, *point);
            std::thread::sleep(Duration::from_millis(chance.below(20)));
            let before = have(&mut two.ben, &message);
            if before >= size {
                continue;
            }
            // Each side in turn.
            two.kill(done as usize % 2);
            done += 1;
            let after = have(&mut two.ben, &message);
            let missing = before.saturating_sub(after);
            assert!(missing <= size / 100, "{after} of {before} are left");
            lost.push(missing);
        }
        two.wait_until_saved(&message, &to);
        assert!(fs::read(&to).unwrap() == bytes, "byte for byte");
        fs::remove_file(&to).unwrap();
        let over = sent_from(&two.lan, 1).saturating_sub(begun + size);
        twice.push(over);
        // What is under way when somebody is killed, and what it takes to find each other again.
        let may = size / 50 + points.len() as u64 * (size / 100 + UNDER_WAY);
        assert!(over <= may, "{over} bytes more than {size} were sent");
        transfers += 1;
    }
    lost.sort_unstable();
    twice.sort_unstable();
    println!(
        "transfers: {done} kills in {transfers} transfers of {mib} MiB, each byte for byte: of what was there at \
         most {} kB came again (median {}), and at most {} kB more than the file crossed the cable (median {})",
        lost.last().unwrap_or(&0) / 1000,
        lost.get(lost.len() / 2).unwrap_or(&0) / 1000,
        twice.last().unwrap_or(&0) / 1000,
        twice.get(twice.len() / 2).unwrap_or(&0) / 1000,
    );
    assert!(done >= kills);
}

#[test]
fn a_file_goes_on_by_itself_after_a_pulled_cable_and_other_addresses() {
    let rounds = length("BETWIXT_CAMPAIGN_PULLS", 1);
    let away = Duration::from_secs(length("BETWIXT_CAMPAIGN_AWAY_S", 2).into());
    let prefix = "bxo";
    let Some(mut two) = Two::up(prefix, 2 << 10) else {
        return;
    };
    let size = 12 << 20;
    let mut slowest: [Duration; 3] = Default::default();
    for round in 0..rounds {
        let bytes = content(u64::from(round), size);
        let begun = sent_from(&two.lan, 1);
        let (message, to) = two.begin(&format!("{round}.bin"), &bytes);
        for (what, slowest) in slowest.iter_mut().enumerate() {
            let point = (size as u64) * [20, 45, 70][what] / 100;
            wait_for(&mut two.ben, &message, point);
            match what {
                0 => {
                    on(prefix, 1, &["link", "set", "eth0", "down"]);
                    std::thread::sleep(away);
                    on(prefix, 1, &["link", "set", "eth0", "up"]);
                    // A link that goes down loses its IPv6 addresses.
                    let six = ["addr", "add", "fd77::1/64", "dev", "eth0", "nodad"];
                    on(prefix, 1, &six);
                }
                host => {
                    let host = u32::try_from(host).unwrap();
                    on(prefix, host, &["addr", "flush", "dev", "eth0"]);
                    let n = 100 + round * 2 + host;
                    let (four, six) = (format!("10.77.0.{n}/24"), format!("fd77::{n}/64"));
                    on(prefix, host, &["addr", "add", &four, "dev", "eth0"]);
                    on(prefix, host, &["addr", "add", &six, "dev", "eth0", "nodad"]);
                }
            }
            let before = have(&mut two.ben, &message);
            assert!(before >= point && before < size as u64, "{before}");
            let gone_on = two.wait_for_more(&message, before);
            println!("transfer {what}: {gone_on:?}");
            *slowest = (*slowest).max(gone_on);
        }
        two.wait_until_saved(&message, &to);
        assert!(fs::read(&to).unwrap() == bytes, "byte for byte");
        let over = sent_from(&two.lan, 1).saturating_sub(begun + size as u64);
        let may = size as u64 / 50 + 3 * UNDER_WAY;
        assert!(over <= may, "{over} bytes more than {size} were sent");
    }
    let [cable, giver, taker] = slowest;
    println!(
        "transfers: {rounds} of 12 MiB, away {away:?}: bytes come again after at most {cable:?} (cable), {giver:?} \
         (another address of who gives), {taker:?} (of who takes), without a click, from where it was"
    );
    assert!(slowest.iter().all(|time| *time < PATIENT), "{slowest:?}");
}

#[test]
fn a_file_in_a_group_crosses_its_senders_cable_about_once() {
    let members = usize::try_from(length("BETWIXT_CAMPAIGN_MEMBERS", 4)).unwrap();
    let mib = u64::from(length("BETWIXT_CAMPAIGN_TRANSFER_MIB", 16));
    let Some(lan) = Lan::up("bxm", members + 1) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let profile = |n: usize| folder.path().join(n.to_string());
    slow_down(&profile(1), 4 << 10);
    let mut ada = lan.start(1, &profile(1), "Ada");
    let mut others: Vec<Node> = (2..=members + 1)
        .map(|n| {
            let mut other = lan.start(n, &profile(n), &format!("Person {n}"));
            met(&mut ada, &mut other);
            other
        })
        .collect();
    let people: Vec<String> = others.iter().map(Node::person).collect();
    let params = json!({"name": "Herons", "members": people});
    let chat = ada.ok("chat.create", params)["chat_id"].clone();
    let chat = chat.as_str().unwrap();
    for other in &mut others {
        other.event(json!({"type": "chat", "chat_id": chat, "what": "created"}));
    }
    let size = mib << 20;
    let bytes = content(1, usize::try_from(size).unwrap());
    let path = folder.path().join("film.mkv");
    fs::write(&path, &bytes).unwrap();
    let before = sent_from(&lan, 1);
    let (message, file) = send(&mut ada, chat, &path);
    for other in &mut others {
        arrived(other, &message);
    }
    let began = Instant::now();
    for other in &mut others {
        other.ok("file.fetch", json!({"message_id": message}));
    }

    for other in &mut others {
        transfer(other, &file, "here");
    }

    let (took, sent) = (began.elapsed(), sent_from(&lan, 1) - before);
    for (n, other) in others.iter_mut().enumerate() {
        let to = folder.path().join(format!("saved {n}"));
        assert!(saved(other, &message, &to) == bytes, "byte for byte");
    }
    println!(
        "transfers: {mib} MiB to {members} members in {took:?}; {} kB left the cable of who sent it, {}.{:02} times \
         the file",
        sent / 1000,
        sent / size,
        sent % size * 100 / size
    );
    // Who waits for processors asks the sender for what another would have had. Without sharing it is four times.
    let most = if std::env::var_os("BETWIXT_CAMPAIGN_MEMBERS").is_some() {
        size * 2
    } else {
        size * 3
    };
    assert!(sent <= most, "{sent} bytes of {size} were sent");
}

/// Has two who are on one network become contacts; their chat.
fn met(one: &mut Node, other: &mut Node) -> String {
    let (a, b) = (one.person(), other.person());
    one.event(json!({"type": "nearby", "person_id": b, "present": true}));
    other.event(json!({"type": "nearby", "person_id": a, "present": true}));
    other.ok("contact.add", json!({"person_id": a}));
    befriended(one, other)
}

/// How many bytes a host has sent, of whatever.
fn sent_from(lan: &Lan, host: usize) -> u64 {
    let counted = std::process::Command::new("ip")
        .args(["netns", "exec", &format!("{}{host}", lan.prefix)])
        .args(["cat", "/sys/class/net/eth0/statistics/tx_bytes"])
        .output()
        .unwrap();
    let counted = String::from_utf8(counted.stdout).unwrap();
    counted.trim().parse().unwrap()
}

/// Kills while one file comes.
const KILLS_OF_ONE: u32 = 3;

/// What may be on its way when a connection ends, and what it takes to connect again.
const UNDER_WAY: u64 = 2 << 20;

/// When a transfer goes on, on a machine with much else to do.
const PATIENT: Duration = Duration::from_secs(30);
