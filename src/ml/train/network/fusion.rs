//! Late fusion: several networks, each on its own view of the clip, whose opinions are averaged.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{Base, Input, Network, NetworkSpec};
use crate::ml::error::MlError;
use crate::ml::rng::Rng;
use crate::ml::train::variables::Variables;
use crate::ml::weights::Weights;

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

pub(super) struct Fusion {
    branches: Vec<Box<dyn Network>>,
    names: Vec<String>,
    variables: Variables,
}

impl Fusion {
    pub fn new(
        spec: &FusionSpec,
        labels: &[String],
        base: Option<&Weights<'_>>,
        rng: &mut Rng,
    ) -> Result<Self, MlError> {
        if spec.branches.is_empty() || spec.branches.iter().any(|branch| branch.network.inputs().len() != 1) {
            return Err(MlError::Training("a multimodal network needs branches with one input each".into()));
        }
        let mut variables = Variables::default();
        let mut branches = Vec::new();
        for branch in &spec.branches {
            let base = if branch.network.base().is_some() { base } else { None };
            let network = branch.network.build(labels, base, rng)?;
            variables.adopt(&format!("{}.", branch.name), network.variables(), branch.rate);
            branches.push(network);
        }
        Ok(Self { branches, names: spec.branches.iter().map(|branch| branch.name.clone()).collect(), variables })
    }
}

impl Network for Fusion {
    fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The mean of the opinions of the branches that see something. While training, a batch is judged by one branch, drawn by
    /// lot, or by all, so that each learns to stand alone (N. Neverova et al., *ModDrop*, 2016).
    fn forward(&self, inputs: &[Tensor], mut training: Option<&mut Rng>) -> Result<Tensor, MlError> {
        let all = self.branches.len();
        if all == 1 {
            return self.branches[0].forward(inputs, training);
        }
        let heard = training.as_deref_mut().map_or(all, |rng| rng.below(all + 1));
        let (mut sum, mut count): (Option<Tensor>, Option<Tensor>) = (None, None);
        for (i, branch) in self.branches.iter().enumerate() {
            if heard != all && heard != i {
                continue;
            }
            let there = inputs[all].narrow(1, i, 1)?;
            let logits = branch.forward(&inputs[i..=i], training.as_deref_mut())?.broadcast_mul(&there)?;
            sum = Some(match sum {
                Some(sum) => (sum + logits)?,
                None => logits,
            });
            count = Some(match count {
                Some(count) => (count + there)?,
                None => there,
            });
        }
        match (sum, count) {
            (Some(sum), Some(count)) => Ok(sum.broadcast_div(&count.clamp(1.0, all as f64)?)?),
            _ => Err(MlError::Training("no branch saw anything".into())),
        }
    }

    fn observe(&self, inputs: &[Tensor], truth: &[usize]) -> Result<(), MlError> {
        let all = self.branches.len();
        for (i, branch) in self.branches.iter().enumerate() {
            // Only the clips that the branch sees.
            let there: Vec<f32> =
                if all > 1 { inputs[all].narrow(1, i, 1)?.flatten_all()?.to_vec1()? } else { vec![1.0; truth.len()] };
            let rows: Vec<u32> = (0..truth.len()).filter(|row| there[*row] > 0.0).map(|row| row as u32).collect();
            if rows.is_empty() {
                continue;
            }
            let truth: Vec<usize> = rows.iter().map(|row| truth[*row as usize]).collect();
            let rows = Tensor::new(rows, inputs[i].device())?;
            branch.observe(&[inputs[i].index_select(&rows, 0)?], &truth)?;
        }
        Ok(())
    }

    fn opinions(&self, inputs: &[Tensor]) -> Result<Vec<(String, Tensor)>, MlError> {
        let opinion = |(i, branch): (usize, &Box<dyn Network>)| {
            Ok((self.names[i].clone(), branch.forward(&inputs[i..=i], None)?))
        };
        if self.branches.len() < 2 { Ok(Vec::new()) } else { self.branches.iter().enumerate().map(opinion).collect() }
    }
}
