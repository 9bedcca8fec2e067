//! A song is its sound: which song carries what a person gave it, whatever happens to the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use timbre::base::TrackId;

use super::support::*;

/// Songs with these names, each with a sound of its own; the genre of a song is the name it began with.
fn songs(names: &[&str]) -> Fixture {
    let mut fixture = Fixture::new();
    for (seed, name) in names.iter().enumerate() {
        wav(&fixture.at(name), seed as u32 + 1, 0.1 + seed as f64 * 0.01);
    }
    fixture.scan();
    for name in names {
        let id = fixture.track(name).id;
        fixture.library.set_genre(&[id], Some(name)).unwrap();
        fixture.library.store_prediction(id, &prediction("m1", "rock")).unwrap();
    }
    let all: Vec<TrackId> = names.iter().map(|name| fixture.track(name).id).collect();
    fixture.library.create_playlist("All", &all).unwrap();
    fixture
}

impl Fixture {
    /// Renames all at once, as if through temporary names.
    fn rename(&self, pairs: &[(&str, &str)]) {
        for (index, (old, _)) in pairs.iter().enumerate() {
            std::fs::rename(self.music().join(old), self.dir.path().join(format!("{index}.moving"))).unwrap();
        }
        for (index, (_, new)) in pairs.iter().enumerate() {
            std::fs::rename(self.dir.path().join(format!("{index}.moving")), self.at(new)).unwrap();
        }
    }

    /// The genre by hand of each song that is there, by its name below the music folder.
    fn genres(&mut self) -> BTreeMap<String, Option<String>> {
        let music = self.music();
        let snapshot = self.snapshot();
        let there = snapshot.tracks.iter().filter(|track| !track.missing);
        there
            .map(|track| {
                let name = track.path.strip_prefix(&music).unwrap_or(&track.path).to_string_lossy().into_owned();
                (name, track.user_genre.as_ref().map(|genre| genre.genre.clone()))
            })
            .collect()
    }

    #[track_caller]
    fn assert_genres(&mut self, expected: &[(&str, Option<&str>)]) {
        let expected: BTreeMap<String, Option<String>> =
            expected.iter().map(|(name, genre)| ((*name).to_owned(), genre.map(str::to_owned))).collect();
        assert_eq!(self.genres(), expected);
    }

    fn missing(&mut self) -> usize {
        self.snapshot().tracks.iter().filter(|track| track.missing).count()
    }
}

#[test]
fn a_track_inserted_before_the_others_takes_nothing_from_them() {
    let mut fixture = songs(&["01.wav", "02.wav", "03.wav"]);
    fixture.rename(&[("01.wav", "02.wav"), ("02.wav", "03.wav"), ("03.wav", "04.wav")]);
    wav(&fixture.at("01.wav"), 99, 0.2);
    let summary = fixture.scan();
    assert_eq!((summary.moved, summary.added, summary.missing), (3, 1, 0));
    fixture.assert_genres(&[
        ("01.wav", None),
        ("02.wav", Some("01.wav")),
        ("03.wav", Some("02.wav")),
        ("04.wav", Some("03.wav")),
    ]);
    let heard = fixture.library.to_classify("m1", None).unwrap();
    assert_eq!(heard.len(), 1, "only the new song is to be heard: {heard:?}");
    assert_eq!(fixture.snapshot().playlists[0].tracks.len(), 3);
}

#[test]
fn songs_of_one_size_and_time_that_change_places_are_told_apart() {
    let mut fixture = Fixture::new();
    for (name, seed) in [("a.wav", 1), ("b.wav", 2)] {
        wav(&fixture.at(name), seed, 0.2);
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(fixture.at(name)).unwrap().set_modified(time).unwrap();
    }
    fixture.scan();
    for name in ["a.wav", "b.wav"] {
        let id = fixture.track(name).id;
        fixture.library.set_genre(&[id], Some(name)).unwrap();
    }
    fixture.rename(&[("a.wav", "b.wav"), ("b.wav", "a.wav")]);
    fixture.scan();
    if cfg!(unix) {
        fixture.assert_genres(&[("a.wav", Some("b.wav")), ("b.wav", Some("a.wav"))]);
    }
    assert_eq!(fixture.scan().unchanged, 2);
}

