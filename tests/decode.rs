//! Decoding real files of every format: what goes in comes out, wherever one starts, and nothing that is broken harms.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it does not expect and says what it skips"
)]

mod audio_support;

use std::path::{Path, PathBuf};

use audio_support::{Sound, amplitude_at, au_header, ffmpeg, largest_difference, run, write};
use timbre::audio::{AudioError, AudioReader, WindowPlan, decode_mono, decode_windows, probe};
use timbre::base::CancelToken;

const TONE_HZ: f64 = 1_000.0;
const LEVEL: f64 = 0.5;

fn go() -> CancelToken {
    CancelToken::default()
}

/// What a format promises about a tone of four seconds.
struct Promise {
    /// How far the number of samples may be off, seconds (codecs without gapless data keep their padding).
    length_secs: f64,
    /// How far the level may be off, relative.
    level: f64,
    /// How far windows may differ from the same part of a whole decode.
    windows: f32,
    /// How far the samples after a seek may differ from the same part of a whole decode.
    seek: f32,
}

const EXACT: Promise = Promise { length_secs: 0.0, level: 0.001, windows: 1e-3, seek: 1e-6 };
/// LAME turns the sound down by 3 to 5 % at common bit rates, so that decoders do not clip.
const LAME_LEVEL: f64 = 0.06;
const LOSSY: Promise = Promise { length_secs: 0.07, level: 0.02, windows: 2e-3, seek: 1e-3 };

fn keeps_its_promise(tone: &Path, sweep: &Path, promise: &Promise) {
    let name = tone.display();
    let spec = probe(tone).unwrap();
    assert_eq!(spec.channels, 2, "{name}");
    let sound = decode_mono(tone, 16_000, &go()).unwrap();
    assert_eq!(sound.damaged_packets, 0, "{name}");
    let off = (sound.samples.len() as f64 / 16_000.0 - 4.0).abs();
    assert!(off <= promise.length_secs + 1e-9, "{name}: length is off by {off} s");
    if let Some(duration) = spec.duration_secs {
        assert!((duration - 4.0).abs() <= promise.length_secs.max(0.001) + 0.05, "{name}: says {duration} s");
    }
    let middle = &sound.samples[16_000..48_000];
    let level = amplitude_at(middle, TONE_HZ, 16_000);
    assert!((level / LEVEL - 1.0).abs() < promise.level, "{name}: level {level}");
    let energy = middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64;
    assert!((energy / (level * level / 2.0) - 1.0).abs() < 0.01, "{name}: there is more than the tone");

    let plan = WindowPlan { rate_hz: 16_000, second_rate_hz: Some(22_050), window_secs: 1.0, max_windows: 6 };
    let found = decode_windows(sweep, &plan, &go()).unwrap();
    assert!((found.heard_secs - 6.0).abs() < 1e-9);
    for (rate_hz, windows) in [(16_000, &found.windows), (22_050, &found.second)] {
        let whole = decode_mono(sweep, rate_hz, &go()).unwrap().samples;
        assert_eq!(windows.len(), 6, "{name}");
        for (window, start) in windows.iter().zip(&found.starts_secs) {
            let start = (start * f64::from(rate_hz)).round() as usize;
            let worst = largest_difference(window, &whole[start..start + rate_hz as usize]);
            assert!(worst <= promise.windows, "{name}: the window at {start} of {rate_hz} Hz differs by {worst}");
        }
    }
    seeks_agree(sweep, promise.seek);
}

/// What comes after a seek is what a whole decode has there, forwards and backwards.
fn seeks_agree(path: &Path, tolerance: f32) {
    let mut reader = AudioReader::open(path).unwrap();
    let channels = reader.spec().channels;
    let rate = f64::from(reader.spec().sample_rate_hz);
    let whole = rest_of(&mut reader);
    for secs in [11.0, 3.21, 0.0, 17.5] {
        let at = reader.seek(secs).unwrap();
        let frame = (at * rate).round() as usize;
        assert!((at - secs).abs() <= 1.0 / rate);
        let after = rest_of(&mut reader);
        let missing = (whole.len() - frame * channels).abs_diff(after.len()) as f64 / channels as f64 / rate;
        // Only a container whose time stamps are coarse may be off, and by no more than those.
        assert!(missing <= if tolerance > 0.1 { 0.005 } else { 0.0 }, "{} from {secs} s: {missing} s", path.display());
        let worst = largest_difference(&after[..20_000], &whole[frame * channels..frame * channels + 20_000]);
        assert!(worst <= tolerance, "{} from {secs} s: {worst}", path.display());
    }
}

