//! Audio that can be recognised but not decoded, so that the message can name it.

/// First bytes, offset, and what people call it.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11], "Windows Media (WMA)"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"wvpk", "WavPack"),
    (0, b"TTA1", "True Audio"),
    (0, b"TTA2", "True Audio"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"MThd", "a MIDI file"),
    (0, b".RMF", "RealAudio"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"#!AMR", "AMR"),
    (0, &[0x0b, 0x77], "Dolby Digital (AC-3)"),
    (0, &[0x7f, 0xfe, 0x80, 0x01], "DTS"),
    (0, b".snd", "Sun audio in a rare encoding"),
    (28, b"Speex   ", "Speex"),
];

/// The name of the audio format that `head` (the first bytes of a file) announces, if it is one of those that cannot be decoded.
pub(crate) fn name_of(head: &[u8]) -> Option<&'static str> {
    SIGNATURES
        .iter()
        .find(|(at, bytes, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)))
        .map(|(_, _, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn known_signatures_are_named_and_others_are_not() {
        assert_eq!(name_of(b"MAC \x96\x0f"), Some("Monkey's Audio"));
        let mut speex = vec![0u8; 28];
        speex.extend_from_slice(b"Speex   1.2");
        assert_eq!(name_of(&speex), Some("Speex"));
        assert_eq!(name_of(b"RIFF"), None);
        assert_eq!(name_of(b""), None);
    }
}
