//! The last columns of the live pictures.

use crate::dsp::picture::PictureSpec;
use crate::engine::tiles::{LIVE_COLUMNS_PER_SEC, LIVE_ROWS, LivePicture, NO_LEVEL};

/// Columns that are kept of each live picture, and the width of the texture that shows them: 34 s.
pub const LIVE_KEPT: usize = 2048;

/// A ring of the newest columns of one live picture.
#[derive(Clone, Debug)]
pub struct LivePictureRing {
    spec: PictureSpec,
    levels: Vec<i16>,
    first: u64,
    next: u64,
    began: u64,
    loudest: i16,
}

impl LivePictureRing {
    fn new(spec: PictureSpec, at: u64, began: u64) -> Self {
        Self { spec, levels: vec![NO_LEVEL; LIVE_KEPT * LIVE_ROWS], first: at, next: at, began, loudest: NO_LEVEL }
    }

    /// The number of the oldest column that is held.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number after the newest column.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Tells this ring from those that were there before it.
    pub fn began(&self) -> u64 {
        self.began
    }

    /// The loudest level since it began, hundredths.
    pub fn loudest(&self) -> Option<i16> {
        (self.loudest != NO_LEVEL).then_some(self.loudest)
    }

    /// A column by its number, the lowest frequency first.
    pub fn column(&self, number: u64) -> Option<&[i16]> {
        if !(self.first..self.next).contains(&number) {
            return None;
        }
        let slot = (number % LIVE_KEPT as u64) as usize;
        Some(&self.levels[slot * LIVE_ROWS..(slot + 1) * LIVE_ROWS])
    }

    /// The level at a time of the live clock and a place on the axis, hundredths.
    pub fn level_at(&self, secs: f64, place: f64) -> Option<i16> {
        if secs < 0.0 || !(0.0..1.0).contains(&place) {
            return None;
        }
        let column = self.column((secs * LIVE_COLUMNS_PER_SEC) as u64)?;
        Some(column[(place * LIVE_ROWS as f64) as usize]).filter(|level| *level != NO_LEVEL)
    }

    fn push(&mut self, column: &[i16]) {
        let slot = (self.next % LIVE_KEPT as u64) as usize;
        self.levels[slot * LIVE_ROWS..(slot + 1) * LIVE_ROWS].copy_from_slice(column);
        self.next += 1;
        self.first = self.first.max(self.next.saturating_sub(LIVE_KEPT as u64));
        self.loudest = column.iter().fold(self.loudest, |known, level| known.max(*level));
    }
}

/// The rings of all live pictures that are shown.
#[derive(Clone, Debug, Default)]
pub struct LivePictures {
    rings: Vec<LivePictureRing>,
    began: u64,
}

impl LivePictures {
    /// The ring of a picture.
    pub fn ring(&self, spec: &PictureSpec) -> Option<&LivePictureRing> {
        self.rings.iter().find(|ring| ring.spec == *spec)
    }

    /// The newest moment of all pictures on the live clock, seconds.
    pub fn now_secs(&self) -> Option<f64> {
        let next = self.rings.iter().map(|ring| ring.next).max()?;
        Some(next as f64 / LIVE_COLUMNS_PER_SEC)
    }

    /// Forgets the pictures that are not among these.
    pub fn keep(&mut self, specs: &[PictureSpec]) {
        self.rings.retain(|ring| specs.contains(&ring.spec));
    }

    /// Takes columns in. A gap is filled with nothing; a clock that was set back begins anew.
    pub fn insert(&mut self, picture: &LivePicture) {
        if picture.levels.is_empty() || !picture.levels.len().is_multiple_of(LIVE_ROWS) {
            return;
        }
        let at = match self.rings.iter().position(|ring| ring.spec == picture.spec) {
            Some(at) if self.rings[at].next <= picture.first_column => at,
            known => {
                self.began += 1;
                let ring = LivePictureRing::new(picture.spec, picture.first_column, self.began);
                known.map(|at| self.rings.swap_remove(at));
                self.rings.push(ring);
                self.rings.len() - 1
            }
        };
        let ring = &mut self.rings[at];
        if picture.first_column - ring.next >= LIVE_KEPT as u64 {
            self.began += 1;
            *ring = LivePictureRing::new(picture.spec, picture.first_column, self.began);
        }
        while ring.next < picture.first_column {
            ring.push(&[NO_LEVEL; LIVE_ROWS]);
        }
        for column in picture.levels.chunks_exact(LIVE_ROWS) {
            ring.push(column);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::dsp::picture::PictureSettings;

    use super::*;

    fn picture(first_column: u64, levels: &[i16]) -> LivePicture {
        let levels: Vec<i16> = levels.iter().flat_map(|level| [*level; LIVE_ROWS]).collect();
        LivePicture { spec: PictureSettings::spectrogram().spec, first_column, levels: Arc::from(levels) }
    }

    #[test]
    fn columns_are_kept_by_their_number_and_gaps_stay_empty() {
        let mut live = LivePictures::default();
        live.insert(&picture(100, &[-100, -200]));
        live.insert(&picture(104, &[-300]));
        let ring = live.ring(&PictureSettings::spectrogram().spec).unwrap();
        assert_eq!((ring.first(), ring.next()), (100, 105));
        assert_eq!(ring.column(101).unwrap()[7], -200);
        assert_eq!(ring.level_at(103.5 / LIVE_COLUMNS_PER_SEC, 0.5), None);
        assert_eq!(ring.level_at(104.5 / LIVE_COLUMNS_PER_SEC, 0.5), Some(-300));
        assert_eq!((ring.column(99), ring.column(105)), (None, None));
        assert!((live.now_secs().unwrap() - 105.0 / 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_clock_that_was_set_back_begins_anew_and_old_columns_fall_out() {
        let mut live = LivePictures::default();
        let spec = PictureSettings::spectrogram().spec;
        for start in (0..3000).step_by(30) {
            live.insert(&picture(start, &[-100; 30]));
        }
        assert_eq!(live.ring(&spec).unwrap().first(), 3000 - LIVE_KEPT as u64);
        let began = live.ring(&spec).unwrap().began();
        live.insert(&picture(5, &[-100]));
        let ring = live.ring(&spec).unwrap();
        assert_eq!((ring.first(), ring.next()), (5, 6));
        assert!(ring.began() > began);
        live.insert(&picture(90_000, &[-100]));
        assert_eq!(live.ring(&spec).unwrap().first(), 90_000);
    }
}
