//! How fast files go: two real processes over loopback, sealed, verified and on disk.
//!
//!     cargo bench --no-default-features --bench files
//!
//! Beside it, in the same run: raw TCP, a copy with `cp`, and `scp` where there is an `sshd` (`SSHD=/path`).
//! `FILES_MIB` sets the size, 1024 when not given; `BENCH_DIR` another file system.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::indexing_slicing, clippy::cast_precision_loss)]

mod proc;
#[path = "../tests/process/mod.rs"]
mod process;

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use proc::{cpu, memory};
use process::{Node, Pair};
use serde_json::{Value, json};

fn main() {
    let mib: u64 = std::env::var("FILES_MIB").map_or(1024, |mib| mib.parse().unwrap());
    let base = base();
    let work = home(&base);
    let source = work.path().join("source.bin");
    make(&source, mib);
    let bytes = mib << 20;
    println!("a file of {mib} MiB over loopback               MB/s   CPU s/GB");
    tcp(bytes);
    scp(&base, &source, bytes);
    ours(&base, work.path(), &source, bytes);
}

/// Where everything lies: `BENCH_DIR`, or the target folder.
fn base() -> PathBuf {
    std::env::var_os("BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from)
}

fn home(base: &Path) -> tempfile::TempDir {
    tempfile::tempdir_in(base).unwrap()
}

fn line(what: &str, bytes: u64, time: Duration, cpu: Option<Duration>) {
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    let cpu = cpu.map_or_else(String::new, |cpu| {
        format!("{:10.2}", cpu.as_secs_f64() * 1e9 / bytes as f64)
    });
    println!("{what:<44} {rate:8.0} {cpu}");
}

/// Bytes that do not repeat, and are in the page cache afterwards.
fn make(path: &Path, mib: u64) {
    let mut file = File::create(path).unwrap();
    let mut bytes = vec![0; 1 << 20];
    let mut reader = blake3::Hasher::new().finalize_xof();
    for _ in 0..mib {
        reader.fill(&mut bytes);
        file.write_all(&bytes).unwrap();
    }
    file.sync_all().unwrap();
}

/// What the kernel carries, neither sealed nor kept.
fn tcp(bytes: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let (start, before) = (Instant::now(), cpu(std::process::id()));
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        let piece = vec![1; 256 * 1024];
        let mut left = bytes;
        while left > 0 {
            stream.write_all(&piece).unwrap();
            left = left.saturating_sub(piece.len() as u64);
        }
    });
    let (mut stream, _) = listener.accept().unwrap();
    let mut buffer = vec![0; 256 * 1024];
    while stream.read(&mut buffer).unwrap() > 0 {}
    sender.join().unwrap();
    let used = cpu(std::process::id()).saturating_sub(before);
    line("raw TCP", bytes, start.elapsed(), Some(used));
}

/// `scp` to an `sshd` of our own.
fn scp(base: &Path, source: &Path, bytes: u64) {
    let sshd = std::env::var_os("SSHD").map_or_else(|| "/usr/sbin/sshd".into(), PathBuf::from);
    if !sshd.exists() {
        println!("scp: not run, there is no {}", sshd.display());
        return;
    }
    let dir = home(base);
    let key = dir.path().join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    fs::copy(dir.path().join("key.pub"), dir.path().join("authorized")).unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/key\nAuthorizedKeysFile {0}/authorized\n\
         StrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\nPermitRootLogin yes\n{1}",
        dir.path().display(),
        std::env::var("SSHD_CONFIG").unwrap_or_default(),
    );
    fs::write(dir.path().join("config"), config).unwrap();
    let mut server = Command::new(&sshd)
        .args(["-D", "-f"])
        .arg(dir.path().join("config"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let before = children();
    let start = Instant::now();
    let copied = Command::new("scp")
        .args([
            "-q",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ])
        .args(["-o", "LogLevel=ERROR", "-P", &port.to_string(), "-i"])
        .arg(&key)
        .arg(source)
        .arg(format!("127.0.0.1:{}/copy", dir.path().display()))
        .status()
        .unwrap();
    let time = start.elapsed();
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&server),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    server.wait().unwrap();
    if copied.success() {
        let used = children().saturating_sub(before);
        line("scp, not synced", bytes, time, Some(used));
    } else {
        println!("scp: did not work");
    }
}

