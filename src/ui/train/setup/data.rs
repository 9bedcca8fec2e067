//! The clips to train on: where they are, and what was found in them.

use eframe::egui::{Align, CollapsingHeader, Color32, Layout, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ml::data::check::{Check, GenreCount};
use crate::ml::train::config::Config;
use crate::state::genre::display_name;
use crate::state::jobs::{count_of, grouped};
use crate::state::training::DataPart;
use crate::state::training::setup::short;
use crate::state::{Action, AppState, TrainAction};
use crate::ui::icons::Icon;
use crate::ui::theme::{fonts, tokens};
use crate::ui::train::form::{heading, note, warning};
use crate::ui::widgets::button::{self, Weight};
use crate::ui::widgets::{meter, text};

/// Entries of a list of findings that are drawn at most.
const LISTED: usize = 200;

/// Draws the part.
pub fn data(ui: &mut Ui, state: &AppState, config: &mut Config, actions: &mut Vec<Action>) {
    heading(ui, "Clips");
    let ask = |ui: &mut Ui, weight, label: &str, help: &str, part, actions: &mut Vec<Action>| {
        let icon = (part == DataPart::Folder).then_some(Icon::Folder);
        if button::text(ui, weight, icon, label, 28.0).on_hover_text(help).clicked() {
            actions.push(Action::Train(TrainAction::Ask(part)));
        }
    };
    let sources = &mut config.sources;
    if sources.folders.is_empty() {
        note(
            ui,
            "A folder with one folder a genre in it, of sound files or of spectrogram pictures. It can be dropped here as well.",
        );
    }
    let mut gone = None;
    for (index, folder) in sources.folders.iter().enumerate() {
        if chosen(ui, "Folder", folder) {
            gone = Some(index);
        }
    }
    if let Some(index) = gone {
        sources.folders.remove(index);
    }
    if sources.wavelets.as_ref().is_some_and(|path| chosen(ui, "Wavelets", path)) {
        sources.wavelets = None;
    }
    if sources.index.as_ref().is_some_and(|path| chosen(ui, "Index", path)) {
        sources.index = None;
    }
    let lists = std::mem::take(&mut sources.lists);
    sources.lists = lists.into_iter().filter(|list| !chosen(ui, "List", list)).collect();
    ui.horizontal_wrapped(|ui| {
        let weight = if sources.folders.is_empty() { Weight::Primary } else { Weight::Normal };
        let help = "Sound files or spectrogram pictures, one folder a genre";
        let label = if sources.folders.is_empty() { "Choose a folder…" } else { "Folder…" };
        ask(ui, weight, label, help, DataPart::Folder, actions);
        let help = "A folder with the wavelet pictures of the same clips, in the same layout";
        ask(ui, Weight::Normal, "Wavelets…", help, DataPart::Wavelets, actions);
        let help = "A text file that says who plays each clip, so that artists can be kept apart";
        ask(ui, Weight::Normal, "Index…", help, DataPart::Index, actions);
        let help = "A text file with one clip a line: only these are used";
        ask(ui, Weight::Normal, "List…", help, DataPart::List, actions);
    });
    if config.sources.folders.is_empty() {
        return;
    }
    findings(ui, state, config, actions);
}

/// A chosen path; true when it is to be taken away.
fn chosen(ui: &mut Ui, what: &str, path: &std::path::Path) -> bool {
    let mut gone = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = short(path);
            let help = "Take it out; nothing is deleted";
            gone = button::icon(ui, Icon::Close, 24.0, &format!("Take {name} out"), help).clicked();
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
            let (kind, rest) = rect.split_left_right_at_x(rect.left() + 68.0);
            let tokens = tokens(ui);
            text::line(ui.painter(), kind, what, fonts::small(), tokens.text_muted, Align::Min);
            text::line(ui.painter(), rest, &name, fonts::body(), tokens.text, Align::Min);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{what}: {name}")));
            response.on_hover_text(path.display().to_string());
        });
    });
    gone
}

fn findings(ui: &mut Ui, state: &AppState, config: &Config, actions: &mut Vec<Action>) {
    let looking = state.jobs.any(crate::engine::JobKind::Check);
    let found = state.training.check_of(&config.sources);
    if looking {
        ui.horizontal(|ui| {
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
        counts(ui, check);
        troubles(ui, check);
    }
}

fn counts(ui: &mut Ui, check: &Check) {
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
    let most = check.genres.iter().map(|genre| genre.clips).max().unwrap_or(1).max(1);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for genre in &check.genres {
            count(ui, genre, most);
        }
    });
}

