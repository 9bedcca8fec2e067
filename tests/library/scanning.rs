//! What scans find, and what they leave alone.

use lofty::tag::TagType;
use timbre::base::CancelToken;
use timbre::library::model::ProblemKind;

use super::support::*;

#[test]
fn tags_duration_and_format_are_read() {
    let mut fixture = Fixture::new();
    let path = fixture.at("tagged.wav");
    wav(&path, 1, 1.5);
    tag(&path, TagType::Id3v2, "Träumerei", "(17)");
    wav(&fixture.at("Untagged Song.wav"), 2, 0.5);
    std::fs::write(fixture.at("frames.mp3"), mp3_frames(100)).unwrap();
    tag(&fixture.at("frames.mp3"), TagType::Id3v2, "Frames", "Techno");
    std::fs::write(fixture.at("old.au"), b".snd\0\0\0\x18and so on").unwrap();
    std::fs::write(fixture.at("notes.txt"), b"no music").unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.added, summary.problems), (4, 0), "{:?}", fixture.recorder.problems);
    let track = fixture.track("tagged.wav");
    assert_eq!((track.title.as_str(), track.artist.as_str()), ("Träumerei", "Träumerei's artist"));
    assert_eq!((track.album.as_str(), track.year, track.track_number), ("An album", Some(1984), Some(3)));
    assert_eq!(track.tag_genre.as_deref(), Some("Rock"), "ID3's number 17");
    assert_eq!((track.format.as_str(), track.playable, track.missing), ("WAV", true, false));
    assert!((track.duration_secs - 1.5).abs() < 0.01, "{}", track.duration_secs);
    assert_eq!(fixture.track("Untagged Song.wav").title, "Untagged Song");
    let mp3 = fixture.track("frames.mp3");
    assert_eq!((mp3.format.as_str(), mp3.title.as_str()), ("MP3", "Frames"));
    assert!((mp3.duration_secs - 2.6).abs() < 0.2, "{}", mp3.duration_secs);
    let au = fixture.track("old.au");
    assert_eq!((au.format.as_str(), au.playable, au.duration_secs), ("Sun AU", true, 2.0));
    assert_eq!(fixture.recorder.last, Some((4, Some(4))));
}

#[test]
fn an_unchanged_library_is_not_opened_or_written_again() {
    let mut fixture = Fixture::new();
    for number in 0..5 {
        wav(&fixture.at(&format!("{number}.wav")), number, 0.1);
    }
    std::fs::write(fixture.at("bad.mp3"), b"this is no music at all").unwrap();
    assert_eq!(fixture.scan().added, 5);
    let before = fixture.snapshot();
    let summary = fixture.scan();
    assert_eq!((summary.added, summary.updated, summary.unchanged, summary.problems), (0, 0, 5, 1));
    assert!(fixture.recorder.problems.is_empty(), "known problems are not told again");
    assert_eq!(fixture.snapshot().revision, before.revision);
}

#[test]
fn a_changed_file_is_read_again_and_the_same_sound_is_not_heard_again() {
    let mut fixture = Fixture::new();
    let path = fixture.at("a.wav");
    wav(&path, 1, 0.2);
    fixture.scan();
    let id = fixture.track("a.wav").id;
    fixture.library.set_genre(&[id], Some("jazz")).unwrap();
    fixture.library.store_prediction(id, &prediction("m1", "rock")).unwrap();
    assert!(fixture.library.to_classify("m1", None).unwrap().is_empty());
    touch(&path, 5);
    assert_eq!(fixture.scan().updated, 1);
    tag(&path, TagType::Id3v2, "Another title", "Rock");
    assert_eq!(fixture.scan().updated, 1);
    assert!(fixture.library.to_classify("m1", None).unwrap().is_empty(), "other tags, the same sound");
    let track = fixture.track("a.wav");
    assert_eq!(
        (track.id, track.title.as_str(), track.user_genre.unwrap().genre.as_str()),
        (id, "Another title", "jazz")
    );
}

