//! Which tiles a view needs, the most important first.

use crate::engine::tiles::{COARSEST_TIME_LEVEL, FINEST_BAND_LEVEL, TILE_COLUMNS, TILE_ROWS, TilePlace, column_secs};

use super::span::Span;

/// Tiles that are wished for in one picture at once.
const MOST_WISHES: usize = 160;

/// How sharp the tiles of a picture must be: time level and band level at which a column and a row are about a pixel.
pub fn sharpness(span: Span, width_px: f32, band: Span, height_px: f32) -> (u8, u8) {
    let secs_per_px = span.len() / f64::from(width_px.max(1.0));
    let time = (secs_per_px * 2048.0).log2().round().clamp(0.0, f64::from(COARSEST_TIME_LEVEL));
    let rows = f64::from(height_px.max(1.0)) / band.len().max(1e-6);
    let band = (rows / TILE_ROWS as f64).log2().round().clamp(0.0, f64::from(FINEST_BAND_LEVEL));
    (time as u8, band as u8)
}

/// The level at which a whole song is one tile wide.
pub fn overview_level(duration_secs: f64) -> u8 {
    (0..COARSEST_TIME_LEVEL)
        .find(|level| column_secs(*level) * TILE_COLUMNS as f64 >= duration_secs)
        .unwrap_or(COARSEST_TIME_LEVEL)
}

/// How long a tile of a time level lasts, seconds.
pub fn tile_secs(time_level: u8) -> f64 {
    column_secs(time_level) * TILE_COLUMNS as f64
}

/// The tiles that cover a stretch, those in its middle first.
pub fn cover((time_level, band_level): (u8, u8), span: Span, band: Span) -> Vec<TilePlace> {
    let length = tile_secs(time_level);
    let first = (span.from.max(0.0) / length) as u32;
    let last = ((span.to.max(0.0) / length).ceil() as u32).max(first + 1);
    let bands = f64::from(1_u32 << band_level);
    let lowest = (band.from.clamp(0.0, 1.0) * bands) as u16;
    let highest = ((band.to.clamp(0.0, 1.0) * bands).ceil() as u16).max(lowest + 1).min(1 << band_level);
    let mut places: Vec<TilePlace> = (first..last)
        .flat_map(|time_index| {
            (lowest..highest).map(move |band_index| TilePlace { time_level, time_index, band_level, band_index })
        })
        .collect();
    let (middle, centre) = (span.centre() / length - 0.5, band.centre() * bands - 0.5);
    let distance = |place: &TilePlace| {
        (f64::from(place.time_index) - middle).abs() + 0.5 * (f64::from(place.band_index) - centre).abs()
    };
    places.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    places
}

/// All tiles that a view of a song wants: what shows now, coarser ones that stand in for it, and what comes next.
pub fn wanted(sharpness: (u8, u8), span: Span, band: Span, duration_secs: f64) -> Vec<TilePlace> {
    let limits = Span::new(0.0, duration_secs.max(0.001));
    let seen = Span::new(span.from.max(0.0), span.to.min(limits.to));
    if seen.from >= limits.to {
        return Vec::new();
    }
    let mut places = cover(sharpness, seen, band);
    let overview = overview_level(duration_secs);
    let mut add = |more: Vec<TilePlace>| {
        for place in more {
            if !places.contains(&place) && places.len() < MOST_WISHES {
                places.push(place);
            }
        }
    };
    if sharpness.0 + 3 < overview {
        add(cover((sharpness.0 + 3, 0), seen, Span::WHOLE));
    }
    add(cover((overview, 0), limits, Span::WHOLE));
    let margin = tile_secs(sharpness.0);
    let next = Span::new(seen.to, (seen.to + margin).min(limits.to));
    if next.len() > 0.0 {
        add(cover(sharpness, next, band));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_and_a_row_are_about_a_pixel() {
        let (time, band) = sharpness(Span::new(0.0, 240.0), 1600.0, Span::WHOLE, 400.0);
        let column_px = column_secs(time) / (240.0 / 1600.0);
        assert!((0.7..1.42).contains(&column_px), "{column_px}");
        assert_eq!(band, 1);
        let (time, band) = sharpness(Span::new(10.0, 10.1), 1600.0, Span::new(0.5, 0.52), 400.0);
        assert_eq!((time, band), (0, FINEST_BAND_LEVEL));
        assert_eq!(sharpness(Span::new(0.0, 1e9), 100.0, Span::WHOLE, 10.0), (COARSEST_TIME_LEVEL, 0));
    }

    #[test]
    fn the_middle_comes_first_and_everything_in_view_is_there() {
        let places = cover((4, 1), Span::new(10.0, 30.0), Span::WHOLE);
        // A tile lasts 2 s: eleven or ten of them, in two bands.
        assert_eq!(places.len(), 20);
        assert!((f64::from(places[0].time_index) - 10.0).abs() <= 1.0, "{:?}", places[0]);
        let furthest = places[19].time_index;
        assert!(furthest == 5 || furthest == 14, "{furthest}");
    }

    #[test]
    fn coarser_tiles_and_what_comes_next_follow() {
        let places = wanted((4, 1), Span::new(10.0, 30.0), Span::WHOLE, 240.0);
        let levels: Vec<u8> = places.iter().map(|place| place.time_level).collect();
        assert!(levels[..20].iter().all(|level| *level == 4));
        assert!(levels.contains(&7) && levels.contains(&overview_level(240.0)));
        assert_eq!(places.last().unwrap().time_index, 15, "the tile after the view comes last");
        assert!(wanted((4, 1), Span::new(300.0, 310.0), Span::WHOLE, 240.0).is_empty());
        assert_eq!(overview_level(240.0), 11);
        assert_eq!(overview_level(1e9), COARSEST_TIME_LEVEL);
    }
}
