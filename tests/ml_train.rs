//! Whole trainings on clips made here: they learn, they are reproducible, they go on after being stopped.
#![allow(clippy::unwrap_used, reason = "tests")]

mod audio_support;

use std::path::Path;

use audio_support::{Sound, genres};
use timbre::base::CancelToken;
use timbre::engine::training::evaluate::Judge;
use timbre::engine::training::start::train;
use timbre::ml::dataset::protocol::Protocol;
use timbre::ml::model::batches::Augmentation;
use timbre::ml::model::config::{Architecture, Config, Preset, Training};
use timbre::ml::networks::input::FrontEnd;
use timbre::ml::networks::{CompactSpec, NetworkSpec};
use timbre::ml::runs;
use timbre::ml::runs::run::{RunReport, read_config, write_config};
use timbre::ml::runs::run_folder::RunFolder;
use timbre::ml::runs::run_state::{RunState, RunStatus};
use timbre::ml::train::control::{Control, TrainEvent};
use timbre::ml::{Device, DeviceChoice, MlError};

const GENRES: [&str; 3] = ["tone", "pulse", "noise"];

/// A network small enough for a test.
fn small(data: &Path) -> Config {
    let mut config = Config::preset(Architecture::Cnn, Preset::Best);
    config.network = NetworkSpec::Compact(CompactSpec {
        front_end: FrontEnd::LogMel,
        window: 16,
        channels: vec![4, 8, 8],
        dropout: 0.1,
    });
    config.sources.folders = vec![data.to_path_buf()];
    config.protocol = Protocol::Folds { folds: 2 };
    config.final_model = true;
    config.valid_share = 0.2;
    config.training.epochs = 8;
    config.training.batch = 6;
    config.training.keep_best = true;
    config
}

fn begin(root: &Path, config: &Config) -> RunFolder {
    let (folder, _) = runs::create(&root.join("runs"), "cnn", "best", 1_795_305_600).unwrap();
    write_config(&folder, config).unwrap();
    folder
}

fn go(
    root: &Path,
    folder: &RunFolder,
    control: &Control,
    tell: &mut (dyn FnMut(TrainEvent) + Send),
) -> Result<RunReport, MlError> {
    train(folder, &read_config(folder).unwrap(), &root.join("cache"), control, tell)
}

/// The history without what the clock says.
fn losses(folder: &RunFolder) -> Vec<(usize, usize, f64, Option<f64>)> {
    let history = runs::history(folder).unwrap();
    history.iter().map(|epoch| (epoch.part, epoch.epoch, epoch.train_loss, epoch.valid_loss)).collect()
}

#[test]
fn a_run_learns_is_reproducible_and_leaves_everything_behind() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &GENRES, 10);
    let training =
        Training { epochs: 60, keep_best: false, augmentation: Augmentation::default(), ..small(&data).training };
    let config = Config { training, ..small(&data) };
    let first = begin(dir.path(), &config);
    let mut epochs = 0;
    let report = go(dir.path(), &first, &Control::default(), &mut |event| {
        epochs += usize::from(matches!(event, TrainEvent::Epoch(_)));
    })
    .unwrap();
    let judgement = report.judgement.unwrap();
    assert_eq!(judgement.clips, 30);
    assert!(judgement.accuracy > 0.9, "tones and noise can be told apart: {}", judgement.accuracy);
    assert_eq!(report.state.status, RunStatus::Finished);
    assert_eq!(epochs, runs::history(&first).unwrap().len());
    for file in [
        first.metrics(),
        first.confusion_csv(),
        first.predictions(),
        first.split(),
        first.model(),
        first.history_csv(),
        first.card(),
    ] {
        assert!(file.is_file(), "{}", file.display());
    }
    assert!(!first.checkpoint().exists());

    let second = begin(dir.path(), &config);
    go(dir.path(), &second, &Control::default(), &mut |_| ()).unwrap();
    assert_eq!(losses(&first), losses(&second), "the seed decides everything, bit for bit");
    assert_eq!(std::fs::read(first.predictions()).unwrap(), std::fs::read(second.predictions()).unwrap());

    let judge = Judge::open(&first.model(), DeviceChoice::Cpu).unwrap();
    let evaluated = judge.evaluate(&config.sources, None, &Control::default(), &mut |_| ()).unwrap();
    assert_eq!(evaluated.judgement.clips, 30);
    assert!(evaluated.notes.iter().any(|note| note.contains("trained on")), "{:?}", evaluated.notes);
}

