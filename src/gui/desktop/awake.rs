//! Keeps the computer from falling asleep by itself while something is to be done, by the desktop's portal.

use std::{collections::HashMap, sync::mpsc::Receiver};

use zbus::{
    blocking::{Connection, Proxy},
    zvariant::{OwnedObjectPath, Value},
};

use crate::gui::strings::tr;

/// Does what is wished, the newest of it, until nobody wishes any more.
pub(super) fn follow(connection: zbus::Result<Connection>, wishes: &Receiver<bool>) {
    let mut held: Option<OwnedObjectPath> = None;
    let mut is_told = false;
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => {
            tracing::info!(%error, "there is no desktop to keep the computer awake");
            return;
        }
    };
    while let Ok(mut awake) = wishes.recv() {
        while let Ok(newer) = wishes.try_recv() {
            awake = newer;
        }
        match (awake, held.take()) {
            (true, None) => match hold(&connection) {
                Ok(request) => held = Some(request),
                Err(error) => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::info!(%error, "the desktop does not keep the computer awake");
                    }
                }
            },
            (true, request) => held = request,
            (false, Some(request)) => {
                if let Err(error) = release(&connection, &request) {
                    tracing::debug!(%error, "the desktop does not let the computer sleep again");
                }
            }
            (false, None) => {}
        }
    }
}

fn hold(connection: &Connection) -> zbus::Result<OwnedObjectPath> {
    let portal = Proxy::new(connection, PORTAL, PATH, INHIBIT)?;
    let options = HashMap::from([("reason", Value::from(tr("awake-reason")))]);
    portal.call("Inhibit", &("", SUSPEND, options))
}

fn release(connection: &Connection, request: &OwnedObjectPath) -> zbus::Result<()> {
    let request = Proxy::new(connection, PORTAL, request.as_str(), REQUEST)?;
    request.call("Close", &())
}

/// Only that it falls asleep; the screen may go dark.
const SUSPEND: u32 = 4;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const INHIBIT: &str = "org.freedesktop.portal.Inhibit";
const REQUEST: &str = "org.freedesktop.portal.Request";

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{SyncSender, sync_channel},
        time::Duration,
    };

    use super::*;
    use crate::gui::desktop::bus::Bus;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A made-up portal that tells what it is asked.
    fn portal(bus: &Bus, told: SyncSender<String>) {
        bus.serve(PORTAL, move |portal, member, call| match member {
            "Inhibit" => {
                let (_, what, _): (String, u32, HashMap<String, Value<'_>>) =
                    call.body().deserialize().unwrap();
                let handle = OwnedObjectPath::try_from("/awake/1").unwrap();
                portal.reply(&call.header(), &handle).unwrap();
                told.send(format!("inhibit {what}")).unwrap();
            }
            "Close" => {
                let path = call.header().path().unwrap().to_string();
                portal.reply(&call.header(), &()).unwrap();
                told.send(format!("close {path}")).unwrap();
            }
            _ => {}
        });
    }

    #[test]
    fn it_is_held_once_and_let_go_again() {
        let Some(bus) = Bus::start() else { return };
        let (tell, told) = sync_channel(64);
        portal(&bus, tell);
        let (wishes, wished) = sync_channel(8);
        let connection = bus.connect();
        let follows = std::thread::spawn(move || follow(Ok(connection), &wished));
        let heard = || told.recv_timeout(PATIENCE).unwrap();

        wishes.send(true).unwrap();
        assert_eq!(heard(), "inhibit 4");
        wishes.send(true).unwrap();
        wishes.send(false).unwrap();
        assert_eq!(heard(), "close /awake/1");
        wishes.send(true).unwrap();
        assert_eq!(heard(), "inhibit 4");
        drop(wishes);

        follows.join().unwrap();
    }

    #[test]
    fn where_there_is_no_portal_it_goes_on_without() {
        let Some(bus) = Bus::start() else { return };
        let (wishes, wished) = sync_channel(8);
        let connection = bus.connect();
        let follows = std::thread::spawn(move || follow(Ok(connection), &wished));

        for awake in [true, false, true] {
            wishes.send(awake).unwrap();
        }
        drop(wishes);

        follows.join().unwrap();
    }
}
