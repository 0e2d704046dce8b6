//! Whatever is written, in whatever order, across restarts, crashes and compactions: the store answers
//! as the one in memory does.

use proptest::{collection::vec, prelude::*};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::*;
use crate::{
    proto::{
        chat::{
            acts::{GONE, TOMBSTONE},
            content::{Body, Content, Delete, Edit, Pin, React},
        },
        record::{Receipt, memory::Memory},
    },
    store::seal::CLASSES,
    wire::id::FrameId,
};

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Write>),
    Reopen,
    /// Goes on with a copy of the directory that was made while the store was open.
    Crash,
    RotateKey,
    Compact,
    Tidy,
}

/// Few of each, so that they meet.
fn chat() -> impl Strategy<Value = ChatId> {
    (0..3u8).prop_map(|n| ChatId([n; 32]))
}

fn device() -> impl Strategy<Value = DeviceId> {
    (0..3u8).prop_map(|n| DeviceId([n; 16]))
}

fn person() -> impl Strategy<Value = PersonId> {
    (0..2u8).prop_map(|n| PersonId([n; 32]))
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0..40u64).prop_map(Timestamp)
}

fn id() -> impl Strategy<Value = MessageId> {
    prop_oneof![any::<u8>(), 0..20u8].prop_map(|n| MessageId([n; 32]))
}

prop_compose! {
    fn row()(
        id in id(), chat in chat(), sender in person(), device in device(), counter in 0..30u32,
        created in time(), outgoing: bool, content in content(),
    ) -> MessageRow {
        MessageRow {
            id, chat, sender, device, counter, created, outgoing,
            sent_at: created,
            received_at: created,
            content,
            signed: None,
        }
    }
}

/// Something said, something done to a message, or what salvaging finds of what was erased.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let act = (id(), 0..4u8, any::<bool>()).prop_map(|(message, what, on)| {
        let body = match what {
            0 => Body::Delete(Delete { message }),
            1 => Body::Pin(Pin { message, on }),
            2 => {
                let emoji = "👍".into();
                Body::React(React { message, emoji, on })
            }
            _ => {
                let text = "x".repeat(if on { 6_000 } else { 1 });
                Body::Edit(Edit { message, text })
            }
        };
        let content = Content {
            prev: None,
            parents: Vec::new(),
            created: Timestamp(0),
            expire_s: 0,
            body,
        };
        content.encode().to_vec()
    });
    let long = prop_oneof![9 => Just(0), 1 => 0..20_000usize];
    let text = (any::<u8>(), long).prop_map(|(byte, long)| vec![byte; 20 + long]);
    prop_oneof![
        5 => text,
        5 => act,
        1 => Just(TOMBSTONE.to_vec()),
        1 => Just(GONE.to_vec()),
    ]
}

prop_compose! {
    fn receipt()(
        chat in chat(), device in device(), counter in 0..30u32, person in person(), read: bool,
        at in time(),
    ) -> Receipt {
        Receipt { chat, device, counter, person, read, at }
    }
}

prop_compose! {
    fn delivery()(
        chat in chat(), device in device(), person in person(), counter in 0..30u32, byte: u8,
    ) -> Write {
        Write::Delivery { chat, device, person, counter, signed: [byte; 90].to_vec() }
    }
}

fn write() -> impl Strategy<Value = Write> {
    let class = || proptest::sample::select(&CLASSES[..]);
    let key = || vec(0..2u8, 0..3);
    let len = prop_oneof![8 => 0..200usize, 1 => 4_000..60_000usize];
    let value = (len, any::<u8>()).prop_map(|(len, byte)| Zeroizing::new(vec![byte; len]));
    prop_oneof![
        6 => row().prop_map(say),
        3 => (class(), key(), value).prop_map(|(class, key, value)| Write::Put(class, key, value)),
        2 => (class(), key()).prop_map(|(class, key)| Write::Delete(class, key)),
        2 => receipt().prop_map(Write::Receipt),
        2 => delivery(),
        2 => id().prop_map(Write::Erase),
        1 => any::<u8>().prop_map(|n| Write::Seen(FrameId([n; 32]))),
        1 => (chat(), vec(person(), 0..2)).prop_map(|(chat, people)| Write::Forget { chat, people }),
    ]
}

struct Model;

impl ReferenceStateMachine for Model {
    type State = Memory;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Memory> {
        Just(Memory::default()).boxed()
    }

