//! Peers that have all that somebody's device has, and do with it what no program of ours would.

use betwixt::{
    proto::{
        channel::{Channel, Kind},
        chat::{
            content::{Body, Content},
            epoch::Epochs,
            group::Group,
            membership::{Change, Op, OpBody, encode_ops},
            state::DirectChat,
        },
        crypto::sign::SigningKey,
        id::ChatId,
        identity::Device,
        record::{Class, Write},
        secret::Secret,
        time::Timestamp,
    },
    wire::{direct::Direct, id::TopicKey, sync::OpId},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::world::World;

/// A member of a group, without the engine that keeps to the rules.
pub struct Insider {
    pub device: Device,
    pub group: Group,
    pub epochs: Epochs,
    now: Timestamp,
    rng: ChaCha20Rng,
}

impl Insider {
    /// With the disk of a host.
    pub fn of(world: &World, host: usize, chat: ChatId) -> Self {
        let disk = &world.hosts[host].disk;
        let mut epochs = Epochs::restore(disk.records(Class::Epoch));
        Self {
            device: device_of(world, host),
            group: log_of(world, host, chat),
            epochs: epochs.remove(&chat).unwrap(),
            now: world.now,
            rng: ChaCha20Rng::seed_from_u64(world.now.0),
        }
    }

    pub fn speaks_in(&self) -> OpId {
        self.epochs.speaking(&self.group).unwrap()
    }

    pub fn channel(&self) -> Channel {
        let keys = self.epochs.get(&self.speaks_in());
        keys.unwrap().channel().clone()
    }

    /// Any body in a frame that passes.
    pub fn frame(&mut self, kind: Kind, body: &[u8]) -> Direct {
        let channel = self.channel();
        frame_on(&channel, self.now, kind, body, &mut self.rng)
    }

    /// A content of any sort, sealed and signed.
    pub fn says(&mut self, content: &[u8]) -> Direct {
        let epoch = self.speaks_in();
        let sealed = self
            .epochs
            .seal(&epoch, &self.device, content, &mut self.rng);
        self.frame(Kind::GroupMessage, &sealed.unwrap().body)
    }

    /// A change that follows all that is known, whether the rules let it or not.
    pub fn changes(&mut self, change: Change) -> Direct {
        let body = self.body(change).encode();
        self.signed(body)
    }

    /// The same, which says to be of another version: that is its first field.
    pub fn changes_of_version(&mut self, change: Change, version: u8) -> Direct {
        let mut body = self.body(change).encode();
        assert_eq!(body[1], 1);
        body[1] = version;
        self.signed(body)
    }

    fn body(&self, change: Change) -> OpBody {
        OpBody {
            chat: self.group.chat(),
            device: self.device.id(),
            author: self.device.person(),
            seq: self.next_number(),
            parents: self.group.heads(),
            created: self.now,
            change,
        }
    }

    fn signed(&mut self, body: Vec<u8>) -> Direct {
        let op = Op {
            signature: signing_key(&self.device).sign("op", &body),
            body: body.into(),
        };
        self.group.apply(op.clone());
        self.frame(Kind::LogOps, &encode_ops(&[op]))
    }

    fn next_number(&self) -> u64 {
        let all = (0..).map_while(|place| self.group.op_at(place));
        let bodies = all.filter_map(|op| OpBody::decode(&op.body).ok());
        let own = bodies.filter(|body| body.device == self.device.id());
        own.map(|body| body.seq + 1).max().unwrap_or(0)
    }
}

/// What a device signs with: it keeps it first of all.
pub fn signing_key(device: &Device) -> SigningKey {
    let record = device.to_record();
    let mut decoder = minicbor::Decoder::new(&record);
    decoder.array().unwrap();
    let secret = decoder.bytes().unwrap().try_into().unwrap();
    SigningKey::from_secret(Secret::new(secret))
}

pub fn device_of(world: &World, host: usize) -> Device {
    let record = world.hosts[host].disk.record(Class::Device, &[]);
    Device::from_record(&record.unwrap()).unwrap()
}

/// A group as a host has it on its disk.
pub fn log_of(world: &World, host: usize, chat: ChatId) -> Group {
    let mut ops = world.hosts[host].disk.records(Class::Op);
    ops.retain(|(key, _)| key.starts_with(&chat.0));
    ops.sort_by(|(one, _), (other, _)| one.cmp(other));
    Group::restore(ops.into_iter().map(|(_, op)| op.to_vec())).unwrap()
}

/// The channel of a chat of two, as a host has it.
pub fn channel_of(world: &World, host: usize, chat: ChatId) -> Channel {
    let record = world.hosts[host].disk.record(Class::Chat, &chat.0);
    let held = DirectChat::decode(&record.unwrap()).unwrap();
    Channel::from_secret(&held.channels[0].secret)
}

/// Any body in a frame that passes.
pub fn frame_on(
    channel: &Channel,
    now: Timestamp,
    kind: Kind,
    body: &[u8],
    rng: &mut ChaCha20Rng,
) -> Direct {
    let frame = channel.seal(false, now.frame_day(), kind, body, rng);
    Direct::Frame {
        topic: channel.topic(),
        frame: frame.unwrap().into(),
    }
}

/// A host says any content to another in their chat, in their session.
pub fn says_to(world: &mut World, (host, to): (usize, usize), content: &[u8]) {
    let chat = world.chat(host, to);
    world.part(host, to, true);
    world.say(host, chat, "something else").unwrap();
    let device = world.engine(host).device();
    let own = world.timeline(host, chat).into_iter();
    let counter = own
        .filter(|row| row.device == device)
        .map(|row| row.counter);
    let counter = counter.max().unwrap();
    // What waits is lost; once the other tells what it has, it is sealed anew.
    world.crash(host);
    let waiting = world.hosts[host].disk.records(Class::Outbox).into_iter();
    let lost = waiting.map(|(key, _)| Write::Delete(Class::Outbox, key));
    let lost = lost.collect();
    world.hosts[host].disk.commit(lost);
    world.forged.insert((host, chat, counter), content.to_vec());
    world.restart(host);
    world.part(host, to, false);
    world.run(5_000);
    assert!(world.forged.is_empty(), "it was said");
}

/// A content that is well formed.
pub fn content(now: Timestamp, body: Body) -> Vec<u8> {
    let content = Content {
        prev: None,
        parents: Vec::new(),
        created: now,
        expire_s: 0,
        body,
    };
    content.encode().to_vec()
}

/// The topic and bytes of a frame.
pub fn parts(frame: &Direct) -> (TopicKey, Vec<u8>) {
    let Direct::Frame { topic, frame } = frame else {
        panic!("it is a frame")
    };
    (*topic, frame.to_vec())
}
