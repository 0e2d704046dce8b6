//! Sealing and opening one message of 300 bytes in a pairwise session:
//! `cargo bench --no-default-features --bench session`.

#![allow(clippy::expect_used, missing_docs, reason = "a bench")]

use std::hint::black_box;

use betwixt::proto::{
    handshake::{InitPayload, Initiate, Respond, initiate, respond},
    identity::{Account, Device, DeviceList},
    prekey::{Kind, OwnPrekey, Prekey},
    session::{Accept, SessionSet},
    time::Timestamp,
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const NOW: Timestamp = Timestamp(1_760_000_000_000);
const CTX: [u8; 32] = [7; 32];
const TEXT: [u8; 300] = [b'x'; 300];

/// Two sides of a session that have heard each other, and chance.
fn talking() -> (SessionSet, SessionSet, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let [alice, bob] = [1, 2].map(|_| Account::generate(&mut rng));
    let ours = Device::create(&alice, 1, NOW, &mut rng);
    let theirs = Device::create(&bob, 1, NOW, &mut rng);
    let list = DeviceList::first(&bob, &theirs, NOW);
    let own_prekey = OwnPrekey::create(1, Kind::OneTime, NOW, &mut rng);
    let prekey = Prekey::verify(&own_prekey.sign(&theirs), &list, NOW).expect("just signed");
    let request = Initiate {
        device: &ours,
        peer: theirs.certificate(),
        prekey: &prekey,
        token: None,
        payload: InitPayload {
            device: ours.id(),
            list_seq: 1,
            generation: 1,
            created: NOW,
        },
    };
    let initiated = initiate(request, &mut rng).expect("the keys belong together");
    let mut sealing = SessionSet::new(ours.id(), theirs.id());
    let mut opening = SessionSet::new(theirs.id(), ours.id());
    let request = Respond {
        device: &theirs,
        person: bob.person(),
        prekey: &own_prekey,
        token: None,
    };
    let accept = Accept {
        responded: respond(request, &initiated.init).expect("it is to these keys"),
        initiator: ours.certificate(),
        prekey: &own_prekey,
    };
    sealing.start(initiated, NOW);
    let first = sealing
        .seal(&mut rng, NOW, &CTX, b"hello")
        .expect("a session");
    opening
        .accept(accept, NOW, &first, &CTX)
        .expect("it is the first");
    let reply = opening
        .seal(&mut rng, NOW, &CTX, b"hello")
        .expect("a session");
    sealing.open(NOW, &reply, &CTX).expect("it is the reply");
    (sealing, opening, rng)
}

fn sealing(c: &mut Criterion) {
    let (mut sealing, _, mut rng) = talking();
    c.bench_function("seal 300 bytes", |b| {
        b.iter(|| sealing.seal(&mut rng, NOW, &CTX, black_box(&TEXT)));
    });
}

fn opening(c: &mut Criterion) {
    let (mut sealing, mut opening, mut rng) = talking();
    c.bench_function("open 300 bytes", |b| {
        b.iter_batched(
            || sealing.seal(&mut rng, NOW, &CTX, &TEXT).expect("a session"),
            |message| {
                opening
                    .open(NOW, black_box(&message), &CTX)
                    .expect("the next")
            },
            BatchSize::SmallInput,
        );
    });
}

/// Every message is an answer, so that each takes a step of the ratchet.
fn taking_turns(c: &mut Criterion) {
    let (mut sealing, mut opening, mut rng) = talking();
    c.bench_function("seal and open 300 bytes, each an answer", |b| {
        b.iter(|| {
            let message = sealing.seal(&mut rng, NOW, &CTX, &TEXT).expect("a session");
            opening.open(NOW, &message, &CTX).expect("the next");
            std::mem::swap(&mut sealing, &mut opening);
        });
    });
}

criterion_group!(session, sealing, opening, taking_turns);
criterion_main!(session);
