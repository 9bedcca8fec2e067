//! Every colour, size and font of the window. No other file names one.

pub mod colormap;
pub mod fonts;
mod genre;
pub mod matrix;
pub mod oklch;
pub mod shade;
mod style;

use std::sync::OnceLock;

use eframe::egui::{self, Color32, Context, ThemePreference};

use crate::dsp::picture::PictureSettings;
use crate::engine::Settings;
use crate::engine::settings::Theme as ThemeSetting;
use crate::state::genre::{GENRES, index_of};
use crate::state::inspect::read_out::shows_phase;

use oklch::oklch;

/// Sizes in points, on a grid of eight.
pub mod size {
    /// A row of a table.
    pub const ROW: f32 = 28.0;
    /// A row of a table for people who want to see more.
    pub const ROW_COMPACT: f32 = 22.0;
    /// The head of a table.
    pub const TABLE_HEAD: f32 = 32.0;
    /// Width of the rail.
    pub const RAIL: f32 = 72.0;
    /// Width of the sidebar at first.
    pub const SIDEBAR: f32 = 216.0;
    /// Height of the bar with search and jobs.
    pub const TOP_BAR: f32 = 56.0;
    /// Height of the player bar.
    pub const PLAYER_BAR: f32 = 80.0;
    /// Height of the details at first.
    pub const DETAILS: f32 = 184.0;
    /// Corners.
    pub const RADIUS: u8 = 6;
    /// Corners of windows and cards.
    pub const RADIUS_LARGE: u8 = 10;
    /// The space between things.
    pub const GAP: f32 = 8.0;
    /// The space around a panel's content.
    pub const MARGIN: f32 = 16.0;
}

/// The colours of one theme.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Dark or light.
    pub dark: bool,
    /// Behind the table.
    pub background: Color32,
    /// Rail, sidebar, bars.
    pub panel: Color32,
    /// Popups, cards.
    pub raised: Color32,
    /// Text fields, troughs of bars.
    pub field: Color32,
    /// Buttons.
    pub control: Color32,
    /// Buttons under the pointer.
    pub control_hover: Color32,
    /// Lines between panels.
    pub hairline: Color32,
    /// A row under the pointer.
    pub row_hover: Color32,
    /// A selected row.
    pub row_selected: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text.
    pub text_muted: Color32,
    /// Text that waits to be needed.
    pub text_faint: Color32,
    /// The one accent.
    pub accent: Color32,
    /// The accent under the pointer.
    pub accent_hover: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Selections of text, active entries.
    pub accent_soft: Color32,
    /// Something failed.
    pub danger: Color32,
    /// Something to heed.
    pub warning: Color32,
    /// Something worked.
    pub success: Color32,
    /// Shadows.
    pub shadow: Color32,
    /// Over the window while something must be answered.
    pub scrim: Color32,
    /// Behind spectrograms, dark in both themes.
    pub screen: Color32,
    /// Text on a screen.
    pub screen_text: Color32,
    /// Lines on a screen.
    pub screen_line: Color32,
    /// The accent on a screen.
    pub screen_accent: Color32,
    /// Over what must not be read as music, and behind words on a screen.
    pub screen_veil: Color32,
    hues: [Color32; GENRES.len()],
    hue_other: Color32,
}

impl Tokens {
    /// The hue of a genre by its stored name; a quiet one for genres that people invented.
    pub fn genre(&self, name: &str) -> Color32 {
        index_of(name).map_or(self.hue_other, |index| self.hues[index])
    }

    /// The colour of a run beside others: hues far apart, the next ones again from the first.
    pub fn run(&self, place: usize) -> Color32 {
        const ORDER: [usize; 6] = [0, 2, 8, 3, 5, 9];
        self.hues[ORDER[place % ORDER.len()]]
    }

    /// Lines of scales and of the cursor over a picture, which is bright where silence is bright.
    pub fn on_picture(&self, inverted: bool) -> (Color32, Color32) {
        if inverted {
            (Color32::from_black_alpha(36), Color32::from_black_alpha(230))
        } else {
            (self.screen_line, self.screen_text)
        }
    }

    fn dark() -> Self {
        Self {
            dark: true,
            background: oklch(0.165, 0.012, 262.0),
            panel: oklch(0.196, 0.013, 262.0),
            raised: oklch(0.235, 0.014, 262.0),
            field: oklch(0.145, 0.012, 262.0),
            control: oklch(0.272, 0.015, 262.0),
            control_hover: oklch(0.320, 0.017, 262.0),
            hairline: oklch(0.278, 0.014, 262.0),
            row_hover: oklch(0.212, 0.013, 262.0),
            row_selected: oklch(0.290, 0.035, 75.0),
            text: oklch(0.950, 0.006, 262.0),
            text_muted: oklch(0.775, 0.012, 262.0),
            text_faint: oklch(0.675, 0.014, 262.0),
            accent: oklch(0.815, 0.135, 72.0),
            accent_hover: oklch(0.865, 0.120, 76.0),
            on_accent: oklch(0.200, 0.030, 70.0),
            accent_soft: oklch(0.330, 0.050, 72.0),
            danger: oklch(0.720, 0.160, 24.0),
            warning: oklch(0.820, 0.140, 85.0),
            success: oklch(0.780, 0.140, 155.0),
            shadow: Color32::from_black_alpha(120),
            scrim: Color32::from_black_alpha(140),
            screen: colormap::color(0.0),
            screen_text: oklch(0.860, 0.008, 262.0),
            screen_line: Color32::from_white_alpha(26),
            screen_accent: oklch(0.815, 0.135, 72.0),
            screen_veil: Color32::from_black_alpha(150),
            hues: genre::hues(true),
            hue_other: oklch(0.600, 0.030, 230.0),
        }
    }

