//! Clocks that are wrong, and that step while the program runs (row 8).

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    peer::{Person, Talk, agree, pair},
    preload,
    process::betwixt,
};

const DAY: i64 = 86_400;

#[test]
fn whatever_the_clock_says_all_is_delivered_in_one_order() {
    let Some(clock) = preload::clock() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    let file = folder.path().join("clock");
    // The clock under test is the system's.
    #[expect(clippy::disallowed_methods)]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let turn = |person: &Person, other: &Person| {
        let mut command = person.command(other);
        command.env("LD_PRELOAD", &clock).env("CLOCK_FILE", &file);
        command
    };
    let pause = Duration::from_millis(20);
    let talk = Talk {
        most: u32::MAX,
        pause,
    };
    // At the start, and then while it runs.
    let steps: [&[i64]; 5] = [
        &[0, DAY, 0],
        &[0, -DAY, 0],
        &[0, -now, 0],
        &[0, -now - 1_000, -now, 1, 0],
        &[DAY, -DAY, DAY, 0],
    ];
    let mut count = 0;
    for life in steps {
        fs::write(&file, life[0].to_string()).unwrap();
        a.start(turn(&a, &b), talk);
        b.start(b.command(&a), talk);
        for person in [&mut a, &mut b] {
            assert!(person.wait_until_ready(), "{life:?}: {}", person.errors());
        }
        for shift in life {
            fs::write(&file, shift.to_string()).unwrap();
            count += 1;
            std::thread::sleep(Duration::from_millis(400));
        }
        std::thread::sleep(Duration::from_millis(400));
        for (one, other) in [(&a, &b), (&b, &a)] {
            let newest = one.ledger.lock().unwrap().attempts;
            assert!(newest > 0);
            wait_for(other, newest, life);
        }
        a.check(&b).unwrap_or_else(|why| panic!("{life:?}: {why}"));
        b.check(&a).unwrap_or_else(|why| panic!("{life:?}: {why}"));
        for one in [&a, &b] {
            assert!(
                !one.errors().contains("panicked"),
                "{life:?}: {}",
                one.errors()
            );
            let warnings = &one.ledger.lock().unwrap().warnings;
            assert_eq!(*warnings, [""; 0], "{life:?}");
        }
        a.kill();
        b.kill();
    }
    let total = agree(&mut a, &mut b, Person::command);
    println!(
        "clock: {count} steps in {} lives, {total} in both histories in one order",
        steps.len()
    );
}

#[test]
fn a_clock_before_1970_is_a_sentence_and_harms_nothing() {
    let Some(clock) = preload::clock() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [mut a, mut b] = pair(folder.path());
    let file = folder.path().join("clock");
    fs::write(&file, "-4000000000").unwrap();
    let out = betwixt(&a.profile)
        .arg("id")
        .env("LD_PRELOAD", &clock)
        .env("CLOCK_FILE", &file)
        .output()
        .unwrap();

    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(
        said.contains("before 1970") && said.lines().count() == 1,
        "{said}"
    );
    agree(&mut a, &mut b, Person::command);
    let warnings = &a.ledger.lock().unwrap().warnings;
    assert_eq!(*warnings, [""; 0]);
}

fn wait_for(person: &Person, number: u32, life: &[i64]) {
    let until = std::time::Instant::now() + Duration::from_mins(1);
    while !person.ledger.lock().unwrap().shown.contains_key(&number) {
        assert!(
            std::time::Instant::now() < until,
            "{life:?}: {number} does not come: {}",
            person.errors()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
