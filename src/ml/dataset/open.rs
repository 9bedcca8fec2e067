//! Finds the clips in folders.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::media::Media;
use super::names::{self, Kind};
use super::{Broken, Clip, Dataset, Sources};
use crate::base::CancelToken;
use crate::base::read::{MOST_TEXT_BYTES, open_regular, read_text};
use crate::ml::dataset::split::{group_of, read_artists};
use crate::ml::error::MlError;

/// Folders inside a distributed data set that hold its clips; they are taken for the data set themselves.
const INNER: [&str; 4] = ["genres_original", "images_original", "genres", "audio"];
/// Folders below a genre's folder that are looked into (artist, album, disc and some more).
const DEPTH: usize = 8;

/// Folders that systems leave beside what people keep.
const LEFT_BY_SYSTEMS: [&str; 7] =
    ["__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information", "__pycache__"];

/// A song of a library, with the genre that its owner set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Its file.
    pub path: PathBuf,
    /// Its genre.
    pub genre: String,
    /// Its artist, if known.
    pub artist: Option<String>,
}

/// Clips by genre (lower case) and name (lower case), so that sound and pictures meet whatever the case of their folders.
#[derive(Default)]
struct Found {
    /// As it is spelt first.
    labels: BTreeMap<String, String>,
    clips: BTreeMap<(String, String), Clip>,
    broken: Vec<Broken>,
    /// Folders without clips.
    empty: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    Wavelets,
}

impl Dataset {
    /// Finds the clips of `sources`. Nothing is decoded yet; empty and unreadable files are left out and listed in
    /// [`Dataset::broken`].
    ///
    /// # Errors
    /// When a folder is not a data set, a list or the index cannot be read, the index names no clip, none is left, or `cancel` was
    /// set.
    pub fn open(sources: &Sources, media: &dyn Media, cancel: &CancelToken) -> Result<Self, MlError> {
        let artists = sources.index.as_deref().map(read_artists).transpose()?.unwrap_or_default();
        let artists: HashMap<String, String> =
            artists.into_iter().map(|(clip, artist)| (names::of_entry(&clip).to_lowercase(), artist)).collect();
        let mut wanted = HashSet::new();
        for list in &sources.lists {
            wanted.extend(read_names(list)?.into_iter().map(|name| name.to_lowercase()));
        }
        let mut found = Found::default();
        for folder in sources.folders.iter().flat_map(|folder| inner_folders(folder)) {
            found.add_folder(&folder, Role::Main, cancel)?;
        }
        if let Some(folder) = &sources.wavelets {
            found.add_folder(folder, Role::Wavelets, cancel)?;
        }
        // Of all clips: a list may leave only some that it does not name.
        let known = |(_, name): &(String, String)| artists.contains_key(name);
        let strange = !found.clips.is_empty() && !found.clips.keys().any(known);
        if let Some(file) = sources.index.as_ref().filter(|_| strange) {
            let reason = "no line `clip ::: artist` of it names one of them".to_owned();
            return Err(MlError::List { file: file.clone(), reason });
        }
        if !sources.lists.is_empty() {
            found.clips.retain(|(_, name), _| wanted.contains(name));
        }
        for song in &sources.songs {
            found.add_song(song);
        }
        if let Some(path) = &sources.tags {
            let tags = super::tag_file::read(path)?;
            found.clips.iter_mut().for_each(|((_, name), clip)| clip.tags = tags.get(name).cloned());
        }
        if found.clips.is_empty() {
            let folder = sources.folders.first().or(sources.wavelets.as_ref()).cloned().unwrap_or_default();
            let reason = if !sources.lists.is_empty() {
                "none of its clips is in the lists"
            } else if !sources.songs.is_empty() {
                "none of its songs is there and can be read"
            } else if sources.folders.is_empty() && sources.wavelets.is_none() {
                "no folder was named"
            } else {
                "all of its files are empty or cannot be read"
            };
            return Err(MlError::Dataset { folder, reason: reason.into() });
        }
        found.into_dataset(&artists, media, cancel)
    }
}

/// The names of the clips of a list, in its order.
///
/// # Errors
/// When the file cannot be read.
pub(in crate::ml) fn read_names(list: &Path) -> Result<Vec<String>, MlError> {
    let text = read_text(list, MOST_TEXT_BYTES).map_err(|source| MlError::Read { path: list.to_path_buf(), source })?;
    Ok(text.lines().map(names::of_entry).filter(|name| !name.is_empty()).collect())
}

