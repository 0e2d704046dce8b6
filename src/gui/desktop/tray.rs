//! The icon in the desktop's tray, by the `StatusNotifierItem` interface.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc::Receiver,
};

use ksni::{
    Icon, MenuItem, OfflineReason, ToolTip,
    blocking::TrayMethods as _,
    menu::{CheckmarkItem, StandardItem},
};

use super::{Heard, Teller, Tray};
use crate::gui::strings::{tr, tr_count};

/// Shows it, and what is wished for, until the window has closed.
pub(super) fn show(wishes: &Receiver<Tray>, teller: &Teller) {
    let shown = Arc::new(AtomicBool::new(true));
    let item = Item {
        state: Tray::default(),
        shown: shown.clone(),
        teller: teller.clone(),
    };
    // The desktop may still be starting, or start its tray later.
    let handle = match item.assume_sni_available(true).spawn() {
        Ok(handle) => handle,
        Err(error) => {
            tracing::info!(%error, "{NO_TRAY}");
            return;
        }
    };
    teller.tell(Heard::TrayShown(shown.load(Ordering::Relaxed)));
    while let Ok(state) = wishes.recv() {
        if handle.update(|item| item.state = state).is_none() {
            teller.tell(Heard::TrayShown(false));
            return;
        }
    }
    handle.shutdown().wait();
}

const NO_TRAY: &str = "the desktop has no tray: closing the window ends the program";

/// What the tray asks.
struct Item {
    state: Tray,
    /// Whether there is a tray.
    shown: Arc<AtomicBool>,
    teller: Teller,
}

impl Item {
    fn is_shown(&self, shown: bool) {
        self.shown.store(shown, Ordering::Relaxed);
        self.teller.tell(Heard::TrayShown(shown));
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "betwixt".into()
    }

    fn title(&self) -> String {
        match self.state.unread {
            0 => tr("alert-app"),
            unread => tr_count("window-title", unread.into()),
        }
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: tr("alert-app"),
            description: match self.state.unread {
                0 => String::new(),
                unread => tr_count("chats-unread", unread.into()),
            },
            ..ToolTip::default()
        }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        icon(self.state.unread > 0).into_iter().collect()
    }

    fn activate(&mut self, _: i32, _: i32) {
        self.teller.tell(Heard::Knocked(None));
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let item = |label: &str, heard: Heard| {
            MenuItem::Standard(StandardItem {
                label: tr(label),
                activate: Box::new(move |item: &mut Self| item.teller.tell(heard.clone())),
                ..StandardItem::default()
            })
        };
        vec![
            item("tray-open", Heard::Knocked(None)),
            MenuItem::Checkmark(CheckmarkItem {
                label: tr("settings-quiet"),
                checked: self.state.quiet,
                activate: Box::new(|item: &mut Self| item.teller.tell(Heard::Quiet)),
                ..CheckmarkItem::default()
            }),
            MenuItem::Separator,
            item("tray-quit", Heard::Quit),
        ]
    }

    fn watcher_online(&self) {
        self.is_shown(true);
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        tracing::info!(?reason, "{NO_TRAY}");
        self.is_shown(false);
        // It may come back.
        true
    }
}

/// The icon, with a dot while something is unread.
fn icon(dot: bool) -> Option<Icon> {
    let mut picture = image::load_from_memory(ICON).ok()?.to_rgba8();
    let (width, height) = picture.dimensions();
    for (x, y, pixel) in picture.enumerate_pixels_mut().filter(|_| dot) {
        let (across, down) = (x.abs_diff(width - RADIUS), y.abs_diff(RADIUS));
        if across * across + down * down < RADIUS * RADIUS {
            *pixel = image::Rgba(DOT);
        }
    }
    let argb = picture.pixels().flat_map(|pixel| {
        let [red, green, blue, alpha] = pixel.0;
        [alpha, red, green, blue]
    });
    Some(Icon {
        width: i32::try_from(width).ok()?,
        height: i32::try_from(height).ok()?,
        data: argb.collect(),
    })
}

const ICON: &[u8] = include_bytes!("../../../assets/icon/betwixt-32.png");

/// Of the dot, in pixels.
const RADIUS: u32 = 8;

/// Red, as badges are.
const DOT: [u8; 4] = [224, 49, 49, 255];

#[cfg(test)]
mod tests;
