//! What the readers of all kinds of tags fill: values by field, a picture, and what could not be read.

use super::SongTags;
use super::texts::{clean, genres, is_yes, number_and_total, number_of, whole, year};

/// Values of one field that are kept; more is not a tag but a flood.
const MAX_VALUES: usize = 64;
/// Names of bad items that a note gives.
const MAX_NAMED: usize = 3;
/// What all compressed items of a file that are no pictures may unpack to, in bytes.
const MAX_UNPACKED_BYTES: usize = 4 * 1024 * 1024;

/// A field of a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Title,
    Artist,
    /// All artists one by one, beside a line that credits them.
    Artists,
    Album,
    AlbumArtist,
    Disc,
    DiscTotal,
    Track,
    TrackTotal,
    Compilation,
    Date,
    ReleaseDate,
    OriginalDate,
    Composer,
    Genre,
    TitleSort,
    ArtistSort,
    AlbumSort,
    AlbumArtistSort,
    Comment,
    Bpm,
    Tonality,
    /// 0 to 100.
    Rating,
    MusicbrainzRecording,
    MusicbrainzRelease,
    MusicbrainzArtist,
    TrackGain,
    TrackPeak,
    AlbumGain,
    AlbumPeak,
    R128TrackGain,
    R128AlbumGain,
}

const KEYS: usize = Key::R128AlbumGain as usize + 1;

impl Key {
    /// The field for a name as Vorbis comments, APE tags, Matroska, MP4 and ID3's user texts use them: case, blanks and
    /// underscores do not count.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut plain = [0_u8; 32];
        let mut length = 0;
        for byte in name.bytes().filter(|byte| !matches!(byte, b' ' | b'_' | b'-' | b'/')) {
            *plain.get_mut(length)? = byte.to_ascii_lowercase();
            length += 1;
        }
        Some(match &plain[..length] {
            b"title" | b"name" | b"wmtitle" => Self::Title,
            b"artist" | b"author" | b"wmauthor" => Self::Artist,
            b"artists" | b"wmartists" => Self::Artists,
            b"album" | b"wmalbumtitle" => Self::Album,
            b"albumartist" | b"wmalbumartist" => Self::AlbumArtist,
            b"disc" | b"discnumber" | b"disk" | b"disknumber" | b"wmpartofset" => Self::Disc,
            b"disctotal" | b"totaldiscs" | b"discs" | b"disktotal" | b"totaldisks" | b"discc" => Self::DiscTotal,
            b"track" | b"tracknumber" | b"wmtracknumber" => Self::Track,
            b"tracktotal" | b"totaltracks" | b"tracks" | b"trackc" => Self::TrackTotal,
            b"compilation" | b"itunescompilation" | b"wmiscompilation" | b"cpil" | b"tcmp" => Self::Compilation,
            b"date" | b"year" | b"wmyear" | b"daterecorded" | b"recordingdate" => Self::Date,
            b"releasedate" | b"datereleased" | b"releaseyear" => Self::ReleaseDate,
            b"originaldate"
            | b"originalyear"
            | b"originalreleasedate"
            | b"originalreleaseyear"
            | b"wmoriginalreleasetime"
            | b"wmoriginalreleaseyear"
            | b"origdate" => Self::OriginalDate,
            b"composer" | b"wmcomposer" => Self::Composer,
            b"genre" | b"wmgenre" => Self::Genre,
            b"titlesort" | b"titlesortorder" | b"wmtitlesortorder" => Self::TitleSort,
            b"artistsort" | b"artistsortorder" | b"wmartistsortorder" => Self::ArtistSort,
            b"albumsort" | b"albumsortorder" | b"wmalbumsortorder" => Self::AlbumSort,
            b"albumartistsort" | b"albumartistsortorder" | b"wmalbumartistsortorder" => Self::AlbumArtistSort,
            b"comment" | b"description" | b"comments" => Self::Comment,
            b"bpm" | b"tempo" | b"wmbeatsperminute" => Self::Bpm,
            b"key" | b"initialkey" | b"wminitialkey" => Self::Tonality,
            b"rating" | b"fmpsrating" => Self::Rating,
            b"musicbrainztrackid" | b"musicbrainzrecordingid" => Self::MusicbrainzRecording,
            b"musicbrainzalbumid" | b"musicbrainzreleaseid" => Self::MusicbrainzRelease,
            b"musicbrainzartistid" => Self::MusicbrainzArtist,
            b"replaygaintrackgain" => Self::TrackGain,
            b"replaygaintrackpeak" => Self::TrackPeak,
            b"replaygainalbumgain" => Self::AlbumGain,
            b"replaygainalbumpeak" => Self::AlbumPeak,
            b"r128trackgain" => Self::R128TrackGain,
            b"r128albumgain" => Self::R128AlbumGain,
            _ => return None,
        })
    }

    /// Whether a song may have several of it.
    fn has_several(self) -> bool {
        matches!(self, Self::Artist | Self::Artists | Self::Genre | Self::Composer | Self::MusicbrainzArtist)
    }
}

