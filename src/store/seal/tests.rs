use super::*;

fn sealer() -> Sealer {
    Sealer::new(&Secret::new([1; 32]), Secret::new([2; 32]))
}

fn round_trip(len: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let sealer = sealer();
    let value: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let space = Space::Record(Class::Outbox);
    let key = sealer.record_key(Class::Outbox, b"k");

    let rows = sealer.seal_value(space, &key, b"k", 7, &value).unwrap();

    let opened: Vec<Piece> = rows
        .iter()
        .map(|(_, row)| sealer.open_piece(space, row).unwrap())
        .collect();
    assert_eq!(join(&opened).unwrap().as_slice(), value);
    assert_eq!(rows.len(), usize::from(pieces(len).unwrap()));
    assert!(rows.iter().all(|(_, row)| row.len() <= LONGEST_ROW));
    rows
}

#[test]
fn values_of_all_lengths_round_trip_in_pieces() {
    for len in [
        0,
        1,
        PIECE - 1,
        PIECE,
        PIECE + 1,
        PADDED_ABOVE,
        PADDED_ABOVE + 1,
        60_000,
    ] {
        round_trip(len);
    }
    round_trip(LONGEST - PADDING_STEP);
    assert_eq!(pieces(LONGEST + 1), None);
}

#[test]
fn long_values_of_similar_length_take_the_same_room() {
    let room = |len| {
        round_trip(len)
            .iter()
            .map(|(_, row)| row.len())
            .sum::<usize>()
    };

    assert_eq!(room(12_289), room(16_000));
    assert_ne!(room(16_000), room(17_000));
}

#[test]
fn a_row_opens_only_in_its_space_and_at_its_key() {
    let sealer = sealer();
    let row = sealer.seal(Space::Delivered, b"here", b"what").unwrap();

    assert_eq!(
        sealer
            .open(Space::Delivered, b"here", &row)
            .unwrap()
            .as_slice(),
        b"what"
    );
    assert_eq!(
        sealer.open(Space::Delivered, b"there", &row),
        Err(Unreadable)
    );
    assert_eq!(sealer.open(Space::Read, b"here", &row), Err(Unreadable));
    for at in 0..row.len() {
        let mut changed = row.clone();
        changed[at] ^= 1;
        assert_eq!(
            sealer.open(Space::Delivered, b"here", &changed),
            Err(Unreadable),
            "{at}"
        );
    }
}

#[test]
fn only_the_current_and_the_previous_ratchet_key_open_sessions() {
    let sealer = sealer();
    let space = Space::Record(Class::Sessions);
    let rows = sealer
        .seal_value(space, b"key", b"key", 1, b"chains")
        .unwrap();
    let opens = || sealer.open_piece(space, &rows[0].1).is_ok();
    assert!(opens());

    sealer.change_ratchet_key(Secret::new([3; 32]));
    assert!(opens());
    sealer.drop_previous_ratchet_key();

    assert!(!opens());
}

proptest::proptest! {
    #[test]
    fn any_bytes_never_panic_the_opening_of_a_row(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
    ) {
        let _ = parse_piece(&bytes);
        let _ = sealer().open(Space::Read, b"", &bytes);
        let _ = sealer().open_piece(Space::Message, &bytes);
    }
}
