//! Inspect: the live spectrogram large, with a frequency scale, a level scale, and a read-out under the pointer.

use eframe::egui::{Align, Mesh, Pos2, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::dsp::live::{LIVE_BANDS, LIVE_HIGH_HZ, LIVE_LOW_HZ};
use crate::state::live::LIVE_COLUMNS;
use crate::state::{Action, AppState, Place, Verb};

use super::icons::Icon;
use super::local::Local;
use super::theme::colormap::{self, HIGH_DB, LOW_DB};
use super::theme::{fonts, size, tokens};
use super::widgets::empty::empty;
use super::widgets::text;

/// Columns that fit the picture; one a few pixels wide reads best.
const SHOWN: usize = 720;
/// Lines of the frequency scale.
const LINES_HZ: [f32; 9] = [50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 16_000.0];

/// Draws the place.
pub fn inspect(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    debug_assert!(state.place == Place::Inspect);
    if state.live.is_empty() {
        let buttons = [("Go to the library", Action::Do(Verb::GoLibrary)), ("Play", Action::Do(Verb::PlayPause))];
        let shown = if state.snapshot.tracks.is_empty() { &buttons[..1] } else { &buttons[..] };
        let sentence = "Play a song to see its spectrogram as it sounds: time from left to right, pitch upwards, loudness as light.";
        empty(ui, Icon::Inspect, "See the sound", sentence, shown, actions);
        return;
    }
    let tokens = tokens(ui);
    let whole = ui.available_rect_before_wrap().shrink(size::MARGIN);
    let head = Rect::from_min_size(whole.min, vec2(whole.width(), 32.0));
    let title = state.playing().map_or_else(String::new, |track| {
        if track.artist.is_empty() { track.title.clone() } else { format!("{} · {}", track.title, track.artist) }
    });
    text::line(ui.painter(), head, &title, fonts::heading(), tokens.text, Align::Min);
    let foot = 32.0;
    let picture = Rect::from_min_max(
        pos2(whole.left() + 56.0, head.bottom() + 8.0),
        pos2(whole.right() - 72.0, whole.bottom() - foot),
    );
    ui.painter().rect_filled(picture, f32::from(size::RADIUS), tokens.screen);
    local.live.update(ui.ctx(), &state.live);
    local.live.paint(&ui.painter().with_clip_rect(picture), picture, SHOWN);
    frequency_scale(ui, picture);
    level_scale(ui, picture);
    let response = ui.interact(picture, ui.scope_id().with("spectrogram"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Live spectrogram, large"));
    let line = Rect::from_min_max(pos2(picture.left(), picture.bottom() + 8.0), pos2(picture.right(), whole.bottom()));
    match response.hover_pos() {
        Some(pointer) => read_out(ui, state, picture, pointer, line),
        None => {
            let hint = "Point at the picture to read frequency, note and level.";
            text::line(ui.painter(), line, hint, fonts::small(), tokens.text_faint, Align::Min);
        }
    }
}

fn y_of_hz(picture: Rect, hz: f32) -> f32 {
    let share = (hz / LIVE_LOW_HZ).ln() / (LIVE_HIGH_HZ / LIVE_LOW_HZ).ln();
    picture.bottom() - picture.height() * share
}

fn hz_at(picture: Rect, y: f32) -> f32 {
    let share = ((picture.bottom() - y) / picture.height()).clamp(0.0, 1.0);
    LIVE_LOW_HZ * (LIVE_HIGH_HZ / LIVE_LOW_HZ).powf(share)
}

fn frequency_scale(ui: &Ui, picture: Rect) {
    let tokens = tokens(ui);
    for hz in LINES_HZ {
        let y = y_of_hz(picture, hz);
        ui.painter().hline(picture.x_range(), y, (1.0, tokens.screen_line));
        let label = if hz >= 1_000.0 { format!("{} kHz", hz / 1_000.0) } else { format!("{hz} Hz") };
        let place = Rect::from_min_max(pos2(picture.left() - 56.0, y - 8.0), pos2(picture.left() - 8.0, y + 8.0));
        text::line(ui.painter(), place, &label, fonts::tiny(), tokens.text_muted, Align::Max);
    }
}

fn level_scale(ui: &Ui, picture: Rect) {
    let tokens = tokens(ui);
    let bar =
        Rect::from_min_max(pos2(picture.right() + 12.0, picture.top()), pos2(picture.right() + 24.0, picture.bottom()));
    let mut mesh = Mesh::default();
    let steps = 48;
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let y = bar.bottom() - bar.height() * share;
        let color = colormap::color(share);
        mesh.colored_vertex(pos2(bar.left(), y), color);
        mesh.colored_vertex(pos2(bar.right(), y), color);
        if step > 0 {
            let base = 2 * step as u32;
            mesh.add_triangle(base - 2, base - 1, base);
            mesh.add_triangle(base - 1, base, base + 1);
        }
    }
    ui.painter().add(mesh);
    for db in [-80.0, -60.0, -40.0, -20.0_f32] {
        let y = bar.bottom() - bar.height() * (db - LOW_DB) / (HIGH_DB - LOW_DB);
        let place = Rect::from_min_max(pos2(bar.right() + 6.0, y - 8.0), pos2(bar.right() + 48.0, y + 8.0));
        text::line(ui.painter(), place, &format!("−{:.0} dB", -db), fonts::tiny(), tokens.text_muted, Align::Min);
    }
}

fn read_out(ui: &mut Ui, state: &AppState, picture: Rect, pointer: Pos2, line: Rect) {
    let tokens = tokens(ui);
    let painter = ui.painter().with_clip_rect(picture);
    painter.hline(picture.x_range(), pointer.y, (1.0, tokens.screen_text.gamma_multiply(0.5)));
    painter.vline(pointer.x, picture.y_range(), (1.0, tokens.screen_text.gamma_multiply(0.5)));
    let hz = hz_at(picture, pointer.y);
    let back = (picture.right() - pointer.x) / picture.width() * SHOWN.min(LIVE_COLUMNS - 1) as f32;
    let share = (picture.bottom() - pointer.y) / picture.height();
    let band = ((share * LIVE_BANDS as f32) as usize).min(LIVE_BANDS - 1);
    let level = state.live.from_newest(back.max(0.0) as usize).map(|column| column.levels_db[band]);
    let (note, cents) = note_of(hz);
    let level =
        level.map_or_else(|| "–".to_owned(), |db| format!("{}{:.0} dB", if db < 0.0 { "−" } else { "" }, db.abs()));
    let sign = if cents < 0 { '−' } else { '+' };
    let words = format!("{hz:.1} Hz    {note} {sign}{} ct    {level}", cents.abs());
    let mut child = ui.new_child(eframe::egui::UiBuilder::new().max_rect(line));
    child.label(RichText::new(words).color(tokens.text));
}

/// The nearest note of equal temperament (A4 = 440 Hz) and how far the frequency lies from it, in cents.
fn note_of(hz: f32) -> (String, i32) {
    const NAMES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
    let semitones = 69.0 + 12.0 * (hz / 440.0).log2();
    let nearest = semitones.round();
    let cents = ((semitones - nearest) * 100.0).round() as i32;
    let number = nearest as i32;
    (format!("{}{}", NAMES[number.rem_euclid(12) as usize], number.div_euclid(12) - 1), cents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_name_their_notes() {
        assert_eq!(note_of(440.0), ("A4".to_owned(), 0));
        assert_eq!(note_of(261.63), ("C4".to_owned(), 0));
        assert_eq!(note_of(445.0), ("A4".to_owned(), 20));
    }

    #[test]
    fn the_scale_and_its_inverse_meet() {
        let picture = Rect::from_min_size(pos2(10.0, 20.0), vec2(300.0, 200.0));
        for hz in LINES_HZ {
            assert!((hz_at(picture, y_of_hz(picture, hz)) / hz - 1.0).abs() < 1e-3);
        }
    }
}
