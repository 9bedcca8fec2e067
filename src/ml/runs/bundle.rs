//! A run as one zip file, to keep or to hand on.

use std::io::{self, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::contents::Contents;
use super::run_folder::RunFolder;
use super::run_state::{RunState, RunStatus};
use crate::base::fs::write_atomic;
use crate::base::read::{open_regular, read_bounded};
use crate::ml::error::MlError;
use crate::ml::eval::{Judgement, Prediction};
use crate::ml::nn::weights::{MAX_MODEL_BYTES, read_file};
use crate::ml::runs::free_folder;
use crate::ml::train::history::EpochRecord;
use crate::ml::{Classifier, DeviceChoice};

/// The most bytes of any other file than the model in a bundle, and of all of them.
const MOST_TEXT_BYTES: u64 = 64 << 20;
const MOST_TEXTS_BYTES: u64 = 128 << 20;

/// Writes everything of a run but its checkpoint into one zip file.
///
/// # Errors
/// When the run has no trained model yet, or a file cannot be read or written.
pub fn export(folder: &RunFolder, file: &Path) -> Result<(), MlError> {
    let state = RunState::read(folder)?;
    let run = || folder.path().display().to_string();
    if !folder.model().is_file() {
        return Err(MlError::Run { run: run(), reason: "it has no trained model yet".to_owned() });
    }
    let mut parts: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for path in folder.files().into_iter().filter(|path| *path != folder.checkpoint()) {
        match read_bounded(&path, MAX_MODEL_BYTES) {
            Ok(bytes) => parts.push((path, bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(MlError::Read { path, source }),
        }
    }
    let packed = pack(&parts, &state).map_err(|error| MlError::Run { run: run(), reason: error.to_string() })?;
    write_atomic(file, &packed).map_err(|source| MlError::Write { path: file.to_path_buf(), source })
}

fn pack(parts: &[(PathBuf, Vec<u8>)], state: &RunState) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in parts {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Weights are as good as random: packing them takes seconds and saves little.
        let is_model = name.ends_with(".safetensors");
        let method = if is_model { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options =
            SimpleFileOptions::default().compression_method(method).large_file(bytes.len() > u32::MAX as usize);
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
    }
    zip.set_comment(format!("Timbre run {}", state.id))?;
    Ok(zip.finish()?.into_inner())
}

/// Brings a bundle into `root` as a new run. Its id stays where that is free.
///
/// # Errors
/// When it is no bundle, holds anything that does not belong there or a model that cannot judge, or cannot be written; nothing is
/// left then.
pub fn import(root: &Path, file: &Path) -> Result<(RunFolder, RunState), MlError> {
    let (hidden, _) = free_folder(root, &format!(".importing-{}", std::process::id()))?;
    let imported = unpack(file, &hidden).and_then(|mut state| {
        try_out(file, &hidden.model())?;
        let (folder, id) = free_folder(root, &state.id)?;
        state.id = id;
        // Nobody trains it here, and without its checkpoint it cannot go on.
        if matches!(state.status, RunStatus::Created | RunStatus::Running | RunStatus::Paused) {
            state.status = RunStatus::Stopped;
        }
        let moved = state.write(&hidden).and_then(|()| {
            let failed = |source| MlError::Write { path: folder.path().to_path_buf(), source };
            // An empty folder may be replaced on Unix but not on Windows.
            std::fs::remove_dir(folder.path()).map_err(failed)?;
            std::fs::rename(hidden.path(), folder.path()).map_err(failed)
        });
        if moved.is_err() {
            std::fs::remove_dir(folder.path()).ok();
        }
        moved.map(|()| (folder, state))
    });
    if imported.is_err() {
        std::fs::remove_dir_all(hidden.path()).ok();
    }
    imported
}

/// Whether the model can be used, by letting it judge a moment of noise.
fn try_out(file: &Path, model: &Path) -> Result<(), MlError> {
    let classifier = Classifier::from_bytes(&file.display().to_string(), &read_file(model)?, DeviceChoice::Cpu)?;
    classifier.try_out()
}

/// Unpacks a bundle into `folder`, which must exist, and gives the run's state. Only files that a run has are accepted,
/// each of them at most once, of a sane size and readable; so no name can lead anywhere else.
///
/// # Errors
/// As [`import`]; what was unpacked so far stays in `folder` then.
pub fn unpack(file: &Path, folder: &RunFolder) -> Result<RunState, MlError> {
    let refused = |reason: String| MlError::Run { run: file.display().to_string(), reason };
    let open = open_regular(file).map_err(|source| MlError::Read { path: file.to_path_buf(), source })?;
    let mut zip = ZipArchive::new(io::BufReader::new(open)).map_err(|error| refused(error.to_string()))?;
    let known: Vec<PathBuf> = folder.files().into_iter().filter(|path| *path != folder.checkpoint()).collect();
    if zip.len() > known.len() {
        return Err(refused(format!("it holds {} files", zip.len())));
    }
    let mut state = None;
    let mut done: Vec<&PathBuf> = Vec::new();
    let mut texts = 0;
    for index in 0..zip.len() {
        let (name, bytes) = entry(&mut zip, index).map_err(refused)?;
        let path = known.iter().find(|path| path.file_name().is_some_and(|known| *known == *name));
        let Some(path) = path else { return Err(refused(format!("“{name}” does not belong into a run"))) };
        if done.contains(&path) {
            return Err(refused(format!("{name} is in it twice")));
        }
        if *path != folder.model() {
            texts += bytes.len() as u64;
        }
        if texts > MOST_TEXTS_BYTES {
            return Err(refused(format!("its files have more than {} MB beside the model", MOST_TEXTS_BYTES >> 20)));
        }
        check(folder, path, &bytes).map_err(|reason| refused(format!("{name}: {reason}")))?;
        if *path == folder.state() {
            state = Some(RunState::parse(&bytes).map_err(refused)?);
        }
        write_atomic(path, &bytes).map_err(|source| MlError::Write { path: path.clone(), source })?;
        done.push(path);
    }
    if !done.contains(&&folder.model()) {
        return Err(refused("it holds no model".to_owned()));
    }
    state.ok_or_else(|| refused("it holds no run.json".to_owned()))
}

/// Name and content of an entry, no more of it than is allowed.
fn entry<R: Read + Seek>(zip: &mut ZipArchive<R>, index: usize) -> Result<(String, Vec<u8>), String> {
    let file = zip.by_index(index).map_err(|error| error.to_string())?;
    let name = file.name().map_err(|error| error.to_string())?.into_owned();
    if !file.is_file() {
        return Err(format!("“{name}” is not a plain file"));
    }
    let most = if name.ends_with(".safetensors") { MAX_MODEL_BYTES } else { MOST_TEXT_BYTES };
    let mut bytes = Vec::new();
    // What the archive says about the size may be a lie.
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("“{name}” is damaged: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!("“{name}” has more than {} MB", most >> 20));
    }
    Ok((name, bytes))
}

/// Whether a file can be what its name says.
fn check(folder: &RunFolder, path: &Path, bytes: &[u8]) -> Result<(), String> {
    fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<(), String> {
        serde_json::from_slice::<T>(bytes).map(drop).map_err(|error| error.to_string())
    }
    match path {
        path if *path == folder.state() => RunState::parse(bytes).map(drop),
        path if *path == folder.metrics() => Judgement::parse(bytes).map(drop),
        path if *path == folder.history_json() => json::<Vec<EpochRecord>>(bytes),
        path if *path == folder.predictions() || *path == folder.before() => json::<Vec<Prediction>>(bytes),
        path if *path == folder.contents() => json::<Contents>(bytes),
        path if *path == folder.config() || *path == folder.split() => json::<IgnoredAny>(bytes),
        path if *path == folder.model() => {
            safetensors::SafeTensors::deserialize(bytes).map(drop).map_err(|error| error.to_string())
        }
        _ => std::str::from_utf8(bytes).map(drop).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::ml::model::config::{Architecture, Config, Preset};
    use crate::ml::model::{MODEL_FORMAT, Model, ModelCard};
    use crate::ml::networks::input::FrontEnd;
    use crate::ml::networks::{NetworkSpec, PerceptronSpec};
    use crate::ml::nn::rng::Rng;
    use crate::ml::{Device, runs};

    /// A small model that knows nothing yet.
    fn write_model(path: &Path) {
        let mut config = Config::preset(Architecture::Multimodal, Preset::Best);
        config.network =
            NetworkSpec::Perceptron(PerceptronSpec { front_end: FrontEnd::Tags, hidden: 0, dropout: (0.1, 0.0) });
        let labels = ["a", "b"].map(String::from);
        let network = config.network.build(&labels, None, &mut Rng::new(1), &Device::Cpu).unwrap();
        let card = ModelCard {
            format: MODEL_FORMAT,
            name: "small".into(),
            network: config.network.clone(),
            front_ends: vec![(FrontEnd::Tags, FrontEnd::Tags.version())],
            labels: labels.to_vec(),
            windows: 1,
            temperature: 1.0,
            config,
            command: String::new(),
            split: String::new(),
            trained_on: Vec::new(),
            metrics: None,
        };
        Model::write(path, &card, &*network, false).unwrap();
    }

    /// A run with a small model.
    fn run(root: &Path) -> (RunFolder, RunState) {
        let (folder, mut state) = runs::create(root, "cnn", "best", 0).unwrap();
        state.status = RunStatus::Finished;
        state.write(&folder).unwrap();
        write_model(&folder.model());
        std::fs::write(folder.checkpoint(), "not for others").unwrap();
        std::fs::write(folder.config(), r#"{"epochs": 5}"#).unwrap();
        std::fs::write(folder.card(), "# A model\n".repeat(1000)).unwrap();
        (folder, state)
    }

    fn zipped(path: &Path, entries: &[(&str, &[u8])]) {
        let mut zip = ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
    }

    #[test]
    fn a_run_goes_out_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, state) = run(&dir.path().join("runs"));
        let bundle = dir.path().join("a.zip");
        export(&folder, &bundle).unwrap();
        let model = std::fs::metadata(folder.model()).unwrap().len();
        assert!(std::fs::metadata(&bundle).unwrap().len() < model + 3000, "text is packed");
        let other = dir.path().join("other");
        let (first, read) = import(&other, &bundle).unwrap();
        assert_eq!(read, state);
        assert!(!first.checkpoint().exists());
        for (one, two) in folder.files().iter().zip(first.files()).filter(|(one, _)| **one != folder.checkpoint()) {
            assert_eq!(std::fs::read(one).ok(), std::fs::read(two).ok(), "{}", one.display());
        }
        let (second, read) = import(&other, &bundle).unwrap();
        assert_eq!(read.id, format!("{}-2", state.id));
        assert_eq!(RunState::read(&second).unwrap(), read);
        assert_eq!(std::fs::read_dir(&other).unwrap().count(), 2);
        std::fs::remove_file(folder.model()).unwrap();
        assert!(export(&folder, &bundle).is_err());
    }

    #[test]
    fn what_does_not_belong_into_a_bundle_is_refused_and_nothing_stays() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("runs");
        let (folder, state) = run(&dir.path().join("other"));
        let state = serde_json::to_vec(&state).unwrap();
        let model = std::fs::read(folder.model()).unwrap();
        let file = dir.path().join("bad.zip");
        let good: [(&str, &[u8]); 2] = [("run.json", &state), ("model.safetensors", &model)];
        let refused = |name: &str, bytes: &[u8]| {
            zipped(&file, &[&good[..], &[(name, bytes)]].concat());
            let error = import(&root, &file).unwrap_err().to_string();
            assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0, "{name}");
            error
        };
        for name in ["../card.md", "/tmp/card.md", "a/card.md", "..\\card.md", "checkpoint.safetensors", "x.sh"] {
            assert!(refused(name, b"text").contains("belong"), "{name}");
        }
        assert!(refused("card.md/", b"").contains("plain file"));
        assert!(refused("config.json", b"{").contains("config.json"));
        assert!(refused("metrics.json", b"{}").contains("metrics.json"));
        assert!(refused("history.json", b"[{}]").contains("history.json"));
        assert!(refused("card.md", b"\xff").contains("card.md"));
        assert!(refused("predictions.json", &vec![b' '; MOST_TEXT_BYTES as usize + 1]).contains("64 MB"));
        for missing in [&good[..1], &good[1..]] {
            zipped(&file, missing);
            assert!(import(&root, &file).unwrap_err().to_string().contains("holds no"));
        }
        zipped(&file, &[("run.json", &state), ("model.safetensors", b"weights")]);
        assert!(import(&root, &file).is_err());
        std::fs::write(&file, "no zip").unwrap();
        assert!(import(&root, &file).is_err());
        std::fs::write(&file, &std::fs::read(folder.model()).unwrap()[..4]).unwrap();
        assert!(import(&root, &file).is_err());
        // A whole file, but no model; a model whose answers are no numbers.
        let nothing: [(&str, safetensors::tensor::TensorView<'_>); 0] = [];
        zipped(&file, &[good[0], ("model.safetensors", &safetensors::serialize(nothing, None).unwrap())]);
        assert!(import(&root, &file).unwrap_err().to_string().contains("not a model that Timbre trained"));
        let mut huge = model.clone();
        let from = huge.len() - 50 * 2 * 4;
        huge[from..].chunks_exact_mut(4).for_each(|value| value.copy_from_slice(&f32::MAX.to_le_bytes()));
        zipped(&file, &[good[0], ("model.safetensors", &huge)]);
        let error = import(&root, &file).unwrap_err().to_string();
        assert!(error.contains("not a number"), "{error}");
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
        zipped(&file, &good);
        import(&root, &file).unwrap();
    }
}
