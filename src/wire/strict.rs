//! Ed25519 as everything here verifies it: strictly (RFC 8032 §5.1.7, with the cofactorless equation).

use ed25519_dalek::{Signature, VerifyingKey, ed25519::signature::MultipartVerifier};

/// Verifies a signature over the parts of a message, one after the other. The key must not be of small
/// order: whoever reads it looks, once.
///
/// It accepts what dalek's `verify_strict` does. That decodes R to see whether it is of small order, and
/// then compares its bytes with the one encoding of what it has to be; here the bytes tell both, which
/// saves a tenth.
pub(crate) fn verify(key: &VerifyingKey, message: &[&[u8]], signature: &[u8; 64]) -> bool {
    let is_small = is_of_small_order(signature);
    let signature = Signature::from_bytes(signature);
    !is_small && key.multipart_verify(message, &signature).is_ok()
}

/// Whether R, which a signature begins with, is an encoding of a point of small order.
fn is_of_small_order(signature: &[u8; 64]) -> bool {
    let Some((r, _)) = signature.split_first_chunk::<32>() else {
        return false;
    };
    let mut y = *r;
    if let Some(last) = y.last_mut() {
        // The sign of x.
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&y)
}

/// The coordinates y of the eight points of small order.
const SMALL_ORDER: [[u8; 32]; 5] = [
    // 1
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    // 0
    [0; 32],
    // -1
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    // Of order 8, and the other.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use std::ops::{Add, Mul};

    use ed25519_dalek::SigningKey;
    use sha2::{Digest, Sha512};

    use super::*;

    #[test]
    fn what_was_signed_verifies_and_nothing_beside_it() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signature = ed25519_dalek::Signer::sign(&key, b"herons").to_bytes();
        let public = key.verifying_key();

        assert!(verify(&public, &[b"her", b"ons"], &signature));
        assert!(!verify(&public, &[b"her", b"on"], &signature));
        for bit in 0..512 {
            let mut forged = signature;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify(&public, &[b"herons"], &forged), "bit {bit}");
        }
    }

    /// Whoever makes a key of which a part is of small order can make a signature that begins with any
    /// point of small order, and for which the plain equation holds.
    #[test]
    fn a_signature_that_begins_with_a_point_of_small_order_is_refused() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let mut begins = std::collections::BTreeSet::new();
        for y in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut point = y;
                point[31] |= sign;
                // 1 and -1 have x = 0, and no other sign.
                let Ok(small) = VerifyingKey::from_bytes(&point) else {
                    continue;
                };
                assert!(small.is_weak());
                let mixed = key.verifying_key().to_edwards() + small.to_edwards();
                let mixed = VerifyingKey::from(mixed);
                for salt in 0..64_u8 {
                    for small in SMALL_ORDER {
                        for sign in [0, 0x80] {
                            let mut r = small;
                            r[31] |= sign;
                            let message = [&r[..], mixed.as_bytes(), &[salt]].concat();
                            let hash: [u8; 64] = Sha512::digest(&message).into();
                            let secret = key.to_scalar();
                            let s = wide(secret, &hash) * secret;
                            let signature = [r, s.to_bytes()].concat().try_into().unwrap();
                            let message: &[&[u8]] = &[&[salt]];
                            let parsed = Signature::from_bytes(&signature);

                            let plain = mixed.multipart_verify(message, &parsed).is_ok();
                            let strict = mixed.verify_strict(&[salt], &parsed).is_ok();

                            assert!(!strict);
                            assert!(!verify(&mixed, message, &signature));
                            begins.extend(plain.then_some(r));
                        }
                    }
                }
            }
        }
        assert_eq!(begins.len(), 8, "of each of the points there was one");
    }

    /// A number of 512 bits, as a scalar.
    fn wide<S: Copy + From<u64> + Add<Output = S> + Mul<Output = S>>(_: S, bytes: &[u8; 64]) -> S {
        let shift = S::from(256);
        let digits = bytes.iter().rev();
        digits.fold(S::from(0), |all, digit| {
            all * shift + S::from(u64::from(*digit))
        })
    }
}
