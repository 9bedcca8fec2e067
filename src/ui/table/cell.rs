//! What stands in a cell.

use eframe::egui::{Align, Rect, Ui, pos2, vec2};

use crate::base::time::{clock_text, local_day};
use crate::library::filing::GenreSource;
use crate::library::model::Track;
use crate::state::{AppState, Column};
use crate::ui::icons::{self, Icon};
use crate::ui::theme::{fonts, tokens};
use crate::ui::widgets::{meter, text};

/// The icon of who decided a genre.
pub fn source_icon(source: GenreSource) -> Icon {
    match source {
        GenreSource::Person => Icon::Pencil,
        GenreSource::File => Icon::Tag,
        GenreSource::Network => Icon::Network,
    }
}

/// Before the columns: the song plays, its file is missing, or it cannot be played.
pub fn mark(ui: &Ui, state: &AppState, track: &Track, rect: Rect) {
    let tokens = tokens(ui);
    let icon_rect = Rect::from_center_size(rect.center(), vec2(15.0, 15.0));
    if state.player.current == Some(track.id) {
        let icon = if state.is_playing() { Icon::Inspect } else { Icon::Pause };
        icons::paint(ui.painter(), icon, icon_rect, tokens.accent);
    } else if track.missing {
        icons::paint(ui.painter(), Icon::Warning, icon_rect, tokens.warning);
    } else if !track.playable {
        icons::paint(ui.painter(), Icon::Muted, icon_rect, tokens.text_faint);
    }
}

/// One cell of the table.
pub fn cell(ui: &Ui, state: &AppState, track: &Track, row: usize, column: Column, rect: Rect) {
    let tokens = tokens(ui);
    let painter = ui.painter();
    let strong = if track.missing { tokens.text_faint } else { tokens.text };
    let muted = if track.missing { tokens.text_faint } else { tokens.text_muted };
    let words = |value: &str, color| {
        text::line(painter, rect, value, fonts::body(), color, Align::Min);
    };
    let number = |value: &str| {
        text::line(painter, rect, value, fonts::body(), muted, Align::Max);
    };
    match column {
        Column::Title if state.player.current == Some(track.id) => {
            text::line(painter, rect, &track.title, fonts::strong(), tokens.accent, Align::Min);
        }
        Column::Title => words(&track.title, strong),
        Column::Artist => words(&track.artist, muted),
        Column::AlbumArtist => words(track.album_fields().album_artist.as_deref().unwrap_or_default(), muted),
        Column::Album => words(&track.album, muted),
        Column::Composer => words(track.album_fields().composer.as_deref().unwrap_or_default(), muted),
        Column::Format => words(&track.format, muted),
        Column::Genre => genre(ui, state, track, row, rect),
        Column::Confidence => {
            if let Some(best) = track.prediction.as_ref().and_then(|prediction| prediction.top.first()) {
                meter::confidence(painter, rect, best.probability, tokens.genre(&best.genre), tokens);
            }
        }
        Column::Length if track.duration_secs > 0.0 => number(&clock_text(track.duration_secs)),
        Column::Year => {
            if let Some(year) = track.year {
                number(&year.to_string());
            }
        }
        Column::Disc => {
            if let Some(value) = track.album_fields().disc {
                number(&value.to_string());
            }
        }
        Column::TrackNumber => {
            if let Some(value) = track.track_number {
                number(&value.to_string());
            }
        }
        Column::Added => number(&local_day(track.added_at)),
        Column::Order => {
            if let Some(position) = state.rows.positions.get(row) {
                number(&(position + 1).to_string());
            }
        }
        Column::Length => {}
    }
}

fn genre(ui: &Ui, state: &AppState, track: &Track, row: usize, rect: Rect) {
    let tokens = tokens(ui);
    let painter = ui.painter();
    let center = pos2(rect.left() + 5.0, rect.center().y);
    let name = Rect::from_min_max(pos2(rect.left() + 16.0, rect.top()), pos2(rect.right() - 18.0, rect.bottom()));
    let place = state.rows.places.get(row).copied().unwrap_or_default() as usize;
    match state.derived.genre_of(place) {
        Some((genre, source)) => {
            meter::dot(painter, center, tokens.genre(&genre.name));
            let color = if track.missing { tokens.text_faint } else { tokens.text };
            text::line(painter, name, &genre.shown, fonts::body(), color, Align::Min);
            if source != GenreSource::Network {
                let at = Rect::from_center_size(pos2(rect.right() - 8.0, rect.center().y), vec2(13.0, 13.0));
                icons::paint(painter, source_icon(source), at, tokens.text_muted);
            }
        }
        None if track.is_unsure(&state.rule) => {
            painter.circle_stroke(center, 3.5, (1.2, tokens.text_faint));
            text::line(painter, name, "Unsure", fonts::body(), tokens.text_faint, Align::Min);
        }
        None => {}
    }
}
