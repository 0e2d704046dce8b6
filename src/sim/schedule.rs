//! A schedule: who is there, what people do, and what goes wrong. Drawn from a seed (`draw.rs`) or read
//! from a scenario file; with its seed it gives one run and no other.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{host::CrashAt, network::Links, relay::Lie};

/// One run, before it runs. Written as TOML it is a scenario file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Chance of the hosts and of the network.
    pub seed: u64,
    /// How many people there are.
    pub peers: usize,
    /// Who is in which group at first; the first of each founds it.
    #[serde(default)]
    pub groups: Vec<Vec<usize>>,
    /// Who knows whom, beside the founders and their members.
    #[serde(default)]
    pub friends: Vec<(usize, usize)>,
    /// How many relays there are, for everybody.
    #[serde(default)]
    pub relays: u8,
    /// How long after all is healed everybody has to agree, in seconds.
    #[serde(default = "a_minute")]
    pub settle_s: u64,
    /// The network, until it is healed.
    #[serde(default)]
    pub links: Links,
    /// What happens, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

fn a_minute() -> u64 {
    60
}

/// Something that happens, and how long it is quiet before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    #[serde(default)]
    pub after_ms: u64,
    #[serde(flatten)]
    pub act: Act,
}

/// What happens. Who cannot do it does nothing. Hosts, groups and relays are counted from 0, and messages
/// from the last one back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Somebody says something in a group.
    Say { who: usize, group: usize },
    /// Somebody says something to somebody alone.
    Tell { who: usize, whom: usize },
    /// Somebody gives an own message another text.
    Edit { who: usize, back: usize },
    /// Somebody takes an own message away, from everybody.
    Delete { who: usize, back: usize },
    /// Somebody puts an emoji at a message of a group.
    React {
        who: usize,
        group: usize,
        back: usize,
    },
    /// Somebody reads a group.
    Read { who: usize, group: usize },
    /// Somebody reads what another told them.
    ReadFrom { who: usize, whom: usize },
    /// Somebody adds a contact to a group, with so many of the messages before.
    Add {
        who: usize,
        whom: usize,
        group: usize,
        history: u32,
    },
    /// Somebody removes a member from a group.
    Remove {
        who: usize,
        whom: usize,
        group: usize,
    },
    /// Somebody leaves a group.
    Leave { who: usize, group: usize },
    /// Somebody makes a member an admin, or a plain member again.
    Promote {
        who: usize,
        whom: usize,
        group: usize,
        admin: bool,
    },
    /// Cuts the cable between two.
    Part { a: usize, b: usize },
    /// Mends it.
    Mend { a: usize, b: usize },
    /// Those below a number and the others no longer reach each other.
    Split { at: usize },
    /// All cables are whole again.
    Unite,
    /// The network is so bad from now on.
    Links { links: Links },
    /// Somebody loses power, for a while.
    Away { who: usize, ms: u64 },
    /// Somebody loses power at the nth commit from now, for a while.
    Crash {
        who: usize,
        nth: u32,
        at: CrashAt,
        ms: u64,
    },
    /// Somebody copies their disk.
    Copy { who: usize },
    /// Somebody goes on with the copy, and their node knows it.
    SetBack { who: usize },
    /// Somebody's disk forgets everything since the copy, and nobody knows it.
    Forget { who: usize },
    /// A relay goes away.
    RelayAway { relay: usize },
    /// It comes back.
    RelayBack { relay: usize },
    /// It loses its disk.
    RelayLoses { relay: usize },
    /// It lies from now on.
    RelayLies { relay: usize, lie: Lie },
    /// It is honest again.
    RelayHonest { relay: usize },
}

impl Schedule {
    /// Who has to know whom, smaller number first.
    pub fn pairs(&self) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        for group in &self.groups {
            if let Some((founder, members)) = group.split_first() {
                pairs.extend(members.iter().map(|member| (*founder, *member)));
            }
        }
        pairs.extend(self.friends.iter().copied());
        let sorted = pairs.into_iter().map(|(a, b)| (a.min(b), a.max(b)));
        sorted.filter(|(a, b)| a != b && *b < self.peers).collect()
    }

    /// As a scenario file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_else(|error| format!("# {error}\n"))
    }

    /// From a scenario file.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}
