use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::*;
use crate::{
    proto::{
        chat::{
            content::{Body as Saying, Content, Text},
            direct,
            sender_chain::GroupPlace,
        },
        identity::Account,
    },
    wire::{mailbox::custody_to_sign, sync::OpId},
};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

struct Person {
    device: Device,
    list: DeviceList,
}

fn person(seed: u8) -> Person {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    let account = Account::generate(&mut rng);
    let device = Device::create(&account, 1, NOW, &mut rng);
    let list = DeviceList::first(&account, &device, NOW);
    Person { device, list }
}

fn content() -> Vec<u8> {
    let text = Text {
        text: "The bridge is open".to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    };
    let content = Content {
        prev: None,
        parents: Vec::new(),
        created: NOW,
        expire_s: 0,
        body: Saying::Text(text),
    };
    content.encode().to_vec()
}

fn in_group(author: &Person) -> Said {
    let place = GroupPlace {
        chat: ChatId([7; 32]),
        epoch: OpId([8; 32]),
        device: author.device.id(),
        counter: 3,
    };
    let context = place.context(&content());
    let signature = author.device.sign("gm-sig", &context);
    Said::InGroup { context, signature }
}

fn directly(author: &Person, other: &Person) -> Said {
    Said::Directly {
        chat: direct::chat_id(&author.list.person(), &other.list.person()),
        device: author.device.id(),
        counter: 3,
        content: content(),
    }
}

fn delivery(of: &Person, author: &Person, said: &Said, at: u64) -> Delivery {
    let chat = match said {
        Said::InGroup { .. } => ChatId([7; 32]),
        Said::Directly { chat, .. } => *chat,
    };
    let messages = vec![MessageId([1; 32]), said.id()];
    Delivery::sign(&of.device, chat, author.device.id(), NOW.plus(at), messages)
}

fn kept() -> Kept {
    let relay = person(50).device;
    let frames = vec![FrameId([5; 32]), FrameId([6; 32])];
    let until = NOW.plus(1_000_000);
    let key = ed25519_dalek::SigningKey::from_bytes(relay.node_secret().expose());
    let message = custody_to_sign(relay.peer(), until.0, &frames);
    let signature = ed25519_dalek::ed25519::signature::Signer::sign(&key, &message);
    Kept {
        relay: relay.peer(),
        until,
        signature: signature.to_bytes(),
        frames,
        frame: FrameId([6; 32]),
    }
}

/// Of a group: Ben's two receipts, and Cleo's outstanding one.
fn proof(change: impl FnOnce(&mut Proof)) -> Vec<u8> {
    let (ada, ben, cleo) = (person(1), person(2), person(3));
    let said = in_group(&ada);
    let deliveries = vec![
        delivery(&ben, &ada, &said, 5_000),
        delivery(&ben, &ada, &said, 2_000),
    ];
    let mut proof = Proof {
        made_at: NOW.plus(60_000),
        author: ada.list.clone(),
        said,
        delivered: vec![(ben.list, deliveries)],
        outstanding: vec![cleo.list.person()],
        kept: vec![kept()],
    };
    change(&mut proof);
    proof.sign(&ada.device)
}

#[test]
fn a_proof_shows_who_has_what_since_when() {
    let file = proof(|_| {});

    let shown = verify(&file).unwrap();

    assert_eq!(shown.author, person(1).list.person());
    assert_eq!(shown.text.as_deref(), Some("The bridge is open"));
    assert_eq!(shown.said_at, NOW);
    assert!(shown.is_group);
    let ben = person(2).list.person();
    assert_eq!(shown.delivered, [(ben, NOW.plus(2_000))]);
    assert_eq!(shown.outstanding, [person(3).list.person()]);
    let relay = person(50).device.peer();
    assert_eq!(shown.kept, [(relay, NOW.plus(1_000_000))]);
}

#[test]
fn a_proof_of_a_chat_of_two_holds_too() {
    let (ada, ben) = (person(1), person(2));
    let said = directly(&ada, &ben);
    let deliveries = vec![delivery(&ben, &ada, &said, 1)];
    let proof = Proof {
        made_at: NOW,
        author: ada.list.clone(),
        said: said.clone(),
        delivered: vec![(ben.list, deliveries)],
        outstanding: Vec::new(),
        kept: Vec::new(),
    };

    let shown = verify(&proof.sign(&ada.device)).unwrap();

    assert_eq!(shown.message, said.id());
    assert!(!shown.is_group);
}

#[test]
fn no_byte_of_it_can_be_changed() {
    let file = proof(|_| {});
    for at in 0..file.len() {
        for bit in [1, 0x80] {
            let mut changed = file.clone();
            changed[at] ^= bit;
            assert!(verify(&changed).is_err(), "byte {at}");
        }
    }
    for len in 0..file.len() {
        assert!(verify(&file[..len]).is_err(), "cut to {len}");
    }
    assert!(verify(&[&file[..], &[0]].concat()).is_err());
}

type Change = Box<dyn FnOnce(&mut Proof)>;

#[test]
fn its_maker_can_make_up_nothing_of_others() {
    let (ada, ben, eve) = (person(1), person(2), person(4));
    let said = in_group(&ada);
    let cases: [(&str, Flaw, Change); 8] = [
        (
            "a receipt that somebody else signed",
            Flaw::Receipt,
            Box::new(|proof| proof.delivered[0].0 = person(3).list),
        ),
        (
            "a receipt of another message",
            Flaw::Receipt,
            Box::new(|proof| {
                proof.delivered[0].1[0].messages.pop();
            }),
        ),
        (
            "a receipt with another time",
            Flaw::Receipt,
            Box::new(|proof| proof.delivered[0].1[0].at = NOW),
        ),
        (
            "a receipt to somebody else",
            Flaw::Receipt,
            Box::new({
                let delivery = delivery(&ben, &eve, &said, 1);
                move |proof| proof.delivered[0].1.push(delivery)
            }),
        ),
        (
            "somebody without a receipt",
            Flaw::Receipt,
            Box::new(|proof| proof.delivered.push((person(3).list, Vec::new()))),
        ),
        (
            "somebody twice",
            Flaw::Receipt,
            Box::new(|proof| {
                let twice = (proof.delivered[0].0.clone(), proof.delivered[0].1.clone());
                proof.delivered.push(twice);
            }),
        ),
        (
            "a relay's word for other frames",
            Flaw::Relay,
            Box::new(|proof| proof.kept[0].frames[1] = FrameId([9; 32])),
        ),
        (
            "a message of somebody else",
            Flaw::Message,
            Box::new(move |proof| proof.said = in_group(&eve)),
        ),
    ];
    for (what, flaw, change) in cases {
        assert_eq!(verify(&proof(change)), Err(flaw), "{what}");
    }
}

#[test]
fn the_text_cannot_be_another() {
    let file = proof(|proof| {
        if let Said::InGroup { context, .. } = &mut proof.said {
            let last = context.len() - 40;
            context[last] ^= 1;
        }
    });

    assert!(matches!(verify(&file), Err(Flaw::Message | Flaw::Receipt)));
}
