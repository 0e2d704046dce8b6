//! What one direct message costs, in CPU time of one core: sealing it to one device with its frame
//! (at most 60 µs), checking and opening it (at most 120 µs); beside it the operations that are the
//! floor. `cargo bench --no-default-features --bench frame`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may"
)]

mod cpu;
mod people;

use std::cell::RefCell;

use betwixt::{
    proto::{
        channel::{Channel, Kind},
        chat::{
            content::{Body, Content, Text},
            direct::{DirectMessage, chat_id, part_context},
        },
        crypto::sign::SigningKey,
        id::{ChatId, DeviceId, MessageId},
        secret::Secret,
        session::SessionSet,
    },
    wire::frame::{self, Window},
};
use cpu::CpuTime;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use people::{NOW, Person};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Alice writes to Bob in a session that both have used.
struct Conversation {
    chat: ChatId,
    channel: Channel,
    rng: ChaCha20Rng,
    alice: DeviceId,
    bob: DeviceId,
    alices: SessionSet,
    bobs: SessionSet,
    counter: u32,
    content: Vec<u8>,
}

impl Conversation {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
        let (alices, bobs) = alice.meet(&bob, &mut rng);
        let chat = chat_id(&alice.account.person(), &bob.account.person());

        Self {
            chat,
            channel: Channel::from_secret(&Secret::random(&mut rng)),
            rng,
            alice: alice.device.id(),
            bob: bob.device.id(),
            alices,
            bobs,
            counter: 0,
            content: content(),
        }
    }

    fn seal(&mut self) -> Vec<u8> {
        let (chat, alice, counter) = (self.chat, self.alice, self.counter);
        let rng = &mut self.rng;
        let sealed = DirectMessage::seal_content(&chat, &alice, counter, &self.content, rng);
        let context = part_context(&chat);
        let pairwise = self.alices.seal(rng, NOW, &context, sealed.part.expose());
        let parts = [(self.bob, pairwise.unwrap())];
        let body = DirectMessage::encode(&alice, counter, &parts, &sealed.ciphertext);
        self.counter += 1;
        let frame = self
            .channel
            .seal(false, NOW.frame_day(), Kind::DirectMessage, &body, rng);
        frame.unwrap()
    }

    fn open(&mut self, frame: &[u8]) -> (MessageId, Content) {
        let today = NOW.frame_day();
        frame::check(&self.channel.topic(), frame, today, Window::Live).unwrap();
        let inner = self.channel.open(frame).unwrap();
        let message = DirectMessage::parse(&inner.body).unwrap();
        let pairwise = message.part_for(&self.bob).unwrap();
        let part = self
            .bobs
            .open(NOW, pairwise, &part_context(&self.chat))
            .unwrap();
        let (id, content) = message.open_content(&self.chat, &part).unwrap();
        (id, Content::decode(&content).unwrap())
    }
}

fn content() -> Vec<u8> {
    let content = Content {
        prev: Some(MessageId([1; 32])),
        parents: vec![MessageId([1; 32])],
        created: NOW,
        expire_s: 0,
        body: Body::Text(Text {
            text: "x".repeat(300),
            reply_to: None,
            mentions: vec![],
        }),
    };
    content.encode().to_vec()
}

fn direct_message(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("300 bytes to one device");
    group.bench_function("seal (target 60 µs)", |bench| {
        let mut talk = Conversation::new();
        bench.iter(|| talk.seal());
    });
    group.bench_function("check and open (target 120 µs)", |bench| {
        // Bob reads all that Alice writes, in order.
        let talk = RefCell::new(Conversation::new());
        let write = || talk.borrow_mut().seal();
        let read = |frame: Vec<u8>| talk.borrow_mut().open(&frame);
        bench.iter_batched(write, read, BatchSize::SmallInput);
    });
    group.finish();
}

fn floor(criterion: &mut Criterion<CpuTime>) {
    let mut talk = Conversation::new();
    let frame = talk.seal();
    let context = part_context(&talk.chat);
    let key = SigningKey::from_secret(Secret::new([7; 32]));
    let message = &frame[..frame.len() - 64];

    let mut group = criterion.benchmark_group("the floor");
    group.bench_function("Ed25519 sign", |bench| {
        bench.iter(|| key.sign("frame", message));
    });
    group.bench_function("Ed25519 verify", |bench| {
        let signature = key.sign("frame", message);
        let key = key.verifying_key();
        bench.iter(|| key.verify("frame", message, &signature));
    });
    group.bench_function("ratchet: one message in a chain", |bench| {
        let mut talk = Conversation::new();
        bench.iter(|| talk.alices.seal(&mut talk.rng, NOW, &context, &[7; 64]));
    });
    group.bench_function("ratchet: there and back, two steps", |bench| {
        let mut talk = Conversation::new();
        bench.iter(|| {
            let there = talk.alices.seal(&mut talk.rng, NOW, &context, &[7; 64]);
            talk.bobs.open(NOW, &there.unwrap(), &context).unwrap();
            let back = talk.bobs.seal(&mut talk.rng, NOW, &context, &[7; 64]);
            talk.alices.open(NOW, &back.unwrap(), &context).unwrap();
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = direct_message, floor
}
criterion_main!(benches);
