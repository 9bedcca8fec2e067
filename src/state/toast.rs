//! Short messages that come and go.

use crate::base::Report;

use super::action::Action;

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Info,
    /// Something worked.
    Success,
    /// Something did not.
    Error,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Tells toasts apart.
    pub id: u64,
    /// How it is meant.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
    /// More for the curious; can be copied.
    pub details: Option<String>,
    /// A button and what it does.
    pub action: Option<(String, Action)>,
    /// When it goes by itself, in the window's seconds.
    pub expires_at_secs: f64,
}

/// The messages on show, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    next_id: u64,
    now_secs: f64,
}

/// Messages on show at once.
const SHOWN_AT_MOST: usize = 4;

impl Toasts {
    /// Shows a message; an equal one that still stands is replaced.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>, action: Option<(String, Action)>) {
        self.add(tone, text.into(), None, action);
    }

    /// Shows a failure.
    pub fn report(&mut self, report: &Report) {
        let text = match &report.hint {
            Some(hint) => format!("{} — {hint}", report.sentence),
            None => report.sentence.clone(),
        };
        let details = (!report.causes.is_empty()).then(|| report.causes.join("\n"));
        self.add(Tone::Error, text, details, None);
    }

    /// Shows something that a person should know though nothing failed.
    pub fn note(&mut self, report: &Report) {
        let details = (!report.causes.is_empty()).then(|| report.causes.join("\n"));
        self.add(Tone::Info, report.sentence.clone(), details, None);
    }

    fn add(&mut self, tone: Tone, text: String, details: Option<String>, action: Option<(String, Action)>) {
        let lasts_secs = match (tone, &action) {
            (Tone::Error, _) => 15.0,
            (_, Some(_)) => 10.0,
            _ => 5.0,
        };
        self.shown.retain(|toast| toast.text != text);
        if self.shown.len() == SHOWN_AT_MOST {
            self.shown.remove(0);
        }
        self.next_id += 1;
        let expires_at_secs = self.now_secs + lasts_secs;
        self.shown.push(Toast { id: self.next_id, tone, text, details, action, expires_at_secs });
    }

    /// Takes those away whose button does something that does not hold any more.
    pub fn retract(&mut self, is_over: impl Fn(&Action) -> bool) {
        self.shown.retain(|toast| !toast.action.as_ref().is_some_and(|(_, action)| is_over(action)));
    }

    /// Takes one away.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// Keeps one for at least two seconds more, because the pointer rests on it.
    pub fn keep(&mut self, id: u64) {
        let until = self.now_secs + 2.0;
        for toast in self.shown.iter_mut().filter(|toast| toast.id == id) {
            toast.expires_at_secs = toast.expires_at_secs.max(until);
        }
    }

    /// Lets time pass and takes away what has stood long enough.
    pub fn tick(&mut self, now_secs: f64) {
        self.now_secs = now_secs;
        self.shown.retain(|toast| toast.expires_at_secs > now_secs);
    }

    /// The messages on show, oldest first.
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// When the next message goes by itself.
    pub fn next_change_secs(&self) -> Option<f64> {
        self.shown.iter().map(|toast| toast.expires_at_secs).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_expire_and_never_pile_up() {
        let mut toasts = Toasts::default();
        for i in 0..9 {
            toasts.push(Tone::Info, format!("message {i}"), None);
        }
        toasts.push(Tone::Info, "message 8", None);
        assert_eq!(toasts.shown().len(), SHOWN_AT_MOST);
        toasts.report(&Report::new("cannot write").with_hint("choose another folder"));
        toasts.tick(6.0);
        assert_eq!(toasts.shown().len(), 1, "errors stay longer");
        assert_eq!(toasts.shown()[0].text, "cannot write — choose another folder");
        toasts.tick(60.0);
        assert!(toasts.shown().is_empty());
    }
}
