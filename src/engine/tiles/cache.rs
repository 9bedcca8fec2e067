//! Tiles that were made: the last ones in memory, many more on disk.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use xxhash_rust::xxh3::xxh3_64;

use crate::base::fs::NewFile;
use crate::dsp::picture::PictureSpec;

use super::sound::ContentHash;
use super::{TILE_COLUMNS, TILE_ROWS, TilePlace};

/// Grows whenever the same settings give other levels, so that older files are not found any more.
const ALGORITHM: u32 = 1;
const MAGIC: &[u8; 8] = b"timbtile";
/// Magic, algorithm, checksum.
const HEADER_BYTES: usize = 8 + 4 + 8;
/// Levels of a tile.
pub(super) const TILE_LEN: usize = TILE_COLUMNS * TILE_ROWS;
const FILE_BYTES: usize = HEADER_BYTES + 2 * TILE_LEN;
/// Tiles kept in memory: 32 MB.
const IN_MEMORY: usize = 256;
/// When the folder is full, so much of it stays, per cent.
const KEPT_PERCENT: u64 = 80;
const ENDING: &str = "tile";

/// What a tile is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TileKey {
    pub content: ContentHash,
    /// See [`spec_hash`].
    pub spec: u64,
    pub place: TilePlace,
}

/// A hash of everything that the levels depend on besides the sound.
pub(super) fn spec_hash(spec: &PictureSpec) -> u64 {
    // Settings without a JSON form do not exist; were there one, its debug form tells them apart as well.
    xxh3_64(&serde_json::to_vec(spec).unwrap_or_else(|_| format!("{spec:?}").into_bytes()))
}

impl TileKey {
    fn file_name(&self) -> String {
        let content = u128::from_be_bytes(self.content);
        let TilePlace { time_level, time_index, band_level, band_index } = self.place;
        format!("{content:032x}-{:016x}-{time_level}-{time_index}-{band_level}-{band_index}.{ENDING}", self.spec)
    }
}

/// The tiles; several threads share it.
pub(super) struct TileCache {
    /// `None` keeps nothing on disk.
    folder: Option<PathBuf>,
    limit_bytes: u64,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    clock: u64,
    tiles: HashMap<TileKey, (Arc<[i16]>, u64)>,
    /// Bytes in the folder; `None` before it was looked at.
    disk_bytes: Option<u64>,
}

impl TileCache {
    /// A cache in a folder that may be missing, of at most this many bytes; 0 keeps nothing there.
    pub fn new(folder: &Path, limit_bytes: u64) -> Self {
        let folder = (limit_bytes > 0).then(|| folder.to_path_buf());
        Self { folder, limit_bytes, inner: Mutex::default() }
    }

    /// The levels of a whole tile, if they are known.
    pub fn get(&self, key: &TileKey) -> Option<Arc<[i16]>> {
        if let Some(levels) = self.recall(key) {
            return Some(levels);
        }
        let path = self.folder.as_ref()?.join(key.file_name());
        let levels: Arc<[i16]> = match read(&path) {
            Ok(levels) => levels.into(),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::debug!(%error, ?path, "a tile in the cache cannot be used");
                    fs::remove_file(&path).ok();
                }
                return None;
            }
        };
        // What is used last is deleted last.
        File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now())).ok();
        self.remember(*key, levels.clone());
        Some(levels)
    }

    /// Keeps a whole tile. A disk that is full is no failure.
    pub fn put(&self, key: TileKey, levels: Arc<[i16]>) {
        if let Some(folder) = &self.folder
            && let Err(error) = self.write(folder, &key, &levels)
        {
            tracing::debug!(%error, ?folder, "a tile cannot be kept");
        }
        self.remember(key, levels);
    }

    fn recall(&self, key: &TileKey) -> Option<Arc<[i16]>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let clock = inner.clock;
        inner.tiles.get_mut(key).map(|(levels, used)| {
            *used = clock;
            levels.clone()
        })
    }

    fn remember(&self, key: TileKey, levels: Arc<[i16]>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let clock = inner.clock;
        inner.tiles.insert(key, (levels, clock));
        while inner.tiles.len() > IN_MEMORY {
            let Some(oldest) = inner.tiles.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key) else {
                break;
            };
            inner.tiles.remove(&oldest);
        }
    }

    fn write(&self, folder: &Path, key: &TileKey, levels: &[i16]) -> io::Result<()> {
        let body: Vec<u8> = levels.iter().flat_map(|level| level.to_le_bytes()).collect();
        let mut bytes = Vec::with_capacity(FILE_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&ALGORITHM.to_le_bytes());
        bytes.extend_from_slice(&xxh3_64(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        fs::create_dir_all(folder)?;
        let mut file = NewFile::create(&folder.join(key.file_name()))?;
        file.as_file_mut().write_all(&bytes)?;
        // Not flushed to the disk: what a crash spoils the checksum finds.
        file.keep_unflushed()?;
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let total = match inner.disk_bytes {
            Some(total) => total + bytes.len() as u64,
            None => listing(folder)?.iter().map(|file| file.bytes).sum(),
        };
        inner.disk_bytes = Some(if total > self.limit_bytes { shrink(folder, self.limit_bytes)? } else { total });
        Ok(())
    }
}

struct Listed {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

fn listing(folder: &Path) -> io::Result<Vec<Listed>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        // Half-written files of a run that was killed count (and go) as well.
        if path.extension().is_some_and(|ending| ending == ENDING || ending == "part")
            && let Ok(metadata) = entry.metadata()
        {
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push(Listed { path, bytes: metadata.len(), used });
        }
    }
    Ok(found)
}

