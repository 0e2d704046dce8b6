//! Killed with SIGKILL at any instant, on either side (rows 1 and 42).

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    chance, length,
    peer::{AS_FAST_AS_ANSWERED, Person, agree, pair},
    process::{Node, betwixt},
};

#[test]
fn whoever_is_killed_at_any_instant_loses_and_doubles_nothing() {
    let cycles = length("BETWIXT_CAMPAIGN_KILLS", 6);
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    let mut chance = chance::seed();
    let (mut opening, mut slowest) = (0, Duration::ZERO);
    let begun = Instant::now();
    for cycle in 0..cycles {
        let (victim, other) = if chance.below(2) == 0 {
            (&mut a, &mut b)
        } else {
            (&mut b, &mut a)
        };
        run(victim, other);
        run(other, victim);
        // Half of them count from when it answers, half from its start, and of these half come soon.
        let mut within = 800;
        if chance.below(2) == 0 {
            victim.kill();
            let command = victim.command(other);
            victim.start(command, AS_FAST_AS_ANSWERED);
            within = [800, 200][usize::try_from(chance.below(2)).unwrap()];
        }
        std::thread::sleep(Duration::from_millis(chance.below(within)));
        let ready = *victim.life.as_ref().unwrap().ready.lock().unwrap();
        opening += u32::from(!ready);
        let code = victim.kill();
        assert_eq!(code, None, "cycle {cycle}: {}", victim.errors());
        run(victim, other);
        victim
            .check(other)
            .unwrap_or_else(|why| panic!("cycle {cycle}: {why}"));
        if cycle % 100 == 99 {
            println!("{} cycles in {:?}", cycle + 1, begun.elapsed());
        }
    }
    a.kill();
    b.kill();
    let total = agree(&mut a, &mut b, Person::command);
    for person in [&a, &b] {
        let ledger = person.ledger.lock().unwrap();
        slowest = slowest.max(ledger.starts.iter().copied().max().unwrap());
        assert_eq!(ledger.refused, [""; 0]);
        assert_eq!(ledger.warnings, [""; 0], "{}", person.name);
        assert!(!person.errors().contains("panicked"), "{}", person.errors());
    }
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    let answered =
        a.ledger.lock().unwrap().answered.len() + b.ledger.lock().unwrap().answered.len();
    println!(
        "kills: {cycles} ({opening} while it opened), {answered} answered, {total} in both histories, \
         0 lost, 0 doubled, slowest start {slowest:?}"
    );
    assert!(answered > 0);
}

#[test]
fn a_first_start_that_is_killed_is_gone_on_with_and_changes_nobody() {
    let starts = length("BETWIXT_CAMPAIGN_FIRST", 4);
    let mut chance = chance::seed();
    let mut ready = 0;
    for start in 0..starts {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("profile");
        let begin = || {
            let mut command = betwixt(&profile);
            command.args(["--listen", "/ip4/127.0.0.1/tcp/0", "rpc"]);
            command
        };
        let mut child = begin()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(chance.below(300)));
        child.kill().unwrap();
        let said = child.wait_with_output().unwrap().stdout;

        let mut node = Node::of(&mut begin());
        if let Ok(line) = serde_json::from_slice::<Value>(&said) {
            assert_eq!(line["params"]["person_id"], node.person(), "start {start}");
            ready += 1;
        }
        node.ok("profile.set", json!({"name": "Ada"}));
        let warning = node.events().find(|event| event["type"] == "warning");
        assert_eq!(warning, None, "start {start}");
    }
    println!("first starts: {starts} killed, {ready} of them had answered, 0 unopenable, 0 others");
}

/// Has it run, and answer.
fn run(one: &mut Person, other: &Person) {
    if one.life.is_none() {
        let command = one.command(other);
        one.start(command, AS_FAST_AS_ANSWERED);
    }
    assert!(one.wait_until_ready(), "{}", one.errors());
}
