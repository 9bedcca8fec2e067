//! What all threads of the engine share: settings, the classifier, where files lie.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::base::{DataDir, Report};
use crate::library::filing::DecisionRule;
use crate::library::model::GenreProbability;
use crate::library::{Library, LibraryError};
use crate::ml::model::{BUILT_IN, ModelCard};
use crate::ml::nn::weights::read_file;
use crate::ml::train::control::Control;
use crate::ml::{Classifier, DeviceChoice, MlError, runs};

use super::Settings;
use super::event::Event;
use super::outbox::Outbox;

/// What a model of that hash said of a file of that content; kept for the session.
pub(super) type Opinions = HashMap<(String, [u8; 16]), GenreProbability>;

/// What all threads of the engine share.
pub(super) struct Shared {
    pub data_dir: DataDir,
    pub outbox: Outbox,
    device: DeviceChoice,
    settings: RwLock<Arc<Settings>>,
    /// The classifier in use, and the choice in the settings that it answers.
    classifier: Mutex<Option<(Option<String>, Arc<Classifier>)>>,
    /// The run of which it was told that another classifier stands in for it.
    stand_in_told: Mutex<Option<String>>,
    /// What models said about songs while two of them were compared.
    opinions: Mutex<Opinions>,
    /// Steers the training that runs now.
    training: Mutex<Option<Control>>,
}

impl Shared {
    pub fn new(data_dir: DataDir, outbox: Outbox, device: DeviceChoice, settings: Settings) -> Self {
        let settings = RwLock::new(Arc::new(settings));
        Self {
            data_dir,
            outbox,
            device,
            settings,
            classifier: Mutex::default(),
            stand_in_told: Mutex::default(),
            opinions: Mutex::default(),
            training: Mutex::default(),
        }
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes new settings and gives back the old ones.
    pub fn replace_settings(&self, settings: Arc<Settings>) -> Arc<Settings> {
        std::mem::replace(&mut *self.settings.write().unwrap_or_else(PoisonError::into_inner), settings)
    }

    /// A connection of the calling thread's own.
    pub fn open_library(&self) -> Result<Library, LibraryError> {
        Library::open(&self.data_dir.database())
    }

    /// The library's classifier, loaded on first use and when another one is chosen. Where the chosen one is gone or damaged it is the built-in
    /// one, and that is told; the choice stays, so that it holds again when the run is back.
    pub fn classifier(&self) -> Result<Arc<Classifier>, MlError> {
        let chosen = self.settings().classifier.clone();
        match (self.classifier_of(chosen.clone()), chosen) {
            (Err(error), Some(run)) => {
                self.tell_stand_in(&run, &error);
                self.classifier_of(None)
            }
            (loaded, _) => loaded,
        }
    }

    /// The model of a run, or the built-in one, and nothing in its stead.
    pub fn classifier_of(&self, run: Option<String>) -> Result<Arc<Classifier>, MlError> {
        let mut known = self.classifier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, classifier)) = &*known
            && *of == run
        {
            return Ok(classifier.clone());
        }
        let loaded = match &run {
            None => Classifier::embedded(&self.device)?,
            Some(run) => {
                let (folder, _) = runs::find(&self.data_dir.runs(), run)?;
                Classifier::load(&folder.model(), &self.device)?
            }
        };
        let loaded = Arc::new(loaded);
        *known = Some((run, loaded.clone()));
        Ok(loaded)
    }

    /// Says, once for each run, that the built-in classifier stands in for it.
    fn tell_stand_in(&self, run: &str, error: &MlError) {
        let mut told = self.stand_in_told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_deref() == Some(run) {
            return;
        }
        *told = Some(run.to_owned());
        drop(told);
        let text = format!("The model of {run} cannot be used, so the built-in classifier decides until it is back");
        tracing::warn!("{text}: {error}");
        let mut report = Report::new(text);
        report.causes.push(error.to_string());
        self.outbox.send_if_room(Event::Note(report));
    }

    /// Whether the model of a run can decide genres: it is opened and judges a moment of noise.
    pub fn try_out(&self, run: &str) -> Result<(), MlError> {
        let (folder, _) = runs::find(&self.data_dir.runs(), run)?;
        Classifier::load(&folder.model(), &self.device)?.try_out()
    }

    /// Where networks run.
    pub fn device(&self) -> DeviceChoice {
        self.device
    }

    pub fn opinions(&self) -> MutexGuard<'_, Opinions> {
        self.opinions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What steers the training that runs now.
    pub fn training(&self) -> Option<Control> {
        self.training.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another training runs, or none.
    pub fn set_training(&self, control: Option<Control>) {
        *self.training.lock().unwrap_or_else(PoisonError::into_inner) = control;
    }

    /// Threads that a job may use.
    pub fn threads(&self) -> usize {
        match self.settings().jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        }
    }

    /// The name and the genres of the model that decides now; it is not loaded for that. The built-in one's where the chosen one is gone or
    /// damaged.
    pub fn model_in_use(&self) -> Result<ModelInUse, MlError> {
        let of = |card: ModelCard| ModelInUse { name: card.name, genres: card.labels.into() };
        if let Some(run) = &self.settings().classifier {
            match self.card_of(run) {
                Ok(card) => return Ok(of(card)),
                Err(error) => self.tell_stand_in(run, &error),
            }
        }
        ModelCard::parse("the built-in model", BUILT_IN).map(of)
    }

    fn card_of(&self, run: &str) -> Result<ModelCard, MlError> {
        let path = runs::find(&self.data_dir.runs(), run)?.0.model();
        ModelCard::parse(&path.display().to_string(), &read_file(&path)?)
    }

    /// The genres of the model that decides now.
    pub fn genres(&self) -> Result<Arc<[String]>, MlError> {
        self.model_in_use().map(|model| model.genres)
    }

    /// How predictions become decisions now.
    pub fn rule(&self) -> Result<DecisionRule, MlError> {
        Ok(decision_rule(&self.settings(), self.genres()?))
    }
}

/// What is known of a model without loading it.
pub(super) struct ModelInUse {
    /// Its name, for people.
    pub name: String,
    /// The genres that it tells apart.
    pub genres: Arc<[String]>,
}

/// The user's rule for these genres.
pub fn decision_rule(settings: &Settings, genres: Arc<[String]>) -> DecisionRule {
    DecisionRule { threshold: settings.threshold, trust_file_tags: settings.trust_file_tags, genres }
}