/// Deletes what was not used for longest, and says how many bytes are left.
fn shrink(folder: &Path, limit_bytes: u64) -> io::Result<u64> {
    let mut files = listing(folder)?;
    files.sort_by_key(|file| file.used);
    let mut total: u64 = files.iter().map(|file| file.bytes).sum();
    for file in files {
        if total <= limit_bytes / 100 * KEPT_PERCENT {
            break;
        }
        if fs::remove_file(&file.path).is_ok() {
            total -= file.bytes;
        }
    }
    Ok(total)
}

fn read(path: &Path) -> io::Result<Vec<i16>> {
    let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    if fs::metadata(path)?.len() != FILE_BYTES as u64 {
        return Err(broken("it has the wrong length"));
    }
    let bytes = fs::read(path)?;
    let (Some(header), Some(body)) = (bytes.get(..HEADER_BYTES), bytes.get(HEADER_BYTES..FILE_BYTES)) else {
        return Err(broken("it has the wrong length"));
    };
    let (magic, rest) = header.split_at(MAGIC.len());
    let (algorithm, checksum) = rest.split_at(4);
    if magic != MAGIC || algorithm != ALGORITHM.to_le_bytes() {
        return Err(broken("it is of another version"));
    }
    if checksum != xxh3_64(body).to_le_bytes() {
        return Err(broken("its checksum is wrong"));
    }
    Ok(body.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(time_index: u32) -> TileKey {
        let place = TilePlace { time_level: 3, time_index, band_level: 1, band_index: 1 };
        TileKey { content: [7; 16], spec: 42, place }
    }

    fn tile(seed: i16) -> Arc<[i16]> {
        (0..TILE_LEN).map(|n| seed.wrapping_add(n as i16)).collect()
    }

    #[test]
    fn a_tile_outlives_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("pictures");
        let cache = TileCache::new(&folder, 1 << 30);
        assert_eq!(cache.get(&key(0)), None);
        cache.put(key(0), tile(5));
        let later = TileCache::new(&folder, 1 << 30);
        assert_eq!(later.get(&key(0)), Some(tile(5)));
        assert_eq!(later.get(&key(1)), None);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(later.get(&key(0)), Some(tile(5)), "from memory");
        assert_eq!(TileCache::new(&folder, 1 << 30).get(&key(0)), None);
    }

    #[test]
    fn a_broken_file_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(key(0).file_name());
        let whole = {
            TileCache::new(dir.path(), 1 << 30).put(key(0), tile(1));
            fs::read(&path).unwrap()
        };
        let mut bit = whole.clone();
        bit[HEADER_BYTES + 1000] ^= 4;
        let mut version = whole.clone();
        version[8] ^= 1;
        for broken in [bit, version, whole[..whole.len() - 1].to_vec(), Vec::new()] {
            fs::write(&path, broken).unwrap();
            assert_eq!(TileCache::new(dir.path(), 1 << 30).get(&key(0)), None);
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_folder_does_not_grow_over_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let limit = 5 * FILE_BYTES as u64;
        let cache = TileCache::new(dir.path(), limit);
        for index in 0..12 {
            cache.put(key(index), tile(0));
            let past = SystemTime::now() - std::time::Duration::from_secs(100 - u64::from(index));
            let path = dir.path().join(key(index).file_name());
            File::options().append(true).open(path).unwrap().set_modified(past).unwrap();
            let total: u64 = listing(dir.path()).unwrap().iter().map(|file| file.bytes).sum();
            assert!(total <= limit);
        }
        let later = TileCache::new(dir.path(), limit);
        assert!(later.get(&key(11)).is_some() && later.get(&key(0)).is_none());
        let nothing = dir.path().join("nothing");
        TileCache::new(&nothing, 0).put(key(0), tile(0));
        assert!(!nothing.exists());
    }
}
