//! A person's own long-term key.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    proto::{
        crypto::{
            kdf,
            sign::{Signature, SigningKey},
        },
        id::PersonId,
        secret::{self, Secret},
        words::{self, WordsError},
    },
    wire::codec::Malformed,
};

/// The seed of an account and its key `AK`, which signs device lists and nothing else.
///
/// Devices are never derived from the seed, so a restored account cannot clone a ratchet.
#[derive(Debug)]
pub struct Account {
    seed: Secret<32>,
    key: SigningKey,
}

impl Account {
    /// A new person.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    /// The account of 24 recovery words.
    pub fn from_words(words: &str) -> Result<Self, WordsError> {
        words::from_words(words).map(Self::from_seed)
    }

    /// The 24 recovery words. Whoever has them is this person.
    pub fn words(&self) -> Zeroizing<String> {
        words::to_words(&self.seed)
    }

    /// Who this is.
    pub fn person(&self) -> PersonId {
        PersonId(*self.key.verifying_key().as_bytes())
    }

    /// Signs the body of a device list.
    pub(super) fn sign_list(&self, body: &[u8]) -> Signature {
        self.key.sign("device-list", body)
    }

    /// What is remembered of an account.
    pub fn to_record(&self) -> Zeroizing<Vec<u8>> {
        secret::encode(&self.seed)
    }

    /// Reads a record.
    pub fn from_record(record: &[u8]) -> Result<Self, Malformed> {
        secret::decode(record).map(Self::from_seed)
    }

    fn from_seed(seed: Secret<32>) -> Self {
        let key = SigningKey::from_secret(kdf::derive("account", seed.expose(), &[], &[]));
        Self { seed, key }
    }
}
