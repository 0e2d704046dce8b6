//! Known answers of groups.

use zeroize::Zeroizing;

use super::{Always, CREATED, DAY, DEV_A, DEV_B, bytes, signing_key};
use crate::{
    proto::{
        channel::{Channel, Kind},
        chat::{
            epoch::{self, EpochSecret, RosterDevice},
            membership::{self, Change, Create, Epoch, Op, OpBody, Policy, SetMeta, SetRole},
            seal::{self, SealChunk},
            sender_chain::{self, GroupHeader, GroupPlace},
            summary,
        },
        crypto::{aead, sign::SigningKey},
        id::{ChatId, PersonId},
        known,
        secret::Secret,
    },
    wire::{
        direct::Direct,
        sync::{DeviceRuns, EpochRuns, HistoryRecord, Item, OpId, Span, Step},
    },
};

#[test]
fn changes_of_a_group_are_laid_out_as_known() {
    let person = PersonId([6; 32]);
    let list = || b"list".to_vec().into();
    let create = Create {
        name: "Herons".into(),
        owners: vec![author()],
        policy: Policy {
            history: 1,
            receipts: true,
            timer_s: 60,
            max_epoch_age_s: 0,
            predecessor: Some(ChatId([5; 32])),
        },
        device_lists: vec![list()],
    };
    let meta = SetMeta {
        topic: Some("what for".into()),
        history: Some(1),
        ..SetMeta::default()
    };
    let epoch = Epoch {
        superseded: vec![OpId([0xaa; 32])],
        roster_hash: [0x99; 32],
        devices: 3,
        commit: [4; 32],
        seals_hash: [5; 32],
        suite: 1,
    };
    for (field, change) in [
        ("create", Change::Create(create)),
        ("add", Change::AddMember(list())),
        ("remove", Change::RemoveMember(person)),
        (
            "role",
            Change::SetRole(SetRole {
                person,
                role: 1,
                device_list: list(),
            }),
        ),
        ("update", Change::DeviceUpdate(list())),
        ("leave", Change::Leave),
        ("meta", Change::SetMeta(meta)),
        ("epoch", Change::Epoch(epoch)),
    ] {
        let body = OpBody {
            chat: ChatId([0x88; 32]),
            device: DEV_A,
            author: author(),
            seq: 7,
            parents: vec![OpId([0xaa; 32])],
            created: CREATED,
            change,
        };
        assert_eq!(body.encode(), bytes("group", field), "{field}");
        assert_eq!(OpBody::decode(&bytes("group", field)), Ok(body));
    }
}

#[test]
fn signed_changes_and_seals_are_named_as_known() {
    let body = bytes("group", "leave");
    let signature = signing_key().sign("op", &body);
    let op = Op {
        body: body.into(),
        signature,
    };
    assert_eq!(op.encode(), bytes("group", "op"));
    assert_eq!(op.id().0, bytes("group", "op_id")[..]);
    let ops = [op.clone(), op];
    assert_eq!(membership::encode_ops(&ops), bytes("group", "ops"));

    let chunk = SealChunk {
        commit: [4; 16],
        first: 0,
        seals: vec![(1, b"one".to_vec()), (2, b"two".to_vec())],
    };
    let chunk = chunk.encode().unwrap();
    assert_eq!(chunk, bytes("group", "chunk"));
    let hash = seal::seals_hash([&chunk[..], b"next chunk"]);
    assert_eq!(hash[..], bytes("group", "seals_hash"));

    let member = |device, of: u8| RosterDevice {
        device,
        ds: [of; 32],
        dx: [of + 1; 32],
        person: PersonId([of + 2; 32]),
    };
    let roster = [member(DEV_A, 1), member(DEV_B, 4)];
    assert_eq!(
        epoch::roster_hash(&roster)[..],
        bytes("group", "roster_hash")
    );
}

