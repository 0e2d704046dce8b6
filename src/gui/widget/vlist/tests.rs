use proptest::prelude::*;

use super::*;

const VIEW: Viewport = Viewport {
    height: 600.0,
    below: 12.0,
    open_end: false,
};

fn row(number: u64) -> Row {
    Row {
        key: RowKey::Pending(number),
        look: 0,
        estimate: 44,
    }
}

fn number(row: &Row) -> u64 {
    let RowKey::Pending(number) = row.key else {
        panic!("{row:?}")
    };
    number
}

/// The true height of a row, unlike its estimate.
fn height(row: &Row) -> f32 {
    20.0 + f32::from(u8::try_from(number(row) * 37 % 190).unwrap())
}

struct Bed {
    list: VirtualList,
    rows: Vec<Row>,
}

impl Bed {
    fn new(rows: std::ops::Range<u64>) -> Self {
        let mut bed = Self {
            list: VirtualList::default(),
            rows: rows.map(row).collect(),
        };
        bed.list.set_rows(bed.rows.clone());
        bed
    }

    fn see(&mut self) -> Vec<(u64, f32)> {
        let rows = self.rows.clone();
        let placed = self.list.visible(VIEW, |at| height(&rows[at]));
        placed
            .iter()
            .map(|placed| (number(&rows[placed.row]), placed.top))
            .collect()
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<Row>)) {
        change(&mut self.rows);
        self.list.set_rows(self.rows.clone());
    }
}

#[test]
fn it_opens_at_its_end_and_stays_there_as_rows_come() {
    let mut bed = Bed::new(0..1000);
    assert_eq!(bed.see().last().unwrap().0, 999);

    bed.change(|rows| rows.push(row(1000)));

    let (last, top) = *bed.see().last().unwrap();
    assert_eq!(last, 1000);
    assert!((top + height(&row(1000)) - (VIEW.height - VIEW.below)).abs() < 0.01);
}

#[test]
fn it_does_not_follow_while_something_older_is_read() {
    let mut bed = Bed::new(0..1000);
    bed.see();
    bed.list.scroll(500.0);
    let before = bed.see();

    bed.change(|rows| rows.push(row(1000)));

    assert!(!bed.list.is_at_end());
    assert_eq!(bed.see(), before);
}

#[test]
fn scrolling_down_to_the_end_follows_again() {
    let mut bed = Bed::new(0..1000);
    bed.see();
    bed.list.scroll(500.0);
    bed.see();

    bed.list.scroll(-10_000.0);
    bed.see();

    assert!(bed.list.is_at_end());
}

#[test]
fn an_open_end_is_not_followed() {
    let mut bed = Bed::new(0..100);
    let open = Viewport {
        open_end: true,
        ..VIEW
    };
    let rows = bed.rows.clone();
    bed.list.visible(open, |at| height(&rows[at]));
    let before = bed.see();
    bed.list.scroll(1.0);
    bed.list.scroll(-1.0);

    bed.change(|rows| rows.extend((100..200).map(row)));

    let after = bed.see();
    assert_eq!(after[..before.len()], before[..]);
}

#[test]
fn few_rows_stand_at_the_bottom() {
    let mut bed = Bed::new(0..2);

    let (last, top) = *bed.see().last().unwrap();

    assert_eq!(last, 1);
    assert!((top + height(&row(1)) - 588.0).abs() < 0.01);
    bed.list.scroll(300.0);
    assert!((bed.see().last().unwrap().1 - top).abs() < 0.01);
}

#[test]
fn it_never_scrolls_past_its_beginning() {
    let mut bed = Bed::new(0..1000);
    bed.see();

    bed.list.scroll(1e9);

    assert_eq!(bed.see()[0], (0, 0.0));
}

#[test]
fn a_row_that_looks_different_is_measured_again() {
    let mut bed = Bed::new(0..10);
    bed.see();

    bed.change(|rows| rows[9].look = 1);

    assert_eq!(bed.list.heights().measured(9), None);
    assert!(bed.list.heights().measured(8).is_some());
}

proptest! {
    #[test]
    fn what_is_in_sight_stays_in_place_whatever_changes_elsewhere(
        start in 0usize..900,
        into in -50.0f32..0.0,
        steps in prop::collection::vec((0u8..4, 1u64..150), 1..20),
    ) {
        let mut bed = Bed::new(100_000..101_000);
        bed.list.go_to(start, into);
        let mut seen = bed.see();
        prop_assume!(!bed.list.is_at_end());
        let (mut first, mut next) = (100_000, 101_000);

        for (kind, count) in steps {
            let top_row = seen[0].0;
            bed.change(|rows| match kind {
                0 => {
                    rows.extend((next..next + count).map(row));
                    next += count;
                }
                1 => {
                    let older = (first - count..first).map(row);
                    rows.splice(0..0, older);
                    first -= count;
                }
                2 => {
                    // As much is dropped above as can be without touching what is in sight.
                    let above = rows.iter().position(|row| number(row) == top_row).unwrap();
                    let dropped = usize::try_from(count).unwrap().min(above);
                    rows.drain(..dropped);
                    first += dropped as u64;
                }
                _ => {
                    let late = Row { key: RowKey::Pending(500_000 + next + count), ..row(0) };
                    rows.insert(0, late);
                    rows.remove(0);
                }
            });
            let now = bed.see();
            let (row_before, top_before) = seen[0];
            let top_now = now.iter().find(|(row, _)| *row == row_before).map(|(_, top)| *top);
            prop_assert!(top_now.is_some_and(|top| (top - top_before).abs() < 0.01));
            seen = now;
        }
    }

    #[test]
    fn a_jump_to_any_row_shows_it_at_the_top_unless_the_end_is_nearer(start in 0usize..100_000) {
        let mut bed = Bed::new(0..100_000);

        bed.list.go_to(start, 0.0);
        let seen = bed.see();

        prop_assert!(seen.iter().any(|(row, _)| *row == start as u64));
        prop_assert!(bed.list.is_at_end() || seen[0] == (start as u64, 0.0));
    }

    #[test]
    fn scrolling_up_and_down_again_returns(points in 1.0f32..5_000.0) {
        let mut bed = Bed::new(0..1000);
        bed.list.go_to(500, -3.0);
        let before = bed.see();

        bed.list.scroll(points);
        bed.see();
        bed.list.scroll(-points);
        let after = bed.see();

        prop_assert_eq!(before[0].0, after[0].0);
        prop_assert!((before[0].1 - after[0].1).abs() < 0.05);
    }
}
