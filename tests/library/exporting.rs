//! Automatic playlists, playlist files, covers and searching.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lofty::config::WriteOptions;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::{Tag, TagExt as _, TagType};
use timbre::base::TrackId;
use timbre::library::Articles;
use timbre::library::cover::cover;
use timbre::library::filing::DecisionRule;
use timbre::library::m3u::{PlaylistFile, PlaylistKind, export, render};
use timbre::library::model::{Track, UserGenre};
use timbre::library::playlist::auto_playlists;
use timbre::library::query::Query;

use super::support::*;

fn song(path: &str, artist: &str, title: &str) -> Track {
    Track {
        id: TrackId(1),
        path: path.into(),
        title: title.into(),
        artist: artist.into(),
        album: "Kind of Blue".into(),
        track_number: None,
        year: Some(1959),
        tag_genre: Some("Modal Jazz".into()),
        duration_secs: 545.4,
        format: "FLAC".into(),
        playable: true,
        missing: false,
        added_at: 0,
        more: None,
        in_file: None,
        user_genre: None,
        prediction: None,
    }
}

fn heard(track: Track, genre: &str) -> Track {
    Track { prediction: Some(Arc::new(prediction("m", genre))), ..track }
}

fn by_hand(track: Track, genre: &str) -> Track {
    Track { user_genre: Some(UserGenre { genre: genre.into(), set_at: 0 }), ..track }
}

fn rule(threshold: f32) -> DecisionRule {
    DecisionRule { threshold, trust_file_tags: false, genres: vec!["hiphop".to_owned(), "jazz".to_owned()].into() }
}

#[test]
fn every_song_is_in_its_genre_or_in_unsure_in_order() {
    let mut tracks = vec![
        heard(song("/m/z", "Zappa", "b"), "rock"),
        heard(song("/m/2", "ABBA", "b"), "rock"),
        heard(song("/m/1", "Abba", "A"), "rock"),
        by_hand(song("/m/h1", "X", "x"), "Hip-Hop"),
        heard(song("/m/h2", "Y", "y"), "hiphop"),
        song("/m/new", "N", "n"),
        Track { missing: true, ..heard(song("/m/away", "A", "a"), "rock") },
        Track { playable: false, ..song("/m/wma", "W", "w") },
    ];
    tracks[2].track_number = Some(1);
    tracks[1].track_number = Some(2);
    let names = |tracks: &[Track], positions: &[usize]| -> Vec<String> {
        positions.iter().map(|&position| tracks[position].file_name()).collect()
    };
    let lists = auto_playlists(&tracks, &rule(0.5), Articles::Ignored);
    let genres: Vec<_> = lists.genres.iter().map(|list| (list.genre.as_str(), names(&tracks, &list.tracks))).collect();
    assert_eq!(
        genres,
        [
            ("hiphop", vec!["h1".to_owned(), "h2".to_owned()]),
            ("rock", vec!["away".to_owned(), "1".to_owned(), "2".to_owned(), "z".to_owned()])
        ]
    );
    assert!(lists.unsure.is_empty());
    // The network's 70 % are too few now: only what is there and can be played is unsure.
    let lists = auto_playlists(&tracks, &rule(0.8), Articles::Ignored);
    assert_eq!(names(&tracks, &lists.unsure), ["1", "2", "h2", "z"]);
    assert_eq!(names(&tracks, &lists.genres[0].tracks), ["h1"]);
}

#[test]
fn the_file_is_as_players_want_it() {
    let tracks = [
        song("/music/a b/So What.flac", "Miles\nDavis", "So\r\nWhat\u{2028}!"),
        Track { duration_secs: 0.0, ..song("/music/lists/#1.ogg", "", "First") },
        song("/other/[x] é.mp3", "A", "B"),
        song("/music/a b/So What.flac", "again", "again"),
        song("/music/line\nbreak 100%.mp3", "L", "N"),
    ];
    let playlist = PlaylistFile {
        kind: PlaylistKind::Genre,
        name: "Jazz\n#EXTINF",
        tracks: tracks.iter().collect(),
        provenance: "model x, threshold 50 %",
    };
    assert_eq!(
        String::from_utf8(render(&playlist, Path::new("/music/lists"))).unwrap(),
        "#EXTM3U\n#PLAYLIST:Jazz #EXTINF\n# Timbre genre; model x, threshold 50 %\n\
         #EXTINF:545,Miles Davis - So  What !\n../a b/So What.flac\n\
         #EXTINF:-1,First\n./#1.ogg\n\
         #EXTINF:545,A - B\n../../other/[x] é.mp3\n\
         #EXTINF:545,L - N\nfile:///music/line%0Abreak%20100%25.mp3\n"
    );
}

