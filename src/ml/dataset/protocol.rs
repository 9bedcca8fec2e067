//! Who trains and who judges.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::open::read_names;
use super::{Clip, Dataset};
use crate::ml::dataset::split::grouped_folds;
use crate::ml::error::MlError;
use crate::ml::nn::rng::Rng;

/// How clips are divided into those that train and those that judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Protocol {
    /// Drawn at random, each genre in the same proportion: the article's, with 0.6.
    Holdout {
        /// Share of the clips that train, 0..1.
        train_share: f64,
    },
    /// As lists say, one clip a line.
    Lists {
        /// Clips to train on.
        train: PathBuf,
        /// Clips to validate on; without it they are taken out of the training clips.
        #[serde(default)]
        valid: Option<PathBuf>,
        /// Clips to judge on; without it there is no test score.
        #[serde(default)]
        test: Option<PathBuf>,
    },
    /// Every clip judges once, each genre spread evenly over the folds.
    Folds {
        /// How many.
        folds: usize,
    },
    /// The same, with all clips of an artist in one fold.
    ArtistFolds {
        /// How many.
        folds: usize,
    },
    /// Drawn at random, artist by artist.
    ArtistHoldout {
        /// Share of the clips that train, 0..1.
        train_share: f64,
    },
}

/// One training and what judges it: indices into [`Dataset::clips`], rising.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Clips to train on.
    pub train: Vec<usize>,
    /// Clips that decide when to stop and how to calibrate.
    pub valid: Vec<usize>,
    /// Clips that judge.
    pub test: Vec<usize>,
}

impl Protocol {
    /// Divides the clips. The validation clips are `valid_share` of the training clips (none for 0) and never judge; they
    /// share no artist with the rest where the protocol promises that.
    ///
    /// # Errors
    /// When a share or number is out of range, no artist is known, a list cannot be read or names no clip of the data set.
    pub fn parts(&self, data: &Dataset, seed: u64, valid_share: f64) -> Result<Vec<Part>, MlError> {
        let wrong = |reason: &str| MlError::Training(reason.into());
        if !(0.0..=0.9).contains(&valid_share) {
            return Err(wrong("the share of validation clips must lie between 0 and 0.9"));
        }
        if let Self::Holdout { train_share } | Self::ArtistHoldout { train_share } = self
            && !(0.01..=1.0).contains(train_share)
        {
            return Err(wrong("the share of training clips must lie between 0.01 and 1"));
        }
        if let Self::Folds { folds } | Self::ArtistFolds { folds } = self
            && (*folds < 2 || *folds > data.clips.len())
        {
            return Err(wrong("there must be at least two folds and not more than clips"));
        }
        if matches!(self, Self::ArtistFolds { .. } | Self::ArtistHoldout { .. }) && data.artists() < 2 {
            return Err(wrong(
                "the artists of the clips are not known, so they cannot be kept apart; give an index of artists, tag the files, or choose a protocol without artists",
            ));
        }
        let all: Vec<usize> = (0..data.clips.len()).collect();
        let mut rng = Rng::new(seed);
        let mut parts = match self {
            Self::Holdout { train_share } => {
                let train = stratified(data, &all, *train_share, &mut rng);
                vec![part(&all, train)]
            }
            Self::ArtistHoldout { train_share } => {
                let train = by_group(data, &all, *train_share, &mut rng);
                vec![part(&all, train)]
            }
            Self::Folds { folds } => fold_parts(&stratified_folds(data, *folds, &mut rng), *folds),
            Self::ArtistFolds { folds } => {
                fold_parts(&grouped_folds(&data.groups(), &data.truth(), *folds, seed), *folds)
            }
            Self::Lists { train, valid, test } => vec![listed(data, train, valid.as_ref(), test.as_ref())?],
        };
        for part in parts.iter_mut().filter(|part| part.valid.is_empty()) {
            let kept = if self.keeps_artists_apart() && data.artists() >= 2 {
                by_group(data, &part.train, 1.0 - valid_share, &mut rng)
            } else {
                stratified(data, &part.train, 1.0 - valid_share, &mut rng)
            };
            let kept: HashSet<usize> = kept.into_iter().collect();
            (part.train, part.valid) = part.train.iter().partition(|clip| kept.contains(clip));
        }
        if parts.iter().any(|part| part.train.is_empty()) {
            return Err(wrong("no clip is left to train on"));
        }
        Ok(parts)
    }

