//! Files of messages come and go with them.

use std::io::Cursor;

use super::*;
use crate::{
    files::{Sealed, Standing},
    proto::chat::content::{Attachment, Body, Content, Delete, Manifest},
};

fn seal(store: &Store, content: &[u8]) -> Sealed {
    let shelf = store.shelf().unwrap();
    let size = content.len() as u64;
    shelf.seal(Cursor::new(content), size, |_| true).unwrap()
}

fn said(n: u32, body: Body) -> MessageRow {
    let mut row = message(n);
    let content = Content {
        prev: None,
        parents: vec![],
        created: row.created,
        expire_s: 0,
        body,
    };
    row.content = content.encode().to_vec();
    row
}

fn offer(n: u32, sealed: &Sealed) -> MessageRow {
    let manifest = Manifest {
        blob: sealed.blob,
        size: sealed.size,
        sealed_size: sealed.sealed_size,
        file_key: sealed.file_key.clone(),
        prefix: sealed.prefix,
        hash: sealed.hash,
        mime: String::new(),
        name: "a".into(),
        thumbnail: None,
    };
    let caption = String::new();
    said(
        n,
        Body::Attachment(Box::new(Attachment {
            manifest,
            caption,
            folder: None,
            media: None,
        })),
    )
}

fn is_here(store: &Store, sealed: &Sealed) -> bool {
    let standing = store.shelf().unwrap().standing(&sealed.blob);
    assert_eq!(
        standing.is_some(),
        !store.naming(&sealed.blob).unwrap().is_empty()
    );
    standing == Some(Standing::Whole)
}

#[test]
fn a_file_goes_with_the_last_message_that_names_it() {
    let (dir, store) = new_store();
    let [mine, all, chat, twice] = [1, 2, 3, 4].map(|n| seal(&store, &[n; 1000]));
    let rows = [
        offer(1, &mine),
        offer(2, &all),
        offer(3, &chat),
        offer(4, &twice),
        offer(5, &twice),
    ];
    store.commit(rows.into_iter().map(say).collect()).unwrap();
    assert!(
        [&mine, &all, &chat, &twice]
            .iter()
            .all(|it| is_here(&store, it))
    );
    assert_eq!(store.file(&message(1).id).unwrap().unwrap().blob, mine.blob);

    store.commit(vec![Write::Erase(message(1).id)]).unwrap();
    assert!(!is_here(&store, &mine));

    let delete = Delete {
        message: message(2).id,
    };
    store
        .commit(vec![say(said(6, Body::Delete(delete)))])
        .unwrap();
    assert!(!is_here(&store, &all));

    store.commit(vec![Write::Erase(message(4).id)]).unwrap();
    assert!(is_here(&store, &twice), "another message names it");
    store.commit(vec![Write::Erase(message(5).id)]).unwrap();
    assert!(!is_here(&store, &twice));

    // After a start the rest is as it was, and what was sealed for nothing is gone.
    let nothing = seal(&store, b"for nothing");
    assert!(store.shelf().unwrap().standing(&nothing.blob).is_some());
    let store = reopen(store);
    assert!(is_here(&store, &chat));
    assert_eq!(store.files().unwrap().len(), 1);
    assert!(store.shelf().unwrap().standing(&nothing.blob).is_none());

    let people = vec![];
    store
        .commit(vec![Write::Forget { chat: CHAT, people }])
        .unwrap();
    assert!(!is_here(&store, &chat));
    let left = fs::read_dir(dir.path().join("blobs")).unwrap().count();
    assert_eq!(left, 0);
}
