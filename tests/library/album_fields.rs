//! The fields of an album: read, stored, searched, and read again once where an earlier version read less.

use timbre::library::Articles;
use timbre::library::filing::DecisionRule;
use timbre::library::playlist::playlist_order;
use timbre::library::query::Query;

use super::support::*;

/// An MP3 with these text frames of ID3v2.3.
fn mp3(frames: &[(&str, &str)]) -> Vec<u8> {
    let frames: Vec<(&str, &[u8])> = frames.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    id3v2(&frames, 40)
}

fn rule() -> DecisionRule {
    DecisionRule { threshold: 0.5, trust_file_tags: false, genres: Vec::new().into() }
}

#[test]
fn a_double_album_of_several_artists_is_stored_searched_and_in_order() {
    let mut fixture = Fixture::new();
    for (file, disc, track, artist) in [
        ("a.mp3", "2/2", "1/2", "Zoe"),
        ("b.mp3", "1/2", "2/2", "Adam"),
        ("c.mp3", "1/2", "1/2", "Mia"),
        ("d.mp3", "2/2", "2/2", "Bob"),
    ] {
        let title = format!("{disc} {track}");
        let frames = [
            ("TIT2", title.as_str()),
            ("TPE1", artist),
            ("TPE2", "Various"),
            ("TALB", "Both"),
            ("TPOS", disc),
            ("TRCK", track),
            ("TCMP", "1"),
            ("TCOM", "Clara"),
            ("TYER", "2009"),
            ("TORY", "1969"),
            ("TCON", "(8)(0)"),
            ("TSO2", "Artists, various"),
            ("TBPM", "120"),
            ("TALB", ""),
        ];
        std::fs::write(fixture.at(file), mp3(&frames)).unwrap();
    }
    fixture.scan();
    assert!(fixture.recorder.problems.is_empty(), "{:?}", fixture.recorder.problems);
    let track = fixture.track("a.mp3");
    let fields = track.album_fields();
    assert_eq!((track.album_artist(), fields.disc, fields.disc_total), ("Various", Some(2), Some(2)));
    assert_eq!((track.track_number, fields.track_total, fields.compilation), (Some(1), Some(2), true));
    assert_eq!((track.year, fields.original_year, fields.composer.as_deref()), (Some(2009), Some(1969), Some("Clara")));
    assert_eq!((track.tag_genres(), track.artists(), fields.bpm), (vec!["Jazz", "Blues"], vec!["Zoe"], Some(120)));
    let snapshot = fixture.snapshot();
    let order: Vec<&str> = playlist_order(&snapshot.tracks, Articles::Ignored)
        .into_iter()
        .map(|index| snapshot.tracks[index].title.as_str())
        .collect();
    assert_eq!(order, ["1/2 1/2", "1/2 2/2", "2/2 1/2", "2/2 2/2"]);
    for (query, wanted) in
        [("albumartist:various disc:2", 2), ("composer:clara", 4), ("disc:3", 0), ("comment:x", 0), ("disc:", 4)]
    {
        assert_eq!(Query::parse(query).filter(&snapshot.tracks, &rule()).len(), wanted, "{query}");
    }
}

#[test]
fn tags_that_an_earlier_version_read_are_read_again_once_and_nothing_is_lost() {
    let mut fixture = Fixture::new();
    std::fs::write(fixture.at("a.mp3"), mp3(&[("TIT2", "A"), ("TPOS", "2"), ("TYER", "05/06/2004")])).unwrap();
    fixture.scan();
    let track = fixture.track("a.mp3");
    fixture.library.set_genre(&[track.id], Some("jazz")).unwrap();
    let connection = rusqlite::Connection::open(fixture.library.path()).unwrap();
    connection.execute("UPDATE track SET tags_version = 0, disc = NULL, year = NULL", []).unwrap();
    assert_eq!(fixture.track("a.mp3").album_fields().disc, None);
    let summary = fixture.scan();
    assert_eq!((summary.unchanged, summary.updated, summary.added), (1, 0, 0));
    let again = fixture.track("a.mp3");
    assert_eq!((again.id, again.year, again.album_fields().disc), (track.id, Some(2004), Some(2)));
    assert_eq!(again.user_genre.map(|genre| genre.genre).as_deref(), Some("jazz"));
    // A file that is as it was is not opened a second time.
    let changes: i64 = connection.query_row("SELECT max(tags_version) FROM track", [], |row| row.get(0)).unwrap();
    assert!(changes > 0);
    assert_eq!(fixture.scan().unchanged, 1);
    assert_eq!(fixture.recorder.commits, 0);
}

#[test]
fn what_could_not_be_read_of_the_tags_is_a_note_and_no_problem() {
    let mut fixture = Fixture::new();
    let mut bytes = mp3(&[("TALB", "Album"), ("TIT2", "A")]);
    // The album's text is in an encoding that does not exist.
    bytes[20] = 9;
    std::fs::write(fixture.at("a.mp3"), bytes).unwrap();
    fixture.scan();
    assert!(fixture.recorder.problems.is_empty(), "{:?}", fixture.recorder.problems);
    let track = fixture.track("a.mp3");
    assert_eq!((track.title.as_str(), track.album.as_str()), ("A", ""));
    assert_eq!(track.album_fields().note.as_deref(), Some("One tag item (TALB) could not be read."));
}
