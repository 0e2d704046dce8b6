use super::{
    campaign::{Campaign, run_all},
    draw::{Plan, draw},
    host::CrashAt,
    invariants::Rule,
    play::play,
    schedule::{Act, Schedule, Step},
    shrink::shrink,
};

fn faults() -> Plan {
    Plan {
        faults: true,
        ..Plan::default()
    }
}

/// How many seeds are tried if the environment does not say it; `.ci/run` does, and takes more.
const FEW: u64 = 10;

#[test]
fn whatever_goes_wrong_all_rules_hold() {
    let schedules = std::env::var("BETWIXT_SIM_SCHEDULES");
    let schedules = schedules.map_or(FEW, |text| text.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let campaign = Campaign {
        seeds: 0..schedules,
        plan: faults(),
        threads,
    };

    let summary = run_all(&campaign, &|_| ());

    if let Some(outcome) = summary.violated {
        let (seed, violation) = (outcome.seed, outcome.violation);
        panic!("betwixt sim --faults --seed {seed}: {violation:?}");
    }
    assert_eq!(summary.runs, schedules);
    assert!(summary.said > 10 * schedules, "{} said", summary.said);
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_another() {
    let hash = |seed| play(&draw(seed, &faults()), false).hash;

    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_schedule_is_the_same_after_it_was_a_file() {
    for seed in 0..20 {
        let schedule = draw(seed, &faults());

        assert_eq!(Schedule::from_toml(&schedule.to_toml()), Ok(schedule));
    }
}

#[test]
fn a_disk_that_forgets_what_was_answered_is_found_and_the_schedule_made_small() {
    let mut schedule = draw(3, &Plan::default());
    let step = |act| Step { after_ms: 10, act };
    schedule.steps.truncate(8);
    schedule.steps.push(step(Act::Copy { who: 1 }));
    schedule.steps.push(step(Act::Crash {
        who: 2,
        nth: 0,
        at: CrashAt::AfterCommit,
        ms: 10,
    }));
    schedule.steps.push(step(Act::Say { who: 1, group: 0 }));
    schedule.steps.push(step(Act::Forget { who: 1 }));

    let violation = play(&schedule, false).violation.unwrap();
    let (small, _) = shrink(&schedule, violation.rule, 40);

    assert_eq!(violation.rule, Rule::Answered, "{violation}");
    let acts: Vec<Act> = small.steps.into_iter().map(|step| step.act).collect();
    let needed = [
        Act::Copy { who: 1 },
        Act::Say { who: 1, group: 0 },
        Act::Forget { who: 1 },
    ];
    assert_eq!(acts, needed);
}

/// Small schedules in which something waited for ever or for too long, until the engine was mended.
#[test]
fn schedules_that_broke_a_rule_once_hold() {
    let found = [
        include_str!("tests/found/invited-after-somebody-left.toml"),
        include_str!("tests/found/two-epochs-for-who-came-back.toml"),
        include_str!("tests/found/secret-lost-by-a-crash.toml"),
    ];
    for text in found {
        let schedule = Schedule::from_toml(text).unwrap();

        let outcome = play(&schedule, false);

        assert!(outcome.violation.is_none(), "{:?}", outcome.violation);
    }
}
