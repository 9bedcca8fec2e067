//! The reassigned spectrogram: each value is drawn at the centre of gravity of the energy it comes from.
//!
//! Auger and Flandrin 1995, equations 22 and 23: with the transforms `X` by the window `h(t)`, `Xt` by `t h(t)` and `Xd`
//! by its slope `h'(t)`, the energy of a point lies at the time `t + Re(Xt / X)` and the angular frequency
//! `w - Im(Xd / X)`.

use std::collections::VecDeque;

use realfft::num_complex::Complex;

use super::grid::{Columns, Rows, Sound};
use super::levels::{NO_LEVEL, db_of_power, level_of_db};
use super::settings::SpectrogramSettings;
use super::spectrogram::{FrameTransform, halve_ends};
use crate::dsp::window::{window, window_slope};

/// Values below this power are left out: where they lie is chance (-150 dB).
const FAINTEST: f32 = 1e-15;

/// The extra transforms with their buffers.
pub(super) struct Reassigner {
    window_len: usize,
    by_time: FrameTransform,
    by_slope: FrameTransform,
    spectrum: Vec<Complex<f32>>,
    time_spectrum: Vec<Complex<f32>>,
    slope_spectrum: Vec<Complex<f32>>,
    /// Where the points of this frame and of the one before lie.
    points: Vec<Point>,
    before: Vec<Point>,
    power: Vec<f32>,
    /// Points of the last frames, if they may be needed again.
    kept: Option<VecDeque<(i64, Vec<Point>)>>,
}

/// Where the energy of a bin lies.
#[derive(Clone, Copy)]
struct Point {
    /// Samples from the song's start.
    at: f64,
    /// In bins.
    bin: f32,
    power: f32,
}

const NO_POINT: Point = Point { at: 0.0, bin: 0.0, power: 0.0 };

impl Reassigner {
    /// `gain` scales the window.
    pub(super) fn new(settings: &SpectrogramSettings, gain: f64) -> Self {
        let (shape, beta, len) = (settings.window, settings.kaiser_beta, settings.window_len);
        let middle = len as f64 / 2.0;
        let timed = window(shape, beta, len)
            .iter()
            .enumerate()
            .map(|(i, w)| ((i as f64 - middle) * gain * f64::from(*w)) as f32)
            .collect();
        let sloped = window_slope(shape, beta, len).iter().map(|w| (gain * f64::from(*w)) as f32).collect();
        let by_time = FrameTransform::new(timed, settings.zero_padding);
        let by_slope = FrameTransform::new(sloped, settings.zero_padding);
        Self {
            window_len: len,
            spectrum: by_time.make_spectrum(),
            time_spectrum: by_time.make_spectrum(),
            slope_spectrum: by_time.make_spectrum(),
            points: vec![NO_POINT; by_time.fft_len() / 2 + 1],
            before: vec![NO_POINT; by_time.fft_len() / 2 + 1],
            power: Vec::new(),
            kept: None,
            by_time,
            by_slope,
        }
    }

    /// From now on every request comes from the same song, and frames that it reaches do not change any more.
    pub(super) fn keep_frames(&mut self) {
        self.kept = Some(VecDeque::new());
    }

