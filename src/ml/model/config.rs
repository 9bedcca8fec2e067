//! What is to be trained, on what, and how: everything that a run needs, and nothing else.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::batches::Augmentation;
use crate::ml::dataset::protocol::Protocol;
use crate::ml::dataset::{Dataset, Part, Sources};
use crate::ml::error::MlError;
use crate::ml::networks::NetworkSpec;
use crate::ml::nn::device::DeviceChoice;

/// The version of the configuration that this program writes and reads.
pub const CONFIG_FORMAT: u32 = 1;

/// The three architectures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// A convolutional network from scratch.
    Cnn,
    /// A pre-trained MobileNet with a new head.
    Mobilenet,
    /// A spectrogram branch and a wavelet branch.
    Multimodal,
}

/// Where the values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The article's network and training.
    Article,
    /// What works better and trains in minutes.
    Best,
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It does not.
    Constant,
    /// Rises linearly over the first tenth of the steps, falls to zero along a half cosine (I. Loshchilov and F. Hutter 2017).
    OneCycle,
}

/// How it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Passes over the training clips.
    pub epochs: usize,
    /// Examples of one step.
    pub batch: usize,
    /// Examples of each clip in an epoch.
    pub examples_per_clip: usize,
    /// Adam's learning rate, its largest where it changes.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Decoupled weight decay (AdamW); 0: plain Adam.
    pub weight_decay: f64,
    /// Share of the target that is spread over all genres.
    pub label_smoothing: f64,
    /// 1: every genre counts the same in the loss, 0: every clip does; between them by powers.
    pub class_balance: f64,
    /// How examples are varied.
    pub augmentation: Augmentation,
    /// Keep the weights of the epoch with the lowest validation loss instead of the last.
    pub keep_best: bool,
    /// Stop after this many epochs without a lower validation loss.
    pub patience: Option<usize>,
    /// Windows of a clip whose logits are averaged when it is judged, at most.
    pub windows: usize,
}

/// What a model is taught. Clips are named as in the data set; a song by its path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// The file of the model that learns; none: the built-in model.
    pub model: Option<PathBuf>,
    /// What it is called, for people.
    pub name: String,
    /// Corrections that it learns.
    pub learn: Vec<String>,
    /// Clips that it learned before and sees again, so that it does not forget.
    pub rehearse: Vec<String>,
    /// Corrections that judge; never learned.
    pub held_out: Vec<String>,
    /// The model's own test clips; they judge, too.
    pub own_test: Vec<String>,
}

impl Lesson {
    /// Who learns and who judges.
    ///
    /// # Errors
    /// When nothing is left of either.
    pub(in crate::ml) fn part(&self, data: &Dataset) -> Result<Part, MlError> {
        let test: HashSet<&String> = self.held_out.iter().chain(&self.own_test).collect();
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..data.clips.len()).partition(|clip| test.contains(&data.clips[*clip].name));
        if train.is_empty() || test.is_empty() {
            let what = if train.is_empty() { "learn from" } else { "judge with" };
            return Err(MlError::Training(format!("none of the corrections to {what} can be read")));
        }
        Ok(Part { train, valid: Vec::new(), test })
    }
}

/// A run's configuration; `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// [`CONFIG_FORMAT`].
    pub format: u32,
    /// Which of the three.
    pub architecture: Architecture,
    /// Which values it started from.
    pub preset: Preset,
    /// The network.
    pub network: NetworkSpec,
    /// How it is trained.
    pub training: Training,
    /// The clips.
    pub sources: Sources,
    /// Who trains and who judges.
    pub protocol: Protocol,
    /// Share of the training clips that validate.
    pub valid_share: f64,
    /// After the parts of the split, train once more on every clip: that is the model to use; the parts tell how good it is.
    pub final_model: bool,
    /// Decides everything that chance decides.
    pub seed: u64,
    /// Pre-trained weights to start from, where the network wants some; none: those that are built in.
    pub base: Option<PathBuf>,
    /// A trained model that learns from corrections, in place of a new network; it says who trains and who judges, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
    /// Train although the same clip is filed under different genres.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_contradictions: bool,
    /// Where it is trained.
    #[serde(default)]
    pub device: DeviceChoice,
}

/// A value that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The field's name, as in `config.json`.
    pub field: &'static str,
    /// What is wrong, for a person.
    pub reason: String,
}

impl Architecture {
    /// All of them, in the article's order.
    pub const ALL: [Self; 3] = [Self::Cnn, Self::Mobilenet, Self::Multimodal];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cnn => "cnn",
            Self::Mobilenet => "mobilenet",
            Self::Multimodal => "multimodal",
        }
    }
}

