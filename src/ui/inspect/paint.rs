//! Draws the textures of a picture where they belong.

use eframe::egui::{Color32, Mesh, Painter, Rect, TextureId, pos2};

use crate::base::TrackId;
use crate::engine::tiles::{COARSEST_TIME_LEVEL, LIVE_COLUMNS_PER_SEC, TilePlace};
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

/// The sharpest coarser tile of which something is known.
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
            if store.get(&TileKey { track, spec, place: coarser }).is_some() {
                return Some(coarser);
            }
        }
    }
    None
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
