//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ml::DeviceChoice;

use super::picture_args::{ScalogramArgs, SpectrogramArgs};
use super::train_args::{Evaluate, Train};
use crate::library::portable::PathMap;

/// Organises a music collection by how it sounds.
///
/// Without a command the window opens, on FOLDER if one is given.
#[derive(Debug, Parser)]
#[command(name = "timbre", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Opens the window and adds this folder.
    pub folder: Option<PathBuf>,
    /// Settings of the whole run.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "\
Examples:
  timbre                                   open the window
  timbre ~/Music                           open the window and add a folder
  timbre organize ~/Music --playlists ~/Music/Genres
  timbre list --genre jazz                 what is filed under jazz
  timbre list --unsure --json              songs that need your ear, for scripts
  timbre genre set ~/Music/a.flac blues    decide by hand, for ever
  timbre spectrogram a.flac -o a.png       a picture of a song

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be used, 130 stopped with Ctrl-C.";

const TRAIN_EXAMPLES: &str = "\
Examples:
  timbre train cnn ~/genres --preset best --split artist-folds
  timbre train mobilenet --library --split artist-holdout
  timbre train mobilenet images_original --preset article --base mobilenet_v2.safetensors --epochs 500
  timbre train multimodal audio --index GTZANindex.txt --split artist-folds --out multimodal.safetensors
  timbre train --resume 2026-11
  timbre train --learn-from-corrections built-in --accept

A folder has one folder for each genre, of sound files or of spectrogram pictures. Ctrl-C stops; --resume goes on.";

const EVALUATE_EXAMPLES: &str = "\
Examples:
  timbre evaluate cnn.safetensors ~/genres
  timbre evaluate built-in audio --json | jq .accuracy
  timbre evaluate run.zip images_original";

const SPECTROGRAM_EXAMPLES: &str = "\
Examples:
  timbre spectrogram song.flac -o song.png
  timbre spectrogram song.flac -o chorus.png --from 1:02 --to 1:30 --axis mel --size 4096
  timbre spectrogram song.flac -o song.npy           float32 [frequency, time] in dB; song.json says which
  timbre spectrogram *.mp3 -o pictures --format png

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be used.";

const SCALOGRAM_EXAMPLES: &str = "\
Examples:
  timbre scalogram song.flac -o song.png
  timbre scalogram song.flac -o bass.png --low 30 --high 400 --cycles 12 --from 10 --to 20
  timbre scalogram song.flac -o song.csv --wavelet paul --hop 1024

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some files could not be used.";

const RUNS_EXAMPLES: &str = "\
RUN is an id, the beginning of one, or the folder of a run.

Examples:
  timbre runs list
  timbre runs show 20261122-1405
  timbre runs export 20261122-1405 jazz-net.zip";

const LIBRARY_EXAMPLES: &str = "\
Examples:
  timbre library backup /media/usb/timbre.sqlite
  timbre library restore library.sqlite.2026-11-28.bak
  timbre library check --repair
  timbre library forget --missing --dry-run
  timbre library export ~/timbre.json.zst
  timbre library import ~/timbre.json.zst --map 'D:\\Music=/home/ana/Music' --dry-run

Timbre itself makes a copy beside the library once a week and before a new version changes its form; three of each kind are
kept (library.sqlite.*.bak).";

const REPAIR_TEXT_EXAMPLES: &str = "\
Examples:
  timbre repair-text ~/Music/Kino --dry-run              what the most likely encoding would make of it
  timbre repair-text ~/Music/Kino --encoding cp1251
  timbre repair-text --search 'path:Japan' --encoding shift-jis
  timbre repair-text ~/Music/Kino --as-in-file           the texts as they stand in the files again

Encodings: utf-8 (encoded twice), utf-8-of-cp1251, cp1251, koi8-r, cp866, shift-jis, euc-jp, gbk, big5, euc-kr, cp1250, cp1252,
cp1253, cp1254, cp1255, cp1256, cp874. A text that the file says differently later on is no longer repaired. `timbre undo`
takes it back.";

const UNDO_EXAMPLES: &str = "\
Genres, playlists, folders, forgotten songs, imports and the queue can be undone, in the order in which they were changed
and also days later; what scans and networks find out is not in that list. `timbre redo` does it again.";

