//! What a network looks at: its input, and how much its opinion suffers when parts of the input are covered.

use super::batches::{BatchMaker, Example, RawBatch};
use crate::ml::error::MlError;
use crate::ml::model::Model;
use crate::ml::networks::input::FrontEnd;
use crate::ml::nn::logits::{best, softmax};

/// Parts along each axis that are covered in turn.
const PARTS: (usize, usize) = (16, 8);
/// Examples that are judged at a time.
const BATCH: usize = 16;

/// What a network makes of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The genres.
    pub labels: Vec<String>,
    /// Calibrated probability of each.
    pub probabilities: Vec<f64>,
    /// Each branch's own probabilities, by its name; empty when there is only one.
    pub branches: Vec<(String, Vec<f64>)>,
    /// Each input that is a picture.
    pub views: Vec<View>,
}

/// One input as the network takes it, and where it looks.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// How the clip became numbers.
    pub front_end: FrontEnd,
    /// Frames (rows of a plotted picture).
    pub frames: usize,
    /// Values of a frame; of a plotted picture three colours a pixel.
    pub width: usize,
    /// `[frames, width]`, scaled to 0..1.
    pub values: Vec<f32>,
    /// How much the decision's probability falls when this part is covered by the mean, `[time, frequency]` of [`View::parts`];
    /// negative where covering helps.
    pub saliency: Vec<f32>,
    /// Parts along time and frequency.
    pub parts: (usize, usize),
}

impl Model {
    /// Explains the decision about one clip by occlusion (M. Zeiler and R. Fergus 2014) of its middle window.
    ///
    /// # Errors
    /// When the network fails or `between` says stop.
    pub fn explain(
        &self,
        example: &Example,
        between: &mut dyn FnMut() -> Result<(), MlError>,
    ) -> Result<Explanation, MlError> {
        let inputs = self.inputs();
        let examples = [example.clone()];
        let maker = BatchMaker { examples: &examples, inputs: &inputs, labels: self.card.labels.len() };
        let whole = maker.first_windows(&[0]);
        let logits = self.judge(&examples, &mut |_| between())?;
        let temperature = self.card.temperature;
        let wide = |row: &[f32]| row.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
        let mut branches = Vec::new();
        for (i, (name, opinion)) in
            self.network().opinions(&whole.tensors(self.network().variables().device())?)?.into_iter().enumerate()
        {
            if example.inputs[i].is_some() {
                let row: Vec<f32> = opinion.squeeze(0)?.to_vec1()?;
                branches.push((name, softmax(&wide(&row), temperature)));
            }
        }
        let window = self.window_probabilities(&whole)?;
        let decision = best(&window[0]);
        let mut views = Vec::new();
        for (i, input) in inputs.iter().enumerate() {
            let shape = whole.shape(i);
            if example.inputs[i].is_none() || shape.len() < 2 || shape[0] < 2 {
                continue;
            }
            let (frames, width) = (shape[0], shape[1..].iter().product::<usize>());
            let values = whole.values(i).to_vec();
            let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
            let parts = (PARTS.0.min(frames), PARTS.1.min(shape[1]));
            let colours = width / shape[1];
            let mut covered = Vec::with_capacity(parts.0 * parts.1);
            for part in 0..parts.0 * parts.1 {
                let (time, band) = (part / parts.1, part % parts.1);
                let mut values = values.clone();
                let rows = time * frames / parts.0..(time + 1) * frames / parts.0;
                let columns = band * shape[1] / parts.1 * colours..(band + 1) * shape[1] / parts.1 * colours;
                for row in rows {
                    values[row * width..(row + 1) * width][columns.clone()].fill(mean);
                }
                covered.push(values);
            }
            let mut saliency = Vec::with_capacity(covered.len());
            for chunk in covered.chunks(BATCH) {
                between()?;
                let batch = whole.repeated(chunk.len()).with_values(i, chunk.concat());
                for row in self.window_probabilities(&batch)? {
                    saliency.push((window[0][decision] - row[decision]) as f32);
                }
            }
            let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
            let values = values.iter().map(|x| (x - low) / (high - low).max(1e-9)).collect();
            views.push(View { front_end: input.front_end, frames, width, values, saliency, parts });
        }
        let probabilities = softmax(logits.first().map_or(&[][..], Vec::as_slice), temperature);
        Ok(Explanation { labels: self.card.labels.clone(), probabilities, branches, views })
    }

    /// Calibrated probabilities of windows.
    fn window_probabilities(&self, batch: &RawBatch) -> Result<Vec<Vec<f64>>, MlError> {
        let mut inputs = batch.tensors(self.network().variables().device())?;
        if let Some(features) = self.network().frozen_features(&inputs)? {
            inputs = vec![features];
        }
        let rows: Vec<Vec<f32>> = self.network().forward(&inputs, None)?.to_vec2()?;
        let row = |row: Vec<f32>| softmax(&row.into_iter().map(f64::from).collect::<Vec<_>>(), self.card.temperature);
        Ok(rows.into_iter().map(row).collect())
    }
}
