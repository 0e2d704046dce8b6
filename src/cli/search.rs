//! `betwixt search`

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
};
use crate::{config::Config, node::Timestamp};

/// What is looked for, and how it is printed.
pub(super) struct Looked<'a> {
    pub(super) words: &'a [String],
    pub(super) chat: Option<&'a str>,
    pub(super) from: Option<&'a str>,
    pub(super) limit: usize,
    pub(super) json: bool,
}

pub(super) fn run(config: &Config, looked: &Looked<'_>) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::Off).await?;
        let printed = print_found(&mut instance, looked).await;
        instance.end().await;
        printed
    })
}

async fn print_found(instance: &mut Instance, looked: &Looked<'_>) -> Result<(), Failure> {
    let from = match looked.from {
        Some(who) => Some(instance.person(who).await?),
        None => None,
    };
    let chat = match looked.chat {
        Some(chat) => Some(instance.chat(chat).await?),
        None => None,
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let contacts = instance.contacts().await?;
    let chats = instance.chats().await?;
    let me = json!({ "person_id": text(&instance.client.info, "person_id"), "name": "me" });
    for named in contacts.iter().chain(&chats).chain([&me]) {
        for id in ["chat_id", "person_id"] {
            names.insert(text(named, id).into(), text(named, "name").into());
        }
    }
    note_what_is_missing(&instance.client.call("search.state", json!({})).await?);
    let mut left = looked.limit;
    let mut before: Option<String> = None;
    while left > 0 {
        let limit = left.min(PAGE);
        let params = json!({
            "query": looked.words.join(" "),
            "chat_id": chat,
            "from": from,
            "limit": limit,
            "before": before,
            "order": "newest",
        });
        let page = instance.client.call("search", params).await?;
        let page = page.as_array().map(Vec::as_slice).unwrap_or_default();
        for found in page {
            if looked.json {
                print::line(&found.to_string());
            } else {
                print::line(&shown(found, &names));
            }
        }
        let Some(last) = page.last().filter(|_| page.len() == limit) else {
            break;
        };
        left -= limit;
        before = Some(text(last.get("message").unwrap_or(&Value::Null), "message_id").to_owned());
    }
    Ok(())
}

/// Says that there may be more than is found, beside what is printed.
fn note_what_is_missing(answer: &Value) {
    if answer.get("complete").and_then(Value::as_bool) == Some(true) {
        return;
    }
    let number = |field| {
        answer
            .get(field)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    print::error(&format!(
        "The index is still being made ({} of {} messages): there may be more.",
        number("indexed"),
        number("messages")
    ));
}

fn shown(found: &Value, names: &BTreeMap<String, String>) -> String {
    let message = found.get("message").unwrap_or(&Value::Null);
    let name = |field: &str| {
        let id = text(message, field);
        print::harmless(names.get(id).map_or(id, String::as_str))
    };
    let sent_at = message.get("sent_at").and_then(Value::as_u64);
    let parts = found.get("snippet").and_then(Value::as_array);
    let parts = parts.into_iter().flatten();
    let line: String = parts.map(|part| text(part, "text")).collect();
    format!(
        "{}  {}, in {}: {}",
        print::time(Timestamp(sent_at.unwrap_or_default())),
        name("sender"),
        name("chat_id"),
        print::harmless(&line)
    )
}

/// Messages asked for at once.
const PAGE: usize = 100;
