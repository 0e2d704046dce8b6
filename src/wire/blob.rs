//! Requests and replies of the file protocol, `/betwixt/blob/1` (protocol §7).
//!
//! A file is kept and carried as encrypted chunks. Anyone can check that a list of chunk hashes is
//! a file's, and that a chunk is in the list; only who has the message with its key can read it.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    codec::{self, Malformed},
    limits,
};

/// What the name of a file covers before its size and hashes: `L("blob")`.
const LABEL: &[u8] = b"betwixt1:blob\0";

/// What is asked of a holder of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BlobRequest {
    /// The hashes of all chunks (`Hl`).
    #[n(0)]
    List {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
    },
    /// One chunk.
    #[n(1)]
    Chunk {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
        /// Which chunk, from 0.
        #[n(1)]
        index: u32,
    },
}

/// What a holder of a file answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BlobReply {
    /// It has no such file, or not this chunk of it, or the asker may not have it.
    #[n(0)]
    Refused,
    /// Answer to [`BlobRequest::List`].
    #[n(1)]
    List {
        /// Encrypted bytes of the file.
        #[n(0)]
        size: u64,
        /// BLAKE3 of each chunk, one after the other.
        #[n(1)]
        hashes: ByteVec,
    },
    /// Answer to [`BlobRequest::Chunk`].
    #[n(2)]
    Chunk(#[n(0)] ByteVec),
}

impl BlobRequest {
    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let request = codec::from_slice(bytes, limits::BLOB_MESSAGE)?;
        match request {
            Self::Chunk { index, .. }
                if usize::try_from(index).map_or(true, |i| i >= limits::BLOB_CHUNKS) =>
            {
                Err(Malformed)
            }
            Self::List { .. } | Self::Chunk { .. } => Ok(request),
        }
    }
}

impl BlobReply {
    /// The bytes of the reply.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a reply. A list must have one hash for each chunk of its size.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let reply: Self = codec::from_slice(bytes, limits::BLOB_MESSAGE)?;
        let within = match &reply {
            Self::Refused => true,
            Self::List { size, hashes } => chunks(*size) == Some(hashes.len()),
            Self::Chunk(chunk) => chunk.len() <= limits::BLOB_CHUNK,
        };
        if within { Ok(reply) } else { Err(Malformed) }
    }
}

/// The name of a file: `BLAKE3(L("blob") ‖ u64(size) ‖ hashes)`.
pub fn blob_id(size: u64, hashes: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(LABEL);
    hash.update(&size.to_be_bytes());
    hash.update(hashes);
    *hash.finalize().as_bytes()
}

/// How many bytes of hashes a file of so many encrypted bytes has, if it may be so large.
fn chunks(size: u64) -> Option<usize> {
    let count = usize::try_from(size).ok()?.div_ceil(limits::BLOB_CHUNK);
    (1..=limits::BLOB_CHUNKS)
        .contains(&count)
        .then_some(count * 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_round_trip_up_to_the_last_chunk() {
        for request in [
            BlobRequest::List { blob: [1; 32] },
            BlobRequest::Chunk {
                blob: [1; 32],
                index: 32_767,
            },
        ] {
            assert_eq!(BlobRequest::decode(&request.encode()), Ok(request));
        }
        let beyond = BlobRequest::Chunk {
            blob: [1; 32],
            index: 32_768,
        };
        assert!(BlobRequest::decode(&beyond.encode()).is_err());
    }

    #[test]
    fn a_list_has_a_hash_for_each_chunk() {
        let list = |size, hashes: usize| BlobReply::List {
            size,
            hashes: vec![2; hashes * 32].into(),
        };
        for (size, hashes, fits) in [
            (1, 1, true),
            (65_552, 1, true),
            (65_553, 2, true),
            (65_553, 1, false),
            (0, 0, false),
            (65_552 * 32_768, 32_768, true),
            (65_552 * 32_768 + 1, 32_769, false),
            (u64::MAX, 1, false),
        ] {
            let reply = list(size, hashes);
            assert_eq!(BlobReply::decode(&reply.encode()).is_ok(), fits, "{size}");
        }
    }

    #[test]
    fn a_chunk_is_at_most_64_kib_and_a_tag() {
        let chunk = |len| BlobReply::Chunk(vec![3; len].into());

        assert!(BlobReply::decode(&chunk(65_552).encode()).is_ok());
        assert!(BlobReply::decode(&chunk(65_553).encode()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = BlobRequest::decode(&bytes);
            let _ = BlobReply::decode(&bytes);
        }
    }
}
