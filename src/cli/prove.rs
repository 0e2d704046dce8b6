//! `betwixt prove` and `betwixt verify`

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use serde_json::json;

use super::{
    client::text,
    failure::Failure,
    instance::{Instance, Network},
    print, process,
};
use crate::{
    config::Config,
    node::{LARGEST_PROOF, Verified, verify_proof},
};

/// Writes a proof of a message to a file that is not there yet.
pub(super) fn prove(config: &Config, message: &str, out: Option<PathBuf>) -> Result<(), Failure> {
    let short = message.get(..8).unwrap_or(message);
    let out = out.unwrap_or_else(|| PathBuf::from(format!("{short}.betwixt-proof")));
    let proof = process::block_on(async {
        let mut instance = Instance::find(config, Network::Off).await?;
        let params = json!({ "message_id": message });
        let proof = instance.client.call("message.prove", params).await;
        instance.end().await;
        BASE64
            .decode(text(&proof?, "proof").as_bytes())
            .map_err(|_| Failure::new("Betwixt answered with something that is no proof."))
    })?;
    let refused = |error| Failure::new(format!("{} cannot be written: {error}.", out.display()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&out)
        .map_err(refused)?;
    if let Err(error) = file.write_all(&proof).and_then(|()| file.sync_all()) {
        let _ = fs::remove_file(&out);
        return Err(refused(error));
    }
    print::line(&format!("{}", out.display()));
    Ok(())
}

/// Says what a proof shows; refuses one that does not hold.
pub(super) fn verify(file: &Path) -> Result<(), Failure> {
    let refused = |error| Failure::new(format!("{} cannot be read: {error}.", file.display()));
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST_PROOF).unwrap_or(u64::MAX);
    File::open(file)
        .and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(refused)?;
    let shown = verify_proof(&bytes)
        .map_err(|flaw| Failure::new(format!("{} proves nothing: {flaw}.", file.display())))?;
    for line in lines(&shown) {
        print::line(&line);
    }
    Ok(())
}

fn lines(shown: &Verified) -> Vec<String> {
    let kind = if shown.is_group {
        "group"
    } else {
        "chat of two"
    };
    let mut lines = vec![
        format!("message    {}", shown.message),
        format!("in         {kind} {}", shown.chat),
        format!("by         {}", shown.author),
        format!(
            "said       {}, by its author's clock",
            print::time(shown.said_at)
        ),
    ];
    lines.push(match &shown.text {
        Some(text) => format!("text       {}", print::harmless(text)),
        None => "text       none: it is of another kind".to_owned(),
    });
    for (person, at) in &shown.delivered {
        let at = print::time(*at);
        lines.push(format!(
            "delivered  {person} signed to have it, {at} by their clock"
        ));
    }
    for person in &shown.outstanding {
        lines.push(format!(
            "open       {person} has signed nothing, as its author says"
        ));
    }
    for (relay, until) in &shown.kept {
        let until = print::time(*until);
        lines.push(format!(
            "held       relay {relay} signed to hold a frame until {until}; that this message is in it, its author says"
        ));
    }
    let of = shown.delivered.len() + shown.outstanding.len();
    lines.push(format!(
        "The proof holds: made by the author, {}; delivered to {} of {of}.",
        print::time(shown.made_at),
        shown.delivered.len()
    ));
    lines
}
