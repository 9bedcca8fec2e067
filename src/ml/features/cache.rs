//! Features that were made before, on disk.
//!
//! A file is called after the hash of the clip's file, the front end and its version, so nothing in it can be out of date;
//! it ends with a hash of itself, so that a damaged one is noticed and made again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::base::fs::write_atomic;
use crate::base::read::open_regular;
use crate::ml::features::Features;
use crate::ml::networks::input::FrontEnd;

const MAGIC: &[u8; 8] = b"TimbreF1";
/// More axes than any front end has.
const MOST_AXES: usize = 4;

/// A folder of features.
pub(in crate::ml) struct Cache {
    folder: PathBuf,
}

/// The place of one clip's features.
pub(in crate::ml) struct Entry(PathBuf);

impl Cache {
    pub fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).ok();
        Self { folder: folder.to_path_buf() }
    }

    /// Where the features of a file with this hash are.
    pub fn entry(&self, hash: u128, front_end: FrontEnd) -> Entry {
        Entry(self.folder.join(format!("{hash:032x}-{}-{}", front_end.name(), front_end.version())))
    }
}

/// The hash of a file's content; none if it cannot be read.
pub(in crate::ml) fn hash_file(file: &Path) -> Option<u128> {
    let mut hasher = Xxh3::new();
    io::copy(&mut open_regular(file).ok()?, &mut HashWriter(&mut hasher)).ok()?;
    Some(hasher.digest128())
}

struct HashWriter<'a>(&'a mut Xxh3);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Entry {
    pub fn read(&self) -> Option<Features> {
        parse(&fs::read(&self.0).ok()?)
    }

    /// A cache that cannot be written costs time later, nothing else.
    pub fn write(&self, features: &Features) {
        if let Err(error) = write_atomic(&self.0, &bytes_of(features)) {
            tracing::warn!("features are not kept in {}: {error}", self.0.display());
        }
    }
}

fn bytes_of(features: &Features) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(features.shape.len() as u8);
    bytes.extend(features.shape.iter().flat_map(|size| (*size as u64).to_le_bytes()));
    bytes.extend(features.values.iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    bytes
}

fn parse(bytes: &[u8]) -> Option<Features> {
    let (content, hash) = bytes.split_last_chunk::<8>()?;
    if xxh3_64(content).to_le_bytes() != *hash {
        return None;
    }
    let (axes, rest) = content.strip_prefix(MAGIC)?.split_first()?;
    let axes = usize::from(*axes);
    if axes > MOST_AXES {
        return None;
    }
    let (sizes, values) = rest.split_at_checked(axes * 8)?;
    let shape: Vec<usize> =
        sizes.chunks_exact(8).map(|b| b.iter().rev().fold(0usize, |n, byte| n << 8 | usize::from(*byte))).collect();
    let values: Vec<u16> = values.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
    (shape.iter().product::<usize>() == values.len()).then_some(Features { shape, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_come_back_and_damaged_ones_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wav");
        fs::write(&file, b"sound").unwrap();
        let cache = Cache::new(&dir.path().join("cache"));
        let hash = |name: &str| hash_file(&dir.path().join(name));
        let entry = cache.entry(hash("a.wav").unwrap(), FrontEnd::LogMel);
        assert!(entry.read().is_none());
        let features = Features::from_f32(&[2, 3], &[0.0, 1.0, -2.5, 0.5, 65_504.0, 1e-7]);
        entry.write(&features);
        assert_eq!(entry.read().unwrap(), features);
        assert!(cache.entry(hash("a.wav").unwrap(), FrontEnd::Scalogram).read().is_none());
        assert!(hash("none").is_none());

        let whole = fs::read(&entry.0).unwrap();
        for length in [0, 5, 20, whole.len() - 1] {
            fs::write(&entry.0, &whole[..length]).unwrap();
            assert!(entry.read().is_none(), "{length}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(parse(&damaged).is_none(), "{at}");
        }
        fs::write(&file, b"other sound").unwrap();
        assert!(cache.entry(hash("a.wav").unwrap(), FrontEnd::LogMel).read().is_none(), "the content decides");
    }
}
