//! A person's device: an engine, a disk, and what the network knows of it.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use crate::{
    proto::{
        engine::{
            Engine,
            command::{CommandError, Reply},
            input::CommandId,
            loading::Records,
        },
        id::{DeviceId, MessageId, PersonId},
        record::{CLASSES, memory::Memory},
        time::Timestamp,
    },
    wire::id::{PeerId, TopicKey},
};

/// Where a host crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrashAt {
    /// After handling, before the commit.
    BeforeCommit,
    /// After the commit, before anything is released.
    AfterCommit,
    /// In the middle of the release, after one effect.
    DuringRelease,
}

/// A crash that is arranged.
#[derive(Clone, Copy, Debug)]
pub struct Trap {
    /// So many batches that write something are committed before.
    pub left: u32,
    pub at: CrashAt,
    /// How long the host is away then.
    pub away_ms: u64,
}

/// Which life of a host: what was under way to an earlier one is lost.
pub type Life = u32;

pub struct Host {
    /// None: it is away.
    pub engine: Option<Engine>,
    pub disk: Memory,
    pub rng: ChaCha20Rng,
    pub person: PersonId,
    pub device: DeviceId,
    pub peer: PeerId,
    pub allowed: BTreeSet<PeerId>,
    pub topics: BTreeSet<TopicKey>,
    /// Whom it finds on its own network.
    pub near: BTreeSet<usize>,
    pub replies: BTreeMap<CommandId, Result<Reply, CommandError>>,
    /// When its engine wants to be woken.
    pub due: Option<Timestamp>,
    pub life: Life,
    pub trap: Option<Trap>,
    /// An older copy of its disk.
    pub copy: Option<Memory>,
    /// It went on with an older copy once, and knew it.
    pub was_set_back: bool,
    /// The messages whose saying was answered.
    pub answered: Vec<MessageId>,
    pub cost: Cost,
}

/// What a host has cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Messages that came over the network, and their bytes.
    pub messages_in: u64,
    pub bytes_in: u64,
    /// Those it said; gossip counts once.
    pub messages_out: u64,
    pub bytes_out: u64,
    /// Time of the processor in the engine, if that is measured.
    pub cpu_ns: u64,
}

impl Host {
    pub fn new(engine: Engine, disk: Memory, rng: ChaCha20Rng) -> Self {
        Self {
            person: engine.person(),
            device: engine.device(),
            peer: engine.peer(),
            engine: Some(engine),
            disk,
            rng,
            allowed: BTreeSet::new(),
            topics: BTreeSet::new(),
            near: BTreeSet::new(),
            replies: BTreeMap::new(),
            due: None,
            life: 0,
            trap: None,
            copy: None,
            was_set_back: false,
            answered: Vec::new(),
            cost: Cost::default(),
        }
    }

    pub fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    /// The engine as its disk has it; none if that cannot be read.
    pub fn load(&self, now: Timestamp) -> Option<Engine> {
        let mut records = Records::new();
        for class in CLASSES {
            records.insert(class, self.disk.records(class));
        }
        let (engine, unread) = Engine::load(records, now).ok()?;
        unread.is_empty().then_some(engine)
    }
}
