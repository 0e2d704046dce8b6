//! `betwixt` alone: the window.

use super::failure::Failure;
use crate::config::Config;

#[cfg(not(feature = "gui"))]
pub(super) fn run(_: &Config) -> Result<(), Failure> {
    Err(Failure::usage(
        "This Betwixt was built without its window. `betwixt --help` says what it can do.",
    ))
}

#[cfg(feature = "gui")]
pub(super) fn run(_: &Config) -> Result<(), Failure> {
    Err(Failure::usage("This version has no window yet."))
}

/// Whether there is something to open a window on.
#[cfg(feature = "gui")]
pub(super) fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(unix)) || cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
