//! The display order of one chat, in memory: which message comes where.
//!
//! On disk messages lie in the order in which they arrived, and a row never moves. The display order
//! is another one: by `(created, id)`, the same on every member. So that it need not be computed from
//! all messages, every [`PAGE`] messages their places are written once as one row; the fewer than
//! [`PAGE`] after the last page are read from their own rows.
//!
//! Acts and what was erased have a place in the order of arrival, and none in the display order.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::{
    error::StoreError,
    seal::{Sealer, Space},
    tree::Tree,
};
use crate::{
    proto::{
        chat::acts::{self, Shape},
        counters::Counters,
        id::{ChatId, DeviceId, MessageId},
        record::MessageRow,
        time::Timestamp,
    },
    wire::codec,
};

/// Messages whose places make one row of just under 4 KiB.
pub(super) const PAGE: u32 = 128;

/// Where one message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    created: u64,
    /// The first half of its id. Two messages of one millisecond that agree in it need 2^64 attempts.
    id: [u8; 16],
    /// Its place in the order of arrival.
    pub(super) arrival: u32,
    counter: u32,
    device: u16,
    outgoing: bool,
    /// It is not shown.
    hidden: bool,
}

impl Place {
    /// Whether a row is that of this message.
    pub(super) fn is_of(&self, row: &MessageRow) -> bool {
        self.rank_key() == (row.created.0, half(&row.id))
    }

    fn rank_key(&self) -> (u64, [u8; 16]) {
        (self.created, self.id)
    }
}

/// The messages of one chat in display order.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Those that are shown.
    order: Vec<Place>,
    arrived: u32,
    devices: Vec<DeviceId>,
    /// Counter and arrival, ascending, of the messages of each device.
    counters: BTreeMap<DeviceId, Vec<(u32, u32)>>,
    /// Those after the last whole page, in the order of arrival.
    tail: Vec<Place>,
}

impl Timeline {
    /// How many messages are shown.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The place in the order of arrival that the next message takes.
    pub(super) fn next_arrival(&self) -> u32 {
        self.arrived
    }

    /// The rank of a message, if it is here.
    pub(super) fn rank(&self, id: &MessageId, created: Timestamp) -> Option<usize> {
        let key = (created.0, half(id));
        let rank = self.order.partition_point(|place| place.rank_key() < key);
        let place = self.order.get(rank)?;
        (place.rank_key() == key).then_some(rank)
    }

    /// The places of some ranks.
    pub(super) fn ranks(&self, ranks: Range<usize>) -> &[Place] {
        self.order.get(ranks).unwrap_or_default()
    }

    /// The arrivals of the messages of a device with a counter: one, unless the device lies.
    pub(super) fn arrivals(&self, device: DeviceId, counter: u32) -> Vec<u32> {
        let of = self.counters.get(&device).map_or(&[][..], Vec::as_slice);
        let first = of.partition_point(|(c, _)| *c < counter);
        let equal = of.iter().skip(first).take_while(|(c, _)| *c == counter);
        equal.map(|(_, arrival)| *arrival).collect()
    }

    /// The counters of the messages of each device.
    pub(super) fn counters(&self) -> BTreeMap<DeviceId, Counters> {
        let devices = self.counters.iter().map(|(device, of)| {
            let mut counters = Counters::default();
            for (counter, _) in of {
                counters.insert(*counter);
            }
            (*device, counters)
        });
        devices.collect()
    }

    /// The highest counter of each device of others up to a rank, ascending by device, and the number
    /// of messages of others after it.
    pub(super) fn read_up_to(&self, rank: usize) -> (Vec<(DeviceId, u32)>, u32) {
        let mut highest: Vec<Option<u32>> = vec![None; self.devices.len()];
        let mut left: u32 = 0;
        for (at, place) in self
            .order
            .iter()
            .enumerate()
            .filter(|(_, place)| !place.outgoing)
        {
            if at > rank {
                left = left.saturating_add(1);
            } else if let Some(highest) = highest.get_mut(usize::from(place.device)) {
                *highest = (*highest).max(Some(place.counter));
            }
        }
        let devices = self.devices.iter().zip(highest);
        let mut counters: Vec<_> = devices
            .filter_map(|(device, highest)| highest.map(|highest| (*device, highest)))
            .collect();
        counters.sort_unstable();
        (counters, left)
    }

    /// Adds messages that arrived; those that are here already are left out.
    pub(super) fn add(&mut self, rows: &[(u32, MessageRow)]) {
        let from = self.next_arrival();
        let mut new = Vec::with_capacity(rows.len());
        for (arrival, row) in rows.iter().filter(|(arrival, _)| *arrival >= from) {
            let place = self.place(*arrival, row);
            let of = self.counters.entry(row.device).or_default();
            let at = of.partition_point(|pair| *pair < (row.counter, *arrival));
            of.insert(at, (row.counter, *arrival));
            self.push_tail(place);
            self.arrived = arrival.saturating_add(1);
            new.push(place);
        }
        self.merge(new);
    }

