//! Whether one of two models is really better.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Prediction;
use crate::ml::nn::logits::best;

/// McNemar's exact test on clips that both models judged (Q. McNemar 1947): only clips on which one is right and the
/// other is wrong say anything about which is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Clips that both judged.
    pub clips: usize,
    /// Clips that only the first has right.
    pub only_first: usize,
    /// Clips that only the second has right.
    pub only_second: usize,
    /// How probable a difference at least this large is if both are equally good, 0..1.
    pub p: f64,
    /// Accuracy of the second on these clips less that of the first, -1..1.
    pub difference: f64,
    /// Its 95 % interval for paired clips.
    pub difference_interval: (f64, f64),
}

impl McNemar {
    /// Whether chance alone explains the difference badly (5 %).
    pub fn is_significant(&self) -> bool {
        self.p < 0.05
    }

    /// `p` for a person.
    pub fn p_text(&self) -> String {
        if self.p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {:.3}", self.p) }
    }
}

/// Compares two models on the clips that both judged, matched by name; of a name that occurs twice the first counts.
pub fn mcnemar(first: &[Prediction], second: &[Prediction]) -> McNemar {
    let right = |predictions: &[Prediction]| -> BTreeMap<String, bool> {
        let judged = predictions.iter().rev();
        judged.map(|clip| (clip.clip.clone(), best(&clip.logits) == clip.truth)).collect()
    };
    let (first, second) = (right(first), right(second));
    let both = || first.iter().filter_map(|(clip, right)| Some((*right, *second.get(clip)?)));
    let only_first = both().filter(|(first, second)| *first && !second).count();
    let only_second = both().filter(|(first, second)| !first && *second).count();
    let clips = both().count();
    McNemar {
        clips,
        only_first,
        only_second,
        p: two_sided(only_first, only_second),
        difference: (only_second as f64 - only_first as f64) / clips.max(1) as f64,
        difference_interval: difference_interval(only_first, only_second, clips),
    }
}

/// The 95 % interval of the difference of two paired shares (D. Bonett and R. Price, *Adjusted Wald confidence interval for a
/// difference of binomial proportions based on paired data*, 2012); (-1, 1) when nothing was counted.
fn difference_interval(only_first: usize, only_second: usize, clips: usize) -> (f64, f64) {
    if clips == 0 {
        return (-1.0, 1.0);
    }
    let (n, z) = (clips as f64 + 2.0, 1.959_964);
    let (first, second) = ((only_first as f64 + 1.0) / n, (only_second as f64 + 1.0) / n);
    let difference = second - first;
    let half = z * ((first + second - difference * difference) / n).sqrt();
    ((difference - half).max(-1.0), (difference + half).min(1.0))
}

/// Two-sided probability that fair coins fall at least as unevenly.
fn two_sided(one: usize, other: usize) -> f64 {
    let (n, least) = (one + other, one.min(other));
    // Each term from the one before, as logarithms: 2^-n alone is zero for a thousand clips.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for k in 0..=least {
        sum += log_term.exp();
        log_term += ((n - k) as f64).ln() - ((k + 1) as f64).ln();
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rights: &[(&str, bool)]) -> Vec<Prediction> {
        let clip = |(clip, right): &(&str, bool)| Prediction {
            clip: (*clip).to_owned(),
            truth: 1,
            logits: if *right { vec![0.0, 1.0] } else { vec![1.0, 0.0] },
            part: 0,
        };
        rights.iter().map(clip).collect()
    }

    #[test]
    fn only_clips_that_both_judged_count() {
        let first = judged(&[("a", true), ("b", true), ("c", false), ("d", false), ("only here", true)]);
        let second = judged(&[("d", true), ("c", false), ("b", false), ("a", false), ("only there", true)]);
        let found = mcnemar(&first, &second);
        assert_eq!((found.clips, found.only_first, found.only_second), (4, 2, 1));
        assert_eq!(found.p, 1.0);
        assert_eq!(found.difference, -0.25);
        let nothing = mcnemar(&[], &second);
        assert_eq!((nothing.clips, nothing.p, nothing.difference_interval), (0, 1.0, (-1.0, 1.0)));
    }

    #[test]
    fn the_interval_of_the_difference_is_the_papers() {
        // By hand: 59 clips, 3 and 14 of them decided by one alone; (15 - 4) / 61 ± 1.96 sqrt((19/61 - (11/61)²) / 61).
        let (low, high) = difference_interval(3, 14, 59);
        assert!((low - 0.047_8).abs() < 5e-4 && (high - 0.312_8).abs() < 5e-4, "{low} {high}");
        let (low, high) = difference_interval(0, 0, 10);
        assert!(low < -0.2 && high > 0.2, "few equal clips say little: {low} {high}");
        assert_eq!(difference_interval(0, 1, 1).1, 1.0);
    }

    #[test]
    fn the_probability_is_the_binomials() {
        // 2 (1 + 10) / 2^10; 2 / 2^6; 40 discordant clips need a net 14 for 5 %.
        assert!((two_sided(1, 9) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((two_sided(6, 0) - 2.0 / 64.0).abs() < 1e-12);
        assert!(two_sided(27, 13) < 0.05 && two_sided(26, 14) > 0.05);
        let large = two_sided(3_000, 3_200);
        assert!(large > 0.009 && large < 0.013, "{large}");
    }
}
