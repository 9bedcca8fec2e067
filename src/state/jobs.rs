//! The long work that runs now, and what it had to say at its end.

use crate::base::JobId;
use crate::engine::event::{ClassifyOutcome, ScanOutcome};
use crate::engine::{ExportSelection, JobEvent, JobKind, JobOutcome, JobPhase, Progress};

use super::action::Action;
use super::app::Source;
use super::toast::{Toasts, Tone};
use super::training::judge::JudgeAction;
use super::training::{Tab, TrainAction};

/// A job as its chip shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// What kind.
    pub kind: JobKind,
    /// How far it is.
    pub progress: Progress,
    /// Files it could not use.
    pub warnings: usize,
    /// It was asked to stop.
    pub cancelling: bool,
}

impl Job {
    /// What it is doing, in one or two words.
    pub fn name(&self) -> &'static str {
        match self.kind {
            JobKind::Scan => "Scanning",
            JobKind::Classify => "Classifying",
            JobKind::Export => "Exporting",
            JobKind::Picture => "Drawing",
            JobKind::Demo => "Making the demo",
            JobKind::Train => "Training",
            JobKind::Check => "Looking at clips",
            JobKind::Disagree => "Hearing with both",
            JobKind::Figures => "Drawing figures",
        }
    }

    /// How far it is, 0..1; `None` while that is not known.
    pub fn fraction(&self) -> Option<f32> {
        let total = self.progress.total.filter(|total| *total > 0)?;
        Some((self.progress.done as f64 / total as f64).clamp(0.0, 1.0) as f32)
    }
}

/// The jobs that run, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Jobs(Vec<Job>);

impl Jobs {
    /// The jobs that run.
    pub fn running(&self) -> &[Job] {
        &self.0
    }

    /// Whether a job of that kind runs.
    pub fn any(&self, kind: JobKind) -> bool {
        self.0.iter().any(|job| job.kind == kind)
    }

    /// Notes that a job was asked to stop.
    pub fn mark_cancelling(&mut self, id: JobId) {
        for job in self.0.iter_mut().filter(|job| job.id == id) {
            job.cancelling = true;
        }
    }

    /// Follows one step of a job's life; its end becomes a toast.
    pub fn apply(&mut self, event: JobEvent, toasts: &mut Toasts) {
        let JobEvent { id, kind, phase } = event;
        match phase {
            JobPhase::Started => {
                self.entry(id, kind);
            }
            JobPhase::Progress(progress) => self.entry(id, kind).progress = progress,
            JobPhase::Warning(_) => self.entry(id, kind).warnings += 1,
            JobPhase::Finished(outcome) => {
                self.0.retain(|job| job.id != id);
                announce(outcome, toasts);
            }
            JobPhase::Failed(report) => {
                self.0.retain(|job| job.id != id);
                toasts.report(&report);
            }
            JobPhase::Cancelled => {
                self.0.retain(|job| job.id != id);
                let text = match kind {
                    JobKind::Scan => "Scan stopped. What was found stays.",
                    JobKind::Classify => "Classifying stopped. What was heard stays.",
                    JobKind::Export => "Export stopped.",
                    JobKind::Picture => "The picture was not written.",
                    JobKind::Demo => "The demo collection was not finished.",
                    JobKind::Train => "Training stopped. It can go on from its last checkpoint.",
                    JobKind::Check => "The clips were not all looked at.",
                    JobKind::Disagree => "Stopped. What was heard is kept for the next time.",
                    JobKind::Figures => "The figures were not written.",
                };
                toasts.push(Tone::Info, text, None);
            }
        }
    }

    fn entry(&mut self, id: JobId, kind: JobKind) -> &mut Job {
        let index = self.0.iter().position(|job| job.id == id).unwrap_or_else(|| {
            self.0.push(Job { id, kind, progress: Progress::default(), warnings: 0, cancelling: false });
            self.0.len() - 1
        });
        &mut self.0[index]
    }
}

