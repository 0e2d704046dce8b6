//! Files for tests.

use crate::wire::{
    blob::{blob_id, page_hash},
    id::TopicKey,
    limits,
    mailbox::BlobPut,
};

/// A sealed file, as far as a relay sees one.
pub(in crate::relay) struct Made {
    pub(in crate::relay) put: BlobPut,
    pub(in crate::relay) hashes: Vec<u8>,
    pub(in crate::relay) bytes: Vec<u8>,
}

/// A file of one page. Sixteen seeds are of one topic.
pub(in crate::relay) fn made(seed: u8, size: usize, readers: u8) -> Made {
    let bytes: Vec<u8> = (0..size)
        .map(|at| seed ^ u8::try_from(at % 251).unwrap())
        .collect();
    let chunks = bytes.chunks(limits::BLOB_CHUNK);
    let hashes: Vec<u8> = chunks
        .flat_map(|chunk| *blake3::hash(chunk).as_bytes())
        .collect();
    let pages = page_hash(&hashes).to_vec();
    let put = BlobPut {
        topic: TopicKey([seed / 16; 32]),
        blob: blob_id(size as u64, &pages),
        size: size as u64,
        pages: pages.into(),
        readers,
        auth: [0; 64],
    };
    Made { put, hashes, bytes }
}
