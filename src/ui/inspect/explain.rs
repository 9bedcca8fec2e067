//! What the pictures show, in plain words, with the song that is on the screen.

use eframe::egui::{
    Align, Color32, Frame, Layout, Margin, Painter, Rect, RichText, ScrollArea, Sense, Shape, Stroke, Ui, pos2, vec2,
};

use crate::state::inspect::{Side, View};
use crate::state::{Action, AppState, Verb};
use crate::ui::icons::Icon;
use crate::ui::local::Local;
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::button;

use super::{at, index_of, paint};

/// Draws the page.
pub fn explain(ui: &mut Ui, state: &AppState, local: &mut Local, place: Rect, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    ui.painter().rect_filled(place, f32::from(size::RADIUS_LARGE), tokens.panel);
    at(ui, "explain", place, |ui| {
        Frame::NONE.inner_margin(Margin::same(16)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(RichText::new("What am I seeing?").font(fonts::heading()));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if button::icon(ui, Icon::Close, 28.0, "Close the page", "Close this page (E)").clicked() {
                        actions.push(Action::Do(Verb::Explain));
                    }
                });
            });
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_max_width(ui.available_width() - 12.0);
                content(ui, state, local);
            });
        });
    });
}

fn content(ui: &mut Ui, state: &AppState, local: &mut Local) {
    let title = state.inspected().map_or("this sound", |track| track.title.as_str());
    let views = state.inspect_views();
    let own = |kind: usize| views.iter().find(|view| index_of(view.kind) == kind && view.side == Side::A);

    head(ui, "Both pictures");
    words(
        ui,
        "Time runs from left to right and pitch from low to high. Bright places are loud. A held note is a level line, \
               a drum stroke an upright one, a gliding voice a curve.",
    );

    head(ui, "The spectrogram");
    words(
        ui,
        &format!(
            "It cuts “{title}” into short pieces of equal length, the windows, and asks of each: how much of \
               every frequency is in here? Each answer is one column."
        ),
    );
    song(ui, state, local, own(0));

    head(ui, "The scalogram");
    words(
        ui,
        "It lays a little wave, the wavelet, over every moment, once for each pitch: stretched long for low \
               pitches, pressed short for high ones. Where wave and sound agree it is bright.",
    );
    song(ui, state, local, own(1));

    head(ui, "Why not sharp in both?");
    words(
        ui,
        "To tell two close pitches apart one must listen for a while, and then no longer knows exactly when. That is \
               not a fault of the program: time and frequency cannot both be sharp. Each rectangle below is the smallest \
               detail one can see; in each drawing all have the same area.",
    );
    diagram(ui, "Short windows: sharp in time, blurred in pitch", |painter, rect, color| {
        grid(painter, rect, color, 28, 2)
    });
    diagram(ui, "Long windows: sharp in pitch, blurred in time", |painter, rect, color| {
        grid(painter, rect, color, 4, 14)
    });
    diagram(ui, "Wavelets: low notes sharp in pitch, high ones in time", wavelet_grid);
    diagram(ui, "A wavelet for a low and one for a high note", wavelets);
    words(
        ui,
        "So bass lines are easier to read in the scalogram, and so are clicks and consonants high up. Held chords in \
               the middle are clearer in a spectrogram with a long window.",
    );

    head(ui, "The dashed line");
    words(
        ui,
        "Near the beginning and the end of a track, and at the newest edge of the live view, a long wavelet reaches to \
               where there is no sound. Behind the dashed line, the cone of influence, levels are too low: do not read \
               them as music.",
    );

    head(ui, "Overtones");
    words(
        ui,
        "An instrument's note is a ladder: its lowest rung gives the pitch, the others lie at two, three, four times \
               that frequency. Switch on Harmonics and point at the lowest rung: the lines fall on the others.",
    );

    head(ui, "Try this");
    for (number, task) in [
        "Find a drum stroke. Make the spectrogram's window 512 samples, then 16384. When can you still say when it was?",
        "Find a held note and read its name below the picture. How many cents is the player off?",
        "Press C to put two settings side by side, and change one of them.",
        "Zoom in on one second with the wheel, drag with Shift over one beat, and listen to it again and again.",
        "Set the wavelet's cycles to 4, then to 30. Which picture looks more like the spectrogram, and where?",
        "Press S and P and play a whole song. Which frequencies does it never use?",
    ]
    .into_iter()
    .enumerate()
    {
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(format!("{}", number + 1)).font(fonts::strong()).color(tokens(ui).accent));
            ui.vertical(|ui| words(ui, task));
        });
    }
}

