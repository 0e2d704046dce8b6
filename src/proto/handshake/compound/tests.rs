use super::*;
use crate::proto::{
    crypto::sign::SigningKey,
    handshake::{Parts, write_header},
    known::{known, known_array},
};

const TOKEN: Token = Token([b'T'; 16]);

/// Secrets are 32 equal bytes (protocol, appendix C).
fn secret(byte: u8) -> NoiseSecret {
    NoiseSecret::from_secret(Secret::new([byte; 32]))
}

fn person_b() -> PersonId {
    let key = SigningKey::from_secret(Secret::new([0xb0; 32]));
    PersonId(*key.verifying_key().as_bytes())
}

fn bound<'a>(header: &'a [u8], person: &'a PersonId) -> Bound<'a> {
    Bound {
        purpose: Use::Session,
        header,
        person,
        certificate: b"cert-body-of-b",
        prekey: b"prekey-body-of-b",
        token: Some(&TOKEN),
    }
}

#[test]
fn an_initiation_is_byte_for_byte_that_of_the_reference() {
    let (header, person) = (write_header(7, Some(&TOKEN)), person_b());
    let device = secret(0x11);
    let keys = InitiatorKeys {
        device: &device,
        peer: secret(0x22).public(),
        prekey: secret(0x33).public(),
        ephemerals: (Secret::new([0x44; 32]), Secret::new([0x55; 32])),
    };

    let written = write(&bound(&header, &person), keys, b"init-payload").unwrap();

    assert_eq!(header, known("handshake", "hdr"));
    assert_eq!(written.m1, known("handshake", "m1"));
    assert_eq!(written.m2, known("handshake", "m2"));
    assert_eq!(written.secrets.sk.expose(), &known_array("handshake", "sk"));
    assert_eq!(written.secrets.id.0, known_array("handshake", "sid"));
    let init = Parts {
        header: &header,
        m1: &written.m1,
        m2: &written.m2,
    };
    assert_eq!(init.join(), known("handshake", "init"));
}

#[test]
fn the_initiation_of_the_reference_is_read() {
    let (header, person) = (write_header(7, Some(&TOKEN)), person_b());
    let (device, prekey) = (secret(0x22), secret(0x33));
    let keys = ResponderKeys {
        device: &device,
        prekey: &prekey,
    };
    let (m1, m2) = (known("handshake", "m1"), known("handshake", "m2"));

    let read = read(&bound(&header, &person), keys, &m1, &m2).unwrap();

    assert_eq!(read.payload.as_slice(), b"init-payload");
    assert_eq!(read.initiator, secret(0x11).public());
    assert_eq!(read.secrets.sk.expose(), &known_array("handshake", "sk"));
    assert_eq!(read.secrets.id.0, known_array("handshake", "sid"));
}

#[test]
fn an_initiation_without_a_token_is_that_of_the_reference() {
    let (header, person) = (write_header(7, None), person_b());
    let device = secret(0x11);
    let keys = InitiatorKeys {
        device: &device,
        peer: secret(0x22).public(),
        prekey: secret(0x33).public(),
        ephemerals: (Secret::new([0x44; 32]), Secret::new([0x55; 32])),
    };
    let bound = Bound {
        token: None,
        ..bound(&header, &person)
    };

    let written = write(&bound, keys, b"init-payload").unwrap();

    let section = "handshake_without_token";
    assert_eq!(header, known(section, "hdr"));
    assert_eq!(written.m2, known(section, "m2"));
    assert_eq!(written.secrets.sk.expose(), &known_array(section, "sk"));
}

/// Unknown key share: the responder must be the one that the initiator meant, in every respect.
#[test]
fn a_responder_who_is_not_quite_the_one_meant_reads_nothing() {
    let (header, person) = (write_header(7, Some(&TOKEN)), person_b());
    let (device, prekey) = (secret(0x22), secret(0x33));
    let (m1, m2) = (known("handshake", "m1"), known("handshake", "m2"));
    let refused = |bound: &Bound<'_>| {
        let keys = ResponderKeys {
            device: &device,
            prekey: &prekey,
        };
        read(bound, keys, &m1, &m2).is_err()
    };
    let good = || bound(&header, &person);
    assert!(!refused(&good()));

    let other_person = PersonId([1; 32]);
    assert!(refused(&Bound {
        person: &other_person,
        ..good()
    }));
    assert!(refused(&Bound {
        certificate: b"cert-body-of-c",
        ..good()
    }));
    assert!(refused(&Bound {
        prekey: b"prekey-body-of-c",
        ..good()
    }));
    assert!(refused(&Bound {
        token: None,
        ..good()
    }));
    assert!(refused(&Bound {
        token: Some(&Token([0; 16])),
        ..good()
    }));
    for index in 0..header.len() {
        let mut header = header.clone();
        header[index] ^= 1;
        assert!(
            refused(&Bound {
                header: &header,
                ..good()
            }),
            "header {index}"
        );
    }
}

/// Theft of the device key alone, or of the prekey alone, opens nothing (protocol §3.6).
#[test]
fn both_of_the_responders_keys_are_needed() {
    let (header, person) = (write_header(7, Some(&TOKEN)), person_b());
    let (m1, m2) = (known("handshake", "m1"), known("handshake", "m2"));
    for (device, prekey) in [(0x22, 0x99), (0x99, 0x33)] {
        let (device, prekey) = (secret(device), secret(prekey));
        let keys = ResponderKeys {
            device: &device,
            prekey: &prekey,
        };
        assert!(read(&bound(&header, &person), keys, &m1, &m2).is_err());
    }
}
