//! The search of a store.

mod files;
mod kill;
mod making;
mod model;

use std::{collections::BTreeSet, path::Path};

use super::*;
use crate::{
    proto::{
        chat::content::{Body, Content, Delete, Edit, Text},
        id::{ChatId, PersonId},
        record::Write,
        time::Timestamp,
    },
    store::{
        search::index::Index,
        tests::{BOB, CHAT, files, message, new_store, open, reopen, say},
    },
};

const OTHER: ChatId = ChatId([8; 32]);
const ANN: PersonId = PersonId([1; 32]);
const LONG: Duration = Duration::from_mins(1);

fn content(n: u32, body: Body) -> Vec<u8> {
    let content = Content {
        prev: None,
        parents: Vec::new(),
        created: message(n).created,
        expire_s: 0,
        body,
    };
    content.encode().to_vec()
}

/// A message of Bob's, said a second after the one before it.
fn text(n: u32, said: &str) -> MessageRow {
    let body = Body::Text(Text {
        text: said.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    });
    MessageRow {
        content: content(n, body),
        sent_at: Timestamp(u64::from(n) * 1000),
        ..message(n)
    }
}

fn act(n: u32, body: Body) -> MessageRow {
    MessageRow {
        content: content(n, body),
        ..message(n)
    }
}

/// A store in which this was said, and its search.
fn saying(texts: &[&str]) -> (tempfile::TempDir, Store, Search) {
    let (dir, store) = new_store();
    record_chats(&store);
    let rows = (0..).zip(texts).map(|(n, said)| say(text(n, said)));
    store.commit(rows.collect()).unwrap();
    let search = Search::start(&store).unwrap();
    search.wait(LONG);
    (dir, store, search)
}

/// The chats are known by their records.
fn record_chats(store: &Store) {
    use crate::proto::record::Class;
    let chats = [CHAT, OTHER].map(|chat| Write::Put(Class::Chat, chat.0.to_vec(), vec![0].into()));
    store.commit(chats.to_vec()).unwrap();
}

fn asking(words: &[&str]) -> Ask {
    let phrase = |word: &&str| match word.strip_suffix('*') {
        Some(start) => Phrase::of(start, true),
        None => Phrase::of(word, false),
    };
    Ask {
        phrases: words.iter().filter_map(phrase).collect(),
        order: Order::Newest,
        limit: 100,
        ..Ask::default()
    }
}

/// The counters of the messages that are found, as they come.
fn found(search: &Search, ask: &Ask) -> Vec<u32> {
    let (hits, standing) = search.find(ask).unwrap();
    assert!(standing.complete, "{standing:?}");
    hits.into_iter().map(|hit| hit.row.counter).collect()
}

fn finds(search: &Search, words: &[&str]) -> Vec<u32> {
    search.wait(LONG);
    found(search, &asking(words))
}

#[test]
fn a_search_of_many_small_parts_holds_few_files_open() {
    let (dir, store, search) = saying(&["herons"]);
    let open = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap();
        let paths = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
        let ours = paths.filter(|path| path.starts_with(dir.path().join("search")));
        ours.count()
    };
    let mut most = 0;
    for n in 1..20 {
        store.commit(vec![say(text(n, "herons again"))]).unwrap();
        search.wait(LONG);
        assert_eq!(found(&search, &asking(&["herons"])).len(), n as usize + 1);
        most = most.max(open());
    }
    assert!(most < 4, "{most}");
}

#[test]
fn words_prefixes_and_phrases_are_found_the_newest_first() {
    let (_dir, _store, search) = saying(&[
        "The herons are back",
        "back to the river, herons!",
        "A heronry in Zürich",
        "今日は東京タワーに行く",
        "nothing",
    ]);

    assert_eq!(finds(&search, &["herons"]), [1, 0]);
    assert_eq!(finds(&search, &["HERON*"]), [2, 1, 0]);
    assert_eq!(finds(&search, &["back", "the"]), [1, 0]);
    assert_eq!(finds(&search, &["back to the"]), [1]);
    assert_eq!(finds(&search, &["are ba*"]), [0]);
    assert_eq!(finds(&search, &["zurich"]), [2]);
    assert_eq!(finds(&search, &["東京"]), [3]);
    assert_eq!(finds(&search, &["京タ"]), [3]);
    assert_eq!(finds(&search, &["京東"]), [0_u32; 0]);
    assert_eq!(finds(&search, &["heron"]), [0_u32; 0]);
}

