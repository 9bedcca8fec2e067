//! What the library knows, as plain data.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::base::{PlaylistId, TrackId};

use super::name::Name;
use super::text::fold;

/// A song file and all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Stable for the life of the library, also when the file moves.
    pub id: TrackId,
    /// Absolute path of the file.
    pub path: PathBuf,
    /// Title from the tags, else the file's name without its ending.
    pub title: String,
    /// Artist from the tags, else empty.
    pub artist: Name,
    /// Album from the tags, else empty.
    pub album: Name,
    /// Position on the album from the tags.
    pub track_number: Option<u32>,
    /// Year of release from the tags.
    pub year: Option<i32>,
    /// Genre from the tags, as it stands there.
    pub tag_genre: Option<Name>,
    /// Playing time; 0 when unknown.
    pub duration_secs: f64,
    /// The container or codec, for example `FLAC`.
    pub format: Name,
    /// The sound can be decoded (false: tags only, for example WMA).
    pub playable: bool,
    /// The file was not there at the last scan (drive away, deleted).
    pub missing: bool,
    /// When the library first saw it, Unix seconds.
    pub added_at: i64,
    /// What else the tags say; `None`: nothing.
    pub more: Option<Box<AlbumFields>>,
    /// What the file says, by field, where something else is shown: repaired texts, and texts with characters that cannot
    /// be shown.
    pub in_file: Option<Box<BTreeMap<TextField, String>>>,
    /// The genre a person chose.
    pub user_genre: Option<UserGenre>,
    /// What a network heard.
    pub prediction: Option<Arc<Prediction>>,
}

/// What tags say besides title, artist and album. Few songs have much of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumFields {
    /// Who the album is by.
    pub album_artist: Option<Box<str>>,
    /// All artists one by one, if there is more than one.
    pub artists: Vec<String>,
    /// All genres, if there is more than one.
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
    pub composer: Option<Box<str>>,
    /// Comment.
    pub comment: Option<Box<str>>,
    /// The title as it is sorted.
    pub title_sort: Option<Box<str>>,
    /// The artist as it is sorted.
    pub artist_sort: Option<Box<str>>,
    /// The album as it is sorted.
    pub album_sort: Option<Box<str>>,
    /// The album's artist as it is sorted.
    pub album_artist_sort: Option<Box<str>>,
    /// Beats a minute, 1 to 1000.
    pub bpm: Option<u32>,
    /// Musical key, as it stands there.
    pub key: Option<Box<str>>,
    /// 0 to 100.
    pub rating: Option<u8>,
    /// MusicBrainz' identifier of the recording.
    pub musicbrainz_recording: Option<Box<str>>,
    /// MusicBrainz' identifier of the release.
    pub musicbrainz_release: Option<Box<str>>,
    /// MusicBrainz' identifier of the first artist.
    pub musicbrainz_artist: Option<Box<str>>,
    /// A sentence on tag items that could not be read.
    pub note: Option<Box<str>>,
}

/// The texts of a song that can be in a wrong encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextField {
    /// Title.
    Title,
    /// Artist.
    Artist,
    /// Album.
    Album,
    /// Who the album is by.
    AlbumArtist,
    /// Composers.
    Composer,
    /// Genre.
    Genre,
    /// Comment.
    Comment,
    /// All artists, one a line.
    Artists,
    /// All genres, one a line.
    Genres,
    /// The title as it is sorted.
    TitleSort,
    /// The artist as it is sorted.
    ArtistSort,
    /// The album as it is sorted.
    AlbumSort,
    /// The album's artist as it is sorted.
    AlbumArtistSort,
}

impl TextField {
    /// All of them; those that people look at come first.
    pub const ALL: [Self; 13] = [
        Self::Title,
        Self::Artist,
        Self::Album,
        Self::AlbumArtist,
        Self::Composer,
        Self::Genre,
        Self::Comment,
        Self::Artists,
        Self::Genres,
        Self::TitleSort,
        Self::ArtistSort,
        Self::AlbumSort,
        Self::AlbumArtistSort,
    ];