    fn transitions(_: &Memory) -> BoxedStrategy<Step> {
        prop_oneof![
            12 => vec(write(), 1..60).prop_map(Step::Commit),
            2 => Just(Step::Reopen),
            2 => Just(Step::Crash),
            1 => Just(Step::RotateKey),
            1 => Just(Step::Compact),
            1 => Just(Step::Tidy),
        ]
        .boxed()
    }

    fn apply(mut memory: Memory, step: &Step) -> Memory {
        if let Step::Commit(batch) = step {
            memory.commit(batch.clone());
        }
        memory
    }
}

struct OnDisk {
    dir: tempfile::TempDir,
    store: Store,
}

impl StateMachineTest for OnDisk {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Memory) -> Self {
        let (dir, store) = new_store();
        Self { dir, store }
    }

    fn apply(mut on_disk: Self, _: &Memory, step: Step) -> Self {
        match step {
            Step::Commit(batch) => on_disk.store.commit(batch).unwrap(),
            Step::Reopen => {
                drop(on_disk.store.lock().unwrap());
                on_disk.store = open(on_disk.dir.path());
                assert!(!on_disk.store.opened().salvaged);
                assert!(!on_disk.store.opened().rolled_back);
            }
            Step::Crash => {
                let copy = tempfile::tempdir().unwrap();
                copy_dir(on_disk.dir.path(), copy.path());
                drop(on_disk.store);
                on_disk.dir = copy;
                on_disk.store = open(on_disk.dir.path());
                assert!(!on_disk.store.opened().salvaged);
                assert!(!on_disk.store.opened().rolled_back);
            }
            Step::RotateKey => on_disk.store.rotate_ratchet_key().unwrap(),
            Step::Compact => on_disk
                .store
                .with(crate::store::store::Open::compact)
                .unwrap(),
            Step::Tidy => on_disk.store.tidy().unwrap(),
        }
        on_disk
    }

    fn check_invariants(Self { store, dir, .. }: &Self, memory: &Memory) {
        for class in CLASSES {
            assert_eq!(store.records(class).unwrap(), memory.records(class));
        }
        for n in 0..=u8::MAX {
            let id = MessageId([n; 32]);
            assert_eq!(store.message(&id).unwrap(), memory.message(&id));
            for chat in (0..3).map(|n| ChatId([n; 32])) {
                assert_eq!(store.acts(chat, id).unwrap(), memory.acts(chat, id));
            }
            let frame = FrameId([n; 32]);
            assert_eq!(store.seen(&frame).unwrap(), memory.seen(&frame));
        }
        for chat in (0..3).map(|n| ChatId([n; 32])) {
            check_chat(store, memory, chat);
        }
        for entry in files(dir.path()) {
            let blob = entry.parent().unwrap().ends_with("blobs");
            assert!(!blob, "sled does not sync {}", entry.display());
        }
    }
}

fn check_chat(store: &Store, memory: &Memory, chat: ChatId) {
    let all = memory.page(chat, ALL);
    assert_eq!(store.page(chat, ALL).unwrap(), all);
    assert_eq!(store.last(chat).unwrap(), memory.last(chat));
    for pair in all.windows(2).step_by(7) {
        let id = pair[0].row.id;
        for (before, after) in [
            (Some(id), None),
            (None, Some(id)),
            (Some(pair[1].row.id), Some(id)),
        ] {
            let bounds = PageBounds {
                before,
                after,
                limit: 5,
            };
            assert_eq!(store.page(chat, bounds).unwrap(), memory.page(chat, bounds));
        }
        assert_eq!(
            store.read_counters(chat, id).unwrap(),
            memory.read_counters(chat, id)
        );
    }
    for device in (0..3).map(|n| DeviceId([n; 16])) {
        for counter in 0..30 {
            let found = store.message_at(chat, device, counter).unwrap();
            assert_eq!(found, memory.message_at(chat, device, counter));
            let row = store.row_at(chat, device, counter).unwrap();
            assert_eq!(row, memory.row_at(chat, device, counter));
            let person = PersonId([1; 32]);
            let receipts = store.receipts(chat, device, counter, person).unwrap();
            assert_eq!(receipts, memory.receipts(chat, device, counter, person));
            // The first of them suffice.
            let signed = store.deliveries(chat, device, person, counter).unwrap();
            let all = memory.deliveries(chat, device, person, counter);
            assert_eq!(signed.is_empty(), all.is_empty());
            assert_eq!(signed, all[..signed.len()]);
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("BETWIXT_STORE_CASES").map_or(6, |n| n.parse().unwrap()),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_on_disk_answers_as_the_one_in_memory(sequential 1..25 => OnDisk);
}
