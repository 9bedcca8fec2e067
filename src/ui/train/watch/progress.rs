//! How far the training is, and what can be done about it.

use eframe::egui::{Align, Layout, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::engine::JobKind;
use crate::ml::runs::run_state::{RunState, RunStatus};
use crate::state::jobs::{count_of, duration_words, grouped};
use crate::state::training::LiveRun;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::form::warning;
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::text;

use super::Shown;

/// How a run stands, in a few words.
pub fn words(run: &RunState) -> String {
    match &run.status {
        RunStatus::Failed(reason) => format!("failed: {reason}"),
        RunStatus::Running | RunStatus::Paused => {
            format!("not finished, {} of {}", grouped(run.epochs_done), count_of(run.epochs_planned, "epoch", "epochs"))
        }
        status => format!("{}, {}", status.word(), count_of(run.epochs_done, "epoch", "epochs")),
    }
}

/// Draws name, buttons, line and bar.
pub fn progress(ui: &mut Ui, state: &AppState, shown: &Shown<'_>, actions: &mut Vec<Action>) {
    let running = shown.live.filter(|live| !live.ended);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 32.0), Layout::right_to_left(Align::Center), |ui| {
        match (running, shown.summary) {
            (Some(live), _) => steer(ui, state, live, actions),
            (None, Some(run))
                if matches!(run.state.status, RunStatus::Running | RunStatus::Paused) && !state.is_training() =>
            {
                let go_on = button::text(ui, Weight::Primary, Some(Icon::Play), "Go on", 32.0);
                if go_on.on_hover_text("Train on from the last checkpoint").clicked() {
                    actions.push(Action::Train(TrainAction::GoOn(run.state.id.clone())));
                }
            }
            _ => {}
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(eframe::egui::Label::new(RichText::new(&shown.name).font(fonts::heading())).truncate());
        });
    });
    let line = match (running, shown.summary) {
        (Some(live), _) => live_words(live),
        (None, Some(run)) => {
            let mut line = capital(&words(&run.state));
            if run.state.seconds >= 1.0 {
                line += &format!(" in {}", duration_words(run.state.seconds));
            }
            if let Some(score) = &run.score {
                line += &format!(
                    " · {:.1} % of {} right",
                    score.accuracy * 100.0,
                    count_of(score.clips, "test clip", "test clips")
                );
            }
            line
        }
        (None, None) => String::new(),
    };
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    text::line(ui.painter(), rect, &line, fonts::small(), tokens.text_muted, Align::Min);
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &line));
    let (bar, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    let Some(live) = running else { return };
    let share = share(live);
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(share)),
        ..WidgetInfo::labeled(Role::ProgressIndicator, true, "Epochs done")
    });
    ui.painter().rect_filled(bar, 3.0, tokens.control);
    let filled = Rect::from_min_max(bar.min, pos2(bar.left() + bar.width() * share, bar.bottom()));
    ui.painter().rect_filled(filled, 3.0, if live.paused { tokens.text_faint } else { tokens.accent });
    if let Some(note) = &live.note {
        warning(ui, format!("{}.", capital(note)));
    }
}

fn steer(ui: &mut Ui, state: &AppState, live: &LiveRun, actions: &mut Vec<Action>) {
    let job = state.jobs.running().iter().find(|job| job.kind == JobKind::Train);
    let cancelling = job.is_some_and(|job| job.cancelling);
    ui.add_enabled_ui(!cancelling, |ui| {
        let cancel = button::text(ui, Weight::Normal, Some(Icon::Close), "Cancel", 32.0);
        if cancel.on_hover_text("Leave now; it can go on from its last checkpoint").clicked()
            && let Some(job) = job
        {
            actions.push(Action::CancelJob(job.id));
        }
    });
    ui.add_enabled_ui(!cancelling && !live.finishing, |ui| {
        let finish = button::text(ui, Weight::Normal, Some(Icon::Check), "Stop and keep the best", 32.0);
        let help = "End after this epoch, judge what there is and keep it; further parts are left out";
        if finish.on_hover_text(help).clicked() {
            actions.push(Action::Train(TrainAction::Finish));
        }
    });
    ui.add_enabled_ui(!cancelling, |ui| {
        let (icon, label, help) = if live.paused {
            (Icon::Play, "Go on", "Let it train on")
        } else {
            (Icon::Pause, "Pause", "Hold it where it is, for example to leave the processor to something else")
        };
        if button::text(ui, Weight::Normal, Some(icon), label, 32.0).on_hover_text(help).clicked() {
            actions.push(Action::Train(TrainAction::Pause(!live.paused)));
        }
    });
}

/// Part, epoch, batch, rate, time left, stage.
fn live_words(live: &LiveRun) -> String {
    let batch = &live.batch;
    let mut parts: Vec<String> = Vec::new();
    if live.rounds > 1 {
        parts.push(match live.parts {
            (judging, part) if part >= judging => "model of all clips".to_owned(),
            (judging, part) => format!("part {} of {judging}", part + 1),
        });
    }
    if live.stage == "Training" && batch.epochs > 0 {
        parts.push(format!("epoch {} of {}", batch.epoch, batch.epochs));
        parts.push(format!("batch {} of {}", batch.batch, batch.batches));
        if batch.clips_per_second > 0.0 {
            parts.push(format!("{:.1} examples/s", batch.clips_per_second));
        }
        parts.push(match live.left_secs() {
            Some(secs) => format!("{} left", duration_words(secs)),
            None => "time left not known before the first epoch".to_owned(),
        });
        parts.push(format!("loss {:.3}", batch.loss));
    } else if !live.stage.is_empty() {
        let steps = match live.stage_steps {
            (_, 0) => String::new(),
            (done, total) => format!(": {} of {}", grouped(done), grouped(total)),
        };
        parts.push(format!("{}{steps}", live.stage));
    }
    let (train, valid, test) = live.clips;
    if train > 0 {
        parts.push(format!("{train} clips train, {valid} validate, {test} judge"));
    }
    let mut line = capital(&parts.join(" · "));
    if live.paused {
        line = format!("Paused · {line}");
    } else if live.finishing {
        line = format!("Ending after this epoch · {line}");
    }
    line
}

/// Share of all epochs that are done, 0..1.
fn share(live: &LiveRun) -> f32 {
    let Some((done, planned)) = live.epochs() else { return 0.0 };
    (done as f32 / planned.max(1) as f32).clamp(0.0, 1.0)
}

/// The same with a capital at the beginning.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
