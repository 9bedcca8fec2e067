//! The hash by which version 1 of the library knew a file: size, head, middle and tail, tags and all. It finds songs
//! that moved before they got a sound key.

use std::io::{self, Read, Seek, SeekFrom};

use xxhash_rust::xxh3::Xxh3;

/// Files up to this size are hashed whole.
const WHOLE_BYTES: u64 = 256 * 1024;
/// Of larger files, this much at the head, in the middle and at the tail.
const BLOCK_BYTES: u64 = 64 * 1024;

/// XXH3-128 over the size and all bytes.
fn of_bytes(bytes: &[u8]) -> [u8; 16] {
    let mut hasher = Xxh3::new();
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
    hasher.digest128().to_le_bytes()
}

/// XXH3-128 over the size and three blocks (head, middle, tail), of small files over all bytes.
///
/// # Errors
/// What the file system says.
pub(super) fn v1_hash(file: &mut (impl Read + Seek), size: u64) -> io::Result<[u8; 16]> {
    if size <= WHOLE_BYTES {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.take(WHOLE_BYTES).read_to_end(&mut bytes)?;
        return Ok(of_bytes(&bytes));
    }
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
        let hash = |bytes: &[u8]| v1_hash(&mut Cursor::new(bytes), bytes.len() as u64).unwrap();
        let expected = hash(&bytes);
        for position in [0, size / 2, size - 1] {
            let mut other = bytes.clone();
            other[position as usize] ^= 1;
            assert_ne!(hash(&other), expected);
        }
        assert_ne!(hash(&bytes[..size as usize - 1]), expected);
    }
}
