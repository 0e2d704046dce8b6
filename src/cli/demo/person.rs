//! Somebody in the demo: a process of `betwixt rpc` with a profile of its own.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::cli::{
    client::{Client, text},
    failure::Failure,
};

/// One of the two.
pub(super) struct Person {
    /// What they call themselves.
    pub(super) name: &'static str,
    /// Talks to their node.
    pub(super) client: Client,
    process: Child,
}

impl Person {
    /// Starts their node. It talks to nobody but over loopback.
    pub(super) async fn start(
        name: &'static str,
        profile: &Path,
        more: &[String],
    ) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--profile")
            .arg(profile)
            .args(["--no-mdns", "--log", "error"])
            .args(more)
            .arg("rpc")
            .env_remove("BETWIXT_PASSPHRASE")
            .env_remove("BETWIXT_PASSPHRASE_FILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdout.take(), process.stdin.take()) else {
            return Err(Failure::new(
                "The process has no standard input and output.",
            ));
        };
        let mut client = Client::connect(input, output).await?;
        client.call("profile.set", json!({ "name": name })).await?;
        Ok(Self {
            name,
            client,
            process,
        })
    }

    /// Their person id.
    pub(super) fn id(&self) -> &str {
        text(&self.client.info, "person_id")
    }

    /// The port at which their node listens on loopback.
    pub(super) async fn port(&mut self) -> Result<u16, Failure> {
        for _ in 0..100 {
            let info = self.client.call("node.info", json!({})).await?;
            let addresses = info.get("listen").and_then(Value::as_array);
            let ports = addresses.into_iter().flatten().filter_map(|address| {
                let mut parts = address
                    .as_str()?
                    .strip_prefix("/ip4/127.0.0.1/tcp/")?
                    .split('/');
                parts.next()?.parse().ok()
            });
            if let Some(port) = ports.into_iter().find(|port| *port != 0) {
                return Ok(port);
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(Failure::new(format!(
            "{}'s node does not listen.",
            self.name
        )))
    }

    /// Waits for an event of theirs, not for ever.
    pub(super) async fn hears(
        &mut self,
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Value, Failure> {
        let event = self.client.event(PATIENCE, fits).await?;
        event.ok_or_else(|| Failure::new(format!("{} did not hear {what} in time.", self.name)))
    }

    /// Ends their node.
    pub(super) async fn leave(mut self) {
        // Its standard input ends with the client.
        drop(self.client);
        if timeout(Duration::from_secs(3), self.process.wait())
            .await
            .is_err()
        {
            let _ = self.process.kill().await;
        }
    }
}

/// Much longer than anything takes on one machine.
const PATIENCE: Duration = Duration::from_secs(15);
