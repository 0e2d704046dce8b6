//! `betwixt send`

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
    progress::Bar,
};
use crate::{config::Config, node::Timestamp};

pub(super) fn run(config: &Config, to: &str, say: &str) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::On).await?;
        let sent = send(&mut instance, to, say).await;
        let outcome = match sent {
            Ok(message) if instance.is_own() => {
                let message = text(&message, "message_id");
                let (have, all) = delivered(&mut instance, message).await?;
                Ok(match have {
                    _ if have == all => "delivered".to_owned(),
                    0 => "kept; it goes out when both are online".to_owned(),
                    _ => format!(
                        "delivered to {have} of {all}; the others get it when they are online"
                    ),
                })
            }
            Ok(_) => Ok("sent".to_owned()),
            Err(failure) => Err(failure),
        };
        instance.end().await;
        print::line(&outcome?);
        Ok(())
    })
}

/// A file or folder that is to be sent.
pub(super) struct Sent {
    path: PathBuf,
    caption: String,
    original: bool,
    voice: bool,
}

/// The file that was meant, if one was.
pub(super) fn file(
    said: &str,
    caption: Option<String>,
    (original, voice): (bool, bool),
    as_text: bool,
) -> Result<Option<Sent>, Failure> {
    let path = std::path::absolute(said)?;
    if as_text || !(path.is_file() || path.is_dir()) {
        return match (caption, original || voice) {
            (None, false) => Ok(None),
            (Some(_), _) | (None, true) => Err(Failure::new(format!(
                "There is no file or folder {}.",
                path.display()
            ))),
        };
    }
    let caption = caption.unwrap_or_default();
    Ok(Some(Sent {
        path,
        caption,
        original,
        voice,
    }))
}

/// Sends a file, and shows how far it has come.
pub(super) fn run_file(config: &Config, to: &str, sent: Sent) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::On).await?;
        let outcome = send_file(&mut instance, to, sent).await;
        instance.end().await;
        print::line(&outcome?);
        Ok(())
    })
}

async fn send_file(instance: &mut Instance, to: &str, sent: Sent) -> Result<String, Failure> {
    let chat = instance.chat(to).await?;
    let client = &mut instance.client;
    let params = json!({
        "chat_id": chat,
        "path": sent.path.to_string_lossy(),
        "caption": sent.caption,
        "original": sent.original,
        "voice": sent.voice,
    });
    let offered = client.call("file.send", params).await?;
    let left_out = offered.get("left_out").and_then(Value::as_u64);
    if let Some(left_out) = left_out.filter(|left_out| *left_out > 0) {
        print::error(&format!(
            "{left_out} things in the folder are links or no files, and do not go along."
        ));
    }
    if !instance.is_own() {
        return Ok("sent".to_owned());
    }
    let file = text(&offered, "file_id").to_owned();
    let message = text(&offered, "message_id").to_owned();
    let mut bar = Bar::new();
    let mut is_offered = false;
    loop {
        let fits = |event: &Value| {
            let transfer = text(event, "type") == "transfer" && text(event, "file_id") == file;
            let status = text(event, "type") == "status" && text(event, "message_id") == message;
            transfer || status
        };
        let Some(event) = instance.client.event(PATIENCE, fits).await? else {
            bar.end();
            let outcome = if is_offered {
                "offered; it is given when it is asked for and both are online"
            } else {
                "kept; it goes out when both are online"
            };
            return Ok(outcome.to_owned());
        };
        is_offered |= text(&event, "type") == "status";
        match text(&event, "state") {
            "given" => {
                bar.end();
                return Ok("delivered".to_owned());
            }
            "kept" => {
                bar.end();
                let until = event.get("until").and_then(Value::as_u64);
                let until = print::time(Timestamp(until.unwrap_or_default()));
                return Ok(format!(
                    "kept by a relay until {until}; it is given when they are online"
                ));
            }
            "waiting" if !text(&event, "problem").is_empty() => {
                bar.end();
                print::error(text(&event, "problem"));
            }
            _ => bar.show(&event),
        }
    }
}

async fn send(instance: &mut Instance, to: &str, say: &str) -> Result<Value, Failure> {
    let params = json!({ "chat_id": instance.chat(to).await?, "text": say });
    instance.client.call("message.send", params).await
}

/// Waits until the others have the message, for a while: how many have it, of how many.
async fn delivered(instance: &mut Instance, message: &str) -> Result<(usize, usize), Failure> {
    let fits =
        |event: &Value| text(event, "type") == "status" && text(event, "message_id") == message;
    let until = Instant::now() + PATIENCE;
    loop {
        let params = json!({ "message_id": message });
        let receipts = instance.client.call("message.receipts", params).await?;
        let receipts = receipts.as_array().map(Vec::as_slice).unwrap_or_default();
        let has = |receipt: &&Value| matches!(text(receipt, "state"), "delivered" | "read");
        let have = receipts.iter().filter(has).count();
        let left = until.saturating_duration_since(Instant::now());
        if have == receipts.len()
            || left.is_zero()
            || instance.client.event(left, fits).await?.is_none()
        {
            return Ok((have, receipts.len()));
        }
    }
}

/// As long as a person waits for a command that sends something.
const PATIENCE: Duration = Duration::from_secs(10);
