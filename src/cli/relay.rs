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
        today: node::today,
        now: || node::now().0,
    };
    process::block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            ended = relay::run(settings, print::line) => ended.map_err(Failure::from),
            () = signals.asked_to_end() => Ok(()),
        }
    })
}

impl From<RelayError> for Failure {
    fn from(error: RelayError) -> Self {
        let sentence = format!("{error}.");
        match error {
            RelayError::Network(NetError::Address(_)) => Self::usage(sentence),
            RelayError::Network(_) | RelayError::Key { .. } => Self::new(sentence),
        }
    }
}
