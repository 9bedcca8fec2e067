//! Copies, checks, repairs, and damaged values.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use timbre::library::Library;
use timbre::library::LibraryError;
use timbre::library::db::{check, repair, restore};

use super::support::*;

/// Songs `00.wav` … in a scanned library; the first has a genre, a prediction and a place in the playlist ‘Train’.
fn library(songs: u32) -> Fixture {
    let mut fixture = Fixture::new();
    for number in 0..songs {
        wav(&fixture.at(&format!("{number:02}.wav")), number + 1, 0.2);
    }
    fixture.scan();
    let ids: Vec<_> = fixture.snapshot().tracks.iter().map(|track| track.id).collect();
    fixture.library.set_genre(&ids[..1], Some("jazz")).unwrap();
    fixture.library.create_playlist("Train", &[ids[0], ids[1], ids[0]]).unwrap();
    fixture.library.store_prediction(ids[0], &prediction("m", "rock")).unwrap();
    fixture
}

fn database(fixture: &Fixture) -> PathBuf {
    fixture.library.path().to_path_buf()
}

fn sql(fixture: &Fixture, sql: &str) {
    Connection::open(database(fixture)).unwrap().execute_batch(sql).unwrap();
}

fn copies(fixture: &Fixture) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(database(fixture).parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".bak"))
        .collect();
    names.sort();
    names
}

/// Ends the connection, so that the file can be changed byte by byte.
fn close(fixture: Fixture) -> (tempfile::TempDir, PathBuf) {
    let path = database(&fixture);
    let Fixture { dir, library, .. } = fixture;
    drop(library);
    assert!(!path.with_file_name("library.sqlite-wal").exists());
    (dir, path)
}

#[test]
fn a_copy_is_made_before_a_migration_and_three_are_kept() {
    let fixture = library(3);
    sql(&fixture, include_str!("to_version_1.sql"));
    let path = database(&fixture);
    drop(Library::open(&path).unwrap());
    assert_eq!(copies(&fixture), ["library.sqlite.v1.bak"]);
    let copy = Connection::open(path.with_file_name("library.sqlite.v1.bak")).unwrap();
    let version: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let songs: i64 = copy.query_row("SELECT count(*) FROM track", [], |row| row.get(0)).unwrap();
    assert_eq!((version, songs), (1, 3));
    drop(copy);
    for _ in 0..4 {
        sql(&fixture, include_str!("to_version_1.sql"));
        drop(Library::open(&path).unwrap());
    }
    assert_eq!(copies(&fixture).len(), 3);
    drop(Library::open(&path).unwrap());
    assert_eq!(copies(&fixture).len(), 3, "nothing to migrate");
}

#[test]
fn nothing_is_migrated_when_no_copy_can_be_made() {
    let (_dir, path) = large();
    Connection::open(&path).unwrap().execute_batch(include_str!("to_version_1.sql")).unwrap();
    // Pages that cannot be read cannot be copied.
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 4096;
    bytes[4096..last].chunks_mut(4096).for_each(|page| page[..8].fill(0xA5));
    std::fs::write(&path, &bytes).unwrap();
    let error = Library::open(&path).err().unwrap();
    assert!(matches!(error, LibraryError::NotMigrated { .. } | LibraryError::Damaged { .. }), "{error}");
    let version: i64 = Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
}

#[test]
fn one_copy_a_week() {
    let fixture = library(2);
    let made = fixture.library.back_up_weekly().unwrap().into_iter().count();
    // The scan has made it already, or this did.
    assert!(made <= 1);
    assert_eq!(fixture.library.back_up_weekly().unwrap(), None);
    let names = copies(&fixture);
    assert_eq!(names.len(), 1);
    let path = database(&fixture);
    // Copies of other weeks do not count, neither does one of the future.
    std::fs::rename(path.with_file_name(&names[0]), path.with_file_name("library.sqlite.2020-01-01.bak")).unwrap();
    for day in ["2020-01-08", "2020-01-15", "2999-01-01"] {
        std::fs::copy(
            path.with_file_name("library.sqlite.2020-01-01.bak"),
            path.with_file_name(format!("library.sqlite.{day}.bak")),
        )
        .unwrap();
    }
    let copy = fixture.library.back_up_weekly().unwrap().unwrap();
    assert!(check(&copy).unwrap().whole);
    assert_eq!(copies(&fixture).len(), 3);
    assert_eq!(Fixture::new().library.back_up_weekly().unwrap(), None, "nothing in it");
}

