//! Endings of files that hold music: those that are played, and those that are known but not played.

/// Endings of files that can be played (or cannot, which only their content tells), in lower case.
pub const PLAYED: [&str; 31] = [
    "aac", "adts", "aif", "aifc", "aiff", "alac", "au", "bwf", "caf", "flac", "m4a", "m4b", "m4r", "mka", "mp1", "mp2",
    "mp3", "mp4", "mpa", "oga", "ogg", "ogx", "opus", "rf64", "snd", "w64", "wav", "wave", "weba", "webm", "fla",
];

/// Endings of files that people use for music and that cannot be played here, in lower case.
pub const NOT_PLAYED: [&str; 62] = [
    "3ga", "669", "aa", "aa3", "aax", "aaxc", "ac3", "amr", "ape", "asf", "at3", "awb", "dff", "dsf", "dss", "dts",
    "dtshd", "eac3", "ec3", "gsm", "it", "kar", "la", "m4p", "mac", "mid", "midi", "mlp", "mod", "mogg", "mp+", "mpc",
    "mpp", "mptm", "mtm", "nsf", "ofr", "ofs", "oma", "omg", "ra", "ram", "rm", "s3m", "shn", "sid", "spc", "spx",
    "stm", "tak", "thd", "truehd", "tta", "umx", "vgm", "vgz", "voc", "vox", "vqf", "wma", "wv", "xm",
];

/// Whether files of that ending (without its dot) can be played.
pub fn is_played(ending: &str) -> bool {
    PLAYED.contains(&ending.to_ascii_lowercase().as_str())
}

/// Whether files of that ending (without its dot) are music, played here or not.
pub fn is_music(ending: &str) -> bool {
    is_played(ending) || NOT_PLAYED.contains(&ending.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ending_is_in_both_lists_and_case_does_not_matter() {
        assert!(PLAYED.iter().all(|ending| !NOT_PLAYED.contains(ending)));
        assert!(is_played("FLAC") && is_music("Dsf") && !is_played("dsf") && !is_music("txt"));
    }
}
