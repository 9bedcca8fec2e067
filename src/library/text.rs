//! Text as people compare it: without case and accents.

/// Lower case without accents, as far as Latin letters go; other scripts only lose their case.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded form of `text`.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
            continue;
        }
        for lower in c.to_lowercase() {
            match base_letters(lower) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(lower),
            }
        }
    }
}

/// The letters under an accent; combining accents themselves become nothing.
fn base_letters(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{300}'..='\u{36F}' => "",
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// Whether the folded form of `text` contains `needle`, which is folded already. `scratch` saves allocations.
pub(super) fn contains_folded(text: &str, needle: &str, scratch: &mut String) -> bool {
    if !text.is_ascii() {
        scratch.clear();
        fold_into(text, scratch);
        return scratch.contains(needle);
    }
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let Some(first) = needle.first() else { return true };
    text.len() >= needle.len()
        && (0..=text.len() - needle.len()).any(|start| {
            text[start].to_ascii_lowercase() == *first && text[start..start + needle.len()].eq_ignore_ascii_case(needle)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        assert_eq!(fold("Beyoncé & Sigur RÓS"), "beyonce & sigur ros");
        assert_eq!(fold("e\u{301}"), "e", "the accent as a character of its own");
        assert_eq!(fold("Straße Ærø ŁÓDŹ"), "strasse aero lodz");
        assert_eq!(fold("МУЗЫКА 音楽"), "музыка 音楽");
    }

    #[test]
    fn searching_agrees_with_folding_everything_first() {
        let mut scratch = String::new();
        for text in ["", "Abba", "ABBA Gold", "Björk", "aab", "Дельфин"] {
            for needle in ["", "a", "ab", "ba", "bjork", "b g", "дель", "abbaabba"] {
                assert_eq!(contains_folded(text, needle, &mut scratch), fold(text).contains(needle), "{text} {needle}");
            }
        }
    }
}
