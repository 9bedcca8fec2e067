//! Networks: weights, forward passes, training, calibration, metrics.

pub mod device;
pub mod error;
pub mod musicnn;
pub mod ops;
pub mod weights;

pub use device::{DeviceChoice, DeviceStatus, devices};
pub use error::MlError;
