//! Folders: what is walked, listed, and saved again, and all that a list can lie about.

use std::{
    collections::BTreeSet,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Component, PathBuf},
    sync::Arc,
};

use proptest::prelude::*;

use super::*;

/// A folder with files and folders in it, and things that are neither.
fn made(dir: &Path) -> PathBuf {
    let root = dir.join("Trip");
    fs::create_dir_all(root.join("photos/empty")).unwrap();
    fs::create_dir(root.join("void")).unwrap();
    fs::write(root.join("run.sh"), b"#!/bin/sh\n").unwrap();
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(root.join("nothing"), b"").unwrap();
    fs::write(root.join("photos/lake.jpg"), content(150_000)).unwrap();
    fs::write(root.join("photos/zero"), b"").unwrap();
    symlink("/etc", root.join("etc")).unwrap();
    symlink(&root, root.join("photos/around")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    root
}

fn sealed(shelf: &Shelf, root: &Path) -> (Sealed, Listing) {
    let walk = Walk::of(root).unwrap();
    let size = walk.size();
    let mut bytes = walk.into_bytes();
    let sealed = shelf.seal(&mut bytes, size, |_| true).unwrap();
    (sealed, bytes.into_listing())
}

/// A folder that was sealed, and a place to save it.
struct Sent {
    dir: tempfile::TempDir,
    sealed: Sealed,
    listing: Listing,
    blob: Arc<Blob>,
    to: PathBuf,
}

fn sent() -> Sent {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let (sealed, listing) = sealed(&shelf, &made(dir.path()));
    let blob = shelf.find(&sealed.blob).unwrap().unwrap();
    let to = dir.path().join("downloads");
    fs::create_dir(&to).unwrap();
    Sent {
        dir,
        sealed,
        listing,
        blob,
        to,
    }
}

/// All that is in a folder, with what files say.
fn read(root: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let own = path.strip_prefix(root).unwrap().to_owned();
            let about = fs::symlink_metadata(&path).unwrap();
            if about.is_dir() {
                assert_eq!(about.permissions().mode() & 0o777, 0o700);
                found.push((own, None));
                waiting.push(path);
            } else {
                assert!(about.is_file(), "{}", path.display());
                assert_eq!(about.permissions().mode() & 0o777, 0o600);
                found.push((own, Some(fs::read(path).unwrap())));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_comes_out_as_it_was_but_for_links_pipes_and_rights() {
    let Sent {
        dir,
        sealed,
        listing,
        blob,
        to,
    } = sent();
    let walk = Walk::of(&dir.path().join("Trip")).unwrap();
    assert_eq!(
        (walk.files(), walk.size(), walk.left_out()),
        (4, 150_010, 3)
    );
    let listing = Listing::decode(&listing.encode()).unwrap();

    let saved = blob.save_folder(&opening(&sealed), &listing, "../Trip", &to);

    assert_eq!(saved.unwrap(), to.join("Trip"));
    let file = |name: &str, bytes: &[u8]| (PathBuf::from(name), Some(bytes.to_vec()));
    let folder = |name: &str| (PathBuf::from(name), None);
    let wanted = [
        file("nothing", b""),
        folder("photos"),
        folder("photos/empty"),
        file("photos/lake.jpg", &content(150_000)),
        file("photos/zero", b""),
        file("run.sh", b"#!/bin/sh\n"),
        folder("void"),
    ];
    assert!(read(&to.join("Trip")) == wanted);
}

#[test]
fn a_folder_is_saved_beside_what_is_there_and_whole_or_not_at_all() {
    let Sent {
        dir,
        sealed,
        listing,
        blob,
        to,
    } = sent();
    fs::create_dir(to.join("Trip")).unwrap();
    let victim = dir.path().join("victim");
    fs::create_dir(&victim).unwrap();
    symlink(&victim, to.join("Trip (2)")).unwrap();
    let save = |to: &Path| blob.save_folder(&opening(&sealed), &listing, "Trip", to);

    assert_eq!(save(&to).unwrap(), to.join("Trip (3)"));

    assert_eq!(read(&to.join("Trip (3)")).len(), 7);
    assert_eq!(read(&to.join("Trip")).len() + read(&victim).len(), 0);
    let taken = to.join("file");
    fs::write(&taken, b"mine").unwrap();
    assert!(matches!(save(&taken), Err(SaveError::Taken(_))));
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    // What a program that was killed left is taken away; a link that stands there is not followed.
    let half = to.join(format!(".betwixt-{}", blob.short_name()));
    fs::create_dir(&half).unwrap();
    fs::write(half.join("rest"), b"half").unwrap();
    assert_eq!(save(&to.join("whole")).unwrap(), to.join("whole"));
    assert_eq!(read(&to.join("whole")).len(), 7);
    symlink(&victim, &half).unwrap();
    assert!(matches!(save(&to.join("other")), Err(SaveError::Taken(_))));
    assert_eq!(read(&victim).len(), 0);
    assert!(!to.join("other").exists());
}

/// What a list says that is not so.
type Lie = fn(&mut Vec<Listed>);

#[test]
fn a_list_that_lies_about_what_files_say_leaves_nothing() {
    let Sent {
        dir: _dir,
        sealed,
        listing,
        blob,
        to,
    } = sent();
    let lies: [(&str, Lie); 7] = [
        ("another hash", |files| files[0].hash[3] ^= 1),
        ("the hash of another file", |files| {
            files[0].hash = files[1].hash;
        }),
        ("the hash of a file of nothing", |files| {
            let empty = files.iter_mut().find(|file| file.size == 0).unwrap();
            empty.hash = [7; 32];
        }),
        ("a byte moved from one file to the next", |files| {
            let full: Vec<usize> = (0..files.len()).filter(|n| files[*n].size > 0).collect();
            files[full[0]].size += 1;
            files[full[1]].size -= 1;
        }),
        ("more bytes than there are", |files| files[0].size += 1),
        ("fewer bytes", |files| {
            files.iter_mut().find(|file| file.size > 0).unwrap().size -= 1;
        }),
        ("a file twice", |files| files.push(files[0].clone())),
    ];
    for (what, lie) in lies {
        let mut files = listing.files.clone();
        lie(&mut files);
        let lying = Listing::new(listing.folders.clone(), files);
        assert!(lying != listing, "{what} is no lie");

        let saved = blob.save_folder(&opening(&sealed), &lying, "x", &to);

        // A file of nothing may well be there twice.
        let twice = what == "a file twice" && listing.files[0].size == 0;
        let foreign = matches!(saved, Err(SaveError::Open(OpenError::Foreign)));
        assert!(foreign || twice, "{what}: {saved:?}");
        if !twice {
            assert_eq!(fs::read_dir(&to).unwrap().count(), 0, "{what}");
        }
    }
}

fn inner(parent: u32, name: &str) -> Inner {
    let name = name.to_owned();
    Inner { parent, name }
}

fn listed(parent: u32, name: &str, size: u64) -> Listed {
    Listed {
        parent,
        name: name.to_owned(),
        size,
        hash: [1; 32],
    }
}

#[test]
fn a_list_that_no_honest_program_makes_is_refused() {
    let chain = |depth: u32| (0..depth).map(|n| inner(n, "d")).collect::<Vec<_>>();
    let many = |count: usize| vec![inner(0, "d"); count];
    let name = "x".repeat(limits::FILE_NAME);
    let long = |count: u32| (0..count).map(|n| inner(n, &name)).collect::<Vec<_>>();
    let depth = u32::try_from(limits::FOLDER_DEPTH).unwrap();
    for (what, folders, files, sound) in [
        ("nothing", vec![], vec![], true),
        ("a file", vec![], vec![listed(0, "a", 1)], true),
        ("in itself", vec![inner(1, "a")], vec![], false),
        (
            "a circle",
            vec![inner(2, "a"), inner(1, "b")],
            vec![],
            false,
        ),
        (
            "in one to come",
            vec![inner(0, "a"), inner(3, "b")],
            vec![],
            false,
        ),
        ("in none", vec![], vec![listed(1, "a", 1)], false),
        ("far away", vec![], vec![listed(u32::MAX, "a", 1)], false),
        ("without a name", vec![], vec![listed(0, "", 1)], false),
        ("a folder without", vec![inner(0, "")], vec![], false),
        ("a name that fits", vec![], vec![listed(0, &name, 1)], true),
        (
            "a long name",
            vec![],
            vec![listed(0, &format!("{name}x"), 1)],
            false,
        ),
        ("deep", chain(depth), vec![listed(depth, "a", 1)], true),
        ("deeper", chain(depth + 1), vec![], false),
        ("a long way", long(8), vec![], true),
        ("a longer way", long(9), vec![], false),
        ("many", many(limits::FOLDER_ENTRIES), vec![], true),
        ("more", many(limits::FOLDER_ENTRIES + 1), vec![], false),
        (
            "one more file",
            many(limits::FOLDER_ENTRIES),
            vec![listed(0, "a", 0)],
            false,
        ),
        (
            "all bytes",
            vec![],
            vec![listed(0, "a", limits::FILE)],
            true,
        ),
        (
            "more bytes",
            vec![],
            vec![listed(0, "a", limits::FILE), listed(0, "b", 1)],
            false,
        ),
        (
            "bytes around",
            vec![],
            vec![listed(0, "a", u64::MAX), listed(0, "b", 2)],
            false,
        ),
    ] {
        let bytes = Listing::new(folders, files).encode();
        assert_eq!(Listing::decode(&bytes).is_ok(), sound, "{what}");
    }
    let good = Listing::new(vec![], vec![listed(0, "a", 1)]).encode();
    let mut later = good.clone();
    later[1] = 2;
    assert!(Listing::decode(&later).is_err(), "a later version");
    assert!(Listing::decode(&[&good[..], &[0]].concat()).is_err());
    assert!(Listing::decode(&vec![0; limits::FOLDER_LIST + 1]).is_err());
    // It says that very much follows.
    assert!(Listing::decode(&[0x83, 1, 0x9a, 0xff, 0xff, 0xff, 0xff]).is_err());
}

/// `tests/vectors/chat.json`, made by a program that shares no code with this one.
#[test]
fn a_list_is_laid_out_as_known() {
    let known = include_str!("../../../tests/vectors/chat.json");
    let known: serde_json::Value = serde_json::from_str(known).unwrap();
    let folders = vec![inner(0, "photos"), inner(1, "lake")];
    let other = Listed {
        hash: [2; 32],
        ..listed(2, "a.jpg", 10)
    };
    let listing = Listing::new(folders, vec![listed(0, "read me.txt", 5), other]);

    let bytes = data_encoding::HEXLOWER.encode(&listing.encode());

    assert_eq!(known["folder"]["list"], bytes.as_str());
}

/// All paths of a layout are of harmless names, and none is taken for another by any disk.
fn is_harmless(listing: &Listing) {
    let layout = listing.layout();
    let mut seen = BTreeSet::new();
    for path in layout.folders.iter().chain(&layout.files) {
        let text = path.to_str().unwrap();
        assert!(seen.insert(text.to_lowercase()), "twice: {text:?}");
        for part in path.components() {
            let Component::Normal(part) = part else {
                panic!("{text:?} leads elsewhere");
            };
            let part = part.to_str().unwrap();
            // A number makes a long name longer.
            assert!(part.len() <= 96 || part.ends_with(')') || part.contains(")."));
            assert!(part.len() <= 96 + 8, "{text:?}");
            if part.len() <= 96 {
                assert_eq!(harmless(part), part, "{text:?}");
            }
        }
    }
}

#[test]
fn names_of_a_list_lead_nowhere_else_and_meet_nobody() {
    let names = [
        "..",
        "../..",
        "/etc/passwd",
        "C:\\x",
        "\\\\server\\x",
        "CON",
        "con",
        "nul.txt",
        ".ssh",
        "a",
        "A",
        "a (2)",
        "A (2)",
        "a.",
        "a ",
        "Ä",
        "A\u{308}",
        "x\u{202e}gpj.exe",
        "xgpj.exe",
        "\0",
        "~",
        "-rf",
        "file",
        "x:y",
        "x_y",
    ];
    let mut folders: Vec<Inner> = names.iter().map(|name| inner(0, name)).collect();
    folders.extend(names.iter().map(|name| inner(1, name)));
    let files = names
        .iter()
        .flat_map(|name| [listed(0, name, 0), listed(2, name, 0)]);
    let listing = Listing::new(folders, files.collect());
    assert!(listing.is_sound());

    is_harmless(&listing);

    let layout = Listing::new(
        vec![inner(0, "a")],
        vec![listed(1, "b", 0), listed(0, "A", 0)],
    );
    let layout = layout.layout();
    assert_eq!(layout.folders, [Path::new("a")]);
    assert_eq!(layout.files, [Path::new("a/b"), Path::new("A (2)")]);
}

#[test]
fn thousands_of_equal_names_take_a_moment() {
    let files = vec![listed(0, "a.txt", 0); limits::FOLDER_ENTRIES];
    let began = std::time::Instant::now();

    let layout = Listing::new(vec![], files).layout();

    assert_eq!(layout.files.last().unwrap(), Path::new("a (20000).txt"));
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

proptest! {
    #[test]
    fn any_list_that_is_taken_is_harmless(
        folders in proptest::collection::vec((0_u32..6, ".{0,12}"), 0..6),
        files in proptest::collection::vec((0_u32..8, ".{0,12}"), 0..8),
    ) {
        let folders = folders.iter().map(|(parent, name)| inner(*parent, name)).collect();
        let files = files.iter().map(|(parent, name)| listed(*parent, name, 0)).collect();
        let listing = Listing::new(folders, files);
        if let Ok(read) = Listing::decode(&listing.encode()) {
            prop_assert_eq!(&read, &listing);
            is_harmless(&read);
        }
    }
}

/// What happens to a file.
type Change = fn(&Path);

#[test]
fn what_changes_while_it_is_read_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let root = made(dir.path());
    let shelf = shelf(dir.path());
    let file = root.join("photos/lake.jpg");
    let changes: [(&str, Change); 4] = [
        ("longer", |file| fs::write(file, content(150_001)).unwrap()),
        ("shorter", |file| fs::write(file, content(149_999)).unwrap()),
        ("a link", |file| {
            fs::remove_file(file).unwrap();
            symlink("/etc/passwd", file).unwrap();
        }),
        ("gone", |file| fs::remove_file(file).unwrap()),
    ];
    for (what, change) in changes {
        let walk = Walk::of(&root).unwrap();
        let size = walk.size();
        change(&file);

        let sealed = shelf.seal(walk.into_bytes(), size, |_| true);

        assert!(sealed.is_err(), "{what}");
        assert_eq!(shelf.used(), 0);
        let _ = fs::remove_file(&file);
        fs::write(&file, content(150_000)).unwrap();
    }
}

#[test]
fn a_folder_that_is_too_deep_is_not_sent() {
    let dir = tempfile::tempdir().unwrap();
    let deepest: PathBuf = (0..=limits::FOLDER_DEPTH).map(|_| "d").collect();
    fs::create_dir_all(dir.path().join(&deepest)).unwrap();

    assert!(matches!(Walk::of(dir.path()), Err(WalkError::TooDeep(_))));

    assert!(Walk::of(&dir.path().join("d")).is_ok());
    assert!(matches!(
        Walk::of(&dir.path().join("nowhere")),
        Err(WalkError::Disk(..))
    ));
}
