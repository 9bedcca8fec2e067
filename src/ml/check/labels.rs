//! Labels that a judge who has not seen the clip would not give.

use super::Doubtful;
use super::look::Look;
use crate::base::CancelToken;
use crate::ml::dataset::Dataset;
use crate::ml::dataset::protocol::Protocol;
use crate::ml::error::MlError;
use crate::ml::eval::metrics::fit_temperature;
use crate::ml::networks::regression::fit;
use crate::ml::nn::logits::softmax;

/// A label is doubtful when another genre is at least so probable and itself at most so.
const OTHER_AT_LEAST: f64 = 0.8;
const LABEL_AT_MOST: f64 = 0.05;
/// A genre with fewer clips to learn from says nothing about its other clips.
const FEWEST_CLIPS: usize = 10;
const FOLDS: usize = 5;
const L2: f64 = 0.05;

/// The logits of each clip from a regression that was fitted on the other folds.
fn held_out_logits(
    rows: &[Vec<f64>],
    truth: &[usize],
    labels: usize,
    fold_of: &[usize],
    cancel: &CancelToken,
) -> Result<Vec<Vec<f64>>, MlError> {
    let mut logits = vec![Vec::new(); rows.len()];
    for fold in 0..FOLDS {
        if cancel.is_cancelled() {
            return Err(MlError::Cancelled);
        }
        let (outside, inside): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|clip| fold_of[*clip] == fold);
        let fitted_rows: Vec<Vec<f64>> = inside.iter().map(|clip| rows[*clip].clone()).collect();
        let fitted_truth: Vec<usize> = inside.iter().map(|clip| truth[*clip]).collect();
        let head = fit(&fitted_rows, &fitted_truth, labels, L2);
        outside.into_iter().for_each(|clip| logits[clip] = head.logits(&rows[clip]));
    }
    Ok(logits)
}

/// What the judges found.
#[derive(Debug, Default)]
pub(in crate::ml) struct Verdicts {
    pub doubtful: Vec<Doubtful>,
    pub judged: usize,
    pub agreed: usize,
}

/// Each clip is judged by a logistic regression that was fitted on other folds: other artists, where artists are known. Clips
/// with sound by what the tagger hears, pictures by the levels of their bands.
pub(in crate::ml) fn judge(data: &Dataset, looks: &[Look], cancel: &CancelToken) -> Result<Verdicts, MlError> {
    let heard: Vec<(usize, Vec<f64>)> =
        looks.iter().enumerate().filter_map(|(clip, look)| Some((clip, look.embedding.clone()?))).collect();
    // Pictures learn from the levels of sound too.
    let seen: Vec<(usize, Vec<f64>)> = match looks.iter().any(|look| look.embedding.is_none() && look.grid.is_some()) {
        true => looks.iter().enumerate().filter_map(|(clip, look)| Some((clip, look.statistics()?))).collect(),
        false => Vec::new(),
    };
    let mut verdicts = Verdicts::default();
    verdicts.add(data, &heard, |_| true, cancel)?;
    verdicts.add(data, &seen, |clip| looks[clip].embedding.is_none(), cancel)?;
    verdicts.doubtful.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.clip.cmp(&b.clip)));
    Ok(verdicts)
}

impl Verdicts {
    fn add(
        &mut self,
        data: &Dataset,
        clips: &[(usize, Vec<f64>)],
        wanted: impl Fn(usize) -> bool,
        cancel: &CancelToken,
    ) -> Result<(), MlError> {
        let some = Dataset {
            labels: data.labels.clone(),
            clips: clips.iter().map(|(clip, _)| data.clips[*clip].clone()).collect(),
            ..Dataset::default()
        };
        if some.clips.len() < FOLDS * 2 || some.counts().iter().filter(|count| **count > 0).count() < 2 {
            return Ok(());
        }
        let by_artist = some.artists() >= FOLDS;
        let protocol =
            if by_artist { Protocol::ArtistFolds { folds: FOLDS } } else { Protocol::Folds { folds: FOLDS } };
        let parts = protocol.parts(&some, 1, 0.0)?;
        let mut fold_of = vec![0; some.clips.len()];
        for (fold, part) in parts.iter().enumerate() {
            part.test.iter().for_each(|clip| fold_of[*clip] = fold);
        }
        let (rows, truth) = (clips.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(), some.truth());
        let logits = held_out_logits(&rows, &truth, some.labels.len(), &fold_of, cancel)?;
        let learned = |clip: usize| {
            (0..truth.len()).filter(|other| truth[*other] == truth[clip] && fold_of[*other] != fold_of[clip]).count()
        };
        let judged: Vec<usize> =
            (0..truth.len()).filter(|clip| wanted(clips[*clip].0) && learned(*clip) >= FEWEST_CLIPS).collect();
        let temperature = fit_temperature(
            &judged.iter().map(|clip| truth[*clip]).collect::<Vec<_>>(),
            &judged.iter().map(|clip| logits[*clip].clone()).collect::<Vec<_>>(),
        );
        for clip in judged {
            let p = softmax(&logits[clip], temperature);
            let best = (0..p.len()).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap_or(0);
            self.judged += 1;
            self.agreed += usize::from(best == truth[clip]);
            if best != truth[clip] && p[best] >= OTHER_AT_LEAST && p[truth[clip]] <= LABEL_AT_MOST {
                self.doubtful.push(Doubtful {
                    clip: some.clips[clip].name.clone(),
                    genre: some.labels[truth[clip]].clone(),
                    sounds_like: some.labels[best].clone(),
                    probability: p[best],
                    label_probability: p[truth[clip]],
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::dataset::Clip;
    use crate::ml::nn::rng::Rng;

    #[test]
    fn a_clip_that_lies_among_another_genre_is_doubtful_and_small_genres_are_left_alone() {
        let mut rng = Rng::new(4);
        let (mut data, mut looks) = (Dataset::default(), Vec::new());
        data.labels = vec!["a".into(), "b".into(), "c".into()];
        for (label, count) in [30, 30, 5].into_iter().enumerate() {
            for i in 0..count {
                let centre = if (label, i) == (0, 7) { 1 } else { label };
                let row = (0..3).map(|j| 4.0 * f64::from(u8::from(j == centre)) + rng.uniform()).collect();
                looks.push(Look { embedding: Some(row), ..Look::default() });
                data.clips.push(Clip { name: format!("{label}.{i}"), label, ..Clip::default() });
            }
        }
        let verdicts = judge(&data, &looks, &CancelToken::default()).unwrap();
        assert_eq!((verdicts.judged, verdicts.agreed), (60, 59));
        let found: Vec<_> = verdicts.doubtful.iter().map(|d| (d.clip.as_str(), d.sounds_like.as_str())).collect();
        assert_eq!(found, [("0.7", "b")]);
        assert_eq!(judge(&Dataset::default(), &[], &CancelToken::default()).unwrap().judged, 0);
    }
}