fn rest_of(reader: &mut AudioReader) -> Vec<f32> {
    let mut all = Vec::new();
    while reader.next_block(&mut all).unwrap() > 0 {}
    all
}

/// The tone and the sweep as WAV files of 44.1 kHz stereo.
fn sources(folder: &Path) -> (PathBuf, PathBuf) {
    let tone = Sound::tone(TONE_HZ, LEVEL, 44_100, 2, 4.0);
    let sweep = Sound::sweep(44_100, 2, 20.0);
    (write(folder, "tone.wav", &tone.wav()), write(folder, "sweep.wav", &sweep.wav()))
}

/// The two files in a format that `ffmpeg` writes.
fn check_ffmpeg(ending: &str, arguments: &[&str], promise: &Promise) {
    let folder = tempfile::tempdir().unwrap();
    let (tone, sweep) = sources(folder.path());
    let made = [(&tone, "t"), (&sweep, "s")].map(|(wav, stem)| ffmpeg(wav, &format!("{stem}.{ending}"), arguments));
    if let [Some(tone), Some(sweep)] = made {
        keeps_its_promise(&tone, &sweep, promise);
    }
}

#[test]
fn wav() {
    let folder = tempfile::tempdir().unwrap();
    let (tone, sweep) = sources(folder.path());
    keeps_its_promise(&tone, &sweep, &EXACT);
}

#[test]
fn aiff() {
    let folder = tempfile::tempdir().unwrap();
    let tone = write(folder.path(), "t.aiff", &Sound::tone(TONE_HZ, LEVEL, 44_100, 2, 4.0).aiff());
    let sweep = write(folder.path(), "s.aiff", &Sound::sweep(44_100, 2, 20.0).aiff());
    keeps_its_promise(&tone, &sweep, &EXACT);
}

#[test]
fn sun_audio_in_all_its_encodings() {
    let folder = tempfile::tempdir().unwrap();
    let (tone, sweep) = (Sound::tone(TONE_HZ, LEVEL, 44_100, 2, 4.0), Sound::sweep(44_100, 2, 20.0));
    // The companded and the 8-bit ones have a coarse level.
    for (encoding, level) in
        [(1, 0.01), (2, 0.01), (3, 0.001), (4, 0.001), (5, 0.001), (6, 0.001), (7, 0.001), (27, 0.01)]
    {
        let tone = write(folder.path(), "t.au", &tone.au(encoding));
        let sweep = write(folder.path(), "s.au", &sweep.au(encoding));
        keeps_its_promise(&tone, &sweep, &Promise { level, ..EXACT });
        assert_eq!(probe(&tone).unwrap().container, "au");
    }
}

#[test]
fn sun_audio_with_odd_headers() {
    let folder = tempfile::tempdir().unwrap();
    let sound = Sound::tone(TONE_HZ, LEVEL, 22_050, 1, 1.0).au(3);
    let samples = &sound[32..];
    let make = |offset, size, encoding, rate, channels| {
        let mut file = au_header(offset, size, encoding, rate, channels);
        file.resize(offset.clamp(24, 1000) as usize, 0);
        file.extend_from_slice(samples);
        write(folder.path(), "odd.au", &file)
    };
    // Unknown size, a size beyond the end, and an offset of its own.
    for (offset, size) in [(24, u32::MAX), (24, 4_000_000_000), (28, samples.len() as u32)] {
        let path = make(offset, size, 3, 22_050, 1);
        assert_eq!(decode_mono(&path, 22_050, &go()).unwrap().samples.len(), 22_050);
        assert!((probe(&path).unwrap().duration_secs.unwrap() - 1.0).abs() < 1e-9);
    }
    // A size below what is there is believed.
    assert_eq!(decode_mono(&make(24, 2_000, 3, 22_050, 1), 22_050, &go()).unwrap().samples.len(), 1_000);
    // Headers that cannot be.
    for (offset, encoding, rate, channels) in [
        (4, 3, 22_050, 1),
        (u32::MAX, 3, 22_050, 1),
        (24, 3, 0, 1),
        (24, 3, u32::MAX, 1),
        (24, 3, 22_050, 0),
        (24, 3, 22_050, u32::MAX),
        (24, 99, 22_050, 1),
        (24, 23, 22_050, 1),
    ] {
        let path = make(offset, samples.len() as u32, encoding, rate, channels);
        assert!(AudioReader::open(&path).is_err(), "{offset} {encoding} {rate} {channels}");
    }
}

