//! Changing the sample rate of a stream of any length, without delay and with the exact length.

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::audioadapter_buffers;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

/// Frames of the input that are transformed at a time (rounded up to what the two rates allow). The anti-aliasing filter is
/// as long; longer blocks have a steeper filter, and this is where the time per frame is least (see `tests/bench/decode.rs`).
const BLOCK_FRAMES: usize = 2048;

/// A stateful resampler (band-limited, by FFT; see rubato's `Fft`) for interleaved samples.
///
/// `push` what comes in and `finish` at the end: the output starts with the input's first sample (the filter's delay is cut
/// off) and has `ceil(frames * to / from)` frames.
pub struct StreamResampler {
    from_hz: u32,
    to_hz: u32,
    channels: usize,
    /// None: the rates are equal.
    fft: Option<Fft<f32>>,
    /// Input that does not fill a block yet.
    waiting: Vec<f32>,
    block_out: Vec<f32>,
    /// Output frames still to be dropped for the filter's delay.
    delay_left: usize,
    frames_in: u64,
    frames_out: u64,
}

/// The two rates cannot be converted into each other (one of them is 0).
#[derive(Debug, thiserror::Error)]
#[error("sound cannot be converted from {from_hz} to {to_hz} Hz: {reason}")]
pub struct ResampleError {
    from_hz: u32,
    to_hz: u32,
    reason: String,
}

impl StreamResampler {
    /// A resampler for `channels` interleaved channels.
    ///
    /// # Errors
    /// When a rate or the number of channels is 0.
    pub fn new(from_hz: u32, to_hz: u32, channels: usize) -> Result<Self, ResampleError> {
        let failed = |reason: String| ResampleError { from_hz, to_hz, reason };
        if from_hz == 0 || to_hz == 0 || channels == 0 {
            return Err(failed("a rate or the number of channels is zero".to_owned()));
        }
        let fft = if from_hz == to_hz {
            None
        } else {
            // Whole periods of both rates, a power of two of them: transforms of such lengths are the fastest, and the
            // filter of an odd length would be centred half a frame off.
            let period = from_hz as usize / greatest_common_divisor(from_hz as usize, to_hz as usize);
            let block = period * BLOCK_FRAMES.div_ceil(period).next_power_of_two().max(2);
            let fft = Fft::new(from_hz as usize, to_hz as usize, block, channels, FixedSync::Both);
            Some(fft.map_err(|error| failed(error.to_string()))?)
        };
        let delay_left = fft.as_ref().map_or(0, |fft| fft.output_delay());
        let block_out = vec![0.0; fft.as_ref().map_or(0, |fft| fft.output_frames_max() * channels)];
        Ok(Self {
            from_hz,
            to_hz,
            channels,
            fft,
            waiting: Vec::new(),
            block_out,
            delay_left,
            frames_in: 0,
            frames_out: 0,
        })
    }

    /// Input frames on each side of a moment that its output depends on, rounded up to a whole block.
    pub fn reach_frames(&self) -> usize {
        self.fft.as_ref().map_or(0, Fft::fft_size_in)
    }

    /// The rate of the input, frames a second.
    pub fn from_hz(&self) -> u32 {
        self.from_hz
    }

    /// Output frames for the input so far that did not come out yet.
    pub fn owed_frames(&self) -> u64 {
        self.expected_frames().saturating_sub(self.frames_out)
    }

    fn expected_frames(&self) -> u64 {
        (self.frames_in * u64::from(self.to_hz)).div_ceil(u64::from(self.from_hz))
    }

