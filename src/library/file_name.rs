//! File names that every system takes.

/// Longer names are cut; leaves room for a number and an ending within the 255 bytes most file systems allow.
const MAX_BYTES: usize = 180;

/// Makes a file name (without ending) out of any text: reserved characters become `_`, device names of Windows and
/// hidden names are changed, ends that Windows drops are dropped. Never empty.
pub fn safe_file_name(text: &str) -> String {
    let reserved = |c: char| c.is_control() || "<>:\"/\\|?*\u{2028}\u{2029}".contains(c);
    let mut name: String = text.trim().chars().map(|c| if reserved(c) { '_' } else { c }).collect();
    if name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    let mut end = MAX_BYTES.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    // `CON`, and also `CON.` with anything after the point, is a device.
    let device = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let number = device.strip_prefix(prefix);
        number.is_some_and(|digit| digit.chars().count() == 1 && digit.contains(|c: char| "123456789¹²³".contains(c)))
    };
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&device.as_str())
        || numbered("COM")
        || numbered("LPT")
    {
        name.insert(device.len().min(name.len()), '_');
    }
    if name.is_empty() { "playlist".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::safe_file_name;

    #[test]
    fn names_are_safe_everywhere() {
        for (text, expected) in [
            ("Rock", "Rock"),
            ("AC/DC: best?", "AC_DC_ best_"),
            ("CON", "CON_"),
            ("con.cert", "con_.cert"),
            ("Lpt1", "Lpt1_"),
            ("concert", "concert"),
            ("..", "_"),
            (".hidden", "_hidden"),
            ("end. . ", "end"),
            ("", "playlist"),
            ("  ", "playlist"),
            ("日本語", "日本語"),
            ("a\nb\0c", "a_b_c"),
        ] {
            assert_eq!(safe_file_name(text), expected, "{text:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let name = safe_file_name(&"é".repeat(500));
        assert_eq!(name, "é".repeat(90));
    }
}
