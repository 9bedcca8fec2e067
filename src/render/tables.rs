//! The figures of runs as tables for other programs (CSV, RFC 4180).

use std::path::{Path, PathBuf};

use crate::base::Report;
use crate::base::csv::field;
use crate::base::fs::write_atomic;
use crate::ml::Judgement;
use crate::ml::runs::LoadedRun;
use crate::ml::runs::comparison::Comparison;

/// A line of texts and numbers; what is below zero is no formula.
fn line(fields: &[String]) -> String {
    let is_number = |text: &str| text.contains('.') && text.parse::<f64>().is_ok();
    let cell = |text: &String| if is_number(text) { text.clone() } else { field(text) };
    let quoted: Vec<String> = fields.iter().map(cell).collect();
    quoted.join(",") + "\n"
}

/// Precision, recall, F1 (0..1) and number of clips of each genre.
pub fn classes_csv(found: &Judgement) -> String {
    let mut text = String::from("genre,precision,recall,f1,support\n");
    for class in &found.per_class {
        let numbers = [class.precision, class.recall, class.f1].map(|share| share.to_string());
        let [precision, recall, f1] = numbers;
        text += &line(&[class.label.clone(), precision, recall, f1, class.support.to_string()]);
    }
    text
}

/// The runs and the article's rows; shares are 0..1.
pub fn comparison_csv(found: &Comparison) -> String {
    let mut text = String::from(
        "run,id,network,preset,accuracy,interval_low,interval_high,macro_f1,ece,clips,parameters,seconds_per_epoch,ms_per_song,model_mb,protocol\n",
    );
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for run in &found.runs {
        let score = run.score;
        text += &line(&[
            run.name.clone(),
            run.id.clone(),
            run.architecture.clone(),
            run.preset.clone(),
            number(score.map(|score| score.accuracy)),
            number(score.map(|score| score.interval.0)),
            number(score.map(|score| score.interval.1)),
            number(score.map(|score| score.macro_f1)),
            number(score.map(|score| score.ece)),
            score.map_or_else(String::new, |score| score.clips.to_string()),
            run.parameters.to_string(),
            number(run.seconds_per_epoch),
            number(run.ms_per_song),
            number(run.model_mb),
            run.protocol.clone(),
        ]);
    }
    for row in &found.article {
        text += &line(&[
            "the article's".to_owned(),
            String::new(),
            row.architecture.to_owned(),
            "article".to_owned(),
            row.accuracy.to_string(),
            row.interval.0.to_string(),
            row.interval.1.to_string(),
            row.macro_f1.to_string(),
            String::new(),
            row.clips.to_string(),
            row.parameters.to_string(),
            String::new(),
            String::new(),
            String::new(),
            "60/40 in the file system's order, artists on both sides".to_owned(),
        ]);
    }
    text
}

/// McNemar's test of each pair of runs that judged common clips.
pub fn tests_csv(found: &Comparison) -> String {
    let mut text = String::from(
        "first,second,common_clips,only_first_right,only_second_right,p,difference,difference_low,difference_high\n",
    );
    for pair in &found.mcnemar {
        let test = pair.test;
        let counts = [test.clips, test.only_first, test.only_second].map(|count| count.to_string());
        let [clips, first, second] = counts;
        let (low, high) = test.difference_interval;
        let [p, difference, low, high] = [test.p, test.difference, low, high].map(|number| number.to_string());
        text += &line(&[pair.first.clone(), pair.second.clone(), clips, first, second, p, difference, low, high]);
    }
    text
}

/// Writes into `folder` what these runs have: `classes-ID.csv` and `confusion-ID.csv` for each, of several also
/// `comparison.csv` and `mcnemar.csv`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_tables(runs: &[LoadedRun], folder: &Path) -> Result<Vec<PathBuf>, Report> {
    let mut tables = Vec::new();
    for run in runs {
        if let Some(found) = &run.judgement {
            tables.push((format!("classes-{}.csv", run.state.id), classes_csv(found)));
            tables.push((format!("confusion-{}.csv", run.state.id), found.confusion_csv()));
        }
    }
    if runs.len() > 1 {
        let found = Comparison::new(runs);
        tables.push(("comparison.csv".to_owned(), comparison_csv(&found)));
        tables.push(("mcnemar.csv".to_owned(), tests_csv(&found)));
    }
    let mut written = Vec::with_capacity(tables.len());
    for (name, text) in tables {
        let path = folder.join(name);
        write_atomic(&path, text.as_bytes()).map_err(|error| {
            let mut report = Report::new(format!("{} cannot be written", path.display()));
            report.causes.push(error.to_string());
            report
        })?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::eval::{Prediction, Temperature};

    #[test]
    fn genres_with_commas_stay_one_field() {
        let labels: Vec<String> = ["blues", "my, \"own\""].map(String::from).into();
        let clip = |truth, logits: [f64; 2]| Prediction { clip: String::new(), truth, logits: logits.into(), part: 0 };
        let clips = [clip(0, [1.0, 0.0]), clip(0, [0.0, 1.0]), clip(1, [0.0, 1.0])];
        let found = Judgement::new("test", &labels, &clips, Temperature::Given(1.0)).unwrap();
        let text = classes_csv(&found);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "genre,precision,recall,f1,support");
        assert!(lines[1].starts_with("blues,1,0.5,0.666") && lines[1].ends_with(",2"), "{text}");
        assert!(lines[2].starts_with("\"my, \"\"own\"\"\",0.5,1,"), "{text}");
    }
}
