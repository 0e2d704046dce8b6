//! The display order of one chat, in memory: which message comes where.
//!
//! On disk messages lie in the order in which they arrived, and a row never moves. The display order
//! is another one: by `(created, id)`, the same on every member. So that it need not be computed from
//! all messages, every [`PAGE`] messages their places are written once as one row; the fewer than
//! [`PAGE`] after the last page are read from their own rows.

use std::{collections::BTreeMap, ops::Range};

use super::{
    error::StoreError,
    seal::{Sealer, Space},
    tree::Tree,
};
use crate::{
    proto::{
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
    order: Vec<Place>,
    devices: Vec<DeviceId>,
    /// Counter and arrival, ascending, of the messages of each device.
    counters: BTreeMap<DeviceId, Vec<(u32, u32)>>,
    /// Those after the last whole page, in the order of arrival.
    tail: Vec<Place>,
}

impl Timeline {
    /// How many messages there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The place in the order of arrival that the next message takes.
    pub(super) fn next_arrival(&self) -> u32 {
        self.order.len().try_into().unwrap_or(u32::MAX)
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
            new.push(place);
        }
        self.merge(new);
    }

    /// The page that a message completes, as it goes to disk, and its number.
    pub(super) fn completed_page(&self, rows: &[(u32, MessageRow)]) -> Option<(u32, Vec<u8>)> {
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
                place.outgoing,
            );
        }
        for (_, row) in rows.iter().filter(|(arrival, _)| arrival / PAGE == number) {
            page.push(
                row.created.0,
                half(&row.id),
                row.device,
                row.counter,
                row.outgoing,
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
        timeline.merge(all);
        Ok(timeline)
    }

    fn take_page(&mut self, page: &PlacePage, all: &mut Vec<Place>) {
        for (created, id, device, counter, outgoing) in page.places() {
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
            });
        }
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

/// The key of the row of a page of places.
pub(super) fn page_key(places_prefix: &[u8; 16], number: u32) -> Vec<u8> {
    row_key(places_prefix, number)
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

/// `created ‖ id ‖ counter ‖ device and, in the highest bit, outgoing`.
const PLACE: usize = 8 + 16 + 4 + 2;

impl PlacePage {
    fn push(&mut self, created: u64, id: [u8; 16], device: DeviceId, counter: u32, outgoing: bool) {
        let at = self
            .devices
            .iter()
            .position(|of| *of == device)
            .unwrap_or_else(|| {
                self.devices.push(device);
                self.devices.len() - 1
            });
        let device = u16::try_from(at).unwrap_or(0) | u16::from(outgoing) << 15;
        self.places.extend(created.to_be_bytes());
        self.places.extend(id);
        self.places.extend(counter.to_be_bytes());
        self.places.extend(device.to_be_bytes());
    }

    fn len(&self) -> u32 {
        (self.places.len() / PLACE).try_into().unwrap_or(u32::MAX)
    }

    fn places(&self) -> impl Iterator<Item = (u64, [u8; 16], DeviceId, u32, bool)> {
        self.places.chunks_exact(PLACE).filter_map(|place| {
            let (created, rest) = place.split_first_chunk()?;
            let (id, rest) = rest.split_first_chunk()?;
            let (counter, rest) = rest.split_first_chunk()?;
            let device = u16::from_be_bytes(rest.try_into().ok()?);
            Some((
                u64::from_be_bytes(*created),
                *id,
                *self.devices.get(usize::from(device & 0x7fff))?,
                u32::from_be_bytes(*counter),
                device >> 15 == 1,
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
mod tests {
    use super::*;
    use crate::proto::id::PersonId;

    fn row(id: u32, created: u64) -> MessageRow {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&id.to_be_bytes());
        MessageRow {
            id: MessageId(bytes),
            chat: ChatId([0; 32]),
            sender: PersonId([0; 32]),
            device: DeviceId([u8::try_from(id % 3).unwrap(); 16]),
            counter: id,
            created: Timestamp(created),
            sent_at: Timestamp(0),
            received_at: Timestamp(0),
            outgoing: id.is_multiple_of(3),
            content: Vec::new(),
            signed: None,
        }
    }

    #[test]
    fn old_messages_find_their_place_among_later_ones() {
        let mut timeline = Timeline::default();
        timeline.add(&[(0, row(10, 100)), (1, row(11, 200)), (2, row(12, 300))]);

        timeline.add(&[
            (3, row(13, 250)),
            (4, row(14, 50)),
            (5, row(9, 100)),
            (6, row(15, 400)),
        ]);

        let arrivals: Vec<u32> = timeline
            .ranks(0..99.min(timeline.len()))
            .iter()
            .map(|p| p.arrival)
            .collect();
        assert_eq!(arrivals, [4, 5, 0, 1, 3, 2, 6]);
        assert_eq!(timeline.rank(&row(13, 0).id, Timestamp(250)), Some(4));
        assert_eq!(timeline.rank(&row(13, 0).id, Timestamp(251)), None);
        assert_eq!(timeline.arrivals(row(13, 0).device, 13), [3]);
    }

    #[test]
    fn what_is_here_already_is_not_added_again() {
        let mut timeline = Timeline::default();
        let rows: Vec<_> = (0..5).map(|n| (n, row(n, n.into()))).collect();
        timeline.add(&rows[..3]);

        timeline.add(&rows);

        assert_eq!(timeline.len(), 5);
        assert_eq!(timeline.tail.len(), 5);
    }

    #[test]
    fn a_page_of_places_round_trips_and_is_made_once_per_128_messages() {
        let mut timeline = Timeline::default();
        let rows: Vec<_> = (0..300)
            .map(|n| (n, row(n, u64::from(n * 7 % 100))))
            .collect();
        let mut pages = Vec::new();
        for row in &rows {
            let row = std::slice::from_ref(row);
            pages.extend(timeline.completed_page(row));
            timeline.add(row);
        }

        assert_eq!(
            pages.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            [0, 1]
        );
        let mut read = Timeline::default();
        let mut all = Vec::new();
        for (_, page) in &pages {
            assert!(page.len() < 4096, "{}", page.len());
            read.take_page(&PlacePage::parse(page).unwrap(), &mut all);
        }
        read.merge(all);
        read.add(&rows);
        let order = |t: &Timeline| t.order.iter().map(|p| p.arrival).collect::<Vec<_>>();
        assert_eq!(order(&read), order(&timeline));
        assert_eq!(read.read_up_to(150), timeline.read_up_to(150));
        assert_eq!(read.counters, timeline.counters);
    }
}
