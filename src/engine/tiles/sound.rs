//! The mono sound of files, read from any place and kept for a while.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::audio::{AudioError, AudioReader, Downmix};
use crate::base::{CancelToken, Channel};

/// Frames of a block that is kept: about six seconds.
const BLOCK_FRAMES: usize = 1 << 18;
/// Files that are open at a time.
const OPEN_FILES: usize = 3;
/// Sound that is rather decoded and thrown away than jumped over, seconds.
const SKIP_SECS: i64 = 1;

/// One signal of a file's channels at the file's own rate.
pub(in crate::engine) struct MonoFile {
    reader: AudioReader,
    downmix: Downmix,
    /// The frame with which `ahead` begins.
    position: i64,
    /// Decoded and not yet asked for.
    ahead: Vec<f32>,
    block: Vec<f32>,
    /// Whether every jump so far was one, and not decoding from the start.
    jumps: bool,
}

impl MonoFile {
    pub fn open(path: &Path, channel: Channel, cancel: &CancelToken) -> Result<Self, AudioError> {
        let reader = AudioReader::open_with(path, cancel)?;
        let downmix = Downmix::new(channel, reader.spec().channels, reader.spec().sample_rate_hz);
        Ok(Self { reader, downmix, position: 0, ahead: Vec::new(), block: Vec::new(), jumps: true })
    }

    pub fn rate_hz(&self) -> u32 {
        self.reader.spec().sample_rate_hz
    }

    /// Whether other places are reached without decoding all that comes before them, as far as was tried.
    pub fn jumps(&self) -> bool {
        self.jumps
    }

    /// Appends the frames from `first` (not negative) on, at most `len`; fewer only at the end of the file.
    pub fn read(&mut self, first: i64, len: usize, out: &mut Vec<f32>) -> Result<usize, AudioError> {
        self.go_to(first)?;
        while self.ahead.len() < len && self.decode()? {}
        let frames = len.min(self.ahead.len());
        out.extend(self.ahead.drain(..frames));
        self.position += frames as i64;
        Ok(frames)
    }

    fn go_to(&mut self, first: i64) -> Result<(), AudioError> {
        let near = first - self.position <= self.ahead.len() as i64 + SKIP_SECS * i64::from(self.rate_hz());
        if first < self.position || !near {
            self.jumps &= self.reader.seek_to_frame(first)?;
            self.downmix.restart();
            self.ahead.clear();
            self.position = first;
        }
        while self.position < first {
            if self.ahead.is_empty() && !self.decode()? {
                self.position = first;
                break;
            }
            let skipped = usize::try_from(first - self.position).unwrap_or(0).min(self.ahead.len());
            self.ahead.drain(..skipped);
            self.position += skipped as i64;
        }
        Ok(())
    }

    /// Decodes one block; false at the end.
    fn decode(&mut self) -> Result<bool, AudioError> {
        self.block.clear();
        if self.reader.next_block(&mut self.block)? == 0 {
            return Ok(false);
        }
        self.downmix.mix(&mut self.block);
        self.ahead.extend_from_slice(&self.block);
        Ok(true)
    }
}

/// What a file's sound is known by: the file, whatever its name.
pub(in crate::engine) type ContentHash = [u8; 16];

/// One signal of a file.
pub(in crate::engine) type SoundKey = (ContentHash, Channel);

/// A stretch of sound.
#[derive(Debug, Default)]
pub(in crate::engine) struct Span {
    /// The samples; missing ones before the start and after the end are silence.
    pub samples: Vec<f32>,
    /// Frames of the whole file, once its end was seen.
    pub end: Option<i64>,
}

/// Decoded sound of the files that were asked for last, in bounded memory. Several threads share it.
pub(in crate::engine) struct SoundStore {
    inner: Mutex<Inner>,
    cancel: CancelToken,
}

#[derive(Default)]
struct Inner {
    blocks_kept: usize,
    clock: u64,
    files: Vec<OpenFile>,
    blocks: HashMap<(SoundKey, i64), Block>,
    ends: HashMap<SoundKey, i64>,
    rates: HashMap<SoundKey, u32>,
}

struct Block {
    samples: Arc<[f32]>,
    used: u64,
}

struct OpenFile {
    content: SoundKey,
    file: MonoFile,
    used: u64,
}

impl SoundStore {
    /// Keeps about this many bytes of sound. `cancel` stops reading for good.
    pub fn new(bytes: usize, cancel: CancelToken) -> Self {
        let blocks_kept = (bytes / (BLOCK_FRAMES * size_of::<f32>())).max(2);
        Self { inner: Mutex::new(Inner { blocks_kept, ..Inner::default() }), cancel }
    }

    /// Frames a second of a file.
    pub fn rate_hz(&self, path: &Path, content: SoundKey) -> Result<u32, AudioError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate_hz) = inner.rates.get(&content) {
            return Ok(*rate_hz);
        }
        let index = inner.open(path, content, 0, &self.cancel)?;
        Ok(inner.files[index].file.rate_hz())
    }

    /// The frames from `first` on; reading goes block by block, so that other threads get their turn.
    pub fn span(&self, path: &Path, content: SoundKey, first: i64, len: usize) -> Result<Span, AudioError> {
        let mut span = Span { samples: vec![0.0; len], end: None };
        let last = first + len as i64;
        let mut block = first.max(0).div_euclid(BLOCK_FRAMES as i64);
        while block * (BLOCK_FRAMES as i64) < last {
            let start = block * BLOCK_FRAMES as i64;
            let (samples, end) = {
                let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
                let samples = inner.block(path, content, block, &self.cancel)?;
                (samples, inner.ends.get(&content).copied())
            };
            span.end = end;
            let from = first.max(start);
            let to = last.min(start + samples.len() as i64);
            if from < to {
                let inside = &samples[(from - start) as usize..(to - start) as usize];
                let at = (from - first) as usize;
                span.samples[at..at + inside.len()].copy_from_slice(inside);
            }
            if samples.len() < BLOCK_FRAMES {
                break;
            }
            block += 1;
        }
        Ok(span)
    }
}

