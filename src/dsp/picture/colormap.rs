//! From levels to colours.

use super::levels::NO_LEVEL;
use super::settings::{Colormap, Part, PictureSettings, Transform};

impl Colormap {
    /// The colour of a share, 0 (dark) to 1 (bright), sRGB.
    pub fn rgb(self, share: f32) -> [u8; 3] {
        let share = if share > 0.0 { f64::from(share.min(1.0)) } else { 0.0 };
        let gradient = match self {
            Self::Magma => colorous::MAGMA,
            Self::Viridis => colorous::VIRIDIS,
            Self::Inferno => colorous::INFERNO,
            Self::Cividis => colorous::CIVIDIS,
            Self::Grey => {
                let grey = (share * 255.0).round() as u8;
                return [grey; 3];
            }
        };
        gradient.eval_continuous(share).as_array()
    }

    /// The colour of an angle, in turns: the same after a whole turn.
    fn rgb_of_turns(self, turns: f32) -> [u8; 3] {
        let turns = turns.rem_euclid(1.0);
        match self {
            Self::Grey => Self::Grey.rgb(1.0 - (2.0 * turns - 1.0).abs()),
            _ => colorous::SINEBOW.eval_continuous(f64::from(turns)).as_array(),
        }
    }
}

/// Hundredths of a dB or of a degree from one entry of the table to the next.
const STEP: i32 = 5;

/// Colours of levels, looked up in a table.
#[derive(Clone, Debug)]
pub struct Shading {
    /// Level of the first entry.
    low: i32,
    table: Vec<[u8; 3]>,
    unknown: [u8; 3],
    low_db: f32,
    high_db: f32,
}

impl Shading {
    /// `loudest` is the highest level of all that is shown, for automatic levels; [`NO_LEVEL`] if nothing is known.
    pub fn new(settings: &PictureSettings, loudest: i16) -> Self {
        let (low_db, high_db) = settings.levels.range_db((loudest != NO_LEVEL).then_some(loudest));
        let part = match settings.spec.transform {
            Transform::Scalogram(scalogram) => scalogram.part,
            Transform::Spectrogram(_) => Part::Magnitude,
        };
        let map = settings.colormap;
        let turned = |share: f32| if settings.inverted { 1.0 - share } else { share };
        let (low, high) = match part {
            Part::Phase => (-18_000, 18_000),
            _ => ((low_db * 100.0).round() as i32, (high_db * 100.0).round() as i32),
        };
        let colour = |level: i32| match part {
            Part::Phase => map.rgb_of_turns(turned(level as f32 / 36_000.0)),
            Part::Power => map.rgb(turned(10f32.powf((level - high) as f32 / 1000.0))),
            Part::Magnitude => map.rgb(turned((level - low) as f32 / (high - low).max(1) as f32)),
        };
        let entries = (high - low).max(0) / STEP;
        let table = (0..=entries).map(|i| colour(low + i * STEP)).collect();
        Self { low, table, unknown: map.rgb(turned(0.0)), low_db, high_db }
    }

    /// The colour of a level, sRGB; that of the faintest where nothing is known.
    pub fn rgb(&self, level: i16) -> [u8; 3] {
        if level == NO_LEVEL {
            return self.unknown;
        }
        let at = (i32::from(level) - self.low + STEP / 2).max(0) / STEP;
        self.table[(at as usize).min(self.table.len() - 1)]
    }

    /// The level that is darkest, dB.
    pub fn low_db(&self) -> f32 {
        self.low_db
    }

    /// The level that is brightest, dB.
    pub fn high_db(&self) -> f32 {
        self.high_db
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Levels;
    use super::super::settings::ScalogramSettings;
    use super::*;

    #[test]
    fn maps_get_brighter_from_end_to_end() {
        let luminance = |c: [u8; 3]| 0.2126 * f32::from(c[0]) + 0.7152 * f32::from(c[1]) + 0.0722 * f32::from(c[2]);
        for map in [Colormap::Magma, Colormap::Viridis, Colormap::Inferno, Colormap::Cividis, Colormap::Grey] {
            for i in 0..32 {
                let (dark, bright) = (map.rgb(i as f32 / 32.0), map.rgb((i + 1) as f32 / 32.0));
                assert!(luminance(bright) > luminance(dark), "{map:?} {i}");
            }
            assert_eq!(map.rgb(f32::NAN), map.rgb(0.0));
            assert_eq!(map.rgb(7.0), map.rgb(1.0));
        }
    }

    #[test]
    fn fixed_and_automatic_levels() {
        let mut settings = PictureSettings::spectrogram();
        settings.levels = Levels::Fixed { low_db: -80.0, high_db: -20.0 };
        let shading = Shading::new(&settings, 0);
        let map = settings.colormap;
        assert_eq!(shading.rgb(-2000), map.rgb(1.0));
        assert_eq!(shading.rgb(3000), map.rgb(1.0));
        assert_eq!(shading.rgb(-5000), map.rgb(0.5));
        for dark in [-8000, -20_000, NO_LEVEL] {
            assert_eq!(shading.rgb(dark), map.rgb(0.0));
        }
        settings.levels = Levels::Auto { range_db: 60.0 };
        settings.inverted = true;
        let shading = Shading::new(&settings, -1000);
        assert_eq!((shading.low_db(), shading.high_db()), (-70.0, -10.0));
        assert_eq!(shading.rgb(-1000), map.rgb(0.0));
        assert_eq!(shading.rgb(-7000), map.rgb(1.0));
        assert_eq!(shading.rgb(NO_LEVEL), map.rgb(1.0));
    }

    #[test]
    fn power_is_linear_and_phase_goes_round() {
        let mut settings = PictureSettings::scalogram();
        let of = |part| Transform::Scalogram(ScalogramSettings { part, ..ScalogramSettings::default() });
        settings.colormap = Colormap::Grey;
        settings.spec.transform = of(Part::Power);
        settings.levels = Levels::Fixed { low_db: -90.0, high_db: 0.0 };
        let power = Shading::new(&settings, 0);
        assert_eq!(power.rgb(0)[0], 255);
        assert_eq!(power.rgb(-1000)[0], 26);
        settings.spec.transform = of(Part::Phase);
        let phase = Shading::new(&settings, 0);
        assert_eq!(phase.rgb(-18_000), phase.rgb(18_000));
        assert_ne!(phase.rgb(0), phase.rgb(9000));
        settings.colormap = Colormap::Magma;
        let phase = Shading::new(&settings, 0);
        assert_eq!(phase.rgb(-18_000), phase.rgb(18_000));
    }
}
