//! What wakes a thread that sleeps until there is something to do.

use crossbeam_channel::{Receiver, Sender};

/// Rings without ever waiting. Rings that nobody has heard yet count as one.
#[derive(Clone, Debug)]
pub struct Bell(Sender<()>);

impl Bell {
    /// A bell, and where the thread that it wakes hears it.
    pub fn new() -> (Self, Receiver<()>) {
        let (sender, rings) = crossbeam_channel::bounded(1);
        (Self(sender), rings)
    }

    /// Wakes the thread, or has it look once more when it is awake.
    pub fn ring(&self) {
        self.0.try_send(()).ok();
    }
}
