//! The table of formats in the README says what the program does with files that this test makes: reads their tags, plays them
//! whole, begins and ends at the exact sample. Rows whose encoder is not on this machine are left out, with a message.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops at what it does not expect and says what it skips"
)]

mod audio_support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use audio_support::{Sound, au_header, ffmpeg, write};
use serde_json::Value;
use timbre::audio::{AudioError, AudioReader, Overview};
use timbre::base::{CancelToken, endings};

const README: &str = include_str!("../README.md");
/// A rate that every codec here takes as it is.
const RATE_HZ: u32 = 48_000;
/// No whole number of blocks of any codec.
const FRAMES: usize = 2 * RATE_HZ as usize + 4_700;
/// Where the clicks begin, frames.
const CLICKS: [usize; 2] = [12_345, 80_123];
/// How long a click lasts, frames.
const CLICK_FRAMES: usize = 96;
const TITLE: &str = "Ein Lied";
const ARTIST: &str = "Jemand";

/// A row of the table.
struct Row {
    format: String,
    endings: Vec<String>,
    tags: bool,
    plays: bool,
    exact: Exact,
}

/// How exactly the sound begins and ends where it was encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Exact {
    /// To the sample.
    Yes,
    /// To the millisecond.
    Millisecond,
    No,
}

fn table() -> Vec<Row> {
    let mut lines = README.lines().skip_while(|line| !line.starts_with("| Format |"));
    let head: Vec<&str> = cells(lines.next().expect("the README has a table of formats"));
    assert_eq!(head, ["Format", "Endings", "Tags", "Plays", "To the sample"]);
    let yes = |cell: &str| match cell {
        "yes" => true,
        "no" => false,
        other => panic!("{other} is neither yes nor no"),
    };
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = cells(line);
            let [format, endings, tags, plays, exact] = cells[..] else { panic!("{line}") };
            Row {
                format: format.to_owned(),
                endings: endings.split(' ').map(str::to_owned).collect(),
                tags: yes(tags),
                plays: yes(plays),
                exact: match exact {
                    "yes" => Exact::Yes,
                    "1 ms" => Exact::Millisecond,
                    "no" => Exact::No,
                    other => panic!("{other} is not how exact a format is"),
                },
            }
        })
        .collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// Silence with two short bursts.
fn clicks() -> Sound {
    let mut samples = vec![0.0_f32; 2 * FRAMES];
    for start in CLICKS {
        for frame in 0..CLICK_FRAMES {
            let phase = std::f64::consts::TAU * 3_000.0 * frame as f64 / f64::from(RATE_HZ);
            let swell = (std::f64::consts::PI * frame as f64 / CLICK_FRAMES as f64).sin();
            samples[2 * (start + frame)..][..2].fill((0.9 * swell * phase.sin()) as f32);
        }
    }
    Sound { rate_hz: RATE_HZ, channels: 2, samples }
}

