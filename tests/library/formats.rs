//! Files of every format, as another program writes them.

use std::process::Command;

use super::support::*;

/// Ending, arguments for ffmpeg, the name of the format.
const FORMATS: &[(&str, &[&str], &str)] = &[
    ("mp3", &["-c:a", "libmp3lame"], "MP3"),
    ("flac", &[], "FLAC"),
    ("ogg", &["-c:a", "libvorbis"], "Ogg Vorbis"),
    ("opus", &["-c:a", "libopus"], "Opus"),
    ("m4a", &["-c:a", "aac"], "AAC"),
    ("alac.m4a", &["-c:a", "alac"], "ALAC"),
    ("wav", &[], "WAV"),
    ("aiff", &["-write_id3v2", "1"], "AIFF"),
    ("wma", &["-c:a", "wmav2"], "WMA"),
    ("wv", &[], "WavPack"),
];

#[test]
fn tags_and_playing_time_of_every_format_are_read() {
    let mut fixture = Fixture::new();
    let mut made = Vec::new();
    for (ending, arguments, format) in FORMATS {
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=3"])
            .args(["-metadata", "title=Ein Lied", "-metadata", "artist=Jemand", "-metadata", "album=Platte"])
            .args(["-metadata", "genre=Jazz", "-metadata", "date=1999", "-metadata", "track=7"])
            .args(*arguments)
            .arg(fixture.at(&format!("song.{ending}")))
            .output();
        match output {
            Err(_) => {
                println!("skipped: no ffmpeg here");
                return;
            }
            Ok(output) if output.status.success() => made.push((ending, format)),
            Ok(_) => println!("skipped: this ffmpeg does not write {ending}"),
        }
    }
    fixture.scan();
    assert!(fixture.recorder.problems.is_empty(), "{:?}", fixture.recorder.problems);
    for (ending, format) in made {
        let track = fixture.track(&format!("song.{ending}"));
        assert_eq!(track.format, *format, "{ending}");
        assert!((track.duration_secs - 3.0).abs() < 0.2, "{ending}: {} s", track.duration_secs);
        assert_eq!((track.title.as_str(), track.artist.as_str()), ("Ein Lied", "Jemand"), "{ending}");
        assert_eq!((track.album.as_str(), track.tag_genre.as_deref()), ("Platte", Some("Jazz")), "{ending}");
        assert_eq!((track.year, track.track_number), (Some(1999), Some(7)), "{ending}");
        // The decoder of these tests knows WAV only; it is asked about what may hold several codecs.
        let playable = ["mp3", "flac", "ogg", "opus", "m4a", "alac.m4a", "wav"].contains(ending);
        assert!(!playable || track.playable, "{ending}");
    }
}

#[test]
fn songs_that_lost_their_end_are_listed() {
    let mut fixture = Fixture::new();
    let mut made = 0;
    for (ending, codec) in [("ogg", "libvorbis"), ("m4a", "aac"), ("opus", "libopus")] {
        let whole = fixture.dir.path().join(format!("whole.{ending}"));
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "sine=duration=3", "-c:a", codec, "-movflags", "+faststart"])
            .arg(&whole)
            .output();
        if !output.is_ok_and(|output| output.status.success()) {
            println!("skipped: no ffmpeg that writes {ending} here");
            continue;
        }
        let bytes = std::fs::read(&whole).unwrap();
        let path = fixture.at(&format!("cut.{ending}"));
        std::fs::write(&path, &bytes[..bytes.len() * 3 / 4]).unwrap();
        std::fs::write(fixture.at(&format!("whole.{ending}")), &bytes).unwrap();
        made += 1;
    }
    fixture.scan();
    let listed: Vec<String> =
        fixture.recorder.problems.iter().map(|problem| problem.path.display().to_string()).collect();
    assert_eq!(listed.len(), made, "{listed:?}");
    assert!(listed.iter().all(|path| path.contains("/cut.")), "{listed:?}");
}
