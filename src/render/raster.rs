//! Drawings as PNG.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke as Pen, StrokeDash, Transform,
};

use super::drawing::{Anchor, Drawing, Rgb, Shape, Stroke};
use super::glyphs::{self, HALF_CAPITAL};

/// The most pixels of a picture in one direction.
const MOST_PIXELS: f32 = 16_384.0;

impl Drawing {
    /// The drawing as a PNG with `scale` pixels for one of CSS: 3 serves for print (288 to the inch).
    ///
    /// # Errors
    /// When it would be too large or the encoder fails.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, String> {
        let (width, height) = ((self.width * scale).round(), (self.height * scale).round());
        if !(width >= 1.0 && height >= 1.0 && width <= MOST_PIXELS && height <= MOST_PIXELS) {
            return Err(format!("a picture of {width} × {height} pixels cannot be drawn"));
        }
        let mut pixels = Pixmap::new(width as u32, height as u32).ok_or("there is too little memory")?;
        let scaled = Transform::from_scale(scale, scale);
        for shape in &self.shapes {
            draw(shape, &mut pixels, scaled);
        }
        // The paper covers everything, so that no pixel is transparent.
        let rgb: Vec<u8> = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        let mut file = Cursor::new(Vec::new());
        PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive)
            .write_image(&rgb, pixels.width(), pixels.height(), ExtendedColorType::Rgb8)
            .map_err(|error| error.to_string())?;
        Ok(file.into_inner())
    }
}

fn paint([red, green, blue]: Rgb, opacity: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8);
    paint
}

fn draw(shape: &Shape, pixels: &mut Pixmap, transform: Transform) {
    match shape {
        Shape::Rect { x, y, width, height, fill } => {
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                pixels.fill_rect(rect, &paint(*fill, 1.0), transform, None);
            }
        }
        Shape::Line { points, stroke } => {
            if let Some(path) = joined(points) {
                pixels.stroke_path(&path, &paint(stroke.colour, stroke.opacity), &pen(stroke), transform, None);
            }
        }
        Shape::Disc { at, radius, fill, rim } => {
            if let Some(circle) = PathBuilder::from_circle(at.0, at.1, *radius) {
                pixels.fill_path(&circle, &paint(*fill, 1.0), FillRule::Winding, transform, None);
                let rim_pen = Pen { width: 1.2, ..Pen::default() };
                pixels.stroke_path(&circle, &paint(*rim, 1.0), &rim_pen, transform, None);
            }
        }
        Shape::Text { text, at, style } => {
            let (Some(path), width) = glyphs::outline(text, style.size, style.bold) else { return };
            let left = match style.anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => -width / 2.0,
                Anchor::End => -width,
            };
            let turned = if style.upwards { Transform::from_rotate(-90.0) } else { Transform::identity() };
            let placed = Transform::from_translate(left, HALF_CAPITAL * style.size)
                .post_concat(turned)
                .post_translate(at.0, at.1)
                .post_concat(transform);
            pixels.fill_path(&path, &paint(style.colour, 1.0), FillRule::Winding, placed, None);
        }
    }
}

fn joined(points: &[(f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()).enumerate() {
        if index == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
    path.finish()
}

fn pen(stroke: &Stroke) -> Pen {
    Pen {
        width: stroke.width,
        line_cap: LineCap::Butt,
        line_join: LineJoin::Round,
        dash: stroke.dash.and_then(|(dash, gap)| StrokeDash::new(vec![dash, gap], 0.0)),
        ..Pen::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Style;
    use super::*;

    #[test]
    fn shapes_stand_where_they_should() {
        let mut drawing = Drawing::new("", 60.0, 40.0);
        drawing.rect(10.0, 10.0, 10.0, 10.0, [255, 0, 0]);
        drawing.line(vec![(30.0, 0.0), (30.0, 40.0)], Stroke::solid([0, 0, 255], 2.0));
        drawing.disc((50.0, 20.0), 5.0, [0, 128, 0], [0, 128, 0]);
        let png = drawing.png(2.0).unwrap();
        let read = image::load_from_memory(&png).unwrap().into_rgb8();
        assert_eq!(read.dimensions(), (120, 80));
        for (x, y, colour) in
            [(30, 30, [255, 0, 0]), (60, 70, [0, 0, 255]), (100, 40, [0, 128, 0]), (4, 4, [255; 3]), (42, 30, [255; 3])]
        {
            assert_eq!(read.get_pixel(x, y).0, colour, "{x} {y}");
        }
        assert!(drawing.png(1e6).is_err() && drawing.png(0.0).is_err());
    }

    #[test]
    fn text_stands_about_its_place() {
        let style = Style { size: 20.0, colour: [0; 3], bold: false, anchor: Anchor::Middle, upwards: false };
        for upwards in [false, true] {
            let mut drawing = Drawing::new("", 100.0, 100.0);
            drawing.text("HHH", (50.0, 50.0), Style { upwards, ..style });
            let read = image::load_from_memory(&drawing.png(1.0).unwrap()).unwrap().into_luma8();
            let ink = read.enumerate_pixels().filter(|(.., pixel)| pixel.0[0] < 128);
            let (mut xs, mut ys): (Vec<u32>, Vec<u32>) = ink.map(|(x, y, _)| (x, y)).unzip();
            xs.sort_unstable();
            ys.sort_unstable();
            let size = |sorted: &[u32]| sorted[sorted.len() - 1] - sorted[0];
            let middle = |sorted: &[u32]| (sorted[sorted.len() - 1] + sorted[0]) as i32 / 2;
            assert!((middle(&xs) - 50).abs() <= 1 && (middle(&ys) - 50).abs() <= 1, "{upwards}");
            assert_eq!(size(&ys) > size(&xs), upwards);
        }
    }
}
