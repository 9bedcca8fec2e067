//! The outline of a song, as the seek bar shows it.

use eframe::egui::{Color32, Mesh, Painter, Rect, pos2};

use crate::audio::overview::OutlinePoint;

/// Width of a bar and the gap after it, points.
const STEP: f32 = 3.0;
const GAP: f32 = 1.0;

/// Draws the outline: peaks pale, the root mean square full, in one colour up to `share` of the width and in another one
/// after it.
pub fn paint(painter: &Painter, rect: Rect, outline: &[OutlinePoint], share: f32, played: Color32, ahead: Color32) {
    let bars = (rect.width() / STEP).floor().max(1.0) as usize;
    let half = rect.height() / 2.0;
    let mut mesh = Mesh::default();
    for bar in 0..bars {
        let from = bar * outline.len() / bars;
        let to = ((bar + 1) * outline.len() / bars).max(from + 1).min(outline.len());
        let (peak, rms) = height(&outline[from.min(to)..to]);
        let left = rect.left() + bar as f32 * STEP;
        let color = if (bar as f32 + 0.5) / bars as f32 <= share { played } else { ahead };
        for (level, color) in [(peak, color.gamma_multiply(0.45)), (rms, color)] {
            let reach = (half * level).max(0.5);
            let (top, bottom) = (rect.center().y - reach, rect.center().y + reach);
            mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(left + STEP - GAP, bottom)), color);
        }
    }
    painter.add(mesh);
}

/// Peak and root mean square of some points, 0..1.
fn height(points: &[OutlinePoint]) -> (f32, f32) {
    let peak = points.iter().map(|point| point.low.unsigned_abs().max(point.high.unsigned_abs())).max().unwrap_or(0);
    let squares: f32 = points.iter().map(|point| f32::from(point.rms).powi(2)).sum();
    let rms = (squares / points.len().max(1) as f32).sqrt() / 255.0;
    ((f32::from(peak) / 127.0).min(1.0), rms.min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_high_as_its_loudest_point() {
        let points = [OutlinePoint { low: -127, high: 10, rms: 51 }, OutlinePoint { low: -3, high: 64, rms: 51 }];
        let (peak, rms) = height(&points);
        assert_eq!(peak, 1.0);
        assert!((rms - 0.2).abs() < 1e-6);
        assert_eq!(height(&[]), (0.0, 0.0));
    }
}
