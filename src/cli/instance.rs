//! The node that a command for people talks to: the running one, or one of its own.

use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::timeout};
use zeroize::Zeroizing;

use super::{
    client::{Client, text},
    failure::Failure,
    process,
};
use crate::{
    config::Config,
    node::{self, FileRules, Handle, NodeSettings, Running},
    rpc,
};

/// Whether a node of our own goes on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// It does.
    On,
    /// It only reads and writes its profile.
    Off,
}

/// A node to talk to.
pub(super) struct Instance {
    /// Talks to it.
    pub(super) client: Client,
    own: Option<Handle>,
}

impl Instance {
    /// Finds the instance that holds the profile, or opens the profile.
    pub(super) async fn find(config: &Config, network: Network) -> Result<Self, Failure> {
        #[cfg(unix)]
        if let Some(stream) = rpc::socket::connect(&config.profile).await {
            let (input, output) = stream.into_split();
            let client = Client::connect(input, output).await?;
            return Self { client, own: None }.unlocked();
        }
        let (handle, _) = start(config, network).await?;
        let client = Client::of(&handle).await?;
        let own = Some(handle);
        Self { client, own }.unlocked()
    }

    fn unlocked(self) -> Result<Self, Failure> {
        if self.client.info.get("locked") == Some(&Value::Bool(true)) {
            return Err(Failure {
                code: 4,
                sentence: "The profile is locked: name a --passphrase-file, or set \
                           BETWIXT_PASSPHRASE."
                    .into(),
            });
        }
        Ok(self)
    }

    /// Whether it is a node of our own, which ends with us.
    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Ends it, if it is our own.
    pub(super) async fn end(self) {
        if let Some(handle) = self.own {
            let _ = timeout(process::END, handle.stop()).await;
        }
    }

    /// Everybody known, as rows of `contact.list`.
    pub(super) async fn contacts(&mut self) -> Result<Vec<Value>, Failure> {
        let contacts = self.client.call("contact.list", json!({})).await?;
        Ok(contacts.as_array().cloned().unwrap_or_default())
    }

    /// The person id of somebody who is named by it or by their name.
    pub(super) async fn person(&mut self, who: &str) -> Result<String, Failure> {
        let contacts = self.contacts().await?;
        let is_id = |contact: &&Value| text(contact, "person_id") == who;
        if let Some(contact) = contacts.iter().find(is_id) {
            return Ok(text(contact, "person_id").to_owned());
        }
        let is_name = |contact: &&Value| text(contact, "name").to_lowercase() == who.to_lowercase();
        let named: Vec<&Value> = contacts.iter().filter(is_name).collect();
        match named.as_slice() {
            [one] => Ok(text(one, "person_id").to_owned()),
            [] => Err(Failure::new(format!(
                "No contact has the name or person id `{}`. Your contacts: {}.",
                super::print::harmless(who),
                names(&contacts)
            ))),
            several => Err(Failure::new(format!(
                "{} contacts have that name; say which by person id: {}.",
                several.len(),
                several
                    .iter()
                    .map(|one| text(one, "person_id"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    }
}

fn names(contacts: &[Value]) -> String {
    let names: Vec<String> = contacts
        .iter()
        .map(|contact| super::print::harmless(text(contact, "name")))
        .collect();
    match names.as_slice() {
        [] => "none yet".into(),
        names => names.join(", "),
    }
}

/// Starts a node for the configuration.
pub(super) async fn start(config: &Config, network: Network) -> Result<(Handle, Running), Failure> {
    Ok(node::start(settings(config, network)?).await?)
}

/// What the configuration says to the node.
pub(super) fn settings(config: &Config, network: Network) -> Result<NodeSettings, Failure> {
    let passphrase = match std::env::var("BETWIXT_PASSPHRASE") {
        Ok(passphrase) => Some(Zeroizing::new(passphrase)),
        Err(_) => config.passphrase()?,
    };
    Ok(NodeSettings {
        profile: config.profile.clone(),
        passphrase,
        listen: config.listen.clone(),
        announce: None,
        dial: config.dial.clone(),
        relays: config.relay.clone(),
        mdns: config.mdns,
        files: FileRules {
            unasked: config.auto_download_mib.saturating_mul(1 << 20),
            quota: config.file_quota_gib.saturating_mul(1 << 30),
            rate: config.file_rate_kib.saturating_mul(1 << 10),
        },
        online: network == Network::On,
        restore: None,
    })
}

/// Lets the same user's other processes ask the node, until it ends; then the task ends too.
pub(super) fn offer_socket(config: &Config, handle: &Handle) -> JoinHandle<()> {
    #[cfg(unix)]
    match rpc::socket::Socket::bind(&config.profile) {
        Ok(socket) => {
            let handle = handle.clone();
            return tokio::spawn(async move {
                let ended = handle.clone();
                tokio::select! {
                    () = socket.serve(handle) => {}
                    () = ended.stopped() => {}
                }
            });
        }
        Err(error) => {
            tracing::warn!(%error, "no private socket: betwixt send and log need this instance closed");
        }
    }
    let ended = handle.clone();
    tokio::spawn(async move { ended.stopped().await })
}
