//! What the operating system says, in the person's words.

use std::io::{Error, ErrorKind};

use crate::gui::strings::{tr, tr_name};

/// A cause as the person says it, if the system said it. What is not common stands in brackets, as the system
/// has it.
pub(super) fn words(cause: &str) -> Option<String> {
    let Some(number) = number(cause) else {
        let mut kinds = KINDS.into_iter();
        return kinds
            .find(|(kind, _)| Error::from(*kind).to_string() == cause)
            .map(|(_, key)| tr(key));
    };
    let error = Error::from_raw_os_error(number);
    // Something else stands before it.
    if error.to_string() != cause {
        return None;
    }
    let key = NUMBERS
        .into_iter()
        .find_map(|(of, key)| (of == number).then_some(key));
    let of_kind = || {
        let mut kinds = KINDS.into_iter();
        kinds.find_map(|(kind, key)| (kind == error.kind()).then_some(key))
    };
    let key = key.or_else(of_kind);
    Some(key.map_or_else(|| tr_name("io-other", cause), tr))
}

/// The system's number of a cause.
fn number(cause: &str) -> Option<i32> {
    let (_, number) = cause.rsplit_once(" (os error ")?;
    number.strip_suffix(')')?.parse().ok()
}

/// What is common.
const KINDS: [(ErrorKind, &str); 20] = [
    (ErrorKind::NotFound, "io-missing"),
    (ErrorKind::PermissionDenied, "io-denied"),
    (ErrorKind::StorageFull, "io-full"),
    (ErrorKind::QuotaExceeded, "io-quota"),
    (ErrorKind::ReadOnlyFilesystem, "io-read-only"),
    (ErrorKind::AlreadyExists, "io-exists"),
    (ErrorKind::IsADirectory, "io-folder"),
    (ErrorKind::NotADirectory, "io-no-folder"),
    (ErrorKind::DirectoryNotEmpty, "io-not-empty"),
    (ErrorKind::FileTooLarge, "io-large"),
    (ErrorKind::InvalidFilename, "io-name"),
    (ErrorKind::ResourceBusy, "io-busy"),
    (ErrorKind::OutOfMemory, "io-memory"),
    (ErrorKind::UnexpectedEof, "io-end"),
    (ErrorKind::TimedOut, "io-late"),
    (ErrorKind::ConnectionRefused, "io-refused"),
    (ErrorKind::ConnectionReset, "io-reset"),
    (ErrorKind::NetworkUnreachable, "io-network"),
    (ErrorKind::HostUnreachable, "io-host"),
    (ErrorKind::AddrInUse, "io-in-use"),
];

/// What is common and of no kind: too many open files, here and in all; a disk that fails.
const NUMBERS: [(i32, &str); 3] = [(24, "io-many"), (23, "io-many"), (5, "io-disk")];