#[test]
fn exports_are_stable_and_touch_no_file_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("made/by export");
    let track = song("/music/a.flac", "A", "B");
    let list = |name: &'static str, kind| PlaylistFile { kind, name, tracks: vec![&track], provenance: "p" };
    let all = [
        list("Rock", PlaylistKind::Genre),
        list("rock", PlaylistKind::Manual),
        list("AC/DC", PlaylistKind::Manual),
        list("Unsure", PlaylistKind::Unsure),
    ];
    let files = export(&folder, &all, true).unwrap();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["Rock.m3u8", "rock (2).m3u8", "AC_DC.m3u8", "Unsure.m3u8"]);
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    for file in &files {
        fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
    }
    assert_eq!(export(&folder, &all, true).unwrap(), files);
    for file in &files {
        assert_eq!(fs::metadata(file).unwrap().modified().unwrap(), old, "the same content is not written again");
    }
    // The genre lost its songs; the user has a list of his own and a folder with a playlist's name.
    fs::write(folder.join("Mine.m3u8"), "#EXTM3U\n/x.mp3\n").unwrap();
    fs::write(folder.join("Jazz.m3u8"), "#EXTM3U\n/y.mp3\n").unwrap();
    fs::create_dir(folder.join("Folk.m3u8")).unwrap();
    let files = export(&folder, &[list("Jazz", PlaylistKind::Genre), list("Folk", PlaylistKind::Genre)], true).unwrap();
    assert_eq!(files, [folder.join("Jazz (2).m3u8"), folder.join("Folk (2).m3u8")]);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("Rock.m3u8"), "#EXTM3U\n#PLAYLIST:Rock\n# Timbre genre\n");
    assert_eq!(read("Unsure.m3u8"), "#EXTM3U\n#PLAYLIST:Unsure\n# Timbre unsure\n");
    assert!(read("rock (2).m3u8").contains("a.flac"), "manual ones stay");
    assert_eq!(read("Mine.m3u8"), "#EXTM3U\n/x.mp3\n");
    assert_eq!(read("Jazz.m3u8"), "#EXTM3U\n/y.mp3\n");
    // Without `clear_stale` nothing else is touched.
    export(&folder, &[list("Rock", PlaylistKind::Genre)], false).unwrap();
    assert!(read("Jazz (2).m3u8").contains("a.flac"));
}

#[cfg(unix)]
#[test]
fn relative_paths_lead_out_of_a_linked_folder() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("real/deep/lists")).unwrap();
    fs::write(root.join("song.mp3"), "x").unwrap();
    std::os::unix::fs::symlink(root.join("real/deep/lists"), root.join("link")).unwrap();
    let track = song(root.join("song.mp3").to_str().unwrap(), "A", "B");
    let list = PlaylistFile { kind: PlaylistKind::Manual, name: "x", tracks: vec![&track], provenance: "" };
    let files = export(&root.join("link"), &[list], false).unwrap();
    let text = fs::read_to_string(&files[0]).unwrap();
    let line = text.lines().last().unwrap();
    assert_eq!(fs::read_to_string(root.join("link").join(line)).unwrap(), "x", "{line}");
}

#[test]
fn an_export_that_cannot_be_written_names_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = export(&file.join("folder"), &[], false).unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
}

