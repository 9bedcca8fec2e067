//! Text that was read in another encoding than it was written in: `Ïðèâåò` is `Привет`, whose bytes of Windows-1251 stand in a
//! field that is said to be Latin-1.
//!
//! A [`Reading`] turns such text back into its bytes and reads them again. Nobody can know for sure which one is right;
//! [`guesses`] orders them by how much the outcome looks like words.

mod plausible;

use std::sync::OnceLock;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, IBM866, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251,
    WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256,
};

use super::model::{TextField, Track};
use super::tags::clean;

/// How text is to be read instead of as Windows-1252 (which contains Latin-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// As UTF-8: it was encoded twice (`Ã©` is `é`).
    Utf8,
    /// As UTF-8, that somebody took for Windows-1251 (`РџСЂ` is `Пр`).
    Utf8Of1251,
    /// Cyrillic of Windows.
    Windows1251,
    /// Cyrillic of Unix.
    Koi8R,
    /// Cyrillic of DOS.
    Ibm866,
    /// Japanese of Windows.
    ShiftJis,
    /// Japanese of Unix.
    EucJp,
    /// Simplified Chinese (GB 2312, GBK, GB 18030).
    Gbk,
    /// Traditional Chinese.
    Big5,
    /// Korean.
    EucKr,
    /// Central Europe.
    Windows1250,
    /// Western Europe: control characters that should be quotes and dashes.
    Windows1252,
    /// Greek.
    Windows1253,
    /// Turkish.
    Windows1254,
    /// Hebrew.
    Windows1255,
    /// Arabic.
    Windows1256,
    /// Thai.
    Windows874,
}

