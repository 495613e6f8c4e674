//! Files that a run leaves, read while it goes on and afterwards.

use std::path::Path;
use std::thread;
use std::time::Duration;

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Waits, for at most 20 s, until a file has so many lines.
pub(crate) fn await_lines(path: &Path, lines: usize) {
    for _ in 0..400 {
        if std::fs::read_to_string(path).is_ok_and(|text| text.lines().count() >= lines) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{} never had {lines} lines", path.display());
}
