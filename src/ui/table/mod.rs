//! The table of songs. It is drawn row by row with the painter, not from one widget a cell: a row is one thing to click and
//! to hear from a screen reader, and only the rows in view cost anything, whether there are ten or a hundred thousand.

mod cell;
mod header;
mod menu;

use eframe::egui::{
    EventFilter, Id, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::library::model::Track;
use crate::state::{Action, AppState, SelectMode};

use super::local::{ColumnWidth, Local};
use super::theme::{size, tokens};

pub use cell::source_icon;

/// Space left and right of the columns.
const EDGE: f32 = 8.0;
/// Where the mark of a playing or missing song stands, before the first column.
const GUTTER: f32 = 28.0;

/// The identity of the table, which takes the keyboard as one thing.
pub fn table_id() -> Id {
    Id::unique("table of songs")
}

/// Draws the table over all the space there is.
pub fn table(ui: &mut Ui, state: &AppState, local: &mut Local, actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    let whole = ui.available_rect_before_wrap();
    ui.painter().rect_filled(whole, 0.0, tokens.background);
    let widths = fitted(&local.layout.columns, whole.width() - 2.0 * EDGE - GUTTER);
    header::header(ui, state, local, &widths, actions);

    let row_height = if state.settings.compact_rows { size::ROW_COMPACT } else { size::ROW };
    let count = state.rows.places.len();
    let view_height = ui.available_height();
    let page = (view_height / row_height).floor().max(1.0) as usize;
    if page != state.page_rows {
        actions.push(Action::PageRows(page));
    }
    let body = ui.available_rect_before_wrap();
    let focus = ui.interact(body, table_id(), Sense::focusable_noninteractive());
    focus.widget_info(|| WidgetInfo::labeled(Role::Table, true, format!("{}, {count} rows", state.source_name())));
    if std::mem::take(&mut local.focus_table) {
        focus.request_focus();
    }
    if focus.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(table_id(), filter));
    }

    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical().id_salt("rows").auto_shrink(false);
    if let Some(row) = local.scroll_to_row.take() {
        area = area.vertical_scroll_offset(offset_for(row, row_height, local.table_view.0, view_height));
    }
    let output = area.show_rows(ui, row_height, count, |ui, range| {
        ui.set_min_width(ui.available_width());
        let origin = ui.max_rect().left_top();
        let width = ui.available_width();
        for (index, row) in range.clone().enumerate() {
            let Some(track) = state.row_track(row) else { continue };
            let top = origin.y + index as f32 * row_height;
            let rect = Rect::from_min_size(pos2(origin.x, top), vec2(width, row_height));
            draw_row(ui, state, track, row, rect, &widths, actions);
        }
        ui.allocate_space(vec2(width, range.len() as f32 * row_height));
    });
    local.table_view = (output.state.clamped_offset().y, view_height);
    if focus.has_focus() {
        let stroke = Stroke::new(1.5, tokens.accent);
        ui.painter().rect_stroke(body.shrink(1.0), 2.0, stroke, StrokeKind::Inside);
    }
}

fn draw_row(
    ui: &mut Ui,
    state: &AppState,
    track: &Track,
    row: usize,
    rect: Rect,
    widths: &[ColumnWidth],
    actions: &mut Vec<Action>,
) {
    let tokens = tokens(ui);
    let selected = state.selection.contains(track.id);
    let response = ui.interact(rect, table_id().with(row), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, spoken(state, track, row)));
    if selected {
        ui.painter().rect_filled(rect.shrink2(vec2(4.0, 0.0)), 4.0, tokens.row_selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect.shrink2(vec2(4.0, 0.0)), 4.0, tokens.row_hover);
    }
    let gutter = Rect::from_min_size(rect.min + vec2(EDGE, 0.0), vec2(GUTTER, rect.height()));
    cell::mark(ui, state, track, gutter);
    let mut x = rect.left() + EDGE + GUTTER;
    for column in widths {
        let place = Rect::from_min_size(pos2(x, rect.top()), vec2(column.width, rect.height()));
        cell::cell(ui, state, track, row, column.column, place.shrink2(vec2(6.0, 0.0)));
        x += column.width;
    }
    clicks(ui, &response, state, track, row, actions);
    if response.secondary_clicked() || response.context_menu_opened() {
        response.context_menu(|ui| menu::menu(ui, state, row, actions));
    }
}

