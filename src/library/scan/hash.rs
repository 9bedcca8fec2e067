//! The content hash by which a moved file is known again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

/// Files up to this size are hashed whole (and read into memory once, for the hash and the tags).
pub(super) const WHOLE_BYTES: u64 = 256 * 1024;
/// Of larger files, this much at the head, in the middle and at the tail.
const BLOCK_BYTES: u64 = 64 * 1024;

/// A hash of a file's size and content.
pub(in crate::library) type ContentHash = [u8; 16];

/// The content hash of a file.
///
/// # Errors
/// What the file system says.
pub fn content_hash(path: &Path) -> io::Result<[u8; 16]> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > WHOLE_BYTES {
        return of_blocks(&mut file, size);
    }
    let mut bytes = Vec::new();
    file.take(WHOLE_BYTES).read_to_end(&mut bytes)?;
    Ok(of_bytes(&bytes))
}

/// XXH3-128 over the size and all bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> ContentHash {
    let mut hasher = Xxh3::new();
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
    hasher.digest128().to_le_bytes()
}

/// XXH3-128 over the size and three blocks: head, middle, tail. `size` must be above [`WHOLE_BYTES`].
///
/// # Errors
/// What the file system says.
pub(super) fn of_blocks(file: &mut (impl Read + Seek), size: u64) -> io::Result<ContentHash> {
    let mut hasher = Xxh3::new();
    hasher.update(&size.to_le_bytes());
    let mut block = Vec::with_capacity(BLOCK_BYTES as usize);
    for start in [0, (size - BLOCK_BYTES) / 2, size - BLOCK_BYTES] {
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        file.by_ref().take(BLOCK_BYTES).read_to_end(&mut block)?;
        hasher.update(&block);
    }
    Ok(hasher.digest128().to_le_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn every_part_of_a_small_file_counts() {
        let bytes: Vec<u8> = (0..1000_u32).map(|i| i as u8).collect();
        let hash = of_bytes(&bytes);
        for position in [0, 499, 999] {
            let mut other = bytes.clone();
            other[position] ^= 1;
            assert_ne!(of_bytes(&other), hash);
        }
        assert_ne!(of_bytes(&bytes[..999]), hash);
    }

    #[test]
    fn head_middle_tail_and_size_of_a_large_file_count() {
        let size = 1_000_000_u64;
        let bytes = vec![7_u8; size as usize];
        let hash = |bytes: &[u8]| of_blocks(&mut Cursor::new(bytes), bytes.len() as u64).unwrap();
        let expected = hash(&bytes);
        for position in [0, size / 2, size - 1] {
            let mut other = bytes.clone();
            other[position as usize] ^= 1;
            assert_ne!(hash(&other), expected);
        }
        assert_ne!(hash(&bytes[..size as usize - 1]), expected);
    }
}
