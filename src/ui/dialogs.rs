//! Asking for a folder without stopping the window.

use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui::Context;

use crate::state::{Action, FolderPurpose};

/// Asks for folders. Tests answer by themselves.
pub trait Dialogs {
    /// Asks; the answer comes by [`Dialogs::poll`]. A question while one is open is ignored.
    fn choose_folder(&mut self, ctx: &Context, purpose: FolderPurpose, start: Option<PathBuf>);

    /// The answers since the last call.
    fn poll(&mut self) -> Vec<Action>;
}

/// What a chosen folder means.
pub fn answer(purpose: FolderPurpose, folder: PathBuf) -> Action {
    match purpose {
        FolderPurpose::AddMusic => Action::AddRoots(vec![folder]),
        FolderPurpose::Export(selection) => Action::ExportTo(folder, selection),
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

impl Dialogs for NativeDialogs {
    fn choose_folder(&mut self, ctx: &Context, purpose: FolderPurpose, start: Option<PathBuf>) {
        if std::mem::replace(&mut self.open, true) {
            return;
        }
        let sender = self.sender.clone();
        let repaint = ctx.clone();
        let ask = move || {
            let title = match &purpose {
                FolderPurpose::AddMusic => "Choose your music folder",
                FolderPurpose::Export(_) => "Choose a folder for the playlists",
            };
            let mut dialog = rfd::FileDialog::new().set_title(title);
            if let Some(start) = start {
                dialog = dialog.set_directory(start);
            }
            let action = dialog.pick_folder().map(|folder| answer(purpose, folder));
            sender.send(action).ok();
            repaint.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name("timbre-folder-dialog".into()).spawn(ask) {
            self.open = false;
            let text = format!("The folder dialog could not be opened: {error}");
            tracing::error!(%error, "no thread for the folder dialog");
            self.sender.try_send(Some(Action::Complain(text))).ok();
        }
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
