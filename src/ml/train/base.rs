//! The pre-trained weights that a training starts from.

use crate::ml::error::MlError;
use crate::ml::model::config::Config;
use crate::ml::networks::Base;
use crate::ml::nn::weights::read_file;

/// The pre-trained weights that a network starts from, with their name; none where it starts from nothing.
pub(in crate::ml) fn base_bytes(config: &Config) -> Result<Option<(String, Vec<u8>)>, MlError> {
    // A trained model brings all of its weights along.
    if config.lesson.is_some() {
        return Ok(None);
    }
    match (config.network.base(), &config.base) {
        (None, _) => Ok(None),
        (Some(_), Some(path)) => Ok(Some((path.display().to_string(), read_file(path)?))),
        (Some(Base::MobileNetV1), None) => {
            Ok(Some(("the built-in network".into(), crate::ml::model::BUILT_IN.to_vec())))
        }
        (Some(Base::MobileNetV2), None) => Err(MlError::Training(
            "this network starts from pre-trained weights that are not built in: name a file of MobileNetV2 weights (torchvision's or timm's names) as the base".into(),
        )),
    }
}
