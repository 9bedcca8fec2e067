//! The last columns of the live spectrogram.

use std::collections::VecDeque;

use crate::dsp::live::{LIVE_BANDS, LiveColumn};

/// Columns that are kept, and the width of the texture that shows them.
pub const LIVE_COLUMNS: usize = 1024;

/// A ring of the newest columns. A viewer remembers [`LiveRing::pushed`] and asks only for what is new.
#[derive(Clone, Debug, Default)]
pub struct LiveRing {
    columns: VecDeque<LiveColumn>,
    pushed: u64,
}

impl LiveRing {
    /// Adds columns, oldest first; columns of the wrong height are dropped.
    pub fn extend(&mut self, columns: impl IntoIterator<Item = LiveColumn>) {
        for column in columns.into_iter().filter(|column| column.levels_db.len() == LIVE_BANDS) {
            if self.columns.len() == LIVE_COLUMNS {
                self.columns.pop_front();
            }
            self.columns.push_back(column);
            self.pushed += 1;
        }
    }

    /// How many columns were ever added.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Columns held now.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether nothing was heard yet.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns with numbers from `seen` on that are still held, each with its number, oldest first.
    pub fn since(&self, seen: u64) -> impl Iterator<Item = (u64, &LiveColumn)> {
        let first = self.pushed - self.columns.len() as u64;
        let skip = seen.saturating_sub(first).min(self.columns.len() as u64);
        self.columns.iter().enumerate().skip(skip as usize).map(move |(index, column)| (first + index as u64, column))
    }

    /// The column `back` steps before the newest.
    pub fn from_newest(&self, back: usize) -> Option<&LiveColumn> {
        self.columns.iter().rev().nth(back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(level: f32) -> LiveColumn {
        LiveColumn { levels_db: vec![level; LIVE_BANDS] }
    }

    #[test]
    fn viewers_get_each_column_once_and_old_ones_fall_out() {
        let mut ring = LiveRing::default();
        ring.extend((0..1500).map(|i| column(i as f32)));
        assert_eq!((ring.len(), ring.pushed()), (LIVE_COLUMNS, 1500));
        let new: Vec<_> = ring.since(1498).map(|(number, column)| (number, column.levels_db[0])).collect();
        assert_eq!(new, [(1498, 1498.0), (1499, 1499.0)]);
        assert_eq!(ring.since(0).count(), LIVE_COLUMNS);
        assert_eq!(ring.since(9999).count(), 0);
        assert_eq!(ring.from_newest(1).unwrap().levels_db[0], 1498.0);
    }

    #[test]
    fn a_column_of_another_height_is_dropped() {
        let mut ring = LiveRing::default();
        ring.extend([LiveColumn { levels_db: vec![0.0; 3] }]);
        assert!(ring.is_empty());
    }
}
