//! Profiles of real processes, what the disk takes beside them, and figures as they are printed.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark may"
)]

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Where profiles lie: `BENCH_DIR`, or the target folder.
pub fn base() -> PathBuf {
    std::env::var_os("BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from)
}

pub fn home(base: &Path) -> TempDir {
    tempfile::tempdir_in(base).unwrap()
}

/// A file beside the profiles.
pub struct Beside {
    file: File,
    _home: TempDir,
}

impl Beside {
    pub fn new(base: &Path) -> Self {
        let home = home(base);
        let file = File::create(home.path().join("beside")).unwrap();
        Self { file, _home: home }
    }

    /// What it takes to write 4 KiB and sync them.
    pub fn sync(&mut self) -> Duration {
        let start = Instant::now();
        self.file.write_all(&[7; 4096]).unwrap();
        self.file.sync_data().unwrap();
        start.elapsed()
    }
}

pub fn percentiles(what: &str, times: &[Duration]) {
    let mut times = times.to_vec();
    let (p50, p99) = (at(&mut times, 50), at(&mut times, 99));
    println!("{what:<44} p50 {p50:>7.3} ms  p99 {p99:>7.3} ms");
}

/// A percentile, in milliseconds.
pub fn at(times: &mut [Duration], part: usize) -> f64 {
    times.sort();
    times[(times.len() - 1) * part / 100].as_secs_f64() * 1000.0
}

pub fn rate(what: &str, count: usize, took: Duration) {
    let rate = count as f64 / took.as_secs_f64();
    println!("{what:<44} {rate:>8.0} messages/s");
}
