//! `betwixt get`

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
    progress::Bar,
};
use crate::config::Config;

pub(super) fn run(config: &Config, message: &str, out: Option<PathBuf>) -> Result<(), Failure> {
    let out = std::path::absolute(out.unwrap_or_else(|| PathBuf::from(".")))?;
    process::block_on(async {
        let mut instance = Instance::find(config, Network::On).await?;
        let saved = get(&mut instance, message, &out.to_string_lossy()).await;
        instance.end().await;
        print::line(&print::harmless(&saved?));
        Ok(())
    })
}

/// Fetches the file, and returns where it was saved.
async fn get(instance: &mut Instance, message: &str, out: &str) -> Result<String, Failure> {
    let params = json!({ "message_id": message, "path": out });
    let asked = instance.client.call("file.fetch", params).await?;
    if let Some(path) = asked.get("path").and_then(Value::as_str) {
        return Ok(path.to_owned());
    }
    let file = text(&asked, "file_id").to_owned();
    let mut bar = Bar::new();
    loop {
        let fits =
            |event: &Value| text(event, "type") == "transfer" && text(event, "file_id") == file;
        let Some(event) = instance.client.event(PATIENCE, fits).await? else {
            bar.end();
            return Err(Failure::new(
                "Nobody who has the file is there now. What has come is kept; it goes on when Betwixt \
                 runs, and is saved then.",
            ));
        };
        match text(&event, "state") {
            "saved" => {
                bar.end();
                return Ok(text(&event, "path").to_owned());
            }
            "failed" => {
                bar.end();
                let problem = text(&event, "problem");
                return Err(Failure::new(format!("The file cannot be had: {problem}")));
            }
            "waiting" => {
                bar.end();
                let problem = text(&event, "problem");
                return Err(Failure::new(format!(
                    "The file does not come now: {problem}. What has come is kept; it goes on by itself \
                     when Betwixt runs, and is saved then."
                )));
            }
            "cancelled" | "paused" => {
                bar.end();
                return Err(Failure::new("Somebody stopped it."));
            }
            _ => bar.show(&event),
        }
    }
}

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_mins(1);
