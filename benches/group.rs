//! What a group costs, in CPU time of one core: a message of 300 bytes with its frame, and the change by
//! which one of 256 is removed, with the new epoch: at whoever makes it and at a member.
//! `cargo bench --no-default-features --bench group`
//!
//! Beside it MLS and Megolm: `cargo run --release --manifest-path benches/peers/Cargo.toml -- --bench`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may"
)]

mod cpu;
mod people;

use std::{cell::RefCell, collections::BTreeMap};

use betwixt::{
    proto::{
        channel::{Channel, Kind},
        chat::{
            epoch::{Epochs, Made, ToSeal},
            group::{Group, Outcome},
            membership::{Change, Op, Policy, decode_ops, encode_ops},
            seal::{SealChunk, seal_context},
        },
        handshake::{open_once, seal_once},
        id::DeviceId,
        prekey::Prekey,
        secret::Secret,
        session::SessionSet,
    },
    wire::{
        frame::{Topic, Window},
        sync::OpId,
    },
};
use cpu::CpuTime;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use people::{NOW, Person};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};

const TEXT: [u8; 300] = [b'x'; 300];
const MEMBERS: usize = 256;
const POLICY: Policy = Policy {
    history: 0,
    receipts: true,
    timer_s: 0,
    max_epoch_age_s: 0,
    predecessor: None,
};

/// A group in an epoch, as its changes; the first of the people owns it.
struct Herons {
    people: Vec<Person>,
    log: Vec<Vec<u8>>,
    epoch: OpId,
    secret: Secret<32>,
    rng: ChaCha20Rng,
}

impl Herons {
    fn new(members: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let people: Vec<Person> = (0..members).map(|_| Person::new(&mut rng)).collect();
        let (device, list) = (&people[0].device, &people[0].list);
        let mut group = Group::create(device, list, "Herons".into(), POLICY, NOW).unwrap();
        for other in &people[1..] {
            let added = Change::AddMember(other.list.bytes().to_vec().into());
            group.act(device, added, NOW).unwrap();
        }
        let mut secret = None;
        let learn = |wanted: ToSeal<'_>, _: &mut dyn CryptoRng| {
            secret = Some(wanted.secret.clone());
            None
        };
        let made = Epochs::default().make(&mut group, device, NOW, &mut rng, learn);
        let log = group.unknown_to(&[], usize::MAX);
        Self {
            people,
            log: log.iter().map(Op::encode).collect(),
            epoch: made.unwrap().op.id(),
            secret: secret.unwrap(),
            rng,
        }
    }

    /// What each member holds.
    fn held(&self) -> (Group, Epochs) {
        let group = Group::restore(self.log.iter().cloned()).unwrap();
        let mut epochs = Epochs::default();
        epochs.take(&group, &self.epoch, &self.secret, NOW).unwrap();
        (group, epochs)
    }
}

/// Checks and opens a frame. The topic's key is read once, as a node does.
fn open(channel: &Channel, topic: &Topic, frame: &[u8]) -> Vec<u8> {
    topic.check(frame, NOW.frame_day(), Window::Live).unwrap();
    channel.open(frame).unwrap().body
}

fn topic_of(channel: &Channel) -> Topic {
    Topic::read(&channel.topic()).unwrap()
}

fn messages(criterion: &mut Criterion<CpuTime>) {
    for members in [2, MEMBERS] {
        let mut herons = Herons::new(members);
        let ((_, said), (_, mut heard)) = (herons.held(), herons.held());
        let (epoch, device, rng) = (herons.epoch, &herons.people[0].device, &mut herons.rng);
        let channel = said.get(&epoch).unwrap().channel().clone();
        let said = RefCell::new((said, rng));
        let say = || {
            let (said, rng) = &mut *said.borrow_mut();
            let body = said.seal(&epoch, device, &TEXT, *rng).unwrap().body;
            let frame = channel.seal(false, NOW.frame_day(), Kind::GroupMessage, &body, *rng);
            frame.unwrap()
        };
        let topic = topic_of(&channel);
        let mut hear = |frame: Vec<u8>| {
            let body = open(&channel, &topic, &frame);
            heard.open(&epoch, &body, NOW).unwrap()
        };

        let mut group = criterion.benchmark_group(format!("300 bytes to {members} members"));
        group.bench_function("check and open", |bench| {
            bench.iter_batched(say, &mut hear, BatchSize::SmallInput);
        });
        group.bench_function("seal", |bench| bench.iter(say));
        group.finish();
    }
}

/// Whoever removes somebody, with a session and a prekey of everybody else.
struct Remover {
    sessions: BTreeMap<DeviceId, (SessionSet, Prekey)>,
    rng: ChaCha20Rng,
}

