//! The scales around a picture: time below, Hz at the left, notes and levels at the right.

use eframe::egui::{Align, Color32, Mesh, Rect, Ui, pos2};

use crate::dsp::picture::axis::round_step;
use crate::dsp::picture::pitch::note_lines;
use crate::dsp::picture::{FrequencyAxis, FrequencyScale, PictureSettings};
use crate::state::inspect::read_out::{shows_phase, time_text};
use crate::state::inspect::{Mode, Span};
use crate::ui::theme::{fonts, level_range, shade::Shade, tokens};
use crate::ui::widgets::text;

/// Room for Hz at the left of a picture.
pub const LEFT: f32 = 56.0;
/// Room for notes and levels at its right.
pub const RIGHT: f32 = 92.0;
/// Room for the notes.
const NOTES: f32 = 30.0;

/// The picture inside its place.
pub fn picture_of(place: Rect) -> Rect {
    Rect::from_min_max(pos2(place.left() + LEFT, place.top()), pos2(place.right() - RIGHT, place.bottom()))
}

/// Where a frequency is drawn.
pub fn y_of(picture: Rect, axis: FrequencyAxis, band: Span, hz: f32) -> f32 {
    picture.bottom() - picture.height() * band.share(f64::from(axis.position(hz))) as f32
}

/// The frequency at a height.
pub fn hz_at(picture: Rect, axis: FrequencyAxis, band: Span, y: f32) -> f32 {
    axis.hz(band.at(f64::from((picture.bottom() - y) / picture.height())) as f32)
}

/// Where a time is drawn.
pub fn x_of(picture: Rect, span: Span, secs: f64) -> f32 {
    picture.left() + picture.width() * span.share(secs) as f32
}

/// The time at a place.
pub fn secs_at(picture: Rect, span: Span, x: f32) -> f64 {
    span.at(f64::from((x - picture.left()) / picture.width()))
}

/// Draws Hz with lines across the picture, and notes.
pub fn frequencies(ui: &Ui, picture: Rect, axis: FrequencyAxis, band: Span, line: Color32) {
    let tokens = tokens(ui);
    let ends = (axis.hz(band.from as f32), axis.hz(band.to as f32));
    for hz in frequency_ticks(axis, ends, picture.height()) {
        let y = y_of(picture, axis, band, hz);
        ui.painter().hline(picture.x_range(), y, (1.0, line));
        let place = Rect::from_min_max(pos2(picture.left() - LEFT, y - 8.0), pos2(picture.left() - 6.0, y + 8.0));
        text::line(ui.painter(), place, &tick_text(hz), fonts::tiny(), tokens.text_muted, Align::Max);
    }
    let semitone = (y_of(picture, axis, band, ends.0) - y_of(picture, axis, band, ends.0 * 1.0595)).abs();
    let mut last_y = f32::INFINITY;
    for note in note_lines(ends.0, ends.1, semitone <= 13.0) {
        let hz = note.hz;
        let y = y_of(picture, axis, band, hz);
        if last_y - y < 13.0 || y > picture.bottom() - 4.0 || y < picture.top() + 4.0 {
            continue;
        }
        last_y = y;
        ui.painter().hline(picture.right()..=picture.right() + 4.0, y, (1.0, tokens.text_faint));
        let place =
            Rect::from_min_max(pos2(picture.right() + 7.0, y - 8.0), pos2(picture.right() + NOTES + 4.0, y + 8.0));
        text::line(ui.painter(), place, &note.name, fonts::tiny(), tokens.text_muted, Align::Min);
    }
}

fn tick_text(hz: f32) -> String {
    let exact = |value: f32| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if hz >= 1_000.0 { format!("{} kHz", exact(hz / 1_000.0)) } else { format!("{} Hz", exact(hz)) }
}

/// Round frequencies between the ends, not too near to each other, the rounder ones preferred.
fn frequency_ticks(axis: FrequencyAxis, (low, high): (f32, f32), height: f32) -> Vec<f32> {
    const APART: f32 = 24.0;
    let (bottom, top) = (axis.position(low), axis.position(high));
    let y = |hz: f32| (axis.position(hz) - bottom) / (top - bottom) * height;
    let mut chosen: Vec<(f32, f32)> = Vec::new();
    let mut add = |hz: f32| {
        let at = y(hz);
        if hz >= low && hz <= high && chosen.iter().all(|(_, other)| (other - at).abs() >= APART) {
            chosen.push((hz, at));
        }
    };
    if axis.scale != FrequencyScale::Linear && high / low > 3.0 {
        for digits in [&[1][..], &[2, 5], &[3, 7], &[4, 6, 8, 9]] {
            for decade in 0..6 {
                for digit in digits {
                    add(*digit as f32 * 10f32.powi(decade));
                }
            }
        }
    } else {
        let step = round_step(f64::from(high - low) / f64::from((height / APART / 1.4).max(1.0))) as f32;
        let mut hz = (low / step).ceil() * step;
        while hz <= high {
            add(hz);
            hz += step;
        }
    }
    chosen.into_iter().map(|(hz, _)| hz).collect()
}

