//! A file seen through a window that moves forwards: any few bytes can be looked at before they are taken.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at a time.
const CHUNK: usize = 32 * 1024;

/// Buffered reading by place.
pub(crate) struct Window<R> {
    inner: R,
    bytes: Vec<u8>,
    /// The place of the first of `bytes`.
    start: u64,
}

impl<R: Read + Seek> Window<R> {
    pub(crate) fn new(inner: R) -> Self {
        // Nothing is buffered, so that the first look seeks.
        Self { inner, bytes: Vec::new(), start: u64::MAX }
    }

    /// `len` bytes from a place on; fewer only at the end of the file.
    pub(crate) fn look(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        let end = self.start.saturating_add(self.bytes.len() as u64);
        if at < self.start || at > end {
            self.inner.seek(SeekFrom::Start(at))?;
            self.bytes.clear();
            self.start = at;
        }
        let mut from = (at - self.start) as usize;
        if from + len > self.bytes.len() {
            self.bytes.drain(..from);
            self.start = at;
            from = 0;
            while self.bytes.len() < len {
                let filled = self.bytes.len();
                self.bytes.resize(filled + CHUNK.max(len - filled), 0);
                let read = match self.inner.read(&mut self.bytes[filled..]) {
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                        self.bytes.truncate(filled);
                        continue;
                    }
                    Err(error) => {
                        self.bytes.truncate(filled);
                        return Err(error);
                    }
                };
                self.bytes.truncate(filled + read);
                if read == 0 {
                    break;
                }
            }
        }
        let to = (from + len).min(self.bytes.len());
        Ok(&self.bytes[from..to])
    }

    pub(crate) fn into_inner(self) -> R {
        self.inner
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Window};

    #[test]
    fn any_place_is_seen_and_the_end_is_short() {
        let bytes: Vec<u8> = (0..3 * CHUNK as u32).map(|n| (n * 7 / 3) as u8).collect();
        let mut window = Window::new(std::io::Cursor::new(&bytes));
        for (at, len) in
            [(0, 4), (2, 10), (CHUNK - 2, 8), (5, 3), (2 * CHUNK, CHUNK + 5), (3 * CHUNK, 4), (9 * CHUNK, 1)]
        {
            let seen = window.look(at as u64, len).unwrap();
            let end = (at + len).min(bytes.len());
            assert_eq!(seen, bytes.get(at..end).unwrap_or(&[]), "{at} {len}");
        }
    }
}