#[test]
fn flac() {
    check_ffmpeg("flac", &["-c:a", "flac"], &EXACT);
}

#[test]
fn mp3_with_gapless_data() {
    check_ffmpeg(
        "mp3",
        &["-c:a", "libmp3lame", "-b:a", "192k"],
        &Promise { length_secs: 0.0001, level: LAME_LEVEL, ..LOSSY },
    );
}

#[test]
fn mp3_with_variable_bit_rate() {
    check_ffmpeg("mp3", &["-c:a", "libmp3lame", "-q:a", "3"], &Promise { length_secs: 0.0001, ..LOSSY });
}

#[test]
fn mp3_by_lame() {
    let folder = tempfile::tempdir().unwrap();
    let (tone, sweep) = sources(folder.path());
    let made = [(tone, "t.mp3"), (sweep, "s.mp3")].map(|(wav, name)| {
        let target = wav.with_file_name(name);
        run("lame", &["--quiet", "-b", "128", wav.to_str().unwrap(), target.to_str().unwrap()]).then_some(target)
    });
    if let [Some(tone), Some(sweep)] = made {
        keeps_its_promise(&tone, &sweep, &Promise { length_secs: 0.0001, level: LAME_LEVEL, ..LOSSY });
    }
}

#[test]
fn ogg_vorbis() {
    check_ffmpeg("ogg", &["-c:a", "libvorbis", "-q:a", "5"], &Promise { length_secs: 0.0001, ..LOSSY });
}

#[test]
fn opus() {
    // Opus converges on the state that a whole decode has; it never is quite there.
    check_ffmpeg(
        "opus",
        &["-c:a", "libopus", "-b:a", "128k"],
        &Promise { length_secs: 0.0001, windows: 0.02, seek: 0.02, ..LOSSY },
    );
}

#[test]
fn aac_in_mp4() {
    check_ffmpeg("m4a", &["-c:a", "aac", "-b:a", "160k"], &LOSSY);
}

#[test]
fn aac_as_it_is() {
    check_ffmpeg("aac", &["-c:a", "aac", "-b:a", "160k"], &LOSSY);
}

#[test]
fn alac() {
    check_ffmpeg("m4a", &["-c:a", "alac"], &EXACT);
}

#[test]
fn caf() {
    check_ffmpeg("caf", &["-c:a", "pcm_s16be"], &EXACT);
}

#[test]
fn matroska_with_vorbis() {
    // Time stamps are whole milliseconds: a window may be some samples off, which a sweep does not forgive.
    check_ffmpeg("mka", &["-c:a", "libvorbis", "-q:a", "5"], &Promise { windows: 1.0, seek: 1.0, ..LOSSY });
}

/// Files that are not what they seem. Each must be refused with the right reason, and soon.
#[test]
fn what_is_no_sound_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, bytes: &[u8]| write(folder.path(), name, bytes);
    let reason = |path: &Path| AudioReader::open(path).err().unwrap();

    assert!(matches!(reason(&folder.path().join("gone.mp3")), AudioError::NotFound { .. }));
    assert!(matches!(reason(&make("empty.mp3", b"")), AudioError::Empty { .. }));
    assert!(matches!(reason(&make("text.mp3", b"This is a letter to my aunt.")), AudioError::NotAudio { .. }));
    let sub_folder = folder.path().join("folder.mp3");
    std::fs::create_dir(&sub_folder).unwrap();
    assert!(matches!(reason(&sub_folder), AudioError::NotAFile { .. }));
    let wma = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0, 0];
    let AudioError::Unsupported { codec, .. } = reason(&make("song.wma", &wma)) else { panic!() };
    assert_eq!(codec, "Windows Media (WMA)");
    // A container without a single sample.
    let silent = Sound { rate_hz: 44_100, channels: 2, samples: Vec::new() };
    assert!(matches!(reason(&make("silent.wav", &silent.wav())), AudioError::Empty { .. }));
    // The sentence names the file.
    let letter = folder.path().join("text.mp3");
    assert!(reason(&letter).to_string().contains("text.mp3"));
}