/// The values of the protocol's appendix C.
#[test]
fn a_group_message_is_derived_sealed_and_framed_as_known() {
    let (chat, roster, op) = (ChatId([0x88; 32]), [0x99; 32], OpId([0xaa; 32]));
    let random = Secret::new([0x77; 32]);
    let commit = epoch::commitment(&random, &chat, &roster);
    let secret = EpochSecret::derive(&random, &op, &chat);
    let channel = Channel::from_secret(&secret.channel());
    let group = |field| known::known("group", field);
    assert_eq!(commit[..], group("commit"));
    assert_eq!(
        seal::seal_context(&chat, &commit, &roster)[..],
        group("seal_ctx")
    );
    assert_eq!(secret.channel().expose()[..], group("cs"));
    assert_eq!(secret.chain(&DEV_A).expose()[..], group("chain0"));
    assert_eq!(channel.topic().0, group("topic_pk")[..]);
    assert_eq!(
        channel.topic().topic_name(),
        known::known_text("group", "topic")
    );

    let place = GroupPlace {
        chat,
        epoch: op,
        device: DEV_A,
        counter: 0,
    };
    let header = GroupHeader {
        epoch: [0xaa; 16],
        sender: 3,
        counter: 0,
        salt: [b'S'; 16],
    };
    let content = b"\x87content";
    let sctx = place.context(content);
    let signature = signing_key().sign("gm-sig", &sctx);
    assert_eq!(signature[..], group("sig"));
    assert_eq!(sender_chain::message_id(&sctx).0, group("mid")[..]);

    let key = Secret::new(group("mk0").try_into().unwrap());
    let body = place.seal(&header, &key, content, &signature);
    assert_eq!(body, group("msg"));
    assert_eq!(
        body.len(),
        sender_chain::HEADER + content.len() + 64 + aead::TAG
    );
    let (parsed, sealed) = GroupHeader::parse(&body).unwrap();
    assert_eq!(parsed, header);
    let opened = place.open(&header, &key, sealed).unwrap();
    assert_eq!(opened, (Zeroizing::new(content.to_vec()), signature));

    let frame = channel.seal(false, DAY, Kind::GroupMessage, &body, &mut Always(b'N'));
    assert_eq!(frame, Ok(group("frame")));
}

#[test]
fn what_members_tell_each_other_of_an_epoch_is_summed_up_and_laid_out_as_known() {
    let (chat, epoch) = (ChatId([0x88; 32]), OpId([0xaa; 32]));
    let span = |first, last| Span { first, last };
    let eighth = DeviceRuns {
        index: 7,
        spans: vec![span(2, 2)],
    };
    let third = DeviceRuns {
        index: 2,
        spans: vec![span(0, 4), span(7, 7)],
    };
    let have = Direct::Have {
        chat: chat.0,
        from: 3,
        until: 9,
        runs: third.spans.clone(),
    };
    let gone = EpochRuns {
        epoch,
        devices: vec![eighth.clone()],
    };
    let here = EpochRuns {
        epoch,
        devices: vec![third, eighth],
    };
    let sync = |step| {
        let (chat, number) = (chat.0, 9);
        Direct::Sync { chat, number, step }.encode()
    };

    assert_eq!(
        summary::item(&chat, &here).0,
        bytes("group", "sync_item")[..]
    );
    let differ = Step::Differ {
        here: vec![here],
        there: vec![Item([4; 32])],
    };
    assert_eq!(sync(differ), bytes("group", "sync_differ"));
    let record = HistoryRecord {
        context: b"context".to_vec().into(),
        signature: Some([5; 64]),
    };
    let given = Step::Given {
        looked: 6,
        records: vec![record],
        gone: vec![gone],
    };
    assert_eq!(sync(given), bytes("group", "sync_given"));
    assert_eq!(have.encode(), bytes("group", "have"));
}

fn author() -> PersonId {
    let key = SigningKey::from_secret(Secret::new([0xa0; 32]));
    PersonId(*key.verifying_key().as_bytes())
}
