//! What a careful person would want to know of clips before training on them; each can be heard.

use std::path::Path;

use eframe::egui::{Align, CollapsingHeader, Layout, RichText, Ui};

use crate::ml::check::Check;
use crate::ml::model::config::Config;
use crate::state::genre::display_name;
use crate::state::jobs::count_of;
use crate::state::training::setup::short;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::form::{note, warning};
use crate::ui::train::play::play;

/// Entries of a list of findings that are drawn at most.
const LISTED: usize = 200;

/// One finding.
struct Row<'a> {
    /// What it is about.
    head: String,
    /// What is wrong.
    words: String,
    /// What can be heard: its name, and its sound file if it has one.
    sounds: Vec<(&'a str, Option<&'a Path>)>,
}

/// Draws the lists that are not empty.
pub fn troubles(ui: &mut Ui, state: &AppState, check: &Check, actions: &mut Vec<Action>) {
    if check.is_clean() {
        note(ui, "No broken, odd, doubled or doubtful clips were found.");
        return;
    }
    let sound = |name: &'_ str| check.sounds.get(name).map(std::path::PathBuf::as_path);
    let mut list = |ui: &mut Ui, title: String, why: &str, rows: &mut dyn Iterator<Item = Row<'_>>| {
        CollapsingHeader::new(RichText::new(&title).color(tokens(ui).text)).id_salt(&title).show(ui, |ui| {
            note(ui, why);
            rows.take(LISTED).for_each(|row| draw(ui, state, &row, actions));
        });
    };
    if !check.broken.is_empty() {
        let title = count_of(check.broken.len(), "broken file", "broken files");
        let names: Vec<String> = check.broken.iter().map(|broken| short(&broken.path)).collect();
        let mut rows = check.broken.iter().zip(&names).map(|(broken, name)| Row {
            head: name.clone(),
            words: broken.reason.clone(),
            sounds: vec![(name, broken.is_sound().then_some(broken.path.as_path()))],
        });
        list(ui, title, "They are left out. What can be decoded of one can be heard.", &mut rows);
    }
    if !check.contradictions.is_empty() {
        let title = format!("{} under different genres", count_of(check.contradictions.len(), "clip", "clips"));
        let mut rows = check.contradictions.iter().map(|group| Row {
            head: group.iter().map(|filed| filed.clip.as_str()).collect::<Vec<_>>().join(", "),
            words: format!(
                "filed as {}",
                group.iter().map(|filed| display_name(&filed.genre)).collect::<Vec<_>>().join(" and ")
            ),
            sounds: group.iter().take(1).map(|filed| (filed.clip.as_str(), sound(&filed.clip))).collect(),
        });
        list(ui, title, "The same sound cannot be two genres: nothing is learned from it.", &mut rows);
    }
    if !check.odd.is_empty() {
        let title = count_of(check.odd.len(), "odd clip", "odd clips");
        let mut rows = check.odd.iter().map(|odd| Row {
            head: odd.clip.clone(),
            words: odd.reason.clone(),
            sounds: vec![(&odd.clip, Some(odd.path.as_path()))],
        });
        list(ui, title, "They can be decoded, but there is little to learn from them.", &mut rows);
    }
    if !check.empty.is_empty() {
        let title = count_of(check.empty.len(), "genre without clips", "genres without clips");
        let mut rows =
            check.empty.iter().map(|genre| Row { head: genre.clone(), words: String::new(), sounds: Vec::new() });
        list(ui, title, "Their folders have no clip that can be used; no network will know them.", &mut rows);
    }
    if !check.exact.is_empty() {
        let title = format!("{} the same to the last sample", count_of(check.exact.len(), "group", "groups"));
        let mut rows = check.exact.iter().map(|group| Row {
            head: group.join(", "),
            words: String::new(),
            sounds: group.iter().take(1).map(|clip| (clip.as_str(), sound(clip))).collect(),
        });
        list(ui, title, "A copy on both sides of a split flatters the score.", &mut rows);
    }
    if !check.similar.is_empty() {
        let title = format!("{} of one recording", count_of(check.similar.len(), "pair", "pairs"));
        let mut rows = check.similar.iter().map(|pair| {
            let genres = if pair.different_genres { ", filed under different genres" } else { "" };
            Row {
                head: format!("{} and {}", pair.a, pair.b),
                words: format!("{:.0} % alike{genres}", pair.similarity * 100.0),
                sounds: [&pair.a, &pair.b].map(|clip| (clip.as_str(), sound(clip))).into(),
            }
        });
        list(ui, title, "Very probably the same song. On both sides of a split they flatter the score.", &mut rows);
    }
    if !check.doubtful.is_empty() {
        let title = count_of(check.doubtful.len(), "doubtful label", "doubtful labels");
        let mut rows = check.doubtful.iter().map(|clip| Row {
            head: clip.clip.clone(),
            words: format!(
                "filed as {}, sounds like {} ({:.0} %)",
                display_name(&clip.genre),
                display_name(&clip.sounds_like),
                clip.probability * 100.0
            ),
            sounds: vec![(&clip.clip, sound(&clip.clip))],
        });
        list(
            ui,
            title,
            "They sound like another genre to a judge that has not heard them, which may be wrong.",
            &mut rows,
        );
    }
    if !check.contradictions.is_empty() {
        anyway(ui, state, actions);
    }
    let crossing = check.similar.iter().filter(|pair| pair.different_genres).count();
    if crossing > 0 {
        warning(
            ui,
            format!(
                "{} filed under two genres: one of the labels is wrong.",
                count_of(crossing, "recording is", "recordings are")
            ),
        );
    }
}

/// Lets the person train although the same clip is filed under different genres.
fn anyway(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let config = &state.training.setup.config;
    let mut allowed = config.allow_contradictions;
    let help = "Train although the same clip is filed under different genres";
    if ui.checkbox(&mut allowed, "Train anyway").on_hover_text(help).changed() {
        let config = Config { allow_contradictions: allowed, ..config.clone() };
        actions.push(Action::Train(TrainAction::Configure(Box::new(config))));
    }
}

/// One row: a button for each sound at the right, the words beside.
fn draw(ui: &mut Ui, state: &AppState, row: &Row<'_>, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (name, path) in row.sounds.iter().rev() {
                let pressed = play(ui, state, 24.0, name, *path, "It has no sound");
                if let Some(path) = path.filter(|_| pressed) {
                    actions.push(Action::Train(TrainAction::Play(path.to_path_buf(), (*name).to_owned())));
                }
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(&row.head).font(fonts::small()));
                if !row.words.is_empty() {
                    note(ui, &row.words);
                }
            });
        });
    });
}
