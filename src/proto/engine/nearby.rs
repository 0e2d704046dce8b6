//! People on this network: found by mDNS or by address, shown once their signed profile came over
//! an authenticated connection.

use std::collections::BTreeMap;

use super::{
    Engine, Turn,
    asks::Purpose,
    event::EngineEvent,
    state::{Found, NearbyState},
};
use crate::{
    proto::{
        id::PersonId,
        identity::{DeviceList, NodeRecord, ProfileCard},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        hello::{HelloReply, HelloRequest},
        id::{Address, PeerId},
        limits,
    },
};

/// The nodes around.
#[derive(Default)]
pub(super) struct Nearby {
    found: BTreeMap<PeerId, FoundNode>,
}

struct FoundNode {
    found: Found,
    addresses: Vec<Address>,
    /// Known once a profile came.
    profile: Option<Shown>,
    /// When to look whether a node that went away is back.
    check: Option<Timestamp>,
    /// How often that was done since mDNS last brought news of it.
    checks: u32,
}

#[derive(Clone)]
struct Shown {
    person: PersonId,
    name: String,
    avatar: u32,
    of: Timestamp,
}

/// Until a node whose connection closed is asked whether it is still there.
const CHECK_MS: u64 = 2 * SECOND;

/// Until it is asked a second time, and then after twice as long each time: strangers' connections
/// are closed when nothing happens on them, so a closed one says little. Nodes that mDNS found are
/// not asked again, because mDNS says when they are gone.
const CHECK_AGAIN_MS: u64 = MINUTE;

/// Doublings of [`CHECK_AGAIN_MS`]: up to 16 minutes.
const CHECKS: u32 = 4;

impl Nearby {
    pub(super) fn people(&self) -> Vec<NearbyState> {
        self.found
            .iter()
            .filter_map(|(peer, node)| {
                let shown = node.profile.as_ref()?;
                Some(NearbyState {
                    person: shown.person,
                    peer: *peer,
                    name: shown.name.clone(),
                    avatar: shown.avatar,
                    found: node.found,
                })
            })
            .collect()
    }

    /// A node of a person, and where it is.
    pub(super) fn node_of(&self, person: &PersonId) -> Option<(PeerId, Vec<Address>)> {
        self.found
            .iter()
            .find(|(_, node)| {
                node.profile
                    .as_ref()
                    .is_some_and(|shown| shown.person == *person)
            })
            .map(|(peer, node)| (*peer, node.addresses.clone()))
    }

    /// Whose node it is, if it said so.
    pub(super) fn person_at(&self, peer: &PeerId) -> Option<PersonId> {
        self.found
            .get(peer)?
            .profile
            .as_ref()
            .map(|shown| shown.person)
    }

    /// The name that a person gave themselves.
    pub(super) fn name_of(&self, person: &PersonId) -> Option<(String, u32)> {
        self.found
            .values()
            .filter_map(|node| node.profile.as_ref())
            .find(|shown| shown.person == *person)
            .map(|shown| (shown.name.clone(), shown.avatar))
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.found.values().filter_map(|node| node.check).min()
    }
}

impl Engine {
    pub(super) fn on_discovered(
        &mut self,
        turn: &mut Turn<'_>,
        peer: PeerId,
        addresses: Vec<Address>,
    ) {
        if peer == self.peer() || !self.make_room(peer) {
            return;
        }
        let node = self.nearby.found.entry(peer).or_insert(FoundNode {
            found: Found::Mdns,
            addresses: Vec::new(),
            profile: None,
            check: None,
            checks: 0,
        });
        node.found = Found::Mdns;
        node.checks = 0;
        node.addresses = addresses;
        node.addresses.truncate(limits::ADDRESSES);
        node.check = None;
        self.ask_profile(turn, peer);
    }

    /// A connection to a node is up.
    pub(super) fn met(&mut self, turn: &mut Turn<'_>, peer: PeerId, address: Address) {
        if !self.make_room(peer) {
            return;
        }
        let node = self.nearby.found.entry(peer).or_insert(FoundNode {
            found: Found::Dial,
            addresses: vec![address],
            profile: None,
            check: None,
            checks: 0,
        });
        node.check = None;
        self.ask_profile(turn, peer);
    }