#[test]
fn another_song_at_the_same_path_inherits_nothing() {
    let mut fixture = songs(&["01.wav", "02.wav"]);
    wav(&fixture.at("01.wav"), 77, 3.0);
    let summary = fixture.scan();
    assert_eq!((summary.added, summary.missing, summary.unchanged), (1, 1, 1));
    fixture.assert_genres(&[("01.wav", None), ("02.wav", Some("02.wav"))]);
    assert_eq!(fixture.missing(), 1, "the old song is kept");
    assert!(fixture.snapshot().lookalikes.is_empty(), "nobody asks: the length differs");
    assert_eq!(fixture.scan().unchanged, 2, "and nothing changes after that");
    // The old song comes back under another name.
    wav(&fixture.at("found.wav"), 1, 0.1);
    fixture.scan();
    fixture.assert_genres(&[("01.wav", None), ("02.wav", Some("02.wav")), ("found.wav", Some("01.wav"))]);
    assert_eq!(fixture.missing(), 0);
}

#[test]
fn a_new_recording_that_looks_like_the_old_one_is_asked_about() {
    let mut fixture = songs(&["01.wav"]);
    let old = fixture.track("01.wav").id;
    wav(&fixture.at("01.wav"), 77, 0.1);
    fixture.scan();
    fixture.assert_genres(&[("01.wav", None)]);
    let snapshot = fixture.snapshot();
    let asked = &snapshot.lookalikes[0];
    assert_eq!((asked.former, asked.genre.as_deref(), asked.playlists), (old, Some("01.wav"), 1));
    let new = asked.track;
    fixture.library.take_over(new).unwrap();
    fixture.assert_genres(&[("01.wav", Some("01.wav"))]);
    let snapshot = fixture.snapshot();
    assert!(snapshot.lookalikes.is_empty());
    assert_eq!((snapshot.tracks.len(), snapshot.playlists[0].tracks.clone()), (1, vec![new]));
    // And back.
    assert_eq!(fixture.library.undo(None).unwrap().unwrap().what, "took over what “01” had");
    let snapshot = fixture.snapshot();
    assert_eq!((snapshot.lookalikes.len(), snapshot.playlists[0].tracks.clone()), (1, vec![old]));
    fixture.assert_genres(&[("01.wav", None)]);
    fixture.library.keep_apart(new).unwrap();
    assert!(fixture.snapshot().lookalikes.is_empty());
    fixture.scan();
    assert!(fixture.snapshot().lookalikes.is_empty(), "nobody asks twice");
}

#[test]
fn of_two_copies_each_keeps_its_own() {
    let mut fixture = Fixture::new();
    for name in ["a.wav", "b.wav"] {
        wav(&fixture.at(name), 5, 0.2);
    }
    fixture.scan();
    for name in ["a.wav", "b.wav"] {
        let id = fixture.track(name).id;
        fixture.library.set_genre(&[id], Some(name)).unwrap();
    }
    fixture.rename(&[("a.wav", "c.wav")]);
    wav(&fixture.at("d.wav"), 5, 0.2);
    fixture.scan();
    fixture.assert_genres(&[("b.wav", Some("b.wav")), ("c.wav", Some("a.wav")), ("d.wav", None)]);
}

#[test]
fn a_song_that_moves_onto_a_deleted_one_keeps_its_own_genre() {
    let mut fixture = songs(&["01.wav", "02.wav"]);
    std::fs::remove_file(fixture.at("01.wav")).unwrap();
    fixture.rename(&[("02.wav", "01.wav")]);
    fixture.scan();
    fixture.assert_genres(&[("01.wav", Some("02.wav"))]);
    assert_eq!(fixture.missing(), 1);
    // A playlist still has both.
    assert_eq!(fixture.snapshot().playlists[0].tracks.len(), 2);
}

