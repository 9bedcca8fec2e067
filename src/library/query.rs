//! The search language: `miles year:1955..1965 -live is:unsure`.
//!
//! Words must all occur, each in title, artist, album or genre, without case and accents. `field:value` looks at one
//! field (`title artist album albumartist composer comment disc genre format path year length tag is`), quotes hold blanks together, a leading `-` turns
//! a term round. Numbers take `<`, `<=`, `>`, `>=` and ranges `a..b`; lengths are seconds or `m:ss`. There is no wrong
//! input: an unknown field is a word, and a term without a value yet is passed over.

use super::model::{DecisionRule, GenreSource, Track, same_genre};
use super::text::{contains_folded, fold};

/// A search, ready to be applied to songs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Anywhere(String),
    Title(String),
    Artist(String),
    Album(String),
    AlbumArtist(String),
    Composer(String),
    Comment(String),
    Disc(Range),
    Genre(String),
    Format(String),
    Path(String),
    Tag(String),
    Year(Range),
    Length(Range),
    Is(State),
    /// A value that cannot be understood, for example `year:old`.
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
    /// Understands a search text. Never fails.
    pub fn parse(text: &str) -> Self {
        Self { terms: words(text).filter_map(term).collect() }
    }

    /// Whether every song matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a song matches.
    pub fn matches(&self, track: &Track, rule: &DecisionRule) -> bool {
        self.matches_with(track, rule, &mut String::new())
    }

    /// The positions of the songs that match, in order.
    pub fn filter(&self, tracks: &[Track], rule: &DecisionRule) -> Vec<usize> {
        let mut scratch = String::new();
        let found = tracks.iter().enumerate().filter(|(_, track)| self.matches_with(track, rule, &mut scratch));
        found.map(|(index, _)| index).collect()
    }

    fn matches_with(&self, track: &Track, rule: &DecisionRule, scratch: &mut String) -> bool {
        self.terms.iter().all(|term| term.test.holds(track, rule, scratch) != term.negated)
    }
}

impl Test {
    fn holds(&self, track: &Track, rule: &DecisionRule, scratch: &mut String) -> bool {
        let mut has = |text: &str, needle: &str| contains_folded(text, needle, scratch);
        match self {
            Self::Anywhere(word) => {
                has(&track.title, word)
                    || has(&track.artist, word)
                    || has(&track.album, word)
                    || genre(track, rule).is_some_and(|genre| has(genre, word))
            }
            Self::Title(word) => has(&track.title, word),
            Self::Artist(word) => has(&track.artist, word),
            Self::Album(word) => has(&track.album, word),
            Self::AlbumArtist(word) => has(track.album_artist(), word),
            Self::Composer(word) => track.album_fields().composer.as_deref().is_some_and(|text| has(text, word)),
            Self::Comment(word) => track.album_fields().comment.as_deref().is_some_and(|text| has(text, word)),
            Self::Disc(range) => track.album_fields().disc.is_some_and(|disc| range.contains(f64::from(disc))),
            Self::Genre(word) => genre(track, rule).is_some_and(|genre| has(genre, word) || same_genre(genre, word)),
            Self::Format(word) => has(&track.format, word),
            Self::Path(word) => has(&track.path.to_string_lossy(), word),
            Self::Tag(word) => track
                .prediction
                .as_ref()
                .is_some_and(|prediction| prediction.tags.iter().any(|tag| has(&tag.tag, word))),
            Self::Year(range) => track.year.is_some_and(|year| range.contains(f64::from(year))),
            Self::Length(range) => track.duration_secs > 0.0 && range.contains(track.duration_secs),
            Self::Is(state) => state.holds(track, rule),
            Self::Nothing => false,
        }
    }
}

