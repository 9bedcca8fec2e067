//! Every control of a picture's settings, each with its name and a sentence; used over the pictures and in the Settings.

use std::ops::RangeInclusive;

use eframe::egui::{
    Align, Button, Checkbox, DragValue, Id, Layout, Mesh, Rect, Response, Role, Sense, Slider, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::base::Channel;
use crate::dsp::picture::{
    Colormap, FrequencyScale, Levels, Norm, Part, PictureSettings, ScalogramSettings, SpectrogramSettings, Transform,
    Wavelet,
};
use crate::dsp::window::WindowShape;
use crate::state::inspect::{Kind, Side};
use crate::ui::theme::{level_range, shade::Shade, tokens};
use crate::ui::widgets::button::{self, Weight};

use super::popover::default_of;

const LABEL: f32 = 104.0;

/// Draws all controls; the settings when they changed. What makes the engine work anew waits until the pointer lets go.
pub fn controls(ui: &mut Ui, of: (Kind, Side), settings: &PictureSettings) -> Option<PictureSettings> {
    let draft_id = Id::unique(format!("picture settings {of:?}"));
    let draft = ui.data(|data| data.get_temp::<Option<PictureSettings>>(draft_id));
    let before = draft.flatten().unwrap_or(*settings);
    let mut changed = before;
    ui.push_id(of, |ui| all(ui, of.0, &mut changed));
    let changed = changed.clamped();
    let held = ui.input(|input| input.pointer.any_down());
    if held && changed.spec != settings.spec {
        ui.data_mut(|data| data.insert_temp(draft_id, Some(changed)));
        return None;
    }
    ui.data_mut(|data| data.insert_temp::<Option<PictureSettings>>(draft_id, None));
    (changed != *settings).then_some(changed)
}

fn all(ui: &mut Ui, kind: Kind, settings: &mut PictureSettings) {
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.spacing_mut().button_padding = vec2(7.0, 4.0);
    match &mut settings.spec.transform {
        Transform::Spectrogram(spectrogram) => spectrogram_ui(ui, spectrogram),
        Transform::Scalogram(scalogram) => scalogram_ui(ui, scalogram),
    }
    ui.separator();
    channel_ui(ui, settings);
    axis_ui(ui, settings);
    ui.separator();
    levels_ui(ui, settings);
    colours_ui(ui, settings);
    ui.horizontal(|ui| {
        ui.add_space(LABEL + 8.0);
        let reset = button::text(ui, Weight::Quiet, None, "Reset", 28.0);
        if reset.on_hover_text("Everything about this picture as it was at first").clicked() {
            *settings = default_of(kind);
        }
    });
}

/// A row: the name at the left, what it does as a tooltip of both.
fn row(ui: &mut Ui, label: &str, help: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let size = vec2(LABEL, 28.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(LABEL);
            ui.label(label).on_hover_text(help);
        });
        ui.vertical(|ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 3.0;
                control(ui);
            });
        });
    });
}

fn choose<T: PartialEq + Copy>(ui: &mut Ui, label: &str, help: &str, value: &mut T, choices: &[(T, &str)]) {
    row(ui, label, help, |ui| {
        for (choice, name) in choices {
            let response = ui.add(Button::selectable(*value == *choice, *name));
            let chosen = *value == *choice;
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, format!("{label}: {name}")));
            if response.on_hover_text(help).clicked() {
                *value = *choice;
            }
        }
    });
}

fn slide(ui: &mut Ui, label: &str, help: &str, value: &mut f32, range: RangeInclusive<f32>, step: f64, unit: &str) {
    row(ui, label, help, |ui| {
        ui.spacing_mut().slider_width = 220.0;
        let response =
            ui.add(Slider::new(value, range).step_by(step).suffix(unit).fixed_decimals(usize::from(step < 1.0)));
        named(response, label).on_hover_text(help);
    });
}

fn count(ui: &mut Ui, label: &str, help: &str, value: &mut usize, range: RangeInclusive<usize>, step: f64) {
    row(ui, label, help, |ui| {
        ui.spacing_mut().slider_width = 220.0;
        let response = ui.add(Slider::new(value, range).step_by(step));
        named(response, label).on_hover_text(help);
    });
}

/// Gives a control of egui's own the name that stands beside it.
fn named(response: Response, label: &str) -> Response {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(label.to_owned()));
    response
}

/// What a window's shape is called.
pub fn window_name(window: WindowShape) -> &'static str {
    match window {
        WindowShape::Hann => "Hann",
        WindowShape::Hamming => "Hamming",
        WindowShape::BlackmanHarris => "Blackman–Harris",
        WindowShape::Kaiser => "Kaiser",
        WindowShape::FlatTop => "Flat top",
    }
}

