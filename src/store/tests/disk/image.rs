//! What is on a disk after a loss of power, by what is known of what was done to it.
//!
//! Of a file, what was written before its last `fsync` is there; of each later write all, a part in
//! sectors, or nothing. `sync_file_range` promises nothing. Names appear, change and go in their
//! order, up to any point after the last one whose directory was synced.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::newest_answer;

/// Everything that a process did to a directory, in order.
pub(super) struct Trace {
    steps: Vec<Step>,
}

enum Step {
    Answered(u32),
    Synced(PathBuf, File),
    Data(File, Data),
    Name(Name),
    Nothing,
}

/// Number of a file, by the order of creation.
type File = usize;

enum Data {
    Written(usize, Vec<u8>),
    Cut(usize),
}

enum Name {
    File(PathBuf, File),
    Dir(PathBuf),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
}

impl Name {
    fn parent(&self) -> &Path {
        let (Self::File(path, _) | Self::Dir(path) | Self::Renamed(_, path) | Self::Removed(path)) =
            self;
        path.parent().unwrap()
    }
}

const SECTOR: usize = 512;

impl Trace {
    /// Reads what `disk.c` wrote, of the files below `root`.
    pub(super) fn read(path: &Path, root: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let mut rest = bytes.as_slice();
        let mut take = |len: usize| {
            let (head, tail) = rest.split_at_checked(len)?;
            rest = tail;
            Some(head)
        };
        let mut files: BTreeMap<u64, File> = BTreeMap::new();
        let mut steps = Vec::new();
        while let Some(header) = take(23) {
            let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap());
            let path = take(u16::from_le_bytes([header[1], header[2]]).into()).unwrap();
            let len = u32::from_le_bytes(header[19..].try_into().unwrap());
            let bytes = take(len.try_into().unwrap()).unwrap();
            let below = |path: &[u8]| {
                let path = Path::new(std::str::from_utf8(path).unwrap());
                // What happens to the parent of the directory is not of it.
                path.strip_prefix(root).map(Path::to_owned).ok()
            };
            if header[0] == b'A' {
                let said = String::from_utf8_lossy(bytes);
                steps.push(Step::Answered(newest_answer(&said)));
                continue;
            }
            let Some(path) = below(path) else { continue };
            let (inode, offset) = (number(3), usize::try_from(number(11)).unwrap());
            if header[0] == b'C' {
                // The inode of a file that is gone may be that of a new one.
                files.insert(inode, steps.len());
            }
            let file = files.get(&inode).copied().unwrap_or(File::MAX);
            steps.push(match header[0] {
                b'C' => Step::Name(Name::File(path, file)),
                b'M' if path != Path::new("") => Step::Name(Name::Dir(path)),
                b'N' => Step::Name(Name::Renamed(path, below(bytes).unwrap())),
                b'U' => Step::Name(Name::Removed(path)),
                b'F' => Step::Synced(path, file),
                b'W' => Step::Data(file, Data::Written(offset, bytes.to_vec())),
                b'T' => Step::Data(file, Data::Cut(offset)),
                _ => Step::Nothing,
            });
        }
        Self { steps }
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Makes what a loss of power somewhere on the way leaves, and says what had been answered.
    pub(super) fn cut(&self, seed: u64, into: &Path) -> u32 {
        let mut chance = Chance(seed);
        let cut = chance.below(self.steps.len() + 1);
        let steps = &self.steps[..cut];
        let names = self.names(steps, &mut chance);
        let contents = contents(steps, &mut chance);
        for (path, file) in names {
            let path = into.join(path);
            match file {
                None => fs::create_dir_all(path).unwrap(),
                Some(file) => {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    let content = contents.get(&file).map_or(&[][..], Vec::as_slice);
                    fs::write(path, content).unwrap();
                }
            }
        }
        let answers = steps.iter().filter_map(|step| match step {
            Step::Answered(n) => Some(*n),
            _ => None,
        });
        answers.max().unwrap_or(0)
    }

    /// The directories and files by name.
    fn names(&self, steps: &[Step], chance: &mut Chance) -> BTreeMap<PathBuf, Option<File>> {
        let mut certain = 0;
        for (at, step) in steps.iter().enumerate() {
            let Step::Synced(dir, _) = step else { continue };
            let before = steps[..at].iter().rposition(
                |step| matches!(step, Step::Name(name) if name.parent() == dir.as_path()),
            );
            certain = certain.max(before.map_or(0, |at| at + 1));
        }
        let until = certain + chance.below(steps.len() - certain + 1);
        let mut names = BTreeMap::new();
        for step in &self.steps[..until] {
            match step {
                Step::Name(Name::File(path, file)) => {
                    names.insert(path.clone(), Some(*file));
                }
                Step::Name(Name::Dir(path)) => {
                    names.insert(path.clone(), None);
                }
                Step::Name(Name::Renamed(from, to)) => {
                    let below = names.extract_if(.., |path, _| path.starts_with(from));
                    let moved: Vec<_> = below.collect();
                    for (path, file) in moved {
                        let rest = path.strip_prefix(from).unwrap();
                        let path = if rest == Path::new("") {
                            to.clone()
                        } else {
                            to.join(rest)
                        };
                        names.insert(path, file);
                    }
                }
                Step::Name(Name::Removed(path)) => {
                    names.remove(path);
                }
                _ => {}
            }
        }
        names
    }
}

/// What is in each file.
fn contents(steps: &[Step], chance: &mut Chance) -> BTreeMap<File, Vec<u8>> {
    let mut synced: BTreeMap<File, usize> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        if let Step::Synced(_, file) = step {
            synced.insert(*file, at);
        }
    }
    // Everything that was not synced, nothing of it, or some.
    let mood = chance.below(3);
    let mut contents: BTreeMap<File, Vec<u8>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        let Step::Data(file, data) = step else {
            continue;
        };
        let content = contents.entry(*file).or_default();
        let certain = synced.get(file).is_some_and(|synced| at < *synced);
        let fate = match mood {
            _ if certain => 0,
            0 => 0,
            1 => 3,
            _ => chance.below(4),
        };
        match data {
            Data::Cut(len) if fate < 2 => content.resize(*len, 0),
            Data::Written(offset, bytes) if fate < 3 => {
                let len = if fate == 2 {
                    // Torn.
                    chance.below(bytes.len() / SECTOR + 1) * SECTOR
                } else {
                    bytes.len()
                };
                let end = offset + len;
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(&bytes[..len]);
            }
            _ => {}
        }
    }
    contents
}

/// splitmix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}
