//! Where networks run.

use std::sync::OnceLock;

pub use candle_core::Device;

/// What the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// A GPU if this program was built for one and it works, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first NVIDIA GPU.
    Cuda,
    /// The Apple GPU.
    Metal,
}

/// One line of `timbre devices`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeviceStatus {
    /// Which.
    pub device: DeviceChoice,
    /// Whether networks can run there now.
    pub available: bool,
    /// Why not, or what it is.
    pub detail: String,
}

impl DeviceChoice {
    /// Opens the device. When it is not there, opens the CPU and returns a sentence that says so.
    pub fn open(self) -> (Device, Option<String>) {
        let fall_back =
            |name: &str, why: String| (Device::Cpu, Some(format!("{name} cannot be used ({why}): the CPU is used")));
        match self {
            Self::Cpu => (Device::Cpu, None),
            Self::Cuda => cuda().map_or_else(|why| fall_back("CUDA", why), |device| (device, None)),
            Self::Metal => metal().map_or_else(|why| fall_back("Metal", why), |device| (device, None)),
            Self::Auto => match cuda()
                .or_else(|cuda| metal().map_err(|metal| if cfg!(feature = "cuda") { cuda } else { metal }))
            {
                Ok(device) => (device, None),
                Err(why) if cfg!(any(feature = "cuda", feature = "metal")) => fall_back("The GPU", why),
                Err(_) => (Device::Cpu, None),
            },
        }
    }
}

/// What a device is called.
pub fn device_name(device: &Device) -> &'static str {
    match device {
        Device::Cpu => "CPU",
        Device::Cuda(_) => "CUDA",
        Device::Metal(_) => "Metal",
    }
}

/// All devices and whether they can be used; looked for once, because a GPU takes its time to answer.
pub fn devices() -> &'static [DeviceStatus] {
    static FOUND: OnceLock<Vec<DeviceStatus>> = OnceLock::new();
    FOUND.get_or_init(look)
}

fn look() -> Vec<DeviceStatus> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let status = |device, found: Result<Device, String>, name: &str| match found {
        Ok(_) => DeviceStatus { device, available: true, detail: name.into() },
        Err(detail) => DeviceStatus { device, available: false, detail },
    };
    vec![
        DeviceStatus { device: DeviceChoice::Cpu, available: true, detail: format!("{threads} threads") },
        status(DeviceChoice::Cuda, cuda(), "NVIDIA GPU"),
        status(DeviceChoice::Metal, metal(), "Apple GPU"),
    ]
}

fn cuda() -> Result<Device, String> {
    if cfg!(feature = "cuda") {
        // A machine without a driver must not end the program: the driver's loader may panic.
        crate::base::log::guarded(|| Device::new_cuda(0))
            .map_err(|_| "the driver could not be loaded".to_owned())
            .and_then(|device| device.map_err(|error| error.to_string()))
    } else {
        Err("this build has no CUDA support".into())
    }
}

fn metal() -> Result<Device, String> {
    if cfg!(feature = "metal") {
        Device::new_metal(0).map_err(|error| error.to_string())
    } else {
        Err("this build has no Metal support".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_gpu_falls_back_to_the_cpu_and_says_so() {
        let (device, note) = DeviceChoice::Cpu.open();
        assert!(device.is_cpu() && note.is_none());
        if !cfg!(feature = "metal") {
            let (device, note) = DeviceChoice::Metal.open();
            assert!(device.is_cpu());
            assert!(note.unwrap().contains("the CPU is used"));
        }
        assert!(devices()[0].available);
        assert_eq!(devices().len(), 3);
    }
}
