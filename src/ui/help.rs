//! Every key, made from the list of verbs.

use eframe::egui::{Align, Context, Grid, Layout, RichText, ScrollArea, Ui};

use crate::state::verb::{Group, Verb};
use crate::state::{Action, AppState, Overlay};

use super::icons::Icon;
use super::theme::{fonts, size, tokens};
use super::widgets::button;
use super::widgets::modal::modal;

/// Draws the page if it is open.
pub fn help(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    if state.overlay != Some(Overlay::Help) {
        return;
    }
    let response = modal(ctx, "help", |ui| {
        ui.set_width(1060.0_f32.min(ctx.content_rect().width() - 64.0));
        ui.horizontal(|ui| {
            ui.label(RichText::new("Keys").font(fonts::heading()));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if button::icon(ui, Icon::Close, 28.0, "Close", "Close (Esc)").clicked() {
                    actions.push(Action::SetOverlay(None));
                }
            });
        });
        ui.separator();
        ui.spacing_mut().interact_size.y = 20.0;
        ScrollArea::vertical().max_height(ctx.content_rect().height() - 160.0).show(ui, |ui| {
            let columns = if ui.available_width() > 900.0 { 3 } else { 2 };
            ui.columns(columns, |columns| {
                let last = columns.len() - 1;
                for (column, groups) in [
                    (0, &[Group::Player, Group::Library][..]),
                    (1, &[Group::Songs, Group::Genres, Group::Window]),
                    (last, &[Group::Inspect]),
                ] {
                    for group in groups {
                        list(&mut columns[column], *group);
                    }
                }
                review_keys(&mut columns[last]);
            });
        });
    });
    if response.should_close() {
        actions.push(Action::SetOverlay(None));
    }
}

fn list(ui: &mut Ui, group: Group) {
    head(ui, group.title());
    Grid::new(group.title()).num_columns(2).min_col_width(104.0).spacing([8.0, 4.0]).show(ui, |ui| {
        for verb in Verb::ALL.iter().copied().filter(|verb| verb.group() == group) {
            let keys: Vec<String> = verb.shortcuts().iter().map(ToString::to_string).collect();
            key(ui, &keys.join("  "));
            ui.label(verb.name().trim_end_matches('…'));
            ui.end_row();
        }
    });
}

fn review_keys(ui: &mut Ui) {
    head(ui, "In review");
    Grid::new("review keys").num_columns(2).min_col_width(104.0).spacing([8.0, 4.0]).show(ui, |ui| {
        for (keys, what) in
            [("1  2  3", "Choose that genre"), ("Enter  ↓", "Skip"), ("↑", "The song before"), ("Esc", "Done")]
        {
            key(ui, keys);
            ui.label(what);
            ui.end_row();
        }
    });
}

fn head(ui: &mut Ui, title: &str) {
    ui.add_space(f32::from(size::RADIUS));
    ui.label(RichText::new(title).font(fonts::small_strong()).color(tokens(ui).text_faint));
}

fn key(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(fonts::small_strong()).color(tokens(ui).accent));
}
