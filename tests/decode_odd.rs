//! Files that other programs leave behind: headers that lie, streams that change, damage, and sound that begins late.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it does not expect and says what it skips"
)]

mod audio_support;

use std::path::{Path, PathBuf};

use audio_support::{Sound, amplitude_at, ffmpeg, run, write};
use timbre::audio::{AudioError, AudioReader, Overview, WindowPlan, check, decode_mono, decode_windows, probe};
use timbre::base::CancelToken;

const RATE_HZ: u32 = 44_100;
const PLAN: WindowPlan = WindowPlan { rate_hz: 16_000, second_rate_hz: None, window_secs: 1.0, max_windows: 4 };

fn go() -> CancelToken {
    CancelToken::default()
}

/// Two seconds of 440 Hz and two of 880 Hz.
fn two_tones(rate_hz: u32, channels: usize) -> Sound {
    Sound::made(rate_hz, channels, 4.0, |secs| {
        let hz = if secs < 2.0 { 440.0 } else { 880.0 };
        0.5 * (std::f64::consts::TAU * hz * secs).sin()
    })
}

fn tone(hz: f64, rate_hz: u32, channels: usize) -> Sound {
    Sound::tone(hz, 0.5, rate_hz, channels, 2.0)
}

fn mono(path: &Path) -> Vec<f32> {
    decode_mono(path, 16_000, &go()).unwrap_or_else(|error| panic!("{}: {error}", path.display())).samples
}

/// The two tones are heard where they are, and all of them.
fn is_heard(path: &Path, tolerance_secs: f64) {
    let sound = mono(path);
    let name = path.display();
    let secs = sound.len() as f64 / 16_000.0;
    assert!((secs - 4.0).abs() <= tolerance_secs, "{name}: {secs} s");
    for (from, hz) in [(8_000, 440.0), (40_000, 880.0)] {
        let level = amplitude_at(&sound[from..from + 16_000], hz, 16_000);
        assert!(level > 0.2, "{name}: {hz} Hz has {level}");
    }
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [name, &(content.len() as u32).to_le_bytes()[..], content, &vec![0; content.len() % 2]].concat()
}

/// A WAV with these numbers in its headers and these chunks between.
fn wav(riff: Option<u32>, data: Option<u32>, between: &[u8]) -> Vec<u8> {
    let plain = two_tones(RATE_HZ, 1).wav();
    let (format, sound) = (&plain[12..36], &plain[44..]);
    let body =
        [b"WAVE", format, between, b"data", &data.unwrap_or(sound.len() as u32).to_le_bytes()[..], sound].concat();
    [b"RIFF", &riff.unwrap_or(body.len() as u32).to_le_bytes()[..], &body].concat()
}

#[test]
fn wav_sizes_are_believed_only_where_they_can_be_true() {
    let folder = tempfile::tempdir().unwrap();
    let true_riff = wav(None, None, &[]).len() as u32 - 8;
    let odd = [b"bext", &603_u32.to_le_bytes()[..], &[b'b'; 603]].concat();
    let long_item = chunk(b"LIST", &[b"INFOINAM", &4000_u32.to_le_bytes()[..], b"x\0"].concat());
    for (name, bytes) in [
        ("short", wav(Some(true_riff - 8), None, &[])),
        ("zero", wav(Some(0), None, &[])),
        ("zeros", wav(Some(0), Some(0), &[])),
        ("pipe", wav(Some(u32::MAX), Some(u32::MAX), &[])),
        ("long", wav(Some(u32::MAX - 5), Some(3_000_000_000), &[])),
        ("wrapped", wav(None, Some(1000), &[])),
        ("item", wav(None, None, &long_item)),
        ("odd", wav(None, None, &odd)),
        ("padded", wav(None, None, &chunk(b"bext", &[b'b'; 603]))),
        ("behind", [wav(None, None, &[]), chunk(b"LIST", b"INFOINAM\x02\0\0\0a\0")].concat()),
    ] {
        let path = write(folder.path(), &format!("{name}.wav"), &bytes);
        is_heard(&path, 0.0);
        assert!((probe(&path).unwrap().duration_secs.unwrap() - 4.0).abs() < 1e-9, "{name}");
    }
    // Too little is no wish to play the tag behind it.
    let tagged = [wav(None, None, &[]), [&b"ID3\x04\0\0\0\0\x40\0"[..], &[1; 8192]].concat()].concat();
    is_heard(&write(folder.path(), "tagged.wav", &tagged), 0.0);
}

