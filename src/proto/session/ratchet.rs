//! The double ratchet of two devices: which key seals or opens which message.
//!
//! Signal's algorithm (Perrin, Marlinspike, *The Double Ratchet Algorithm*, §3) without header
//! encryption, with one difference that nobody else sees: our next ratchet key is made when it is
//! first needed, for sealing, not when the peer's arrives. So opening needs no chance.

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use super::{OpenError, SealError, skipped::SkippedKeys};
use crate::{
    proto::{
        crypto::{
            dh::{DhPublic, DhSecret, dh},
            kdf::{derive_n, hmac},
        },
        secret::Secret,
        time::Timestamp,
    },
    wire::limits,
};

/// The state of one side.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub(super) struct Ratchet {
    #[n(0)]
    root: Secret<32>,
    /// The key of our sending chain. A responder begins with the prekey's, an initiator with none.
    #[n(1)]
    ours: Option<DhSecret>,
    /// The key of the peer's newest chain. An initiator begins with the prekey's.
    #[n(2)]
    theirs: Option<DhPublic>,
    /// None while we have to take the next step: at the beginning, and once the peer has.
    #[n(3)]
    sending: Option<Chain>,
    #[n(4)]
    receiving: Option<Chain>,
    /// Messages in our sending chain before this one.
    #[n(5)]
    previous: u32,
    #[n(6)]
    skipped: SkippedKeys,
}

/// A chain key and the number of the message whose key it gives next.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(array)]
pub(super) struct Chain {
    #[n(0)]
    key: Secret<32>,
    #[n(1)]
    next: u32,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The ratchet key of its chain.
    pub(super) key: DhPublic,
    /// The length of the sender's chain before that one.
    pub(super) previous: u32,
    /// Its number in the chain.
    pub(super) number: u32,
}

/// What changes if a message turns out to be authentic.
pub(super) enum Advance {
    /// A skipped key is used.
    Skipped(Place),
    /// The receiving chain moves on.
    Along {
        receiving: Chain,
        passed: Vec<(Place, Secret<32>)>,
    },
    /// The peer has taken a step.
    Step {
        root: Secret<32>,
        theirs: DhPublic,
        receiving: Chain,
        passed: Vec<(Place, Secret<32>)>,
    },
}

impl Ratchet {
    /// The side that began, with the responder's first ratchet key.
    pub(super) fn of_initiator(sk: Secret<32>, theirs: DhPublic) -> Self {
        Self::new(sk, None, Some(theirs))
    }

    /// The side that was written to, with the secret of its prekey's ratchet key.
    pub(super) fn of_responder(sk: Secret<32>, ours: DhSecret) -> Self {
        Self::new(sk, Some(ours), None)
    }

    fn new(root: Secret<32>, ours: Option<DhSecret>, theirs: Option<DhPublic>) -> Self {
        Self {
            root,
            ours,
            theirs,
            sending: None,
            receiving: None,
            previous: 0,
            skipped: SkippedKeys::default(),
        }
    }

    /// The key for the next message to seal. It is given out once.
    pub(super) fn next_key(
        &mut self,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Place, Secret<32>), SealError> {
        let mut chain = match &self.sending {
            Some(chain) => chain.clone(),
            None => self.step_sending(rng)?,
        };
        let ours = self.ours.as_ref().ok_or(SealError::NoSession)?;
        let place = Place {
            key: ours.public(),
            previous: self.previous,
            number: chain.next,
        };
        if chain.next >= limits::CHAIN {
            return Err(SealError::Exhausted);
        }
        let message_key = chain.advance();
        self.sending = Some(chain);
        Ok((place, message_key))
    }

    fn step_sending(&mut self, rng: &mut dyn CryptoRng) -> Result<Chain, SealError> {
        let theirs = self.theirs.as_ref().ok_or(SealError::NoSession)?;
        let ours = DhSecret::random(rng);
        let shared = dh(&ours, theirs).ok_or(SealError::Exhausted)?;
        let (root, key) = kdf_rk(&self.root, &shared);
        self.root = root;
        self.ours = Some(ours);
        Ok(Chain { key, next: 0 })
    }

    /// Whether the place is in a chain that is known already.
    pub(super) fn knows(&self, place: &Place) -> bool {
        let newest = self.receiving.is_some() && self.theirs == Some(place.key);
        newest || self.skipped.find(place).is_some()
    }

