//! The spectrogram: frames on whole multiples of the hop, each centred on its place.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::grid::{Columns, Rows, Sound};
use super::levels::{NO_LEVEL, db_of_power};
use super::reassign::Reassigner;
use super::row_map::RowMap;
use super::settings::SpectrogramSettings;
use super::{FrequencyAxis, axis};
use crate::dsp::window::window;

/// A planned spectrogram with its buffers.
pub(super) struct Spectrogram {
    rate_hz: f64,
    window_len: usize,
    hop: usize,
    frames: FrameTransform,
    reassigner: Option<Reassigner>,
    /// The peak over the frames of a column, of each bin.
    power: Vec<f32>,
    rows: Option<(Rows, RowMap)>,
}

/// The Fourier transform of windowed frames.
pub(super) struct FrameTransform {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    scratch: Vec<Complex<f32>>,
}

impl FrameTransform {
    pub(super) fn new(window: Vec<f32>, zero_padding: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(window.len() * zero_padding);
        Self { window, input: fft.make_input_vec(), scratch: fft.make_scratch_vec(), fft }
    }

    pub(super) fn fft_len(&self) -> usize {
        self.fft.len()
    }

    pub(super) fn make_spectrum(&self) -> Vec<Complex<f32>> {
        self.fft.make_output_vec()
    }

    /// The transform of the frame whose window begins at a sample, counted from the song's start. `false`: there is no
    /// sound in it, and the spectrum was left alone.
    pub(super) fn run(&mut self, sound: Sound<'_>, begin: i64, spectrum: &mut [Complex<f32>]) -> bool {
        let len = self.window.len();
        let end = begin.saturating_add(len as i64);
        let sound_end = sound.first.saturating_add(sound.samples.len() as i64);
        let (from, to) = (begin.max(sound.first), end.min(sound_end));
        if from >= to {
            return false;
        }
        let inside = (from - begin) as usize..(to - begin) as usize;
        let samples = &sound.samples[(from - sound.first) as usize..(to - sound.first) as usize];
        self.input[..inside.start].fill(0.0);
        self.input[inside.end..].fill(0.0);
        for ((slot, x), w) in self.input[inside.clone()].iter_mut().zip(samples).zip(&self.window[inside]) {
            *slot = x * w;
        }
        // The lengths are those of the plan, so this cannot fail.
        self.fft.process_with_scratch(&mut self.input, spectrum, &mut self.scratch).is_ok()
    }
}

impl Spectrogram {
    pub(super) fn new(settings: &SpectrogramSettings, rate_hz: u32) -> Self {
        let mut shape = window(settings.window, settings.kaiser_beta, settings.window_len);
        // A full-scale sine in the middle of a bin gets the magnitude 1.
        let gain = 2.0 / shape.iter().map(|w| f64::from(*w)).sum::<f64>();
        shape.iter_mut().for_each(|w| *w = (f64::from(*w) * gain) as f32);
        let frames = FrameTransform::new(shape, settings.zero_padding);
        let reassigner = settings.reassigned.then(|| Reassigner::new(settings, gain));
        Self {
            rate_hz: f64::from(rate_hz),
            window_len: settings.window_len,
            hop: settings.hop_len(),
            power: vec![0.0; frames.fft_len() / 2 + 1],
            frames,
            reassigner,
            rows: None,
        }
    }

    /// See [`Reassigner::keep_frames`].
    pub(super) fn keep_frames(&mut self) {
        if let Some(reassigner) = &mut self.reassigner {
            reassigner.keep_frames();
        }
    }

    /// Half a window, and another half where energy moves; a hop, as narrow columns show the nearest frame.
    pub(super) fn reach_secs(&self) -> f64 {
        let windows = if self.reassigner.is_some() { 1.0 } else { 0.5 };
        (windows * self.window_len as f64 + self.hop as f64) / self.rate_hz
    }

    pub(super) fn cone_secs(&self) -> f64 {
        self.window_len as f64 / 2.0 / self.rate_hz
    }

    fn bin_hz(&self) -> f64 {
        self.rate_hz / self.frames.fft_len() as f64
    }

    /// The bins inside an axis.
    fn bins(&self, axis: FrequencyAxis) -> std::ops::Range<usize> {
        let first = (f64::from(axis.low_hz) / self.bin_hz()).ceil().max(0.0) as usize;
        let end = (f64::from(axis.high_hz) / self.bin_hz()).floor().max(0.0) as usize + 1;
        let end = end.min(self.power.len());
        first.min(end)..end
    }

    pub(super) fn frequencies_hz(&self, axis: FrequencyAxis) -> Vec<f32> {
        self.bins(axis).map(|bin| (bin as f64 * self.bin_hz()) as f32).collect()
    }

    pub(super) fn render(&mut self, sound: Sound<'_>, columns: Columns, rows: Rows, out: &mut [i16]) {
        if rows.count == 0 {
            return;
        }
        let map = match self.rows.take() {
            Some((of, map)) if of == rows => map,
            _ => {
                let bin_hz = self.bin_hz() as f32;
                RowMap::new(&rows, self.power.len(), (self.rate_hz / 2.0) as f32, |hz| hz / bin_hz)
            }
        };
        if let Some(reassigner) = &mut self.reassigner {
            let frame_rate = (self.rate_hz, self.hop);
            reassigner.render(&mut self.frames, frame_rate, sound, columns, rows, out);
        } else {
            self.render_frames(sound, columns, &map, out);
        }
        self.rows = Some((rows, map));
    }