impl Preset {
    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Best => "best",
        }
    }
}

impl Config {
    /// Who trains and who judges.
    ///
    /// # Errors
    /// When the clips do not serve.
    pub(in crate::ml) fn parts(&self, data: &Dataset) -> Result<Vec<Part>, MlError> {
        match &self.lesson {
            Some(lesson) => Ok(vec![lesson.part(data)?]),
            None => self.protocol.parts(data, self.seed, self.valid_share),
        }
    }

    /// Makes every path absolute, and looks whether it is there.
    ///
    /// # Errors
    /// When one is not there.
    pub fn absolute_paths(&mut self) -> Result<(), MlError> {
        // A song that has gone only fails itself.
        let Sources { folders, wavelets, index, lists, tags, songs: _, library: _ } = &mut self.sources;
        let mut paths: Vec<&mut PathBuf> = folders.iter_mut().chain(lists).collect();
        paths.extend(wavelets.as_mut());
        paths.extend(index.as_mut());
        paths.extend(tags.as_mut());
        paths.extend(self.base.as_mut());
        paths.extend(self.lesson.as_mut().and_then(|lesson| lesson.model.as_mut()));
        if let Protocol::Lists { train, valid, test } = &mut self.protocol {
            paths.push(train);
            paths.extend(valid.as_mut());
            paths.extend(test.as_mut());
        }
        for path in paths {
            let there = std::path::absolute(&*path).and_then(|path| std::fs::metadata(&path).map(|_| path));
            *path = there.map_err(|source| MlError::Read { path: path.clone(), source })?;
        }
        Ok(())
    }

    /// Every value that cannot be; empty when all is well.
    pub fn troubles(&self) -> Vec<Trouble> {
        let t = &self.training;
        let mut troubles = Vec::new();
        let mut check = |good: bool, field: &'static str, reason: &str| {
            if !good {
                troubles.push(Trouble { field, reason: reason.to_owned() });
            }
        };
        let share = |value: f64| (0.0..1.0).contains(&value);
        check((1..=100_000).contains(&t.epochs), "epochs", "between 1 and 100,000");
        check((1..=1024).contains(&t.batch), "batch", "between 1 and 1024");
        check((1..=1000).contains(&t.examples_per_clip), "examples_per_clip", "between 1 and 1000");
        check(t.learning_rate > 0.0 && t.learning_rate <= 1.0, "learning_rate", "above 0 and at most 1");
        check((0.0..=1.0).contains(&t.weight_decay), "weight_decay", "between 0 and 1");
        check(share(t.label_smoothing), "label_smoothing", "at least 0 and below 1");
        check((0.0..=1.0).contains(&t.class_balance), "class_balance", "between 0 and 1");
        check((0.0..=10.0).contains(&t.augmentation.mixup), "mixup", "between 0 (off) and 10");
        check(share(t.augmentation.mask_bands), "mask_bands", "at least 0 and below 1");
        check(share(t.augmentation.mask_time), "mask_time", "at least 0 and below 1");
        check((0.0..=40.0).contains(&t.augmentation.gain_db), "gain_db", "between 0 and 40 dB");
        check(t.patience.is_none_or(|patience| patience > 0), "patience", "at least 1 epoch");
        check((1..=1000).contains(&t.windows), "windows", "between 1 and 1000");
        let network = self.network.trouble().map(|trouble| format!("one that can be: {trouble}"));
        check(network.is_none(), "network", network.as_deref().unwrap_or_default());
        check((0.0..=0.5).contains(&self.valid_share), "valid_share", "between 0 and 0.5");
        match self.protocol {
            Protocol::Holdout { train_share } | Protocol::ArtistHoldout { train_share } => {
                check((0.01..=1.0).contains(&train_share), "train_share", "between 0.01 and 1");
            }
            Protocol::Folds { folds } | Protocol::ArtistFolds { folds } => check(folds >= 2, "folds", "at least 2"),
            Protocol::Lists { .. } => {}
        }
        let listed = matches!(&self.protocol, Protocol::Lists { valid: Some(_), .. });
        check(
            self.valid_share > 0.0 || listed || !(t.keep_best || t.patience.is_some()),
            "valid_share",
            "above 0, or the best epoch cannot be told",
        );
        troubles
    }

    /// The same as one sentence.
    pub fn trouble(&self) -> Option<String> {
        let troubles = self.troubles();
        let sentence = |trouble: &Trouble| format!("{} must be {}", trouble.field.replace('_', " "), trouble.reason);
        (!troubles.is_empty()).then(|| troubles.iter().map(sentence).collect::<Vec<_>>().join("; "))
    }
}
