//! What one direct message costs, in CPU time of one core: sealing it to one device with its frame
//! (at most 60 µs), checking and opening it (at most 120 µs); beside it the operations that are the
//! floor. `cargo bench --no-default-features --bench frame`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may"
)]

use std::cell::RefCell;

use betwixt::{
    proto::{
        channel::{Channel, Kind},
        chat::{
            content::{Body, Content, Text},
            direct::{DirectMessage, chat_id, part_context},
        },
        crypto::sign::SigningKey,
        handshake::{InitPayload, Initiate, Respond, initiate, respond},
        id::{ChatId, DeviceId, MessageId},
        identity::{Account, Device, DeviceList},
        prekey::{self, OwnPrekey, Prekey},
        secret::Secret,
        session::{Accept, SessionSet},
        time::Timestamp,
    },
    wire::frame::{self, Window},
};
use criterion::{
    BatchSize, Criterion, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread, so that what else the machine does is not measured.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        nanoseconds()
    }

    fn end(&self, start: u64) -> u64 {
        nanoseconds() - start
    }

    fn add(&self, one: &u64, other: &u64) -> u64 {
        one + other
    }

    fn zero(&self) -> u64 {
        0
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a benchmark has few nanoseconds"
    )]
    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn nanoseconds() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(now.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap()
}

const NOW: Timestamp = Timestamp(1_767_225_600_000);

struct Person {
    account: Account,
    device: Device,
    list: DeviceList,
    prekey: OwnPrekey,
}

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
        let prekey = bob.prekey.sign(&bob.device);
        let prekey = Prekey::verify(&prekey, &bob.list, NOW).unwrap();
        let request = Initiate {
            device: &alice.device,
            peer: bob.device.certificate(),
            prekey: &prekey,
            token: None,
            payload: InitPayload {
                device: alice.device.id(),
                list_seq: alice.list.seq(),
                generation: 1,
                created: NOW,
            },
        };
        let mut alices = SessionSet::new(alice.device.id(), bob.device.id());
        alices.start(initiate(request, &mut rng).unwrap(), NOW);

        let chat = chat_id(&alice.account.person(), &bob.account.person());
        let context = part_context(&chat);
        let first = alices.seal(&mut rng, NOW, &context, b"first").unwrap();
        let init = SessionSet::split(&first).unwrap().init.unwrap();
        let request = Respond {
            device: &bob.device,
            person: bob.account.person(),
            prekey: &bob.prekey,
            token: None,
        };
        let accept = Accept {
            responded: respond(request, init).unwrap(),
            initiator: alice.device.certificate(),
            prekey: &bob.prekey,
        };
        let mut bobs = SessionSet::new(bob.device.id(), alice.device.id());
        bobs.accept(accept, NOW, &first, &context).unwrap();
        let reply = bobs.seal(&mut rng, NOW, &context, b"reply").unwrap();
        alices.open(NOW, &reply, &context).unwrap();

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

impl Person {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let account = Account::generate(rng);
        let device = Device::create(&account, 1, NOW, rng);
        Self {
            list: DeviceList::first(&account, &device, NOW),
            prekey: OwnPrekey::create(7, prekey::Kind::Medium, NOW, rng),
            account,
            device,
        }
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