#[test]
fn large_forms_of_wav_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let plain = two_tones(RATE_HZ, 1).wav();
    let (format, sound) = (&plain[12..36], &plain[44..]);
    let len = sound.len() as u64;
    for name in [b"RF64", b"BW64"] {
        let sizes = [(72 + len).to_le_bytes(), len.to_le_bytes(), (len / 2).to_le_bytes()].concat();
        let ds64 = chunk(b"ds64", &[&sizes[..], &[0; 4]].concat());
        let bytes = [name, &[0xff; 4][..], b"WAVE", &ds64, format, b"data", &[0xff; 4], sound].concat();
        is_heard(&write(folder.path(), "large.wav", &bytes), 0.0);
    }
    let wave = folder.path().join("plain.wav");
    std::fs::write(&wave, &plain).unwrap();
    if let Some(path) = ffmpeg(&wave, "large.w64", &["-f", "w64"]) {
        is_heard(&path, 0.0);
        assert_eq!(probe(&path).unwrap().container, "wave");
    }
}

/// More than fits into 32 bits: the sound is a hole in the file, so that it takes no room.
#[test]
fn more_than_four_gigabytes_have_their_length() {
    let folder = tempfile::tempdir().unwrap();
    let sound_bytes = 5_u64 << 30;
    let mut head = wav(Some(0), Some((sound_bytes & 0xffff_ffff) as u32), &[]);
    head.truncate(44);
    let path = write(folder.path(), "long.wav", &head);
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(44 + sound_bytes).unwrap();
    let secs = probe(&path).unwrap().duration_secs.unwrap();
    assert!((secs - (sound_bytes / 2) as f64 / f64::from(RATE_HZ)).abs() < 1e-3, "{secs}");
    let mut reader = AudioReader::open(&path).unwrap();
    assert!((reader.seek(secs - 1.0).unwrap() - (secs - 1.0)).abs() < 1e-4);
    let mut rest = Vec::new();
    while reader.next_block(&mut rest).unwrap() > 0 {}
    assert!(rest.len().abs_diff(RATE_HZ as usize) <= 1);
}

#[test]
fn aiff_sizes_are_believed_only_where_they_can_be_true() {
    let folder = tempfile::tempdir().unwrap();
    let whole = two_tones(RATE_HZ, 1).aiff();
    let sound = whole.windows(4).position(|name| name == b"SSND").unwrap();
    for (at, size) in [(4, whole.len() as u32 - 16), (4, 0), (4, u32::MAX), (sound + 4, 0), (sound + 4, u32::MAX)] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
        is_heard(&write(folder.path(), "odd.aiff", &bytes), 0.0);
    }
}

#[test]
fn wav_of_every_kind_plays_or_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), "source.wav", &two_tones(RATE_HZ, 1).wav());
    let low = write(folder.path(), "low.wav", &two_tones(8_000, 1).wav());
    let plays = ["pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw", "adpcm_ms"];
    for codec in plays.into_iter().chain(["adpcm_ima_wav", "libmp3lame", "mp2"]) {
        let rate: &[&str] = if codec == "mp2" { &["-b:a", "128k"] } else { &[] };
        if let Some(path) = ffmpeg(&source, &format!("{codec}.wav"), &[&["-c:a", codec], rate].concat()) {
            is_heard(&path, if codec.contains("mp") { 0.1 } else { 0.05 });
        }
    }
    for (codec, name) in [("libgsm_ms", "GSM"), ("g723_1", "G.723"), ("adpcm_yamaha", "Yamaha"), ("flac", "FLAC")] {
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i", low.to_str().unwrap(), "-c:a", codec])
            .arg(folder.path().join("rare.wav"))
            .status();
        if made.is_ok_and(|status| status.success()) {
            match AudioReader::open(&folder.path().join("rare.wav")).err() {
                Some(AudioError::Unsupported { codec, .. }) => assert!(codec.contains(name), "{codec}"),
                other => panic!("{codec}: {other:?}"),
            }
        }
    }
}

