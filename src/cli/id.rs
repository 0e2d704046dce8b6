//! `betwixt id`

use serde_json::Value;

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
};
use crate::config::Config;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    process::block_on(async {
        let instance = Instance::find(config, Network::Off).await?;
        let info = &instance.client.info;
        print::line(&format!("name     {}", print::harmless(text(info, "name"))));
        print::line(&format!("person   {}", text(info, "person_id")));
        print::line(&format!("peer     {}", text(info, "peer_id")));
        print::line(&format!(
            "profile  {}",
            print::harmless(text(info, "profile"))
        ));
        for address in info
            .get("listen")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            print::line(&format!(
                "listen   {}",
                address.as_str().unwrap_or_default()
            ));
        }
        instance.end().await;
        Ok(())
    })
}
