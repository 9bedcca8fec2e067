//! Messages at the lower right, above the player bar.

use eframe::egui::{Align, Align2, Area, Context, Frame, Id, Layout, Margin, Order, RichText, Sense, Stroke, vec2};

use crate::state::toast::{Toast, Tone};
use crate::state::training::Tab;
use crate::state::{Action, AppState, Place};

use super::icons::{self, Icon};
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};

/// Draws the messages on show.
pub fn toasts(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    if state.toasts.shown().is_empty() {
        return;
    }
    // What starts a training stays in sight and in reach.
    let set_up = state.place == Place::Train && state.training.tab == Tab::SetUp;
    let bars = size::PLAYER_BAR + if set_up { size::TOP_BAR } else { 0.0 };
    let offset = vec2(-size::MARGIN, -bars - size::MARGIN);
    Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, offset).show(ctx, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.with_layout(Layout::top_down(Align::Max), |ui| {
            for toast in state.toasts.shown() {
                card(ui, toast, actions);
            }
        });
    });
}

fn card(ui: &mut eframe::egui::Ui, toast: &Toast, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let (icon, color) = match toast.tone {
        Tone::Info => (Icon::Info, tokens.text_muted),
        Tone::Success => (Icon::Check, tokens.success),
        Tone::Error => (Icon::Warning, tokens.danger),
    };
    let frame = Frame::NONE
        .fill(tokens.raised)
        .stroke(Stroke::new(1.0, tokens.hairline))
        .corner_radius(size::RADIUS_LARGE)
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin::symmetric(12, 10));
    let response = frame
        .show(ui, |ui| {
            ui.set_max_width(420.0);
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(18.0, 22.0), Sense::hover());
                icons::paint(ui.painter(), icon, rect, color);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 4.0;
                    ui.set_max_width(340.0);
                    ui.label(&toast.text);
                    if let Some(details) = &toast.details {
                        eframe::egui::CollapsingHeader::new(RichText::new("Details").font(fonts::small()))
                            .id_salt(toast.id)
                            .show(ui, |ui| {
                                ui.label(RichText::new(details).font(fonts::small()).color(tokens.text_muted));
                                if button::text(ui, Weight::Quiet, None, "Copy", 24.0).clicked() {
                                    actions.push(Action::Copy(format!("{}\n{details}", toast.text)));
                                }
                            });
                    }
                    if let Some((label, action)) = &toast.action
                        && button::text(ui, Weight::Normal, None, label, 26.0).clicked()
                    {
                        actions.push(action.clone());
                        actions.push(Action::DismissToast(toast.id));
                    }
                });
                if button::icon(ui, Icon::Close, 22.0, "Dismiss", "Take this message away").clicked() {
                    actions.push(Action::DismissToast(toast.id));
                }
            });
        })
        .response;
    if response.contains_pointer() {
        actions.push(Action::KeepToast(toast.id));
    }
}
