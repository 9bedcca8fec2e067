//! What can be typed after `timbre train` and `timbre evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::ml::dataset::Sources;
use crate::ml::dataset::protocol::Protocol;
use crate::ml::model::config::{Architecture, Config, Preset, Schedule};

/// Which clips.
#[derive(Clone, Debug, Args)]
pub struct Data {
    /// Folders with one folder a genre, of sound files or of spectrogram pictures; clips of the same name are joined.
    #[arg(value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// A folder with the wavelet pictures of the same clips, in the same layout.
    #[arg(long, value_name = "DIR")]
    pub wavelets: Option<PathBuf>,
    /// Who plays each clip (`clip ::: artist ::: title`); otherwise the files' tags are asked.
    #[arg(long, value_name = "FILE")]
    pub index: Option<PathBuf>,
    /// Only the clips of this list; may be given several times.
    #[arg(long = "list", value_name = "FILE")]
    pub lists: Vec<PathBuf>,
    /// What MusiCNN said of clips whose sound is not here (`tags` and `clip`, with the clips' names in a .txt beside it).
    #[arg(long, value_name = "FILE")]
    pub tags: Option<PathBuf>,
    /// The songs of the library whose genre was set by hand; their tags tell who plays them.
    #[arg(long)]
    pub library: bool,
}

impl Data {
    /// The same for the network layer.
    pub fn sources(&self) -> Sources {
        let Self { folders, wavelets, index, lists, tags, library } = self.clone();
        Sources { folders, wavelets, index, lists, tags, library, ..Sources::default() }
    }
}

/// What a configuration says; it would not be heard beside one.
const VALUES: [&str; 29] = [
    "architecture",
    "folders",
    "wavelets",
    "index",
    "lists",
    "tags",
    "library",
    "preset",
    "split",
    "train_share",
    "folds",
    "train_list",
    "valid_list",
    "test_list",
    "valid_share",
    "final_model",
    "epochs",
    "batch",
    "learning_rate",
    "schedule",
    "weight_decay",
    "label_smoothing",
    "mixup",
    "mask_bands",
    "mask_time",
    "class_balance",
    "patience",
    "base",
    "seed",
];

/// `timbre train`.
#[derive(Debug, Args)]
pub struct Train {
    /// The architecture: cnn, mobilenet or multimodal.
    #[arg(value_enum, required_unless_present_any = ["resume", "config", "learn_from_corrections"])]
    pub architecture: Option<ArchitectureArg>,
    /// The clips.
    #[command(flatten)]
    pub data: Data,
    /// Where the values come from that are not given here.
    #[arg(long, value_enum, default_value_t = PresetArg::Best)]
    pub preset: PresetArg,
    /// Takes every value from a `config.json` instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = VALUES, conflicts_with = "allow_contradictions")]
    pub config: Option<PathBuf>,
    /// Goes on with a run that was stopped (its id, the beginning of it, or its folder), with the values that it began with.
    #[arg(long, value_name = "RUN", conflicts_with_all = VALUES, conflicts_with_all = ["config", "branches", "name"])]
    pub resume: Option<String>,
    /// Teaches a copy of this model (a run, or `built-in`) the genres that you set by hand in the library, and says how many songs
    /// that it never learns are right before and after.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["architecture", "config", "resume"])]
    pub learn_from_corrections: Option<String>,
    /// The model that has learned decides the library's genres from now on.
    #[arg(long, requires = "learn_from_corrections")]
    pub accept: bool,
    /// How the clips are divided.
    #[arg(long, value_enum, default_value_t = SplitArg::Holdout)]
    pub split: SplitArg,
    /// Share of the clips that train [default: 0.6].
    #[arg(long)]
    pub train_share: Option<f64>,
    /// Number of folds [default: 5].
    #[arg(long, value_parser = clap::value_parser!(u16).range(2..=100))]
    pub folds: Option<u16>,
    /// Clips that train, one a line (with --split lists).
    #[arg(long, value_name = "FILE", required_if_eq("split", "lists"))]
    pub train_list: Option<PathBuf>,
    /// Clips that validate.
    #[arg(long, value_name = "FILE")]
    pub valid_list: Option<PathBuf>,
    /// Clips that judge.
    #[arg(long, value_name = "FILE")]
    pub test_list: Option<PathBuf>,
    /// Share of the training clips that validate.
    #[arg(long)]
    pub valid_share: Option<f64>,
    /// After the split's parts, train once more on every clip: the model to use. With folds this is the rule, unless it is `false`.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub final_model: Option<bool>,
    /// Passes over the clips.
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Examples of one step.
    #[arg(long)]
    pub batch: Option<usize>,
    /// Adam's learning rate.
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// How it changes.
    #[arg(long, value_enum)]
    pub schedule: Option<ScheduleArg>,
    /// Decoupled weight decay.
    #[arg(long)]
    pub weight_decay: Option<f64>,
    /// Share of the target that is spread over all genres.
    #[arg(long)]
    pub label_smoothing: Option<f64>,
    /// Mixing of examples (parameter of the beta distribution; 0: none).
    #[arg(long)]
    pub mixup: Option<f64>,
    /// Largest share of the bands that is blanked in an example.
    #[arg(long)]
    pub mask_bands: Option<f64>,
    /// Largest share of the time that is blanked.
    #[arg(long)]
    pub mask_time: Option<f64>,
    /// 1: every genre counts the same, 0: every clip does.
    #[arg(long)]
    pub class_balance: Option<f64>,
    /// Stop after this many epochs without a lower validation loss, and keep the best.
    #[arg(long)]
    pub patience: Option<usize>,
    /// Use only this branch of a multimodal network (spectrogram, wavelet, …); may be given several times.
    #[arg(long = "branch", value_name = "NAME")]
    pub branches: Vec<String>,
    /// Pre-trained weights to start from.
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    /// Decides everything that chance decides.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Trains although the same clip is filed under different genres. A run that goes on keeps what it was told before, and can
    /// be told so now.
    #[arg(long)]
    pub allow_contradictions: bool,
    /// What the run is called.
    #[arg(long)]
    pub name: Option<String>,
    /// Copies the trained model here, in half precision.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `timbre evaluate`.
#[derive(Debug, Args)]
pub struct Evaluate {
    /// A model file, a run (id or folder), an exported run (.zip), or `built-in`.
    pub model: String,
    /// The clips.
    #[command(flatten)]
    pub data: Data,
}

/// The three architectures.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ArchitectureArg {
    /// A convolutional network from scratch.
    Cnn,
    /// A pre-trained MobileNet.
    Mobilenet,
    /// A spectrogram branch and a wavelet branch.
    Multimodal,
}

