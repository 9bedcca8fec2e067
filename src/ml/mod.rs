//! Networks: weights, forward passes, training, calibration, metrics.

pub mod adam;
mod backbone;
pub mod classifier;
pub mod data;
pub mod device;
pub mod error;
pub mod judge;
pub mod metrics;
pub mod mobilenet;
pub mod mobilenet_v2;
pub mod musicnn;
pub mod ops;
pub mod patches;
pub mod plain;
pub mod regression;
pub mod rng;
pub mod split;
pub mod train;
pub mod weights;

pub use classifier::{Classifier, Heard, ModelInfo};
pub use device::{Device, DeviceChoice, DeviceStatus, devices};
pub use error::MlError;
pub use judge::Judgement;
pub use metrics::Evaluation;
