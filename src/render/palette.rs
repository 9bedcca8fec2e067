//! Colours of figures, for screen and print.

use super::drawing::{Anchor, Rgb, Style};
use crate::base::genre::{hues, index_of};

/// Text and frames.
pub(super) const INK: Rgb = [32, 32, 36];
/// Less important text.
pub(super) const SOFT: Rgb = [92, 92, 100];
/// Lines of the grid.
pub(super) const GRID: Rgb = [225, 225, 230];

/// Colours of runs, told apart with any kind of sight (M. Okabe and K. Ito, *Color universal design*, 2002; without
/// its yellow, which is too light for lines on white).
const RUNS: [Rgb; 7] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [60, 60, 66]];

/// The colour of a run by its place; after seven they begin again.
pub(super) fn run(place: usize) -> Rgb {
    RUNS[place % RUNS.len()]
}

/// The hue of a genre; grey for one that a person invented.
pub(super) fn genre(name: &str) -> Rgb {
    index_of(name).map_or([128, 128, 134], |place| hues(false)[place])
}

/// Text of the usual kind.
pub(super) fn text(size: f32, anchor: Anchor) -> Style {
    Style { size, colour: INK, bold: false, anchor, upwards: false }
}

/// Less important text.
pub(super) fn soft(size: f32, anchor: Anchor) -> Style {
    Style { colour: SOFT, ..text(size, anchor) }
}

/// Headings.
pub(super) fn heading(size: f32, anchor: Anchor) -> Style {
    Style { bold: true, ..text(size, anchor) }
}
