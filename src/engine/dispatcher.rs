//! The engine's own thread: carries out quick commands, starts jobs, keeps clients up to date.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::audio::player::{PlayerCommand, output_devices};
use crate::base::{CancelToken, DataDir, JobId, Report, TrackId, log};
use crate::library::model::{Snapshot, Track};
use crate::library::{Library, LibraryError};
use crate::ml::model::config::Config;
use crate::ml::runs::run_folder::RunFolder;

use super::event::{Event, JobKind, Opened};
use super::jobs::{AGAIN, JobSpec};
use super::message::Message;
use super::playback::Listening;
use super::saved_queue::Kept;
use super::settings::keeper::Keeper;
use super::shared::Shared;
use super::tiles::{Song, TileMaker, TileWish, Wish};
use super::training::message::TrainingCommand;
use super::training::{learn, run_queries, start};
use super::unfinished::{Classifications, Unfinished};
use super::watch::LibraryWatch;
use super::{Command, cover};

/// A snapshot of a large library costs time: clients get one at most this often, and never for more than a fifth of it.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(400);

/// A job that runs.
pub(super) struct Running {
    pub cancel: CancelToken,
    pub thread: JoinHandle<()>,
}

pub(super) struct Dispatcher {
    pub shared: Arc<Shared>,
    pub library: Library,
    pub inbox: Receiver<Message>,
    /// Jobs report back through this.
    pub back: Sender<Message>,
    /// Only when a window is served.
    pub listening: Option<Listening>,
    /// What clients saw last.
    pub snapshot: Snapshot,
    pub running: HashMap<JobId, Running>,
    pub waiting: VecDeque<(JobId, JobSpec)>,
    /// The runs that wait, as clients know them.
    pub told_waiting: Vec<String>,
    pub busy: Vec<JobKind>,
    /// Only when a window is served: an interrupted one goes on in the next.
    pub classifications: Option<Classifications>,
    /// All work is to stop, by no one's choice of a job.
    pub stopping: bool,
    pub next_job: u64,
    pub changed: bool,
    /// Started when the first picture is wished for.
    pub tiles: Option<TileMaker>,
    next_snapshot: Instant,
    pub keeper: Keeper,
    /// The number of threads is that of the command line, not of the settings.
    pub jobs_are_given: bool,
    watch: Option<LibraryWatch>,
    /// Changes when another connection writes to the library.
    data_version: i64,
}

impl Dispatcher {
    pub fn new(
        shared: Arc<Shared>,
        library: Library,
        inbox: Receiver<Message>,
        back: Sender<Message>,
        listening: Option<Listening>,
        jobs_are_given: bool,
    ) -> Self {
        let keeper = Keeper::new(shared.data_dir.settings());
        let classifications = listening.is_some().then(|| Classifications::new(shared.data_dir.unfinished()));
        Self {
            shared,
            library,
            inbox,
            back,
            listening,
            classifications,
            stopping: false,
            snapshot: Snapshot::default(),
            running: HashMap::new(),
            waiting: VecDeque::new(),
            told_waiting: Vec::new(),
            busy: Vec::new(),
            next_job: 1,
            changed: false,
            tiles: None,
            next_snapshot: Instant::now(),
            keeper,
            jobs_are_given,
            watch: None,
            data_version: 0,
        }
    }

