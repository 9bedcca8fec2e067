//! How much like words a text looks.

use encoding_rs::{BIG5, EUC_JP, GBK, SHIFT_JIS};

use super::Reading;

/// The letters with accents of one language.
type Alphabet = &'static str;

const WESTERN: [Alphabet; 8] =
    ["àâæçéèêëîïôùûüÿœ", "äöüß", "áéíóúñü", "ãáâàçéêíõóôúü", "àèéìíîòóùú", "åäöéü", "åæøéö", "áðéíóúýþæö"];
const CENTRAL: [Alphabet; 6] = ["áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîşţ", "čćđšž"];
const TURKISH: [Alphabet; 1] = ["çğıöşüâî"];
const ANY: [Alphabet; 0] = [];

/// The most frequent letters of Russian, which make up two thirds of it, and of Greek.
const CYRILLIC: &str = "оеаинтсрвлкмдпу";
const GREEK: &str = "αάοόιίεέτσςνηήυύρπκμλ";

/// Frequent characters in titles and names.
const SIMPLIFIED: &str = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多\
    然于心学么之都好看起发当没成只如事把还用第样道想作种开美爱风雨夜月亮花梦星海情歌曲声音乐华语红黄白黑春秋冬夏日光路城\
    再见永远世界故东西南北女男孩朋友今明昨新老长江山水火石龙凤雪云王李张刘陈杨林周";
const TRADITIONAL: &str = "的一是了我不人在他有這個上們來到時大地為子中你說生國年著就那和要她出也得裡後自以會家可下而過天去能對小多\
    然於心學麼之都好看起發當沒成只如事把還用第樣道想作種開美愛風雨夜月亮花夢星海情歌曲聲音樂華語紅黃白黑春秋冬夏日光路城\
    再見永遠世界故東西南北女男孩朋友今明昨新老長江山水火石龍鳳雪雲王李張劉陳楊林周";
const KANJI: &str = "日一国人年大本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半\
    男西電校語土木聞食車何南万毎白天母火右読友左休父雨愛恋夢心花空風夜君僕私歌曲音楽桜海光星世界声涙道朝夏冬春秋田村井藤";
const HANGUL: &str = "이다는의가에을로고하사지한은나도어기대리자아시인정부그수일서보원해만라국과면주장동조오전구계게생운관선연\
    랑노래너내우말거없있것같때못안눈꿈밤별비봄겨울여름바람김박최";

/// Something that no one would write.
const ODD: f32 = 0.05;

/// How much like words a text looks that was read in some way, 0..1. What every encoding has in common does not count.
pub(super) fn plausible(text: &str, reading: Option<Reading>) -> f32 {
    // By chance no other text is valid in UTF-8.
    if matches!(reading, Some(Reading::Utf8 | Reading::Utf8Of1251)) {
        return 0.97;
    }
    let alphabet = alphabet(text, reading);
    let (mut sum, mut count) = (0.0, 0_usize);
    let mut add = |score: f32, letters: usize| {
        sum += score * letters as f32;
        count += letters;
    };
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_ascii()) {
        let foreign = word.chars().filter(|c| !c.is_ascii()).count();
        if word.chars().any(is_east_asian) {
            for c in word.chars().filter(|c| !c.is_ascii()) {
                add(if is_east_asian(c) { east_asian(c, reading) } else { ODD }, 1);
            }
        } else if !has_usual_case(word) {
            add(ODD, foreign);
        } else {
            add(of_word(word, alphabet), foreign);
        }
    }
    for c in text.chars().filter(|c| !c.is_ascii() && !c.is_alphabetic()) {
        add(sign(c), 1);
    }
    if count == 0 { 0.0 } else { sum / count as f32 }
}

/// Of the languages that are written in an encoding the one whose letters are the most frequent here.
fn alphabet(text: &str, reading: Option<Reading>) -> Option<Alphabet> {
    let languages: &[Alphabet] = match reading {
        None | Some(Reading::Windows1252) => &WESTERN,
        Some(Reading::Windows1250) => &CENTRAL,
        Some(Reading::Windows1254) => &TURKISH,
        _ => &ANY,
    };
    let fits = |language: &&Alphabet| lowercase(text).filter(|c| language.contains(*c)).count();
    // The first of equals.
    languages.iter().rev().max_by_key(fits).copied()
}

