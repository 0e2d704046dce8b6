//! `betwixt` alone: the window.

use super::failure::Failure;
#[cfg(feature = "gui")]
use super::{
    demo,
    instance::{self, Network},
    process,
};
use crate::config::Config;
#[cfg(feature = "gui")]
use crate::{
    gui::{self, WindowSettings},
    node::{self, StartError},
    rpc,
};

#[cfg(not(feature = "gui"))]
pub(super) fn run(_: &Config, _: Option<String>) -> Result<(), Failure> {
    Err(Failure::usage(
        "This Betwixt was built without its window. `betwixt --help` says what it can do.",
    ))
}

#[cfg(feature = "gui")]
pub(super) fn run(config: &Config, link: Option<String>) -> Result<(), Failure> {
    // A desktop hands over whatever somebody clicked on.
    #[cfg(unix)]
    if link
        .as_deref()
        .is_some_and(|link| !gui::door::is_link(link))
    {
        return Err(Failure::usage(
            "That is no link that begins with betwixt://.",
        ));
    }
    if !has_display() {
        return Err(Failure::usage(
            "There is no display to open a window on. `betwixt rpc`, `betwixt send` and `betwixt \
             log` need none, and `betwixt demo --headless` shows what this is.",
        ));
    }
    if !is_first(config, link.as_deref())? {
        return Ok(());
    }
    let settings = instance::settings(config, Network::On)?;
    let held = config.clone();
    let window = WindowSettings {
        profile: config.profile.clone(),
        start: Box::new(move || {
            Box::pin(async move {
                let (handle, _) = node::start(settings).await?;
                instance::offer_socket(&held, &handle);
                Ok(handle)
            })
        }),
        clock: node::now,
        link,
        place: demo::place(),
    };
    gui::run(window).map_err(|error| Failure::new(error.to_string()))
}

/// Whether no other process holds the profile. If its window does, that comes to the front instead; a
/// node without a window has none to show.
#[cfg(feature = "gui")]
fn is_first(config: &Config, link: Option<&str>) -> Result<bool, Failure> {
    #[cfg(unix)]
    {
        let holder = async { Ok(rpc::socket::holder(&config.profile).await) };
        if let Some(pid) = process::block_on(holder)? {
            if gui::door::knock(&config.profile, link) {
                return Ok(false);
            }
            return Err(Failure::from(StartError::InUse {
                profile: config.profile.display().to_string(),
                pid: pid.to_string(),
            }));
        }
    }
    #[cfg(not(unix))]
    let _ = (config, link);
    Ok(true)
}

/// Whether there is something to open a window on.
#[cfg(feature = "gui")]
pub(super) fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(unix)) || cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
