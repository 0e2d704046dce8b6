//! Requests and replies of the file protocol, `/betwixt/blob/1`, and how long things are (protocol §7).
//!
//! A file is kept and carried as encrypted chunks. Anyone can check that a list of hashes is a file's,
//! and that a chunk is in it; only who has the message with its key can read it. The list is a tree of
//! two levels, so that neither end has to hold it whole.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    codec::{self, Malformed},
    limits,
};

/// What is asked of a holder of a file. One stream may carry many, answered in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BlobRequest {
    /// The hashes of all pages.
    #[n(0)]
    List {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
    },
    /// Chunks that follow each other.
    #[n(1)]
    Chunks {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
        /// The first one, from 0.
        #[n(1)]
        first: u32,
        /// How many, at most [`limits::BLOB_RANGE`].
        #[n(2)]
        count: u16,
    },
    /// The hashes of the chunks of one page.
    #[n(2)]
    Page {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
        /// Which page, from 0.
        #[n(1)]
        page: u32,
    },
    /// Which chunks the holder has.
    #[n(3)]
    Have {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
    },
    /// The asker has all of it now.
    #[n(4)]
    Took {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
    },
    /// To a relay that keeps it (§6.2): the hashes of the chunks of one page, which follow as they are.
    #[n(5)]
    PutPage {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
        /// Which page, from 0.
        #[n(1)]
        page: u32,
    },
    /// To a relay that keeps it (§6.2): chunks that follow each other, which follow as they are.
    #[n(6)]
    PutChunks {
        /// Which file.
        #[cbor(n(0), with = "minicbor::bytes")]
        blob: [u8; 32],
        /// The first one, from 0.
        #[n(1)]
        first: u32,
        /// How many, at most [`limits::BLOB_RANGE`].
        #[n(2)]
        count: u16,
    },
}

/// What a holder of a file answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BlobReply {
    /// It has no such file, or not this part of it, or the asker may not have it.
    #[n(0)]
    Refused,
    /// Answer to [`BlobRequest::List`].
    #[n(1)]
    List {
        /// Encrypted bytes of the file.
        #[n(0)]
        size: u64,
        /// The hash of each page, one after the other.
        #[n(1)]
        pages: ByteVec,
    },
    /// Answer to [`BlobRequest::Chunks`]. The bytes follow on the stream as they are.
    #[n(2)]
    Chunks {
        /// How many.
        #[n(0)]
        bytes: u32,
    },
    /// Answer to [`BlobRequest::Page`]: BLAKE3 of each chunk, one after the other.
    #[n(3)]
    Page(#[n(0)] ByteVec),
    /// Answer to [`BlobRequest::Have`]: a bit for each chunk, the first in the lowest bit of the first
    /// byte; nothing stands for all of them.
    #[n(4)]
    Have(#[n(0)] ByteVec),
    /// Answer to [`BlobRequest::Took`], [`BlobRequest::PutPage`] and [`BlobRequest::PutChunks`].
    #[n(5)]
    Noted,
}

impl BlobRequest {
    /// Which file it is about.
    pub fn blob(&self) -> [u8; 32] {
        match self {
            Self::List { blob }
            | Self::Chunks { blob, .. }
            | Self::Page { blob, .. }
            | Self::Have { blob }
            | Self::Took { blob }
            | Self::PutPage { blob, .. }
            | Self::PutChunks { blob, .. } => *blob,
        }
    }

    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let request = codec::from_slice(bytes, REQUEST)?;
        let below = |at: u32, most: usize| usize::try_from(at).is_ok_and(|at| at < most);
        let within = match request {
            Self::List { .. } | Self::Have { .. } | Self::Took { .. } => true,
            Self::Page { page, .. } | Self::PutPage { page, .. } => below(page, limits::BLOB_PAGES),
            Self::Chunks { first, count, .. } | Self::PutChunks { first, count, .. } => {
                let last = first.checked_add(u32::from(count).saturating_sub(1));
                (1..=limits::BLOB_RANGE).contains(&count)
                    && last.is_some_and(|last| below(last, limits::BLOB_CHUNKS))
            }
        };
        if within { Ok(request) } else { Err(Malformed) }
    }
}

