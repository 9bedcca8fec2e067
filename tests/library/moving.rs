//! What a person gave a library, exported and imported into another one.

use std::path::{Path, PathBuf};

use timbre::library::Library;
use timbre::library::db::ImportReport;
use timbre::library::portable::{self, Document, PathMap};

use super::support::*;

/// Songs with tones of their own, the same ones in every library.
fn with_songs(names: &[&str]) -> Fixture {
    let mut fixture = Fixture::new();
    for name in names {
        let seed = name.bytes().fold(7, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 900;
        wav(&fixture.at(&format!("{name}.wav")), seed, 0.2);
    }
    fixture.scan();
    fixture
}

fn decided() -> Fixture {
    let mut fixture = with_songs(&["a", "b", "c"]);
    let ids: Vec<_> = fixture.snapshot().tracks.iter().map(|track| track.id).collect();
    fixture.library.set_genre(&ids[..1], Some("jazz")).unwrap();
    fixture.library.set_genre(&ids[1..2], Some("ska")).unwrap();
    fixture.library.create_playlist("Train", &[ids[2], ids[0], ids[2]]).unwrap();
    fixture
}

fn through_a_file(document: &Document, name: &str) -> Document {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    portable::write(document, &path).unwrap();
    portable::read(&path).unwrap()
}

fn genre(fixture: &mut Fixture, name: &str) -> Option<String> {
    fixture.track(name).user_genre.map(|user| user.genre)
}

fn import(fixture: &mut Fixture, document: &Document) -> ImportReport {
    fixture.library.import(document, &[], "a.json", false).unwrap()
}

fn playlist(fixture: &mut Fixture) -> Vec<String> {
    let snapshot = fixture.snapshot();
    let name = |id| {
        let track = snapshot.tracks.iter().find(|track| track.id == id).unwrap();
        track.path.file_stem().unwrap().to_str().unwrap().to_owned()
    };
    snapshot.playlists.iter().flat_map(|list| list.tracks.iter().map(|id| name(*id))).collect()
}

#[test]
fn everything_arrives_in_another_library_whatever_files_are_called() {
    let from = decided();
    for name in ["all.json", "all.json.zst"] {
        let document = through_a_file(&from.library.portable().unwrap(), name);
        assert_eq!(
            document,
            from.library.portable().map(|now| Document { exported_at: document.exported_at.clone(), ..now }).unwrap()
        );
        let mut to = with_songs(&["a", "b", "c"]);
        // Another name, and another song under the name of the first.
        std::fs::rename(to.music().join("a.wav"), to.music().join("x.wav")).unwrap();
        std::fs::rename(to.music().join("b.wav"), to.music().join("a.wav")).unwrap();
        to.scan();
        let before = to.library.revision().unwrap();
        let dry = to.library.import(&document, &[], "all.json", true).unwrap();
        assert_eq!(to.library.revision().unwrap(), before);
        let report = import(&mut to, &document);
        assert_eq!(report, dry);
        assert_eq!((report.found.by_sound, report.genres, report.not_found.len()), (3, 2, 0));
        assert_eq!(report.playlists_made, ["Train"]);
        assert_eq!(genre(&mut to, "x.wav").as_deref(), Some("jazz"));
        assert_eq!(genre(&mut to, "a.wav").as_deref(), Some("ska"));
        assert_eq!(playlist(&mut to), ["c", "x", "c"]);

        let before = to.library.revision().unwrap();
        assert!(import(&mut to, &document).changes_nothing());
        assert_eq!(to.library.revision().unwrap(), before, "twice is once");
        let undone = to.library.undo(None).unwrap().unwrap();
        assert!(undone.what.contains("2 genres") && undone.what.contains("1 playlist"), "{}", undone.what);
        assert_eq!((genre(&mut to, "x.wav"), playlist(&mut to).len()), (None, 0), "one change");
        to.library.redo(None).unwrap();
        assert_eq!(playlist(&mut to), ["c", "x", "c"]);
    }
}

#[test]
fn songs_are_found_at_their_path_and_by_their_tags_but_never_wrongly() {
    let mut from = decided();
    let mut document = from.library.portable().unwrap();
    let music = from.music().to_str().unwrap().to_owned();
    // Without sounds: by path, which is another one on that machine.
    document.songs.iter_mut().for_each(|song| song.sound = None);
    let mut to = with_songs(&["a", "b", "c"]);
    let map = format!("{music}={}", to.music().display());
    let report = to.library.import(&document, &[PathMap::parse(&map).unwrap()], "a", false).unwrap();
    assert_eq!((report.found.by_path, report.genres), (3, 2), "{report:?}");
    assert_eq!(genre(&mut to, "b.wav").as_deref(), Some("ska"));

    // From a Windows machine.
    for song in &mut document.songs {
        song.path = song.path.replace(&music, "D:\\Music").replace('/', "\\");
    }
    let mut to = with_songs(&["a", "b", "c"]);
    let map = format!("d:\\music={}", to.music().display());
    to.library.import(&document, &[PathMap::parse(&map).unwrap()], "a", false).unwrap();
    assert_eq!(genre(&mut to, "a.wav").as_deref(), Some("jazz"));

    // Other sounds: another encoding of the same song, and another song of the same name.
    let mut document = from.library.portable().unwrap();
    document.songs.iter_mut().for_each(|song| song.sound = Some("00".repeat(16)));
    document.songs[1].title = "something else".into();
    let map = format!("{music}={}", to.music().display());
    let mut to = with_songs(&["a", "b", "c"]);
    let report = to.library.import(&document, &[PathMap::parse(&map).unwrap()], "a", false).unwrap();
    assert_eq!(genre(&mut to, "a.wav").as_deref(), Some("jazz"), "same title and length");
    assert_eq!(genre(&mut to, "b.wav"), None);
    assert_eq!(report.not_found.len(), 1);
    assert_eq!(report.not_found[0].genre.as_deref(), Some("ska"));
    assert_eq!(from.scan().moved, 0);
}

#[test]
fn the_later_decision_stays_and_playlists_only_grow() {
    let from = decided();
    let mut document = from.library.portable().unwrap();
    let mut to = with_songs(&["a", "b"]);
    let ids: Vec<_> = to.snapshot().tracks.iter().map(|track| track.id).collect();
    to.library.set_genre(&ids, Some("mine")).unwrap();
    to.library.create_playlist("Train", &[ids[1]]).unwrap();
    document.songs[0].genre.as_mut().unwrap().set_at += 1_000;
    document.songs[1].genre.as_mut().unwrap().set_at -= 1_000;
    let report = import(&mut to, &document);
    assert_eq!((report.genres, report.genres_kept, report.not_found.len()), (1, 1, 1));
    assert_eq!(genre(&mut to, "a.wav").as_deref(), Some("jazz"));
    assert_eq!(genre(&mut to, "b.wav").as_deref(), Some("mine"));
    assert_eq!(playlist(&mut to), ["b", "a"]);
    assert!(import(&mut to, &document).changes_nothing());
}

#[test]
fn a_playlist_fills_up_when_its_songs_come() {
    let from = decided();
    let mut document = from.library.portable().unwrap();
    document.folders.clear();
    let mut to = with_songs(&["a"]);
    assert_eq!(import(&mut to, &document).not_found.len(), 2);
    assert_eq!(playlist(&mut to), ["a"]);
    let seed = |name: &str| from.music().join(format!("{name}.wav"));
    std::fs::copy(seed("c"), to.at("later/c.wav")).unwrap();
    to.scan();
    assert_eq!(import(&mut to, &document).playlists_changed, ["Train"]);
    assert_eq!(to.snapshot().playlists.len(), 1);
    assert_eq!(playlist(&mut to), ["c", "a", "c"], "in its order");
}

#[test]
fn folders_and_hidden_songs_come_along() {
    let mut from = decided();
    let document = from.library.portable().unwrap();
    assert_eq!(document.folders, [from.music().to_str().unwrap()]);
    let music = from.music();
    from.library.remove_root(&music).unwrap();
    let hidden = from.library.portable().unwrap();
    assert_eq!((hidden.songs.len(), hidden.folders.len()), (3, 0));

    let dir = tempfile::tempdir().unwrap();
    let mut to = Library::open(&dir.path().join("library.sqlite")).unwrap();
    let mut strange = document.clone();
    strange.folders.extend([
        "D:\\Music".to_owned(),
        "relative".to_owned(),
        "/nowhere/at/all".to_owned(),
        String::new(),
    ]);
    let report = to.import(&strange, &[], "a", false).unwrap();
    assert_eq!(report.folders, [from.music()]);
    assert_eq!(report.folders_missing.len(), 3);
    assert_eq!(to.roots().unwrap(), [from.music()]);
    assert_eq!(report.not_found.len(), 3);
}

#[test]
fn fields_of_other_versions_are_kept() {
    let from = decided();
    let mut document = from.library.portable().unwrap();
    document.rest.insert("moods".into(), serde_json::json!({"calm": [1, 2]}));
    document.songs[0].rest.insert("stars".into(), 4.into());
    document.songs[0].genre.as_mut().unwrap().rest.insert("why".into(), "live".into());
    document.playlists[0].rest.insert("cover".into(), "x.png".into());
    let document = through_a_file(&document, "a.json");
    let mut to = with_songs(&["a", "b", "c"]);
    import(&mut to, &document);
    let again = to.library.portable().unwrap();
    assert_eq!(again.rest, document.rest);
    assert_eq!(again.songs[0].rest, document.songs[0].rest);
    assert_eq!(again.songs[0].genre, document.songs[0].genre);
    assert_eq!(again.playlists[0].rest, document.playlists[0].rest);
    let revision = to.library.revision().unwrap();
    assert!(import(&mut to, &document).changes_nothing());
    assert_eq!(to.library.revision().unwrap(), revision);
    assert!(timbre::library::db::check(to.library.path()).unwrap().whole);
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_arrive() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut from = Fixture::new();
    let name = PathBuf::from(std::ffi::OsStr::from_bytes(b"caf\xE9.wav"));
    wav(&from.music().join(&name), 5, 0.2);
    from.scan();
    let track = from.snapshot().tracks[0].clone();
    from.library.set_genre(&[track.id], Some("jazz")).unwrap();
    let mut document = through_a_file(&from.library.portable().unwrap(), "a.json");
    assert!(document.songs[0].path_hex.is_some());
    document.songs[0].sound = None;
    from.library.set_genre(&[track.id], None).unwrap();
    assert_eq!(import(&mut from, &document).found.by_path, 1);
    assert_eq!(from.snapshot().tracks[0].user_genre.as_ref().unwrap().genre, "jazz");
    assert!(Path::new(&document.songs[0].path).is_absolute());
}
