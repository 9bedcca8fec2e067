//! What the window's tests share: an engine that does what it is told to say, libraries of any size, a window without a screen.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, HarnessBuilder};

use timbre::audio::player::{OutputKind, OutputState, PlayState, PlayerEvent, PlayerStatus};
use timbre::base::{DataDir, PlaylistId, TrackId};
use timbre::dsp::live::{LIVE_BANDS, LiveColumn};
use timbre::dsp::picture::PictureSpec;
use timbre::engine::event::CoverImage;
use timbre::engine::tiles::{
    LIVE_COLUMNS_PER_SEC, LIVE_ROWS, LivePicture, TILE_COLUMNS, TILE_ROWS, TileColumns, TilePlace, column_secs,
};
use timbre::engine::training::message::TrainingCommand;
use timbre::engine::{Command, Engine, EngineConfig, Event, Settings};
use timbre::library::model::{
    GenreProbability, Playlist, Prediction, Problem, ProblemKind, Snapshot, TagScore, Track, UserGenre,
};
use timbre::ml::DeviceChoice;
use timbre::render::Course;
use timbre::state::effect::{BundlePurpose, PictureFile};
use timbre::state::genre::GENRES;
use timbre::state::{Action, AppState, EngineLink, FolderPurpose};
use timbre::ui::App;
use timbre::ui::dialogs::{Dialogs, answer, bundle_answer, courses_answer, courses_file, picture_answer};
use timbre::ui::local::Layout;

/// An engine that keeps what it is sent and tells what it is given.
#[derive(Clone, Default)]
pub struct FakeEngine {
    /// To be told.
    pub events: Rc<RefCell<Vec<Event>>>,
    /// Was sent.
    pub sent: Rc<RefCell<Vec<Command>>>,
}

impl FakeEngine {
    /// Tells this at the next look.
    pub fn tell(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    /// What was sent since the last call, without requests for covers and the first one for runs.
    pub fn take_sent(&self) -> Vec<Command> {
        let sent = std::mem::take(&mut *self.sent.borrow_mut());
        let by_itself =
            |command: &Command| matches!(command, Command::LoadCover(_) | Command::Training(TrainingCommand::List));
        sent.into_iter().filter(|command| !by_itself(command)).collect()
    }
}

impl EngineLink for FakeEngine {
    fn send(&self, command: Command) {
        if let Command::LoadCover(id) = command {
            self.tell(Event::Cover(id, (id.0 % 3 != 0).then(|| Arc::new(cover(id)))));
        }
        if let Command::WantTiles(wishes) = &command {
            for wish in wishes {
                for place in &wish.tiles {
                    self.tell(Event::TileColumns(tile(wish.track, wish.spec, *place)));
                }
            }
        }
        self.sent.borrow_mut().push(command);
    }

    fn poll(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.borrow_mut())
    }
}

/// Dialogs that answer with a folder at once.
#[derive(Clone, Default)]
pub struct FakeDialogs {
    /// The answer.
    pub folder: Option<PathBuf>,
    answers: Rc<RefCell<Vec<Action>>>,
}

impl FakeDialogs {
    /// Always this folder.
    pub fn answering(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..Self::default() }
    }
}

impl Dialogs for FakeDialogs {
    fn choose_folder(&mut self, _: &eframe::egui::Context, purpose: FolderPurpose, _: Option<PathBuf>) {
        if let Some(folder) = &self.folder {
            self.answers.borrow_mut().push(answer(purpose, folder.clone()));
        }
    }

    fn save_picture(&mut self, _: &eframe::egui::Context, picture: PictureFile) {
        if let Some(folder) = &self.folder {
            let file = folder.join(&picture.name);
            self.answers.borrow_mut().push(picture_answer(picture, file));
        }
    }

    fn save_courses(&mut self, _: &eframe::egui::Context, courses: Vec<Course>) {
        if let Some(folder) = &self.folder {
            let file = folder.join(courses_file(&courses));
            self.answers.borrow_mut().push(courses_answer(courses, file));
        }
    }

    fn choose_bundle(&mut self, _: &eframe::egui::Context, purpose: BundlePurpose) {
        if let Some(folder) = &self.folder {
            let name = match &purpose {
                BundlePurpose::Export(run) => run.clone(),
                BundlePurpose::Import => "bundle.zip".to_owned(),
            };
            self.answers.borrow_mut().push(bundle_answer(purpose, folder.join(name)));
        }
    }

