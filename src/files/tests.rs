//! Files at rest, on a real disk.

mod folders;

use std::{fs, io::Cursor, path::Path};

use super::*;
use crate::{
    proto::secret::Secret,
    wire::{
        blob::{Shape, first_of},
        limits,
    },
};

const CHUNK: usize = limits::BLOB_CHUNK;

fn shelf(dir: &Path) -> Shelf {
    Shelf::open(&dir.join("blobs"), Secret::new([7; 32])).unwrap()
}

fn content(size: usize) -> Vec<u8> {
    let mut out = vec![0; size];
    blake3::Hasher::new()
        .update(&size.to_be_bytes())
        .finalize_xof()
        .fill(&mut out);
    out
}

fn seal(shelf: &Shelf, content: &[u8]) -> Sealed {
    let size = content.len() as u64;
    shelf.seal(Cursor::new(content), size, |_| true).unwrap()
}

fn opening(sealed: &Sealed) -> Opening<'_> {
    Opening {
        size: sealed.size,
        file_key: &sealed.file_key,
        prefix: sealed.prefix,
        hash: sealed.hash,
    }
}

/// Another shelf on which the list of a file and nothing else is.
fn begun(from: &Shelf, sealed: &Sealed, dir: &Path) -> (Shelf, std::sync::Arc<Blob>) {
    let whole = from.find(&sealed.blob).unwrap().unwrap();
    let to = shelf(dir);
    let part = to.begin(sealed.blob, whole.shape(), whole.pages());
    (to, part.unwrap().unwrap())
}

fn give(from: &Blob, to: &Blob, first: u32, count: u32) -> Result<u32, PutError> {
    let page = crate::wire::blob::page_of(first);
    to.put_page(page, &from.page(page).unwrap().unwrap())?;
    let mut bytes = Vec::new();
    assert!(from.read(first, count, &mut bytes).unwrap());
    to.put(first, &bytes)
}

#[test]
fn a_file_of_any_size_is_sealed_padded_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    for size in [0, 1, 100, 65_535, 65_536, 65_537, 1 << 20, 1_500_001] {
        let content = content(size);

        let sealed = seal(&shelf, &content);

        let shape = Shape::sealing(size as u64).unwrap();
        assert_eq!(sealed.sealed_size, shape.size());
        assert_eq!(sealed.hash, *blake3::hash(&content).as_bytes());
        let blob = shelf.find(&sealed.blob).unwrap().unwrap();
        assert!(blob.is_whole());
        let mut out = Vec::new();
        blob.open_into(&opening(&sealed), &mut out).unwrap();
        assert!(out == content, "{size}");
    }
}

#[test]
fn nothing_in_the_directory_tells_what_a_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let content = b"a secret that is said again and again; ".repeat(5000);

    let sealed = seal(&shelf, &content);

    let mut seen = 0;
    for entry in fs::read_dir(dir.path().join("blobs")).unwrap() {
        let entry = entry.unwrap();
        let bytes = fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(8).any(|it| it == b"a secret"));
        let id = data_encoding::HEXLOWER.encode(&sealed.blob);
        let name = entry.file_name();
        assert!(!name.to_str().unwrap().contains(&id[..16]));
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn a_changed_chunk_an_exchanged_one_and_another_key_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let sealed = seal(&shelf, &content(300_000));
    let blob = shelf.find(&sealed.blob).unwrap().unwrap();
    let path = fs::read_dir(dir.path().join("blobs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "blob"))
        .unwrap();
    let good = fs::read(&path).unwrap();
    let foreign = |opening: &Opening<'_>| {
        let opened = blob.open_into(opening, &mut std::io::sink());
        matches!(opened, Err(OpenError::Foreign))
    };
    assert!(!foreign(&opening(&sealed)));

    let mut changed = good.clone();
    changed[100_000] ^= 1;
    fs::write(&path, &changed).unwrap();
    assert!(foreign(&opening(&sealed)));

    let mut exchanged = good.clone();
    exchanged.copy_within(CHUNK..2 * CHUNK, 0);
    fs::write(&path, &exchanged).unwrap();
    assert!(foreign(&opening(&sealed)));

    fs::write(&path, &good).unwrap();
    let key = Secret::new([9; 32]);
    assert!(foreign(&Opening {
        file_key: &key,
        ..opening(&sealed)
    }));
    assert!(foreign(&Opening {
        hash: [0; 32],
        ..opening(&sealed)
    }));
    assert!(foreign(&Opening {
        size: sealed.size - 1,
        ..opening(&sealed)
    }));
    assert!(!foreign(&opening(&sealed)));
}

