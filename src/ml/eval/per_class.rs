//! Precision, recall and F1 from counts.

use serde::{Deserialize, Serialize};

/// How well one genre is told from the others. Shares are 0..1, and 0 where there was nothing to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// The genre.
    pub label: String,
    /// Share of the clips filed under it that belong there.
    pub precision: f64,
    /// Share of its clips that were found.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Number of its clips.
    pub support: u32,
}

/// The same over all genres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Averages {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean of the genres' F1.
    pub f1: f64,
}

/// The share, 0 of nothing.
fn share(part: u32, all: u32) -> f64 {
    if all == 0 { 0.0 } else { f64::from(part) / f64::from(all) }
}

/// The figures of each genre. A row of the square matrix `confusion` is a true genre, a column a decision.
pub fn per_class(labels: &[String], confusion: &[Vec<u32>]) -> Vec<ClassFigures> {
    let figures = |(index, label): (usize, &String)| {
        let right = confusion[index][index];
        let support = confusion[index].iter().sum();
        let decided = confusion.iter().map(|row| row[index]).sum::<u32>();
        ClassFigures {
            label: label.clone(),
            precision: share(right, decided),
            recall: share(right, support),
            f1: share(2 * right, support + decided),
            support,
        }
    };
    labels.iter().enumerate().map(figures).collect()
}

/// The averages in which each genre counts once, and in which each counts by its clips. Genres that occur neither as
/// a truth nor as a decision are left out.
pub fn averages(classes: &[ClassFigures], confusion: &[Vec<u32>]) -> (Averages, Averages) {
    let occurs = |index: usize| confusion[index].iter().sum::<u32>() + confusion.iter().map(|r| r[index]).sum::<u32>();
    let mean = |weight: &dyn Fn(&ClassFigures) -> f64| {
        let (mut sum, mut all) = (Averages::default(), 0.0);
        for (_, class) in classes.iter().enumerate().filter(|(index, _)| occurs(*index) > 0) {
            let weight = weight(class);
            sum.precision += weight * class.precision;
            sum.recall += weight * class.recall;
            sum.f1 += weight * class.f1;
            all += weight;
        }
        let scale = if all > 0.0 { 1.0 / all } else { 0.0 };
        Averages { precision: sum.precision * scale, recall: sum.recall * scale, f1: sum.f1 * scale }
    };
    (mean(&|_| 1.0), mean(&|class| f64::from(class.support)))
}

/// The matrix with each row scaled to the sum one; rows without clips stay zero.
pub fn normalised(confusion: &[Vec<u32>]) -> Vec<Vec<f64>> {
    let scaled = |row: &Vec<u32>| {
        let all = row.iter().sum();
        row.iter().map(|count| share(*count, all)).collect()
    };
    confusion.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_small_matrix() {
        // scikit-learn 1.5, classification_report of the same clips: precision 2/3, 1/2, 0; recall 2/3, 1, 0.
        let labels: Vec<String> = ["a", "b", "c", "never"].map(String::from).into();
        let confusion = vec![vec![2, 0, 1, 0], vec![0, 1, 0, 0], vec![1, 1, 0, 0], vec![0; 4]];
        let classes = per_class(&labels, &confusion);
        assert_eq!(classes[0].precision, 2.0 / 3.0);
        assert_eq!(classes[1].f1, 2.0 / 3.0);
        assert_eq!((classes[2].precision, classes[2].recall, classes[2].f1, classes[2].support), (0.0, 0.0, 0.0, 2));
        let (all, weighted) = averages(&classes, &confusion);
        assert!((all.f1 - (2.0 / 3.0 + 2.0 / 3.0) / 3.0).abs() < 1e-12, "{all:?}");
        assert!((weighted.precision - (3.0 * 2.0 / 3.0 + 0.5) / 6.0).abs() < 1e-12, "{weighted:?}");
        assert_eq!(normalised(&confusion)[2], [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(normalised(&confusion)[3], [0.0; 4]);
    }
}
