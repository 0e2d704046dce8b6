//! Libraries in C that are preloaded into the program.

use std::{path::PathBuf, process::Command, sync::LazyLock};

/// The disk that remembers and fails; none where there is no C compiler.
pub fn disk() -> Option<PathBuf> {
    static BUILT: LazyLock<Option<Built>> = LazyLock::new(|| build("disk/disk.c"));
    BUILT.as_ref().map(|built| built.library.clone())
}

/// The clock that is wrong.
pub fn clock() -> Option<PathBuf> {
    static BUILT: LazyLock<Option<Built>> = LazyLock::new(|| build("campaign/clock.c"));
    BUILT.as_ref().map(|built| built.library.clone())
}

struct Built {
    library: PathBuf,
    _dir: tempfile::TempDir,
}

fn build(source: &str) -> Option<Built> {
    let dir = tempfile::tempdir().unwrap();
    let library = dir.path().join("preloaded.so");
    let built = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(format!("{}/tests/{source}", env!("CARGO_MANIFEST_DIR")))
        .status();
    let Ok(status) = built else {
        eprintln!("NOT RUN: there is no cc, to make {source}");
        return None;
    };
    assert!(status.success(), "{source} does not compile");
    Some(Built { library, _dir: dir })
}