#[test]
fn four_gigabytes_of_zeros_are_given_up_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["zeros.mp3", "zeros.wav"] {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().set_len(4 << 30).unwrap();
        assert!(matches!(AudioReader::open(&path), Err(AudioError::NotAudio { .. })));
    }
    // The same behind the start of a real file: what was there is heard, then it ends.
    let start = Sound::tone(TONE_HZ, LEVEL, 44_100, 2, 2.0);
    if let Some(mp3) = ffmpeg(&write(folder.path(), "t.wav", &start.wav()), "t.mp3", &[]) {
        std::fs::OpenOptions::new().write(true).open(&mp3).unwrap().set_len(4 << 30).unwrap();
        let sound = decode_mono(&mp3, 16_000, &go()).unwrap();
        assert!((sound.samples.len() as f64 / 16_000.0 - 2.0).abs() < 0.1);
    }
}

#[test]
fn headers_that_promise_too_much_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut wav = Sound::tone(TONE_HZ, LEVEL, 44_100, 1, 1.0).wav();
    // Two gigabytes of data are announced.
    wav[40..44].copy_from_slice(&2_000_000_000u32.to_le_bytes());
    wav[4..8].copy_from_slice(&2_000_000_036u32.to_le_bytes());
    let path = write(folder.path(), "long.wav", &wav);
    assert!(probe(&path).unwrap().duration_secs.unwrap() < 1.01);
    let found = decode_windows(
        &path,
        &WindowPlan { rate_hz: 16_000, second_rate_hz: None, window_secs: 0.3, max_windows: 12 },
        &go(),
    )
    .unwrap();
    assert_eq!(found.windows.len(), 3);
    // Rates and channels that no recording has.
    for (at, bytes) in [(24, 4_000_000_000u32.to_le_bytes()), (24, 1u32.to_le_bytes()), (22, [0xff, 0xff, 0x44, 0xac])]
    {
        let mut odd = Sound::tone(TONE_HZ, LEVEL, 44_100, 1, 1.0).wav();
        odd[at..at + 4].copy_from_slice(&bytes);
        assert!(AudioReader::open(&write(folder.path(), "odd.wav", &odd)).is_err(), "{at} {bytes:?}");
    }
}

/// Cut, overwritten and random files: an error or sound, never a panic, never more than the file can hold.
#[test]
fn damage_is_survived() {
    let folder = tempfile::tempdir().unwrap();
    let sound = Sound::sweep(44_100, 2, 3.0);
    let wav = write(folder.path(), "s.wav", &sound.wav());
    let mut files =
        vec![wav.clone(), write(folder.path(), "s.aiff", &sound.aiff()), write(folder.path(), "s.au", &sound.au(3))];
    for name in ["s.mp3", "s.ogg", "s.opus", "s.flac", "s.m4a", "s.aac", "s.mka", "s.caf"] {
        files.extend(ffmpeg(&wav, name, &[]));
    }
    let plan = WindowPlan { rate_hz: 16_000, second_rate_hz: None, window_secs: 0.5, max_windows: 3 };
    let mut random = 12345u32;
    let mut next = || {
        // Marsaglia's xorshift.
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random
    };
    for path in files {
        let whole = std::fs::read(&path).unwrap();
        for round in 0..12 {
            let mut bytes = whole.clone();
            match round {
                0..4 => bytes.truncate(whole.len() * (round + 1) / 5),
                4 => bytes = (0..60_000).map(|_| next() as u8).collect(),
                _ => {
                    for _ in 0..20 * round {
                        let at = next() as usize % bytes.len();
                        bytes[at] = next() as u8;
                    }
                }
            }
            let broken = path.with_file_name(format!("broken-{round}"));
            std::fs::write(&broken, &bytes).unwrap();
            if let Ok(sound) = decode_mono(&broken, 16_000, &go()) {
                assert!(sound.samples.iter().all(|sample| sample.is_finite()));
                assert!(sound.samples.len() < 60 * 16_000, "{} {round}", path.display());
            }
            if let Ok(found) = decode_windows(&broken, &plan, &go()) {
                assert!(!found.windows.is_empty() && found.windows.len() <= 3);
            }
            std::fs::remove_file(&broken).unwrap();
        }
    }
}

