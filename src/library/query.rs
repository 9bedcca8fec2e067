//! The search language: `miles year:1955..1965 -live is:unsure`.
//!
//! Words must all occur, each in title, artist, album or genre, folded as [`fold`] says. `field:value` looks at one
//! field (`title artist album albumartist composer comment disc genre format path year length tag is`), quotes hold blanks
//! together, a leading `-` turns a term round. Numbers take `<`, `<=`, `>`, `>=` and ranges `a..b` or `a-b`; lengths are seconds or `m:ss`. A term
//! that cannot be meant so (a field that does not exist, a year that is not a number) finds nothing and is complained
//! about; a term without a value yet is passed over.

use unicode_normalization::UnicodeNormalization as _;

use super::filing::{Decision, DecisionRule, Filer, Filing, GenreSource};
use super::model::{Track, same_genre};
use super::text::{contains_folded, fold, fold_path};

/// The fields, as they are typed.
const FIELDS: [&str; 14] = [
    "title",
    "artist",
    "album",
    "albumartist",
    "composer",
    "comment",
    "disc",
    "genre",
    "format",
    "path",
    "tag",
    "year",
    "length",
    "is",
];

/// The states that `is:` knows.
const STATES: [(&str, State); 6] = [
    ("unsure", State::Unsure),
    ("missing", State::Missing),
    ("playable", State::Playable),
    ("unplayable", State::Unplayable),
    ("manual", State::ByHand),
    ("classified", State::Classified),
];

/// A search, ready to be applied to songs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
    complaint: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Anywhere(String),
    /// Signs that folding leaves nothing of, as they stand.
    Signs(String),
    Title(String),
    Artist(String),
    Album(String),
    AlbumArtist(String),
    Composer(String),
    Comment(String),
    Disc(Range),
    Genre(String),
    Format(String),
    /// Folded with and without dots and slashes.
    Path(String, Option<String>),
    Tag(String),
    Year(Range),
    Length(Range),
    Is(State),
    /// What cannot be understood holds for no song.
    Nothing,
}

/// Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    from: f64,
    to: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unsure,
    Missing,
    Playable,
    Unplayable,
    ByHand,
    Classified,
}

impl Query {
    /// Understands a search text. What cannot be understood finds nothing, see [`Self::complaint`].
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for word in words(text) {
            match term(word) {
                Ok(term) => query.terms.extend(term),
                Err(complaint) => {
                    query.terms.push(Term { negated: false, test: Test::Nothing });
                    query.complaint = query.complaint.or(Some(complaint));
                }
            }
        }
        query
    }

    /// What could not be understood, as a sentence; the first of several.
    pub fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    /// Whether every song matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a song matches.
    pub fn matches(&self, track: &Track, rule: &DecisionRule) -> bool {
        self.matches_filed(track, track.filing(rule), &mut String::new())
    }

    /// Whether a song matches of which is known where it is filed. `scratch` saves allocations.
    pub fn matches_filed(&self, track: &Track, filing: Filing<'_>, scratch: &mut String) -> bool {
        self.terms.iter().all(|term| term.test.holds(track, filing, scratch) != term.negated)
    }

    /// The positions of the songs that match, in order.
    pub fn filter(&self, tracks: &[Track], rule: &DecisionRule) -> Vec<usize> {
        let (mut scratch, mut filer) = (String::new(), Filer::new(rule));
        let mut found = Vec::new();
        for (index, track) in tracks.iter().enumerate() {
            if self.matches_filed(track, filer.file(track), &mut scratch) {
                found.push(index);
            }
        }
        found
    }
}

