//! What is printed: tables or one JSON document on stdout, errors on stderr.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::base::Report;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// It could not be done.
    Failed,
    /// Done, but some files could not be used.
    SomeFailed,
    /// Stopped with Ctrl-C.
    Stopped,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::SomeFailed => 3,
            Exit::Stopped => 130,
        })
    }
}

/// Where and how a run prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// One JSON document instead of text.
    pub json: bool,
    /// No progress bar.
    pub quiet: bool,
}

impl Output {
    /// A progress bar on stderr; a hidden one where nobody looks.
    pub fn bar(&self, verb: &'static str) -> ProgressBar {
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar:.dim} {pos}/{len}  {msg:40!}") {
            bar.set_style(style);
        }
        bar.set_prefix(verb);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Prints the JSON document, or what `text` writes. A reader that has gone away is no error.
    pub fn print(
        &self,
        document: &impl Serialize,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Report> {
        let out = io::BufWriter::new(io::stdout().lock());
        let mut out = Terminal { out, replace: if self.json { as_json } else { as_text } };
        let written = if self.json {
            serde_json::to_writer_pretty(&mut out, document).map_err(io::Error::from).and_then(|()| writeln!(out))
        } else {
            text(&mut out)
        }
        .and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let mut report = Report::new("The result could not be printed");
                report.causes.push(error.to_string());
                Err(report)
            }
            _ => Ok(()),
        }
    }

    /// Prints why a run failed: on stderr, and as the JSON document where one is wanted.
    pub fn fail(&self, report: &Report) {
        writeln!(terminal_stderr(), "error: {report}").ok();
        if self.json {
            #[derive(Serialize)]
            struct Failure<'a> {
                error: &'a Report,
            }
            self.print(&Failure { error: report }, |_| Ok(())).ok();
        }
    }

    /// Prints a line for a person on stderr.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            writeln!(terminal_stderr(), "{text}").ok();
        }
    }
}

/// A text of foreign origin (a name, a tag) in which nothing steers the terminal or breaks the line.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_steering(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// What a terminal obeys instead of showing it: control characters but for line ends and tabs, and whatever turns the
/// direction of text round or hides in it. Joiners stay, because words of some scripts and emoji need them.
fn is_steering(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn as_text(_: char, clean: &mut String) {
    clean.push(char::REPLACEMENT_CHARACTER);
}

/// Outside of strings, JSON has no such characters.
fn as_json(c: char, clean: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        clean.push_str(&format!("\\u{unit:04x}"));
    }
}

/// The last guard before a terminal: nothing that steers it passes, wherever it comes from.
pub struct Terminal<W> {
    out: W,
    /// Appends what is written instead.
    replace: fn(char, &mut String),
}

/// Stderr for people.
pub fn terminal_stderr() -> Terminal<io::Stderr> {
    Terminal { out: io::stderr(), replace: as_text }
}

impl<W: Write> Write for Terminal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (text, taken) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, bytes.len()),
            // The rest comes again with the next call.
            Err(error) if error.valid_up_to() > 0 => {
                let taken = error.valid_up_to();
                (std::str::from_utf8(&bytes[..taken]).unwrap_or_default(), taken)
            }
            Err(error) => ("\u{fffd}", error.error_len().unwrap_or(bytes.len())),
        };
        if text.chars().any(is_steering) {
            let mut clean = String::with_capacity(text.len() + 16);
            for c in text.chars() {
                if is_steering(c) { (self.replace)(c, &mut clean) } else { clean.push(c) }
            }
            self.out.write_all(clean.as_bytes())?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A table for people: columns as wide as their content, numbers to the right.
pub struct Table {
    header: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

/// Where a column's text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

impl Table {
    /// A table with these columns.
    pub fn new(header: &[(&'static str, Align)]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; control characters in it are replaced so that no file name can steer the terminal.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| one_line(cell)).collect());
    }

    /// Writes the table; nothing when it has no rows.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.header[column].0.chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let header: Vec<String> = self.header.iter().map(|(name, _)| (*name).to_owned()).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, width), (_, align)) in row.iter().zip(&widths).zip(&self.header) {
                let padding = " ".repeat(width - cell.chars().count());
                match align {
                    Align::Left => line.extend([cell.as_str(), &padding]),
                    Align::Right => line.extend([padding.as_str(), cell]),
                }
                line.push_str("  ");
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_control_characters_do_nothing() {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        table.row(vec!["é\u{1b}[31m".into(), "7".into()]);
        table.row(vec!["long name".into(), "123".into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name         n\né\u{fffd}[31m       7\nlong name  123\n");
    }

    fn written(replace: fn(char, &mut String), bytes: &[u8]) -> String {
        let mut terminal = Terminal { out: Vec::new(), replace };
        terminal.write_all(bytes).unwrap();
        String::from_utf8(terminal.out).unwrap()
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_written() {
        assert_eq!(written(as_text, "a\u{1b}]0;x\u{7}\u{9b}2J\r\u{202e}\n\tš".as_bytes()), "a�]0;x��2J��\n\tš");
        assert_eq!(written(as_text, b"a\xff\xc3"), "a\u{fffd}\u{fffd}");
        assert_eq!(one_line("a\nb\u{200b}\u{200d}"), "a\u{fffd}b\u{fffd}\u{200d}");
    }

    #[test]
    fn json_says_every_character_and_none_steers() {
        for chunk in (0..0x11_0000).filter_map(char::from_u32).collect::<Vec<_>>().chunks(0x1000) {
            let text: String = chunk.iter().collect();
            let printed = written(as_json, serde_json::to_string(&text).unwrap().as_bytes());
            assert!(!printed.chars().any(|c| is_steering(c) || c.is_control()));
            assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), text);
        }
    }
}
