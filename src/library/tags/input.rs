//! A file as the tag readers see it: any place of it, a few bytes at a time, and not more than a bound in all.

use std::io::{self, Read, Seek, SeekFrom};

/// What can be read and sought.
pub(super) trait Source: Read + Seek {}
impl<R: Read + Seek> Source for R {}

/// Bytes that are fetched at a time where little is asked for.
const WINDOW_BYTES: usize = 16 * 1024;

/// A file with a window into it.
pub(super) struct Input<'a> {
    source: &'a mut dyn Source,
    /// Bytes in the file.
    pub length: u64,
    window: Vec<u8>,
    window_start: u64,
    /// Bytes that may still be fetched.
    left: u64,
    /// The bound was reached: what was asked for after that was not read.
    pub exhausted: bool,
    /// What the system said when it could not read.
    pub error: Option<io::Error>,
}

impl<'a> Input<'a> {
    /// Opens a file of which at most `budget` bytes are fetched.
    pub fn new(source: &'a mut dyn Source, budget: u64) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        Ok(Self { source, length, window: Vec::new(), window_start: 0, left: budget, exhausted: false, error: None })
    }

    /// The bytes from `start`, at most `count`; fewer at the end of the file and when the bound is reached.
    pub fn get(&mut self, start: u64, count: usize) -> &[u8] {
        let count = usize::try_from(self.length.saturating_sub(start)).unwrap_or(usize::MAX).min(count);
        let known_end = self.window_start + self.window.len() as u64;
        if count > 0 && (start < self.window_start || start + count as u64 > known_end) {
            self.fetch(start, count.max(WINDOW_BYTES));
        }
        let offset = usize::try_from(start.saturating_sub(self.window_start)).unwrap_or(usize::MAX);
        let known = self.window.get(offset..).unwrap_or_default();
        &known[..known.len().min(count)]
    }

    /// As [`Self::get`], all or nothing.
    pub fn exact(&mut self, start: u64, count: usize) -> Option<&[u8]> {
        Some(self.get(start, count)).filter(|bytes| bytes.len() == count)
    }

    fn fetch(&mut self, start: u64, count: usize) {
        self.window.clear();
        self.window_start = start;
        if self.error.is_some() {
            return;
        }
        let limit = (count as u64).min(self.left);
        self.exhausted |= limit < (count as u64).min(self.length - start);
        let source = &mut *self.source;
        match source.seek(SeekFrom::Start(start)).and_then(|_| source.take(limit).read_to_end(&mut self.window)) {
            Ok(count) => self.left -= count as u64,
            Err(error) => self.error = Some(error),
        }
    }
}

/// A big-endian number of up to eight bytes.
pub(super) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A little-endian number of up to eight bytes.
pub(super) fn le(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A part of a file without what lies around it.
pub(super) struct Part<'a> {
    source: &'a mut dyn Source,
    start: u64,
    length: u64,
    position: u64,
    /// Bytes that may still be read.
    left: u64,
}

impl<'a> Part<'a> {
    /// The bytes from `start` to `end`, of which at most `budget` are read.
    pub fn new(source: &'a mut dyn Source, start: u64, end: u64, budget: u64) -> io::Result<Self> {
        source.seek(SeekFrom::Start(start))?;
        Ok(Self { source, start, length: end.saturating_sub(start), position: 0, left: budget })
    }
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("too much to read"));
        }
        let limit = self.left.min(self.length.saturating_sub(self.position));
        let limit = buffer.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
        let count = self.source.read(&mut buffer[..limit])?;
        self.position += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Seek for Part<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let target = match position {
            SeekFrom::Start(target) => Some(target),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let target = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let absolute = self.start.checked_add(target).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        if target != self.position {
            self.source.seek(SeekFrom::Start(absolute))?;
            self.position = target;
        }
        Ok(target)
    }
}