/// An MP3 by LAME.
fn lame(folder: &Path, sound: &Sound, options: &[&str]) -> Option<Vec<u8>> {
    let (from, to) = (write(folder, "lame.wav", &sound.wav()), folder.join("lame.mp3"));
    let mut all = vec!["--quiet"];
    all.extend_from_slice(options);
    all.extend([from.to_str().unwrap(), to.to_str().unwrap()]);
    run("lame", &all).then(|| std::fs::read(to).unwrap())
}

fn counted(path: &Path) -> f64 {
    let found = decode_windows(path, &PLAN, &go()).unwrap();
    found.duration_secs.unwrap()
}

#[test]
fn mp3_streams_that_change_are_heard_whole() {
    let folder = tempfile::tempdir().unwrap();
    let make = |sound: &Sound, options: &[&str]| lame(folder.path(), sound, options);
    let parts = [
        (
            make(&tone(440.0, RATE_HZ, 1), &["-b", "96", "-t", "-m", "m"]),
            make(&tone(880.0, RATE_HZ, 2), &["-b", "128", "-t"]),
        ),
        (
            make(&tone(440.0, RATE_HZ, 2), &["-b", "128", "-t"]),
            make(&tone(880.0, RATE_HZ, 1), &["-b", "96", "-t", "-m", "m"]),
        ),
        (make(&tone(440.0, RATE_HZ, 1), &["-b", "128", "-t"]), make(&tone(880.0, 48_000, 1), &["-b", "128", "-t"])),
        (make(&tone(440.0, 22_050, 1), &["-b", "64", "-t"]), make(&tone(880.0, 48_000, 2), &["-b", "128", "-t"])),
        (
            make(&tone(440.0, RATE_HZ, 1), &["--tt", "a", "-b", "128"]),
            make(&tone(880.0, RATE_HZ, 1), &["--tt", "b", "-V", "2"]),
        ),
    ];
    for (index, (first, second)) in parts.into_iter().enumerate() {
        let (Some(first), Some(second)) = (first, second) else { return };
        let path = write(folder.path(), &format!("{index}.mp3"), &[first, second].concat());
        is_heard(&path, 0.2);
        assert!((counted(&path) - 4.0).abs() < 0.2, "{index}: {}", counted(&path));
        // From a place in the second part, and back.
        let mut reader = AudioReader::open(&path).unwrap();
        let rate = reader.spec().sample_rate_hz;
        let channels = reader.spec().channels;
        for (secs, hz) in [(2.5, 880.0), (0.5, 440.0)] {
            reader.seek(secs).unwrap();
            let mut sound = Vec::new();
            while sound.len() < rate as usize * channels && reader.next_block(&mut sound).unwrap() > 0 {}
            let left: Vec<f32> = sound.chunks(channels).map(|frame| frame[0]).collect();
            let level = amplitude_at(&left[..rate as usize], hz, rate);
            assert!(level > 0.3, "{index}: {hz} Hz has {level}");
        }
    }
}