fn spectrogram_ui(ui: &mut Ui, settings: &mut SpectrogramSettings) {
    let shapes = [
        WindowShape::Hann,
        WindowShape::Hamming,
        WindowShape::BlackmanHarris,
        WindowShape::Kaiser,
        WindowShape::FlatTop,
    ];
    let help = "How each moment fades in and out before its spectrum is taken: sharper lines, or less spill beside loud tones.";
    choose(ui, "Window", help, &mut settings.window, &shapes.map(|shape| (shape, window_name(shape))));
    if settings.window == WindowShape::Kaiser {
        let help = "From sharp lines (low) to little spill (high).";
        slide(ui, "Kaiser beta", help, &mut settings.kaiser_beta, 0.0..=20.0, 0.1, "");
    }
    let sizes = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768];
    let names = sizes.map(|size: usize| size.to_string());
    let choices: Vec<(usize, &str)> = sizes.into_iter().zip(names.iter().map(String::as_str)).collect();
    let help = "Samples that one spectrum looks at: long windows tell pitches apart, short ones moments.";
    choose(ui, "Window size", help, &mut settings.window_len, &choices);
    let help = "How much of a window the next one shares: more makes time smoother and takes longer.";
    slide(ui, "Overlap", help, &mut settings.overlap_percent, 0.0..=98.0, 1.0, " %");
    let help = "A longer transform than its window: smoother in frequency, not sharper.";
    choose(ui, "Zero padding", help, &mut settings.zero_padding, &[(1, "none"), (2, "2×"), (4, "4×"), (8, "8×")]);
    let help = "Draws energy where it really is instead of spread over the window: thin lines, more noise.";
    check(ui, "Reassigned", help, &mut settings.reassigned);
}

fn scalogram_ui(ui: &mut Ui, settings: &mut ScalogramSettings) {
    let (mut cycles, mut dog, mut paul) = (8.0, 2, 4);
    match settings.wavelet {
        Wavelet::Morlet { cycles: known } => cycles = known,
        Wavelet::Dog { order } => dog = order,
        Wavelet::Paul { order } => paul = order,
        Wavelet::Haar => {}
    }
    let kinds = [
        (Wavelet::Morlet { cycles }, "Morlet"),
        (Wavelet::Dog { order: dog }, "Mexican hat (DOG)"),
        (Wavelet::Paul { order: paul }, "Paul"),
        (Wavelet::Haar, "Haar"),
    ];
    let help = "The little wave that is stretched and laid over the sound at every moment.";
    choose(ui, "Wavelet", help, &mut settings.wavelet, &kinds);
    match &mut settings.wavelet {
        Wavelet::Morlet { cycles } => {
            let help = "Waves within the wavelet: more are sharper in frequency and blurrier in time.";
            slide(ui, "Cycles", help, cycles, 4.0..=40.0, 0.5, "");
        }
        Wavelet::Dog { order } => {
            let help = "Which derivative of a bell curve; 2 is the Mexican hat.";
            choose(ui, "Order", help, order, &[(2, "2"), (4, "4"), (6, "6")]);
        }
        Wavelet::Paul { order } => {
            let help = "Higher orders are a little sharper in frequency.";
            count(ui, "Order", help, order, 2..=20, 1.0);
        }
        Wavelet::Haar => {}
    }
    let help = "Wavelet lengths tried in each octave: more are smoother in frequency and take longer.";
    count(ui, "Voices", help, &mut settings.voices_per_octave, 4..=48, 1.0);
    let help = "What is equally bright everywhere: a tone of one loudness, or white noise.";
    choose(ui, "Norm", help, &mut settings.norm, &[(Norm::L1, "L1, tones"), (Norm::L2, "L2, noise")]);
    let help = "Loudness in dB, power on a linear scale, or where in its wave each frequency is.";
    let parts = [(Part::Magnitude, "Magnitude"), (Part::Power, "Power"), (Part::Phase, "Phase")];
    choose(ui, "Part", help, &mut settings.part, &parts);
}

fn channel_ui(ui: &mut Ui, settings: &mut PictureSettings) {
    let signals = [
        (Some(Channel::Mid), "Mid"),
        (Some(Channel::Side), "Side"),
        (Some(Channel::Left), "Left"),
        (Some(Channel::Right), "Right"),
        (None, "Both"),
    ];
    let help = "Mid is the mean of left and right, side half of their difference; both shows left above right. What is \
                heard live is one signal.";
    let mut chosen = (!settings.both_sides).then_some(settings.spec.channel);
    choose(ui, "Channel", help, &mut chosen, &signals);
    settings.both_sides = chosen.is_none();
    settings.spec.channel = chosen.unwrap_or(settings.spec.channel);
}

