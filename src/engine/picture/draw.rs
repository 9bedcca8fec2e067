//! The picture with its axes, title and colour bar.

use std::io::Cursor;
use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use crate::base::fs::write_atomic;
use crate::dsp::picture::{Analyzer, Columns, NO_LEVEL, Part, PictureSettings, Rows, Shading, Transform};

use super::axes::{self, Mark};
use super::canvas::{Anchor, Canvas, Rgb};
use super::levels::Song;
use super::{MOST_AREA, MOST_PIXELS, PictureError, PictureRequest};

/// Height of the text in a picture of [`NORMAL_HEIGHT`], pixels.
const TEXT_SIZE: f32 = 16.0;
const NORMAL_HEIGHT: f32 = 700.0;
/// The least pixels of the plot in one direction.
const LEAST_PIXELS: usize = 8;

/// Where things are, pixels.
struct Layout {
    text: f32,
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// Left edge and width of the colour bar.
    bar: (usize, usize),
}

/// Colours of everything but the picture itself.
struct Paper {
    background: Rgb,
    ink: Rgb,
    faint: Rgb,
}

impl Paper {
    fn of(request: &PictureRequest) -> Self {
        if request.light {
            Self { background: [255; 3], ink: [32, 32, 36], faint: [150, 150, 156] }
        } else {
            Self { background: [18, 18, 21], ink: [222, 222, 226], faint: [110, 110, 118] }
        }
    }
}

impl Layout {
    fn of(request: &PictureRequest) -> Result<Self, PictureError> {
        let (width, height) = (request.width, request.height);
        check_size(width, height)?;
        let layout = if request.axes {
            let text = TEXT_SIZE * (width.min(height) as f32 / NORMAL_HEIGHT).clamp(0.75, 6.0);
            let pixels = |share: f32| (text * share).round() as usize;
            let (left, right) = (pixels(4.2), pixels(8.6));
            let (top, bottom) = (pixels(if request.title.is_empty() { 1.2 } else { 2.4 }), pixels(2.2));
            Self {
                text,
                left,
                top,
                width: width.saturating_sub(left + right),
                height: height.saturating_sub(top + bottom),
                bar: (width.saturating_sub(right) + pixels(3.0), pixels(1.1)),
            }
        } else {
            Self { text: 0.0, left: 0, top: 0, width, height, bar: (0, 0) }
        };
        if layout.width < LEAST_PIXELS || layout.height < LEAST_PIXELS {
            return Err(PictureError::Size { width, height });
        }
        Ok(layout)
    }
}

fn check_size(width: usize, height: usize) -> Result<(), PictureError> {
    if width > MOST_PIXELS || height > MOST_PIXELS || width * height > MOST_AREA {
        return Err(PictureError::Size { width, height });
    }
    Ok(())
}

/// Writes the `.png` and gives its width and height.
pub(super) fn png(
    song: &Song,
    request: &PictureRequest,
    file: &Path,
    progress: &mut dyn FnMut(f64, f64),
) -> Result<(usize, usize), PictureError> {
    let canvas = paint(song, request, progress)?;
    let mut bytes = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&canvas.pixels, canvas.width as u32, canvas.height as u32, ExtendedColorType::Rgb8)
        .map_err(|error| PictureError::write(file)(std::io::Error::other(error)))?;
    write_atomic(file, bytes.get_ref()).map_err(PictureError::write(file))?;
    Ok((canvas.width, canvas.height))
}

/// One picture of one signal, before it has colours.
struct Lane {
    request: PictureRequest,
    layout: Layout,
    columns: Columns,
    rows: Rows,
    levels: Vec<i16>,
}

/// What each signal gets of the picture, from the top: all of it, or the left side its upper and the right side its lower half.
fn lanes_of(request: &PictureRequest) -> Vec<PictureRequest> {
    let settings = request.settings.lanes();
    let count = settings.len();
    let lane = |(index, settings): (usize, PictureSettings)| {
        // What does not divide evenly goes to the last one.
        let height = request.height * (index + 1) / count - request.height * index / count;
        let title = match (count, settings.spec.channel) {
            (1, _) => request.title.clone(),
            (_, channel) if request.title.is_empty() => channel.name().to_owned(),
            (_, channel) => format!("{} · {}", request.title, channel.name()),
        };
        PictureRequest { settings, height, title, ..request.clone() }
    };
    settings.into_iter().enumerate().map(lane).collect()
}