fn lowercase(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// Small letters, capitals, or a capital and small letters.
fn has_usual_case(word: &str) -> bool {
    let small = |c: char| c.is_lowercase();
    let large = |c: char| c.is_uppercase();
    let mut rest = word.chars();
    let starts_large = rest.next().is_some_and(large);
    let rest = rest.as_str();
    !rest.chars().any(large) || starts_large && !rest.chars().any(small)
}

/// A word of letters that have case, or of Hebrew, Arabic or Thai.
fn of_word(word: &str, alphabet: Option<Alphabet>) -> f32 {
    let all = |from: char, to: char| word.chars().all(|c| (from..=to).contains(&c));
    let share = |letters: &str| {
        lowercase(word).filter(|c| letters.contains(*c)).count() as f32 / lowercase(word).count().max(1) as f32
    };
    let letters = word.chars().count();
    if all('\u{400}', '\u{4FF}') {
        let has_vowel = lowercase(word).any(|c| "аеёиоуыэюяіїєѝ".contains(c));
        let sounds = if letters >= 4 && !has_vowel { 0.5 } else { 1.0 };
        return sounds * (0.55 + 0.4 * share(CYRILLIC));
    }
    if all('\u{370}', '\u{3FF}') {
        let is_small = word.chars().any(char::is_lowercase);
        let is_accented = lowercase(word).any(|c| "άέήίόύώΐΰ".contains(c));
        let accent = if letters < 4 || is_accented {
            1.0
        } else if is_small {
            0.4
        } else {
            0.7
        };
        let end = if word.trim_end_matches('ς').contains('ς') { 0.2 } else { 1.0 };
        return accent * end * (0.55 + 0.4 * share(GREEK));
    }
    if all('\u{590}', '\u{5FF}') {
        let ends = |c: char| "ךםןףץ".contains(c);
        return if word.trim_end_matches(ends).contains(ends) { 0.1 } else { 0.65 };
    }
    if all('\u{600}', '\u{6FF}') {
        return 0.65;
    }
    if all('\u{E00}', '\u{E7F}') {
        return 0.5;
    }
    if !word.chars().all(|c| c.is_ascii() || matches!(c, '\u{C0}'..='\u{24F}')) {
        return ODD;
    }
    let foreign: Vec<char> = lowercase(word).filter(|c| !c.is_ascii()).collect();
    let known = foreign.iter().filter(|c| alphabet.is_some_and(|letters| letters.contains(**c))).count();
    let known = known as f32 / foreign.len().max(1) as f32;
    // Most letters of a word have no accent.
    let plain = letters.saturating_sub(foreign.len());
    let density = if plain >= foreign.len() || letters == 1 { 1.0 } else { 0.3 };
    density * (0.25 + 0.65 * known)
}

fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3130}'..='\u{318F}' | '\u{3400}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

fn east_asian(c: char, reading: Option<Reading>) -> f32 {
    let frequent = |characters: &str| characters.contains(c);
    match reading {
        Some(Reading::ShiftJis | Reading::EucJp) => match c {
            '\u{FF66}'..='\u{FF9F}' => 0.15,
            '\u{3005}' | '\u{3040}'..='\u{30FF}' => 0.95,
            _ if frequent(KANJI) => 0.95,
            _ if leads(c, SHIFT_JIS, 0x88, 0x97) || leads(c, EUC_JP, 0xB0, 0xCF) => 0.6,
            _ => 0.15,
        },
        Some(Reading::Gbk) if frequent(SIMPLIFIED) => 0.95,
        Some(Reading::Gbk) if leads(c, GBK, 0xB0, 0xD7) => 0.55,
        Some(Reading::Big5) if frequent(TRADITIONAL) => 0.95,
        Some(Reading::Big5) if leads(c, BIG5, 0xA4, 0xC6) => 0.55,
        Some(Reading::EucKr) if frequent(HANGUL) => 0.95,
        Some(Reading::EucKr) if ('\u{AC00}'..='\u{D7A3}').contains(&c) => 0.7,
        _ => 0.1,
    }
}

/// Whether a character stands in these rows of an encoding, which are those of the usual ones.
fn leads(c: char, encoding: &'static encoding_rs::Encoding, from: u8, to: u8) -> bool {
    let mut buffer = [0; 4];
    let (bytes, _, failed) = encoding.encode(c.encode_utf8(&mut buffer));
    // Rows of rarer characters use smaller second bytes in GBK.
    let is_second = |byte: u8| encoding != GBK || byte >= 0xA1;
    !failed && matches!(*bytes, [first, second] if (from..=to).contains(&first) && is_second(second))
}

/// Signs that stand in titles, and others.
fn sign(c: char) -> f32 {
    match c {
        '‘' | '’' | '“' | '”' | '„' | '–' | '—' | '…' | '«' | '»' | '·' | '°' | '№' | '¿' | '¡' | '½' | 'º' | 'ª' => {
            0.7
        }
        '\u{3000}'..='\u{303F}' | '\u{30FB}' | '\u{FF01}'..='\u{FF60}' => 0.7,
        // Vowels and points of Thai, Hebrew and Arabic.
        '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{65F}' | '\u{E31}'..='\u{E4E}' => 0.5,
        '\u{300}'..='\u{36F}' => 0.3,
        _ => ODD,
    }
}
