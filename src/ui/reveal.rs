//! Showing a file in the system's file manager.

use std::path::Path;
use std::process::{Command, Stdio};

/// Opens the file manager at a file or folder, without waiting for it.
///
/// # Errors
/// When no file manager can be started.
pub fn reveal(path: &Path) -> std::io::Result<()> {
    let mut command = if cfg!(target_os = "macos") {
        let mut command = Command::new("open");
        command.arg("-R").arg(path);
        command
    } else if cfg!(target_os = "windows") {
        let mut argument = std::ffi::OsString::from("/select,");
        argument.push(path);
        let mut command = Command::new("explorer");
        command.arg(argument);
        command
    } else {
        // xdg-open has no way to select a file, so its folder opens.
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let mut command = Command::new("xdg-open");
        command.arg(folder);
        command
    };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    std::thread::Builder::new().name("timbre-file-manager".into()).spawn(move || child.wait().ok())?;
    Ok(())
}
