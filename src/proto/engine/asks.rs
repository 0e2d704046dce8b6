//! Questions of ours over the hello protocol, and when to ask again.

use std::collections::BTreeMap;

use super::{Effect, Engine, Turn, input::AskId};
use crate::{
    proto::{
        id::{ChatId, DeviceId, PersonId},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        hello::{HelloReply, HelloRequest},
        id::{Address, FrameId, PeerId},
    },
};

/// Why something was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// Who is this node?
    Profile(PeerId),
    /// Tell a node nearby our new name.
    Announce(PeerId),
    /// Keys, to write somebody a contact request.
    Request(PersonId),
    /// The contact request itself.
    Intro(PersonId),
    /// Keys, to renew the session with a device.
    Renew {
        /// Whose device.
        person: PersonId,
        /// Which.
        device: DeviceId,
        /// It could not be understood; it is to be told so.
        reset: bool,
    },
    /// Keys, to bring a member back who hears none of a group's channels.
    Reunite {
        /// The group.
        chat: ChatId,
        /// Who is in it.
        person: PersonId,
        /// With which device.
        device: DeviceId,
    },
}

/// Questions under way, and those to ask again.
#[derive(Default)]
pub(super) struct Asks {
    next: u64,
    open: BTreeMap<AskId, Purpose>,
    again: BTreeMap<PersonId, Again>,
    /// The frames that the last contact request to a person carried.
    pub(super) attached: BTreeMap<PersonId, Vec<FrameId>>,
}

#[derive(Clone, Copy)]
struct Again {
    due: Timestamp,
    wait_ms: u64,
}

/// Questions under way at once; a further one is not asked.
const MOST: usize = 64;

const FIRST_WAIT_MS: u64 = 2 * SECOND;
const LONGEST_WAIT_MS: u64 = 5 * MINUTE;

impl Asks {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.again.values().map(|again| again.due).min()
    }

    /// Ends the wait of a person's request; the next failure starts with the shortest one.
    pub(super) fn settle(&mut self, person: &PersonId) {
        self.again.remove(person);
    }

    /// Asks again after a while, each time twice as long.
    pub(super) fn later(&mut self, person: PersonId, now: Timestamp) {
        let wait_ms = self.again.get(&person).map_or(FIRST_WAIT_MS, |again| {
            (again.wait_ms * 2).min(LONGEST_WAIT_MS)
        });
        self.again.insert(
            person,
            Again {
                due: now.plus(wait_ms),
                wait_ms,
            },
        );
    }
}

impl Engine {
    /// Asks a peer, unless the same is being asked already or too much is. Says whether it did.
    pub(super) fn ask(
        &mut self,
        turn: &mut Turn<'_>,
        purpose: Purpose,
        (to, addresses): (PeerId, Vec<Address>),
        request: HelloRequest,
        attach: Vec<FrameId>,
    ) -> bool {
        if self.asks.open.len() >= MOST || self.asks.open.values().any(|open| *open == purpose) {
            return false;
        }
        let ask = AskId(self.asks.next);
        self.asks.next = self.asks.next.wrapping_add(1);
        self.asks.open.insert(ask, purpose);
        let request = Box::new(request);
        turn.effect(Effect::Ask {
            ask,
            to,
            addresses,
            request,
            attach,
        });
        true
    }

    pub(super) fn on_answered(
        &mut self,
        turn: &mut Turn<'_>,
        ask: AskId,
        reply: Option<HelloReply>,
    ) {
        match self.asks.open.remove(&ask) {
            None | Some(Purpose::Announce(_)) => {}
            Some(Purpose::Profile(peer)) => self.on_profile_answer(turn, peer, reply),
            Some(Purpose::Request(person)) => self.on_bundle_answer(turn, person, reply),
            Some(Purpose::Intro(person)) => self.on_intro_answer(turn, person, reply.as_ref()),
            Some(Purpose::Renew {
                person,
                device,
                reset,
            }) => {
                self.on_renew_answer(turn, (person, device), reset, reply);
            }
            Some(Purpose::Reunite {
                chat,
                person,
                device,
            }) => self.on_reunite_answer(turn, (chat, person, device), reply),
        }
    }

    pub(super) fn handle_asks(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due: Vec<PersonId> = self
            .asks
            .again
            .iter()
            .filter(|(_, again)| again.due <= now)
            .map(|(person, _)| *person)
            .collect();
        for person in due {
            self.asks.later(person, now);
            self.ask_again(turn, person);
        }
    }
}