/// A picture that is looked for.
#[derive(Debug, Default)]
pub(super) struct Picture {
    /// Larger ones are passed over, in bytes.
    pub max_bytes: usize,
    /// The best one so far, and whether it is a front cover.
    best: Option<(bool, Vec<u8>)>,
}

/// All that was read of one file.
#[derive(Debug)]
pub(super) struct Fields {
    values: [Vec<String>; KEYS],
    /// Fields below this mark were filled by a better tag of the file.
    filled: [bool; KEYS],
    /// Bad items: how many, and the names of the first.
    bad: usize,
    named: Vec<String>,
    picture: Option<Picture>,
    /// Bytes to which compressed texts may still unpack.
    pub unpack_left: usize,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            values: [const { Vec::new() }; KEYS],
            filled: [false; KEYS],
            bad: 0,
            named: Vec::new(),
            picture: None,
            unpack_left: MAX_UNPACKED_BYTES,
        }
    }
}

impl Fields {
    /// Looks for a picture, too.
    pub fn with_picture(max_bytes: usize) -> Self {
        Self { picture: Some(Picture { max_bytes, best: None }), ..Self::default() }
    }

    /// Another tag of the same file begins: what the tags before it say is not changed by it.
    pub fn next_tag(&mut self) {
        for (filled, values) in self.filled.iter_mut().zip(&self.values) {
            *filled = !values.is_empty();
        }
    }

    /// Whether another value of this field would be used.
    pub fn wants(&self, key: Key) -> bool {
        let index = key as usize;
        let limit = if key.has_several() { MAX_VALUES } else { 1 };
        !self.filled[index] && self.values[index].len() < limit
    }

    /// Adds a value; of a field that has one value, the first counts.
    pub fn add(&mut self, key: Key, text: &str) {
        if !self.wants(key) {
            return;
        }
        let Some(text) = whole(text) else { return };
        match key {
            Key::Genre => genres(&text).into_iter().for_each(|genre| self.push(key, genre)),
            // An unusable number or date does not hide a good one.
            Key::Track | Key::Disc => {
                let total = if key == Key::Track { Key::TrackTotal } else { Key::DiscTotal };
                let (number, of) = number_and_total(&text);
                if let Some(number) = number {
                    self.push(key, number.to_string());
                }
                if let Some(of) = of.filter(|_| self.wants(total)) {
                    self.push(total, of.to_string());
                }
            }
            Key::Date | Key::ReleaseDate | Key::OriginalDate if year(&text).is_none() => {}
            _ => self.push(key, text),
        }
    }

    /// Adds values that are separated by zeros.
    pub fn add_all(&mut self, key: Key, texts: &str) {
        for text in texts.split('\0').take(4 * MAX_VALUES) {
            if !self.wants(key) {
                return;
            }
            self.add(key, text);
        }
    }

    fn push(&mut self, key: Key, text: String) {
        let values = &mut self.values[key as usize];
        if values.len() < MAX_VALUES && !values.contains(&text) {
            values.push(text);
        }
    }

    /// An item that cannot be read.
    pub fn bad(&mut self, name: &str) {
        self.bad += 1;
        if self.named.len() < MAX_NAMED
            && let Some(name) = clean(name)
        {
            let name: String = name.chars().take(40).collect();
            if !self.named.contains(&name) {
                self.named.push(name);
            }
        }
    }

