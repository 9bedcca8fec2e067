//! Output on a sound device (rodio, cpal).

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use rodio::cpal::traits::{DeviceTrait as _, HostTrait as _};
use rodio::cpal::{self, ErrorKind};
use rodio::{ChannelCount, DeviceSinkBuilder, MixerDeviceSink, SampleRate, Source};

use super::feed::{CHANNELS, Controls, Feed};

/// Frames taken from the feed at a time; the counter of what was played is ahead of the device by at most these.
const BLOCK_FRAMES: usize = 64;
const TWO: ChannelCount = NonZero::<u16>::MIN.saturating_add(1);

/// An open device; silent once dropped.
pub(super) struct DeviceOutput {
    sink: MixerDeviceSink,
    pub(super) name: String,
}

impl DeviceOutput {
    /// Opens the device of that name, or the system's own choice.
    pub(super) fn open(name: Option<&str>, controls: &Arc<Controls>) -> Result<Self, String> {
        let device = find(name)?;
        let shown = device.description().map_or_else(|_| "sound device".to_owned(), |found| found.name().to_owned());
        let failed = Arc::clone(controls);
        let builder = DeviceSinkBuilder::from_device(device)
            .map_err(|error| format!("{shown} cannot be used: {error}"))?
            .with_error_callback(move |error: cpal::Error| {
                // Called on the device's thread, which goes on by itself but for a device that is gone.
                let tell = match error.kind() {
                    ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => return,
                    // A loaded machine's sound server answers once that it cannot say how far it is, and works on.
                    ErrorKind::BackendError | ErrorKind::DeviceBusy | ErrorKind::Other => Controls::trouble,
                    _ => Controls::fail,
                };
                failed.reason.get_or_init(|| error.to_string());
                tell(&failed);
            });
        let mut sink = builder.open_sink_or_fallback().map_err(|error| format!("{shown} cannot be used: {error}"))?;
        sink.log_on_drop(false);
        Ok(Self { sink, name: shown })
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.sink.config().sample_rate().get()
    }

    pub(super) fn start(&self, feed: Feed) {
        let rate_hz = self.sink.config().sample_rate();
        self.sink.mixer().add(FeedSource { feed, rate_hz, block: [0.0; BLOCK_FRAMES * CHANNELS], next: usize::MAX });
    }
}

/// Names of the devices that can play.
pub(super) fn names() -> Vec<String> {
    let Ok(devices) = cpal::default_host().output_devices() else { return Vec::new() };
    devices.filter_map(|device| device.description().ok()).map(|found| found.name().to_owned()).collect()
}

fn find(name: Option<&str>) -> Result<cpal::Device, String> {
    let host = cpal::default_host();
    let Some(name) = name else {
        return host.default_output_device().ok_or_else(|| "no sound device was found".to_owned());
    };
    host.output_devices()
        .map_err(|error| format!("the sound devices cannot be listed: {error}"))?
        .find(|device| device.description().is_ok_and(|found| found.name() == name))
        .ok_or_else(|| format!("the sound device {name} is not there"))
}

/// The feed as an endless source of samples: silence when there is nothing.
struct FeedSource {
    feed: Feed,
    rate_hz: SampleRate,
    block: [f32; BLOCK_FRAMES * CHANNELS],
    next: usize,
}

impl Iterator for FeedSource {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.next >= self.block.len() {
            self.feed.fill(&mut self.block);
            self.next = 0;
        }
        let sample = self.block[self.next];
        self.next += 1;
        Some(sample)
    }
}

impl Source for FeedSource {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        TWO
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate_hz
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}
