//! Files of a relay, on a real disk.

use std::{cell::Cell, fs, path::Path, sync::Arc};

use super::{
    testing::{Made, made},
    *,
};
use crate::{
    blobs::Blob,
    relay::stats::Stats,
    wire::{
        blob::Shape,
        id::{PeerId, TopicKey},
        limits,
        mailbox::{BlobGet, BlobPut, KeptBlob, Refusal},
    },
};

const A: PeerId = PeerId([1; 32]);
const B: PeerId = PeerId([2; 32]);

const QUOTAS: FileQuotas = FileQuotas {
    keep_ms: 10 * 24 * HOUR,
    file: 200_000,
    topic: 300_000,
    client: 400_000,
    bytes: 600_000,
    min_free: 0,
};

const HOUR: u64 = 60 * 60 * 1000;

fn get(put: &BlobPut) -> BlobGet {
    BlobGet {
        topic: put.topic,
        blob: put.blob,
        reader: [1; 16],
        auth: [0; 64],
    }
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_000_000) };
}

fn shelf(dir: &Path) -> (Shelf, Arc<Stats>) {
    shelf_with(dir, QUOTAS)
}

fn shelf_with(dir: &Path, quotas: FileQuotas) -> (Shelf, Arc<Stats>) {
    let stats = Arc::new(Stats::default());
    let opened = Shelf::open(&dir.join("files"), quotas, || NOW.get(), Arc::clone(&stats));
    (opened.unwrap(), stats)
}

/// Puts all of a file.
fn put(shelf: &Shelf, client: PeerId, file: &Made) -> Result<KeptBlob, Refusal> {
    let (kept, blob) = shelf.put(client, &file.put)?;
    let blob: Arc<Blob> = blob.unwrap();
    blob.put_page(0, &file.hashes).unwrap();
    blob.put(0, &file.bytes).unwrap();
    shelf.finish(file.put.topic, &blob).unwrap();
    Ok(kept)
}

fn counts(stats: &Stats) -> (u64, u64) {
    (stats.files.get(), stats.file_bytes.get())
}

fn names(dir: &Path) -> usize {
    fs::read_dir(dir.join("files")).unwrap().count()
}

#[test]
fn what_was_put_is_got_by_those_who_read_the_topic_and_by_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, _) = shelf(dir.path());
    let file = made(16, 150_000, 0);
    let kept = put(&shelf, A, &file).unwrap();
    assert!(!kept.have.is_empty(), "nothing was here");

    let (found, blob) = shelf.get(&get(&file.put)).unwrap();

    assert!(found.have.is_empty(), "all of it is");
    assert_eq!(found.until, 1_000_000 + QUOTAS.keep_ms);
    let mut out = Vec::new();
    assert!(blob.read(0, 3, &mut out).unwrap() && out == file.bytes);
    let elsewhere = BlobGet {
        topic: TopicKey([9; 32]),
        ..get(&file.put)
    };
    assert_eq!(shelf.get(&elsewhere).err(), Some(Refusal::NotHere));
    let (again, _) = shelf.put(B, &file.put).unwrap();
    assert!(again.have.is_empty(), "nobody puts it twice");
}

#[test]
fn what_is_over_a_quota_is_refused_and_nothing_is_put_out_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, stats) = shelf(dir.path());
    let refused = |client, file: &Made| put(&shelf, client, file).err();

    assert_eq!(refused(A, &made(1, 200_001, 0)), Some(Refusal::TooLarge));
    assert_eq!(refused(A, &made(2, 150_000, 0)), None);
    assert_eq!(
        refused(B, &made(3, 150_000, 0)),
        Some(Refusal::Full),
        "of a topic"
    );
    assert_eq!(refused(A, &made(16, 190_000, 0)), None);
    assert_eq!(
        refused(A, &made(32, 100_000, 0)),
        Some(Refusal::Full),
        "of a client"
    );
    assert_eq!(refused(B, &made(32, 190_000, 0)), None);
    assert_eq!(
        refused(B, &made(48, 100_000, 0)),
        Some(Refusal::Full),
        "in all"
    );

    assert_eq!(stats.files.get(), 3);
    for file in [
        made(2, 150_000, 0),
        made(16, 190_000, 0),
        made(32, 190_000, 0),
    ] {
        assert!(shelf.get(&get(&file.put)).is_ok());
    }
}

