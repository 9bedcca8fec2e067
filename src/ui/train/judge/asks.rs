//! Small windows about the run: its name, its notes, whether it may be deleted.

use eframe::egui::{Context, Key, Margin, RichText, TextEdit, Ui};

use crate::engine::training::message::RunSummary;
use crate::state::training::judge::{Ask, JudgeAction};
use crate::state::{Action, AppState};
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::modal::modal;

use super::{JudgeLocal, act};

pub fn asks(ctx: &Context, state: &AppState, local: &mut JudgeLocal, actions: &mut Vec<Action>) {
    let judge = &state.training.judge;
    let run = judge.run.as_ref().and_then(|id| state.training.summary(id));
    let (Some(ask), Some(run)) = (judge.ask, run) else {
        local.asking = false;
        return;
    };
    let opening = !std::mem::replace(&mut local.asking, true);
    if opening {
        local.typed = match ask {
            Ask::Rename => run.state.name.clone(),
            Ask::Notes => run.state.notes.clone(),
            Ask::Delete => String::new(),
        };
    }
    let response = modal(ctx, "about a run", |ui| {
        ui.set_width(380.0);
        match ask {
            Ask::Rename => rename(ui, local, opening, actions),
            Ask::Notes => notes(ui, local, opening, actions),
            Ask::Delete => delete(ui, state, run, actions),
        }
    });
    if response.should_close() {
        actions.push(act(JudgeAction::Ask(None)));
    }
}

fn buttons(ui: &mut Ui, verb: &str, enabled: bool, action: Option<JudgeAction>, actions: &mut Vec<Action>) {
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.add_enabled_ui(enabled, |ui| {
            if button::text(ui, Weight::Primary, None, verb, 28.0).clicked() {
                actions.extend(action.map(act));
            }
        });
        if button::text(ui, Weight::Quiet, None, "Cancel", 28.0).clicked() {
            actions.push(act(JudgeAction::Ask(None)));
        }
    });
}

fn rename(ui: &mut Ui, local: &mut JudgeLocal, opening: bool, actions: &mut Vec<Action>) {
    let label = ui.label(RichText::new("Rename the run").font(fonts::heading()));
    let field = TextEdit::singleline(&mut local.typed)
        .hint_text("Name")
        .char_limit(120)
        .desired_width(f32::INFINITY)
        .margin(Margin::symmetric(10, 6));
    let field = ui.add(field).labelled_by(label.id);
    if opening {
        field.request_focus();
    }
    let name = local.typed.trim().to_owned();
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !name.is_empty() {
        actions.push(act(JudgeAction::Rename(name)));
        return;
    }
    buttons(ui, "Rename", !name.is_empty(), Some(JudgeAction::Rename(name)), actions);
}

fn notes(ui: &mut Ui, local: &mut JudgeLocal, opening: bool, actions: &mut Vec<Action>) {
    let label = ui.label(RichText::new("Notes on the run").font(fonts::heading()));
    let field = TextEdit::multiline(&mut local.typed)
        .hint_text("What you tried, and what you think of it")
        .desired_rows(6)
        .desired_width(f32::INFINITY)
        .margin(Margin::symmetric(10, 6));
    let field = ui.add(field).labelled_by(label.id);
    if opening {
        field.request_focus();
    }
    buttons(ui, "Save", true, Some(JudgeAction::Note(local.typed.trim().to_owned())), actions);
}

fn delete(ui: &mut Ui, state: &AppState, run: &RunSummary, actions: &mut Vec<Action>) {
    ui.label(RichText::new(format!("Delete “{}”?", run.state.name)).font(fonts::heading()));
    let what = "Its network, its history and its figures are gone then. Export it first to keep it elsewhere.";
    ui.label(RichText::new(what).color(tokens(ui).text_muted));
    if state.settings.classifier.as_ref() == Some(&run.state.id) {
        let what = "It decides your library's genres; from then on the built-in classifier does that again.";
        ui.label(RichText::new(what).color(tokens(ui).warning));
    }
    buttons(ui, "Delete", true, Some(JudgeAction::Delete), actions);
}
