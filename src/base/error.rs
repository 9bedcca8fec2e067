//! The one form in which a failure reaches a person.

use std::error::Error;
use std::fmt;

/// What happened, to what, and what can be done: one sentence, a hint, and the chain of causes for the curious.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// One sentence that a person understands; names the file where there is one.
    pub sentence: String,
    /// What the person can do, if anything.
    pub hint: Option<String>,
    /// The causes below, outermost first.
    pub causes: Vec<String>,
}

impl Report {
    /// A report without a cause.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), hint: None, causes: Vec::new() }
    }

    /// A report whose sentence is the error's own and whose causes are its sources.
    pub fn from_error(error: &dyn Error) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self { sentence: error.to_string(), hint: None, causes }
    }

    /// The same report with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Report {
    /// Sentence, causes and hint on one line, joined by `: ` as the cause chain reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl Error for Report {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open {path}")]
    struct Outer {
        path: String,
        source: std::io::Error,
    }

    #[test]
    fn the_cause_chain_is_kept_and_shown() {
        let error = Outer { path: "/a".into(), source: std::io::Error::other("disk on fire") };
        let report = Report::from_error(&error).with_hint("fetch water");
        assert_eq!(report.to_string(), "cannot open /a: disk on fire (fetch water)");
    }
}
