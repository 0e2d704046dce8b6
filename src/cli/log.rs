//! `betwixt log`

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
};
use crate::{config::Config, node::Timestamp};

/// What is printed, and how.
pub(super) struct Logged<'a> {
    pub(super) chat: Option<&'a str>,
    pub(super) person: Option<&'a str>,
    /// The newest so many of each chat.
    pub(super) last: Option<usize>,
    pub(super) ids: bool,
    pub(super) json: bool,
}

pub(super) fn run(config: &Config, logged: &Logged<'_>) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::Off).await?;
        let printed = print_chats(&mut instance, logged).await;
        instance.end().await;
        printed
    })
}

async fn print_chats(instance: &mut Instance, logged: &Logged<'_>) -> Result<(), Failure> {
    let one = match (logged.chat, logged.person) {
        (Some(chat), _) => Some(("chat_id", instance.chat(chat).await?)),
        (None, Some(who)) => Some(("person_id", instance.person(who).await?)),
        (None, None) => None,
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut name =
        |row: &Value| names.insert(text(row, "person_id").into(), text(row, "name").into());
    let mut chats = instance.chats().await?;
    chats.retain(|row| {
        one.as_ref()
            .is_none_or(|(field, id)| text(row, field) == id)
    });
    for chat in &chats {
        let params = json!({ "chat_id": text(chat, "chat_id") });
        let info = instance.client.call("chat.info", params).await?;
        for group in ["former", "members"] {
            let people = info.get(group).and_then(Value::as_array);
            people.into_iter().flatten().for_each(|person| {
                name(person);
            });
        }
    }
    let me = text(&instance.client.info, "person_id").to_owned();
    names.insert(me, "me".into());
    for row in &chats {
        if one.is_none() && !logged.json {
            print::line(&format!("== {} ==", print::harmless(text(row, "name"))));
        }
        for message in history(instance, text(row, "chat_id"), logged.last).await? {
            if logged.json {
                print::line(&message.to_string());
                continue;
            }
            let (id, space) = if logged.ids {
                (text(&message, "message_id"), "  ")
            } else {
                ("", "")
            };
            print::line(&format!("{id}{space}{}", shown(&message, &names)));
        }
    }
    Ok(())
}

/// Messages of a chat, oldest first: the newest so many, or all.
async fn history(
    instance: &mut Instance,
    chat: &str,
    last: Option<usize>,
) -> Result<Vec<Value>, Failure> {
    let mut newest_first = Vec::new();
    let mut before: Option<String> = None;
    let mut left = last.unwrap_or(usize::MAX);
    while left > 0 {
        let limit = left.min(PAGE);
        let params = json!({ "chat_id": chat, "limit": limit, "before": before });
        let page = instance.client.call("message.list", params).await?;
        let Value::Array(page) = page else { break };
        let Some(first) = page.first() else { break };
        before = Some(text(first, "message_id").to_owned());
        let is_last = page.len() < limit;
        left -= limit;
        newest_first.extend(page.into_iter().rev());
        if is_last {
            break;
        }
    }
    newest_first.reverse();
    Ok(newest_first)
}

fn shown(message: &Value, names: &BTreeMap<String, String>) -> String {
    let sender = text(message, "sender");
    let name = names.get(sender).map_or(sender, String::as_str);
    let sent_at = message
        .get("sent_at")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let is_deleted = message.get("deleted").and_then(Value::as_bool) == Some(true);
    let said = match text(message, "kind") {
        _ if is_deleted => "[deleted]".into(),
        "text" => print::harmless(text(message, "text")),
        "file" => {
            let file = message.get("file").unwrap_or(&Value::Null);
            let size = file.get("size").and_then(Value::as_u64).unwrap_or_default();
            let caption = print::harmless(text(message, "text"));
            let name = print::harmless(text(file, "name"));
            let state = text(file, "state");
            let size = print::size(size);
            let kept = file.get("kept_until").and_then(Value::as_u64);
            let state = match kept {
                Some(until) => {
                    let until = print::time(Timestamp(until));
                    format!("{state}, kept by a relay until {until}")
                }
                None => state.to_owned(),
            };
            match file.pointer("/folder/files").and_then(Value::as_u64) {
                Some(files) => format!("[folder {name}, {files} files, {size}, {state}] {caption}"),
                None => format!("[file {name}, {size}, {state}] {caption}"),
            }
        }
        _ if text(message, "text").is_empty() => "[of a later version of Betwixt]".into(),
        _ => format!("[{}]", print::harmless(text(message, "text"))),
    };
    format!(
        "{}  {}: {said}",
        print::time(Timestamp(sent_at)),
        print::harmless(name)
    )
}

/// Messages asked for at once.
const PAGE: usize = 200;
