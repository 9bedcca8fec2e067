//! Texts, years, numbers and genres as they are written into tags.

use encoding_rs::WINDOWS_1252;
use lofty::id3::v1::GENRES;

/// Texts are cut after this many characters; no title is longer, but hostile files are.
const MAX_TEXT_CHARS: usize = 500;

/// A tag's text on one line without blanks around it; `None` when nothing is left.
pub(in crate::library) fn clean(text: &str) -> Option<String> {
    let blank = |c: char| c.is_control() || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
    let line: String = text.chars().take(MAX_TEXT_CHARS).map(|c| if blank(c) { ' ' } else { c }).collect();
    let trimmed = line.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// As [`clean`], but with the characters that cannot be shown, as far as they may be bytes of letters in another encoding
/// than the text was read in (see [`crate::library::misread`]).
pub(super) fn whole(text: &str) -> Option<String> {
    let shown = clean(text)?;
    if text.is_ascii() {
        return Some(shown);
    }
    let is_foreign = |c: char| c >= '\u{80}';
    let is_blank = |c: char| c.is_ascii_control() || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
    let line: Vec<char> = text.chars().take(MAX_TEXT_CHARS).map(|c| if is_blank(c) { ' ' } else { c }).collect();
    let may_go = |c: char, neighbour: Option<&char>| {
        let is_byte = matches!(c, '\u{80}'..='\u{A0}') && neighbour.is_some_and(|c| is_foreign(*c));
        !is_byte && (c.is_whitespace() || c.is_control())
    };
    let (mut start, mut end) = (0, line.len());
    while start < end && may_go(line[start], line.get(start + 1)) {
        start += 1;
    }
    while start < end && may_go(line[end - 1], end.checked_sub(2).and_then(|place| line.get(place))) {
        end -= 1;
    }
    Some(line[start..end].iter().collect()).filter(|text: &String| !text.is_empty())
}

/// One byte for each character. What Latin-1 leaves to control codes is read as Windows does.
pub(super) fn latin1(bytes: &[u8]) -> String {
    WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

/// UTF-8, else one byte for each character; a text that is mostly UTF-8 keeps what is good.
pub(super) fn utf8(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let lossy = String::from_utf8_lossy(bytes);
            let is_partly_good = lossy.chars().any(|c| !c.is_ascii() && c != char::REPLACEMENT_CHARACTER);
            if is_partly_good { lossy.into_owned() } else { latin1(bytes) }
        }
    }
}

/// UTF-16 with a byte order mark, else in the order that makes more sense. An odd byte at the end is left out.
pub(super) fn utf16(bytes: &[u8], is_big_by_default: bool) -> String {
    let (is_big, bytes) = match bytes {
        [0xFE, 0xFF, rest @ ..] => (true, rest),
        [0xFF, 0xFE, rest @ ..] => (false, rest),
        _ if is_big_by_default => (true, bytes),
        _ => {
            // Most letters of most scripts share their high byte: zero, or at least one that comes often.
            let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|byte| **byte < 0x06).count();
            (zeros(0) > zeros(1), bytes)
        }
    };
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The year in a date, however it is written: `2004-05-06`, `05/06/2004`, `c1998`, `May 2004`.
pub(in crate::library) fn year(date: &str) -> Option<i32> {
    let runs = date.split(|c: char| !c.is_ascii_digit());
    // A date without separators begins with the year.
    runs.filter(|run| matches!(run.len(), 4 | 8 | 14)).find_map(|run| {
        let year: i32 = run.get(..4)?.parse().ok()?;
        (1000..3000).contains(&year).then_some(year)
    })
}

/// A number and a total: `3`, `03/09`, `3 of 9`. Zero is none.
pub(super) fn number_and_total(text: &str) -> (Option<u32>, Option<u32>) {
    let text = text.trim();
    let (number, total) = match text.find(['/', '\\']).or_else(|| text.find(" of ")) {
        Some(at) => (&text[..at], text[at..].trim_start_matches(|c: char| !c.is_ascii_digit())),
        None => (text, ""),
    };
    (number_of(number), number_of(total))
}

/// A positive number below a million; what follows it does not count.
pub(super) fn number_of(text: &str) -> Option<u32> {
    let digits: &str = text.trim();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok().filter(|number| (1..1_000_000).contains(number))
}

/// `1`, `true`, `yes`.
pub(super) fn is_yes(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "y")
}

