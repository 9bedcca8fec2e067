//! A whole file as one mono signal.

use std::path::Path;

use super::downmix::Downmix;
use super::error::AudioError;
use super::reader::AudioReader;
use super::resample::{ResampleError, StreamResampler};
use crate::base::{CancelToken, Channel};

/// The longest sound that is decoded in one piece. At 16 kHz it takes 1.4 GB.
const LONGEST_SECS: u64 = 6 * 3600;
/// The most that is reserved in advance on a container's word.
const LARGEST_RESERVE: usize = 16 << 20;

/// A mono signal.
#[derive(Clone, Debug, PartialEq)]
pub struct MonoSound {
    /// Samples, nominally -1 to 1.
    pub samples: Vec<f32>,
    /// Samples a second.
    pub rate_hz: u32,
    /// Packets that could not be decoded; each was replaced by silence.
    pub damaged_packets: u32,
}

/// Decodes the whole file, takes the middle of its channels ([`Channel::Mid`]) and resamples that to `rate_hz`.
///
/// The result has `ceil(frames * rate_hz / file's rate)` samples.
///
/// # Errors
/// All of [`AudioError`].
pub fn decode_mono(path: &Path, rate_hz: u32, cancel: &CancelToken) -> Result<MonoSound, AudioError> {
    let mut reader = AudioReader::open_with(path, cancel)?;
    let mut stream = MonoStream::new(&reader, &[rate_hz])?;
    let reserve = reader.spec().duration_secs.map_or(0, |secs| (secs * f64::from(rate_hz)) as usize + 1);
    let mut out = [Vec::with_capacity(reserve.min(LARGEST_RESERVE))];
    while stream.next(&mut reader, &mut out)? {
        if out[0].len() as u64 > LONGEST_SECS * u64::from(rate_hz) {
            return Err(AudioError::TooLong { path: path.to_path_buf(), limit_secs: LONGEST_SECS });
        }
    }
    stream.finish(path, &mut out)?;
    let [samples] = out;
    Ok(MonoSound { samples, rate_hz, damaged_packets: reader.damaged_packets() })
}

/// The way from interleaved blocks to mono samples of other rates, each with a buffer of its own.
pub(crate) struct MonoStream {
    downmix: Downmix,
    resamplers: Vec<StreamResampler>,
    block: Vec<f32>,
}

impl MonoStream {
    pub(crate) fn new(reader: &AudioReader, rates_hz: &[u32]) -> Result<Self, AudioError> {
        let spec = reader.spec();
        let resampler = |rate_hz: &u32| StreamResampler::new(spec.sample_rate_hz, *rate_hz, 1);
        let resamplers: Result<_, _> = rates_hz.iter().map(resampler).collect();
        let resamplers = resamplers.map_err(|error| damaged(reader.path(), &error))?;
        let downmix = Downmix::new(Channel::Mid, spec.channels, spec.sample_rate_hz);
        Ok(Self { downmix, resamplers, block: Vec::new() })
    }

    /// Decodes one block into the buffers of all rates; false at the end of the file.
    pub(crate) fn next(&mut self, reader: &mut AudioReader, out: &mut [Vec<f32>]) -> Result<bool, AudioError> {
        self.block.clear();
        if reader.next_block(&mut self.block)? == 0 {
            return Ok(false);
        }
        self.downmix.mix(&mut self.block);
        for (resampler, out) in self.resamplers.iter_mut().zip(out) {
            resampler.push(&self.block, out).map_err(|error| damaged(reader.path(), &error))?;
        }
        Ok(true)
    }

    /// What is left at the end; the stream can then be used for another place of the file.
    pub(crate) fn finish(&mut self, path: &Path, out: &mut [Vec<f32>]) -> Result<(), AudioError> {
        self.downmix.restart();
        for (resampler, out) in self.resamplers.iter_mut().zip(out) {
            resampler.finish(out).map_err(|error| damaged(path, &error))?;
        }
        Ok(())
    }

    /// The longest [`StreamResampler::reach_frames`].
    pub(crate) fn reach_frames(&self) -> usize {
        self.resamplers.iter().map(StreamResampler::reach_frames).max().unwrap_or(0)
    }
}

fn damaged(path: &Path, error: &ResampleError) -> AudioError {
    AudioError::Damaged { path: path.to_path_buf(), reason: error.to_string() }
}
