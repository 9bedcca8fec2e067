//! The colours of spectrograms: lightness grows evenly from silence to full scale, so that louder always looks louder, also
//! in grey and with colour-blindness.

use std::sync::OnceLock;

use eframe::egui::Color32;

use super::oklch::oklch;

/// The level that is drawn darkest, dB full scale.
pub const LOW_DB: f32 = -78.0;
/// The level that is drawn brightest, dB full scale.
pub const HIGH_DB: f32 = 0.0;

fn table() -> &'static [Color32; 256] {
    static TABLE: OnceLock<[Color32; 256]> = OnceLock::new();
    TABLE.get_or_init(|| {
        std::array::from_fn(|index| {
            // Most of music lies in the middle of the range; a bend keeps it from all looking loud.
            let x = (index as f32 / 255.0).powf(1.3);
            // From the dark of the panel through violet and red to a warm white.
            let lightness = 0.145 + 0.80 * x;
            let chroma = (0.02 + 0.62 * x * (1.0 - x) + 0.05 * x).min(0.175);
            let hue = 272.0 + 180.0 * x.powf(0.8);
            oklch(lightness, chroma, hue)
        })
    })
}

/// The colour of a share of the range, 0..1.
pub fn color(share: f32) -> Color32 {
    let index = if share.is_finite() { (share.clamp(0.0, 1.0) * 255.0) as usize } else { 0 };
    table()[index]
}

/// The colour of a level in dB full scale.
pub fn color_of_db(level_db: f32) -> Color32 {
    color((level_db - LOW_DB) / (HIGH_DB - LOW_DB))
}

#[cfg(test)]
mod tests {
    use super::super::oklch::measure::{linear, oklab};
    use super::*;

    #[test]
    fn louder_is_always_lighter() {
        let lightness: Vec<f32> = (0..=255).map(|i| oklab(linear(color(i as f32 / 255.0)))[0]).collect();
        assert!(lightness.windows(2).all(|pair| pair[1] > pair[0] - 0.003));
        assert!(lightness[255] - lightness[0] > 0.7);
        assert_eq!(color_of_db(f32::NEG_INFINITY), color(0.0));
        assert_eq!(color_of_db(f32::NAN), color(0.0));
        assert_eq!(color_of_db(3.0), color(1.0));
    }
}