    /// Its name in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::AlbumArtist => "album_artist",
            Self::Composer => "composer",
            Self::Genre => "genre",
            Self::Comment => "comment",
            Self::Artists => "artists",
            Self::Genres => "genres",
            Self::TitleSort => "title_sort",
            Self::ArtistSort => "artist_sort",
            Self::AlbumSort => "album_sort",
            Self::AlbumArtistSort => "album_artist_sort",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "Title",
            Self::Artist => "Artist",
            Self::Album => "Album",
            Self::AlbumArtist => "Album artist",
            Self::Composer => "Composer",
            Self::Genre => "Genre",
            Self::Comment => "Comment",
            Self::Artists => "Artists",
            Self::Genres => "Genres",
            Self::TitleSort => "Title for sorting",
            Self::ArtistSort => "Artist for sorting",
            Self::AlbumSort => "Album for sorting",
            Self::AlbumArtistSort => "Album artist for sorting",
        }
    }

    /// Its column in the table of songs.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Genre => "tag_genre",
            Self::Genres => "tag_genres",
            field => field.key(),
        }
    }
}

/// A genre set by hand; wins over everything and is kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGenre {
    /// The genre's name.
    pub genre: String,
    /// When it was set, Unix seconds.
    pub set_at: i64,
}

/// What one network heard in one song.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name of the model file.
    pub model_name: Name,
    /// Hash of everything that decides the result (weights, front end, window plan).
    pub model_hash: Name,
    /// Calibrated probabilities, best first; they add up to 1.
    pub top: Vec<GenreProbability>,
    /// The strongest tags (mood, instrument, era), strongest first; each 0..1 on its own.
    pub tags: Vec<TagScore>,
    /// Seconds of sound the network listened to.
    pub heard_secs: f64,
    /// A remark for the reader, for example that the song is shorter than one window.
    pub note: Option<String>,
    /// When it was decided, Unix seconds.
    pub decided_at: i64,
}

/// A genre and how probable the network thinks it is, 0..1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GenreProbability {
    /// The genre's name.
    pub genre: Name,
    /// Calibrated probability, 0..1.
    pub probability: f32,
}

/// A tag and how strongly it is heard, 0..1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TagScore {
    /// The tag's name.
    pub tag: Name,
    /// Sigmoid output averaged over the windows, 0..1.
    pub score: f32,
}

impl Track {
    /// What the tags say besides title, artist and album; blank when they say nothing.
    pub fn album_fields(&self) -> &AlbumFields {
        static NOTHING: std::sync::LazyLock<AlbumFields> = std::sync::LazyLock::new(AlbumFields::default);
        self.more.as_deref().unwrap_or(&NOTHING)
    }

    /// Who the album is by, else the song's artist; may be empty.
    pub fn album_artist(&self) -> &str {
        self.album_fields().album_artist.as_deref().unwrap_or(&self.artist)
    }

    /// All genres in the tags.
    pub fn tag_genres(&self) -> Vec<&str> {
        match &self.album_fields().genres[..] {
            [] => self.tag_genre.as_deref().into_iter().collect(),
            genres => genres.iter().map(String::as_str).collect(),
        }
    }

    /// All artists in the tags.
    pub fn artists(&self) -> Vec<&str> {
        match &self.album_fields().artists[..] {
            [] => Some(self.artist.as_str()).filter(|artist| !artist.is_empty()).into_iter().collect(),
            artists => artists.iter().map(String::as_str).collect(),
        }
    }