    /// Takes whole frames and appends what is ready to `out`.
    ///
    /// # Errors
    /// None in practice: buffers are always of the size that rubato asks for.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        self.frames_in += (samples.len() / self.channels) as u64;
        let Some(block) = self.fft.as_ref().map(|fft| fft.fft_size_in() * self.channels) else {
            self.frames_out += (samples.len() / self.channels) as u64;
            out.extend_from_slice(samples);
            return Ok(());
        };
        let mut rest = samples;
        if !self.waiting.is_empty() {
            let missing = (block - self.waiting.len()).min(rest.len());
            let (now, later) = rest.split_at(missing);
            self.waiting.extend_from_slice(now);
            rest = later;
            if self.waiting.len() < block {
                return Ok(());
            }
            let full = std::mem::take(&mut self.waiting);
            let done = self.process(&full, None, out);
            self.waiting = full;
            self.waiting.clear();
            done?;
        }
        let mut blocks = rest.chunks_exact(block);
        for full in blocks.by_ref() {
            self.process(full, None, out)?;
        }
        self.waiting.extend_from_slice(blocks.remainder());
        Ok(())
    }

    /// Appends what is still inside, up to the exact length, and starts afresh.
    ///
    /// # Errors
    /// As [`StreamResampler::push`].
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        if self.fft.is_some() {
            let expected = self.expected_frames();
            let mut waiting = std::mem::take(&mut self.waiting);
            let mut partial = waiting.len() / self.channels;
            waiting.resize(self.reach_frames() * self.channels, 0.0);
            while self.frames_out < expected {
                self.process(&waiting, Some(partial), out)?;
                partial = 0;
            }
            let surplus = (self.frames_out - expected) as usize * self.channels;
            out.truncate(out.len() - surplus);
        }
        self.reset();
        Ok(())
    }

    /// Forgets what is inside and starts afresh.
    pub fn reset(&mut self) {
        self.waiting.clear();
        if let Some(fft) = &mut self.fft {
            fft.reset();
            self.delay_left = fft.output_delay();
        }
        self.frames_in = 0;
        self.frames_out = 0;
    }

    fn process(&mut self, block: &[f32], partial: Option<usize>, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let failed = |error: &dyn std::fmt::Display| ResampleError {
            from_hz: self.from_hz,
            to_hz: self.to_hz,
            reason: error.to_string(),
        };
        let Some(fft) = &mut self.fft else { return Ok(()) };
        let frames_out = fft.output_frames_max();
        let input = InterleavedSlice::new(block, self.channels, block.len() / self.channels).map_err(|e| failed(&e))?;
        let mut output =
            InterleavedSlice::new_mut(&mut self.block_out, self.channels, frames_out).map_err(|e| failed(&e))?;
        let indexing = partial.map(|frames| Indexing::new().partial_len(frames));
        let (_, made) = fft.process_into_buffer(&input, &mut output, indexing.as_ref()).map_err(|e| failed(&e))?;
        let skip = self.delay_left.min(made);
        self.delay_left -= skip;
        self.frames_out += (made - skip) as u64;
        out.extend_from_slice(&self.block_out[skip * self.channels..made * self.channels]);
        Ok(())
    }
}

pub(crate) fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::StreamResampler;
    use std::f64::consts::TAU;

    fn tone(hz: f64, rate_hz: u32, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (TAU * hz * n as f64 / f64::from(rate_hz)).sin() as f32).collect()
    }

    fn resampled(input: &[f32], from_hz: u32, to_hz: u32, step: usize) -> Vec<f32> {
        let mut resampler = StreamResampler::new(from_hz, to_hz, 1).unwrap();
        let mut out = Vec::new();
        for block in input.chunks(step) {
            resampler.push(block, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn a_tone_keeps_its_place_level_and_length() {
        for (from_hz, to_hz) in
            [(44_100, 16_000), (48_000, 16_000), (22_050, 16_000), (44_100, 48_000), (8_000, 48_000), (44_101, 16_000)]
        {
            let frames = from_hz as usize * 2 + 17;
            let out = resampled(&tone(440.0, from_hz, frames), from_hz, to_hz, 700);
            let expected = (frames as u64 * u64::from(to_hz)).div_ceil(u64::from(from_hz)) as usize;
            assert_eq!(out.len(), expected, "{from_hz} -> {to_hz}");
            // The very same tone, sample by sample, away from the ends where the input begins and stops at once.
            let ideal = tone(440.0, to_hz, expected);
            let edge = to_hz as usize / 4;
            let worst = (edge..expected - edge).map(|n| (out[n] - ideal[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-3, "{from_hz} -> {to_hz}: {worst}");
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_removed_not_folded_back() {
        let out = resampled(&tone(12_000.0, 44_100, 44_100), 44_100, 16_000, 44_100);
        let loudest = out[2_000..14_000].iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
        assert!(loudest < 1e-3, "{loudest}");
    }

    #[test]
    fn the_size_of_the_pieces_does_not_matter() {
        let input = tone(1_000.0, 44_100, 10_000);
        assert_eq!(resampled(&input, 44_100, 16_000, 10_000), resampled(&input, 44_100, 16_000, 1));
    }

    #[test]
    fn it_can_be_used_again_after_the_end() {
        let input = tone(500.0, 48_000, 5_000);
        let mut resampler = StreamResampler::new(48_000, 16_000, 1).unwrap();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for out in [&mut first, &mut second] {
            resampler.push(&input, out).unwrap();
            resampler.finish(out).unwrap();
        }
        assert_eq!(first, second);
    }

    #[test]
    fn equal_rates_pass_through_and_nothing_gives_nothing() {
        assert_eq!(resampled(&[0.5, -0.5], 16_000, 16_000, 1), [0.5, -0.5]);
        assert!(resampled(&[], 44_100, 16_000, 1).is_empty());
        assert!(StreamResampler::new(0, 16_000, 1).is_err());
    }
}
