//! Every kind of bad file is a problem with path and reason, and the scan goes on.

use std::fs::{self, File};

use lofty::tag::TagType;
use timbre::library::model::ProblemKind;

use super::support::*;

/// Scans and answers with the kind of the problem of that file, if it has one. A good song beside it must be found.
fn problem_of(fixture: &mut Fixture, name: &str) -> Option<(ProblemKind, String)> {
    wav(&fixture.at("good.wav"), 5, 0.2);
    fixture.scan();
    assert!(!fixture.track("good.wav").missing);
    let path = fixture.music().join(name);
    let problems = fixture.library.problems().unwrap();
    problems.into_iter().find(|problem| problem.path == path).map(|problem| (problem.kind, problem.message))
}

fn kind_of(name: &str, content: &[u8]) -> Option<ProblemKind> {
    let mut fixture = Fixture::new();
    fs::write(fixture.at(name), content).unwrap();
    problem_of(&mut fixture, name).map(|(kind, message)| {
        assert!(message.ends_with('.') && message.len() > 10, "{message}");
        kind
    })
}

#[test]
fn empty_text_and_random_files_are_problems() {
    assert_eq!(kind_of("a.mp3", b""), Some(ProblemKind::Empty));
    assert_eq!(kind_of("a.flac", b"Dear diary, today I bought a record."), Some(ProblemKind::NotAudio));
    let mut state = 1_u32;
    let random: Vec<u8> = (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    for name in ["a.mp3", "a.ogg", "a.m4a", "a.wma", "a.aiff"] {
        assert!(kind_of(name, &random).is_some(), "{name}");
    }
}

#[test]
fn headers_without_the_rest_are_damaged() {
    assert_eq!(kind_of("a.flac", b"fLaC\0\0\0\x22\0\0\0\0\0"), Some(ProblemKind::Damaged));
    assert_eq!(
        kind_of("a.ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis\0"),
        Some(ProblemKind::Damaged)
    );
    assert_eq!(kind_of("a.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42"), Some(ProblemKind::Damaged));
    assert_eq!(kind_of("a.wav", b"RIFF\x24\0\0\0WAVEfmt "), Some(ProblemKind::Damaged));
    assert_eq!(
        kind_of("a.wma", b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C"),
        Some(ProblemKind::Damaged)
    );
    assert_eq!(kind_of("a.mp3", b"ID3\x04\0\0\0\0\x0F\x7F"), Some(ProblemKind::NotAudio));
}

#[test]
fn a_cut_off_song_is_listed_and_stays_in_the_library() {
    let mut fixture = Fixture::new();
    let path = fixture.at("cut.wav");
    wav(&path, 1, 2.0);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (kind, message) = problem_of(&mut fixture, "cut.wav").unwrap();
    assert_eq!(kind, ProblemKind::Damaged);
    assert!(message.contains("cut off"), "{message}");
    assert!(fixture.track("cut.wav").playable);
}

#[test]
fn every_prefix_of_a_song_is_read_without_a_panic() {
    let mut fixture = Fixture::new();
    let whole = fixture.dir.path().join("whole.mp3");
    fs::write(&whole, mp3_frames(4)).unwrap();
    tag(&whole, TagType::Id3v2, "Cut", "Rock");
    let bytes = fs::read(&whole).unwrap();
    for length in (0..bytes.len()).step_by(7) {
        fs::write(fixture.at(&format!("{length}.mp3")), &bytes[..length]).unwrap();
    }
    let summary = fixture.scan();
    assert_eq!(summary.added + summary.problems, bytes.len().div_ceil(7));
    assert!(!fixture.recorder.problems.iter().any(|problem| problem.message.contains("unforeseen")));
}

#[test]
fn a_wrong_ending_does_not_matter() {
    let mut fixture = Fixture::new();
    wav(&fixture.at("really a wave.mp3"), 1, 0.3);
    assert_eq!(problem_of(&mut fixture, "really a wave.mp3"), None);
    assert_eq!(fixture.track("really a wave.mp3").format, "WAV");
}

#[test]
fn a_folder_named_like_a_song_is_walked_and_listed_only_when_empty() {
    let mut fixture = Fixture::new();
    fs::create_dir(fixture.at("x.mp3")).unwrap();
    wav(&fixture.at("y.mp3/inside.wav"), 1, 0.2);
    assert_eq!(problem_of(&mut fixture, "x.mp3").unwrap().0, ProblemKind::Folder);
    assert_eq!(problem_of(&mut fixture, "y.mp3"), None);
    assert_eq!(fixture.track("y.mp3/inside.wav").format, "WAV");
}

#[test]
fn a_huge_tag_costs_little_and_the_song_stays() {
    let mut fixture = Fixture::new();
    let size = 100 * 1024 * 1024_u32;
    let synchsafe = |value: u32| {
        [(value >> 21) as u8 & 127, (value >> 14) as u8 & 127, (value >> 7) as u8 & 127, value as u8 & 127]
    };
    let mut bytes = b"ID3\x04\0\0".to_vec();
    bytes.extend(synchsafe(size));
    bytes.extend(b"TIT2");
    bytes.extend(synchsafe(size - 10));
    bytes.extend([0, 0, 3]);
    bytes.resize(10 + size as usize, b'A');
    bytes.extend(mp3_frames(50));
    fs::write(fixture.at("huge.mp3"), bytes).unwrap();
    assert!(problem_of(&mut fixture, "huge.mp3").is_none(), "one tag item is no problem");
    let track = fixture.track("huge.mp3");
    assert_eq!((track.format.as_str(), track.playable), ("MP3", true));
    // What can be shown of a title is shown.
    assert_eq!(track.title, "A".repeat(500));
}

#[test]
fn four_gigabytes_of_zeros_are_a_problem_in_no_time() {
    let mut fixture = Fixture::new();
    for name in ["zeros.mp3", "zeros.wav", "zeros.m4a"] {
        let file = File::create(fixture.at(name)).unwrap();
        if file.set_len(4 << 30).is_err() {
            println!("skipped: no sparse files here");
            return;
        }
    }
    let path = fixture.at("header.mp3");
    fs::write(&path, [b"ID3\x04\0\0\0\0\0\0".to_vec(), vec![0xFF, 0xFB, 0x90, 0]].concat()).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(4 << 30).unwrap();
    // The decoder of these tests would read the file whole.
    let probe = |_: &std::path::Path| {
        Err(timbre::library::scan::ProbeFailure { kind: ProblemKind::NotAudio, message: "No audio.".into() })
    };
    let roots = fixture.library.roots().unwrap();
    let options = timbre::library::scan::ScanOptions { jobs: 2, ..Default::default() };
    let cancel = timbre::base::CancelToken::default();
    let summary =
        timbre::library::scan::scan(&mut fixture.library, &roots, &options, &probe, &mut fixture.recorder, &cancel)
            .unwrap();
    assert_eq!((summary.added, summary.problems), (0, 4), "{:?}", fixture.recorder.problems);
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_songs_like_others() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut fixture = Fixture::new();
    let music = fixture.music();
    let names = [&b"a\xFF\xFE.mp3"[..], b"caf\xE9.wav"].map(|name| music.join(std::ffi::OsStr::from_bytes(name)));
    for name in &names {
        wav(name, 1, 0.2);
    }
    let summary = fixture.scan();
    assert_eq!((summary.added, summary.problems), (2, 0));
    let tracks = fixture.snapshot().tracks;
    assert_eq!(tracks.iter().map(|track| track.path.clone()).collect::<Vec<_>>(), names);
    assert_eq!(tracks[1].title, "caf\u{FFFD}");
    let before = fixture.library.revision().unwrap();
    assert_eq!(fixture.scan().unchanged, 2);
    assert_eq!(fixture.library.revision().unwrap(), before, "nothing new, nothing written");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_listed_and_tried_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut fixture = Fixture::new();
    let path = fixture.at("secret.wav");
    wav(&path, 1, 0.2);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    assert_eq!(problem_of(&mut fixture, "secret.wav").unwrap().0, ProblemKind::Permission);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(problem_of(&mut fixture, "secret.wav"), None);
    assert_eq!(fixture.track("secret.wav").format, "WAV");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened() {
    let mut fixture = Fixture::new();
    let path = fixture.at("pipe.mp3");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: no mkfifo here");
        return;
    }
    assert_eq!(problem_of(&mut fixture, "pipe.mp3").unwrap().0, ProblemKind::Other);
}

#[test]
fn a_file_that_vanishes_while_it_is_read_is_listed_once() {
    let mut fixture = Fixture::new();
    let path = fixture.at("gone.au");
    fs::write(&path, b"neither this nor that, so the decoder is asked").unwrap();
    // The decoder finds it gone.
    let probe = |path: &std::path::Path| {
        fs::remove_file(path).unwrap();
        Err(timbre::library::scan::ProbeFailure { kind: ProblemKind::Vanished, message: "It went away.".into() })
    };
    let roots = fixture.library.roots().unwrap();
    let options = timbre::library::scan::ScanOptions { jobs: 1, ..Default::default() };
    let cancel = timbre::base::CancelToken::default();
    let scan = |fixture: &mut Fixture| {
        timbre::library::scan::scan(&mut fixture.library, &roots, &options, &probe, &mut fixture.recorder, &cancel)
            .unwrap()
    };
    assert_eq!(scan(&mut fixture).problems, 1);
    assert_eq!(fixture.library.problems().unwrap()[0].kind, ProblemKind::Vanished);
    assert_eq!(scan(&mut fixture).problems, 0);
    assert!(fixture.library.problems().unwrap().is_empty());
}

#[test]
fn a_decoder_that_panics_costs_one_file() {
    let mut fixture = Fixture::new();
    fs::write(fixture.at("evil.au"), b"neither this nor that").unwrap();
    wav(&fixture.at("good.wav"), 1, 0.2);
    let probe = |path: &std::path::Path| if path.ends_with("evil.au") { panic!("as asked") } else { probe(path) };
    let roots = fixture.library.roots().unwrap();
    let options = timbre::library::scan::ScanOptions { jobs: 1, ..Default::default() };
    let cancel = timbre::base::CancelToken::default();
    let summary =
        timbre::library::scan::scan(&mut fixture.library, &roots, &options, &probe, &mut fixture.recorder, &cancel)
            .unwrap();
    assert_eq!((summary.added, summary.problems), (1, 1));
}

#[test]
fn a_song_that_turns_bad_keeps_its_row_and_recovers() {
    let mut fixture = Fixture::new();
    let path = fixture.at("a.wav");
    wav(&path, 1, 0.2);
    fixture.scan();
    let good = fs::read(&path).unwrap();
    let id = fixture.track("a.wav").id;
    fs::write(&path, b"overwritten").unwrap();
    let summary = fixture.scan();
    assert_eq!((summary.added, summary.problems), (0, 1));
    assert!(!fixture.track("a.wav").playable);
    fs::write(&path, &good).unwrap();
    touch(&path, 20);
    let summary = fixture.scan();
    assert_eq!((summary.updated, summary.problems), (1, 0));
    let track = fixture.track("a.wav");
    assert_eq!((track.id, track.playable), (id, true));
    assert!(fixture.library.problems().unwrap().is_empty());
}

#[test]
fn forgotten_problems_are_looked_at_again() {
    let mut fixture = Fixture::new();
    fs::write(fixture.at("a.mp3"), b"not music").unwrap();
    fs::write(fixture.at("b.mp3"), b"not music either").unwrap();
    assert_eq!(fixture.scan().problems, 2);
    let path = fixture.at("a.mp3");
    fixture.library.forget_problems(&[path]).unwrap();
    assert_eq!(fixture.library.problems().unwrap().len(), 1);
    assert_eq!(fixture.scan().problems, 2);
    assert_eq!(fixture.recorder.problems.len(), 1, "only the forgotten one was opened");
    fixture.library.forget_problems(&[]).unwrap();
    assert!(fixture.library.problems().unwrap().is_empty());
    fixture.scan();
    assert_eq!(fixture.recorder.problems.len(), 2);
}