    /// Runs until the client is gone, then stops all jobs and waits for them.
    pub fn run(mut self) {
        if self.listening.is_some() {
            let data_dir = &self.shared.data_dir;
            self.shared.outbox.send(Event::Opened(Opened {
                data_folder: data_dir.root().to_path_buf(),
                log_folder: data_dir.log(),
                read_only: self.library.is_read_only(),
                after_fault: log::take_fault(&data_dir.log()),
            }));
            self.shared.outbox.send(Event::Settings(self.shared.settings()));
            self.send_genres();
            self.send_snapshot();
            self.restore_queue();
            self.go_on_classifying();
        }
        self.watch_library();
        loop {
            let now = Instant::now();
            if self.changed && now >= self.next_snapshot {
                self.send_snapshot();
            }
            if self.keeper.due().is_some_and(|due| now >= due) {
                self.keep_settings();
            }
            let snapshot_due = self.changed.then_some(self.next_snapshot);
            let message = match snapshot_due.into_iter().chain(self.keeper.due()).min() {
                Some(due) => match self.inbox.recv_deadline(due) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => break,
                },
                None => match self.inbox.recv() {
                    Ok(message) => message,
                    Err(_) => break,
                },
            };
            match message {
                Message::Command(command) => self.carry_out(command),
                Message::QueueReplaced(former) => self.note_replaced(former),
                Message::Changed => self.changed = self.listening.is_some(),
                Message::LibraryTouched => self.look_for_changes(),
                Message::Begun(run) => self.enqueue(JobSpec::Train(run)),
                Message::JobEnded(id, kind, outcome) => self.job_ended(id, kind, outcome),
                Message::CancelAll => self.cancel_all(),
                Message::KeepSettings => self.keep_settings(),
                Message::Shutdown => break,
            }
        }
        self.keep_settings();
        drop(self.watch.take());
        drop(self.listening.take());
        drop(self.tiles.take());
        self.cancel_all();
        for (_, running) in self.running.drain() {
            running.thread.join().ok();
        }
        // A classification whose end the client saw before it left was not interrupted.
        let left: Vec<Message> = self.inbox.try_iter().collect();
        for message in left {
            if let Message::JobEnded(id, _, Some(_)) = message {
                self.classification_ended(id);
            }
        }
    }

    /// Hears of other processes that change the library, if a window is served.
    fn watch_library(&mut self) {
        if self.listening.is_none() {
            return;
        }
        self.data_version = self.library.data_version().unwrap_or_default();
        match LibraryWatch::start(self.library.path(), self.back.clone()) {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => tracing::warn!(%error, "changes by other processes show only after the next change here"),
        }
    }

    /// Takes in what another connection has written, a process of its own or a job of this one.
    fn look_for_changes(&mut self) {
        if let Some(watch) = &self.watch {
            watch.listen_again();
        }
        let version = self.library.data_version().unwrap_or_default();
        if std::mem::replace(&mut self.data_version, version) != version {
            self.changed = self.listening.is_some();
        }
    }

    pub(super) fn carry_out(&mut self, command: Command) {
        let result = match command {
            Command::AddRoots(folders) => self.add_roots(folders, Vec::new()),
            Command::AddRootsWithout { folders, exclude } => self.add_roots(folders, exclude),
            Command::RemoveRoot(folder) => self.change_and_tell(|library| library.remove_root(&folder).map(drop)),
            Command::Forget(tracks) => self.change_and_tell(|library| library.forget(&tracks)),
            Command::ForgetHidden => self.change_and_tell(|library| {
                let hidden = library.hidden_songs()?;
                library.forget(&hidden)
            }),
            Command::TakeOver(track) => self.change_and_tell(|library| library.take_over(track)),
            Command::KeepApart(track) => self.change(|library| library.keep_apart(track)),
            Command::Locate { track, file } => self.locate(track, file),
            Command::Undo => self.turn(false),
            Command::Redo => self.turn(true),
            Command::Rescan => self.library.roots().map(|roots| self.enqueue(JobSpec::scan(roots))),
            Command::RetryProblems(paths) => self.library.forget_problems(&paths).and_then(|()| {
                let roots = self.library.roots()?;
                self.enqueue(JobSpec::scan(roots));
                Ok(())
            }),
            Command::Classify { again, within } => {
                self.enqueue(JobSpec::Classify { again_until: again.then_some(AGAIN), within });
                Ok(())
            }
            Command::ExportPlaylists { folder, selection, within } => {
                self.enqueue(JobSpec::Export { folder, selection, within });
                Ok(())
            }
            Command::SetGenre { tracks, genre } => self.change(|library| library.set_genre(&tracks, genre.as_deref())),
            Command::RepairText { tracks, reading } => match self.library.repair_texts(&tracks, reading) {
                Ok(0) => self.change(|_| Ok(())),
                Ok(_) => self.change_and_tell(|_| Ok(())),
                Err(error) => Err(error),
            },
            Command::CreatePlaylist { name, tracks } => {
                self.change(|library| library.create_playlist(&name, &tracks).map(drop))
            }
            Command::RenamePlaylist(id, name) => self.change(|library| library.rename_playlist(id, &name)),
            Command::DeletePlaylist(id) => self.change_and_tell(|library| library.delete_playlist(id)),
            Command::AddToPlaylist(id, tracks) => self.change(|library| library.add_to_playlist(id, &tracks)),
            Command::RemoveFromPlaylist(id, positions) => {
                self.change_and_tell(|library| library.remove_from_playlist(id, &positions))
            }
            Command::OrderPlaylist(id, order) => self.change(|library| library.order_playlist(id, &order)),
            Command::AddDemo => {
                self.enqueue(JobSpec::Demo);
                Ok(())
            }
            Command::ChangeSettings(changes) => {
                self.change_settings(changes);
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
            // Those go straight to the player, if there is one.
            Command::Player(_) => Ok(()),
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
    pub(super) fn change(
        &mut self,
        change: impl FnOnce(&mut Library) -> Result<(), LibraryError>,
    ) -> Result<(), LibraryError> {
        change(&mut self.library)?;
        self.send_snapshot();
        Ok(())
    }

    /// As [`Self::change`], and tells what was done, so that it can be taken back at once.
    fn change_and_tell(
        &mut self,
        change: impl FnOnce(&mut Library) -> Result<(), LibraryError>,
    ) -> Result<(), LibraryError> {
        self.change(change)?;
        if let Some(what) = self.snapshot.undo.clone().filter(|_| self.listening.is_some()) {
            self.shared.outbox.send(Event::Done(what));
        }
        Ok(())
    }

    /// Adds all of them or, when one cannot be added, stops there and says so.
    fn add_roots(&mut self, folders: Vec<PathBuf>, exclude: Vec<String>) -> Result<(), LibraryError> {
        let mut roots = Vec::with_capacity(folders.len());
        for folder in folders {
            // Without links and `..`, so that a folder has one name only. A dropped file stands for its folder.
            let real = folder.canonicalize().unwrap_or(folder);
            let root = if real.is_file() { real.parent().unwrap_or(&real) } else { &real };
            roots.push(self.library.add_root(root)?);
        }
        if !roots.is_empty() {
            self.changed = self.listening.is_some();
            self.enqueue(JobSpec::Scan { roots, exclude, locate: None });
        }
        Ok(())
    }

    /// Holds where the window was closed; songs that are not there any more are left out.
    fn restore_queue(&mut self) {
        let Some(listening) = &self.listening else { return };
        let resumes = self.shared.settings().resume;
        let kept = resumes.then(|| Kept::read(&self.shared.data_dir.queue())).flatten();
        let restore = kept.as_ref().and_then(|kept| kept.restore(&self.snapshot.tracks));
        let replaced = listening.remote.open(restore);
        if let Some(former) = kept.filter(|_| replaced) {
            self.note_replaced(former);
        }
    }

    /// A classification that the end of the last window interrupted.
    fn go_on_classifying(&mut self) {
        if let Some(Unfinished { again_since, within, .. }) = Unfinished::read(&self.shared.data_dir.unfinished()) {
            self.enqueue(JobSpec::Classify { again_until: again_since, within });
        }
    }

    fn note_replaced(&mut self, former: Kept) {
        if let Err(error) = self.queue_replaced(former.into_state()) {
            self.shared.outbox.send(Event::Failed(Report::from_error(&error)));
        }
    }

    pub(super) fn tell_player(&mut self, command: PlayerCommand) {
        if let Some(listening) = &self.listening {
            listening.remote.send(command);
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
                run_queries::answer(TrainingCommand::Withdraw(run), &self.shared.data_dir, &self.shared.outbox);
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
            command => run_queries::answer(command, &self.shared.data_dir, &self.shared.outbox),
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
            run_queries::tell_runs(&shared.data_dir.runs(), &shared.outbox);
        });
    }

    fn in_background(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(work) {
            self.refused_thread(&error);
        }
    }

    pub(super) fn refused_thread(&self, error: &std::io::Error) {
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

    pub(super) fn send_snapshot(&mut self) {
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
