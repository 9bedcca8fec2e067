//! The one door to everything Timbre does: commands in, events out.
//!
//! A long job is `Started`, then `Progress` or `Warning` any number of times, then exactly one of `Finished`, `Failed`,
//! `Cancelled`, also when it panics.

mod apply_settings;
pub mod belongings;
pub mod command;
mod cover;
mod dispatcher;
pub mod event;
mod history;
mod job;
mod job_queue;
mod jobs;
mod live_spectra;
mod message;
pub mod outbox;
mod overviews;
pub mod picture;
mod playback;
mod remote;
mod saved_queue;
pub mod settings;
mod shared;
mod tidy;
pub mod tiles;
pub mod training;
mod undo;
mod unfinished;
mod watch;
mod weekly;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::audio::player::OutputKind;
use crate::base::DataDir;
use crate::base::fs::{private_folder, tighten};
use crate::library::filing::DecisionRule;
use crate::library::model::Snapshot;
use crate::library::{Library, LibraryError};
use crate::ml::{DeviceChoice, MlError};

pub use command::{Command, ExportSelection};
pub use event::{ClassifyOutcome, Event, JobEvent, JobKind, JobOutcome, JobPhase, Opened, Progress, ScanOutcome, Turn};
pub use history::{TakenBack, redo, undo};
pub use outbox::Waker;
pub use settings::Settings;
pub use shared::decision_rule;

use dispatcher::Dispatcher;
use message::Message;
use outbox::Outbox;
use playback::Listening;
use remote::Remote;
use shared::Shared;

/// Commands that may wait for the engine's thread.
const INBOX_CAPACITY: usize = 1024;

/// How an engine is opened.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where the library and settings are.
    pub data_dir: DataDir,
    /// Where networks run.
    pub device: DeviceChoice,
    /// Threads for scanning and classifying in this run; `None` follows the settings.
    pub jobs: Option<usize>,
    /// With this a window is served: a player, snapshots while jobs run, jobs that follow each other.
    /// Without it every command does just what it says.
    pub player: Option<OutputKind>,
}

