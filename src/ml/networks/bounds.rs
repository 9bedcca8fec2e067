//! Which sizes of networks make sense. A card may come from anywhere: its numbers are looked at before any memory is asked for.

use std::collections::HashSet;

use super::{BranchSpec, CompactSpec, FusionSpec, NetworkSpec, PerceptronSpec};
use crate::ml::networks::input::{FrontEnd, bands};

/// Branches of one network.
const MOST_BRANCHES: usize = 16;
/// Letters of a branch's name.
const LONGEST_NAME: usize = 100;
/// Blocks of a network from scratch, outputs of one, and columns of an example: four minutes of the finest input.
const MOST_BLOCKS: usize = 6;
const MOST_CHANNELS: usize = 4096;
const MOST_COLUMNS: usize = 8192;
/// Outputs of a dense layer.
const MOST_HIDDEN: usize = 65_536;
/// Values of a layer for one example: 16 MB, and a batch of 32 takes half a gigabyte.
const MOST_VALUES: u64 = 1 << 22;
/// Multiplications for one example: some seconds on one core. The largest preset has a twentieth of that.
const MOST_WORK: u64 = 20_000_000_000;
/// How much more a branch may count, or learn faster, than another.
const MOST_FACTOR: f64 = 1000.0;

impl NetworkSpec {
    /// Why a network of these sizes cannot be; none when it can.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Plain | Self::Pair => None,
            Self::Compact(spec) => spec.trouble(),
            Self::MobileNetV2 { dropout, .. } => share(*dropout),
            Self::MobileNetV1 { front_end, dropout, .. } => match front_end {
                FrontEnd::Patches | FrontEnd::LogMel => share(*dropout),
                other => Some(format!("a MobileNetV1 cannot see {}", other.name())),
            },
            Self::Perceptron(spec) => spec.trouble(),
            Self::Fusion(spec) => spec.trouble(),
        }
    }
}

/// A share that dropout leaves out.
fn share(dropout: f64) -> Option<String> {
    (!(0.0..1.0).contains(&dropout)).then(|| format!("dropout cannot leave out {dropout} of the values"))
}

impl CompactSpec {
    fn trouble(&self) -> Option<String> {
        let Self { front_end, window, channels, dropout } = self;
        if !matches!(front_end, FrontEnd::LogMel | FrontEnd::Patches | FrontEnd::Scalogram) {
            return Some(format!("convolutions over time cannot see {}", front_end.name()));
        }
        let (blocks, width) = (channels.len(), bands(*front_end));
        if !(1..=MOST_BLOCKS).contains(&blocks) {
            return Some(format!("{blocks} blocks are not between 1 and {MOST_BLOCKS}"));
        }
        if let Some(wrong) = channels.iter().find(|outputs| !(1..=MOST_CHANNELS).contains(outputs)) {
            return Some(format!("{wrong} outputs of a block are not between 1 and {MOST_CHANNELS}"));
        }
        if *window > MOST_COLUMNS || window >> blocks == 0 || width >> blocks == 0 {
            return Some(format!("{blocks} blocks do not fit a window of {window} columns"));
        }
        // All factors are small by now.
        let (mut inputs, mut work, mut largest) = (1, 0, (window * width) as u64);
        for (block, outputs) in channels.iter().enumerate() {
            let places = ((window >> block) * (width >> block)) as u64;
            work += places * 9 * inputs * *outputs as u64;
            largest = largest.max(places / 4 * *outputs as u64);
            inputs = *outputs as u64;
        }
        if largest > MOST_VALUES || work > MOST_WORK {
            return Some("its layers are too large".into());
        }
        share(*dropout)
    }
}

impl PerceptronSpec {
    fn trouble(&self) -> Option<String> {
        if !matches!(self.front_end, FrontEnd::Scattering | FrontEnd::Tags) {
            return Some("dense layers alone need a vector of features".into());
        }
        if self.hidden > MOST_HIDDEN {
            return Some(format!("a dense layer of {} is too wide", self.hidden));
        }
        share(self.dropout.0).or_else(|| share(self.dropout.1))
    }
}