impl Test {
    fn holds(&self, track: &Track, filing: Filing<'_>, scratch: &mut String) -> bool {
        let mut has = |text: &str, needle: &str| contains_folded(text, needle, scratch);
        match self {
            Self::Anywhere(word) => {
                has(&track.title, word)
                    || has(&track.artist, word)
                    || has(&track.album, word)
                    || genre(track, filing).is_some_and(|genre| has(genre, word))
            }
            Self::Signs(signs) => {
                [track.title.as_str(), &track.artist, &track.album].iter().any(|text| text.contains(signs.as_str()))
            }
            Self::Title(word) => has(&track.title, word),
            Self::Artist(word) => has(&track.artist, word),
            Self::Album(word) => has(&track.album, word),
            Self::AlbumArtist(word) => has(track.album_artist(), word),
            Self::Composer(word) => track.album_fields().composer.as_deref().is_some_and(|text| has(text, word)),
            Self::Comment(word) => track.album_fields().comment.as_deref().is_some_and(|text| has(text, word)),
            Self::Disc(range) => track.album_fields().disc.is_some_and(|disc| range.contains(f64::from(disc))),
            Self::Genre(word) => genre(track, filing).is_some_and(|genre| has(genre, word) || same_genre(genre, word)),
            Self::Format(word) => has(&track.format, word),
            Self::Path(exact, loose) => {
                let path = track.path.to_string_lossy();
                fold_path(&path).contains(exact.as_str()) || loose.as_ref().is_some_and(|word| has(&path, word))
            }
            Self::Tag(word) => track
                .prediction
                .as_ref()
                .is_some_and(|prediction| prediction.tags.iter().any(|tag| has(&tag.tag, word))),
            Self::Year(range) => track.year.is_some_and(|year| range.contains(f64::from(year))),
            Self::Length(range) => track.duration_secs > 0.0 && range.contains(track.duration_secs),
            Self::Is(state) => state.holds(track, filing),
            Self::Nothing => false,
        }
    }
}

impl State {
    fn holds(self, track: &Track, filing: Filing<'_>) -> bool {
        match self {
            Self::Unsure => filing == Filing::Unsure,
            Self::Missing => track.missing,
            Self::Playable => track.playable,
            Self::Unplayable => !track.playable,
            Self::ByHand => matches!(filing, Filing::Genre(Decision { source: GenreSource::Person, .. })),
            Self::Classified => track.prediction.is_some(),
        }
    }
}

impl Range {
    fn contains(self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }
}

/// The genre the song is filed under, else the one in its file.
fn genre<'a>(track: &'a Track, filing: Filing<'a>) -> Option<&'a str> {
    match filing {
        Filing::Genre(decision) => Some(decision.genre),
        Filing::Unsure | Filing::NotHeard | Filing::OutOfReach => track.tag_genre.as_deref(),
    }
}

/// Splits at blanks that are not inside quotes; a quote that is not closed goes to the end.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    })
    .filter(|word| !word.is_empty())
}

/// Understands one term; nothing while it says nothing yet, else what is wrong with it.
fn term(word: &str) -> Result<Option<Term>, String> {
    let (negated, word) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let bare = |text: &str| text.replace('"', "");
    let test = match word.split_once(':') {
        Some((name, value)) if may_be_field(name, value) => {
            let name = name.to_ascii_lowercase();
            let (value, folded) = (bare(value), fold(value));
            if !FIELDS.contains(&name.as_str()) {
                return Err(no_such_field(&name));
            }
            if value.trim().is_empty() {
                return Ok(None);
            }
            match name.as_str() {
                "path" => {
                    let exact = fold_path(&value);
                    let loose = (!exact.contains(['.', '/'])).then_some(folded);
                    Some(Test::Path(exact, loose))
                }
                "year" => range(&name, &value, 1.0)?.map(Test::Year),
                "disc" => range(&name, &value, 1.0)?.map(Test::Disc),
                "length" => range(&name, &value, 1e-3)?.map(Test::Length),
                "is" => Some(state(&value)?),
                _ if folded.is_empty() => None,
                "title" => Some(Test::Title(folded)),
                "artist" => Some(Test::Artist(folded)),
                "album" => Some(Test::Album(folded)),
                "albumartist" => Some(Test::AlbumArtist(folded)),
                "composer" => Some(Test::Composer(folded)),
                "comment" => Some(Test::Comment(folded)),
                "genre" => Some(Test::Genre(folded)),
                "format" => Some(Test::Format(folded)),
                _ => Some(Test::Tag(folded)),
            }
        }
        _ => match (fold(word), bare(word)) {
            (folded, bare) if folded.is_empty() => (!bare.is_empty()).then_some(Test::Signs(bare)),
            (folded, _) => Some(Test::Anywhere(folded)),
        },
    };
    Ok(test.map(|test| Term { negated, test }))
}

/// Whether a word with a colon can be meant as a field: `artits:x` can, `2:30`, `http://x`, `C:\\music`, `re:` and what
/// stands in quotes cannot.
fn may_be_field(name: &str, value: &str) -> bool {
    let is_known = FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name));
    let is_word = name.len() >= 2 && name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-'));
    is_known || is_word && !value.is_empty() && !value.starts_with([':', '/', '\\'])
}

