//! GTZAN's ten genres: their names and the hues by which they are known everywhere.

use super::oklch;

/// The genres as networks name them, in alphabetical order. Their places decide their hues.
pub const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];

/// How a genre's name is shown: `hiphop` is `Hip-hop`, others begin with a capital letter.
pub fn display_name(genre: &str) -> String {
    if genre == "hiphop" {
        return "Hip-hop".to_owned();
    }
    let mut letters = genre.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The place of a genre among [`GENRES`]; `None` for one that a person invented.
pub fn index_of(genre: &str) -> Option<usize> {
    GENRES.iter().position(|known| *known == genre)
}

/// Lightness, chroma and hue of each genre on dark, in the order of [`GENRES`].
///
/// All lie in a narrow band of lightness, and every two stay at least 0.06 apart in OKLab (a just noticeable step is about
/// 0.02) for people with normal sight and without any one kind of cone; the values come from a search for the
/// largest smallest distance. A hue always stands beside the genre's name.
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

/// The hues (sRGB) for dark or light, in the order of [`GENRES`].
pub fn hues(dark: bool) -> [[u8; 3]; GENRES.len()] {
    let table = if dark { ON_DARK } else { ON_LIGHT };
    table.map(|(lightness, chroma, hue)| oklch::rgb(lightness, chroma, hue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_people_write_them() {
        assert_eq!(display_name("hiphop"), "Hip-hop");
        assert_eq!(display_name("blues"), "Blues");
        assert_eq!(display_name("éthiopiques"), "Éthiopiques");
        assert_eq!(display_name(""), "");
    }
}
