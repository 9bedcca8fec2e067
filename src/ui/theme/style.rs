//! egui's own widgets in the colours of the theme.

use eframe::egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use eframe::egui::{CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Visuals, vec2};

use super::{Tokens, fonts, size};

/// The style of a whole context.
pub(super) fn style(tokens: &Tokens) -> Style {
    let mut style = Style { visuals: visuals(tokens), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, fonts::small()),
        (TextStyle::Body, fonts::body()),
        (TextStyle::Button, fonts::body()),
        (TextStyle::Heading, fonts::heading()),
        (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
    ]
    .into();
    style.animation_time = 0.12;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 8.0);
    spacing.button_padding = vec2(12.0, 5.0);
    spacing.interact_size = vec2(32.0, 28.0);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(6);
    spacing.menu_spacing = 2.0;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.slider_rail_height = 4.0;
    spacing.slider_width = 160.0;
    spacing.combo_width = 160.0;
    spacing.tooltip_width = 360.0;
    spacing.default_area_size = vec2(1000.0, 900.0);
    spacing.scroll = ScrollStyle { bar_width: 8.0, floating_width: 4.0, ..ScrollStyle::floating() };
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.interaction.resize_grab_radius_side = 4.0;
    style
}

fn visuals(tokens: &Tokens) -> Visuals {
    let mut visuals = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(size::RADIUS);
    let widget = |fill, stroke: Stroke, text: Stroke| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: stroke,
        corner_radius: radius,
        fg_stroke: text,
        expansion: 0.0,
    };
    let hairline = Stroke::new(1.0, tokens.hairline);
    let focus = Stroke::new(1.5, tokens.accent);
    visuals.widgets = Widgets {
        noninteractive: widget(tokens.panel, hairline, Stroke::new(1.0, tokens.text)),
        inactive: widget(tokens.control, Stroke::NONE, Stroke::new(1.0, tokens.text)),
        hovered: widget(tokens.control_hover, hairline, Stroke::new(1.0, tokens.text)),
        active: widget(tokens.control_hover, focus, Stroke::new(1.0, tokens.text)),
        open: widget(tokens.control_hover, hairline, Stroke::new(1.0, tokens.text)),
    };
    visuals.selection = Selection { bg_fill: tokens.accent_soft, stroke: Stroke::new(1.5, tokens.accent) };
    visuals.hyperlink_color = tokens.accent;
    visuals.faint_bg_color = tokens.row_hover;
    visuals.extreme_bg_color = tokens.field;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.code_bg_color = tokens.field;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.danger;
    visuals.weak_text_color = Some(tokens.text_muted);
    visuals.window_corner_radius = CornerRadius::same(size::RADIUS_LARGE);
    visuals.menu_corner_radius = radius;
    visuals.window_fill = tokens.raised;
    visuals.window_stroke = hairline;
    visuals.panel_fill = tokens.panel;
    let shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: tokens.shadow };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = HandleShape::Circle;
    visuals.text_cursor.stroke = Stroke::new(2.0, tokens.accent);
    visuals.striped = false;
    visuals
}
