//! Whether somebody is there: the desktop says when it locks or sleeps.

use zbus::{
    MatchRule,
    blocking::{Connection, MessageIterator, Proxy},
    message::Type,
    zvariant::OwnedObjectPath,
};

use super::{Heard, Teller};

/// Tells when the screen locks.
pub(super) fn follow_screen(connection: zbus::Result<Connection>, teller: &Teller) {
    if let Err(error) = connection.and_then(|connection| try_follow_screen(&connection, teller)) {
        tracing::info!(%error, "the desktop does not say when its screen locks");
    }
}

/// Tells when the machine sleeps, or the session is locked by another way than its screen.
pub(super) fn follow_machine(connection: zbus::Result<Connection>, teller: &Teller) {
    if let Err(error) = connection.and_then(|connection| try_follow_machine(&connection, teller)) {
        tracing::info!(%error, "the system does not say when it sleeps");
    }
}

/// Desktops say it by one of these interfaces, at places of their own.
fn try_follow_screen(connection: &Connection, teller: &Teller) -> zbus::Result<()> {
    let mut signals = Vec::new();
    for interface in SCREENS {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(interface)?
            .member("ActiveChanged")?
            .build();
        signals.push(MessageIterator::for_match_rule(rule, connection, Some(8))?);
    }
    for signals in signals {
        let teller = teller.clone();
        std::thread::spawn(move || {
            for signal in signals {
                let Ok(signal) = signal else { return };
                if signal.body().deserialize::<bool>().unwrap_or(false) {
                    teller.tell(Heard::Away);
                }
            }
        });
    }
    Ok(())
}

fn try_follow_machine(connection: &Connection, teller: &Teller) -> zbus::Result<()> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIN)?
        .build();
    let signals = MessageIterator::for_match_rule(rule, connection, Some(8))?;
    let manager = Proxy::new(connection, LOGIN, "/org/freedesktop/login1", MANAGER)?;
    // Others may have sessions on this machine too. Without one of its own the program is in nobody's.
    let own: Option<OwnedObjectPath> = manager.call("GetSession", &"auto").ok();
    for signal in signals {
        let signal = signal?;
        let header = signal.header();
        let (interface, member) = (header.interface(), header.member());
        let sleeps = interface.is_some_and(|interface| interface == MANAGER)
            && member.is_some_and(|member| member == "PrepareForSleep")
            && signal.body().deserialize::<bool>().unwrap_or(false);
        let locks = interface.is_some_and(|interface| interface == SESSION)
            && member.is_some_and(|member| member == "Lock")
            && own.as_deref() == header.path();
        if sleeps || locks {
            teller.tell(Heard::Away);
        }
    }
    Ok(())
}

const SCREENS: [&str; 2] = ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"];
const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use egui::Context;

    use super::*;
    use crate::gui::desktop::{Desktop, bus::Bus, desktop};

    /// How often somebody went, once so many signals of another kind have come through.
    fn heard(near: &Desktop) -> usize {
        let mut count = 0;
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(10));
            count += std::iter::from_fn(|| near.hear())
                .filter(|heard| *heard == Heard::Away)
                .count();
        }
        count
    }

    #[test]
    fn a_screen_that_locks_is_heard_and_one_that_unlocks_is_not() {
        let Some(bus) = Bus::start() else { return };
        let (near, far) = desktop();
        follow_screen(Ok(bus.connect()), &far.teller(&Context::default()));
        let shell = bus.connect();
        let say = |interface: &str, member: &str, active: bool| {
            let to: Option<&str> = None;
            shell
                .emit_signal(to, "/ScreenSaver", interface, member, &active)
                .unwrap();
        };

        say("org.freedesktop.ScreenSaver", "ActiveChanged", false);
        say("org.freedesktop.ScreenSaver", "Other", true);
        say("org.example.ScreenSaver", "ActiveChanged", true);
        assert_eq!(heard(&near), 0);
        say("org.freedesktop.ScreenSaver", "ActiveChanged", true);
        say("org.gnome.ScreenSaver", "ActiveChanged", true);

        assert_eq!(heard(&near), 2);
    }

    #[test]
    fn a_machine_that_sleeps_and_a_session_that_is_locked_are_heard() {
        let Some(bus) = Bus::start() else { return };
        let (near, far) = desktop();
        let login = bus.connect();
        let calls = MessageIterator::from(&login);
        login.request_name(LOGIN).unwrap();
        let answerer = login.clone();
        std::thread::spawn(move || {
            for call in calls {
                let Ok(call) = call else { return };
                let header = call.header();
                if header.member().is_some_and(|member| member == "GetSession") {
                    let own = OwnedObjectPath::try_from("/org/freedesktop/login1/session/own");
                    answerer.reply(&header, &own.unwrap()).unwrap();
                }
            }
        });
        let teller = far.teller(&Context::default());
        let connection = bus.connect();
        std::thread::spawn(move || follow_machine(Ok(connection), &teller));
        assert_eq!(heard(&near), 0);
        let to: Option<&str> = None;
        let manager = "/org/freedesktop/login1";
        let session = |name: &str| {
            let path = format!("/org/freedesktop/login1/session/{name}");
            login.emit_signal(to, path, SESSION, "Lock", &()).unwrap();
        };

        login
            .emit_signal(to, manager, MANAGER, "PrepareForSleep", &false)
            .unwrap();
        session("other");
        assert_eq!(heard(&near), 0);
        login
            .emit_signal(to, manager, MANAGER, "PrepareForSleep", &true)
            .unwrap();
        session("own");

        assert_eq!(heard(&near), 2);
    }
}
