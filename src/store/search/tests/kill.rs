//! Killed while it indexes: afterwards it catches up, and nothing is twice.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use super::*;
use crate::store::vault;

const CHILD: &str = "BETWIXT_SEARCH_CHILD";

#[test]
fn after_kill_9_the_index_catches_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut said = 0;
    for kill in 0..5 {
        live_and_die(dir.path());

        let store = open(dir.path());
        let here = store
            .page(
                CHAT,
                crate::proto::record::PageBounds {
                    limit: usize::MAX,
                    ..Default::default()
                },
            )
            .unwrap();
        let mut here: Vec<u32> = here.iter().map(|stored| stored.row.counter).collect();
        here.reverse();
        let search = Search::start(&store).unwrap();
        search.wait(LONG);
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let ask = Ask {
                after,
                limit: 500,
                ..asking(&["owl"])
            };
            let (page, _) = search.find(&ask).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.row.id);
            found.extend(page.iter().map(|hit| hit.row.counter));
        }
        assert_eq!(found, here, "kill {kill}");
        println!("kill {kill}: {} messages", here.len());
        said = here.len();
        drop(search);
        drop(store);
    }
    assert!(said > 100, "the child must have come to something: {said}");
}

fn live_and_die(dir: &Path) {
    let name = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--include-ignored"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("begun"))));
    let chance = u16::from_be_bytes(vault::random().unwrap());
    std::thread::sleep(Duration::from_millis(300 + u64::from(chance % 1500)));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
#[ignore = "the other half of the test above, which starts it"]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let store = open(Path::new(&dir));
    record_chats(&store);
    let search = Search::start(&store).unwrap();
    let mut next = store.with(|open| {
        let last = open.arrivals(&CHAT, 0, usize::MAX)?;
        Ok(u32::try_from(last.len()).unwrap())
    });
    println!("\nbegun");
    let next = next.as_mut().unwrap();
    loop {
        let batch = (*next..*next + 20).map(|n| say(text(n, "an owl")));
        store.commit(batch.collect()).unwrap();
        *next += 20;
        // Some are taken away again, and there are many commits of the index.
        if next.is_multiple_of(60) {
            store
                .commit(vec![Write::Erase(message(*next - 7).id)])
                .unwrap();
        }
        if next.is_multiple_of(40) {
            search.wait(Duration::from_millis(100));
        }
    }
}
