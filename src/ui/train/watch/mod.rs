//! Watch: the training that runs, and the curves of others.

mod curves;
mod f1;
mod progress;
mod waiting;

use eframe::egui::{Align, Checkbox, ComboBox, Frame, Layout, Margin, Rect, Ui, UiBuilder, pos2, vec2};

use crate::engine::training::message::RunSummary;
use crate::ml::train::history::EpochRecord;
use crate::render::Course;
use crate::state::training::{LiveRun, Tab};
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::empty::empty;
use crate::ui::widgets::slider;

use super::form::note;

/// Width of the bars of the genres.
const F1_WIDTH: f32 = 232.0;

/// Room that a line of help needs.
const HELP_WIDTH: f32 = 400.0;

/// What shows: a run, its epochs, and whether it trains.
struct Shown<'a> {
    name: String,
    summary: Option<&'a RunSummary>,
    live: Option<&'a LiveRun>,
    history: &'a [EpochRecord],
    labels: &'a [String],
}

/// Draws the panel.
pub fn panel(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(shown) = shown(state) else {
        let sentence = "Curves of loss and accuracy show here while a network learns.";
        let set_up = ("Set up a training", Action::Train(TrainAction::Show(Tab::SetUp)));
        empty(ui, Icon::Network, "Nothing trains", sentence, &[set_up], actions);
        return;
    };
    Frame::NONE.inner_margin(Margin { left: 16, right: 16, top: 12, bottom: 12 }).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(size::GAP, size::GAP);
        progress::progress(ui, state, &shown, actions);
        waiting::waiting(ui, &state.training, actions);
        let beside = beside(state, &shown);
        controls(ui, state, &shown, beside, actions);
        let place = ui.available_rect_before_wrap();
        let labelled = shown.history.iter().any(|record| !record.valid_f1.is_empty());
        let right = if labelled { F1_WIDTH + 16.0 } else { 0.0 };
        let width = ((place.width() - right - 16.0) / 2.0).max(120.0);
        for (index, kind) in [curves::Kind::Loss, curves::Kind::Accuracy].into_iter().enumerate() {
            let left = place.left() + index as f32 * (width + 16.0);
            let rect = Rect::from_min_max(pos2(left, place.top()), pos2(left + width, place.bottom()));
            inside(ui, ("curves", index), rect, |ui| {
                curves::curves(ui, kind, &shown, beside, &state.training.watch);
            });
        }
        if labelled {
            let rect = Rect::from_min_max(pos2(place.right() - F1_WIDTH, place.top()), place.max);
            inside(ui, ("f1", 0), rect, |ui| f1::f1(ui, &shown));
        }
    });
}

fn inside(ui: &mut Ui, salt: (&str, usize), rect: Rect, content: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(salt), |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        content(ui);
    });
}

/// The training that runs; else the chosen run; else the one that trained last.
fn shown(state: &AppState) -> Option<Shown<'_>> {
    let training = &state.training;
    let live = training.live.as_ref().filter(|live| !live.ended || training.watch.shown.is_none());
    let live = live.filter(|live| training.watch.shown.as_ref().is_none_or(|run| *run == live.run));
    let id = match (live, &training.watch.shown) {
        (Some(live), _) => live.run.clone(),
        (None, Some(run)) => run.clone(),
        (None, None) => newest(state)?,
    };
    let summary = training.summary(&id);
    let judged = training.details.get(&id).and_then(|detail| detail.judgement.as_ref());
    let labels = live.map(|live| live.labels.as_slice()).filter(|labels| !labels.is_empty());
    Some(Shown {
        name: summary.map_or_else(|| id.clone(), |run| run.state.name.clone()),
        summary,
        live,
        history: training.history(&id),
        labels: labels.or(judged.map(|judgement| judgement.classes.as_slice())).unwrap_or_default(),
    })
}

/// The run that has trained last.
fn newest(state: &AppState) -> Option<String> {
    let runs = state.training.runs.as_ref()?;
    runs.iter().find(|run| run.state.epochs_done > 0).map(|run| run.state.id.clone())
}

