//! The scalogram: a wavelet transform with its scales on notes.

use super::axis::FrequencyAxis;
use super::cwt::{self, Cwt};
use super::grid::{Columns, Rows, Sound};
use super::levels::{NO_LEVEL, level_of_angle};
use super::row_map::{RowMap, Source};
use super::settings::{Part, ScalogramSettings};

/// One of the scales lies here, so that with 12 voices (or 24, 36, 48) they are the notes of equal temperament.
const ANCHOR_HZ: f64 = 440.0;
/// Transforms that are kept planned: of this many stretches of the frequency axis.
const MOST_KEPT: usize = 3;

/// A scalogram with its plans and buffers.
pub(super) struct Scalogram {
    settings: ScalogramSettings,
    rate_hz: u32,
    /// The last used last; with the number of the first scale.
    kept: Vec<(i32, Cwt)>,
    power: Vec<f32>,
}

impl Scalogram {
    pub(super) fn new(settings: &ScalogramSettings, rate_hz: u32) -> Self {
        Self { settings: *settings, rate_hz, kept: Vec::new(), power: Vec::new() }
    }

    pub(super) fn reach_secs(&self, lowest_hz: f32) -> f64 {
        // The first scale below is needed too.
        let lowest_hz = f64::from(lowest_hz.max(1.0)) / self.step();
        cwt::reach_secs(self.settings.wavelet, lowest_hz, f64::from(self.rate_hz))
    }

    pub(super) fn cone_secs(&self, hz: f32) -> f64 {
        cwt::cone_secs(self.settings.wavelet, f64::from(hz.max(1e-3)))
    }

    /// From one scale to the next.
    fn step(&self) -> f64 {
        (1.0 / self.settings.voices_per_octave.max(1) as f64).exp2()
    }

    fn hz(&self, scale: i32) -> f32 {
        (ANCHOR_HZ * (f64::from(scale) / self.settings.voices_per_octave.max(1) as f64).exp2()) as f32
    }

    /// Where a frequency lies among the scales.
    fn place(&self, hz: f32) -> f64 {
        (f64::from(hz.max(1e-3)) / ANCHOR_HZ).log2() * self.settings.voices_per_octave.max(1) as f64
    }

    /// The last scale that is not above half of the rate.
    fn highest(&self) -> i32 {
        (self.place(self.rate_hz as f32 / 2.0) + 1e-6).floor() as i32
    }

    pub(super) fn frequencies_hz(&self, axis: FrequencyAxis) -> Vec<f32> {
        self.scales(axis).map(|scale| self.hz(scale)).collect()
    }

    /// The scales inside an axis.
    fn scales(&self, axis: FrequencyAxis) -> std::ops::Range<i32> {
        let first = (self.place(axis.low_hz) - 1e-4).ceil() as i32;
        let end = ((self.place(axis.high_hz) + 1e-4).floor() as i32).min(self.highest()) + 1;
        first.min(end)..end
    }

    /// The transform at some scales, planned before if it can be.
    fn transform(&mut self, scales: std::ops::Range<i32>) -> Cwt {
        let count = (scales.end - scales.start).max(0) as usize;
        let same = |(first, cwt): &(i32, Cwt)| *first == scales.start && cwt.frequencies_hz().len() == count;
        if let Some(at) = self.kept.iter().position(same) {
            return self.kept.remove(at).1;
        }
        if self.kept.len() >= MOST_KEPT {
            self.kept.remove(0);
        }
        Cwt::new(&self.settings, self.rate_hz, scales.map(|scale| self.hz(scale)).collect())
    }

    pub(super) fn render(&mut self, sound: Sound<'_>, columns: Columns, rows: Rows, out: &mut [i16]) {
        if rows.count == 0 {
            return;
        }
        // One more scale below and above, for the rows between.
        let first = (self.place(rows.edge_hz(0.0)) - 1e-4).floor() as i32;
        let last = ((self.place(rows.edge_hz(rows.count as f32)) + 1e-4).ceil() as i32).min(self.highest());
        let count = (last - first + 1).max(0) as usize;
        let nyquist = self.rate_hz as f32 / 2.0;
        let map = RowMap::new(&rows, count, nyquist, |hz| (self.place(hz) - f64::from(first)) as f32);
        if count == 0 {
            out.fill(NO_LEVEL);
            return;
        }
        let mut transform = self.transform(first..last + 1);
        if self.settings.part == Part::Phase {
            let angles = transform.angles(sound, columns);
            fill_angles(&map, &angles, columns.count, out);
        } else {
            let peaks = transform.peaks(sound, columns);
            self.power.resize(count, 0.0);
            for (column, out) in out.chunks_exact_mut(rows.count).take(columns.count).enumerate() {
                for (scale, power) in self.power.iter_mut().enumerate() {
                    *power = peaks[scale * columns.count + column];
                }
                map.fill(&self.power, out);
            }
        }
        self.kept.push((first, transform));
    }

    pub(super) fn sample(
        &mut self,
        sound: Sound<'_>,
        start_secs: f64,
        step_secs: f64,
        count: usize,
        axis: FrequencyAxis,
    ) -> Vec<f32> {
        let scales = self.scales(axis);
        let mut transform = self.transform(scales.clone());
        let out = transform.sample(sound, start_secs, step_secs, count);
        self.kept.push((scales.start, transform));
        out
    }
}

/// An angle has no peak and nothing between two scales: rows show the nearest one.
fn fill_angles(map: &RowMap, angles: &[f32], columns: usize, out: &mut [i16]) {
    for (column, out) in out.chunks_exact_mut(map.sources.len()).take(columns).enumerate() {
        for (slot, source) in out.iter_mut().zip(&map.sources) {
            let scale = match *source {
                Source::Nowhere => {
                    *slot = NO_LEVEL;
                    continue;
                }
                Source::Between(below, along) => below + usize::from(along >= 0.5),
                Source::Peak(first, last) => usize::midpoint(first, last),
            };
            *slot = level_of_angle(angles[scale * columns + column]);
        }
    }
}
