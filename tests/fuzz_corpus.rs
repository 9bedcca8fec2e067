//! Every reader of foreign bytes on good inputs and on thousands of damaged ones: none may crash or take long.
//!
//! `TIMBRE_FUZZ_INPUTS=100000 cargo test --release --test fuzz_corpus -- --nocapture` tries so many of each kind, with
//! `TIMBRE_FUZZ_SEED` others than yesterday.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it tried")]

mod audio_support;

use std::io::{Cursor, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use audio_support::Sound;
use timbre::fuzzing::TARGETS;
use timbre::ml::Device;
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::ml::model::{MODEL_FORMAT, Model, ModelCard};
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{BranchSpec, CompactSpec, FusionSpec, NetworkSpec, PerceptronSpec};
use timbre::ml::nn::rng::Rng;
use timbre::ml::runs::run_state::RunState;

/// Damaged inputs of each kind in an ordinary run.
const INPUTS: u64 = 150;
/// No input may take longer, even on a busy machine.
const LONGEST: Duration = Duration::from_secs(10);

fn number_from(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn no_reader_crashes_whatever_it_is_given() {
    let (inputs, first_seed) = (number_from("TIMBRE_FUZZ_INPUTS", INPUTS), number_from("TIMBRE_FUZZ_SEED", 1));
    let only = std::env::var("TIMBRE_FUZZ_ONLY").ok();
    for (name, target) in TARGETS.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no good inputs to begin with");
        let (started, mut slowest) = (Instant::now(), Duration::ZERO);
        for number in 0..inputs + seeds.len() as u64 {
            let mut rng = Rng::new(first_seed.wrapping_mul(1_000_003).wrapping_add(number));
            let mut bytes = seeds[number as usize % seeds.len()].clone();
            // The good ones come first.
            if number >= seeds.len() as u64
                && (*name != "model_card" || rng.below(4) == 0 || !damage_card(&mut bytes, &mut rng))
            {
                damage(&mut bytes, &seeds, &mut rng);
            }
            let begun = Instant::now();
            let ended = catch_unwind(AssertUnwindSafe(|| target(&bytes)));
            let took = begun.elapsed();
            slowest = slowest.max(took);
            if ended.is_err() || took > LONGEST {
                let kept = std::env::temp_dir().join(format!("timbre-fuzz-{name}-{first_seed}-{number}"));
                std::fs::write(&kept, &bytes).unwrap();
                panic!("{name}: input {number} of seed {first_seed} took {took:?}; it is kept as {}", kept.display());
            }
        }
        println!("{name}: {inputs} inputs in {:.1} s, the slowest {slowest:.0?}", started.elapsed().as_secs_f64());
    }
}

/// Changes a few places, as a bad disk, a bad program or a bad person would.
fn damage(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut Rng) {
    const NUMBERS: [u64; 12] =
        [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 62, u64::MAX];
    for _ in 0..=rng.below(4) {
        // Headers decide more than what follows.
        let reach = if rng.below(2) == 0 { bytes.len() } else { bytes.len().min(2000) };
        let at = rng.below(reach);
        match rng.below(10) {
            0 | 1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.below(8)),
            2 => bytes.iter_mut().skip(at).take(1 + rng.below(8)).for_each(|byte| *byte = rng.bits() as u8),
            3 | 4 => {
                let (number, width) = (NUMBERS[rng.below(NUMBERS.len())], 1 << rng.below(4));
                let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
                let value = if rng.below(2) == 0 { &little[..width] } else { &big[8 - width..] };
                bytes.iter_mut().skip(at).zip(value).for_each(|(byte, value)| *byte = *value);
            }
            5 => bytes.truncate(at),
            6 => {
                let end = (at + 1 + rng.below(64)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            7 => {
                let part: Vec<u8> = bytes.iter().skip(at).take(1 + rng.below(64)).copied().collect();
                let times = 1 + rng.below(50);
                bytes.splice(at..at, part.repeat(times));
            }
            8 => {
                let other = &seeds[rng.below(seeds.len())];
                let from = rng.below(other.len());
                bytes.truncate(at);
                bytes.extend(&other[from..]);
            }
            _ => replace_number(bytes, rng),
        }
    }
}

/// Changes numbers of a model's card and leaves the file whole around it; false: it has none.
fn damage_card(bytes: &mut Vec<u8>, rng: &mut Rng) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return false };
    let Some((card, tensors)) = rest.split_at_checked(u64::from_le_bytes(*length) as usize) else { return false };
    let (mut card, tensors) = (card.to_vec(), tensors.to_vec());
    for _ in 0..=rng.below(3) {
        replace_number(&mut card, rng);
    }
    card.resize(card.len().next_multiple_of(8), b' ');
    *bytes = [&(card.len() as u64).to_le_bytes()[..], &card, &tensors].concat();
    true
}

