//! The ten hues of the genres.
//!
//! All lie in a narrow band of lightness, and every two stay at least 0.06 apart in OKLab (a just noticeable step is about
//! 0.02) for people with normal sight and without any one kind of cone; the values come from a search for the
//! largest smallest distance. A hue always stands beside the genre's name.

use eframe::egui::Color32;

use crate::state::genre::GENRES;

use super::oklch::oklch;

/// Lightness, chroma and hue of each genre on dark, in the order of [`GENRES`].
const ON_DARK: [(f32, f32, f32); GENRES.len()] = [
    (0.747, 0.129, 261.0),
    (0.685, 0.085, 104.8),
    (0.795, 0.158, 80.0),
    (0.686, 0.166, 332.9),
    (0.685, 0.182, 293.4),
    (0.795, 0.136, 211.3),
    (0.790, 0.012, 290.9),
    (0.735, 0.121, 13.8),
    (0.783, 0.186, 146.5),
    (0.694, 0.173, 52.7),
];

/// The same on light.
const ON_LIGHT: [(f32, f32, f32); GENRES.len()] = [
    (0.625, 0.195, 254.1),
    (0.515, 0.095, 115.9),
    (0.625, 0.108, 62.0),
    (0.608, 0.183, 314.5),
    (0.515, 0.200, 281.2),
    (0.524, 0.102, 231.9),
    (0.625, 0.040, 298.0),
    (0.515, 0.095, 359.2),
    (0.613, 0.137, 160.5),
    (0.554, 0.199, 33.7),
];

/// The hues for dark or light.
pub(super) fn hues(dark: bool) -> [Color32; GENRES.len()] {
    let table = if dark { ON_DARK } else { ON_LIGHT };
    table.map(|(lightness, chroma, hue)| oklch(lightness, chroma, hue))
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