/// Draws the picture, axes and all.
pub(super) fn paint(
    song: &Song,
    request: &PictureRequest,
    progress: &mut dyn FnMut(f64, f64),
) -> Result<Canvas, PictureError> {
    let (width, height) = (request.width, request.height);
    // A half may be small enough where the whole is too large.
    let wrong = |_| PictureError::Size { width, height };
    check_size(width, height).map_err(wrong)?;
    let requests = lanes_of(request);
    let count = requests.len();
    let mut lanes = Vec::with_capacity(count);
    for (index, request) in requests.into_iter().enumerate() {
        let layout = Layout::of(&request).map_err(wrong)?;
        let mut tell = |done: f64, all: f64| progress(done + index as f64 * all, count as f64 * all);
        lanes.push(Lane::new(song, request, layout, &mut tell)?);
    }
    // Both sides have the same colours, so that they can be compared.
    let loudest = lanes.iter().flat_map(|lane| &lane.levels).copied().max().unwrap_or(NO_LEVEL);
    let shading = Shading::new(&request.settings, loudest);
    let mut canvases = lanes.into_iter().map(|lane| lane.draw(song, &shading));
    let Some(mut canvas) = canvases.next() else { return Err(PictureError::Size { width, height }) };
    canvases.for_each(|below| canvas.append(below));
    Ok(canvas)
}

impl Lane {
    fn new(
        song: &Song,
        request: PictureRequest,
        layout: Layout,
        progress: &mut dyn FnMut(f64, f64),
    ) -> Result<Self, PictureError> {
        let axis = request.settings.spec.axis;
        let (from, to) = (axis.position(request.low_hz), axis.position(request.high_hz));
        let rows = Rows { axis, from, to, count: layout.height };
        let step_secs = (request.to_secs - request.from_secs) / layout.width as f64;
        let columns = Columns { start_secs: request.from_secs, step_secs, count: layout.width };
        let levels = song.levels(&request, columns, rows, progress)?;
        Ok(Self { request, layout, columns, rows, levels })
    }

    fn draw(self, song: &Song, shading: &Shading) -> Canvas {
        let Self { request, layout, columns, rows, levels } = self;
        let paper = Paper::of(&request);
        let mut canvas = Canvas::new(request.width, request.height, paper.background);
        for (column, levels) in levels.chunks_exact(rows.count).enumerate() {
            for (row, level) in levels.iter().enumerate() {
                canvas.put(layout.left + column, layout.top + layout.height - 1 - row, shading.rgb(*level));
            }
        }
        drop(levels);
        if request.cone && matches!(request.settings.spec.transform, Transform::Scalogram(_)) {
            cone(&mut canvas, &layout, song, &request, columns, rows);
        }
        if request.axes {
            frame(&mut canvas, &layout, &request, rows, &paper);
            bar(&mut canvas, &layout, &request, shading, &paper);
        }
        canvas
    }
}

/// Dims what depends on what lies outside of the song, and draws its edge.
fn cone(canvas: &mut Canvas, layout: &Layout, song: &Song, request: &PictureRequest, columns: Columns, rows: Rows) {
    let analyzer = Analyzer::new(&request.settings.spec.transform, song.rate_hz);
    let column_of = |secs: f64| ((secs - columns.start_secs) / columns.step_secs).round();
    for row in 0..rows.count {
        let y = layout.top + layout.height - 1 - row;
        let reach = analyzer.cone_secs(rows.centre_hz(row)).min(song.duration_secs / 2.0);
        let first = column_of(reach).clamp(0.0, columns.count as f64) as usize;
        let last = column_of(song.duration_secs - reach).clamp(0.0, columns.count as f64) as usize;
        for column in (0..first).chain(last..columns.count) {
            canvas.mix(layout.left + column, y, [128; 3], 0.35);
        }
        for edge in [first, last].into_iter().filter(|edge| *edge > 0 && *edge < columns.count) {
            canvas.mix(layout.left + edge, y, [255; 3], 0.6);
        }
    }
}

