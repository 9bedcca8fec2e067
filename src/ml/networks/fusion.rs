//! Late fusion: several networks, each on its own view of the clip, whose opinions are averaged.

use candle_core::{DType, Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::{Answer, Base, Network, NetworkSpec};
use crate::ml::error::MlError;
use crate::ml::networks::input::Input;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::variables::Variables;
use crate::ml::nn::weights::Weights;

/// Its branches; one alone is the ablation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FusionSpec {
    /// Each with one input.
    pub branches: Vec<BranchSpec>,
}

/// One branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchSpec {
    /// What it is called, in files and for people.
    pub name: String,
    /// Its network.
    pub network: NetworkSpec,
    /// Its learning rate is the training's times this: a pre-trained branch wants less than one from scratch.
    #[serde(default = "one")]
    pub rate: f64,
    /// How much its opinion counts when clips are judged.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

impl FusionSpec {
    /// What it takes: one input a branch; each may be missing.
    pub fn inputs(&self) -> Vec<Input> {
        let optional = self.branches.len() > 1;
        let inputs = self.branches.iter().flat_map(|branch| branch.network.inputs());
        inputs.map(|input| Input { optional, ..input }).collect()
    }

    /// The pre-trained weights it needs.
    pub fn base(&self) -> Option<Base> {
        self.branches.iter().find_map(|branch| branch.network.base())
    }
}

pub(in crate::ml) struct Fusion {
    branches: Vec<Branch>,
    labels: usize,
    variables: Variables,
}

struct Branch {
    name: String,
    network: Box<dyn Network>,
    weight: f64,
    /// The logarithm of each genre's share among the training clips that the branch sees, `[labels]`. It is added to the branch's
    /// logits while training only, so that they come to say what is heard and not which genre is frequent (A. Menon et al.,
    /// *Long-tail learning via logit adjustment*, 2021, equation 10).
    prior: Var,
}

impl Fusion {
    pub fn new(
        spec: &FusionSpec,
        labels: &[String],
        base: Option<&Weights<'_>>,
        rng: &mut Rng,
        mut variables: Variables,
    ) -> Result<Self, MlError> {
        let mut branches = Vec::new();
        for branch in &spec.branches {
            let BranchSpec { name, rate, weight, .. } = branch.clone();
            let base = if branch.network.base().is_some() { base } else { None };
            let network = branch.network.build_in(variables.part(&name), labels, base, rng)?;
            variables.adopt(&format!("{name}."), network.variables(), rate);
            let even = Tensor::zeros(labels.len(), DType::F32, &Device::Cpu)?;
            let prior = variables.add(format!("{name}.prior"), &even, false)?;
            branches.push(Branch { name, network, weight, prior });
        }
        Ok(Self { branches, labels: labels.len(), variables })
    }
}

impl Fusion {
    /// What a branch sees of a batch, and the indices of those rows where it may see less than all (`None`: all); nothing where it sees
    /// nothing.
    fn seen(&self, inputs: &[Tensor], branch: usize) -> Result<Option<(Tensor, Option<Tensor>)>, MlError> {
        let all = self.branches.len();
        if all == 1 {
            return Ok(Some((inputs[0].clone(), None)));
        }
        let Some(rows) = rows_there(&inputs[all].narrow(1, branch, 1)?)? else { return Ok(None) };
        Ok(Some((inputs[branch].index_select(&rows, 0)?, Some(rows))))
    }
}

impl Network for Fusion {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The weighted mean of the opinions of the branches that see something.
    fn forward(&self, inputs: &[Tensor], mut training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let all = self.branches.len();
        if all == 1 {
            return self.branches[0].network.forward(&inputs[..1], training);
        }
        let (n, device) = (inputs[all].dim(0)?, inputs[all].device());
        let mut sum = Tensor::zeros((n, self.labels), DType::F32, device)?;
        let mut weights = Tensor::zeros((n, 1), DType::F32, device)?;
        for (i, branch) in self.branches.iter().enumerate() {
            let there = inputs[all].narrow(1, i, 1)?;
            let Some(rows) = rows_there(&there)? else { continue };
            // Only what the branch sees is computed.
            let seen = branch.network.forward(&[inputs[i].index_select(&rows, 0)?], training.as_deref_mut())?;
            sum = sum.index_add(&rows, &(seen * branch.weight)?, 0)?;
            weights = (weights + (there * branch.weight)?)?;
        }
        Ok(sum.broadcast_div(&weights.clamp(1e-6, f64::MAX)?)?)
    }

    /// Each branch learns for itself, so that each can stand alone and none leaves the work to another.
    fn answers(&self, inputs: &[Tensor], rng: &mut Rng) -> Result<Vec<Answer>, MlError> {
        let mut answers = Vec::new();
        for (i, branch) in self.branches.iter().enumerate() {
            let Some((input, rows)) = self.seen(inputs, i)? else { continue };
            let logits = branch.network.forward(&[input], Some(&mut *rng))?;
            answers.push(Answer { logits: logits.broadcast_add(&branch.prior.as_detached_tensor())?, rows });
        }
        Ok(answers)
    }

    fn observe(&self, inputs: &[Tensor], truth: &[usize]) -> Result<(), MlError> {
        for (i, branch) in self.branches.iter().enumerate() {
            // Only the clips that the branch sees.
            let Some((input, rows)) = self.seen(inputs, i)? else { continue };
            let truth = match rows {
                Some(rows) => rows.to_vec1::<u32>()?.into_iter().map(|row| truth[row as usize]).collect(),
                None => truth.to_vec(),
            };
            branch.network.observe(&[input], &truth)?;
            branch.prior.set(&log_shares(&truth, self.labels, branch.prior.device())?)?;
        }
        Ok(())
    }

    fn opinions(&self, inputs: &[Tensor]) -> Result<Vec<(String, Tensor)>, MlError> {
        if self.branches.len() < 2 {
            return Ok(Vec::new());
        }
        let mut opinions = Vec::new();
        for (i, branch) in self.branches.iter().enumerate() {
            opinions.push((branch.name.clone(), branch.network.forward(&inputs[i..=i], None)?));
        }
        Ok(opinions)
    }
}

/// The logarithm of each label's share, `[labels]`; as if every label had half a clip more than it has.
fn log_shares(truth: &[usize], labels: usize, device: &Device) -> Result<Tensor, MlError> {
    let mut counts = vec![0.5f32; labels];
    truth.iter().for_each(|label| counts[*label] += 1.0);
    let sum: f32 = counts.iter().sum();
    let shares: Vec<f32> = counts.iter().map(|count| (count / sum).ln()).collect();
    Ok(Tensor::from_vec(shares, labels, device)?)
}

/// The indices of the rows whose mask is one; none where there is no such row.
fn rows_there(mask: &Tensor) -> Result<Option<Tensor>, MlError> {
    let there: Vec<f32> = mask.flatten_all()?.to_vec1()?;
    let rows: Vec<u32> = (0u32..).zip(&there).filter(|(_, there)| **there > 0.0).map(|(row, _)| row).collect();
    if rows.is_empty() { Ok(None) } else { Ok(Some(Tensor::new(rows, mask.device())?)) }
}