/// The folder itself, or those inside it that hold the genres.
fn inner_folders(folder: &Path) -> Vec<PathBuf> {
    let inner: Vec<PathBuf> = INNER.iter().map(|name| folder.join(name)).filter(|inner| inner.is_dir()).collect();
    // A genre may be called "audio"; then the genres' folders are not one level further down.
    let genres =
        |inner: &PathBuf| fs::read_dir(inner).is_ok_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()));
    if !inner.is_empty() && inner.iter().all(genres) { inner } else { vec![folder.to_path_buf()] }
}

impl Found {
    fn add_folder(&mut self, folder: &Path, role: Role, cancel: &CancelToken) -> Result<(), MlError> {
        let failed = |source| MlError::Read { path: folder.to_path_buf(), source };
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).map_err(failed)?.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.into_iter().partition(|path| path.is_dir());
        let before = self.broken.len();
        let mut any = false;
        for genre_folder in folders.iter().filter(|path| !hidden(path)) {
            let broken = self.broken.len();
            let some = self.add_genre(genre_folder, role, cancel)?;
            if !some && self.broken.len() == broken && role == Role::Main {
                self.empty.insert(genre_folder.file_name().unwrap_or_default().to_string_lossy().into_owned());
            }
            any |= some;
        }
        if any || self.broken.len() > before {
            return Ok(());
        }
        let expected = match role {
            Role::Main => {
                "one folder for each genre with sound files or spectrogram pictures in it, such as blues/blues.00000.wav"
            }
            Role::Wavelets => "one folder for each genre with wavelet pictures in it, such as blues/blues00000.png",
        };
        let reason = if files.iter().any(|file| names::kind(file) != Kind::Neither && !hidden(file)) {
            format!("it needs {expected}; files lie in it directly (is it one genre? then name the folder above it)")
        } else {
            format!("it needs {expected}")
        };
        Err(MlError::Dataset { folder: folder.to_path_buf(), reason })
    }

    /// Whether the folder has anything that can be used.
    fn add_genre(&mut self, folder: &Path, role: Role, cancel: &CancelToken) -> Result<bool, MlError> {
        let genre = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Vec::new();
        let visible = |entry: &walkdir::DirEntry| entry.depth() == 0 || !hidden(entry.path());
        let walk = walkdir::WalkDir::new(folder).max_depth(DEPTH).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(visible) {
            if cancel.is_cancelled() {
                return Err(MlError::Cancelled);
            }
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => files.push(entry.into_path()),
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_path_buf();
                    self.broken.push(Broken { path, reason: error.to_string() });
                }
            }
        }
        let sound = role == Role::Main && files.iter().any(|file| names::kind(file) == Kind::Sound);
        let mut any = false;
        for path in files {
            let kind = names::kind(&path);
            // A picture among sound files is a cover.
            if kind == Kind::Neither || (kind == Kind::Picture && sound) {
                continue;
            }
            if role == Role::Wavelets && kind == Kind::Sound {
                self.broken.push(Broken { path, reason: "it is not a picture".into() });
            } else if let Some(reason) = trouble(&path) {
                self.broken.push(Broken { path, reason });
            } else {
                any = true;
                self.add_file(&genre, folder, path, kind, role);
            }
        }
        Ok(any)
    }

    fn add_song(&mut self, song: &Track) {
        let Track { path, genre, artist } = song;
        if let Some(reason) = trouble(path) {
            self.broken.push(Broken { path: path.clone(), reason });
            return;
        }
        let (key, name) = (genre.to_lowercase(), path.display().to_string());
        self.labels.entry(key.clone()).or_insert_with(|| genre.clone());
        let group = artist.clone().unwrap_or_default();
        let clip = Clip { name: name.clone(), group, audio: Some(path.clone()), ..Clip::default() };
        self.clips.insert((key, name.to_lowercase()), clip);
    }

    fn add_file(&mut self, genre: &str, folder: &Path, path: PathBuf, kind: Kind, role: Role) {
        let name = names::of_file(genre, path.strip_prefix(folder).unwrap_or(&path));
        let key = genre.to_lowercase();
        self.labels.entry(key.clone()).or_insert_with(|| genre.to_owned());
        let clip = self.clips.entry((key, name.to_lowercase())).or_default();
        if clip.name.is_empty() {
            clip.name = name;
        }
        let place = match (role, kind) {
            (Role::Wavelets, _) => &mut clip.wavelet,
            (Role::Main, Kind::Picture) => &mut clip.spectrogram,
            (Role::Main, _) => &mut clip.audio,
        };
        match place {
            Some(first) if *first != path => {
                let reason = format!("{} has the same name and is used instead", first.display());
                self.broken.push(Broken { path, reason });
            }
            _ => *place = Some(path),
        }
    }

    fn into_dataset(
        self,
        artists: &HashMap<String, String>,
        media: &dyn Media,
        cancel: &CancelToken,
    ) -> Result<Dataset, MlError> {
        let mut labels: Vec<String> =
            self.clips.keys().map(|(key, _)| self.labels.get(key).unwrap_or(key).clone()).collect();
        labels.sort();
        labels.dedup();
        let found: Vec<((String, String), Clip)> = self.clips.into_iter().collect();
        let mut clips = found
            .into_par_iter()
            .map(|((key, name), mut clip)| {
                if cancel.is_cancelled() {
                    return Err(MlError::Cancelled);
                }
                let genre = self.labels.get(&key).unwrap_or(&key);
                clip.label = labels.binary_search(genre).unwrap_or(0);
                let tagged = || clip.audio.as_deref().and_then(|path| media.artist(path));
                let known = (!clip.group.is_empty()).then(|| clip.group.clone());
                let artist =
                    artists.get(&name).cloned().or(known).or_else(tagged).map(|artist| artist.trim().to_lowercase());
                let artist = artist.filter(|artist| !artist.is_empty());
                clip.artist_known = artist.is_some();
                clip.group = artist.unwrap_or_else(|| group_of(&HashMap::new(), &name, genre));
                Ok(clip)
            })
            .collect::<Result<Vec<Clip>, MlError>>()?;
        clips.sort_by(|a, b| (a.label, &a.name).cmp(&(b.label, &b.name)));
        let mut broken = self.broken;
        broken.sort();
        broken.dedup();
        // Its clips may lie in another folder of that name.
        let named = |genre: &String| self.labels.contains_key(&genre.to_lowercase());
        let empty = self.empty.into_iter().filter(|genre| !named(genre)).collect();
        Ok(Dataset { labels, clips, broken, empty })
    }
}

