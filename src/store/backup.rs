//! The records without which nobody is who they were, once more and outside the database.
//!
//! `records.bin` is small, has two copies, and is read only when the database is lost: then the
//! identity, the contacts and the chats are still there. Ratchet state is never in it: its key must
//! be able to disappear.

use std::{collections::BTreeMap, path::Path};

use minicbor::{Decode, Encode, bytes::ByteVec};
use zeroize::Zeroizing;

use super::{
    database::Database,
    error::StoreError,
    files::{self, Copies},
    seal::Sealer,
};
use crate::proto::{record::Class, secret};

/// What is in it.
const KEPT: [Class; 6] = [
    Class::Account,
    Class::Device,
    Class::Profile,
    Class::Contact,
    Class::Invite,
    Class::Chat,
];

const FILE: &str = "records.bin";

/// Records by class and key.
pub(super) type Records = BTreeMap<(Class, Vec<u8>), Zeroizing<Vec<u8>>>;

#[derive(Encode, Decode)]
#[cbor(array)]
struct File {
    #[n(0)]
    records: Vec<Entry>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Entry {
    #[n(0)]
    class: u8,
    #[n(1)]
    key: ByteVec,
    #[n(2)]
    value: ByteVec,
}

impl Drop for Entry {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut *self.value);
    }
}

/// Writes the file anew.
pub(super) fn write(dir: &Path, database: &Database) -> Result<(), StoreError> {
    let mut records = Vec::new();
    for class in KEPT {
        for (key, value) in database.records(class)? {
            records.push(Entry {
                class: class as u8,
                key: key.into(),
                value: value.to_vec().into(),
            });
        }
    }
    let plain = secret::encode(&File { records });
    let sealed = database.sealer.seal_file(&plain)?;
    Ok(files::write_copies(&dir.join(FILE), &sealed)?)
}

/// Reads the file; empty when there is none, or none that can be read.
pub(super) fn read(dir: &Path, sealer: &Sealer) -> Records {
    let Ok(Copies::Whole { bytes, .. }) = files::read_copies(&dir.join(FILE)) else {
        return Records::new();
    };
    let opened = sealer.open_file(&bytes);
    let file: Option<File> = opened.and_then(|plain| secret::decode(&plain).ok());
    let entries = file.map(|file| file.records).unwrap_or_default();
    let record = |mut entry: Entry| {
        let class = KEPT.into_iter().find(|class| *class as u8 == entry.class)?;
        let value = std::mem::take(&mut *entry.value);
        Some(((class, entry.key.to_vec()), Zeroizing::new(value)))
    };
    entries.into_iter().filter_map(record).collect()
}
