//! Start from disk.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{
    Engine, Known,
    groups::GroupChat,
    lifecycle::{Own, Profile, SKIPPED},
};
use crate::{
    proto::{
        chat::{
            epoch::Epochs,
            group::{Group, GroupState, Place},
            state::DirectChat,
        },
        contact::Contact,
        id::{ChatId, DeviceId, PersonId},
        identity::{Account, Device, DeviceList},
        invite::Invite,
        prekey::{OwnPrekey, OwnPrekeys},
        record::{Class, Write},
        session::SessionSet,
        time::Timestamp,
    },
    wire::{codec, id::FrameId, sync::OpId},
};

/// All records of a class, by key.
type Loaded = Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>;

/// All records of a profile, by class.
pub type Records = BTreeMap<Class, Loaded>;

/// A record that the store gave back cannot be read, though its seal was good, and there is no going on
/// without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the profile's {0:?} record cannot be read by this version")]
pub struct LoadError(pub Class);

/// A record that cannot be read, though its seal was good: everything else goes on without it.
#[derive(Debug)]
pub struct Unread {
    /// What it is of.
    pub class: Class,
    key: Vec<u8>,
    record: Zeroizing<Vec<u8>>,
}

impl Unread {
    /// Moves it to where it is in nobody's way, and is there for a version that can read it.
    pub fn set_aside(self) -> [Write; 2] {
        let key = [&[self.class as u8], self.key.as_slice()].concat();
        [
            Write::Put(Class::Aside, key, self.record),
            Write::Delete(self.class, self.key),
        ]
    }
}

/// What is read, and what could not be.
pub(super) struct Reader {
    records: Records,
    unread: Vec<Unread>,
}

impl Reader {
    fn take(&mut self, class: Class) -> Loaded {
        self.records.remove(&class).unwrap_or_default()
    }

    /// Reads each record of a class; one that gives `None` is not read.
    pub(super) fn each(&mut self, class: Class, mut read: impl FnMut(&[u8], &[u8]) -> Option<()>) {
        for (key, record) in self.take(class) {
            if read(&key, &record).is_none() {
                self.unread.push(Unread { class, key, record });
            }
        }
    }
}

impl Engine {
    /// The person and device of a profile, and what of it cannot be read. If that is anything, set it aside,
    /// call [`Engine::mistrust`] and [`Engine::recount`], and commit before anything else: what was to come
    /// after a record that is gone is not known.
    ///
    /// Nobody goes on as somebody else: without account, device or profile it fails. So it does without a
    /// change of a group, because the numbers of all later ones would be others.
    pub fn load(records: Records, now: Timestamp) -> Result<(Self, Vec<Unread>), LoadError> {
        let mut reader = Reader {
            records,
            unread: Vec::new(),
        };
        let mut engine = Self::empty(load_own(&mut reader)?);
        reader.each(Class::Contact, |_, record| {
            let known = Known::of(Contact::decode(record).ok()?, now);
            engine.people.insert(known.contact.person, known);
            Some(())
        });
        reader.each(Class::Sessions, |key, record| {
            engine.load_sessions(key, record)
        });
        let mut prekeys = Vec::new();
        reader.each(Class::Prekey, |_, record| {
            prekeys.push(OwnPrekey::from_record(record).ok()?);
            Some(())
        });
        engine.prekeys = OwnPrekeys::restore(prekeys);
        reader.each(Class::Invite, |_, record| {
            let invite = Invite::decode(record).ok()?;
            engine.invites.insert(invite.token.id(), invite);
            Some(())
        });
        // A chat that cannot be read begins anew with the same person.
        let mut chats: BTreeMap<ChatId, DirectChat> = (engine.people.keys())
            .map(|person| DirectChat::new(engine.chat_with(person), *person, now))
            .map(|chat| (chat.id, chat))
            .collect();
        reader.each(Class::Chat, |key, record| {
            let chat = DirectChat::decode(record).ok();
            let is_read = chat.is_some();
            let id = ChatId(key.try_into().ok()?);
            let chat = chat.or_else(|| chats.remove(&id))?;
            engine.chats.insert(chat.id, chat);
            is_read.then_some(())
        });
        reader.each(Class::Outbox, |key, record| {
            let id = FrameId(key.try_into().ok()?);
            engine.outbox.restore(id, record, now).then_some(())
        });
        reader.each(Class::Replay, |key, record| {
            let until = codec::from_slice(record, 16).ok()?;
            engine.replay.insert(key.try_into().ok()?, until);
            Some(())
        });
        reader.each(Class::Expiry, |key, record| {
            engine.restore_expiry(key, record)
        });
        engine.load_mailboxes(&mut reader, now);
        engine.load_groups(&mut reader, now)?;
        let people: Vec<PersonId> = engine.people.keys().copied().collect();
        for person in people {
            engine.index(&person);
        }
        Ok((engine, reader.unread))
    }