#[test]
fn only_what_the_list_names_is_taken() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = shelf(one.path());
    let sealed = seal(&from, &content(500_000));
    let whole = from.find(&sealed.blob).unwrap().unwrap();
    let (to, part) = begun(&from, &sealed, two.path());
    let mut bytes = Vec::new();
    whole.read(0, 2, &mut bytes).unwrap();
    let wrong = |result| matches!(result, Err(PutError::Wrong));

    assert!(wrong(part.put(0, &bytes)), "its hashes are not here yet");
    let page = whole.page(0).unwrap().unwrap();
    assert!(wrong(part.put_page(0, &page[32..]).map(|()| 0)));
    assert!(wrong(part.put_page(1, &page).map(|()| 0)));
    let mut lie = page.clone();
    lie[40] ^= 1;
    assert!(wrong(part.put_page(0, &lie).map(|()| 0)));
    part.put_page(0, &page).unwrap();
    assert!(wrong(part.put(1, &bytes)), "of another place");
    assert!(wrong(part.put(7, &bytes)), "beyond the end");
    assert!(wrong(part.put(0, &bytes[..CHUNK + 5])), "cut off");
    let mut lie = bytes.clone();
    lie[CHUNK + 7] ^= 1;
    assert!(wrong(part.put(0, &lie)));
    assert_eq!(part.have().count(), 0, "of a bad range nothing is kept");
    assert_eq!(part.put(0, &bytes).unwrap(), 2);
    assert_eq!(part.put(0, &bytes).unwrap(), 0);

    assert!(!to.finish(&part).unwrap());
    for chunk in 2..whole.shape().chunks() {
        give(&whole, &part, chunk, 1).unwrap();
    }
    assert!(to.finish(&part).unwrap());
    let mut out = Vec::new();
    part.open_into(&opening(&sealed), &mut out).unwrap();
    assert!(out == content(500_000));
    assert_eq!(to.standing(&sealed.blob), Some(Standing::Whole));
}

#[test]
fn after_a_start_what_was_written_is_here_and_what_was_only_noted_is_not() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = shelf(one.path());
    // Two pages.
    let sealed = seal(&from, &content(70 << 20));
    let whole = from.find(&sealed.blob).unwrap().unwrap();
    let (to, part) = begun(&from, &sealed, two.path());
    let second = first_of(1);
    for first in (0..64).step_by(16) {
        give(&whole, &part, first, 16).unwrap();
    }
    give(&whole, &part, second, 4).unwrap();
    part.make_sure().unwrap();
    for first in (64..128).step_by(16) {
        give(&whole, &part, first, 16).unwrap();
    }
    assert_eq!(part.have().count(), 132);
    drop((part, to));

    // As after a loss of power: of what was noted but not made sure, one chunk is not what it was.
    let blobs = two.path().join("blobs");
    let data = fs::read_dir(&blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "part"))
        .unwrap();
    let file = fs::OpenOptions::new().write(true).open(&data).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0; 100], 100 * CHUNK as u64).unwrap();

    let again = shelf(two.path());
    again.keep_only([sealed.blob], true).unwrap();
    let part = again.find(&sealed.blob).unwrap().unwrap();

    let have = part.have();
    assert_eq!(
        again.standing(&sealed.blob),
        Some(Standing::Part(Wish::Wanted))
    );
    assert!(have.has(0) && have.has(63) && have.has(second) && have.has(99));
    assert!(!have.has(100), "it is not believed");
    assert_eq!(have.count(), 131);
}

#[test]
fn what_no_message_names_is_gone_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let first = shelf(dir.path());
    let kept = seal(&first, &content(1000)).blob;
    let lost = seal(&first, &content(2000)).blob;
    let half = first.seal(Cursor::new(content(9)), 10, |_| true);
    assert!(matches!(half, Err(SealError::Changed)));
    fs::write(dir.path().join("blobs/new-00.part"), b"half").unwrap();
    drop(first);

    let again = shelf(dir.path());
    again.keep_only([kept, [9; 32]], true).unwrap();

    assert_eq!(again.names(), [kept]);
    assert!(again.find(&kept).unwrap().is_some());
    assert!(again.find(&lost).unwrap().is_none());
    let left = fs::read_dir(dir.path().join("blobs")).unwrap().count();
    assert_eq!(left, 2, "a file and its list");
    assert_eq!(again.used(), Shape::sealing(1000).unwrap().size());
}

#[test]
fn a_removed_file_leaves_nothing_and_gives_its_room_back() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    shelf.set_quota(200_000);
    let sealed = seal(&shelf, &content(150_000));
    let refused = shelf.seal(Cursor::new(content(90_000)), 90_000, |_| true);
    assert!(matches!(refused, Err(SealError::NoRoom(NoRoom::Quota(_)))));

    shelf.remove(&sealed.blob).unwrap();

    assert_eq!(fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0);
    assert_eq!((shelf.used(), shelf.standing(&sealed.blob)), (0, None));
    seal(&shelf, &content(90_000));
}

