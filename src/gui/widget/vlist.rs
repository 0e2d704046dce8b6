//! A list of very many rows of different heights, of which only those in sight are laid out.
//!
//! Where it stands is kept as a row and a distance from the top of the view to that row, never as a
//! distance from the beginning: rows that come, go or turn out higher elsewhere move nothing.

use std::collections::HashMap;

use super::heights::Heights;
use crate::node::{MessageId, Timestamp};

/// Tells rows apart when their places change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// The beginning of the history.
    Start,
    /// The day of that first message.
    Day(Timestamp),
    /// From here on nothing was read.
    Unread,
    /// What was said before I came ends here.
    Given,
    /// A message.
    Message(MessageId),
    /// A message of mine that is not yet on disk.
    Pending(u64),
}

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub key: RowKey,
    /// Another look can mean another height.
    pub look: u64,
    /// How high it may be before it is measured, in points.
    pub estimate: u16,
}

/// A row in sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Its place in the list.
    pub row: usize,
    /// Its distance from the top of the view, in points.
    pub top: f32,
    /// Its height in points.
    pub height: f32,
}

/// What is in view.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// Its height in points.
    pub height: f32,
    /// Room below the last row, in points.
    pub below: f32,
    /// Whether more rows may follow the last one, so that the end is not the end.
    pub open_end: bool,
}

/// The list.
#[derive(Debug)]
pub struct VirtualList {
    rows: Vec<Row>,
    heights: Heights,
    anchor: usize,
    offset: f32,
    stick: bool,
}

impl Default for VirtualList {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            heights: Heights::default(),
            anchor: 0,
            offset: 0.0,
            stick: true,
        }
    }
}

impl VirtualList {
    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The heights of the rows.
    pub fn heights(&self) -> &Heights {
        &self.heights
    }

    /// Whether it stays at its end as rows come.
    pub fn is_at_end(&self) -> bool {
        self.stick
    }

    /// The row at the top, and how far it begins from the top of the view.
    pub fn anchor(&self) -> (usize, f32) {
        (self.anchor, self.offset)
    }

    /// Goes to the end, and stays there.
    pub fn go_to_end(&mut self) {
        self.stick = true;
    }

    /// Puts a row at a distance from the top of the view.
    pub fn go_to(&mut self, row: usize, top: f32) {
        self.stick = false;
        self.anchor = row;
        self.offset = top;
    }

    /// Moves the rows down by so many points; negative is up.
    pub fn scroll(&mut self, points: f32) {
        if points > 0.0 {
            self.stick = false;
        }
        if !self.stick {
            self.offset += points;
        }
    }

    /// Heights must be measured again, because the width changed.
    pub fn forget_heights(&mut self) {
        self.heights.forget_all();
    }

    /// Replaces the rows. What stays in sight does not move.
    pub fn set_rows(&mut self, rows: Vec<Row>) {
        if rows.starts_with(&self.rows) {
            for row in rows.iter().skip(self.rows.len()) {
                self.heights.push(f32::from(row.estimate), false);
            }
            self.rows = rows;
            return;
        }
        let measured: HashMap<RowKey, (u64, f32)> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| Some((row.key, (row.look, self.heights.measured(at)?))))
            .collect();
        self.keep_anchor(&rows);
        self.heights = Heights::default();
        for row in &rows {
            match measured.get(&row.key) {
                Some((look, height)) => self.heights.push(*height, *look == row.look),
                None => self.heights.push(f32::from(row.estimate), false),
            }
        }
        self.rows = rows;
    }

    /// Finds the first row at or below the top of the view that is still there.
    fn keep_anchor(&mut self, rows: &[Row]) {
        let places: HashMap<RowKey, usize> = rows
            .iter()
            .enumerate()
            .map(|(at, row)| (row.key, at))
            .collect();
        let mut top = self.offset;
        for (at, row) in self.rows.iter().enumerate().skip(self.anchor) {
            if let Some(place) = places.get(&row.key) {
                self.anchor = *place;
                self.offset = top;
                return;
            }
            top += self.heights.known(at);
        }
        self.stick = true;
    }

    /// The rows in sight. `measure` is asked for heights that are not known.
    pub fn visible(
        &mut self,
        view: Viewport,
        mut measure: impl FnMut(usize) -> f32,
    ) -> Vec<Placed> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        if self.stick {
            self.stand_at_end(view, &mut measure);
            self.stick = !view.open_end;
        } else {
            self.stand_at_anchor(&mut measure);
        }
        let placed = self.place(view, &mut measure);
        let reaches_end = placed.last().is_some_and(|last| {
            last.row + 1 == self.rows.len() && last.top + last.height < view.height - view.below
        });
        if !reaches_end || self.stick {
            let hugs_end = placed.last().is_some_and(|last| {
                last.row + 1 == self.rows.len()
                    && last.top + last.height <= view.height - view.below + 0.5
            });
            self.stick |= hugs_end && !view.open_end;
            return placed;
        }
        self.stand_at_end(view, &mut measure);
        self.stick = !view.open_end;
        self.place(view, &mut measure)
    }

    fn stand_at_end(&mut self, view: Viewport, measure: &mut impl FnMut(usize) -> f32) {
        let mut top = view.height - view.below;
        let mut row = self.rows.len();
        while row > 0 && top > 0.0 {
            row -= 1;
            top -= self.height(row, measure);
        }
        self.anchor = row;
        self.offset = top;
    }

    fn stand_at_anchor(&mut self, measure: &mut impl FnMut(usize) -> f32) {
        self.anchor = self.anchor.min(self.rows.len() - 1);
        while self.offset > 0.0 && self.anchor > 0 {
            self.anchor -= 1;
            self.offset -= self.height(self.anchor, measure);
        }
        while self.anchor + 1 < self.rows.len() {
            let height = self.height(self.anchor, measure);
            if self.offset + height > 0.0 {
                break;
            }
            self.offset += height;
            self.anchor += 1;
        }
        if self.anchor == 0 {
            self.offset = self.offset.min(0.0);
        }
    }

    fn place(&mut self, view: Viewport, measure: &mut impl FnMut(usize) -> f32) -> Vec<Placed> {
        let mut placed = Vec::new();
        let (mut row, mut top) = (self.anchor, self.offset);
        while row < self.rows.len() && top < view.height {
            let height = self.height(row, measure);
            placed.push(Placed { row, top, height });
            top += height;
            row += 1;
        }
        placed
    }

    fn height(&mut self, row: usize, measure: &mut impl FnMut(usize) -> f32) -> f32 {
        self.heights.measured(row).unwrap_or_else(|| {
            let height = measure(row);
            self.heights.set(row, height);
            height
        })
    }
}

#[cfg(test)]
mod tests;