    /// The key for a message to open, and what changes if that opens it.
    pub(super) fn key_for(&self, place: &Place) -> Result<(Secret<32>, Advance), OpenError> {
        if place.number >= limits::CHAIN || place.previous >= limits::CHAIN {
            return Err(OpenError::Malformed);
        }
        if let Some(key) = self.skipped.find(place) {
            return Ok((key.clone(), Advance::Skipped(*place)));
        }
        let mut passed = Vec::new();
        match &self.receiving {
            Some(chain) if self.theirs == Some(place.key) => {
                let mut receiving = chain.clone();
                receiving.skip_to(place.number, place.key, &mut passed)?;
                let key = receiving.advance();
                Ok((key, Advance::Along { receiving, passed }))
            }
            _ => {
                let (root, mut receiving) = self.step_receiving(place, &mut passed)?;
                receiving.skip_to(place.number, place.key, &mut passed)?;
                let key = receiving.advance();
                let theirs = place.key;
                let step = Advance::Step {
                    root,
                    theirs,
                    receiving,
                    passed,
                };
                Ok((key, step))
            }
        }
    }

    /// The chain that the peer begins with a new key, and what the chain before it has left over.
    fn step_receiving(
        &self,
        place: &Place,
        passed: &mut Vec<(Place, Secret<32>)>,
    ) -> Result<(Secret<32>, Chain), OpenError> {
        // The peer makes a new key only after it has seen our newest, which it cannot have before
        // we have sealed with it.
        let ours = self.ours.as_ref().ok_or(OpenError::Unreadable)?;
        if self.sending.is_none() && self.theirs.is_some() {
            return Err(OpenError::Unreadable);
        }
        if place.number > limits::SKIP {
            return Err(OpenError::TooFarAhead);
        }
        if let (Some(chain), Some(theirs)) = (&self.receiving, self.theirs)
            && place.previous > chain.next
        {
            chain.clone().skip_to(place.previous, theirs, passed)?;
        }
        let shared = dh(ours, &place.key).ok_or(OpenError::Unreadable)?;
        let (root, key) = kdf_rk(&self.root, &shared);
        Ok((root, Chain { key, next: 0 }))
    }

    /// Takes over what [`Ratchet::key_for`] gave for a message that has proved authentic. Says
    /// whether the peer has taken a step: it has seen what we sent.
    pub(super) fn commit(&mut self, advance: Advance, now: Timestamp) -> bool {
        self.skipped.expire(now);
        match advance {
            Advance::Skipped(place) => {
                self.skipped.remove(&place);
                false
            }
            Advance::Along { receiving, passed } => {
                self.receiving = Some(receiving);
                self.skipped.add(passed, now);
                false
            }
            Advance::Step {
                root,
                theirs,
                receiving,
                passed,
            } => {
                self.root = root;
                self.theirs = Some(theirs);
                self.receiving = Some(receiving);
                self.previous = self.sending.take().map_or(0, |chain| chain.next);
                self.skipped.add(passed, now);
                true
            }
        }
    }

    /// The keys that wait for messages which were overtaken.
    pub(super) fn skipped_mut(&mut self) -> &mut SkippedKeys {
        &mut self.skipped
    }

    /// As above.
    pub(super) fn skipped(&self) -> &SkippedKeys {
        &self.skipped
    }
}

impl Chain {
    /// `KDF_CK`: the key of the next message.
    fn advance(&mut self) -> Secret<32> {
        let message_key = Secret::new(hmac(self.key.expose(), &[&[1]]));
        self.key = Secret::new(hmac(self.key.expose(), &[&[2]]));
        self.next = self.next.saturating_add(1);
        message_key
    }

    /// Moves on to message `number`, keeping the keys of those before it.
    fn skip_to(
        &mut self,
        number: u32,
        chain: DhPublic,
        passed: &mut Vec<(Place, Secret<32>)>,
    ) -> Result<(), OpenError> {
        let missing = number.checked_sub(self.next).ok_or(OpenError::Unreadable)?;
        if missing > limits::SKIP {
            return Err(OpenError::TooFarAhead);
        }
        while self.next < number {
            let place = Place {
                key: chain,
                previous: 0,
                number: self.next,
            };
            passed.push((place, self.advance()));
        }
        Ok(())
    }
}

/// `KDF_RK`: the next root key, and the key of the chain that begins.
fn kdf_rk(root: &Secret<32>, shared: &Secret<32>) -> (Secret<32>, Secret<32>) {
    let both = derive_n::<64>("dr-rk", shared.expose(), root.expose(), &[]);
    let (one, two) = both.expose().split_at(32);
    let half = |bytes: &[u8]| {
        Secret::filled_by(|out: &mut [u8; 32]| {
            out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        })
    };
    (half(one), half(two))
}

#[cfg(test)]
mod tests;