/// The run whose curves are drawn beside: its name and its epochs.
fn beside<'a>(state: &'a AppState, shown: &Shown<'_>) -> Option<(&'a str, &'a [EpochRecord])> {
    let id = state.training.watch.overlay.as_ref()?;
    let run = state.training.summary(id)?;
    (shown.summary.is_none_or(|shown| shown.state.id != *id))
        .then(|| (run.state.name.as_str(), state.training.history(id)))
}

fn controls(
    ui: &mut Ui,
    state: &AppState,
    shown: &Shown<'_>,
    beside: Option<(&str, &[EpochRecord])>,
    actions: &mut Vec<Action>,
) {
    let mut watch = state.training.watch.clone();
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 28.0), Layout::left_to_right(Align::Center), |ui| {
        let runs = state.training.runs.as_ref().map_or(&[][..], |runs| runs.as_slice());
        let trained: Vec<&RunSummary> = runs.iter().filter(|run| run.state.epochs_done > 0).collect();
        if state.training.running().is_none() {
            let first = "The last one";
            run_box(ui, "Run", "The run whose curves show", first, &trained, &mut watch.shown);
        }
        let help = "Draws the curves of another run faintly beside";
        run_box(ui, "Beside", help, "None", &trained, &mut watch.overlay);
        ui.add_space(8.0);
        note(ui, "Smoothing");
        let mut smoothing = watch.smoothing;
        let slider = slider::slider(ui, &mut smoothing, 120.0, "Smoothing");
        let slider = slider.on_hover_text("Each point becomes partly what came before it, so that the trend shows");
        if slider.changed() {
            watch.smoothing = smoothing.min(0.98);
        }
        ui.add_space(8.0);
        let log = ui.add(Checkbox::new(&mut watch.log_loss, "Loss by powers of ten"));
        log.on_hover_text("A logarithmic scale: small losses are told apart");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(!shown.history.is_empty(), |ui| {
                let save = button::text(ui, Weight::Normal, Some(Icon::Export), "Save…", 28.0);
                let help = "Save the curves as a picture (PNG or SVG), or the epochs as a table (CSV)";
                if save.on_hover_text(help).clicked() {
                    actions.push(Action::Train(TrainAction::SaveCourses(courses(shown, beside))));
                }
            });
            let help = "Drag moves, Ctrl and the wheel zoom, a double click resets.";
            if ui.available_width() > HELP_WIDTH {
                note(ui, help);
            } else {
                button::icon(ui, Icon::Info, 24.0, "How to zoom", help);
            }
        });
    });
    if watch != state.training.watch {
        actions.push(Action::Train(TrainAction::SetWatch(watch)));
    }
}

/// The curves that show, to be saved.
fn courses(shown: &Shown<'_>, beside: Option<(&str, &[EpochRecord])>) -> Vec<Course> {
    let course = |name: &str, history: &[EpochRecord], labels: &[String]| Course {
        name: name.to_owned(),
        history: history.to_vec(),
        labels: labels.to_vec(),
    };
    let first = course(&shown.name, shown.history, shown.labels);
    std::iter::once(first).chain(beside.map(|(name, history)| course(name, history, &[]))).collect()
}

/// A box with runs; `none` is what no choice is called.
fn run_box(ui: &mut Ui, name: &str, help: &str, none: &str, runs: &[&RunSummary], chosen: &mut Option<String>) {
    let label = note(ui, name);
    let shown = chosen.as_ref().and_then(|id| runs.iter().find(|run| run.state.id == *id));
    let text = shown.map_or_else(|| none.to_owned(), |run| run.state.name.clone());
    let response =
        ComboBox::from_id_salt(("watched run", name)).width(148.0).truncate().selected_text(text).show_ui(ui, |ui| {
            ui.selectable_value(chosen, None, none);
            for run in runs {
                let words = format!("{} · {}", run.state.name, progress::words(&run.state));
                ui.selectable_value(chosen, Some(run.state.id.clone()), words);
            }
        });
    response.response.labelled_by(label.id).on_hover_text(help);
}

/// The ground of a card.
fn card(ui: &Ui, rect: Rect) {
    ui.painter().rect_filled(rect, f32::from(size::RADIUS_LARGE), tokens(ui).panel);
}
