//! The library as training data: songs by genre, or what is to be done until there are enough.

use eframe::egui::Ui;

use crate::state::jobs::count_of;
use crate::state::training::Training;
use crate::state::training::by_hand::{FEWEST_GENRES, FEWEST_SONGS, GenreSongs};
use crate::state::{Action, Verb};
use crate::ui::icons::Icon;
use crate::ui::train::form::{note, warning};
use crate::ui::widgets::button::{self, Weight};

use super::counts;

/// Draws the part.
pub fn library(ui: &mut Ui, training: &Training, actions: &mut Vec<Action>) {
    let genres = &training.by_hand;
    let songs: usize = genres.iter().map(|genre| genre.songs).sum();
    if genres.is_empty() {
        warning(ui, "No song of your library has a genre that you have set.");
    } else {
        let words = format!("{} of {}", count_of(songs, "song", "songs"), count_of(genres.len(), "genre", "genres"));
        ui.label(format!("{words} that you have set by hand."));
        let most = genres.iter().map(|genre| genre.songs).max().unwrap_or(1);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for genre in genres {
                let bar = counts::bar(ui, &genre.genre, genre.songs, most, ("song", "songs"));
                bar.on_hover_text(count_of(genre.artists, "known artist", "known artists"));
            }
        });
        let few: Vec<&GenreSongs> = genres.iter().filter(|genre| genre.songs < FEWEST_SONGS).collect();
        if !few.is_empty() && training.library_obstacle().is_none() {
            let genres = count_of(few.len(), "genre has", "genres have");
            warning(ui, format!("{genres} fewer than {FEWEST_SONGS} songs: too few to learn from, or to judge by."));
        }
    }
    if training.library_obstacle().is_some() {
        note(
            ui,
            format!(
                "Go to the library, select songs and press G to set their genre. At least {FEWEST_GENRES} genres need \
                 {FEWEST_SONGS} songs each; better are fifty or more by many artists."
            ),
        );
        let go = button::text(ui, Weight::Normal, Some(Icon::Library), "Go to the library", 28.0);
        if go.on_hover_text("Select songs there and press G").clicked() {
            actions.push(Action::Do(Verb::GoLibrary));
        }
    }
}
