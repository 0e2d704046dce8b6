//! A group message of 300 bytes with its frame, sealed and opened, and one change of a group of 256:
//! `cargo bench --no-default-features --bench group`.

#![allow(clippy::expect_used, missing_docs, reason = "a bench")]

use std::hint::black_box;

use betwixt::proto::{
    channel::Kind,
    chat::{
        epoch::Epochs,
        group::Group,
        membership::{Change, Op, Policy},
    },
    identity::{Account, Device, DeviceList},
    time::Timestamp,
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const NOW: Timestamp = Timestamp(1_767_225_600_000);
const TEXT: [u8; 300] = [b'x'; 300];
const POLICY: Policy = Policy {
    history: 0,
    receipts: true,
    timer_s: 0,
    max_epoch_age_s: 0,
    predecessor: None,
};

fn person(rng: &mut ChaCha20Rng) -> (Device, DeviceList) {
    let account = Account::generate(rng);
    let device = Device::create(&account, 1, NOW, rng);
    let list = DeviceList::first(&account, &device, NOW);
    (device, list)
}

/// A group of so many people, its owner, and one more.
fn group_of(members: usize, rng: &mut ChaCha20Rng) -> (Group, Device, DeviceList) {
    let (owner, list) = person(rng);
    let mut group =
        Group::create(&owner, &list, "Herons".into(), POLICY, NOW).expect("a short name");
    for _ in 1..members {
        let added = Change::AddMember(person(rng).1.bytes().to_vec().into());
        group.act(&owner, added, NOW).expect("the owner may");
    }
    (group, owner, person(rng).1)
}

fn messages(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (mut group, owner, _) = group_of(20, &mut rng);
    let (mut sending, mut receiving) = (Epochs::default(), Epochs::default());
    let mut secret = None;
    let made = sending
        .make(&mut group, &owner, NOW, &mut rng, |to, _| {
            secret = Some(to.secret.clone());
            None
        })
        .expect("the owner may");
    let epoch = made.op.id();
    let secret = secret.expect("there are others");
    receiving
        .take(&group, &epoch, &secret, NOW)
        .expect("it is for them");
    let day = NOW.frame_day();
    c.bench_function("group message, sealed and framed", |b| {
        b.iter(|| {
            let sealed = sending.seal(&epoch, &owner, &TEXT, &mut rng);
            let body = sealed.expect("the chain is long").body;
            let frame = made
                .channel
                .seal(false, day, Kind::GroupMessage, &body, &mut rng);
            black_box(frame)
        });
    });
    receiving.forget();
    let mut receiving = Epochs::default();
    receiving
        .take(&group, &epoch, &secret, NOW)
        .expect("it is for them");
    let mut sending = Epochs::default();
    sending
        .take(&group, &epoch, &secret, NOW)
        .expect("it is for them");
    c.bench_function("group message, frame and message opened", |b| {
        b.iter_batched(
            || {
                let sealed = sending.seal(&epoch, &owner, &TEXT, &mut rng);
                let body = sealed.expect("the chain is long").body;
                made.channel
                    .seal(false, day, Kind::GroupMessage, &body, &mut rng)
                    .expect("it is short")
            },
            |frame| {
                let inner = made.channel.open(&frame).expect("of this channel");
                receiving
                    .open(&epoch, &inner.body, NOW)
                    .expect("of this epoch")
            },
            BatchSize::PerIteration,
        );
    });
}

fn changes(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let (mut group, owner, list) = group_of(256, &mut rng);
    let known: Vec<Vec<u8>> = group
        .unknown_to(&[], usize::MAX)
        .iter()
        .map(Op::encode)
        .collect();
    let added = Change::AddMember(list.bytes().to_vec().into());
    let (op, _) = group.act(&owner, added, NOW).expect("the owner may");
    c.bench_function("a change taken in by a member of 256", |b| {
        b.iter_batched(
            || Group::restore(known.clone()).expect("they were taken in"),
            |mut member| {
                black_box(member.apply(op.clone()));
                member
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, messages, changes);
criterion_main!(benches);
