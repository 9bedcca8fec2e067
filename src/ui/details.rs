//! Details of the selected song: cover, what the network heard, who decided, the file.

use eframe::egui::{
    Align, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use crate::base::time::{clock_text, local_day};
use crate::library::filing::GenreSource;
use crate::library::model::{Prediction, Track};
use crate::state::genre::display_name;
use crate::state::jobs::count_of;
use crate::state::{Action, AppState, Verb};

use super::icons::{self, Icon};
use super::local::Local;
use super::table_source_icon;
use super::theme::{fonts, size, tokens};
use super::widgets::button::{self, Weight};
use super::widgets::{meter, text};

/// Draws the details of the lead of the selection.
pub fn details(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    // All the height is taken, else the panel would shrink around its content.
    ui.expand_to_include_rect(ui.max_rect());
    let Some(track) = state.lead() else {
        hint(ui, "Select a song to see what it is and what the network heard.");
        return;
    };
    if state.selection.len() > 1 {
        many(ui, state, actions);
        return;
    }
    let whole = ui.available_rect_before_wrap().shrink2(vec2(size::MARGIN, 12.0));
    let side = whole.height().min(160.0);
    let cover = Rect::from_min_size(whole.min, Vec2::splat(side));
    local.covers.paint(ui.painter(), state, Some(track.id), cover);
    let left = cover.right() + size::MARGIN;
    let room = whole.right() - left;
    let gap = 24.0;
    let first = room * 0.34;
    let second = (room - first - 2.0 * gap) * 0.54;
    let third = room - first - second - 2.0 * gap;
    let column = |from: f32, width: f32| Rect::from_min_size(pos2(from, whole.top()), vec2(width, whole.height()));
    inside(ui, "song", column(left, first), |ui| song(ui, state, track, actions));
    inside(ui, "genre", column(left + first + gap, second), |ui| genre(ui, state, track, actions));
    inside(ui, "tags", column(left + first + second + 2.0 * gap, third), |ui| tags(ui, track));
}

fn inside(ui: &mut Ui, id: &str, rect: Rect, content: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(id), |ui| {
        ui.set_clip_rect(ui.clip_rect().intersect(rect.expand(2.0)));
        ui.spacing_mut().item_spacing.y = 4.0;
        ScrollArea::vertical().id_salt(id).auto_shrink(false).show(ui, content);
    });
}

fn hint(ui: &mut Ui, sentence: &str) {
    let rect = ui.available_rect_before_wrap();
    text::line(ui.painter(), rect, sentence, fonts::body(), tokens(ui).text_faint, Align::Center);
}

fn row(ui: &mut Ui, value: &str, font: eframe::egui::FontId, color: eframe::egui::Color32, height: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let used = text::line(ui.painter(), rect, value, font, color, Align::Min);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, value));
    if used.width() >= rect.width() - 12.0 {
        response.on_hover_text(value);
    }
}

fn song(ui: &mut Ui, state: &AppState, track: &Track, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    row(ui, &track.title, fonts::heading(), tokens.text, 24.0);
    if !track.artist.is_empty() {
        row(ui, &track.artist, fonts::body(), tokens.text, 20.0);
    }
    let album = match track.year {
        Some(year) if track.album.is_empty() => year.to_string(),
        Some(year) => format!("{} · {year}", track.album),
        None => track.album.to_string(),
    };
    if !album.is_empty() {
        row(ui, &album, fonts::body(), tokens.text_muted, 20.0);
    }
    let mut facts = track.format.to_string();
    if track.duration_secs > 0.0 {
        facts += &format!(" · {}", clock_text(track.duration_secs));
    }
    if let Some(tag) = &track.tag_genre {
        facts += &format!(" · tagged “{tag}”");
    }
    row(ui, &facts, fonts::small(), tokens.text_muted, 20.0);
    if track.missing {
        row(ui, "The file is not there now. It comes back with its drive.", fonts::small(), tokens.warning, 20.0);
    } else if !track.playable {
        row(ui, "Timbre reads this file's tags but cannot play it.", fonts::small(), tokens.text_muted, 20.0);
    }
    if let Some(damage) = state.damage_of(track.id) {
        row(ui, &damage, fonts::small(), tokens.warning, 20.0);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let reveal = button::icon(ui, Icon::Folder, 24.0, "Show in file manager", "Show the file in the file manager");
        if reveal.clicked() {
            actions.push(Action::Reveal(track.path.clone()));
        }
        row(ui, &track.path.display().to_string(), fonts::small(), tokens.text_faint, 24.0);
    });
}