#[test]
fn half_a_file_gives_half_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = Sound::tone(TONE_HZ, LEVEL, 16_000, 1, 4.0).wav();
    let path = write(folder.path(), "half.wav", &bytes[..44 + 64_000]);
    let sound = decode_mono(&path, 16_000, &go()).unwrap();
    assert!((sound.samples.len() as i64 - 32_000).abs() <= 1, "{}", sound.samples.len());
}

#[test]
fn short_files_give_what_they_have() {
    let folder = tempfile::tempdir().unwrap();
    let plan = WindowPlan { rate_hz: 16_000, second_rate_hz: None, window_secs: 3.0, max_windows: 10 };
    let lengths = |secs: f64| -> Vec<usize> {
        let path = write(folder.path(), "short.wav", &Sound::tone(TONE_HZ, LEVEL, 44_100, 2, secs).wav());
        decode_windows(&path, &plan, &go()).unwrap().windows.iter().map(Vec::len).collect()
    };
    assert_eq!(lengths(0.5), [8_000]);
    assert_eq!(lengths(3.0), [48_000]);
    assert_eq!(lengths(7.0), [48_000, 48_000]);
    assert_eq!(lengths(30.0), [48_000; 10]);
    assert_eq!(lengths(31.0), [48_000; 10]);
    assert_eq!(lengths(90.0), [48_000; 10]);
}

#[test]
fn a_wrong_ending_does_not_matter_and_a_tag_in_front_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let wav = Sound::tone(TONE_HZ, LEVEL, 44_100, 2, 1.0).wav();
    assert_eq!(probe(&write(folder.path(), "really-wav.mp3", &wav)).unwrap().container, "wave");
    let mut tagged = b"ID3\x04\0\0".to_vec();
    // One megabyte of tag: seven bits a byte.
    tagged.extend_from_slice(&[0, 0x40, 0, 0]);
    tagged.resize(tagged.len() + (1 << 20), b'x');
    tagged.extend_from_slice(&wav);
    let sound = decode_mono(&write(folder.path(), "tagged.wav", &tagged), 44_100, &go()).unwrap();
    assert_eq!(sound.samples.len(), 44_100);
}

#[test]
fn channels_are_averaged() {
    let folder = tempfile::tempdir().unwrap();
    let mut sound = Sound::tone(TONE_HZ, LEVEL, 16_000, 2, 1.0);
    for frame in sound.samples.chunks_exact_mut(2) {
        frame[1] = 0.0;
    }
    let mono = decode_mono(&write(folder.path(), "left.wav", &sound.wav()), 16_000, &go()).unwrap();
    assert!((amplitude_at(&mono.samples, TONE_HZ, 16_000) / (LEVEL / 2.0) - 1.0).abs() < 0.001);
}

#[test]
fn cancelled_work_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (tone, _) = sources(folder.path());
    let cancel = CancelToken::default();
    cancel.cancel();
    assert!(matches!(decode_mono(&tone, 16_000, &cancel), Err(AudioError::Cancelled { .. })));
    let plan = WindowPlan { rate_hz: 16_000, second_rate_hz: None, window_secs: 1.0, max_windows: 2 };
    assert!(matches!(decode_windows(&tone, &plan, &cancel), Err(AudioError::Cancelled { .. })));
}

/// The collection that the classifiers learn from, as another decoder hears it.
#[test]
fn gtzan_decodes_as_elsewhere() {
    let genres = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/gtzan/audio");
    let Ok(genres) = std::fs::read_dir(&genres) else {
        println!("skipped: there is no {}", genres.display());
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for genre in genres {
        let Some(Ok(clip)) = std::fs::read_dir(genre.unwrap().path()).unwrap().next() else { continue };
        let sound = decode_mono(&clip.path(), 22_050, &go()).unwrap();
        assert!((sound.samples.len() as f64 / 22_050.0 - 30.0).abs() < 1.0);
        let raw = folder.path().join("clip.f32");
        let arguments =
            ["-v", "error", "-y", "-i", clip.path().to_str().unwrap(), "-f", "f32le", raw.to_str().unwrap()]
                .map(str::to_owned);
        if run("ffmpeg", &arguments.each_ref().map(String::as_str)) {
            let bytes = std::fs::read(&raw).unwrap();
            let other: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            assert!(largest_difference(&sound.samples, &other) < 1e-3, "{}", clip.path().display());
        }
    }
}
