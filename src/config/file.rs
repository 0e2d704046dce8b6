//! `config.toml`.

use std::{io::ErrorKind, path::Path};

use super::Overrides;

/// The commented file that a new profile gets.
pub const TEMPLATE: &str = include_str!("../../assets/config.toml");

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk refuses.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{file}, line {line}, {key}: {problem}")]
    Wrong {
        /// Which file.
        file: String,
        /// From 1.
        line: usize,
        /// The key on that line.
        key: String,
        /// What is wrong.
        problem: String,
    },
}

/// What the file sets; nothing when there is none.
pub(super) fn read(path: &Path) -> Result<Overrides, FileError> {
    match read_if_there(path)? {
        Some(text) => parse(&text, &path.display().to_string()),
        None => Ok(Overrides::default()),
    }
}

/// A file that need not be there.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, FileError> {
    match read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(FileError::Unreadable { source, .. }) if source.kind() == ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A file that has to be there.
pub(super) fn read_text(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|source| FileError::Unreadable {
        file: path.display().to_string(),
        source,
    })
}

pub(super) fn parse(text: &str, file: &str) -> Result<Overrides, FileError> {
    parse_as(text, file)
}

/// Reads TOML; what is wrong with it is said with its line and key.
pub(super) fn parse_as<T: serde::de::DeserializeOwned>(
    text: &str,
    file: &str,
) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count();
        FileError::Wrong {
            file: file.to_owned(),
            line: line + 1,
            key: key_at(text, line),
            problem: error.message().to_owned(),
        }
    })
}

/// The key of the assignment that the line is part of.
fn key_at(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().take(line + 1).collect();
    let assignment = lines.iter().rev().find_map(|line| line.split_once('='));
    match assignment {
        Some((key, _)) => format!("key `{}`", key.trim()),
        None => "no key".to_owned(),
    }
}