/// Puts something absurd in place of a number that is written in digits.
fn replace_number(bytes: &mut Vec<u8>, rng: &mut Rng) {
    const ABSURD: [&[u8]; 10] = [
        b"0",
        b"-1",
        b"1e308",
        b"1e-320",
        b"4611686018427387904",
        b"16777216",
        b"1099511627776",
        b"null",
        b"[]",
        b"\"x\"",
    ];
    let digits: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[*at - 1].is_ascii_digit()))
        .take(2000)
        .collect();
    if digits.is_empty() {
        return;
    }
    let at = digits[rng.below(digits.len())];
    let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    bytes.splice(at..at + length, ABSURD[rng.below(ABSURD.len())].iter().copied());
}

/// Good inputs of a kind.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let sound = || Sound::tone(440.0, 0.5, 8000, 2, 0.1);
    let text = |lines: &[&str]| lines.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>();
    match name {
        "tags" => vec![id3(3), id3(4), with_info(sound().wav()), sound().aiff(), vorbis_comment(), m4a()],
        "asf" => vec![asf()],
        "au" => [1, 2, 3, 6, 27].map(|encoding| sound().au(encoding)).to_vec(),
        "wav" => vec![sound().wav(), with_info(sound().wav()), rf64(sound().wav()), float_wav()],
        "query" => {
            text(&["queen live", "artist:\"the beatles\" year:1965-1970 -live", "genre:jazz OR (bpm:>100)", "don't"])
        }
        "m3u" => text(&["Kind of Blue", "a\nb\r\n#EXTM3U", "\u{2028}x\u{85}y", "é"]),
        "garbled_text" => text(&["Êèíî - Ãðóïïà êðîâè", "‚ ‚¢‚¤", "Ã©tÃ©", "plain"]),
        "library_import" => vec![exported()],
        "model_card" => models(),
        "run_bundle" => vec![bundle(), bundle_of(&[("run.json", run_json())])],
        "run_state" => vec![
            run_json(),
            metrics(),
            config(),
            b"[{\"clip\":\"a\",\"truth\":0,\"logits\":[1.5,2],\"part\":0}]".to_vec(),
        ],
        "settings" => text(&[
            "{\"version\":1,\"jobs\":4,\"volume\":0.5,\"threshold\":0.4,\"classifier\":null,\"theme\":\"dark\"}",
            "{}",
        ]),
        "clip_list" => {
            text(&["blues/blues.00000.wav\nrock.00001 ::: Queen ::: Song\n## note\n", "\u{feff}a ::: b\r\n"])
        }
        _ => Vec::new(),
    }
}

fn frame(id: &[u8; 4], body: &[u8], version: u8) -> Vec<u8> {
    let size = body.len() as u32;
    let size = if version == 4 {
        [size >> 21, size >> 14 & 127, size >> 7 & 127, size & 127].map(|x| x as u8)
    } else {
        size.to_be_bytes()
    };
    [&id[..], &size, &[0, 0], body].concat()
}