    /// Shows a message no longer. Its place in the order of arrival stays.
    pub(super) fn hide(&mut self, id: &MessageId, created: Timestamp, arrival: u32) {
        if let Some(rank) = self.rank(id, created) {
            self.order.remove(rank);
        }
        if let Some(place) = self.tail.iter_mut().find(|place| place.arrival == arrival) {
            place.hidden = true;
        }
    }

    /// The page that a message completes, as it goes to disk, and its number; some of those before it
    /// are shown no longer.
    pub(super) fn completed_page(
        &self,
        rows: &[(u32, MessageRow)],
        hidden: &BTreeSet<u32>,
    ) -> Option<(u32, Vec<u8>)> {
        let (last, _) = rows.last()?;
        let number = last / PAGE;
        if last % PAGE != PAGE - 1 {
            return None;
        }
        let earlier = self
            .tail
            .iter()
            .filter(|place| place.arrival / PAGE == number);
        let mut page = PlacePage::default();
        for place in earlier {
            let device = self.devices.get(usize::from(place.device))?;
            page.push(
                place.created,
                place.id,
                *device,
                place.counter,
                (
                    place.outgoing,
                    place.hidden || hidden.contains(&place.arrival),
                ),
            );
        }
        for (_, row) in rows.iter().filter(|(arrival, _)| arrival / PAGE == number) {
            page.push(
                row.created.0,
                half(&row.id),
                row.device,
                row.counter,
                (row.outgoing, is_hidden(row)),
            );
        }
        (page.len() == PAGE).then(|| (number, page.to_bytes()))
    }

    /// Reads the order of a chat.
    pub(super) fn load(tree: &Tree, sealer: &Sealer, chat: &ChatId) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("messages of a chat are missing".into());
        let mut timeline = Self::default();
        let mut all = Vec::new();
        let prefix = sealer.places_prefix(chat);
        for (key, row) in tree.rows(&prefix, &[], usize::MAX)? {
            let page = sealer
                .open(Space::Places, &key, &row)
                .map_err(|_| damaged())?;
            let number = u32::try_from(all.len()).map_err(|_| damaged())? / PAGE;
            if key != page_key(&prefix, number) {
                return Err(damaged());
            }
            let page = PlacePage::parse(&page).ok_or_else(damaged)?;
            timeline.take_page(&page, &mut all);
        }
        let mut next = u32::try_from(all.len()).map_err(|_| damaged())?;
        let prefix = sealer.chat_prefix(chat);
        let from = row_key(&prefix, next);
        for (key, row) in tree.rows(&prefix, &from, usize::MAX)? {
            // Rows may be added while we read; those of one arrival after the other are consistent.
            if key != row_key(&prefix, next) {
                return Err(damaged());
            }
            let row = super::query::open_message(tree, sealer, &key, &row)?;
            let place = timeline.place(next, &row);
            timeline
                .counters
                .entry(row.device)
                .or_default()
                .push((row.counter, next));
            timeline.push_tail(place);
            all.push(place);
            next = next.saturating_add(1);
        }
        for of in timeline.counters.values_mut() {
            of.sort_unstable();
        }
        timeline.arrived = next;
        timeline.merge(all);
        Ok(timeline)
    }

    fn take_page(&mut self, page: &PlacePage, all: &mut Vec<Place>) {
        for (created, id, device, counter, (outgoing, hidden)) in page.places() {
            let arrival = all.len().try_into().unwrap_or(u32::MAX);
            self.counters
                .entry(device)
                .or_default()
                .push((counter, arrival));
            let device = self.device(device);
            all.push(Place {
                created,
                id,
                arrival,
                counter,
                device,
                outgoing,
                hidden,
            });
        }
        self.arrived = all.len().try_into().unwrap_or(u32::MAX);
    }

    fn place(&mut self, arrival: u32, row: &MessageRow) -> Place {
        let device = self.device(row.device);
        Place {
            created: row.created.0,
            id: half(&row.id),
            arrival,
            counter: row.counter,
            device,
            outgoing: row.outgoing,
            hidden: is_hidden(row),
        }
    }

    /// Numbers of devices beyond the last that a place can name share that one. Nobody has so many.
    fn device(&mut self, device: DeviceId) -> u16 {
        let at = self
            .devices
            .iter()
            .position(|of| *of == device)
            .unwrap_or_else(|| {
                self.devices.push(device);
                self.devices.len() - 1
            });
        at.try_into().unwrap_or(u16::MAX)
    }

    fn push_tail(&mut self, place: Place) {
        if place.arrival.is_multiple_of(PAGE) {
            self.tail.clear();
        }
        self.tail.push(place);
    }

    /// One pass from the end, so that many old messages at once cost no more than one.
    fn merge(&mut self, mut new: Vec<Place>) {
        new.retain(|place| !place.hidden);
        new.sort_by_key(Place::rank_key);
        let Some(first) = new.first() else {
            return;
        };
        let at = self
            .order
            .partition_point(|place| place.rank_key() <= first.rank_key());
        let mut later = self.order.split_off(at).into_iter().peekable();
        self.order.reserve(later.len() + new.len());
        for place in new {
            while let Some(earlier) = later.next_if(|p| p.rank_key() <= place.rank_key()) {
                self.order.push(earlier);
            }
            self.order.push(place);
        }
        self.order.extend(later);
    }
}

