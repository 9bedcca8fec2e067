//! What a run is and what it scored.

use eframe::egui::{Popup, RichText, Ui};

use crate::engine::Settings;
use crate::engine::settings::Change;
use crate::engine::training::message::{RunDetail, RunSummary};
use crate::ml::Judgement;
use crate::ml::runs::card::separation_text;
use crate::ml::runs::run_state::Separation;
use crate::state::jobs::{count_of, duration_words, grouped};
use crate::state::training::judge::{Ask, JudgeAction};
use crate::state::training::learn::LearnAction;
use crate::state::{Action, AppState};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::run_list::{interval, percent};
use crate::ui::widgets::button::{self, Weight};

use super::act;

pub fn head(ui: &mut Ui, state: &AppState, run: &RunSummary, detail: Option<&RunDetail>, actions: &mut Vec<Action>) {
    let settings = &state.settings;
    let found = detail.and_then(|detail| detail.judgement.as_ref());
    // Whether a lesson is accepted is asked beside what came of it.
    let used = settings.classifier.as_ref() == Some(&run.state.id);
    let decided_here = used || detail.is_none_or(|detail| detail.learned.is_none());
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        let room = ui.available_width() - 400.0;
        ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(eframe::egui::Label::new(RichText::new(&run.state.name).font(fonts::title())).truncate());
        });
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            menu(ui, run, detail, actions);
            if found.is_some() && decided_here {
                decide(ui, run, settings, actions);
            }
        });
    });
    let state = &run.state;
    let mut what = format!("{} · {}", state.architecture, state.preset);
    if state.parameters > 0 {
        what += &format!(" · {} parameters", grouped(state.parameters));
    }
    if state.seconds > 0.0 {
        what += &format!(" · trained {}", duration_words(state.seconds));
    }
    if !state.data.is_empty() {
        what += &format!(" · {}", state.data);
    }
    ui.label(RichText::new(what).color(tokens.text_muted));
    if let Some(found) = found {
        ui.add_space(8.0);
        figures(ui, found);
    }
    ui.add_space(4.0);
    let protocol = found.map_or(&state.protocol, |found| &found.protocol);
    if !protocol.is_empty() {
        ui.label(RichText::new(format!("Judged with: {protocol}.")).color(tokens.text_muted));
    }
    separation(ui, state.separation);
    if !state.notes.is_empty() {
        ui.label(RichText::new(&state.notes).italics());
    }
    if detail.is_some_and(|detail| detail.has_model()) {
        let learn = button::text(ui, Weight::Normal, Some(Icon::Pencil), "Learn from my corrections…", 28.0);
        let help = "A copy of this model learns from the genres that you set by hand in the library";
        if learn.on_hover_text(help).clicked() {
            actions.push(act(JudgeAction::Learn(LearnAction::Ask(state.id.clone()))));
        }
    }
    ui.add_space(8.0);
}

/// The figures that count, each with its name.
fn figures(ui: &mut Ui, found: &Judgement) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 32.0;
        let clips = format!("of {} are right", count_of(found.clips, "clip", "clips"));
        figure(ui, &percent(found.accuracy), &clips, "Accuracy: the share of test clips whose first genre is the true one");
        let help = "With 95 % confidence the accuracy on more clips like these lies in here (Wilson)";
        figure(ui, &interval(found.interval), "95 % interval", help);
        figure(ui, &percent(found.top3), "top three", "The true genre is among the three most probable ones");
        figure(ui, &percent(found.macro_average.f1), "macro F1", "Mean F1 of the genres, each counting once");
        let ece = format!("{} → {}", percent(found.ece_raw), percent(found.ece));
        let help = format!(
            "Expected calibration error before and after dividing by the temperature {:.2}: how far confidence and accuracy \
             are apart",
            found.temperature
        );
        figure(ui, &ece, "ECE before → after temperature", &help);
    });
}

fn figure(ui: &mut Ui, value: &str, name: &str, help: &str) {
    let tokens = tokens(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(RichText::new(value).font(fonts::heading()).color(tokens.text)).on_hover_text(help);
        ui.label(RichText::new(name).font(fonts::small()).color(tokens.text_muted)).on_hover_text(help);
    });
}

/// Whether the score can be trusted for artists that the network has never heard.
fn separation(ui: &mut Ui, separation: Separation) {
    let tokens = tokens(ui);
    let (icon, color) = match separation {
        Separation::Artists => (Icon::Check, tokens.success),
        Separation::Clips | Separation::Unknown => (Icon::Warning, tokens.warning),
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(eframe::egui::Vec2::splat(18.0), eframe::egui::Sense::hover());
        icons::paint(ui.painter(), icon, rect, color);
        ui.label(RichText::new(separation_text(separation)).color(tokens.text));
    });
}

/// Makes the model decide the library's genres, or gives that back to the built-in classifier.
fn decide(ui: &mut Ui, run: &RunSummary, settings: &Settings, actions: &mut Vec<Action>) {
    let used = settings.classifier.as_ref() == Some(&run.state.id);
    let (label, help, classifier) = if used {
        (
            "Back to the built-in",
            "The built-in classifier decides the library's genres again; every song is heard anew",
            None,
        )
    } else {
        let help = "This model decides the genres of your library from now on; every song is heard anew. What you set by hand stays.";
        ("Use for my library", help, Some(run.state.id.clone()))
    };
    let response = button::text(ui, Weight::Normal, if used { Some(Icon::Check) } else { None }, label, 28.0);
    if response.on_hover_text(help).clicked() {
        actions.push(Action::ChangeSettings(vec![Change::Classifier(classifier)]));
    }
}

fn menu(ui: &mut Ui, run: &RunSummary, detail: Option<&RunDetail>, actions: &mut Vec<Action>) {
    let response = button::text(ui, Weight::Normal, Some(Icon::Down), "Run", 28.0);
    let response = response.on_hover_text("Name, notes, files of this run");
    Popup::menu(&response).show(|ui| {
        let mut item = |ui: &mut Ui, label: &str, action: Action| {
            if ui.button(label).clicked() {
                actions.push(action);
                ui.close();
            }
        };
        item(ui, "Rename…", act(JudgeAction::Ask(Some(Ask::Rename))));
        item(ui, "Notes…", act(JudgeAction::Ask(Some(Ask::Notes))));
        // What a lesson learns from is not chosen in a form.
        if detail.and_then(|detail| detail.config.as_ref()).is_some_and(|config| config.lesson.is_none()) {
            item(ui, "Train again…", act(JudgeAction::Again));
        }
        item(ui, "Copy the command", Action::Copy(run.state.command.clone()));
        ui.separator();
        item(ui, "Export as one file…", act(JudgeAction::Export));
        item(ui, "Import a run…", act(JudgeAction::Import));
        ui.separator();
        item(ui, "Delete…", act(JudgeAction::Ask(Some(Ask::Delete))));
    });
    if detail.is_some_and(|detail| detail.judgement.is_some()) {
        let export = button::text(ui, Weight::Quiet, Some(Icon::Export), "Figures…", 28.0);
        let help = "Write all plots as PNG and SVG and all tables as CSV into a folder";
        if export.on_hover_text(help).clicked() {
            actions.push(act(JudgeAction::Figures(vec![run.state.id.clone()])));
        }
    }
}
