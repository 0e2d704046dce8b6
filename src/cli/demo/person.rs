//! Somebody in the demo: a node with a profile of its own, spoken to like any other.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    cli::{
        client::{Client, text},
        failure::Failure,
        process,
    },
    node::{self, Handle, NodeSettings},
};

/// One of the two.
pub(super) struct Person {
    /// What they call themselves.
    pub(super) name: &'static str,
    /// Talks to their node.
    pub(super) client: Client,
    node: Handle,
}

impl Person {
    /// Starts their node. It talks to nobody but over loopback.
    pub(super) async fn start(
        name: &'static str,
        profile: &Path,
        network: NodeSettings,
    ) -> Result<Self, Failure> {
        let settings = NodeSettings {
            profile: profile.to_owned(),
            online: true,
            ..network
        };
        let (node, _) = node::start(settings).await?;
        let mut client = Client::of(&node).await?;
        client.call("profile.set", json!({ "name": name })).await?;
        Ok(Self { name, client, node })
    }

    /// Their person id.
    pub(super) fn id(&self) -> &str {
        text(&self.client.info, "person_id")
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
    pub(super) async fn leave(self) {
        let _ = timeout(process::END, self.node.stop()).await;
    }
}

/// Much longer than anything takes on one machine.
const PATIENCE: Duration = Duration::from_secs(15);
