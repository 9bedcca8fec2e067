//! Makes the levels of tiles from sound and sends them.

use std::ops::Range;
use std::sync::Arc;

use crate::audio::AudioError;
use crate::base::CancelToken;
use crate::dsp::picture::{Analyzer, Columns, FrequencyAxis, PictureSettings, PictureSpec, Rows, Sound, Transform};
use crate::engine::event::Event;
use crate::engine::outbox::Outbox;

use super::cache::{TILE_LEN, TileCache};
use super::plan::Strip;
use super::sound::{MonoFile, SoundStore, Span};
use super::{NO_LEVEL, TILE_COLUMNS, TILE_ROWS, TileColumns, column_secs};

/// Sound that is made into columns at a time, seconds: between two such groups a client's change of mind is noticed.
const GROUP_SECS: f64 = 8.0;
/// Moments of a first look.
const ROUGH_MOMENTS: usize = 192;
/// How much of the sound a first look takes at each moment, seconds.
const ROUGH_SECS: f64 = 0.04;
/// Planned transforms that are kept.
const ANALYZERS: usize = 3;

/// What all workers share.
pub(super) struct Means {
    pub store: SoundStore,
    pub cache: TileCache,
    pub outbox: Outbox,
}

/// One worker's own transforms.
#[derive(Default)]
pub(super) struct Worker {
    analyzers: Vec<(Transform, u32, Analyzer)>,
}

/// Sends what is known of a strip, and says which bands are not.
pub(super) fn look_up(strip: &Strip, means: &Means) -> Vec<u16> {
    let mut missing = Vec::new();
    for band in &strip.bands {
        match means.cache.get(&strip.key(*band)) {
            Some(levels) => send(strip, *band, 0, levels, Kind::Complete, &means.outbox),
            None => missing.push(*band),
        }
    }
    missing
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rough,
    Exact,
    Complete,
}

fn send(strip: &Strip, band: u16, first_column: usize, levels: Arc<[i16]>, kind: Kind, outbox: &Outbox) {
    outbox.send(Event::TileColumns(TileColumns {
        track: strip.song.track,
        spec: strip.spec,
        place: strip.place(band),
        first_column: first_column as u16,
        levels,
        rough: kind == Kind::Rough,
        complete: kind == Kind::Complete,
    }));
}

/// The rows of neighbouring bands.
pub(in crate::engine) fn rows_of(axis: FrequencyAxis, band_level: u8, bands: &Range<u16>) -> Rows {
    let all = f32::from(1_u16 << band_level.min(super::FINEST_BAND_LEVEL));
    let count = bands.len() * TILE_ROWS;
    Rows { axis, from: f32::from(bands.start) / all, to: f32::from(bands.end) / all, count }
}

/// Settings as a client may send them, brought into range.
fn tame(spec: &PictureSpec) -> PictureSpec {
    PictureSettings { spec: *spec, ..PictureSettings::spectrogram() }.clamped().spec
}

impl Worker {
    fn analyzer(&mut self, transform: &Transform, rate_hz: u32) -> &mut Analyzer {
        let known = self.analyzers.iter().position(|(of, rate, _)| of == transform && *rate == rate_hz);
        let entry = match known {
            Some(index) => self.analyzers.remove(index),
            None => (*transform, rate_hz, Analyzer::new(transform, rate_hz)),
        };
        if self.analyzers.len() >= ANALYZERS {
            self.analyzers.remove(0);
        }
        self.analyzers.push(entry);
        let last = self.analyzers.len() - 1;
        &mut self.analyzers[last].2
    }