    /// A text as it is shown; `None` where there is none. Lists have one value a line.
    pub fn text(&self, field: TextField) -> Option<Cow<'_, str>> {
        let more = self.more.as_deref();
        let list = |values: &[String]| Some(Cow::Owned(values.join("\n")));
        let text = match field {
            TextField::Title => Some(Cow::Borrowed(self.title.as_str())),
            TextField::Artist => Some(Cow::Borrowed(self.artist.as_str())),
            TextField::Album => Some(Cow::Borrowed(self.album.as_str())),
            TextField::Genre => self.tag_genre.as_deref().map(Cow::Borrowed),
            TextField::AlbumArtist => more?.album_artist.as_deref().map(Cow::Borrowed),
            TextField::Composer => more?.composer.as_deref().map(Cow::Borrowed),
            TextField::Comment => more?.comment.as_deref().map(Cow::Borrowed),
            TextField::Artists => list(&more?.artists),
            TextField::Genres => list(&more?.genres),
            TextField::TitleSort => more?.title_sort.as_deref().map(Cow::Borrowed),
            TextField::ArtistSort => more?.artist_sort.as_deref().map(Cow::Borrowed),
            TextField::AlbumSort => more?.album_sort.as_deref().map(Cow::Borrowed),
            TextField::AlbumArtistSort => more?.album_artist_sort.as_deref().map(Cow::Borrowed),
        };
        text.filter(|text| !text.is_empty())
    }

    /// A text as it stands in the file; `None` where there is none.
    pub fn text_in_file(&self, field: TextField) -> Option<Cow<'_, str>> {
        let kept = self.in_file.as_deref().and_then(|texts| texts.get(&field));
        kept.map(|text| Cow::Borrowed(text.as_str())).or_else(|| self.text(field))
    }

    /// Whether a text is shown otherwise than it stands in the file, not only without characters that cannot be shown.
    pub fn is_repaired(&self, field: TextField) -> bool {
        let letters =
            |text: &str| -> String { text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect() };
        let in_file = self.in_file.as_deref().and_then(|texts| texts.get(&field));
        in_file.is_some_and(|in_file| self.text(field).is_none_or(|text| letters(&text) != letters(in_file)))
    }

    /// Shows another text, and answers with the one before.
    pub(super) fn replace_text(&mut self, field: TextField, text: String) -> String {
        fn put(place: &mut Option<Box<str>>, text: String) -> String {
            place.replace(text.into_boxed_str()).map(String::from).unwrap_or_default()
        }
        fn lines(place: &mut Vec<String>, text: &str) -> String {
            std::mem::replace(place, text.lines().map(str::to_owned).collect()).join("\n")
        }
        match field {
            TextField::Title => return std::mem::replace(&mut self.title, text),
            TextField::Artist => return std::mem::replace(&mut self.artist, text.into()).into(),
            TextField::Album => return std::mem::replace(&mut self.album, text.into()).into(),
            TextField::Genre => return self.tag_genre.replace(text.into()).unwrap_or_default().into(),
            _ => {}
        }
        let more = self.more.get_or_insert_default();
        match field {
            TextField::Composer => put(&mut more.composer, text),
            TextField::Comment => put(&mut more.comment, text),
            TextField::Artists => lines(&mut more.artists, &text),
            TextField::Genres => lines(&mut more.genres, &text),
            TextField::TitleSort => put(&mut more.title_sort, text),
            TextField::ArtistSort => put(&mut more.artist_sort, text),
            TextField::AlbumSort => put(&mut more.album_sort, text),
            TextField::AlbumArtistSort => put(&mut more.album_artist_sort, text),
            _ => put(&mut more.album_artist, text),
        }
    }

    /// The network's best probability, 0..1; `None` before classification.
    pub fn confidence(&self) -> Option<f32> {
        Some(self.prediction.as_ref()?.top.first()?.probability)
    }

    /// The name of the file, for people.
    pub fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Whether two spellings name the same genre: letters and digits only, without case and accents (`Hip-Hop` is `hiphop`).