#[test]
fn mp3_counts_that_lie_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(vbr) = lame(folder.path(), &two_tones(RATE_HZ, 1), &["-V", "4"]) else { return };
    let at = vbr[..400].windows(4).position(|name| name == b"Xing" || name == b"Info").unwrap();
    for frames in [0, 77, 999_999, u32::MAX] {
        let mut bytes = vbr.clone();
        bytes[at + 8..at + 12].copy_from_slice(&frames.to_be_bytes());
        let path = write(folder.path(), &format!("{frames}.mp3"), &bytes);
        is_heard(&path, 0.01);
        assert!((counted(&path) - 4.0).abs() < 0.01, "{frames}");
    }
    // Variable bit rate without a header: quiet at first, then loud.
    let quiet = Sound::made(RATE_HZ, 1, 8.0, |secs| 0.001 * (2764.6 * secs).sin());
    let mut state = 1_u32;
    let mut loud = Sound::tone(880.0, 0.3, RATE_HZ, 1, 8.0);
    for sample in &mut loud.samples {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample += (state >> 8) as f32 / 67_108_864.0 - 0.125;
    }
    let both = Sound { samples: [quiet.samples, loud.samples].concat(), ..loud };
    if let Some(bytes) = lame(folder.path(), &both, &["-V", "2", "-t"]) {
        let path = write(folder.path(), "bare.mp3", &bytes);
        assert!((probe(&path).unwrap().duration_secs.unwrap() - 16.0).abs() < 0.1);
        assert!((counted(&path) - 16.0).abs() < 0.1);
    }
    // Other bytes in front.
    let Some(plain) = lame(folder.path(), &two_tones(RATE_HZ, 1), &["-b", "128"]) else { return };
    for (name, junk) in [("zeros", vec![0; 65_536]), ("ones", vec![0xff; 3000]), ("text", b"Not found. ".repeat(900))] {
        is_heard(&write(folder.path(), &format!("{name}.mp3"), &[junk, plain.clone()].concat()), 0.1);
    }
}

#[test]
fn a_click_stays_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    // Three seconds with a burst of 3 kHz at one second.
    let click = Sound::made(RATE_HZ, 1, 3.0, |secs| {
        let since = secs - 1.0;
        if (0.0..0.002).contains(&since) { (std::f64::consts::TAU * 3000.0 * since).sin() } else { 0.0 }
    });
    let wav = write(folder.path(), "click.wav", &click.wav());
    for (name, options) in [
        ("a.m4a", &["-c:a", "aac"][..]),
        ("bare.m4a", &["-c:a", "aac", "-use_editlist", "0"]),
        ("cut.m4a", &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
        ("alac.m4a", &["-c:a", "alac"]),
        ("a.aac", &["-c:a", "aac"]),
        ("a.mp3", &[]),
        ("a.ogg", &[]),
        ("a.opus", &[]),
        ("a.flac", &[]),
    ] {
        let Some(path) = ffmpeg(&wav, name, options) else { return };
        let sound = decode_mono(&path, 48_000, &go()).unwrap().samples;
        // The middle of its power.
        let all: f64 = sound.iter().map(|x| f64::from(*x).powi(2)).sum();
        let middle =
            sound.iter().enumerate().map(|(n, x)| n as f64 * f64::from(*x).powi(2)).sum::<f64>() / all / 48_000.0;
        assert!((middle - 1.001).abs() < 0.001, "{name}: at {middle}");
        let is_exact = name.ends_with("opus") || name.ends_with("flac") || name == "a.m4a" || name == "a.mp3";
        let off = (sound.len() as f64 / 48_000.0 - 3.0).abs();
        assert!(off < if is_exact { 0.002 } else { 0.05 }, "{name}: {off}");
        // What follows a seek is what a whole decode has there.
        let mut reader = AudioReader::open(&path).unwrap();
        reader.seek(0.99).unwrap();
        let mut after = Vec::new();
        while reader.next_block(&mut after).unwrap() > 0 {}
        let rate = f64::from(reader.spec().sample_rate_hz);
        let power: f64 = after.iter().map(|x| f64::from(*x).powi(2)).sum();
        let at = after.iter().enumerate().map(|(n, x)| n as f64 * f64::from(*x).powi(2)).sum::<f64>() / power / rate;
        assert!((at - 0.011).abs() < 0.001, "{name}: at {at} after a seek");
    }
}

