//! How fast a network trains on this machine: steps on clips of noise, before any is spent on real ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::fit::{Fit, FitState};
use crate::ml::error::MlError;
use crate::ml::features::Features;
use crate::ml::model::batches::{BatchMaker, Example};
use crate::ml::model::config::Config;
use crate::ml::networks::input::{Input, SIDE, bands};
use crate::ml::nn::rng::Rng;
use crate::ml::nn::weights::Weights;
use crate::ml::train::base::base_bytes;

/// Steps are timed for at least so long, but one in any case.
const LEAST: Duration = Duration::from_millis(700);

/// Clips of noise, as long as one window, that a network with these inputs takes.
pub(crate) fn noise(inputs: &[Input], clips: usize, genres: usize) -> Vec<Example> {
    let mut rng = Rng::new(2);
    let mut input = |input: &Input| {
        // Plotted pictures are taken whole.
        let shape = match input.window {
            Some(frames) => vec![frames, bands(input.front_end)],
            None => vec![SIDE, SIDE, 3],
        };
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.uniform() as f32).collect();
        Some(Arc::new(Features::from_f32(&shape, &values)))
    };
    (0..clips)
        .map(|clip| Example { label: clip % genres.max(1), inputs: inputs.iter().map(&mut input).collect() })
        .collect()
}

/// Examples a second that the network of `config` trains on, with its batch and on its device. Layers that stay as they are are not
/// looked at: they see each clip once.
///
/// # Errors
/// When a value cannot be, weights to start from are missing, or memory is short.
pub fn examples_per_second(config: &Config, genres: usize) -> Result<f64, MlError> {
    if let Some(trouble) = config.trouble() {
        return Err(MlError::Training(trouble));
    }
    let (device, _) = config.device.open();
    let labels: Vec<String> = (0..genres.max(2)).map(|genre| format!("genre {genre}")).collect();
    let base_bytes = base_bytes(config)?;
    let base = base_bytes.as_ref().map(|(name, bytes)| Weights::parse(name, bytes)).transpose()?;
    let network = config.network.build(&labels, base.as_ref(), &mut Rng::new(1), &device)?;
    let inputs = config.network.inputs();
    let batch = config.training.batch.max(1);
    let examples = noise(&inputs, batch, labels.len());
    let maker = BatchMaker { examples: &examples, inputs: &inputs, labels: labels.len() };
    let all: Vec<usize> = (0..batch).collect();
    let training = &config.training;
    let fit = Fit { network: &*network, maker, training, train: &all, valid: &[], seed: 1, part: 0, open: false };
    let weights = fit.class_weights()?;
    let mut adam = FitState::new(&*network, training)?.adam;
    let mut rng = Rng::new(3);
    let raw = maker.training(&all, &training.augmentation, &mut rng);
    // The first step fills caches.
    fit.step(&raw, &weights, 1e-5, &mut adam, &mut rng)?;
    let begun = Instant::now();
    let mut steps = 0;
    while steps == 0 || begun.elapsed() < LEAST {
        fit.step(&raw, &weights, 1e-5, &mut adam, &mut rng)?;
        steps += 1;
    }
    Ok((steps * batch) as f64 / begun.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::model::config::{Architecture, Preset};

    #[test]
    fn every_network_that_needs_no_file_can_be_tried() {
        for (architecture, preset) in [Architecture::Cnn, Architecture::Multimodal].map(|a| (a, Preset::Best)) {
            let mut config = Config::preset(architecture, preset);
            config.training.batch = 4;
            let rate = examples_per_second(&config, 3).unwrap();
            assert!(rate.is_finite() && rate > 0.0, "{architecture:?}: {rate}");
        }
        // The article's MobileNet wants weights that are not built in.
        let missing = examples_per_second(&Config::preset(Architecture::Mobilenet, Preset::Article), 3);
        assert!(missing.unwrap_err().to_string().contains("MobileNetV2"));
    }
}
