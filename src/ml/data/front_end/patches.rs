//! YAMNet's log-mel spectrogram, from sound or, roughly, from the levels under a picture.

use std::sync::LazyLock;

use super::log_mel::{Grid, HOP, RANGE_DB, RATE_HZ, frame_of};
use crate::dsp::mel::{MelBank, mel_from_hz};
use crate::ml::data::features::Features;
use crate::ml::mobilenet::{BANDS, FrontEnd, PATCH_SAMPLES};

static FRONT_END: LazyLock<FrontEnd> = LazyLock::new(FrontEnd::new);

/// Of samples at 16 kHz, which are repeated to fill a patch.
pub(super) fn of_sound(samples: &[f32]) -> Features {
    let mel = if samples.len() >= PATCH_SAMPLES {
        FRONT_END.log_mel(samples)
    } else {
        FRONT_END.log_mel(&samples.iter().copied().cycle().take(PATCH_SAMPLES).collect::<Vec<_>>())
    };
    Features::from_f32(&[mel.len() / BANDS, BANDS], &mel)
}

/// Bins of YAMNet's transform.
const FFT: usize = 512;
/// Its sample rate and distance of frames.
const YAMNET_RATE_HZ: f64 = 16_000.0;
const FRAME_SECS: f64 = 0.01;
/// Frames of 30 s of sound.
const FRAMES: usize = 2998;
/// Magnitude of one of YAMNet's bins where a picture is brightest. How loud a clip was its picture does not say; this is the
/// geometric mean over clips of GTZAN of which both are known (they spread by a factor of 2.4).
const LOUDEST_BIN: f32 = 21.0;
/// What a picture shows as its faintest level is taken for this far below the loudest, dB: the best fit on the same clips.
const FAINTEST_DB: f32 = -52.0;

/// Of a picture's levels: those of 128 bands are read as magnitudes at YAMNet's bins, gathered into its 64 bands, and spread
/// from 11 to 100 frames a second along straight lines. What is finer in time than 90 ms or fainter than 40 dB below the
/// loudest is not there: on 84 clips of which both are known the two differ by 0.84 (RMS, of the natural logarithm) when the
/// loudness is known, and correlate by 0.75 at the moments that the columns show.
pub(super) fn of_grid(grid: &Grid) -> Features {
    let bank = MelBank::tensorflow(YAMNET_RATE_HZ, FFT, BANDS, 125.0, 7500.0);
    let high = mel_from_hz(f64::from(RATE_HZ) / 2.0);
    // Where each bin lies among the bands of the picture, whose centres are equally far apart in mel.
    let places: Vec<f64> = (0..=FFT / 2)
        .map(|bin| mel_from_hz(bin as f64 * YAMNET_RATE_HZ / FFT as f64) / high * (grid.bands + 1) as f64 - 1.0)
        .map(|place| place.clamp(0.0, (grid.bands - 1) as f64))
        .collect();
    let mut columns = Vec::with_capacity(grid.columns * BANDS);
    let (mut spectrum, mut bands) = (vec![0.0f32; places.len()], [0.0f32; BANDS]);
    for levels in grid.levels.chunks_exact(grid.bands) {
        for (bin, place) in spectrum.iter_mut().zip(&places) {
            let first = *place as usize;
            let share = (place - first as f64) as f32;
            let level = levels[first] * (1.0 - share) + levels[(first + 1).min(grid.bands - 1)] * share;
            let db = if level > 0.0 { (level - 1.0) * RANGE_DB } else { FAINTEST_DB };
            *bin = LOUDEST_BIN * 10f32.powf(db / 20.0);
        }
        bank.apply(&spectrum, &mut bands);
        columns.extend(bands.iter().map(|mel| (mel + 0.001).ln()));
    }
    let frames_of_picture = 1 + 30 * RATE_HZ as usize / HOP;
    let times: Vec<f64> = (0..grid.columns)
        .map(|column| (frame_of(column, grid.columns, frames_of_picture) * HOP) as f64 / f64::from(RATE_HZ))
        .collect();
    let mut values = Vec::with_capacity(FRAMES * BANDS);
    let mut next = 0;
    for frame in 0..FRAMES {
        // A frame's middle.
        let time = frame as f64 * FRAME_SECS + 0.0125;
        while next < times.len() && times[next] < time {
            next += 1;
        }
        let (before, after) = (next.saturating_sub(1), next.min(times.len() - 1));
        let gap = times[after] - times[before];
        let share = if gap > 0.0 { ((time - times[before]) / gap) as f32 } else { 0.0 };
        for band in 0..BANDS {
            values.push(columns[before * BANDS + band] * (1.0 - share) + columns[after * BANDS + band] * share);
        }
    }
    Features::from_f32(&[FRAMES, BANDS], &values)
}
