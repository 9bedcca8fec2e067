//! Probabilities and genres, drawn the same everywhere: a bar with a number, a dot with a name.

use eframe::egui::{Align, Color32, Painter, Pos2, Rect, pos2, vec2};

use crate::ui::theme::{Tokens, fonts};

use super::text;

/// Width that a percentage takes.
pub const PERCENT_WIDTH: f32 = 40.0;

/// A bar filled to `share` (0..1) in the genre's hue, and the percentage to its right.
pub fn confidence(painter: &Painter, rect: Rect, share: f32, hue: Color32, tokens: &Tokens) {
    let number = Rect::from_min_max(pos2(rect.right() - PERCENT_WIDTH, rect.top()), rect.max);
    let bar = Rect::from_min_max(rect.min, pos2(number.left() - 4.0, rect.bottom()));
    let bar = Rect::from_center_size(bar.center(), vec2(bar.width(), 6.0));
    if bar.width() > 8.0 {
        painter.rect_filled(bar, 3.0, tokens.control);
        let filled = (bar.width() * share.clamp(0.0, 1.0)).max(6.0);
        painter.rect_filled(Rect::from_min_size(bar.min, vec2(filled, 6.0)), 3.0, hue);
    }
    text::line(painter, number, &percent(share), fonts::small(), tokens.text_muted, Align::Max);
}

/// A share as people write it: `87 %`; `<1 %` is not nothing, and only certainty is `100 %`.
pub fn percent(share: f32) -> String {
    let percent = if share.is_finite() { (share * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    if percent > 0.0 && percent < 1.0 {
        return "<1 %".to_owned();
    }
    let shown = if percent < 100.0 { percent.round().min(99.0) } else { 100.0 };
    format!("{shown:.0} %")
}

/// The dot of a genre.
pub fn dot(painter: &Painter, center: Pos2, hue: Color32) {
    painter.circle_filled(center, 4.0, hue);
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn percentages_are_honest_at_both_ends() {
        assert_eq!(percent(0.874), "87 %");
        assert_eq!(percent(0.9999), "99 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.002), "<1 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(f32::NAN), "0 %");
    }
}