    /// Whether no artist trains and judges.
    fn keeps_artists_apart(&self) -> bool {
        matches!(self, Self::ArtistFolds { .. } | Self::ArtistHoldout { .. } | Self::Lists { .. })
    }

    /// What a score by this protocol means, in a sentence.
    pub fn describe(&self) -> String {
        let leak = "songs of one artist, or copies of one song, may be on both sides, which flatters the score";
        let percent = |share: f64| (share * 100.0).round();
        match self {
            Self::Holdout { train_share } => {
                let train = percent(*train_share);
                format!("{train} % of each genre drawn at random to train, {} % to judge; {leak}", 100.0 - train)
            }
            Self::Folds { folds } => format!("{folds} folds drawn at random, each genre spread evenly; {leak}"),
            Self::ArtistFolds { folds } => format!("{folds} folds, all clips of an artist in one of them"),
            Self::ArtistHoldout { train_share } => {
                let train = percent(*train_share);
                format!("about {train} % to train, {} % to judge, drawn artist by artist", 100.0 - train)
            }
            Self::Lists { valid, test, .. } => {
                let valid = if valid.is_some() { "validation as listed" } else { "validation from the training list" };
                match test {
                    Some(_) => format!("training and test clips as listed, {valid}"),
                    None => format!("training clips as listed, {valid}; no test clips, so there is no test score"),
                }
            }
        }
    }
}

/// Hash of which clips train, validate and judge, so that two runs can be compared: 16 hex digits.
pub fn split_hash(data: &Dataset, parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        for (role, clips) in [("train", &part.train), ("valid", &part.valid), ("test", &part.test)] {
            text += role;
            for clip in clips.iter().filter_map(|clip| data.clips.get(*clip)) {
                let label = data.labels.get(clip.label).map_or("", String::as_str);
                text.extend(["\n", label, "\t", &clip.name]);
            }
            text.push('\n');
        }
    }
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

fn part(all: &[usize], mut train: Vec<usize>) -> Part {
    train.sort_unstable();
    let test = all.iter().copied().filter(|clip| train.binary_search(clip).is_err()).collect();
    Part { train, valid: Vec::new(), test }
}

fn fold_parts(fold_of: &[usize], folds: usize) -> Vec<Part> {
    let part = |fold: usize| {
        let (test, train) = (0..fold_of.len()).partition(|clip| fold_of[*clip] == fold);
        Part { train, valid: Vec::new(), test }
    };
    (0..folds).map(part).collect()
}

/// The clips of each genre, in the order of their names whatever the order of files was.
fn by_label(data: &Dataset, clips: &[usize]) -> Vec<Vec<usize>> {
    let mut lists = vec![Vec::new(); data.labels.len()];
    for clip in clips {
        if let Some(list) = lists.get_mut(data.clips[*clip].label) {
            list.push(*clip);
        }
    }
    for list in &mut lists {
        list.sort_by(|a, b| data.clips[*a].name.cmp(&data.clips[*b].name));
    }
    lists
}

/// A share of each genre, at random; at least one clip of each.
fn stratified(data: &Dataset, clips: &[usize], share: f64, rng: &mut Rng) -> Vec<usize> {
    let mut taken = Vec::new();
    for mut list in by_label(data, clips) {
        rng.shuffle(&mut list);
        let count = ((list.len() as f64 * share).round() as usize).clamp(list.len().min(1), list.len());
        taken.extend(&list[..count]);
    }
    taken
}

/// The fold of each clip. The folds of a genre begin where those of the one before ended, so that folds differ in size by
/// one at most.
fn stratified_folds(data: &Dataset, folds: usize, rng: &mut Rng) -> Vec<usize> {
    let mut fold_of = vec![0; data.clips.len()];
    let mut next = 0;
    for mut list in by_label(data, &(0..data.clips.len()).collect::<Vec<_>>()) {
        rng.shuffle(&mut list);
        for clip in list {
            fold_of[clip] = next % folds;
            next += 1;
        }
    }
    fold_of
}

