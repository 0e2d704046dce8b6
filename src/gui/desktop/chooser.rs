//! The desktop's window for choosing a file, by its portal.

use std::{collections::HashMap, path::PathBuf};

use url::Url;
use zbus::{
    MatchRule,
    blocking::{Connection, MessageIterator, Proxy},
    message::Type,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::Pick;
use crate::gui::strings::tr;

/// Whether the desktop has one.
pub(super) fn is_there(connection: &Connection) -> bool {
    let asked = Proxy::new(connection, PORTAL, PATH, PROPERTIES)
        .and_then(|portal| portal.call("Get", &(CHOOSER, "version")));
    asked.is_ok_and(|_: OwnedValue| true)
}

/// The picture that somebody chooses; none if they give it up. Takes as long as they do.
pub(super) fn choose(connection: &Connection) -> zbus::Result<Option<PathBuf>> {
    let kinds = vec![(0u32, "*.png"), (0, "*.jpg"), (0, "*.jpeg")];
    let pictures = Value::from(vec![(tr("scan-pictures"), kinds)]);
    let options = HashMap::from([("filters", pictures)]);
    let chosen = ask(connection, "OpenFile", &tr("scan-choose"), &options)?;
    Ok(chosen.into_iter().next())
}

/// The files that somebody chooses, or the folder, or the place for a file; none if they give it up.
pub(super) fn pick(connection: &Connection, pick: &Pick) -> zbus::Result<Vec<PathBuf>> {
    let (method, title, option, value) = match pick {
        Pick::Files(_) => ("OpenFile", "attach-files", "multiple", Value::from(true)),
        Pick::Folder(_) => ("OpenFile", "attach-folder", "directory", Value::from(true)),
        Pick::Save(_, name) | Pick::Proof(_, name) => {
            let name = Value::from(name.clone());
            ("SaveFile", "save-title", "current_name", name)
        }
    };
    let options = HashMap::from([(option, value)]);
    ask(connection, method, &tr(title), &options)
}

fn ask(
    connection: &Connection,
    method: &str,
    title: &str,
    options: &HashMap<&str, Value<'_>>,
) -> zbus::Result<Vec<PathBuf>> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(PORTAL)?
        .interface(REQUEST)?
        .member("Response")?
        .build();
    // Listens before it asks: the answer may be there at once.
    let answers = MessageIterator::for_match_rule(rule, connection, Some(8))?;
    let portal = Proxy::new(connection, PORTAL, PATH, CHOOSER)?;
    let request: OwnedObjectPath = portal.call(method, &("", title, options))?;
    for answer in answers {
        let answer = answer?;
        let header = answer.header();
        if header.path().map(ObjectPath::as_str) != Some(request.as_str()) {
            continue;
        }
        let (refused, said): (u32, HashMap<String, OwnedValue>) = answer.body().deserialize()?;
        return Ok(if refused == 0 {
            places(said)
        } else {
            Vec::new()
        });
    }
    Ok(Vec::new())
}

/// Places on this computer; others cannot be reached by a path.
fn places(mut said: HashMap<String, OwnedValue>) -> Vec<PathBuf> {
    let uris = said.remove("uris").and_then(|uris| uris.try_into().ok());
    let uris: Vec<String> = uris.unwrap_or_default();
    let paths = uris
        .iter()
        .filter_map(|uri| Url::parse(uri).ok()?.to_file_path().ok());
    paths.collect()
}

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const CHOOSER: &str = "org.freedesktop.portal.FileChooser";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const REQUEST: &str = "org.freedesktop.portal.Request";

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;
    use crate::{
        gui::desktop::bus::Bus,
        node::{ChatId, MessageId},
    };

    fn chosen(bus: &Bus, refused: u32, uris: &'static [&'static str]) -> Option<PathBuf> {
        let _told = portal(bus, refused, uris);
        choose(&bus.connect()).unwrap()
    }

    /// A made-up portal that answers with this. What it hears are the method and its options.
    fn portal(bus: &Bus, refused: u32, uris: &'static [&'static str]) -> Receiver<String> {
        let (tell, told) = sync_channel(64);
        bus.serve(PORTAL, move |portal, member, call| {
            let header = call.header();
            if member == "Get" {
                portal.reply(&header, &Value::from(4u32)).unwrap();
            } else if let method @ ("OpenFile" | "SaveFile") = member {
                let (_, _, options): (String, String, HashMap<String, OwnedValue>) =
                    call.body().deserialize().unwrap();
                let mut options: Vec<String> = options.into_keys().collect();
                options.sort();
                tell.send(format!("{method} {}", options.join(" ")))
                    .unwrap();
                let path = "/org/freedesktop/portal/desktop/request/1_1/t";
                let handle = OwnedObjectPath::try_from(path).unwrap();
                portal.reply(&header, &handle).unwrap();
                let said = HashMap::from([("uris", Value::from(uris.to_vec()))]);
                let answer = (refused, said);
                portal
                    .emit_signal(None::<&str>, path, REQUEST, "Response", &answer)
                    .unwrap();
            }
        });
        told
    }

    #[test]
    fn files_a_folder_and_a_place_are_picked_each_in_its_way() {
        let uris = &["file:///home/a/b.txt", "file:///home/a/c%20d.txt"];
        for (pick, asked) in [
            (Pick::Files(ChatId([1; 32])), "OpenFile multiple"),
            (Pick::Folder(ChatId([1; 32])), "OpenFile directory"),
            (
                Pick::Save(MessageId([1; 32]), "b.txt".into()),
                "SaveFile current_name",
            ),
            (
                Pick::Proof(MessageId([1; 32]), "b.betwixt-proof".into()),
                "SaveFile current_name",
            ),
        ] {
            let Some(bus) = Bus::start() else { return };
            let told = portal(&bus, 0, uris);

            let picked = super::pick(&bus.connect(), &pick).unwrap();

            let paths = ["/home/a/b.txt", "/home/a/c d.txt"].map(PathBuf::from);
            assert_eq!(picked, paths);
            assert_eq!(told.recv().unwrap(), asked);
        }
    }

    #[test]
    fn a_desktop_with_a_chooser_is_told_from_one_without() {
        let Some(bus) = Bus::start() else { return };
        assert!(!is_there(&bus.connect()));
        assert!(pick(&bus.connect(), &Pick::Files(ChatId([1; 32]))).is_err());

        let _told = portal(&bus, 0, &[]);

        assert!(is_there(&bus.connect()));
    }

    #[test]
    fn what_somebody_chooses_is_a_path() {
        let Some(bus) = Bus::start() else { return };

        let found = chosen(&bus, 0, &["file:///home/a/my%20code.png"]);

        assert_eq!(found, Some("/home/a/my code.png".into()));
    }

    #[test]
    fn giving_it_up_and_what_is_no_file_are_nothing() {
        for (refused, uris) in [(1, &[][..]), (0, &[]), (0, &["https://a.example/x.png"])] {
            let Some(bus) = Bus::start() else { return };
            assert_eq!(chosen(&bus, refused, uris), None);
        }
    }
}
