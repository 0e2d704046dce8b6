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
        pages.extend(timeline.completed_page(row, &BTreeSet::new()));
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
