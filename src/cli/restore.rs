//! `betwixt restore`

use std::io::{self, IsTerminal as _, Read as _};

use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    client::{Client, text},
    failure::Failure,
    instance::{Network, settings},
    print, process,
};
use crate::{
    config::Config,
    node::{self, Restore},
};

/// More than 24 words and the white space between them.
const LONGEST: u64 = 4096;

pub(super) fn run(config: &Config, name: Option<String>) -> Result<(), Failure> {
    let words = words()?;
    process::block_on(async {
        let mut settings = settings(config, Network::Off)?;
        settings.restore = Some(Restore { words, name });
        let (handle, _) = node::start(settings).await?;
        let client = Client::of(&handle).await?;
        print::line(&format!(
            "You are {} again, person {}.",
            print::harmless(text(&client.info, "name")),
            text(&client.info, "person_id")
        ));
        print::line(
            "Contacts and messages are not in the words. Start Betwixt and add your contacts again: \
             those who still know you accept you by themselves.",
        );
        let _ = timeout(process::END, handle.stop()).await;
        Ok(())
    })
}

/// What stands on standard input, or the line that is typed.
fn words() -> Result<Zeroizing<String>, Failure> {
    let mut words = Zeroizing::new(String::with_capacity(1024));
    if io::stdin().is_terminal() {
        print::error("Type the 24 words, then Enter. They show while you type.");
        io::stdin().read_line(&mut words)?;
    } else {
        io::stdin().take(LONGEST).read_to_string(&mut words)?;
    }
    Ok(words)
}