#[test]
fn a_vanished_song_is_kept_and_comes_back() {
    let mut fixture = Fixture::new();
    let path = fixture.at("sub/a.wav");
    wav(&path, 1, 0.2);
    wav(&fixture.at("b.wav"), 2, 0.2);
    fixture.scan();
    let id = fixture.track("sub/a.wav").id;
    fixture.library.set_genre(&[id], Some("blues")).unwrap();
    let away = fixture.dir.path().join("away");
    std::fs::rename(fixture.at("sub/a.wav").parent().unwrap(), &away).unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.missing, summary.unchanged), (1, 1));
    assert!(fixture.track("sub/a.wav").missing);
    assert!(!fixture.library.to_classify("m", None).unwrap().iter().any(|(track, _)| *track == id));
    assert_eq!(fixture.scan().missing, 1, "still away");
    std::fs::rename(&away, fixture.music().join("sub")).unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.returned, summary.missing), (1, 0));
    let track = fixture.track("sub/a.wav");
    assert_eq!((track.id, track.missing, track.user_genre.unwrap().genre.as_str()), (id, false, "blues"));
}

#[test]
fn a_root_that_is_away_is_one_problem_and_its_songs_stay() {
    let mut fixture = Fixture::new();
    wav(&fixture.at("a.wav"), 1, 0.2);
    wav(&fixture.at("b.wav"), 2, 0.2);
    fixture.scan();
    let away = fixture.dir.path().join("away");
    std::fs::rename(fixture.music(), &away).unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.missing, summary.problems), (2, 1));
    let snapshot = fixture.snapshot();
    assert!(snapshot.tracks.iter().all(|track| track.missing));
    assert_eq!(snapshot.problems.len(), 1);
    assert_eq!((&snapshot.problems[0].path, snapshot.problems[0].kind), (&fixture.music(), ProblemKind::Folder));
    std::fs::rename(&away, fixture.music()).unwrap();
    assert_eq!(fixture.scan().returned, 2);
    assert!(fixture.snapshot().problems.is_empty());
}

#[test]
fn a_moved_song_keeps_all_that_the_user_gave_it() {
    let mut fixture = Fixture::new();
    wav(&fixture.at("inbox/a.wav"), 1, 0.2);
    wav(&fixture.at("inbox/b.wav"), 2, 0.2);
    fixture.scan();
    let before = fixture.track("inbox/a.wav");
    fixture.library.set_genre(&[before.id], Some("folk")).unwrap();
    fixture.library.store_prediction(before.id, &prediction("m1", "rock")).unwrap();
    let playlist = fixture.library.create_playlist("Mine", &[before.id]).unwrap();
    std::fs::rename(fixture.at("inbox/a.wav"), fixture.at("sorted/new name.wav")).unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.moved, summary.added, summary.missing, summary.unchanged), (1, 0, 0, 1));
    let after = fixture.track("sorted/new name.wav");
    assert_eq!((after.id, after.added_at), (before.id, before.added_at));
    assert_eq!(after.title, "new name", "the title comes from the file's name");
    assert_eq!(after.user_genre.unwrap().genre, "folk");
    assert_eq!(*after.prediction.unwrap(), prediction("m1", "rock"));
    assert_eq!(fixture.library.playlist_tracks(playlist).unwrap(), [before.id]);
    assert!(!fixture.library.to_classify("m1", None).unwrap().iter().any(|(id, _)| *id == before.id));
}

