//! The bar below the form: name, time, Start.

use eframe::egui::{Align, Label, Layout, Margin, RichText, Spinner, TextEdit, Ui, vec2};

use crate::engine::JobKind;
use crate::ml::train::estimate::Memory;
use crate::state::jobs::{duration_words, memory_words};
use crate::state::training::Training;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::form;
use crate::ui::widgets::button::{self, Weight};

/// Draws the bar.
pub fn bar(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let training = &state.training;
    let setup = &training.setup;
    let obstacle = setup.obstacle(training);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 40.0), Layout::left_to_right(Align::Center), |ui| {
        let label = ui.label("Name");
        let mut name = setup.name.clone();
        let hint = format!("{} {}", setup.config.architecture.name(), setup.config.preset.name());
        let field = TextEdit::singleline(&mut name)
            .hint_text(RichText::new(hint).color(tokens(ui).text_faint))
            .desired_width(200.0)
            .margin(Margin::symmetric(10, 6));
        if ui.add(field).labelled_by(label.id).on_hover_text("What the run is called in lists").changed() {
            actions.push(Action::Train(TrainAction::Name(name)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(obstacle.is_none(), |ui| {
                let start = button::text(ui, Weight::Primary, Some(Icon::Play), "Start", 36.0);
                let help = match (&obstacle, state.is_training()) {
                    (Some(obstacle), _) => obstacle.as_str(),
                    (None, true) => "Train when the training that runs now has ended",
                    (None, false) => "Train with these values",
                };
                if start.on_hover_text(help).on_disabled_hover_text(help).clicked() {
                    actions.push(Action::Train(TrainAction::Start));
                }
            });
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(8.0);
                if obstacle.is_none() && setup.wants_trial(training) && !state.is_training() {
                    trial(ui, training, actions);
                }
                let words = obstacle.clone().unwrap_or_else(|| estimate(state));
                let color = if obstacle.is_some() { tokens(ui).warning } else { tokens(ui).text_muted };
                let label = Label::new(RichText::new(words).font(fonts::small()).color(color)).wrap();
                let label = ui.add(label);
                if let Some(memory) = setup.estimate_memory(training) {
                    label.on_hover_ui(|ui| parts(ui, &memory));
                }
            });
        });
    });
}

/// The button that finds out how long it may take.
fn trial(ui: &mut Ui, training: &Training, actions: &mut Vec<Action>) {
    let trial = training.trial.as_ref().filter(|trial| trial.is_of(&training.setup.config));
    match trial.map(|trial| &trial.rate) {
        Some(None) => {
            ui.add(Spinner::new().size(16.0));
        }
        Some(Some(Err(reason))) => {
            form::warning(ui, reason);
        }
        Some(Some(Ok(_))) | None => {
            let button = button::text(ui, Weight::Normal, None, "How long?", 28.0);
            if button
                .on_hover_text("Trains a few batches of noise, for a second or more, to tell how long it takes")
                .clicked()
            {
                actions.push(Action::Train(TrainAction::Try));
            }
        }
    }
}

/// How long it may take, and how much memory.
fn estimate(state: &AppState) -> String {
    let training = &state.training;
    let mut words = match training.setup.estimate_secs(training) {
        Some(secs) => format!("About {} of training.", duration_words(secs)),
        None if state.jobs.any(JobKind::Check) => {
            "How long it takes is told when the clips are counted and an epoch is done.".into()
        }
        None => "How long it takes is not known before the first epoch.".into(),
    };
    if let Some(memory) = training.setup.estimate_memory(training) {
        words += &format!(" About {} of memory.", memory_words(memory.peak()));
    }
    words
}

/// What the memory is for.
fn parts(ui: &mut Ui, memory: &Memory) {
    for (bytes, what) in [
        (memory.network, "the network, its gradients and what Adam remembers"),
        (memory.batches, "the layers' values of one batch, and the batches made ahead"),
        (memory.clips, "all clips as the network takes them"),
        (memory.checkpoint, "each checkpoint, while no batch is"),
    ] {
        ui.label(format!("{} for {what}", memory_words(bytes)));
    }
}
