use std::{
    sync::mpsc::{SyncSender, sync_channel},
    time::Duration,
};

use egui::Context;
use zbus::{
    blocking::{Connection, MessageIterator, Proxy},
    names::MemberName,
    zvariant::{OwnedValue, Value},
};

use super::*;
use crate::gui::desktop::{Desktop, bus::Bus, desktop};

#[test]
fn the_icon_says_what_is_unread_and_its_menu_does_what_it_says() {
    let Some(bus) = Bus::of_process("tray::tests::the_icon_says") else {
        return;
    };
    let (_watcher, registered) = watcher(&bus);
    let (near, wishes) = shown(&bus);
    assert_eq!(hear(&near), Some(Heard::TrayShown(true)));
    let service: String = registered.recv_timeout(PATIENCE).unwrap();
    let host = bus.connect();
    let item = Proxy::new(&host, service.clone(), ITEM, KIND).unwrap();
    // What a proxy was told once it tells again.
    let properties = "org.freedesktop.DBus.Properties";
    let properties = Proxy::new(&host, service.clone(), ITEM, properties).unwrap();
    let title = || -> String {
        let title: OwnedValue = properties.call("Get", &(KIND, "Title")).unwrap();
        title.try_into().unwrap()
    };
    assert_eq!(title(), "Betwixt");

    let unread = Tray {
        unread: 3,
        quiet: true,
    };
    wishes.send(unread).unwrap();
    for _ in 0..100 {
        if title() != "Betwixt" {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(title(), "(3) Betwixt");
    item.call::<_, _, ()>("Activate", &(0i32, 0i32)).unwrap();
    assert_eq!(hear(&near), Some(Heard::Knocked(None)));

    let menu = Proxy::new(&host, service, "/MenuBar", "com.canonical.dbusmenu").unwrap();
    let rows = rows(&menu);
    let labels: Vec<&str> = rows.iter().map(|(_, label, _)| &**label).collect();
    assert_eq!(labels, ["Open Betwixt", "Do not disturb", "", "Quit"]);
    assert_eq!(rows[1].2, 1, "it is quiet");
    for (at, heard) in [
        (0, Heard::Knocked(None)),
        (1, Heard::Quiet),
        (3, Heard::Quit),
    ] {
        let data = Value::from(0i32);
        let event = (rows[at].0, "clicked", data, 0u32);
        menu.call::<_, _, ()>("Event", &event).unwrap();
        assert_eq!(hear(&near), Some(heard));
    }
}

#[test]
fn without_a_tray_it_is_said_so_and_one_that_comes_later_is_taken() {
    let Some(bus) = Bus::of_process("tray::tests::without_a_tray") else {
        return;
    };
    let (near, _wishes) = shown(&bus);
    while let Some(heard) = hear(&near) {
        assert_eq!(heard, Heard::TrayShown(false));
    }

    let (watcher, registered) = watcher(&bus);
    assert_eq!(hear(&near), Some(Heard::TrayShown(true)));
    assert!(registered.recv_timeout(PATIENCE).is_ok());
    watcher.release_name(WATCHER).unwrap();

    assert_eq!(hear(&near), Some(Heard::TrayShown(false)));
}

#[test]
fn the_dot_is_drawn_over_the_icon_only() {
    let (plain, dotted) = (icon(false).unwrap(), icon(true).unwrap());

    assert_eq!(plain.data.len(), 32 * 32 * 4);
    let both = plain.data.chunks(4).zip(dotted.data.chunks(4));
    let changed: Vec<_> = both.filter(|(before, after)| before != after).collect();
    assert!(changed.len() > 150 && changed.len() < 220);
    assert!(
        changed
            .iter()
            .all(|(_, after)| *after == [255, 224, 49, 49])
    );
}

const KIND: &str = "org.kde.StatusNotifierItem";
const ITEM: &str = "/StatusNotifierItem";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const PATIENCE: Duration = Duration::from_secs(10);

/// An icon on the bus of this process.
fn shown(_: &Bus) -> (Desktop, SyncSender<Tray>) {
    let (near, far) = desktop();
    let teller = far.teller(&Context::default());
    let (wishes, wished) = sync_channel(4);
    std::thread::spawn(move || show(&wished, &teller));
    (near, wishes)
}

fn hear(near: &Desktop) -> Option<Heard> {
    for _ in 0..100 {
        if let Some(heard) = near.hear() {
            return Some(heard);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

type Layout = (
    i32,
    std::collections::HashMap<String, OwnedValue>,
    Vec<OwnedValue>,
);

/// Of each row its number, its words, and whether it is marked.
fn rows(menu: &Proxy<'_>) -> Vec<(i32, String, i32)> {
    let all: Vec<&str> = Vec::new();
    let (_, (_, _, rows)): (u32, Layout) = menu.call("GetLayout", &(0i32, -1i32, all)).unwrap();
    let row = |row: OwnedValue| {
        let (number, mut of, _) = Layout::try_from(row).unwrap();
        let label = of.remove("label").map(|label| label.try_into().unwrap());
        let marked = of
            .remove("toggle-state")
            .map(|mark| mark.try_into().unwrap());
        (
            number,
            label.unwrap_or_default(),
            marked.unwrap_or_default(),
        )
    };
    rows.into_iter().map(row).collect()
}

/// A made-up tray, and the icons that come.
fn watcher(bus: &Bus) -> (Connection, Receiver<String>) {
    let watcher = bus.connect();
    let calls = MessageIterator::from(&watcher);
    watcher.request_name(WATCHER).unwrap();
    let (came, coming) = sync_channel(4);
    let answerer = watcher.clone();
    std::thread::spawn(move || {
        for call in calls {
            let Ok(call) = call else { return };
            let header = call.header();
            match header.member().map(MemberName::as_str) {
                Some("RegisterStatusNotifierItem") => {
                    answerer.reply(&header, &()).unwrap();
                    let _ = came.send(call.body().deserialize().unwrap());
                }
                Some("Get") => answerer.reply(&header, &Value::from(true)).unwrap(),
                _ => {}
            }
        }
    });
    (watcher, coming)
}