/// Whether it is nobody's music: hidden, or what a system or a program left there.
fn hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    name.starts_with('.') || LEFT_BY_SYSTEMS.contains(&name.as_str())
}

/// Why a file cannot serve, as far as that shows without decoding it.
fn trouble(path: &Path) -> Option<String> {
    match fs::metadata(path) {
        Err(error) => Some(error.to_string()),
        Ok(metadata) if !metadata.is_file() => Some("it is not a file".into()),
        Ok(metadata) if metadata.len() == 0 => Some("it is empty".into()),
        Ok(_) => open_regular(path).err().map(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tags;

    impl Media for Tags {
        fn decode(&self, _: &Path, _: u32) -> Result<Vec<f32>, String> {
            Err("nothing is decoded while a data set is opened".into())
        }

        fn artist(&self, path: &Path) -> Option<String> {
            path.ends_with("b.00001.au").then(|| "Tagged".into())
        }
    }

    fn file(folder: &Path, path: &str, bytes: &[u8]) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn open(sources: &Sources) -> Result<Dataset, MlError> {
        Dataset::open(sources, &Tags, &CancelToken::default())
    }

    #[test]
    fn sound_pictures_wavelets_lists_and_artists_meet_by_name() {
        let dir = tempfile::tempdir().unwrap();
        for path in
            ["genres/b/b.00000.wav", "genres/b/b.00001.wav", "genres/a/Queen/01.mp3", "genres/a/Queen/cover.jpg"]
        {
            file(dir.path(), path, b"x");
        }
        file(dir.path(), "genres/b/b.00002.wav", b"");
        file(dir.path(), "genres/b/b.00001.au", b"x");
        file(dir.path(), "genres/b/notes.txt", b"x");
        file(dir.path(), "pictures/B/b00000.png", b"x");
        file(dir.path(), "pictures/B/b00005.png", b"x");
        file(dir.path(), "waves/b/b00000.png", b"x");
        file(dir.path(), "index.txt", b"b.00000.wav ::: Some One ::: t\n");
        let mut sources = Sources {
            folders: vec![dir.path().to_path_buf(), dir.path().join("pictures")],
            wavelets: Some(dir.path().join("waves")),
            index: Some(dir.path().join("index.txt")),
            ..Sources::default()
        };
        let data = open(&sources).unwrap();
        assert_eq!(data.labels, ["a", "b"]);
        let names: Vec<_> = data.clips.iter().map(|clip| clip.name.as_str()).collect();
        assert_eq!(names, ["a/Queen/01", "b.00000", "b.00001", "b.00005"]);
        let first = &data.clips[1];
        assert!(first.audio.is_some() && first.spectrogram.is_some() && first.wavelet.is_some());
        assert_eq!((first.group.as_str(), first.artist_known), ("some one", true));
        assert_eq!(data.clips[2].group, "tagged");
        assert_eq!((data.clips[3].group.as_str(), data.clips[3].artist_known), ("unknown artist, b", false));
        assert_eq!(data.artists(), 2);
        assert_eq!(data.counts(), [1, 3]);
        let broken: Vec<_> = data.broken.iter().map(|b| b.path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(broken, ["b.00001.wav", "b.00002.wav"], "of two files of one name the first is used");

        file(dir.path(), "list.txt", b"b/b.00001\nb/b.00009\n");
        sources.lists = vec![dir.path().join("list.txt")];
        assert_eq!(open(&sources).unwrap().clips.len(), 1);
        file(dir.path(), "list.txt", b"c/c.00001\n");
        assert!(open(&sources).unwrap_err().to_string().contains("none of its clips is in the lists"));
        file(dir.path(), "index.txt", b"of other clips ::: Some One ::: t\n");
        assert!(open(&sources).unwrap_err().to_string().contains("index.txt does not fit the clips"));
    }

    #[test]
    fn what_is_no_data_set_is_refused_with_the_layout_that_is_expected() {
        let dir = tempfile::tempdir().unwrap();
        let sources = Sources { folders: vec![dir.path().to_path_buf()], ..Sources::default() };
        assert!(open(&sources).unwrap_err().to_string().contains("blues/blues.00000.wav"));
        file(dir.path(), "a.wav", b"x");
        assert!(open(&sources).unwrap_err().to_string().contains("name the folder above"));
        file(dir.path(), "a/empty.wav", b"");
        assert!(open(&sources).unwrap_err().to_string().contains("empty or cannot be read"));
        let nowhere = Sources { folders: vec![dir.path().join("none")], ..Sources::default() };
        assert!(matches!(open(&nowhere), Err(MlError::Read { .. })));
        let cancel = CancelToken::default();
        cancel.cancel();
        assert!(matches!(Dataset::open(&sources, &Tags, &cancel), Err(MlError::Cancelled)));
    }

    #[test]
    fn a_librarys_songs_are_a_data_set_also_beside_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["m/a.wav", "m/b.wav", "m/c.wav", "m/empty.wav", "genres/Rock/Rock.00001.wav"] {
            file(dir.path(), path, if path.contains("empty") { b"" } else { b"x" });
        }
        let song = |name: &str, genre: &str, artist: Option<&str>| Track {
            path: dir.path().join("m").join(name),
            genre: genre.into(),
            artist: artist.map(str::to_owned),
        };
        let songs = vec![
            song("b.wav", "rock", Some(" Queen")),
            song("a.wav", "rock", None),
            song("c.wav", "jazz", Some("")),
            song("empty.wav", "jazz", None),
        ];
        let mut sources = Sources { songs, ..Sources::default() };
        let data = open(&sources).unwrap();
        assert_eq!(data.labels, ["jazz", "rock"]);
        let names = |data: &Dataset| {
            let name = |clip: &Clip| clip.name.rsplit('/').next().unwrap().to_owned();
            data.clips.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(&data), ["c.wav", "a.wav", "b.wav"]);
        let groups: Vec<_> = data.clips.iter().map(|clip| clip.group.as_str()).collect();
        assert_eq!(groups, ["unknown artist, jazz", "unknown artist, rock", "queen"]);
        assert_eq!((data.artists(), data.broken.len()), (1, 1), "an empty file is left out");
        sources.folders = vec![dir.path().join("genres")];
        let mut both = names(&open(&sources).unwrap());
        both.sort();
        assert_eq!(both, ["Rock.00001", "a.wav", "b.wav", "c.wav"]);
    }
}