impl Inner {
    fn block(
        &mut self,
        path: &Path,
        content: SoundKey,
        block: i64,
        cancel: &CancelToken,
    ) -> Result<Arc<[f32]>, AudioError> {
        self.clock += 1;
        let clock = self.clock;
        if let Some(block) = self.blocks.get_mut(&(content, block)) {
            block.used = clock;
            return Ok(block.samples.clone());
        }
        let start = block * BLOCK_FRAMES as i64;
        if self.ends.get(&content).is_some_and(|end| *end <= start) {
            return Ok(Arc::new([]));
        }
        let index = self.open(path, content, start, cancel)?;
        let mut samples = Vec::with_capacity(BLOCK_FRAMES);
        if let Err(error) = self.files[index].file.read(start, BLOCK_FRAMES, &mut samples) {
            self.files.swap_remove(index);
            return Err(error);
        }
        if samples.len() < BLOCK_FRAMES && (!samples.is_empty() || start == 0) {
            self.ends.insert(content, start + samples.len() as i64);
        }
        let samples: Arc<[f32]> = samples.into();
        while self.blocks.len() >= self.blocks_kept {
            let Some(oldest) = self.blocks.iter().min_by_key(|(_, block)| block.used).map(|(key, _)| *key) else {
                break;
            };
            self.blocks.remove(&oldest);
        }
        self.blocks.insert((content, block), Block { samples: samples.clone(), used: clock });
        Ok(samples)
    }

    /// A reader that stands at `first`; else a second one, so that two threads at two places do not drag one back and
    /// forth; else the one of the two that was used longer ago.
    fn open(&mut self, path: &Path, content: SoundKey, first: i64, cancel: &CancelToken) -> Result<usize, AudioError> {
        self.clock += 1;
        let of_file: Vec<usize> = (0..self.files.len()).filter(|index| self.files[*index].content == content).collect();
        let there = of_file.iter().copied().find(|index| self.files[*index].file.position == first);
        let longest_unused = |indices: &[usize]| indices.iter().copied().min_by_key(|index| self.files[*index].used);
        let index = match there.or_else(|| longest_unused(&of_file).filter(|_| of_file.len() >= 2)) {
            Some(index) => index,
            None => {
                let file = MonoFile::open(path, content.1, cancel)?;
                self.rates.insert(content, file.rate_hz());
                let all: Vec<usize> = (0..self.files.len()).collect();
                if let Some(oldest) = longest_unused(&all).filter(|_| all.len() >= OPEN_FILES) {
                    self.files.swap_remove(oldest);
                }
                self.files.push(OpenFile { content, file, used: 0 });
                self.files.len() - 1
            }
        };
        self.files[index].used = self.clock;
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ramp that says of each frame which one it is, as float samples.
    fn ramp(folder: &Path, frames: u32) -> std::path::PathBuf {
        let mut file = Vec::new();
        file.extend_from_slice(b"RIFF");
        file.extend_from_slice(&(36 + frames * 4).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt ");
        file.extend_from_slice(&16u32.to_le_bytes());
        file.extend_from_slice(&3u16.to_le_bytes());
        file.extend_from_slice(&1u16.to_le_bytes());
        file.extend_from_slice(&8000u32.to_le_bytes());
        file.extend_from_slice(&32_000u32.to_le_bytes());
        file.extend_from_slice(&[4, 0, 32, 0]);
        file.extend_from_slice(b"data");
        file.extend_from_slice(&(frames * 4).to_le_bytes());
        file.extend((0..frames).flat_map(|n| (n as f32 / 1_048_576.0).to_le_bytes()));
        let path = folder.join("ramp.wav");
        std::fs::write(&path, file).unwrap();
        path
    }

    #[test]
    fn any_place_is_read_in_any_order_and_outside_is_silence() {
        let dir = tempfile::tempdir().unwrap();
        let frames = 900_000;
        let path = ramp(dir.path(), frames);
        let store = SoundStore::new(3 * 4 * BLOCK_FRAMES, CancelToken::default());
        for first in [0, 262_100, 700_000, -50, 10, 899_990, 262_144, 2_000_000] {
            let span = store.span(&path, ([1; 16], Channel::Mid), first, 300).unwrap();
            for (index, sample) in span.samples.iter().enumerate() {
                let frame = first + index as i64;
                let expected = if (0..i64::from(frames)).contains(&frame) { frame as f32 / 1_048_576.0 } else { 0.0 };
                assert_eq!(*sample, expected, "frame {frame}");
            }
            assert_eq!(span.end.unwrap_or(i64::from(frames)), i64::from(frames));
        }
        assert_eq!(store.span(&path, ([1; 16], Channel::Mid), 899_990, 30).unwrap().end, Some(i64::from(frames)));
        assert_eq!(store.rate_hz(&path, ([1; 16], Channel::Mid)).unwrap(), 8000);
        assert!(store.inner.lock().unwrap().blocks.len() <= 3);
    }

    #[test]
    fn what_is_kept_needs_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = ramp(dir.path(), 1000);
        let store = SoundStore::new(1 << 22, CancelToken::default());
        let before = store.span(&path, ([1; 16], Channel::Mid), 0, 1000).unwrap().samples;
        std::fs::remove_file(&path).unwrap();
        assert_eq!(store.span(&path, ([1; 16], Channel::Mid), 0, 1000).unwrap().samples, before);
        assert!(store.span(&path, ([2; 16], Channel::Mid), 0, 1000).is_err());
    }
}