#[test]
fn the_best_come_first_and_pages_follow_each_other_in_either_order() {
    let long = "owl and many other words that have nothing to do with birds at all";
    let texts = [long, "owl", "owl owl", long, "owl", "crow"];
    let (_dir, _store, search) = saying(&texts);
    for order in [Order::Best, Order::Newest] {
        let all = found(
            &search,
            &Ask {
                order,
                ..asking(&["owl"])
            },
        );
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let ask = Ask {
                order,
                after,
                limit: 2,
                ..asking(&["owl"])
            };
            let (page, _) = search.find(&ask).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.row.id);
            paged.extend(page.iter().map(|hit| hit.row.counter));
        }

        assert_eq!(paged, all, "{order:?}");
        let expected: &[u32] = match order {
            Order::Best => &[2, 4, 1, 3, 0],
            Order::Newest => &[4, 3, 2, 1, 0],
        };
        assert_eq!(all, expected, "{order:?}");
    }
}

#[test]
fn who_where_when_and_what_it_has_narrow_it_down() {
    let (_dir, store, search) = saying(&["owl"]);
    let mut by_ann = text(1, "owl at https://example.org");
    by_ann.sender = ANN;
    let mut elsewhere = text(2, "owl");
    elsewhere.chat = OTHER;
    store.commit(vec![say(by_ann), say(elsewhere)]).unwrap();
    search.wait(LONG);
    let owls = asking(&["owl"]);

    let by = |person| Ask {
        people: Some(BTreeSet::from([person])),
        ..owls.clone()
    };
    assert_eq!(found(&search, &by(ANN)), [1]);
    assert_eq!(found(&search, &by(BOB)), [2, 0]);
    assert_eq!(found(&search, &by(PersonId([9; 32]))), [0_u32; 0]);
    let within = |chats: &[ChatId]| Ask {
        chats: Some(chats.iter().copied().collect()),
        ..owls.clone()
    };
    assert_eq!(found(&search, &within(&[OTHER])), [2]);
    assert_eq!(found(&search, &within(&[CHAT, OTHER])), [2, 1, 0]);
    assert_eq!(found(&search, &within(&[])), [0_u32; 0]);
    let when = |since, until| Ask {
        since: Some(Timestamp(since)),
        until: Some(Timestamp(until)),
        ..owls.clone()
    };
    assert_eq!(found(&search, &when(0, 1000)), [0]);
    assert_eq!(found(&search, &when(1000, 2000)), [1]);
    let links = Ask {
        has: BTreeSet::from([Has::Link]),
        ..asking(&[])
    };
    assert_eq!(found(&search, &links), [1]);
}

#[test]
fn what_is_edited_is_found_by_its_new_words_only() {
    let (_dir, store, search) = saying(&["the old owl", "another owl"]);
    let edit = Body::Edit(Edit {
        message: message(0).id,
        text: "the new crow".into(),
    });

    store.commit(vec![say(act(2, edit))]).unwrap();

    assert_eq!(finds(&search, &["owl"]), [1]);
    assert_eq!(finds(&search, &["crow"]), [0]);
    assert_eq!(finds(&search, &["the"]), [0]);
}

#[test]
fn what_is_deleted_erased_or_forgotten_is_not_found_and_leaves_the_files() {
    let (dir, store, search) = saying(&["owl one", "owl two", "owl three"]);
    let mut elsewhere = text(7, "owl elsewhere");
    elsewhere.chat = OTHER;
    store.commit(vec![say(elsewhere)]).unwrap();
    assert_eq!(finds(&search, &["owl"]), [7, 2, 1, 0]);

    let delete = Body::Delete(Delete {
        message: message(0).id,
    });
    store.commit(vec![say(act(4, delete))]).unwrap();
    assert_eq!(finds(&search, &["owl"]), [7, 2, 1]);
    store.commit(vec![Write::Erase(message(1).id)]).unwrap();
    assert_eq!(finds(&search, &["owl"]), [7, 2]);
    let people = vec![BOB];
    let forget = Write::Forget {
        chat: OTHER,
        people,
    };
    store.commit(vec![forget]).unwrap();
    assert_eq!(finds(&search, &["owl"]), [2]);
    assert!(store.query(|db| db.unindexed(9)).unwrap().is_empty());

    drop(search);
    let mut index = index_of(&store, dir.path());
    assert!(index.has_leftovers());
    let keys = std::fs::read(dir.path().join(DIR).join("keys")).unwrap();
    for gone in ["one", "two"] {
        assert_eq!(occurs(&index, gone), 1, "{gone}");
    }
    index.purge(|| false).unwrap();
    assert!(!index.has_leftovers());
    for gone in ["one", "two", "elsewhere"] {
        assert_eq!(occurs(&index, gone), 0, "{gone}");
    }
    assert_eq!(occurs(&index, "three"), 1);
    assert_ne!(
        std::fs::read(dir.path().join(DIR).join("keys")).unwrap(),
        keys
    );
}

fn index_of(store: &Store, dir: &Path) -> Index {
    let key = store.with(|open| Ok(open.database.sealer.search_key()));
    Index::open(&dir.join(DIR), key.unwrap()).unwrap()
}

/// In how many messages a word is, those that are gone and still in the files among them.
fn occurs(index: &Index, word: &str) -> u64 {
    let term = tantivy::Term::from_field_text(index.fields.text, word);
    index.searcher().unwrap().doc_freq(&term).unwrap()
}