fn count(ui: &mut Ui, genre: &GenreCount, most: usize) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let name = display_name(&genre.genre);
    let hue = tokens.genre(&genre.genre);
    let words = format!("{name}: {}", count_of(genre.clips, "clip", "clips"));
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &words));
    meter::dot(ui.painter(), pos2(rect.left() + 5.0, rect.center().y), hue);
    let label = Rect::from_min_max(pos2(rect.left() + 16.0, rect.top()), pos2(rect.left() + 100.0, rect.bottom()));
    text::line(ui.painter(), label, &name, fonts::small(), tokens.text, Align::Min);
    let number = Rect::from_min_max(pos2(rect.right() - 52.0, rect.top()), rect.max);
    text::line(ui.painter(), number, &grouped(genre.clips), fonts::small(), tokens.text_muted, Align::Max);
    let room = Rect::from_min_max(pos2(label.right() + 4.0, rect.top()), pos2(number.left() - 4.0, rect.bottom()));
    bar(ui, room, genre.clips as f32 / most as f32, hue);
    response.on_hover_ui(|ui| {
        ui.label(&words);
        ui.label(format!("{} with sound, {} with a picture", grouped(genre.sounds), grouped(genre.pictures)));
        ui.label(format!("{:.1} minutes, {}", genre.minutes, count_of(genre.artists, "known artist", "known artists")));
    });
}

/// A bar filled to `share`, 0..1.
fn bar(ui: &Ui, room: Rect, share: f32, hue: Color32) {
    let trough = Rect::from_center_size(room.center(), vec2(room.width(), 8.0));
    ui.painter().rect_filled(trough, 2.0, tokens(ui).control);
    let filled = vec2((trough.width() * share.clamp(0.0, 1.0)).max(2.0), 8.0);
    ui.painter().rect_filled(Rect::from_min_size(trough.min, filled), 2.0, hue);
}

/// What a careful person would want to know before training.
fn troubles(ui: &mut Ui, check: &Check) {
    if check.broken.is_empty() && check.exact.is_empty() && check.similar.is_empty() && check.doubtful.is_empty() {
        note(ui, "No broken, doubled or doubtful clips were found.");
        return;
    }
    let list = |ui: &mut Ui, title: String, why: &str, rows: &mut dyn Iterator<Item = (String, String)>| {
        CollapsingHeader::new(RichText::new(&title).color(tokens(ui).text)).id_salt(&title).show(ui, |ui| {
            note(ui, why);
            for (first, second) in rows.take(LISTED) {
                ui.scope(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.label(RichText::new(first).font(fonts::small()));
                    note(ui, second);
                });
            }
        });
    };
    if !check.broken.is_empty() {
        let title = count_of(check.broken.len(), "broken file", "broken files");
        let mut rows = check.broken.iter().map(|broken| (short(&broken.path), broken.reason.clone()));
        list(ui, title, "They are left out.", &mut rows);
    }
    if !check.exact.is_empty() {
        let title = format!("{} the same to the last sample", count_of(check.exact.len(), "group", "groups"));
        let mut rows = check.exact.iter().map(|group| (group.join(", "), String::new()));
        list(ui, title, "A copy on both sides of a split flatters the score.", &mut rows);
    }
    if !check.similar.is_empty() {
        let title = format!("{} of one recording", count_of(check.similar.len(), "pair", "pairs"));
        let mut rows = check.similar.iter().map(|pair| {
            let genres = if pair.different_genres { ", filed under different genres" } else { "" };
            (format!("{} and {}", pair.a, pair.b), format!("{:.0} % alike{genres}", pair.similarity * 100.0))
        });
        list(ui, title, "Very probably the same song. On both sides of a split they flatter the score.", &mut rows);
    }
    if !check.doubtful.is_empty() {
        let title = count_of(check.doubtful.len(), "doubtful label", "doubtful labels");
        let mut rows = check.doubtful.iter().map(|clip| {
            let words = format!(
                "filed as {}, sounds like {} ({:.0} %)",
                display_name(&clip.genre),
                display_name(&clip.sounds_like),
                clip.probability * 100.0
            );
            (clip.clip.clone(), words)
        });
        list(ui, title, "They sound like another genre to the built-in network, which may be wrong.", &mut rows);
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
