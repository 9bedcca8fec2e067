//! Endings of files that hold music: those that are played, those that are only listed, and those that are counted.

/// Endings of files that can be played (or cannot, which only their content tells), in lower case.
pub const PLAYED: [&str; 31] = [
    "aac", "adts", "aif", "aifc", "aiff", "alac", "au", "bwf", "caf", "flac", "m4a", "m4b", "m4r", "mka", "mp1", "mp2",
    "mp3", "mp4", "mpa", "oga", "ogg", "ogx", "opus", "rf64", "snd", "w64", "wav", "wave", "weba", "webm", "fla",
];

/// Endings of recordings that cannot be played here and are listed by what can be read of them, in lower case.
pub const LISTED: [&str; 46] = [
    "3ga", "aa", "aa3", "aax", "aaxc", "ac3", "amr", "ape", "asf", "at3", "awb", "dff", "dsf", "dss", "dts", "dtshd",
    "eac3", "ec3", "gsm", "la", "m4p", "mac", "mkv", "mlp", "mogg", "mp+", "mpc", "mpp", "ofr", "ofs", "oma", "omg",
    "ra", "ram", "rm", "shn", "spx", "tak", "thd", "truehd", "tta", "voc", "vox", "vqf", "wma", "wv",
];

/// Endings of music that is not a recording but played by an instrument or a chip, or of kinds nothing is known about: such
/// files are only counted.
pub const UNKNOWN: [&str; 21] = [
    "669", "8svx", "adx", "cda", "it", "kar", "mid", "midi", "mod", "mptm", "mtm", "nsf", "s3m", "sid", "spc", "stm",
    "umx", "vgm", "vgz", "xm", "xwma",
];

/// Whether files of that ending (without its dot) can be played.
pub fn is_played(ending: &str) -> bool {
    PLAYED.contains(&ending.to_ascii_lowercase().as_str())
}

/// Whether a scan looks into files of that ending (without its dot).
pub fn is_looked_at(ending: &str) -> bool {
    let ending = ending.to_ascii_lowercase();
    PLAYED.contains(&ending.as_str()) || LISTED.contains(&ending.as_str())
}

/// Whether files of that ending (without its dot) hold music that Timbre knows nothing about.
pub fn is_unknown(ending: &str) -> bool {
    UNKNOWN.contains(&ending.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ending_is_in_two_lists_and_case_does_not_matter() {
        assert!(PLAYED.iter().all(|ending| !LISTED.contains(ending) && !UNKNOWN.contains(ending)));
        assert!(LISTED.iter().all(|ending| !UNKNOWN.contains(ending)));
        assert!(is_played("FLAC") && is_looked_at("Dsf") && !is_played("dsf") && !is_looked_at("txt"));
        assert!(is_unknown("MID") && !is_looked_at("mid"));
    }
}
