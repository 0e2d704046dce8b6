//! `rpc.discover`: an OpenRPC document (spec.open-rpc.org, 1.3.2) made from the types themselves.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::call::{self, Method};
use crate::node::{
    Found, SearchState, Settings,
    view::{
        ChatInfo, ChatSummary, Contact, Edition, Event, FolderContents, Message, NearbyPerson,
        NodeInfo, PersonReceipt, Safety, Storage,
    },
};

/// The description of everything that can be asked, and of what is told.
pub fn document() -> Value {
    let mut generator = call::generator();
    let methods: Vec<Value> = call::methods(&mut generator)
        .iter()
        .map(|(name, method)| describe(name, method, &mut generator))
        .collect();
    let ready = schema::<NodeInfo>(&mut generator);
    let event = schema::<Event>(&mut generator);
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "Betwixt",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "JSON-RPC 2.0, one object a line, on standard input and output.",
        },
        "methods": methods,
        // OpenRPC has no word for what a server tells unasked.
        "x-notifications": [
            { "name": "ready", "summary": "The first line.", "params": ready },
            { "name": "event", "summary": "Something happened.", "params": event },
        ],
        "components": { "schemas": generator.take_definitions(true) },
    })
}

fn describe(name: &str, method: &Method, generator: &mut SchemaGenerator) -> Value {
    json!({
        "name": name,
        "summary": method.summary,
        "paramStructure": "by-name",
        "params": params(method, generator),
        "result": { "name": "result", "schema": result(name, generator) },
    })
}

/// The params of a method, one by one, as OpenRPC wants them.
fn params(method: &Method, generator: &SchemaGenerator) -> Vec<Value> {
    let Some(mut schema) = method.params.as_ref() else {
        return Vec::new();
    };
    let reference = schema.get("$ref").and_then(Value::as_str);
    if let Some(name) = reference.and_then(|path| path.rsplit('/').next()) {
        schema = generator.definitions().get(name).unwrap_or(schema);
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            json!({ "name": name, "required": is_required(name), "schema": schema })
        })
        .collect()
}

/// The result of a method. `Null`, which is no schema, for a method that is not listed here.
fn result(method: &str, generator: &mut SchemaGenerator) -> Value {
    let object = |properties: &[(&str, Value)]| {
        let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
        let properties: Map<String, Value> = properties
            .iter()
            .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
            .collect();
        json!({ "type": "object", "properties": properties, "required": required })
    };
    let string = || json!({ "type": "string" });
    match method {
        call::DISCOVER => json!({ "type": "object" }),
        "node.info" => schema::<NodeInfo>(generator),
        "node.recovery" => object(&[("words", string())]),
        "settings.get" => schema::<Settings>(generator),
        "people.nearby" => schema::<Vec<NearbyPerson>>(generator),
        "contact.list" => schema::<Vec<Contact>>(generator),
        "contact.safety" => schema::<Safety>(generator),
        "contact.invite" => object(&[("link", string()), ("qr_svg", string())]),
        "contact.add" => object(&[("person_id", schema::<crate::node::PersonId>(generator))]),
        "chat.list" => schema::<Vec<ChatSummary>>(generator),
        "chat.info" => schema::<ChatInfo>(generator),
        "chat.direct" | "chat.create" => {
            object(&[("chat_id", schema::<crate::node::ChatId>(generator))])
        }
        "message.list" => schema::<Vec<Message>>(generator),
        "message.get" => schema::<Message>(generator),
        "message.history" => schema::<Vec<Edition>>(generator),
        "search" => schema::<Vec<Found>>(generator),
        "search.state" => schema::<SearchState>(generator),
        "message.receipts" => schema::<Vec<PersonReceipt>>(generator),
        "message.prove" => object(&[("proof", string())]),
        "message.send" => {
            let sent_at = schema::<crate::node::Timestamp>(generator);
            let message_id = schema::<crate::node::MessageId>(generator);
            object(&[("message_id", message_id), ("sent_at", sent_at)])
        }
        "file.send" => {
            let file_id = schema::<crate::node::FileId>(generator);
            let message_id = schema::<crate::node::MessageId>(generator);
            let left_out = schema::<u32>(generator);
            object(&[
                ("message_id", message_id),
                ("file_id", file_id),
                ("left_out", left_out),
            ])
        }
        "file.fetch" | "file.pause" | "file.resume" | "file.cancel" => {
            object(&[("file_id", schema::<crate::node::FileId>(generator))])
        }
        "file.list" => schema::<Storage>(generator),
        "file.contents" => schema::<FolderContents>(generator),
        "node.lock" | "node.unlock" | "node.passphrase" | "profile.set" | "settings.set"
        | "contact.accept" | "contact.block" | "contact.unblock" | "contact.remove"
        | "contact.verify" | "chat.add" | "chat.remove" | "chat.role" | "chat.accept"
        | "chat.leave" | "chat.delete" | "chat.set" | "message.read" | "message.edit"
        | "message.delete" | "message.react" | "message.pin" | "typing.set" => object(&[]),
        _ => Value::Null,
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_summary_and_a_result() {
        let document = document();
        let methods = document["methods"].as_array().unwrap();

        assert!(methods.len() > 25);
        for method in methods {
            assert!(method["result"]["schema"].is_object(), "{method}");
            assert!(!method["summary"].as_str().unwrap().is_empty(), "{method}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut open = vec![&document];
        let mut references = 0;
        while let Some(value) = open.pop() {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                references += 1;
                let pointer = reference.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => open.extend(fields.values()),
                _ => {}
            }
        }
        assert!(references > 20);
    }

    #[test]
    fn what_does_not_exist_yet_is_not_described() {
        let document = document().to_string();

        for method in ["file.open", "message.forward", "backup.create", "export"] {
            assert!(!document.contains(&format!("\"{method}\"")), "{method}");
        }
    }

    #[test]
    fn params_are_described_one_by_one() {
        let document = document();
        let methods = document["methods"].as_array().unwrap();
        let list = methods
            .iter()
            .find(|method| method["name"] == "message.list")
            .unwrap();
        let named = |name: &str| {
            list["params"]
                .as_array()
                .unwrap()
                .iter()
                .find(|param| param["name"] == name)
                .cloned()
        };

        assert_eq!(named("chat_id").unwrap()["required"], true);
        assert_eq!(named("limit").unwrap()["required"], false);
    }
}
