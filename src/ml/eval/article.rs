//! What the article that Timbre began with scored: 600 training and 400 test clips of GTZAN, the first 60 of each genre
//! as the file system listed them, artists on both sides.

/// Clips of each genre in its test.
const CLIPS_PER_GENRE: u32 = 40;

/// One of the article's three models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArticleResult {
    /// `cnn`, `mobilenet`, `multimodal`.
    pub architecture: &'static str,
    /// Right decisions of each genre's 40 clips, genres by name.
    pub right: [u32; 10],
    /// How often each genre was decided; with the former this gives every figure that the article prints.
    pub decided: [u32; 10],
    /// Numbers in its network.
    pub parameters: usize,
}

/// The three, in the article's order. The counts follow from the printed precisions, recalls and accuracies; where
/// rounding leaves a choice, one that gives all of them is taken.
pub const ARTICLE: [ArticleResult; 3] = [
    ArticleResult {
        architecture: "cnn",
        right: [22, 32, 17, 18, 24, 20, 29, 21, 15, 10],
        decided: [48, 32, 40, 45, 58, 35, 36, 29, 41, 36],
        parameters: 8_418_666,
    },
    ArticleResult {
        architecture: "mobilenet",
        right: [23, 35, 13, 18, 29, 26, 24, 26, 13, 9],
        decided: [53, 39, 30, 39, 68, 32, 36, 31, 37, 35],
        parameters: 2_270_794,
    },
    ArticleResult {
        architecture: "multimodal",
        right: [10, 29, 9, 10, 20, 9, 25, 22, 9, 9],
        decided: [37, 35, 44, 29, 68, 24, 49, 31, 37, 46],
        parameters: 67_156_458,
    },
];

impl ArticleResult {
    /// Clips it was tested on.
    pub fn clips(&self) -> u32 {
        CLIPS_PER_GENRE * 10
    }

    /// Share of clips that are right, 0..1.
    pub fn accuracy(&self) -> f64 {
        f64::from(self.right.iter().sum::<u32>()) / f64::from(self.clips())
    }

    /// F1 of each genre, 0..1.
    pub fn f1(&self) -> [f64; 10] {
        std::array::from_fn(|i| f64::from(2 * self.right[i]) / f64::from(CLIPS_PER_GENRE + self.decided[i]))
    }

    /// Mean F1 of the genres, 0..1.
    pub fn macro_f1(&self) -> f64 {
        self.f1().iter().sum::<f64>() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::eval::{Judgement, Prediction, Temperature};

    /// A confusion matrix with the article's diagonal, 40 clips in each row and its column sums: its own errors are
    /// not known cell by cell, but all of its figures depend on these sums only.
    fn predictions(result: &ArticleResult) -> Vec<Prediction> {
        let mut wanted: Vec<u32> = (0..10).map(|genre| result.decided[genre] - result.right[genre]).collect();
        let mut missing: Vec<u32> = result.right.iter().map(|right| CLIPS_PER_GENRE - right).collect();
        let mut matrix: Vec<Vec<u32>> = (0..10).map(|_| vec![0; 10]).collect();
        for genre in 0..10 {
            matrix[genre][genre] = result.right[genre];
        }
        // The genre with the most of both left goes first, so that nothing is left over for its own column.
        while missing.iter().any(|left| *left > 0) {
            let row =
                (0..10).max_by_key(|row| if missing[*row] > 0 { missing[*row] + wanted[*row] } else { 0 }).unwrap();
            let column = (0..10)
                .filter(|column| *column != row && wanted[*column] > 0)
                .max_by_key(|column| missing[*column] + wanted[*column])
                .unwrap();
            matrix[row][column] += 1;
            missing[row] -= 1;
            wanted[column] -= 1;
        }
        let mut clips = Vec::new();
        for truth in 0..10 {
            for decision in 0..10 {
                for _ in 0..matrix[truth][decision] {
                    let mut logits = vec![0.0; 10];
                    logits[decision] = 2.0;
                    clips.push(Prediction { clip: format!("{truth}.{}", clips.len()), truth, logits, part: 0 });
                }
            }
        }
        clips
    }

    /// Precision, recall and F1 in per cent, as the article prints them.
    const PRINTED: [[(u32, u32, u32); 10]; 3] = [
        [
            (46, 55, 50),
            (100, 80, 89),
            (42, 42, 42),
            (40, 45, 42),
            (41, 60, 49),
            (57, 50, 53),
            (81, 72, 76),
            (72, 53, 61),
            (37, 38, 37),
            (28, 25, 26),
        ],
        [
            (43, 57, 49),
            (90, 88, 89),
            (43, 33, 37),
            (46, 45, 46),
            (43, 72, 54),
            (81, 65, 72),
            (67, 60, 63),
            (84, 65, 73),
            (35, 33, 34),
            (26, 23, 24),
        ],
        [
            (27, 25, 26),
            (83, 72, 77),
            (20, 23, 21),
            (34, 25, 29),
            (29, 50, 37),
            (38, 23, 28),
            (51, 62, 56),
            (71, 55, 62),
            (24, 23, 23),
            (20, 23, 21),
        ],
    ];

    #[test]
    fn the_articles_figures_come_out_of_its_counts() {
        let labels: Vec<String> =
            ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
                .map(String::from)
                .into();
        let scores = [(0.52, (0.471, 0.569), 53), (0.54, (0.491, 0.588), 54), (0.38, (0.334, 0.428), 38)];
        let macros = [(54, 52, 53), (56, 54, 54), (40, 38, 38)];
        for (index, result) in ARTICLE.iter().enumerate() {
            let found = Judgement::new("60/40", &labels, &predictions(result), Temperature::Given(1.0)).expect("valid");
            let (accuracy, (low, high), macro_f1) = scores[index];
            assert_eq!((found.clips, found.accuracy, result.accuracy()), (400, accuracy, accuracy));
            assert!((found.interval.0 - low).abs() < 6e-4 && (found.interval.1 - high).abs() < 6e-4);
            let near = |value: f64, percent: u32| (value * 100.0 - f64::from(percent)).abs() <= 0.501;
            for (class, (precision, recall, f1)) in found.per_class.iter().zip(PRINTED[index]) {
                assert_eq!(class.support, 40);
                assert!(near(class.precision, precision) && near(class.recall, recall), "{index} {class:?}");
                assert!(near(class.f1, f1), "{index} {class:?}");
            }
            let all = found.macro_average;
            let (precision, recall, f1) = macros[index];
            assert!(near(all.precision, precision) && near(all.recall, recall) && near(all.f1, f1), "{all:?}");
            assert!((result.macro_f1() - all.f1).abs() < 1e-12 && near(all.f1, macro_f1));
            assert_eq!(found.macro_average.recall, found.balanced_accuracy);
        }
    }
}
