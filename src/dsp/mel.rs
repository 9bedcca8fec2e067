//! Mel filter banks: the power spectrum gathered into bands that are equally wide to the ear.

use crate::dsp::stft::Stft;

/// Hz to mel on Slaney's scale: linear to 1 kHz, logarithmic above (M. Slaney, *Auditory Toolbox*, 1998).
pub fn mel_from_hz(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() * 27.0 / 6.4f64.ln() }
}

/// The inverse of [`mel_from_hz`].
pub fn hz_from_mel(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4f64.ln() / 27.0).exp() }
}

/// One triangle: its first bin and its weights.
#[derive(Clone, Debug, PartialEq)]
struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

/// A bank of overlapping filters over the bins of a power or magnitude spectrum, kept sparse.
#[derive(Clone, Debug, PartialEq)]
pub struct MelBank {
    bands: Vec<Band>,
}

impl MelBank {
    /// `bands` triangles between `low_hz` and `high_hz`, equally spaced on Slaney's scale, each of area one (Slaney's
    /// normalisation, `2 / (right - left)`), for the `fft_len / 2 + 1` bins of a spectrum at `rate_hz`.
    /// This is `librosa.filters.mel` with its default settings.
    pub fn slaney(rate_hz: f64, fft_len: usize, bands: usize, low_hz: f64, high_hz: f64) -> Self {
        let (low, high) = (mel_from_hz(low_hz), mel_from_hz(high_hz));
        let edge = |i: usize| hz_from_mel(low + (high - low) * i as f64 / (bands + 1) as f64);
        let rows = (0..bands).map(|band| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = move |bin: usize| {
                let hz = bin as f64 * rate_hz / fft_len as f64;
                let slope = ((hz - left) / (centre - left)).min((right - hz) / (right - centre));
                (slope.max(0.0) * 2.0 / (right - left)) as f32
            };
            (0..=fft_len / 2).map(weight).collect::<Vec<_>>()
        });
        Self { bands: rows.map(|row| Band::from_dense(&row)).collect() }
    }

    /// `bands` triangles between `low_hz` and `high_hz`, equally spaced on the scale `1127 ln(1 + f / 700)` and straight
    /// on that scale (not in Hz), each of height one; the constant bin counts for none. This is TensorFlow's
    /// `linear_to_mel_weight_matrix`.
    pub fn tensorflow(rate_hz: f64, fft_len: usize, bands: usize, low_hz: f64, high_hz: f64) -> Self {
        let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
        let (low, high) = (mel(low_hz), mel(high_hz));
        let edge = |i: usize| low + (high - low) * i as f64 / (bands + 1) as f64;
        let rows = (0..bands).map(|band| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = move |bin: usize| {
                let at = mel(bin as f64 * rate_hz / fft_len as f64);
                let slope = ((at - left) / (centre - left)).min((right - at) / (right - centre));
                if bin == 0 { 0.0 } else { slope.max(0.0) as f32 }
            };
            (0..=fft_len / 2).map(weight).collect::<Vec<_>>()
        });
        Self { bands: rows.map(|row| Band::from_dense(&row)).collect() }
    }

    /// Number of bands.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// Gathers one spectrum into `out`, one value for every band.
    pub fn apply(&self, spectrum: &[f32], out: &mut [f32]) {
        for (band, out) in self.bands.iter().zip(out) {
            let bins = spectrum.get(band.first_bin..).unwrap_or_default();
            *out = dot(&band.weights, bins);
        }
    }

    /// The spectrogram `[frames, bands]` of `samples`, row by row: `bin` turns a bin's power into what is gathered (its
    /// square root, say), `band` turns a band's sum into the result (a logarithm, say).
    pub fn spectrogram(
        &self,
        stft: &Stft,
        samples: &[f32],
        bin: impl Fn(f32) -> f32,
        band: impl Fn(f32) -> f32,
    ) -> Vec<f32> {
        let mut out = vec![0.0; stft.frames(samples.len()) * self.bands()];
        if self.bands.is_empty() {
            return out;
        }
        let mut rows = out.chunks_exact_mut(self.bands.len());
        stft.for_each_power(samples, |_, power| {
            if let Some(row) = rows.next() {
                power.iter_mut().for_each(|x| *x = bin(*x));
                self.apply(power, row);
                row.iter_mut().for_each(|x| *x = band(*x));
            }
        });
        out
    }
}

