//! Devices that are in two places at once, or went on from an older state of theirs (protocol §8.5).

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use crate::{
    proto::{id::DeviceId, time::Timestamp},
    wire::sync::OpId,
};

/// What is known in a group of devices that were copied or set back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Copies {
    /// This device was.
    #[n(0)]
    own: Option<Own>,
    /// Devices that said two things under one number. They are in rosters, whose size is bounded.
    #[n(1)]
    others: BTreeSet<DeviceId>,
}

/// This device may be one of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Own {
    #[n(0)]
    noticed: Timestamp,
    /// The first epoch that it made afterwards.
    #[n(1)]
    anew: Option<OpId>,
}

impl Copies {
    /// This device was copied or set back.
    pub fn notice_own(&mut self, now: Timestamp) {
        self.own = Some(Own {
            noticed: now,
            anew: None,
        });
    }

    /// Whether this device ever was.
    pub fn is_own_noticed(&self) -> bool {
        self.own.is_some()
    }

    /// Whether this device was copied, and has made no epoch since: what it hears of itself may be from
    /// before.
    pub fn is_beginning_anew(&self) -> bool {
        self.own.is_some_and(|own| own.anew.is_none())
    }

    /// This device has made an epoch. What follows the first one after it was copied, no copy of it has
    /// spoken in.
    pub fn began_anew(&mut self, epoch: OpId) {
        if let Some(own) = self.own.as_mut() {
            own.anew.get_or_insert(epoch);
        }
    }

    /// Whether a copy of this device may have spoken in an epoch, where `follows` says which change
    /// follows which.
    pub fn doubts(&self, epoch: &OpId, follows: impl Fn(&OpId, &OpId) -> bool) -> bool {
        match self.own {
            None => false,
            Some(own) => own
                .anew
                .is_none_or(|anew| anew != *epoch && !follows(epoch, &anew)),
        }
    }

    /// A device said two things under one number. `false` if that was known.
    pub fn notice(&mut self, device: DeviceId) -> bool {
        self.others.insert(device)
    }

    /// Which devices did.
    pub fn others(&self) -> impl Iterator<Item = &DeviceId> {
        self.others.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIER: OpId = OpId([1; 32]);
    const ANEW: OpId = OpId([2; 32]);
    const LATER: OpId = OpId([3; 32]);

    fn follows(later: &OpId, earlier: &OpId) -> bool {
        later > earlier
    }

    #[test]
    fn only_what_follows_the_first_own_epoch_afterwards_is_sure() {
        let mut copies = Copies::default();
        assert!(!copies.doubts(&EARLIER, follows));

        copies.notice_own(Timestamp(5));
        for epoch in [EARLIER, ANEW, LATER] {
            assert!(copies.doubts(&epoch, follows));
        }
        copies.began_anew(ANEW);
        copies.began_anew(LATER);

        assert!(copies.doubts(&EARLIER, follows));
        assert!(!copies.doubts(&ANEW, follows));
        assert!(!copies.doubts(&LATER, follows));
        copies.notice_own(Timestamp(9));
        assert!(copies.doubts(&LATER, follows), "and once more");
    }

    #[test]
    fn an_epoch_before_anything_was_noticed_begins_nothing() {
        let mut copies = Copies::default();

        copies.began_anew(EARLIER);
        copies.notice_own(Timestamp(5));

        assert!(copies.doubts(&EARLIER, follows));
    }
}
