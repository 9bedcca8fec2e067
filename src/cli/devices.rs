//! `devices`: what networks can run on and where sound can go.

use serde::Serialize;

use crate::audio::player::output_devices;
use crate::ml::DeviceStatus;

use super::jobs::Run;
use super::output::{Align, Exit, Output, Table};

/// `timbre devices`.
pub fn devices(output: &Output) -> Run {
    #[derive(Serialize)]
    struct Devices {
        compute: &'static [DeviceStatus],
        output: Vec<String>,
    }
    let devices = Devices { compute: crate::ml::devices(), output: output_devices() };
    output.print(&devices, |out| {
        let mut table = Table::new(&[("networks", Align::Left), ("usable", Align::Left), ("detail", Align::Left)]);
        for device in devices.compute {
            let usable = if device.available { "yes" } else { "no" };
            table.row(vec![format!("{:?}", device.device).to_lowercase(), usable.to_owned(), device.detail.clone()]);
        }
        table.write(out)?;
        writeln!(out)?;
        let mut table = Table::new(&[("sound", Align::Left)]);
        for name in &devices.output {
            table.row(vec![name.clone()]);
        }
        if devices.output.is_empty() {
            table.row(vec!["no output device; playback is silent".into()]);
        }
        table.write(out)
    })?;
    Ok(Exit::Done)
}