/// Files of a format, each with title and artist where the format has a place for them; `None` without an encoder.
fn made(format: &str, folder: &Path) -> Option<Vec<Vec<u8>>> {
    let sound = clicks();
    let wav = write(folder, "source.wav", &sound.wav());
    let by_ffmpeg = |ending: &str, options: &[&str]| {
        let (title, artist) = (format!("title={TITLE}"), format!("artist={ARTIST}"));
        let all = [&["-map_metadata", "-1", "-metadata", &title, "-metadata", &artist], options].concat();
        let path = ffmpeg(&wav, &format!("made.{ending}"), &all)?;
        Some(vec![std::fs::read(path).unwrap()])
    };
    let behind_id3 =
        |files: Option<Vec<Vec<u8>>>| files.map(|files| files.into_iter().map(|file| [id3(), file].concat()).collect());
    match format {
        "WAV" => Some(vec![riff(b"RIFF", &sound)]),
        "RF64, BW64" => Some(vec![riff(b"RF64", &sound), riff(b"BW64", &sound)]),
        "Wave64" => Some(vec![wave64(&sound)]),
        "AIFF" => Some(vec![aiff(&sound)]),
        "Sun/NeXT" => Some(vec![au(&sound)]),
        "Core Audio" => Some(vec![caf(&sound)]),
        "FLAC" => by_ffmpeg("flac", &[]),
        "FLAC in Ogg" => by_ffmpeg("oga", &["-c:a", "flac"]),
        "Ogg Vorbis" => by_ffmpeg("ogg", &["-c:a", "libvorbis", "-q:a", "6"]),
        "Opus" => by_ffmpeg("opus", &["-c:a", "libopus", "-b:a", "160k"]),
        "MP3" => by_ffmpeg("mp3", &["-c:a", "libmp3lame", "-b:a", "192k"]),
        "MP2" => behind_id3(by_ffmpeg("mp2", &["-c:a", "mp2", "-b:a", "256k"])),
        "AAC" => by_ffmpeg("m4a", &["-c:a", "aac", "-b:a", "192k"]),
        "ALAC" => by_ffmpeg("m4a", &["-c:a", "alac"]),
        "AAC without a container" => behind_id3(by_ffmpeg("aac", &["-c:a", "aac", "-b:a", "192k"])),
        "FLAC in Matroska" => by_ffmpeg("mka", &["-c:a", "flac"]),
        "WebM, Opus in Matroska" => {
            let mut files = by_ffmpeg("webm", &["-c:a", "libopus", "-b:a", "160k"])?;
            files.extend(by_ffmpeg("mka", &["-c:a", "libopus", "-b:a", "160k"])?);
            Some(files)
        }
        "WavPack" => by_ffmpeg("wv", &[]),
        "True Audio" => by_ffmpeg("tta", &[]),
        "WMA" => by_ffmpeg("wma", &["-c:a", "wmav2"]),
        "Speex" => by_ffmpeg("spx", &["-c:a", "libspeex", "-ar", "32000"]),
        "Monkey's Audio" => Some(vec![[monkeys_audio(), ape_tag()].concat()]),
        "Musepack" => Some(vec![[musepack(), ape_tag()].concat()]),
        "DSD (DSF)" => Some(vec![dsf()]),
        "Others" => Some(vec![
            b"#!AMR\n".repeat(100),
            [b"tBaK", &[0; 4000][..]].concat(),
            [b"Creative Voice File\x1a", &[0; 4000][..]].concat(),
            [b".RMF", &[0; 4000][..]].concat(),
            [&[0x0b, 0x77][..], &[0; 4000]].concat(),
        ]),
        other => panic!("this test does not know how {other} is made"),
    }
}

/// Title and artist as the items of a RIFF list.
fn info_items() -> Vec<u8> {
    let item = |name: &[u8; 4], text: &str| {
        let text = [text.as_bytes(), b"\0"].concat();
        [name, &(text.len() as u32).to_le_bytes()[..], &text, &vec![0; text.len() % 2]].concat()
    };
    [&b"INFO"[..], &item(b"INAM", TITLE), &item(b"IART", ARTIST)].concat()
}

/// A WAV, or one of its forms for more than 4 GB.
fn riff(name: &[u8; 4], sound: &Sound) -> Vec<u8> {
    let plain = sound.wav();
    let (format, data) = (&plain[12..36], &plain[44..]);
    let items = info_items();
    let list = [b"LIST", &(items.len() as u32).to_le_bytes()[..], &items].concat();
    let len = data.len() as u64;
    let (ds64, data_size) = if name == b"RIFF" {
        (Vec::new(), len as u32)
    } else {
        let sizes = [72 + len + list.len() as u64, len, len / 4].map(u64::to_le_bytes).concat();
        ([b"ds64", &28_u32.to_le_bytes()[..], &sizes, &[0; 4]].concat(), u32::MAX)
    };
    let body = [b"WAVE", &ds64[..], format, &list, b"data", &data_size.to_le_bytes(), data].concat();
    let size = if name == b"RIFF" { body.len() as u32 } else { u32::MAX };
    [name, &size.to_le_bytes()[..], &body].concat()
}

fn wave64(sound: &Sound) -> Vec<u8> {
    let plain = sound.wav();
    let guid = |name: &[u8; 4]| match name {
        b"riff" => *b"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\0\0",
        b"list" => *b"list\x2F\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\0\0",
        [a, b, c, d] => [*a, *b, *c, *d, 0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A],
    };
    let chunk = |name: &[u8; 4], body: &[u8]| {
        let size = 24 + body.len();
        let padding = vec![0; size.next_multiple_of(8) - size];
        [&guid(name)[..], &(size as u64).to_le_bytes(), body, &padding].concat()
    };
    let chunks = [chunk(b"fmt ", &plain[20..36]), chunk(b"list", &info_items()), chunk(b"data", &plain[44..])].concat();
    let size = 40 + chunks.len() as u64;
    [&guid(b"riff")[..], &size.to_le_bytes(), &guid(b"wave"), &chunks].concat()
}

fn aiff(sound: &Sound) -> Vec<u8> {
    let mut file = sound.aiff();
    for (name, text) in [(b"NAME", TITLE), (b"AUTH", ARTIST)] {
        file.extend_from_slice(name);
        file.extend_from_slice(&(text.len() as u32).to_be_bytes());
        file.extend_from_slice(text.as_bytes());
        file.resize(file.len().next_multiple_of(2), 0);
    }
    let size = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&size.to_be_bytes());
    file
}