fn id3(version: u8) -> Vec<u8> {
    let mut frames = Vec::new();
    for (id, text) in [(b"TIT2", "A title"), (b"TPE1", "Artist\0Other"), (b"TALB", "Album"), (b"TCON", "(17)Rock")] {
        frames.extend(frame(id, &[&[3], text.as_bytes()].concat(), version));
    }
    frames.extend(frame(b"TDRC", b"\x032004-02-31", version));
    frames.extend(frame(b"TXXX", b"\x01\xff\xfek\0\0\0\xff\xfev\0", version));
    frames.extend(frame(b"COMM", b"\x00eng\0A comment", version));
    frames.extend(frame(b"APIC", b"\0image/png\0\x03\0\x89PNG\r\n\x1a\n0123456789", version));
    let size = frames.len() as u32;
    let mut file = vec![b'I', b'D', b'3', version, 0, 0];
    file.extend([size >> 21, size >> 14 & 127, size >> 7 & 127, size & 127].map(|x| x as u8));
    file.extend(frames);
    // Silent MPEG frames, 128 kbit/s at 44.1 kHz.
    for _ in 0..4 {
        file.extend([0xff, 0xfb, 0x90, 0x00]);
        file.extend([0; 413]);
    }
    file
}

fn with_info(mut wav: Vec<u8>) -> Vec<u8> {
    let info = b"INFOINAM\x06\0\0\0title\0IART\x07\0\0\0artist\0\0";
    wav.extend(b"LIST");
    wav.extend((info.len() as u32).to_le_bytes());
    wav.extend(info);
    let id3 = id3(3);
    wav.extend(b"id3 ");
    wav.extend((id3.len() as u32).to_le_bytes());
    wav.extend(id3);
    let size = wav.len() as u32 - 8;
    wav[4..8].copy_from_slice(&size.to_le_bytes());
    wav
}

fn rf64(wav: Vec<u8>) -> Vec<u8> {
    let data = (wav.len() - 44) as u64;
    let mut file = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
    for number in [wav.len() as u64 + 28, data, data / 4] {
        file.extend(number.to_le_bytes());
    }
    file.extend([0; 4]);
    file.extend(&wav[12..40]);
    file.extend(u32::MAX.to_le_bytes());
    file.extend(&wav[44..]);
    file
}

fn float_wav() -> Vec<u8> {
    let data: Vec<u8> =
        [0.5f32, f32::NAN, f32::INFINITY, -1e30].repeat(200).iter().flat_map(|x| x.to_le_bytes()).collect();
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0\x44\xac\0\0\x10\xb1\x02\0\x04\0\x20\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn vorbis_comment() -> Vec<u8> {
    let mut block = b"\x04\0\0\0test\x02\0\0\0\x07\0\0\0TITLE=t\x08\0\0\0ARTIST=a".to_vec();
    let mut file = b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x42\xf0\0\0\x10\0".to_vec();
    file.extend([0; 16]);
    file.extend([0x84, 0, 0, block.len() as u8]);
    file.append(&mut block);
    file
}

fn m4a() -> Vec<u8> {
    let atom = |name: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat();
    let text = atom(b"data", b"\0\0\0\x01\0\0\0\0A title");
    let list = atom(b"ilst", &atom(b"\xa9nam", &text));
    let meta = atom(b"meta", &[&[0; 4][..], &atom(b"hdlr", &[0; 25]), &list].concat());
    let moov = atom(b"moov", &atom(b"udta", &meta));
    [atom(b"ftyp", b"M4A \0\0\0\0M4A isom"), moov, atom(b"mdat", &[0; 64])].concat()
}

fn asf() -> Vec<u8> {
    let utf_16 = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let object = |guid: [u8; 16], body: &[u8]| [&guid[..], &(body.len() as u64 + 24).to_le_bytes(), body].concat();
    let content = {
        let (title, artist) = (utf_16("A title"), utf_16("An artist"));
        let mut body = Vec::new();
        for length in [title.len(), artist.len(), 0, 0, 0] {
            body.extend((length as u16).to_le_bytes());
        }
        body.extend(title);
        body.extend(artist);
        let guid = [0x33, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0, 0xaa, 0, 0x62, 0xce, 0x6c];
        object(guid, &body)
    };
    let extended = {
        let (name, value) = (utf_16("WM/Genre"), utf_16("Rock"));
        let mut body = 1u16.to_le_bytes().to_vec();
        body.extend((name.len() as u16).to_le_bytes());
        body.extend(name);
        body.extend(0u16.to_le_bytes());
        body.extend((value.len() as u16).to_le_bytes());
        body.extend(value);
        let guid = [0x40, 0xa4, 0xd0, 0xd2, 0x07, 0xe3, 0xd2, 0x11, 0x97, 0xf0, 0, 0xa0, 0xc9, 0x5e, 0xa8, 0x50];
        object(guid, &body)
    };
    let inside = [&2u32.to_le_bytes()[..], &[1, 2], &content, &extended].concat();
    let guid = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0, 0xaa, 0, 0x62, 0xce, 0x6c];
    object(guid, &inside)
}

