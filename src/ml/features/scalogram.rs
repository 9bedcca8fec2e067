//! Morlet scalograms.

use super::log_mel::{BANDS, COLUMNS, Grid, RATE_HZ};
use crate::dsp::picture::cwt::Cwt;
use crate::dsp::picture::{Columns, Norm, Part, ScalogramSettings, Sound, Wavelet};

/// Scales for networks.
pub const SCALES: usize = 96;
/// Columns for 30 s of sound, for networks.
pub const COLUMNS_OF_30_SECS: usize = 1024;
/// The lowest and the highest scale, Hz.
const LOW_HZ: f64 = 40.0;
const HIGH_HZ: f64 = 10_000.0;
/// Levels are shown so far below the loudest, dB.
const RANGE_DB: f32 = 80.0;
/// Of the Morlet wavelet: as sharp in frequency as twelve scales an octave can show, and sharp in time.
const CYCLES: f32 = 12.0;

/// Of samples at 22,050 Hz, about 34 columns a second.
pub(in crate::ml) fn grid(samples: &[f32]) -> Grid {
    let step = 30.0 / COLUMNS_OF_30_SECS as f64;
    let columns = (samples.len() as f64 / f64::from(RATE_HZ) / step).round().max(1.0) as usize;
    transform(samples, columns, step, SCALES)
}

/// Of a clip, as fine as the spectrogram pictures.
pub(in crate::ml) fn picture_grid(clip: &[f32]) -> Grid {
    let step = clip.len() as f64 / f64::from(RATE_HZ) / COLUMNS as f64;
    transform(clip, COLUMNS, step, BANDS)
}

fn transform(samples: &[f32], columns: usize, step_secs: f64, scales: usize) -> Grid {
    let settings = ScalogramSettings {
        wavelet: Wavelet::Morlet { cycles: CYCLES },
        norm: Norm::L1,
        part: Part::Magnitude,
        ..ScalogramSettings::default()
    };
    let hz = |scale: usize| LOW_HZ * (HIGH_HZ / LOW_HZ).powf(scale as f64 / (scales - 1) as f64);
    let mut cwt = Cwt::new(&settings, RATE_HZ, (0..scales).map(|scale| hz(scale) as f32).collect());
    let columns_of = Columns { start_secs: 0.0, step_secs, count: columns };
    let powers = cwt.peaks(Sound { samples, first: 0 }, columns_of);
    let loudest = powers.iter().copied().fold(0.0f32, f32::max);
    let level = |power: f32| {
        if power <= 0.0 || loudest <= 0.0 {
            return 0.0;
        }
        (1.0 + 10.0 / RANGE_DB * (power / loudest).log10()).clamp(0.0, 1.0)
    };
    let mut levels = Vec::with_capacity(columns * scales);
    for column in 0..columns {
        levels.extend((0..scales).map(|scale| level(powers[scale * columns + column])));
    }
    Grid { columns, bands: scales, levels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lies_on_its_scale_and_a_click_in_its_column() {
        let rate = RATE_HZ as usize;
        let mut sound: Vec<f32> =
            (0..3 * rate).map(|i| (std::f32::consts::TAU * 440.0 * i as f32 / rate as f32).sin() * 0.3).collect();
        sound[2 * rate] = 1.0;
        let grid = grid(&sound);
        assert_eq!((grid.columns, grid.bands), (102, SCALES));
        let brightest = |column: usize| {
            let levels = &grid.levels[column * SCALES..(column + 1) * SCALES];
            (0..SCALES).max_by(|a, b| levels[*a].total_cmp(&levels[*b])).unwrap()
        };
        let scale = ((440f64 / LOW_HZ).ln() / (HIGH_HZ / LOW_HZ).ln() * 95.0).round() as usize;
        assert_eq!(brightest(30), scale);
        let high = |column: usize| grid.levels[column * SCALES + 90];
        assert!(high(68) > high(30) + 0.3, "{} {}", high(68), high(30));
        assert!(grid.levels.iter().all(|level| (0.0..=1.0).contains(level)));
    }
}
