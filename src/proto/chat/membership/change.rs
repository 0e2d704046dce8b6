//! The kinds of change of a group (protocol §4.2).

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    proto::id::{ChatId, PersonId},
    wire::{
        codec::{self, Malformed},
        limits,
        sync::OpId,
    },
};

/// What changes about a group. Device lists are opaque here; `identity` reads them.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// The group begins.
    Create(Create),
    /// Somebody, with this device list, is a member.
    AddMember(ByteVec),
    /// Somebody no longer is.
    RemoveMember(PersonId),
    /// Somebody is an admin, or a plain member.
    SetRole(SetRole),
    /// The author has this newer device list.
    DeviceUpdate(ByteVec),
    /// The author no longer is a member.
    Leave,
    /// Name and settings.
    SetMeta(SetMeta),
    /// There is a new secret.
    Epoch(Epoch),
    /// Something that a later version knows.
    Unknown {
        /// Its number.
        kind: u8,
        /// Its bytes.
        payload: ByteVec,
    },
}

/// `[name, [owner…] 1–3, policy, [device_list…]]`
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Create {
    /// The group's name, at most [`limits::NAME`] bytes.
    #[n(0)]
    pub name: String,
    /// Its owners, for ever, at most [`limits::OWNERS`].
    #[n(1)]
    pub owners: Vec<PersonId>,
    /// Its first settings.
    #[n(2)]
    pub policy: Policy,
    /// The device lists of the owners.
    #[n(3)]
    pub device_lists: Vec<ByteVec>,
}

/// `[history, receipts, timer, max_epoch_age, predecessor|null]`
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Policy {
    /// What newcomers see (protocol §4.10): 0 nothing from before, 1 the last 100 messages, 2 all.
    #[n(0)]
    pub history: u8,
    /// Whether members tell each other what they have read.
    #[n(1)]
    pub receipts: bool,
    /// How long messages are kept, in seconds; 0: for ever.
    #[n(2)]
    pub timer_s: u32,
    /// How old a secret may be, in seconds; 0: as the protocol says.
    #[n(3)]
    pub max_epoch_age_s: u32,
    /// The group that this one takes the place of.
    #[n(4)]
    pub predecessor: Option<ChatId>,
}

/// `[ak, role, device_list]`
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SetRole {
    /// Whose role.
    #[n(0)]
    pub person: PersonId,
    /// 0 member, 1 admin.
    #[n(1)]
    pub role: u8,
    /// Their device list.
    #[n(2)]
    pub device_list: ByteVec,
}

/// `[name?, topic?, avatar?, timer?, history?, receipts?, relays?, max_epoch_age?, add_by?]`; what is
/// not given stays, and what is not given at the end is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SetMeta {
    /// At most [`limits::NAME`] bytes.
    #[n(0)]
    pub name: Option<String>,
    /// At most [`limits::TOPIC`] bytes.
    #[n(1)]
    pub topic: Option<String>,
    /// The manifest of a picture.
    #[n(2)]
    pub avatar: Option<ByteVec>,
    /// As in [`Policy`].
    #[n(3)]
    pub timer_s: Option<u32>,
    /// As in [`Policy`].
    #[n(4)]
    pub history: Option<u8>,
    /// As in [`Policy`].
    #[n(5)]
    pub receipts: Option<bool>,
    /// Relay cards, at most [`limits::RELAYS`].
    #[n(6)]
    pub relays: Option<Vec<ByteVec>>,
    /// As in [`Policy`].
    #[n(7)]
    pub max_epoch_age_s: Option<u32>,
    /// Who may add people: 0 owners and admins, 1 all members.
    #[n(8)]
    pub add_by: Option<u8>,
}

/// `[[superseded…]≤8, roster_hash, n, commit, seals_hash, suite]` (protocol §4.5)
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Epoch {
    /// The epochs that it takes the place of, at most [`limits::SUPERSEDED`].
    #[n(0)]
    pub superseded: Vec<OpId>,
    /// Over the devices that it is for: [`super::super::epoch::roster_hash`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub roster_hash: [u8; 32],
    /// How many devices that are, at most [`limits::ROSTER`].
    #[n(2)]
    pub devices: u16,
    /// Forces one secret for all: [`super::super::epoch::commitment`].
    #[cbor(n(3), with = "minicbor::bytes")]
    pub commit: [u8; 32],
    /// Forces one set of seals for all: [`super::super::seal::seals_hash`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub seals_hash: [u8; 32],
    /// Always 1 now.
    #[n(5)]
    pub suite: u8,
}