/// `1 song`, `2 songs`.
pub fn count_of(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A count with thin spaces between thousands: `12 345`.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

fn announce(outcome: JobOutcome, toasts: &mut Toasts) {
    match outcome {
        JobOutcome::Scan(scan) => {
            let action = (scan.problems > 0).then(|| ("Show problems".to_owned(), Action::Show(Source::Problems)));
            toasts.push(Tone::Success, scan_sentence(&scan), action);
        }
        JobOutcome::Classify(done) => {
            let action = (done.unsure > 0)
                .then(|| (format!("Show {} unsure", grouped(done.unsure)), Action::Show(Source::Unsure)));
            if let Some(sentence) = classify_sentence(&done) {
                toasts.push(Tone::Success, sentence, action);
            }
        }
        JobOutcome::Export { files, missing } => {
            let mut text = format!("Wrote {}.", count_of(files.len(), "playlist", "playlists"));
            if missing > 0 {
                text += &format!(" {} missing and kept in them.", count_of(missing, "song is", "songs are"));
            }
            let folder = files.first().and_then(|file| file.parent()).map(std::path::Path::to_path_buf);
            toasts.push(Tone::Success, text, folder.map(|folder| ("Show folder".to_owned(), Action::Reveal(folder))));
        }
        JobOutcome::Picture(written) => {
            let name = written.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder = written.file.parent().map(std::path::Path::to_path_buf);
            let action = folder.map(|folder| ("Show folder".to_owned(), Action::Reveal(folder)));
            toasts.push(Tone::Success, format!("Wrote {name}."), action);
        }
        JobOutcome::Train { run, accuracy, left_out } => {
            let mut text = match accuracy {
                Some(accuracy) => format!("Training finished: {:.1} % of the test clips are right.", accuracy * 100.0),
                None => "Training finished. No clip judged it.".to_owned(),
            };
            if left_out > 0 {
                text += &format!(" {} left out.", count_of(left_out, "clip was", "clips were"));
            }
            let judge = Action::Train(TrainAction::Judge(JudgeAction::Open(run)));
            toasts.push(Tone::Success, text, Some(("Judge it".to_owned(), judge)));
        }
        JobOutcome::Checked { clips } => {
            toasts.push(Tone::Success, format!("Looked at {}.", count_of(clips, "clip", "clips")), None);
        }
        JobOutcome::Disagree { songs, heard } => {
            let text = format!("They disagree on {} of {}.", grouped(songs), count_of(heard, "song", "songs"));
            let show = Action::Train(TrainAction::Show(Tab::Compare));
            toasts.push(Tone::Success, text, Some(("Show them".to_owned(), show)));
        }
        JobOutcome::Figures { files } => {
            let folder = files.first().and_then(|file| file.parent()).map(std::path::Path::to_path_buf);
            let action = folder.map(|folder| ("Show folder".to_owned(), Action::Reveal(folder)));
            toasts.push(Tone::Success, format!("Wrote {}.", count_of(files.len(), "file", "files")), action);
        }
        JobOutcome::Demo(_) => {
            let action = Some(("Export playlists…".to_owned(), Action::Export(ExportSelection::All)));
            toasts.push(Tone::Success, "The demo collection is ready.", action);
        }
    }
}

fn scan_sentence(scan: &ScanOutcome) -> String {
    let mut parts = Vec::new();
    let mut part = |count: usize, what: &str| {
        if count > 0 {
            parts.push(format!("{} {what}", grouped(count)));
        }
    };
    part(scan.added, "new");
    part(scan.updated, "changed");
    part(scan.moved, "moved");
    part(scan.returned, "back");
    part(scan.missing, "missing");
    part(scan.problems, "with problems");
    if parts.is_empty() {
        return format!("Nothing new among {}.", count_of(scan.unchanged, "song", "songs"));
    }
    format!("Scan finished: {}.", parts.join(", "))
}

/// `None` when there was nothing to do: a scan that found nothing new needs no second message.
fn classify_sentence(done: &ClassifyOutcome) -> Option<String> {
    if done.classified + done.failed == 0 {
        return None;
    }
    let mut text = format!("Listened to {}", count_of(done.classified, "song", "songs"));
    if done.elapsed_secs > 0.0 && done.classified > 0 {
        text += &format!(" in {}", duration_words(done.elapsed_secs));
    }
    text.push('.');
    if done.failed > 0 {
        text += &format!(" {} not be decoded.", count_of(done.failed, "song could", "songs could"));
    }
    Some(text)
}

/// A time span in words: `8 s`, `3 min`, `2 h 5 min`.
pub fn duration_words(secs: f64) -> String {
    let whole = if secs.is_finite() { secs.max(0.0).round() as u64 } else { 0 };
    match whole {
        0 => "less than a second".to_owned(),
        1..=90 => format!("{whole} s"),
        91..=5400 => format!("{} min", (whole + 30) / 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// An amount of memory as people say it: `45 MB`, `1.2 GB`.
pub fn memory_words(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        mb if mb < 9.5 => format!("{} MB", mb.ceil().max(1.0)),
        mb if mb < 950.0 => format!("{:.0} MB", (mb / 10.0).round() * 10.0),
        mb => format!("{:.1} GB", mb / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: u64, kind: JobKind, phase: JobPhase) -> JobEvent {
        JobEvent { id: JobId(id), kind, phase }
    }

    #[test]
    fn a_job_shows_while_it_runs_and_leaves_a_toast() {
        let (mut jobs, mut toasts) = (Jobs::default(), Toasts::default());
        jobs.apply(step(1, JobKind::Classify, JobPhase::Started), &mut toasts);
        let progress = Progress { done: 30, total: Some(120), ..Progress::default() };
        jobs.apply(step(1, JobKind::Classify, JobPhase::Progress(progress)), &mut toasts);
        assert_eq!(jobs.running()[0].fraction(), Some(0.25));
        let outcome = ClassifyOutcome { classified: 120, unsure: 87, elapsed_secs: 12.0, ..ClassifyOutcome::default() };
        jobs.apply(step(1, JobKind::Classify, JobPhase::Finished(JobOutcome::Classify(outcome))), &mut toasts);
        assert!(jobs.running().is_empty());
        assert_eq!(toasts.shown()[0].text, "Listened to 120 songs in 12 s.");
        assert_eq!(toasts.shown()[0].action.as_ref().map(|(label, _)| label.as_str()), Some("Show 87 unsure"));
    }

    #[test]
    fn counts_and_times_read_well() {
        assert_eq!(count_of(1, "song", "songs"), "1 song");
        assert_eq!(grouped(1234567), "1\u{2009}234\u{2009}567");
        assert_eq!(grouped(123), "123");
        assert_eq!(
            [1, 4_200_000, 87_000_000, 949_000_000, 1_234_000_000].map(memory_words),
            ["1 MB", "5 MB", "90 MB", "950 MB", "1.2 GB"]
        );
        assert_eq!(duration_words(0.2), "less than a second");
        assert_eq!(duration_words(150.0), "3 min");
        assert_eq!(duration_words(7500.0), "2 h 5 min");
        assert_eq!(duration_words(f64::INFINITY), "less than a second");
        let scan = ScanOutcome { added: 2, problems: 1, ..ScanOutcome::default() };
        assert_eq!(scan_sentence(&scan), "Scan finished: 2 new, 1 with problems.");
    }
}