impl Reading {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Utf8,
        Self::Utf8Of1251,
        Self::Windows1251,
        Self::Koi8R,
        Self::Ibm866,
        Self::ShiftJis,
        Self::EucJp,
        Self::Gbk,
        Self::Big5,
        Self::EucKr,
        Self::Windows1250,
        Self::Windows1252,
        Self::Windows1253,
        Self::Windows1254,
        Self::Windows1255,
        Self::Windows1256,
        Self::Windows874,
    ];

    /// What people call it, what it is called on the command line and in JSON, and the encoding.
    fn row(self) -> (&'static str, &'static str, &'static Encoding) {
        match self {
            Self::Utf8 => ("UTF-8, encoded twice", "utf-8", UTF_8),
            Self::Utf8Of1251 => ("UTF-8, taken for Cyrillic", "utf-8-of-cp1251", UTF_8),
            Self::Windows1251 => ("Cyrillic (Windows-1251)", "cp1251", WINDOWS_1251),
            Self::Koi8R => ("Cyrillic (KOI8-R)", "koi8-r", KOI8_R),
            Self::Ibm866 => ("Cyrillic (DOS 866)", "cp866", IBM866),
            Self::ShiftJis => ("Japanese (Shift-JIS)", "shift-jis", SHIFT_JIS),
            Self::EucJp => ("Japanese (EUC-JP)", "euc-jp", EUC_JP),
            Self::Gbk => ("Chinese, simplified (GBK)", "gbk", GBK),
            Self::Big5 => ("Chinese, traditional (Big5)", "big5", BIG5),
            Self::EucKr => ("Korean (EUC-KR)", "euc-kr", EUC_KR),
            Self::Windows1250 => ("Central European (Windows-1250)", "cp1250", WINDOWS_1250),
            Self::Windows1252 => ("Western (Windows-1252)", "cp1252", WINDOWS_1252),
            Self::Windows1253 => ("Greek (Windows-1253)", "cp1253", WINDOWS_1253),
            Self::Windows1254 => ("Turkish (Windows-1254)", "cp1254", WINDOWS_1254),
            Self::Windows1255 => ("Hebrew (Windows-1255)", "cp1255", WINDOWS_1255),
            Self::Windows1256 => ("Arabic (Windows-1256)", "cp1256", WINDOWS_1256),
            Self::Windows874 => ("Thai (Windows-874)", "cp874", WINDOWS_874),
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// What it is called on the command line and in JSON.
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// The reading of that label, or of any other name by which its encoding goes (`windows-1251`, `sjis`, `gb2312`).
    pub fn of_label(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        let known = match label.as_str() {
            "cp932" => Some(Self::ShiftJis),
            "cp936" => Some(Self::Gbk),
            "cp949" => Some(Self::EucKr),
            "cp950" => Some(Self::Big5),
            _ => Self::ALL.into_iter().find(|reading| reading.label() == label),
        };
        known.or_else(|| {
            let encoding = Encoding::for_label(label.as_bytes())?;
            // Latin-1 and GB 18030 have names of their own.
            let encoding = if encoding == encoding_rs::GB18030 { GBK } else { encoding };
            Self::ALL.into_iter().find(|reading| *reading != Self::Utf8Of1251 && reading.encoding() == encoding)
        })
    }

    fn encoding(self) -> &'static Encoding {
        self.row().2
    }

    /// What the text says when it is read like this; `None` when it cannot be, or says the same.
    pub fn repair(self, text: &str) -> Option<String> {
        if text.is_ascii() {
            return None;
        }
        let bytes = bytes_of(text, if self == Self::Utf8Of1251 { WINDOWS_1251 } else { WINDOWS_1252 })?;
        let decoded = decode(self.encoding(), &bytes)?;
        // Nobody writes these: control characters, and characters that have no meaning of their own.
        let is_odd = |c: char| matches!(c, '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
        if decoded.chars().any(is_odd) {
            return None;
        }
        let lines: Vec<String> = decoded.split('\n').filter_map(clean).collect();
        let repaired = lines.join("\n");
        (!repaired.is_empty() && repaired != text).then_some(repaired)
    }
}

/// The bytes that this encoding of one byte a character has for a text.
fn bytes_of(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    static OF_1251: OnceLock<Vec<char>> = OnceLock::new();
    static OF_1252: OnceLock<Vec<char>> = OnceLock::new();
    let upper = || (0x80..=0xFF_u8).map(|byte| encoding.decode_without_bom_handling(&[byte]).0.chars().next());
    let table = if encoding == WINDOWS_1251 { &OF_1251 } else { &OF_1252 };
    let table = table.get_or_init(|| upper().map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect());
    text.chars()
        .map(|c| match u32::from(c) {
            code @ 0..0x80 => Some(code as u8),
            _ => match table.iter().position(|known| *known == c) {
                Some(place) => Some(0x80 + place as u8),
                // Programs that know nothing of Windows keep the bytes that Latin-1 has no letters for.
                None => u8::try_from(u32::from(c)).ok().filter(|byte| (0x80..0xA0).contains(byte)),
            },
        })
        .collect()
}

/// Reads bytes. A character that is cut off at the end, as in fields of thirty bytes, is left out.
fn decode(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let whole = |bytes| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    if let Some(text) = whole(bytes) {
        return Some(text.into_owned());
    }
    if encoding.is_single_byte() {
        return None;
    }
    let longest = if encoding == UTF_8 { 3 } else { 1 };
    let is_cut = |cut: &usize| bytes.len() > *cut && bytes[bytes.len() - cut..].iter().all(|byte| *byte >= 0x80);
    let rest = (1..=longest).filter(is_cut).find_map(|cut| whole(&bytes[..bytes.len() - cut]))?;
    // Else it is not the end of a text in this encoding but a single letter of another one.
    (!rest.is_ascii()).then(|| rest.into_owned())
}

/// [`guesses`] for all texts of songs, as they stand in the files.
pub fn guesses_of(tracks: &[&Track]) -> Vec<Guess> {
    let texts: Vec<_> = tracks
        .iter()
        .flat_map(|track| TextField::ALL.into_iter().filter_map(|field| track.text_in_file(field)))
        .collect();
    guesses(texts.iter().map(|text| &**text))
}

/// Whether a reading (`None`: as in the file) changes what is shown of a song now in that field.
pub fn changes(track: &Track, field: TextField, reading: Option<Reading>) -> bool {
    let Some(in_file) = track.text_in_file(field) else { return false };
    match reading.and_then(|reading| reading.repair(&in_file)) {
        Some(after) => track.text(field).as_deref() != Some(&*after),
        None => track.is_repaired(field),
    }
}

/// A reading, and how much like words the texts look with it, 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// `None`: as it stands.
    pub reading: Option<Reading>,
    /// 0..1.
    pub score: f32,
}