#[test]
fn a_list_that_is_not_of_the_name_is_refused_and_a_chunk_that_is_not_in_it_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, stats) = shelf(dir.path());
    let file = made(16, 100_000, 0);
    let lie = BlobPut {
        pages: vec![7; 32].into(),
        ..file.put.clone()
    };
    assert_eq!(shelf.put(A, &lie).err(), Some(Refusal::NotAllowed));
    assert_eq!(counts(&stats), (0, 0));

    let (_, blob) = shelf.put(A, &file.put).unwrap();
    let blob = blob.unwrap();
    assert!(blob.put_page(0, &[7; 64]).is_err());
    blob.put_page(0, &file.hashes).unwrap();
    let mut flipped = file.bytes.clone();
    flipped[70_000] ^= 1;
    assert!(blob.put(0, &flipped).is_err());

    assert_eq!(blob.have().count(), 0);
    shelf.finish(file.put.topic, &blob).unwrap();
    assert!(!blob.is_whole());
}

#[test]
fn what_all_readers_have_goes_and_who_put_it_learns_that() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, stats) = shelf(dir.path());
    let file = made(16, 100_000, 2);
    put(&shelf, A, &file).unwrap();
    let (topic, blob) = (file.put.topic, file.put.blob);

    shelf.took(topic, blob, [1; 16]).unwrap();
    shelf.took(topic, blob, [1; 16]).unwrap();
    assert!(shelf.get(&get(&file.put)).is_ok(), "one is no two");
    assert_eq!(shelf.put(A, &file.put).unwrap().0.taken, 1);
    shelf.took(topic, blob, [2; 16]).unwrap();

    assert_eq!(shelf.get(&get(&file.put)).err(), Some(Refusal::NotHere));
    assert_eq!((counts(&stats), names(dir.path())), ((0, 4096), 1));
    let (shelf, stats) = self::shelf(dir.path());
    let (kept, open) = shelf.put(A, &file.put).unwrap();
    assert!(kept.taken == 2 && open.is_none(), "also after a start");
    assert_eq!((counts(&stats), names(dir.path())), ((0, 4096), 1));
    // Where nobody said how many there are, nothing goes early.
    let file = made(32, 100_000, 0);
    put(&shelf, A, &file).unwrap();
    for reader in 0..40 {
        shelf
            .took(file.put.topic, file.put.blob, [reader; 16])
            .unwrap();
    }
    assert!(shelf.get(&get(&file.put)).is_ok());
}

#[test]
fn what_is_old_goes_and_what_is_not_finished_sooner() {
    let dir = tempfile::tempdir().unwrap();
    let (shelf, stats) = shelf(dir.path());
    let (whole, part, taken) = (
        made(16, 100_000, 0),
        made(32, 100_000, 0),
        made(48, 9_000, 1),
    );
    put(&shelf, A, &whole).unwrap();
    put(&shelf, A, &taken).unwrap();
    shelf
        .took(taken.put.topic, taken.put.blob, [1; 16])
        .unwrap();
    shelf.put(A, &part.put).unwrap();
    let at = |time| {
        NOW.set(1_000_000 + time);
        shelf.expire();
        (
            shelf.get(&get(&whole.put)).is_ok(),
            shelf.get(&get(&part.put)).is_ok(),
        )
    };

    assert_eq!(at(23 * HOUR), (true, true));
    assert_eq!(at(24 * HOUR), (true, false));
    assert_eq!(at(10 * 24 * HOUR - 1), (true, false));
    assert_eq!(at(10 * 24 * HOUR), (false, false));

    assert_eq!((counts(&stats), names(dir.path())), ((0, 0), 0));
}

