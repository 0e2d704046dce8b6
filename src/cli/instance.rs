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
        let named: Vec<&Value> = contacts.iter().filter(|one| is_called(one, who)).collect();
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

    /// The chat id of a group that is named by it or by its name, or of the chat with a contact.
    pub(super) async fn chat(&mut self, which: &str) -> Result<String, Failure> {
        let chats = self.chats().await?;
        let is_id = |chat: &&Value| text(chat, "chat_id") == which;
        if let Some(chat) = chats.iter().find(is_id) {
            return Ok(text(chat, "chat_id").to_owned());
        }
        let is_group = |chat: &&Value| text(chat, "kind") == "group";
        let groups: Vec<&Value> = chats.iter().filter(is_group).collect();
        let named: Vec<&&Value> = groups.iter().filter(|one| is_called(one, which)).collect();
        let contacts = self.contacts().await?;
        let is_contact =
            |contact: &Value| text(contact, "person_id") == which || is_called(contact, which);
        match (named.as_slice(), contacts.iter().any(is_contact)) {
            ([group], false) => Ok(text(group, "chat_id").to_owned()),
            ([], true) => {
                let person = self.person(which).await?;
                let params = json!({ "person_id": person });
                let chat = self.client.call("chat.direct", params).await?;
                Ok(text(&chat, "chat_id").to_owned())
            }
            ([], false) => Err(Failure::new(format!(
                "No contact and no group has the name or id `{}`. Your contacts: {}. Your groups: {}.",
                super::print::harmless(which),
                names(&contacts),
                names(groups)
            ))),
            (several, with) => Err(Failure::new(format!(
                "{} group{}{} have that name; say which by an id of `betwixt call chat.list`.",
                several.len(),
                if several.len() == 1 { "" } else { "s" },
                if with { " and a contact" } else { "" }
            ))),
        }
    }

    /// All chats, as rows of `chat.list`.
    pub(super) async fn chats(&mut self) -> Result<Vec<Value>, Failure> {
        let chats = self.client.call("chat.list", json!({})).await?;
        Ok(chats.as_array().cloned().unwrap_or_default())
    }
}

fn is_called(row: &Value, name: &str) -> bool {
    text(row, "name").to_lowercase() == name.to_lowercase()
}

fn names<'a>(rows: impl IntoIterator<Item = &'a Value>) -> String {
    let names: Vec<String> = rows
        .into_iter()
        .map(|row| super::print::harmless(text(row, "name")))
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
