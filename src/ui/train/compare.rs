//! Compare: several runs side by side.

mod disagree;
mod plots;
mod table;
mod tests;

use eframe::egui::{Frame, Margin, Panel, RichText, ScrollArea, Ui};

use crate::engine::training::message::RunSummary;
use crate::ml::runs::comparison::Comparison;
use crate::state::training::compare::{CompareAction, named};
use crate::state::training::judge::JudgeAction;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::empty::empty;

use super::run_list::{self, Mark};

/// Draws the panel.
pub fn panel(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let runs = state.training.runs.as_ref().map_or(&[][..], |runs| runs);
    if runs.is_empty() {
        let sentence = "When two trainings have ended, they stand side by side here.";
        empty(ui, Icon::Network, "Nothing to compare yet", sentence, &[], actions);
        return;
    }
    let compare = &state.training.compare;
    let ground = Frame::NONE.fill(tokens.background);
    Panel::left("compared runs").exact_size(run_list::WIDTH).frame(ground).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(6.0);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for run in runs {
                let on = compare.ticked.contains(&run.state.id);
                if run_list::row(ui, run, Mark::Ticked(on)).clicked() {
                    let action = CompareAction::Tick(run.state.id.clone(), !on);
                    actions.push(Action::Train(TrainAction::Compare(action)));
                }
            }
        });
    });
    let found = compare.found.as_ref().filter(|_| compare.ticked.len() > 1);
    // What is wider than the place must not widen it.
    let width = ui.available_width() - 2.0 * size::MARGIN;
    ScrollArea::vertical().id_salt("comparison").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(size::MARGIN as i8, 12)).show(ui, |ui| {
            ui.set_max_width(width);
            match found {
                Some(found) => comparison(ui, state, runs, found, actions),
                None => {
                    title(ui, "Choose runs to compare");
                    let sentence = "Tick two or more runs at the left: their scores, their curves, and whether one is really better.";
                    ui.label(RichText::new(sentence).color(tokens.text_muted));
                    ui.add_space(16.0);
                    disagree::disagree(ui, state, runs, actions);
                }
            }
            ui.add_space(24.0);
        });
    });
}

/// The figures of the ticked runs.
fn comparison(ui: &mut Ui, state: &AppState, runs: &[RunSummary], found: &Comparison, actions: &mut Vec<Action>) {
    let (tokens, compare) = (tokens(ui), &state.training.compare);
    for warning in &found.warnings {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let (rect, _) = ui.allocate_exact_size(eframe::egui::Vec2::splat(18.0), eframe::egui::Sense::hover());
            icons::paint(ui.painter(), Icon::Warning, rect, tokens.warning);
            ui.label(named(runs, warning));
        });
    }
    if !found.warnings.is_empty() {
        ui.add_space(8.0);
    }
    table::table(ui, runs, found, actions);
    ui.add_space(16.0);
    tests::tests(ui, runs, found);
    ui.add_space(16.0);
    disagree::disagree(ui, state, runs, actions);
    ui.add_space(16.0);
    plots::plots(ui, runs, compare.runs());
    ui.add_space(8.0);
    let export = button::text(ui, Weight::Normal, Some(Icon::Export), "Figures and tables…", 28.0);
    let help = "Write all plots as PNG and SVG and all tables as CSV into a folder";
    if export.on_hover_text(help).clicked() {
        let figures = JudgeAction::Figures(compare.ticked.clone());
        actions.push(Action::Train(TrainAction::Judge(figures)));
    }
    ui.add_space(16.0);
}

/// The head of a part of the panel.
fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(crate::ui::theme::fonts::heading()).color(tokens(ui).text));
}
