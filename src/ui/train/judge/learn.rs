//! The small window before a lesson: what there is to learn from, and what will be done with it.

use eframe::egui::{Context, Grid, RichText, ScrollArea, Ui};

use crate::base::genre::display_name;
use crate::engine::training::learn::Corrections;
use crate::state::jobs::count_of;
use crate::state::training::learn::LearnAction;
use crate::state::{Action, AppState};
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::modal::modal;

use super::learn_action;

pub fn ask(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    let Some(learn) = &state.training.judge.learn else { return };
    let response = modal(ctx, "learn from corrections", |ui| {
        ui.set_width(460.0);
        ui.label(RichText::new("Learn from my corrections").font(fonts::heading()));
        let can_learn = match &learn.found {
            None => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label(RichText::new("Looking at the genres that you set…").color(tokens(ui).text_muted));
                });
                false
            }
            Some(Err(reason)) => {
                ui.label(RichText::new(reason).color(tokens(ui).danger));
                false
            }
            Some(Ok(found)) => {
                corrections(ui, found);
                found.obstacle.is_none() && !state.is_training()
            }
        };
        if state.is_training() {
            let sentence = "Another training runs; a lesson has to wait until it has ended.";
            ui.label(RichText::new(sentence).color(tokens(ui).text_muted));
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_enabled_ui(can_learn, |ui| {
                let begin = button::text(ui, Weight::Primary, None, "Learn", 28.0);
                let help = "A copy of the model learns; your library keeps its classifier until you accept the copy";
                if begin.on_hover_text(help).clicked() {
                    actions.push(learn_action(LearnAction::Begin));
                }
            });
            let close = button::text(ui, Weight::Quiet, None, "Cancel", 28.0);
            if close.on_hover_text("Nothing is changed").clicked() {
                actions.push(learn_action(LearnAction::Close));
            }
        });
    });
    if response.should_close() {
        actions.push(learn_action(LearnAction::Close));
    }
}

fn corrections(ui: &mut Ui, found: &Corrections) {
    let tokens = tokens(ui);
    let learn: usize = found.genres.iter().map(|genre| genre.learn).sum();
    let held_out: usize = found.genres.iter().map(|genre| genre.held_out).sum();
    let sentence = format!(
        "Genres that you set by hand are corrections for “{}”: it learns from {}, and {} are held back to judge it. Which ones \
         depends on the files alone: they are the same every time and are never learned.",
        found.model,
        count_of(learn, "song", "songs"),
        count_of(held_out, "song", "songs"),
    );
    ui.label(sentence);
    if !found.genres.is_empty() {
        ui.add_space(4.0);
        table(ui, found);
        ui.add_space(4.0);
    }
    for (genre, songs) in &found.unknown {
        let songs = count_of(*songs, "song", "songs");
        let words = format!("{}: {songs} left out, because the model has no such genre.", display_name(genre));
        ui.label(RichText::new(words).color(tokens.text_muted));
    }
    let old = if found.rehearsed > 0 {
        format!(
            "{} that it was trained on are mixed in, so that it does not forget.",
            count_of(found.rehearsed, "clip", "clips")
        )
    } else {
        "The clips that it was trained on are not here, so nothing is mixed in: look at every genre afterwards."
            .to_owned()
    };
    let own = if found.own_test > 0 {
        format!(" {} of its own test judge, too.", count_of(found.own_test, "clip", "clips"))
    } else {
        String::new()
    };
    let how = "All layers that were trained learn on, at a tenth of their learning rate.";
    ui.label(RichText::new(format!("{how} {old}{own}")).color(tokens.text_muted));
    if let Some(obstacle) = &found.obstacle {
        ui.label(RichText::new(obstacle).color(tokens.warning));
    }
}

fn table(ui: &mut Ui, found: &Corrections) {
    let tokens = tokens(ui);
    ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        Grid::new("corrections by genre").num_columns(4).spacing([28.0, 4.0]).show(ui, |ui| {
            for (head, help) in [
                ("Genre", "As you set it"),
                ("Learns", "Songs that it learns from"),
                ("Judge", "Songs that are held back"),
                ("Wrong now", "Songs that this very model is known to get wrong; of others it is not known yet"),
            ] {
                let head = RichText::new(head).font(fonts::small_strong()).color(tokens.text_muted);
                ui.label(head).on_hover_text(help);
            }
            ui.end_row();
            for genre in &found.genres {
                ui.label(RichText::new(display_name(&genre.genre)).color(tokens.genre(&genre.genre)));
                for count in [genre.learn, genre.held_out, genre.wrong] {
                    ui.label(count.to_string());
                }
                ui.end_row();
            }
        });
    });
}
