//! Bad links, sleep, pulled cables, other addresses, on a LAN of namespaces (rows 9 and 11).

use std::{
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    hosts::{Lan, quiet},
    length,
    peer::{Person, SILENT, Talk, agree, delays},
};

/// Two contacts, each on a host of its own, whose programs do not run.
pub fn on_lan(lan: &Lan, folder: &std::path::Path) -> [Person; 2] {
    let profiles = ["ada", "ben"].map(|name| folder.join(name));
    let mut ada = lan.start(1, &profiles[0], "Ada");
    let mut ben = lan.start(2, &profiles[1], "Ben");
    let (a, b) = (ada.person(), ben.person());
    for (one, other) in [(&mut ada, &b), (&mut ben, &a)] {
        one.event(json!({"type": "nearby", "person_id": other, "present": true}));
    }
    ben.ok("contact.add", json!({"person_id": a}));
    let chat = crate::process::befriended(&mut ada, &mut ben);
    assert_eq!((ada.stop(), ben.stop()), (0, 0));
    let [a, b] = profiles;
    [
        Person::new("a", a, &chat, "1".into()),
        Person::new("b", b, &chat, "2".into()),
    ]
}

/// The command that starts somebody on their host, the number of which is their address.
pub fn on_host(prefix: &str, person: &Person) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &format!("{prefix}{}", person.address)]);
    command.arg(env!("CARGO_BIN_EXE_betwixt"));
    command.arg("--profile").arg(&person.profile);
    if let Ok(filter) = std::env::var("TEST_LOG") {
        command.args(["--log", &filter]);
    }
    command.arg("rpc");
    command
}

/// Has a tool of iproute2 do something on a host.
pub fn on(prefix: &str, host: u32, arguments: &[&str]) {
    let done = quiet(
        Command::new("ip")
            .args(["-n", &format!("{prefix}{host}")])
            .args(arguments),
    );
    assert!(done, "{arguments:?}");
}

