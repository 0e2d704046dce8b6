//! All sessions of this device with one other.

use std::cmp::Reverse;

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{OpenError, PLAIN, ResetBackoff, SealError, Session, WITH_INIT};
use crate::{
    proto::{
        handshake::{InitHeader, Initiated, Responded},
        id::DeviceId,
        identity::Certificate,
        prekey::OwnPrekey,
        secret,
        time::{DAY, Timestamp},
    },
    wire::{codec::Malformed, limits},
};

mod records;

pub use records::{Records, Skipped};

/// At most [`limits::SESSIONS`] sessions: one that seals, and others that only open what is still on
/// its way.
///
/// The one that seals has the highest generation and, of those, the smallest id. Both sides compute
/// the same as soon as they know the same initiations, so two that begin at once converge.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct SessionSet {
    #[n(0)]
    ours: DeviceId,
    #[n(1)]
    theirs: DeviceId,
    #[n(2)]
    sessions: Vec<Kept>,
    /// The highest that either side has named.
    #[n(3)]
    generation: u32,
    #[n(4)]
    resets: ResetBackoff,
    /// Sessions of lower generations do not seal, because this state may have been set back.
    #[n(5)]
    seals_from: Option<u32>,
    /// Which skipped keys are remembered on disk.
    #[cbor(skip)]
    remembered: records::Kept,
}

#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct Kept {
    #[n(0)]
    session: Session,
    /// Since when it only opens.
    #[n(1)]
    receive_only_since: Option<Timestamp>,
    /// When the peer was last heard in it.
    #[n(2)]
    heard: Option<Timestamp>,
}

/// A pairwise message, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairwise<'a> {
    /// The initiation that comes with it until the responder has answered.
    pub init: Option<&'a [u8]>,
    /// The message of the ratchet.
    pub body: &'a [u8],
}

/// What a session is made from when somebody else begins it.
#[derive(Debug)]
pub struct Accept<'a> {
    /// The initiation that came with the message.
    pub responded: Responded,
    /// The device that it names, as its account's newest list has it.
    pub initiator: &'a Certificate,
    /// The prekey that it names.
    pub prekey: &'a OwnPrekey,
}

/// More sessions than two devices begin in the time by which a state may be set back.
const SET_BACK: u32 = 1 << 12;

/// How long a session that seals no more still opens.
const RECEIVE_ONLY: u64 = 14 * DAY;

impl SessionSet {
    /// No session yet between device `ours` and device `theirs`.
    pub fn new(ours: DeviceId, theirs: DeviceId) -> Self {
        Self {
            ours,
            theirs,
            sessions: Vec::new(),
            generation: 0,
            resets: ResetBackoff::default(),
            seals_from: None,
            remembered: records::Kept::new(),
        }
    }

    /// The other device.
    pub fn peer(&self) -> DeviceId {
        self.theirs
    }