impl FusionSpec {
    fn trouble(&self) -> Option<String> {
        if !(1..=MOST_BRANCHES).contains(&self.branches.len()) {
            return Some(format!("{} branches are not between 1 and {MOST_BRANCHES}", self.branches.len()));
        }
        let names: HashSet<&str> = self.branches.iter().map(|branch| branch.name.as_str()).collect();
        if names.len() < self.branches.len() {
            return Some("two branches have one name".into());
        }
        self.branches.iter().find_map(BranchSpec::trouble)
    }
}

impl BranchSpec {
    fn trouble(&self) -> Option<String> {
        let Self { name, network, rate, weight } = self;
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Some(format!("a branch needs a name of 1 to {LONGEST_NAME} letters"));
        }
        if matches!(network, NetworkSpec::Fusion(_) | NetworkSpec::Pair) {
            return Some("a multimodal network needs branches with one input each".into());
        }
        // Neither is a number beyond all bounds, nor none at all.
        let counts = *weight > 0.0 && *weight <= MOST_FACTOR;
        if !counts || !(0.0..=MOST_FACTOR).contains(rate) {
            return Some(format!("the rate or the weight of the branch {name} cannot be"));
        }
        network.trouble().map(|trouble| format!("branch {name}: {trouble}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(window: usize, channels: &[usize], dropout: f64) -> NetworkSpec {
        let front_end = FrontEnd::LogMel;
        NetworkSpec::Compact(CompactSpec { front_end, window, channels: channels.to_vec(), dropout })
    }

    fn branch(name: &str, network: NetworkSpec, rate: f64, weight: f64) -> BranchSpec {
        BranchSpec { name: name.into(), network, rate, weight }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused_whatever_they_are() {
        let dense = |front_end, hidden, dropout| {
            NetworkSpec::Perceptron(PerceptronSpec { front_end, hidden, dropout: (dropout, 0.0) })
        };
        let fusion = |branches| NetworkSpec::Fusion(FusionSpec { branches });
        let good = || dense(FrontEnd::Tags, 0, 0.1);
        let mut wrong = vec![
            compact(128, &[], 0.1),
            compact(128, &[0], 0.1),
            compact(128, &[8; 7], 0.1),
            compact(1, &[8], 0.1),
            compact(8192, &[4096; 2], 0.1),
            compact(128, &[8], 1.0),
            compact(128, &[8], f64::NAN),
            compact(128, &[8], -0.1),
            NetworkSpec::MobileNetV1 { front_end: FrontEnd::Picture, frozen: true, dropout: 0.1 },
            NetworkSpec::MobileNetV2 { frozen: true, dropout: f64::INFINITY },
            dense(FrontEnd::LogMel, 8, 0.1),
            fusion(Vec::new()),
            fusion(vec![branch("a", good(), 1.0, 1.0), branch("a", good(), 1.0, 1.0)]),
            fusion((0..17).map(|i| branch(&i.to_string(), good(), 1.0, 1.0)).collect()),
            fusion(vec![branch("", good(), 1.0, 1.0)]),
            fusion(vec![branch("a", good(), f64::NAN, 1.0)]),
            fusion(vec![branch("a", good(), 1.0, 0.0)]),
            fusion(vec![branch("a", good(), 1.0, f64::INFINITY)]),
            fusion(vec![branch("a", NetworkSpec::Pair, 1.0, 1.0)]),
            fusion(vec![branch("a", fusion(vec![branch("b", good(), 1.0, 1.0)]), 1.0, 1.0)]),
        ];
        for power in [24, 40, 62, 63] {
            wrong.push(compact(1 << power, &[8], 0.1));
            wrong.push(compact(128, &[1 << power], 0.1));
            wrong.push(dense(FrontEnd::Tags, 1 << power, 0.1));
        }
        for spec in wrong {
            assert!(spec.trouble().is_some(), "{spec:?}");
            let labels = ["a".to_owned(), "b".to_owned()];
            let built = spec.build(&labels, None, &mut crate::ml::nn::rng::Rng::new(1), &crate::ml::Device::Cpu);
            assert!(built.is_err(), "{spec:?}");
        }
    }
}
