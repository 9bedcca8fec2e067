//! Pictures of whole tracks, cut into tiles: what clients ask for and get.
//!
//! A tile is a grid of [`TILE_COLUMNS`] x [`TILE_ROWS`] levels. At time level `l` a column lasts [`column_secs`]`(l)`; at
//! band level `b` the frequency axis has `TILE_ROWS << b` rows. All pictures have the same columns, so a spectrogram and
//! a scalogram lie exactly above each other.

mod cache;
mod maker;
mod plan;
pub(in crate::engine) mod sound;
mod worker;

use std::sync::Arc;

use crate::base::TrackId;
pub use crate::dsp::picture::NO_LEVEL;
use crate::dsp::picture::PictureSpec;

pub(super) use maker::TileMaker;
pub(super) use plan::{Song, Wish};
pub(super) use worker::{levels_of, reach};

/// Columns of a tile.
pub const TILE_COLUMNS: usize = 256;
/// Rows of a tile.
pub const TILE_ROWS: usize = 256;
/// The coarsest time level: columns of 16 s.
pub const COARSEST_TIME_LEVEL: u8 = 15;
/// The finest band level: `TILE_ROWS << 5` rows over the whole axis.
pub const FINEST_BAND_LEVEL: u8 = 5;

/// How long a column of a time level lasts, seconds.
pub fn column_secs(time_level: u8) -> f64 {
    f64::from(1_u32 << time_level.min(COARSEST_TIME_LEVEL)) / 2048.0
}

/// Where a tile lies in its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePlace {
    /// How coarse its columns are, 0 to [`COARSEST_TIME_LEVEL`].
    pub time_level: u8,
    /// Its place in time: it begins at `time_index * TILE_COLUMNS * column_secs(time_level)`.
    pub time_index: u32,
    /// How fine its rows are, 0 to [`FINEST_BAND_LEVEL`].
    pub band_level: u8,
    /// Its place on the frequency axis, lowest first: it covers `band_index / (1 << band_level)` and up.
    pub band_index: u16,
}

/// A picture that a view shows, with the tiles that it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct TileWish {
    /// The song.
    pub track: TrackId,
    /// What its levels depend on.
    pub spec: PictureSpec,
    /// The most important first. Those that were sent before are sent again only if they are asked for again.
    pub tiles: Vec<TilePlace>,
}

/// Some columns of a tile, as they become known.
#[derive(Clone, Debug, PartialEq)]
pub struct TileColumns {
    /// The song.
    pub track: TrackId,
    /// What the levels depend on.
    pub spec: PictureSpec,
    /// Which tile.
    pub place: TilePlace,
    /// The first of these columns, 0 to `TILE_COLUMNS - 1`.
    pub first_column: u16,
    /// Hundredths of a dB full scale (a full-scale sine is 0 dB), or of a degree for a phase; [`NO_LEVEL`] where there is
    /// nothing. Column by column, `TILE_ROWS` each, the lowest frequency first.
    pub levels: Arc<[i16]>,
    /// A first look from a few moments of each column; better ones follow.
    pub rough: bool,
    /// The last columns of this tile: now it is whole.
    pub complete: bool,
}

/// Columns of a live picture, as they are heard.
#[derive(Clone, Debug, PartialEq)]
pub struct LivePicture {
    /// What the levels depend on.
    pub spec: PictureSpec,
    /// The number of the first column since the live views began; column `n` is centred on `n / LIVE_COLUMNS_PER_SEC`
    /// seconds of that clock, which is the same for all live pictures.
    pub first_column: u64,
    /// As in [`TileColumns::levels`], with [`LIVE_ROWS`] rows over the whole axis.
    pub levels: Arc<[i16]>,
}

/// Rows of a live picture.
pub const LIVE_ROWS: usize = 512;
/// Columns of a live picture a second.
pub const LIVE_COLUMNS_PER_SEC: f64 = 60.0;