/// Waits until the other was shown everything that was answered.
pub fn wait_until_shown(one: &Person, other: &Person, patience: Duration) -> Duration {
    let begun = Instant::now();
    loop {
        let waits = {
            let answered = one.ledger.lock().unwrap();
            let shown = other.ledger.lock().unwrap();
            let mut all = answered.answered.iter();
            all.any(|(_, number)| !shown.shown.contains_key(number))
        };
        if !waits {
            return begun.elapsed();
        }
        assert!(
            begun.elapsed() < patience,
            "not everything is delivered: {} {}",
            one.errors(),
            other.errors()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn everything_is_delivered_whatever_part_of_the_packets_is_lost() {
    let messages = length("BETWIXT_CAMPAIGN_LOSS", 30);
    let prefix = "bxl";
    let Some(lan) = Lan::up(prefix, 2) else {
        return;
    };
    for percent in [0, 10, 20, 30] {
        let folder = tempfile::tempdir().unwrap();
        let [mut a, mut b] = on_lan(&lan, folder.path());
        for person in [&mut a, &mut b] {
            person.start(on_host(prefix, person), SILENT);
            assert!(person.wait_until_ready(), "{}", person.errors());
        }
        std::thread::sleep(Duration::from_secs(2));
        a.kill();
        if !lan.lose(percent) {
            return;
        }
        let pause = Duration::from_millis(50);
        a.start(
            on_host(prefix, &a),
            Talk {
                most: messages,
                pause,
            },
        );
        assert!(a.wait_until_ready(), "{}", a.errors());
        let patience = Duration::from_secs(120 + u64::from(messages));
        let until = Instant::now() + patience;
        while a.ledger.lock().unwrap().answered.len() < messages as usize {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(20));
        }
        wait_until_shown(&a, &b, patience);
        let connected = delays(&a, &b);
        let all = connected.len();
        let p = |percent: usize| connected[(connected.len() - 1) * percent / 100];
        println!(
            "loss: {percent} %: {all} of {messages} delivered, p50 {:?}, p99 {:?}, most {:?}",
            p(50),
            p(99),
            p(100)
        );
        lan.mend();
        let total = agree(&mut a, &mut b, |person, _| on_host(prefix, person));
        assert_eq!(total, messages as usize);
    }
}

#[test]
fn after_sleep_a_pulled_cable_or_another_address_all_goes_on_soon() {
    let rounds = length("BETWIXT_CAMPAIGN_PULLS", 1);
    // A connection ends after 15 s of silence.
    let away = Duration::from_secs(length("BETWIXT_CAMPAIGN_AWAY_S", 2).into());
    let prefix = "bxp";
    let Some(lan) = Lan::up(prefix, 2) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = on_lan(&lan, folder.path());
    for person in [&mut a, &mut b] {
        let pause = Duration::from_millis(100);
        person.start(
            on_host(prefix, person),
            Talk {
                most: u32::MAX,
                pause,
            },
        );
        assert!(person.wait_until_ready(), "{}", person.errors());
    }
    wait_until_shown(&a, &b, Duration::from_secs(30));
    let mut slowest: [Duration; 4] = Default::default();
    for round in 0..rounds {
        for (what, slowest) in slowest.iter_mut().enumerate() {
            let pid = Pid::from_child(&a.life.as_ref().unwrap().child);
            match what {
                0 => {
                    kill_process(pid, Signal::STOP).unwrap();
                    std::thread::sleep(away);
                    kill_process(pid, Signal::CONT).unwrap();
                }
                1 => {
                    on(prefix, 1, &["link", "set", "eth0", "down"]);
                    std::thread::sleep(away);
                    on(prefix, 1, &["link", "set", "eth0", "up"]);
                    // A link that goes down loses its IPv6 addresses.
                    let six = ["addr", "add", "fd77::1/64", "dev", "eth0", "nodad"];
                    on(prefix, 1, &six);
                }
                2 => {
                    on(prefix, 1, &["addr", "flush", "dev", "eth0"]);
                    let n = 100 + round;
                    let four = format!("10.77.0.{n}/24");
                    let six = format!("fd77::{n}/64");
                    on(prefix, 1, &["addr", "add", &four, "dev", "eth0"]);
                    on(prefix, 1, &["addr", "add", &six, "dev", "eth0", "nodad"]);
                }
                _ => {
                    on(prefix, 1, &["addr", "flush", "dev", "eth0"]);
                    std::thread::sleep(away);
                    on(prefix, 1, &["addr", "add", "10.77.0.1/24", "dev", "eth0"]);
                    let six = ["addr", "add", "fd77::1/64", "dev", "eth0", "nodad"];
                    on(prefix, 1, &six);
                }
            }
            let begun = Instant::now();
            for (one, other) in [(&a, &b), (&b, &a)] {
                wait_until_said_now(one, other, begun);
            }
            println!("pull {what}: {:?}", begun.elapsed());
            *slowest = (*slowest).max(begun.elapsed());
        }
    }
    let [sleep, cable, renumbered, absent] = slowest;
    println!(
        "pulls: {rounds} of each, away {away:?}: all goes on after at most {sleep:?} (sleep), {cable:?} \
         (cable), {renumbered:?} (another address), {absent:?} (no address meanwhile)"
    );
    assert!(slowest.iter().all(|time| *time < PATIENT), "{slowest:?}");
    a.kill();
    b.kill();
    agree(&mut a, &mut b, |person, _| on_host(prefix, person));
}

/// The aim is 10 s; docs/reliability.md says what it takes on a machine with much else to do.
const PATIENT: Duration = Duration::from_secs(20);

/// Waits until something arrives that was answered after this instant, and everything before it.
fn wait_until_said_now(one: &Person, other: &Person, begun: Instant) {
    let newest = one.ledger.lock().unwrap().attempts;
    let until = begun + Duration::from_mins(1);
    loop {
        let (mut newest_there, mut oldest_not) = (0, 0);
        let there = {
            let answered = one.ledger.lock().unwrap();
            let shown = other.ledger.lock().unwrap();
            newest_there = shown
                .shown
                .keys()
                .next_back()
                .copied()
                .unwrap_or(newest_there);
            let mut not = answered.answered.iter().map(|(_, n)| *n);
            oldest_not = not
                .find(|n| !shown.shown.contains_key(n))
                .unwrap_or(oldest_not);
            let mut before = answered.answered.iter().filter(|(_, n)| *n <= newest);
            before.all(|(_, n)| shown.shown.contains_key(n))
                && shown
                    .shown
                    .keys()
                    .next_back()
                    .is_some_and(|last| *last > newest)
        };
        if there {
            return;
        }
        assert!(
            Instant::now() < until,
            "it does not go on from {}: {newest} were said, {newest_there} is the newest there, \
             {oldest_not} the first not: {}\n{}",
            one.name,
            one.errors(),
            other.errors()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
