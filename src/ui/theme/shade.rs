//! How levels of pictures become colours, as a table: one look-up a pixel.

use eframe::egui::Color32;

use crate::dsp::picture::PictureSettings;
use crate::engine::tiles::NO_LEVEL;

/// Levels this near to each other share a colour: 0.16 dB.
const SHIFT: u32 = 4;

/// A table from levels to colours.
#[derive(Clone, Debug)]
pub struct Shade {
    table: Vec<Color32>,
}

impl Shade {
    /// The colours of a picture; `loudest` is the highest level in it, hundredths, for automatic levels.
    pub fn new(settings: &PictureSettings, loudest: Option<i16>) -> Self {
        let colors = Colors::new(settings, loudest);
        let count = 1_usize << (16 - SHIFT);
        let mut table: Vec<Color32> = (0..count)
            .map(|index| {
                let level = ((index as i32) << SHIFT) + (1 << (SHIFT - 1)) + i32::from(i16::MIN);
                colors.color(level as i16)
            })
            .collect();
        table[0] = Color32::TRANSPARENT;
        Self { table }
    }

    /// The colour of a level in hundredths; nothing at all for [`NO_LEVEL`].
    #[inline]
    pub fn color(&self, level: i16) -> Color32 {
        const { assert!(NO_LEVEL == i16::MIN, "the first entry of the table is for no level") };
        self.table[((i32::from(level) - i32::from(i16::MIN)) >> SHIFT) as usize]
    }
}

struct Colors {
    low_db: f32,
    high_db: f32,
    inverted: bool,
}

impl Colors {
    fn new(settings: &PictureSettings, loudest: Option<i16>) -> Self {
        let (low_db, high_db) = super::level_range(settings, loudest);
        Self { low_db, high_db, inverted: settings.inverted }
    }

    fn color(&self, level: i16) -> Color32 {
        let share = (f32::from(level) / 100.0 - self.low_db) / (self.high_db - self.low_db);
        super::colormap::color(if self.inverted { 1.0 - share.clamp(0.0, 1.0) } else { share })
    }
}
