//! Where a MobileNetV1 starts from: YAMNet's weights, or a model of this program that has one on sound.

use candle_core::{DType, Device, Tensor, Var};
use serde::Deserialize;

use super::{MODEL_FORMAT, MODEL_KEY, NETWORK_PREFIX, NetworkSpec};
use crate::ml::error::MlError;
use crate::ml::networks::input::FrontEnd;
use crate::ml::networks::mobilenet::{EMBEDDING, MobileNet};
use crate::ml::nn::weights::Weights;

/// Genres by the names that collections use for them, and their class among AudioSet's 521.
const AUDIOSET: [(&str, usize); 18] = [
    ("pop", 211),
    ("hiphop", 212),
    ("hip-hop", 212),
    ("rock", 214),
    ("metal", 215),
    ("punk", 216),
    ("rnb", 221),
    ("soul", 222),
    ("reggae", 223),
    ("country", 224),
    ("folk", 228),
    ("jazz", 230),
    ("disco", 231),
    ("classical", 232),
    ("electronic", 234),
    ("house", 235),
    ("ambient", 241),
    ("blues", 246),
];
const AUDIOSET_CLASSES: usize = 521;
/// How strongly AudioSet's classes speak before any clip is heard; chosen on held-out artists with YAMNet's layers.
const AUDIOSET_SCALE: f32 = 0.6;

/// The trainable layers on a device, and their variable.
///
/// # Errors
/// When the file has no MobileNetV1 or it does not fit.
pub(in crate::ml) fn layers(weights: &Weights<'_>, device: &Device) -> Result<(MobileNet, Var), MlError> {
    let Some((prefix, _)) = of_model(weights)? else {
        return MobileNet::read(weights, "layers.")?.trainable(device);
    };
    let (layers, var) = MobileNet::zeros()?.trainable(device)?;
    let values = weights.get(&format!("{prefix}backbone"), var.dims())?;
    var.set(&Tensor::from_vec(values, var.dims(), device)?)?;
    Ok((layers, var))
}

/// Weight `[1024, labels]` and bias `[labels]` of a head that knows the labels by name, from the classes of the file's own head
/// (AudioSet's, or the genres of the model); zero where a name is not known. `None`: the file has no head.
///
/// # Errors
/// When the head does not fit.
pub(in crate::ml) fn head(weights: &Weights<'_>, labels: &[String]) -> Result<Option<(Tensor, Tensor)>, MlError> {
    // Row by row the features, of each the classes.
    let (values, classes, scale, known) = match of_model(weights)? {
        Some((prefix, known)) => {
            let values = weights.get(&format!("{prefix}output.weight"), &[EMBEDDING, known.len()])?;
            (values, known.len(), 1.0, known)
        }
        None if weights.shape("head.weight").is_ok() => {
            let rows = weights.get("head.weight", &[AUDIOSET_CLASSES, EMBEDDING])?;
            let turned = Tensor::from_vec(rows, (AUDIOSET_CLASSES, EMBEDDING), &Device::Cpu)?.t()?;
            (turned.flatten_all()?.to_vec1()?, AUDIOSET_CLASSES, AUDIOSET_SCALE, Vec::new())
        }
        None => return Ok(None),
    };
    let class_of = |label: &String| {
        let label = label.to_lowercase();
        if known.is_empty() {
            AUDIOSET.iter().find(|(name, _)| *name == label).map(|(_, class)| *class)
        } else {
            known.iter().position(|class| class.to_lowercase() == label)
        }
    };
    let found: Vec<Option<usize>> = labels.iter().map(class_of).collect();
    let mut weight = Vec::with_capacity(EMBEDDING * labels.len());
    for row in values.chunks_exact(classes) {
        weight.extend(found.iter().map(|class| class.map_or(0.0, |class| row[class] * scale)));
    }
    // The biases of classes that are unequally frequent elsewhere say nothing here.
    Ok(Some((
        Tensor::from_vec(weight, (EMBEDDING, labels.len()), &Device::Cpu)?,
        Tensor::zeros(labels.len(), DType::F32, &Device::Cpu)?,
    )))
}

/// What a network must know of the file of a trained model to start from it.
#[derive(Deserialize)]
struct NetworkCard {
    format: u32,
    network: NetworkSpec,
    labels: Vec<String>,
}

impl NetworkCard {
    /// `None`: it is no model that this program trained.
    fn read(weights: &Weights<'_>) -> Result<Option<Self>, MlError> {
        let Some(text) = weights.metadata(MODEL_KEY) else { return Ok(None) };
        let card: Self = serde_json::from_str(text).map_err(|error| weights.error(format!("its card: {error}")))?;
        if card.format != MODEL_FORMAT {
            return Err(weights.error(format!("its format is {}, this program reads {MODEL_FORMAT}", card.format)));
        }
        match card.network.trouble() {
            None => Ok(Some(card)),
            Some(trouble) => Err(weights.error(trouble)),
        }
    }
}

/// The prefix of the tensors of the MobileNetV1 on sound in a model of this program, and the model's genres; `None`: it is no such
/// model.
fn of_model(weights: &Weights<'_>) -> Result<Option<(String, Vec<String>)>, MlError> {
    let Some(card) = NetworkCard::read(weights)? else { return Ok(None) };
    let listens =
        |network: &NetworkSpec| matches!(network, NetworkSpec::MobileNetV1 { front_end: FrontEnd::Patches, .. });
    let prefix = match &card.network {
        network if listens(network) => Some(NETWORK_PREFIX.to_owned()),
        NetworkSpec::Fusion(spec) => {
            let branch = spec.branches.iter().find(|branch| listens(&branch.network));
            branch.map(|branch| format!("{NETWORK_PREFIX}{}.", branch.name))
        }
        _ => None,
    };
    match prefix {
        Some(prefix) => Ok(Some((prefix, card.labels))),
        None => Err(weights.error("it has no MobileNetV1 on sound to start from")),
    }
}
