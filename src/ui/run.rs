//! Opening the window.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use eframe::egui::{Context, IconData, ViewportBuilder};

use crate::state::{Action, EngineLink};

use super::App;

/// The application's identity, as desktops know it.
pub const APP_ID: &str = "io.github.timbre.Timbre";

/// How the window opens.
#[derive(Clone, Debug, Default)]
pub struct WindowOptions {
    /// Folders to add at once, from the command line.
    pub folders: Vec<PathBuf>,
    /// The file in which window size and column widths are kept.
    pub layout_file: Option<PathBuf>,
    /// The window closes when this becomes true and it is woken.
    pub leave: Arc<AtomicBool>,
}

/// Opens the window and stays until it is closed. `open_engine` gets what wakes the window when there is news.
///
/// # Errors
/// When there is no display, or the engine cannot be opened; the text says which.
pub fn run<E: EngineLink + 'static>(
    options: WindowOptions,
    open_engine: impl FnOnce(Arc<dyn Fn() + Send + Sync>) -> Result<E, Box<dyn std::error::Error + Send + Sync>> + 'static,
) -> Result<(), eframe::Error> {
    let viewport = ViewportBuilder::default()
        .with_app_id(APP_ID)
        .with_title("Timbre")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([960.0, 600.0])
        .with_icon(icon());
    let native = eframe::NativeOptions { viewport, persistence_path: options.layout_file, ..Default::default() };
    let (folders, leave) = (options.folders, options.leave);
    eframe::run_native(
        "Timbre",
        native,
        Box::new(move |cc| {
            let ctx: Context = cc.egui_ctx.clone();
            let engine = open_engine(Arc::new(move || ctx.request_repaint()))?;
            let mut app = App::new(cc, engine);
            app.leave_when(leave);
            if !folders.is_empty() {
                app.act(Action::AddRoots(folders));
            }
            Ok(Box::new(app))
        }),
    )
}

/// The icon of the window: the bars of the first screen on the dark ground.
fn icon() -> IconData {
    use super::theme::tokens_of;
    use crate::state::genre::GENRES;
    const SIDE: usize = 64;
    const HEIGHTS: [f32; 5] = [0.36, 0.72, 1.0, 0.60, 0.30];
    let tokens = tokens_of(true);
    let mut rgba = vec![0; SIDE * SIDE * 4];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (dx, dy) = (x as f32 + 0.5 - 32.0, y as f32 + 0.5 - 32.0);
            let corner = (dx.abs() - 18.0).max(0.0).hypot((dy.abs() - 18.0).max(0.0));
            if corner > 14.0 {
                continue;
            }
            let bar = ((x as f32 - 9.0) / 9.6).floor();
            let inside = (0.0..5.0).contains(&bar) && ((x as f32 - 9.0) - bar * 9.6) < 6.0;
            let color = if inside && dy.abs() < 20.0 * HEIGHTS[bar as usize] {
                tokens.genre(GENRES[[1, 9, 7, 4, 0][bar as usize]])
            } else {
                tokens.panel
            };
            rgba[(y * SIDE + x) * 4..][..4].copy_from_slice(&color.to_array());
        }
    }
    IconData { rgba, width: SIDE as u32, height: SIDE as u32 }
}