fn no_such_field(name: &str) -> String {
    let nearest = nearest(name, FIELDS);
    // A long word is not worth a long sentence.
    let name: String = name.chars().take(40).collect();
    format!("There is no field “{name}”; did you mean {nearest}? In quotes it is searched for as it stands.")
}

/// Of these names the one that is most like what was typed.
fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> &'a str {
    let typed: Vec<char> = typed.chars().take(40).collect();
    names.into_iter().min_by_key(|name| distance(&typed, &name.chars().collect::<Vec<_>>())).unwrap_or_default()
}

/// Letters to add, leave out, change or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let (mut before, mut last) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>());
    for (row, from) in a.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, to) in b.iter().enumerate() {
            let change = last[column] + usize::from(from != to);
            let mut best = change.min(last[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && *from == b[column - 1] && a[row - 1] == *to {
                best = best.min(before[column - 1] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last[b.len()]
}

/// A state by its name or the beginning of it, so that it takes effect while it is typed.
fn state(value: &str) -> Result<Test, String> {
    let value = value.trim().to_lowercase();
    let found = STATES.iter().find(|(name, _)| name.starts_with(&value));
    found.map(|(_, state)| Test::Is(*state)).ok_or_else(|| {
        let nearest = nearest(&value, STATES.map(|(name, _)| name));
        let value: String = value.chars().take(40).collect();
        format!("No song can be “{value}”; did you mean is:{nearest}?")
    })
}

/// Understands `5`, `<5`, `<=5`, `>5`, `>=5`, `5..9`, `5-9`, `5..`, `..9`; `step` is the distance to the next smaller or
/// larger number that counts as different. Nothing while there is no number yet, else what is wrong.
fn range(field: &str, value: &str, step: f64) -> Result<Option<Range>, String> {
    // Dashes and signs of other keyboards.
    let dash = |c: char| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}');
    let value: String = value.nfkc().filter(|c| !c.is_whitespace()).map(|c| if dash(c) { '-' } else { c }).collect();
    let value = value.replace('≤', "<=").replace('≥', ">=");
    let ends: (&str, &str, f64, f64) = if let Some((from, to)) = value.split_once("..") {
        (from, to.trim_start_matches('.'), 0.0, 0.0)
    } else if let Some(to) = value.strip_prefix("<=").or_else(|| value.strip_prefix("=<")) {
        ("", to, 0.0, 0.0)
    } else if let Some(to) = value.strip_prefix('<') {
        ("", to, 0.0, -step)
    } else if let Some(from) = value.strip_prefix(">=").or_else(|| value.strip_prefix("=>")) {
        (from, "", 0.0, 0.0)
    } else if let Some(from) = value.strip_prefix('>') {
        (from, "", step, 0.0)
    } else if let Some((from, to)) = value.split_once('-') {
        (from, to, 0.0, 0.0)
    } else {
        let value = value.trim_start_matches('=');
        (value, value, 0.0, 0.0)
    };
    let (from, to, from_step, to_step) = ends;
    if from.is_empty() && to.is_empty() {
        return Ok(None);
    }
    let end = |text: &str, open: f64, step: f64| match text {
        "" => Some(open),
        text => number(text).map(|number| number + step),
    };
    let both = end(from, f64::NEG_INFINITY, from_step).zip(end(to, f64::INFINITY, to_step));
    let example = if field == "year" { "year:1985 or year:1980..1989" } else { "length:<3:00 or length:60..90" };
    let shown = || value.chars().take(40).collect::<String>();
    let (mut from, mut to) = both.ok_or_else(|| format!("“{}” is no {field}; write {example}.", shown()))?;
    if from > to {
        std::mem::swap(&mut from, &mut to);
    }
    Ok(Some(Range { from, to }))
}

/// A number, or minutes and seconds (`3:05`) in seconds.
fn number(text: &str) -> Option<f64> {
    let parse = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    match text.split_once(':') {
        Some((minutes, "")) => Some(parse(minutes)? * 60.0),
        Some((minutes, seconds)) => Some(parse(minutes)? * 60.0 + parse(seconds)?),
        None => parse(text),
    }
}