/// Draws times below the picture with lines up through it.
pub fn times(ui: &Ui, picture: Rect, span: Span, mode: Mode, labelled: bool, line: Color32) {
    let tokens = tokens(ui);
    let apart = 88.0;
    let step = time_step(span.len() / f64::from((picture.width() / apart).max(1.0)));
    // The live clock counts back from its newest moment.
    let origin = if mode == Mode::Live { span.to } else { 0.0 };
    let mut number = ((span.from - origin) / step).ceil();
    loop {
        let secs = origin + number * step;
        if secs > span.to + step * 1e-6 {
            break;
        }
        let x = x_of(picture, span, secs);
        ui.painter().vline(x, picture.y_range(), (1.0, line));
        if labelled {
            let label = match mode {
                Mode::Live if number == 0.0 => "now".to_owned(),
                Mode::Live => format!("−{} s", short(-number * step)),
                Mode::Whole => tick_time(secs, step),
            };
            let place = Rect::from_center_size(pos2(x, picture.bottom() + 11.0), eframe::egui::vec2(apart, 16.0));
            text::line(ui.painter(), place, &label, fonts::tiny(), tokens.text_muted, Align::Center);
        }
        number += 1.0;
    }
}

fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn tick_time(secs: f64, step: f64) -> String {
    if step >= 0.999 {
        return crate::base::time::clock_text(secs + 1e-6);
    }
    // Three digits for thousandths, two for hundredths, one for tenths.
    let text = time_text(secs, if step < 0.0099 { 10.0 } else { 240.0 });
    let tenths = step > 0.0999;
    text.strip_suffix('0').filter(|_| tenths).unwrap_or(&text).to_owned()
}

fn time_step(least: f64) -> f64 {
    if least <= 1.0 {
        return round_step(least);
    }
    let steps = [2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0];
    steps.into_iter().find(|step| *step >= least).unwrap_or_else(|| (least / 3_600.0).ceil() * 3_600.0)
}

/// Draws the bar that says which colour is which level.
pub fn levels(ui: &Ui, picture: Rect, settings: &PictureSettings, loudest: Option<i16>, shade: &Shade) {
    let tokens = tokens(ui);
    let left = picture.right() + NOTES + 8.0;
    let bar = Rect::from_min_max(pos2(left, picture.top() + 1.0), pos2(left + 10.0, picture.bottom() - 1.0));
    let (low, high) = level_range(settings, loudest);
    let mut mesh = Mesh::default();
    let steps = 64;
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let level = ((low + (high - low) * share) * 100.0).clamp(-32_000.0, 32_000.0) as i16;
        let y = bar.bottom() - bar.height() * share;
        let color = shade.color(level);
        mesh.colored_vertex(pos2(bar.left(), y), color);
        mesh.colored_vertex(pos2(bar.right(), y), color);
        if step > 0 {
            let base = 2 * step as u32;
            mesh.add_triangle(base - 2, base - 1, base);
            mesh.add_triangle(base - 1, base, base + 1);
        }
    }
    ui.painter().add(mesh);
    let step = if shows_phase(settings) {
        90.0
    } else {
        round_step(f64::from(high - low) / f64::from((bar.height() / 30.0).max(1.0))) as f32
    };
    let mut value = (low / step).ceil() * step;
    while value <= high + 0.01 {
        let y = (bar.bottom() - bar.height() * (value - low) / (high - low)).clamp(bar.top() + 5.0, bar.bottom() - 5.0);
        let unit = if shows_phase(settings) { "°" } else { " dB" };
        let sign = if value < -0.5 { "−" } else { "" };
        let label = format!("{sign}{:.0}{unit}", value.abs());
        let place = Rect::from_min_max(pos2(bar.right() + 4.0, y - 8.0), pos2(bar.right() + 46.0, y + 8.0));
        text::line(ui.painter(), place, &label, fonts::tiny(), tokens.text_muted, Align::Min);
        value += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_apart() {
        let axis = FrequencyAxis::default();
        let mut ticks = frequency_ticks(axis, (30.0, 16_000.0), 300.0);
        ticks.sort_by(f32::total_cmp);
        for hz in [100.0, 1_000.0, 10_000.0, 200.0, 5_000.0] {
            assert!(ticks.contains(&hz), "{hz} is not in {ticks:?}");
        }
        let near = frequency_ticks(axis, (430.0, 450.0), 300.0);
        assert!(near.contains(&440.0) && near.len() >= 5, "{near:?}");
        let linear = FrequencyAxis { scale: FrequencyScale::Linear, ..axis };
        assert!(frequency_ticks(linear, (30.0, 16_000.0), 300.0).contains(&2_000.0));
        assert_eq!(
            (tick_text(440.0), tick_text(1_500.0), tick_text(62.5)),
            ("440 Hz".into(), "1.5 kHz".into(), "62.5 Hz".into())
        );
    }

    #[test]
    fn time_steps_are_those_of_clocks() {
        assert_eq!((time_step(0.03), time_step(0.7), time_step(12.0), time_step(61.0)), (0.05, 1.0, 15.0, 120.0));
        assert_eq!(tick_time(61.5, 0.5), "1:01.5");
        assert_eq!(tick_time(61.05, 0.05), "1:01.05");
        assert_eq!(tick_time(60.0, 15.0), "1:00");
    }

    #[test]
    fn scales_and_their_inverse_meet() {
        let picture = Rect::from_min_max(pos2(10.0, 20.0), pos2(310.0, 220.0));
        let (axis, band, span) = (FrequencyAxis::default(), Span::new(0.2, 0.6), Span::new(5.0, 9.0));
        for hz in [150.0, 440.0, 1_000.0] {
            assert!((hz_at(picture, axis, band, y_of(picture, axis, band, hz)) / hz - 1.0).abs() < 1e-3);
        }
        assert!((secs_at(picture, span, x_of(picture, span, 6.25)) - 6.25).abs() < 1e-4);
    }
}
