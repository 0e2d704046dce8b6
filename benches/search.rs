//! What searching costs: `cargo bench --no-default-features --bench search [-- MESSAGES]`, a million when
//! not given.
//!
//! Made-up texts of 1 to 24 words, of which the n-th most frequent is said 1/n as often as the first, in a
//! hundred chats of which a few are large. Times are from the question to the rows of the first 20 messages.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use betwixt::{
    proto::{
        chat::content::{Body, Content, Text},
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{Class, MessageRow, Write},
        time::Timestamp,
    },
    store::{
        Profile, Store,
        search::{Ask, Order, Phrase, Search},
    },
};

const VOCABULARY: f64 = 300_000.0;
const FOREVER: Duration = Duration::from_hours(10);

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The word of a rank, from 0: the more frequent, the shorter.
fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 40] = [
        "a", "the", "to", "on", "er", "ha", "lo", "mi", "na", "po", "re", "sa", "ti", "vo", "we",
        "ya", "zu", "bel", "cor", "dan", "fin", "gar", "hil", "jun", "kel", "lin", "mor", "nel",
        "ost", "pel", "qui", "ros", "sun", "tor", "und", "ver", "win", "xen", "yor", "zan",
    ];
    let mut word = String::new();
    let mut rest = rank + 1;
    while rest > 0 {
        word.push_str(SYLLABLES[(rest % 40) as usize]);
        rest /= 40;
    }
    word
}

fn text(chance: &mut Chance) -> String {
    let words = 1 + (chance.part() * chance.part() * 24.0) as usize;
    let said = (0..words).map(|_| word(VOCABULARY.powf(chance.part()) as u64 - 1));
    said.collect::<Vec<_>>().join(" ")
}

fn row(n: u64) -> MessageRow {
    let mut chance = Chance(n.wrapping_mul(7919));
    let chat = (100.0_f64.powf(chance.part())) as u8;
    let person = (50.0_f64.powf(chance.part())) as u8;
    let text = Text {
        text: text(&mut chance),
        reply_to: None,
        mentions: Vec::new(),
    };
    let at = Timestamp(1_600_000_000_000 + n * 100_000);
    let content = Content {
        prev: None,
        parents: Vec::new(),
        created: at,
        expire_s: 0,
        body: Body::Text(text),
    };
    MessageRow {
        id: MessageId(*blake3::hash(&n.to_be_bytes()).as_bytes()),
        chat: ChatId([chat; 32]),
        sender: PersonId([person; 32]),
        device: DeviceId([person; 16]),
        counter: n as u32,
        created: at,
        sent_at: at,
        received_at: at,
        outgoing: false,
        content: content.encode().to_vec(),
        signed: None,
    }
}

fn say(n: u64) -> Write {
    Write::Message(Box::new(row(n)))
}

fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.unwrap_or_default().replace('\t', " ")
}

fn size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| entry.metadata().unwrap().len()).sum()
}

fn ask(phrases: &[(&str, bool)], order: Order) -> Ask {
    let phrases = phrases.iter();
    Ask {
        phrases: phrases
            .filter_map(|(p, prefix)| Phrase::of(p, *prefix))
            .collect(),
        order,
        limit: 20,
        ..Ask::default()
    }
}

fn measure(name: &str, store: &Store, search: &Search, questions: &[Ask]) {
    let mut times = Vec::new();
    let mut found = 0;
    let begun = Instant::now();
    for _ in 0..5 {
        for question in questions {
            let begun = Instant::now();
            found = search.find(question).unwrap().0.len();
            times.push(begun.elapsed());
        }
        if begun.elapsed() > Duration::from_secs(20) {
            break;
        }
    }
    let first = times[0];
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let (hits, _) = search.find(&questions[0]).unwrap();
    let begun = Instant::now();
    for hit in hits {
        store.message(&hit.row.id).unwrap();
    }
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {found} |",
        ms(first),
        ms(times[times.len() / 2]),
        ms(times[times.len() * 95 / 100]),
        ms(begun.elapsed()),
    );
}

