//! The fonts: Noto Sans in two weights, with tabular figures; other scripts and emoji from egui's own and the system's fonts.

use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily, FontId};

use crate::base::fonts::{REGULAR, SEMIBOLD};

/// The family of the heavier weight.
const STRONG: &str = "strong";

/// All fonts of the window, for [`egui::Context::set_fonts`].
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert("noto-regular".into(), Arc::new(FontData::from_static(REGULAR)));
    fonts.font_data.insert("noto-semibold".into(), Arc::new(FontData::from_static(SEMIBOLD)));
    let mut others = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    // Arrows and musical signs, which Noto Sans lacks.
    others.push("Hack".into());
    let with_others = |first: &str| std::iter::once(first.to_owned()).chain(others.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Name(STRONG.into()), with_others("noto-semibold"));
    fonts.families.insert(FontFamily::Monospace, with_others("noto-regular"));
    fonts.families.insert(FontFamily::Proportional, with_others("noto-regular"));
    fonts
}

fn strong_family() -> FontFamily {
    use std::sync::OnceLock;
    static FAMILY: OnceLock<Arc<str>> = OnceLock::new();
    FontFamily::Name(Arc::clone(FAMILY.get_or_init(|| STRONG.into())))
}

/// Text.
pub fn body() -> FontId {
    FontId::proportional(13.5)
}

/// Secondary text, captions, heads of columns.
pub fn small() -> FontId {
    FontId::proportional(12.0)
}

/// The smallest: axis labels, keys.
pub fn tiny() -> FontId {
    FontId::proportional(11.0)
}

/// Text that carries weight: titles in lists, active entries.
pub fn strong() -> FontId {
    FontId::new(13.5, strong_family())
}

/// Small text that carries weight: group heads.
pub fn small_strong() -> FontId {
    FontId::new(12.0, strong_family())
}

/// The head of a panel.
pub fn heading() -> FontId {
    FontId::new(16.0, strong_family())
}

/// A sentence that leads.
pub fn lead() -> FontId {
    FontId::proportional(16.0)
}

/// The one line of a whole page.
pub fn title() -> FontId {
    FontId::new(26.0, strong_family())
}