/// The key of the row of a message.
pub(super) fn row_key(chat_prefix: &[u8; 16], arrival: u32) -> Vec<u8> {
    [chat_prefix.as_slice(), &u64::from(arrival).to_be_bytes()].concat()
}

/// The place in the order of arrival with which a key ends.
pub(super) fn arrival_of(key: &[u8]) -> Option<u32> {
    let (_, arrival) = key.split_last_chunk()?;
    u64::from_be_bytes(*arrival).try_into().ok()
}

/// The key of the row of a page of places.
pub(super) fn page_key(places_prefix: &[u8; 16], number: u32) -> Vec<u8> {
    row_key(places_prefix, number)
}

/// A page with one of its places hidden; none if it is no page.
pub(super) fn hide_in_page(page: &[u8], arrival: u32) -> Option<Vec<u8>> {
    let mut page = PlacePage::parse(page)?;
    let at = usize::try_from(arrival % PAGE).ok()?;
    let place = page.places.chunks_exact_mut(PLACE).nth(at)?;
    let [.., high, _] = place else {
        return None;
    };
    *high |= HIDDEN.to_be_bytes().first()?;
    Some(page.to_bytes())
}

/// Whether a row is not shown.
fn is_hidden(row: &MessageRow) -> bool {
    acts::shape(&row.content) != Shape::Message
}

fn half(id: &MessageId) -> [u8; 16] {
    id.0.first_chunk().copied().unwrap_or_default()
}

/// [`PAGE`] places as they lie on disk: the devices, then 30 bytes for each place.
#[derive(Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
struct PlacePage {
    #[n(0)]
    devices: Vec<DeviceId>,
    #[cbor(n(1), with = "minicbor::bytes")]
    places: Vec<u8>,
}

/// `created ‖ id ‖ counter ‖ device and, in the highest bits, outgoing and hidden`.
const PLACE: usize = 8 + 16 + 4 + 2;

const OUTGOING: u16 = 1 << 15;
const HIDDEN: u16 = 1 << 14;

impl PlacePage {
    fn push(
        &mut self,
        created: u64,
        id: [u8; 16],
        device: DeviceId,
        counter: u32,
        (outgoing, hidden): (bool, bool),
    ) {
        let at = self
            .devices
            .iter()
            .position(|of| *of == device)
            .unwrap_or_else(|| {
                self.devices.push(device);
                self.devices.len() - 1
            });
        let mut device = u16::try_from(at).unwrap_or(0);
        device |= if outgoing { OUTGOING } else { 0 };
        device |= if hidden { HIDDEN } else { 0 };
        self.places.extend(created.to_be_bytes());
        self.places.extend(id);
        self.places.extend(counter.to_be_bytes());
        self.places.extend(device.to_be_bytes());
    }

    fn len(&self) -> u32 {
        (self.places.len() / PLACE).try_into().unwrap_or(u32::MAX)
    }

    fn places(&self) -> impl Iterator<Item = (u64, [u8; 16], DeviceId, u32, (bool, bool))> {
        self.places.chunks_exact(PLACE).filter_map(|place| {
            let (created, rest) = place.split_first_chunk()?;
            let (id, rest) = rest.split_first_chunk()?;
            let (counter, rest) = rest.split_first_chunk()?;
            let device = u16::from_be_bytes(rest.try_into().ok()?);
            Some((
                u64::from_be_bytes(*created),
                *id,
                *self
                    .devices
                    .get(usize::from(device & !(OUTGOING | HIDDEN)))?,
                u32::from_be_bytes(*counter),
                (device & OUTGOING != 0, device & HIDDEN != 0),
            ))
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let page: Self = codec::from_slice(bytes, super::seal::PIECE * 2).ok()?;
        (page.places().count() == PAGE as usize && page.len() == PAGE).then_some(page)
    }
}

#[cfg(test)]
mod tests;
