//! How levels of pictures become colours, as a table: one look-up a pixel.

use eframe::egui::Color32;

use crate::dsp::picture::{PictureSettings, Shading};
use crate::engine::tiles::NO_LEVEL;

/// Levels this near to each other share a colour: 0.16 dB.
const SHIFT: u32 = 4;

/// A table from levels to colours.
#[derive(Clone, Debug)]
pub struct Shade {
    table: Vec<Color32>,
    ground: Color32,
}

impl Shade {
    /// The colours of a picture; `loudest` is the highest level in it, hundredths, for automatic levels.
    pub fn new(settings: &PictureSettings, loudest: Option<i16>) -> Self {
        let shading = Shading::new(settings, loudest.unwrap_or(NO_LEVEL));
        let color = |level: i16| {
            let [red, green, blue] = shading.rgb(level);
            Color32::from_rgb(red, green, blue)
        };
        let mut table: Vec<Color32> = (0..1_i32 << (16 - SHIFT))
            .map(|index| color(((index << SHIFT) + (1 << (SHIFT - 1)) + i32::from(i16::MIN)) as i16))
            .collect();
        table[0] = Color32::TRANSPARENT;
        Self { table, ground: color(NO_LEVEL) }
    }

    /// The colour of a level in hundredths; nothing at all for [`NO_LEVEL`].
    #[inline]
    pub fn color(&self, level: i16) -> Color32 {
        const { assert!(NO_LEVEL == i16::MIN, "the first entry of the table is for no level") };
        self.table[((i32::from(level) - i32::from(i16::MIN)) >> SHIFT) as usize]
    }

    /// What lies behind the picture: the colour of silence.
    pub fn ground(&self) -> Color32 {
        self.ground
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_shading_and_nothing_is_transparent() {
        let settings = PictureSettings::spectrogram();
        let shade = Shade::new(&settings, None);
        let shading = Shading::new(&settings, NO_LEVEL);
        for level in [-12_000, -9_000, -4_504, -3_000, -8, 500] {
            let (seen, meant) = (shade.color(level), shading.rgb(level));
            for (a, b) in seen.to_array().into_iter().zip(meant) {
                assert!(a.abs_diff(b) <= 1, "{level}: {seen:?} {meant:?}");
            }
        }
        assert_eq!(shade.color(NO_LEVEL), Color32::TRANSPARENT);
        assert_eq!(shade.ground(), shade.color(-12_000));
    }
}