const IMPORT_HELP: &str = "\
Each song of the file is looked for in this library: first by its sound (whatever its file is called and its tags say), then
at its path after --map, then by title, artist and length within a second. Songs that are not here are listed; scan their
folders and import again.

A genre of the file replaces one that was set here earlier, never one that was set here later. A playlist of the same name
gets the songs that it lacks. Folders are added if they are there. Settings are replaced, but for threads, sound device,
playlist folder and classifier. Nothing is removed, and importing twice is the same as importing once. `timbre undo` takes
everything but the settings back at once.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some songs are not in this library.";

const COMPARE_EXAMPLES: &str = "\
Examples:
  timbre compare 20261122-1405 20261122-1530 --out figures
  timbre compare runs/a runs/b --json | jq .mcnemar";

/// Settings of the whole run.
#[derive(Debug, Args)]
pub struct Common {
    /// Where the library, settings and models are kept (also: TIMBRE_DATA_DIR).
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Prints one JSON document instead of tables.
    #[arg(long, global = true)]
    pub json: bool,
    /// Threads for scanning and listening (default: one for each core).
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Where networks run, also while they are trained (default: auto, or what a run's configuration says).
    #[arg(long, global = true, value_enum)]
    pub device: Option<Device>,
    /// No progress bar.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Says more of what goes on (twice: everything). RUST_LOG overrides it.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Where networks run.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Device {
    /// The fastest there is.
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

impl From<Device> for DeviceChoice {
    fn from(device: Device) -> Self {
        match device {
            Device::Auto => Self::Auto,
            Device::Cpu => Self::Cpu,
            Device::Cuda => Self::Cuda,
            Device::Metal => Self::Metal,
        }
    }
}

impl Common {
    /// Where networks are to run; none: that was not said.
    pub fn device(&self) -> Option<DeviceChoice> {
        self.device.map(DeviceChoice::from)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Adds folders to the library and reads the tags of what is new or changed.
    #[command(after_help = "Example:\n  timbre scan ~/Music /media/usb/Music")]
    Scan {
        /// The folders.
        #[arg(required = true, value_name = "FOLDER")]
        folders: Vec<PathBuf>,
        /// Leaves out files and folders that match, in this scan; may be given several times. A pattern without `/` is
        /// compared with names (`Podcasts`, `*.wav`), others with the end of a path (`Live/**`).
        #[arg(long, value_name = "PATTERN")]
        exclude: Vec<String>,
    },
    /// Listens to songs that no network or an older one has heard, and decides their genre.
    #[command(after_help = "Example:\n  timbre classify --jobs 4")]
    Classify {
        /// Listens to every song again.
        #[arg(long)]
        again: bool,
    },
    /// Scans a folder, classifies its songs and writes genre playlists, in one go. No music file is touched.
    #[command(after_help = "Example:\n  timbre organize ~/Music --playlists ~/Music/Genres")]
    Organize {
        /// The folder.
        folder: PathBuf,
        /// Where the playlists go (default: `playlists` in the data folder).
        #[arg(long, value_name = "DIR")]
        playlists: Option<PathBuf>,
    },
    /// Lists songs with genre, confidence and tags.
    #[command(after_help = "Examples:\n  timbre list --genre jazz\n  timbre list --unsure --json | jq '.[].path'")]
    List {
        /// Only songs of this genre.
        #[arg(long, conflicts_with = "unsure")]
        genre: Option<String>,
        /// Only songs without a certain genre.
        #[arg(long)]
        unsure: bool,
        /// Only songs that match, as in the window's search field: words, `artist:…`, `year:1965-1970`, `-live`.
        #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
        search: Option<String>,
        /// The order. The article of an artist counts as the setting *Sort without articles* (`ignore_articles`) says.
        #[arg(long, value_enum, default_value_t)]
        sort: ListOrder,
    },
    /// Reads titles and names that look garbled in the right encoding. Only the library changes, no file.
    #[command(after_help = REPAIR_TEXT_EXAMPLES)]
    RepairText(RepairTextArgs),
    /// Sets a song's genre by hand. It wins over the network and is kept for ever.
    #[command(subcommand)]
    Genre(GenreCommand),
    /// Writes playlists as .m3u8.
    #[command(after_help = "Examples:\n  timbre export ~/Music/Genres\n  timbre export --genre jazz .")]
    Export {
        /// Where the files go.
        folder: PathBuf,
        /// Only this genre.
        #[arg(long, conflicts_with = "unsure")]
        genre: Option<String>,
        /// Only the songs without a certain genre.
        #[arg(long)]
        unsure: bool,
    },
    /// Copies the library, checks and mends it, and moves what you gave it to another machine.
    #[command(subcommand, after_help = LIBRARY_EXAMPLES)]
    Library(LibraryCommand),
    /// Takes back the last thing that you did to the library, in this program or in the window.
    #[command(after_help = UNDO_EXAMPLES)]
    Undo {
        /// Only lists what can be undone, the newest first.
        #[arg(long)]
        list: bool,
    },
    /// Does again what was undone last.
    Redo,
    /// Lists files that could not be used, and why.
    Problems {
        /// Forgets them and looks at the files again.
        #[arg(long)]
        retry: bool,
        /// This new song is the one it looks like: it takes over that one's genre and playlists.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["retry", "keep_apart"])]
        take_over: Option<PathBuf>,
        /// This new song is not the one it looks like; do not ask again.
        #[arg(long, value_name = "FILE", conflicts_with = "retry")]
        keep_apart: Option<PathBuf>,
    },
    /// Trains one of the three architectures and says how good it is.
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(Box<Train>),
    /// Judges a model on a folder of clips by genre.
    #[command(after_help = EVALUATE_EXAMPLES)]
    Evaluate(Evaluate),
    /// Looks at folders of clips by genre.
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// Lists trainings, shows them, hands them on.
    #[command(subcommand, after_help = RUNS_EXAMPLES)]
    Runs(RunsCommand),
    /// Compares trainings: figures with their intervals, which differences are more than chance, and plots.
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare {
        /// The runs: ids (the beginning is enough) or folders.
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
        /// Writes learning curves, confusion matrices, F1 and reliability as PNG and SVG into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Draws a song's spectrogram, or writes its numbers. Needs no library.
    #[command(after_help = SPECTROGRAM_EXAMPLES)]
    Spectrogram(SpectrogramArgs),
    /// Draws a song's wavelet scalogram, or writes its numbers. Needs no library.
    #[command(after_help = SCALOGRAM_EXAMPLES)]
    Scalogram(ScalogramArgs),
    /// Lists what networks can run on and where sound can go.
    Devices,
    /// Makes the built-in demo collection.
    Demo {
        /// Where (default: `demo` in the data folder).
        folder: Option<PathBuf>,
    },
}

/// What to do with a data set.
#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Counts clips, artists and minutes of each genre and lists broken files, duplicates and doubtful labels.
    #[command(after_help = DATASET_EXAMPLES)]
    Check(DatasetCheck),
}

const DATASET_EXAMPLES: &str = "\
Examples:
  timbre dataset check gtzan/genres_original --index GTZANindex.txt
  timbre dataset check gtzan/genres_original gtzan/images_original
  timbre dataset check my-music-by-genre --json | jq '.similar'

A folder has one folder for each genre with sound files or spectrogram pictures in it. Exit code 3: files are broken.";

/// Which data set is checked.
#[derive(Debug, Args)]
pub struct DatasetCheck {
    /// Folders with one folder for each genre, of sound files or spectrogram pictures; clips of one name are one clip.
    #[arg(required_unless_present = "library", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// The same layout with wavelet pictures.
    #[arg(long, value_name = "DIR")]
    pub wavelets: Option<PathBuf>,
    /// Who plays each clip (lines of `clip ::: artist ::: title`); otherwise the files' tags say so.
    #[arg(long, value_name = "FILE")]
    pub index: Option<PathBuf>,
    /// Only the clips of this list; may be given several times.
    #[arg(long = "list", value_name = "FILE")]
    pub lists: Vec<PathBuf>,
    /// The songs of the library whose genre was set by hand.
    #[arg(long)]
    pub library: bool,
}

/// What can be done with the library as a whole.
#[derive(Debug, Subcommand)]
pub enum LibraryCommand {
    /// Copies the library into one file, also while Timbre is open.
    Backup {
        /// The copy. A copy of that name is replaced.
        file: PathBuf,
    },
    /// Puts a copy in the place of the library, which is kept beside it. An open window shows it at once.
    Restore {
        /// The copy: what `backup` wrote, or a library.sqlite.*.bak.
        file: PathBuf,
    },
    /// Looks whether the library is whole: its pages, its references and every value.
    #[command(after_help = "Exit codes: 0 whole, 1 not whole, 3 whole again but something was lost.")]
    Check {
        /// Mends damaged values and saves every readable row of a damaged file. The damaged file is kept.
        #[arg(long)]
        repair: bool,
    },
    /// Forgets songs with all that you gave them. Their files stay. `timbre undo` takes it back.
    Forget(ForgetArgs),
    /// Writes genres set by hand, playlists, folders and settings into a file, for another machine or another program.
    Export {
        /// The file; compressed when its name ends in .zst.
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
    },
    /// Takes in what `export` wrote.
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The file.
        #[arg(value_name = "FILE.json")]
        file: PathBuf,
        /// Where a folder of the file is on this machine; may be given several times.
        #[arg(long = "map", value_name = "OLD=NEW", value_parser = PathMap::parse)]
        maps: Vec<PathMap>,
        /// Only says what would be done.
        #[arg(long)]
        dry_run: bool,
    },
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListOrder {
    /// By the file's path.
    #[default]
    Path,
    /// As in playlists: by album artist, album, disc and track.
    Artist,
    /// By title.
    Title,
    /// By album, disc and track.
    Album,
}

/// Which songs are read in which encoding.
#[derive(Debug, Args)]
pub struct RepairTextArgs {
    /// Songs, or folders with all songs below them.
    #[arg(required_unless_present = "search", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Songs that match, as in the window's search field.
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true, conflicts_with = "files")]
    pub search: Option<String>,
    /// The encoding; without it the most likely one.
    #[arg(long, value_name = "ENCODING", conflicts_with = "as_in_file")]
    pub encoding: Option<String>,
    /// Takes the texts as they stand in the files again.
    #[arg(long)]
    pub as_in_file: bool,
    /// Only says what would be done.
    #[arg(long)]
    pub dry_run: bool,
}

/// Which songs are forgotten.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// Songs, or folders with all songs below them.
    #[arg(required_unless_present_any = ["missing", "hidden"], value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// All songs whose file is missing, also those on drives that are away.
    #[arg(long)]
    pub missing: bool,
    /// All songs of folders that were taken out of the library.
    #[arg(long)]
    pub hidden: bool,
    /// Only counts what would go.
    #[arg(long)]
    pub dry_run: bool,
    /// Does not ask.
    #[arg(long, short)]
    pub yes: bool,
}

