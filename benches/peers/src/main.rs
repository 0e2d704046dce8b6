//! MLS (`OpenMLS`) and Megolm (vodozemac), in CPU time of one core: what they take for the acts of
//! `benches/group.rs`, `OpenMLS` with all threads that it works with.
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- --bench`

#[path = "../../cpu/mod.rs"]
mod cpu;
mod mls;

use cpu::CpuTime;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mls::Herons;
use vodozemac::megolm::{GroupSession, InboundGroupSession, MegolmMessage, SessionConfig};

const TEXT: [u8; 300] = [b'x'; 300];
const MEMBERS: usize = 256;

fn megolm(criterion: &mut Criterion<CpuTime>) {
    let config = SessionConfig::version_1();
    let mut said = GroupSession::new(config);
    let mut heard = InboundGroupSession::new(&said.session_key(), config);
    println!("Megolm: {} bytes", said.encrypt(TEXT).to_bytes().len());
    let mut group = criterion.benchmark_group("Megolm, 300 bytes");
    group.bench_function("decrypt", |bench| {
        let hear = |bytes: Vec<u8>| {
            let message = MegolmMessage::from_bytes(&bytes).unwrap();
            heard.decrypt(&message).unwrap()
        };
        let say = || said.encrypt(TEXT).to_bytes();
        bench.iter_batched(say, hear, BatchSize::SmallInput);
    });
    group.bench_function("encrypt", |bench| {
        bench.iter(|| said.encrypt(TEXT).to_bytes());
    });
    group.finish();
}

fn messages(criterion: &mut Criterion<CpuTime>) {
    for members in [2, MEMBERS] {
        let mut herons = Herons::new(members, 2);
        let [said, heard] = herons.in_it.get_disjoint_mut([0, 1]).unwrap();
        println!("MLS of {members}: {} bytes", said.say(&TEXT).len());
        let mut group = criterion.benchmark_group(format!("MLS, 300 bytes to {members} members"));
        group.bench_function("process", |bench| {
            bench.iter_batched(
                || said.say(&TEXT),
                |bytes| heard.hear(&bytes),
                BatchSize::SmallInput,
            );
        });
        group.bench_function("create", |bench| bench.iter(|| said.say(&TEXT)));
        group.finish();
    }
}

/// Right after the group was founded, when nobody but its founder has committed anything; and after every
/// second member has, which gives every inner node of the tree a key.
fn removal(criterion: &mut Criterion<CpuTime>) {
    for (when, in_it, updated) in [("newly founded", 2, false), ("all used", MEMBERS / 2, true)] {
        let mut herons = Herons::new(MEMBERS, in_it);
        if updated {
            herons.update_all();
        }
        let [author, other] = herons.in_it.get_disjoint_mut([0, in_it / 2]).unwrap();
        let (at_author, at_other) = (author.snapshot(), other.snapshot());
        let commit = author.remove_last();
        println!(
            "MLS, one of {MEMBERS} is removed, {when}: commit of {} bytes",
            commit.len()
        );
        let mut group = criterion.benchmark_group(format!("MLS, one of 256 is removed, {when}"));
        group.sample_size(20);
        group.bench_function("made and merged", |bench| {
            bench.iter_custom(|count| {
                timed(
                    count,
                    author,
                    |author| author.restore(&at_author),
                    |author| {
                        author.remove_last();
                    },
                )
            });
        });
        group.bench_function("processed and merged", |bench| {
            bench.iter_custom(|count| {
                timed(
                    count,
                    other,
                    |other| other.restore(&at_other),
                    |other| other.take_in(&commit),
                )
            });
        });
        group.finish();
    }
}

/// The time of an act that changes its state, put back before each.
fn timed<T>(count: u64, state: &mut T, before: impl Fn(&mut T), act: impl Fn(&mut T)) -> u64 {
    use criterion::measurement::Measurement as _;
    let mut sum = 0;
    for _ in 0..count {
        before(state);
        let start = CpuTime.start();
        act(state);
        sum += CpuTime.end(start);
    }
    sum
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = megolm, messages, removal
}
criterion_main!(benches);
