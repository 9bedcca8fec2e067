//! The shades of a confusion matrix, and what lies over a picture to say where a network looks.

use eframe::egui::Color32;

use super::oklch::oklch;
use super::{Tokens, colormap};

/// How a cell with this share (0..1) is filled, and the ink that reads on it. One hue, so that lightness alone says how
/// much: safe with every kind of colour-blindness. Nothing is the ground itself.
pub fn cell(tokens: &Tokens, share: f64) -> (Color32, Color32) {
    if share <= 0.0 || !share.is_finite() {
        return (if tokens.dark { tokens.field } else { tokens.panel }, tokens.text_faint);
    }
    // A bend keeps small shares apart from nothing.
    let x = (share.min(1.0) as f32).powf(0.7);
    // Black and white change places where both read equally well.
    let (fill, light_ink) = if tokens.dark {
        (oklch(0.23 + 0.60 * x, 0.035 + 0.09 * x, 235.0), x < 0.540)
    } else {
        (oklch(0.940 - 0.540 * x, 0.025 + 0.10 * x, 250.0), x > 0.695)
    };
    (fill, oklch(if light_ink { 1.0 } else { 0.0 }, 0.0, 0.0))
}

/// What lies over a part of a picture: the more it mattered (0..1), the clearer; what helped when it was covered (below 0)
/// in another hue.
pub fn saliency(share: f32) -> Color32 {
    let strength = share.abs().min(1.0).powf(0.8);
    if share >= 0.0 {
        oklch(0.86, 0.17, 165.0).gamma_multiply(0.72 * strength)
    } else {
        oklch(0.62, 0.16, 250.0).gamma_multiply(0.60 * strength)
    }
}

/// A value of a network's input, 0..1, in the colours of spectrograms.
pub fn input(value: f32) -> Color32 {
    colormap::color(value)
}

/// A pixel of a picture that a network takes as it is, 0..1 each.
pub fn pixel(red: f32, green: f32, blue: f32) -> Color32 {
    let byte = |share: f32| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
    Color32::from_rgb(byte(red), byte(green), byte(blue))
}

#[cfg(test)]
mod tests {
    use super::super::oklch::measure::{contrast, linear, oklab};
    use super::super::tokens_of;
    use super::*;

    #[test]
    fn more_is_further_from_the_ground_and_its_number_can_be_read() {
        for tokens in [tokens_of(true), tokens_of(false)] {
            let ground = oklab(linear(cell(tokens, 0.0).0))[0];
            let mut before = 0.0;
            for step in 1..=100 {
                let (fill, ink) = cell(tokens, f64::from(step) / 100.0);
                let away = (oklab(linear(fill))[0] - ground).abs();
                assert!(away >= before - 0.003, "dark {}, {step}", tokens.dark);
                before = away;
                assert!(contrast(fill, ink) >= 4.5, "dark {}, {step}: {}", tokens.dark, contrast(fill, ink));
            }
            let (fill, ink) = cell(tokens, 0.0);
            assert!(contrast(fill, ink) >= 4.5);
        }
    }
}