    /// The exact levels, sent group by group. `made` is called when all are kept, and tells whether all columns shall be
    /// sent once more.
    pub fn exact(
        &mut self,
        strip: &Strip,
        cancel: &CancelToken,
        means: &Means,
        made: impl Fn() -> bool,
    ) -> Result<(), AudioError> {
        let rate_hz = means.store.rate_hz(&strip.song.path, (strip.song.content, strip.spec.channel))?;
        let step_secs = column_secs(strip.time_level);
        let spec = tame(&strip.spec);
        let analyzer = self.analyzer(&spec.transform, rate_hz);
        let runs: Vec<Rows> = strip.runs().iter().map(|bands| rows_of(spec.axis, strip.band_level, bands)).collect();
        let lowest_hz = runs.first().map_or(spec.axis.low_hz, |rows| rows.edge_hz(0.0));
        let reach_secs = analyzer.reach_secs(lowest_hz);
        let group = ((GROUP_SECS / step_secs) as usize).clamp(1, TILE_COLUMNS);
        let mut tiles: Vec<Vec<i16>> = strip.bands.iter().map(|_| Vec::with_capacity(TILE_LEN)).collect();
        for first_column in (0..TILE_COLUMNS).step_by(group) {
            if cancel.is_cancelled() {
                return Ok(());
            }
            let count = group.min(TILE_COLUMNS - first_column);
            let columns =
                Columns { start_secs: strip.start_secs() + first_column as f64 * step_secs, step_secs, count };
            let (span, first) = sound_of(columns, reach_secs, rate_hz, strip, means)?;
            let inside = columns_before(span.end, columns, rate_hz);
            let sound = Sound { samples: &span.samples, first };
            let mut bands = tiles.iter_mut();
            for rows in &runs {
                let levels = levels_of(analyzer, sound, columns, *rows, inside);
                split_bands(&levels, rows.count, &mut bands);
            }
            let last = first_column + count == TILE_COLUMNS;
            if !last {
                for (band, tile) in strip.bands.iter().zip(&tiles) {
                    let new = tile[first_column * TILE_ROWS..].into();
                    send(strip, *band, first_column, new, Kind::Exact, &means.outbox);
                }
            } else {
                for (band, tile) in strip.bands.iter().zip(&tiles) {
                    means.cache.put(strip.key(*band), tile.as_slice().into());
                }
                let from = if made() { 0 } else { first_column };
                for (band, tile) in strip.bands.iter().zip(&tiles) {
                    let new = tile[from * TILE_ROWS..].into();
                    send(strip, *band, from, new, Kind::Complete, &means.outbox);
                }
            }
        }
        Ok(())
    }

