//! The form of a training that is to be started.

use std::path::{Path, PathBuf};

use crate::ml::dataset::protocol::Protocol;
use crate::ml::model::config::{Architecture, Config, Preset};
use crate::ml::networks::{Base, NetworkSpec};
use crate::ml::train::estimate::{Memory, memory};

use super::Training;

/// What a chosen file or folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataPart {
    /// A folder of clips.
    Folder,
    /// The folder of wavelet pictures.
    Wavelets,
    /// Who plays each clip.
    Index,
    /// A list of the clips to use.
    List,
    /// A list of the clips to train on.
    TrainList,
    /// A list of the clips to validate on.
    ValidList,
    /// A list of the clips that judge.
    TestList,
    /// Pre-trained weights.
    Base,
}

impl DataPart {
    /// Whether it is a file, not a folder.
    pub fn is_file(self) -> bool {
        !matches!(self, Self::Folder | Self::Wavelets)
    }

    /// What a dialog that asks for it says.
    pub fn question(self) -> &'static str {
        match self {
            Self::Folder => "Choose a folder with one folder a genre",
            Self::Wavelets => "Choose the folder of wavelet pictures",
            Self::Index => "Choose the file that says who plays each clip",
            Self::List => "Choose a list of clips to use",
            Self::TrainList => "Choose the list of clips to train on",
            Self::ValidList => "Choose the list of clips to validate on",
            Self::TestList => "Choose the list of clips that judge",
            Self::Base => "Choose the pre-trained weights",
        }
    }
}

/// How clips can be divided; what [`Protocol`] is without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// By lot.
    Holdout,
    /// By lot, artist by artist.
    ArtistHoldout,
    /// Every clip judges once.
    Folds,
    /// Every clip judges once, artist by artist.
    ArtistFolds,
    /// As lists say.
    Lists,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::ArtistFolds, Self::ArtistHoldout, Self::Folds, Self::Holdout, Self::Lists];

    /// The one of a protocol.
    pub fn of(protocol: &Protocol) -> Self {
        match protocol {
            Protocol::Holdout { .. } => Self::Holdout,
            Protocol::ArtistHoldout { .. } => Self::ArtistHoldout,
            Protocol::Folds { .. } => Self::Folds,
            Protocol::ArtistFolds { .. } => Self::ArtistFolds,
            Protocol::Lists { .. } => Self::Lists,
        }
    }

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holdout => "Once, at random (the article's)",
            Self::ArtistHoldout => "Once, artists kept apart",
            Self::Folds => "Folds, at random",
            Self::ArtistFolds => "Folds, artists kept apart",
            Self::Lists => "As lists say",
        }
    }

    /// A protocol of this kind, with the values of `old` where it has them.
    pub fn protocol(self, old: &Protocol) -> Protocol {
        let folds = match old {
            Protocol::Folds { folds } | Protocol::ArtistFolds { folds } => *folds,
            _ => 5,
        };
        let train_share = match old {
            Protocol::Holdout { train_share } | Protocol::ArtistHoldout { train_share } => *train_share,
            _ => 0.6,
        };
        match self {
            Self::Holdout => Protocol::Holdout { train_share },
            Self::ArtistHoldout => Protocol::ArtistHoldout { train_share },
            Self::Folds => Protocol::Folds { folds },
            Self::ArtistFolds => Protocol::ArtistFolds { folds },
            Self::Lists => match old {
                Protocol::Lists { .. } => old.clone(),
                _ => Protocol::Lists { train: PathBuf::new(), valid: None, test: None },
            },
        }
    }
}

/// The form.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// What would be trained.
    pub config: Config,
    /// What the run would be called; empty: after its network and preset.
    pub name: String,
}

/// How fast a network trains here, as steps on noise tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What was asked about.
    pub config: Config,
    /// Examples a second, or why it cannot be trained; none: not known yet.
    pub rate: Option<Result<f64, String>>,
}

impl Trial {
    /// Whether it tells of this configuration, too.
    pub fn is_of(&self, config: &Config) -> bool {
        let what =
            |config: &Config| (config.network.clone(), config.training.batch, config.device, config.base.clone());
        what(&self.config) == what(config)
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self { config: Config::preset(Architecture::Cnn, Preset::Best), name: String::new() }
    }
}

impl Setup {
    /// The values of a preset; clips, split, seed, weights and device stay as they are.
    pub fn choose(&mut self, architecture: Architecture, preset: Preset) {
        let fresh = Config::preset(architecture, preset);
        let old = std::mem::replace(&mut self.config, fresh);
        let Config { sources, protocol, valid_share, final_model, seed, base, device, allow_contradictions, .. } = old;
        let fresh = self.config.clone();
        self.config =
            Config { sources, protocol, valid_share, final_model, seed, base, device, allow_contradictions, ..fresh };
    }

    /// The values and clips of a run, to be changed or trained again. A library is asked anew which songs it has.
    pub fn like(config: &Config) -> Self {
        let mut config = config.clone();
        config.sources.library |= !std::mem::take(&mut config.sources.songs).is_empty();
        Self { config, name: String::new() }
    }

    /// Trains on the songs of the library, or no longer. Their tags name artists, who are kept apart unless the person has it
    /// otherwise.
    pub fn use_library(&mut self, on: bool) {
        self.config.sources.library = on;
        if on && matches!(self.config.protocol, Protocol::Holdout { .. }) {
            self.config.protocol = Split::ArtistHoldout.protocol(&self.config.protocol);
        }
    }

