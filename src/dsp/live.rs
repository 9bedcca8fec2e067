//! The live spectrogram: what is heard, as columns of log-spaced frequency bands.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::window::hann_periodic;

/// Bands of a live column.
pub const LIVE_BANDS: usize = 160;

/// One column of the live spectrogram.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveColumn {
    /// Level of each band in dB full scale (a full-scale sine is 0 dB), lowest frequency first;
    /// bands are spaced logarithmically from [`LIVE_LOW_HZ`] to [`LIVE_HIGH_HZ`].
    pub levels_db: Vec<f32>,
}

/// Centre of the lowest band.
pub const LIVE_LOW_HZ: f32 = 40.0;
/// Centre of the highest band.
pub const LIVE_HIGH_HZ: f32 = 16_000.0;
/// The lowest level, dB full scale: silence, and bands above half of the sample rate.
pub const LIVE_FLOOR_DB: f32 = -120.0;

/// Columns a second.
const COLUMNS_PER_SEC: f64 = 60.0;
/// Bands below this are taken from the long window, whose bins are half as wide, the others from the short one, which
/// follows in half of the time. Here a band is about as wide as a bin of the short window at 48 kHz.
const SPLIT_HZ: f32 = 650.0;
/// The short window, seconds: 2048 samples at 48 kHz.
const SHORT_SECS: f32 = 0.042;
/// What the sum of the squares of a Hann window's main lobe is more than that of its middle: its equivalent noise
/// bandwidth, bins (Harris 1978, table 1).
const HANN_ENBW_BINS: f32 = 1.5;

/// The centre of a band, Hz.
pub fn live_band_hz(band: usize) -> f32 {
    LIVE_LOW_HZ * (LIVE_HIGH_HZ / LIVE_LOW_HZ).powf(band as f32 / (LIVE_BANDS - 1) as f32)
}

/// Turns samples into columns as they come.
pub struct LiveSpectrum {
    rate_hz: u32,
    /// The last samples, as many as the long window has.
    history: VecDeque<f32>,
    long: Analyzer,
    short: Analyzer,
    /// Bands that the long window gives.
    split_band: usize,
    samples_per_column: f64,
    /// Samples until the next column.
    until_next: f64,
}

impl LiveSpectrum {
    /// For samples at `rate_hz`; a rate of 0 is taken as 1.
    pub fn new(rate_hz: u32) -> Self {
        let rate_hz = rate_hz.max(1);
        let rate = rate_hz as f32;
        let short_len = ((SHORT_SECS * rate) as usize).max(16).next_power_of_two();
        let split_band = (0..LIVE_BANDS).take_while(|band| live_band_hz(*band) < SPLIT_HZ).count();
        let long = Analyzer::new(rate, 2 * short_len, 0..split_band);
        let short = Analyzer::new(rate, short_len, split_band..LIVE_BANDS);
        let samples_per_column = f64::from(rate_hz) / COLUMNS_PER_SEC;
        Self {
            rate_hz,
            history: VecDeque::from(vec![0.0; 2 * short_len]),
            long,
            short,
            split_band,
            samples_per_column,
            until_next: samples_per_column,
        }
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Takes mono samples, nominally -1 to 1, and returns the columns that they complete (one each 1/60 s).
    pub fn push(&mut self, samples: &[f32]) -> Vec<LiveColumn> {
        let mut columns = Vec::new();
        let mut rest = samples;
        while !rest.is_empty() {
            let due = (self.until_next.ceil().max(1.0) as usize).min(rest.len());
            let (now, later) = rest.split_at(due);
            self.remember(now);
            rest = later;
            self.until_next -= due as f64;
            if self.until_next <= 0.0 {
                self.until_next += self.samples_per_column;
                columns.push(self.column());
            }
        }
        columns
    }

    fn remember(&mut self, samples: &[f32]) {
        let len = self.history.len();
        let samples = &samples[samples.len().saturating_sub(len)..];
        self.history.drain(..samples.len());
        self.history.extend(samples);
    }

    fn column(&mut self) -> LiveColumn {
        let mut levels_db = vec![LIVE_FLOOR_DB; LIVE_BANDS];
        let history = self.history.make_contiguous();
        let (low, high) = levels_db.split_at_mut(self.split_band);
        self.long.analyze(history, low);
        self.short.analyze(&history[history.len() - self.short.window.len()..], high);
        LiveColumn { levels_db }
    }
}

/// Where a band is in a spectrum.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Narrower than a bin: between this one and the next, that far along.
    Between(usize, f32),
    /// These bins, both ends included.
    Bins(usize, usize),
    /// Above half of the sample rate.
    Nowhere,
}

/// One window length and the bands that are taken from it.
struct Analyzer {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Power of a sine around each bin, 1 at full scale.
    power: Vec<f32>,
    places: Vec<Place>,
}

