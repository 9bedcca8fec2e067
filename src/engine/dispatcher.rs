//! The engine's own thread: carries out quick commands, starts jobs, keeps clients up to date.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::audio::player::{PlayerCommand, output_devices};
use crate::base::{CancelToken, DataDir, JobId, Report, TrackId};
use crate::library::model::{Snapshot, Track};
use crate::library::{Library, LibraryError};
use crate::ml::train::config::Config;
use crate::ml::train::run_folder::RunFolder;

use super::event::{Event, JobKind, JobOutcome};
use super::jobs::{JobSpec, Shared};
use super::listening::Listening;
use super::resume::Kept;
use super::tiles::{Song, TileMaker, TileWish, Wish};
use super::training::message::{TrainingCommand, TrainingEvent};
use super::training::{desk, learn, start};
use super::{Command, cover, job};

/// What reaches the engine's thread.
pub(super) enum Message {
    /// From a client.
    Command(Command),
    /// A job wrote to the library.
    Changed,
    /// A run was made and waits to be trained.
    Begun(String),
    /// A job's thread is about to end.
    JobEnded(JobId, JobKind, Option<JobOutcome>),
    /// Every job is asked to stop.
    CancelAll,
    /// The client is gone.
    Shutdown,
}

/// A snapshot of a large library costs time: clients get one at most this often, and never for more than a fifth of it.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(400);

struct Running {
    cancel: CancelToken,
    thread: JoinHandle<()>,
}

pub(super) struct Dispatcher {
    pub shared: Arc<Shared>,
    pub library: Library,
    pub inbox: Receiver<Message>,
    /// Jobs report back through this.
    pub back: Sender<Message>,
    /// Only when a window is served.
    listening: Option<Listening>,
    /// What clients saw last.
    snapshot: Snapshot,
    running: HashMap<JobId, Running>,
    waiting: VecDeque<(JobId, JobSpec)>,
    /// The runs that wait, as clients know them.
    told_waiting: Vec<String>,
    busy: Vec<JobKind>,
    next_job: u64,
    changed: bool,
    /// Started when the first picture is wished for.
    tiles: Option<TileMaker>,
    next_snapshot: Instant,
}

impl Dispatcher {
    pub fn new(
        shared: Arc<Shared>,
        library: Library,
        inbox: Receiver<Message>,
        back: Sender<Message>,
        listening: Option<Listening>,
    ) -> Self {
        Self {
            shared,
            library,
            inbox,
            back,
            listening,
            snapshot: Snapshot::default(),
            running: HashMap::new(),
            waiting: VecDeque::new(),
            told_waiting: Vec::new(),
            busy: Vec::new(),
            next_job: 1,
            changed: false,
            tiles: None,
            next_snapshot: Instant::now(),
        }
    }

    /// Runs until the client is gone, then stops all jobs and waits for them.
    pub fn run(mut self) {
        if self.listening.is_some() {
            self.shared.outbox.send(Event::Settings(self.shared.settings()));
            self.send_genres();
            self.send_snapshot();
            self.restore_queue();
        }
        loop {
            let message = if self.changed {
                match self.inbox.recv_deadline(self.next_snapshot) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout) => {
                        self.send_snapshot();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            } else {
                match self.inbox.recv() {
                    Ok(message) => message,
                    Err(_) => break,
                }
            };
            match message {
                Message::Command(command) => self.carry_out(command),
                Message::Changed => self.changed = self.listening.is_some(),
                Message::Begun(run) => self.enqueue(JobSpec::Train(run)),
                Message::JobEnded(id, kind, outcome) => self.job_ended(id, kind, outcome),
                Message::CancelAll => self.cancel_all(),
                Message::Shutdown => break,
            }
        }
        drop(self.listening.take());
        drop(self.tiles.take());
        self.cancel_all();
        for (_, running) in self.running.drain() {
            running.thread.join().ok();
        }
    }

