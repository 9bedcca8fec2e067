//! The tiles that arrived: a bounded cache, the least used ones fall out.

use std::collections::HashMap;

use crate::base::TrackId;
use crate::dsp::picture::PictureSpec;
use crate::engine::tiles::{FINEST_BAND_LEVEL, NO_LEVEL, TILE_COLUMNS, TILE_ROWS, TileColumns, TilePlace, column_secs};

/// Tiles that are kept: 64 MB of levels.
pub const MOST_TILES: usize = 512;
/// Specs that are told apart before all is forgotten; a slider that is dragged makes many.
const MOST_SPECS: usize = 128;

/// Names a spec within a store: small, and a key for maps, which a spec with its fractions is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpecId(u32);

/// One tile of one picture of one song.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileKey {
    /// The song.
    pub track: TrackId,
    /// What its levels depend on.
    pub spec: SpecId,
    /// Where it lies.
    pub place: TilePlace,
}

/// A tile as far as it is known.
#[derive(Clone, Debug)]
pub struct Tile {
    levels: Box<[i16]>,
    /// When each column last changed; 0 is never.
    changed: [u64; TILE_COLUMNS],
    newest: u64,
    complete: bool,
    used: u64,
}

impl Tile {
    fn new() -> Self {
        Self {
            levels: vec![NO_LEVEL; TILE_COLUMNS * TILE_ROWS].into_boxed_slice(),
            changed: [0; TILE_COLUMNS],
            newest: 0,
            complete: false,
            used: 0,
        }
    }

    /// The levels of a column, the lowest frequency first.
    pub fn column(&self, column: usize) -> &[i16] {
        &self.levels[column * TILE_ROWS..(column + 1) * TILE_ROWS]
    }

    /// Whether something is known about a column.
    pub fn knows(&self, column: usize) -> bool {
        self.changed[column] > 0
    }

    /// When it changed last; grows with every change.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Whether nothing more will come.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The columns that changed after `seen`, as one stretch `from..to`.
    pub fn changed_since(&self, seen: u64) -> Option<(usize, usize)> {
        let first = self.changed.iter().position(|at| *at > seen)?;
        let last = self.changed.iter().rposition(|at| *at > seen)?;
        Some((first, last + 1))
    }
}

/// The cache.
#[derive(Clone, Debug, Default)]
pub struct TileStore {
    specs: Vec<PictureSpec>,
    first_spec: u32,
    tiles: HashMap<TileKey, Tile>,
    loudest: HashMap<(TrackId, SpecId), i16>,
    clock: u64,
}

impl TileStore {
    /// The name of a spec.
    pub fn spec_id(&mut self, spec: &PictureSpec) -> SpecId {
        if let Some(id) = self.known_spec(spec) {
            return id;
        }
        if self.specs.len() == MOST_SPECS {
            self.first_spec += MOST_SPECS as u32;
            self.specs.clear();
            self.tiles.clear();
            self.loudest.clear();
        }
        self.specs.push(*spec);
        SpecId(self.first_spec + self.specs.len() as u32 - 1)
    }

    /// The name of a spec that was seen before.
    pub fn known_spec(&self, spec: &PictureSpec) -> Option<SpecId> {
        let at = self.specs.iter().position(|known| known == spec)?;
        Some(SpecId(self.first_spec + at as u32))
    }

    /// Tiles held now.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// A tile, if something of it is known.
    pub fn get(&self, key: &TileKey) -> Option<&Tile> {
        self.tiles.get(key)
    }

    /// Whether all of a tile is known.
    pub fn is_complete(&self, key: &TileKey) -> bool {
        self.tiles.get(key).is_some_and(|tile| tile.complete)
    }

    /// Says that a tile is in use, so that others fall out first.
    pub fn touch(&mut self, key: &TileKey) {
        self.clock += 1;
        if let Some(tile) = self.tiles.get_mut(key) {
            tile.used = self.clock;
        }
    }

    /// The loudest level seen in a picture, hundredths.
    pub fn loudest(&self, track: TrackId, spec: SpecId) -> Option<i16> {
        self.loudest.get(&(track, spec)).copied()
    }

    /// Takes columns in; what does not fit a tile is dropped.
    pub fn insert(&mut self, columns: &TileColumns) {
        let first = usize::from(columns.first_column);
        let count = columns.levels.len() / TILE_ROWS;
        if !columns.levels.len().is_multiple_of(TILE_ROWS) || first + count > TILE_COLUMNS {
            return;
        }
        let key = TileKey { track: columns.track, spec: self.spec_id(&columns.spec), place: columns.place };
        if !self.tiles.contains_key(&key) && self.tiles.len() >= MOST_TILES {
            let oldest = self.tiles.iter().min_by_key(|(_, tile)| tile.used).map(|(key, _)| *key);
            oldest.map(|oldest| self.tiles.remove(&oldest));
        }
        self.clock += 1;
        let clock = self.clock;
        let tile = self.tiles.entry(key).or_insert_with(Tile::new);
        if tile.complete && columns.rough {
            return;
        }
        tile.levels[first * TILE_ROWS..(first + count) * TILE_ROWS].copy_from_slice(&columns.levels);
        tile.changed[first..first + count].fill(clock);
        tile.newest = clock;
        tile.used = clock;
        tile.complete |= columns.complete;
        if let Some(loudest) = columns.levels.iter().max() {
            let known = self.loudest.entry((columns.track, key.spec)).or_insert(NO_LEVEL);
            *known = (*known).max(*loudest);
        }
    }

