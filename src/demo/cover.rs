//! Covers for the demo pieces: a gradient with rings, drawn from a number.

use std::io::Cursor;

use image::{ImageError, ImageFormat, Rgb, RgbImage};

const SIDE: u32 = 320;

/// A cover as PNG.
pub(super) fn draw(seed: u32) -> Result<Vec<u8>, ImageError> {
    // Golden-angle steps give neighbours hues that differ much.
    let hue = seed as f32 * 137.508;
    let (inner, outer) = (colour(hue, 0.62), colour(hue + 70.0, 0.22));
    let centre = (0.3 + 0.4 * (seed as f32 * 0.37).fract(), 0.3 + 0.4 * (seed as f32 * 0.61).fract());
    let rings = 3.0 + (seed % 5) as f32 * 2.0;
    let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let (dx, dy) = (x as f32 / SIDE as f32 - centre.0, y as f32 / SIDE as f32 - centre.1);
        let distance = (dx * dx + dy * dy).sqrt().min(1.0);
        let ring = 0.5 + 0.5 * (distance * rings * std::f32::consts::TAU).cos();
        let share = (distance * 0.8 + (1.0 - ring) * 0.25).min(1.0);
        Rgb(std::array::from_fn(|channel| (inner[channel] * (1.0 - share) + outer[channel] * share) as u8))
    });
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// A colour of the hue circle, 0..255 a channel; `value` is its lightness.
fn colour(hue_degrees: f32, value: f32) -> [f32; 3] {
    let channel = |shift: f32| {
        let wave = ((hue_degrees + shift).to_radians().cos() + 1.0) / 2.0;
        255.0 * value * (0.25 + 0.75 * wave)
    };
    [channel(0.0), channel(-120.0), channel(120.0)]
}
