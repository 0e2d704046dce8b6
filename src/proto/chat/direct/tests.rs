use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

const CHAT: ChatId = ChatId([1; 32]);
const ALICE: DeviceId = DeviceId([2; 16]);
const BOB: DeviceId = DeviceId([3; 16]);

#[test]
fn the_part_opens_the_content_that_was_sealed() {
    let sealed = seal(b"content");
    let body = encode(&sealed);

    let message = DirectMessage::parse(&body).unwrap();
    let opened = message.open_content(&CHAT, sealed.part.expose());

    assert_eq!((message.sender, message.counter), (ALICE, 7));
    assert_eq!(message.part_for(&BOB), Some(&b"pairwise"[..]));
    assert_eq!(message.part_for(&ALICE), None);
    let (id, content) = opened.unwrap();
    assert_eq!((id, &content[..]), (sealed.message, &b"content"[..]));
}

#[test]
fn the_chat_is_the_same_from_both_sides() {
    let (a, b) = (PersonId([1; 32]), PersonId([2; 32]));

    assert_eq!(chat_id(&a, &b), chat_id(&b, &a));
    assert_ne!(chat_id(&a, &b), chat_id(&a, &a));
}

#[test]
fn a_message_cannot_be_moved_to_another_chat_sender_or_counter() {
    let sealed = seal(b"content");
    let body = encode(&sealed);
    let message = DirectMessage::parse(&body).unwrap();
    let part = sealed.part.expose();

    let elsewhere = message.open_content(&ChatId([9; 32]), part);
    let from_bob = DirectMessage {
        sender: BOB,
        ..message.clone()
    };
    let later = DirectMessage {
        counter: 8,
        ..message
    };

    assert_eq!(elsewhere, Err(Unopened));
    assert_eq!(from_bob.open_content(&CHAT, part), Err(Unopened));
    assert_eq!(later.open_content(&CHAT, part), Err(Unopened));
}

#[test]
fn a_receiving_device_cannot_put_another_content_under_its_siblings_part() {
    let sealed = seal(b"content");
    // It knows the key, and seals something else with it.
    let (key, _) = sealed.part.expose().split_first_chunk::<32>().unwrap();
    let forged = aead::seal(
        &Secret::new(*key),
        &NONCE,
        &ad(&CHAT, &ALICE, 7),
        b"forged!",
    );
    let body = DirectMessage::encode(&ALICE, 7, &parts(), &forged);

    let message = DirectMessage::parse(&body).unwrap();

    assert_eq!(
        message.open_content(&CHAT, sealed.part.expose()),
        Err(Unopened)
    );
}

#[test]
fn the_name_depends_on_chat_sender_counter_and_content() {
    let name = message_id(&CHAT, &ALICE, 7, b"content");

    for other in [
        message_id(&ChatId([9; 32]), &ALICE, 7, b"content"),
        message_id(&CHAT, &BOB, 7, b"content"),
        message_id(&CHAT, &ALICE, 8, b"content"),
        message_id(&CHAT, &ALICE, 7, b"Content"),
    ] {
        assert_ne!(other, name);
    }
}

#[test]
fn each_message_has_a_fresh_key() {
    let mut rng = rng();
    let one = DirectMessage::seal_content(&CHAT, &ALICE, 7, b"same", &mut rng);
    let two = DirectMessage::seal_content(&CHAT, &ALICE, 7, b"same", &mut rng);

    assert_ne!(one.part, two.part);
    assert_ne!(one.ciphertext, two.ciphertext);
    assert_eq!(one.message, two.message);
}

#[test]
fn too_many_parts_a_device_twice_or_a_cut_end_are_refused() {
    let sealed = seal(b"content");
    let with = |count: usize| {
        let parts: Vec<_> = (0..count)
            .map(|at| (DeviceId([u8::try_from(at).unwrap(); 16]), vec![5; 154]))
            .collect();
        DirectMessage::encode(&ALICE, 7, &parts, &sealed.ciphertext)
    };
    assert!(DirectMessage::parse(&with(limits::DIRECT_PARTS)).is_ok());

    let mut more = with(limits::DIRECT_PARTS);
    more[20] += 1;
    let twice = [(BOB, vec![1]), (BOB, vec![2])];
    let twice = DirectMessage::encode(&ALICE, 7, &twice, &sealed.ciphertext);
    let short = DirectMessage::encode(&ALICE, 7, &parts(), &sealed.ciphertext[..15]);

    for body in [&more, &twice, &short] {
        assert!(DirectMessage::parse(body).is_err());
    }
}

#[test]
fn the_largest_content_with_all_parts_fits_a_frame() {
    // The longest message of a session: a first one, with the post-quantum initiation.
    let pairwise = 1 + 2 + (13 + 48 + 1088 + 2 + 96 + 48) + 56 + 64 + 16;
    let parts: usize = limits::DIRECT_PARTS * (16 + 2 + (1 + 2 + 207 + 56 + 64 + 16));

    assert!(5 + 21 + parts + limits::CONTENT + aead::TAG <= 49_152);
    assert!(u16::try_from(pairwise).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(message) = DirectMessage::parse(&body) {
            let parts: Vec<_> = message
                .parts
                .iter()
                .map(|part| (part.device, part.pairwise.to_vec()))
                .collect();
            let again = DirectMessage::encode(
                &message.sender,
                message.counter,
                &parts,
                message.ciphertext,
            );
            prop_assert_eq!(again, body);
        }
    }

    #[test]
    fn one_changed_byte_is_refused_or_changes_only_the_parts(
        at in any::<prop::sample::Index>(),
        change in 1u8..,
    ) {
        let sealed = seal(b"content");
        let body = encode(&sealed);
        let mut forged = body.clone();
        let at = at.index(forged.len());
        forged[at] ^= change;

        if let Ok(message) = DirectMessage::parse(&forged)
            && message.open_content(&CHAT, sealed.part.expose()).is_ok()
        {
            prop_assert!((21..body.len() - sealed.ciphertext.len()).contains(&at));
        }
    }

    #[test]
    fn any_part_opens_nothing_without_a_panic(part in prop::collection::vec(any::<u8>(), 0..80)) {
        let body = encode(&seal(b"content"));
        let message = DirectMessage::parse(&body).unwrap();
        prop_assert_eq!(message.open_content(&CHAT, &part), Err(Unopened));
    }
}

fn seal(content: &[u8]) -> SealedContent {
    DirectMessage::seal_content(&CHAT, &ALICE, 7, content, &mut rng())
}

fn encode(sealed: &SealedContent) -> Vec<u8> {
    DirectMessage::encode(&ALICE, 7, &parts(), &sealed.ciphertext)
}

fn parts() -> Vec<(DeviceId, Vec<u8>)> {
    vec![(BOB, b"pairwise".to_vec())]
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}