/// Texts that are looked at for a guess; more do not make it better.
const MOST_TEXTS: usize = 2_000;

/// The readings that change any of these texts, and the texts as they stand, the most plausible first. Empty when none changes any.
pub fn guesses<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Guess> {
    let mut sums = [(0.0_f64, false); Reading::ALL.len()];
    let (mut as_it_stands, mut weight) = (0.0_f64, 0.0_f64);
    for text in texts.into_iter().filter(|text| !text.is_ascii()).take(MOST_TEXTS) {
        let repaired = Reading::ALL.map(|reading| reading.repair(text));
        if repaired.iter().all(Option::is_none) {
            continue;
        }
        let letters = text.chars().filter(|c| !c.is_ascii()).count() as f64;
        let now = f64::from(plausible::plausible(text, None));
        weight += letters;
        as_it_stands += letters * now;
        for ((sum, changes), (reading, repaired)) in sums.iter_mut().zip(Reading::ALL.iter().zip(repaired)) {
            *changes |= repaired.is_some();
            let then = repaired.map_or(now, |text| f64::from(plausible::plausible(&text, Some(*reading))));
            *sum += letters * then;
        }
    }
    if weight == 0.0 {
        return Vec::new();
    }
    let mut guesses = vec![Guess { reading: None, score: (as_it_stands / weight) as f32 }];
    for (reading, (sum, changes)) in Reading::ALL.into_iter().zip(sums) {
        if changes {
            guesses.push(Guess { reading: Some(reading), score: (sum / weight) as f32 });
        }
    }
    // Stable: what stands there wins where it is as good.
    guesses.sort_by(|a, b| b.score.total_cmp(&a.score));
    guesses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader makes of bytes that it takes for Latin-1.
    fn misread(text: &str, encoding: &'static Encoding) -> String {
        let (bytes, _, failed) = encoding.encode(text);
        assert!(!failed, "{text} in {}", encoding.name());
        WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned()
    }

    fn best(texts: &[String]) -> Option<Reading> {
        guesses(texts.iter().map(String::as_str))[0].reading
    }

    #[test]
    fn every_reading_gives_back_what_was_written() {
        for (reading, encoding, text) in [
            (Reading::Windows1251, WINDOWS_1251, "Группа крови"),
            (Reading::Koi8R, KOI8_R, "Звезда по имени Солнце"),
            (Reading::Ibm866, IBM866, "Перемен"),
            (Reading::ShiftJis, SHIFT_JIS, "津軽海峡・冬景色"),
            (Reading::EucJp, EUC_JP, "上を向いて歩こう"),
            (Reading::Gbk, GBK, "月亮代表我的心"),
            (Reading::Big5, BIG5, "月亮代表我的心"),
            (Reading::EucKr, EUC_KR, "강남스타일"),
            (Reading::Windows1250, WINDOWS_1250, "Příliš žluťoučký kůň"),
            (Reading::Windows1253, WINDOWS_1253, "Τα παιδιά του Πειραιά"),
            (Reading::Windows1254, WINDOWS_1254, "Şımarık gül"),
            (Reading::Windows1255, WINDOWS_1255, "ירושלים של זהב"),
            (Reading::Windows1256, WINDOWS_1256, "نسم علينا الهوى"),
            (Reading::Windows874, WINDOWS_874, "ลอยกระทง"),
            (Reading::Utf8, UTF_8, "Перемен! Наступит вечер…"),
        ] {
            let wrong = misread(text, encoding);
            assert_eq!(reading.repair(&wrong).as_deref(), Some(text));
            assert_eq!(reading.repair(text), None, "what is right is left alone");
            assert_eq!(Reading::of_label(encoding.name()), Some(reading));
            assert_eq!(Reading::of_label(reading.label()), Some(reading));
        }
        assert_eq!(Reading::Utf8Of1251.repair("РџСЂРёРІРµС‚").as_deref(), Some("Привет"));
        assert_eq!(Reading::Windows1252.repair("Don\u{92}t").as_deref(), Some("Don’t"));
        assert_eq!(Reading::of_label("cp932"), Some(Reading::ShiftJis));
        assert_eq!(Reading::of_label("gb18030"), Some(Reading::Gbk));
        assert_eq!(Reading::of_label("utf-7"), None);
    }

    #[test]
    fn a_character_that_is_cut_off_costs_only_itself() {
        let whole = misread("上を向いて歩こう", SHIFT_JIS);
        let cut: String = whole.chars().take(whole.chars().count() - 1).collect();
        assert_eq!(Reading::ShiftJis.repair(&cut).as_deref(), Some("上を向いて歩こ"));
        let utf8: String = misread("Привет", UTF_8).chars().take(11).collect();
        assert_eq!(Reading::Utf8.repair(&utf8).as_deref(), Some("Приве"));
        for text in ["é", "café", "Rós"] {
            assert_eq!((Reading::Utf8.repair(text), Reading::ShiftJis.repair("café")), (None, None), "{text}");
        }
    }

    #[test]
    fn the_best_guess_is_the_right_one() {
        let cases: [(Option<Reading>, &'static Encoding, &[&str]); 21] = [
            (Some(Reading::Windows1251), WINDOWS_1251, &["Группа крови", "Кино"]),
            (Some(Reading::Windows1251), WINDOWS_1251, &["ПЕРЕМЕН", "АЛИСА", "ВСЁ ЭТО РОК-Н-РОЛЛ"]),
            (Some(Reading::Windows1251), WINDOWS_1251, &["Океан Ельзи", "Я їду додому"]),
            (Some(Reading::Windows1251), WINDOWS_1251, &["Сплин"]),
            (Some(Reading::Koi8R), KOI8_R, &["Звезда по имени Солнце", "Аквариум"]),
            (Some(Reading::Ibm866), IBM866, &["Город золотой", "Аквариум"]),
            (Some(Reading::ShiftJis), SHIFT_JIS, &["津軽海峡・冬景色", "石川さゆり"]),
            (Some(Reading::ShiftJis), SHIFT_JIS, &["宇多田ヒカル", "First Love"]),
            (Some(Reading::EucJp), EUC_JP, &["上を向いて歩こう", "坂本九"]),
            (Some(Reading::Gbk), GBK, &["月亮代表我的心", "邓丽君"]),
            (Some(Reading::Gbk), GBK, &["王菲", "红豆", "唱游"]),
            (Some(Reading::Big5), BIG5, &["月亮代表我的心", "鄧麗君"]),
            (Some(Reading::EucKr), EUC_KR, &["강남스타일", "사랑했지만", "김광석"]),
            (Some(Reading::Windows1250), WINDOWS_1250, &["Antonín Dvořák", "Rusalka: Měsíčku na nebi hlubokém"]),
            (Some(Reading::Windows1250), WINDOWS_1250, &["Czesław Niemen", "Dziwny jest ten świat", "Sen o Warszawie"]),
            (Some(Reading::Windows1253), WINDOWS_1253, &["Τα παιδιά του Πειραιά", "Μελίνα Μερκούρη"]),
            (Some(Reading::Utf8), UTF_8, &["Björk", "Jóga", "Перемен"]),
            (Some(Reading::Utf8), UTF_8, &["Édith Piaf", "Non, je ne regrette rien"]),
            (None, WINDOWS_1252, &["Björk", "Jóga", "Sigur Rós", "Ágætis byrjun"]),
            (None, WINDOWS_1252, &["Édith Piaf", "L’été indien", "Où est passée ma bohème ?"]),
            (None, WINDOWS_1252, &["Die Ärzte", "Männer sind Schweine", "Für Elise", "Mötley Crüe"]),
        ];
        let mut wrong = Vec::new();
        for (reading, encoding, texts) in cases {
            let read: Vec<String> = texts.iter().map(|text| misread(text, encoding)).collect();
            if best(&read) != reading {
                let all = guesses(read.iter().map(String::as_str));
                wrong.push(format!("{texts:?}: {:?}", &all[..all.len().min(4)]));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(best(&["РџСЂРёРІРµС‚".to_owned()]), Some(Reading::Utf8Of1251));
    }

    #[test]
    fn what_cannot_be_misread_has_no_guesses() {
        assert_eq!(guesses(["plain", "Привет", "日本"]), []);
    }
}