fn head(ui: &mut Ui, title: &str) {
    ui.add_space(12.0);
    ui.label(RichText::new(title).font(fonts::strong()));
}

fn words(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).color(tokens(ui).text_muted));
}

/// The song itself, small.
fn song(ui: &mut Ui, state: &AppState, local: &mut Local, view: Option<&View>) {
    let Some(view) = view else { return };
    let store = &state.inspect.tiles;
    let (Some(track), Some(spec)) = (view.track, store.known_spec(&view.settings.spec)) else { return };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 84.0), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, tokens(ui).screen);
    let loudest = store.loudest(track, spec).map(|level| level.div_euclid(100) * 100 + 100);
    let of = (index_of(view.kind), view.side, view.lane);
    let look = local.inspect.textures.look(of, &view.settings, loudest);
    let of = (track, spec, view.side);
    paint::overview(ui.painter(), &mut local.inspect.textures, store, of, state.track_secs(track), &look, rect);
}

fn diagram(ui: &mut Ui, caption: &str, draw: impl FnOnce(&Painter, Rect, Color32)) {
    let tokens = tokens(ui);
    ui.add_space(4.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 92.0), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, tokens.field);
    draw(&ui.painter().with_clip_rect(rect), rect.shrink(10.0), tokens.accent);
    ui.label(RichText::new(caption).font(fonts::small()).color(tokens.text_muted));
}

fn cell(painter: &Painter, rect: Rect, color: Color32) {
    painter.rect_filled(rect.shrink(1.0), 1.0, color.gamma_multiply(0.30));
    painter.rect_stroke(rect.shrink(1.0), 1.0, (1.0, color), eframe::egui::StrokeKind::Inside);
}

fn grid(painter: &Painter, rect: Rect, color: Color32, columns: usize, rows: usize) {
    let side = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
    for column in 0..columns {
        for row in 0..rows {
            let min = rect.min + vec2(column as f32 * side.x, row as f32 * side.y);
            cell(painter, Rect::from_min_size(min, side), color);
        }
    }
}

/// Each octave upwards is twice as tall and half as long.
fn wavelet_grid(painter: &Painter, rect: Rect, color: Color32) {
    let mut bottom = rect.bottom();
    for (octave, columns) in [2_usize, 4, 8, 16].into_iter().enumerate() {
        let height = rect.height() * f32::from(1_u8 << octave) / 15.0;
        let width = rect.width() / columns as f32;
        for column in 0..columns {
            let min = pos2(rect.left() + column as f32 * width, bottom - height);
            cell(painter, Rect::from_min_size(min, vec2(width, height)), color);
        }
        bottom -= height;
    }
}

fn wavelets(painter: &Painter, rect: Rect, color: Color32) {
    let (left, right) = rect.split_left_right_at_fraction(0.68);
    for (place, width) in [(left, 0.22), (right, 0.14)] {
        let points = (0..=160)
            .map(|step| {
                let share = step as f32 / 160.0;
                let t = (share - 0.5) / width;
                let wave = (-0.5 * t * t).exp() * (6.0 * t).cos();
                pos2(place.left() + place.width() * share, place.center().y - 0.46 * place.height() * wave)
            })
            .collect();
        painter.add(Shape::line(points, Stroke::new(1.5, color)));
    }
}
