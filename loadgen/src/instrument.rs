//! Programs that count what a server does: instructions under callgrind, system calls under strace. Refuses to time
//! anything: both slow a server by a factor.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Largest output of an instrument that is read, bytes.
const MAX_OUTPUT_BYTES: u64 = 256 << 20;

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    /// User instructions, exact to some calls that depend on time.
    Callgrind,
    /// System calls of all threads, exact, each by its name. Needs no privilege: a parent may trace its child.
    Strace,
}

/// A command to put before the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    /// The instrument's program.
    pub program: &'static str,
    /// Its arguments, up to the server's program.
    pub arguments: Vec<OsString>,
}

/// What an instrument has counted over the life of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// In all.
    pub total: u64,
    /// By name, where there are names.
    pub by_name: BTreeMap<String, u64>,
}

/// Why an instrument has no count.
#[derive(Debug, thiserror::Error)]
pub enum InstrumentError {
    /// It is not there.
    #[error("{0} is not installed")]
    Missing(&'static str),
    /// Its output cannot be read.
    #[error("{program} left no output that can be read: {problem}")]
    Output {
        /// The program.
        program: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Instrument {
    /// The program's name.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Callgrind => "valgrind",
            Self::Strace => "strace",
        }
    }

    /// First line of what the program says about its version.
    ///
    /// # Errors
    /// [`InstrumentError::Missing`].
    pub fn version(self) -> Result<String, InstrumentError> {
        let output = Command::new(self.program()).arg("--version").output();
        let output = output.map_err(|_| InstrumentError::Missing(self.program()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().next().unwrap_or(self.program()).trim().to_owned())
    }

    /// The command that has the instrument write its counts to `output` when the server has ended.
    pub fn wrapper(self, output: &Path) -> Wrapper {
        let path = output.as_os_str().to_owned();
        let arguments = match self {
            Self::Callgrind => {
                let mut file = OsString::from("--callgrind-out-file=");
                file.push(path);
                // One thread runs at a time under valgrind: fairly, so that the pacer is not kept waiting.
                vec!["--quiet".into(), "--fair-sched=try".into(), "--tool=callgrind".into(), file]
            }
            Self::Strace => vec!["-f".into(), "-c".into(), "-o".into(), path],
        };
        Wrapper { program: self.program(), arguments }
    }

    /// Reads what the instrument wrote.
    ///
    /// # Errors
    /// [`InstrumentError::Output`].
    pub fn read(self, output: &PathBuf) -> Result<Counted, InstrumentError> {
        let failed = |problem: String| InstrumentError::Output { program: self.program(), problem };
        let length = fs::metadata(output).map_err(|error| failed(error.to_string()))?.len();
        if length > MAX_OUTPUT_BYTES {
            return Err(failed(format!("it is {length} bytes long")));
        }
        let text = fs::read_to_string(output).map_err(|error| failed(error.to_string()))?;
        self.parse(&text).ok_or_else(|| failed("it holds no total".to_owned()))
    }

    fn parse(self, text: &str) -> Option<Counted> {
        match self {
            Self::Callgrind => {
                let totals = text.lines().find_map(|line| line.strip_prefix("totals:"))?;
                Some(Counted { total: totals.trim().parse().ok()?, by_name: BTreeMap::new() })
            }
            Self::Strace => {
                let by_name: BTreeMap<_, _> = text.lines().filter_map(summary_line).collect();
                (!by_name.is_empty()).then(|| Counted { total: by_name.values().sum(), by_name })
            }
        }
    }
}

/// `% time  seconds  usecs/call  calls  [errors]  syscall` of `strace -c`; `None` for its frame and its total.
fn summary_line(line: &str) -> Option<(String, u64)> {
    let words: Vec<_> = line.split_whitespace().collect();
    let name = words.last().filter(|name| (5..=6).contains(&words.len()) && **name != "total")?;
    words[0].parse::<f64>().ok()?;
    Some(((*name).to_owned(), words[3].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrind_states_a_total() {
        let text = "version: 1\nevents: Ir\nfn=(1) a\n1 2\n\ntotals: 15230417\n";
        assert_eq!(Instrument::Callgrind.parse(text).unwrap().total, 15_230_417);
        assert_eq!(Instrument::Callgrind.parse("events: Ir\n"), None);
    }

    #[test]
    fn strace_states_each_system_call() {
        let text = "% time     seconds  usecs/call     calls    errors syscall\n\
                    ------ ----------- ----------- --------- --------- ----------------\n \
                    60.00    0.000600           1       600           epoll_wait\n \
                    40.00    0.000400           4       100        30 futex\n\
                    ------ ----------- ----------- --------- --------- ----------------\n\
                    100.00    0.001000           1       700        30 total\n";
        let counted = Instrument::Strace.parse(text).unwrap();
        assert_eq!(counted.by_name, BTreeMap::from([("epoll_wait".to_owned(), 600), ("futex".to_owned(), 100)]));
        assert_eq!(counted.total, 700);
        assert_eq!(Instrument::Strace.parse("strace: nothing\n"), None);
    }

    #[test]
    fn an_output_that_is_not_there_is_an_error_in_words() {
        let error = Instrument::Strace.read(&PathBuf::from("/nonexistent/x")).unwrap_err().to_string();
        assert!(error.starts_with("strace left no output that can be read:"), "{error}");
    }
}
