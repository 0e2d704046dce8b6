//! Name and settings of a group: for each field, the last that counts (protocol §4.3).

use minicbor::bytes::ByteVec;

use super::{
    SetMeta,
    log::{Act, Log},
    past::Past,
};

/// Name and settings of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// The manifest of its picture.
    pub avatar: Option<ByteVec>,
    /// How long messages are kept, in seconds; 0: for ever.
    pub timer_s: u32,
    /// What newcomers see: 0 nothing from before, 1 the last 100 messages, 2 all.
    pub history: u8,
    /// Whether members tell each other what they have read.
    pub receipts: bool,
    /// Relay cards.
    pub relays: Vec<ByteVec>,
    /// How old a secret may be, in seconds; 0: as the protocol says.
    pub max_epoch_age_s: u32,
    /// Whether plain members may add people.
    pub members_add: bool,
}

/// How many fields [`SetMeta`] has.
const FIELDS: usize = 9;

/// The place of [`SetMeta::add_by`] among them.
const ADD_BY: usize = 8;

/// For each field the entries that set it and count.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Candidates {
    /// Those that none of the others follows.
    pub(super) last: [Vec<u32>; FIELDS],
    /// All that say who may add.
    pub(super) adding: Vec<u32>,
}

impl Candidates {
    /// Notes an entry that counts.
    pub(super) fn note(&mut self, log: &Log, at: u32) {
        let Some(Act::Settings(meta)) = log.get(at).map(|placed| &placed.act) else {
            return;
        };
        let set = meta.sets();
        if set.get(ADD_BY) == Some(&true) {
            self.adding.push(at);
        }
        for (last, _) in self.last.iter_mut().zip(set).filter(|(_, set)| *set) {
            last.retain(|other| !log.precedes(*other, at));
            if !last.iter().any(|other| log.precedes(at, *other)) {
                last.push(at);
            }
        }
    }

    /// The entries that take the right to add from plain members.
    pub(super) fn closings<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = u32> + 'a {
        self.adding.iter().copied().filter(|at| {
            let act = log.get(*at).map(|placed| &placed.act);
            matches!(act, Some(Act::Settings(meta)) if meta.closes())
        })
    }
}

impl Log {
    /// The settings that follow from what counts.
    pub(super) fn resolved_settings(&self) -> Settings {
        let mut settings = match self.get(0).map(|placed| &placed.act) {
            Some(Act::Create(_, settings)) => settings.clone(),
            _ => Settings::default(),
        };
        for (field, last) in self.candidates.last.iter().enumerate() {
            let winner = self.winner(last.iter().copied());
            if let Some(Act::Settings(meta)) =
                winner.and_then(|at| self.get(at)).map(|placed| &placed.act)
            {
                settings.take(field, meta);
            }
        }
        settings
    }

    /// Whether plain members may add people, as somebody knew who knew this past.
    pub(super) fn members_may_add(&self, past: &Past) -> bool {
        let known = || {
            let adding = self.candidates.adding.iter().copied();
            adding.filter(|at| past.contains(*at))
        };
        let last = known().filter(|at| !known().any(|other| self.precedes(*at, other)));
        let winner = self.winner(last).and_then(|at| self.get(at));
        matches!(
            winner.map(|placed| &placed.act),
            Some(Act::Settings(meta)) if meta.add_by == Some(MEMBERS)
        )
    }

    /// Of entries at the same time, an owner's wins, then the one with the longest way to the
    /// beginning, then the greatest name.
    fn winner(&self, last: impl Iterator<Item = u32>) -> Option<u32> {
        last.max_by_key(|at| {
            self.get(*at).map(|placed| {
                let by_owner = self.owners.contains(&placed.author);
                (by_owner, placed.depth, placed.id)
            })
        })
    }
}

/// Plain members may add people: [`SetMeta::add_by`].
pub(super) const MEMBERS: u8 = 1;

impl SetMeta {
    /// Which fields it sets.
    fn sets(&self) -> [bool; FIELDS] {
        [
            self.name.is_some(),
            self.topic.is_some(),
            self.avatar.is_some(),
            self.timer_s.is_some(),
            self.history.is_some(),
            self.receipts.is_some(),
            self.relays.is_some(),
            self.max_epoch_age_s.is_some(),
            self.add_by.is_some(),
        ]
    }

    /// Whether it takes the right to add from plain members.
    pub(super) fn closes(&self) -> bool {
        self.add_by.is_some_and(|by| by != MEMBERS)
    }
}

impl Settings {
    /// Takes one field over.
    fn take(&mut self, field: usize, meta: &SetMeta) {
        let meta = meta.clone();
        match field {
            0 => self.name = meta.name.unwrap_or_default(),
            1 => self.topic = meta.topic.unwrap_or_default(),
            2 => self.avatar = meta.avatar.filter(|avatar| !avatar.is_empty()),
            3 => self.timer_s = meta.timer_s.unwrap_or_default(),
            4 => self.history = meta.history.unwrap_or_default(),
            5 => self.receipts = meta.receipts.unwrap_or_default(),
            6 => self.relays = meta.relays.unwrap_or_default(),
            7 => self.max_epoch_age_s = meta.max_epoch_age_s.unwrap_or_default(),
            _ => self.members_add = meta.add_by == Some(MEMBERS),
        }
    }
}
