//! Colours of the window by lightness, chroma and hue.

use eframe::egui::Color32;

/// A colour by lightness 0..1, chroma 0..about 0.3 and hue in degrees.
pub fn oklch(lightness: f32, chroma: f32, hue_deg: f32) -> Color32 {
    let [red, green, blue] = crate::base::oklch::rgb(lightness, chroma, hue_deg);
    Color32::from_rgb(red, green, blue)
}

#[cfg(test)]
pub(super) mod measure {
    //! Measures that the theme's tests use.

    use eframe::egui::Color32;

    pub fn linear(color: Color32) -> [f32; 3] {
        [color.r(), color.g(), color.b()].map(|byte| {
            let value = f32::from(byte) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Contrast of two colours, 1..21 (WCAG 2.2, “contrast ratio”).
    pub fn contrast(one: Color32, other: Color32) -> f32 {
        let luminance = |color| {
            let [red, green, blue] = linear(color);
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    pub fn oklab([red, green, blue]: [f32; 3]) -> [f32; 3] {
        let l = (0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_993 * blue).cbrt();
        let m = (0.211_903_5 * red + 0.680_699_5 * green + 0.107_396_96 * blue).cbrt();
        let s = (0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_7 * blue).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    /// How a colour looks to people who lack one kind of cone (Machado, Oliveira, Fernandes 2009, severity 1).
    pub fn simulate(matrix: [[f32; 3]; 3], color: [f32; 3]) -> [f32; 3] {
        matrix.map(|row| row.iter().zip(color).map(|(weight, value)| weight * value).sum())
    }

    pub const PROTANOPIA: [[f32; 3]; 3] =
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
    pub const DEUTERANOPIA: [[f32; 3]; 3] =
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
    pub const TRITANOPIA: [[f32; 3]; 3] =
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];

    pub fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
        one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::measure::{contrast, distance, linear, oklab};
    use super::*;

    #[test]
    fn the_way_there_and_back_meets() {
        for (lightness, chroma, hue) in [(0.7, 0.1, 40.0), (0.5, 0.05, 250.0), (0.9, 0.02, 120.0)] {
            let color = oklch(lightness, chroma, hue);
            let hue = f32::to_radians(hue);
            let wanted = [lightness, chroma * hue.cos(), chroma * hue.sin()];
            assert!(distance(oklab(linear(color)), wanted) < 0.004, "{color:?}");
        }
        assert_eq!(oklch(1.0, 0.0, 0.0), Color32::WHITE);
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 0.01);
    }
}
