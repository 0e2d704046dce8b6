//! Whether the desktop is light or dark, from its portal: winit does not know it on Linux.

use egui::Theme;
use zbus::{
    MatchRule,
    blocking::{Connection, MessageIterator, Proxy},
    message::Type,
    zvariant::{OwnedValue, Value},
};

use super::{Heard, Teller};

/// Tells what it is, and each time it changes.
pub(super) fn follow(teller: &Teller) {
    if let Err(error) = try_follow(teller) {
        tracing::info!(%error, "the desktop does not say whether it is light or dark; light is taken");
    }
}

fn try_follow(teller: &Teller) -> zbus::Result<()> {
    let connection = Connection::session()?;
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(PORTAL)?
        .interface(SETTINGS)?
        .member("SettingChanged")?
        .add_arg(NAMESPACE)?
        .build();
    let changes = MessageIterator::for_match_rule(rule, &connection, Some(16))?;
    let settings = Proxy::new(&connection, PORTAL, PATH, SETTINGS)?;
    // The older name of the question wraps its answer once more.
    let value: OwnedValue = settings
        .call("ReadOne", &(NAMESPACE, KEY))
        .or_else(|_| settings.call("Read", &(NAMESPACE, KEY)))?;
    teller.tell(Heard::Scheme(scheme(&value)));
    for change in changes {
        let change = change?;
        let Ok((_, key, value)) = change.body().deserialize::<(String, String, OwnedValue)>()
        else {
            continue;
        };
        if key == KEY {
            teller.tell(Heard::Scheme(scheme(&value)));
        }
    }
    Ok(())
}

/// What a value of `color-scheme` means.
fn scheme(value: &Value<'_>) -> Option<Theme> {
    match value {
        Value::U32(1) => Some(Theme::Dark),
        Value::U32(2) => Some(Theme::Light),
        Value::Value(inner) => scheme(inner),
        _ => None,
    }
}

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_understood_however_often_it_is_wrapped() {
        let wrapped = |value: u32| Value::Value(Box::new(Value::Value(Box::new(value.into()))));

        assert_eq!(scheme(&Value::U32(1)), Some(Theme::Dark));
        assert_eq!(scheme(&wrapped(1)), Some(Theme::Dark));
        assert_eq!(scheme(&wrapped(2)), Some(Theme::Light));
        for nothing in [Value::U32(0), Value::U32(9), Value::from("dark")] {
            assert_eq!(scheme(&nothing), None);
        }
    }
}