pub fn same_genre(a: &str, b: &str) -> bool {
    if !a.is_ascii() || !b.is_ascii() {
        let letters = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        return letters(a) == letters(b);
    }
    // Compared in place: it runs for every song and genre.
    fn letters(text: &str) -> impl Iterator<Item = char> {
        text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

/// Something about a file that kept Timbre from using it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as far as its name can be shown.
    pub path: PathBuf,
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// One sentence: what is wrong and what can be done.
    pub message: String,
    /// When it was seen, Unix seconds.
    #[serde(serialize_with = "crate::base::time::serialize_utc")]
    pub seen_at: i64,
}

/// The kinds of trouble a file can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// No bytes in it.
    Empty,
    /// Its content is no audio that Timbre knows.
    NotAudio,
    /// Audio, but damaged or cut off.
    Damaged,
    /// The system does not let Timbre read it.
    Permission,
    /// Its name cannot be represented as text.
    Name,
    /// It went away while it was read.
    Vanished,
    /// A folder or link that cannot be followed.
    Folder,
    /// It can be listed but not decoded (for example WMA).
    Unsupported,
    /// It looks like a song whose file is gone.
    LooksLike,
    /// Anything else, as the system said it.
    Other,
}

/// A playlist that a person made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playlist {
    /// Its identifier.
    pub id: PlaylistId,
    /// Its name.
    pub name: String,
    /// Its songs in order; a song may stand in it twice.
    pub tracks: Vec<TrackId>,
}

/// What a person gave a number of songs; what would go with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Songs.
    pub songs: usize,
    /// Genres set by hand.
    pub genres: usize,
    /// Playlists in which the songs stand.
    pub playlists: usize,
}

/// A new song with the title, artist and length of one whose file is gone or was replaced: the same song in another
/// encoding, perhaps. A person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookalike {
    /// The new song.
    pub track: TrackId,
    /// The song whose file is gone.
    pub former: TrackId,
    /// The former song's title.
    pub title: String,
    /// The former song's artist.
    pub artist: String,
    /// The genre that a person gave the former song.
    pub genre: Option<String>,
    /// Playlists in which the former song stands.
    pub playlists: usize,
    /// When it was seen, Unix seconds.
    pub seen_at: i64,
}

/// The whole library at one moment. Cheap to clone and to share between threads.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Grows with every change.
    pub revision: u64,
    /// The folders that are scanned.
    pub roots: Vec<PathBuf>,
    /// All songs, ordered by path.
    pub tracks: Arc<Vec<Track>>,
    /// Manual playlists, ordered by name.
    pub playlists: Arc<Vec<Playlist>>,
    /// Files that could not be used, ordered by path.
    pub problems: Arc<Vec<Problem>>,
    /// New songs that may be one whose file is gone.
    pub lookalikes: Arc<Vec<Lookalike>>,
    /// Songs of folders that were taken out of the library, which are kept and come back with their folder.
    pub hidden: Loss,
    /// What an undo takes back: "deleted playlist ‘Train’".
    pub undo: Option<String>,
    /// What a redo makes again.
    pub redo: Option<String>,
}

impl Snapshot {
    /// The song of that path; one that is there before one that is gone.
    pub fn track_by_path(&self, path: &Path) -> Option<&Track> {
        let first = self.tracks.partition_point(|track| track.path.as_path() < path);
        self.tracks.get(first).filter(|track| track.path == path)
    }
}

#[cfg(test)]
impl Track {
    /// A song for tests; `best` is what a classifier says first about it.
    pub(crate) fn example(id: i64, best: Option<(&str, f32)>) -> Track {
        Self {
            id: TrackId(id),
            path: format!("/m/{id:06}.ogg").into(),
            title: format!("Song {id}"),
            artist: "".into(),
            album: "".into(),
            track_number: None,
            year: None,
            tag_genre: None,
            duration_secs: 60.0,
            format: "Ogg".into(),
            playable: true,
            missing: false,
            added_at: 0,
            more: None,
            in_file: None,
            user_genre: None,
            prediction: best.map(|(genre, probability)| {
                let rest = (1.0 - probability) / 2.0;
                let mut top = vec![GenreProbability { genre: genre.into(), probability }];
                top.extend(
                    ["rock", "pop"]
                        .iter()
                        .filter(|g| **g != genre)
                        .map(|other| GenreProbability { genre: (*other).into(), probability: rest }),
                );
                Arc::new(Prediction {
                    model_name: "m".into(),
                    model_hash: "h".into(),
                    top,
                    tags: Vec::new(),
                    heard_secs: 30.0,
                    note: None,
                    decided_at: 0,
                })
            }),
        }
    }
}
