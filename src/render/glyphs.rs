//! The outlines and widths of text.

use ab_glyph::{Font as _, FontRef, OutlineCurve, PxScale, ScaleFont as _};
use tiny_skia::PathBuilder;

use crate::base::fonts::{REGULAR, SEMIBOLD};

/// Half the height of digits and capitals, as a share of the size.
pub(super) const HALF_CAPITAL: f32 = 0.357;

/// The font has one, but its outline comes out empty: it is drawn as what it is, a bar.
const MINUS: char = '\u{2212}';

fn font(bold: bool) -> Option<FontRef<'static>> {
    // The fonts are part of the program; were one broken, pictures would have no text.
    FontRef::try_from_slice(if bold { SEMIBOLD } else { REGULAR }).ok()
}

/// The scale at which the font's em has `size` pixels, as CSS counts: the crate counts from ascent to descent.
fn scale(font: &FontRef<'_>, size: f32) -> PxScale {
    let em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size * font.height_unscaled() / em)
}

/// How wide a text is.
pub(super) fn width(text: &str, size: f32, bold: bool) -> f32 {
    let Some(font) = font(bold) else { return 0.0 };
    place(&font, text, size).1
}

/// Shortens a text by dots so that it is no wider.
pub(super) fn fitted(text: &str, size: f32, bold: bool, most: f32) -> String {
    if width(text, size, bold) <= most {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while kept.pop().is_some() {
        let shortened = format!("{}…", kept.trim_end());
        if width(&shortened, size, bold) <= most {
            return shortened;
        }
    }
    String::new()
}

type Placed = (char, ab_glyph::GlyphId, f32);

fn place(font: &FontRef<'_>, text: &str, size: f32) -> (Vec<Placed>, f32) {
    let scaled = font.as_scaled(scale(font, size));
    let (mut x, mut last, mut glyphs) = (0.0, None, Vec::new());
    for c in text.chars() {
        let id = scaled.glyph_id(c);
        if let Some(last) = last {
            x += scaled.kern(last, id);
        }
        glyphs.push((c, id, x));
        x += scaled.h_advance(id);
        last = Some(id);
    }
    (glyphs, x)
}

/// The outline of a text that begins at the origin with its baseline at height 0, and its width.
pub(super) fn outline(text: &str, size: f32, bold: bool) -> (Option<tiny_skia::Path>, f32) {
    let Some(font) = font(bold) else { return (None, 0.0) };
    let (glyphs, width) = place(&font, text, size);
    let factor = font.as_scaled(scale(&font, size)).scale_factor();
    let mut path = PathBuilder::new();
    for (sign, id, left) in glyphs {
        if sign == MINUS {
            let bar = tiny_skia::Rect::from_xywh(left + 0.08 * size, -0.4 * size, 0.42 * size, 0.08 * size);
            path.extend_from_rect(bar);
            continue;
        }
        let Some(outline) = font.outline(id) else { continue };
        let at = |point: ab_glyph::Point| (left + point.x * factor.horizontal, -point.y * factor.vertical);
        let mut pen = None;
        for curve in outline.curves {
            let start = match curve {
                OutlineCurve::Line(start, _) | OutlineCurve::Quad(start, ..) | OutlineCurve::Cubic(start, ..) => {
                    at(start)
                }
            };
            if pen != Some(start) {
                path.move_to(start.0, start.1);
            }
            let end = match curve {
                OutlineCurve::Line(_, end) => {
                    path.line_to(at(end).0, at(end).1);
                    at(end)
                }
                OutlineCurve::Quad(_, middle, end) => {
                    path.quad_to(at(middle).0, at(middle).1, at(end).0, at(end).1);
                    at(end)
                }
                OutlineCurve::Cubic(_, one, two, end) => {
                    let (one, two) = (at(one), at(two));
                    path.cubic_to(one.0, one.1, two.0, two.1, at(end).0, at(end).1);
                    at(end)
                }
            };
            pen = Some(end);
        }
    }
    (path.finish(), width)
}

/// What [`PathBuilder`] lacks.
trait ExtendFromRect {
    fn extend_from_rect(&mut self, rect: Option<tiny_skia::Rect>);
}

impl ExtendFromRect for PathBuilder {
    fn extend_from_rect(&mut self, rect: Option<tiny_skia::Rect>) {
        if let Some(rect) = rect {
            self.push_rect(rect);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_high_and_wide_as_css_says() {
        let (path, width) = outline("H8", 100.0, false);
        let bounds = path.unwrap().bounds();
        // Noto Sans: capitals 714 of 1000, H 741 and 8 572 wide.
        assert!((bounds.height() / 2.0 - 100.0 * HALF_CAPITAL).abs() < 2.0, "{bounds:?}");
        assert!((width - 131.3).abs() < 1.0, "{width}");
        assert!(super::width("H8", 100.0, true) > width);
        assert!(fitted("a rather long name", 12.0, false, 60.0).ends_with('…'));
        assert_eq!(fitted("short", 12.0, false, 60.0), "short");
        assert!(outline("\u{2212}", 20.0, false).0.is_some(), "a minus is drawn");
    }
}
