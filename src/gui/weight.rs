//! What would be sent of a file: of a picture less than it has. To find out takes its time, so never on the
//! window's thread.

use std::{path::Path, sync::Arc};

use egui::ColorImage;

use super::{strings::tr, thumbnail::drawn};
use crate::{
    node::{prepared, prepared_in_memory, view::Content},
    picture::{Refusal, read_small},
};

/// What would be sent of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Weight {
    /// All of it.
    Whole,
    /// A picture, without what is not needed to draw it.
    Picture {
        /// Bytes.
        size: u64,
        /// What it looks like.
        seen: Option<Arc<ColorImage>>,
    },
    /// Nothing, unless it is wanted as it is: why, as a sentence.
    Refused(String),
}

/// What would be sent of a file, or of bytes that are in none.
pub fn weigh(path: &Path, content: Option<&Content>) -> Weight {
    let prepared = match content {
        Some(content) => Some(prepared_in_memory(&content.0)),
        None => prepared(path),
    };
    match prepared {
        None => Weight::Whole,
        Some(Ok(prepared)) => {
            let small = prepared.small.as_ref();
            let seen = small.and_then(|small| read_small(&small.jpeg));
            Weight::Picture {
                size: prepared.bytes.len() as u64,
                seen: seen.map(|seen| Arc::new(drawn(&seen))),
            }
        }
        Some(Err(refusal)) => Weight::Refused(tr(match refusal {
            Refusal::Damaged | Refusal::NoPicture => "attach-damaged",
            Refusal::Opaque | Refusal::Uncommon => "attach-opaque",
            Refusal::TooLarge | Refusal::TooMuchWork => "attach-large",
        })),
    }
}
