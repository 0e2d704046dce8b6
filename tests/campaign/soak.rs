//! Some time on a LAN with everything at once (row 45): kills, pulled cables, other addresses, sleep, loss,
//! clocks that step.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    chance,
    hosts::Lan,
    length,
    links::{on, on_host, on_lan},
    peer::{Person, Talk, agree, delays},
    preload,
};

/// Memory in KiB, and open files.
fn size(person: &Person) -> Option<(u64, usize)> {
    let pid = person.life.as_ref()?.child.id();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let memory = line.trim().strip_suffix(" kB")?.parse().ok()?;
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some((memory, files))
}

#[test]
fn with_everything_at_once_nothing_is_lost_and_nothing_grows() {
    let seconds = length("BETWIXT_CAMPAIGN_SOAK_S", 8);
    let prefix = "bxs";
    let Some(lan) = Lan::up(prefix, 2) else {
        return;
    };
    let Some(clock) = preload::clock() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut people = on_lan(&lan, folder.path());
    let file = folder.path().join("clock");
    let pause = Duration::from_millis(50);
    let talk = Talk {
        most: u32::MAX,
        pause,
    };
    let mut chance = chance::seed();
    let begun = Instant::now();
    let lasts = Duration::from_secs(seconds.into());
    let mut did = [0; 6];
    // (life of whom, since its start, memory, files)
    let mut sizes: Vec<(usize, f64, u64, usize)> = Vec::new();
    let mut next = Instant::now();
    // Its last third is without kills, so that what grows shows.
    while begun.elapsed() < lasts {
        for person in &mut people {
            start(prefix, person, &clock, &file, talk);
        }
        std::thread::sleep(Duration::from_millis(200));
        for (who, person) in people.iter().enumerate() {
            if let (Some((memory, files)), true) = (size(person), begun.elapsed() > lasts / 2) {
                sizes.push((who, begun.elapsed().as_secs_f64(), memory, files));
            }
        }
        if Instant::now() < next {
            continue;
        }
        next = Instant::now() + Duration::from_millis(1_000 + chance.below(2_000));
        let who = usize::try_from(chance.below(2)).unwrap();
        let host = u32::try_from(who).unwrap() + 1;
        let kind = chance.below(6);
        did[usize::try_from(kind).unwrap()] += 1;
        let address = |n: u64| {
            on(prefix, host, &["addr", "flush", "dev", "eth0"]);
            let four = format!("10.77.0.{n}/24");
            on(prefix, host, &["addr", "add", &four, "dev", "eth0"]);
            let six = format!("fd77::{n}/64");
            on(prefix, host, &["addr", "add", &six, "dev", "eth0", "nodad"]);
        };
        match kind {
            0 if begun.elapsed() < lasts / 2 => {
                let (one, other) = people.split_at_mut(1);
                let (one, other) = (&mut one[0], &mut other[0]);
                let (victim, other) = if who == 0 { (one, other) } else { (other, one) };
                victim.kill();
                start(prefix, victim, &clock, &file, talk);
                assert!(victim.wait_until_ready(), "{}", victim.errors());
                victim.check(other).unwrap();
            }
            0 => did[0] -= 1,
            1 => {
                on(prefix, host, &["link", "set", "eth0", "down"]);
                std::thread::sleep(Duration::from_millis(chance.below(3_000)));
                on(prefix, host, &["link", "set", "eth0", "up"]);
                address(host.into());
            }
            2 => address(u64::from(host) + 2 * chance.below(100)),
            3 => {
                let life = people[who].life.as_ref().unwrap();
                let pid = Pid::from_child(&life.child);
                kill_process(pid, Signal::STOP).unwrap();
                std::thread::sleep(Duration::from_millis(chance.below(4_000)));
                kill_process(pid, Signal::CONT).unwrap();
            }
            4 => {
                lan.lose(u32::try_from(chance.below(4) * 10).unwrap());
            }
            _ => {
                // A clock that was once ahead stays so until the next start, and who is two days behind
                // another does not take what that one says (protocol §12).
                fs::write(&file, (chance.below(2) * 86_400).to_string()).unwrap();
            }
        }
    }
    lan.mend();
    let [mut a, mut b] = people;
    for (host, person) in [(1, &mut a), (2, &mut b)] {
        person.kill();
        on(prefix, host, &["link", "set", "eth0", "up"]);
    }
    let total = agree(&mut a, &mut b, |person, _| on_host(prefix, person));
    let [kills, pulls, addresses, sleeps, losses, clocks] = did;
    let answered = [&a, &b].map(|person| person.ledger.lock().unwrap().answered.len());
    println!(
        "soak: {seconds} s, {kills} kills, {pulls} pulled cables, {addresses} other addresses, \
         {sleeps} sleeps, {losses} changes of loss, {clocks} steps of the clock: {answered:?} answered, \
         {total} in both histories, 0 lost, 0 doubled"
    );
    for (who, person) in [(0, &a), (1, &b)] {
        assert!(!person.errors().contains("panicked"), "{}", person.errors());
        let own: Vec<_> = sizes.iter().filter(|(of, ..)| *of == who).collect();
        let memory: Vec<(f64, f64)> = own
            .iter()
            .map(|(_, at, m, _)| (*at, f64::from(u32::try_from(*m).unwrap())))
            .collect();
        let files: Vec<(f64, f64)> = own
            .iter()
            .map(|(_, at, _, f)| (*at, f64::from(u32::try_from(*f).unwrap())))
            .collect();
        let most = |values: &[(f64, f64)]| values.iter().fold(0.0_f64, |most, (_, v)| most.max(*v));
        println!(
            "soak: {}: memory at most {:.0} MiB, {:+.1} MiB an hour; open files at most {:.0}, {:+.1} an hour; {:?}",
            person.name,
            most(&memory) / 1024.0,
            slope(&memory) * 3600.0 / 1024.0,
            most(&files),
            slope(&files) * 3600.0,
            delays(
                if who == 0 { &a } else { &b },
                if who == 0 { &b } else { &a }
            )
            .len(),
        );
        assert!(most(&memory) < 400.0 * 1024.0);
        assert!(most(&files) < 128.0);
    }
}

fn start(prefix: &str, person: &mut Person, clock: &Path, file: &Path, talk: Talk) {
    if person.life.is_none() {
        let mut command = on_host(prefix, person);
        command.env("LD_PRELOAD", clock).env("CLOCK_FILE", file);
        person.start(command, talk);
        assert!(person.wait_until_ready(), "{}", person.errors());
    }
}

/// By least squares.
fn slope(values: &[(f64, f64)]) -> f64 {
    let Ok(n) = u32::try_from(values.len()) else {
        return 0.0;
    };
    let n = f64::from(n);
    let mean = |of: fn(&(f64, f64)) -> f64| values.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|v| v.0), mean(|v| v.1));
    let over: f64 = values.iter().map(|v| (v.0 - x) * (v.1 - y)).sum();
    let under: f64 = values.iter().map(|v| (v.0 - x).powi(2)).sum();
    over / under
}
