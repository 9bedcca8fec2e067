//! Spectrograms and scalograms of sounds whose pictures are known.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::f64::consts::TAU;

use timbre::base::Channel;
use timbre::dsp::picture::{
    Analyzer, Columns, FrequencyAxis, FrequencyScale, LiveAnalyzer, NO_LEVEL, Norm, Part, PictureSpec, Rows,
    ScalogramSettings, Sound, SpectrogramSettings, Transform, Wavelet,
};
use timbre::dsp::window::WindowShape;

const RATE: u32 = 22_050;
const AXIS: FrequencyAxis = FrequencyAxis { scale: FrequencyScale::Log, low_hz: 60.0, high_hz: 10_000.0 };

fn spectrogram() -> Transform {
    Transform::Spectrogram(SpectrogramSettings::default())
}

fn reassigned() -> Transform {
    Transform::Spectrogram(SpectrogramSettings { reassigned: true, ..SpectrogramSettings::default() })
}

fn scalogram() -> Transform {
    Transform::Scalogram(ScalogramSettings::default())
}

fn sine(hz: f64, secs: f64) -> Vec<f32> {
    (0..(secs * f64::from(RATE)) as usize).map(|n| (TAU * hz * n as f64 / f64::from(RATE)).sin() as f32).collect()
}

fn noise(len: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| 0.5 * next()).collect()
}

fn render(analyzer: &mut Analyzer, samples: &[f32], columns: Columns, rows: Rows) -> Vec<i16> {
    let mut out = vec![1; columns.count * rows.count];
    analyzer.render(Sound { samples, first: 0 }, columns, rows, &mut out);
    out
}

/// Within so many hundredths of a dB, or -80 dB full scale.
fn close(a: i16, b: i16, tolerance: i16) -> bool {
    let amplitude = |level: i16| 10f32.powf(f32::from(level) / 2000.0);
    (a - b).abs() <= tolerance || (amplitude(a) - amplitude(b)).abs() < 1e-4
}

fn loudest(column: &[i16]) -> (usize, i16) {
    column.iter().copied().enumerate().max_by_key(|(_, level)| *level).unwrap()
}

#[test]
fn a_full_scale_sine_is_at_0_db_in_its_row_in_both_pictures() {
    // Between two scales, 1/24 octave apart, a Morlet wavelet of 16 waves is 0.23 dB down: exp(-(16 * 0.0145)^2 / 2).
    for (transform, tolerance) in [(spectrogram(), 40), (reassigned(), 40), (scalogram(), 25)] {
        let mut analyzer = Analyzer::new(&transform, RATE);
        for hz in [110.0, 440.0, 1234.5, 5000.0] {
            let rows = Rows::whole(AXIS, 256);
            let columns = Columns { start_secs: 0.5, step_secs: 0.05, count: 10 };
            for column in render(&mut analyzer, &sine(hz, 1.5), columns, rows).chunks(256) {
                let (row, level) = loudest(column);
                assert!(level.abs() < tolerance, "{transform:?} {hz} Hz: {level}");
                let found = f64::from(rows.centre_hz(row));
                // A bin is 10.8 Hz, half of that with zero padding; scales are 1/24 octave apart.
                assert!((found - hz).abs() < 6.0 + 0.03 * hz, "{transform:?} {hz} Hz is shown at {found}");
            }
        }
    }
}

#[test]
fn an_exponential_sweep_is_a_straight_line_on_the_log_axis() {
    // 100 Hz to 8 kHz in 8 s.
    let rise = (80.0_f64).ln() / 8.0;
    let sweep: Vec<f32> = (0..8 * RATE)
        .map(|n| (TAU * 100.0 * ((rise * f64::from(n) / f64::from(RATE)).exp() - 1.0) / rise).sin() as f32)
        .collect();
    let rows = Rows::whole(AXIS, 256);
    let columns = Columns { start_secs: 0.0, step_secs: 0.01, count: 800 };
    for transform in [spectrogram(), reassigned(), scalogram()] {
        let picture = render(&mut Analyzer::new(&transform, RATE), &sweep, columns, rows);
        for (column, levels) in picture.chunks(256).enumerate().take(770).skip(30) {
            let hz = 100.0 * (rise * (column as f64 + 0.5) * 0.01).exp();
            let expected = f64::from(AXIS.position(hz as f32)) * 256.0 - 0.5;
            let (row, level) = loudest(levels);
            let allowed = if hz < 250.0 && !matches!(transform, Transform::Scalogram(_)) { 8.0 } else { 3.0 };
            assert!((row as f64 - expected).abs() < allowed, "{transform:?} column {column}: {row}, not {expected}");
            // Fast sweeps are spread over the bins of a window.
            let least = if matches!(transform, Transform::Scalogram(_)) { -300 } else { -1000 };
            assert!(level > least, "{transform:?} column {column}: {level}");
        }
    }
}