fn genre(ui: &mut Ui, state: &AppState, track: &Track, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let decided = state.derived.place_of(track.id).and_then(|place| state.derived.genre_of(place));
    ui.horizontal(|ui| {
        let (name, hue) = match decided {
            Some((genre, _)) => (genre.shown.clone(), tokens.genre(&genre.name)),
            None if track.is_unsure(&state.rule) => ("Unsure".to_owned(), tokens.text_faint),
            None => ("Not classified".to_owned(), tokens.text_faint),
        };
        let (rect, _) = ui.allocate_exact_size(vec2(10.0, 24.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 5.0, hue);
        ui.label(RichText::new(name).font(fonts::heading()));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let tip = Verb::SetGenre.tooltip();
            if button::text(ui, Weight::Quiet, Some(Icon::Pencil), "Set genre…", 24.0).on_hover_text(tip).clicked() {
                actions.push(Action::Do(Verb::SetGenre));
            }
        });
    });
    let (icon, who) = who(track, decided.map(|(_, source)| source));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let mark = Rect::from_center_size(pos2(rect.left() + 6.0, rect.center().y), Vec2::splat(13.0));
    icons::paint(ui.painter(), icon, mark, tokens.text_muted);
    let rest = Rect::from_min_max(pos2(rect.left() + 18.0, rect.top()), rect.max);
    text::line(ui.painter(), rest, &who, fonts::small(), tokens.text_muted, Align::Min);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &who));
    response.on_hover_text(who);
    ui.add_space(4.0);
    if let Some(prediction) = &track.prediction {
        top_three(ui, prediction);
        if let Some(note) = &prediction.note {
            ui.label(RichText::new(note).font(fonts::small()).color(tokens.text_muted));
        }
    }
}

/// The network's three best genres, each with its bar.
pub fn top_three(ui: &mut Ui, prediction: &Prediction) {
    let tokens = tokens(ui);
    for guess in prediction.top.iter().take(3) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        let spoken = format!("{} {}", display_name(&guess.genre), meter::percent(guess.probability));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let split = rect.left() + (rect.width() * 0.36).min(96.0);
        let name = Rect::from_min_max(rect.min, pos2(split, rect.bottom()));
        text::line(ui.painter(), name, &display_name(&guess.genre), fonts::small(), tokens.text, Align::Min);
        let bar = Rect::from_min_max(pos2(split, rect.top()), rect.max);
        meter::confidence(ui.painter(), bar, guess.probability, tokens.genre(&guess.genre), tokens);
    }
}

/// Who decided a song's genre and when, as one sentence.
pub fn who(track: &Track, source: Option<GenreSource>) -> (Icon, String) {
    let icon = source.map_or(Icon::Unsure, table_source_icon);
    let text = match (source, &track.user_genre, &track.prediction) {
        (Some(GenreSource::Person), Some(user), _) => format!("Set by you on {}", local_day(user.set_at)),
        (Some(GenreSource::File), ..) => "From the tag in the file".to_owned(),
        (_, _, Some(heard)) => {
            let (name, secs) = (&heard.model_name, heard.heard_secs);
            format!("Network “{name}”, {secs:.0} s heard, {}", local_day(heard.decided_at))
        }
        _ => "No network has heard this song yet".to_owned(),
    };
    (icon, text)
}

fn tags(ui: &mut Ui, track: &Track) {
    let tokens = tokens(ui);
    row(ui, "What it sounds like", fonts::small_strong(), tokens.text_faint, 24.0);
    let tags = track.prediction.as_ref().map_or(&[][..], |prediction| &prediction.tags);
    if tags.is_empty() {
        row(ui, "Nothing yet", fonts::small(), tokens.text_faint, 20.0);
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        let strongest = tags.iter().map(|tag| tag.score).fold(f32::MIN_POSITIVE, f32::max);
        for tag in tags.iter().take(8) {
            chip(ui, &tag.tag, tag.score, tag.score / strongest);
        }
    });
}

/// A tag with a line as long as it is strong beside the strongest (`share`, 0..1).
fn chip(ui: &mut Ui, tag: &str, score: f32, share: f32) {
    let tokens = tokens(ui);
    let galley = ui.painter().layout_no_wrap(tag.to_owned(), fonts::small(), tokens.text);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(16.0, 6.0), Sense::hover());
    ui.painter().rect_filled(rect, rect.height() / 2.0, tokens.control);
    let share = share.clamp(0.0, 1.0);
    let under =
        Rect::from_min_size(pos2(rect.left() + 8.0, rect.bottom() - 3.0), vec2((rect.width() - 16.0) * share, 2.0));
    ui.painter().rect_filled(under, 1.0, tokens.accent);
    ui.painter().galley(rect.min + vec2(8.0, 2.0), galley, tokens.text);
    let spoken = format!("{tag}: {}", meter::percent(score));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    response.on_hover_text(spoken);
}

fn many(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let selected = state.snapshot.tracks.iter().filter(|track| state.selection.contains(track.id));
    let secs: f64 = selected.map(|track| track.duration_secs).sum();
    ui.add_space(24.0);
    ui.vertical_centered(|ui| {
        let text = format!("{} selected", count_of(state.selection.len(), "song", "songs"));
        ui.label(RichText::new(text).font(fonts::heading()));
        ui.label(RichText::new(clock_text(secs)).color(tokens(ui).text_muted));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space((ui.available_width() / 2.0 - 130.0).max(0.0));
            for (verb, icon) in [(Verb::SetGenre, Icon::Pencil), (Verb::QueueSelected, Icon::Plus)] {
                let response = button::text(ui, Weight::Normal, Some(icon), verb.name(), 28.0);
                if response.on_hover_text(verb.tooltip()).clicked() {
                    actions.push(Action::Do(verb));
                }
            }
        });
    });
}