#[test]
fn the_cover_is_in_the_file_or_beside_it() {
    let mut fixture = Fixture::new();
    let path = fixture.at("album/a.wav");
    wav(&path, 1, 0.2);
    assert_eq!(cover(&path).unwrap(), None);
    fs::write(fixture.at("album/Folder.JPG"), b"folder").unwrap();
    fs::write(fixture.at("album/back.jpg"), b"back").unwrap();
    assert_eq!(cover(&path).unwrap().as_deref(), Some(&b"folder"[..]));
    fs::write(fixture.at("album/cover.png"), b"cover").unwrap();
    assert_eq!(cover(&path).unwrap().as_deref(), Some(&b"cover"[..]));
    let mut tag = Tag::new(TagType::Id3v2);
    for (kind, data) in [(PictureType::CoverBack, &b"embedded back"[..]), (PictureType::CoverFront, b"embedded front")]
    {
        tag.push_picture(Picture::unchecked(data.to_vec()).pic_type(kind).mime_type(MimeType::Jpeg).build());
    }
    tag.save_to_path(&path, WriteOptions::default()).unwrap();
    assert_eq!(cover(&path).unwrap().as_deref(), Some(&b"embedded front"[..]));
    // A scan is not disturbed by pictures, and a song that is gone is an error.
    assert_eq!(fixture.scan().problems, 0);
    assert!(cover(&fixture.music().join("nowhere.mp3")).is_err());
}

#[test]
fn searching_understands_words_fields_ranges_and_states() {
    let tracks = [
        heard(song("/m/0", "Miles Davis", "So What"), "jazz"),
        by_hand(Track { year: Some(1985), duration_secs: 200.0, ..song("/m/1", "Björk", "Jóga") }, "pop"),
        Track { year: None, missing: true, album: "Live at Wembley".into(), ..song("/m/2", "Queen", "Radio Ga Ga") },
    ];
    let rule = rule(0.8);
    for (text, expected) in [
        ("", &[0, 1, 2][..]),
        ("   ", &[0, 1, 2]),
        ("miles", &[0]),
        ("BJORK", &[1]),
        ("björk joga", &[1]),
        ("miles joga", &[]),
        ("\"so what\"", &[0]),
        ("\"what so\"", &[]),
        ("\"so wh", &[0]),
        ("-live", &[0, 1]),
        ("artist:queen", &[2]),
        ("ARTIST:\"miles davis\"", &[0]),
        ("title:queen", &[]),
        ("genre:pop", &[1]),
        ("genre:jazz", &[0, 2]),
        ("pop", &[1]),
        ("year:1959", &[0]),
        ("year:<1970", &[0]),
        ("year:>1959", &[1]),
        ("year:>=1959", &[0, 1]),
        ("year:<=1985", &[0, 1]),
        ("year:1980..1989", &[1]),
        ("year:1980..", &[1]),
        ("-year:..1980", &[1, 2]),
        ("length:>300", &[0, 2]),
        ("length:<5:00", &[1]),
        ("length:200", &[1]),
        ("is:unsure", &[0]),
        ("is:missing", &[2]),
        ("-is:missing", &[0, 1]),
        ("is:manual", &[1]),
        ("tag:guitar", &[0]),
        ("tag:piano", &[]),
        // Unfinished or strange input.
        ("year:", &[0, 1, 2]),
        ("year:<", &[0, 1, 2]),
        ("year:..", &[0, 1, 2]),
        ("artist:", &[0, 1, 2]),
        ("year:old", &[]),
        ("is:m", &[2]),
        ("is:nonsense", &[]),
        ("-", &[0, 1, 2]),
        ("\"", &[0, 1, 2]),
        ("foo:bar", &[]),
        (":", &[]),
        ("year:9999999999999999999999..nan", &[]),
    ] {
        assert_eq!(Query::parse(text).filter(&tracks, &rule), expected, "{text:?}");
    }
}

#[test]
fn what_people_type_finds_what_is_written_in_every_field() {
    let rule = rule(0.8);
    for (written, typed) in [
        ("Don’t Stop", "don't"),
        ("Don't Stop", "dont"),
        ("Guns N' Roses", "guns n roses"),
        ("Low‐Life", "low-life"),
        ("Low-Life", "lowlife"),
        ("AC/DC", "acdc"),
        ("M.I.A.", "mia"),
        ("MIA", "m.i.a."),
        ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
        ("Ёлка", "елка"),
        ("Ｆｕｌｌ", "full"),
        ("ﬁnal", "final"),
        ("Straße", "STRASSE"),
        ("re:member", "\"re:member\""),
        ("2:30", "2:30"),
        ("http://x.y", "http://x.y"),
        ("...", "..."),
        ("Mission: Impossible", "mission: impossible"),
        ("a - b", "\"a b\""),
    ] {
        let tracks = [song("/m/0", "x", written), song("/m/1", written, "x"), song("/m/2", "x", "x")];
        let query = Query::parse(typed);
        assert_eq!(query.complaint(), None, "{typed}");
        assert_eq!(query.filter(&tracks, &rule), [0, 1], "{written} by {typed}");
        // A field with signs alone says nothing yet.
        if !typed.contains(['"', ' ']) && typed != "..." {
            assert_eq!(Query::parse(&format!("title:{typed}")).filter(&tracks, &rule), [0], "{written} by {typed}");
        }
    }
    let kana = [song("/m/0", "x", "が"), song("/m/1", "x", "か"), song("/m/2", "x", "Йога"), song("/m/3", "x", "Иога")];
    for (typed, expected) in [("か\u{3099}", 0), ("か", 1), ("и\u{306}ога", 2), ("иога", 3)] {
        assert_eq!(Query::parse(typed).filter(&kana, &rule), [expected], "{typed}");
    }
}

