use proptest::prelude::*;

use super::*;
use crate::proto::{
    crypto::sign::SigningKey,
    known::{known_array, known_text},
    people::{NOW, known_person},
    secret::Secret,
};

const TOKEN: Token = Token([b'T'; 16]);

fn address(text: &str) -> Address {
    Address(crate::wire::id::from_hex(text).unwrap())
}

/// The card of the known answers.
fn card() -> Card {
    let (account, device) = known_person();
    Card {
        person: account.person(),
        peer: device.peer(),
        token: TOKEN,
        expires: Timestamp(NOW.0 / MINUTE * MINUTE),
        addresses: vec![address("0401020304061234"), address("04c0a80105060001")],
        relay: None,
    }
}

#[test]
fn a_card_is_the_link_and_the_qr_text_of_the_reference() {
    assert_eq!(card().to_link(), known_text("card", "link"));
    assert_eq!(card().to_qr_text(), known_text("card", "qr"));
    assert_eq!(Card::parse(&known_text("card", "link")), Ok(card()));
    assert_eq!(Card::parse(&known_text("card", "qr")), Ok(card()));
}

#[test]
fn a_relay_card_is_kept_as_it_came() {
    let with_relay = Card {
        relay: Some(b"relay-card".to_vec()),
        ..card()
    };

    assert_eq!(with_relay.to_link(), known_text("card", "link_with_relay"));
    assert_eq!(Card::parse(&with_relay.to_qr_text()), Ok(with_relay));
}

#[test]
fn a_qr_text_needs_only_the_alphanumeric_mode() {
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    assert!(card().to_qr_text().chars().all(|c| alphabet.contains(c)));
}

#[test]
fn a_card_is_read_as_people_paste_it() {
    let link = card().to_link();
    let (start, payload) = link.split_at(LINK.len());
    let broken = format!("{}\r\n {}", &payload[..70], &payload[70..]);
    let qr = card().to_qr_text();
    for pasted in [
        format!("  {link}\n"),
        format!("<{link}>"),
        format!("“{link}”"),
        format!("{}{payload}", start.to_uppercase()),
        format!("{start}{broken}"),
        format!("{link}=="),
        format!("{link}."),
        format!("\n{qr}\n"),
        format!("{}\n{}", &qr[..60], &qr[60..]),
        qr.to_lowercase(),
    ] {
        assert_eq!(Card::parse(&pasted), Ok(card()), "{pasted}");
    }
}

#[test]
fn what_is_no_card_is_refused_with_a_sentence() {
    let link = card().to_link();
    let mut newer = card().to_bytes();
    newer[0] = 2;
    let newer = format!("{LINK}{}", BASE64URL_NOPAD.encode(&newer));
    for (text, error) in [
        (String::new(), CardError::NotACard),
        ("https://example.org/c/#AQ".to_owned(), CardError::NotACard),
        ("x".repeat(LONGEST_TEXT + 1), CardError::NotACard),
        (LINK.to_owned(), CardError::Damaged),
        (QR.to_owned(), CardError::Damaged),
        (format!("{QR}\u{fc}"), CardError::Damaged),
        (link[..link.len() - 10].to_owned(), CardError::Damaged),
        (link.replace(['_', '-'], "*") + "*", CardError::Damaged),
        (newer, CardError::Newer),
    ] {
        assert_eq!(Card::parse(&text), Err(error), "{text}");
        assert!(error.to_string().len() > 20);
    }
}

#[test]
fn a_card_with_an_impossible_key_is_damaged() {
    let mut bytes = card().to_bytes();
    bytes[1..33].fill(0);

    assert_eq!(Card::from_bytes(&bytes), Err(CardError::Damaged));
}

#[test]
fn addresses_above_a_limit_are_left_out() {
    let long = Address(vec![1; 256]);
    let short = Address(vec![2; 255]);
    let full = Card {
        addresses: [vec![long], vec![short.clone(); 20]].concat(),
        ..card()
    };

    let parsed = Card::parse(&full.to_link()).unwrap();

    assert_eq!(parsed.addresses, vec![short; limits::ADDRESSES]);
}

#[test]
fn a_token_is_named_and_proved_as_in_the_reference() {
    let asking = SigningKey::from_secret(Secret::new([0xc4; 32]));
    let asking = PeerId(*asking.verifying_key().as_bytes());
    let answering = card().peer;
    let nonce = [b'n'; 16];
    let proof = known_array("card", "bundle_proof");

    assert_eq!(TOKEN.id().0, known_array("card", "token_id"));
    assert_eq!(bundle_proof(&TOKEN, asking, answering, &nonce), proof);
    assert!(bundle_proof_fits(&TOKEN, asking, answering, &nonce, &proof));
    assert!(!bundle_proof_fits(
        &TOKEN, answering, asking, &nonce, &proof
    ));
    assert!(!bundle_proof_fits(
        &Token([0; 16]),
        asking,
        answering,
        &nonce,
        &proof
    ));
    assert!(!bundle_proof_fits(
        &TOKEN, asking, answering, &[0; 16], &proof
    ));
}

#[test]
fn a_token_does_not_print() {
    assert_eq!(format!("{TOKEN:?}"), "Token");
}

proptest! {
    #[test]
    fn any_text_does_not_panic(text in ".{0,200}") {
        let _ = Card::parse(&text);
        let _ = Card::parse(&format!("{LINK}{text}"));
        let _ = Card::parse(&format!("{QR}{text}"));
    }

    #[test]
    fn any_bytes_are_refused_or_come_back_the_same(rest in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = card().to_bytes();
        bytes.truncate(1 + 32 + 32);
        bytes.extend(rest);
        if let Ok(card) = Card::from_bytes(&bytes) {
            prop_assert_eq!(card.to_bytes(), bytes);
            prop_assert_eq!(Card::parse(&card.to_link()), Ok(card.clone()));
            prop_assert_eq!(Card::parse(&card.to_qr_text()), Ok(card));
        }
    }
}
