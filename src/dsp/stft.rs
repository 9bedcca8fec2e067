//! Short-time Fourier transform of real signals.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};

/// Where the first frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Frame `t` is centred on sample `t * hop`; the signal is surrounded by zeros (librosa's `center=True`).
    Centred,
    /// Frame `t` starts at sample `t * hop`; only whole windows count.
    Inside,
}

/// A planned short-time Fourier transform; cheap to share between threads.
#[derive(Clone)]
pub struct Stft {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Of the window inside the FFT.
    window_offset: usize,
    hop: usize,
    framing: Framing,
}

/// Reusable buffers of one thread.
struct Scratch {
    time: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    fft: Vec<Complex<f32>>,
}

impl Stft {
    /// Plans a transform of `fft_len` samples (even, at least the window's length) every `hop` samples. A shorter
    /// window lies in the middle of the FFT for [`Framing::Centred`] and at its start for [`Framing::Inside`].
    /// Lengths out of range are moved into it.
    pub fn new(fft_len: usize, mut window: Vec<f32>, hop: usize, framing: Framing) -> Self {
        let fft_len = fft_len.max(2).next_multiple_of(2);
        window.truncate(fft_len);
        let window_offset = match framing {
            Framing::Centred => (fft_len - window.len()) / 2,
            Framing::Inside => 0,
        };
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(fft_len);
        Self { fft, window, window_offset, hop: hop.max(1), framing }
    }

    /// Number of frequency bins, `fft_len / 2 + 1`.
    pub fn bins(&self) -> usize {
        self.fft.len() / 2 + 1
    }

    /// Number of frames of a signal of `samples` samples.
    pub fn frames(&self, samples: usize) -> usize {
        match self.framing {
            Framing::Centred => 1 + samples / self.hop,
            Framing::Inside => samples.checked_sub(self.window.len()).map_or(0, |rest| 1 + rest / self.hop),
        }
    }

    /// Calls `each(frame, power)` for every frame in order; `power` holds `|X[k]|^2` of each bin and may be changed.
    pub fn for_each_power(&self, samples: &[f32], mut each: impl FnMut(usize, &mut [f32])) {
        let mut scratch = Scratch {
            time: self.fft.make_input_vec(),
            spectrum: self.fft.make_output_vec(),
            fft: self.fft.make_scratch_vec(),
        };
        let mut power = vec![0.0; self.bins()];
        for frame in 0..self.frames(samples.len()) {
            self.transform(samples, frame, &mut scratch);
            for (p, x) in power.iter_mut().zip(&scratch.spectrum) {
                *p = x.re * x.re + x.im * x.im;
            }
            each(frame, &mut power);
        }
    }

    fn transform(&self, samples: &[f32], frame: usize, scratch: &mut Scratch) {
        let before = match self.framing {
            Framing::Centred => self.fft.len() / 2,
            Framing::Inside => 0,
        };
        scratch.time.fill(0.0);
        // Position of the window's first sample in the signal, which may lie before its start.
        let first = (frame * self.hop + self.window_offset) as isize - before as isize;
        let skipped = (-first).max(0) as usize;
        let start = first.max(0) as usize;
        if skipped < self.window.len() && start < samples.len() {
            let inside = &mut scratch.time[self.window_offset + skipped..];
            for ((t, w), x) in inside.iter_mut().zip(&self.window[skipped..]).zip(&samples[start..]) {
                *t = w * x;
            }
        }
        // The lengths are those of the plan, so this cannot fail.
        if self.fft.process_with_scratch(&mut scratch.time, &mut scratch.spectrum, &mut scratch.fft).is_err() {
            scratch.spectrum.fill(Complex::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::window::hann_periodic;

    /// The sum of the definition, in float64.
    fn power_by_definition(frame: &[f64], bin: usize) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, x) in frame.iter().enumerate() {
            let angle = -std::f64::consts::TAU * bin as f64 * n as f64 / frame.len() as f64;
            re += x * angle.cos();
            im += x * angle.sin();
        }
        re * re + im * im
    }

    fn noise(length: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    fn compare(stft: &Stft, fft_len: usize, window: &[f32], hop: usize, before: isize, offset: usize, samples: &[f32]) {
        let mut seen = 0;
        stft.for_each_power(samples, |frame, power| {
            let cut: Vec<f64> = (0..fft_len)
                .map(|i| {
                    let w = i.checked_sub(offset).and_then(|i| window.get(i)).copied().unwrap_or(0.0);
                    let at = (frame * hop + i) as isize - before;
                    let x = usize::try_from(at).ok().and_then(|at| samples.get(at)).copied().unwrap_or(0.0);
                    f64::from(w * x)
                })
                .collect();
            for (bin, p) in power.iter().enumerate() {
                let exact = power_by_definition(&cut, bin);
                assert!((f64::from(*p) - exact).abs() < 1e-4 * exact.max(1.0), "frame {frame} bin {bin}: {p} {exact}");
            }
            seen += 1;
        });
        assert_eq!(seen, stft.frames(samples.len()));
    }

    #[test]
    fn centred_frames_equal_the_definition() {
        let (window, samples) = (hann_periodic(64), noise(300));
        compare(&Stft::new(64, window.clone(), 20, Framing::Centred), 64, &window, 20, 32, 0, &samples);
        let short = hann_periodic(40);
        compare(&Stft::new(64, short.clone(), 20, Framing::Centred), 64, &short, 20, 32, 12, &samples);
    }

    #[test]
    fn inside_frames_equal_the_definition() {
        let (window, samples) = (hann_periodic(50), noise(300));
        compare(&Stft::new(64, window.clone(), 20, Framing::Inside), 64, &window, 20, 0, 0, &samples);
    }

    #[test]
    fn signals_shorter_than_a_window_are_no_trouble() {
        let stft = Stft::new(64, hann_periodic(64), 16, Framing::Inside);
        assert_eq!((stft.frames(0), stft.frames(63), stft.frames(64)), (0, 0, 1));
        let centred = Stft::new(64, hann_periodic(64), 16, Framing::Centred);
        assert_eq!((centred.frames(0), centred.frames(16)), (1, 2));
        centred.for_each_power(&[], |_, power| assert!(power.iter().all(|p| *p == 0.0)));
    }
}
