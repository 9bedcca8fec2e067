//! A small window over the window.

use eframe::egui::{Context, Frame, Id, Margin, Modal, ModalResponse, Ui};

use crate::ui::theme::tokens_of;

/// Shows `content` in the middle, with everything else dimmed. Esc and a click outside close it.
pub fn modal<R>(ctx: &Context, id: &str, content: impl FnOnce(&mut Ui) -> R) -> ModalResponse<R> {
    let tokens = tokens_of(ctx.theme() == eframe::egui::Theme::Dark);
    let frame = Frame::popup(&ctx.global_style()).inner_margin(Margin::same(20)).fill(tokens.raised);
    Modal::new(Id::unique(id)).frame(frame).backdrop_color(tokens.scrim).show(ctx, content)
}
