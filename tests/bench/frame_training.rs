//! What a frame costs while a network is trained on all other cores: a real training in a real engine, ten thousand songs, a song
//! that plays. Frames are a sixtieth of a second apart, so that the training has the machine in between as it would.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints, and may panic")]

use std::time::{Duration, Instant};

use criterion::Criterion;
use timbre::base::TrackId;
use timbre::engine::{Command, Engine, Event, JobEvent, JobKind};
use timbre::ml::dataset::protocol::Protocol;
use timbre::ml::model::config::{Architecture, Config, Preset};
use timbre::state::training::Tab;
use timbre::state::{Action, EngineLink, TrainAction, Verb};

use super::Window;
use super::audio_support::genres;
use super::support::{FakeEngine, engine, live_columns, live_picture, playing};

const SONGS: usize = 10_000;
const FRAME: Duration = Duration::from_micros(16_667);

/// Trainings go to a real engine, everything else is told by a made-up one.
struct Both {
    real: Engine,
    told: FakeEngine,
}

impl EngineLink for Both {
    fn send(&self, command: Command) {
        match command {
            Command::Training(_) | Command::Cancel(_) => self.real.send(command),
            command => EngineLink::send(&self.told, command),
        }
    }

    fn poll(&self) -> Vec<Event> {
        let of_training = |event: &Event| {
            matches!(event, Event::Training(_) | Event::Failed(_) | Event::Job(JobEvent { kind: JobKind::Train, .. }))
        };
        let mut events = EngineLink::poll(&self.told);
        events.extend(self.real.poll().into_iter().filter(of_training));
        events
    }
}

/// The time that this thread has had a core for; where no clock tells it, the time that has passed.
fn cpu_time(_since: Instant) -> Duration {
    #[cfg(unix)]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    _since.elapsed()
}

/// Prints the median and the 99th percentile of frames in which `told` happens first.
fn measure(name: &str, frames: usize, window: &mut Window, mut told: impl FnMut(&mut Window, usize)) {
    let start = Instant::now();
    let (mut cpu, mut wall) = (Vec::with_capacity(frames), Vec::with_capacity(frames));
    for frame in 0..frames {
        told(window, frame);
        let (begun, had) = (Instant::now(), cpu_time(start));
        window.frame(if frame % 3 == 0 { -30.0 } else { 0.0 });
        cpu.push((cpu_time(start) - had).as_secs_f64() * 1e3);
        wall.push(begun.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(FRAME.saturating_sub(begun.elapsed()));
    }
    let at = |share: f64, values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[((values.len() - 1) as f64 * share).round() as usize]
    };
    println!(
        "{name}: CPU time of a frame: median {:.2} ms, 99th percentile {:.2} ms; from its beginning to its end: median {:.2} ms, \
         99th percentile {:.2} ms ({frames} frames)",
        at(0.5, &mut cpu),
        at(0.99, &mut cpu),
        at(0.5, &mut wall),
        at(0.99, &mut wall),
    );
}

/// Songs and table, live pictures, curves: each while the training runs.
pub fn frames(_: &mut Criterion) {
    // As with the other cases, words after the command choose what is measured.
    let mut words = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    if words.peek().is_some() && !words.any(|word| "training".contains(&word)) {
        return;
    }
    // `cargo test` only looks whether it runs.
    let frames = if std::env::args().any(|argument| argument == "--test") { 30 } else { 1_200 };
    let dir = tempfile::tempdir().expect("there is a temporary folder");
    let clips = genres(dir.path(), &["tone", "noise"], 24);
    let told = FakeEngine::default();
    let real = engine(&dir.path().join("data"));
    let mut window = Window::on(SONGS, told.clone(), Both { real, told });
    let mut training = Config::preset(Architecture::Cnn, Preset::Best);
    training.sources.folders = vec![clips];
    training.protocol = Protocol::Holdout { train_share: 0.8 };
    (training.training.epochs, training.training.examples_per_clip) = (100_000, 8);
    window.app.act(Action::Train(TrainAction::Configure(Box::new(training))));
    window.frame(0.0);
    window.app.act(Action::Train(TrainAction::Start));
    let begun = Instant::now();
    while window.app.state().training.running().is_none_or(|live| live.history.len() < 3) {
        let toasts = window.app.state().toasts.shown();
        assert!(begun.elapsed() < Duration::from_secs(300), "no training has begun: {toasts:?}");
        window.frame(0.0);
        std::thread::sleep(FRAME);
    }

    let song = |window: &mut Window| {
        window.engine.tell(playing(TrackId(9), window.time, 9_999.0));
        window.engine.tell(live_columns(1));
    };
    window.app.act(Action::Do(Verb::GoLibrary));
    measure("training, table of 10 000 songs scrolling, playing", frames, &mut window, |window, _| song(window));

    window.app.act(Action::Do(Verb::GoInspect));
    window.app.act(Action::Do(Verb::LiveOrWhole));
    window.frame(0.0);
    let settings = window.app.state().settings.clone();
    let specs = [settings.spectrogram.spec, settings.scalogram.spec];
    specs.into_iter().for_each(|spec| window.engine.tell(live_picture(spec, 10_000, 1_500)));
    // Made before the clock runs: what is measured is the window, not the made-up music.
    let pictures: Vec<[Event; 2]> =
        (0..frames as u64).map(|step| specs.map(|spec| live_picture(spec, 11_500 + step, 1))).collect();
    measure("training, both live pictures", frames, &mut window, |window, frame| {
        song(window);
        pictures[frame].iter().for_each(|picture| window.engine.tell(picture.clone()));
    });

    window.app.act(Action::Train(TrainAction::Show(Tab::Watch)));
    measure("training, its curves", frames, &mut window, |window, _| song(window));
    assert!(window.app.state().training.running().is_some(), "the training has ended before the frames were counted");
}