    /// Puts a chosen file or folder in its place.
    pub fn put(&mut self, part: DataPart, path: PathBuf) {
        // What was accepted of other clips was accepted of those only.
        self.config.allow_contradictions &= part == DataPart::Base;
        let sources = &mut self.config.sources;
        match part {
            DataPart::Folder if !sources.folders.contains(&path) => sources.folders.push(path),
            DataPart::Folder => {}
            DataPart::Wavelets => sources.wavelets = Some(path),
            DataPart::Index => sources.index = Some(path),
            DataPart::List if !sources.lists.contains(&path) => sources.lists.push(path),
            DataPart::List => {}
            DataPart::Base => self.config.base = Some(path),
            DataPart::TrainList | DataPart::ValidList | DataPart::TestList => {
                let mut protocol = Split::Lists.protocol(&self.config.protocol);
                if let Protocol::Lists { train, valid, test } = &mut protocol {
                    match part {
                        DataPart::ValidList => *valid = Some(path),
                        DataPart::TestList => *test = Some(path),
                        _ => *train = path,
                    }
                }
                self.config.protocol = protocol;
            }
        }
    }

    /// Puts what was dropped in its place, by its name: a folder of wavelets is called so, an index as well.
    pub fn put_dropped(&mut self, path: PathBuf, is_folder: bool) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let ends = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
        let part = match is_folder {
            true if name.contains("wavelet") || name.contains("scalogram") => DataPart::Wavelets,
            true => DataPart::Folder,
            false if ends("safetensors") => DataPart::Base,
            false if name.contains("index") => DataPart::Index,
            false => DataPart::List,
        };
        self.put(part, path);
    }

    /// The file of weights that the network cannot be trained without, and that is not named yet.
    pub fn lacks_base(&self) -> bool {
        self.config.base.is_none() && self.config.network.base() == Some(Base::MobileNetV2)
    }

    /// Why it cannot be started; none when it can.
    pub fn obstacle(&self, training: &Training) -> Option<String> {
        let sources = &self.config.sources;
        if sources.is_empty() {
            return Some("Choose a folder of clips first.".into());
        }
        if sources.folders.is_empty()
            && let Some(obstacle) = training.library_obstacle()
        {
            return Some(obstacle);
        }
        if self.lacks_base() {
            return Some("Choose a file of MobileNetV2 weights first.".into());
        }
        let by_artist = matches!(Split::of(&self.config.protocol), Split::ArtistFolds | Split::ArtistHoldout);
        if by_artist && sources.folders.is_empty() && training.by_hand.iter().all(|genre| genre.artists < 2) {
            return Some("The songs' tags name no artists, so they cannot be kept apart: divide at random.".into());
        }
        let checked = training.check_of(sources);
        if let Some(check) = checked {
            if !check.contradictions.is_empty() && !self.config.allow_contradictions {
                return Some(
                    "The same clip is filed under different genres: correct that, or choose “Train anyway” beside it."
                        .into(),
                );
            }
            if check.genres.iter().filter(|genre| genre.clips > 0).count() < 2 {
                return Some("There must be clips of at least two genres.".into());
            }
            if by_artist && check.artists < 2 {
                return Some(
                    "Artists are not known, so they cannot be kept apart: name an index or divide at random.".into(),
                );
            }
        }
        if let Protocol::Lists { train, .. } = &self.config.protocol
            && train.as_os_str().is_empty()
        {
            return Some("Choose the list of clips to train on.".into());
        }
        let trouble = self.config.trouble()?;
        let mut letters = trouble.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        Some(format!("{first}{}.", letters.as_str()))
    }

    /// Examples that one epoch of one part trains on, and how often a part is trained.
    fn work(&self, clips: usize) -> (f64, usize) {
        let (share, parts) = match &self.config.protocol {
            Protocol::Holdout { train_share } | Protocol::ArtistHoldout { train_share } => (*train_share, 1),
            Protocol::Folds { folds } | Protocol::ArtistFolds { folds } => (1.0 - 1.0 / (*folds).max(1) as f64, *folds),
            // How many clips a list names is not known here.
            Protocol::Lists { .. } => (1.0, 1),
        };
        let training = &self.config.training;
        let parts = parts + usize::from(self.config.final_model);
        (clips as f64 * share * (1.0 - self.config.valid_share) * training.examples_per_clip as f64, parts)
    }

    /// How long the epochs may take, seconds, by the examples a second that `training` knows of earlier runs of the same
    /// network or of a trial; reading and judging clips comes on top. None when there was neither, or the clips were not counted.
    pub fn estimate_secs(&self, training: &Training) -> Option<f64> {
        let clips = training.counted()?.clips;
        let (examples, parts) = self.work(clips);
        let tried = || training.trial.as_ref().filter(|trial| trial.is_of(&self.config))?.rate.clone()?.ok();
        let per_second = training.examples_per_second(&self.config).or_else(tried)?;
        Some(examples * self.config.training.epochs as f64 * parts as f64 / per_second)
    }

    /// Whether a trial would tell how long it takes: that is not known, but how many clips there are. Layers that stay as they are
    /// see each clip once; a trial tells nothing of them.
    pub fn wants_trial(&self, training: &Training) -> bool {
        let frozen = matches!(
            self.config.network,
            NetworkSpec::MobileNetV1 { frozen: true, .. } | NetworkSpec::MobileNetV2 { frozen: true, .. }
        );
        !frozen && training.counted().is_some() && self.estimate_secs(training).is_none()
    }

    /// How much memory it may take beside what the window takes, bytes; none when the clips were not counted.
    pub fn estimate_memory(&self, training: &Training) -> Option<Memory> {
        let counted = training.counted()?;
        Some(memory(&self.config, counted.clips, counted.clip_secs, counted.genres))
    }
}

/// The end of a path, for lists.
pub fn short(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
