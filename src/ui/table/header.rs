//! The heads of the columns: a click sorts, a drag at the edge resizes, a right click chooses columns.

use eframe::egui::{Align, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::state::{Action, AppState, Column, rows::Direction};
use crate::ui::icons::{self, Icon};
use crate::ui::local::{ColumnWidth, Layout, Local};
use crate::ui::theme::{fonts, size, tokens};
use crate::ui::widgets::{button, text};

use super::{EDGE, GUTTER, table_id};

/// A column's name.
pub fn name(column: Column) -> &'static str {
    match column {
        Column::Order => "Position",
        Column::Title => "Title",
        Column::Artist => "Artist",
        Column::AlbumArtist => "Album artist",
        Column::Album => "Album",
        Column::Disc => "Disc",
        Column::Composer => "Composer",
        Column::TrackNumber => "Track",
        Column::Genre => "Genre",
        Column::Confidence => "Confidence",
        Column::Length => "Length",
        Column::Year => "Year",
        Column::Format => "Format",
        Column::Added => "Added",
    }
}

/// Every column that can be shown, with the width it begins with.
const OFFERED: [(Column, f32); 13] = [
    (Column::Title, 272.0),
    (Column::Artist, 176.0),
    (Column::AlbumArtist, 152.0),
    (Column::Album, 176.0),
    (Column::Disc, 56.0),
    (Column::TrackNumber, 56.0),
    (Column::Composer, 152.0),
    (Column::Genre, 128.0),
    (Column::Confidence, 116.0),
    (Column::Length, 64.0),
    (Column::Year, 56.0),
    (Column::Format, 80.0),
    (Column::Added, 96.0),
];

/// The menu that chooses the visible columns.
pub fn columns_menu(ui: &mut Ui, layout: &mut Layout) {
    for (column, width) in OFFERED.into_iter().filter(|(column, _)| *column != Column::Title) {
        let mut shown = layout.columns.iter().any(|known| known.column == column);
        if ui.checkbox(&mut shown, name(column)).changed() {
            if shown {
                let order = |column| OFFERED.iter().position(|(known, _)| *known == column);
                let at = layout.columns.iter().position(|known| order(known.column) > order(column));
                layout.columns.insert(at.unwrap_or(layout.columns.len()), ColumnWidth { column, width });
            } else {
                layout.columns.retain(|known| known.column != column);
            }
        }
    }
    ui.separator();
    if ui.button("Reset columns").clicked() {
        *layout = Layout::default();
        ui.close();
    }
}

/// Draws the heads.
pub fn header(ui: &mut Ui, state: &AppState, local: &mut Local, widths: &[ColumnWidth], actions: &mut Vec<Action>) {
    let tokens = tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_HEAD), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, (1.0, tokens.hairline));
    let sort = state.current_sort();
    let mut x = rect.left() + EDGE + GUTTER;
    for (index, column) in widths.iter().enumerate() {
        let head = Rect::from_min_size(pos2(x, rect.top()), vec2(column.width, rect.height()));
        let response = ui.interact(head, table_id().with(("head", index)), Sense::click());
        let sorted = (sort.column == column.column).then_some(sort.direction);
        let state_text = match sorted {
            Some(Direction::Ascending) => ", sorted upwards",
            Some(Direction::Descending) => ", sorted downwards",
            None => "",
        };
        let label = name(column.column);
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, format!("{label}{state_text}")));
        let color = if response.hovered() || sorted.is_some() { tokens.text } else { tokens.text_muted };
        let numeric = matches!(
            column.column,
            Column::Length | Column::Year | Column::Disc | Column::TrackNumber | Column::Added | Column::Order
        );
        let inner = head.shrink2(vec2(6.0, 0.0));
        let align = if numeric { Align::Max } else { Align::Min };
        let font = if sorted.is_some() { fonts::small_strong() } else { fonts::small() };
        let used = text::line(ui.painter(), inner, label, font, color, align);
        if let Some(direction) = sorted {
            let icon = if direction == Direction::Ascending { Icon::Up } else { Icon::Down };
            let at = if numeric { used.left() - 8.0 } else { used.right() + 8.0 };
            let place = Rect::from_center_size(pos2(at, rect.center().y), vec2(14.0, 14.0));
            icons::paint(ui.painter(), icon, place, tokens.accent);
        }
        button::focus_ring(ui, &response, 4.0);
        if response.clicked() {
            actions.push(Action::SortBy(column.column));
        }
        response.context_menu(|ui| columns_menu(ui, &mut local.layout));
        response.on_hover_text(format!("Sort by {}. Right click: choose columns.", label.to_lowercase()));
        x += column.width;
        if index + 1 < widths.len() {
            grip(ui, local, widths, index, pos2(x, rect.center().y));
        }
    }
}

/// The edge between two columns: what one gains the other gives.
fn grip(ui: &mut Ui, local: &mut Local, widths: &[ColumnWidth], index: usize, at: eframe::egui::Pos2) {
    let tokens = tokens(ui);
    let rect = Rect::from_center_size(at, vec2(9.0, size::TABLE_HEAD));
    let response = ui.interact(rect, table_id().with(("grip", index)), Sense::DRAG);
    let color = if response.hovered() || response.dragged() { tokens.accent } else { tokens.hairline };
    ui.painter().vline(at.x, (at.y - 7.0)..=(at.y + 7.0), (1.0, color));
    if response.dragged() {
        let (left, right) = (widths[index].width, widths[index + 1].width);
        let by = response.drag_delta().x.clamp(48.0 - left, right - 48.0);
        for (known, shown) in local.layout.columns.iter_mut().zip(widths) {
            known.width = shown.width;
        }
        if let [one, other, ..] = &mut local.layout.columns[index..] {
            one.width = left + by;
            other.width = right - by;
        }
    }
    response.on_hover_cursor(CursorIcon::ResizeHorizontal);
}
