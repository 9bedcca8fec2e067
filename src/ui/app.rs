//! The application: events in, panels drawn, actions out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eframe::egui::{self, CentralPanel, Context, Frame, Panel, Ui, ViewportCommand};

use crate::base::TrackId;
use crate::engine::training::message::TrainingCommand;
use crate::engine::{Command, Event};
use crate::state::{Action, AppState, Effect, EngineLink, FolderPurpose, Place, TrainAction};

use super::dialogs::{Dialogs, NativeDialogs};
use super::icons::Icon;
use super::local::{Layout, Local};
use super::media_keys::MediaKeys;
use super::preparer::Preparer;
use super::theme::{self, size, tokens};
use super::{
    banner, drop, first_run, help, inspect, keys, library, player_bar, popups, queue, rail, reveal, settings, toasts,
    train,
};

/// Under which name the layout is stored.
const LAYOUT_KEY: &str = "timbre_layout";

/// The window's application.
pub struct App {
    engine: Box<dyn EngineLink>,
    dialogs: Box<dyn Dialogs>,
    state: AppState,
    preparer: Preparer,
    local: Local,
    actions: Vec<Action>,
    media_keys: MediaKeys,
    /// The person has said that the window may close.
    leaving: bool,
    /// Set from outside (Ctrl-C in the terminal): the window closes.
    leave: Arc<AtomicBool>,
}

impl App {
    /// An application on an engine, with the system's dialogs.
    pub fn new(cc: &eframe::CreationContext<'_>, engine: impl EngineLink + 'static) -> Self {
        let layout: Layout = cc.storage.and_then(|storage| eframe::get_value(storage, LAYOUT_KEY)).unwrap_or_default();
        let dialogs = Box::new(NativeDialogs::default());
        let mut app = Self::with_dialogs(&cc.egui_ctx, Box::new(engine), dialogs, layout);
        app.media_keys = MediaKeys::connect(&cc.egui_ctx, window_handle(cc));
        app
    }

    /// An application with dialogs of one's own, as tests use it.
    pub fn with_dialogs(ctx: &Context, engine: Box<dyn EngineLink>, dialogs: Box<dyn Dialogs>, layout: Layout) -> Self {
        theme::install(ctx);
        // A training that was cut off is offered at the start.
        engine.send(Command::Training(TrainingCommand::List));
        Self {
            engine,
            dialogs,
            state: AppState::default(),
            preparer: Preparer::default(),
            local: Local { layout, ..Local::default() },
            actions: Vec::new(),
            media_keys: MediaKeys::default(),
            leaving: false,
            leave: Arc::default(),
        }
    }

    /// The window closes when this becomes true and it is woken.
    pub fn leave_when(&mut self, leave: Arc<AtomicBool>) {
        self.leave = leave;
    }

    /// What the window shows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// The song of a row of the table; a number that no song has where there is no such row.
    pub fn row_track_id(&self, row: usize) -> TrackId {
        self.state.row_track(row).map_or(TrackId(i64::MIN), |track| track.id)
    }

    /// Does what a person could do, for example a folder from the command line.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Drains the engine, lets time pass. No drawing.
    pub fn update(&mut self, ctx: &Context) {
        if !self.leaving && self.leave.load(Ordering::Relaxed) {
            self.leaving = true;
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        for event in self.engine.poll() {
            match event {
                Event::Library(snapshot) if self.preparer.wants(&snapshot) => self.preparer.submit(snapshot),
                event => self.state.apply(event),
            }
        }
        if let Some(prepared) = self.preparer.poll(ctx, &self.state) {
            self.state.apply_prepared(prepared);
        }
        self.state.tick(ctx.input(|input| input.time));
        self.actions.extend(self.dialogs.poll());
        // At once, not with the next drawing: a minimised window draws nothing, but its keys must work.
        for action in self.media_keys.follow(ctx, &self.state) {
            self.reduce(action);
        }
        self.state.update_inspect();
        self.send_wanted();
        theme::follow_settings(ctx, &self.state.settings);
        for until_secs in
            [self.state.toasts.next_change_secs(), self.state.silence_shown_at_secs()].into_iter().flatten()
        {
            let left_secs = (until_secs - ctx.input(|input| input.time)).max(0.05);
            ctx.request_repaint_after(Duration::from_secs_f64(left_secs));
        }
    }

    /// Draws everything, then carries out what was done.
    pub fn draw(&mut self, ui: &mut Ui) {
        let mut actions = std::mem::take(&mut self.actions);
        keys::keys(ui, &self.state, &mut actions);
        self.ask_before_closing(ui.ctx(), &mut actions);
        drop::take(ui, &self.state, &mut actions);
        self.panels(ui, &mut actions);
        let ctx = ui.ctx().clone();
        if !actions.is_empty() {
            ctx.request_repaint();
        }
        for action in actions {
            self.reduce(action);
        }
        self.state.update_inspect();
        self.send_wanted();
        for effect in self.state.take_effects() {
            self.carry_out(&ctx, effect);
        }
    }

    fn panels(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Self { state, local, .. } = self;
        let tokens = tokens(ui);
        let panel = Frame::NONE.fill(tokens.panel);
        let raised = Frame::NONE.fill(tokens.raised);
        let on_close = state.silent_because().is_some().then_some(Action::AcceptSilence);
        let silent = state.output_notice().map(|notice| (Icon::Muted, notice, on_close));
        let read_only = state.read_only_notice().map(|notice| (Icon::Warning, notice, None));
        for (icon, notice, on_close) in read_only.into_iter().chain(silent) {
            Panel::top(("banner", icon as u8))
                .exact_size(banner::HEIGHT)
                .frame(raised)
                .show(ui, |ui| banner::banner(ui, icon, &notice, on_close, actions));
        }
        if state.place == Place::Inspect && state.inspect.full_screen {
            let ground = Frame::NONE.fill(tokens.background);
            CentralPanel::default().frame(ground).show(ui, |ui| inspect::inspect(ui, state, local, actions));
            help::help(ui.ctx(), state, actions);
            toasts::toasts(ui.ctx(), state, actions);
            return;
        }
        Panel::bottom("player").exact_size(size::PLAYER_BAR).frame(panel).show(ui, |ui| {
            player_bar::player_bar(ui, state, local, actions);
        });
        Panel::left("rail").exact_size(size::RAIL).frame(panel).show(ui, |ui| rail::rail(ui, state, actions));
        if state.queue_panel.open {
            Panel::right("queue")
                .default_size(320.0)
                .size_range(240.0..=520.0)
                .frame(panel)
                .show(ui, |ui| queue::queue(ui, state, local, actions));
        }
        match state.place {
            Place::Library if state.is_first_run() => {
                CentralPanel::no_frame().show(ui, |ui| first_run::first_run(ui, actions));
            }
            Place::Library => library::library(ui, state, local, actions),
            Place::Inspect => {
                let ground = Frame::NONE.fill(tokens.background);
                CentralPanel::default().frame(ground).show(ui, |ui| inspect::inspect(ui, state, local, actions));
            }
            Place::Train => {
                let ground = Frame::NONE.fill(tokens.background);
                CentralPanel::default().frame(ground).show(ui, |ui| train::train(ui, state, local, actions));
            }
            Place::Settings => {
                let ground = Frame::NONE.fill(tokens.background);
                CentralPanel::default().frame(ground).show(ui, |ui| settings::settings(ui, state, actions));
            }
        }
        let ctx = ui.ctx();
        help::help(ctx, state, actions);
        train::how::how(ctx, state, actions);
        popups::popups(ctx, state, local, actions);
        toasts::toasts(ctx, state, actions);
        drop::overlay(ctx, state);
    }

    /// A training is not cut off without a word.
    fn ask_before_closing(&self, ctx: &Context, actions: &mut Vec<Action>) {
        if !self.leaving && self.state.is_training() && ctx.input(|input| input.viewport().close_requested()) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            actions.push(Action::Train(TrainAction::AskQuit));
        }
    }