/// About a share of each genre, whole groups at random. A group goes to the other side while that lacks clips of its genre and
/// would not be overfilled by it by more than it lacks; a genre's only group stays.
fn by_group(data: &Dataset, clips: &[usize], share: f64, rng: &mut Rng) -> Vec<usize> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for clip in clips {
        groups.entry(&data.clips[*clip].group).or_default().push(*clip);
    }
    let mut lacking: Vec<f64> =
        by_label(data, clips).iter().map(|list| (list.len() as f64 * (1.0 - share)).round()).collect();
    let mut left: Vec<usize> = by_label(data, clips).iter().map(Vec::len).collect();
    let mut order: Vec<Vec<usize>> = groups.into_values().collect();
    rng.shuffle(&mut order);
    let mut kept = Vec::new();
    for group in order {
        let mut of_label = BTreeMap::new();
        for clip in &group {
            *of_label.entry(data.clips[*clip].label).or_insert(0usize) += 1;
        }
        let better = |(label, count): (&usize, &usize)| {
            let lack = lacking[*label];
            lack > 0.0 && *count as f64 - lack <= lack && *count < left[*label]
        };
        if of_label.iter().all(better) {
            for (label, count) in of_label {
                lacking[label] -= count as f64;
                left[label] -= count;
            }
        } else {
            kept.extend(group);
        }
    }
    kept
}

