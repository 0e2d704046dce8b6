//! What a run cost its hosts.

use super::world::World;
use crate::proto::{
    engine::Engine,
    record::{CLASSES, PageBounds},
};

/// What hosts cost over some time.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub virtual_ms: u64,
    pub hosts: Vec<HostReport>,
    /// What relays keep, in bytes.
    pub relay_bytes: u64,
}

/// What one host cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostReport {
    pub messages_in: u64,
    pub messages_out: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub cpu_ns: u64,
    /// Records on its disk, and the bytes of records and messages there. The engine holds the records.
    pub records: u64,
    pub disk_bytes: u64,
    pub chats: u64,
}

impl Report {
    pub fn of(world: &World, virtual_ms: u64) -> Self {
        let bounds = PageBounds {
            before: None,
            after: None,
            limit: usize::MAX,
        };
        let host = |held: &super::host::Host| {
            let mut report = HostReport {
                messages_in: held.cost.messages_in,
                messages_out: held.cost.messages_out,
                bytes_in: held.cost.bytes_in,
                bytes_out: held.cost.bytes_out,
                cpu_ns: held.cost.cpu_ns,
                ..HostReport::default()
            };
            for (key, value) in CLASSES.iter().flat_map(|class| held.disk.records(*class)) {
                report.records += 1;
                report.disk_bytes += bytes(key.len() + value.len());
            }
            let chats = held.engine.as_ref().map(Engine::chat_ids);
            for chat in chats.unwrap_or_default() {
                report.chats += 1;
                let rows = held.disk.page(chat, bounds).into_iter();
                report.disk_bytes += rows.map(|it| bytes(it.row.content.len())).sum::<u64>();
            }
            report
        };
        Self {
            virtual_ms,
            hosts: world.hosts.iter().map(host).collect(),
            relay_bytes: (0..world.relays.len())
                .map(|it| world.relay_bytes(it))
                .sum(),
        }
    }

    /// A figure of all hosts: the middle one, and the greatest.
    pub fn spread(&self, of: impl Fn(&HostReport) -> u64) -> (u64, u64) {
        let mut all: Vec<u64> = self.hosts.iter().map(of).collect();
        all.sort_unstable();
        let middle = all.get(all.len() / 2).copied().unwrap_or(0);
        (middle, all.last().copied().unwrap_or(0))
    }

    /// So much an hour.
    pub fn hourly(&self, amount: u64) -> u64 {
        amount.saturating_mul(3_600_000) / self.virtual_ms.max(1)
    }
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
