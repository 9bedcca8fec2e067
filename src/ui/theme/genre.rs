//! The ten hues of the genres, as the window draws them.

use eframe::egui::Color32;

use crate::base::genre::{self, GENRES};

/// The hues for dark or light.
pub(super) fn hues(dark: bool) -> [Color32; GENRES.len()] {
    genre::hues(dark).map(|[red, green, blue]| Color32::from_rgb(red, green, blue))
}

#[cfg(test)]
mod tests {
    use super::super::oklch::measure::*;
    use super::*;

    #[test]
    fn hues_stay_apart_for_every_kind_of_sight() {
        for dark in [true, false] {
            let hues = hues(dark).map(linear);
            let sights = [
                ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0.11),
                ("protanopia", PROTANOPIA, 0.06),
                ("deuteranopia", DEUTERANOPIA, 0.06),
                ("tritanopia", TRITANOPIA, 0.06),
            ];
            for (sight, matrix, least) in sights {
                for (i, one) in hues.iter().enumerate() {
                    for (j, other) in hues.iter().enumerate().skip(i + 1) {
                        let apart = distance(oklab(simulate(matrix, *one)), oklab(simulate(matrix, *other)));
                        assert!(apart >= least, "{sight}, dark {dark}: {} and {}: {apart}", GENRES[i], GENRES[j]);
                    }
                }
            }
        }
    }

    #[test]
    fn hues_are_about_equally_light() {
        for dark in [true, false] {
            let lightness = hues(dark).map(|hue| oklab(linear(hue))[0]);
            let (low, high) = lightness.iter().fold((1.0f32, 0.0f32), |(low, high), l| (low.min(*l), high.max(*l)));
            assert!(high - low < 0.13, "dark {dark}: {low} to {high}");
        }
    }
}