#[test]
fn what_was_paused_or_cancelled_stays_so() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = shelf(one.path());
    let sealed = seal(&from, &content(500_000));
    let whole = from.find(&sealed.blob).unwrap().unwrap();
    let (to, part) = begun(&from, &sealed, two.path());
    give(&whole, &part, 0, 3).unwrap();

    to.set_wish(&sealed.blob, whole.shape(), Wish::Paused)
        .unwrap();
    drop((part, to));
    let paused = shelf(two.path());
    paused.keep_only([sealed.blob], true).unwrap();
    assert_eq!(
        paused.standing(&sealed.blob),
        Some(Standing::Part(Wish::Paused))
    );
    assert_eq!(
        paused.find(&sealed.blob).unwrap().unwrap().have().count(),
        3
    );

    paused
        .set_wish(&sealed.blob, whole.shape(), Wish::Cancelled)
        .unwrap();
    drop(paused);
    let cancelled = shelf(two.path());
    cancelled.keep_only([sealed.blob], true).unwrap();
    assert_eq!(
        cancelled.standing(&sealed.blob),
        Some(Standing::Part(Wish::Cancelled))
    );
    assert!(cancelled.find(&sealed.blob).unwrap().is_none());
    assert_eq!(cancelled.used(), 0);
}

#[test]
fn saving_replaces_nothing_follows_no_link_and_leaves_nothing_half() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let sealed = seal(&shelf, b"content");
    let blob = shelf.find(&sealed.blob).unwrap().unwrap();
    let to = dir.path().join("downloads");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("a.txt"), b"mine").unwrap();
    let victim = dir.path().join("victim");
    std::os::unix::fs::symlink(&victim, to.join("a (2).txt")).unwrap();

    let saved = blob.save(&opening(&sealed), "../a.txt", &to).unwrap();

    assert_eq!(saved, to.join("a (3).txt"));
    assert_eq!(fs::read(&saved).unwrap(), b"content");
    assert_eq!(fs::read(to.join("a.txt")).unwrap(), b"mine");
    assert!(!victim.exists());
    let named = blob.save(&opening(&sealed), "x", &to.join("a (2).txt"));
    assert!(matches!(named, Err(SaveError::Taken(_))));
    assert!(!victim.exists());
    let wrong = Opening {
        hash: [0; 32],
        ..opening(&sealed)
    };
    assert!(blob.save(&wrong, "b.txt", &to).is_err());
    assert!(!to.join("b.txt").exists());
}

/// `tests/vectors/files.json`, made by a program that shares no code with this one.
#[test]
fn files_are_sealed_and_named_as_known() {
    let known: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/vectors/files.json")).unwrap();
    let hex = |value: &serde_json::Value| {
        data_encoding::HEXLOWER
            .decode(value.as_str().unwrap().as_bytes())
            .unwrap()
    };
    for pair in known["padded"].as_array().unwrap() {
        let padded = crate::wire::blob::padded(pair[0].as_u64().unwrap());
        assert_eq!(padded, pair[1].as_u64().unwrap());
    }
    let key = Secret::filled_by(|key| (0..).zip(key).for_each(|(n, byte)| *byte = n));
    let prefix = std::array::from_fn(|n| 100 + u8::try_from(n).unwrap());
    for file in known["files"].as_array().unwrap() {
        let size = usize::try_from(file["size"].as_u64().unwrap()).unwrap();
        let mut content: Vec<u8> = (0..size)
            .map(|i| u8::try_from((i * 31 + i / 256) % 256).unwrap())
            .collect();
        assert_eq!(
            blake3::hash(&content).as_bytes().to_vec(),
            hex(&file["hash"])
        );
        let shape = Shape::sealing(size as u64).unwrap();
        assert_eq!(shape.size(), file["sealed_size"].as_u64().unwrap());
        content.resize(
            usize::try_from(crate::wire::blob::padded(size as u64)).unwrap(),
            0,
        );
        let cipher = cipher::Cipher::new(&key, prefix, shape.chunks());
        let mut hashes = Vec::new();
        for (at, text) in content.chunks(cipher::PIECE).enumerate() {
            let mut chunk = [text, &[0; 16]].concat();
            cipher.seal(u32::try_from(at).unwrap(), &mut chunk);
            assert!(chunk.starts_with(&hex(&file["begins"][at])[..16.min(text.len())]));
            assert!(chunk.ends_with(&hex(&file["ends"][at])));
            hashes.extend(blake3::hash(&chunk).as_bytes());
            assert!(hashes.ends_with(&hex(&file["chunks"][at])));
        }
        named(&hashes, file["sealed_size"].as_u64().unwrap(), file, hex);
    }
    let hashes: Vec<u8> = (0_u32..2050)
        .flat_map(|n| *blake3::hash(&n.to_be_bytes()).as_bytes())
        .collect();
    let large = &known["large"];
    named(&hashes, large["size"].as_u64().unwrap(), large, hex);
}

fn named(
    hashes: &[u8],
    size: u64,
    known: &serde_json::Value,
    hex: impl Fn(&serde_json::Value) -> Vec<u8>,
) {
    let pages: Vec<u8> = hashes
        .chunks(limits::BLOB_PAGE * 32)
        .flat_map(crate::wire::blob::page_hash)
        .collect();
    let known_pages: Vec<u8> = known["pages"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(&hex)
        .collect();
    assert_eq!(pages, known_pages);
    assert_eq!(
        crate::wire::blob::blob_id(size, &pages).to_vec(),
        hex(&known["blob"])
    );
}
