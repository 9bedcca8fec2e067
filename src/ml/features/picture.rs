//! Pictures as the article's networks see them.

use image::RgbImage;

use crate::ml::features::Features;
use crate::ml::networks::input::SIDE;

/// `[256, 256, 3]`, 0..1.
pub(in crate::ml) fn features(picture: &RgbImage) -> Features {
    Features::from_f32(&[SIDE, SIDE, 3], &resized(picture))
}

/// Bilinear interpolation between the four nearest pixels, as OpenCV's `resize` does by default (no averaging over what lies
/// between).
fn resized(picture: &RgbImage) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width == 0 || height == 0 {
        return vec![0.0; SIDE * SIDE * 3];
    }
    let pixels = picture.as_raw();
    let (across, down) = (steps(width), steps(height));
    let mut out = Vec::with_capacity(SIDE * SIDE * 3);
    for (top, bottom, fy) in down {
        for (left, right, fx) in &across {
            for channel in 0..3 {
                let at = |row: usize, column: usize| f32::from(pixels[(row * width + column) * 3 + channel]);
                let upper = at(top, *left) * (1.0 - fx) + at(top, *right) * fx;
                let lower = at(bottom, *left) * (1.0 - fx) + at(bottom, *right) * fx;
                out.push((upper * (1.0 - fy) + lower * fy) / 255.0);
            }
        }
    }
    out
}

/// For each new pixel the two old ones beside its centre, and the share of the second.
fn steps(length: usize) -> Vec<(usize, usize, f32)> {
    let step = |i: usize| {
        let at = ((i as f64 + 0.5) * length as f64 / SIDE as f64 - 0.5).clamp(0.0, (length - 1) as f64);
        let first = at as usize;
        (first, (first + 1).min(length - 1), (at - first as f64) as f32)
    };
    (0..SIDE).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_lie_where_opencv_puts_them() {
        // A ramp stays a ramp: pixel x of 512 has the value x / 2, so new pixel i lies at 2 i + 0.5.
        let ramp = RgbImage::from_fn(512, 100, |x, y| image::Rgb([(x / 2) as u8, y as u8, 7]));
        let out = resized(&ramp);
        assert_eq!(out.len(), SIDE * SIDE * 3);
        let at = |row: usize, column: usize| &out[(row * SIDE + column) * 3..][..3];
        assert!((at(0, 0)[0] * 255.0 - 0.0).abs() < 1e-4);
        assert!((at(9, 100)[0] * 255.0 - 100.0).abs() < 1e-3);
        assert!((at(128, 9)[1] * 255.0 - (128.5 * 100.0 / 256.0 - 0.5)).abs() < 1e-3);
        assert!(out.iter().skip(2).step_by(3).all(|blue| (*blue - 7.0 / 255.0).abs() < 1e-6));
        let pixel = RgbImage::from_pixel(1, 1, image::Rgb([255, 0, 51]));
        assert!(resized(&pixel).chunks_exact(3).all(|c| c[0] == 1.0 && c[1] == 0.0 && (c[2] - 0.2).abs() < 1e-6));
    }
}