    /// Bytes that a picture may take if another one would be used; `None`: pictures are passed over unread.
    pub fn picture_limit(&self, is_front: bool) -> Option<usize> {
        let picture = self.picture.as_ref()?;
        let is_better = picture.best.as_ref().is_none_or(|(front, _)| is_front && !front);
        is_better.then_some(picture.max_bytes)
    }

    /// Adds a picture; the first front cover counts, else the first picture.
    pub fn add_picture(&mut self, is_front: bool, bytes: &[u8]) {
        let fits = self.picture_limit(is_front).is_some_and(|limit| (1..=limit).contains(&bytes.len()));
        if fits && let Some(picture) = &mut self.picture {
            picture.best = Some((is_front, bytes.to_vec()));
        }
    }

    /// The picture that was found.
    pub fn into_picture(self) -> Option<Vec<u8>> {
        Some(self.picture?.best?.1)
    }

    /// The first value of a field.
    pub fn first(&self, key: Key) -> Option<&str> {
        self.values[key as usize].first().map(String::as_str)
    }

    /// A remark on what could not be read.
    fn note(&self) -> Option<String> {
        let names = self.named.join(", ");
        match self.bad {
            0 => None,
            1 => Some(format!("One tag item ({names}) could not be read.")),
            count if self.named.len() < count.min(MAX_NAMED + 1) => {
                Some(format!("{count} tag items ({names} …) could not be read."))
            }
            count => Some(format!("{count} tag items ({names}) could not be read.")),
        }
    }

    /// The song's tags.
    pub fn song(&self) -> SongTags {
        let all = |key: Key| self.values[key as usize].clone();
        let text = |key: Key| self.first(key).map(str::to_owned);
        let joined = |key: Key| Some(self.values[key as usize].join(", ")).filter(|text| !text.is_empty());
        let number = |key: Key| self.first(key).and_then(number_of);
        let date = |key: Key| self.first(key).and_then(year);
        let artists = if self.first(Key::Artists).is_some() { all(Key::Artists) } else { all(Key::Artist) };
        let genres = all(Key::Genre);
        SongTags {
            title: text(Key::Title),
            artist: joined(Key::Artist).or_else(|| joined(Key::Artists)).or_else(|| text(Key::AlbumArtist)),
            album: text(Key::Album),
            genre: genres.first().cloned(),
            track_number: number(Key::Track),
            year: date(Key::Date).or_else(|| date(Key::ReleaseDate)).or_else(|| date(Key::OriginalDate)),
            album_artist: text(Key::AlbumArtist),
            artists,
            genres,
            disc: number(Key::Disc),
            disc_total: number(Key::DiscTotal),
            track_total: number(Key::TrackTotal),
            compilation: self.first(Key::Compilation).is_some_and(is_yes),
            original_year: date(Key::OriginalDate),
            composer: joined(Key::Composer),
            title_sort: text(Key::TitleSort),
            artist_sort: text(Key::ArtistSort),
            album_sort: text(Key::AlbumSort),
            album_artist_sort: text(Key::AlbumArtistSort),
            comment: text(Key::Comment),
            bpm: self.first(Key::Bpm).and_then(bpm),
            key: text(Key::Tonality),
            rating: self.first(Key::Rating).and_then(rating),
            musicbrainz_recording: text(Key::MusicbrainzRecording),
            musicbrainz_release: text(Key::MusicbrainzRelease),
            musicbrainz_artist: text(Key::MusicbrainzArtist),
            note: self.note(),
        }
    }
}

/// Beats a minute, rounded; nothing else is music.
fn bpm(text: &str) -> Option<u32> {
    let bpm: f64 = text.trim().replace(',', ".").parse().ok()?;
    (1.0..1000.0).contains(&bpm).then(|| bpm.round() as u32)
}

/// 0 to 100; a number up to 1 with a point is a part of 1 (FMPS), up to 5 are stars.
fn rating(text: &str) -> Option<u8> {
    let text = text.trim();
    let value: f64 = text.parse().ok()?;
    let value = match value {
        _ if text.contains('.') && (0.0..=1.0).contains(&value) => value * 100.0,
        value if (0.0..=5.0).contains(&value) => value * 20.0,
        value => value,
    };
    (0.0..=100.0).contains(&value).then(|| value.round() as u8)
}
