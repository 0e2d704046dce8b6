//! How a verb fails: a sentence and an exit code.

use crate::{
    config::ConfigError,
    node::{CommandError, StartError},
};

/// Why the program ends with something else than 0.
#[derive(Debug)]
pub(super) struct Failure {
    /// As `docs/rpc.md` promises.
    pub(super) code: u8,
    /// What happened, and what to do.
    pub(super) sentence: String,
}

impl Failure {
    /// Something went wrong: code 1.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self {
            code: 1,
            sentence: sentence.into(),
        }
    }

    /// It was asked for in a way that makes no sense: code 2.
    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self {
            code: 2,
            sentence: sentence.into(),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self {
            code: error.exit_code(),
            sentence: error.to_string(),
        }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Self::new(error.message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(format!("The system refuses: {error}."))
    }
}