#[test]
fn identical_copies_move_one_to_one_by_name() {
    let mut fixture = Fixture::new();
    for name in ["x/1.wav", "x/2.wav", "x/3.wav"] {
        wav(&fixture.at(name), 9, 0.2);
    }
    fixture.scan();
    let ids = ["x/1.wav", "x/2.wav", "x/3.wav"].map(|name| fixture.track(name).id);
    std::fs::rename(fixture.music().join("x"), fixture.music().join("y")).unwrap();
    wav(&fixture.at("y/0.wav"), 9, 0.2);
    let summary = fixture.scan();
    assert_eq!((summary.moved, summary.added), (3, 1));
    assert_eq!(["y/1.wav", "y/2.wav", "y/3.wav"].map(|name| fixture.track(name).id), ids);
}

#[test]
fn a_song_moves_between_roots_also_when_only_one_is_scanned() {
    let mut fixture = Fixture::new();
    wav(&fixture.at("a.wav"), 1, 0.2);
    fixture.scan();
    let id = fixture.track("a.wav").id;
    let other = fixture.dir.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::rename(fixture.at("a.wav"), other.join("a.wav")).unwrap();
    fixture.library.add_root(&other).unwrap();
    let summary = fixture.scan_roots(std::slice::from_ref(&other), &CancelToken::default());
    assert_eq!((summary.moved, summary.added), (1, 0));
    assert_eq!(fixture.snapshot().track_by_path(&other.join("a.wav")).unwrap().id, id);
    // A copy is no move.
    std::fs::copy(other.join("a.wav"), fixture.at("copy.wav")).unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.moved, summary.added, summary.unchanged), (0, 1, 1));
}

#[test]
fn overlapping_roots_and_links_reach_a_song_once() {
    let mut fixture = Fixture::new();
    wav(&fixture.at("z real/a.wav"), 1, 0.2);
    let music = fixture.music();
    fixture.library.add_root(&music.join("z real")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        let outside = fixture.dir.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        wav(&outside.join("o.wav"), 2, 0.2);
        symlink(music.join("z real"), music.join("a link")).unwrap();
        symlink(music.join("z real/a.wav"), music.join("b.wav")).unwrap();
        symlink(&outside, music.join("c link")).unwrap();
        symlink(&outside, music.join("d link")).unwrap();
        symlink(&music, music.join("z real/loop")).unwrap();
        symlink(fixture.dir.path(), music.join("up")).unwrap();
        symlink(music.join("nothing"), music.join("dangling.mp3")).unwrap();
    }
    fixture.scan();
    let names = fixture.names();
    #[cfg(unix)]
    {
        assert_eq!(names, ["c link/o.wav", "z real/a.wav"]);
        let problems: Vec<_> = fixture
            .recorder
            .problems
            .iter()
            .map(|p| (p.path.strip_prefix(&music).unwrap().to_str().unwrap(), p.kind))
            .collect();
        assert_eq!(
            problems,
            [("dangling.mp3", ProblemKind::Folder), ("up", ProblemKind::Folder), ("z real/loop", ProblemKind::Folder)]
        );
    }
    #[cfg(not(unix))]
    assert_eq!(names, ["z real/a.wav"]);
}

#[test]
fn hidden_files_and_folders_are_passed_over() {
    let mut fixture = Fixture::new();
    for name in ["a.wav", "._a.wav", ".hidden.wav", ".Trash/b.wav", "x/.y/c.wav"] {
        wav(&fixture.at(name), 1, 0.1);
    }
    assert_eq!(fixture.scan().added, 1);
    assert_eq!(fixture.names(), ["a.wav"]);
}

#[test]
fn removing_a_root_takes_its_songs_unless_another_covers_them() {
    let mut fixture = Fixture::new();
    wav(&fixture.at("keep/a.wav"), 1, 0.1);
    wav(&fixture.at("drop/b.wav"), 2, 0.1);
    std::fs::write(fixture.at("drop/bad.mp3"), b"").unwrap();
    // A sibling whose name begins the same is not inside.
    let sibling = fixture.dir.path().join("music2");
    std::fs::create_dir(&sibling).unwrap();
    wav(&sibling.join("c.wav"), 3, 0.1);
    let music = fixture.music();
    fixture.library.add_root(&music.join("keep")).unwrap();
    fixture.library.add_root(&sibling).unwrap();
    fixture.scan();
    assert_eq!(fixture.snapshot().tracks.len(), 3);
    assert_eq!(fixture.library.remove_root(&music).unwrap(), 1);
    let snapshot = fixture.snapshot();
    let paths: Vec<_> = snapshot.tracks.iter().map(|track| track.path.clone()).collect();
    assert_eq!(paths, [music.join("keep/a.wav"), sibling.join("c.wav")]);
    assert!(snapshot.problems.is_empty());
    assert!(music.join("drop/b.wav").exists());
}