/// The names of genres in one value: ID3's numbers become names, semicolons separate.
pub(super) fn genres(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value.trim();
    // `(8)(0)`, `(4)Eurodisco`, `((escaped) name`.
    while let Some(inner) = rest.strip_prefix('(').filter(|inner| !inner.starts_with('(')) {
        let Some((code, after)) = inner.split_once(')') else { break };
        let Some(name) = genre_of_code(code) else { break };
        rest = after.trim_start();
        // The text refines the last number.
        if rest.is_empty() || rest.starts_with('(') {
            found.push(name.to_owned());
        }
    }
    let rest = if rest.starts_with("((") { &rest[1..] } else { rest };
    for name in rest.split(';').filter_map(whole) {
        found.push(genre_of_code(&name).map_or(name, str::to_owned));
    }
    found
}

/// The name for a number of ID3v1, counted from 0.
pub(super) fn genre_of_number(number: usize) -> Option<&'static str> {
    GENRES.get(number).copied()
}

fn genre_of_code(code: &str) -> Option<&'static str> {
    match code.trim() {
        "RX" => Some("Remix"),
        "CR" => Some("Cover"),
        digits if !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            genre_of_number(digits.parse().ok()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_found_in_any_spelling_and_no_other_number_is_one() {
        for (date, wanted) in [
            ("2004-05-06T07:08:09", Some(2004)),
            ("05/06/2004", Some(2004)),
            ("06.05.2004", Some(2004)),
            ("c1998", Some(1998)),
            ("(1999)", Some(1999)),
            ("May 2004", Some(2004)),
            ("20040506", Some(2004)),
            ("2004-13-45", Some(2004)),
            ("196?", None),
            ("0000", None),
            ("Unknown", None),
            (" ", None),
            ("12345", None),
            ("٢٠٠٤", None),
        ] {
            assert_eq!(year(date), wanted, "{date:?}");
        }
    }

    #[test]
    fn genres_are_names_and_all_of_them() {
        let named = |value: &str| genres(value).join("|");
        assert_eq!(named("(17)"), "Rock");
        assert_eq!(named("17"), "Rock");
        assert_eq!(named("(8)(0)"), "Jazz|Blues");
        assert_eq!(named("(4)Eurodisco"), "Eurodisco");
        assert_eq!(named("(8)(4)Eurodisco"), "Jazz|Eurodisco");
        assert_eq!(named("Jazz; Blues"), "Jazz|Blues");
        assert_eq!(named("Duo Cello/Klavier"), "Duo Cello/Klavier");
        assert_eq!(named("((Live) at home"), "(Live) at home");
        assert_eq!(named("(RX)"), "Remix");
        assert_eq!(named("(999)"), "(999)");
        assert_eq!(named("(Post) Rock"), "(Post) Rock");
        assert_eq!(named(" ; "), "");
    }

    #[test]
    fn numbers_and_totals_are_told_apart() {
        assert_eq!(number_and_total("03/09"), (Some(3), Some(9)));
        assert_eq!(number_and_total("3 of 9"), (Some(3), Some(9)));
        assert_eq!(number_and_total("7"), (Some(7), None));
        assert_eq!(number_and_total("/9"), (None, Some(9)));
        assert_eq!(number_and_total("0/0"), (None, None));
        assert_eq!(number_and_total("A1"), (None, None));
        assert_eq!(number_and_total("99999999999999"), (None, None));
    }

    #[test]
    fn texts_are_read_whatever_their_encoding_turns_out_to_be() {
        assert_eq!(utf8(b"caf\xC3\xA9"), "café");
        assert_eq!(utf8(b"caf\xE9"), "café");
        assert_eq!(utf8("ä\u{fffd}".as_bytes()), "ä\u{fffd}");
        assert_eq!(latin1(b"Don\x92t"), "Don’t");
        // What may be letters of another encoding stays, and nothing else.
        assert_eq!(whole(&latin1(b" \x83\x81\x83\x8A\x81\0 ")).as_deref(), Some("ƒ\u{81}ƒŠ\u{81}"));
        assert_eq!(whole("\u{A0}Ð\u{A0}\u{A0}").as_deref(), Some("\u{A0}Ð\u{A0}\u{A0}"));
        assert_eq!(whole("\u{A0}a\n\u{A0}").as_deref(), Some("a"));
        assert_eq!((whole("\u{81}"), whole(" ")), (None, None));
        assert_eq!(utf16(b"\xFF\xFEA\0l\0b", false), "Al");
        assert_eq!(utf16(b"\xFE\xFF\0A\0l", false), "Al");
        assert_eq!(utf16(b"A\0l\0", false), "Al");
        assert_eq!(utf16(b"\0A\0l", false), "Al");
        assert_eq!(utf16(b"\0A\0l\0", true), "Al");
        assert_eq!(utf16(b"\xFF\xFE\x00\xD8A\0", false), "\u{fffd}A");
    }
}