#[test]
fn clicks_stand_in_their_columns() {
    let places = [11_025, 16_000, 20_500, 27_777];
    let mut clicks = vec![0.0; 33_075];
    places.iter().for_each(|at| clicks[*at] = 1.0);
    let rows = Rows::whole(AXIS, 64);
    let columns = Columns { start_secs: 0.0, step_secs: 0.005, count: 300 };
    let short = SpectrogramSettings { window_len: 256, ..SpectrogramSettings::default() };
    let sharp = SpectrogramSettings { reassigned: true, ..SpectrogramSettings::default() };
    let paul = ScalogramSettings { wavelet: Wavelet::Paul { order: 4 }, ..ScalogramSettings::default() };
    let cases = [
        (Transform::Spectrogram(short), 2),
        (Transform::Spectrogram(sharp), 1),
        (scalogram(), 1),
        (Transform::Scalogram(paul), 1),
    ];
    for (transform, allowed) in cases {
        let picture = render(&mut Analyzer::new(&transform, RATE), &clicks, columns, rows);
        // The row at about 5 kHz, where all of these are short.
        let row = (AXIS.position(5000.0) * 64.0) as usize;
        let at = |column: usize| picture[column * 64 + row];
        for place in places {
            let expected = place as f64 / f64::from(RATE) / 0.005;
            let around = expected as usize - 8..expected as usize + 9;
            let top = around.clone().map(at).max().unwrap();
            let peaks: Vec<_> = around.filter(|column| at(*column) >= top - 10).collect();
            let middle = peaks.iter().sum::<usize>() as f64 / peaks.len() as f64 + 0.5;
            assert!((middle - expected).abs() <= f64::from(allowed), "{transform:?}: {peaks:?}, not {expected}");
        }
        // Between the clicks it is dark.
        assert!(at(places[0] / 110 + 22) < at(places[0] / 110) - 3000, "{transform:?}");
    }
}

#[test]
fn a_click_is_as_loud_at_every_zoom() {
    let mut click = vec![0.0; 8 * RATE as usize];
    click[80_001] = 1.0;
    let rows = Rows::whole(AXIS, 64);
    for transform in [spectrogram(), scalogram()] {
        let mut analyzer = Analyzer::new(&transform, RATE);
        let loudest = |analyzer: &mut Analyzer, step_secs: f64| {
            let start_secs = 80_001.0 / f64::from(RATE) - 0.3;
            let columns = Columns { start_secs, step_secs, count: (1.0 / step_secs).ceil() as usize };
            let picture = render(analyzer, &click, columns, rows);
            let row = |row: usize| picture.iter().skip(row).step_by(64).copied().max().unwrap();
            [row(10), row(30), row(50), row(60)]
        };
        let fine = loudest(&mut analyzer, 1.0 / 2048.0);
        for step in [0.004, 0.03, 0.25, 1.0] {
            for (a, b) in loudest(&mut analyzer, step).into_iter().zip(fine) {
                assert!((a - b).abs() <= 15, "{transform:?} columns of {step} s: {a} {b}");
            }
        }
    }
}

