//! Saving the proof of a message where the person wants it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use data_encoding::BASE64;

use super::{bridge::Update, disk, refusal, strings::tr_name};
use crate::node::{Command, Handle, MessageId, Reply};

/// Asks the node for it, and writes it where nothing is yet.
pub async fn save(node: Handle, message_id: MessageId, path: String) -> Update {
    Update::Proved(prove(&node, message_id, path).await)
}

async fn prove(node: &Handle, message_id: MessageId, path: String) -> Result<String, String> {
    let said = node.command(Command::ProveMessage { message_id }).await;
    let proof = match said.map_err(|error| refusal::said(&error))? {
        Reply::Proof { proof } => BASE64.decode(proof.as_bytes()).unwrap_or_default(),
        _ => Vec::new(),
    };
    let place = disk::at_home(Path::new(&path));
    let written = tokio::task::spawn_blocking(move || {
        let written = write(&place, &proof);
        written.map(|()| place.display().to_string())
    });
    let written = written.await.map_err(|error| error.to_string())?;
    written.map_err(|error| tr_name("proof-unsaved", &refusal::words(error.to_string())))
}

/// Writes a file that is not there yet; all of it or none.
fn write(place: &Path, proof: &[u8]) -> io::Result<()> {
    if proof.is_empty() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(place)?;
    let written = file.write_all(proof).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(place);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_written_once_and_over_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a.betwixt-proof");

        write(&place, b"proof").unwrap();
        let again = write(&place, b"another").unwrap_err();

        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&place).unwrap(), b"proof");
        assert!(write(&dir.path().join("none"), b"").is_err());
        assert!(!dir.path().join("none").exists());
    }
}
