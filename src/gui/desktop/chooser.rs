//! The desktop's window for choosing a file, by its portal.

use std::{collections::HashMap, path::PathBuf};

use url::Url;
use zbus::{
    MatchRule,
    blocking::{Connection, MessageIterator, Proxy},
    message::Type,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use crate::gui::strings::tr;

/// The file that somebody chooses; none if they give it up. Takes as long as they do.
pub(super) fn choose(connection: &Connection) -> zbus::Result<Option<PathBuf>> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(PORTAL)?
        .interface(REQUEST)?
        .member("Response")?
        .build();
    // Listens before it asks: the answer may be there at once.
    let answers = MessageIterator::for_match_rule(rule, connection, Some(8))?;
    let portal = Proxy::new(connection, PORTAL, PATH, CHOOSER)?;
    let kinds = vec![(0u32, "*.png"), (0, "*.jpg"), (0, "*.jpeg")];
    let mut options: HashMap<&str, Value<'_>> = HashMap::new();
    options.insert("filters", Value::from(vec![(tr("scan-pictures"), kinds)]));
    let title = tr("scan-choose");
    let request: OwnedObjectPath = portal.call("OpenFile", &("", title, options))?;
    for answer in answers {
        let answer = answer?;
        let header = answer.header();
        if header.path().map(ObjectPath::as_str) != Some(request.as_str()) {
            continue;
        }
        let (refused, said): (u32, HashMap<String, OwnedValue>) = answer.body().deserialize()?;
        return Ok((refused == 0).then(|| first(said)).flatten());
    }
    Ok(None)
}

fn first(mut said: HashMap<String, OwnedValue>) -> Option<PathBuf> {
    let places: Vec<String> = said.remove("uris")?.try_into().ok()?;
    Url::parse(places.first()?).ok()?.to_file_path().ok()
}

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const CHOOSER: &str = "org.freedesktop.portal.FileChooser";
const REQUEST: &str = "org.freedesktop.portal.Request";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::desktop::bus::Bus;

    /// A made-up portal that answers with this.
    fn chosen(bus: &Bus, refused: u32, uris: &'static [&'static str]) -> Option<PathBuf> {
        let portal = bus.connect();
        let calls = MessageIterator::from(&portal);
        portal.request_name(PORTAL).unwrap();
        std::thread::spawn(move || {
            for call in calls {
                let Ok(call) = call else { return };
                let header = call.header();
                if header
                    .member()
                    .is_some_and(|member| member.as_str() == "OpenFile")
                {
                    let path = "/org/freedesktop/portal/desktop/request/1_1/t";
                    let handle = OwnedObjectPath::try_from(path).unwrap();
                    portal.reply(&header, &handle).unwrap();
                    let said = HashMap::from([("uris", Value::from(uris.to_vec()))]);
                    let answer = (refused, said);
                    portal
                        .emit_signal(None::<&str>, path, REQUEST, "Response", &answer)
                        .unwrap();
                }
            }
        });
        choose(&bus.connect()).unwrap()
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