#[test]
fn chained_streams_play_on_whatever_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let link = |sound: &Sound, name: &str, serial: &str, more: &[&str]| -> Option<Vec<u8>> {
        let wav = write(folder.path(), "link.wav", &sound.wav());
        let options = [&["-serial_offset", serial][..], more].concat();
        ffmpeg(&wav, name, &options).map(|path| std::fs::read(path).unwrap())
    };
    let low = ["-ar", "24000"];
    let cases: [(&str, u32, u32, usize, &[&str]); 5] = [
        ("same.ogg", RATE_HZ, RATE_HZ, 1, &[]),
        ("rates.ogg", RATE_HZ, 48_000, 1, &[]),
        ("stereo.ogg", 48_000, 32_000, 2, &[]),
        ("same.opus", 48_000, 48_000, 1, &[]),
        ("low.opus", 48_000, 24_000, 2, &low),
    ];
    for (name, first, second, channels, more) in cases {
        let Some(a) = link(&tone(440.0, first, 1), name, "5", &[]) else { return };
        let Some(b) = link(&tone(880.0, second, channels), name, "6", more) else { return };
        let path = write(folder.path(), &format!("chain-{name}"), &[a, b].concat());
        is_heard(&path, 0.02);
        assert!((counted(&path) - 4.0).abs() < 0.02, "{name}: {}", counted(&path));
        assert!((probe(&path).unwrap().duration_secs.unwrap() - 2.0).abs() < 2.1);
        let mut reader = AudioReader::open(&path).unwrap();
        let rate = reader.spec().sample_rate_hz;
        for (secs, hz) in [(2.5, 880.0), (0.5, 440.0)] {
            reader.seek(secs).unwrap();
            let mut sound = Vec::new();
            while sound.len() < rate as usize && reader.next_block(&mut sound).unwrap() > 0 {}
            assert!(amplitude_at(&sound[..rate as usize], hz, rate) > 0.3, "{name} from {secs} s");
        }
        assert_eq!(check(&path, &go()).unwrap().note(), None, "{name}");
    }
}

#[test]
fn surround_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    for channels in [3, 4, 5, 6, 8] {
        let wav = write(folder.path(), "many.wav", &two_tones(48_000, channels).wav());
        is_heard(&wav, 0.0);
        for (name, options) in
            [("a.opus", &["-c:a", "libopus", "-mapping_family", "1"][..]), ("a.flac", &[]), ("a.ogg", &[])]
        {
            // The encoder takes the layouts of films only.
            if channels < 6 && name == "a.opus" {
                continue;
            }
            let Some(path) = ffmpeg(&wav, name, options) else { return };
            is_heard(&path, 0.01);
            assert_eq!(probe(&path).unwrap().channels, channels, "{name}");
        }
    }
    // Each channel comes out at its place: only the centre sounds.
    let mut centre = two_tones(48_000, 6);
    for frame in centre.samples.chunks_exact_mut(6) {
        let sample = frame[2];
        frame.fill(0.0);
        frame[2] = sample;
    }
    let wav = write(folder.path(), "centre.wav", &centre.wav());
    for (name, options) in [("c.opus", &["-c:a", "libopus", "-mapping_family", "1", "-ac", "6"][..]), ("c.ogg", &[])] {
        let Some(path) = ffmpeg(&wav, name, options) else { return };
        let mut reader = AudioReader::open(&path).unwrap();
        let mut sound = Vec::new();
        while reader.next_block(&mut sound).unwrap() > 0 {}
        let power = |channel: usize| sound.chunks_exact(6).map(|frame| f64::from(frame[channel]).powi(2)).sum::<f64>();
        let others = [0, 1, 3, 4, 5].map(power).into_iter().fold(0.0, f64::max);
        assert!(power(2) > 100.0 * others, "{name}");
    }
}

