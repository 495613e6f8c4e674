//! The one place that prints: standard output and standard error, both without what a terminal would obey, both indifferent to
//! a reader that has gone. Refuses to know what is said.

use reports::Printed;
use std::fmt::Display;
use std::io::{self, Write as _};

/// Standard output.
pub fn stdout() -> Printed<io::StdoutLock<'static>> {
    Printed::plain(io::stdout().lock())
}

/// Standard output for what `reports` has painted.
pub fn painted() -> Printed<io::StdoutLock<'static>> {
    Printed::painted(io::stdout().lock())
}

/// Standard error.
pub fn stderr() -> Printed<io::StderrLock<'static>> {
    Printed::plain(io::stderr().lock())
}

/// A line on standard error. Nobody is left to be told where that fails.
pub fn note(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

/// That requests wait because an endpoint asks for it, in its words.
pub fn waits(line: &str) {
    note(reports::one_line(line));
}

/// The same behind the name of the program.
pub fn say(line: impl Display) {
    note(format_args!("loadgen: {line}"));
}
