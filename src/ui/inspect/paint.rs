//! Draws the textures of a picture where they belong.

use eframe::egui::{Color32, Mesh, Painter, Rect, TextureId, pos2};

use crate::base::TrackId;
use crate::engine::tiles::{COARSEST_TIME_LEVEL, LIVE_COLUMNS_PER_SEC, TILE_COLUMNS, TilePlace};
use crate::state::inspect::live::{LIVE_KEPT, LivePictureRing};
use crate::state::inspect::store::{SpecId, TileKey, TileStore};
use crate::state::inspect::wish::{cover, overview_level, tile_secs};
use crate::state::inspect::{Side, Span};

use super::textures::{Look, Textures};

/// What one picture shows.
pub struct Window {
    /// Where on the screen.
    pub picture: Rect,
    /// Time.
    pub span: Span,
    /// Part of the frequency axis.
    pub band: Span,
}

impl Window {
    /// Draws the part of a texture that shows `inner` of the `outer` that it holds.
    fn part(&self, painter: &Painter, texture: TextureId, outer: (Span, Span), inner: (Span, Span)) {
        let x = |secs: f64| self.picture.left() + self.picture.width() * self.span.share(secs) as f32;
        let y = |place: f64| self.picture.bottom() - self.picture.height() * self.band.share(place) as f32;
        let rect = Rect::from_min_max(pos2(x(inner.0.from), y(inner.1.to)), pos2(x(inner.0.to), y(inner.1.from)));
        let uv = Rect::from_min_max(
            pos2(outer.0.share(inner.0.from) as f32, 1.0 - outer.1.share(inner.1.to) as f32),
            pos2(outer.0.share(inner.0.to) as f32, 1.0 - outer.1.share(inner.1.from) as f32),
        );
        let mut mesh = Mesh::with_texture(texture);
        mesh.add_rect_with_uv(rect, uv, Color32::WHITE);
        painter.add(mesh);
    }
}

/// What a tile covers: time and part of the axis.
fn extent(place: TilePlace) -> (Span, Span) {
    let length = tile_secs(place.time_level);
    let from = f64::from(place.time_index) * length;
    let bands = f64::from(1_u32 << place.band_level);
    let low = f64::from(place.band_index) / bands;
    (Span { from, to: from + length }, Span { from: low, to: low + 1.0 / bands })
}

/// Draws a picture of a whole track: where a tile is not whole yet, a coarser one below it.
pub fn tiles(
    painter: &Painter,
    textures: &mut Textures,
    store: &TileStore,
    of: (TrackId, SpecId, Side),
    sharpness: (u8, u8),
    look: &Look,
    window: &Window,
) {
    let (track, spec, side) = of;
    let key = |place| TileKey { track, spec, place };
    for place in cover(sharpness, window.span, window.band) {
        let tile = store.get(&key(place));
        if !tile.is_some_and(|tile| tile.is_complete())
            && let Some(coarser) = stand_in(store, track, spec, place)
            && let Some(found) = store.get(&key(coarser))
            && let Some(texture) = textures.tile(painter.ctx(), key(coarser), side, found, look)
        {
            window.part(painter, texture, extent(coarser), extent(place));
        }
        if let Some(tile) = tile
            && let Some(texture) = textures.tile(painter.ctx(), key(place), side, tile, look)
        {
            window.part(painter, texture, extent(place), extent(place));
        }
    }
}

/// The sharpest coarser tile that knows the whole stretch; those that were given up half way do not help.
fn stand_in(store: &TileStore, track: TrackId, spec: SpecId, place: TilePlace) -> Option<TilePlace> {
    for time in place.time_level..=COARSEST_TIME_LEVEL {
        for band in (0..=place.band_level).rev() {
            if (time, band) == (place.time_level, place.band_level) {
                continue;
            }
            let coarser = TilePlace {
                time_level: time,
                time_index: place.time_index >> (time - place.time_level),
                band_level: band,
                band_index: place.band_index >> (place.band_level - band),
            };
            let steps = time - place.time_level;
            let (first, count) = columns_within(place.time_index, steps);
            let known = store.get(&TileKey { track, spec, place: coarser });
            if known.is_some_and(|tile| tile.is_complete() || (tile.knows(first) && tile.knows(first + count - 1))) {
                return Some(coarser);
            }
        }
    }
    None
}

/// Which columns of a tile `steps` levels coarser show what the tile at `time_index` shows: the first and how many.
fn columns_within(time_index: u32, steps: u8) -> (usize, usize) {
    let within = time_index as usize & ((1 << steps) - 1);
    ((within * TILE_COLUMNS) >> steps, (TILE_COLUMNS >> steps).max(1))
}

/// Draws a whole song small, from its one coarsest tile.
pub fn overview(
    painter: &Painter,
    textures: &mut Textures,
    store: &TileStore,
    of: (TrackId, SpecId, Side),
    duration_secs: f64,
    look: &Look,
    picture: Rect,
) {
    let window = Window { picture, span: Span::new(0.0, duration_secs.max(0.05)), band: Span::WHOLE };
    tiles(&painter.with_clip_rect(picture), textures, store, of, (overview_level(duration_secs), 0), look, &window);
}

/// Draws a live picture from its ring.
pub fn live(painter: &Painter, texture: TextureId, ring: &LivePictureRing, window: &Window) {
    let first = ((window.span.from * LIVE_COLUMNS_PER_SEC).floor().max(0.0) as u64).max(ring.first());
    let last = ((window.span.to * LIVE_COLUMNS_PER_SEC).ceil().max(0.0) as u64).min(ring.next());
    let mut number = first;
    while number < last {
        let slot = number % LIVE_KEPT as u64;
        let count = (LIVE_KEPT as u64 - slot).min(last - number);
        let secs = |number: u64| number as f64 / LIVE_COLUMNS_PER_SEC;
        let start = secs(number - slot);
        let outer = (Span { from: start, to: start + secs(LIVE_KEPT as u64) }, Span::WHOLE);
        let inner = (Span { from: secs(number), to: secs(number + count) }, Span::WHOLE);
        window.part(painter, texture, outer, inner);
        number += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_knows_its_columns_in_coarser_ones() {
        assert_eq!(columns_within(5, 0), (0, 256));
        assert_eq!(columns_within(5, 1), (128, 128));
        assert_eq!(columns_within(6, 2), (128, 64));
        assert_eq!(columns_within(0xffff, 12), (255, 1));
    }

    #[test]
    fn only_what_knows_the_stretch_stands_in() {
        let mut store = TileStore::default();
        let spec = crate::dsp::picture::PictureSettings::spectrogram().spec;
        let id = store.spec_id(&spec);
        let place = |time_level, time_index| TilePlace { time_level, time_index, band_level: 0, band_index: 0 };
        let mut tell = |place, columns: std::ops::Range<u16>| {
            store.insert(&crate::engine::tiles::TileColumns {
                track: TrackId(1),
                spec,
                place,
                first_column: columns.start,
                levels: vec![-100; columns.len() * crate::engine::tiles::TILE_ROWS].into(),
                rough: true,
                complete: false,
            });
        };
        tell(place(5, 1), 0..20);
        tell(place(6, 0), 0..256);
        let found = |time_index| stand_in(&store, TrackId(1), id, place(4, time_index));
        assert_eq!(found(3), Some(place(6, 0)), "the nearer one knows only its beginning");
        assert_eq!(found(40), None);
    }
}