#[test]
fn a_folder_that_is_taken_out_comes_back_with_all_it_had() {
    let mut fixture = songs(&["01.wav", "sub/02.wav"]);
    let music = fixture.music();
    assert_eq!(fixture.library.remove_root(&music).unwrap(), 2);
    let snapshot = fixture.snapshot();
    assert_eq!((snapshot.tracks.len(), snapshot.hidden.songs), (0, 2));
    assert!(snapshot.playlists[0].tracks.is_empty());
    assert!(fixture.library.to_classify("other", Some(i64::MAX)).unwrap().is_empty());
    // Meanwhile the files are renamed.
    fixture.rename(&[("01.wav", "sub/02.wav"), ("sub/02.wav", "03.wav")]);
    fixture.library.add_root(&music).unwrap();
    fixture.scan();
    fixture.assert_genres(&[("03.wav", Some("sub/02.wav")), ("sub/02.wav", Some("01.wav"))]);
    let snapshot = fixture.snapshot();
    assert_eq!((snapshot.playlists[0].tracks.len(), snapshot.hidden.songs), (2, 0));
    assert!(fixture.library.to_classify("m1", None).unwrap().is_empty());
}

#[test]
fn hidden_songs_are_found_under_another_folder() {
    let mut fixture = songs(&["01.wav"]);
    let (music, other) = (fixture.music(), fixture.dir.path().join("other"));
    fixture.library.remove_root(&music).unwrap();
    std::fs::rename(&music, &other).unwrap();
    fixture.library.add_root(&other).unwrap();
    fixture.scan();
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.tracks.len(), 1);
    assert_eq!(snapshot.tracks[0].user_genre.as_ref().unwrap().genre, "01.wav");
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_is_a_song_like_others() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut fixture = songs(&["a.wav"]);
    let odd = fixture.music().join(std::ffi::OsStr::from_bytes(b"caf\xE9.wav"));
    std::fs::rename(fixture.music().join("a.wav"), &odd).unwrap();
    assert_eq!(fixture.scan().moved, 1);
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.tracks.len(), 1);
    assert_eq!((&snapshot.tracks[0].path, snapshot.tracks[0].title.as_str()), (&odd, "caf\u{FFFD}"));
    assert_eq!(snapshot.tracks[0].user_genre.as_ref().unwrap().genre, "a.wav");
    assert_eq!(fixture.scan().unchanged, 1);
    assert_eq!(fixture.library.to_classify("m2", None).unwrap()[0].1, odd);
}