/// Why an engine cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data folder cannot be made.
    #[error(
        "the data folder {path} cannot be made; check that the place can be written, or choose another with --data-dir"
    )]
    DataDir {
        /// Which folder.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The library cannot be opened.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The system refuses another thread.
    #[error("the system refused to start a thread")]
    Thread(#[from] std::io::Error),
}

/// The engine. Dropping it stops all jobs (what they did is kept) and waits for them.
pub struct Engine {
    shared: Arc<Shared>,
    commands: Sender<Message>,
    events: Option<Receiver<Event>>,
    dispatcher: Option<JoinHandle<()>>,
    /// Only when a window is served.
    remote: Option<Arc<Remote>>,
    /// Whether a [`Stopper`] has stopped the work.
    stopped: Arc<AtomicBool>,
    /// Makes the weekly copy of the library.
    weekly: Option<weekly::Weekly>,
}

impl Engine {
    /// Opens the library (makes it when there is none) and starts the engine's thread.
    ///
    /// # Errors
    /// When the data folder or the library in it cannot be opened.
    pub fn open(config: EngineConfig, waker: Waker) -> Result<Self, EngineError> {
        let EngineConfig { data_dir, device, jobs, player } = config;
        private_folder(data_dir.root())
            .map_err(|source| EngineError::DataDir { path: data_dir.root().to_path_buf(), source })?;
        let library = Library::open(&data_dir.database())?;
        for file in [data_dir.settings(), data_dir.queue()] {
            tighten(&file);
        }
        tidy::remove_left_overs(&data_dir, player.is_some())?;
        let mut settings = Settings::read(&data_dir.settings());
        if let Some(jobs) = jobs {
            settings.jobs = jobs.min(settings::MOST_JOBS);
        }
        let weekly = player.is_some().then(|| weekly::Weekly::spawn(data_dir.database())).transpose()?;
        let (outbox, events) = Outbox::new(waker);
        let shared = Arc::new(Shared::new(data_dir, outbox, device, settings));
        let listening = player.map(|output| Listening::start(output, &shared)).transpose()?;
        let remote = listening.as_ref().map(|listening| listening.remote.clone());
        let (commands, inbox) = crossbeam_channel::bounded(INBOX_CAPACITY);
        let dispatcher = Dispatcher::new(shared.clone(), library, inbox, commands.clone(), listening, jobs.is_some());
        let dispatcher = std::thread::Builder::new().name("timbre-engine".into()).spawn(move || dispatcher.run())?;
        let stopped = Arc::default();
        Ok(Self { shared, commands, events: Some(events), dispatcher: Some(dispatcher), remote, stopped, weekly })
    }

    /// Hands a command over; never waits. A command that finds the queue full (a thousand waiting) is dropped and logged.
    ///
    /// What the player is told goes straight to it: it obeys at once, also while the engine's thread waits for the library.
    pub fn send(&self, command: Command) {
        let command = match command {
            Command::Player(command) => {
                let former = self.remote.as_ref().and_then(|remote| remote.send(command));
                if let Some(former) = former
                    && self.commands.try_send(Message::QueueReplaced(former)).is_err()
                {
                    tracing::warn!("the engine does not keep up, the replaced queue is not noted");
                }
                return;
            }
            command => command,
        };
        if self.commands.try_send(Message::Command(command)).is_err() {
            tracing::error!("the engine does not keep up, a command was dropped");
        }
    }

    /// All events since the last look.
    pub fn poll(&self) -> Vec<Event> {
        self.events.iter().flat_map(Receiver::try_iter).collect()
    }

    /// Waits for the next event, at most so long.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        self.events.as_ref()?.recv_timeout(timeout).ok()
    }

    /// Sends a command and waits for the end of the job of that kind, showing every event on the way to `on_event`.
    /// For the command line and scripts; a window polls instead.
    pub fn run_to_end(&self, command: Command, kind: JobKind, mut on_event: impl FnMut(&Event)) -> JobPhase {
        self.send(command);
        // Whoever stopped the work between two jobs means the second one, too.
        if self.stopped.load(Ordering::SeqCst) {
            self.stopper().cancel_all();
        }
        loop {
            let Some(event) = self.recv_timeout(Duration::from_secs(3600)) else { continue };
            on_event(&event);
            match event {
                Event::Job(JobEvent { kind: of, phase, .. }) if of == kind => match phase {
                    JobPhase::Finished(_) | JobPhase::Failed(_) | JobPhase::Cancelled => return phase,
                    JobPhase::Started | JobPhase::Progress(_) | JobPhase::Warning(_) => {}
                },
                Event::Failed(report) => return JobPhase::Failed(report),
                _ => {}
            }
        }
    }

    /// A handle with which another thread (a signal handler's) can stop the work.
    pub fn stopper(&self) -> Stopper {
        Stopper { commands: self.commands.clone(), stopped: self.stopped.clone() }
    }

    /// The library as it is now, read on this thread. For the command line and scripts; a window hears `Event::Library`.
    ///
    /// # Errors
    /// When the library cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot, LibraryError> {
        self.shared.open_library()?.snapshot()
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Arc<Settings> {
        self.shared.settings()
    }

    /// How predictions become decisions now.
    ///
    /// # Errors
    /// When the library's model cannot be read.
    pub fn rule(&self) -> Result<DecisionRule, MlError> {
        self.shared.rule()
    }

    /// Where this engine keeps things.
    pub fn data_dir(&self) -> &DataDir {
        &self.shared.data_dir
    }
}

/// Stops an engine's work from another thread.
#[derive(Clone)]
pub struct Stopper {
    commands: Sender<Message>,
    stopped: Arc<AtomicBool>,
}

impl Stopper {
    /// Asks every job to stop, also those that wait and those that [`Engine::run_to_end`] begins later.
    pub fn cancel_all(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.commands.try_send(Message::CancelAll).ok();
    }

    /// Has changed settings written at once, because the program may be about to end.
    pub fn keep_settings(&self) {
        self.commands.try_send(Message::KeepSettings).ok();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // First, nothing may wait for this client any longer.
        drop(self.events.take());
        drop(self.remote.take());
        self.commands.send(Message::Shutdown).ok();
        if let Some(dispatcher) = self.dispatcher.take() {
            dispatcher.join().ok();
        }
        drop(self.weekly.take());
    }
}
