//! `betwixt call`

use serde_json::Value;

use super::{
    failure::Failure,
    instance::{Instance, Network},
    print, process,
};
use crate::config::Config;

/// Asks one thing, and prints what is answered.
pub(super) fn run(config: &Config, method: &str, params: Value) -> Result<(), Failure> {
    process::block_on(async {
        let mut instance = Instance::find(config, Network::Off).await?;
        let answer = instance.client.call(method, params).await;
        instance.end().await;
        print::line(&answer?.to_string());
        Ok(())
    })
}

/// The params of a request, as they are written on the command line.
pub(super) fn params(written: &str) -> Result<Value, String> {
    match serde_json::from_str(written) {
        Ok(params @ Value::Object(_)) => Ok(params),
        Ok(_) | Err(_) => Err(
            "write a JSON object in quotes, such as '{\"chat_id\": \"3f0a…\", \"text\": \"Hello\"}'".into(),
        ),
    }
}
