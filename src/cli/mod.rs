//! The command line: the same jobs as the window's, through the same engine.

mod args;
mod belongings;
mod compare;
mod dataset;
mod devices;
mod jobs;
mod library;
mod library_store;
mod list;
mod output;
mod picture_args;
mod pictures;
mod runs;
mod signals;
mod text_repair;
mod train;
mod train_args;

use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::base::{DataDir, Report, log};
use crate::engine::picture::PictureRequest;
use crate::engine::{Command as EngineCommand, Engine, EngineConfig, ExportSelection};
use crate::library::scan::LeaveOut;
use crate::ml::DeviceChoice;

use args::{Cli, Command, Common, DatasetCommand, GenreCommand, LibraryCommand};
use jobs::{Ended, Run};
use output::{Exit, Output};
use picture_args::PictureArgs;
use signals::{cancelled_by_signal, on_stop};

/// Parses the arguments, does what they say, and gives back the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.folder.is_some() && cli.command.is_some() {
        let message = "a folder before a command: the window opens a folder, commands name theirs after themselves";
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    if let Some(folder) = cli.folder.as_ref().filter(|folder| !folder.is_dir()) {
        let message = format!("{} is neither a folder nor a command", output::one_line(&folder.display().to_string()));
        Cli::command().error(ErrorKind::InvalidValue, message).exit();
    }
    start_logging(&cli.common, cli.command.is_none());
    let output = Output { json: cli.common.json, quiet: cli.common.quiet };
    let ended = match cli.command {
        Some(command) => run(command, &cli.common, &output),
        None => open_window(cli.folder, &cli.common),
    };
    match ended {
        Ok(exit) => exit,
        Err(Ended::Stopped) => {
            output.note("stopped; what was done so far is kept");
            Exit::Stopped
        }
        Err(Ended::Usage(command, trouble)) => {
            let mut cli = Cli::command();
            // The usage line of the command itself.
            cli.build();
            let command = cli.find_subcommand_mut(command).map_or_else(Cli::command, |found| found.clone());
            command.clone().error(ErrorKind::ValueValidation, output::one_line(&trouble)).exit();
        }
        Err(Ended::Failed(report)) => {
            output.fail(&report);
            Exit::Failed
        }
    }
    .into()
}

fn run(command: Command, common: &Common, output: &Output) -> Run {
    signals::listen()?;
    // Who names a device wants that one; only where the program chooses may it choose another.
    let named = common.device().filter(|device| *device != DeviceChoice::Auto);
    if let Some((_, Some(note))) = named.map(DeviceChoice::open) {
        let report = Report::new(note.trim_end_matches(": the CPU is used"));
        return Err(report.with_hint("`timbre devices` lists what can be used").into());
    }
    match command {
        Command::Scan { folders, exclude } => {
            if let Err(error) = LeaveOut::default().with_patterns(&exclude) {
                return Err(Ended::Usage("scan", error.to_string()));
            }
            library::scan(&open_engine(common)?, output, folders, exclude)
        }
        Command::Classify { again } => library::classify(&open_engine(common)?, output, again),
        Command::Organize { folder, playlists } => library::organize(&open_engine(common)?, output, &folder, playlists),
        Command::List { genre, unsure, search, sort } => {
            list::list(&open_engine(common)?, output, genre.as_deref(), unsure, search.as_deref(), sort)
        }
        Command::RepairText(args) => text_repair::text_repair(common, output, &args),
        Command::Genre(GenreCommand::Set { file, genre }) => {
            list::set_genre(&open_engine(common)?, output, &file, Some(&genre))
        }
        Command::Genre(GenreCommand::Clear { file }) => list::set_genre(&open_engine(common)?, output, &file, None),
        Command::Export { folder, genre, unsure } => {
            let selection = match (genre, unsure) {
                (Some(genre), _) => ExportSelection::Genre(genre),
                (None, true) => ExportSelection::Unsure,
                (None, false) => ExportSelection::All,
            };
            library::export(&open_engine(common)?, output, folder, selection)
        }
        Command::Problems { retry, take_over, keep_apart } => {
            let engine = open_engine(common)?;
            if let Some(file) = take_over.as_deref() {
                library::answer_lookalike(&engine, file, EngineCommand::TakeOver)?;
            } else if let Some(file) = keep_apart.as_deref() {
                library::answer_lookalike(&engine, file, EngineCommand::KeepApart)?;
            }
            library::problems(&engine, output, retry)
        }
        Command::Library(command) => library_command(output, &data_dir(common)?, command),
        Command::Undo { list } => belongings::undo(output, &data_dir(common)?, list),
        Command::Redo => belongings::redo(output, &data_dir(common)?),
        Command::Train(args) => {
            train::train(output, &args, &data_dir(common)?, common.device(), &cancelled_by_signal())
        }
        Command::Evaluate(args) => {
            let device = common.device().unwrap_or_default();
            train::evaluate(output, &args, &data_dir(common)?, device, &cancelled_by_signal())
        }
        Command::Dataset(DatasetCommand::Check(args)) => {
            dataset::check(output, common.jobs, args, &data_dir(common)?, &cancelled_by_signal())
        }
        Command::Runs(command) => runs::run(output, &data_dir(common)?, command),
        Command::Compare { runs, out } => compare::compare(output, &data_dir(common)?.runs(), &runs, out.as_deref()),
        Command::Spectrogram(args) => draw(output, "spectrogram", &args.picture, &args.request()),
        Command::Scalogram(args) => draw(output, "scalogram", &args.picture, &args.request()),
        Command::Devices => devices::devices(output),
        Command::Demo { folder } => {
            let folder = folder.map_or_else(|| data_dir(common).map(|dir| dir.demo()), Ok)?;
            library::make_demo(output, &folder, &cancelled_by_signal())
        }
    }
}

