//! First start, start from disk, and what is written back.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode, bytes::ByteVec};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Deliveries, Dirty, Effect, Engine, Recent, Slow, Turn, asks::Asks, command::Settings,
    groups::Brakes, live::Live, nearby::Nearby, relays::Relays,
};
use crate::{
    proto::{
        chat::{group::Invitations, state::DirectChat},
        counters::BLOCK,
        expiry::Expiring,
        id::{ChatId, PersonId},
        identity::{Account, Device, DeviceList, NodeRecord, ProfileCard},
        invite::Invite,
        name::random_name,
        outbox::Outbox,
        prekey::{OwnPrekey, OwnPrekeys},
        rate::{Allowance, Rate},
        record::{Class, Write},
        session::{Records as SessionRecords, SessionSet, Skipped},
        time::{DAY, SECOND, Timestamp},
    },
    wire::{codec, id::Address},
};

/// This person and device.
pub(super) struct Own {
    pub(super) account: Account,
    pub(super) device: Device,
    pub(super) list: DeviceList,
    pub(super) profile: Profile,
}

/// Who somebody is from now on.
pub(super) struct Who(pub(super) Account, pub(super) Device, pub(super) DeviceList);

/// What can be changed about oneself, as it is kept.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(super) struct Profile {
    #[n(0)]
    pub(super) name: String,
    #[n(1)]
    pub(super) avatar: u32,
    /// The date of the profile card.
    #[n(2)]
    pub(super) changed: Timestamp,
    #[n(3)]
    pub(super) read_receipts: bool,
    #[n(4)]
    pub(super) typing: bool,
    #[n(5)]
    pub(super) presence: bool,
    #[n(6)]
    pub(super) nearby: bool,
    /// The number of the last node record.
    #[n(7)]
    pub(super) node_seq: u64,
    /// The own device list.
    #[n(8)]
    pub(super) device_list: ByteVec,
}

impl Profile {
    pub(super) fn settings(&self) -> Settings {
        Settings {
            read_receipts: self.read_receipts,
            typing: self.typing,
            presence: self.presence,
            nearby: self.nearby,
        }
    }
}

/// Blocks of counters by which a profile that is mistrusted skips ahead at most: two copies of one
/// state rarely choose the same.
const BLOCKS_AHEAD: u32 = 256;

/// What follows a device's id in the key of the record of skipped keys of the sessions with it.
pub(super) const SKIPPED: u8 = 1;

/// How long a node record is good for: as long as the node key (protocol §2.1).
const NODE_RECORD_LIFE: u64 = 90 * DAY;

/// Initiations and bundles: 5 a minute from one peer, 30 a minute from all (protocol §3.2).
const REQUESTS_EACH: Allowance = Allowance {
    burst: 5,
    refill_ms: 12 * SECOND,
};
const REQUESTS_ALL: Allowance = Allowance {
    burst: 30,
    refill_ms: 2 * SECOND,
};

/// Profiles asked for or announced.
const HELLOS_EACH: Allowance = Allowance {
    burst: 10,
    refill_ms: 3 * SECOND,
};
const HELLOS_ALL: Allowance = Allowance {
    burst: 200,
    refill_ms: 50,
};

impl Engine {
    /// A new person on a new device. Commit the effects before anything else.
    pub fn create(
        name: Option<String>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Vec<Effect>) {
        let account = Account::generate(rng);
        let device = Device::create(&account, 0, now, rng);
        let list = DeviceList::first(&account, &device, now);
        Self::make(Who(account, device, list), name, now, rng)
    }

    /// A person of whom only the account is left, on a new device that takes the place of all they
    /// had. Commit the effects before anything else.
    pub fn restore(
        account: Account,
        name: Option<String>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Vec<Effect>) {
        let device = Device::create(&account, 0, now, rng);
        let list = DeviceList::restored(&account, &device, now);
        Self::make(Who(account, device, list), name, now, rng)
    }

