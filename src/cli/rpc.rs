//! `betwixt rpc`

use std::time::Duration;

use tokio::time::timeout;

use super::{
    failure::Failure,
    instance::{self, Network},
    process::{self, Signals},
};
use crate::{
    config::Config,
    rpc::{self, Ended},
};

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    process::block_on(async {
        let mut signals = Signals::listen()?;
        let (handle, running) = tokio::select! {
            started = instance::start(config, Network::On) => started?,
            () = signals.asked_to_end() => return Ok(()),
        };
        let socket = instance::offer_socket(config, &handle);
        // Whoever started us may stop reading for as long as they like.
        let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
        let serving = rpc::serve(&handle, input, output, Duration::MAX);
        let ended = tokio::select! {
            ended = serving => ended,
            () = signals.asked_to_end() => Ended::Input,
        };
        if ended == Ended::Input {
            let end = async { tokio::join!(handle.stop(), socket) };
            if timeout(process::END, end).await.is_err() {
                return Ok(());
            }
        }
        // The disk may have refused something at the last moment.
        running
            .ended()
            .await
            .map_err(|error| Failure::new(error.to_string()))
    })
}
