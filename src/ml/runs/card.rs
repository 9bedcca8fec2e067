//! The model card: a run in words, as plain Markdown.

use std::fmt::Write as _;

use super::run_state::{RunState, RunStatus, Separation};
use crate::base::time::clock_text;
use crate::base::time::utc_minute;
use crate::ml::eval::Judgement;

/// What a score means with clips separated so, for a person.
pub fn separation_text(separation: Separation) -> &'static str {
    match separation {
        Separation::Artists => "No artist is on both sides, so the score tells how music by unknown artists is judged.",
        Separation::Clips => {
            "Artists, albums and even recordings may be on both sides, so the score is higher than for unknown music."
        }
        Separation::Unknown => "Whether artists are on both sides is not known; if so, the score is too high.",
    }
}

/// The card of a run; `judgement` where it has been judged.
pub fn card(run: &RunState, judgement: Option<&Judgement>, config: Option<&serde_json::Value>) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    write_card(&mut text, run, judgement, config).ok();
    text
}

fn write_card(
    out: &mut String,
    run: &RunState,
    judgement: Option<&Judgement>,
    config: Option<&serde_json::Value>,
) -> std::fmt::Result {
    writeln!(out, "# {}\n", line(&run.name))?;
    writeln!(
        out,
        "A network (architecture `{}`, preset `{}`) that tells genres of music apart, trained with Timbre {}.\n",
        line(&run.architecture),
        line(&run.preset),
        line(&run.version)
    )?;
    if !run.notes.is_empty() {
        writeln!(out, "{}\n", run.notes.trim())?;
    }
    writeln!(out, "## Training\n")?;
    writeln!(out, "| | |\n|---|---|")?;
    row(out, "run", &run.id)?;
    row(out, "created", &utc_minute(run.created))?;
    if let Some(finished) = run.finished {
        row(out, "ended", &utc_minute(finished))?;
    }
    let status = match &run.status {
        RunStatus::Failed(reason) => format!("failed: {reason}"),
        status => status.word().to_owned(),
    };
    row(out, "status", &status)?;
    row(out, "data", &run.data)?;
    row(out, "protocol", &run.protocol)?;
    row(out, "split", &run.split_hash)?;
    row(out, "seed", &run.seed.to_string())?;
    row(out, "epochs", &format!("{} of {} planned, parts: {}", run.epochs_done, run.epochs_planned, run.parts))?;
    row(out, "time", &clock_text(run.seconds))?;
    if !run.device.is_empty() {
        row(out, "device", &run.device)?;
    }
    if run.parameters > 0 {
        row(out, "parameters", &format!("{}, of which {} are trained", run.parameters, run.trainable))?;
    }
    if !run.command.is_empty() {
        writeln!(out, "\nTo repeat it:\n\n```sh\n{}\n```", run.command.trim())?;
    }
    if let Some(judgement) = judgement {
        write_judgement(out, run, judgement)?;
    }
    if let Some(config) = config {
        writeln!(out, "\n## Configuration\n\n```json\n{config:#}\n```")?;
    }
    writeln!(
        out,
        "\n## Use\n\nIt hears half a minute or so of a song and names one of the genres it was trained on, whatever it is given. \
         Songs of other genres, and genres that people disagree about, come out wrong without any sign but a low \
         probability."
    )
}

fn write_judgement(out: &mut String, run: &RunState, found: &Judgement) -> std::fmt::Result {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    writeln!(
        out,
        "\n## Score\n\n**{} %** of {} clips right (95 % interval {} to {} %); {}.\n\n{}\n",
        percent(found.accuracy),
        found.clips,
        percent(found.interval.0),
        percent(found.interval.1),
        line(&found.protocol),
        separation_text(run.separation)
    )?;
    writeln!(out, "| genre | precision, % | recall, % | F1, % | clips |\n|---|---|---|---|---|")?;
    for class in &found.per_class {
        let (precision, recall, f1) = (percent(class.precision), percent(class.recall), percent(class.f1));
        writeln!(out, "| {} | {precision} | {recall} | {f1} | {} |", line(&class.label), class.support)?;
    }
    for (name, all) in [("mean of genres", found.macro_average), ("mean of clips", found.weighted_average)] {
        let (precision, recall, f1) = (percent(all.precision), percent(all.recall), percent(all.f1));
        writeln!(out, "| {name} | {precision} | {recall} | {f1} | {} |", found.clips)?;
    }
    writeln!(
        out,
        "\nAmong the three most probable: {} %. Balanced accuracy: {} %. Calibration error: {} % (before the temperature of \
         {:.2}: {} %). Log loss: {:.3}. Brier score: {:.3}.",
        percent(found.top3),
        percent(found.balanced_accuracy),
        percent(found.ece),
        found.temperature,
        percent(found.ece_raw),
        found.log_loss,
        found.brier
    )?;
    if !run.branches.is_empty() {
        writeln!(
            out,
            "\nEach branch alone, on the clips that it sees:\n\n| branch | right (95 % interval) |\n|---|---|"
        )?;
        for branch in &run.branches {
            row(out, &branch.branch, &branch.text())?;
        }
    }
    writeln!(out, "\nClips of each true genre (rows) by decision (columns):\n")?;
    let cells = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let header = std::iter::once(String::new()).chain(found.classes.iter().map(|label| line(label)));
    writeln!(out, "{}", cells(header.collect()))?;
    writeln!(out, "|{}", "---|".repeat(found.classes.len() + 1))?;
    for (label, counts) in found.classes.iter().zip(&found.confusion) {
        let row = std::iter::once(line(label)).chain(counts.iter().map(u32::to_string));
        writeln!(out, "{}", cells(row.collect()))?;
    }
    Ok(())
}

/// A row of the table; nothing where there is nothing to say.
fn row(out: &mut String, name: &str, value: &str) -> std::fmt::Result {
    if value.is_empty() { Ok(()) } else { writeln!(out, "| {name} | {} |", line(value)) }
}

/// A text that stays within its line and its cell of a table.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::eval::{Prediction, Temperature};

    #[test]
    fn the_card_says_what_is_known() {
        let mut run = RunState::new("20261122-cnn", "cnn", "best", 1_795_305_600);
        run.name = "With | a bar".into();
        run.protocol = "5 folds, no artist in two of them".into();
        run.separation = Separation::Artists;
        let text = card(&run, None, None);
        assert!(
            text.starts_with("# With \\| a bar\n") && text.contains("| created | 2026-11-22 00:00 UTC |"),
            "{text}"
        );
        assert!(!text.contains("## Score") && !text.contains("| data |"), "{text}");

        let labels: Vec<String> = ["blues", "rock"].map(String::from).into();
        let clip = |truth, part| Prediction { clip: format!("{truth}"), truth, logits: vec![1.0, 0.0], part };
        let clips = [clip(0, 0), clip(1, 0), clip(0, 1)];
        let found = Judgement::new(&run.protocol, &labels, &clips, Temperature::Given(1.0)).unwrap();
        let text = card(&run, Some(&found), Some(&serde_json::json!({"epochs": 5})));
        for wanted in [
            "**66.7 %** of 3 clips",
            "unknown artists",
            "| blues | 66.7 | 100.0 | 80.0 | 2 |",
            "|  | blues | rock |",
            "| rock | 1 | 0 |",
            "\"epochs\": 5",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in\n{text}");
        }
    }
}