/// Genres by hand.
#[derive(Debug, Subcommand)]
pub enum GenreCommand {
    /// Files a song under a genre.
    #[command(after_help = "Example:\n  timbre genre set ~/Music/a.flac blues")]
    Set {
        /// The song's file.
        file: PathBuf,
        /// The genre; any name.
        genre: String,
    },
    /// Takes a hand-set genre back; the network decides again.
    Clear {
        /// The song's file.
        file: PathBuf,
    },
}

/// What can be done with trainings.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Lists all runs, the newest first.
    List,
    /// Shows one run: what it was trained on, and how good it is.
    Show {
        /// The run.
        run: String,
    },
    /// Writes a run (model, configuration, split, history, figures, card) into one zip file.
    Export {
        /// The run.
        run: String,
        /// The zip file.
        file: PathBuf,
    },
    /// Brings in a zip file that `export` wrote.
    Import {
        /// The zip file.
        file: PathBuf,
    },
    /// Lets the model of a run decide the library's genres, until it is given back with `built-in`.
    Use {
        /// The run, or `built-in`.
        #[arg(value_name = "RUN")]
        model: String,
    },
    /// Deletes a run and its model. There is no way back; a library that it decides goes back to the built-in model.
    Delete {
        /// The run.
        run: String,
        /// Also one that is marked as running.
        #[arg(long)]
        force: bool,
    },
    /// Gives a run another name.
    Rename {
        /// The run.
        run: String,
        /// The name.
        name: String,
    },
    /// Replaces the notes on a run.
    Note {
        /// The run.
        run: String,
        /// The notes; empty to remove them.
        text: String,
    },
}
