//! Notifications, by the desktop's own server (Desktop Notifications Specification 1.2).

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, mpsc::Receiver},
};

use egui::mutex::Mutex;
use zbus::{
    MatchRule,
    blocking::{Connection, MessageIterator, Proxy},
    message::Type,
    names::MemberName,
    zvariant::Value,
};

use super::{Heard, Teller, Wish};
use crate::{
    gui::{alert::Note, sounds::Sounds, strings::tr},
    node::ChatId,
};

/// Shows what is asked for until the window has closed.
pub(super) fn show(wishes: &Receiver<Wish>, teller: &Teller, sounds: &Sounds) {
    let mut server = None;
    // How many wishes are let go before a server that was not there is looked for again.
    let mut skip = 0u32;
    let mut told = false;
    while let Ok(wish) = wishes.recv() {
        if server.is_none() && matches!(wish, Wish::Show(_)) {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            server = Connection::session()
                .and_then(|connection| Server::on(&connection, teller, sounds))
                .map_err(|error| {
                    skip = SKIPPED;
                    if !std::mem::replace(&mut told, true) {
                        tracing::info!(%error, "there is nobody to show notifications");
                    }
                })
                .ok();
        }
        let Some(connected) = &server else {
            continue;
        };
        if let Err(error) = connected.fulfil(&wish) {
            tracing::debug!(%error, "a notification was not shown");
            skip = SKIPPED;
            server = None;
        }
    }
    if let Some(server) = server {
        let _ = server.fulfil(&Wish::WithdrawAll);
    }
}

/// So many notifications go by before a missing server is asked again.
const SKIPPED: u32 = 20;

/// Which notification is of which chat.
type Shown = Arc<Mutex<BTreeMap<u32, ChatId>>>;

/// The desktop's server.
struct Server {
    proxy: Proxy<'static>,
    shown: Shown,
    can: Abilities,
    sounds: Sounds,
}

/// What a server can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Abilities {
    actions: bool,
    answers: bool,
    markup: bool,
}

impl Abilities {
    fn of(names: &[String]) -> Self {
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        Self {
            actions: has("actions"),
            answers: has("actions") && has("inline-reply"),
            markup: has("body-markup"),
        }
    }
}

impl Server {
    fn on(connection: &Connection, teller: &Teller, sounds: &Sounds) -> zbus::Result<Self> {
        let proxy = Proxy::new(connection, NAME, PATH, NAME)?;
        let abilities: Vec<String> = proxy.call("GetCapabilities", &())?;
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(NAME)?
            .interface(NAME)?
            .build();
        let signals = MessageIterator::for_match_rule(rule, connection, Some(64))?;
        let shown = Shown::default();
        let (of, teller) = (shown.clone(), teller.clone());
        std::thread::spawn(move || listen(signals, &of, &teller));
        Ok(Self {
            proxy,
            shown,
            can: Abilities::of(&abilities),
            sounds: sounds.clone(),
        })
    }

    fn fulfil(&self, wish: &Wish) -> zbus::Result<()> {
        match wish {
            Wish::Show(note) => self.show(note),
            Wish::Withdraw(chat) => {
                self.withdraw(|of| of == *chat);
                Ok(())
            }
            Wish::WithdrawAll => {
                self.withdraw(|_| true);
                Ok(())
            }
            Wish::Choose | Wish::Read(_) | Wish::Tray(_) | Wish::Pick(_) | Wish::Awake(_) => Ok(()),
        }
    }

    fn show(&self, note: &Note) -> zbus::Result<()> {
        let before = self
            .shown
            .lock()
            .iter()
            .find(|(_, chat)| **chat == note.chat)
            .map_or(0, |(id, _)| *id);
        let (open, answer) = (tr("alert-open"), tr("alert-answer"));
        let mut actions = Vec::new();
        if self.can.actions {
            actions.extend(["default", &open]);
        }
        if self.can.answers && note.answers {
            actions.extend(["inline-reply", &answer]);
        }
        let id: u32 = self.proxy.call(
            "Notify",
            &(
                "Betwixt",
                before,
                "betwixt",
                &note.title,
                body(note, self.can),
                actions,
                hints(note, &self.sounds),
                -1i32,
            ),
        )?;
        let mut shown = self.shown.lock();
        shown.retain(|_, chat| *chat != note.chat);
        shown.insert(id, note.chat);
        if shown.len() > MOST {
            shown.pop_first();
        }
        Ok(())
    }

    fn withdraw(&self, which: impl Fn(ChatId) -> bool) {
        let ids: Vec<u32> = {
            let shown = self.shown.lock();
            let wanted = shown.iter().filter(|(_, chat)| which(**chat));
            wanted.map(|(id, _)| *id).collect()
        };
        for id in ids {
            self.shown.lock().remove(&id);
            // One that has gone already is an error to some servers.
            let _ = self.proxy.call_noreply("CloseNotification", &id);
        }
    }
}

/// Notifications that are remembered.
const MOST: usize = 64;

fn hints(note: &Note, sounds: &Sounds) -> HashMap<&'static str, Value<'static>> {
    let mut hints: HashMap<&str, Value<'_>> = HashMap::new();
    hints.insert("category", "im.received".into());
    hints.insert("desktop-entry", "betwixt".into());
    let Some(sound) = note.sound else {
        hints.insert("suppress-sound", true.into());
        return hints;
    };
    let file = sounds.file(sound);
    match file.as_deref().and_then(Path::to_str) {
        Some(file) => hints.insert("sound-file", file.to_owned().into()),
        None => hints.insert("sound-name", SOUND.into()),
    };
    hints
}

/// What the desktop's sound theme has for it, where there is no sound of our own. It only looks like a key of the catalogue.
const SOUND: &str = concat!("message", "-new-instant");

/// What others wrote is never markup.
fn body(note: &Note, can: Abilities) -> String {
    if !can.markup {
        return note.body.clone();
    }
    note.body
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Tells the window what somebody does with notifications.
fn listen(signals: MessageIterator, shown: &Shown, teller: &Teller) {
    for signal in signals {
        let Ok(signal) = signal else {
            return;
        };
        let header = signal.header();
        let body = signal.body();
        let of = |id: u32| shown.lock().get(&id).copied();
        match header.member().map(MemberName::as_str) {
            Some("ActionInvoked") => {
                if let Ok((id, action)) = body.deserialize::<(u32, String)>()
                    && action == "default"
                    && let Some(chat) = of(id)
                {
                    teller.tell(Heard::Opened(chat));
                }
            }
            Some("NotificationReplied") => {
                if let Ok((id, text)) = body.deserialize::<(u32, String)>()
                    && let Some(chat) = of(id)
                {
                    teller.tell(Heard::Answered(chat, text));
                }
            }
            Some("NotificationClosed") => {
                if let Ok((id, _)) = body.deserialize::<(u32, u32)>() {
                    shown.lock().remove(&id);
                }
            }
            _ => {}
        }
    }
}

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

#[cfg(test)]
mod tests;
