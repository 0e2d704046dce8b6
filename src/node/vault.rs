//! Passphrase and recovery words.

use super::{
    CommandError, ErrorKind,
    view::{Answer, NodeCommand},
};
use crate::store::{PassphraseError, Store};

/// Carries out what needs the open vault. It blocks, about a second when there is a passphrase.
pub(super) fn carry_out(
    store: &Store,
    command: NodeCommand,
    words: &str,
) -> Result<Answer, CommandError> {
    match command {
        NodeCommand::SetPassphrase { current, new } => {
            store
                .set_passphrase(current.as_deref(), new.as_deref())
                .map_err(|error| refused(&error))?;
            Ok(Answer::Done {})
        }
        NodeCommand::Recovery { passphrase } => {
            store
                .check_passphrase(passphrase.as_deref())
                .map_err(|error| refused(&error))?;
            Ok(Answer::Recovery {
                words: words.to_owned(),
            })
        }
        // It is open.
        NodeCommand::Unlock { .. } => Ok(Answer::Done {}),
        NodeCommand::Lock => Err(nothing_to_lock()),
    }
}

/// Without a passphrase whoever has the profile can open it.
pub(super) fn nothing_to_lock() -> CommandError {
    let message = "There is no passphrase, so locking would keep nobody out; set one first with \
                   node.passphrase.";
    CommandError::new(ErrorKind::Conflict, message)
}

/// The profile is locked.
pub(super) fn locked() -> CommandError {
    let message = "The profile is locked; unlock it with its passphrase first.";
    CommandError::new(ErrorKind::Locked, message)
}

/// The passphrase is not the one.
pub(super) fn wrong_passphrase() -> CommandError {
    let message = "That is not the passphrase. Nothing was changed; try again.";
    CommandError::new(ErrorKind::Forbidden, message)
}

fn refused(error: &PassphraseError) -> CommandError {
    match error {
        PassphraseError::Wrong => wrong_passphrase(),
        PassphraseError::TooShort(short) => CommandError::new(
            ErrorKind::Invalid,
            format!("That is too short: {short}. Choose a longer one."),
        ),
        PassphraseError::Locked => locked(),
        PassphraseError::Failed(_) => CommandError::new(
            ErrorKind::Storage,
            format!("The disk refused: {error}. Make room or mend it, then try again."),
        ),
    }
}
