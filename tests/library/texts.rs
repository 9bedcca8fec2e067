//! Texts that were read in the wrong encoding: repaired in the library, and there to stay as long as the file says the same.

use encoding_rs::{Encoding, SHIFT_JIS, WINDOWS_1251};
use rusqlite::Connection;
use timbre::base::TrackId;
use timbre::library::db::{check, repair};
use timbre::library::filing::DecisionRule;
use timbre::library::misread::Reading;
use timbre::library::model::TextField;
use timbre::library::portable::{self, TextRepair};
use timbre::library::query::Query;
use timbre::library::{Library, portable::Document};

use super::support::*;

const FIELDS: [&str; 3] = ["TIT2", "TPE1", "TALB"];

/// An MP3 whose title, artist and album stand in another encoding in fields of Latin-1.
fn song(texts: [&str; 3], encoding: &'static Encoding, frames: usize) -> Vec<u8> {
    let texts = texts.map(|text| encoding.encode(text).0.into_owned());
    let fields: Vec<(&str, &[u8])> = FIELDS.into_iter().zip(texts.iter().map(Vec::as_slice)).collect();
    id3v2(&fields, frames)
}

fn kino() -> Vec<u8> {
    song(["Группа крови", "Кино", "Последний герой"], WINDOWS_1251, 40)
}

fn fixture() -> (Fixture, TrackId) {
    let mut fixture = Fixture::new();
    std::fs::write(fixture.at("a.mp3"), kino()).unwrap();
    fixture.scan();
    let id = fixture.track("a.mp3").id;
    (fixture, id)
}

fn texts(fixture: &mut Fixture, name: &str) -> [String; 3] {
    let track = fixture.track(name);
    [track.title, track.artist.into(), track.album.into()]
}

fn found(fixture: &mut Fixture, query: &str) -> usize {
    let rule = DecisionRule { threshold: 0.5, trust_file_tags: false, genres: Vec::new().into() };
    Query::parse(query).filter(&fixture.snapshot().tracks, &rule).len()
}

const GARBLED: [&str; 3] = ["Ãðóïïà êðîâè", "Êèíî", "Ïîñëåäíèé ãåðîé"];
const RIGHT: [&str; 3] = ["Группа крови", "Кино", "Последний герой"];

#[test]
fn a_repair_is_shown_everywhere_and_can_be_taken_back() {
    let (mut fixture, id) = fixture();
    let file = std::fs::read(fixture.at("a.mp3")).unwrap();
    assert_eq!(texts(&mut fixture, "a.mp3"), GARBLED);
    assert_eq!(fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap(), 1);
    assert_eq!(texts(&mut fixture, "a.mp3"), RIGHT);
    assert_eq!(fixture.track("a.mp3").text_in_file(TextField::Artist).as_deref(), Some("Êèíî"));
    assert!(fixture.track("a.mp3").is_repaired(TextField::Artist));
    assert_eq!((found(&mut fixture, "artist:кино"), found(&mut fixture, "Êèíî")), (1, 0));
    assert_eq!(fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap(), 0, "it is so already");
    assert_eq!(fixture.library.history().unwrap()[0].what, "read the text of “Группа крови” as cp1251");
    fixture.library.undo(None).unwrap();
    assert_eq!(texts(&mut fixture, "a.mp3"), GARBLED);
    fixture.library.redo(None).unwrap();
    assert_eq!(texts(&mut fixture, "a.mp3"), RIGHT);
    assert_eq!(fixture.library.repair_texts(&[id], None).unwrap(), 1);
    assert_eq!(texts(&mut fixture, "a.mp3"), GARBLED);
    assert_eq!(fixture.library.repair_texts(&[id, TrackId(999)], None).unwrap(), 0);
    fixture.library.undo(None).unwrap();
    assert_eq!(texts(&mut fixture, "a.mp3"), RIGHT);
    assert_eq!(std::fs::read(fixture.at("a.mp3")).unwrap(), file, "no file is touched");
}

#[test]
fn a_repair_outlives_scans_moves_new_readers_and_removed_folders() {
    let (mut fixture, id) = fixture();
    fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap();
    touch(&fixture.at("a.mp3"), 60);
    fixture.scan();
    assert_eq!(texts(&mut fixture, "a.mp3"), RIGHT);
    std::fs::rename(fixture.at("a.mp3"), fixture.at("there/b.mp3")).unwrap();
    fixture.scan();
    assert_eq!((texts(&mut fixture, "there/b.mp3"), fixture.track("there/b.mp3").id), (RIGHT.map(str::to_owned), id));
    let connection = Connection::open(fixture.library.path()).unwrap();
    connection.execute("UPDATE track SET tags_version = 0, title = 'old'", []).unwrap();
    assert_eq!(fixture.track("there/b.mp3").title, "old");
    fixture.scan();
    assert_eq!(texts(&mut fixture, "there/b.mp3"), RIGHT, "tags were read again");
    let music = fixture.music();
    fixture.library.remove_root(&music).unwrap();
    fixture.library.add_root(&music).unwrap();
    fixture.scan();
    assert_eq!(texts(&mut fixture, "there/b.mp3"), RIGHT);
    fixture.library.forget(&[id]).unwrap();
    fixture.library.undo(None).unwrap();
    assert_eq!(texts(&mut fixture, "there/b.mp3"), RIGHT);
}

