//! One line of text, cut with an ellipsis where it does not fit.

use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{Align, Color32, FontId, Painter, Rect, pos2};

/// Draws a line inside `rect`, centred vertically; gives back the place it took.
pub fn line(painter: &Painter, rect: Rect, text: &str, font: FontId, color: Color32, align: Align) -> Rect {
    if text.is_empty() || rect.width() < 4.0 {
        return Rect::from_min_size(rect.left_center(), eframe::egui::Vec2::ZERO);
    }
    let mut job = LayoutJob::single_section(one_line(text), TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    job.break_on_newline = false;
    let galley = painter.layout_job(job);
    let size = galley.size();
    let x = match align {
        Align::Min => rect.left(),
        Align::Center => rect.center().x - size.x / 2.0,
        Align::Max => rect.right() - size.x,
    };
    let place = Rect::from_min_size(pos2(x, rect.center().y - size.y / 2.0), size);
    painter.galley(place.min, galley, color);
    place
}

/// Text for a single line: line breaks and other control characters become spaces.
fn one_line(text: &str) -> String {
    // Long tags are cut: no line shows more than this, and laying out a megabyte would stall the frame.
    const LONGEST: usize = 400;
    text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
