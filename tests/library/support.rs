//! A library in a temporary folder, and songs to put into it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lofty::config::WriteOptions;
use lofty::tag::{Accessor as _, ItemKey, Tag, TagExt as _, TagType};
use timbre::base::CancelToken;
use timbre::library::Library;
use timbre::library::model::{GenreProbability, Prediction, Problem, ProblemKind, Snapshot, TagScore, Track};
use timbre::library::scan::{ProbeFailure, ProbedAudio, ScanOptions, ScanReporter, ScanSummary, scan};

/// A folder of music and a database beside it.
pub struct Fixture {
    pub dir: tempfile::TempDir,
    pub library: Library,
    pub recorder: Recorder,
}

/// Keeps what a scan tells.
#[derive(Default)]
pub struct Recorder {
    pub problems: Vec<Problem>,
    pub commits: usize,
    pub last: Option<(u64, Option<u64>)>,
    /// Asked to stop at this commit.
    pub cancel_at: Option<(usize, CancelToken)>,
}

impl ScanReporter for Recorder {
    fn progress(&mut self, done: u64, total: Option<u64>, _path: &Path) {
        self.last = Some((done, total));
    }

    fn problem(&mut self, problem: &Problem) {
        self.problems.push(problem.clone());
    }

    fn committed(&mut self) {
        self.commits += 1;
        if let Some((at, cancel)) = &self.cancel_at
            && self.commits == *at
        {
            cancel.cancel();
        }
    }
}

/// A decoder that knows `.au` and WAV and nothing else.
pub fn probe(path: &Path) -> Result<ProbedAudio, ProbeFailure> {
    let bytes =
        std::fs::read(path).map_err(|error| ProbeFailure { kind: ProblemKind::Other, message: error.to_string() })?;
    if bytes.starts_with(b".snd") {
        return Ok(ProbedAudio {
            duration_secs: Some(2.0),
            format: "Sun AU".into(),
            playable: true,
            ..ProbedAudio::default()
        });
    }
    if bytes.starts_with(b"RIFF") && bytes.len() > 44 {
        return Ok(ProbedAudio { format: "WAV".into(), playable: true, ..ProbedAudio::default() });
    }
    Err(ProbeFailure { kind: ProblemKind::NotAudio, message: "Its content is no audio that is known.".into() })
}

impl Fixture {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("music")).unwrap();
        let mut library = Library::open(&dir.path().join("data/library.sqlite")).unwrap();
        library.add_root(&dir.path().join("music")).unwrap();
        Self { dir, library, recorder: Recorder::default() }
    }

    pub fn music(&self) -> PathBuf {
        self.dir.path().join("music")
    }

    /// A path below the music folder; folders on the way are made.
    pub fn at(&self, name: &str) -> PathBuf {
        let path = self.music().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub fn scan(&mut self) -> ScanSummary {
        let roots = self.library.roots().unwrap();
        self.scan_roots(&roots, &CancelToken::default())
    }

    pub fn scan_roots(&mut self, roots: &[PathBuf], cancel: &CancelToken) -> ScanSummary {
        self.recorder = Recorder { cancel_at: self.recorder.cancel_at.take(), ..Recorder::default() };
        let options = ScanOptions { jobs: 2, ..Default::default() };
        scan(&mut self.library, roots, &options, &probe, &mut self.recorder, cancel).unwrap()
    }

    pub fn snapshot(&mut self) -> Snapshot {
        self.library.snapshot().unwrap()
    }

    pub fn track(&mut self, name: &str) -> Track {
        let path = self.music().join(name);
        self.snapshot().track_by_path(&path).unwrap_or_else(|| panic!("no {name}")).clone()
    }

    /// Names below the music folder.
    pub fn names(&mut self) -> Vec<String> {
        let music = self.music();
        let name = |track: &Track| track.path.strip_prefix(&music).unwrap().to_str().unwrap().to_owned();
        self.snapshot().tracks.iter().map(name).collect()
    }
}

/// A mono WAV, 8 kHz, 16 bits: `seconds` of a tone that depends on `seed`, so that contents differ.
pub fn wav(path: &Path, seed: u32, seconds: f64) {
    let samples = (seconds * 8000.0) as u32;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + samples * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend([1, 0, 1, 0]);
    bytes.extend(8000_u32.to_le_bytes());
    bytes.extend(16000_u32.to_le_bytes());
    bytes.extend([2, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend((samples * 2 + 4).to_le_bytes());
    let step = f64::from(seed % 1000 + 100) / 8000.0;
    for sample in 0..samples {
        let value = (f64::from(sample) * step * std::f64::consts::TAU).sin() * 9000.0;
        bytes.extend((value as i16).to_le_bytes());
    }
    bytes.extend(seed.to_le_bytes());
    let riff_size = (bytes.len() - 8) as u32;
    bytes[4..8].copy_from_slice(&riff_size.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

/// Silent MPEG-1 layer III frames, 128 kbit/s at 44.1 kHz, about 26 ms each.
pub fn mp3_frames(count: usize) -> Vec<u8> {
    let mut frame = vec![0_u8; 417];
    frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x00]);
    frame.repeat(count)
}

/// An MP3 of so many frames with these text frames of ID3v2.3, which say that they are Latin-1.
pub fn id3v2(fields: &[(&str, &[u8])], frames: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in fields {
        body.extend(name.as_bytes());
        body.extend((text.len() as u32 + 1).to_be_bytes());
        body.extend([0, 0, 0]);
        body.extend(*text);
    }
    let size = body.len() as u32;
    let mut bytes = b"ID3\x03\0\0".to_vec();
    bytes.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7F) as u8));
    bytes.extend(body);
    bytes.extend(mp3_frames(frames));
    bytes
}

/// Writes title, artist, album, genre, year and track number into a file.
pub fn tag(path: &Path, kind: TagType, title: &str, genre: &str) {
    let mut tag = Tag::new(kind);
    tag.set_title(title.into());
    tag.set_artist(format!("{title}'s artist"));
    tag.set_album("An album".into());
    tag.set_genre(genre.into());
    tag.set_track(3);
    tag.insert_text(ItemKey::RecordingDate, "1984-05-01".into());
    tag.save_to_path(path, WriteOptions::default()).unwrap();
}

/// Puts a chunk without meaning behind the samples of a WAV, as a tagger does.
pub fn retag(path: &Path, text: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend(b"LIST");
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.extend(std::iter::repeat_n(0, text.len() % 2));
    let riff_size = (bytes.len() - 8) as u32;
    bytes[4..8].copy_from_slice(&riff_size.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

/// Sets a modification time `secs` seconds from now.
pub fn touch(path: &Path, secs: i64) {
    let now = SystemTime::now();
    let offset = Duration::from_secs(secs.unsigned_abs());
    let time = if secs < 0 { now - offset } else { now + offset };
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

pub fn prediction(model_hash: &str, genre: &str) -> Prediction {
    Prediction {
        model_name: "test".into(),
        model_hash: model_hash.into(),
        top: vec![
            GenreProbability { genre: genre.into(), probability: 0.7 },
            GenreProbability { genre: "other".into(), probability: 0.3 },
        ],
        tags: vec![TagScore { tag: "guitar".into(), score: 0.123_456_79 }],
        heard_secs: 12.5,
        note: Some("short".into()),
        decided_at: 1234,
    }
}