#[test]
fn a_text_that_the_file_says_differently_later_on_is_the_file_s() {
    let (mut fixture, id) = fixture();
    fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap();
    let title = "Blood Type".as_bytes();
    let others = [RIGHT[1], RIGHT[2]].map(|text| WINDOWS_1251.encode(text).0.into_owned());
    let retagged = id3v2(&[("TIT2", title), ("TPE1", &others[0]), ("TALB", &others[1])], 40);
    std::fs::write(fixture.at("a.mp3"), retagged).unwrap();
    fixture.scan();
    assert_eq!(texts(&mut fixture, "a.mp3"), ["Blood Type", RIGHT[1], RIGHT[2]]);
    assert_eq!(fixture.track("a.mp3").id, id);
}

#[test]
fn bytes_that_are_no_letters_of_latin_1_are_not_lost_and_not_shown() {
    let mut fixture = Fixture::new();
    let right = ["メリー・クリスマス", "坂本龍一", "戦場の音"];
    std::fs::write(fixture.at("a.mp3"), song(right, SHIFT_JIS, 40)).unwrap();
    fixture.scan();
    let track = fixture.track("a.mp3");
    assert!(!track.title.is_empty() && !track.title.chars().any(char::is_control), "{:?}", track.title);
    assert!(track.text_in_file(TextField::Title).unwrap().contains('\u{81}'));
    assert!(!track.is_repaired(TextField::Title));
    fixture.library.repair_texts(&[track.id], Some(Reading::ShiftJis)).unwrap();
    assert_eq!(texts(&mut fixture, "a.mp3"), right);
}

#[test]
fn repairs_move_to_another_library_and_the_later_decision_holds() {
    let (mut fixture, id) = fixture();
    fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap();
    let file = fixture.dir.path().join("all.json");
    portable::write(&fixture.library.portable().unwrap(), &file).unwrap();
    let document: Document = portable::read(&file).unwrap();
    let repaired = document.songs[0].repaired.as_ref().unwrap();
    assert_eq!(repaired.texts["artist"], TextRepair { in_file: "Êèíî".into(), repaired: "Кино".into() });
    assert_eq!(document.songs[0].title, GARBLED[0], "by which the song is found elsewhere");

    let mut other = Fixture::new();
    std::fs::write(other.at("other name.mp3"), kino()).unwrap();
    other.scan();
    let report = other.library.import(&document, &[], "all.json", false).unwrap();
    assert_eq!((report.texts, report.changes_nothing()), (1, false));
    assert_eq!(texts(&mut other, "other name.mp3"), RIGHT);
    assert!(other.library.import(&document, &[], "all.json", false).unwrap().changes_nothing());
    let id = other.track("other name.mp3").id;
    other.library.undo(None).unwrap();
    assert_eq!(texts(&mut other, "other name.mp3"), GARBLED);
    other.library.repair_texts(&[id], Some(Reading::Koi8R)).unwrap();
    let mut older = document.clone();
    older.songs[0].repaired.as_mut().unwrap().set_at = 7;
    assert_eq!(other.library.import(&older, &[], "all.json", false).unwrap().texts, 0);
    let mut odd = document;
    let repaired = odd.songs[0].repaired.as_mut().unwrap();
    repaired.set_at += 1000;
    let long = TextRepair { in_file: "Êèíî".into(), repaired: "К\u{7}".repeat(100_000) };
    repaired.texts = [("artist".to_owned(), long.clone()), ("from_the_future".to_owned(), long)].into();
    other.library.import(&odd, &[], "all.json", false).unwrap();
    let artist = other.track("other name.mp3").artist;
    assert!(artist.chars().count() <= 500 && !artist.chars().any(char::is_control), "{}", artist.len());
}

#[test]
fn a_damaged_repair_costs_itself_at_most() {
    let (mut fixture, id) = fixture();
    fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap();
    let path = fixture.library.path().to_path_buf();
    for damage in ["fields = 'nonsense'", "fields = x'ff'", "track_id = 77"] {
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute(&format!("UPDATE text_repair SET {damage}"), []).unwrap();
        drop(connection);
        assert_eq!(texts(&mut fixture, "a.mp3"), GARBLED, "{damage}");
        assert!(!check(&path).unwrap().whole, "{damage}");
        repair(&path).unwrap();
        assert!(check(&path).unwrap().whole, "{damage}");
        assert_eq!(fixture.library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap(), 1, "{damage}");
    }
}

#[test]
fn a_library_of_the_version_before_is_taken_over() {
    let (fixture, id) = fixture();
    let path = fixture.library.path().to_path_buf();
    let Fixture { dir, library, .. } = fixture;
    drop(library);
    Connection::open(&path).unwrap().execute_batch("DROP TABLE text_repair; PRAGMA user_version = 3").unwrap();
    let mut library = Library::open(&path).unwrap();
    assert_eq!(library.repair_texts(&[id], Some(Reading::Windows1251)).unwrap(), 1);
    assert_eq!(library.snapshot().unwrap().tracks[0].artist, "Кино");
    drop(dir);
}