    fn light() -> Self {
        Self {
            dark: false,
            background: oklch(0.992, 0.002, 262.0),
            panel: oklch(0.965, 0.004, 262.0),
            raised: oklch(1.000, 0.000, 262.0),
            field: oklch(0.935, 0.005, 262.0),
            control: oklch(0.915, 0.006, 262.0),
            control_hover: oklch(0.880, 0.008, 262.0),
            hairline: oklch(0.885, 0.006, 262.0),
            row_hover: oklch(0.965, 0.004, 262.0),
            row_selected: oklch(0.935, 0.040, 75.0),
            text: oklch(0.230, 0.012, 262.0),
            text_muted: oklch(0.420, 0.012, 262.0),
            text_faint: oklch(0.485, 0.012, 262.0),
            accent: oklch(0.540, 0.130, 55.0),
            accent_hover: oklch(0.500, 0.125, 55.0),
            on_accent: oklch(1.000, 0.000, 0.0),
            accent_soft: oklch(0.905, 0.060, 72.0),
            danger: oklch(0.520, 0.190, 26.0),
            warning: oklch(0.540, 0.120, 75.0),
            success: oklch(0.520, 0.130, 155.0),
            shadow: Color32::from_black_alpha(40),
            scrim: Color32::from_black_alpha(70),
            screen: colormap::color(0.0),
            screen_text: oklch(0.860, 0.008, 262.0),
            screen_line: Color32::from_white_alpha(26),
            screen_accent: oklch(0.815, 0.135, 72.0),
            screen_veil: Color32::from_black_alpha(150),
            hues: genre::hues(false),
            hue_other: oklch(0.600, 0.025, 230.0),
        }
    }
}

/// The darkest and the brightest level of a picture, dB (degrees for a phase). `loudest` is the highest level in it,
/// hundredths, for automatic levels.
pub fn level_range(settings: &PictureSettings, loudest: Option<i16>) -> (f32, f32) {
    if shows_phase(settings) {
        return (-180.0, 180.0);
    }
    settings.levels.range_db(loudest)
}

/// The colours for dark or light.
pub fn tokens_of(dark: bool) -> &'static Tokens {
    static DARK: OnceLock<Tokens> = OnceLock::new();
    static LIGHT: OnceLock<Tokens> = OnceLock::new();
    if dark { DARK.get_or_init(Tokens::dark) } else { LIGHT.get_or_init(Tokens::light) }
}

/// The colours with which `ui` is drawn.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    tokens_of(ui.visuals().dark_mode)
}

/// Fonts and styles, once at the start.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    ctx.set_style_of(egui::Theme::Dark, style::style(tokens_of(true)));
    ctx.set_style_of(egui::Theme::Light, style::style(tokens_of(false)));
}

/// What the settings say about the look; cheap when nothing changed.
pub fn follow_settings(ctx: &Context, settings: &Settings) {
    let preference = match settings.theme {
        ThemeSetting::Dark => ThemePreference::Dark,
        ThemeSetting::Light => ThemePreference::Light,
        ThemeSetting::System => ThemePreference::System,
    };
    if ctx.options(|options| options.theme_preference) != preference {
        ctx.set_theme(preference);
    }
    let animation_secs = if settings.reduce_motion { 0.0 } else { 0.12 };
    if ctx.global_style().animation_time != animation_secs {
        ctx.all_styles_mut(|style| {
            style.animation_time = animation_secs;
            style.scroll_animation = if settings.reduce_motion {
                egui::style::ScrollAnimation::none()
            } else {
                egui::style::ScrollAnimation::default()
            };
        });
    }
    if (ctx.zoom_factor() - settings.ui_scale).abs() > 0.001 {
        ctx.set_zoom_factor(settings.ui_scale);
    }
}

#[cfg(test)]
mod tests {
    use super::oklch::measure::contrast;
    use super::*;

    #[test]
    fn text_can_be_read_on_every_ground() {
        for tokens in [tokens_of(true), tokens_of(false)] {
            let grounds = [
                tokens.background,
                tokens.panel,
                tokens.raised,
                tokens.field,
                tokens.row_hover,
                tokens.row_selected,
                tokens.control,
            ];
            for ground in grounds {
                for text in [tokens.text, tokens.text_muted, tokens.text_faint] {
                    let ratio = contrast(text, ground);
                    assert!(ratio >= 4.5, "dark {}: {text:?} on {ground:?}: {ratio}", tokens.dark);
                }
            }
            for (text, ground) in [
                (tokens.on_accent, tokens.accent),
                (tokens.on_accent, tokens.accent_hover),
                (tokens.accent, tokens.background),
                (tokens.accent, tokens.panel),
                (tokens.text, tokens.accent_soft),
                (tokens.danger, tokens.raised),
                (tokens.danger, tokens.panel),
                (tokens.warning, tokens.panel),
                (tokens.success, tokens.raised),
                (tokens.screen_text, tokens.screen),
            ] {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "dark {}: {text:?} on {ground:?}: {ratio}", tokens.dark);
            }
        }
    }

    #[test]
    fn hues_can_be_seen_on_the_grounds_of_lists() {
        for tokens in [tokens_of(true), tokens_of(false)] {
            for genre in GENRES {
                for ground in [tokens.background, tokens.panel] {
                    assert!(contrast(tokens.genre(genre), ground) >= 3.0, "{genre}, dark {}", tokens.dark);
                }
            }
        }
    }
}
