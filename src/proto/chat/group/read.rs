//! Reading a signed change, and its device lists, for the log.

use super::Refusal;
use crate::{
    proto::{
        chat::membership::{Act, Change, Create, Entry, Listed, Op, OpBody, SetRole},
        identity::DeviceList,
    },
    wire::{limits, sync::OpId},
};

/// Reads what a change says.
pub(super) fn read(op: &Op) -> Result<OpBody, Refusal> {
    if op.body.len() > limits::OP {
        return Err(Refusal::Malformed);
    }
    OpBody::decode(&op.body).map_err(|_| Refusal::Malformed)
}

/// The device lists that a change carries; each of whom the change is about.
pub(super) fn read_lists(change: &Change, verify: bool) -> Result<Vec<DeviceList>, Refusal> {
    let one = |bytes: &[u8]| {
        let list = if verify {
            DeviceList::verify(bytes)
        } else {
            DeviceList::read_verified(bytes)
        };
        list.map_err(|_| Refusal::List)
    };
    match change {
        Change::Create(Create { device_lists, .. }) => {
            device_lists.iter().map(|bytes| one(bytes)).collect()
        }
        Change::AddMember(bytes) | Change::DeviceUpdate(bytes) => Ok(vec![one(bytes)?]),
        Change::SetRole(SetRole {
            person,
            device_list,
            ..
        }) => {
            let list = one(device_list)?;
            if list.person() == *person {
                Ok(vec![list])
            } else {
                Err(Refusal::List)
            }
        }
        Change::RemoveMember(_)
        | Change::Leave
        | Change::SetMeta(_)
        | Change::Epoch(_)
        | Change::Unknown { .. } => Ok(Vec::new()),
    }
}

/// A change as the rules look at it.
pub(super) fn entry(id: OpId, body: &OpBody, carried: &[DeviceList]) -> Entry {
    let person = carried.first().map(DeviceList::person);
    let act = match (&body.change, person) {
        (Change::Create(create), _) => Act::Create(create.owners.clone(), create.settings()),
        (Change::AddMember(_), Some(person)) => Act::Add(person),
        (Change::RemoveMember(person), _) => Act::Remove(*person),
        (Change::SetRole(role), _) if role.role == 0 => Act::Demote(role.person),
        (Change::SetRole(role), _) => Act::Promote(role.person),
        (Change::DeviceUpdate(_), _) => Act::Devices,
        (Change::Leave, _) => Act::Leave,
        (Change::SetMeta(meta), _) => Act::Settings(meta.clone()),
        (Change::AddMember(_) | Change::Epoch(_) | Change::Unknown { .. }, _) => Act::Other,
    };
    let lists = carried.iter().map(|list| Listed {
        person: list.person(),
        seq: list.seq(),
        devices: list.devices().iter().map(|device| device.id).collect(),
    });
    Entry {
        id,
        author: body.author,
        device: body.device,
        parents: body.parents.clone(),
        act,
        lists: lists.collect(),
    }
}