/// What children that have ended have used of the processors.
fn children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

fn ours(base: &Path, work: &Path, source: &Path, bytes: u64) {
    let homes = [home(base), home(base)];
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(homes[0].path(), homes[1].path());
    let quiet = texts(&mut ada, &mut ben, &chat, 200);
    let pids = [ada.child.id(), ben.child.id()];
    let memory_before = pids.map(|pid| memory(pid, "VmRSS"));
    let used = || pids.map(cpu);

    let (start, before) = (Instant::now(), used());
    let sent = ada.ok("file.send", json!({"chat_id": chat, "path": source}));
    let sealing = start.elapsed();
    let file = sent["file_id"].clone();
    line(
        "sealed and synced",
        bytes,
        sealing,
        Some(used()[0].saturating_sub(before[0])),
    );
    ben.event(json!({"type": "message", "message_id": sent["message_id"]}));

    let (start, before) = (Instant::now(), used());
    ben.ok("file.fetch", json!({"message_id": sent["message_id"]}));
    ben.event(json!({"type": "transfer", "file_id": file, "state": "here"}));
    let fetching = start.elapsed();
    let after = used();
    let each = [0, 1].map(|at| after[at].saturating_sub(before[at]));
    line(
        "fetched, verified, on disk and synced",
        bytes,
        fetching,
        Some(each[0] + each[1]),
    );
    line("  of which who gives", bytes, fetching, Some(each[0]));
    line("  of which who fetches", bytes, fetching, Some(each[1]));
    let grown = [0, 1].map(|at| memory(pids[at], "VmHWM") - memory_before[at]);
    println!(
        "  memory grew by at most {:.0} and {:.0} MiB",
        grown[0], grown[1]
    );

    let (start, before) = (Instant::now(), used());
    let to = work.join("saved");
    ben.ok(
        "file.fetch",
        json!({"message_id": sent["message_id"], "path": to}),
    );
    let saving = start.elapsed();
    line(
        "opened, saved and synced",
        bytes,
        saving,
        Some(used()[1].saturating_sub(before[1])),
    );
    line("from file.send to fetched", bytes, sealing + fetching, None);
    let same = Command::new("cmp").arg(source).arg(&to).status().unwrap();
    assert!(same.success());

    // Once more, with texts meanwhile.
    ada.ok(
        "message.delete",
        json!({"message_id": sent["message_id"], "for": "all"}),
    );
    let sent = ada.ok("file.send", json!({"chat_id": chat, "path": source}));
    ben.event(json!({"type": "message", "message_id": sent["message_id"]}));
    ben.ok("file.fetch", json!({"message_id": sent["message_id"]}));
    ben.event(json!({"type": "transfer", "file_id": sent["file_id"], "state": "fetching"}));
    let busy = texts(&mut ada, &mut ben, &chat, 30);
    let was_busy = ben.ok("message.get", json!({"message_id": sent["message_id"]}));
    ben.event(json!({"type": "transfer", "file_id": sent["file_id"], "state": "here"}));
    println!(
        "a text, median: {:.1} ms; while a file goes ({}): {:.1} ms",
        quiet.as_secs_f64() * 1e3,
        was_busy["file"]["state"].as_str().unwrap(),
        busy.as_secs_f64() * 1e3
    );
}

/// The median time of a text, from saying it to seeing it.
fn texts(ada: &mut Node, ben: &mut Node, chat: &str, count: usize) -> Duration {
    let mut times: Vec<Duration> = (0..count)
        .map(|n| {
            let text = format!("text {n} of {count}");
            let start = Instant::now();
            let params: Value = json!({"chat_id": chat, "text": text});
            ada.ask("message.send", params);
            ben.event(json!({"type": "message", "text": text}));
            let time = start.elapsed();
            std::thread::sleep(Duration::from_millis(20));
            time
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
