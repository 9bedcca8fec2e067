//! What a clip is called, whatever its file is called.

use std::path::Path;

/// The name of the file at `inside` (its path below its genre's folder) of a genre: `blues.00029` for `blues.00029.wav`
/// and for Kaggle's `blues00029.png`, `blues/Robert Johnson/Hellhound` for what does not begin with the genre.
pub(in crate::ml) fn of_file(genre: &str, inside: &Path) -> String {
    let stem = inside.with_extension("");
    let stem = stem.to_string_lossy().replace('\\', "/");
    if stem.contains('/') { format!("{genre}/{stem}") } else { of_stem(genre, &stem) }
}

fn of_stem(genre: &str, stem: &str) -> String {
    match stem.get(..genre.len()) {
        Some(start) if start.eq_ignore_ascii_case(genre) && !genre.is_empty() => {
            let rest = &stem[genre.len()..];
            if rest.len() == 5 && rest.bytes().all(|c| c.is_ascii_digit()) {
                format!("{start}.{rest}")
            } else {
                stem.to_owned()
            }
        }
        _ => format!("{genre}/{stem}"),
    }
}

/// The name that a line of a list means: `blues/blues.00029`, `blues.00029.wav`, `blues00029.png`, `rock/01.mp3`.
pub(in crate::ml) fn of_entry(entry: &str) -> String {
    let entry = entry.trim().replace('\\', "/");
    let mut parts = entry.rsplit('/');
    let name = crate::ml::dataset::split::clip_name(parts.next().unwrap_or_default());
    let genre = parts.next().unwrap_or_else(|| {
        let letters = name.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(0);
        &name[..letters]
    });
    if genre.is_empty() { name } else { of_stem(genre, &name) }
}

/// What kind of file a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ml) enum Kind {
    Picture,
    /// Anything may turn out to be sound.
    Sound,
    /// Lists, notes and the like.
    Neither,
}

const PICTURES: [&str; 3] = ["png", "jpg", "jpeg"];
/// What lies beside music and is never sound.
const COMPANIONS: [&str; 24] = [
    "txt", "md", "csv", "json", "m3u", "m3u8", "pls", "cue", "log", "nfo", "ini", "db", "url", "htm", "html", "xml",
    "pdf", "lrc", "sfv", "md5", "accurip", "gif", "webp", "bmp",
];

pub(in crate::ml) fn kind(path: &Path) -> Kind {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if PICTURES.contains(&extension.as_str()) {
        Kind::Picture
    } else if COMPANIONS.contains(&extension.as_str()) {
        Kind::Neither
    } else {
        Kind::Sound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_and_picture_of_a_clip_have_one_name() {
        for file in ["blues.00029.wav", "blues.00029.au", "blues00029.png"] {
            assert_eq!(of_file("blues", Path::new(file)), "blues.00029");
            assert_eq!(of_entry(file), "blues.00029");
            assert_eq!(of_entry(&format!("blues/{file}\r")), "blues.00029");
        }
        assert_eq!(of_file("rock", Path::new("01.mp3")), "rock/01");
        assert_eq!(of_entry("rock/01.mp3"), "rock/01");
        assert_eq!(of_file("rock", Path::new("Queen/01 x.mp3")), "rock/Queen/01 x");
        assert_eq!(of_file("é", Path::new("a.mp3")), "é/a");
        assert_eq!(of_entry(""), "");
    }

    #[test]
    fn companions_of_music_are_not_taken_for_it() {
        assert_eq!(kind(Path::new("a.PNG")), Kind::Picture);
        assert_eq!(kind(Path::new("a.txt")), Kind::Neither);
        assert_eq!(kind(Path::new("a.au")), Kind::Sound);
        assert_eq!(kind(Path::new("a")), Kind::Sound);
    }
}