fn clicks(ui: &Ui, response: &Response, state: &AppState, track: &Track, row: usize, actions: &mut Vec<Action>) {
    if response.double_clicked() {
        actions.push(Action::Select { row, mode: SelectMode::Only });
        actions.push(Action::PlayRow(row));
    } else if response.clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        let mode = if modifiers.shift {
            SelectMode::Range
        } else if modifiers.command {
            SelectMode::Toggle
        } else {
            SelectMode::Only
        };
        actions.push(Action::Select { row, mode });
        ui.memory_mut(|memory| memory.request_focus(table_id()));
    } else if response.secondary_clicked() && !state.selection.contains(track.id) {
        actions.push(Action::Select { row, mode: SelectMode::Only });
    }
}

/// What a screen reader says of a row.
fn spoken(state: &AppState, track: &Track, row: usize) -> String {
    let mut text = track.title.clone();
    if !track.artist.is_empty() {
        text += &format!(", {}", track.artist);
    }
    let place = state.rows.places.get(row).copied().unwrap_or_default() as usize;
    match state.derived.genre_of(place) {
        Some((genre, _)) => text += &format!(", {}", genre.shown),
        None if track.is_unsure(&state.rule) => text += ", unsure",
        None => {}
    }
    if track.missing {
        text += ", missing";
    }
    text
}

/// The scroll offset nearest to `current` at which a row is wholly in view.
fn offset_for(row: usize, row_height: f32, current: f32, view_height: f32) -> f32 {
    let top = row as f32 * row_height;
    let bottom = top + row_height;
    if top < current {
        top
    } else if bottom > current + view_height {
        bottom - view_height
    } else {
        current
    }
}

/// The columns made to fill exactly `available` points: those with text give and take, in proportion.
fn fitted(columns: &[ColumnWidth], available: f32) -> Vec<ColumnWidth> {
    use crate::state::Column::{Album, AlbumArtist, Artist, Composer, Genre, Title};
    const LEAST: f32 = 56.0;
    let flexible =
        |column: &ColumnWidth| matches!(column.column, Title | Artist | AlbumArtist | Album | Composer | Genre);
    let fixed: f32 = columns.iter().filter(|column| !flexible(column)).map(|column| column.width).sum();
    let wanted: f32 = columns.iter().filter(|column| flexible(column)).map(|column| column.width).sum();
    let scale = if wanted > 0.0 { ((available - fixed) / wanted).max(0.0) } else { 1.0 };
    columns
        .iter()
        .map(|column| {
            let width = if flexible(column) { (column.width * scale).max(LEAST) } else { column.width };
            ColumnWidth { width, ..*column }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::local::Layout;

    #[test]
    fn columns_fill_the_width_exactly() {
        let columns = Layout::default().columns;
        for available in [700.0, 1000.0, 1800.0] {
            let total: f32 = fitted(&columns, available).iter().map(|column| column.width).sum();
            assert!((total - available).abs() < 0.5, "{total} of {available}");
        }
        assert!(fitted(&columns, 10.0).iter().all(|column| column.width >= 56.0));
    }

    #[test]
    fn scrolling_to_a_row_moves_as_little_as_it_can() {
        assert_eq!(offset_for(5, 28.0, 0.0, 560.0), 0.0);
        assert_eq!(offset_for(20, 28.0, 0.0, 560.0), 28.0);
        assert_eq!(offset_for(2, 28.0, 280.0, 560.0), 56.0);
    }
}