impl BlobReply {
    /// The bytes of the reply.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a reply. A list must have one hash for each page of its size.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let reply: Self = codec::from_slice(bytes, limits::BLOB_MESSAGE)?;
        let within = match &reply {
            Self::Refused | Self::Noted => true,
            Self::List { size, pages } => {
                Shape::of(*size).is_some_and(|shape| shape.pages() * 32 == pages.len())
            }
            Self::Chunks { bytes } => {
                let most = limits::BLOB_CHUNK * usize::from(limits::BLOB_RANGE);
                *bytes > 0 && usize::try_from(*bytes).is_ok_and(|bytes| bytes <= most)
            }
            Self::Page(hashes) => {
                let most = limits::BLOB_PAGE * 32;
                !hashes.is_empty() && hashes.len().is_multiple_of(32) && hashes.len() <= most
            }
            Self::Have(bits) => bits.len() <= limits::BLOB_CHUNKS / 8,
        };
        if within { Ok(reply) } else { Err(Malformed) }
    }
}

/// Into how many chunks and pages a file of so many encrypted bytes falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    size: u64,
    chunks: u32,
}

impl Shape {
    /// Of a file of so many encrypted bytes, if there is one: no tag stands alone, and it is not too large.
    pub fn of(size: u64) -> Option<Self> {
        let chunks = size.div_ceil(CHUNK);
        let last = size.checked_sub(chunks.checked_sub(1)?.checked_mul(CHUNK)?)?;
        let chunks = u32::try_from(chunks).ok()?;
        let fits = last > TAG && usize::try_from(chunks).is_ok_and(|n| n <= limits::BLOB_CHUNKS);
        fits.then_some(Self { size, chunks })
    }

    /// Of the encrypted file that a file of so many bytes is carried as, if it is not too large.
    pub fn sealing(size: u64) -> Option<Self> {
        if size > limits::FILE {
            return None;
        }
        let padded = padded(size);
        Self::of(padded + padded.div_ceil(CHUNK - TAG) * TAG)
    }

    /// Encrypted bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many chunks.
    pub fn chunks(&self) -> u32 {
        self.chunks
    }

    /// How many pages.
    pub fn pages(&self) -> usize {
        usize::try_from(self.chunks).map_or(0, |chunks| chunks.div_ceil(limits::BLOB_PAGE))
    }

    /// Where a chunk begins.
    pub fn offset(&self, chunk: u32) -> u64 {
        (u64::from(chunk) * CHUNK).min(self.size)
    }

    /// How long some chunks are together.
    pub fn len(&self, first: u32, count: u32) -> usize {
        let end = self.offset(first.saturating_add(count));
        usize::try_from(end.saturating_sub(self.offset(first))).unwrap_or(0)
    }

    /// Bytes of hashes in a page; none, if there is no such page.
    pub fn page_len(&self, page: u32) -> usize {
        let chunks = usize::try_from(self.chunks).unwrap_or(0);
        let before = usize::try_from(page).map_or(chunks, |page| page * limits::BLOB_PAGE);
        chunks.saturating_sub(before).min(limits::BLOB_PAGE) * 32
    }
}

/// In which page the hash of a chunk is.
pub fn page_of(chunk: u32) -> u32 {
    chunk / PAGE
}

/// The first chunk of a page.
pub fn first_of(page: u32) -> u32 {
    page.saturating_mul(PAGE)
}

/// The length to which a file is padded (Padmé), so that its size tells less: at most 12 % more.
pub fn padded(size: u64) -> u64 {
    if size < 2 {
        return 1;
    }
    let exponent = size.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_u64 << exponent.saturating_sub(kept)) - 1;
    (size + mask) & !mask
}

/// The name of a file: `BLAKE3(L("blob") ‖ u64(size) ‖ hashes of its pages)`.
pub fn blob_id(size: u64, pages: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(LABEL);
    hash.update(&size.to_be_bytes());
    hash.update(pages);
    *hash.finalize().as_bytes()
}

/// The hash of a page: `BLAKE3(L("blob-page") ‖ hashes of its chunks)`.
pub fn page_hash(hashes: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(PAGE_LABEL);
    hash.update(hashes);
    *hash.finalize().as_bytes()
}

/// `L("blob")`
const LABEL: &[u8] = b"betwixt1:blob\0";

/// `L("blob-page")`
const PAGE_LABEL: &[u8] = b"betwixt1:blob-page\0";

/// No request is longer.
const REQUEST: usize = 64;

const CHUNK: u64 = limits::BLOB_CHUNK as u64;

/// As in [`limits::BLOB_PAGE`].
const PAGE: u32 = 1024;