fn library_command(output: &Output, data_dir: &DataDir, command: LibraryCommand) -> Run {
    match command {
        LibraryCommand::Backup { file } => library_store::backup(output, data_dir, &file),
        LibraryCommand::Restore { file } => library_store::restore(output, data_dir, &file),
        LibraryCommand::Check { repair } => library_store::check(output, data_dir, repair),
        LibraryCommand::Forget(args) => library_store::forget(output, data_dir, &args),
        LibraryCommand::Export { file } => belongings::export(output, data_dir, &file),
        LibraryCommand::Import { file, maps, dry_run } => belongings::import(output, data_dir, &file, &maps, dry_run),
    }
}

fn draw(output: &Output, command: &'static str, args: &PictureArgs, request: &PictureRequest) -> Run {
    if let Some(trouble) = args.trouble() {
        return Err(Ended::Usage(command, trouble));
    }
    pictures::write(output, args, request, &cancelled_by_signal())
}

/// An engine without a window, whose work Ctrl-C stops.
fn open_engine(common: &Common) -> Result<Engine, Ended> {
    let engine = Engine::open(engine_config(common)?, Arc::new(|| ()))?;
    let stopper = engine.stopper();
    on_stop(move || stopper.cancel_all());
    Ok(engine)
}

fn data_dir(common: &Common) -> Result<DataDir, Report> {
    DataDir::resolve(common.data_dir.as_deref())
        .ok_or_else(|| Report::new("This system names no home folder").with_hint("name a data folder with --data-dir"))
}

fn engine_config(common: &Common) -> Result<EngineConfig, Report> {
    Ok(EngineConfig {
        data_dir: data_dir(common)?,
        device: common.device().unwrap_or_default(),
        jobs: common.jobs.map(usize::from),
        player: None,
    })
}

#[cfg(feature = "gui")]
fn open_window(folder: Option<std::path::PathBuf>, common: &Common) -> Run {
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::ui::WindowOptions;

    let mut config = engine_config(common)?;
    config.player = Some(crate::audio::player::OutputKind::Default);
    let (root, log_folder) = (config.data_dir.root().to_path_buf(), config.data_dir.log());
    let leave = Arc::new(AtomicBool::new(false));
    let options = WindowOptions {
        folders: folder.into_iter().collect(),
        layout_file: Some(root.join("window.ron")),
        leave: leave.clone(),
    };
    crate::base::fs::private_folder(&root)?;
    let open = move |waker: crate::engine::outbox::Waker| {
        let engine = Engine::open(config, waker.clone())?;
        let stopper = engine.stopper();
        on_stop(move || {
            stopper.keep_settings();
            leave.store(true, Ordering::Relaxed);
            waker();
        });
        Ok(engine)
    };
    crate::ui::run(options, open).map_err(|error| {
        let hint = "is there a display? `timbre organize FOLDER` does the same job without one";
        Report::from_error(&error).with_hint(hint)
    })?;
    log::ended_well(&log_folder);
    Ok(Exit::Done)
}

#[cfg(not(feature = "gui"))]
fn open_window(_folder: Option<std::path::PathBuf>, _common: &Common) -> Run {
    let report = Report::new("This build of Timbre has no window");
    Err(report.with_hint("`timbre organize FOLDER` does the same job, `timbre --help` lists the commands").into())
}

/// Warnings go to the terminal and, from a window, to the log file. A fault goes there in any case.
fn start_logging(common: &Common, is_window: bool) {
    let quiet = "warn,symphonia=off,wgpu=error,lofty=error";
    let default = match common.verbose {
        0 => quiet,
        1 => "info,timbre=debug",
        _ => "debug,timbre=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| default.into());
    let to_terminal =
        fmt::layer().with_writer(output::terminal_stderr).with_ansi(false).without_time().with_filter(filter);
    let log = data_dir(common).ok().map(|data_dir| log::Log::new(&data_dir.log()));
    let to_file = log
        .clone()
        .filter(|_| is_window)
        .map(|log| fmt::layer().with_writer(move || log.clone()).with_ansi(false).with_filter(EnvFilter::new(quiet)));
    tracing_subscriber::registry().with(to_terminal).with(to_file).init();
    if let Some(log) = log {
        log::write_down_panics(log, is_window);
    }
}