#[test]
fn a_cancelled_scan_keeps_what_it_did_and_goes_on_later() {
    let mut fixture = Fixture::new();
    for number in 0..1300 {
        std::fs::write(fixture.at(&format!("{number:04}.mp3")), [mp3_frames(3), vec![0; number]].concat()).unwrap();
    }
    let cancel = CancelToken::default();
    fixture.recorder.cancel_at = Some((1, cancel.clone()));
    let roots = fixture.library.roots().unwrap();
    let summary = fixture.scan_roots(&roots, &cancel);
    assert!(summary.cancelled);
    let kept = fixture.snapshot().tracks.len();
    assert!((1..1300).contains(&kept), "{kept}");
    let summary = fixture.scan();
    assert_eq!((summary.unchanged, summary.added, summary.missing), (kept, 1300 - kept, 0));
    let ids: Vec<i64> = fixture.snapshot().tracks.iter().map(|track| track.id.0).collect();
    assert_eq!(ids, (1..=1300).collect::<Vec<_>>(), "as an uninterrupted scan gives them");
}

#[test]
fn folders_of_systems_and_patterns_are_left_out_and_counted() {
    let mut fixture = Fixture::new();
    let names = [
        "a.wav",
        "@eaDir/a.wav/b.wav",
        "sub/#recycle/x.wav",
        "$RECYCLE.BIN/x.wav",
        "__MACOSX/x.wav",
        "lost+found/x.wav",
        "quiet/x.wav",
        ".Trash-1000/x.wav",
        "Podcasts/p.wav",
    ];
    for (seed, name) in names.iter().enumerate() {
        wav(&fixture.at(name), seed as u32, 0.1);
    }
    std::fs::write(fixture.at("quiet/.nomedia"), b"").unwrap();
    for name in ["b.mid", "c.MID", "d.mod", "e.txt"] {
        std::fs::write(fixture.at(name), b"x").unwrap();
    }
    let summary = fixture.scan();
    assert_eq!((summary.added, summary.left_out, summary.problems), (2, 6, 0));
    assert_eq!(fixture.names(), ["Podcasts/p.wav", "a.wav"]);
    let kinds: Vec<(&str, usize)> = summary.unknown_kinds.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(kinds, [(".mid", 2), (".mod", 1)]);
    // A folder that is left out from now on hides its songs, and they come back with all they had.
    let id = fixture.track("Podcasts/p.wav").id;
    fixture.library.set_genre(&[id], Some("talk")).unwrap();
    let roots = fixture.library.roots().unwrap();
    let leave_out = timbre::library::scan::LeaveOut::default().with_patterns(&["podcasts"]).unwrap();
    let options = timbre::library::scan::ScanOptions { jobs: 1, leave_out };
    let cancel = CancelToken::default();
    let summary =
        timbre::library::scan::scan(&mut fixture.library, &roots, &options, &probe, &mut fixture.recorder, &cancel)
            .unwrap();
    assert_eq!((summary.missing, summary.left_out), (0, 7));
    assert_eq!(fixture.names(), ["a.wav"]);
    assert_eq!(fixture.snapshot().hidden.genres, 1);
    assert_eq!(fixture.scan().returned, 1);
    assert_eq!(fixture.track("Podcasts/p.wav").user_genre.unwrap().genre, "talk");
}