#[test]
fn what_cannot_be_decoded_is_named_whatever_its_ending() {
    let folder = tempfile::tempdir().unwrap();
    let wav = write(folder.path(), "source.wav", &two_tones(RATE_HZ, 2).wav());
    let formats: [(&str, &[&str], &str); 7] = [
        ("a.wv", &[], "WavPack"),
        ("a.tta", &[], "True Audio"),
        ("a.wma", &["-c:a", "wmav2"], "Windows Media (WMA)"),
        ("a.spx", &["-c:a", "libspeex", "-ar", "16000"], "Speex"),
        ("a.ac3", &["-c:a", "ac3"], "Dolby Digital (AC-3)"),
        ("a.dts", &["-c:a", "dca", "-strict", "-2"], "DTS"),
        ("ac3.mp4", &["-c:a", "ac3"], "Dolby Digital"),
    ];
    let named = |path: &Path| match AudioReader::open(path).err() {
        Some(AudioError::Unsupported { codec, .. }) => codec,
        other => panic!("{}: {other:?}", path.display()),
    };
    for (name, options, codec) in formats {
        let Some(path) = ffmpeg(&wav, name, options) else { return };
        let renamed: PathBuf = folder.path().join("song.mp3");
        std::fs::copy(&path, &renamed).unwrap();
        assert_eq!(named(&path), codec);
        assert_eq!(named(&renamed), codec);
        // Behind a tag in front it is the same.
        let tagged = [&b"ID3\x04\0\0\0\0\x08\0"[..], &[0; 1024], &std::fs::read(&path).unwrap()].concat();
        assert_eq!(named(&write(folder.path(), "tagged.mp3", &tagged)), codec);
    }
    if let Some(path) = ffmpeg(&wav, "a.mp2", &[]) {
        is_heard(&path, 0.1);
    }
    // Noise is no MP3, however many sync words are in it.
    let mut state = 7_u64;
    let noise: Vec<u8> = (0..600_000)
        .map(|n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if n % 50 == 0 {
                0xff
            } else if n % 50 == 1 {
                0xfb
            } else {
                (state >> 40) as u8
            }
        })
        .collect();
    assert!(matches!(AudioReader::open(&write(folder.path(), "noise.mp3", &noise)), Err(AudioError::NotAudio { .. })));
}

#[test]
fn damage_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let long = Sound::sweep(RATE_HZ, 2, 12.0);
    let wav = write(folder.path(), "source.wav", &long.wav());
    for name in ["a.flac", "a.ogg", "a.opus", "a.mp3", "a.m4a", "a.aac"] {
        let Some(path) = ffmpeg(&wav, name, &[]) else { return };
        assert_eq!(check(&path, &go()).unwrap().note(), None, "{name}");
        assert_eq!(decode_windows(&path, &PLAN, &go()).unwrap().damage_note(), None, "{name}");
        assert_eq!(Overview::measure(&path, &go()).unwrap().damage, None, "{name}");
        let whole = std::fs::read(&path).unwrap();
        let middle = whole.len() / 2;
        let mut holed = whole.clone();
        holed[middle..middle + whole.len() / 10].fill(0);
        let mut flipped = whole.clone();
        flipped[middle] ^= 0x10;
        let cut = whole[..whole.len() * 2 / 3].to_vec();
        let has_sums = ["a.flac", "a.ogg", "a.opus"].contains(&name);
        let mut wrong = vec![("hole", holed)];
        if has_sums {
            wrong.push(("flip", flipped));
        }
        // Pages of Ogg may end where the cut is; there the scan tells.
        if name == "a.flac" || name == "a.mp3" {
            wrong.push(("cut", cut));
        }
        for (what, bytes) in wrong {
            let path = write(folder.path(), &format!("{what}-{name}"), &bytes);
            let checked = check(&path, &go()).unwrap();
            let at = checked.damage.first().unwrap_or_else(|| panic!("{what} {name}: nothing is told")).at_secs;
            let place = if what == "cut" { 5.0..9.5 } else { 3.5..8.5 };
            assert!(place.contains(&at), "{what} {name}: {at} s");
            let found = decode_windows(&path, &PLAN, &go()).unwrap();
            assert!(found.damage_note().unwrap().contains("damaged at 0:0"), "{what} {name}");
            // What plays or is inspected is decoded to its end.
            let damage = Overview::measure(&path, &go()).unwrap().damage;
            assert!(
                damage.as_deref().is_some_and(|note| note.starts_with("damaged at 0:0")),
                "{what} {name}: {damage:?}"
            );
            assert!(!found.windows.is_empty());
        }
    }
}

