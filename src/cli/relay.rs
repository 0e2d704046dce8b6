//! `betwixt relay`

use super::{
    args::RelayArguments,
    failure::Failure,
    print,
    process::{self, Signals},
};
use crate::{
    config::{Overrides, Quota, RelayConfig},
    node,
    relay::{self, FileQuotas, NetError, Quotas, RelayError},
};

pub(super) fn run(flags: Overrides, arguments: &RelayArguments) -> Result<(), Failure> {
    let config = RelayConfig::load(arguments.config.as_deref(), flags)?;
    process::log(&config.log)?;
    let settings = relay::Settings {
        directory: config.directory,
        listen: config.listen,
        token: arguments.token.or(config.token),
        gossip: config.gossip,
        mailboxes: config.quota.map(quotas),
        files: config.quota.and_then(file_quotas),
        metrics: config.metrics,
        today: node::today,
        now: || node::now().0,
    };
    process::block_on(async {
        let mut signals = Signals::listen()?;
        let stop = signals.asked_to_end();
        let ended = relay::run(settings, stop, print::line).await;
        ended.map_err(Failure::from)
    })
}

fn quotas(quota: Quota) -> Quotas {
    Quotas {
        keep_ms: quota.keep_days.saturating_mul(DAY_MS),
        topic_bytes: mib(quota.topic_mib),
        topic_frames: quota.topic_frames,
        topics_each: quota.client_topics,
        client_bytes: mib(quota.client_mib),
        topics: quota.total_topics,
        bytes: mib(quota.total_mib),
        min_free: mib(quota.min_free_mib),
    }
}

fn file_quotas(quota: Quota) -> Option<FileQuotas> {
    let quotas = FileQuotas {
        keep_ms: quota.keep_days.saturating_mul(DAY_MS),
        file: mib(quota.file_mib),
        topic: mib(quota.topic_files_mib),
        client: mib(quota.client_files_mib),
        bytes: mib(quota.total_files_mib),
        min_free: mib(quota.min_free_mib),
    };
    (quotas.bytes > 0).then_some(quotas)
}

fn mib(mib: u64) -> u64 {
    mib.saturating_mul(1 << 20)
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl From<RelayError> for Failure {
    fn from(error: RelayError) -> Self {
        let sentence = format!("{error}.");
        match error {
            RelayError::Network(NetError::Address(_)) => Self::usage(sentence),
            RelayError::Network(_)
            | RelayError::Key { .. }
            | RelayError::Mailboxes { .. }
            | RelayError::Files { .. }
            | RelayError::Metrics { .. } => Self::new(sentence),
        }
    }
}