/// Where the values come from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PresetArg {
    /// The article's network and training: 500 epochs of Adam at 1e-4.
    Article,
    /// What works better and trains in minutes.
    Best,
}

/// How the clips are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitArg {
    /// Drawn at random, each genre in proportion (the article's 60/40).
    Holdout,
    /// Every clip judges once.
    Folds,
    /// The same, no artist in two folds.
    ArtistFolds,
    /// Drawn at random, artist by artist.
    ArtistHoldout,
    /// As list files say.
    Lists,
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ScheduleArg {
    /// Not at all.
    Constant,
    /// Rises over a tenth of the steps, falls to zero along a half cosine.
    OneCycle,
}

impl From<ArchitectureArg> for Architecture {
    fn from(architecture: ArchitectureArg) -> Self {
        match architecture {
            ArchitectureArg::Cnn => Self::Cnn,
            ArchitectureArg::Mobilenet => Self::Mobilenet,
            ArchitectureArg::Multimodal => Self::Multimodal,
        }
    }
}

impl Train {
    /// What was asked for and would not be heard; none when all is.
    pub fn unheard(&self, config: &Config) -> Option<String> {
        let by_lot = matches!(self.split, SplitArg::Holdout | SplitArg::ArtistHoldout);
        let by_folds = matches!(self.split, SplitArg::Folds | SplitArg::ArtistFolds);
        let lists = [&self.train_list, &self.valid_list, &self.test_list];
        let told = [
            (
                self.base.is_some() && config.network.base().is_none(),
                "--base: this network does not start from pre-trained weights",
            ),
            (self.folds.is_some() && !by_folds, "--folds needs --split folds or --split artist-folds"),
            (self.train_share.is_some() && !by_lot, "--train-share needs --split holdout or --split artist-holdout"),
            (
                lists.iter().any(|list| list.is_some()) && self.split != SplitArg::Lists,
                "lists of clips need --split lists",
            ),
        ];
        told.into_iter().find(|(unheard, _)| *unheard).map(|(_, trouble)| trouble.to_owned())
    }

    /// The configuration that the arguments describe; the architecture is given.
    pub fn config(&self, architecture: ArchitectureArg) -> Config {
        let preset = match self.preset {
            PresetArg::Article => Preset::Article,
            PresetArg::Best => Preset::Best,
        };
        let mut config = Config::preset(architecture.into(), preset);
        config.sources = self.data.sources();
        config.allow_contradictions = self.allow_contradictions;
        let (train_share, folds) = (self.train_share.unwrap_or(0.6), usize::from(self.folds.unwrap_or(5)));
        config.protocol = match self.split {
            SplitArg::Holdout => Protocol::Holdout { train_share },
            SplitArg::ArtistHoldout => Protocol::ArtistHoldout { train_share },
            SplitArg::Folds => Protocol::Folds { folds },
            SplitArg::ArtistFolds => Protocol::ArtistFolds { folds },
            SplitArg::Lists => Protocol::Lists {
                train: self.train_list.clone().unwrap_or_default(),
                valid: self.valid_list.clone(),
                test: self.test_list.clone(),
            },
        };
        let folds = matches!(self.split, SplitArg::Folds | SplitArg::ArtistFolds);
        config.final_model = self.final_model.unwrap_or(folds);
        config.seed = self.seed;
        config.base.clone_from(&self.base);
        set(&mut config.valid_share, self.valid_share);
        let training = &mut config.training;
        set(&mut training.epochs, self.epochs);
        set(&mut training.batch, self.batch);
        set(&mut training.learning_rate, self.learning_rate);
        set(&mut training.weight_decay, self.weight_decay);
        set(&mut training.label_smoothing, self.label_smoothing);
        set(&mut training.class_balance, self.class_balance);
        set(&mut training.augmentation.mixup, self.mixup);
        set(&mut training.augmentation.mask_bands, self.mask_bands);
        set(&mut training.augmentation.mask_time, self.mask_time);
        if let Some(schedule) = self.schedule {
            training.schedule = match schedule {
                ScheduleArg::Constant => Schedule::Constant,
                ScheduleArg::OneCycle => Schedule::OneCycle,
            };
        }
        if let Some(patience) = self.patience {
            (training.patience, training.keep_best) = (Some(patience), true);
        }
        config
    }
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Cli, Command};

    #[test]
    fn a_model_of_every_clip_is_the_rule_with_folds() {
        let final_model = |more: &[&str]| {
            let line = [&["timbre", "train", "cnn", "genres"], more].concat();
            let Some(Command::Train(train)) = Cli::try_parse_from(line).unwrap().command else { panic!() };
            train.config(train.architecture.unwrap()).final_model
        };
        assert!(final_model(&["--split", "artist-folds"]) && final_model(&["--final-model"]));
        assert!(!final_model(&[]) && !final_model(&["--split", "folds", "--final-model=false"]));
    }
}
