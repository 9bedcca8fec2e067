//! Judge: the figures of one run, its mistakes, and what its network looks at.

mod alone;
mod asks;
mod classes;
mod clips;
mod head;
mod learn;
mod learned;
mod matrix;
mod picture;
mod protocols;
mod reliability;
mod sees;

use eframe::egui::{Frame, Margin, Panel, RichText, ScrollArea, Ui, vec2};

use crate::engine::training::learn::BUILT_IN_NAME;
use crate::engine::training::message::{RunDetail, RunSummary};
use crate::ml::Judgement;
use crate::state::training::judge::{JudgeAction, gap};
use crate::state::training::learn::LearnAction;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::empty::empty;

use super::run_list::{self, Mark};

/// What the panel keeps between frames.
#[derive(Default)]
pub struct JudgeLocal {
    /// Inputs of networks on the graphics card.
    pictures: picture::Pictures,
    /// The cell of the matrix that has the keyboard.
    cursor: (usize, usize),
    /// What is typed into a small window.
    typed: String,
    /// The small window was open in the last frame.
    asking: bool,
}

/// An action of this panel.
fn act(action: JudgeAction) -> Action {
    Action::Train(TrainAction::Judge(action))
}

/// An action about learning from corrections.
fn learn_action(action: LearnAction) -> Action {
    act(JudgeAction::Learn(action))
}

/// Draws the panel.
pub fn panel(ui: &mut Ui, state: &AppState, local: &mut JudgeLocal, actions: &mut Vec<Action>) {
    learn::ask(ui.ctx(), state, actions);
    let Some(runs) = &state.training.runs else {
        ui.centered_and_justified(|ui| ui.label(RichText::new("Reading the runs…").color(tokens(ui).text_muted)));
        return;
    };
    if runs.is_empty() {
        let sentence =
            "When a training has ended, its figures and its mistakes show here. Runs of others come in as a bundle.";
        let teach = learn_action(LearnAction::Ask(BUILT_IN_NAME.to_owned()));
        let buttons = [("Import a run…", act(JudgeAction::Import)), ("Learn from my corrections…", teach)];
        empty(ui, Icon::Network, "Nothing to judge yet", sentence, &buttons, actions);
        return;
    }
    let ground = Frame::NONE.fill(tokens(ui).background);
    Panel::left("judged runs").exact_size(run_list::WIDTH).frame(ground).show(ui, |ui| list(ui, state, runs, actions));
    let judge = &state.training.judge;
    // What is wider than the place must not widen it.
    let width = ui.available_width() - 2.0 * size::MARGIN;
    if let Some(run) = judge.run.as_ref().and_then(|id| state.training.summary(id)) {
        ScrollArea::vertical().id_salt(("judge", &run.state.id)).auto_shrink(false).show(ui, |ui| {
            Frame::NONE.inner_margin(Margin::symmetric(size::MARGIN as i8, 12)).show(ui, |ui| {
                ui.set_max_width(width);
                one_run(ui, state, run, local, actions);
            });
        });
    }
    asks::asks(ui.ctx(), state, local, actions);
}

fn list(ui: &mut Ui, state: &AppState, runs: &[RunSummary], actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let below = 80.0;
    ui.add_space(6.0);
    ScrollArea::vertical().auto_shrink(false).max_height(ui.available_height() - below).show(ui, |ui| {
        for run in runs {
            let chosen = state.training.judge.run.as_ref() == Some(&run.state.id);
            if run_list::row(ui, run, Mark::Chosen(chosen)).clicked() {
                actions.push(act(JudgeAction::Choose(run.state.id.clone())));
            }
        }
    });
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let import = button::text(ui, Weight::Quiet, Some(Icon::Plus), "Import a run…", 28.0);
        if import.on_hover_text("Take in a run that was exported as one file").clicked() {
            actions.push(act(JudgeAction::Import));
        }
    });
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let learn = button::text(ui, Weight::Quiet, Some(Icon::Pencil), "Teach the built-in model…", 28.0);
        let help = "A copy of the built-in model learns from the genres that you set by hand";
        if learn.on_hover_text(help).clicked() {
            actions.push(learn_action(LearnAction::Ask(BUILT_IN_NAME.to_owned())));
        }
    });
}

fn one_run(ui: &mut Ui, state: &AppState, run: &RunSummary, local: &mut JudgeLocal, actions: &mut Vec<Action>) {
    let detail = state.training.details.get(&run.state.id);
    head::head(ui, state, run, detail.map(|detail| &**detail), actions);
    let Some(detail) = detail else {
        ui.label(RichText::new("Reading the run…").color(tokens(ui).text_muted));
        return;
    };
    let Some(found) = &detail.judgement else {
        let sentence =
            "This run has not been judged: it was stopped before its test clips were heard. Resume it in Watch.";
        ui.add_space(16.0);
        ui.label(RichText::new(sentence).color(tokens(ui).text_muted));
        return;
    };
    if let Some(found) = &detail.learned {
        learned::learned(ui, state, &run.state.id, found, actions);
    }
    mistakes(ui, state, detail, found, local, actions);
    ui.add_space(16.0);
    tables(ui, state, found, actions);
    if !run.state.branches.is_empty() {
        ui.add_space(16.0);
        alone::alone(ui, found, &run.state.branches);
    }
    if let Some(gap) = state.training.runs.as_ref().and_then(|runs| gap(runs, &run.state.id)) {
        ui.add_space(16.0);
        protocols::protocols(ui, &gap, actions);
    }
    ui.add_space(24.0);
}

/// The matrix, and beside it the clips of a cell or what the network sees of one.
fn mistakes(
    ui: &mut Ui,
    state: &AppState,
    detail: &RunDetail,
    found: &Judgement,
    local: &mut JudgeLocal,
    actions: &mut Vec<Action>,
) {
    let width = ui.available_width();
    let matrix_width = (width * 0.54).clamp(360.0, 720.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        let side = ui
            .vertical(|ui| {
                ui.set_width(matrix_width);
                ui.spacing_mut().item_spacing.x = size::GAP;
                matrix::matrix(ui, state, found, local, actions);
            })
            .response
            .rect
            .height();
        ui.vertical(|ui| {
            ui.set_width((width - matrix_width - 24.0).max(240.0));
            ui.spacing_mut().item_spacing.x = size::GAP;
            match &state.training.judge.clip {
                Some(clip) => sees::sees(ui, state, detail, clip, local, actions),
                None => clips::clips(ui, state, detail, found, side, actions),
            }
        });
    });
}

/// The table of genres and the reliability diagram, beside each other where there is room.
fn tables(ui: &mut Ui, state: &AppState, found: &Judgement, actions: &mut Vec<Action>) {
    let width = ui.available_width();
    let table_width = (width * 0.54).clamp(360.0, 720.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        ui.vertical(|ui| {
            ui.set_width(table_width);
            ui.spacing_mut().item_spacing.x = size::GAP;
            classes::classes(ui, state, found, actions);
        });
        ui.vertical(|ui| {
            ui.set_width((width - table_width - 24.0).max(240.0));
            ui.spacing_mut().item_spacing.x = size::GAP;
            reliability::reliability(ui, found);
        });
    });
}

/// The head of a part of the panel.
fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(fonts::heading()).color(tokens(ui).text));
    ui.allocate_space(vec2(0.0, 2.0));
}
