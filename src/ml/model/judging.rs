//! What a network says about whole clips: the mean over its windows.

use candle_core::{Device, Tensor};

use super::batches::BatchMaker;
use crate::ml::error::MlError;
use crate::ml::networks::Network;

/// Examples that are judged at a time.
const JUDGED: usize = 32;

/// The logits of clips: each the mean over at most `windows` windows. `between` is called between batches with the number of
/// windows judged.
///
/// # Errors
/// When the network fails or `between` says stop.
pub fn judge(
    network: &dyn Network,
    maker: &BatchMaker<'_>,
    clips: &[usize],
    windows: usize,
    between: &mut dyn FnMut(usize) -> Result<(), MlError>,
) -> Result<Vec<Vec<f64>>, MlError> {
    let mut forward = |inputs: &[Tensor]| Ok(vec![network.forward(inputs, None)?]);
    let means = over_windows(network.variables().device(), maker, clips, windows, between, &mut forward)?;
    Ok(means.into_iter().next().unwrap_or_default())
}

/// A branch's name, the positions of the clips that it sees, and their logits.
type SaidByBranch = (String, Vec<(usize, Vec<f64>)>);

/// What each branch of a network says alone about those of `clips` that it sees, as in [`judge`]; nothing where there are no branches.
///
/// # Errors
/// When the network fails or `between` says stop.
pub fn judge_branches(
    network: &dyn Network,
    maker: &BatchMaker<'_>,
    clips: &[usize],
    windows: usize,
    between: &mut dyn FnMut(usize) -> Result<(), MlError>,
) -> Result<Vec<SaidByBranch>, MlError> {
    let mut names = Vec::new();
    let mut forward = |inputs: &[Tensor]| {
        let (found, opinions) = network.opinions(inputs)?.into_iter().unzip();
        names = found;
        Ok(opinions)
    };
    let means = over_windows(network.variables().device(), maker, clips, windows, between, &mut forward)?;
    let of_branch = |(branch, means): (usize, Vec<Vec<f64>>)| {
        let seen = means.into_iter().enumerate().filter(|(at, _)| maker.examples[clips[*at]].inputs[branch].is_some());
        seen.collect()
    };
    Ok(names.into_iter().zip(means.into_iter().enumerate().map(of_branch)).collect())
}

/// What is judged: inputs of a batch to one or several outputs `[n, labels]`.
type Forward<'a> = dyn FnMut(&[Tensor]) -> Result<Vec<Tensor>, MlError> + 'a;

/// The mean over each clip's windows of every output of `forward`, on a device: by output and clip.
fn over_windows(
    device: &Device,
    maker: &BatchMaker<'_>,
    clips: &[usize],
    windows: usize,
    between: &mut dyn FnMut(usize) -> Result<(), MlError>,
    forward: &mut Forward<'_>,
) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
    let mut all = Vec::new();
    for (position, &clip) in clips.iter().enumerate() {
        let count = maker.windows(clip, windows);
        all.extend((0..count).map(|window| (position, (clip, window, count))));
    }
    let mut means: Vec<Vec<Vec<f64>>> = Vec::new();
    for chunk in all.chunks(JUDGED) {
        between(chunk.len())?;
        let windows: Vec<(usize, usize, usize)> = chunk.iter().map(|(_, window)| *window).collect();
        let outputs = forward(&maker.judging(&windows).tensors(device)?)?;
        means.resize(outputs.len(), vec![vec![0.0; maker.labels]; clips.len()]);
        for (means, output) in means.iter_mut().zip(outputs) {
            for ((position, (_, _, count)), row) in chunk.iter().zip(output.to_vec2::<f32>()?) {
                means[*position].iter_mut().zip(row).for_each(|(sum, logit)| *sum += f64::from(logit) / *count as f64);
            }
        }
    }
    Ok(means)
}