    /// The last connection to a node is gone.
    pub(super) fn left(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(node) = self.nearby.found.get_mut(&peer) else {
            return;
        };
        let wait = match node.checks {
            0 => CHECK_MS,
            _ if node.found == Found::Mdns => return,
            again => CHECK_AGAIN_MS << again.saturating_sub(1).min(CHECKS),
        };
        node.checks = node.checks.saturating_add(1);
        node.check = Some(turn.now.plus(wait));
    }

    /// A node of somebody we talk to is connected: should that end, it means something.
    pub(super) fn came_near(&mut self, peer: &PeerId) {
        if let Some(node) = self.nearby.found.get_mut(peer) {
            node.checks = 0;
        }
    }

    pub(super) fn on_lost(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        if !self.connected.contains_key(&peer) {
            self.forget_node(turn, peer);
        }
    }

    /// A full list takes a new node in only in place of one that has said nothing of itself.
    fn make_room(&mut self, peer: PeerId) -> bool {
        let found = &mut self.nearby.found;
        if found.contains_key(&peer) || found.len() < limits::NEARBY {
            return true;
        }
        let silent = found
            .iter()
            .find(|(_, node)| node.profile.is_none())
            .map(|(peer, _)| *peer);
        silent.is_some_and(|silent| found.remove(&silent).is_some())
    }

    /// Asks a node who it is, if we look at people nearby and do not know it yet.
    fn ask_profile(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        if let Some((person, _)) = self.nodes.get(&peer).copied()
            && let Some(known) = self.people.get(&person)
        {
            let contact = &known.contact;
            let shown = Shown {
                person,
                name: contact.name.clone(),
                avatar: contact.avatar,
                of: contact.profile_of,
            };
            self.show(turn, peer, shown);
            return;
        }
        let Some(node) = self.nearby.found.get(&peer) else {
            return;
        };
        if !self.own.profile.nearby || node.profile.is_some() {
            return;
        }
        let to = (peer, node.addresses.clone());
        self.ask(
            turn,
            Purpose::Profile(peer),
            to,
            HelloRequest::GetProfile,
            Vec::new(),
        );
    }

    pub(super) fn on_profile_answer(
        &mut self,
        turn: &mut Turn<'_>,
        peer: PeerId,
        reply: Option<HelloReply>,
    ) {
        match reply {
            Some(HelloReply::Profile {
                device_list,
                node_record,
                profile,
            }) => {
                self.on_profile(turn, peer, &device_list, &node_record, &profile);
            }
            Some(_) => {}
            None if self.connected.contains_key(&peer) => {}
            None => self.forget_node(turn, peer),
        }
    }

    /// A node says who it is. `false` if that does not hold.
    pub(super) fn on_profile(
        &mut self,
        turn: &mut Turn<'_>,
        peer: PeerId,
        device_list: &[u8],
        node_record: &[u8],
        profile: &[u8],
    ) -> bool {
        let Ok(list) = DeviceList::verify(device_list) else {
            return false;
        };
        let Ok(node) = NodeRecord::verify(node_record, &list, turn.now) else {
            return false;
        };
        let Ok(card) = ProfileCard::verify(profile, &list) else {
            return false;
        };
        if node.peer() != peer || list.person() == self.person() {
            return false;
        }
        let person = list.person();
        if self.people.contains_key(&person) {
            self.learn(turn, &list, &node, &card);
            if !self.devices_of(&person).contains(&node.device()) {
                return false;
            }
        }
        let shown = Shown {
            person,
            name: card.name().to_owned(),
            avatar: card.avatar(),
            of: card.created(),
        };
        if let Some(found) = self.nearby.found.get_mut(&peer)
            && found.found == Found::Dial
        {
            // A node that dialled us says here where it can be asked again.
            let more = node
                .addresses()
                .iter()
                .filter(|at| !found.addresses.contains(at));
            let more: Vec<Address> = more.cloned().collect();
            found.addresses.extend(more);
            found.addresses.truncate(limits::ADDRESSES);
        }
        self.show(turn, peer, shown);
        true
    }