fn au(sound: &Sound) -> Vec<u8> {
    let text = format!("title={TITLE}\nartist={ARTIST}\0\0\0\0");
    let plain = sound.au(3);
    let data = &plain[32..];
    let header = au_header(24 + text.len() as u32, data.len() as u32, 3, sound.rate_hz, sound.channels as u32);
    [&header, text.as_bytes(), data].concat()
}

/// Core Audio: 16 bits, lowest byte first.
fn caf(sound: &Sound) -> Vec<u8> {
    let data = &sound.wav()[44..];
    let chunk = |name: &[u8; 4], body: &[u8]| [name, &(body.len() as u64).to_be_bytes()[..], body].concat();
    let numbers = [2_u32, 4, 1, 2, 16].map(u32::to_be_bytes).concat();
    let desc = [&f64::from(sound.rate_hz).to_be_bytes()[..], b"lpcm", &numbers].concat();
    let texts = format!("title\0{TITLE}\0artist\0{ARTIST}\0");
    let info = [&2_u32.to_be_bytes()[..], texts.as_bytes()].concat();
    let data = [&[0; 4][..], data].concat();
    [b"caff\0\x01\0\0", &chunk(b"desc", &desc)[..], &chunk(b"info", &info), &chunk(b"data", &data)].concat()
}

/// An ID3v2.4 tag of title and artist.
fn id3() -> Vec<u8> {
    let frame = |name: &[u8; 4], text: &str| {
        let size = text.len() as u32 + 1;
        [name, &size.to_be_bytes()[..], &[0, 0, 3], text.as_bytes()].concat()
    };
    let frames = [frame(b"TIT2", TITLE), frame(b"TPE1", ARTIST)].concat();
    [b"ID3\x04\0\0\0\0\0", &[frames.len() as u8][..], &frames].concat()
}

/// An APEv2 tag of title and artist, without a header.
fn ape_tag() -> Vec<u8> {
    let item = |name: &str, text: &str| {
        let head = [(text.len() as u32).to_le_bytes(), [0; 4]].concat();
        [&head, name.as_bytes(), b"\0", text.as_bytes()].concat()
    };
    let items = [item("Title", TITLE), item("Artist", ARTIST)].concat();
    let numbers = [2000, items.len() as u32 + 32, 2, 0].map(u32::to_le_bytes).concat();
    [&items, &b"APETAGEX"[..], &numbers, &[0; 8]].concat()
}

/// The headers of Monkey's Audio 3.99 and a frame of nothing.
fn monkeys_audio() -> Vec<u8> {
    let sizes = [52_u32, 24, 4, 0, 4096, 0, 0].map(u32::to_le_bytes).concat();
    let format = [&[0xd0, 0x07, 0, 0][..], &73_728_u32.to_le_bytes(), &27_000_u32.to_le_bytes(), &2_u32.to_le_bytes()];
    let last = [&16_u16.to_le_bytes()[..], &2_u16.to_le_bytes(), &RATE_HZ.to_le_bytes()];
    [b"MAC \x96\x0f\0\0", &sizes[..], &[7; 16], &format.concat(), &last.concat(), &[0; 4], &[0x55; 4096]].concat()
}

/// A stream of Musepack 8: its header, and packets of nothing.
fn musepack() -> Vec<u8> {
    // The size of a packet counts its name and itself.
    let packet = |name: &[u8; 2], body: &[u8]| [name, &[body.len() as u8 + 3][..], body].concat();
    // Checksum, version, 96 000 samples as 7 bits a byte, no silence in front, 48 kHz and 27 bands, 2 channels.
    let header = [0, 0, 0, 0, 8, 0x85, 0xee, 0x00, 0, 0x3b, 0x10];
    [b"MPCK", &packet(b"SH", &header)[..], &packet(b"AP", &[0x55; 100]), &packet(b"SE", &[])].concat()
}

/// A second of DSD, with an ID3 tag behind it.
fn dsf() -> Vec<u8> {
    let (rate, channels, block) = (2_822_400_u32, 2_u32, 4096_u32);
    let sound = vec![0x69; 2 * 4096 * 87];
    let numbers = [1, 0, 2, channels, rate, 1].map(u32::to_le_bytes).concat();
    let format = [&numbers[..], &u64::from(rate).to_le_bytes(), &block.to_le_bytes(), &[0; 4]].concat();
    let format = [b"fmt ", &52_u64.to_le_bytes()[..], &format].concat();
    let data = [b"data", &(12 + sound.len() as u64).to_le_bytes()[..], &sound].concat();
    let tag_at = 28 + (format.len() + data.len()) as u64;
    let head = [28, tag_at + id3().len() as u64, tag_at].map(u64::to_le_bytes).concat();
    [b"DSD ", &head[..], &format, &data, &id3()].concat()
}

