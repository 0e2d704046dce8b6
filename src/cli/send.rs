//! `betwixt send`

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
};
use crate::config::Config;

pub(super) fn run(config: &Config, to: &str, say: &str) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::On).await?;
        let sent = send(&mut instance, to, say).await;
        let outcome = match sent {
            Ok(message) if instance.is_own() => {
                let delivered = delivered(&mut instance, text(&message, "message_id")).await?;
                Ok(if delivered {
                    "delivered"
                } else {
                    "kept; it goes out when both are online"
                })
            }
            Ok(_) => Ok("sent"),
            Err(failure) => Err(failure),
        };
        instance.end().await;
        print::line(outcome?);
        Ok(())
    })
}

async fn send(instance: &mut Instance, to: &str, say: &str) -> Result<Value, Failure> {
    let person = instance.person(to).await?;
    let client = &mut instance.client;
    let chat = client
        .call("chat.direct", json!({ "person_id": person }))
        .await?;
    let params = json!({ "chat_id": text(&chat, "chat_id"), "text": say });
    client.call("message.send", params).await
}

/// Waits until the other side has the message, for a while.
async fn delivered(instance: &mut Instance, message: &str) -> Result<bool, Failure> {
    let fits = |event: &Value| {
        text(event, "type") == "status"
            && text(event, "message_id") == message
            && matches!(text(event, "state"), "delivered" | "read")
    };
    Ok(instance.client.event(PATIENCE, fits).await?.is_some())
}

/// As long as a person waits for a command that sends something.
const PATIENCE: Duration = Duration::from_secs(10);