impl Change {
    /// The number of the kind. Numbers are never given twice.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Create(_) => 0,
            Self::AddMember(_) => 1,
            Self::RemoveMember(_) => 2,
            Self::SetRole(_) => 3,
            Self::DeviceUpdate(_) => 4,
            Self::Leave => 5,
            Self::SetMeta(_) => 6,
            Self::Epoch(_) => 7,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Create(create) => codec::to_vec(create),
            Self::AddMember(list) | Self::DeviceUpdate(list) => codec::to_vec(&(list.clone(),)),
            Self::RemoveMember(person) => codec::to_vec(&(*person,)),
            Self::SetRole(role) => codec::to_vec(role),
            Self::Leave => EMPTY.to_vec(),
            Self::SetMeta(meta) => codec::to_vec(meta),
            Self::Epoch(epoch) => codec::to_vec(epoch),
            Self::Unknown { payload, .. } => payload.to_vec(),
        }
    }

    pub(super) fn decode(kind: u8, payload: &[u8]) -> Result<Self, Malformed> {
        Ok(match kind {
            0 => Self::Create(read(payload, Create::within_limits)?),
            1 => Self::AddMember(read(payload, within_list)?.0),
            2 => Self::RemoveMember(read(payload, |_: &(PersonId,)| true)?.0),
            3 => Self::SetRole(read(payload, SetRole::within_limits)?),
            4 => Self::DeviceUpdate(read(payload, within_list)?.0),
            5 if payload == EMPTY => Self::Leave,
            5 => return Err(Malformed),
            6 => Self::SetMeta(read(payload, SetMeta::within_limits)?),
            7 => Self::Epoch(read(payload, Epoch::within_limits)?),
            kind => Self::Unknown {
                kind,
                payload: payload.to_vec().into(),
            },
        })
    }
}

fn read<T>(payload: &[u8], within_limits: impl Fn(&T) -> bool) -> Result<T, Malformed>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let change: T = codec::from_slice(payload, limits::OP)?;
    if within_limits(&change) {
        Ok(change)
    } else {
        Err(Malformed)
    }
}

fn within_list((list,): &(ByteVec,)) -> bool {
    list.len() <= limits::DEVICE_LIST
}

impl Create {
    /// The settings with which the group begins.
    pub fn settings(&self) -> super::Settings {
        super::Settings {
            name: self.name.clone(),
            timer_s: self.policy.timer_s,
            history: self.policy.history,
            receipts: self.policy.receipts,
            max_epoch_age_s: self.policy.max_epoch_age_s,
            ..super::Settings::default()
        }
    }

    fn within_limits(&self) -> bool {
        self.name.len() <= limits::NAME
            && (1..=limits::OWNERS).contains(&self.owners.len())
            && self.device_lists.len() <= limits::OWNERS
            && self.policy.history <= HISTORY_ALL
    }
}

impl SetRole {
    fn within_limits(&self) -> bool {
        self.role <= ADMIN && self.device_list.len() <= limits::DEVICE_LIST
    }
}

impl SetMeta {
    fn within_limits(&self) -> bool {
        self.name
            .as_ref()
            .is_none_or(|name| name.len() <= limits::NAME)
            && self
                .topic
                .as_ref()
                .is_none_or(|topic| topic.len() <= limits::TOPIC)
            && self.history.is_none_or(|history| history <= HISTORY_ALL)
            && self.add_by.is_none_or(|by| by <= ADD_BY_MEMBERS)
            && self
                .avatar
                .as_ref()
                .is_none_or(|avatar| avatar.len() <= limits::AVATAR)
            && self.relays.as_ref().is_none_or(|relays| {
                relays.len() <= limits::RELAYS
                    && relays.iter().all(|relay| relay.len() <= limits::RELAY_CARD)
            })
    }
}

impl Epoch {
    fn within_limits(&self) -> bool {
        self.superseded.len() <= limits::SUPERSEDED && self.devices <= limits::ROSTER
    }
}

/// The array without elements.
const EMPTY: &[u8] = &[0x80];

/// The highest policy of what newcomers see.
const HISTORY_ALL: u8 = 2;

/// The highest number of who may add.
const ADD_BY_MEMBERS: u8 = 1;

/// The highest role that can be given.
const ADMIN: u8 = 1;