/// What `timbre list` says of a folder that was scanned.
fn listed(folder: &Path) -> Vec<Value> {
    let timbre = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbre"));
        command.args(arguments).arg("--json").env("TIMBRE_DATA_DIR", folder.join("data")).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).output().unwrap()
    };
    let scanned = timbre(&["scan", folder.join("music").to_str().unwrap()]);
    // 3: some files are under Problems.
    let stderr = String::from_utf8_lossy(&scanned.stderr);
    assert!(matches!(scanned.status.code(), Some(0 | 3)), "{stderr}");
    let list = timbre(&["list"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    list["tracks"].as_array().or(list.as_array()).expect("a list of songs").clone()
}

#[test]
fn the_table_of_formats_is_true() {
    let dir = tempfile::tempdir().unwrap();
    let music = dir.path().join("music");
    std::fs::create_dir(&music).unwrap();
    let mut expected = Vec::new();
    for (number, row) in table().into_iter().enumerate() {
        let Some(files) = made(&row.format, dir.path()) else {
            println!("skipped: {}", row.format);
            continue;
        };
        for (variant, bytes) in files.iter().enumerate() {
            for ending in &row.endings {
                let name = format!("{number:02}-{variant}.{ending}");
                expected.push((write(&music, &name, bytes), name, row.tags));
            }
            let path = music.join(format!("{number:02}-{variant}.{}", row.endings[0]));
            plays_as_told(&row, &path);
        }
    }
    let songs = listed(dir.path());
    for (path, name, tags) in expected {
        let song = songs.iter().find(|song| song["path"] == path.to_str().unwrap());
        let read = song.is_some_and(|song| song["title"] == TITLE && song["artist"] == ARTIST);
        assert_eq!(read, tags, "{name}: {song:?}");
    }
}

/// Whether a file plays as its row says: whole, and to the sample.
fn plays_as_told(row: &Row, path: &Path) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut reader = match AudioReader::open(path) {
        Ok(reader) => reader,
        Err(AudioError::Unsupported { .. }) if !row.plays => return,
        Err(error) => panic!("{}: {error}", row.format),
    };
    assert!(row.plays, "{} is played, and the table denies it", row.format);
    let (rate, channels) = (f64::from(reader.spec().sample_rate_hz), reader.spec().channels);
    let mut samples = Vec::new();
    while reader.next_block(&mut samples).unwrap() > 0 {}
    let frames = samples.len() / channels;
    let secs = frames as f64 / rate;
    let whole = FRAMES as f64 / f64::from(RATE_HZ);
    assert!((secs - whole).abs() < 0.1, "{name}, {}: {secs} s of {whole} s", row.format);
    let told = Overview::measure(path, &CancelToken::default()).unwrap();
    assert_eq!(told.damage, None, "{name}, {}: it is whole", row.format);
    // The middle of the power around where a click should be.
    let clicks_are_there = CLICKS.iter().all(|start| {
        let around = start - 2_000..start + CLICK_FRAMES + 2_000;
        let power = |frame: usize| samples.get(frame * channels).map_or(0.0, |sample| f64::from(*sample).powi(2));
        let all: f64 = around.clone().map(power).sum();
        let middle = around.map(|frame| frame as f64 * power(frame)).sum::<f64>() / all;
        let off_secs = (middle - (*start as f64 + CLICK_FRAMES as f64 / 2.0)) / rate;
        off_secs.abs() < 0.001
    });
    let exact = match frames.abs_diff(FRAMES) {
        _ if !clicks_are_there || rate != f64::from(RATE_HZ) => Exact::No,
        0 => Exact::Yes,
        off if off <= RATE_HZ as usize / 1000 => Exact::Millisecond,
        _ => Exact::No,
    };
    println!("{name}, {}: {frames} frames of {FRAMES}, clicks {clicks_are_there}", row.format);
    assert_eq!(exact, row.exact, "{name}, {}: {frames} frames of {FRAMES} at {rate} Hz", row.format);
}

#[test]
fn the_table_names_every_ending_that_a_scan_looks_at() {
    let rows = table();
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| &row.endings).map(String::as_str).collect();
    let looked_at: BTreeSet<&str> = endings::PLAYED.into_iter().chain(endings::LISTED).collect();
    assert_eq!(named, looked_at);
    for row in &rows {
        for ending in &row.endings {
            assert_eq!(endings::is_played(ending), row.plays, "{}: {ending}", row.format);
        }
    }
}
