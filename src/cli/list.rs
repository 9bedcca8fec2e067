//! `list` and `genre`: what is known of songs, and what a person says of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use serde::Serialize;

use crate::base::Report;
use crate::base::time::clock_text;
use crate::engine::{Command, Engine, Event};
use crate::library::filing::{Filer, Filing, GenreSource};
use crate::library::model::{GenreProbability, TagScore, Track, same_genre};
use crate::library::playlist::{AlbumKey, playlist_order};
use crate::library::query::Query;
use crate::library::{Articles, SortKey};

use super::args::ListOrder;
use super::jobs::{Ended, Run};
use super::output::{Align, Exit, Output, Table};

/// A song as `list --json` prints it. The names are stable.
#[derive(Serialize)]
struct Row<'a> {
    /// Bytes that are not text are replaced.
    path: Cow<'a, str>,
    /// Only where the path is not valid UTF-8: its bytes in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    title: &'a str,
    artist: &'a str,
    album: &'a str,
    year: Option<i32>,
    /// Year in which the song first came out.
    original_year: Option<i32>,
    album_artist: Option<&'a str>,
    /// All artists one by one.
    artists: Vec<&'a str>,
    disc: Option<u32>,
    disc_total: Option<u32>,
    track: Option<u32>,
    track_total: Option<u32>,
    compilation: bool,
    composer: Option<&'a str>,
    comment: Option<&'a str>,
    title_sort: Option<&'a str>,
    artist_sort: Option<&'a str>,
    album_sort: Option<&'a str>,
    album_artist_sort: Option<&'a str>,
    bpm: Option<u32>,
    /// Musical key.
    key: Option<&'a str>,
    /// 0 to 100.
    rating: Option<u8>,
    musicbrainz_recording: Option<&'a str>,
    musicbrainz_release: Option<&'a str>,
    musicbrainz_artist: Option<&'a str>,
    duration_secs: f64,
    format: &'a str,
    /// `null` when unsure or not classified yet.
    genre: Option<&'a str>,
    /// The song is in *Unsure*: heard, undecided, and there to be listened to.
    unsure: bool,
    /// `person`, `file` or `network`; `null` when there is no genre.
    genre_source: Option<GenreSource>,
    /// The genre in the file's own tags.
    tag_genre: Option<&'a str>,
    /// All genres in the file's own tags.
    tag_genres: Vec<&'a str>,
    /// The network's best probability; `null` before classification.
    confidence: Option<f32>,
    /// Best first.
    top: &'a [GenreProbability],
    /// Strongest first.
    tags: &'a [TagScore],
    /// The network that listened.
    model: Option<&'a str>,
    /// Seconds it listened to.
    heard_secs: Option<f64>,
    /// A remark, for example on very short songs or on tags that could not be read.
    note: Option<String>,
    playable: bool,
    missing: bool,
    /// Texts of the file that are shown in another way, by field; only where there are any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    in_file: BTreeMap<&'static str, &'a str>,
}

impl<'a> Row<'a> {
    fn new(track: &'a Track, filing: Filing<'a>) -> Self {
        let decision = match filing {
            Filing::Genre(decision) => Some(decision),
            Filing::Unsure | Filing::NotHeard | Filing::OutOfReach => None,
        };
        let prediction = track.prediction.as_deref();
        let more = track.album_fields();
        let heard = prediction.and_then(|prediction| prediction.note.as_deref());
        let notes: Vec<&str> = heard.into_iter().chain(more.note.as_deref()).collect();
        Self {
            path: track.path.to_string_lossy(),
            path_bytes: track
                .path
                .to_str()
                .is_none()
                .then(|| base64::engine::general_purpose::STANDARD.encode(track.path.as_os_str().as_encoded_bytes())),
            title: &track.title,
            artist: &track.artist,
            album: &track.album,
            year: track.year,
            original_year: more.original_year,
            album_artist: more.album_artist.as_deref(),
            artists: track.artists(),
            disc: more.disc,
            disc_total: more.disc_total,
            track: track.track_number,
            track_total: more.track_total,
            compilation: more.compilation,
            composer: more.composer.as_deref(),
            comment: more.comment.as_deref(),
            title_sort: more.title_sort.as_deref(),
            artist_sort: more.artist_sort.as_deref(),
            album_sort: more.album_sort.as_deref(),
            album_artist_sort: more.album_artist_sort.as_deref(),
            bpm: more.bpm,
            key: more.key.as_deref(),
            rating: more.rating,
            musicbrainz_recording: more.musicbrainz_recording.as_deref(),
            musicbrainz_release: more.musicbrainz_release.as_deref(),
            musicbrainz_artist: more.musicbrainz_artist.as_deref(),
            duration_secs: track.duration_secs,
            format: &track.format,
            genre: decision.map(|decision| decision.genre),
            unsure: filing == Filing::Unsure,
            genre_source: decision.map(|decision| decision.source),
            tag_genre: track.tag_genre.as_deref(),
            tag_genres: track.tag_genres(),
            confidence: track.confidence(),
            top: prediction.map_or(&[], |prediction| &prediction.top),
            tags: prediction.map_or(&[], |prediction| &prediction.tags),
            model: prediction.map(|prediction| prediction.model_name.as_str()),
            heard_secs: prediction.map(|prediction| prediction.heard_secs),
            note: Some(notes.join(" ")).filter(|note| !note.is_empty()),
            playable: track.playable,
            missing: track.missing,
            in_file: track
                .in_file
                .iter()
                .flat_map(|texts| texts.iter())
                .map(|(field, text)| (field.key(), text.as_str()))
                .collect(),
        }
    }
}

