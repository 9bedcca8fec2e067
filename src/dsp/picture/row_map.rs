//! From the frequencies of a transform to the rows of a picture.

use super::grid::Rows;
use super::levels::{NO_LEVEL, db_of_power, level_of_db};

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// Nothing is known there.
    Nowhere,
    /// It is narrower than the distance of two frequencies: between this one and the next, that far along.
    Between(usize, f32),
    /// The loudest of these, both ends included.
    Peak(usize, usize),
}

/// What the rows of a picture show of `count` rising frequencies.
pub(super) struct RowMap {
    pub(super) sources: Vec<Source>,
}

impl RowMap {
    /// `place` says where a frequency lies among those of the transform (2.5: in the middle of the third and the
    /// fourth). Rows in the middle of which a frequency above `highest_hz` lies show nothing.
    pub(super) fn new(rows: &Rows, count: usize, highest_hz: f32, place: impl Fn(f32) -> f32) -> Self {
        let source = |row: usize| {
            if count == 0 || rows.centre_hz(row) > highest_hz {
                return Source::Nowhere;
            }
            let last = count - 1;
            let (low, high) = (place(rows.edge_hz(row as f32)), place(rows.edge_hz(row as f32 + 1.0)));
            if high - low >= 1.0 {
                // A hair of tolerance: a frequency on an edge belongs to the row above it.
                let at_least = |edge: f32| (edge - 1e-3).ceil();
                let first = (at_least(low).max(0.0) as usize).min(last);
                let end = ((at_least(high) - 1.0).max(0.0) as usize).clamp(first, last);
                return Source::Peak(first, end);
            }
            let centre = place(rows.centre_hz(row)).clamp(0.0, last as f32);
            let below = (centre as usize).min(last.saturating_sub(1));
            if last == 0 { Source::Peak(0, 0) } else { Source::Between(below, centre - below as f32) }
        };
        Self { sources: (0..rows.count).map(source).collect() }
    }

    /// The frequencies that the rows need, as a half-open range.
    pub(super) fn needed(&self) -> std::ops::Range<usize> {
        let (mut from, mut to) = (usize::MAX, 0);
        for source in &self.sources {
            let (first, last) = match *source {
                Source::Nowhere => continue,
                Source::Between(below, _) => (below, below + 1),
                Source::Peak(first, last) => (first, last),
            };
            (from, to) = (from.min(first), to.max(last + 1));
        }
        if from < to { from..to } else { 0..0 }
    }

    /// Fills a column with the levels of the powers, of which 1 is full scale.
    pub(super) fn fill(&self, power: &[f32], out: &mut [i16]) {
        for (slot, source) in out.iter_mut().zip(&self.sources) {
            *slot = match *source {
                Source::Nowhere => NO_LEVEL,
                Source::Between(below, along) => {
                    let (low, high) = (db_of_power(power[below]), db_of_power(power[below + 1]));
                    level_of_db(low + (high - low) * along)
                }
                Source::Peak(first, last) => {
                    level_of_db(db_of_power(power[first..=last].iter().copied().fold(0.0, f32::max)))
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::axis::{FrequencyAxis, FrequencyScale};
    use super::*;

    #[test]
    fn wide_rows_take_the_peak_and_narrow_ones_lie_between() {
        let axis = FrequencyAxis { scale: FrequencyScale::Linear, low_hz: 0.0, high_hz: 100.0 };
        // Bins every 5 Hz, rows of 10 Hz: two bins each.
        let wide = RowMap::new(&Rows::whole(axis, 10), 21, 100.0, |hz| hz / 5.0);
        assert_eq!(wide.sources[3], Source::Peak(6, 7));
        let covered: usize =
            wide.sources.iter().map(|s| if let Source::Peak(a, b) = s { b - a + 1 } else { panic!() }).sum();
        assert_eq!(covered, 20);
        // Bins every 20 Hz.
        let narrow = RowMap::new(&Rows::whole(axis, 10), 6, 100.0, |hz| hz / 20.0);
        let Source::Between(1, along) = narrow.sources[3] else { panic!("{:?}", narrow.sources[3]) };
        assert!((along - 0.75).abs() < 1e-5);
        let mut out = [0; 10];
        narrow.fill(&[1.0, 0.1, 0.01, 1.0, 1.0, 1.0], &mut out);
        assert_eq!(out[3], -1750);
        assert_eq!(narrow.needed(), 0..6);
    }

    #[test]
    fn above_the_highest_frequency_there_is_nothing() {
        let axis = FrequencyAxis { scale: FrequencyScale::Linear, low_hz: 0.0, high_hz: 100.0 };
        let map = RowMap::new(&Rows::whole(axis, 10), 11, 50.0, |hz| hz / 5.0);
        assert!(map.sources[..5].iter().all(|s| *s != Source::Nowhere));
        assert!(map.sources[5..].iter().all(|s| *s == Source::Nowhere));
    }
}
