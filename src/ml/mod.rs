//! Machine learning, in rooms whose arrows go one way:
//!
//! ```text
//! runs      a training on disk: folder, list, bundle, card  -> train, model, eval, features, dataset, networks, nn
//! train     one fit: epochs, checkpoints, estimates         -> model, eval, features, dataset, networks, nn
//! model     a model: its card, predictions, classifier      -> eval, features, dataset, networks, nn
//! check     a look at a data set before it trains anything  -> eval, features, dataset, networks, nn
//! features  front ends, their cache, the tagger             -> dataset, networks, nn
//! dataset   clips, where they come from, splits             -> networks, nn
//! eval      metrics, intervals, calibration, McNemar        -> nn
//! networks  the networks and the inputs they take           -> nn
//! nn        operations, variables, weights, Adam
//! ```

pub mod check;
pub mod dataset;
pub mod error;
pub mod eval;
pub mod features;
pub mod model;
pub mod networks;
pub mod nn;
pub mod runs;
pub mod train;

pub use error::MlError;
pub use eval::Judgement;
pub use eval::metrics::Evaluation;
pub use model::classifier::{Classifier, Heard, ModelInfo};
pub use nn::device::{Device, DeviceChoice, DeviceStatus, devices};