    fn reduce(&mut self, action: Action) {
        for command in self.state.reduce(action) {
            self.engine.send(command);
        }
    }

    fn send_wanted(&mut self) {
        for command in self.state.take_wanted() {
            self.engine.send(command);
        }
    }

    fn carry_out(&mut self, ctx: &Context, effect: Effect) {
        match effect {
            Effect::ChooseFolder(purpose) => {
                let start = match &purpose {
                    FolderPurpose::AddMusic => {
                        directories::UserDirs::new().and_then(|dirs| Some(dirs.audio_dir()?.into()))
                    }
                    FolderPurpose::Figures(_) => {
                        directories::UserDirs::new().and_then(|dirs| Some(dirs.document_dir()?.into()))
                    }
                    FolderPurpose::LocateSong(track) => self.state.track(*track).and_then(|track| {
                        track.path.ancestors().skip(1).find(|folder| folder.is_dir()).map(Into::into)
                    }),
                    FolderPurpose::Export(_) => self.state.settings.playlists_folder.clone(),
                    FolderPurpose::TrainingData(_) => {
                        let folders = &self.state.training.setup.config.sources.folders;
                        folders.last().and_then(|folder| Some(folder.parent()?.to_path_buf()))
                    }
                };
                self.dialogs.choose_folder(ctx, purpose, start);
            }
            Effect::SaveCourses(courses) => self.dialogs.save_courses(ctx, courses),
            Effect::ChooseBundle(purpose) => self.dialogs.choose_bundle(ctx, purpose),
            Effect::SavePicture(picture) => self.dialogs.save_picture(ctx, picture),
            Effect::Reveal(path) => {
                if let Err(error) = reveal::reveal(&path) {
                    let text = format!("The file manager could not be opened at {}: {error}", path.display());
                    self.actions.push(Action::Complain(text));
                }
            }
            Effect::FocusSearch => self.local.focus_search = true,
            Effect::FocusTable => self.local.focus_table = true,
            Effect::ScrollToRow(row) => self.local.scroll_to_row = Some(row),
            Effect::FullScreen(on) => ctx.send_viewport_cmd(ViewportCommand::Fullscreen(on)),
            Effect::FocusPicture => self.local.inspect.focus = true,
            Effect::LeavePicture => ctx.memory_mut(|memory| memory.surrender_focus(inspect::picture_id())),
            Effect::Copy(text) => ctx.copy_text(text),
            Effect::Close => {
                self.leaving = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
        ctx.request_repaint();
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.update(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, LAYOUT_KEY, &self.local.layout);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

/// The window's handle, which media keys need on Windows.
#[cfg(target_os = "windows")]
fn window_handle(cc: &eframe::CreationContext<'_>) -> Option<*mut std::ffi::c_void> {
    use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
    match cc.window_handle().ok()?.as_raw() {
        RawWindowHandle::Win32(window) => Some(window.hwnd.get() as *mut std::ffi::c_void),
        _ => None,
    }
}

#[cfg(not(target_os = "windows"))]
fn window_handle(_cc: &eframe::CreationContext<'_>) -> Option<*mut std::ffi::c_void> {
    None
}