    /// The level at a time and a place on the frequency axis (0..1), hundredths, from the tiles nearest in sharpness to
    /// the wanted ones. `None` while nothing is known there.
    pub fn level_at(&self, track: TrackId, spec: SpecId, sharpness: (u8, u8), secs: f64, place: f64) -> Option<i16> {
        self.nearest(track, spec, sharpness, secs, place)
            .map(|(tile, column, row)| tile.column(column)[row])
            .filter(|level| *level != NO_LEVEL)
    }

    fn nearest(
        &self,
        track: TrackId,
        spec: SpecId,
        (time_level, band_level): (u8, u8),
        secs: f64,
        place: f64,
    ) -> Option<(&Tile, usize, usize)> {
        if secs < 0.0 || !(0.0..1.0).contains(&place) {
            return None;
        }
        let coarser = (time_level..=crate::engine::tiles::COARSEST_TIME_LEVEL).chain((0..time_level).rev());
        for time in coarser {
            for band in (0..=band_level).rev().chain(band_level + 1..=FINEST_BAND_LEVEL) {
                let column = (secs / column_secs(time)) as u64;
                let row = (place * (TILE_ROWS << band) as f64) as usize;
                let tile_place = TilePlace {
                    time_level: time,
                    time_index: (column / TILE_COLUMNS as u64) as u32,
                    band_level: band,
                    band_index: (row / TILE_ROWS) as u16,
                };
                let column = (column % TILE_COLUMNS as u64) as usize;
                if let Some(tile) = self.tiles.get(&TileKey { track, spec, place: tile_place })
                    && tile.knows(column)
                {
                    return Some((tile, column, row % TILE_ROWS));
                }
            }
        }
        None
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use crate::dsp::picture::PictureSettings;

    use super::*;

    pub fn place(time_level: u8, time_index: u32) -> TilePlace {
        TilePlace { time_level, time_index, band_level: 0, band_index: 0 }
    }

    pub fn columns(track: i64, place: TilePlace, first_column: u16, levels: &[i16], complete: bool) -> TileColumns {
        let levels: Vec<i16> = levels.iter().flat_map(|level| [*level; TILE_ROWS]).collect();
        let spec = PictureSettings::spectrogram().spec;
        let levels = Arc::from(levels);
        TileColumns { track: TrackId(track), spec, place, first_column, levels, rough: false, complete }
    }

    #[test]
    fn columns_become_tiles_and_say_what_changed() {
        let mut store = TileStore::default();
        store.insert(&columns(1, place(4, 0), 10, &[-2000, -3000], false));
        let spec = store.known_spec(&PictureSettings::spectrogram().spec).unwrap();
        let key = TileKey { track: TrackId(1), spec, place: place(4, 0) };
        let tile = store.get(&key).unwrap();
        assert_eq!(tile.changed_since(0), Some((10, 12)));
        let seen = tile.newest();
        store.insert(&columns(1, place(4, 0), 200, &[-500], true));
        let tile = store.get(&key).unwrap();
        assert_eq!(tile.changed_since(seen), Some((200, 201)));
        assert!(tile.is_complete() && store.is_complete(&key));
        assert_eq!(store.loudest(TrackId(1), spec), Some(-500));
        let secs = 10.5 * column_secs(4);
        assert_eq!(store.level_at(TrackId(1), spec, (4, 0), secs, 0.5), Some(-2000));
        assert_eq!(store.level_at(TrackId(1), spec, (3, 2), secs, 0.5), Some(-2000), "a coarser tile helps out");
        assert_eq!(store.level_at(TrackId(1), spec, (4, 0), 0.0, 0.5), None, "not known yet");
        assert_eq!(store.level_at(TrackId(2), spec, (4, 0), secs, 0.5), None, "another song");
    }

    #[test]
    fn a_rough_look_does_not_undo_a_whole_tile_and_wrong_sizes_are_dropped() {
        let mut store = TileStore::default();
        store.insert(&columns(1, place(4, 0), 0, &[-100; 256], true));
        store.insert(&TileColumns { rough: true, ..columns(1, place(4, 0), 0, &[-900], false) });
        let spec = store.known_spec(&PictureSettings::spectrogram().spec).unwrap();
        assert_eq!(store.level_at(TrackId(1), spec, (4, 0), 0.0, 0.5), Some(-100));
        store.insert(&columns(1, place(4, 1), 255, &[-1, -1], true));
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn the_least_used_tiles_fall_out() {
        let mut store = TileStore::default();
        let spec = store.spec_id(&PictureSettings::spectrogram().spec);
        for index in 0..MOST_TILES as u32 {
            store.insert(&columns(1, place(0, index), 0, &[-100], true));
        }
        let key = |index| TileKey { track: TrackId(1), spec, place: place(0, index) };
        store.touch(&key(0));
        store.insert(&columns(1, place(0, 9_999), 0, &[-100], true));
        assert_eq!(store.len(), MOST_TILES);
        assert!(store.is_complete(&key(0)) && store.is_complete(&key(9_999)) && !store.is_complete(&key(1)));
    }
}