    pub(super) fn make(
        Who(account, device, list): Who,
        name: Option<String>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> (Self, Vec<Effect>) {
        let settings = Settings::default();
        let profile = Profile {
            name: name.unwrap_or_else(|| random_name(rng)),
            avatar: 0,
            changed: now,
            read_receipts: settings.read_receipts,
            typing: settings.typing,
            presence: settings.presence,
            nearby: settings.nearby,
            node_seq: 0,
            device_list: list.bytes().to_vec().into(),
        };
        let mut engine = Self::empty(Own {
            account,
            device,
            list,
            profile,
        });
        let mut turn = Turn::new(now, rng);
        let account = engine.own.account.to_record();
        turn.write(Write::Put(Class::Account, Vec::new(), account));
        let device = engine.own.device.to_record();
        turn.write(Write::Put(Class::Device, Vec::new(), device));
        engine.dirty.own = true;
        engine.handle_prekeys(&mut turn);
        let mut effects = std::mem::take(&mut turn.effects);
        effects.extend(engine.flush());
        (engine, effects)
    }

    pub(super) fn empty(own: Own) -> Self {
        Self {
            own,
            prekeys: OwnPrekeys::default(),
            invites: BTreeMap::new(),
            people: BTreeMap::new(),
            nodes: BTreeMap::new(),
            peers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            chats: BTreeMap::new(),
            groups: BTreeMap::new(),
            parting: BTreeMap::new(),
            invitations: Invitations::default(),
            channels: BTreeMap::new(),
            epoch_topics: BTreeMap::new(),
            subscribers: BTreeSet::new(),
            outbox: Outbox::default(),
            replay: BTreeMap::new(),
            recent: Recent::default(),
            connected: BTreeMap::new(),
            listening: Vec::new(),
            nearby: Nearby::default(),
            asks: Asks::default(),
            live: Live::default(),
            deliveries: Deliveries::default(),
            relays: Relays::default(),
            loading: BTreeSet::new(),
            expiring: Expiring::default(),
            gaps: BTreeMap::new(),
            strangers: BTreeMap::new(),
            hello_rate: Rate::new(HELLOS_EACH, HELLOS_ALL),
            request_rate: Rate::new(REQUESTS_EACH, REQUESTS_ALL),
            wanted: BTreeSet::new(),
            brakes: Brakes::default(),
            slow: Slow::default(),
            dirty: Dirty::default(),
        }
    }

    /// What was loaded may be older than what others hold of it: the profile is a copy, or was set
    /// back or damaged (reliability R12). Nothing more is sealed in the sessions of then, and counters
    /// go on where no other branch of this state is likely to be. Call it before [`Engine::start`].
    pub fn mistrust(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) {
        for (device, set) in &mut self.sessions {
            set.mistrust(now);
            self.dirty.sessions.insert(*device);
        }
        for (id, chat) in &mut self.chats {
            let ahead = (rng.next_u32() % BLOCKS_AHEAD).saturating_add(1);
            let block = (chat.next_counter / BLOCK).saturating_add(ahead);
            chat.next_counter = block.saturating_mul(BLOCK);
            self.dirty.chats.insert(*id);
        }
        self.mistrust_groups(now);
    }

    /// What to do first after [`Engine::create`] or [`Engine::load`]: whom to meet, what to hear.
    pub fn start(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> Vec<Effect> {
        let mut turn = Turn::new(now, rng);
        turn.effect(Effect::Announce(true));
        let people: Vec<PersonId> = self.people.keys().copied().collect();
        for person in people {
            let known = self.people.get(&person);
            let asking = known.is_some_and(|known| known.contact.asking.is_some());
            self.ask_for_channel(&mut turn, person);
            self.admit(&mut turn, &person);
            if asking {
                self.ask_again(&mut turn, person);
            }
        }
        let chats: Vec<ChatId> = self.chats.keys().copied().collect();
        for chat in chats {
            self.note_gaps(&mut turn, &chat);
        }
        self.start_groups(&mut turn);
        self.handle_timeouts(&mut turn);
        std::mem::take(&mut turn.effects)
    }

    /// The records that changed since the last call. Call it once before each commit.
    pub fn flush(&mut self) -> Vec<Effect> {
        let dirty = std::mem::take(&mut self.dirty);
        self.slow.note(&dirty);
        let mut writes = Vec::new();
        let mut put = |class, key: &[u8], value: Option<Zeroizing<Vec<u8>>>| {
            writes.push(Effect::Write(match value {
                Some(value) => Write::Put(class, key.to_vec(), value),
                None => Write::Delete(class, key.to_vec()),
            }));
        };
        if dirty.own {
            put(
                Class::Profile,
                &[],
                Some(Zeroizing::new(codec::to_vec(&self.own.profile))),
            );
        }
        for person in dirty.people {
            let record = self.people.get(&person).map(|known| known.contact.encode());
            put(Class::Contact, &person.0, record.map(Zeroizing::new));
        }
        for device in dirty.sessions {
            let records = self.sessions.get_mut(&device).map(SessionSet::to_records);
            let skipped_key = [device.0.as_slice(), &[SKIPPED]].concat();
            let (main, skipped) = match records {
                Some(SessionRecords { main, skipped }) => (Some(main), skipped),
                None => (None, Skipped::None),
            };
            put(Class::Sessions, &device.0, main);
            match skipped {
                Skipped::Unchanged => {}
                Skipped::None => put(Class::Sessions, &skipped_key, None),
                Skipped::Some(record) => put(Class::Sessions, &skipped_key, Some(record)),
            }
        }
        for chat in dirty.chats {
            let record = self.chats.get(&chat).map(DirectChat::encode);
            put(Class::Chat, &chat.0, record.map(Zeroizing::new));
        }
        for token in dirty.invites {
            let record = self.invites.get(&token).map(Invite::encode);
            put(Class::Invite, &token.0, record.map(Zeroizing::new));
        }
        for (class, key, record) in self.relays.records((dirty.mailboxes, dirty.owed)) {
            put(class, &key, record.map(Zeroizing::new));
        }
        for id in dirty.prekeys {
            put(
                Class::Prekey,
                &id.to_be_bytes(),
                self.prekeys.get(id).map(OwnPrekey::to_record),
            );
        }
        for chat in dirty.groups {
            self.flush_group(&chat, &mut writes);
        }
        writes
    }

    /// The own node record with the addresses of now.
    pub(super) fn node_record(&self, now: Timestamp) -> NodeRecord {
        let seq = self.own.profile.node_seq;
        let addresses: Vec<Address> = self.listening.clone();
        NodeRecord::create(
            &self.own.device,
            seq,
            now.plus(NODE_RECORD_LIFE),
            &addresses,
        )
    }

    /// The newest prekey that many may use.
    pub(super) fn medium_prekey(&self) -> Option<Vec<u8>> {
        self.prekeys
            .medium()
            .map(|prekey| prekey.sign(&self.own.device))
    }

    /// A prekey to hand out: for one use if there is room for one more.
    pub(super) fn fresh_prekey(&mut self, turn: &mut Turn<'_>) -> Option<Vec<u8>> {
        let Some(prekey) = self.prekeys.make_one_time(turn.now, turn.rng) else {
            return self.medium_prekey();
        };
        self.dirty.prekeys.insert(prekey.id());
        Some(prekey.sign(&self.own.device))
    }

    /// The own profile card.
    pub(super) fn profile_card(&self) -> ProfileCard {
        let profile = &self.own.profile;
        ProfileCard::create(
            &self.own.device,
            self.person(),
            &profile.name,
            profile.avatar,
            profile.changed,
        )
    }
}
