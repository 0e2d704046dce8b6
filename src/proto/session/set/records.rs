//! What is remembered of the sessions with a device, in two records.
//!
//! The keys of messages that were overtaken may be two thousand in each session, 170 KB, and change
//! seldom; the rest is small and changes with every message. So they lie apart.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::SessionSet;
use crate::{
    proto::{
        id::SessionId,
        secret,
        session::{ratchet::Place, skipped::SkippedKeys},
    },
    wire::codec::Malformed,
};

/// The skipped keys of one session.
#[derive(Encode, Decode)]
#[cbor(array)]
struct OfSession {
    #[n(0)]
    session: SessionId,
    #[n(1)]
    keys: SkippedKeys,
}

/// How many keys each session keeps, and the place of the last: new ones come last, so that this
/// changes when they do.
pub(super) type Kept = Vec<(SessionId, usize, Option<Place>)>;

/// What there is to remember.
#[derive(Debug)]
pub struct Records {
    /// Everything but skipped keys.
    pub main: Zeroizing<Vec<u8>>,
    /// The skipped keys.
    pub skipped: Skipped,
}

/// The record of skipped keys.
#[derive(Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It is as it was when it was last asked for.
    Unchanged,
    /// There are none any more.
    None,
    /// These.
    Some(Zeroizing<Vec<u8>>),
}

impl SessionSet {
    /// What there is to remember since the last call.
    pub fn to_records(&mut self) -> Records {
        let now = self.kept_keys();
        let taken = self.sessions.iter_mut().map(|kept| OfSession {
            session: kept.session.id,
            keys: std::mem::take(kept.session.ratchet.skipped_mut()),
        });
        let mut taken: Vec<OfSession> = taken.collect();
        let main = secret::encode(self);
        let skipped = if now == self.remembered {
            Skipped::Unchanged
        } else if now.is_empty() {
            Skipped::None
        } else {
            Skipped::Some(secret::encode(&taken))
        };
        for (kept, of) in self.sessions.iter_mut().zip(taken.drain(..)) {
            *kept.session.ratchet.skipped_mut() = of.keys;
        }
        self.remembered = now;
        Records { main, skipped }
    }

    /// Takes the skipped keys back that [`SessionSet::to_records`] gave.
    ///
    /// # Errors
    ///
    /// What is not such a record.
    pub fn restore_skipped(&mut self, record: &[u8]) -> Result<(), Malformed> {
        let all: Vec<OfSession> = secret::decode(record)?;
        for of in all {
            let mut sessions = self.sessions.iter_mut();
            let session = sessions.find(|kept| kept.session.id == of.session);
            if let Some(kept) = session {
                *kept.session.ratchet.skipped_mut() = of.keys;
            }
        }
        self.remembered = self.kept_keys();
        Ok(())
    }

    fn kept_keys(&self) -> Kept {
        let kept = self.sessions.iter().map(|kept| {
            let keys = kept.session.ratchet.skipped();
            (kept.session.id, keys.len(), keys.last())
        });
        kept.filter(|(_, count, _)| *count > 0).collect()
    }
}