fn frame(canvas: &mut Canvas, layout: &Layout, request: &PictureRequest, rows: Rows, paper: &Paper) {
    let Layout { text, left, top, width, height, .. } = *layout;
    let tick = (text * 0.35).round() as usize;
    border(canvas, left, top, width, height, paper.faint);
    if !request.title.is_empty() {
        let title = canvas.fitted(&request.title, text * 1.15, width as f32);
        canvas.text(&title, left as f32, top as f32 / 2.0, text * 1.15, Anchor::Start, paper.ink);
    }
    let y_of = |mark: &Mark| top as f32 + (1.0 - mark.at) * height as f32;
    let gap = 1.5 * text / height as f32;
    for mark in axes::frequency_marks(&rows, gap) {
        let y = y_of(&mark);
        canvas.fill(left - tick, pixel(y, top, height), tick, 1, paper.faint);
        canvas.text(&mark.label, (left - tick) as f32 - 0.3 * text, y, text, Anchor::End, paper.ink);
    }
    let right = left + width;
    for mark in axes::note_marks(&rows, gap) {
        let y = y_of(&mark);
        canvas.fill(right, pixel(y, top, height), tick, 1, paper.faint);
        canvas.text(&mark.label, (right + tick) as f32 + 0.3 * text, y, text, Anchor::Start, paper.ink);
    }
    let bottom = top + height;
    let most = (width as f32 / (6.5 * text)).max(1.0) as usize;
    for mark in axes::time_marks(request.from_secs, request.to_secs, most) {
        let x = left as f32 + mark.at * width as f32;
        canvas.fill(pixel(x, left, width), bottom, 1, tick, paper.faint);
        canvas.text(&mark.label, x, bottom as f32 + tick as f32 + 0.75 * text, text, Anchor::Middle, paper.ink);
    }
}

/// The colours of the levels.
fn bar(canvas: &mut Canvas, layout: &Layout, request: &PictureRequest, shading: &Shading, paper: &Paper) {
    let Layout { text, top, height, bar: (left, width), .. } = *layout;
    let part = match request.settings.spec.transform {
        Transform::Scalogram(scalogram) => scalogram.part,
        Transform::Spectrogram(_) => Part::Magnitude,
    };
    let (low, high) = match part {
        Part::Phase => (-180.0, 180.0),
        Part::Magnitude => (shading.low_db(), shading.high_db()),
        Part::Power => (0.0, 100.0),
    };
    for row in 0..height {
        let share = (height - 1 - row) as f32 / (height - 1).max(1) as f32;
        let level = match part {
            // A share of the brightest level's power.
            Part::Power => shading.high_db() + 10.0 * share.max(1e-9).log10(),
            Part::Phase | Part::Magnitude => low + (high - low) * share,
        };
        let colour = shading.rgb((level * 100.0).clamp(-32_000.0, 32_000.0) as i16);
        canvas.fill(left, top + row, width, 1, colour);
    }
    border(canvas, left, top, width, height, paper.faint);
    let unit = match part {
        Part::Phase => "°",
        Part::Magnitude => " dB",
        Part::Power => " %",
    };
    for mark in axes::level_marks(low, high, 2.2 * text / height as f32, unit) {
        let y = top as f32 + (1.0 - mark.at) * height as f32;
        canvas.text(&mark.label, (left + width) as f32 + 0.4 * text, y, text, Anchor::Start, paper.ink);
    }
}

/// A frame of one pixel around a rectangle.
fn border(canvas: &mut Canvas, left: usize, top: usize, width: usize, height: usize, colour: Rgb) {
    let (x, y) = (left.saturating_sub(1), top.saturating_sub(1));
    canvas.fill(x, y, width + 2, 1, colour);
    canvas.fill(x, top + height, width + 2, 1, colour);
    canvas.fill(x, y, 1, height + 2, colour);
    canvas.fill(left + width, y, 1, height + 2, colour);
}

/// The pixel of a place, inside of the plot.
fn pixel(at: f32, first: usize, count: usize) -> usize {
    (at as usize).clamp(first, first + count - 1)
}