impl Analyzer {
    fn new(rate_hz: f32, len: usize, bands: std::ops::Range<usize>) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(len);
        let window = hann_periodic(len);
        let bin_hz = rate_hz / len as f32;
        let last_bin = len / 2;
        // Half of the distance to the next band, as a factor.
        let half_step = (live_band_hz(1) / live_band_hz(0)).sqrt();
        let places = bands
            .map(|band| {
                let centre = live_band_hz(band) / bin_hz;
                if centre > last_bin as f32 {
                    return Place::Nowhere;
                }
                let first = (centre / half_step).round() as usize;
                let last = ((centre * half_step).round() as usize).min(last_bin);
                if last > first {
                    Place::Bins(first, last)
                } else {
                    let below = (centre as usize).min(last_bin - 1);
                    Place::Between(below, centre - below as f32)
                }
            })
            .collect();
        Self {
            window,
            input: vec![0.0; len],
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; last_bin + 1],
            places,
            fft,
        }
    }

    fn analyze(&mut self, samples: &[f32], levels_db: &mut [f32]) {
        for (slot, (sample, weight)) in self.input.iter_mut().zip(samples.iter().zip(&self.window)) {
            *slot = sample * weight;
        }
        // Lengths are those of the plan, so this cannot fail; if it did, the column would be silent.
        if self.fft.process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch).is_err() {
            return;
        }
        // A full-scale sine on a bin has the magnitude len/4: half of the sum of the window. Between two bins it has less,
        // but the sum over three bins stays within 0.1 dB.
        let scale = (4.0 / self.input.len() as f32).powi(2) / HANN_ENBW_BINS;
        let squared = |bin: usize| self.spectrum.get(bin).map_or(0.0, Complex::norm_sqr);
        for bin in 0..self.power.len() {
            let below = if bin == 0 { 0.0 } else { squared(bin - 1) };
            self.power[bin] = (below + squared(bin) + squared(bin + 1)) * scale;
        }
        for (level, place) in levels_db.iter_mut().zip(&self.places) {
            *level = match *place {
                Place::Between(bin, along) => {
                    decibels(self.power[bin]) * (1.0 - along) + decibels(self.power[bin + 1]) * along
                }
                Place::Bins(first, last) => decibels(self.power[first..=last].iter().copied().fold(0.0, f32::max)),
                Place::Nowhere => LIVE_FLOOR_DB,
            };
        }
    }
}

fn decibels(power: f32) -> f32 {
    // A sound that is not a number has no level.
    if power > 0.0 { (10.0 * power.log10()).max(LIVE_FLOOR_DB) } else { LIVE_FLOOR_DB }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, level: f32, rate_hz: u32, secs: f32) -> Vec<f32> {
        let count = (secs * rate_hz as f32) as usize;
        (0..count)
            .map(|n| {
                level * (f64::from(hz) * f64::from(n as u32) / f64::from(rate_hz) * std::f64::consts::TAU).sin() as f32
            })
            .collect()
    }

    fn last_column(samples: &[f32], rate_hz: u32) -> Vec<f32> {
        LiveSpectrum::new(rate_hz).push(samples).pop().unwrap().levels_db
    }

    fn loudest(levels: &[f32]) -> (usize, f32) {
        levels.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
    }

    #[test]
    fn a_full_scale_sine_reads_zero_db_in_its_band_wherever_it_lies() {
        for rate_hz in [44_100, 48_000, 96_000] {
            for hz in [55.0, 100.0, 123.4, 440.0, 640.0, 660.0, 1_000.0, 1_011.7, 3_333.0, 9_876.5, 15_000.0] {
                let (band, level) = loudest(&last_column(&tone(hz, 1.0, rate_hz, 0.5), rate_hz));
                assert!(level.abs() < 0.5, "{hz} Hz at {rate_hz}: {level} dB");
                // Within one bin of the window that the band is taken from, and half a band.
                let bin_hz = rate_hz as f32 / (SHORT_SECS * rate_hz as f32).max(16.0);
                let off = (live_band_hz(band) - hz).abs();
                assert!(off < bin_hz + 0.02 * hz, "{hz} Hz at {rate_hz} is shown at {}", live_band_hz(band));
            }
        }
    }

    #[test]
    fn levels_are_decibels_and_far_bands_stay_dark() {
        let levels = last_column(&tone(1_000.0, 0.1, 48_000, 0.5), 48_000);
        let (band, level) = loudest(&levels);
        assert!((level + 20.0).abs() < 0.5, "{level}");
        for far in (0..LIVE_BANDS).filter(|far| far.abs_diff(band) > 20) {
            assert!(levels[far] < -70.0, "{} Hz: {} dB", live_band_hz(far), levels[far]);
        }
    }

    #[test]
    fn silence_and_what_is_no_number_are_at_the_floor() {
        assert!(last_column(&[0.0; 9_600], 48_000).iter().all(|level| *level == LIVE_FLOOR_DB));
        assert!(last_column(&[f32::NAN; 9_600], 48_000).iter().all(|level| *level == LIVE_FLOOR_DB));
        // Bands above half of the rate.
        let levels = last_column(&tone(1_000.0, 1.0, 8_000, 1.0), 8_000);
        assert_eq!(levels.len(), LIVE_BANDS);
        assert_eq!(levels[LIVE_BANDS - 1], LIVE_FLOOR_DB);
    }

    #[test]
    fn sixty_columns_a_second_however_the_samples_come() {
        let samples = tone(700.0, 0.5, 44_100, 2.0);
        let whole = LiveSpectrum::new(44_100).push(&samples);
        assert_eq!(whole.len(), 120);
        let mut pieces = LiveSpectrum::new(44_100);
        let joined: Vec<LiveColumn> = samples.chunks(37).flat_map(|piece| pieces.push(piece)).collect();
        assert_eq!(whole, joined);
        assert!(LiveSpectrum::new(0).push(&[]).is_empty());
    }

    #[test]
    fn bands_run_from_low_to_high_in_equal_steps() {
        assert!((live_band_hz(0) - LIVE_LOW_HZ).abs() < 1e-3);
        assert!((live_band_hz(LIVE_BANDS - 1) - LIVE_HIGH_HZ).abs() < 0.1);
        let step = live_band_hz(1) / live_band_hz(0);
        assert!((live_band_hz(100) / live_band_hz(99) - step).abs() < 1e-4);
    }
}
