//! Tags, playing time and format of a song file.
//!
//! The tags are read by readers of this folder, one for each kind of tag; a bad item costs only that item, whatever the
//! container. Lofty tells the playing time and the codec; it sees the file without the tags around the sound.

mod asf;
mod chunks;
mod ends;
mod fields;
mod id3;
mod id3_frames;
mod input;
pub mod loudness;
mod matroska;
mod mp4;
#[cfg(test)]
mod mutation_tests;
#[cfg(test)]
mod tests;
mod texts;
mod vorbis;
mod walk;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use lofty::config::{GlobalOptions, ParseOptions, apply_global_options};
use lofty::error::FileParseError;
use lofty::file::{AudioFile as _, FileType, TaggedFile};
use lofty::mp4::{Mp4Codec, Mp4File};
use lofty::probe::Probe;

use crate::library::tags::loudness::{LoudnessTags, gain, peak, r128_gain};
use fields::{Fields, Key};
use input::{Input, Part};
pub(super) use texts::clean;
use walk::Container;

/// The most that is read of one file for its tags, and as much for its playing time. Larger tags are skipped.
const MAX_READ_BYTES: u64 = 64 * 1024 * 1024;
/// The most that lofty may take for one item.
const MAX_ITEM_BYTES: usize = 4 * 1024 * 1024;

/// Grows when the readers read more than before: rows of the library that an earlier one wrote are read again.
pub(super) const TAGS_VERSION: i64 = 2;

/// What a file says about the song in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SongTags {
    /// Title.
    pub title: Option<String>,
    /// Artist; several are joined by commas.
    pub artist: Option<String>,
    /// Album.
    pub album: Option<String>,
    /// The first genre named.
    pub genre: Option<String>,
    /// Position on the album, from 1.
    pub track_number: Option<u32>,
    /// Year of release.
    pub year: Option<i32>,
    /// Who the album is by.
    pub album_artist: Option<String>,
    /// All artists one by one.
    pub artists: Vec<String>,
    /// All genres.
    pub genres: Vec<String>,
    /// Which disc of the album, from 1.
    pub disc: Option<u32>,
    /// Discs of the album.
    pub disc_total: Option<u32>,
    /// Songs on the album or disc.
    pub track_total: Option<u32>,
    /// The album is a compilation.
    pub compilation: bool,
    /// Year in which the song first came out.
    pub original_year: Option<i32>,
    /// Composers, joined by commas.
    pub composer: Option<String>,
    /// The title as it is sorted.
    pub title_sort: Option<String>,
    /// The artist as it is sorted.
    pub artist_sort: Option<String>,
    /// The album as it is sorted.
    pub album_sort: Option<String>,
    /// The album's artist as it is sorted.
    pub album_artist_sort: Option<String>,
    /// Comment.
    pub comment: Option<String>,
    /// Beats a minute, 1 to 1000.
    pub bpm: Option<u32>,
    /// Musical key, as it stands there.
    pub key: Option<String>,
    /// 0 to 100.
    pub rating: Option<u8>,
    /// MusicBrainz' identifier of the recording.
    pub musicbrainz_recording: Option<String>,
    /// MusicBrainz' identifier of the release.
    pub musicbrainz_release: Option<String>,
    /// MusicBrainz' identifier of the first artist.
    pub musicbrainz_artist: Option<String>,
    /// A sentence on items that could not be read.
    pub note: Option<String>,
}

/// Whether there is a decoder for what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoder {
    Known,
    /// The decoder itself must be asked.
    Ask,
    None,
}

/// What was read of a file.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub tags: SongTags,
    pub duration_secs: Option<f64>,
    pub format: &'static str,
    pub decoder: Decoder,
    /// A sentence about what is odd.
    pub remark: Option<&'static str>,
}