#[test]
fn a_backup_is_whole_and_replaces_only_libraries() {
    let fixture = library(2);
    let to = fixture.dir.path().join("copy.sqlite");
    fixture.library.back_up(&to).unwrap();
    fixture.library.back_up(&to).unwrap();
    assert_eq!(check(&to).unwrap().genres, 1);
    let text = fixture.dir.path().join("letter.txt");
    std::fs::write(&text, "Dear Ana").unwrap();
    for wrong in [&text, &fixture.music(), &database(&fixture), &fixture.dir.path().join("no/where.sqlite")] {
        let error = fixture.library.back_up(wrong).unwrap_err();
        assert!(matches!(error, LibraryError::Backup { .. }), "{error}");
    }
    assert_eq!(std::fs::read(&text).unwrap(), b"Dear Ana");
    assert!(check(&database(&fixture)).unwrap().whole);
}

/// Damages to single values, and what is wrong afterwards.
const BAD_VALUES: [&str; 16] = [
    "UPDATE track SET duration_secs = 'x', title = CAST(x'ff' AS TEXT) WHERE path LIKE '%00.wav'",
    "UPDATE track SET title = x'00ff' WHERE path LIKE '%00.wav'",
    "UPDATE track SET year = 1e300, track_number = -5 WHERE path LIKE '%00.wav'",
    "UPDATE track SET size = 'big', mtime_ns = x'01', inode = 'i' WHERE path LIKE '%00.wav'",
    "UPDATE track SET sound_key = x'0102' WHERE path LIKE '%00.wav'",
    "UPDATE track SET playable = 'yes', added_at = 'then', format = x'ff' WHERE path LIKE '%00.wav'",
    "UPDATE track SET duration_secs = 9e999 WHERE path LIKE '%00.wav'",
    "UPDATE track SET tag_genre = CAST(x'c328' AS TEXT), album = x'ff', artist = 5.5e0 WHERE path LIKE '%00.wav'",
    "UPDATE prediction SET top = '[[\"rock\", 1.0'",
    "UPDATE prediction SET tags = '{}', heard_secs = 'x'",
    "UPDATE prediction SET stamp = 'x', note = x'ff'",
    "UPDATE user_genre SET set_at = 'monday'",
    "UPDATE change SET step = x'00'",
    "UPDATE change SET what = CAST(x'ff' AS TEXT), at = 'x'",
    "UPDATE state SET revision = 'x'",
    "UPDATE playlist SET name = CAST(x'ff' AS TEXT)",
];

#[test]
fn a_damaged_value_costs_its_row_and_never_the_list() {
    for bad in BAD_VALUES {
        let mut fixture = library(4);
        sql(&fixture, bad);
        let mut other = Library::open(&database(&fixture)).unwrap();
        for library in [&mut fixture.library, &mut other] {
            let snapshot = library.snapshot().unwrap_or_else(|error| panic!("{bad}: {error:?}"));
            assert_eq!(snapshot.tracks.len(), 4, "{bad}");
            assert_eq!(snapshot.tracks[3].title, "03", "{bad}");
            assert_eq!(snapshot.tracks[0].title, "00", "{bad}");
            assert_eq!(snapshot.tracks[0].user_genre.as_ref().unwrap().genre, "jazz", "{bad}");
            assert_eq!(snapshot.playlists[0].tracks.len(), 3, "{bad}");
            if bad.contains("duration_secs") || bad.contains("SET top") {
                let problem = snapshot.problems.iter().find(|problem| problem.path.ends_with("00.wav")).unwrap();
                assert!(problem.message.contains("check --repair"), "{problem:?}");
            }
        }
        fixture.library.to_classify("other", None).unwrap();
        fixture.library.history().unwrap();
        fixture.library.portable().unwrap();
        let report = check(&database(&fixture)).unwrap();
        assert!(!report.whole && !report.pages_damaged, "{bad}: {report:?}");

        let repaired = repair(&database(&fixture)).unwrap();
        assert!(!repaired.done.is_empty(), "{bad}");
        let after = check(&database(&fixture)).unwrap();
        assert!(after.whole, "{bad}: {:?}", after.findings);
        assert_eq!((after.songs, after.genres, after.playlists), (4, 1, 1), "{bad}");
        assert!(repaired.kept.unwrap().exists());
        // The next scan reads again what was lost.
        fixture.scan();
        let snapshot = fixture.snapshot();
        assert_eq!(snapshot.tracks.len(), 4);
        assert!(snapshot.tracks[0].duration_secs < 9.0 && snapshot.tracks[0].format == "WAV", "{bad}");
        assert_eq!(snapshot.tracks[0].user_genre.as_ref().unwrap().genre, "jazz", "{bad}");
        assert!(snapshot.problems.is_empty(), "{bad}: {:?}", snapshot.problems);
    }
}