    fn load_sessions(&mut self, key: &[u8], record: &[u8]) -> Option<()> {
        let (device, is_skipped) = session_key(key)?;
        if is_skipped {
            // It comes after that of the sessions themselves, because its key is longer.
            return match self.sessions.get_mut(&device) {
                Some(set) => set.restore_skipped(record).ok(),
                None => Some(()),
            };
        }
        let sessions = SessionSet::from_record(record).ok()?;
        self.sessions.insert(device, sessions);
        Some(())
    }

    /// Reads groups back.
    fn load_groups(&mut self, reader: &mut Reader, now: Timestamp) -> Result<(), LoadError> {
        let mut logs: BTreeMap<ChatId, Vec<Vec<u8>>> = BTreeMap::new();
        let mut ops = reader.take(Class::Op);
        ops.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (key, op) in ops {
            let chat = key.first_chunk().ok_or(LoadError(Class::Op))?;
            logs.entry(ChatId(*chat)).or_default().push(op.to_vec());
        }
        let mut states = BTreeMap::new();
        reader.each(Class::Group, |key, record| {
            let state = GroupState::decode(record).ok();
            let chat = ChatId(key.try_into().ok()?);
            let is_read = state.is_some();
            states.insert(chat, state);
            is_read.then_some(())
        });
        let mut epochs = Epochs::restore(reader.take(Class::Epoch));
        for (chat, state) in states {
            let Some(ops) = logs.remove(&chat) else {
                // There is no group without its beginning.
                if state.is_some() {
                    return Err(LoadError(Class::Op));
                }
                continue;
            };
            let group = Group::restore(ops).map_err(|_| LoadError(Class::Op))?;
            let Some(state) = state.or_else(|| invited_again(&group, now)) else {
                continue;
            };
            let epochs = epochs.remove(&chat).unwrap_or_default();
            self.groups
                .insert(chat, GroupChat::new(group, epochs, state));
        }
        Ok(())
    }
}

/// Where this device stands in a group of which that is no longer known: whether to be in it is its
/// person's to say.
fn invited_again(group: &Group, now: Timestamp) -> Option<GroupState> {
    let founder = group.body(&OpId(group.chat().0))?.author;
    let place = Place::Invited(founder);
    Some(GroupState::new(group.chat(), place, now))
}

/// Whose sessions a record is of, and whether it has only their skipped keys.
fn session_key(key: &[u8]) -> Option<(DeviceId, bool)> {
    let (device, rest) = key.split_first_chunk()?;
    match rest {
        [] => Some((DeviceId(*device), false)),
        [SKIPPED] => Some((DeviceId(*device), true)),
        _ => None,
    }
}

fn load_own(reader: &mut Reader) -> Result<Own, LoadError> {
    let mut only = |class| match reader.take(class).as_slice() {
        [(_, record)] => Ok(record.clone()),
        _ => Err(LoadError(class)),
    };
    let (account, device) = (only(Class::Account)?, only(Class::Device)?);
    let account = Account::from_record(&account).map_err(|_| LoadError(Class::Account))?;
    let device = Device::from_record(&device).map_err(|_| LoadError(Class::Device))?;
    let profile: Profile = codec::from_slice(&only(Class::Profile)?, 16 * 1024)
        .map_err(|_| LoadError(Class::Profile))?;
    let list = DeviceList::verify(&profile.device_list).map_err(|_| LoadError(Class::Profile))?;
    Ok(Own {
        account,
        device,
        list,
        profile,
    })
}