#[test]
fn a_run_that_was_stopped_goes_on_with_the_same_losses() {
    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &GENRES, 6);
    let whole = begin(dir.path(), &small(&data));
    go(dir.path(), &whole, &Control::default(), &mut |_| ()).unwrap();

    let stopped = begin(dir.path(), &small(&data));
    // In the second part, in the middle of an epoch.
    for (part, epoch) in [(0, 5), (1, 3)] {
        let control = Control::new(CancelToken::default());
        let steering = control.clone();
        let ended = go(dir.path(), &stopped, &control, &mut |event| {
            if matches!(&event, TrainEvent::Batch(batch) if batch.part == part && batch.epoch == epoch) {
                steering.cancel.cancel();
            }
        });
        assert!(matches!(ended, Err(MlError::Cancelled)));
        assert_eq!(RunState::read(&stopped).unwrap().status, RunStatus::Paused);
    }
    go(dir.path(), &stopped, &Control::default(), &mut |_| ()).unwrap();
    assert_eq!(losses(&whole), losses(&stopped));
    assert_eq!(std::fs::read(whole.predictions()).unwrap(), std::fs::read(stopped.predictions()).unwrap());
}

#[test]
fn values_that_cannot_be_are_named() {
    let mut config = Config::preset(Architecture::Cnn, Preset::Best);
    assert_eq!(config.trouble(), None);
    config.training.batch = 0;
    config.training.learning_rate = -1.0;
    let troubles = config.troubles();
    assert_eq!(troubles.iter().map(|trouble| trouble.field).collect::<Vec<_>>(), ["batch", "learning_rate"]);
    for (architecture, parameters, trainable) in
        [(Architecture::Cnn, 8_418_666, 8_418_666), (Architecture::Multimodal, 67_156_458, 67_156_458)]
    {
        let spec = Config::preset(architecture, Preset::Article).network;
        let labels: Vec<String> = (0..10).map(|i| i.to_string()).collect();
        let network = spec.build(&labels, None, &mut timbre::ml::nn::rng::Rng::new(1), &Device::Cpu).unwrap();
        assert_eq!(network.variables().count(), (parameters, trainable));
    }
    let spec = Config::preset(Architecture::Mobilenet, Preset::Article).network;
    let labels: Vec<String> = (0..10).map(|i| i.to_string()).collect();
    assert_eq!(
        spec.build(&labels, None, &mut timbre::ml::nn::rng::Rng::new(1), &Device::Cpu).unwrap().variables().count().1,
        12_810
    );
}

#[test]
fn a_trained_model_decides_the_librarys_genres_and_gives_them_back() {
    use timbre::base::DataDir;
    use timbre::engine::{Command, Engine, EngineConfig, JobKind, JobPhase};

    let dir = tempfile::tempdir().unwrap();
    let data = genres(dir.path(), &GENRES, 4);
    let folder = begin(dir.path(), &small(&data));
    go(dir.path(), &folder, &Control::default(), &mut |_| ()).unwrap();
    let run = folder.path().file_name().unwrap().to_string_lossy().into_owned();

    let data_dir = DataDir::resolve(Some(dir.path())).unwrap();
    let config = EngineConfig { data_dir, device: DeviceChoice::Cpu, jobs: Some(1), player: None };
    let engine = Engine::open(config, std::sync::Arc::new(|| ())).unwrap();
    // Music of a kind: a tone or a noise alone is no song that a network is asked about.
    let songs = dir.path().join("songs");
    std::fs::create_dir(&songs).unwrap();
    for song in 0..3 {
        let note = move |secs: f64| {
            let step = (secs * 4.0) as u32 * 7 % (5 + song);
            let hz = 220.0 * 2_f64.powf(f64::from(step) / 12.0);
            (hz * secs * std::f64::consts::TAU).sin() * (-3.0 * (secs * 4.0).fract()).exp() * 0.5
        };
        audio_support::write(&songs, &format!("{song}.wav"), &Sound::made(22_050, 1, 8.0, note).wav());
    }
    engine.run_to_end(Command::AddRoots(vec![songs]), JobKind::Scan, |_| ());
    let deciders = |classifier: Option<String>| {
        let change = timbre::engine::settings::Change::Classifier(classifier);
        let ended = engine.run_to_end(Command::ChangeSettings(vec![change]), JobKind::Classify, |_| ());
        assert!(matches!(ended, JobPhase::Finished(_)), "{ended:?}");
        let snapshot = engine.snapshot().unwrap();
        let decided = snapshot.tracks.iter().map(|track| track.prediction.clone().unwrap());
        decided.map(|p| (p.model_name.clone(), p.top[0].genre.clone())).collect::<Vec<_>>()
    };
    let by_run = deciders(Some(run));
    assert_eq!(by_run.len(), 3);
    assert!(by_run.iter().all(|(name, genre)| name == "cnn best" && ["tone", "pulse", "noise"].contains(&&**genre)));
    let by_built_in = deciders(None);
    assert!(by_built_in.iter().all(|(name, genre)| name == "multimodal best" && genre != "tone"));
}
