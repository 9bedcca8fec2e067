//! What was found in the chosen clips.

use eframe::egui::Ui;

use crate::ml::check::Check;
use crate::ml::model::config::Config;
use crate::state::jobs::{count_of, grouped};
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::train::form::note;
use crate::ui::widgets::button::{self, Weight};

use super::counts;
use super::troubles::troubles;

/// Draws counts and findings, or the button that asks for them.
pub fn findings(ui: &mut Ui, state: &AppState, config: &Config, actions: &mut Vec<Action>) {
    let looking = state.jobs.any(crate::engine::JobKind::Check);
    let found = state.training.check_of(&config.sources);
    if looking {
        ui.horizontal_wrapped(|ui| {
            ui.spinner();
            note(ui, "Every clip is decoded and listened to. You need not wait for it.");
        });
    } else if found.is_none() {
        let again = state.training.checked.is_some();
        note(ui, if again { "The clips have changed since they were looked at." } else { "Not looked at yet." });
        let label = if again { "Look again" } else { "Look at the clips" };
        let help = "Count the clips, find broken, doubled and doubtful ones";
        if button::text(ui, Weight::Normal, Some(Icon::Search), label, 28.0).on_hover_text(help).clicked() {
            actions.push(Action::Train(TrainAction::Check));
        }
    }
    if let Some(check) = found {
        summary(ui, check);
        troubles(ui, state, check, actions);
    }
}

fn summary(ui: &mut Ui, check: &Check) {
    let minutes: f64 = check.genres.iter().map(|genre| genre.minutes).sum();
    let mut words =
        format!("{} of {}", count_of(check.clips, "clip", "clips"), count_of(check.genres.len(), "genre", "genres"));
    if minutes >= 1.0 {
        words += &format!(", {} of sound", count_of(minutes.round() as usize, "minute", "minutes"));
    }
    words += &match check.artists {
        0 => ". Artists are not known.".to_owned(),
        _ if check.without_artist > 0 => {
            format!(
                ". {}; {} without.",
                count_of(check.artists, "artist", "artists"),
                count_of(check.without_artist, "clip", "clips")
            )
        }
        _ => format!(". {}.", count_of(check.artists, "artist", "artists")),
    };
    ui.label(words);
    let most = check.genres.iter().map(|genre| genre.clips).max().unwrap_or(1);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for genre in &check.genres {
            counts::bar(ui, &genre.genre, genre.clips, most, ("clip", "clips")).on_hover_ui(|ui| {
                ui.label(format!("{} with sound, {} with a picture", grouped(genre.sounds), grouped(genre.pictures)));
                let artists = count_of(genre.artists, "known artist", "known artists");
                ui.label(format!("{:.1} minutes, {artists}", genre.minutes));
            });
        }
    });
}
