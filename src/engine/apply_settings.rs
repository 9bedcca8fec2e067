//! Settings that change: what follows from them at once, and when they are written.

use std::sync::Arc;

use crate::audio::player::PlayerCommand;
use crate::base::Report;

use super::dispatcher::Dispatcher;
use super::event::Event;
use super::jobs::JobSpec;
use super::settings::{Change, Settings};

impl Dispatcher {
    /// Takes in changes that a person made. A model that cannot decide is not chosen, and that is said.
    pub(super) fn change_settings(&mut self, mut changes: Vec<Change>) {
        let mut settings = (*self.shared.settings()).clone();
        changes.retain(|change| {
            let Change::Classifier(Some(run)) = change else { return true };
            if settings.classifier.as_ref() == Some(run) {
                return true;
            }
            let tried = self.shared.try_out(run);
            if let Err(error) = &tried {
                self.shared.outbox.send(Event::Failed(Report::from_error(error)));
            }
            tried.is_ok()
        });
        for change in &changes {
            settings.set(change.clone());
        }
        self.keeper.add(changes);
        self.follow_settings(settings);
    }

    /// These settings hold from now on.
    pub(super) fn follow_settings(&mut self, settings: Settings) {
        let settings = Arc::new(settings);
        let before = self.shared.replace_settings(settings.clone());
        if before.classifier != settings.classifier {
            self.send_genres();
            // What another model decided is due again.
            self.enqueue(JobSpec::Classify { again_until: None, within: Vec::new() });
        }
        if before.replay_gain != settings.replay_gain {
            self.tell_player(PlayerCommand::UpdateGain);
        }
        if before.output_device != settings.output_device {
            self.tell_player(PlayerCommand::SetDevice(settings.output_device.clone()));
        }
        self.shared.outbox.send(Event::Settings(settings));
    }

    /// Writes changed settings. What another program changed meanwhile holds here, too.
    pub(super) fn keep_settings(&mut self) {
        match self.keeper.write() {
            Ok(Some(mut on_disk)) => {
                let now = self.shared.settings();
                if self.jobs_are_given {
                    on_disk.jobs = now.jobs;
                }
                if on_disk != *now {
                    self.follow_settings(on_disk);
                }
            }
            Ok(None) => {}
            // That nothing is kept the window says all the time.
            Err(_) if self.library.is_read_only() => {}
            Err(error) => {
                let mut report = Report::new("The settings could not be saved")
                    .with_hint("check that the data folder can be written and has room");
                report.causes.push(error.to_string());
                self.shared.outbox.send(Event::Failed(report));
            }
        }
    }

    /// Tells which genres a trusted tag may name; a model that cannot be read is complained about when it should decide.
    pub(super) fn send_genres(&self) {
        match self.shared.genres() {
            Ok(genres) => self.shared.outbox.send(Event::Genres(genres)),
            Err(error) => tracing::warn!("the genres of the library's model are not known: {error}"),
        }
    }
}
