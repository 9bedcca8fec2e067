//! The library against real files and a real database.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

#[path = "library/album_fields.rs"]
mod album_fields;
#[path = "library/bad_files.rs"]
mod bad_files;
#[path = "library/database.rs"]
mod database;
#[path = "library/exporting.rs"]
mod exporting;
#[path = "library/formats.rs"]
mod formats;
#[path = "library/history.rs"]
mod history;
#[path = "library/identity.rs"]
mod identity;
#[path = "library/interruption.rs"]
mod interruption;
#[path = "library/moving.rs"]
mod moving;
#[path = "library/scanning.rs"]
mod scanning;
#[path = "library/support.rs"]
mod support;
#[path = "library/texts.rs"]
mod texts;
#[path = "library/trust.rs"]
mod trust;
