//! Faults of Timbre's own: what the log says of them, and what the next start hears. A program of its own, because a hook is the whole
//! program's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic, also in its helpers")]

use timbre::base::log::{Log, ended_well, guarded, take_fault, write_down_panics};

#[test]
fn a_fault_is_written_down_and_told_unless_it_was_handled() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("log");
    write_down_panics(Log::new(&folder), true);
    let text = || std::fs::read_to_string(folder.join("timbre.log")).unwrap();
    let fault = folder.join("fault");

    assert!(guarded(|| panic!("a damaged file")).is_err());
    assert!(text().contains("FAULT (handled)") && text().contains("a damaged file"));
    assert!(!fault.exists());

    let thread = std::thread::Builder::new().name("timbre-test".into()).spawn(|| {
        assert!(guarded(|| guarded(|| panic!("within")).is_err()).unwrap());
        panic!("the window is gone")
    });
    assert!(thread.unwrap().join().is_err());
    let said = text();
    let line = said.lines().find(|line| line.contains("the window is gone")).unwrap();
    assert!(
        line.contains(" FAULT in thread timbre-test of Timbre ") && line.contains(env!("CARGO_PKG_VERSION")),
        "{line}"
    );
    assert!(line.split(' ').next().unwrap().ends_with('Z'), "{line}");
    assert!(said.contains("tests/log.rs") && said.contains("panic"), "{said}");
    assert!(fault.exists());
    ended_well(&folder);
    assert!(!fault.exists() && !take_fault(&folder));
}
