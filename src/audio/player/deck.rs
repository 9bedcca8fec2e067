//! The song that is being decoded, as stereo frames of the output's rate.

use std::path::Path;

use crate::audio::error::AudioError;
use crate::audio::reader::AudioReader;
use crate::audio::resample::{ResampleError, StreamResampler};
use crate::base::CancelToken;

use super::channels::to_stereo;
use super::command::QueueItem;
use super::feed::CHANNELS;
use super::looping::{Loop, LoopMemory};

/// What one step of decoding gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Sound.
    Sound,
    /// Sound up to the end of the loop; what comes next stands at this place of the song, seconds.
    Again(f64),
    /// The end of the song.
    End,
}

/// A song on its way into the ring.
pub(super) struct Deck {
    reader: AudioReader,
    resampler: StreamResampler,
    /// What every sample is multiplied with.
    factor: f32,
    block: Vec<f32>,
    /// Decoded stereo frames that were not used yet.
    held: Vec<f32>,
    /// Where in the song the next frame stands, frames of the file's rate.
    position: u64,
    /// Frames given out so far, of the file's rate.
    given: u64,
    /// Began at its start and went nowhere else.
    from_start: bool,
    looping: Option<Loop>,
    memory: LoopMemory,
}

impl Deck {
    /// Opens a song at `secs` for an output of `rate_hz`, and tells how many frames of the song before are still to come.
    ///
    /// `before` is the resampler of that song: if it fits it goes on, so that not even the filter notices where one song
    /// ends and the next begins; if not, the rest of that song is appended to `out`. It is left alone when opening fails.
    pub(super) fn open(
        item: &QueueItem,
        secs: f64,
        gain_db: Option<f32>,
        rate_hz: u32,
        before: &mut Option<StreamResampler>,
        out: &mut Vec<f32>,
        cancel: &CancelToken,
    ) -> Result<(Self, u64), AudioError> {
        let mut reader = AudioReader::open_with(&item.path, cancel)?;
        let from_hz = reader.spec().sample_rate_hz;
        if secs > 0.0 {
            reader.seek(secs)?;
        }
        let (resampler, owed_frames) = match before.take() {
            Some(before) if before.from_hz() == from_hz => {
                let owed = before.owed_frames();
                (before, owed)
            }
            other => {
                if let Some(mut other) = other {
                    other.finish(out).map_err(|error| damaged(item, &error))?;
                }
                (StreamResampler::new(from_hz, rate_hz, CHANNELS).map_err(|error| damaged(item, &error))?, 0)
            }
        };
        let deck = Self {
            reader,
            resampler,
            factor: factor_of(gain_db),
            block: Vec::new(),
            held: Vec::new(),
            position: frame_at(secs, from_hz),
            given: 0,
            from_start: secs <= 0.0,
            looping: None,
            memory: LoopMemory::default(),
        };
        Ok((deck, owed_frames))
    }

    /// Goes elsewhere in the song, as if it was opened there.
    pub(super) fn seek(&mut self, secs: f64) -> Result<(), AudioError> {
        self.memory.forget();
        self.resampler.reset();
        self.from_start = false;
        self.go_to(frame_at(secs, self.rate_hz()))
    }

    /// Plays what is decoded from now on so much louder or softer, dB; false if it did so before.
    pub(super) fn set_gain(&mut self, gain_db: Option<f32>) -> bool {
        let factor = factor_of(gain_db);
        let changes = factor.to_bits() != self.factor.to_bits();
        self.factor = factor;
        changes
    }

    /// Leaves out the next `secs` of the song; less at its end or the end of a loop.
    pub(super) fn leave_out(&mut self, secs: f64) -> Result<(), AudioError> {
        let mut left = frame_at(secs, self.rate_hz());
        if let Some(looping) = self.looping.filter(|looping| self.position < looping.end) {
            left = left.min(looping.fade_start().saturating_sub(self.position));
        }
        while left > 0 && self.hold()? {
            let count = left.min(self.held_frames());
            self.held.drain(..count as usize * CHANNELS);
            self.position += count;
            left -= count;
        }
        Ok(())
    }

    /// Playing time, 0 when unknown.
    pub(super) fn duration_secs(&self) -> f64 {
        self.reader.spec().duration_secs.unwrap_or(0.0)
    }

    /// Where in the song the next frame stands, seconds.
    pub(super) fn position_secs(&self) -> f64 {
        self.position as f64 / f64::from(self.rate_hz())
    }

    /// Seconds of the song that were given out so far, wherever they stand in it.
    pub(super) fn given_secs(&self) -> f64 {
        self.given as f64 / f64::from(self.rate_hz())
    }

    /// There is no sound in it, though it was asked for from its start.
    pub(super) fn gave_nothing(&self) -> bool {
        self.given == 0 && self.from_start
    }

    /// Why the song ended before its end, if it did.
    pub(super) fn broken(&self) -> Option<AudioError> {
        self.reader.broken()
    }

    pub(super) fn path(&self) -> &Path {
        self.reader.path()
    }

    /// Frames of the song so far that did not come out of the resampler yet, in the output's rate.
    pub(super) fn owed_frames(&self) -> u64 {
        self.resampler.owed_frames()
    }