    fn carry_out(&mut self, command: Command) {
        let result = match command {
            Command::AddRoots(folders) => self.add_roots(folders),
            Command::RemoveRoot(folder) => self.change(|library| library.remove_root(&folder).map(drop)),
            Command::Rescan => self.library.roots().map(|roots| self.enqueue(JobSpec::Scan { roots })),
            Command::RetryProblems(paths) => self.library.forget_problems(&paths).and_then(|()| {
                let roots = self.library.roots()?;
                self.enqueue(JobSpec::Scan { roots });
                Ok(())
            }),
            Command::Classify { again, within } => {
                self.enqueue(JobSpec::Classify { again, within });
                Ok(())
            }
            Command::ExportPlaylists { folder, selection, within } => {
                self.enqueue(JobSpec::Export { folder, selection, within });
                Ok(())
            }
            Command::SetGenre { tracks, genre } => self.change(|library| library.set_genre(&tracks, genre.as_deref())),
            Command::CreatePlaylist { name, tracks } => {
                self.change(|library| library.create_playlist(&name, &tracks).map(drop))
            }
            Command::RenamePlaylist(id, name) => self.change(|library| library.rename_playlist(id, &name)),
            Command::DeletePlaylist(id) => self.change(|library| library.delete_playlist(id)),
            Command::AddToPlaylist(id, tracks) => self.change(|library| library.add_to_playlist(id, &tracks)),
            Command::RemoveFromPlaylist(id, positions) => {
                self.change(|library| library.remove_from_playlist(id, &positions))
            }
            Command::AddDemo => {
                self.enqueue(JobSpec::Demo);
                Ok(())
            }
            Command::ChangeSettings(settings) => {
                self.change_settings(settings);
                Ok(())
            }
            Command::Cancel(id) => {
                self.cancel(id);
                Ok(())
            }
            Command::LoadCover(track) => {
                self.load_cover(track);
                Ok(())
            }
            Command::Player(command) => {
                self.tell_player(command);
                Ok(())
            }
            Command::ExportPicture { track, request, file } => {
                if let Some(track) = self.track(track) {
                    self.enqueue(JobSpec::Picture { song: track.path.clone(), request, file });
                }
                Ok(())
            }
            Command::WantTiles(wishes) => self.want_tiles(wishes),
            Command::WantLivePictures(specs) => {
                if let Some(listening) = &self.listening {
                    listening.live_wishes.set(specs);
                }
                Ok(())
            }
            Command::LoadOverview(track) => {
                self.load_overview(track);
                Ok(())
            }
            Command::Training(command) => {
                self.train(command);
                Ok(())
            }
            Command::ListOutputDevices => {
                self.shared.outbox.send(Event::OutputDevices(output_devices()));
                Ok(())
            }
        };
        if let Err(error) = result {
            self.shared.outbox.send(Event::Failed(Report::from_error(&error)));
        }
    }

    /// A quick change of the library, followed by a snapshot.
    fn change(&mut self, change: impl FnOnce(&mut Library) -> Result<(), LibraryError>) -> Result<(), LibraryError> {
        change(&mut self.library)?;
        self.send_snapshot();
        Ok(())
    }

    /// Adds all of them or, when one cannot be added, stops there and says so.
    fn add_roots(&mut self, folders: Vec<PathBuf>) -> Result<(), LibraryError> {
        let mut roots = Vec::with_capacity(folders.len());
        for folder in folders {
            // Without links and `..`, so that a folder has one name only. A dropped file stands for its folder.
            let real = folder.canonicalize().unwrap_or(folder);
            let root = if real.is_file() { real.parent().unwrap_or(&real) } else { &real };
            roots.push(self.library.add_root(root)?);
        }
        if !roots.is_empty() {
            self.changed = self.listening.is_some();
            self.enqueue(JobSpec::Scan { roots });
        }
        Ok(())
    }

    fn change_settings(&mut self, mut settings: super::Settings) {
        let chosen = &settings.classifier;
        if let Some(run) = chosen.as_ref().filter(|_| *chosen != self.shared.settings().classifier)
            && let Err(error) = self.shared.try_out(run)
        {
            self.shared.outbox.send(Event::Failed(Report::from_error(&error)));
            settings.classifier.clone_from(&self.shared.settings().classifier);
        }
        let settings = Arc::new(settings.clamped());
        let before = self.shared.replace_settings(settings.clone());
        if before.classifier != settings.classifier {
            self.send_genres();
            // What another model decided is due again.
            self.enqueue(JobSpec::Classify { again: false, within: Vec::new() });
        }
        if before.output_device != settings.output_device {
            self.tell_player(PlayerCommand::SetDevice(settings.output_device.clone()));
        }
        if let Err(error) = settings.write(&self.shared.data_dir.settings()) {
            let mut report = Report::new("The settings could not be saved")
                .with_hint("check that the data folder can be written and has room");
            report.causes.push(error.to_string());
            self.shared.outbox.send(Event::Failed(report));
        }
        self.shared.outbox.send(Event::Settings(settings));
    }

