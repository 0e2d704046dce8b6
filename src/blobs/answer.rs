//! Answering those who fetch a file.

use std::io;

use super::Blob;
use crate::wire::blob::{BlobReply, BlobRequest};

impl Blob {
    /// Answers from what is here. The bytes that follow [`BlobReply::Chunks`] are in `out` then.
    pub(crate) fn answer(&self, request: BlobRequest, out: &mut Vec<u8>) -> io::Result<BlobReply> {
        Ok(match request {
            BlobRequest::List { .. } => BlobReply::List {
                size: self.shape().size(),
                pages: self.pages().to_vec().into(),
            },
            BlobRequest::Page { page, .. } => match self.page(page)? {
                Some(hashes) => BlobReply::Page(hashes.into()),
                None => BlobReply::Refused,
            },
            BlobRequest::Took { .. } => BlobReply::Noted,
            BlobRequest::Have { .. } => BlobReply::Have(self.have().bytes().to_vec().into()),
            BlobRequest::Chunks { first, count, .. } => {
                if self.read(first, count.into(), out)? {
                    let bytes = u32::try_from(out.len()).unwrap_or(0);
                    BlobReply::Chunks { bytes }
                } else {
                    BlobReply::Refused
                }
            }
            BlobRequest::PutPage { .. } | BlobRequest::PutChunks { .. } => BlobReply::Refused,
        })
    }
}