    /// Plays this stretch again and again once its end is reached; `None` goes on behind it.
    pub(super) fn set_loop(&mut self, range_secs: Option<(f64, f64)>) -> Result<(), AudioError> {
        let rate_hz = self.rate_hz();
        let replays = self.memory.is_replaying();
        self.memory.forget();
        self.looping = range_secs.map(|(from, to)| Loop::new(frame_at(from, rate_hz), frame_at(to, rate_hz), rate_hz));
        // While a loop plays from memory the reader rests.
        if replays { self.go_to(self.position) } else { Ok(()) }
    }

    /// Decodes one block and appends its frames.
    pub(super) fn next(&mut self, out: &mut Vec<f32>) -> Result<Step, AudioError> {
        if self.memory.is_replaying() {
            return self.replay(out);
        }
        let before_loop_ends = self.looping.filter(|looping| self.position < looping.end);
        let Some(looping) = before_loop_ends else {
            return if self.hold()? { self.emit(self.held_frames(), out) } else { Ok(Step::End) };
        };
        if self.position < looping.fade_start() && self.hold()? {
            return self.emit(self.held_frames().min(looping.fade_start() - self.position), out);
        }
        self.turn_back(looping, out)
    }

    /// The resampler, with what is still inside of it.
    pub(super) fn into_resampler(self) -> StreamResampler {
        self.resampler
    }

    /// The seam of a loop: the last moments before its end pass over into those before its start.
    fn turn_back(&mut self, looping: Loop, out: &mut Vec<f32>) -> Result<Step, AudioError> {
        let mut tail = self.collect(looping.end.saturating_sub(self.position))?;
        let faded = (tail.len() / CHANNELS) as u64;
        let lead_in = faded.min(looping.start);
        self.go_to(looping.start - lead_in)?;
        let head = self.collect(lead_in)?;
        super::looping::pass_over(&mut tail, &head);
        self.position = looping.start;
        self.push(&tail, out)?;
        let frames = looping.end.saturating_sub(looping.start);
        self.memory.turned_back(&tail, frames, self.rate_hz());
        Ok(Step::Again(self.position_secs()))
    }

    fn replay(&mut self, out: &mut Vec<f32>) -> Result<Step, AudioError> {
        let Some(looping) = self.looping else { return Ok(Step::End) };
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        let at_end = self.memory.replay(&mut block);
        let frames = (block.len() / CHANNELS) as u64;
        self.push(&block, out)?;
        self.block = block;
        self.position = if at_end { looping.start } else { self.position + frames };
        Ok(if at_end { Step::Again(self.position_secs()) } else { Step::Sound })
    }

    fn emit(&mut self, frames: u64, out: &mut Vec<f32>) -> Result<Step, AudioError> {
        let rest = self.held.split_off(frames as usize * CHANNELS);
        let block = std::mem::replace(&mut self.held, rest);
        self.position += frames;
        self.memory.remember(&block);
        self.push(&block, out)?;
        Ok(Step::Sound)
    }

    fn push(&mut self, block: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.given += (block.len() / CHANNELS) as u64;
        let path = self.reader.path();
        self.resampler
            .push(block, out)
            .map_err(|error| AudioError::Damaged { path: path.to_path_buf(), reason: error.to_string() })
    }

    fn go_to(&mut self, frame: u64) -> Result<(), AudioError> {
        self.held.clear();
        self.reader.seek_to_frame(i64::try_from(frame).unwrap_or(i64::MAX))?;
        self.position = frame;
        Ok(())
    }

    /// Up to this many frames from here on; fewer at the end of the song.
    fn collect(&mut self, frames: u64) -> Result<Vec<f32>, AudioError> {
        let mut collected = Vec::new();
        let wanted = frames as usize * CHANNELS;
        while collected.len() < wanted && self.hold()? {
            let count = self.held.len().min(wanted - collected.len());
            collected.extend(self.held.drain(..count));
            self.position += (count / CHANNELS) as u64;
        }
        Ok(collected)
    }

    /// Makes sure that something is held; false at the end of the song.
    fn hold(&mut self) -> Result<bool, AudioError> {
        if !self.held.is_empty() {
            return Ok(true);
        }
        if self.reader.next_block(&mut self.held)? == 0 {
            return Ok(false);
        }
        to_stereo(&mut self.held, self.reader.spec().channels);
        if self.factor.to_bits() != 1.0_f32.to_bits() {
            self.held.iter_mut().for_each(|sample| *sample *= self.factor);
        }
        Ok(true)
    }

    fn held_frames(&self) -> u64 {
        (self.held.len() / CHANNELS) as u64
    }

    fn rate_hz(&self) -> u32 {
        self.reader.spec().sample_rate_hz
    }
}

fn factor_of(gain_db: Option<f32>) -> f32 {
    gain_db.filter(|db| db.is_finite()).map_or(1.0, |db| 10.0_f32.powf(db / 20.0))
}

fn frame_at(secs: f64, rate_hz: u32) -> u64 {
    (secs.max(0.0) * f64::from(rate_hz)).round() as u64
}

fn damaged(item: &QueueItem, error: &ResampleError) -> AudioError {
    AudioError::Damaged { path: item.path.clone(), reason: error.to_string() }
}