    /// Tells which genres a trusted tag may name; a model that cannot be read is complained about when it should decide.
    fn send_genres(&self) {
        match self.shared.genres() {
            Ok(genres) => self.shared.outbox.send(Event::Genres(genres)),
            Err(error) => tracing::warn!("the genres of the library's model are not known: {error}"),
        }
    }

    /// Holds where the window was closed; songs that are not there any more are left out.
    fn restore_queue(&mut self) {
        if !self.shared.settings().resume {
            return;
        }
        let restored = Kept::read(&self.shared.data_dir.queue()).and_then(|kept| kept.restore(&self.snapshot.tracks));
        if let Some(command) = restored {
            self.tell_player(command);
        }
    }

    fn tell_player(&mut self, command: PlayerCommand) {
        if let Some(listening) = &self.listening {
            listening.player.send(command);
        }
    }

    /// A song that clients know of.
    fn track(&self, id: TrackId) -> Option<&Track> {
        self.snapshot.tracks.iter().find(|track| track.id == id)
    }

    fn load_cover(&self, track: TrackId) {
        if let Some(track) = self.track(track) {
            cover::load_in_background(track.id, track.path.clone(), self.shared.outbox.clone());
        }
    }

    fn want_tiles(&mut self, wishes: Vec<TileWish>) -> Result<(), LibraryError> {
        let mut wanted = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let Some(track) = self.track(wish.track) else { continue };
            let content = self.library.sound_keys(&[track.id.0])?.first().copied().unwrap_or_default();
            let song = Song { track: track.id, path: track.path.clone(), content, duration_secs: track.duration_secs };
            wanted.push(Wish { song: Arc::new(song), wish });
        }
        if self.tiles.is_none() && !wanted.is_empty() {
            let (folder, limit_mb) = (self.shared.data_dir.pictures(), self.shared.settings().picture_cache_mb);
            match TileMaker::spawn(&folder, limit_mb << 20, self.shared.outbox.clone()) {
                Ok(maker) => self.tiles = Some(maker),
                Err(error) => self.refused_thread(&error),
            }
        }
        if let Some(maker) = &self.tiles {
            maker.make_room(!self.busy.is_empty());
            maker.want(&wanted);
        }
        Ok(())
    }

    fn train(&mut self, command: TrainingCommand) {
        match command {
            TrainingCommand::Check(sources) => self.enqueue(JobSpec::Check(sources)),
            TrainingCommand::Start { config, name } => self.begin(move |data_dir| {
                start::begin(data_dir, *config, &name, None).map_err(|error| Report::from_error(&error))
            }),
            TrainingCommand::Learn(model) => self.begin(move |data_dir| {
                let plan = learn::plan(data_dir, &model, &CancelToken::default())?;
                learn::begin(data_dir, plan, format!("timbre train --learn-from-corrections {model}"))
            }),
            TrainingCommand::Withdraw(run) => {
                self.waiting.retain(|(_, spec)| !matches!(spec, JobSpec::Train(waiting) if *waiting == run));
                self.tell_waiting();
                desk::answer(TrainingCommand::Withdraw(run), &self.shared.data_dir, &self.shared.outbox);
            }
            TrainingCommand::Resume(run) => self.enqueue(JobSpec::Train(run)),
            TrainingCommand::Disagree(first, second) => self.enqueue(JobSpec::Disagree(first, second)),
            TrainingCommand::Figures(runs, folder) => self.enqueue(JobSpec::Figures(runs, folder)),
            TrainingCommand::Pause(paused) => {
                if let Some(control) = self.shared.training() {
                    control.pause(paused);
                }
            }
            TrainingCommand::Finish => {
                if let Some(control) = self.shared.training() {
                    control.pause(false);
                    control.finish();
                }
            }
            command => desk::answer(command, &self.shared.data_dir, &self.shared.outbox),
        }
    }

    /// Makes a run, which then waits to be trained.
    fn begin(&self, make: impl FnOnce(&DataDir) -> Result<(RunFolder, Config), Report> + Send + 'static) {
        let (shared, back) = (self.shared.clone(), self.back.clone());
        self.in_background("timbre-begin", move || {
            match make(&shared.data_dir) {
                Ok((folder, _)) => {
                    back.send(Message::Begun(folder.id())).ok();
                }
                Err(report) => shared.outbox.send(Event::Failed(report)),
            }
            desk::tell_runs(&shared.data_dir.runs(), &shared.outbox);
        });
    }

    fn in_background(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(work) {
            self.refused_thread(&error);
        }
    }

    fn refused_thread(&self, error: &std::io::Error) {
        let mut report = Report::new("The system refused to start another thread");
        report.causes.push(error.to_string());
        self.shared.outbox.send(Event::Failed(report));
    }

    fn load_overview(&self, track: TrackId) {
        let path = self.track(track).map(|track| track.path.clone());
        match (path, &self.listening) {
            (Some(path), Some(listening)) => listening.overviews.load(track, path),
            _ => self.shared.outbox.send(Event::Overview(track, None)),
        }
    }

    fn enqueue(&mut self, spec: JobSpec) {
        if self.waiting.iter().any(|(_, other)| *other == spec) {
            return;
        }
        let id = JobId(self.next_job);
        self.next_job += 1;
        self.waiting.push_back((id, spec));
        self.start_waiting();
    }

    /// Starts what can start: one job of a kind at a time.
    fn start_waiting(&mut self) {
        let mut later = VecDeque::new();
        while let Some((id, spec)) = self.waiting.pop_front() {
            let kind = spec.kind();
            if self.busy.contains(&kind) {
                later.push_back((id, spec));
                continue;
            }
            let cancel = CancelToken::default();
            let (shared, back, token) = (self.shared.clone(), self.back.clone(), cancel.clone());
            let body = move || {
                let outcome = job::run(id, kind, token, &shared.outbox, |context| spec.run(&shared, &back, context));
                back.send(Message::JobEnded(id, kind, outcome)).ok();
            };
            match std::thread::Builder::new().name(format!("timbre-{kind:?}").to_lowercase()).spawn(body) {
                Ok(thread) => {
                    self.busy.push(kind);
                    self.running.insert(id, Running { cancel, thread });
                }
                Err(error) => self.refused_thread(&error),
            }
        }
        self.waiting = later;
        self.tell_waiting();
        if let Some(maker) = &self.tiles {
            maker.make_room(!self.busy.is_empty());
        }
    }

    fn cancel(&mut self, id: JobId) {
        if let Some(running) = self.running.get(&id) {
            running.cancel.cancel();
        }
        self.waiting.retain(|(waiting, _)| *waiting != id);
        self.tell_waiting();
    }

    /// Tells which runs wait, where that has changed.
    fn tell_waiting(&mut self) {
        let runs = self.waiting.iter().filter_map(|(_, spec)| match spec {
            JobSpec::Train(run) => Some(run.clone()),
            _ => None,
        });
        let runs: Vec<String> = runs.collect();
        if runs != self.told_waiting {
            self.told_waiting.clone_from(&runs);
            self.shared.outbox.send(Event::Training(TrainingEvent::Waiting(runs)));
        }
    }

    fn cancel_all(&mut self) {
        self.waiting.clear();
        for running in self.running.values() {
            running.cancel.cancel();
        }
    }

    fn job_ended(&mut self, id: JobId, kind: JobKind, outcome: Option<JobOutcome>) {
        if let Some(running) = self.running.remove(&id) {
            running.thread.join().ok();
        }
        self.busy.retain(|busy| *busy != kind);
        if self.listening.is_some() {
            if matches!(kind, JobKind::Scan | JobKind::Classify) {
                self.send_snapshot();
            }
            match outcome {
                Some(JobOutcome::Scan(_)) if self.shared.settings().classify_after_scan => {
                    self.enqueue(JobSpec::Classify { again: false, within: Vec::new() });
                }
                Some(JobOutcome::Demo(folder)) => self.carry_out(Command::AddRoots(vec![folder])),
                _ => {}
            }
        }
        self.start_waiting();
    }

    fn send_snapshot(&mut self) {
        let start = Instant::now();
        match self.library.snapshot() {
            Ok(snapshot) => {
                self.snapshot = snapshot.clone();
                self.shared.outbox.send(Event::Library(snapshot));
            }
            Err(error) => self.shared.outbox.send(Event::Failed(Report::from_error(&error))),
        }
        self.changed = false;
        self.next_snapshot = Instant::now() + SNAPSHOT_INTERVAL.max(start.elapsed() * 5);
    }
}
