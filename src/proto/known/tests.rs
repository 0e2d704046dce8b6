//! Known answers that cross the borders between modules.

use super::*;
use crate::{
    proto::{
        channel::{Channel, Inner, Kind},
        chat::direct::{DirectMessage, chat_id, part_context},
        crypto::{
            dh::{DhSecret, dh},
            kdf::{derive, derive_n, hash, hmac, label},
            sign::SigningKey,
        },
        id::{DeviceId, PersonId},
        people::Scripted,
        safety::{Comparison, SafetyNumber},
        secret::Secret,
        session::reference,
        time::Timestamp,
    },
    wire::frame::frame_id,
};

const NOW: Timestamp = Timestamp(1_760_000_000_000);

fn person(seed: u8) -> PersonId {
    let key = SigningKey::from_secret(Secret::new([seed; 32]));
    PersonId(*key.verifying_key().as_bytes())
}

#[test]
fn a_direct_message_is_that_of_the_reference_on_its_whole_way() {
    let (alice, bob) = (DeviceId([b'A'; 16]), DeviceId([b'B'; 16]));
    let (mut ours, mut theirs) = reference();
    let chat = chat_id(&person(0xb0), &person(0xa0));
    let channel = Channel::from_secret(&Secret::new([0xd1; 32]));
    let content = known("direct", "content");
    let mut chance = Scripted::new(&[&[0xd0; 32], &[0x66; 32], &[b'S'; 16], &[b'N'; 24]]);

    let sealed = DirectMessage::seal_content(&chat, &alice, 5, &content, &mut chance);
    let ctx = part_context(&chat);
    let part = ours
        .seal(&mut chance, NOW, &ctx, sealed.part.expose())
        .unwrap();
    let body = DirectMessage::encode(&alice, 5, &[(bob, part.clone())], &sealed.ciphertext);
    let frame = channel.seal(false, 1055, Kind::DirectMessage, &body, &mut chance);
    let frame = frame.unwrap();

    assert_eq!(chat.0, known_array("direct", "chat_id"));
    assert_eq!(ctx, known_array("direct", "ctx"));
    assert_eq!(sealed.ciphertext, known("direct", "ct"));
    assert_eq!(sealed.message.0, known_array("direct", "mid"));
    assert_eq!(part, known("direct", "part"));
    assert_eq!(body, known("direct", "dm"));
    assert_eq!(frame, known("direct", "frame"));
    assert_eq!(frame_id(&frame).0, known_array("channel", "frame_id"));

    let kind = Kind::DirectMessage;
    assert_eq!(
        channel.open(&frame),
        Ok(Inner {
            kind,
            body: body.clone()
        })
    );
    let message = DirectMessage::parse(&body).unwrap();
    let part = theirs.open(NOW, message.part_for(&bob).unwrap(), &ctx);
    assert_eq!(part.unwrap().as_slice(), sealed.part.expose());
}

#[test]
fn a_channel_has_the_keys_and_the_name_of_the_reference() {
    let secret = [0xd1; 32];
    for (name, field) in [("chan-topic", "topic_sk"), ("chan-env", "env_key")] {
        let key = derive(name, &secret, &[], &[]);
        assert_eq!(key.expose(), &known_array("channel", field), "{name}");
    }
    let topic = Channel::from_secret(&Secret::new(secret)).topic();
    assert_eq!(topic.0, known_array("channel", "topic_pk"));
    assert_eq!(topic.topic_name(), known_text("channel", "topic"));
    let frame = known("direct", "frame");
    let gossip = hash(&[topic.topic_name().as_bytes(), &frame]);
    assert_eq!(gossip[..20], known("channel", "gossip_id"));
}

#[test]
fn an_epoch_has_the_keys_of_the_reference() {
    let (r, chat, roster, op) = ([0x77; 32], [0x88; 32], [0x99; 32], [0xaa; 32]);

    let secret = derive("epoch", &r, &op, &chat);
    let channel = derive("epoch-chan", secret.expose(), &[], &[]);
    let chain = derive("epoch-chain", secret.expose(), &[], &[b'A'; 16]);
    let commit = hmac(&r, &[&label("epoch-commit"), &chat, &roster]);
    let ctx = hash(&[&label("seal"), &chat, &commit, &roster]);

    assert_eq!(secret.expose(), &known_array("group", "es"));
    assert_eq!(channel.expose(), &known_array("group", "cs"));
    assert_eq!(chain.expose(), &known_array("group", "chain0"));
    assert_eq!(hmac(chain.expose(), &[&[1]]), known_array("group", "mk0"));
    assert_eq!(commit, known_array("group", "commit"));
    assert_eq!(ctx, known_array("group", "seal_ctx"));
    let topic = Channel::from_secret(&channel).topic();
    assert_eq!(topic.topic_name(), known_text("group", "topic"));
}

#[test]
fn the_first_steps_of_the_ratchet_are_those_of_the_reference() {
    let sk = known("handshake", "sk");
    let ours = DhSecret::from_secret(Secret::new([0x66; 32]));
    let theirs = DhSecret::from_secret(Secret::new([0x34; 32]));
    let shared = dh(&ours, &theirs.public()).unwrap();

    let both = derive_n::<64>("dr-rk", shared.expose(), &sk, &[]);

    assert_eq!(both.expose()[..32], known("double_ratchet", "rk"));
    assert_eq!(both.expose()[32..], known("double_ratchet", "ck0"));
    assert_eq!(
        hmac(&both.expose()[32..], &[&[2]]),
        known_array("double_ratchet", "ck1")
    );
}

#[test]
fn an_invite_has_the_channel_of_the_reference() {
    let secret = derive("invite-chan", &[b'T'; 16], &person(0xb0).0, &[]);

    assert_eq!(secret.expose(), &known_array("invite", "cs"));
}

#[test]
fn the_safety_number_is_that_of_the_reference() {
    let (alice, bob) = (person(0xa0), person(0xb0));
    let number = SafetyNumber::of(alice, bob);

    assert_eq!(number.digits(), known_text("safety_number", "shown"));
    assert_eq!(number.qr_bytes().as_slice(), known("safety_number", "qr"));
    let theirs = SafetyNumber::of(bob, alice);
    assert_eq!(theirs.compare(&number.qr_bytes()), Comparison::Same);
}