fn axis_ui(ui: &mut Ui, settings: &mut PictureSettings) {
    let axis = &mut settings.spec.axis;
    let scales = [
        (FrequencyScale::Linear, "Linear"),
        (FrequencyScale::Log, "Log"),
        (FrequencyScale::Mel, "Mel"),
        (FrequencyScale::Bark, "Bark"),
    ];
    let help = "Equal steps of Hz, of pitch, or as the ear hears them (mel, Bark).";
    choose(ui, "Frequencies", help, &mut axis.scale, &scales);
    let help = "The lowest and the highest frequency of the picture.";
    row(ui, "Range", help, |ui| {
        let low = DragValue::new(&mut axis.low_hz).range(1.0..=20_000.0).speed(1.0).suffix(" Hz").max_decimals(0);
        named(ui.add(low), "Lowest frequency").on_hover_text(help);
        ui.label("to");
        let high = DragValue::new(&mut axis.high_hz).range(100.0..=96_000.0).speed(20.0).suffix(" Hz").max_decimals(0);
        named(ui.add(high), "Highest frequency").on_hover_text(help);
    });
}

fn levels_ui(ui: &mut Ui, settings: &mut PictureSettings) {
    let (low_db, high_db) = match settings.levels {
        Levels::Auto { range_db } => (-range_db, 0.0),
        Levels::Fixed { low_db, high_db } => (low_db, high_db),
    };
    let range_db = (high_db - low_db).clamp(10.0, 180.0);
    let help = "Automatic follows the loudest of the picture; fixed keeps pictures comparable.";
    let choices = [(Levels::Auto { range_db }, "Automatic"), (Levels::Fixed { low_db, high_db }, "Fixed")];
    choose(ui, "Levels", help, &mut settings.levels, &choices);
    match &mut settings.levels {
        Levels::Auto { range_db } => {
            slide(ui, "Range", "From the brightest down to the darkest.", range_db, 10.0..=140.0, 1.0, " dB");
        }
        Levels::Fixed { low_db, high_db } => {
            slide(ui, "Darkest", "Levels at or below this are dark.", low_db, -140.0..=-10.0, 1.0, " dB");
            slide(ui, "Brightest", "Levels at or above this are bright.", high_db, -80.0..=20.0, 1.0, " dB");
        }
    }
}

fn colours_ui(ui: &mut Ui, settings: &mut PictureSettings) {
    let maps = [
        (Colormap::Magma, "Magma"),
        (Colormap::Viridis, "Viridis"),
        (Colormap::Inferno, "Inferno"),
        (Colormap::Cividis, "Cividis"),
        (Colormap::Grey, "Grey"),
    ];
    row(ui, "Colours", "All get lighter evenly with loudness; Cividis reads the same with colour-blindness.", |ui| {
        for (map, name) in maps {
            let look = PictureSettings { colormap: map, ..*settings };
            if swatch(ui, &look, settings.colormap == map, name).clicked() {
                settings.colormap = map;
            }
        }
    });
    check(ui, "Inverted", "Loud is dark, as on paper.", &mut settings.inverted);
}

fn check(ui: &mut Ui, label: &str, help: &str, value: &mut bool) {
    row(ui, label, help, |ui| {
        named(ui.add(Checkbox::without_text(value)), label).on_hover_text(help);
    });
}

/// A small picture of a colour map.
fn swatch(ui: &mut Ui, settings: &PictureSettings, chosen: bool, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(58.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, format!("Colours: {name}")));
    let shade = Shade::new(settings, None);
    let (low, high) = level_range(settings, None);
    let inner = rect.shrink(3.0);
    let mut mesh = Mesh::default();
    for step in 0..=24_u32 {
        let share = step as f32 / 24.0;
        let x = inner.left() + inner.width() * share;
        let color = shade.color(((low + (high - low) * share) * 100.0) as i16);
        mesh.colored_vertex(pos2(x, inner.top()), color);
        mesh.colored_vertex(pos2(x, inner.bottom()), color);
        if step > 0 {
            mesh.add_triangle(2 * step - 2, 2 * step - 1, 2 * step);
            mesh.add_triangle(2 * step - 1, 2 * step, 2 * step + 1);
        }
    }
    ui.painter().add(mesh);
    let tokens = tokens(ui);
    let edge = if chosen || response.has_focus() { tokens.accent } else { tokens.hairline };
    let width = if chosen { 2.0 } else { 1.0 };
    ui.painter().rect_stroke(Rect::from_min_max(rect.min, rect.max), 4.0, (width, edge), StrokeKind::Inside);
    response.on_hover_text(name)
}