/// What happens to one file.
#[derive(Clone, Debug)]
enum Fate {
    Stays,
    Deleted,
    Renamed(u8),
    Retagged(String),
    RenamedAndRetagged(u8, String),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => Just(Fate::Stays),
        1 => Just(Fate::Deleted),
        5 => (0..12_u8).prop_map(Fate::Renamed),
        1 => "[a-z]{0,9}".prop_map(Fate::Retagged),
        3 => (0..12_u8, "[a-z]{0,300}").prop_map(|(to, text)| Fate::RenamedAndRetagged(to, text)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any permutation of names, with any retags, deletions and new songs, keeps every decision with its sound.
    #[test]
    fn decisions_stay_with_their_sound(rounds in prop::collection::vec(prop::collection::vec(fate(), 6), 1..3)) {
        let names: Vec<String> = (0..6).map(|number| format!("{number}.wav")).collect();
        let mut fixture = songs(&names.iter().map(String::as_str).collect::<Vec<_>>());
        // Where each song is now.
        let mut places: BTreeMap<String, String> = names.iter().map(|name| (name.clone(), name.clone())).collect();
        for (round, fates) in rounds.iter().enumerate() {
            let mut taken: BTreeSet<String> = BTreeSet::new();
            let mut next = BTreeMap::new();
            let waiting = fixture.dir.path().join("waiting");
            std::fs::create_dir_all(&waiting).unwrap();
            // All out of the way, then each to its new place if that is free.
            for (name, place) in &places {
                std::fs::rename(fixture.at(place), waiting.join(name)).unwrap();
            }
            for (fate, (name, place)) in fates.iter().zip(&places) {
                let file = waiting.join(name);
                let (target, text) = match fate {
                    Fate::Stays => (Some(place.clone()), None),
                    Fate::Deleted => (None, None),
                    Fate::Renamed(to) => (Some(format!("{to}.wav")), None),
                    Fate::Retagged(text) => (Some(place.clone()), Some(text)),
                    Fate::RenamedAndRetagged(to, text) => (Some(format!("{to}.wav")), Some(text)),
                };
                if let Some(text) = text {
                    retag(&file, text);
                }
                match target.filter(|target| taken.insert(target.clone())) {
                    Some(target) => {
                        std::fs::rename(&file, fixture.at(&target)).unwrap();
                        next.insert(name.clone(), target);
                    }
                    None => std::fs::remove_file(&file).unwrap(),
                }
            }
            // A new song in the first free place.
            let new = (0..13).map(|number| format!("{number}.wav")).find(|name| !taken.contains(name)).unwrap();
            wav(&fixture.at(&new), 900 + round as u32, 0.5 + round as f64);
            places = next;
            fixture.scan();
            let genres = fixture.genres();
            for (name, place) in &places {
                prop_assert_eq!(genres.get(place), Some(&Some(name.clone())), "{} at {}", name, place);
            }
            prop_assert_eq!(genres.get(&new), Some(&None));
            prop_assert_eq!(fixture.scan().unchanged, genres.len());
            // What left the folder never comes back in this story.
            std::fs::remove_file(fixture.at(&new)).unwrap();
            fixture.scan();
            prop_assert_eq!(fixture.snapshot().playlists[0].tracks.len(), 6);
        }
    }
}

/// Makes a library as version 1 left it, with songs at these paths, by rewriting a new one.
fn as_version_1(fixture: &mut Fixture) -> rusqlite::Connection {
    let path = fixture.library.path().to_path_buf();
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(include_str!("to_version_1.sql")).unwrap();
    connection
}

#[test]
fn a_library_of_version_1_is_taken_over() {
    let mut fixture = songs(&["01.wav", "02.wav", "03.wav", "big.wav"]);
    wav(&fixture.at("big.wav"), 8, 40.0);
    fixture.scan();
    let id = fixture.track("big.wav").id;
    fixture.library.set_genre(&[id], Some("big.wav")).unwrap();
    fixture.library.store_prediction(id, &prediction("m1", "rock")).unwrap();
    let connection = as_version_1(&mut fixture);
    for name in ["01.wav", "02.wav", "03.wav", "big.wav"] {
        let path = fixture.music().join(name);
        let hash = v1_hash(&path);
        let path = path.to_str().unwrap();
        connection.execute("UPDATE track SET content_hash = ?2 WHERE path = ?1", (path, hash)).unwrap();
        connection
            .execute(
                "UPDATE prediction SET content_hash = ?2 WHERE track_id = (SELECT id FROM track WHERE path = ?1)",
                (path, hash),
            )
            .unwrap();
    }
    drop(connection);
    fixture.library = timbre::library::Library::open(fixture.library.path()).unwrap();
    assert!(fixture.library.to_classify("m1", None).unwrap().is_empty(), "nothing is heard again");
    // Before the first scan of this version one song is renamed, two change places, one gets other tags.
    fixture.rename(&[("big.wav", "very big.wav"), ("01.wav", "02.wav"), ("02.wav", "01.wav")]);
    retag(&fixture.at("03.wav"), "other tags");
    fixture.scan();
    fixture.assert_genres(&[
        ("01.wav", Some("02.wav")),
        ("02.wav", Some("01.wav")),
        ("03.wav", Some("03.wav")),
        ("very big.wav", Some("big.wav")),
    ]);
    let due: Vec<_> = fixture.library.to_classify("m1", None).unwrap().into_iter().map(|(_, path)| path).collect();
    assert_eq!(due, [fixture.music().join("03.wav")], "nobody knows what it was");
    assert_eq!(fixture.scan().unchanged, 4);
    // From now on the sound counts.
    fixture.rename(&[("03.wav", "04.wav")]);
    retag(&fixture.at("04.wav"), "more");
    assert_eq!(fixture.scan().moved, 1);
}

/// What version 1 knew a file by: XXH3-128 of the size and all bytes, or of three blocks of 64 KiB.
fn v1_hash(path: &Path) -> [u8; 16] {
    let bytes = std::fs::read(path).unwrap();
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    if bytes.len() <= 256 * 1024 {
        hasher.update(&bytes);
    } else {
        let block = 64 * 1024;
        for start in [0, (bytes.len() - block) / 2, bytes.len() - block] {
            hasher.update(&bytes[start..start + block]);
        }
    }
    hasher.digest128().to_le_bytes()
}
