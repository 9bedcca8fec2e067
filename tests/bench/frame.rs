//! What a frame costs with a hundred thousand songs, the live pictures running; what it costs while a network is trained; and
//! what a change of the library costs.
//! Drawing on the graphics card is not in it; laying out, tessellating and uploading are.
#![allow(missing_docs, reason = "a benchmark")]

#[path = "../audio_support/mod.rs"]
mod audio_support;
#[path = "../support/mod.rs"]
mod support;
#[path = "frame_training.rs"]
mod training;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eframe::egui::{Context, Event as Input, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2};
use support::{FakeDialogs, FakeEngine, library, live_columns, live_picture, playing};
use timbre::base::TrackId;
use timbre::engine::Event;
use timbre::state::{Action, AppState, Column, EngineLink, SelectMode, Verb};
use timbre::ui::App;
use timbre::ui::local::Layout;

const SONGS: usize = 100_000;

/// A window without a screen.
pub struct Window {
    ctx: Context,
    /// What tells of songs and sound.
    pub engine: FakeEngine,
    /// The application.
    pub app: App,
    /// Seconds since it was opened.
    pub time: f64,
}

impl Window {
    fn open() -> Self {
        let engine = FakeEngine::default();
        Self::on(SONGS, engine.clone(), engine)
    }

    /// With so many songs, on `link`, which tells what `engine` does.
    pub fn on(songs: usize, engine: FakeEngine, link: impl EngineLink + 'static) -> Self {
        let ctx = Context::default();
        engine.tell(Event::Library(library(songs)));
        let layout = Layout::default();
        let app = App::with_dialogs(&ctx, Box::new(link), Box::new(FakeDialogs::default()), layout);
        let mut window = Self { ctx, engine, app, time: 0.0 };
        while window.app.state().rows.places.len() < songs {
            window.frame(0.0);
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        window.app.act(Action::Select { row: 3, mode: SelectMode::Only });
        for _ in 0..8 {
            window.frame(0.0);
        }
        window
    }

    /// One frame at 1080p, the wheel turned by so many points: input to triangles.
    pub fn frame(&mut self, wheel: f32) {
        self.time += 1.0 / 60.0;
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1920.0, 1080.0))),
            time: Some(self.time),
            ..RawInput::default()
        };
        input.events.push(Input::PointerMoved(pos2(900.0, 500.0)));
        if wheel != 0.0 {
            input.events.push(Input::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, wheel),
                phase: TouchPhase::Move,
                modifiers: Default::default(),
                source: MouseWheelSource::Trackpad,
            });
        }
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| {
            app.update(ui.ctx());
            app.draw(ui);
        });
        output.textures_delta.clear();
        black_box(self.ctx.tessellate(output.shapes, 1.0));
    }
}

fn frames(c: &mut Criterion) {
    let mut window = Window::open();
    c.bench_function("frame, 100 000 songs, playing", |b| {
        b.iter(|| {
            let at = window.time;
            window.engine.tell(playing(TrackId(9), at, 9_999.0));
            window.engine.tell(live_columns(1));
            window.frame(0.0);
        });
    });
    c.bench_function("frame, 100 000 songs, playing and scrolling", |b| {
        b.iter(|| {
            let at = window.time;
            window.engine.tell(playing(TrackId(9), at, 9_999.0));
            window.engine.tell(live_columns(1));
            window.frame(-90.0);
        });
    });
}

fn inspect(c: &mut Criterion) {
    let mut window = Window::open();
    window.app.act(Action::Do(Verb::GoInspect));
    window.app.act(Action::Do(Verb::LiveOrWhole));
    let settings = window.app.state().settings.clone();
    let specs = [settings.spectrogram.spec, settings.scalogram.spec];
    let mut column = 10_000;
    for spec in specs {
        window.engine.tell(live_picture(spec, column, 1_500));
    }
    column += 1_500;
    window.frame(0.0);
    // Made before the clock runs: what is measured is the window, not the made-up music.
    let pictures: Vec<_> = (0..600).map(|step| specs.map(|spec| live_picture(spec, column + step, 1))).collect();
    let mut turn = 0;
    c.bench_function("frame, 100 000 songs, both live pictures", |b| {
        b.iter(|| {
            let at = window.time;
            window.engine.tell(playing(TrackId(9), at, 9_999.0));
            window.engine.tell(live_columns(1));
            for picture in &pictures[turn % pictures.len()] {
                let Event::LivePicture(mut picture) = picture.clone() else { continue };
                picture.first_column += (turn / pictures.len() * pictures.len()) as u64;
                window.engine.tell(Event::LivePicture(picture));
            }
            turn += 1;
            window.frame(0.0);
        });
    });
    let shown = window.app.state().inspect.live.now_secs();
    // `cargo test` only looks whether it runs.
    let measured = turn > 100;
    assert!(!measured || shown.is_some_and(|secs| secs > 11_600.0 / 60.0), "the live pictures do not run: {shown:?}");

    window.app.act(Action::Do(Verb::LiveOrWhole));
    for _ in 0..40 {
        window.engine.tell(playing(TrackId(9), 20.0, 9_999.0));
        window.app.act(Action::Do(Verb::ZoomIn));
        window.frame(0.0);
    }
    for _ in 0..12 {
        window.app.act(Action::Do(Verb::ZoomOut));
    }
    for _ in 0..200 {
        window.frame(0.0);
    }
    let mut secs = 20.0;
    c.bench_function("frame, 100 000 songs, both pictures of a whole track, playing", |b| {
        b.iter(|| {
            // Not so far that tiles have to be made up while the clock runs.
            secs = if secs > 20.2 { 20.0 } else { secs + 1.0 / 60.0 };
            window.engine.tell(playing(TrackId(9), secs, 9_999.0));
            window.engine.tell(live_columns(1));
            window.frame(0.0);
        });
    });
    assert!(!window.app.state().inspect.tiles.is_empty());
}

fn changes(c: &mut Criterion) {
    let snapshot = library(SONGS);
    let mut state = AppState::default();
    state.apply(Event::Library(snapshot.clone()));
    c.bench_function("search, 100 000 songs", |b| {
        let mut turn = 0;
        b.iter(|| {
            turn += 1;
            black_box(state.reduce(Action::Search(if turn % 2 == 0 { "rain" } else { "jazz" }.to_owned())));
        });
    });
    state.reduce(Action::Search(String::new()));
    for (name, column) in [("title", Column::Title), ("confidence", Column::Confidence)] {
        c.bench_function(&format!("sort by {name}, 100 000 songs"), |b| {
            b.iter(|| black_box(state.reduce(Action::SortBy(column))));
        });
    }
    state.reduce(Action::SortBy(Column::Artist));
    c.bench_function("a new library of 100 000 songs", |b| {
        b.iter_batched(
            || {
                let mut other = snapshot.clone();
                other.tracks = std::sync::Arc::new((*snapshot.tracks).clone());
                other
            },
            |other| state.apply(Event::Library(other)),
            criterion::BatchSize::PerIteration,
        );
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = training::frames, frames, inspect, changes }
criterion_main!(benches);
