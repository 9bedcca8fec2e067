//! The wavelet transform against its definition, and against PyWavelets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::f64::consts::{PI, TAU};

use timbre::dsp::picture::cwt::Cwt;
use timbre::dsp::picture::{Norm, Part, ScalogramSettings, Sound, Wavelet};

const RATE: u32 = 8000;

/// A complex number as (re, im).
type Number = (f64, f64);

fn times(a: Number, b: Number) -> Number {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// The transform `[frequency][time]`, put together from its magnitude and its phase; times are counted in samples.
fn transform(
    wavelet: Wavelet,
    norm: Norm,
    frequencies_hz: &[f32],
    samples: &[f32],
    rate_hz: u32,
    (start, step, count): (f64, f64, usize),
) -> Vec<Vec<Number>> {
    let part = |part| {
        let settings = ScalogramSettings { wavelet, norm, part, ..ScalogramSettings::default() };
        let mut cwt = Cwt::new(&settings, rate_hz, frequencies_hz.to_vec());
        let rate = f64::from(rate_hz);
        cwt.sample(Sound { samples, first: 0 }, start / rate, step / rate, count)
    };
    let (db, degrees) = (part(Part::Magnitude), part(Part::Phase));
    let number = |(db, degrees): (&f32, &f32)| {
        let (size, angle) = (10f64.powf(f64::from(*db) / 20.0), f64::from(*degrees).to_radians());
        (size * angle.cos(), size * angle.sin())
    };
    let rows = db.chunks(count).zip(degrees.chunks(count));
    rows.map(|(db, degrees)| db.iter().zip(degrees).map(number).collect()).collect()
}

/// Bursts of 220, 700 and 1900 Hz, far below half of the rate; time in samples.
fn signal(sample: f64) -> f64 {
    let burst = |hz: f64, at: f64, width: f64, size: f64| {
        let t = sample - at;
        size * (-0.5 * (t / width).powi(2)).exp() * (TAU * hz * t / f64::from(RATE) + 0.3).cos()
    };
    burst(220.0, 1500.0, 300.0, 0.5) + burst(700.0, 1700.0, 120.0, 0.4) + burst(1900.0, 1400.0, 60.0, 0.3)
}

/// A wavelet at a time in units of its scale; the scale's angular frequency in those units; the transform of the wavelet
/// there, by which L1 values are divided.
fn definition(wavelet: Wavelet) -> (Box<dyn Fn(f64) -> Number>, f64, f64) {
    let gauss = |x: f64| (-0.5 * x * x).exp();
    let root = TAU.sqrt();
    match wavelet {
        Wavelet::Morlet { cycles } => {
            let w0 = f64::from(cycles);
            (Box::new(move |x| ((w0 * x).cos() * gauss(x), (w0 * x).sin() * gauss(x))), w0, root / 2.0)
        }
        Wavelet::Dog { order } => {
            let m = order as f64;
            let polynomial = move |x: f64| match order {
                2 => 1.0 - x.powi(2),
                4 => -(x.powi(4) - 6.0 * x.powi(2) + 3.0),
                _ => -(x.powi(6) - 15.0 * x.powi(4) + 45.0 * x.powi(2) - 15.0),
            };
            let peak = root * m.powf(m / 2.0) * (-m / 2.0).exp();
            (Box::new(move |x| (polynomial(x) * gauss(x), 0.0)), m.sqrt(), peak)
        }
        Wavelet::Paul { order } => {
            let m = order as f64;
            // (1 - i x)^-(m + 1), whose transform is 2 pi w^m e^-w / m!.
            let value = move |x: f64| {
                let (size, angle) = ((1.0 + x * x).powf(-(m + 1.0) / 2.0), (m + 1.0) * x.atan());
                (size * angle.cos(), size * angle.sin())
            };
            let factorial: f64 = (1..=order).map(|i| i as f64).product();
            (Box::new(value), m, TAU * m.powf(m) * (-m).exp() / factorial / 2.0)
        }
        Wavelet::Haar => {
            let value = |x: f64| match x {
                x if (-0.5..0.0).contains(&x) => (1.0, 0.0),
                x if (0.0..0.5).contains(&x) => (-1.0, 0.0),
                _ => (0.0, 0.0),
            };
            let quarter = 1.165_561_185_f64;
            (Box::new(value), 4.0 * quarter, quarter.sin().powi(2) / quarter)
        }
    }
}

/// The integral of the definition, by sums over an eighth of a sample (finer for Haar's wavelet, which has edges).
fn by_definition(wavelet: Wavelet, hz: f64, at: f64) -> Number {
    let (value, angular, peak) = definition(wavelet);
    let scale = angular * f64::from(RATE) / (TAU * hz);
    let mut sum = (0.0, 0.0);
    let (fine, from, to) = match wavelet {
        Wavelet::Haar => (512.0, at - 0.5 * scale, at + 0.5 * scale),
        _ => (8.0, 0.0, 3200.0),
    };
    for i in 0..((to - from) * fine) as usize {
        let sample = from + (i as f64 + 0.5) / fine;
        let (re, im) = value((sample - at) / scale);
        let x = signal(sample);
        sum = (sum.0 + x * re, sum.1 - x * im);
    }
    (sum.0 / fine / scale / peak, sum.1 / fine / scale / peak)
}

#[test]
fn every_wavelet_equals_its_definition() {
    let samples: Vec<f32> = (0..3200).map(|n| signal(f64::from(n)) as f32).collect();
    let frequencies = [110.0, 220.0, 500.0, 700.0, 1800.0];
    let wavelets = [
        Wavelet::Morlet { cycles: 6.0 },
        Wavelet::Morlet { cycles: 15.0 },
        Wavelet::Dog { order: 2 },
        Wavelet::Dog { order: 4 },
        Wavelet::Dog { order: 6 },
        Wavelet::Paul { order: 2 },
        Wavelet::Paul { order: 4 },
        Wavelet::Haar,
    ];
    for wavelet in wavelets {
        let found = transform(wavelet, Norm::L1, &frequencies, &samples, RATE, (1200.3, 53.7, 12));
        for (hz, row) in frequencies.iter().zip(&found) {
            for (time, number) in row.iter().enumerate() {
                let exact = by_definition(wavelet, f64::from(*hz), 1200.3 + 53.7 * time as f64);
                let off = (number.0 - exact.0).hypot(number.1 - exact.1);
                assert!(off < 3e-4, "{wavelet:?} {hz} Hz time {time}: {number:?}, not {exact:?}");
            }
        }
    }
}

#[test]
fn a_sine_has_its_height_at_its_frequency_at_every_scale() {
    let frequencies: Vec<f32> = (0..40).map(|i| 60.0 * 50f32.powf(i as f32 / 39.0)).collect();
    for wavelet in [Wavelet::default(), Wavelet::Paul { order: 4 }] {
        for (row, hz) in frequencies.iter().enumerate() {
            let sine: Vec<f32> =
                (0..8000).map(|n| 0.5 * (TAU * f64::from(*hz) * f64::from(n) / 8000.0).sin() as f32).collect();
            let found = transform(wavelet, Norm::L1, &frequencies, &sine, RATE, (3000.0, 17.0, 50));
            for number in &found[row] {
                assert!((number.0.hypot(number.1) - 0.5).abs() < 1e-3, "{wavelet:?} {hz} Hz: {number:?}");
            }
            let l2 = transform(wavelet, Norm::L2, &frequencies[row..=row], &sine, RATE, (3000.0, 17.0, 2));
            let expected = 0.5 * (1000.0 / f64::from(*hz)).sqrt();
            assert!((l2[0][0].0.hypot(l2[0][0].1) / expected - 1.0).abs() < 2e-3);
        }
    }
}

#[test]
fn values_do_not_depend_on_where_the_blocks_lie() {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let samples: Vec<f32> = (0..300_000).map(|_| 0.5 * next()).collect();
    let frequencies: Vec<f32> = (0..12).map(|i| 30.0 * 100f32.powf(i as f32 / 11.0)).collect();
    for wavelet in [
        Wavelet::default(),
        Wavelet::Morlet { cycles: 30.0 },
        Wavelet::Dog { order: 2 },
        Wavelet::Paul { order: 2 },
        Wavelet::Haar,
    ] {
        let step = 50.0;
        let whole = transform(wavelet, Norm::L1, &frequencies, &samples, RATE, (0.0, step, 6000));
        for start in [40_000, 65_000, 129_950, 199_000] {
            let part = transform(wavelet, Norm::L1, &frequencies, &samples, RATE, (f64::from(start), step, 60));
            for (row, part) in part.iter().enumerate() {
                for (time, b) in part.iter().enumerate() {
                    let a = whole[row][start as usize / 50 + time];
                    let off = (a.0 - b.0).hypot(a.1 - b.1);
                    assert!(off < 1e-4, "{wavelet:?} {} Hz, {start} + {time}: {a:?} {b:?}", frequencies[row]);
                }
            }
        }
    }
}

/// Conventions that differ: PyWavelets has the L2 norm (a factor `sqrt(scale)`, the scale counted in samples) where ours
/// divides by the wavelet's answer at its own frequency; its complex Morlet leaves half of a sine's height, as it keeps
/// one of the two mirror images at its own size; it names a scale by the wavelet's centre frequency, which for `cmor` is
/// ours too; it convolves with differences of the wavelet's integral, which smooths by one sample (`sinc(f / rate)`) and
/// shifts by up to one. Both conjugate the wavelet, so angles have the same sign.
#[test]
fn values_are_those_of_py_wavelets() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("fixtures/cwt_pywt.json")).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let number = |name: &str| golden[name].as_f64().unwrap();
    let samples: Vec<f32> = numbers(&golden["signal"]).into_iter().map(|x| x as f32).collect();
    let frequencies = numbers(&golden["frequencies_hz"]);
    let (rate, bandwidth, centre) = (number("rate_hz"), number("bandwidth"), number("centre"));
    let cycles = (TAU * centre * (bandwidth / 2.0).sqrt()) as f32;
    let smoothing = |hz: f64| (PI * hz / rate).sin() / (PI * hz / rate);
    // PyWavelets samples wavelets from -8 to 8 and cuts the middle out of the convolution, rounded down.
    let shift = |scale: f64| {
        let len = (16.0 * scale).floor() + 1.0;
        ((len - 2.0) / 2.0).floor() + 8.0 * scale - len + 1.5
    };
    let ours = |wavelet: Wavelet, hz: f64, scale: f64| {
        let times_asked = (number("start") + shift(scale), number("step"), 64);
        transform(wavelet, Norm::L1, &[hz as f32], &samples, rate as u32, times_asked).remove(0)
    };

    for (row, hz) in frequencies.iter().enumerate() {
        let scale = centre * rate / hz;
        let factor = 2.0 / scale.sqrt() / smoothing(*hz);
        let (re, im) = (numbers(&golden["morlet"][row]["re"]), numbers(&golden["morlet"][row]["im"]));
        for (time, found) in ours(Wavelet::Morlet { cycles }, *hz, scale).into_iter().enumerate() {
            let expected = times((factor, 0.0), (re[time], im[time]));
            let off = (found.0 - expected.0).hypot(found.1 - expected.1);
            assert!(off < 6e-3, "{hz} Hz time {time}: {found:?}, PyWavelets {expected:?}");
        }
    }
    for (row, hz) in frequencies.iter().enumerate() {
        let scale = 2f64.sqrt() / TAU * rate / hz;
        // The transform of PyWavelets' Mexican hat at its peak.
        let peak = 2.0 / (3f64.sqrt() * PI.powf(0.25)) * TAU.sqrt() * 2.0 * (-1.0_f64).exp();
        let factor = 1.0 / scale.sqrt() / peak / smoothing(*hz);
        let found = ours(Wavelet::Dog { order: 2 }, *hz, scale);
        for (time, value) in numbers(&golden["mexican_hat"][row]).into_iter().enumerate() {
            let off = (found[time].0 - value * factor).abs();
            assert!(off < 2e-2, "hat, {hz} Hz time {time}: {:?}, PyWavelets {}", found[time], value * factor);
        }
    }
}
