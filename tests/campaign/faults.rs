//! A disk that fails once, at each of the first operations of a life (row 4).

use std::time::{Duration, Instant};

use crate::{
    length,
    peer::{AS_FAST_AS_ANSWERED, Person, SILENT, Talk, agree, pair},
    preload,
};

/// How long the fault is waited for.
const LIFE: Duration = Duration::from_secs(8);

/// How long a life goes on after it, if it can.
const AFTER: Duration = Duration::from_millis(300);

#[test]
fn nothing_is_answered_that_a_failing_disk_did_not_take() {
    let Some(disk) = preload::disk() else { return };
    let last = 500;
    let step = last / length("BETWIXT_CAMPAIGN_FAULTS", 2).clamp(1, last);
    // Where a run that was stopped goes on.
    let from = length("BETWIXT_CAMPAIGN_FAULTS_FROM", 0);
    let (mut lives, mut met, mut ended, mut said, mut total) = (0, 0, 0, 0, 0);
    let numbers: Vec<u32> = (from..last).step_by(step.try_into().unwrap()).collect();
    // What is compared after each life is all that two have said; so there are new people now and then.
    for numbers in numbers.chunks(10) {
        let folder = tempfile::tempdir().unwrap();
        let [mut a, mut b] = pair(folder.path());
        for (number, error) in numbers
            .iter()
            .flat_map(|number| [(number, "EIO"), (number, "ENOSPC")])
        {
            // Whoever sends, and whoever receives.
            let (victim, other) = if lives % 2 == 0 {
                (&mut a, &mut b)
            } else {
                (&mut b, &mut a)
            };
            lives += 1;
            victim.kill();
            if other.life.is_none() {
                let command = other.command(victim);
                other.start(command, AS_FAST_AS_ANSWERED);
                assert!(other.wait_until_ready(), "{}", other.errors());
            }
            let mut command = victim.command(other);
            command
                .env("LD_PRELOAD", &disk)
                .env("DISK_DIR", &victim.profile)
                .env("DISK_FAIL", number.to_string())
                .env("DISK_ERROR", error);
            let before = victim.errors().len();
            victim.start(
                command,
                Talk {
                    most: u32::MAX,
                    pause: Duration::ZERO,
                },
            );
            let mut until = Instant::now() + LIFE;
            let mut is_met = false;
            while Instant::now() < until {
                if victim
                    .life
                    .as_mut()
                    .unwrap()
                    .child
                    .try_wait()
                    .unwrap()
                    .is_some()
                {
                    break;
                }
                if !is_met && victim.errors()[before..].contains("disk: ") {
                    is_met = true;
                    until = Instant::now() + AFTER;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let code = victim.kill();
            let errors = victim.errors().split_off(before);
            met += u32::from(errors.contains("disk: "));
            if let Some(code) = code {
                ended += 1;
                let sentences = errors.lines().filter(|line| line.starts_with("betwixt: "));
                let sentences: Vec<&str> = sentences.collect();
                let one = matches!(sentences[..], [sentence] if sentence.len() > 20);
                assert!(
                    code == 1 && one,
                    "{number} {error}: exit code {code}, {errors}"
                );
                said += 1;
            }

            let command = victim.command(other);
            victim.start(command, SILENT);
            assert!(
                victim.wait_until_ready(),
                "{number} {error}: {}",
                victim.errors()
            );
            victim
                .check(other)
                .unwrap_or_else(|why| panic!("{number} {error}: {why}\n{errors}"));
            // The other tries at once what it could not do yet.
            victim.kill();
            for person in [&a, &b] {
                let warnings = std::mem::take(&mut person.ledger.lock().unwrap().warnings);
                let odd = warnings.iter().find(|text| !text.contains("disk"));
                assert_eq!(odd, None, "{number} {error}");
            }
        }
        a.kill();
        b.kill();
        total += agree(&mut a, &mut b, Person::command);
        println!(
            "faults: operations {:?} are done",
            numbers.first()..=numbers.last()
        );
    }
    println!(
        "faults: {lives} lives, {met} met the fault, {ended} ended by it, {said} with one sentence, \
         {total} in both histories, 0 answered lost"
    );
    assert!(met > lives / 2, "lives are too short");
}