#[test]
fn a_scan_goes_through_damaged_values() {
    for bad in BAD_VALUES {
        let mut fixture = library(3);
        sql(&fixture, bad);
        wav(&fixture.at("new.wav"), 77, 0.2);
        fixture.scan();
        assert_eq!(fixture.names(), ["00.wav", "01.wav", "02.wav", "new.wav"], "{bad}");
    }
}

#[test]
fn a_song_whose_path_is_lost_is_found_by_its_sound() {
    let mut fixture = library(3);
    sql(&fixture, "UPDATE track SET path = 7 WHERE path LIKE '%00.wav'");
    assert_eq!(fixture.names(), ["01.wav", "02.wav"]);
    let repaired = repair(&database(&fixture)).unwrap();
    assert_eq!(repaired.lost_rows, 0, "{repaired:?}");
    fixture.library.add_root(Path::new("(lost)")).unwrap_err();
    fixture.scan();
    assert_eq!(fixture.track("00.wav").user_genre.unwrap().genre, "jazz");
    assert!(check(&database(&fixture)).unwrap().whole);
}

#[test]
fn rows_without_their_song_are_found_and_go() {
    let fixture = library(3);
    sql(
        &fixture,
        "PRAGMA foreign_keys = OFF; INSERT INTO user_genre VALUES (999, 'ska', 1); \
         INSERT INTO playlist_entry VALUES (1, 50, 999)",
    );
    let report = check(&database(&fixture)).unwrap();
    assert_eq!(report.findings.len(), 2, "{report:?}");
    let repaired = repair(&database(&fixture)).unwrap();
    assert_eq!(repaired.lost_rows, 2);
    assert!(repaired.done.iter().any(|finding| finding.what.contains("ska")), "{repaired:?}");
    let after = check(&database(&fixture)).unwrap();
    assert!(after.whole && after.genres == 1);
}

#[test]
fn a_whole_library_is_left_alone() {
    let fixture = library(3);
    let before = fixture.library.revision().unwrap();
    let repaired = repair(&database(&fixture)).unwrap();
    assert!(repaired.before.whole && repaired.kept.is_none());
    assert_eq!(fixture.library.revision().unwrap(), before);
}

/// The page numbers of a table or index.
fn root_page(path: &Path, name: &str) -> usize {
    let connection = Connection::open(path).unwrap();
    let page: i64 =
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0)).unwrap();
    page as usize
}

/// A library of many songs, without files; every tenth has a genre.
fn large() -> (tempfile::TempDir, PathBuf) {
    let fixture = Fixture::new();
    sql(
        &fixture,
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 2000) \
         INSERT INTO track (path, size, mtime_ns, sound_key, title, artist, album, duration_secs, format, playable, added_at) \
         SELECT printf('/music/%05d.mp3', n), n, n, randomblob(16), 'Title ' || n, 'Artist', 'Album', 100.5, 'MP3', 1, 1 \
         FROM number; \
         INSERT INTO user_genre SELECT id, 'genre ' || id || hex(zeroblob(80)), 5 FROM track WHERE id % 10 = 0; \
         INSERT INTO playlist VALUES (1, 'All'); \
         INSERT INTO playlist_entry SELECT 1, id - 1, id FROM track;",
    );
    close(fixture)
}