    /// Takes a pairwise message apart.
    pub fn split(pairwise: &[u8]) -> Result<Pairwise<'_>, OpenError> {
        let read = || -> Option<Pairwise<'_>> {
            match pairwise.split_first()? {
                (&PLAIN, body) => Some(Pairwise { init: None, body }),
                (&WITH_INIT, rest) => {
                    let (len, rest) = rest.split_first_chunk()?;
                    let len = usize::from(u16::from_be_bytes(*len));
                    let (init, body) = rest.split_at_checked(len)?;
                    let init = Some(init);
                    Some(Pairwise { init, body })
                }
                _ => None,
            }
        };
        read().ok_or(OpenError::Malformed)
    }

    /// The generation for an initiation of ours.
    pub fn next_generation(&self) -> u32 {
        self.generation.saturating_add(1).min(limits::GENERATION)
    }

    /// The session that seals.
    pub fn active(&self) -> Option<&Session> {
        let from = self.seals_from;
        let sessions = self.sessions.iter().map(|k| &k.session);
        sessions
            .filter(|session| Some(session.generation) >= from)
            .max_by_key(|session| rank(session))
    }

    /// This state may be older than what the other device holds of it: none of its sessions seals
    /// again, and the next one is of a generation that was not used before. They still open.
    pub fn mistrust(&mut self, now: Timestamp) {
        let from = self.generation.saturating_add(SET_BACK);
        let from = from.min(limits::GENERATION);
        self.generation = from.saturating_sub(1);
        self.seals_from = Some(from);
        for kept in &mut self.sessions {
            kept.receive_only_since.get_or_insert(now);
        }
    }

    /// Whether there is no session to seal with, or it is to be replaced.
    pub fn needs_fresh(&self, now: Timestamp) -> bool {
        self.active().is_none_or(|session| session.needs_fresh(now))
    }

    /// Whether a device that cannot read may ask for a new session now. If so, it counts as asked.
    pub fn try_reset(&mut self, now: Timestamp) -> bool {
        self.resets.try_reset(now)
    }

    /// Adds a session that this device began.
    pub fn start(&mut self, initiated: Initiated, now: Timestamp) {
        let session = Session::initiated(initiated, self.ours, self.theirs);
        self.add(session, None, now);
    }

    /// Seals with the session that seals.
    pub fn seal(
        &mut self,
        rng: &mut dyn CryptoRng,
        now: Timestamp,
        ctx: &[u8; 32],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let from = self.seals_from;
        let active = self
            .sessions
            .iter_mut()
            .map(|k| &mut k.session)
            .filter(|session| Some(session.generation) >= from)
            .max_by_key(|session| rank(session));
        let active = active.ok_or(SealError::NoSession)?;
        active.seal(rng, now, ctx, plaintext)
    }

    /// Opens with the session to which the message belongs. [`OpenError::UnknownInit`] asks for
    /// [`SessionSet::accept`].
    pub fn open(
        &mut self,
        now: Timestamp,
        pairwise: &[u8],
        ctx: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Pairwise { init, body } = Self::split(pairwise)?;
        if let Some(init) = init {
            let hash = InitHeader::parse(init)
                .map_err(|_| OpenError::Malformed)?
                .replay_hash;
            let kept = self
                .sessions
                .iter_mut()
                .find(|kept| kept.session.accepted == Some(hash))
                .ok_or(OpenError::UnknownInit)?;
            return kept.open_body(now, body, ctx);
        }
        let mut sessions: Vec<&mut Kept> = self.sessions.iter_mut().collect();
        sessions.sort_by_cached_key(|k| Reverse((k.session.knows(body), rank(&k.session))));
        let mut refusal = OpenError::Unreadable;
        for kept in sessions {
            match kept.open_body(now, body, ctx) {
                Ok(plaintext) => return Ok(plaintext),
                // The first session tried is the likeliest: its reason is the telling one.
                Err(error) if refusal == OpenError::Unreadable => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    /// Makes a session from an initiation, if it is of the device that it names and the message that
    /// came with it opens. Otherwise nothing changes.
    pub fn accept(
        &mut self,
        accept: Accept<'_>,
        now: Timestamp,
        pairwise: &[u8],
        ctx: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Accept {
            responded,
            initiator,
            prekey,
        } = accept;
        if initiator.id != self.theirs || !responded.is_from(initiator) {
            return Err(OpenError::Foreign);
        }
        let Pairwise { init, body } = Self::split(pairwise)?;
        let of_this = init
            .and_then(|init| InitHeader::parse(init).ok())
            .is_some_and(|header| header.replay_hash == responded.replay_hash);
        if !of_this {
            return Err(OpenError::Malformed);
        }
        let mut session = Session::responded(responded, prekey, self.ours);
        let plaintext = session.open_body(now, body, ctx)?;
        self.add(session, Some(now), now);
        Ok(plaintext)
    }

    /// When [`SessionSet::handle_timeout`] next has work.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let ends = |kept: &Kept| kept.receive_only_since.map(|at| at.plus(RECEIVE_ONLY));
        let keys = |kept: &Kept| kept.session.ratchet.skipped().poll_timeout();
        let all = self.sessions.iter().flat_map(|k| [ends(k), keys(k)]);
        all.flatten().min()
    }

    /// Erases sessions and skipped keys whose time is over; says whether there were any.
    pub fn handle_timeout(&mut self, now: Timestamp) -> bool {
        let before = self.sessions.len();
        self.sessions.retain(|kept| {
            kept.receive_only_since
                .is_none_or(|at| now.since(at) < RECEIVE_ONLY)
        });
        let mut changed = self.sessions.len() != before;
        for kept in &mut self.sessions {
            changed |= kept.session.ratchet.skipped_mut().expire(now);
        }
        changed
    }

    /// All of it as one record.
    pub fn to_record(&self) -> Zeroizing<Vec<u8>> {
        secret::encode(self)
    }

    /// Reads a record, which may be without skipped keys.
    pub fn from_record(record: &[u8]) -> Result<Self, Malformed> {
        secret::decode(record)
    }

    fn add(&mut self, session: Session, heard: Option<Timestamp>, now: Timestamp) {
        self.generation = self.generation.max(session.generation);
        self.sessions.push(Kept {
            session,
            receive_only_since: None,
            heard,
        });
        self.sessions
            .sort_by_key(|kept| Reverse(rank(&kept.session)));
        if self.sessions.len() > limits::SESSIONS {
            self.drop_most_silent();
        }
        for kept in self.sessions.iter_mut().skip(1) {
            kept.receive_only_since.get_or_insert(now);
        }
    }

    /// Drops a session that does not seal: one in which the peer was never heard, or else not for
    /// the longest time. The peer may still seal with the one in which it was heard last.
    fn drop_most_silent(&mut self) {
        let others = self.sessions.iter().enumerate().skip(1);
        let silent = others.min_by_key(|(_, kept)| (kept.heard, rank(&kept.session)));
        if let Some(index) = silent.map(|(index, _)| index) {
            self.sessions.remove(index);
        }
    }
}

impl Kept {
    fn open_body(
        &mut self,
        now: Timestamp,
        body: &[u8],
        ctx: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let plaintext = self.session.open_body(now, body, ctx)?;
        self.heard = Some(now);
        Ok(plaintext)
    }
}

/// The session of the highest rank seals.
fn rank(session: &Session) -> (u32, Reverse<[u8; 16]>) {
    (session.generation, Reverse(session.id.0))
}

#[cfg(test)]
mod tests;