fn main() {
    let mut messages = std::env::args().filter_map(|argument| argument.parse().ok());
    let messages: u64 = messages.next_back().unwrap_or(1_000_000);
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let store = Profile::open(dir.path()).unwrap().unlock(None).unwrap();
    let chats = (0..=100).map(|n| Write::Put(Class::Chat, vec![n; 32], vec![0].into()));
    store.commit(chats.collect()).unwrap();
    let begun = Instant::now();
    let mut bytes = 0;
    for first in (0..messages).step_by(2000) {
        let rows = (first..(first + 2000).min(messages)).map(row);
        let rows: Vec<MessageRow> = rows.collect();
        bytes += rows.iter().map(|row| row.content.len()).sum::<usize>();
        let batch = rows.into_iter().map(|row| Write::Message(Box::new(row)));
        store.commit(batch.collect()).unwrap();
    }
    println!(
        "{messages} messages, {} MB of content, stored in {:.0} s; {}",
        bytes / 1_000_000,
        begun.elapsed().as_secs_f64(),
        memory()
    );

    let begun = Instant::now();
    let search = Search::start(&store).unwrap();
    search.wait(FOREVER);
    let took = begun.elapsed().as_secs_f64();
    let index = dir.path().join("search");
    println!(
        "indexed in {took:.1} s: {:.0} messages/s; {:.1} MB on disk in {} files; {}",
        messages as f64 / took,
        size(&index) as f64 / 1e6,
        fs::read_dir(&index).unwrap().count(),
        memory()
    );
    drop(search);
    let begun = Instant::now();
    let search = Search::start(&store).unwrap();
    search.wait(FOREVER);
    println!(
        "opened again in {:.0} ms",
        begun.elapsed().as_secs_f64() * 1000.0
    );

    println!("| asked | first, ms | median | p95 | 20 whole messages | found |");
    println!("|---|---|---|---|---|---|");
    let frequent = [word(0), word(1), word(2)];
    let middle: Vec<String> = (0..10).map(|n| word(500 + n * 97)).collect();
    let rare: Vec<String> = (0..10).map(|n| word(50_000 + n * 997)).collect();
    for order in [Order::Newest, Order::Best] {
        let each = |words: &[String], prefix: bool| -> Vec<Ask> {
            let one = |word: &String| ask(&[(word.as_str(), prefix)], order);
            words.iter().map(one).collect()
        };
        let measure = |name: &str, questions: &[Ask]| {
            measure(&format!("{name}, {order:?}"), &store, &search, questions);
        };
        measure("a rare word", &each(&rare, false));
        measure("a word", &each(&middle, false));
        measure("the most frequent words", &each(&frequent, false));
        let two = [ask(&[(&frequent[0], false), (&middle[0], false)], order)];
        measure("a frequent and another word", &two);
        let both = [ask(&[(&frequent[0], false), (&frequent[1], false)], order)];
        measure("two of the most frequent", &both);
        let letters = ["a", "t", "s", "m"].map(String::from);
        measure("one letter, as typed", &each(&letters, true));
        let starts = ["bel", "sun", "ver"].map(String::from);
        measure("a prefix of three", &each(&starts, true));
        let starts = ["belha", "sunmor", "verlin"].map(String::from);
        measure("a prefix of five and more", &each(&starts, true));
        let phrase = format!("{} {}", frequent[0], frequent[1]);
        measure(
            "a phrase of frequent words",
            &[ask(&[(&phrase, false)], order)],
        );
        let phrase = format!("{} {}", middle[0], frequent[0]);
        measure("a phrase", &[ask(&[(&phrase, false)], order)]);
        let by = Ask {
            people: Some(BTreeSet::from([PersonId([7; 32])])),
            ..ask(&[(&frequent[0], false)], order)
        };
        measure("from somebody", &[by]);
        let within = Ask {
            chats: Some(BTreeSet::from([ChatId([1; 32])])),
            since: Some(Timestamp(1_600_000_000_000)),
            until: Some(Timestamp(1_600_000_000_000 + messages * 50_000)),
            ..ask(&[(&frequent[0], false)], order)
        };
        measure("in a chat, between two dates", &[within]);
    }
    println!("{}", memory());

    let begun = Instant::now();
    let mut next = messages;
    let seconds = 20;
    for _ in 0..seconds * 50 {
        store.commit((next..next + 20).map(say).collect()).unwrap();
        next += 20;
        let due = Duration::from_millis(next - messages);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    }
    let said = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    search.wait(FOREVER);
    println!(
        "{} messages said in {said:.1} s in commits of 20; all of them found {:.2} s after the last; {} files; {}",
        next - messages,
        begun.elapsed().as_secs_f64(),
        fs::read_dir(&index).unwrap().count(),
        memory()
    );
}