impl State {
    fn holds(self, track: &Track, rule: &DecisionRule) -> bool {
        match self {
            Self::Unsure => super::playlist::is_unsure(track, rule),
            Self::Missing => track.missing,
            Self::Playable => track.playable,
            Self::Unplayable => !track.playable,
            Self::ByHand => track.decision(rule).is_some_and(|decision| decision.source == GenreSource::Person),
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
fn genre<'a>(track: &'a Track, rule: &'a DecisionRule) -> Option<&'a str> {
    track.decision(rule).map(|decision| decision.genre).or(track.tag_genre.as_deref())
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

/// Understands one term; `None` while it says nothing yet.
fn term(word: &str) -> Option<Term> {
    let (negated, word) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let plain = |text: &str| fold(&text.replace('"', ""));
    let whole = || Some(plain(word)).filter(|word| !word.is_empty()).map(Test::Anywhere);
    let test = match word.split_once(':') {
        // A colon inside quotes is only a colon.
        Some((field, value)) if !field.contains('"') => {
            let value = plain(value);
            let test = match field.to_ascii_lowercase().as_str() {
                _ if value.is_empty() => {
                    return if is_field(field) { None } else { Some(Term { negated, test: whole()? }) };
                }
                "title" => Test::Title(value),
                "artist" => Test::Artist(value),
                "album" => Test::Album(value),
                "albumartist" => Test::AlbumArtist(value),
                "composer" => Test::Composer(value),
                "comment" => Test::Comment(value),
                "disc" => range(&value, 1.0)?.map_or(Test::Nothing, Test::Disc),
                "genre" => Test::Genre(value),
                "format" => Test::Format(value),
                "path" => Test::Path(value),
                "tag" => Test::Tag(value),
                "year" => range(&value, 1.0)?.map_or(Test::Nothing, Test::Year),
                "length" => range(&value, 1e-3)?.map_or(Test::Nothing, Test::Length),
                "is" => state(&value),
                _ => whole()?,
            };
            Some(test)
        }
        _ => whole(),
    };
    test.map(|test| Term { negated, test })
}

fn is_field(name: &str) -> bool {
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
    FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// A state by its name or the beginning of it, so that it takes effect while it is typed.
fn state(value: &str) -> Test {
    let states = [
        ("unsure", State::Unsure),
        ("missing", State::Missing),
        ("playable", State::Playable),
        ("unplayable", State::Unplayable),
        ("manual", State::ByHand),
        ("classified", State::Classified),
    ];
    states.iter().find(|(name, _)| name.starts_with(value)).map_or(Test::Nothing, |(_, state)| Test::Is(*state))
}

/// Understands `5`, `<5`, `<=5`, `>5`, `>=5`, `5..9`, `5..`, `..9`; `step` is the distance to the next smaller or
/// larger number that counts as different. Outer `None`: no number yet; inner `None`: no number at all.
#[expect(clippy::option_option, reason = "not yet a number and never one are different answers")]
fn range(value: &str, step: f64) -> Option<Option<Range>> {
    let everything = Range { from: f64::NEG_INFINITY, to: f64::INFINITY };
    let ends: (&str, &str, f64, f64) = if let Some((from, to)) = value.split_once("..") {
        (from, to, 0.0, 0.0)
    } else if let Some(to) = value.strip_prefix("<=") {
        ("", to, 0.0, 0.0)
    } else if let Some(to) = value.strip_prefix('<') {
        ("", to, 0.0, -step)
    } else if let Some(from) = value.strip_prefix(">=") {
        (from, "", 0.0, 0.0)
    } else if let Some(from) = value.strip_prefix('>') {
        (from, "", step, 0.0)
    } else {
        (value, value, 0.0, 0.0)
    };
    let (from, to, from_step, to_step) = ends;
    if from.is_empty() && to.is_empty() {
        return None;
    }
    let end = |text: &str, open: f64, step: f64| match text {
        "" => Some(open),
        text => number(text).map(|number| number + step),
    };
    let both = end(from, everything.from, from_step).zip(end(to, everything.to, to_step));
    Some(both.map(|(from, to)| Range { from, to }))
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
