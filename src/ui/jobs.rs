//! Running jobs as chips: name, bar, rate, time left, ×.

use eframe::egui::{Align, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::state::jobs::{Job, duration_words, grouped};
use crate::state::{Action, AppState};

use super::icons::Icon;
use super::theme::{fonts, size, tokens};
use super::widgets::{button, text};

const WIDTH: f32 = 272.0;

/// Draws a chip for each running job, from the right, as many as fit.
pub fn chips(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    for job in state.jobs.running() {
        if ui.available_width() < WIDTH {
            break;
        }
        chip(ui, job, actions);
    }
}

fn chip(ui: &mut Ui, job: &Job, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, 40.0), Sense::hover());
    let name = if job.cancelling { "Stopping…" } else { job.name() };
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, format!("{name}: {}", summary(job))));
    ui.painter().rect_filled(rect, f32::from(size::RADIUS), tokens.raised);
    let inner = rect.shrink2(vec2(10.0, 5.0));
    let first = Rect::from_min_max(inner.min, pos2(inner.right() - 22.0, inner.top() + 17.0));
    let used = text::line(ui.painter(), first, name, fonts::small_strong(), tokens.text, Align::Min);
    let rest = Rect::from_min_max(pos2(used.right() + 8.0, first.top()), first.max);
    text::line(ui.painter(), rest, &summary(job), fonts::small(), tokens.text_muted, Align::Max);
    let bar =
        Rect::from_min_max(pos2(inner.left(), inner.bottom() - 7.0), pos2(inner.right() - 22.0, inner.bottom() - 3.0));
    ui.painter().rect_filled(bar, 2.0, tokens.control);
    match job.fraction() {
        Some(share) => {
            let filled = Rect::from_min_size(bar.min, vec2(bar.width() * share, bar.height()));
            ui.painter().rect_filled(filled, 2.0, tokens.accent);
        }
        None => {
            let phase = (ui.input(|input| input.time) * 0.6).fract() as f32;
            let left = bar.left() + (bar.width() * 0.75) * (0.5 - (phase * std::f32::consts::TAU).cos() * 0.5);
            let part = Rect::from_min_size(pos2(left, bar.top()), vec2(bar.width() * 0.25, bar.height()));
            ui.painter().rect_filled(part, 2.0, tokens.accent);
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(50));
        }
    }
    let place = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y), vec2(24.0, 24.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(place));
    let label = format!("Stop {}", job.name().to_lowercase());
    if button::icon(&mut child, Icon::Close, 24.0, &label, "Stop. What was done stays done.").clicked() {
        actions.push(Action::CancelJob(job.id));
    }
    response.on_hover_ui(|ui| {
        ui.label(&job.progress.detail);
        if job.warnings > 0 {
            ui.label(format!("{} with problems so far", grouped(job.warnings)));
        }
    });
}

/// Count, rate and time left: `120 of 270 · 15/s · 10 s`.
fn summary(job: &Job) -> String {
    let progress = &job.progress;
    let done = grouped(progress.done as usize);
    let mut text = match progress.total {
        Some(total) => format!("{done} of {}", grouped(total as usize)),
        None => done,
    };
    if progress.per_second >= 10.0 {
        text += &format!(" · {:.0}/s", progress.per_second);
    } else if progress.per_second > 0.05 {
        text += &format!(" · {:.1}/s", progress.per_second);
    }
    if let Some(left) = progress.eta_secs.filter(|left| *left >= 1.0) {
        text += &format!(" · {}", duration_words(left));
    }
    text
}
