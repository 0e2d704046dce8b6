//! `betwixt sim`

use std::{fmt::Write as _, fs, path::Path, time::Instant};

use super::{args::SimArguments, failure::Failure, print};
use crate::sim::{Campaign, Outcome, Plan, Schedule, Summary, draw, play, run_all, shrink};

/// Runs schedules in a simulated world, and fails if one of them breaks a rule.
pub(super) fn run(arguments: &SimArguments) -> Result<(), Failure> {
    if let Some(file) = &arguments.scenario {
        let text = fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("{} cannot be read: {error}.", file.display()))
        })?;
        let schedule = Schedule::from_toml(&text)
            .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        return one(&schedule, arguments, &file.display().to_string());
    }
    let plan = plan(arguments)?;
    if arguments.runs == 1 {
        let schedule = draw(arguments.seed, &plan);
        return one(&schedule, arguments, &format!("seed {}", arguments.seed));
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let end = arguments.seed.saturating_add(arguments.runs);
    let campaign = Campaign {
        seeds: arguments.seed..end,
        plan: plan.clone(),
        threads: arguments.jobs.unwrap_or(threads),
    };
    let began = Instant::now();
    let told = |outcome: &Outcome| {
        if arguments.verbose {
            print::line(&line(outcome));
        }
    };
    let summary = run_all(&campaign, &told);
    print::line(&summed_up(&summary, began));
    match &summary.violated {
        None => Ok(()),
        Some(outcome) => Err(violated(&draw(outcome.seed, &plan), outcome, arguments)),
    }
}

fn plan(arguments: &SimArguments) -> Result<Plan, Failure> {
    if arguments.peers.is_some_and(|peers| peers < 2) {
        return Err(Failure::usage("A simulated world has 2 people or more."));
    }
    Ok(Plan {
        peers: arguments.peers,
        chats: arguments.chats,
        hours: arguments.hours,
        acts: arguments.acts,
        loss: arguments.loss,
        partition: arguments.partition,
        churn: arguments.churn,
        crash: arguments.crash,
        relays: arguments.relays,
        faults: arguments.faults,
    })
}

/// One schedule, with all that it cost.
fn one(schedule: &Schedule, arguments: &SimArguments, name: &str) -> Result<(), Failure> {
    let (began, before) = (Instant::now(), peak());
    let outcome = play(schedule, true);
    let memory = peak().saturating_sub(before);
    let hosts = u64::try_from(schedule.peers.max(1)).unwrap_or(1);
    print::line(&format!("{name}: {}", line(&outcome)));
    print::line(&costs(&outcome));
    print::line(&format!(
        "{:.1} s of real time, {} MiB of memory, {} KiB for each host with its disk",
        began.elapsed().as_secs_f64(),
        memory >> 20,
        (memory / hosts) >> 10
    ));
    match &outcome.violation {
        None => Ok(()),
        Some(_) => Err(violated(schedule, &outcome, arguments)),
    }
}

fn line(outcome: &Outcome) -> String {
    let hash = outcome.hash.get(..16).unwrap_or("none");
    let end = match &outcome.violation {
        None => "all rules hold".to_owned(),
        Some(violation) => format!("VIOLATED {violation}"),
    };
    format!(
        "seed {}, {} steps, {} said, trace {hash}: {end}",
        outcome.seed, outcome.steps, outcome.said
    )
}

fn summed_up(summary: &Summary, began: Instant) -> String {
    let seconds = began.elapsed().as_secs_f64();
    let runs = u32::try_from(summary.runs).map_or(f64::INFINITY, f64::from);
    format!(
        "{} schedules, {} steps, {} messages said, {:.1} s, {:.1} schedules/s",
        summary.runs,
        summary.steps,
        summary.said,
        seconds,
        runs / seconds
    )
}

/// A table of what each host cost: the middle one and the greatest.
fn costs(outcome: &Outcome) -> String {
    let report = &outcome.report;
    let rows: [(&str, (u64, u64)); 8] = [
        ("chats", report.spread(|it| it.chats)),
        ("messages in / h", hourly(outcome, |it| it.messages_in)),
        ("messages out / h", hourly(outcome, |it| it.messages_out)),
        ("bytes in / h", hourly(outcome, |it| it.bytes_in)),
        ("bytes out / h", hourly(outcome, |it| it.bytes_out)),
        ("processor, us / h", hourly(outcome, |it| it.cpu_ns / 1000)),
        ("records on disk", report.spread(|it| it.records)),
        ("bytes on disk", report.spread(|it| it.disk_bytes)),
    ];
    let mut table = format!("{:<18} {:>12} {:>12}", "each host", "median", "most");
    for (name, (middle, most)) in rows {
        let _ = write!(table, "\n{name:<18} {middle:>12} {most:>12}");
    }
    let _ = write!(table, "\nrelays keep {} bytes", report.relay_bytes);
    table
}

fn hourly(outcome: &Outcome, of: impl Fn(&crate::sim::HostReport) -> u64) -> (u64, u64) {
    let (middle, most) = outcome.report.spread(of);
    (outcome.report.hourly(middle), outcome.report.hourly(most))
}

/// Says what is violated, makes the schedule smaller, and writes it down.
fn violated(schedule: &Schedule, outcome: &Outcome, arguments: &SimArguments) -> Failure {
    let Some(violation) = &outcome.violation else {
        return Failure::new("Nothing is violated.");
    };
    print::line(&format!("seed {}: {violation}", outcome.seed));
    let (small, tries) = shrink(schedule, violation.rule, arguments.tries);
    let file = arguments
        .out
        .clone()
        .unwrap_or_else(|| format!("sim-seed-{}.toml", outcome.seed).into());
    print::line(&format!(
        "{} of {} steps do it ({tries} schedules tried):\n{}",
        small.steps.len(),
        schedule.steps.len(),
        small.to_toml()
    ));
    match write(&file, &small) {
        Ok(()) => Failure::new(format!(
            "{violation}. Run it again: betwixt sim --scenario {}",
            file.display()
        )),
        Err(failure) => failure,
    }
}

fn write(file: &Path, schedule: &Schedule) -> Result<(), Failure> {
    fs::write(file, schedule.to_toml())
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}.", file.display())))
}

/// The most memory that this process had, in bytes; 0 where the system does not tell.
fn peak() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
