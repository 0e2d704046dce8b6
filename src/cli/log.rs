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

pub(super) fn run(
    config: &Config,
    chat: Option<&str>,
    person: Option<&str>,
    ids: bool,
) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::Off).await?;
        let printed = print_chats(&mut instance, chat, person, ids).await;
        instance.end().await;
        printed
    })
}

async fn print_chats(
    instance: &mut Instance,
    chat: Option<&str>,
    person: Option<&str>,
    ids: bool,
) -> Result<(), Failure> {
    let person = match person {
        Some(who) => Some(instance.person(who).await?),
        None => None,
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for contact in instance.contacts().await? {
        names.insert(
            text(&contact, "person_id").into(),
            text(&contact, "name").into(),
        );
    }
    let me = text(&instance.client.info, "person_id").to_owned();
    names.insert(me, "me".into());
    let chats = instance.client.call("chat.list", json!({})).await?;
    let wanted = |row: &&Value| {
        chat.is_none_or(|id| text(row, "chat_id") == id)
            && person
                .as_ref()
                .is_none_or(|id| text(row, "person_id") == id)
    };
    let rows: Vec<&Value> = chats
        .as_array()
        .into_iter()
        .flatten()
        .filter(wanted)
        .collect();
    if rows.is_empty() && chat.is_some() {
        return Err(Failure::new("There is no chat with that id."));
    }
    let one = chat.is_some() || person.is_some();
    for row in rows {
        if !one {
            print::line(&format!("== {} ==", print::harmless(text(row, "name"))));
        }
        for message in history(instance, text(row, "chat_id")).await? {
            let id = if ids {
                text(&message, "message_id")
            } else {
                ""
            };
            let space = if ids { "  " } else { "" };
            print::line(&format!("{id}{space}{}", shown(&message, &names)));
        }
    }
    Ok(())
}

/// All messages of a chat, oldest first.
async fn history(instance: &mut Instance, chat: &str) -> Result<Vec<Value>, Failure> {
    let mut newest_first = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let params = json!({ "chat_id": chat, "limit": PAGE, "before": before });
        let page = instance.client.call("message.list", params).await?;
        let Value::Array(page) = page else { break };
        let Some(first) = page.first() else { break };
        before = Some(text(first, "message_id").to_owned());
        let is_last = page.len() < PAGE;
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
    let said = match text(message, "kind") {
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
        other => format!("[{other}]"),
    };
    format!(
        "{}  {}: {said}",
        print::time(Timestamp(sent_at)),
        print::harmless(name)
    )
}

/// Messages asked for at once.
const PAGE: usize = 200;
