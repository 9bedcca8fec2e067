//! All figures of a comparison.

use std::path::{Path, PathBuf};

use super::{Bars, Cells, Curves, confusion, f1_bars, learning_curves, reliability, write};
use crate::base::Report;
use crate::ml::runs::LoadedRun;

/// Writes into `folder` (made where it is missing) what these runs have: `curves`, `f1`, `reliability` with all of them,
/// and `confusion-ID` in counts and `confusion-percent-ID` for each; every one as SVG and PNG.
///
/// # Errors
/// When a file cannot be written.
pub fn write_comparison(runs: &[LoadedRun], folder: &Path) -> Result<Vec<PathBuf>, Report> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let mut report = Report::new(format!("{} cannot be made", folder.display()));
        report.causes.push(error.to_string());
        report
    })?;
    let mut written = Vec::new();
    let curves: Vec<Curves<'_>> = runs
        .iter()
        .filter(|run| !run.history.is_empty())
        .map(|run| Curves { name: &run.state.name, history: &run.history })
        .collect();
    if !curves.is_empty() {
        written.extend(write(&learning_curves(&curves), folder, "curves")?);
    }
    let judged: Vec<_> = runs.iter().filter_map(|run| Some((run, run.judgement.as_ref()?))).collect();
    if judged.is_empty() {
        return Ok(written);
    }
    let bars: Vec<Bars> = judged
        .iter()
        .map(|(run, found)| Bars {
            name: run.state.name.clone(),
            f1: found.per_class.iter().map(|class| (class.label.clone(), class.f1)).collect(),
            mean: found.macro_average.f1,
        })
        .collect();
    written.extend(write(&f1_bars(&bars), folder, "f1")?);
    let named: Vec<_> = judged.iter().map(|(run, found)| (run.state.name.as_str(), *found)).collect();
    written.extend(write(&reliability(&named), folder, "reliability")?);
    for (run, found) in &judged {
        for (kind, cells) in [("confusion", Cells::Counts), ("confusion-percent", Cells::Percent)] {
            let name = format!("{kind}-{}", run.state.id);
            written.extend(write(&confusion(&run.state.name, found, cells), folder, &name)?);
        }
    }
    Ok(written)
}