    fn poll(&mut self) -> Vec<Action> {
        std::mem::take(&mut *self.answers.borrow_mut())
    }
}

/// A window of a size, on an engine, with the fonts of this machine for foreign scripts.
pub fn window(size: [f32; 2], engine: impl EngineLink + 'static, dialogs: FakeDialogs) -> Harness<'static, App> {
    builder(size)
        .build_eframe(move |cc| App::with_dialogs(&cc.egui_ctx, Box::new(engine), Box::new(dialogs), Layout::default()))
}

/// The builder of all windows: small steps, enough of them, no complaint about letters that no font here has.
pub fn builder(size: [f32; 2]) -> HarnessBuilder<App> {
    Harness::builder().with_size(size).with_max_steps(24).allow_missing_glyphs().with_context_setup(|ctx| {
        ctx.add_font_provider(Arc::new(egui_system_font_provider::SystemFontProvider::new()));
    })
}

/// The real engine with its things in this folder, without sound.
pub fn engine(data: &Path) -> Engine {
    let config = EngineConfig {
        data_dir: DataDir::resolve(Some(data)).unwrap(),
        device: DeviceChoice::Cpu,
        jobs: None,
        player: Some(OutputKind::Silent),
    };
    Engine::open(config, Arc::new(|| ())).unwrap()
}

/// Draws frames in real time until `enough`; fails after two minutes.
pub fn until(harness: &mut Harness<'static, App>, what: &str, enough: impl Fn(&AppState) -> bool) {
    let start = Instant::now();
    while !enough(harness.state().state()) {
        if start.elapsed() > Duration::from_secs(120) {
            let state = harness.state().state();
            panic!("waited two minutes until {what}: {:?}, {:?}", state.jobs.running(), state.toasts.shown());
        }
        harness.step();
        std::thread::sleep(Duration::from_millis(20));
    }
    harness.run_ok();
}

/// Presses what has this role and name.
pub fn click(harness: &mut Harness<'static, App>, role: Role, label: &str) {
    harness.get_by_role_and_label(role, label).click();
    harness.run_ok();
}

/// Does something without the hand that would do it.
pub fn act(harness: &mut Harness<'static, App>, action: Action) {
    harness.state_mut().act(action);
    harness.run_ok();
}

/// Draws the window and writes what it looks like into the folder `TIMBRE_SCREENS`, if there is one.
pub fn show(name: &str, harness: &mut Harness<'static, App>) {
    harness.run_ok();
    let Some(folder) = std::env::var_os("TIMBRE_SCREENS").map(PathBuf::from) else { return };
    let image = harness.render().expect("the window can be drawn");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    image.save(folder.join(format!("{name}.png"))).expect("the picture can be written");
}

/// A generator of numbers that are the same in every run (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

const FIRST: [&str; 16] = [
    "Amber", "Paper", "Midnight", "Copper", "Northern", "Velvet", "Slow", "Electric", "Hollow", "Silver", "Broken",
    "Distant", "Golden", "Quiet", "Burning", "Winter",
];
const SECOND: [&str; 16] = [
    "Harbour", "Lanterns", "Avenue", "Machine", "Rain", "Letters", "Garden", "Signal", "Ferry", "Horizon", "Mirror",
    "Parade", "Orchard", "Static", "Bridge", "Letters",
];
const ARTISTS: [&str; 14] = [
    "The Tin Orchard",
    "Marisol Vega",
    "Low Meridian",
    "Kofi & the Sundays",
    "Anna Lindqvist",
    "Glass Aviary",
    "Otis Barrow",
    "Nachtlinie",
    "Сергей Полетов",
    "The Long Static",
    "Ines Carvalho",
    "Harbour Street Trio",
    "Delta Fern",
    "Yuki Tanabe",
];
const HEARD: [&str; 14] = [
    "guitar",
    "piano",
    "female vocals",
    "electronic",
    "ambient",
    "strings",
    "drums",
    "fast",
    "slow",
    "beat",
    "male voice",
    "quiet",
    "synth",
    "acoustic",
];

/// A song whose everything follows from its number.
pub fn track(number: usize) -> Track {
    let mut dice = Dice(number as u64 * 7 + 1);
    let artist = ARTISTS[dice.below(ARTISTS.len())];
    let album = format!("{} {}", FIRST[dice.below(16)], SECOND[dice.below(16)]);
    let title = format!("{} {}", FIRST[dice.below(16)], SECOND[dice.below(16)]);
    let mut probability = 0.28 + dice.below(72) as f32 / 100.0;
    let mut left = 1.0 - probability;
    let start = dice.below(10);
    let mut top = Vec::new();
    for step in 0..10 {
        top.push(GenreProbability { genre: GENRES[(start + step * 3) % 10].into(), probability });
        probability = (left * 0.6).min(probability);
        left -= probability;
    }
    let tags = (0..6)
        .map(|i| TagScore { tag: HEARD[(start + i * 3) % HEARD.len()].into(), score: 0.85 - i as f32 * 0.13 })
        .collect();
    Track {
        id: TrackId(number as i64 + 1),
        path: format!("/home/ana/Music/{artist}/{album}/{:06} {title}.flac", number).into(),
        title,
        artist: artist.into(),
        album: album.into(),
        track_number: Some(1 + number as u32 % 12),
        year: Some(1958 + dice.below(66) as i32),
        tag_genre: number.is_multiple_of(4).then(|| "Indie".into()),
        duration_secs: 95.0 + dice.below(300) as f64,
        format: ["FLAC", "MP3", "Opus"][dice.below(3)].into(),
        playable: true,
        missing: number % 97 == 96,
        added_at: 1_795_000_000,
        more: None,
        in_file: None,
        user_genre: (number % 23 == 5)
            .then(|| UserGenre { genre: GENRES[number % 10].to_owned(), set_at: 1_795_200_000 }),
        prediction: Some(Arc::new(Prediction {
            model_name: "MusiCNN genre head".into(),
            model_hash: "1".into(),
            top,
            tags,
            heard_secs: 27.0,
            note: None,
            decided_at: 1_795_100_000,
        })),
    }
}

/// A library of so many songs, with two playlists and three problems where there is room.
pub fn library(count: usize) -> Snapshot {
    let mut tracks: Vec<Track> = (0..count).map(track).collect();
    tracks.sort_by(|a, b| a.path.cmp(&b.path));
    let list = |id, name: &str, step: usize| Playlist {
        id: PlaylistId(id),
        name: name.to_owned(),
        tracks: (0..count).step_by(step).take(40).map(|number| TrackId(number as i64 + 1)).collect(),
    };
    let problem = |path: &str, kind, message: &str| Problem {
        path: path.into(),
        kind,
        message: message.to_owned(),
        seen_at: 1_795_100_000,
    };
    let problems = vec![
        problem("/home/ana/Music/Old/demo tape.mp3", ProblemKind::Damaged, "The file ends in the middle of the music."),
        problem("/home/ana/Music/Old/readme.ogg", ProblemKind::NotAudio, "The file holds text, not audio."),
        problem("/home/ana/Music/Old/untitled.wav", ProblemKind::Empty, "The file is empty."),
    ];
    Snapshot {
        revision: 1,
        roots: if count > 0 { vec!["/home/ana/Music".into()] } else { Vec::new() },
        tracks: Arc::new(tracks),
        playlists: Arc::new(if count > 50 {
            vec![list(1, "Kitchen", 7), list(2, "Night drive", 11)]
        } else {
            Vec::new()
        }),
        problems: Arc::new(if count > 50 { problems } else { Vec::new() }),
        ..Snapshot::default()
    }
}

/// What a playing player says.
pub fn playing(id: TrackId, position_secs: f64, duration_secs: f64) -> Event {
    Event::Player(PlayerEvent::Status(PlayerStatus {
        state: PlayState::Playing,
        current: Some(id),
        queue_index: 0,
        queue_len: 10,
        position_secs,
        duration_secs,
        output: OutputState::Device("Built-in audio".to_owned()),
        ..PlayerStatus::stopped(0.8)
    }))
}

/// Columns of something like music: harmonics of a few notes over falling noise, with a beat.
pub fn live_columns(count: usize) -> Event {
    let mut dice = Dice(11);
    let notes = [52.0, 59.0, 66.0, 71.0, 64.0, 57.0];
    Event::LiveColumns(
        (0..count)
            .map(|time| {
                let note = notes[(time / 48) % notes.len()];
                let age = (time % 48) as f32;
                let beat = (-(((time % 24) as f32) / 3.0)).exp();
                let levels_db = (0..LIVE_BANDS)
                    .map(|band| {
                        let height = band as f32;
                        let mut level = -78.0 - height * 0.05 + dice.below(8) as f32;
                        for harmonic in 1..9 {
                            let at = note - 28.0 + 18.6 * (harmonic as f32).log2() * 1.45;
                            let off = (height - at) / 1.1;
                            let peak = -16.0 - 4.5 * harmonic as f32 - age * 0.45;
                            level = level.max(peak - off * off * 6.0);
                        }
                        level.max(-62.0 + 46.0 * beat - height * 0.12 + dice.below(7) as f32)
                    })
                    .collect();
                LiveColumn { levels_db }
            })
            .collect(),
    )
}

/// The level of made-up music at a time and a frequency, dB: notes of a second with harmonics over a beat and falling noise.
pub fn level_db(track: TrackId, secs: f64, hz: f64) -> f64 {
    const NOTES: [f64; 6] = [220.0, 277.18, 329.63, 440.0, 369.99, 293.66];
    let note = NOTES[(secs as usize + track.0.unsigned_abs() as usize) % NOTES.len()];
    let age = secs.fract();
    let mut level: f64 = -72.0 - 4.0 * (hz / 1_000.0).max(0.01).log2();
    level = level.max(-30.0 - 90.0 * (secs * 2.0).fract() - 4.0 * (hz / 80.0).log2().abs());
    let harmonic = (hz / note).round();
    if (1.0..=12.0).contains(&harmonic) {
        let off_cents = 1_200.0 * (hz / (note * harmonic)).log2();
        level = level.max(-12.0 - 5.0 * harmonic - 14.0 * age - (off_cents / 22.0).powi(2));
    }
    level.clamp(-120.0, 0.0)
}

/// A whole tile of it.
pub fn tile(track: TrackId, spec: PictureSpec, place: TilePlace) -> TileColumns {
    let step_secs = column_secs(place.time_level);
    let rows = f64::from(1_u32 << place.band_level) * TILE_ROWS as f64;
    let frequencies: Vec<f64> = (0..TILE_ROWS)
        .map(|row| {
            let at = (f64::from(place.band_index) * TILE_ROWS as f64 + row as f64 + 0.5) / rows;
            f64::from(spec.axis.hz(at as f32))
        })
        .collect();
    let mut levels = Vec::with_capacity(TILE_COLUMNS * TILE_ROWS);
    for column in 0..TILE_COLUMNS {
        let secs = (f64::from(place.time_index) * TILE_COLUMNS as f64 + column as f64 + 0.5) * step_secs;
        levels.extend(frequencies.iter().map(|hz| (level_db(track, secs, *hz) * 100.0) as i16));
    }
    TileColumns { track, spec, place, first_column: 0, levels: levels.into(), rough: false, complete: true }
}

/// So many columns of a live picture of it, from this number on.
pub fn live_picture(spec: PictureSpec, first_column: u64, count: usize) -> Event {
    let mut levels = Vec::with_capacity(count * LIVE_ROWS);
    for column in 0..count {
        let secs = (first_column as f64 + column as f64) / LIVE_COLUMNS_PER_SEC;
        levels.extend((0..LIVE_ROWS).map(|row| {
            let hz = f64::from(spec.axis.hz((row as f32 + 0.5) / LIVE_ROWS as f32));
            (level_db(TrackId(0), secs, hz) * 100.0) as i16
        }));
    }
    Event::LivePicture(LivePicture { spec, first_column, levels: levels.into() })
}

/// The settings an engine would tell.
pub fn settings(change: impl FnOnce(&mut Settings)) -> Event {
    let mut settings = Settings::default();
    change(&mut settings);
    Event::Settings(Arc::new(settings))
}

/// A cover: a few soft shapes in colours that follow from the song.
fn cover(id: TrackId) -> CoverImage {
    let mut dice = Dice(id.0 as u64);
    let base = [dice.below(120) + 40, dice.below(120) + 40, dice.below(120) + 60];
    let other = [dice.below(200) + 40, dice.below(160) + 40, dice.below(120) + 40];
    let (cx, cy, radius) = (60.0 + dice.below(80) as f32, 60.0 + dice.below(80) as f32, 40.0 + dice.below(40) as f32);
    let side = 200;
    let mut rgba = Vec::with_capacity(side * side * 4);
    for y in 0..side {
        for x in 0..side {
            let inside = (x as f32 - cx).hypot(y as f32 - cy) < radius;
            let color = if inside { other } else { base };
            rgba.extend(color.map(|channel| (channel as f32 * (0.75 + 0.25 * y as f32 / side as f32)) as u8));
            rgba.push(255);
        }
    }
    CoverImage { width: side, height: side, rgba }
}