/// Why a file's playing time and format could not be read.
#[derive(Debug)]
pub(super) enum TagFailure {
    /// The content is of no kind that is known here.
    Unknown,
    /// It begins as that format, but does not go on so.
    Damaged { format: &'static str, reason: String },
    /// The system could not read it.
    System(io::Error),
}

/// A file whose playing time and format could not be read, and the tags that were found all the same.
#[derive(Debug)]
pub(super) struct Unread {
    pub failure: TagFailure,
    pub tags: Box<SongTags>,
}

/// Limits what the tag reader may allocate; its settings belong to the thread.
pub(super) fn prepare_thread() {
    apply_global_options(
        GlobalOptions::new()
            .use_custom_resolvers(false)
            .allocation_limit(MAX_ITEM_BYTES)
            .preserve_format_specific_items(false),
    );
}

/// Reads tags, playing time and format. The content decides, not the file's name.
pub(super) fn read(mut reader: impl Read + Seek) -> Result<Parsed, Unread> {
    let unread = |failure, tags| Unread { failure, tags: Box::new(tags) };
    let system = |error| unread(TagFailure::System(error), SongTags::default());
    let mut input = Input::new(&mut reader, MAX_READ_BYTES).map_err(system)?;
    let mut fields = Fields::default();
    let found = walk::read(&mut input, &mut fields);
    if let Some(error) = input.error {
        return Err(system(error));
    }
    let exhausted = input.exhausted;
    let tags = fields.song();
    let remark = exhausted
        .then_some("Its tags are larger than 64 MB and were not read to their end; the song itself can be used.");
    let parsed = |format, duration_secs| {
        let tags = tags.clone();
        Ok(Parsed { tags, duration_secs, format, decoder: Decoder::None, remark })
    };
    match found.container {
        Container::Wma(secs) => return parsed("WMA", secs),
        Container::Dsf(secs) => return parsed("DSD", secs),
        Container::Tta(secs) => return parsed("True Audio", secs),
        // Lofty does not know these; it would look for MPEG frames inside them.
        Container::CutOff(format) => {
            let reason = "its header is not all there".to_owned();
            return Err(unread(TagFailure::Damaged { format, reason }, tags));
        }
        Container::Foreign => return Err(unread(TagFailure::Unknown, tags)),
        Container::Known => {}
    }
    let part = Part::new(&mut reader, found.start, found.end, MAX_READ_BYTES);
    let properties = part.map_err(TagFailure::System).and_then(|mut part| properties(&mut part));
    match properties {
        Ok(properties) => Ok(Parsed { tags, remark, ..properties }),
        Err(failure) => Err(unread(failure, tags)),
    }
}

/// The front cover in a file, else its first picture; pictures above `max_bytes` are passed over.
pub(super) fn picture(mut reader: impl Read + Seek, max_bytes: usize) -> Option<Vec<u8>> {
    let mut input = Input::new(&mut reader, MAX_READ_BYTES + 4 * max_bytes as u64).ok()?;
    let mut fields = Fields::with_picture(max_bytes);
    walk::read(&mut input, &mut fields);
    fields.into_picture()
}

/// What the tags say about loudness; `None` when they cannot be read.
pub(super) fn loudness(mut reader: impl Read + Seek) -> Option<LoudnessTags> {
    let fields = fields_of(&mut reader)?;
    let first = |key, parse: fn(&str) -> Option<f32>| fields.first(key).and_then(parse);
    Some(LoudnessTags {
        track_gain_db: first(Key::TrackGain, gain).or_else(|| first(Key::R128TrackGain, r128_gain)),
        track_peak: first(Key::TrackPeak, peak),
        album_gain_db: first(Key::AlbumGain, gain).or_else(|| first(Key::R128AlbumGain, r128_gain)),
        album_peak: first(Key::AlbumPeak, peak),
    })
}

/// The artist that a file's tags name; `None` when they name none or cannot be read.
pub fn artist(path: &Path) -> Option<String> {
    clean(&fields_of(&mut BufReader::new(File::open(path).ok()?))?.song().artist?)
}

fn fields_of(reader: &mut (impl Read + Seek)) -> Option<Fields> {
    let mut input = Input::new(reader, MAX_READ_BYTES).ok()?;
    let mut fields = Fields::default();
    walk::read(&mut input, &mut fields);
    Some(fields)
}

/// Playing time and format of a file, or of the part of it that has no tags around it.
fn properties(reader: &mut (impl Read + Seek)) -> Result<Parsed, TagFailure> {
    let options = ParseOptions::new().read_cover_art(false).read_tags(false);
    let probe = Probe::new(reader).options(options).guess_file_type().map_err(TagFailure::System)?;
    let file_type = probe.file_type().ok_or(TagFailure::Unknown)?;
    let damaged =
        |error: FileParseError| TagFailure::Damaged { format: format_name(file_type), reason: reason(&error) };
    let (file, format, decoder) = if file_type == FileType::Mp4 {
        // The container says little: what counts is the codec in it.
        let file = Mp4File::read_from(&mut probe.into_inner(), options).map_err(damaged)?;
        let (format, decoder) = match file.properties().codec() {
            Some(Mp4Codec::AAC) => ("AAC", Decoder::Known),
            Some(Mp4Codec::ALAC) => ("ALAC", Decoder::Known),
            _ => ("MP4", Decoder::Ask),
        };
        (TaggedFile::from(file), format, decoder)
    } else {
        let file = probe.read().map_err(damaged)?;
        (file, format_name(file_type), decoder_of(file_type))
    };
    let duration_secs = Some(file.properties().duration().as_secs_f64()).filter(|secs| *secs > 0.0);
    Ok(Parsed { tags: SongTags::default(), duration_secs, format, decoder, remark: None })
}

/// The deepest cause, which is the one that says something.
fn reason(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    clean(&deepest.to_string()).unwrap_or_default().trim_end_matches('.').to_owned()
}

fn format_name(file_type: FileType) -> &'static str {
    match file_type {
        FileType::Aac => "AAC",
        FileType::Aiff => "AIFF",
        FileType::Ape => "Monkey's Audio",
        FileType::Flac => "FLAC",
        FileType::Mpeg => "MP3",
        FileType::Mp4 => "MP4",
        FileType::Mpc => "Musepack",
        FileType::Opus => "Opus",
        FileType::Vorbis => "Ogg Vorbis",
        FileType::Speex => "Speex",
        FileType::Wav => "WAV",
        FileType::WavPack => "WavPack",
        _ => "audio",
    }
}

fn decoder_of(file_type: FileType) -> Decoder {
    match file_type {
        FileType::Aac | FileType::Flac | FileType::Mpeg | FileType::Opus | FileType::Vorbis => Decoder::Known,
        // These carry many codecs, or the decoder may learn them one day.
        _ => Decoder::Ask,
    }
}

impl SongTags {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self { note: self.note.clone(), ..Self::default() }
    }
}
