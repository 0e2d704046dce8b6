use proptest::prelude::*;

use super::*;

#[test]
fn every_kind_round_trips_under_its_own_number() {
    let mut numbers = Vec::new();
    for change in changes() {
        numbers.push(change.kind());
        let body = body(change);

        assert_eq!(OpBody::decode(&body.encode()), Ok(body));
    }
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 200]);
}

#[test]
fn changes_travel_together_in_one_frame() {
    let ops: Vec<Op> = changes()
        .into_iter()
        .map(|change| Op {
            body: body(change).encode().into(),
            signature: [9; 64],
        })
        .collect();

    assert_eq!(decode_ops(&encode_ops(&ops)), Ok(ops));
}

#[test]
fn the_name_of_a_change_covers_all_of_its_body_and_not_the_signature() {
    let op = Op {
        body: body(Change::Leave).encode().into(),
        signature: [9; 64],
    };
    let signed_again = Op {
        signature: [8; 64],
        ..op.clone()
    };
    let later = OpBody {
        seq: 8,
        ..body(Change::Leave)
    };
    let later = Op {
        body: later.encode().into(),
        ..op.clone()
    };

    assert_eq!(op.id(), signed_again.id());
    assert_ne!(op.id(), later.id());
}

#[test]
fn what_is_above_a_limit_is_refused() {
    let create = |change: &dyn Fn(&mut Create)| {
        let mut create = a_create();
        change(&mut create);
        Change::Create(create)
    };
    let meta = |change: &dyn Fn(&mut SetMeta)| {
        let mut meta = SetMeta::default();
        change(&mut meta);
        Change::SetMeta(meta)
    };
    let epoch = |change: &dyn Fn(&mut Epoch)| {
        let mut epoch = an_epoch();
        change(&mut epoch);
        Change::Epoch(epoch)
    };
    for change in [
        create(&|create| create.owners.clear()),
        create(&|create| create.owners = vec![PersonId([1; 32]); 4]),
        create(&|create| create.name = "x".repeat(limits::NAME + 1)),
        create(&|create| create.policy.history = 3),
        Change::AddMember(vec![1; limits::DEVICE_LIST + 1].into()),
        Change::DeviceUpdate(vec![1; limits::DEVICE_LIST + 1].into()),
        Change::SetRole(SetRole {
            person: PersonId([1; 32]),
            role: 2,
            device_list: vec![1].into(),
        }),
        meta(&|meta| meta.name = Some("x".repeat(limits::NAME + 1))),
        meta(&|meta| meta.topic = Some("x".repeat(limits::TOPIC + 1))),
        meta(&|meta| meta.relays = Some(vec![vec![1].into(); limits::RELAYS + 1])),
        epoch(&|epoch| epoch.superseded = vec![OpId([1; 32]); limits::SUPERSEDED + 1]),
        epoch(&|epoch| epoch.devices = limits::ROSTER + 1),
    ] {
        let kind = change.kind();
        let refused = OpBody::decode(&body(change).encode());
        assert_eq!(refused, Err(Malformed), "{kind}");
    }
    let mut many = body(Change::Leave);
    many.parents = vec![OpId([1; 32]); limits::OP_PARENTS + 1];
    assert_eq!(OpBody::decode(&many.encode()), Err(Malformed));
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_ops(&bytes);
        let _ = Op::decode(&bytes);
        if let Ok(body) = OpBody::decode(&bytes) {
            prop_assert_eq!(body.encode(), bytes);
        }
    }

    #[test]
    fn any_payload_of_any_kind_never_panics(
        kind in 0u8..10,
        payload in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        let body = body(Change::Unknown { kind, payload: payload.into() });
        let bytes = body.encode();
        if let Ok(body) = OpBody::decode(&bytes) {
            prop_assert_eq!(body.encode(), bytes);
        }
    }
}

fn changes() -> Vec<Change> {
    vec![
        Change::Create(a_create()),
        Change::AddMember(vec![1; 300].into()),
        Change::RemoveMember(PersonId([2; 32])),
        Change::SetRole(SetRole {
            person: PersonId([2; 32]),
            role: 1,
            device_list: vec![1; 300].into(),
        }),
        Change::DeviceUpdate(vec![1; 300].into()),
        Change::Leave,
        Change::SetMeta(SetMeta {
            topic: Some("what for".into()),
            history: Some(1),
            ..SetMeta::default()
        }),
        Change::Epoch(an_epoch()),
        Change::Unknown {
            kind: 200,
            payload: vec![0xff].into(),
        },
    ]
}

fn a_create() -> Create {
    Create {
        name: "Herons".into(),
        owners: vec![PersonId([1; 32])],
        policy: Policy {
            history: 0,
            receipts: true,
            timer_s: 0,
            max_epoch_age_s: 0,
            predecessor: None,
        },
        device_lists: vec![vec![1; 300].into()],
    }
}

fn an_epoch() -> Epoch {
    Epoch {
        superseded: vec![OpId([1; 32])],
        roster_hash: [2; 32],
        devices: 3,
        commit: [4; 32],
        seals_hash: [5; 32],
        suite: 1,
    }
}

fn body(change: Change) -> OpBody {
    OpBody {
        chat: ChatId([1; 32]),
        device: DeviceId([2; 16]),
        author: PersonId([3; 32]),
        seq: 7,
        parents: vec![OpId([4; 32])],
        created: Timestamp(1_767_225_600_000),
        change,
    }
}