impl Band {
    fn from_dense(row: &[f32]) -> Self {
        let first_bin = row.iter().position(|w| *w != 0.0).unwrap_or(0);
        let end = row.iter().rposition(|w| *w != 0.0).map_or(first_bin, |last| last + 1);
        Self { first_bin, weights: row[first_bin..end].to_vec() }
    }
}

/// Eight partial sums, so that the additions do not wait for each other.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let mut sums = [0.0f32; 8];
    let (chunks_a, chunks_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = chunks_a.remainder().iter().zip(chunks_b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in chunks_a.zip(chunks_b) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::stft::Framing;
    use crate::dsp::window::hann_periodic;

    #[test]
    fn the_scale_is_slaneys() {
        assert!((mel_from_hz(1000.0) - 15.0).abs() < 1e-12);
        assert!((mel_from_hz(6400.0) - 42.0).abs() < 1e-12);
        for hz in [0.0, 60.0, 999.0, 1000.0, 4000.0, 11_025.0] {
            assert!((hz_from_mel(mel_from_hz(hz)) - hz).abs() < 1e-8);
        }
    }

    #[test]
    fn every_triangle_has_area_one() {
        let bank = MelBank::slaney(22_050.0, 2048, 128, 0.0, 11_025.0);
        assert_eq!(bank.bands(), 128);
        // The highest bands span many bins, so the sum comes close to the integral.
        for band in &bank.bands[100..] {
            let area = band.weights.iter().sum::<f32>() * 22_050.0 / 2048.0;
            assert!((area - 1.0).abs() < 0.01, "{area}");
        }
    }

    #[test]
    fn values_are_librosas() {
        // librosa 0.11: filters.mel(sr=16000, n_fft=512, n_mels=96), rows 3, 40 and 95.
        let bank = MelBank::slaney(16_000.0, 512, 96, 0.0, 8000.0);
        let check = |band: usize, first_bin: usize, weights: &[f32]| {
            let found = &bank.bands[band];
            assert_eq!(found.first_bin, first_bin);
            assert_eq!(found.weights.len(), weights.len(), "{found:?}");
            for (a, b) in found.weights.iter().zip(weights) {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        };
        LIBROSA.iter().for_each(|(band, first, weights)| check(*band, *first, weights));
    }

    #[test]
    fn a_tone_shows_in_its_own_band_only() {
        let stft = Stft::new(512, hann_periodic(512), 256, Framing::Centred);
        let bank = MelBank::slaney(16_000.0, 512, 40, 0.0, 8000.0);
        let tone: Vec<f32> =
            (0..16_000).map(|i| (std::f32::consts::TAU * 2000.0 * i as f32 / 16_000.0).sin()).collect();
        let picture = bank.spectrogram(&stft, &tone, |x| x, |x| x);
        let middle = &picture[30 * 40..31 * 40];
        let loudest = (0..40).max_by(|a, b| middle[*a].total_cmp(&middle[*b])).unwrap();
        let centre = hz_from_mel(mel_from_hz(8000.0) * (loudest + 1) as f64 / 41.0);
        assert!((1800.0..2200.0).contains(&centre), "{centre}");
        assert!(middle[5] < 1e-6 * middle[loudest]);
    }

    /// Band, first bin, weights.
    const LIBROSA: &[(usize, usize, &[f32])] = &[
        (3, 3, &[0.0004757172, 0.0315235]),
        (40, 42, &[0.01487791, 0.0148537]),
        (
            95,
            241,
            &[
                0.0004649186,
                0.0009792201,
                0.001493522,
                0.002007823,
                0.002522125,
                0.003036427,
                0.003550728,
                0.00398456,
                0.00348649,
                0.00298842,
                0.00249035,
                0.00199228,
                0.00149421,
                0.0009961401,
                0.00049807,
            ],
        ),
    ];
}
