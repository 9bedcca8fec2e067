//! The leaky and the honest protocol side by side.

use eframe::egui::{Frame, Margin, RichText, Ui};

use crate::engine::training::message::RunSummary;
use crate::state::Action;
use crate::state::jobs::count_of;
use crate::state::training::judge::{Gap, JudgeAction};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::train::run_list::{interval, percent};
use crate::ui::widgets::button::{self, Weight};

use super::{act, title};

pub fn protocols(ui: &mut Ui, gap: &Gap, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    title(ui, "With and without artists on both sides");
    let width = ((ui.available_width() - 16.0) / 2.0).min(440.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        for (name, run) in [("Artists on both sides", &gap.leaky), ("No artist on both sides", &gap.honest)] {
            side(ui, name, run, width, actions);
        }
    });
    ui.label(RichText::new(&gap.sentence).color(tokens.text));
}

fn side(ui: &mut Ui, name: &str, run: &RunSummary, width: f32, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let frame = Frame::NONE.fill(tokens.panel).corner_radius(size::RADIUS_LARGE).inner_margin(Margin::same(14));
    frame.show(ui, |ui| {
        ui.vertical(|ui| {
            ui.set_width(width - 28.0);
            ui.label(RichText::new(name).font(fonts::small_strong()).color(tokens.text_muted));
            if let Some(score) = &run.score {
                ui.label(RichText::new(percent(score.accuracy)).font(fonts::title()));
                let clips = count_of(score.clips, "clip", "clips");
                let words = format!("95 % interval {} · {clips}", interval(score.interval));
                ui.label(RichText::new(words).font(fonts::small()).color(tokens.text_muted));
            }
            let show = button::text(ui, Weight::Quiet, None, &run.state.name, 24.0);
            if show.on_hover_text("Show this run").clicked() {
                actions.push(act(JudgeAction::Choose(run.state.id.clone())));
            }
        });
    });
}