fn listed(data: &Dataset, train: &PathBuf, valid: Option<&PathBuf>, test: Option<&PathBuf>) -> Result<Part, MlError> {
    let mut taken = HashSet::new();
    // Test clips first: whatever another list says, they neither train nor validate.
    let mut pick = |list: Option<&PathBuf>| -> Result<Vec<usize>, MlError> {
        let Some(list) = list else { return Ok(Vec::new()) };
        let names: HashSet<String> = read_names(list)?.into_iter().map(|name| name.to_lowercase()).collect();
        let named = |clip: &Clip| names.contains(&clip.name.to_lowercase());
        let clips: Vec<usize> =
            (0..data.clips.len()).filter(|clip| named(&data.clips[*clip]) && taken.insert(*clip)).collect();
        if clips.is_empty() {
            let reason =
                format!("no clip that {} names is in the data set, or all are in another list", list.display());
            return Err(MlError::Training(reason));
        }
        Ok(clips)
    };
    let (test, valid) = (pick(test)?, pick(valid)?);
    Ok(Part { train: pick(Some(train))?, valid, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three genres of 20, 30 and 40 clips; an artist has five clips in a row.
    fn data() -> Dataset {
        let mut clips = Vec::new();
        for (label, count) in [20, 30, 40].into_iter().enumerate() {
            for i in 0..count {
                clips.push(Clip {
                    name: format!("{label}.{i:05}"),
                    label,
                    group: format!("artist {label} {}", i / 5),
                    artist_known: true,
                    ..Clip::default()
                });
            }
        }
        Dataset { labels: vec!["a".into(), "b".into(), "c".into()], clips, ..Dataset::default() }
    }

    fn count(data: &Dataset, clips: &[usize], label: usize) -> usize {
        clips.iter().filter(|clip| data.clips[**clip].label == label).count()
    }

    fn groups<'a>(data: &'a Dataset, clips: &[usize]) -> HashSet<&'a str> {
        clips.iter().map(|clip| data.clips[*clip].group.as_str()).collect()
    }

    #[test]
    fn every_clip_has_one_role_and_the_seed_decides_which() {
        let data = data();
        let protocols = [
            Protocol::Holdout { train_share: 0.6 },
            Protocol::Folds { folds: 4 },
            Protocol::ArtistFolds { folds: 3 },
            Protocol::ArtistHoldout { train_share: 0.6 },
        ];
        for protocol in protocols {
            let parts = protocol.parts(&data, 1, 0.2).unwrap();
            let mut judged: Vec<usize> = Vec::new();
            for part in &parts {
                let mut all = [part.train.clone(), part.valid.clone(), part.test.clone()].concat();
                all.sort_unstable();
                assert_eq!(all, (0..90).collect::<Vec<_>>(), "{protocol:?}");
                assert!(!part.valid.is_empty() && part.train.is_sorted() && part.valid.is_sorted());
                assert!((0..3).all(|label| count(&data, &part.train, label) > 0));
                judged.extend(&part.test);
                if matches!(protocol, Protocol::ArtistFolds { .. } | Protocol::ArtistHoldout { .. }) {
                    let sides = [&part.train, &part.valid, &part.test].map(|clips| groups(&data, clips));
                    assert!(sides[0].is_disjoint(&sides[1]) && sides[0].is_disjoint(&sides[2]));
                    assert!(sides[1].is_disjoint(&sides[2]));
                }
            }
            judged.sort_unstable();
            if parts.len() > 1 {
                assert_eq!(judged, (0..90).collect::<Vec<_>>(), "every clip judges once");
            }
            let hash = split_hash(&data, &parts);
            assert_eq!(hash, split_hash(&data, &protocol.parts(&data, 1, 0.2).unwrap()));
            assert_ne!(hash, split_hash(&data, &protocol.parts(&data, 2, 0.2).unwrap()));
            assert!(protocol.parts(&data, 1, 0.0).unwrap()[0].valid.is_empty());
            let text = serde_json::to_string(&protocol).unwrap();
            assert_eq!(serde_json::from_str::<Protocol>(&text).unwrap(), protocol);
        }
    }

    #[test]
    fn shares_hold_in_every_genre() {
        let data = data();
        let part = &Protocol::Holdout { train_share: 0.6 }.parts(&data, 7, 0.25).unwrap()[0];
        assert_eq!([0, 1, 2].map(|label| count(&data, &part.test, label)), [8, 12, 16]);
        assert_eq!([0, 1, 2].map(|label| count(&data, &part.valid, label)), [3, 4, 6]);
        let part = &Protocol::ArtistHoldout { train_share: 0.5 }.parts(&data, 7, 0.0).unwrap()[0];
        assert_eq!([0, 1, 2].map(|label| count(&data, &part.test, label)), [10, 15, 20]);
        for part in (Protocol::Folds { folds: 4 }).parts(&data, 7, 0.0).unwrap() {
            assert!(
                [0, 1, 2]
                    .map(|label| count(&data, &part.test, label))
                    .iter()
                    .zip([5, 7, 10])
                    .all(|(n, least)| *n >= least)
            );
        }
    }

    #[test]
    fn a_genres_only_artist_is_never_taken_from_the_training() {
        let mut data = data();
        for clip in data.clips.iter_mut().filter(|clip| clip.label == 0) {
            clip.group = "the only one".into();
        }
        for seed in 0..20 {
            let part = &Protocol::ArtistHoldout { train_share: 0.6 }.parts(&data, seed, 0.2).unwrap()[0];
            assert_eq!(count(&data, &part.train, 0), 20);
        }
    }

    #[test]
    fn lists_decide_and_test_clips_never_train() {
        let (data, dir) = (data(), tempfile::tempdir().unwrap());
        let list = |name: &str, lines: &[&str]| {
            let path = dir.path().join(name);
            std::fs::write(&path, lines.join("\n")).unwrap();
            path
        };
        let train = list("train", &["0/0.00000", "0.00001.wav", "1.00002", "1.00003", "nobody"]);
        let test = list("test", &["1.00003"]);
        let protocol = Protocol::Lists { train: train.clone(), valid: None, test: Some(test) };
        let part = &protocol.parts(&data, 1, 0.0).unwrap()[0];
        assert_eq!((part.train.as_slice(), part.test.as_slice()), (&[0, 1, 22][..], &[23][..]));
        let valid = list("valid", &["2.00000"]);
        let protocol = Protocol::Lists { train: train.clone(), valid: Some(valid), test: None };
        let part = &protocol.parts(&data, 1, 0.5).unwrap()[0];
        assert_eq!((part.train.len(), part.valid.as_slice(), part.test.len()), (4, &[50][..], 0));
        assert!(protocol.describe().contains("no test score"));
        let strange = list("strange", &["x"]);
        assert!(Protocol::Lists { train: strange, valid: None, test: None }.parts(&data, 1, 0.0).is_err());
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let mut data = data();
        for protocol in
            [Protocol::Folds { folds: 1 }, Protocol::Folds { folds: 91 }, Protocol::Holdout { train_share: 0.0 }]
        {
            assert!(protocol.parts(&data, 1, 0.1).is_err());
        }
        assert!(Protocol::Folds { folds: 3 }.parts(&data, 1, f64::NAN).is_err());
        data.clips.iter_mut().for_each(|clip| clip.artist_known = false);
        let error = Protocol::ArtistFolds { folds: 3 }.parts(&data, 1, 0.1).unwrap_err().to_string();
        assert!(error.contains("artists"), "{error}");
        assert!(Protocol::Folds { folds: 3 }.parts(&data, 1, 0.1).is_ok());
    }
}
