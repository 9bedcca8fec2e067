//! Audio that can be recognised but not decoded, so that the message can name it, and so that no decoder for something else
//! is tried on it.

/// First bytes, offset, and what people call it.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11], "Windows Media (WMA)"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"MACF", "Monkey's Audio"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"wvpk", "WavPack"),
    (0, b"TTA1", "True Audio"),
    (0, b"TTA2", "True Audio"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"ajkg", "Shorten"),
    (0, b"LA04", "Lossless Audio"),
    (0, b"TWIN", "TwinVQ"),
    (0, b"tBaK", "TAK"),
    (0, b"MThd", "a MIDI file"),
    (0, b".RMF", "RealAudio"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"#!AMR", "AMR"),
    (0, b"#!SILK", "SILK"),
    (0, b"EA3\x01", "ATRAC"),
    (0, b"ea3\x03", "ATRAC"),
    (0, b"RIFX", "a big-endian WAV (RIFX)"),
    (0, b"FWS", "a Flash film"),
    (0, b"CWS", "a Flash film"),
    (0, b"FLV\x01", "a Flash film"),
    (0, b"Creative Voice File\x1a", "Creative Voice"),
    (0, b"8SVX", "an Amiga sample"),
    (0, b"Extended Module: ", "a tracker module"),
    (0, b"IMPM", "a tracker module"),
    (0, b"PSID", "a SID tune"),
    (0, b"RSID", "a SID tune"),
    (0, b"SNES-SPC700", "an SPC tune"),
    (0, b"NESM\x1a", "an NSF tune"),
    (0, b"Vgm ", "a VGM tune"),
    (0, &[0x0b, 0x77], "Dolby Digital (AC-3)"),
    (0, &[0x77, 0x0b], "Dolby Digital (AC-3)"),
    (0, &[0x7f, 0xfe, 0x80, 0x01], "DTS"),
    (0, &[0xfe, 0x7f, 0x01, 0x80], "DTS"),
    (0, &[0x1f, 0xff, 0xe8, 0x00], "DTS"),
    (0, &[0xff, 0x1f, 0x00, 0xe8], "DTS"),
    (0, b"ADIF", "AAC in the old form of ADIF"),
    (0, &[0, 0, 1, 0xba], "an MPEG film"),
    (0, &[0, 0, 1, 0xb3], "an MPEG film"),
    (28, b"Speex   ", "Speex"),
    (28, b"\x01video\0\0\0", "an Ogg film"),
    (28, b"\x80theora", "an Ogg film"),
];

/// Documents, pictures and archives: no audio, whatever sync words are found inside.
const OTHERS: &[&[u8]] = &[
    b"PK\x03\x04",
    b"%PDF",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ",
    b"BZh",
    b"\x89PNG",
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"GIF8",
    b"\x7fELF",
    b"MZ\x90\0",
    b"SQLite format 3",
    b"\x28\xb5\x2f\xfd",
];

/// The name of the audio format that `head` (the first bytes of the sound, behind any tags) announces, if it is one of those
/// that cannot be decoded.
pub(crate) fn name_of(head: &[u8]) -> Option<&'static str> {
    SIGNATURES
        .iter()
        .find(|(at, bytes, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)))
        .map(|(_, _, name)| *name)
}

/// Whether `head` begins a document, picture or archive.
pub(crate) fn is_no_audio(head: &[u8]) -> bool {
    OTHERS.iter().any(|magic| head.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::{is_no_audio, name_of};

    #[test]
    fn known_signatures_are_named_and_others_are_not() {
        assert_eq!(name_of(b"MAC \x96\x0f"), Some("Monkey's Audio"));
        let mut speex = vec![0u8; 28];
        speex.extend_from_slice(b"Speex   1.2");
        assert_eq!(name_of(&speex), Some("Speex"));
        assert_eq!(name_of(b"RIFF"), None);
        assert_eq!(name_of(b""), None);
        assert!(is_no_audio(b"PK\x03\x04\x14\0") && !is_no_audio(b"RIFF") && !is_no_audio(b""));
    }
}