#[test]
fn the_checksum_of_flac_is_compared_where_all_of_it_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let wav = write(folder.path(), "source.wav", &Sound::sweep(RATE_HZ, 2, 9.5).wav());
    let wrong = Some("the sound is not what the file's checksum promises".to_owned());
    // Behind `fLaC`, the head of the block and eighteen bytes of numbers.
    let sum = 26..42;
    let dense = WindowPlan { window_secs: 3.0, max_windows: 3, ..PLAN };
    for (name, options) in [("16", &[][..]), ("24", &["-sample_fmt", "s32"]), ("mono", &["-ac", "1"])] {
        let Some(path) = ffmpeg(&wav, &format!("{name}.flac"), options) else { return };
        let whole = std::fs::read(path).unwrap();
        assert_ne!(whole[sum.clone()], [0; 16], "{name}: the encoder writes one");
        let (mut other, mut none) = (whole.clone(), whole.clone());
        other[sum.start] ^= 1;
        none[sum.clone()].fill(0);
        for (what, bytes, expected) in [("whole", whole, &None), ("other", other, &wrong), ("none", none, &None)] {
            let path = write(folder.path(), &format!("{what}-{name}.flac"), &bytes);
            assert_eq!(Overview::measure(&path, &go()).unwrap().damage, *expected, "{what} {name}");
            let found = decode_windows(&path, &dense, &go()).unwrap();
            assert_eq!((found.damage_note(), found.windows.len()), (expected.clone(), 3), "{what} {name}");
            // Where only parts are heard nothing can be said, nor after a jump.
            assert_eq!(decode_windows(&path, &PLAN, &go()).unwrap().damage_note(), None, "{what} {name}");
            let mut reader = AudioReader::open_verified(&path, &go()).unwrap();
            reader.seek(1.0).unwrap();
            let mut rest = Vec::new();
            while reader.next_block(&mut rest).unwrap() > 0 {}
            assert!(!reader.sum_is_wrong(), "{what} {name}");
        }
    }
}

#[test]
fn opposite_sides_are_heard() {
    let folder = tempfile::tempdir().unwrap();
    let mut sound = two_tones(RATE_HZ, 2);
    for frame in sound.samples.chunks_exact_mut(2) {
        frame[1] = -frame[0];
    }
    let path = write(folder.path(), "opposite.wav", &sound.wav());
    is_heard(&path, 0.0);
    let found = decode_windows(&path, &PLAN, &go()).unwrap();
    assert!(found.windows.iter().all(|window| window.iter().any(|sample| sample.abs() > 0.3)));
}

#[test]
fn samples_that_are_no_numbers_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut sound = Sound::tone(440.0, 0.5, RATE_HZ, 1, 4.0);
    sound.samples[50_000..60_000].fill(f32::NAN);
    let data: Vec<u8> = sound.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut format = sound.wav()[20..36].to_vec();
    (format[0], format[12], format[14]) = (3, 4, 32);
    let bytes = [b"RIFF\0\0\0\0WAVE", &chunk(b"fmt ", &format)[..], &chunk(b"data", &data)].concat();
    let path = write(folder.path(), "nan.wav", &bytes);
    assert_eq!(decode_windows(&path, &PLAN, &go()).unwrap().not_numbers, 10_000);
    assert!(mono(&path).iter().all(|sample| sample.is_finite()));
}
