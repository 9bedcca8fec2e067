//! Pixels, lines and text.

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

use crate::base::fonts::REGULAR;

/// Red, green, blue: sRGB, 8 bits each.
pub(super) type Rgb = [u8; 3];

/// Where a text stands about its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// The font has one, but its outline comes out empty: it is drawn as what it is, a line.
pub(super) const MINUS: char = '\u{2212}';

/// A glyph of a line of text.
struct Placed {
    sign: char,
    id: ab_glyph::GlyphId,
    x: f32,
    advance: f32,
}

/// A picture that is being drawn.
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
    font: Option<FontRef<'static>>,
}

impl Canvas {
    pub fn new(width: usize, height: usize, background: Rgb) -> Self {
        // The font is part of the program; were it broken, pictures would have no text.
        let font = FontRef::try_from_slice(REGULAR).ok();
        Self { width, height, pixels: background.repeat(width * height), font }
    }

    /// Puts another picture of the same width below.
    pub fn append(&mut self, below: Self) {
        self.height += below.height;
        self.pixels.extend(below.pixels);
    }

    pub fn put(&mut self, x: usize, y: usize, colour: Rgb) {
        if x < self.width && y < self.height {
            self.pixels[3 * (y * self.width + x)..][..3].copy_from_slice(&colour);
        }
    }

    /// Mixes a colour in, `share` of 1.
    pub fn mix(&mut self, x: usize, y: usize, colour: Rgb, share: f32) {
        if x < self.width && y < self.height {
            let pixel = &mut self.pixels[3 * (y * self.width + x)..][..3];
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old = (f32::from(*old) + (f32::from(new) - f32::from(*old)) * share.clamp(0.0, 1.0)).round() as u8;
            }
        }
    }

    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Rgb) {
        for y in y..y + height {
            for x in x..x + width {
                self.put(x, y, colour);
            }
        }
    }

    /// How wide a text is, pixels.
    pub fn text_width(&self, text: &str, size: f32) -> f32 {
        self.layout(text, size).1
    }

    /// Glyphs with their place, and the width of all.
    fn layout(&self, text: &str, size: f32) -> (Vec<Placed>, f32) {
        let Some(font) = &self.font else { return (Vec::new(), 0.0) };
        let scaled = font.as_scaled(PxScale::from(size));
        let (mut x, mut last, mut glyphs) = (0.0, None, Vec::new());
        for c in text.chars().filter(|c| !c.is_control()) {
            let id = scaled.glyph_id(c);
            if let Some(last) = last {
                x += scaled.kern(last, id);
            }
            let advance = scaled.h_advance(id);
            glyphs.push(Placed { sign: c, id, x, advance });
            x += advance;
            last = Some(id);
        }
        (glyphs, x)
    }

    /// Draws a line of text whose middle stands at the height `y`.
    pub fn text(&mut self, text: &str, x: f32, y: f32, size: f32, anchor: Anchor, colour: Rgb) {
        let (glyphs, width) = self.layout(text, size);
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        // The middle of digits and capitals: their height is about 0.52 of this size.
        let baseline = y + 0.26 * size;
        let Some(font) = self.font.clone() else { return };
        for Placed { sign, id, x: at, advance } in glyphs {
            if sign == MINUS {
                self.line(left + at + 0.1 * advance, left + at + 0.9 * advance, y, size / 14.0, colour);
                continue;
            }
            let glyph = id.with_scale_and_position(PxScale::from(size), point(left + at, baseline));
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, share| {
                let (x, y) = (bounds.min.x as i64 + i64::from(dx), bounds.min.y as i64 + i64::from(dy));
                if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
                    self.mix(x, y, colour, share);
                }
            });
        }
    }

    /// A level line of some thickness whose middle stands at the height `y`.
    fn line(&mut self, from: f32, to: f32, y: f32, thickness: f32, colour: Rgb) {
        let (top, bottom) = (y - thickness.max(1.0) / 2.0, y + thickness.max(1.0) / 2.0);
        for row in top.max(0.0) as usize..=bottom.max(0.0) as usize {
            let share = (bottom.min(row as f32 + 1.0) - top.max(row as f32)).clamp(0.0, 1.0);
            for x in from.max(0.0).round() as usize..to.max(0.0).round() as usize {
                self.mix(x, row, colour, share);
            }
        }
    }

    /// Shortens a text by dots so that it is no wider.
    pub fn fitted(&self, text: &str, size: f32, width: f32) -> String {
        if self.text_width(text, size) <= width {
            return text.to_owned();
        }
        let mut kept: String = text.to_owned();
        while kept.pop().is_some() {
            let shortened = format!("{}…", kept.trim_end());
            if self.text_width(&shortened, size) <= width {
                return shortened;
            }
        }
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_axes_are_drawn() {
        for sign in ["\u{2212}", "°", "%", "…", "7", "C"] {
            let mut canvas = Canvas::new(40, 40, [0; 3]);
            canvas.text(sign, 20.0, 20.0, 16.0, Anchor::Middle, [255; 3]);
            assert!(canvas.pixels.iter().any(|value| *value > 120), "{sign}");
        }
    }

    #[test]
    fn text_leaves_ink_where_it_stands() {
        let mut canvas = Canvas::new(200, 40, [0; 3]);
        canvas.text("440 Hz", 190.0, 20.0, 16.0, Anchor::End, [255; 3]);
        let inked: Vec<usize> = (0..200).filter(|x| (0..40).any(|y| canvas.pixels[3 * (y * 200 + x)] > 100)).collect();
        let width = canvas.text_width("440 Hz", 16.0);
        assert!(width > 30.0 && width < 80.0);
        let (first, last) = (inked[0] as f32, inked[inked.len() - 1] as f32);
        assert!((first - (190.0 - width)).abs() < 3.0 && (last - 189.0).abs() < 3.0, "{first} {last}");
        let rows: Vec<usize> = (0..40).filter(|y| (0..200).any(|x| canvas.pixels[3 * (y * 200 + x)] > 100)).collect();
        assert!((rows[0] as i32 + rows[rows.len() - 1] as i32 - 39).abs() <= 2, "not in the middle: {rows:?}");
        assert!(canvas.fitted("a rather long title", 16.0, 60.0).ends_with('…'));
        canvas.text("outside", -30.0, -5.0, 16.0, Anchor::Start, [255; 3]);
    }
}