#[test]
fn a_chat_that_is_forgotten_and_begun_again_is_indexed_from_its_beginning() {
    let (_dir, store, search) = saying(&["owl zero", "owl one", "owl two"]);
    let forget = Write::Forget {
        chat: CHAT,
        people: vec![BOB],
    };

    store
        .commit(vec![forget, say(text(9, "owl nine"))])
        .unwrap();
    assert_eq!(finds(&search, &["owl"]), [9]);
    store.commit(vec![say(text(10, "owl ten"))]).unwrap();

    assert_eq!(finds(&search, &["owl"]), [10, 9]);
}

#[test]
fn what_came_and_went_while_nobody_indexed_is_caught_up_with() {
    let (_dir, store, search) = saying(&["owl zero", "owl one"]);
    assert_eq!(finds(&search, &["owl"]), [1, 0]);
    drop(search);

    store.commit(vec![Write::Erase(message(0).id)]).unwrap();
    store.commit(vec![say(text(2, "owl two"))]).unwrap();
    let store = reopen(store);
    let search = Search::start(&store).unwrap();

    assert_eq!(finds(&search, &["owl"]), [2, 1]);
    drop(search);
    let index = index_of(&store, store_dir(&store).as_path());
    assert_eq!(occurs(&index, "two"), 1);
}

fn store_dir(store: &Store) -> std::path::PathBuf {
    store.with(|open| Ok(open.dir().to_owned())).unwrap()
}

#[test]
fn a_search_of_a_locked_store_says_so_and_it_locks_at_once() {
    let (_dir, store, search) = saying(&["owl"]);

    let profile = store.lock().unwrap();

    assert_eq!(
        search.find(&asking(&["owl"])).unwrap_err(),
        StoreError::Locked
    );
    drop(search);
    let store = profile.unlock(None).unwrap();
    let search = Search::start(&store).unwrap();
    assert_eq!(finds(&search, &["owl"]), [0]);
}

#[test]
fn no_word_shows_in_any_file_of_the_profile() {
    let words = "xylophonecanary quixoticcanary";
    let (dir, store, search) = saying(&[words; 50]);
    assert_eq!(finds(&search, &["xylophonecanary"]).len(), 50);
    drop(search);
    store.lock().unwrap();

    let mut bytes = 0;
    for file in files(&dir.path().join(DIR)) {
        let content = std::fs::read(&file).unwrap();
        bytes += content.len();
        let needles: [&[u8]; 6] = [
            b"canary",
            b"xyloph",
            b"quixot",
            b"meta.json",
            b"segment",
            b"sender",
        ];
        for needle in needles {
            let shows = content.windows(needle.len()).any(|part| part == needle);
            assert!(!shows, "{} in {}", needle.escape_ascii(), file.display());
        }
    }
    assert!(bytes > 1000, "the index must have been written: {bytes}");
}

#[test]
fn a_damaged_index_is_made_anew_and_nobody_notices() {
    let texts: Vec<String> = (0..300).map(|n| format!("owl number{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (dir, store, search) = saying(&texts);
    drop(search);
    drop(store.lock().unwrap());
    let all = files(&dir.path().join(DIR));
    assert!(all.len() > 5, "{all:?}");

    for damaged in 0..all.len() {
        let store = open(dir.path());
        let all = files(&dir.path().join(DIR));
        let file = all.get(damaged).unwrap_or(&all[0]);
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        std::fs::write(file, bytes).unwrap();

        let search = Search::start(&store).unwrap();

        assert_eq!(finds(&search, &["owl"]).len(), 100, "{}", file.display());
        assert_eq!(finds(&search, &["number7"]), [7], "{}", file.display());
        drop(search);
        drop(store.lock().unwrap());
    }
}

#[test]
fn an_index_that_is_removed_or_older_or_newer_than_the_database_is_made_anew() {
    let (dir, store, search) = saying(&["owl zero"]);
    drop(search);
    let old = tempfile::tempdir().unwrap();
    crate::store::tests::copy_dir(dir.path(), old.path());
    store.commit(vec![say(text(1, "owl one"))]).unwrap();
    let search = Search::start(&store).unwrap();
    assert_eq!(finds(&search, &["owl"]), [1, 0]);
    drop(search);

    // The index of later, with the database of before.
    std::fs::remove_dir_all(old.path().join(DIR)).unwrap();
    crate::store::tests::copy_dir(&dir.path().join(DIR), &old.path().join(DIR));
    let earlier = open(old.path());
    let search = Search::start(&earlier).unwrap();
    assert_eq!(finds(&search, &["owl"]), [0]);
    drop(search);

    std::fs::remove_dir_all(dir.path().join(DIR)).unwrap();
    let search = Search::start(&store).unwrap();
    assert_eq!(finds(&search, &["owl"]), [1, 0]);
}
