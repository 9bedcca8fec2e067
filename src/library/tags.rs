//! Tags, playing time and format of a song file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use lofty::config::{GlobalOptions, ParseOptions, apply_global_options};
use lofty::error::FileParseError;
use lofty::file::{AudioFile as _, FileType, TaggedFile, TaggedFileExt as _};
use lofty::mp4::{Mp4Codec, Mp4File};
use lofty::picture::PictureType;
use lofty::probe::Probe;
use lofty::tag::{Accessor as _, ItemKey, Tag};

use super::asf;
use super::loudness::{LoudnessTags, gain, peak, r128_gain};

/// The most that is read of one file for its tags and playing time. Larger tags are skipped.
const MAX_READ_BYTES: u64 = 24 * 1024 * 1024;
/// The most that one item of a tag may take.
const MAX_ITEM_BYTES: usize = 4 * 1024 * 1024;
/// Texts are cut after this many characters; no title is longer, but hostile files are.
const MAX_TEXT_CHARS: usize = 500;

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
    /// Position on the album.
    pub track_number: Option<u32>,
    /// Year of release.
    pub year: Option<i32>,
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

/// Why a file's tags could not be read.
#[derive(Debug)]
pub(super) enum TagFailure {
    /// The content is of no kind that is known here.
    Unknown,
    /// It begins as that format, but does not go on so.
    Damaged { format: &'static str, reason: String },
    /// The system could not read it.
    System(io::Error),
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
pub(super) fn read(reader: impl Read + Seek) -> Result<Parsed, TagFailure> {
    let mut reader = Budget { inner: reader, left: MAX_READ_BYTES, exceeded: false };
    let mut magic = [0; 40];
    let length = read_up_to(&mut reader, &mut magic).map_err(TagFailure::System)?;
    let magic = &magic[..length];
    reader.rewind().map_err(TagFailure::System)?;
    if magic.starts_with(&asf::MAGIC) {
        return asf::read(&mut reader);
    }
    // Containers that the tag reader does not know; it would look for MPEG frames inside them.
    let foreign =
        [&b".snd"[..], b"caff", b"\x1A\x45\xDF\xA3", b"OggS", b"RIFF", b"FORM", b"RF64", b"PK\x03\x04", b"%PDF"];
    if foreign.iter().any(|start| magic.starts_with(start)) && FileType::from_buffer(magic).is_none() {
        return Err(TagFailure::Unknown);
    }
    match parse(&mut reader, ParseOptions::new().read_cover_art(false)) {
        Ok(parsed) if !reader.exceeded => Ok(parsed),
        Err(failure) if !reader.exceeded => Err(failure),
        _ => {
            reader.left = MAX_READ_BYTES;
            reader.exceeded = false;
            reader.rewind().map_err(TagFailure::System)?;
            let parsed = parse(&mut reader, ParseOptions::new().read_cover_art(false).read_tags(false))?;
            Ok(Parsed {
                remark: Some("Its tags are larger than 24 MB and were not read; the song itself can be used."),
                ..parsed
            })
        }
    }
}

/// The front cover in a file, else its first picture; pictures above `max_bytes` are passed over.
pub(super) fn picture(reader: impl Read + Seek, max_bytes: usize) -> Option<Vec<u8>> {
    apply_global_options(GlobalOptions::new().use_custom_resolvers(false).allocation_limit(max_bytes));
    let reader = Budget { inner: reader, left: 4 * max_bytes as u64, exceeded: false };
    let options = ParseOptions::new().read_properties(false);
    let file = Probe::new(reader).options(options).guess_file_type().ok()?.read().ok()?;
    let pictures =
        || file.tags().iter().flat_map(Tag::pictures).filter(|picture| (1..=max_bytes).contains(&picture.data().len()));
    let front = pictures().find(|picture| picture.pic_type() == PictureType::CoverFront);
    front.or_else(|| pictures().next()).map(|picture| picture.data().to_vec())
}

/// What the tags say about loudness; `None` when they cannot be read.
pub(super) fn loudness(reader: impl Read + Seek) -> Option<LoudnessTags> {
    prepare_thread();
    let reader = Budget { inner: reader, left: MAX_READ_BYTES, exceeded: false };
    let options = ParseOptions::new().read_properties(false).read_cover_art(false);
    let file = Probe::new(reader).options(options).guess_file_type().ok()?.read().ok()?;
    let first =
        |key, parse: fn(&str) -> Option<f32>| file.tags().iter().flat_map(|tag| tag.get_strings(key)).find_map(parse);
    Some(LoudnessTags {
        track_gain_db: first(ItemKey::ReplayGainTrackGain, gain).or_else(|| first(ItemKey::R128TrackGain, r128_gain)),
        track_peak: first(ItemKey::ReplayGainTrackPeak, peak),
        album_gain_db: first(ItemKey::ReplayGainAlbumGain, gain).or_else(|| first(ItemKey::R128AlbumGain, r128_gain)),
        album_peak: first(ItemKey::ReplayGainAlbumPeak, peak),
    })
}

/// The artist that a file's tags name; `None` when they name none or cannot be read.
pub fn artist(path: &Path) -> Option<String> {
    prepare_thread();
    let reader = Budget { inner: BufReader::new(File::open(path).ok()?), left: MAX_READ_BYTES, exceeded: false };
    let options = ParseOptions::new().read_properties(false).read_cover_art(false);
    let file = Probe::new(reader).options(options).guess_file_type().ok()?.read().ok()?;
    song_tags(&file).artist
}

/// Fills as much of `buffer` as there is to read.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn parse(reader: &mut (impl Read + Seek), options: ParseOptions) -> Result<Parsed, TagFailure> {
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
    Ok(Parsed { tags: song_tags(&file), duration_secs, format, decoder, remark: None })
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

/// The tags of a file: the format's own kind of tag first, what it lacks from the others.
fn song_tags(file: &TaggedFile) -> SongTags {
    let primary = file.primary_tag();
    let others = || file.tags().iter().filter(|tag| primary.is_none_or(|primary| !std::ptr::eq(primary, *tag)));
    let mut tags = SongTags::default();
    for tag in primary.into_iter().chain(others()) {
        tags.complete(tag);
    }
    tags
}

impl SongTags {
    /// Fills what is still unknown.
    fn complete(&mut self, tag: &Tag) {
        let first = |key| tag.get_strings(key).find_map(clean);
        self.title = self.title.take().or_else(|| first(ItemKey::TrackTitle));
        self.artist = self.artist.take().or_else(|| {
            let artists: Vec<String> = tag.get_strings(ItemKey::TrackArtist).filter_map(clean).collect();
            clean(&artists.join(", ")).or_else(|| first(ItemKey::AlbumArtist))
        });
        self.album = self.album.take().or_else(|| first(ItemKey::AlbumTitle));
        self.genre = self.genre.take().or_else(|| first(ItemKey::Genre));
        self.track_number = self.track_number.or_else(|| tag.track().filter(|number| *number > 0));
        self.year = self.year.or_else(|| {
            [ItemKey::RecordingDate, ItemKey::Year, ItemKey::OriginalReleaseDate, ItemKey::ReleaseDate]
                .into_iter()
                .find_map(|key| tag.get_string(key).and_then(year))
        });
    }
}

/// The year at the beginning of a date.
pub(super) fn year(date: &str) -> Option<i32> {
    let digits: String = date.trim().chars().take_while(char::is_ascii_digit).take(4).collect();
    (digits.len() == 4).then(|| digits.parse().ok()).flatten().filter(|year| *year > 0)
}

/// A tag's text on one line without blanks around it; `None` when nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT_CHARS).collect();
    let trimmed = line.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// A reader that gives up after a number of bytes, whatever a file says about its tags.
struct Budget<R> {
    inner: R,
    left: u64,
    exceeded: bool,
}

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            self.exceeded = true;
            return Err(io::Error::other("too much to read"));
        }
        let limit = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..limit])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Budget<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}