/// Bytes that each chunk has more than what is in it.
const TAG: u64 = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_round_trip_up_to_the_last_chunk() {
        let blob = [1; 32];
        let chunks = |first, count| BlobRequest::Chunks { blob, first, count };
        let page = |page| BlobRequest::Page { blob, page };
        let put_chunks = |first, count| BlobRequest::PutChunks { blob, first, count };
        for request in [
            BlobRequest::List { blob },
            BlobRequest::Have { blob },
            BlobRequest::Took { blob },
            page(4095),
            BlobRequest::PutPage { blob, page: 4095 },
            put_chunks(4_194_288, 16),
            chunks(0, 16),
            chunks(4_194_288, 16),
            chunks(4_194_303, 1),
        ] {
            assert_eq!(BlobRequest::decode(&request.encode()), Ok(request));
        }
        for beyond in [
            page(4096),
            BlobRequest::PutPage { blob, page: 4096 },
            put_chunks(4_194_289, 16),
            chunks(0, 0),
            chunks(0, 17),
            chunks(4_194_289, 16),
            chunks(u32::MAX, 16),
        ] {
            assert!(BlobRequest::decode(&beyond.encode()).is_err(), "{beyond:?}");
        }
    }

    #[test]
    fn a_list_has_a_hash_for_each_page() {
        let list = |size, hashes: usize| BlobReply::List {
            size,
            pages: vec![2; hashes * 32].into(),
        };
        let page = 65_552 * 1024;
        for (size, hashes, fits) in [
            (17, 1, true),
            (16, 1, false),
            (65_552, 1, true),
            (65_552 + 16, 1, false),
            (page, 1, true),
            (page + 17, 2, true),
            (page + 17, 1, false),
            (0, 0, false),
            (page * 4096, 4096, true),
            (page * 4096 + 17, 4097, false),
            (u64::MAX, 1, false),
        ] {
            let reply = list(size, hashes);
            assert_eq!(BlobReply::decode(&reply.encode()).is_ok(), fits, "{size}");
        }
    }

    #[test]
    fn replies_are_bounded() {
        let most = 65_552 * 16;
        for (reply, fits) in [
            (BlobReply::Refused, true),
            (BlobReply::Chunks { bytes: 0 }, false),
            (BlobReply::Chunks { bytes: most }, true),
            (BlobReply::Chunks { bytes: most + 1 }, false),
            (BlobReply::Page(vec![0; 32 * 1024].into()), true),
            (BlobReply::Page(vec![0; 32 * 1025].into()), false),
            (BlobReply::Page(vec![0; 33].into()), false),
            (BlobReply::Page(vec![].into()), false),
            (BlobReply::Have(vec![].into()), true),
            (BlobReply::Have(vec![0; 524_288].into()), true),
            (BlobReply::Have(vec![0; 524_289].into()), false),
        ] {
            let decoded = BlobReply::decode(&reply.encode());
            assert_eq!(decoded.is_ok(), fits, "{:?}", reply.encode().len());
        }
    }

    #[test]
    fn a_file_is_padded_by_at_most_an_eighth_and_cut_into_chunks() {
        for (size, padded_to) in [
            (0, 1),
            (1, 1),
            (9, 10),
            (1000, 1024),
            (65_537, 67_584),
            (1 << 30, 1 << 30),
            ((1 << 30) + 1, (1 << 30) + (1 << 25)),
        ] {
            assert_eq!(padded(size), padded_to, "{size}");
        }
        let shape = Shape::sealing(limits::FILE).unwrap();
        assert_eq!(shape.size(), limits::BLOB);
        assert_eq!((shape.chunks(), shape.pages()), (4_194_304, 4096));
        assert_eq!(Shape::sealing(limits::FILE + 1), None);
        let small = Shape::sealing(65_537).unwrap();
        assert_eq!((small.chunks(), small.size()), (2, 67_584 + 32));
        assert_eq!((small.len(0, 1), small.len(1, 1)), (65_552, 2048 + 16));
        assert_eq!(small.len(0, 9), 67_616);
        assert_eq!((small.page_len(0), small.page_len(1)), (64, 0));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = BlobRequest::decode(&bytes);
            let _ = BlobReply::decode(&bytes);
        }

        #[test]
        fn any_size_is_carried_within_bounds(size in 0..=limits::FILE) {
            let padded = padded(size);
            prop_assert!(padded >= size && padded - size <= size / 8 + 1);
            let shape = Shape::sealing(size).unwrap();
            prop_assert_eq!(Shape::of(shape.size()), Some(shape));
            prop_assert!(shape.size() <= limits::BLOB);
        }

        #[test]
        fn any_sealed_size_falls_into_its_parts(size: u64) {
            if let Some(shape) = Shape::of(size) {
                prop_assert_eq!(shape.offset(shape.chunks()), size);
                let last = u32::try_from(shape.pages()).unwrap() - 1;
                prop_assert!(shape.page_len(last) > 0);
                prop_assert_eq!(shape.page_len(last + 1), 0);
            }
        }
    }
}