    /// A cell shows the strongest point in it. Points of neighbouring frames (or bins) that lie about as far apart as
    /// their frames (or bins) belong to one line or one click, and the cells between them are filled.
    pub(super) fn render(
        &mut self,
        frames: &mut FrameTransform,
        (rate_hz, hop): (f64, usize),
        sound: Sound<'_>,
        columns: Columns,
        rows: Rows,
        out: &mut [i16],
    ) {
        let count = rows.count;
        self.power.clear();
        self.power.resize(columns.count * count, 0.0);
        let bin_hz = (rate_hz / frames.fft_len() as f64) as f32;
        let step = columns.step_secs * rate_hz;
        let start = columns.start_secs * rate_hz;
        // Energy moves by half a window at most, and the frame before tells whether a line goes on.
        let reach = (self.window_len / 2 + hop) as f64;
        let first = ((start - reach) / hop as f64).floor() as i64;
        let last = ((start + step * columns.count as f64 + reach) / hop as f64).ceil() as i64;
        // Beyond the sound there is nothing to draw.
        let first = first.max((sound.first - self.window_len as i64) / hop as i64 - 1);
        let last = last.min((sound.first + (sound.samples.len() + self.window_len) as i64) / hop as i64 + 1);
        let place = |bin: f32| (rows.axis.position(bin * bin_hz) - rows.from) / (rows.to - rows.from) * count as f32;
        self.before.fill(NO_POINT);
        if let Some(kept) = &mut self.kept {
            kept.retain(|(frame, _)| *frame >= first);
        }
        for frame in first..=last {
            self.points_of_frame(frames, sound, frame, hop);
            for bin in 0..self.points.len() {
                let Point { at, bin: to, power } = self.points[bin];
                if power < FAINTEST {
                    continue;
                }
                let before = self.before[bin];
                let joined_in_time = before.power >= FAINTEST && near(at - before.at, hop as f64);
                let from_column = (if joined_in_time { before.at } else { at } - start) / step;
                let columns = cells(from_column, (at - start) / step, columns.count);
                if columns.is_empty() {
                    continue;
                }
                let from_bin = match bin.checked_sub(1).map(|below| self.points[below]) {
                    Some(below) if below.power >= FAINTEST && near(f64::from(to - below.bin), 1.0) => below.bin,
                    _ => to,
                };
                let row = f64::from(place(to));
                let from_row = if from_bin < to { f64::from(place(from_bin)) } else { row };
                let rows = cells(from_row, row, count);
                for column in columns {
                    for cell in &mut self.power[column * count..][rows.clone()] {
                        *cell = cell.max(power);
                    }
                }
            }
            std::mem::swap(&mut self.points, &mut self.before);
        }
        let nyquist = (rate_hz / 2.0) as f32;
        for row in 0..count {
            let known = rows.centre_hz(row) <= nyquist;
            for (slot, power) in out.iter_mut().skip(row).step_by(count).zip(self.power.iter().skip(row).step_by(count))
            {
                *slot = if known { level_of_db(db_of_power(*power)) } else { NO_LEVEL };
            }
        }
    }

    /// Leaves the points of a frame in `self.points`.
    fn points_of_frame(&mut self, frames: &mut FrameTransform, sound: Sound<'_>, frame: i64, hop: usize) {
        let found = self.kept.iter().flatten().find(|(kept, _)| *kept == frame);
        if let Some((_, points)) = found {
            self.points.copy_from_slice(points);
            return;
        }
        self.find_points(frames, sound, frame * hop as i64);
        if let Some(kept) = &mut self.kept {
            kept.push_back((frame, self.points.clone()));
        }
    }

    fn find_points(&mut self, frames: &mut FrameTransform, sound: Sound<'_>, centre: i64) {
        let begin = centre - self.window_len as i64 / 2;
        if !frames.run(sound, begin, &mut self.spectrum) {
            self.points.fill(NO_POINT);
            return;
        }
        self.by_time.run(sound, begin, &mut self.time_spectrum);
        self.by_slope.run(sound, begin, &mut self.slope_spectrum);
        halve_ends(&mut self.spectrum);
        halve_ends(&mut self.time_spectrum);
        halve_ends(&mut self.slope_spectrum);
        let bins_per_radian = frames.fft_len() as f32 / std::f32::consts::TAU;
        let half = self.window_len as f32 / 2.0;
        for bin in 0..self.points.len() {
            let x = self.spectrum[bin];
            let power = x.norm_sqr();
            self.points[bin] = if power >= FAINTEST {
                let later = (self.time_spectrum[bin] * x.conj()).re / power;
                let lower = (self.slope_spectrum[bin] * x.conj()).im / power;
                // Where two sounds cancel a point may be sent anywhere; further than the window it cannot come from.
                if later.abs() <= half {
                    Point { at: centre as f64 + f64::from(later), bin: bin as f32 - lower * bins_per_radian, power }
                } else {
                    NO_POINT
                }
            } else {
                NO_POINT
            };
        }
    }
}

/// Whether two points lie as far apart as a line or a click makes them.
fn near(distance: f64, usual: f64) -> bool {
    distance > 0.0 && distance <= 1.5 * usual
}

/// The cells of `count` that a stretch touches: from the one after its beginning to the one of its end.
fn cells(from: f64, to: f64, count: usize) -> std::ops::Range<usize> {
    let clamp = |place: f64| place.floor().clamp(-1.0, count as f64);
    let (first, last) = (clamp(from.min(to)), clamp(to.max(from)));
    let first = if first < last { first + 1.0 } else { first };
    let end = (last + 1.0).clamp(0.0, count as f64) as usize;
    (first.max(0.0) as usize).min(end)..end
}
