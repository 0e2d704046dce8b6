//! Changing a group: who may do what, and making the signed change.

use super::{Applied, Group};
use crate::{
    proto::{
        chat::membership::{Change, Create, Op, OpBody, Policy, Role},
        id::{ChatId, PersonId},
        identity::{Device, DeviceList},
        time::{SECOND, Timestamp},
    },
    wire::{limits, sync::OpId},
};

/// Something that not everybody may do to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Say something, and make epochs.
    Speak,
    /// Add somebody.
    Add,
    /// Remove this person.
    Remove(PersonId),
    /// Make this person an admin, which also adds them, or a plain member again.
    Role(PersonId),
    /// Name and settings.
    Settings,
    /// Be in it no more.
    Leave,
}

/// A change that is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The rules of the group do not let this person do it.
    #[error("the group does not let this person do that")]
    Forbidden,
    /// The group, its log, or the change is too large.
    #[error("above what a group can hold")]
    TooLarge,
}

/// How far changes that follow each other may be ahead of the clock. A thousand members that are added at once
/// take a second.
const NEAR_MS: u64 = 2 * SECOND;

impl Group {
    /// Founds a group with one owner. The change that creates it is the one that `op` of its
    /// [`Group::chat`] gives.
    pub fn create(
        device: &Device,
        list: &DeviceList,
        name: String,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Self, NotAllowed> {
        let body = OpBody {
            chat: ChatId([0; 32]),
            device: device.id(),
            author: device.person(),
            seq: 0,
            parents: Vec::new(),
            created: now,
            change: Change::Create(Create {
                name,
                owners: vec![device.person()],
                policy,
                device_lists: vec![list.bytes().to_vec().into()],
            }),
        };
        let op = sign(device, &body);
        Self::begin(op).map_err(|_| NotAllowed::TooLarge)
    }

    /// Makes a change, takes it in, and gives it back to be told to the others.
    pub fn act(
        &mut self,
        device: &Device,
        change: Change,
        now: Timestamp,
    ) -> Result<(Op, Applied), NotAllowed> {
        if !self.lets(&device.person(), &change) {
            return Err(NotAllowed::Forbidden);
        }
        let body = OpBody {
            chat: self.chat(),
            device: device.id(),
            author: device.person(),
            seq: self.next_number(&device.id(), None),
            parents: self.heads(),
            created: self.time_of_next(now),
            change,
        };
        let op = sign(device, &body);
        if op.encode().len() > limits::OP {
            return Err(NotAllowed::TooLarge);
        }
        let id: OpId = op.id();
        let changed = self
            .admit(op.clone(), false)
            .map_err(|_| NotAllowed::TooLarge)?;
        Ok((op, self.applied(id, changed)))
    }

    /// When the next change is said to have been made: after those that it follows, so that a founded group's
    /// first lines stand in their order. A time far from ours is not followed.
    fn time_of_next(&self, now: Timestamp) -> Timestamp {
        let heads = self.heads().into_iter();
        let times = heads.filter_map(|id| Some(self.body(&id)?.created.plus(1)));
        let near = times.filter(|time| *time <= now.plus(NEAR_MS));
        near.max().unwrap_or(now).max(now)
    }

    fn lets(&self, person: &PersonId, change: &Change) -> bool {
        match change {
            Change::AddMember(_) => {
                let lists = self.members().keys().filter_map(|member| self.list(member));
                let devices: usize = lists.map(|list| list.devices().len()).sum();
                let room = devices < limits::MEMBERS;
                room && self.may(person, Right::Add)
            }
            Change::RemoveMember(other) => self.may(person, Right::Remove(*other)),
            Change::SetRole(role) => self.may(person, Right::Role(role.person)),
            Change::Leave => self.may(person, Right::Leave),
            Change::SetMeta(_) => self.may(person, Right::Settings),
            Change::Epoch(_) => self.may(person, Right::Speak),
            Change::DeviceUpdate(_) => true,
            Change::Create(_) | Change::Unknown { .. } => false,
        }
    }

    /// Whether somebody may do something now.
    pub fn may(&self, person: &PersonId, right: Right) -> bool {
        let Some(role) = self.role(person) else {
            return false;
        };
        match right {
            Right::Speak | Right::Leave => true,
            Right::Add => role >= Role::Admin || self.settings().members_add,
            Right::Settings => role >= Role::Admin,
            Right::Remove(other) => {
                role >= Role::Admin && self.role(&other).is_some_and(|other| other < role)
            }
            Right::Role(other) => {
                role == Role::Owner && self.role(&other).is_none_or(|other| other < role)
            }
        }
    }
}

fn sign(device: &Device, body: &OpBody) -> Op {
    let body = body.encode();
    Op {
        signature: device.sign("op", &body),
        body: body.into(),
    }
}
