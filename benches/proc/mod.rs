//! What the kernel counts of a process.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::{fs::read_to_string, time::Duration};

/// A line of `/proc/PID/status`, in MiB.
pub fn memory(pid: u32, field: &str) -> f64 {
    let status = read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}

/// What a process has used of the processors.
pub fn cpu(pid: u32) -> Duration {
    let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let second = rustix::param::clock_ticks_per_second();
    Duration::from_millis(ticks * 1000 / second)
}

/// How many TCP connections a process has.
pub fn connections(pid: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let sockets: Vec<String> = links.map(|link| link.display().to_string()).collect();
    let table = read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let rows = table.lines().skip(1);
    let rows = rows.map(|row| row.split_whitespace().collect::<Vec<&str>>());
    let established = rows.filter(|row| row[3] == "01");
    established
        .filter(|row| sockets.contains(&format!("socket:[{}]", row[9])))
        .count()
}

/// Has all threads of a process wait for those of others.
pub fn step_back(pid: u32) {
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let thread = thread.unwrap().file_name().into_string().unwrap();
        let thread = rustix::process::Pid::from_raw(thread.parse().unwrap());
        rustix::process::setpriority_process(thread, 19).unwrap();
    }
}