#[test]
fn what_can_be_read_of_damaged_pages_is_saved() {
    for (name, kind) in
        [("track", 0), ("track", 1), ("user_genre", 1), ("playlist_entry", 1), ("track_place", 1), ("track_place", 0)]
    {
        let (_dir, path) = large();
        let root = root_page(&path, name);
        let mut bytes = std::fs::read(&path).unwrap();
        // A page below the root of the table, or the root itself.
        let page = match kind {
            0 => root,
            _ => {
                let at = (root - 1) * 4096;
                assert!(matches!(bytes[at], 2 | 5), "an inner page");
                let cells = u16::from_be_bytes([bytes[at + 3], bytes[at + 4]]) as usize;
                let pointer = at + 12 + (cells / 2) * 2;
                let cell = at + u16::from_be_bytes([bytes[pointer], bytes[pointer + 1]]) as usize;
                u32::from_be_bytes([bytes[cell], bytes[cell + 1], bytes[cell + 2], bytes[cell + 3]]) as usize
            }
        };
        bytes[(page - 1) * 4096..page * 4096].fill(0xA5);
        std::fs::write(&path, &bytes).unwrap();

        let report = check(&path).unwrap();
        assert!(!report.whole && report.pages_damaged, "{name} {kind}");
        let repaired = match repair(&path) {
            Ok(repaired) => repaired,
            Err(error) => panic!("{name} {kind}: {error:?}"),
        };
        assert_eq!(std::fs::read(repaired.kept.as_ref().unwrap()).unwrap(), bytes);
        let after = check(&path).unwrap();
        assert!(after.whole, "{name} {kind}: {:?}", after.findings);
        match (name, kind) {
            ("track", 0) => assert!(after.songs < 2000 && repaired.lost_rows > 0),
            ("track", _) => {
                assert!(after.songs > 1900 && after.songs < 2000, "{}", after.songs);
                assert!(repaired.lost_rows >= 2000 - after.songs as u64);
                assert!(after.genres > 180, "{}", after.genres);
            }
            ("user_genre", _) => assert!(after.songs == 2000 && after.genres < 200, "{after:?}"),
            _ => assert_eq!((after.songs, after.genres), (2000, 200), "{name} {kind}"),
        }
        let mut library = Library::open(&path).unwrap();
        for track in library.snapshot().unwrap().tracks.iter() {
            let genre = (track.id.0 % 10 == 0).then(|| format!("genre {}{}", track.id.0, "0".repeat(160)));
            // A genre may be lost with its page; it is never another song's.
            let found = track.user_genre.as_ref().map(|user| user.genre.clone());
            assert!(found.is_none() || found == genre, "{track:?}");
            assert_eq!(track.title, format!("Title {}", track.id.0));
        }
        if name == "playlist_entry" {
            assert_eq!(library.snapshot().unwrap().playlists[0].tracks.len(), 2000, "its index has all");
        }
    }
}

#[test]
fn what_is_lost_comes_from_the_newest_copy() {
    let (_dir, path) = large();
    let mut bytes = std::fs::read(&path).unwrap();
    std::fs::write(path.with_file_name("library.sqlite.2026-01-01.bak"), &bytes).unwrap();
    let root = root_page(&path, "track");
    bytes[(root - 1) * 4096..root * 4096].fill(0xA5);
    std::fs::write(&path, &bytes).unwrap();
    let repaired = repair(&path).unwrap();
    assert_eq!(repaired.lost_rows, 0, "{repaired:?}");
    let after = check(&path).unwrap();
    assert!(after.whole && after.songs == 2000 && after.genres == 200, "{after:?}");
}

#[test]
fn a_damaged_first_page_is_told_and_left_alone() {
    let (_dir, path) = large();
    let whole = std::fs::read(&path).unwrap();
    for damage in [0..100, 100..4096, 0..4096] {
        let mut bytes = whole.clone();
        bytes[damage.clone()].fill(0xA5);
        std::fs::write(&path, &bytes).unwrap();
        assert!(!check(&path).unwrap().whole, "{damage:?}");
        let error = repair(&path).unwrap_err();
        assert!(matches!(error, LibraryError::NoLibrary { .. }), "{damage:?}: {error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
    // With a copy beside it everything is found.
    let copy = path.with_file_name("library.sqlite.2026-01-01.bak");
    std::fs::write(&copy, &whole).unwrap();
    Connection::open(&copy).unwrap().execute_batch("DELETE FROM user_genre; PRAGMA journal_mode = DELETE").unwrap();
    for damage in [0..100, 100..4096, 0..4096] {
        let mut bytes = whole.clone();
        bytes[damage.clone()].fill(0xA5);
        std::fs::write(&path, &bytes).unwrap();
        let repaired = repair(&path).unwrap_or_else(|error| panic!("{damage:?}: {error:?}"));
        assert_eq!(repaired.lost_rows, 0, "{repaired:?}");
        let after = check(&path).unwrap();
        assert!(after.whole, "{after:?}");
        assert_eq!((after.songs, after.genres), (2000, 200), "{damage:?}");
    }
    for other in [&b"just text"[..], b""] {
        std::fs::write(&path, other).unwrap();
        assert!(check(&path).is_err() || !check(&path).unwrap().whole);
        repair(&path).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), other);
    }
}

