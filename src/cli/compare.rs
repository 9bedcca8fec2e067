//! `compare`: several trainings side by side, and beside the article's.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::ml::runs;
use crate::ml::runs::comparison::{Comparison, Row};
use crate::render::write_comparison;

use super::jobs::Run;
use super::output::{Align, Exit, Output, Table};
use super::runs::{interval, percent};

/// `timbre compare`; `root` is where runs are kept.
pub fn compare(output: &Output, root: &Path, names: &[String], out: Option<&Path>) -> Run {
    #[derive(Serialize)]
    struct Document {
        #[serde(flatten)]
        comparison: Comparison,
        figures: Vec<PathBuf>,
    }
    let mut loaded: Vec<runs::LoadedRun> = Vec::new();
    for name in names {
        let (folder, state) = runs::find(root, name)?;
        if loaded.iter().all(|run| run.folder != folder) {
            loaded.push(runs::load(folder, state)?);
        }
    }
    let figures = out.map(|folder| write_comparison(&loaded, folder)).transpose()?.unwrap_or_default();
    let document = Document { comparison: Comparison::new(&loaded), figures };
    output.print(&document, |out| {
        write_table(out, &document.comparison)?;
        write_tests(out, &document.comparison)?;
        for warning in &document.comparison.warnings {
            writeln!(out, "\nnote: {warning}")?;
        }
        if !document.figures.is_empty() {
            writeln!(out)?;
        }
        for path in &document.figures {
            writeln!(out, "written: {}", path.display())?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn write_table(out: &mut dyn Write, found: &Comparison) -> io::Result<()> {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("run", left),
        ("network", left),
        ("preset", left),
        ("accuracy", right),
        ("95 % interval", left),
        ("macro F1", right),
        ("ECE", right),
        ("clips", right),
        ("parameters", right),
        ("s/epoch", right),
        ("ms/song", right),
        ("MB", right),
        ("protocol", left),
    ]);
    let dash = || "-".to_owned();
    for row in &found.runs {
        let Row { name, architecture, preset, score, parameters, seconds_per_epoch, protocol, .. } = row;
        table.row(vec![
            name.clone(),
            architecture.clone(),
            preset.clone(),
            score.map_or_else(dash, |score| percent(score.accuracy)),
            score.map_or_else(dash, |score| interval(score.interval)),
            score.map_or_else(dash, |score| percent(score.macro_f1)),
            score.map_or_else(dash, |score| percent(score.ece)),
            score.map_or_else(dash, |score| score.clips.to_string()),
            if *parameters == 0 { dash() } else { parameters.to_string() },
            seconds_per_epoch.map_or_else(dash, |secs| format!("{secs:.1}")),
            row.ms_per_song.map_or_else(dash, |ms| format!("{ms:.0}")),
            row.model_mb.map_or_else(dash, |mb| if mb < 1.0 { format!("{mb:.2}") } else { format!("{mb:.1}") }),
            protocol.clone(),
        ]);
    }
    for article in &found.article {
        table.row(vec![
            "(the article's)".to_owned(),
            article.architecture.to_owned(),
            "article".to_owned(),
            percent(article.accuracy),
            interval(article.interval),
            percent(article.macro_f1),
            dash(),
            article.clips.to_string(),
            article.parameters.to_string(),
            dash(),
            dash(),
            dash(),
            "60/40 in the file system's order, artists on both sides".to_owned(),
        ]);
    }
    table.write(out)
}

fn write_tests(out: &mut dyn Write, found: &Comparison) -> io::Result<()> {
    if found.mcnemar.is_empty() {
        return Ok(());
    }
    let name = |id: &str| found.runs.iter().find(|run| run.id == id).map_or("", |run| run.name.as_str()).to_owned();
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("first", left),
        ("second", left),
        ("common clips", right),
        ("only first right", right),
        ("only second right", right),
        ("second - first, points", right),
        ("95 % interval", left),
        ("McNemar", right),
        ("", left),
    ]);
    for pair in &found.mcnemar {
        let test = pair.test;
        table.row(vec![
            name(&pair.first),
            name(&pair.second),
            test.clips.to_string(),
            test.only_first.to_string(),
            test.only_second.to_string(),
            format!("{:+.1}", test.difference * 100.0),
            format!("{:+.1} to {:+.1}", test.difference_interval.0 * 100.0, test.difference_interval.1 * 100.0),
            test.p_text(),
            if test.is_significant() { "more than chance" } else { "may be chance" }.to_owned(),
        ]);
    }
    writeln!(out)?;
    table.write(out)
}