#[test]
fn spans_of_years_and_lengths_take_every_sign() {
    let tracks: Vec<Track> = (1984..=1988)
        .map(|year| Track { year: Some(year), duration_secs: f64::from(year - 1980) * 60.0, ..song("/m", "x", "x") })
        .collect();
    for (text, expected) in [
        ("year:1985-1987", &[1, 2, 3][..]),
        ("year:1985..1987", &[1, 2, 3]),
        ("year:1985–1987", &[1, 2, 3]),
        ("year:1987-1985", &[1, 2, 3]),
        ("year:１９８５-1987", &[1, 2, 3]),
        ("year:1987-", &[3, 4]),
        ("year:<1986", &[0, 1]),
        ("year:>=1987", &[3, 4]),
        ("year:≥1987", &[3, 4]),
        ("length:5:00-6:30", &[1, 2]),
        ("length:..4:30", &[0]),
        ("-year:1985-1988", &[0]),
    ] {
        let query = Query::parse(text);
        assert_eq!(query.complaint(), None, "{text}");
        assert_eq!(query.filter(&tracks, &rule(0.5)), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_complained_about_and_names_the_nearest() {
    for (text, nearest) in [
        ("artits:x", "artist?"),
        ("foo:bar", "did you mean"),
        ("yaer:1980", "year?"),
        ("miles ablum:blue", "album?"),
        ("-gener:jazz", "genre?"),
        ("ARTITS:x", "artist?"),
        ("is:unsrue", "is:unsure?"),
        ("year:old", "year:1985"),
        ("length:long", "length:"),
    ] {
        let query = Query::parse(text);
        assert!(
            query.complaint().is_some_and(|complaint| complaint.contains(nearest)),
            "{text}: {:?}",
            query.complaint()
        );
        assert!(!query.is_empty());
    }
    for text in [
        "2:30",
        "http://a.b",
        "C:\\music",
        "artist:",
        "year:",
        "year:19",
        "is:u",
        "re: stacks",
        "\"foo:bar\"",
        "::",
        "a:b",
        "müsik:x",
    ] {
        assert_eq!(Query::parse(text).complaint(), None, "{text}");
    }
}

#[test]
fn a_playlist_is_in_the_order_in_which_people_look_for_songs() {
    let on = |artist: &str, album: &str, number: Option<u32>, title: &str| Track {
        album: album.into(),
        track_number: number,
        ..song(&format!("/m/{title}"), artist, title)
    };
    let tracks = [
        on("", "", None, "nobody's"),
        on("Los Lobos", "X", Some(1), "l"),
        on("Cream", "X", Some(1), "c"),
        on("The Beatles", "Anthology 10", Some(1), "b10"),
        on("The Beatles", "Anthology 2", Some(2), "b2"),
        on("The Beatles", "Anthology 2", None, "Part 10"),
        on("the beatles", "Anthology 2", None, "Part 9"),
        on("Die Ärzte", "X", Some(1), "a2"),
        on("ABBA", "X", Some(1), "a1"),
    ];
    let order = timbre::library::playlist::playlist_order(&tracks, Articles::Ignored);
    let titles: Vec<&str> = order.iter().map(|index| tracks[*index].title.as_str()).collect();
    assert_eq!(titles, ["a1", "a2", "b2", "Part 9", "Part 10", "b10", "c", "l", "nobody's"]);
}