    fn render_frames(&mut self, sound: Sound<'_>, columns: Columns, map: &RowMap, out: &mut [i16]) {
        let needed = map.needed();
        let mut spectrum = self.frames.make_spectrum();
        let count = map.sources.len();
        // The frame that the last column shows, if it is only one.
        let mut shown = None;
        for column in 0..columns.count.min(out.len() / count) {
            let frames = frames_of_column(columns, column, self.rate_hz / self.hop as f64);
            let alone = (frames.end - frames.start == 1).then_some(frames.start);
            let (before, rest) = out.split_at_mut(column * count);
            if alone.is_some() && alone == shown {
                rest[..count].copy_from_slice(&before[before.len() - count..]);
                continue;
            }
            shown = alone;
            self.power.fill(0.0);
            for frame in frames {
                self.add_frame(sound, frame, &needed, &mut spectrum);
            }
            map.fill(&self.power, &mut rest[..count]);
        }
    }

    /// Takes the peak of what was and a frame.
    fn add_frame(
        &mut self,
        sound: Sound<'_>,
        frame: i64,
        bins: &std::ops::Range<usize>,
        spectrum: &mut [Complex<f32>],
    ) {
        let begin = frame.saturating_mul(self.hop as i64) - self.window_len as i64 / 2;
        if !self.frames.run(sound, begin, spectrum) {
            return;
        }
        halve_ends(spectrum);
        for (peak, x) in self.power[bins.clone()].iter_mut().zip(&spectrum[bins.clone()]) {
            let power = x.re * x.re + x.im * x.im;
            // Also false for NaN.
            if power > *peak {
                *peak = power;
            }
        }
    }

    /// dB of every bin in the axis, `[frequency, time]`, of frames centred on the nearest sample to each time.
    pub(super) fn sample(
        &mut self,
        sound: Sound<'_>,
        start_secs: f64,
        step_secs: f64,
        count: usize,
        axis: FrequencyAxis,
    ) -> Vec<f32> {
        let bins = self.bins(axis);
        if self.reassigner.is_some() && !bins.is_empty() && count > 0 {
            return self.sample_reassigned(sound, start_secs, step_secs, count, bins);
        }
        let mut spectrum = self.frames.make_spectrum();
        let mut out = vec![db_of_power(0.0); bins.len() * count];
        for time in 0..count {
            let centre = ((start_secs + step_secs * time as f64) * self.rate_hz).round() as i64;
            if self.frames.run(sound, centre - self.window_len as i64 / 2, &mut spectrum) {
                halve_ends(&mut spectrum);
                for (row, bin) in bins.clone().enumerate() {
                    out[row * count + time] = db_of_power(spectrum[bin].norm_sqr());
                }
            }
        }
        out
    }

    /// The picture whose rows are the bins and whose columns are the times.
    fn sample_reassigned(
        &mut self,
        sound: Sound<'_>,
        start_secs: f64,
        step_secs: f64,
        count: usize,
        bins: std::ops::Range<usize>,
    ) -> Vec<f32> {
        let edge = |bin: usize| ((bin as f64 - 0.5) * self.bin_hz()) as f32;
        let axis =
            FrequencyAxis { scale: axis::FrequencyScale::Linear, low_hz: edge(bins.start), high_hz: edge(bins.end) };
        let rows = Rows::whole(axis, bins.len());
        let columns = Columns { start_secs: start_secs - step_secs / 2.0, step_secs, count };
        let mut grid = vec![NO_LEVEL; bins.len() * count];
        self.render(sound, columns, rows, &mut grid);
        let mut out = vec![0.0; grid.len()];
        for (at, slot) in out.iter_mut().enumerate() {
            let level = grid[at % count * bins.len() + at / count];
            // The last bin may lie on half of the rate, and its row's middle beyond it by rounding.
            *slot = if level == NO_LEVEL { db_of_power(0.0) } else { f32::from(level) / 100.0 };
        }
        out
    }
}

/// A constant and a wave at half of the rate have no mirror image in the spectrum, so their gain is half.
pub(super) fn halve_ends(spectrum: &mut [Complex<f32>]) {
    if let [first, .., last] = spectrum {
        *first *= 0.5;
        *last *= 0.5;
    }
}

/// The frames whose centres lie in a column, or the one nearest to its middle.
pub(super) fn frames_of_column(columns: Columns, column: usize, frames_per_sec: f64) -> std::ops::Range<i64> {
    // Times are multiples of fractions; a hair of tolerance keeps a frame on an edge on the same side everywhere.
    let place = |edge: f64| (columns.start_secs + columns.step_secs * edge) * frames_per_sec;
    let frame = |edge: f64| (place(edge) - 1e-6).ceil() as i64;
    let (first, end) = (frame(column as f64), frame((column + 1) as f64));
    if first < end {
        return first..end;
    }
    let nearest = (place(column as f64 + 0.5) - 1e-6).round() as i64;
    nearest..nearest + 1
}