    fn show(&mut self, turn: &mut Turn<'_>, peer: PeerId, shown: Shown) {
        let Some(node) = self.nearby.found.get_mut(&peer) else {
            return;
        };
        let news = node.profile.as_ref().is_none_or(|held| {
            shown.of >= held.of && (held.name != shown.name || held.avatar != shown.avatar)
        });
        if !news {
            return;
        }
        node.profile = Some(shown.clone());
        turn.emit(EngineEvent::Nearby {
            person: shown.person,
            name: shown.name,
            present: true,
        });
    }

    /// Shows a contact's new name among the people nearby too.
    pub(super) fn show_contact(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let Some(known) = self.people.get(person) else {
            return;
        };
        let shown = Shown {
            person: *person,
            name: known.contact.name.clone(),
            avatar: known.contact.avatar,
            of: known.contact.profile_of,
        };
        let peers: Vec<PeerId> = self
            .nodes
            .iter()
            .filter(|(_, (p, _))| p == person)
            .map(|(peer, _)| *peer)
            .collect();
        for peer in peers {
            self.show(turn, peer, shown.clone());
        }
    }

    pub(super) fn forget_node(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(node) = self.nearby.found.remove(&peer) else {
            return;
        };
        let Some(shown) = node.profile else { return };
        if self.nearby.node_of(&shown.person).is_none() {
            let (person, name) = (shown.person, shown.name);
            turn.emit(EngineEvent::Nearby {
                person,
                name,
                present: false,
            });
        }
    }

    pub(super) fn handle_nearby(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due: Vec<PeerId> = self
            .nearby
            .found
            .iter()
            .filter(|(_, node)| node.check.is_some_and(|check| check <= now))
            .map(|(peer, _)| *peer)
            .collect();
        for peer in due {
            let Some(node) = self.nearby.found.get_mut(&peer) else {
                continue;
            };
            node.check = None;
            let to = (peer, node.addresses.clone());
            if self.connected.contains_key(&peer) {
                continue;
            }
            let asked = self.ask(
                turn,
                Purpose::Profile(peer),
                to,
                HelloRequest::GetProfile,
                Vec::new(),
            );
            if !asked {
                self.forget_node(turn, peer);
            }
        }
    }

    /// Strangers nearby are no longer looked for, or are again.
    pub(super) fn set_nearby(&mut self, turn: &mut Turn<'_>, on: bool) {
        let peers: Vec<PeerId> = self.nearby.found.keys().copied().collect();
        for peer in peers {
            if on {
                self.ask_profile(turn, peer);
            } else if !self.nodes.contains_key(&peer) {
                self.hide(turn, peer);
            }
        }
    }

    fn hide(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(node) = self.nearby.found.get_mut(&peer) else {
            return;
        };
        if let Some(shown) = node.profile.take() {
            let (person, name) = (shown.person, shown.name);
            turn.emit(EngineEvent::Nearby {
                person,
                name,
                present: false,
            });
        }
    }

    /// Tells strangers nearby our new name: also those of whom we know nothing yet, who may have heard
    /// the old one.
    pub(super) fn announce_profile(&mut self, turn: &mut Turn<'_>) {
        if !self.own.profile.nearby {
            return;
        }
        let strangers: Vec<(PeerId, Vec<Address>)> = self
            .nearby
            .found
            .iter()
            .filter(|(peer, node)| {
                let met = node.profile.is_some() || self.connected.contains_key(peer);
                met && !self.nodes.contains_key(peer)
            })
            .map(|(peer, node)| (*peer, node.addresses.clone()))
            .collect();
        for to in strangers {
            let request = HelloRequest::Announce {
                device_list: self.own.list.bytes().to_vec().into(),
                node_record: self.node_record(turn.now).bytes().to_vec().into(),
                profile: self.profile_card().bytes().to_vec().into(),
            };
            self.ask(turn, Purpose::Announce(to.0), to, request, Vec::new());
        }
    }
}