#[test]
fn a_restored_library_is_seen_by_everybody_who_has_it_open() {
    let mut fixture = library(4);
    let path = database(&fixture);
    let copy = fixture.dir.path().join("copy.sqlite");
    fixture.library.back_up(&copy).unwrap();
    let first = fixture.track("00.wav").id;
    let second = fixture.track("01.wav").id;
    fixture.library.set_genre(&[first], Some("ska")).unwrap();
    fixture.library.store_prediction(first, &prediction("later", "disco")).unwrap();
    fixture.library.store_prediction(second, &prediction("later", "disco")).unwrap();
    let before = fixture.snapshot();
    let bytes = std::fs::read(&copy).unwrap();

    let kept = restore(&path, &copy).unwrap().unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), bytes, "the copy stays as it is");
    let after = fixture.snapshot();
    assert!(after.revision > before.revision);
    assert_eq!(after.tracks[0].user_genre.as_ref().unwrap().genre, "jazz");
    assert_eq!(after.tracks[0].prediction.as_ref().unwrap().model_hash, "m");
    assert_eq!(after.tracks[1].prediction, None, "it was not heard then");
    assert!(check(&path).unwrap().whole);

    restore(&path, &kept).unwrap();
    let back = fixture.snapshot();
    assert_eq!(back.tracks, before.tracks);
    assert!(back.revision > after.revision);
}

#[test]
fn older_copies_and_missing_or_damaged_libraries_can_be_restored() {
    let fixture = library(3);
    let path = database(&fixture);
    let old = fixture.dir.path().join("old.sqlite");
    fixture.library.back_up(&old).unwrap();
    Connection::open(&old).unwrap().execute_batch(include_str!("to_version_1.sql")).unwrap();
    let (dir, path) = {
        assert_eq!(path, database(&fixture));
        close(fixture)
    };
    restore(&path, &old).unwrap();
    assert!(check(&path).unwrap().version > 2, "it is migrated");
    assert_eq!(Library::open(&path).unwrap().snapshot().unwrap().tracks.len(), 3);

    std::fs::write(&path, b"rubbish ".repeat(1000)).unwrap();
    let kept = restore(&path, &old).unwrap().unwrap();
    assert!(std::fs::read(&kept).unwrap().starts_with(b"rubbish"));
    assert_eq!(Library::open(&path).unwrap().snapshot().unwrap().tracks.len(), 3);

    std::fs::remove_file(&path).unwrap();
    assert_eq!(restore(&path, &old).unwrap(), None);
    assert_eq!(Library::open(&path).unwrap().snapshot().unwrap().tracks.len(), 3);
    drop(dir);
}

#[test]
fn only_whole_libraries_are_restored() {
    let fixture = library(3);
    let path = database(&fixture);
    let copy = fixture.dir.path().join("copy.sqlite");
    fixture.library.back_up(&copy).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    let wrong = fixture.dir.path().join("wrong.sqlite");
    let refused = |content: &[u8]| {
        std::fs::write(&wrong, content).unwrap();
        let error = restore(&path, &wrong).unwrap_err();
        assert!(matches!(error, LibraryError::NoLibrary { .. } | LibraryError::Newer { .. }), "{error}");
    };
    refused(b"");
    refused(b"not a library, but long enough to be one ".repeat(200).as_slice());
    let mut damaged = whole.clone();
    damaged[4096..8192].fill(0xA5);
    refused(&damaged);
    refused(&whole[..whole.len() - 4096]);
    let other = Connection::open(&copy).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    drop(other);
    refused(&std::fs::read(&copy).unwrap());
    assert!(restore(&path, &path).is_err());
    assert!(restore(&path, &fixture.dir.path().join("nowhere")).is_err());
    assert!(check(&path).unwrap().whole);
}
