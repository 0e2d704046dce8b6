//! An index that is being made.

use super::*;

#[test]
fn an_index_of_an_older_version_is_made_anew() {
    let (dir, store, search) = saying(&["owl"]);
    drop(search);
    std::fs::remove_dir_all(dir.path().join(DIR)).unwrap();
    // It says that it has everything, and knows nothing of it.
    let mut index = index_of(&store, dir.path());
    index.progress.format -= 1;
    index.came_to(CHAT, 1);
    index.commit().unwrap();
    drop(index);

    let search = Search::start(&store).unwrap();

    assert_eq!(finds(&search, &["owl"]), [0]);
}

#[test]
fn who_searches_while_the_index_is_made_is_told_how_far_it_is() {
    let (_dir, store, search) = saying(&[]);
    drop(search);
    let texts: Vec<Write> = (0..9_000).map(|n| say(text(n, "owl"))).collect();
    store.commit(texts).unwrap();
    let search = Search::start(&store).unwrap();
    let mut seen = Vec::new();
    let last = loop {
        // Nobody waits here, as who searches does.
        let standing = search.signal.wait_for_now(Duration::from_millis(1));
        if standing.complete {
            break standing;
        }
        seen.push(standing);
    };

    assert_eq!((last.indexed, last.messages), (9_000, 9_000));
    let counts = seen.iter().map(|standing| standing.indexed);
    assert!(counts.clone().is_sorted());
    let between = counts.filter(|count| (1..9_000).contains(count)).count();
    assert!(between > 0, "{seen:?}");
    let all = seen.iter().filter(|standing| standing.indexed > 0);
    assert!(all.clone().all(|standing| standing.messages == 9_000));
    assert_eq!(finds(&search, &["owl"]).len(), 100);
}