impl Remover {
    /// The removal, and the epoch without the one who is removed, its secret in a one-shot to the prekey
    /// of each device in the session with it, as the engine seals it.
    fn remove(&mut self, herons: &Herons, (group, epochs): &mut (Group, Epochs)) -> (Op, Made) {
        let Self { sessions, rng } = self;
        let device = &herons.people[0].device;
        let removed = Change::RemoveMember(herons.people[MEMBERS - 1].account.person());
        let (removal, _) = group.act(device, removed, NOW).unwrap();
        let people = group.members().keys();
        let lists = people.filter_map(|person| group.list(person));
        let certificates: BTreeMap<DeviceId, _> = lists
            .flat_map(|list| list.devices().iter().cloned())
            .map(|certificate| (certificate.id, certificate))
            .collect();
        let seal = |wanted: ToSeal<'_>, rng: &mut dyn CryptoRng| {
            let to = wanted.device.device;
            let (session, prekey) = sessions.get_mut(&to)?;
            let once = seal_once(device, &certificates[&to], prekey, wanted.secret, rng).ok()?;
            session.seal(rng, NOW, wanted.context, &once).ok()
        };
        let made = epochs.make(group, device, NOW, rng, seal).unwrap();
        assert!(made.unsealed.is_empty());
        (removal, made)
    }

    /// The frames that tell it, on the channel of the epoch before.
    fn tell(&mut self, channel: &Channel, (removal, made): &(Op, Made)) -> Vec<Vec<u8>> {
        let ops = encode_ops(&[removal.clone(), made.op.clone()]);
        let seals = made.chunks.iter().map(|chunk| (Kind::EpochSeals, chunk));
        let bodies = [(Kind::LogOps, &ops)].into_iter().chain(seals);
        let day = NOW.frame_day();
        bodies
            .map(|(kind, body)| channel.seal(false, day, kind, body, &mut self.rng).unwrap())
            .collect()
    }
}

/// Takes in what the frames tell, as one of the others.
fn take_in(
    herons: &Herons,
    channel: &Channel,
    frames: &[Vec<u8>],
    (mut group, mut epochs, mut session): (Group, Epochs, SessionSet),
) -> (Group, Epochs, SessionSet) {
    let (author, own) = (&herons.people[0], &herons.people[1]);
    let topic = topic_of(channel);
    let ops = decode_ops(&open(channel, &topic, &frames[0])).unwrap();
    let epoch = ops[1].id();
    for op in ops {
        assert!(matches!(group.apply(op), Outcome::Applied(_)));
    }
    let Change::Epoch(change) = group.body(&epoch).unwrap().change else {
        unreachable!("it is one");
    };
    for frame in &frames[1..] {
        let chunk = SealChunk::decode(&open(channel, &topic, frame)).unwrap();
        if epochs.get(&epoch).is_some() {
            continue;
        }
        let roster = group.roster_before(&epoch).unwrap().devices;
        let place = roster.iter().position(|d| d.device == own.device.id());
        let mut seals = chunk.seals.iter();
        let Some((_, seal)) = seals.find(|(at, _)| Some(usize::from(*at)) == place) else {
            continue;
        };
        let context = seal_context(&group.chat(), &change.commit, &change.roster_hash);
        let once = session.open(NOW, seal, &context).unwrap();
        let certificate = author.device.certificate();
        let secret = open_once(&own.device, &own.prekey, certificate, &once).unwrap();
        epochs.take(&group, &epoch, &secret, NOW).unwrap();
    }
    assert_eq!(epochs.speaking(&group), Some(epoch));
    (group, epochs, session)
}

fn removal(criterion: &mut Criterion<CpuTime>) {
    let mut herons = Herons::new(MEMBERS);
    let (author, others) = herons.people.split_first().unwrap();
    let mut sessions = BTreeMap::new();
    let mut own = None;
    for other in others {
        let (ours, theirs) = author.meet(other, &mut herons.rng);
        own.get_or_insert(theirs);
        sessions.insert(other.device.id(), (ours, other.public_prekey()));
    }
    let own = own.unwrap().to_record();
    let rng = herons.rng.clone();
    let mut remover = Remover { sessions, rng };
    let channel = herons
        .held()
        .1
        .get(&herons.epoch)
        .unwrap()
        .channel()
        .clone();

    let said = remover.remove(&herons, &mut herons.held());
    let frames = remover.tell(&channel, &said);
    let sizes = |all: &[Vec<u8>]| all.iter().map(Vec::len).sum::<usize>();
    let (removal, made) = &said;
    println!("the removal: {} bytes", removal.encode().len());
    println!("the epoch: {} bytes", made.op.encode().len());
    println!(
        "its seals: {} bytes in {} chunks",
        sizes(&made.chunks),
        made.chunks.len()
    );
    println!("all in {} frames: {} bytes", frames.len(), sizes(&frames));

    let mut group = criterion.benchmark_group("one of 256 is removed");
    group.sample_size(20);
    group.bench_function("removal and epoch taken in by a member", |bench| {
        bench.iter_batched(
            || {
                let (group, epochs) = herons.held();
                (group, epochs, SessionSet::from_record(&own).unwrap())
            },
            |held| take_in(&herons, &channel, &frames, held),
            BatchSize::PerIteration,
        );
    });
    let removal = removal.clone();
    group.bench_function("of which the removal alone", |bench| {
        let apply = |mut group: Group| {
            assert!(matches!(group.apply(removal.clone()), Outcome::Applied(_)));
            group
        };
        bench.iter_batched(|| herons.held().0, apply, BatchSize::PerIteration);
    });
    group.bench_function("removal and epoch made, framed", |bench| {
        let make = |mut held| {
            let said = remover.remove(&herons, &mut held);
            (remover.tell(&channel, &said), said, held)
        };
        bench.iter_batched(|| herons.held(), make, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = messages, removal
}
criterion_main!(benches);