/// `timbre list`.
pub fn list(
    engine: &Engine,
    output: &Output,
    genre: Option<&str>,
    unsure: bool,
    search: Option<&str>,
    sort: ListOrder,
) -> Run {
    let (snapshot, rule) = (engine.snapshot()?, engine.rule()?);
    let query = Query::parse(search.unwrap_or_default());
    if let Some(complaint) = query.complaint() {
        return Err(Ended::Usage("list", complaint.to_owned()));
    }
    let (mut filer, mut scratch) = (Filer::new(&rule), String::new());
    let mut rows = Vec::new();
    for index in in_order(&snapshot.tracks, sort, Articles::ignored(engine.settings().ignore_articles)) {
        let track = &snapshot.tracks[index];
        let filing = filer.file(track);
        let by_genre = genre.is_none_or(|genre| match filing {
            Filing::Genre(decision) => same_genre(decision.genre, genre),
            Filing::Unsure | Filing::NotHeard | Filing::OutOfReach => false,
        });
        if by_genre && (!unsure || filing == Filing::Unsure) && query.matches_filed(track, filing, &mut scratch) {
            rows.push(Row::new(track, filing));
        }
    }
    output.print(&rows, |out| {
        let columns = [
            ("genre", Align::Left),
            ("sure", Align::Right),
            ("length", Align::Right),
            ("artist", Align::Left),
            ("title", Align::Left),
            ("tags", Align::Left),
            ("file", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for row in &rows {
            let tags: Vec<&str> = row.tags.iter().take(3).map(|tag| tag.tag.as_str()).collect();
            table.row(vec![
                row.genre.unwrap_or(if row.unsure { "(unsure)" } else { "" }).to_owned(),
                row.confidence.map_or_else(String::new, |confidence| format!("{:.0} %", confidence * 100.0)),
                clock_text(row.duration_secs),
                row.artist.to_owned(),
                row.title.to_owned(),
                tags.join(", "),
                row.path.clone().into_owned(),
            ]);
        }
        if rows.is_empty() {
            writeln!(out, "{}", nothing(snapshot.tracks.is_empty(), genre, unsure, search))?;
        }
        table.write(out)
    })?;
    Ok(Exit::Done)
}

/// The places of the songs in the order that is wanted.
fn in_order(tracks: &[Track], sort: ListOrder, articles: Articles) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    match sort {
        ListOrder::Path => {}
        ListOrder::Artist => return playlist_order(tracks, articles),
        ListOrder::Title => order.sort_by_cached_key(|index| SortKey::of(&tracks[*index].title)),
        ListOrder::Album => order.sort_by_cached_key(|index| AlbumKey::of(&tracks[*index])),
    }
    order
}

/// Why there is nothing to list.
fn nothing(library_is_empty: bool, genre: Option<&str>, unsure: bool, search: Option<&str>) -> String {
    match (search, genre) {
        _ if library_is_empty => "No songs. `timbre scan FOLDER` adds some.".to_owned(),
        (Some(search), None) if !unsure => format!("No song matches {search}."),
        (Some(search), None) => format!("No song that is unsure matches {search}."),
        (Some(search), Some(genre)) => format!("No song of {genre} matches {search}."),
        (None, Some(genre)) => format!("No song is filed under {genre}."),
        (None, None) => "No song is unsure.".to_owned(),
    }
}

/// `timbre genre set` and, without a genre, `timbre genre clear`.
pub fn set_genre(engine: &Engine, output: &Output, file: &Path, genre: Option<&str>) -> Run {
    let genre = match genre.map(str::trim) {
        Some("") => return Err(Report::new("A genre needs a name").into()),
        genre => genre,
    };
    let path: PathBuf = file.canonicalize().or_else(|_| std::path::absolute(file))?;
    let snapshot = engine.snapshot()?;
    let Some(track) = snapshot.track_by_path(&path) else {
        let report = Report::new(format!("This file is not in the library: {}", path.display()));
        return Err(report.with_hint("`timbre scan FOLDER` adds the folder it is in").into());
    };
    // The spelling of the classifier's own label, so that `Hip-Hop` joins `hiphop`.
    let rule = engine.rule()?;
    let genre = genre.map(|given| {
        let known = rule.genres.iter().find(|known| same_genre(known, given));
        known.cloned().unwrap_or_else(|| given.to_owned())
    });
    engine.send(Command::SetGenre { tracks: vec![track.id], genre: genre.clone() });
    wait_for_library(engine)?;
    #[derive(Serialize)]
    struct Set<'a> {
        path: Cow<'a, str>,
        genre: Option<&'a str>,
    }
    output.print(&Set { path: path.to_string_lossy(), genre: genre.as_deref() }, |out| match &genre {
        Some(genre) => writeln!(out, "{} is {genre} now.", track.title),
        None => writeln!(out, "{} is left to the network again.", track.title),
    })?;
    Ok(Exit::Done)
}

/// Waits until the library was changed as asked.
pub fn wait_for_library(engine: &Engine) -> Result<(), Ended> {
    loop {
        match engine.recv_timeout(Duration::from_secs(60)) {
            Some(Event::Library(_)) => return Ok(()),
            Some(Event::Failed(report)) => return Err(report.into()),
            Some(_) => {}
            None => return Err(Report::new("The library did not answer within a minute").into()),
        }
    }
}
