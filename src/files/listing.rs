//! What is in a folder (protocol §7.1): names, sizes and hashes, in a file of its own.
//!
//! ```text
//! listing = [1, [[parent, name]…], [[parent, name, size, BLAKE3]…]]
//! ```
//!
//! Folder 0 is the one that is sent; the others are numbered from 1 as they stand here. A folder comes after
//! the one that it is in, so there are no circles. The bytes of the files follow each other in this order.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use minicbor::{Decode, Encode};

use super::name::harmless;
use crate::wire::{
    codec::{self, Malformed},
    limits,
};

/// What is in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Listing {
    #[n(0)]
    version: u8,
    /// The folders in it, without itself.
    #[n(1)]
    pub folders: Vec<Inner>,
    /// The files in all of them.
    #[n(2)]
    pub files: Vec<Listed>,
}

/// A folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Inner {
    /// The number of the folder that it is in.
    #[n(0)]
    pub parent: u32,
    /// What it is called.
    #[n(1)]
    pub name: String,
}

/// A file in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Listed {
    /// The number of the folder that it is in.
    #[n(0)]
    pub parent: u32,
    /// What it is called.
    #[n(1)]
    pub name: String,
    /// Its bytes.
    #[n(2)]
    pub size: u64,
    /// BLAKE3 of them.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// Where what is in a folder is saved: relative paths of harmless names, none of them twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Of each folder; a folder comes after the one that it is in.
    pub folders: Vec<PathBuf>,
    /// Of each file.
    pub files: Vec<PathBuf>,
}

impl Listing {
    /// A list, which is not looked at yet.
    pub fn new(folders: Vec<Inner>, files: Vec<Listed>) -> Self {
        Self {
            version: VERSION,
            folders,
            files,
        }
    }

    /// The bytes of the list.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a list, and refuses what no honest program makes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let listing: Self = codec::from_slice(bytes, limits::FOLDER_LIST)?;
        if listing.is_sound() {
            Ok(listing)
        } else {
            Err(Malformed)
        }
    }

    /// The bytes of all files; none if that is more than a file may have.
    pub fn size(&self) -> Option<u64> {
        let mut sizes = self.files.iter().map(|file| file.size);
        let size = sizes.try_fold(0_u64, u64::checked_add);
        size.filter(|size| *size <= limits::FILE)
    }

    /// Whether it is within all limits, and each thing in something that is before it.
    pub fn is_sound(&self) -> bool {
        if self.version != VERSION
            || self.folders.len() + self.files.len() > limits::FOLDER_ENTRIES
            || self.size().is_none()
        {
            return false;
        }
        // How deep each folder is, and how many bytes of names lead there.
        let mut ways: Vec<(usize, usize)> = vec![(0, 0)];
        for folder in &self.folders {
            let Some(way) = way(&ways, folder.parent, &folder.name) else {
                return false;
            };
            if way.0 > limits::FOLDER_DEPTH {
                return false;
            }
            ways.push(way);
        }
        let mut files = self.files.iter();
        files.all(|file| way(&ways, file.parent, &file.name).is_some())
    }

    /// Where what is in it is saved. Names that a disk may take for the same get a number.
    pub fn layout(&self) -> Layout {
        let mut names = Names::default();
        let mut folders: Vec<PathBuf> = Vec::with_capacity(self.folders.len());
        for folder in &self.folders {
            let name = names.name(folder.parent, &folder.name);
            let path = folder_of(&folders, folder.parent).join(name);
            folders.push(path);
        }
        let files = self.files.iter().map(|file| {
            let name = names.name(file.parent, &file.name);
            folder_of(&folders, file.parent).join(name)
        });
        let files = files.collect();
        Layout { folders, files }
    }
}

/// The way to something in a folder, if it is there and the way is not too long.
fn way(ways: &[(usize, usize)], parent: u32, name: &str) -> Option<(usize, usize)> {
    let (depth, bytes) = usize::try_from(parent).ok().and_then(|at| ways.get(at))?;
    let bytes = bytes + name.len() + 1;
    let fits = (1..=limits::FILE_NAME).contains(&name.len()) && bytes <= limits::FOLDER_PATH;
    fits.then_some((depth + 1, bytes))
}

fn folder_of(folders: &[PathBuf], number: u32) -> &Path {
    let at = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
    at.and_then(|at| folders.get(at))
        .map_or(Path::new(""), PathBuf::as_path)
}

/// The names that are given out, by folder, as a disk without capital letters has them.
#[derive(Default)]
struct Names {
    given: BTreeSet<(u32, String)>,
    /// How often a name was wanted again.
    again: BTreeMap<(u32, String), u32>,
}

impl Names {
    fn name(&mut self, parent: u32, claimed: &str) -> String {
        let name = harmless(claimed);
        if self.given.insert((parent, name.to_lowercase())) {
            return name;
        }
        let at = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
        let (stem, end) = name.split_at(at);
        let stem = stem.trim_end();
        let again = self.again.entry((parent, name.to_lowercase())).or_insert(1);
        loop {
            *again += 1;
            let name = format!("{stem} ({again}){end}");
            if self.given.insert((parent, name.to_lowercase())) {
                return name;
            }
        }
    }
}

const VERSION: u8 = 1;
