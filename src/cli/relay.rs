//! `betwixt relay`

use super::{
    args::RelayArguments,
    failure::Failure,
    print,
    process::{self, Signals},
};
use crate::{
    config::Config,
    node,
    relay::{self, NetError, RelayError},
};

pub(super) fn run(config: &Config, arguments: &RelayArguments) -> Result<(), Failure> {
    let settings = relay::Settings {
        directory: config.profile.clone(),
        listen: config.listen.clone(),
        token: arguments.token,
        gossip: true,
        mailboxes: Some(relay::Quotas::default()),
        metrics: None,
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

impl From<RelayError> for Failure {
    fn from(error: RelayError) -> Self {
        let sentence = format!("{error}.");
        match error {
            RelayError::Network(NetError::Address(_)) => Self::usage(sentence),
            RelayError::Network(_)
            | RelayError::Key { .. }
            | RelayError::Mailboxes { .. }
            | RelayError::Metrics { .. } => Self::new(sentence),
        }
    }
}