    /// A first look at strips of one picture and level, from moments spread evenly over them.
    pub fn rough(&mut self, strips: &[Strip], cancel: &CancelToken, means: &Means) -> Result<(), AudioError> {
        let mut strips: Vec<&Strip> = strips.iter().collect();
        // Most files are read faster forwards.
        strips.sort_by_key(|strip| strip.time_index);
        let Some(first) = strips.first() else { return Ok(()) };
        let spec = tame(&first.spec);
        // A reader of its own: it jumps about and would throw the store's readers off their places.
        let mut file = MonoFile::open(&first.song.path, spec.channel, cancel)?;
        let rate_hz = file.rate_hz();
        let analyzer = self.analyzer(&spec.transform, rate_hz);
        let columns: usize = strips.iter().map(|strip| strip.columns_inside()).sum();
        let each = columns.div_ceil(ROUGH_MOMENTS).max(1);
        let mut samples = Vec::new();
        for strip in strips {
            let runs: Vec<Rows> =
                strip.runs().iter().map(|bands| rows_of(spec.axis, strip.band_level, bands)).collect();
            let reach_secs = analyzer.reach_secs(runs.first().map_or(spec.axis.low_hz, |rows| rows.edge_hz(0.0)));
            for first_column in (0..strip.columns_inside()).step_by(each) {
                if cancel.is_cancelled() || !file.jumps() {
                    return Ok(());
                }
                let count = each.min(TILE_COLUMNS - first_column);
                let middle =
                    strip.start_secs() + (first_column as f64 + count as f64 / 2.0) * column_secs(strip.time_level);
                let moment = Columns { start_secs: middle - ROUGH_SECS / 2.0, step_secs: ROUGH_SECS, count: 1 };
                let (first, len) = reach(moment, reach_secs, rate_hz);
                let first = first.max(0);
                samples.clear();
                if file.read(first, len, &mut samples)? == 0 {
                    return Ok(());
                }
                let sound = Sound { samples: &samples, first };
                let mut bands = strip.bands.iter();
                for rows in &runs {
                    let levels = levels_of(analyzer, sound, moment, *rows, 1);
                    for (levels, band) in levels.chunks_exact(TILE_ROWS).zip(&mut bands) {
                        send(strip, *band, first_column, levels.repeat(count).into(), Kind::Rough, &means.outbox);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The frames that columns depend on: the first one and how many.
pub(in crate::engine) fn reach(columns: Columns, reach_secs: f64, rate_hz: u32) -> (i64, usize) {
    let rate = f64::from(rate_hz);
    let end_secs = columns.start_secs + columns.count as f64 * columns.step_secs;
    let first = ((columns.start_secs - reach_secs) * rate).floor() as i64;
    let last = ((end_secs + reach_secs) * rate).ceil() as i64;
    (first, usize::try_from(last - first).unwrap_or(0))
}

fn sound_of(
    columns: Columns,
    reach_secs: f64,
    rate_hz: u32,
    strip: &Strip,
    means: &Means,
) -> Result<(Span, i64), AudioError> {
    let (first, len) = reach(columns, reach_secs, rate_hz);
    Ok((means.store.span(&strip.song.path, (strip.song.content, strip.spec.channel), first, len)?, first))
}

/// How many of these columns begin before the end of the song.
pub(in crate::engine) fn columns_before(end: Option<i64>, columns: Columns, rate_hz: u32) -> usize {
    let Some(end) = end else { return columns.count };
    let left = (end as f64 / f64::from(rate_hz) - columns.start_secs) / columns.step_secs;
    (left.ceil().max(0.0) as usize).min(columns.count)
}

/// Column by column; nothing from column `inside` on.
pub(in crate::engine) fn levels_of(
    analyzer: &mut Analyzer,
    sound: Sound<'_>,
    columns: Columns,
    rows: Rows,
    inside: usize,
) -> Vec<i16> {
    let mut levels = vec![NO_LEVEL; columns.count * rows.count];
    if inside > 0 {
        let columns = Columns { count: inside, ..columns };
        analyzer.render(sound, columns, rows, &mut levels[..inside * rows.count]);
    }
    levels
}

/// Appends columns of several bands to the bands' own tiles.
fn split_bands<'a>(levels: &[i16], rows: usize, tiles: &mut impl Iterator<Item = &'a mut Vec<i16>>) {
    for (band, tile) in (0..rows / TILE_ROWS).zip(tiles) {
        for column in levels.chunks_exact(rows) {
            tile.extend_from_slice(&column[band * TILE_ROWS..][..TILE_ROWS]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_get_their_part_of_every_column() {
        let rows = 2 * TILE_ROWS;
        let levels: Vec<i16> = (0..3).flat_map(|column| (0..rows as i16).map(move |row| 1000 * column + row)).collect();
        let mut tiles = [Vec::new(), Vec::new(), Vec::new()];
        split_bands(&levels, rows, &mut tiles.iter_mut());
        assert_eq!((tiles[0].len(), tiles[1].len(), tiles[2].len()), (3 * TILE_ROWS, 3 * TILE_ROWS, 0));
        assert_eq!((tiles[0][TILE_ROWS + 1], tiles[1][2 * TILE_ROWS]), (1001, 2000 + TILE_ROWS as i16));
    }

    #[test]
    fn columns_after_the_end_hold_nothing() {
        let columns = Columns { start_secs: 1.0, step_secs: 0.5, count: 4 };
        assert_eq!(columns_before(None, columns, 1000), 4);
        assert_eq!(columns_before(Some(1600), columns, 1000), 2);
        assert_eq!(columns_before(Some(900), columns, 1000), 0);
        assert_eq!(reach(columns, 0.25, 1000), (750, 2500));
    }

    #[test]
    fn rows_of_a_band_are_rows_of_the_whole() {
        let axis = FrequencyAxis::default();
        let whole = rows_of(axis, 2, &(0..4));
        let piece = rows_of(axis, 2, &(1..3));
        for edge in [0, 1, 100, 511] {
            assert_eq!(piece.edge_hz(edge as f32), whole.edge_hz((TILE_ROWS + edge) as f32));
        }
    }
}