#[test]
fn after_a_crash_the_counts_are_true_and_what_was_begun_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let before = {
        let (shelf, stats) = shelf(dir.path());
        put(&shelf, A, &made(16, 100_000, 0)).unwrap();
        let file = made(32, 190_000, 0);
        let (_, blob) = shelf.put(A, &file.put).unwrap();
        let blob = blob.unwrap();
        blob.put_page(0, &file.hashes).unwrap();
        blob.put(0, &file.bytes[..2 * limits::BLOB_CHUNK]).unwrap();
        blob.make_sure().unwrap();
        counts(&stats)
    };
    let files = dir.path().join("files");
    // A file whose note was not written yet, a note of which half was, and one that somebody changed.
    fs::write(files.join("00.part"), [0; 1000]).unwrap();
    fs::write(files.join("00.note.tmp"), [0; 10]).unwrap();
    fs::write(files.join("11.note"), [0; 300]).unwrap();

    let (shelf, stats) = shelf(dir.path());

    assert_eq!(counts(&stats), before);
    assert!(!files.join("00.part").exists() && !files.join("11.note").exists());
    assert!(!files.join("00.note.tmp").exists());
    let file = made(32, 190_000, 0);
    let (kept, blob) = shelf.put(A, &file.put).unwrap();
    assert_eq!(kept.have.to_vec(), [0b011], "what was here is");
    let (blob, rest) = (blob.unwrap(), &file.bytes[2 * limits::BLOB_CHUNK..]);
    blob.put_page(0, &file.hashes).unwrap();
    blob.put(2, rest).unwrap();
    shelf.finish(file.put.topic, &blob).unwrap();
    assert!(shelf.get(&get(&file.put)).unwrap().0.have.is_empty());
    assert_eq!(Shape::of(190_000).unwrap().chunks(), 3);
}

#[test]
fn a_file_that_is_damaged_on_disk_is_not_here_and_can_be_put_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = made(16, 100_000, 0);
    put(&shelf(dir.path()).0, A, &file).unwrap();
    for entry in fs::read_dir(dir.path().join("files")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "list") {
            fs::write(path, [0; 96]).unwrap();
        }
    }

    let (shelf, stats) = shelf(dir.path());

    assert_eq!(shelf.get(&get(&file.put)).err(), Some(Refusal::NotHere));
    put(&shelf, A, &file).unwrap();
    assert!(shelf.get(&get(&file.put)).is_ok());
    assert_eq!(stats.files.get(), 1);
}

#[test]
fn a_topic_has_many_files_and_those_that_all_have_take_no_place_from_others() {
    let dir = tempfile::tempdir().unwrap();
    let quotas = FileQuotas {
        topic: u64::MAX,
        client: u64::MAX,
        bytes: u64::MAX,
        ..QUOTAS
    };
    let (shelf, stats) = shelf_with(dir.path(), quotas);
    let of_topic = |size: usize, readers| made(1, size, readers);
    for n in 0..1024 {
        put(&shelf, A, &of_topic(100 + n, 1)).unwrap();
    }
    let more = of_topic(2000, 1);
    assert_eq!(put(&shelf, A, &more).err(), Some(Refusal::Full));

    for n in 0..1024 {
        let file = of_topic(100 + n, 1).put;
        shelf.took(file.topic, file.blob, [1; 16]).unwrap();
    }

    put(&shelf, A, &more).unwrap();
    assert_eq!(stats.files.get(), 1);
    // Nobody can have it forgotten who had the first.
    for at in [0, QUOTAS.keep_ms - 1] {
        NOW.set(1_000_000 + at);
        shelf.expire();
        let (kept, open) = shelf.put(B, &of_topic(100, 1).put).unwrap();
        assert!(kept.taken == 1 && open.is_none());
    }
    NOW.set(1_000_000 + QUOTAS.keep_ms);
    for _ in 0..=1025 / 64 {
        shelf.expire();
    }
    assert_eq!((counts(&stats), names(dir.path())), ((0, 0), 0));
}
