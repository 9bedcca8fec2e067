//! Where the sound goes: a device, nowhere, or memory.

use std::sync::Arc;

use rtrb::{Producer, RingBuffer};

use super::capture::Capture;
use super::command::OutputState;
#[cfg(feature = "playback")]
use super::device::DeviceOutput;
use super::feed::{CHANNELS, Controls, Feed};
use super::paced::PacedOutput;
use super::tap::TapSource;
use crate::base::Bell;

/// Seconds that are decoded ahead.
const RING_SECS: f64 = 1.5;
/// Seconds of sound kept for a tap that is not read.
const TAP_SECS: f64 = 0.5;
/// Rate of the output that goes nowhere, frames a second.
const SILENT_RATE_HZ: u32 = 48_000;

/// Which output to use.
#[derive(Clone, Debug)]
pub enum OutputKind {
    /// The system's own choice of a device.
    Default,
    /// The device of that name (see [`output_devices`]).
    Named(String),
    /// Nowhere, in real time.
    Silent,
    /// Into memory, for tests.
    CaptureTo(Capture),
}

/// Names of the devices that can play; empty when built without the feature `playback`.
pub fn output_devices() -> Vec<String> {
    #[cfg(feature = "playback")]
    return super::device::names();
    #[cfg(not(feature = "playback"))]
    Vec::new()
}

/// An open output and the worker's ends of the rings that lead to and from it.
pub(super) struct Output {
    pub(super) ring: Producer<f32>,
    pub(super) controls: Arc<Controls>,
    pub(super) rate_hz: u32,
    pub(super) state: OutputState,
    sink: Sink,
}

/// Keeps the output alive.
enum Sink {
    #[cfg(feature = "playback")]
    Device(#[expect(dead_code, reason = "plays for as long as it is kept")] DeviceOutput),
    Paced(PacedOutput),
    /// Not even a thread could be started.
    None,
}

impl Output {
    /// Opens what was asked for, else an output that goes nowhere and says why. The tap's reading end is given back.
    /// When something goes wrong later, `worker` rings.
    pub(super) fn open(kind: &OutputKind, volume: f32, worker: &Bell) -> (Self, TapSource) {
        Self::try_open(kind, volume, worker).unwrap_or_else(|reason| Self::silent(reason, volume, worker))
    }

    /// Opens what was asked for, or says why that cannot be.
    pub(super) fn try_open(kind: &OutputKind, volume: f32, worker: &Bell) -> Result<(Self, TapSource), String> {
        let controls = Arc::new(Controls::new(volume, worker.clone()));
        match kind {
            OutputKind::CaptureTo(capture) if !capture.is_there() => Err("the captured output is not there".to_owned()),
            OutputKind::CaptureTo(capture) => {
                let (rate_hz, speed) = (capture.rate_hz, capture.speed);
                Ok(Self::paced(&controls, rate_hz, speed, Some(capture.clone()), "captured".to_owned()))
            }
            OutputKind::Silent => Ok(Self::silent("silent output was asked for".to_owned(), volume, worker)),
            #[cfg(feature = "playback")]
            OutputKind::Default | OutputKind::Named(_) => {
                let name = if let OutputKind::Named(name) = kind { Some(name.as_str()) } else { None };
                let device = DeviceOutput::open(name, &controls)?;
                let (ring, feed, tap) = rings(&controls, device.rate_hz());
                device.start(feed);
                let (rate_hz, state) = (device.rate_hz(), OutputState::Device(device.name.clone()));
                Ok((Self { ring, controls, rate_hz, state, sink: Sink::Device(device) }, tap))
            }
            #[cfg(not(feature = "playback"))]
            OutputKind::Default | OutputKind::Named(_) => Err("this build has no sound output".to_owned()),
        }
    }

    /// An output that goes nowhere because of `reason`.
    pub(super) fn silent(reason: String, volume: f32, worker: &Bell) -> (Self, TapSource) {
        Self::paced(&Arc::new(Controls::new(volume, worker.clone())), SILENT_RATE_HZ, 1.0, None, reason)
    }

    /// There is something to take, or to drop, or it is not held any more. A device asks by itself.
    pub(super) fn wake(&self) {
        if let Sink::Paced(paced) = &self.sink {
            paced.wake();
        }
    }

    fn paced(
        controls: &Arc<Controls>,
        rate_hz: u32,
        speed: f64,
        capture: Option<Capture>,
        reason: String,
    ) -> (Self, TapSource) {
        let (ring, feed, tap) = rings(controls, rate_hz);
        let sink = PacedOutput::spawn(feed, speed, capture).map_or_else(
            |error| {
                tracing::warn!("no thread for silent output: {error}");
                Sink::None
            },
            Sink::Paced,
        );
        let controls = Arc::clone(controls);
        (Self { ring, controls, rate_hz, state: OutputState::Silent(reason), sink }, tap)
    }
}

fn rings(controls: &Arc<Controls>, rate_hz: u32) -> (Producer<f32>, Feed, TapSource) {
    let rate = f64::from(rate_hz);
    let (ring, consumer) = RingBuffer::new((RING_SECS * rate) as usize * CHANNELS);
    let (tap, heard) = RingBuffer::new((TAP_SECS * rate) as usize);
    (ring, Feed::new(Arc::clone(controls), consumer, tap, rate_hz), TapSource { ring: heard, rate_hz })
}
