//! Asking for a folder or a file without stopping the window.

use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui::Context;

use crate::engine::training::message::TrainingCommand;
use crate::render::Course;
use crate::state::effect::{BundlePurpose, PictureFile};
use crate::state::training::judge::JudgeAction;
use crate::state::{Action, FolderPurpose, TrainAction};

/// Asks for folders and files. Tests answer by themselves.
pub trait Dialogs {
    /// Asks; the answer comes by [`Dialogs::poll`]. A question while one is open is ignored.
    fn choose_folder(&mut self, ctx: &Context, purpose: FolderPurpose, start: Option<PathBuf>);

    /// Asks where a picture or its numbers go; the answer comes by [`Dialogs::poll`] as well.
    fn save_picture(&mut self, ctx: &Context, picture: PictureFile);

    /// Asks where curves or the epochs behind them go; the answer comes by [`Dialogs::poll`] as well.
    fn save_courses(&mut self, ctx: &Context, courses: Vec<Course>);

    /// Asks for the file of a bundle; the answer comes by [`Dialogs::poll`] as well.
    fn choose_bundle(&mut self, ctx: &Context, purpose: BundlePurpose);

    /// The answers since the last call.
    fn poll(&mut self) -> Vec<Action>;
}

/// What a chosen folder means.
pub fn answer(purpose: FolderPurpose, folder: PathBuf) -> Action {
    match purpose {
        FolderPurpose::AddMusic => Action::AddRoots(vec![folder]),
        FolderPurpose::LocateSong(track) => Action::LocateAt(track, folder),
        FolderPurpose::Export(selection) => Action::ExportTo(folder, selection),
        FolderPurpose::Figures(runs) => Action::Train(TrainAction::Send(TrainingCommand::Figures(runs, folder))),
        FolderPurpose::TrainingData(part) => Action::Train(TrainAction::Put(part, folder)),
    }
}

/// What a chosen file means. Without an ending it becomes a PNG.
pub fn picture_answer(picture: PictureFile, file: PathBuf) -> Action {
    let file = if file.extension().is_some() { file } else { file.with_extension("png") };
    Action::ExportPicture { track: picture.track, request: picture.request, file }
}

/// A name for the file of these curves.
pub fn courses_file(courses: &[Course]) -> String {
    let name = courses.first().map_or("run", |run| run.name.as_str());
    let plain = |c: char| if c.is_alphanumeric() || " -_".contains(c) { c } else { '-' };
    format!("{}.png", name.chars().map(plain).collect::<String>())
}

/// What the chosen file for curves means. Without an ending it becomes a PNG.
pub fn courses_answer(courses: Vec<Course>, file: PathBuf) -> Action {
    let file = if file.extension().is_some() { file } else { file.with_extension("png") };
    Action::Train(TrainAction::Send(TrainingCommand::Courses(courses, file)))
}

/// What the chosen file of a bundle means. Without an ending it becomes a ZIP file.
pub fn bundle_answer(purpose: BundlePurpose, file: PathBuf) -> Action {
    match purpose {
        BundlePurpose::Export(run) => {
            let file = if file.extension().is_some() { file } else { file.with_extension("zip") };
            Action::Train(TrainAction::Send(TrainingCommand::Export(run, file)))
        }
        BundlePurpose::Import => Action::Train(TrainAction::Judge(JudgeAction::ImportFrom(file))),
    }
}

/// The system's own dialogs, each on a thread of its own.
pub struct NativeDialogs {
    sender: Sender<Option<Action>>,
    answers: Receiver<Option<Action>>,
    open: bool,
}

impl Default for NativeDialogs {
    fn default() -> Self {
        let (sender, answers) = bounded(1);
        Self { sender, answers, open: false }
    }
}

impl NativeDialogs {
    /// Asks on a thread of its own, unless a question is open already.
    fn ask(&mut self, ctx: &Context, question: impl FnOnce() -> Option<Action> + Send + 'static) {
        if std::mem::replace(&mut self.open, true) {
            return;
        }
        let sender = self.sender.clone();
        let repaint = ctx.clone();
        let ask = move || {
            sender.send(question()).ok();
            repaint.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name("timbre-dialog".into()).spawn(ask) {
            self.open = false;
            let text = format!("The dialog could not be opened: {error}");
            tracing::error!(%error, "no thread for a dialog");
            self.sender.try_send(Some(Action::Complain(text))).ok();
        }
    }
}

impl Dialogs for NativeDialogs {
    fn choose_folder(&mut self, ctx: &Context, purpose: FolderPurpose, start: Option<PathBuf>) {
        self.ask(ctx, move || {
            let title = match &purpose {
                FolderPurpose::AddMusic => "Choose your music folder",
                FolderPurpose::LocateSong(_) => "Where is this song now?",
                FolderPurpose::Figures(_) => "Choose a folder for the figures and tables",
                FolderPurpose::Export(_) => "Choose a folder for the playlists",
                FolderPurpose::TrainingData(part) => part.question(),
            };
            let mut dialog = rfd::FileDialog::new().set_title(title);
            if let Some(start) = start {
                dialog = dialog.set_directory(start);
            }
            let is_file = match &purpose {
                FolderPurpose::TrainingData(part) => part.is_file(),
                FolderPurpose::LocateSong(_) => true,
                FolderPurpose::AddMusic | FolderPurpose::Figures(_) | FolderPurpose::Export(_) => false,
            };
            let chosen = if is_file { dialog.pick_file() } else { dialog.pick_folder() };
            chosen.map(|folder| answer(purpose, folder))
        });
    }

    fn save_picture(&mut self, ctx: &Context, picture: PictureFile) {
        self.ask(ctx, move || {
            let dialog = rfd::FileDialog::new()
                .set_title("Save picture or numbers")
                .add_filter("Picture (PNG)", &["png"])
                .add_filter("Numbers (CSV)", &["csv"])
                .add_filter("Numbers (NumPy)", &["npy"])
                .set_file_name(&picture.name);
            dialog.save_file().map(|file| picture_answer(picture, file))
        });
    }

    fn save_courses(&mut self, ctx: &Context, courses: Vec<Course>) {
        self.ask(ctx, move || {
            let dialog = rfd::FileDialog::new()
                .set_title("Save the curves or the epochs")
                .add_filter("Picture (PNG)", &["png"])
                .add_filter("Drawing (SVG)", &["svg"])
                .add_filter("Table (CSV)", &["csv"])
                .set_file_name(courses_file(&courses));
            dialog.save_file().map(|file| courses_answer(courses, file))
        });
    }

    fn choose_bundle(&mut self, ctx: &Context, purpose: BundlePurpose) {
        self.ask(ctx, move || {
            let dialog = rfd::FileDialog::new().add_filter("Run (ZIP)", &["zip"]);
            let file = match &purpose {
                BundlePurpose::Export(run) => {
                    dialog.set_title("Save the run as one file").set_file_name(format!("{run}.zip")).save_file()
                }
                BundlePurpose::Import => dialog.set_title("Open an exported run").pick_file(),
            };
            file.map(|file| bundle_answer(purpose, file))
        });
    }

    fn poll(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        for answer in self.answers.try_iter() {
            self.open = false;
            actions.extend(answer);
        }
        actions
    }
}