#[test]
fn pieces_join_without_a_seam() {
    let samples = noise(6 * RATE as usize);
    let rows = Rows::whole(AXIS, 96);
    let haar = ScalogramSettings { wavelet: Wavelet::Haar, ..ScalogramSettings::default() };
    let dog = ScalogramSettings { wavelet: Wavelet::Dog { order: 2 }, ..ScalogramSettings::default() };
    let cases = [
        (spectrogram(), 0),
        (reassigned(), 0),
        (scalogram(), 15),
        // Real wavelets wave up and down, so their peaks are narrower.
        (Transform::Scalogram(haar), 30),
        (Transform::Scalogram(dog), 30),
    ];
    for (transform, tolerance) in cases {
        for step_secs in [1.0 / 512.0, 1.0 / 64.0, 0.25] {
            let count = if step_secs > 0.1 { 24 } else { 96 };
            let whole = Columns { start_secs: 0.0, step_secs, count };
            let whole = render(&mut Analyzer::new(&transform, RATE), &samples, whole, rows);
            let mut analyzer = Analyzer::new(&transform, RATE);
            let reach = (analyzer.reach_secs(AXIS.low_hz) * f64::from(RATE)).ceil() as i64;
            let piece = count / 4;
            for part in 0..4 {
                let start_secs = (part * piece) as f64 * step_secs;
                let columns = Columns { start_secs, step_secs, count: piece };
                // Only the sound that the analyzer says it needs.
                let from = ((start_secs * f64::from(RATE)) as i64 - reach).max(0);
                let to = ((start_secs + piece as f64 * step_secs) * f64::from(RATE)) as i64 + 1 + reach;
                let cut = &samples[from as usize..(to as usize).min(samples.len())];
                let mut out = vec![0; piece * 96];
                analyzer.render(Sound { samples: cut, first: from }, columns, rows, &mut out);
                let expected = &whole[part * piece * 96..][..out.len()];
                for (a, b) in out.iter().zip(expected) {
                    let same = if tolerance == 0 { a == b } else { close(*a, *b, tolerance) };
                    assert!(same, "{transform:?} {step_secs} {part}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn white_noise_is_flat_with_l2_and_rises_with_l1() {
    let samples = noise(20 * RATE as usize);
    let mean_db = |norm: Norm| {
        let settings = ScalogramSettings { norm, ..ScalogramSettings::default() };
        let mut analyzer = Analyzer::new(&Transform::Scalogram(settings), RATE);
        let axis = FrequencyAxis { low_hz: 200.0, high_hz: 6400.0, ..AXIS };
        let frequencies = analyzer.frequencies_hz(axis);
        let levels = analyzer.sample(Sound { samples: &samples, first: 0 }, 0.5, 0.0101, 1800, axis);
        let octave = |low: f32| {
            let rows = frequencies.iter().zip(levels.chunks(1800)).filter(|(hz, _)| (low..low * 2.0).contains(*hz));
            let powers: Vec<f64> = rows.flat_map(|(_, row)| row).map(|db| 10f64.powf(f64::from(*db) / 10.0)).collect();
            10.0 * (powers.iter().sum::<f64>() / powers.len() as f64).log10()
        };
        [octave(200.0), octave(400.0), octave(800.0), octave(1600.0), octave(3200.0)]
    };
    let flat = mean_db(Norm::L2);
    assert!(flat.iter().all(|db| (db - flat[0]).abs() < 1.0), "{flat:?}");
    let rising = mean_db(Norm::L1);
    assert!(rising.windows(2).all(|pair| (pair[1] - pair[0] - 3.0).abs() < 1.2), "{rising:?}");
}

#[test]
fn the_phase_of_a_sine_advances_at_its_rate() {
    let settings = ScalogramSettings { part: Part::Phase, ..ScalogramSettings::default() };
    let mut analyzer = Analyzer::new(&Transform::Scalogram(settings), RATE);
    let samples = sine(440.0, 3.0);
    let axis = FrequencyAxis { low_hz: 430.0, high_hz: 450.0, ..AXIS };
    let degrees = analyzer.sample(Sound { samples: &samples, first: 0 }, 1.0, 0.0003, 500, axis);
    assert_eq!(analyzer.frequencies_hz(axis), [440.0]);
    let off = |expected: f64, found: f64| ((found - expected) / 360.0 - ((found - expected) / 360.0).round()).abs();
    for (i, found) in degrees.iter().enumerate() {
        // A sine is a cosine a quarter later.
        let expected = 360.0 * 440.0 * (1.0 + 0.0003 * i as f64) - 90.0;
        assert!(off(expected, f64::from(*found)) < 0.003, "{i}: {found} {expected}");
    }
    // The same in the picture, at the middle of each column.
    let rows = Rows::whole(axis, 1);
    let picture = render(&mut analyzer, &samples, Columns { start_secs: 1.0, step_secs: 0.0003, count: 200 }, rows);
    for (i, found) in picture.iter().enumerate() {
        let expected = 360.0 * 440.0 * (1.0 + 0.0003 * (i as f64 + 0.5)) - 90.0;
        assert!(off(expected, f64::from(*found) / 100.0) < 0.003, "{i}: {found} {expected}");
    }
}

#[test]
fn the_cone_is_torrence_and_compos() {
    let cone = |wavelet| {
        let settings = ScalogramSettings { wavelet, ..ScalogramSettings::default() };
        Analyzer::new(&Transform::Scalogram(settings), RATE).cone_secs(100.0) * 100.0 * TAU
    };
    // Scales for which w0 = 6, m = 4 and m = 2 give 100 Hz, times the factors of table 1.
    assert!((cone(Wavelet::Morlet { cycles: 6.0 }) - 6.0 * 2f64.sqrt()).abs() < 1e-9);
    assert!((cone(Wavelet::Paul { order: 4 }) - 4.0 / 2f64.sqrt()).abs() < 1e-9);
    assert!((cone(Wavelet::Dog { order: 2 }) - 2.0).abs() < 1e-9);
    let spectrogram = Analyzer::new(&spectrogram(), RATE);
    assert!((spectrogram.cone_secs(100.0) - 1024.0 / f64::from(RATE)).abs() < 1e-12);
}

#[test]
fn nothing_is_known_above_half_of_the_rate() {
    let axis = FrequencyAxis { scale: FrequencyScale::Linear, low_hz: 100.0, high_hz: 22_050.0 };
    for transform in [spectrogram(), reassigned(), scalogram()] {
        let mut analyzer = Analyzer::new(&transform, RATE);
        let rows = Rows::whole(axis, 100);
        let columns = Columns { start_secs: 0.0, step_secs: 0.1, count: 3 };
        for column in render(&mut analyzer, &noise(9000), columns, rows).chunks(100) {
            for (row, level) in column.iter().enumerate() {
                assert_eq!(*level == NO_LEVEL, rows.centre_hz(row) > 11_025.0, "{transform:?} {row}: {level}");
            }
        }
        assert!(analyzer.frequencies_hz(axis).iter().all(|hz| *hz <= 11_025.0));
    }
}

#[test]
fn strange_requests_and_sounds_are_no_trouble() {
    for transform in [spectrogram(), reassigned(), scalogram()] {
        let mut analyzer = Analyzer::new(&transform, 0);
        assert_eq!(analyzer.rate_hz(), 1);
        let columns = Columns { start_secs: -3.0, step_secs: 0.1, count: 4 };
        render(&mut analyzer, &[], columns, Rows::whole(AXIS, 8));
        let mut analyzer = Analyzer::new(&transform, RATE);
        for samples in [vec![], vec![f32::NAN; 5000], vec![0.0; 5000], vec![f32::INFINITY; 5000]] {
            let levels = render(&mut analyzer, &samples, columns, Rows::whole(AXIS, 8));
            assert!(levels.iter().all(|level| *level <= -20_000), "{transform:?} {levels:?}");
        }
        render(&mut analyzer, &[0.5; 100], Columns { count: 0, ..columns }, Rows::whole(AXIS, 8));
        render(&mut analyzer, &[0.5; 100], columns, Rows::whole(AXIS, 0));
        assert!(analyzer.sample(Sound { samples: &[0.5], first: 0 }, 0.0, 0.1, 0, AXIS).is_empty());
        // Long before and long after the sound.
        for start_secs in [-1e6, 1e6] {
            let far = Columns { start_secs, step_secs: 0.1, count: 2 };
            assert!(render(&mut analyzer, &[0.5; 100], far, Rows::whole(AXIS, 8)).iter().all(|l| *l <= -20_000));
        }
    }
}

#[test]
fn exported_spectra_are_the_pictures() {
    let axis = FrequencyAxis { scale: FrequencyScale::Linear, low_hz: 400.0, high_hz: 2000.0 };
    for (transform, most) in [(spectrogram(), 0.5), (reassigned(), 0.5), (scalogram(), 0.1)] {
        let mut analyzer = Analyzer::new(&transform, RATE);
        let samples = sine(880.0, 2.0);
        let frequencies = analyzer.frequencies_hz(axis);
        let values = analyzer.sample(Sound { samples: &samples, first: 0 }, 1.0, 0.1, 5, axis);
        assert_eq!(values.len(), frequencies.len() * 5);
        for time in 0..5 {
            let column: Vec<f32> = values.iter().skip(time).step_by(5).copied().collect();
            let (row, db) = column.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            assert!(db.abs() < most, "{transform:?} {db}");
            assert!((frequencies[row] - 880.0).abs() < 6.0, "{transform:?} {}", frequencies[row]);
        }
    }
}

#[test]
fn live_columns_are_those_of_the_finished_file() {
    let samples = noise(2 * RATE as usize);
    for (transform, shape) in [(spectrogram(), None), (scalogram(), None), (spectrogram(), Some(WindowShape::FlatTop))]
    {
        let transform = match (transform, shape) {
            (Transform::Spectrogram(settings), Some(window)) => {
                Transform::Spectrogram(SpectrogramSettings { window, ..settings })
            }
            (transform, _) => transform,
        };
        let spec = PictureSpec { transform, axis: AXIS, channel: Channel::Mid };
        let mut live = LiveAnalyzer::new(&spec, RATE, 64, 60.0);
        let (mut levels, mut columns, mut fed) = (Vec::new(), 0, 0);
        for piece in samples.chunks(313) {
            columns += live.push(piece, &mut levels);
            fed += piece.len();
            // The last column came as soon as its delay was over.
            let known = fed as f64 / f64::from(RATE) - live.delay_secs();
            assert!((columns as f64 - known * 60.0 - 1.0).abs() <= 1.01 || known < 0.0, "{columns} {known}");
        }
        assert_eq!(levels.len(), columns * 64);
        assert!(columns > 90);
        let whole = Columns { start_secs: -0.5 / 60.0, step_secs: 1.0 / 60.0, count: columns };
        let whole = render(&mut Analyzer::new(&transform, RATE), &samples, whole, Rows::whole(AXIS, 64));
        for (at, (a, b)) in levels.iter().zip(&whole).enumerate() {
            assert!(close(*a, *b, 15), "{transform:?} column {} row {}: {a} {b}", at / 64, at % 64);
        }
    }
}
