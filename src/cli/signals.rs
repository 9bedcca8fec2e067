//! Ctrl-C and the system's wish that the program ends.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::{CancelToken, Report};

/// The exit code of a command that was stopped.
const STOPPED: i32 = 130;
/// Work that was asked to stop gets so long to put its things in order; after that the program ends as it is. Everything is written
/// whole or not at all, so nothing is lost but the last moments.
const GRACE: Duration = Duration::from_secs(4);

type Stop = Box<dyn Fn() + Send>;

/// What asks the work to stop; none while there is nothing to ask.
static STOP: Mutex<Option<Stop>> = Mutex::new(None);

/// From now on a signal ends the program: at once while no work was named with [`on_stop`].
///
/// # Errors
/// When the system does not allow it.
pub fn listen() -> Result<(), Report> {
    let asked = AtomicBool::new(false);
    let handler = move || {
        let stop = STOP.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stop) = stop.as_ref().filter(|_| !asked.swap(true, Ordering::Relaxed)) else { exit(STOPPED) };
        stop();
        // Whatever waits for something that never comes does not look whether it should stop.
        let last_word = std::thread::Builder::new().name("timbre-grace".into()).spawn(|| {
            std::thread::sleep(GRACE);
            exit(STOPPED)
        });
        if last_word.is_err() {
            exit(STOPPED);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Report::from_error(&error))
}

/// The first signal calls `stop`; a second one, or a few seconds in which the work does not end, end the program.
pub fn on_stop(stop: impl Fn() + Send + 'static) {
    *STOP.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(stop));
}

/// A flag that the first signal sets.
pub fn cancelled_by_signal() -> CancelToken {
    let cancel = CancelToken::default();
    let on_signal = cancel.clone();
    on_stop(move || on_signal.cancel());
    cancel
}