/// Small models of several kinds.
fn models() -> Vec<Vec<u8>> {
    let compact =
        |front_end| NetworkSpec::Compact(CompactSpec { front_end, window: 16, channels: vec![2, 3], dropout: 0.1 });
    let dense =
        || NetworkSpec::Perceptron(PerceptronSpec { front_end: FrontEnd::Tags, hidden: 3, dropout: (0.1, 0.0) });
    let branch = |name: &str, network| BranchSpec { name: name.into(), network, rate: 1.0, weight: 1.0 };
    let branches = vec![branch("grid", compact(FrontEnd::LogMel)), branch("tags", dense())];
    [compact(FrontEnd::Scalogram), dense(), NetworkSpec::Fusion(FusionSpec { branches })]
        .into_iter()
        .map(model)
        .collect()
}

fn model(network: NetworkSpec) -> Vec<u8> {
    let labels = ["blues", "jazz", "rock"].map(String::from);
    let built = network.build(&labels, None, &mut Rng::new(1), &Device::Cpu).unwrap();
    let mut config = Config::preset(Architecture::Multimodal, Preset::Best);
    config.network = network.clone();
    let card = ModelCard {
        format: MODEL_FORMAT,
        name: "small".into(),
        front_ends: network.inputs().iter().map(|input| (input.front_end, input.front_end.version())).collect(),
        network,
        labels: labels.to_vec(),
        windows: 2,
        temperature: 1.5,
        config,
        command: "timbre train".into(),
        split: "0123456789abcdef".into(),
        trained_on: vec!["blues.00000".into()],
        metrics: None,
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    Model::write(&path, &card, &*built, false).unwrap();
    std::fs::read(path).unwrap()
}

fn run_json() -> Vec<u8> {
    serde_json::to_vec(&RunState::new("a-run", "cnn", "best", 0)).unwrap()
}

/// A library's export: a song with a genre, a playlist, repaired texts.
fn exported() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (music, data) = (folder.path().join("music"), folder.path().join("data"));
    std::fs::create_dir(&music).unwrap();
    std::fs::write(music.join("Êèíî.wav"), Sound::tone(440.0, 0.5, 8000, 2, 0.1).wav()).unwrap();
    let mut scan = std::process::Command::new(env!("CARGO_BIN_EXE_timbre"));
    let output = scan.arg("--data-dir").arg(&data).arg("scan").arg(&music).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut library = timbre::library::Library::open(&data.join("library.sqlite")).unwrap();
    let songs: Vec<_> = library.snapshot().unwrap().tracks.iter().map(|track| track.id).collect();
    assert_eq!(songs.len(), 1);
    library.set_genre(&songs, Some("folk")).unwrap();
    library.create_playlist("a list", &songs).unwrap();
    serde_json::to_vec(&library.portable().unwrap()).unwrap()
}

fn config() -> Vec<u8> {
    serde_json::to_vec(&Config::preset(Architecture::Multimodal, Preset::Best)).unwrap()
}

fn metrics() -> Vec<u8> {
    use timbre::ml::eval::{Judgement, Prediction, Temperature};
    let labels = ["a", "b"].map(String::from);
    let said = |truth: usize, logits: [f64; 2]| Prediction {
        clip: format!("c{truth}"),
        truth,
        logits: logits.to_vec(),
        part: 0,
    };
    let said = [said(0, [1.0, 0.0]), said(1, [0.2, 0.1])];
    serde_json::to_vec(&Judgement::new("a test", &labels, &said, Temperature::Given(1.0)).unwrap()).unwrap()
}

fn bundle() -> Vec<u8> {
    let model = models().remove(1);
    bundle_of(&[
        ("run.json", run_json()),
        ("model.safetensors", model),
        ("metrics.json", metrics()),
        ("config.json", config()),
    ])
}

fn bundle_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
