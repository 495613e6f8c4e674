//! Programs that count what a process does: instructions and allocations under callgrind, system calls under strace. Refuses
//! to time anything: both slow a process by a factor.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Largest output of an instrument that is read, bytes.
const MAX_OUTPUT_BYTES: u64 = 256 << 20;
/// Functions of the C library that hand out a block.
const ALLOCATORS: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    /// User instructions, exact to some calls that depend on time; by name, calls of the C library's allocators.
    Callgrind,
    /// System calls of all threads, exact, each by its name; not those of other programs that the process starts. Needs no
    /// privilege: a parent may trace its child.
    Strace,
}

/// A command to put before a program's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    /// The instrument's program.
    pub program: &'static str,
    /// Its arguments, up to the program's name.
    pub arguments: Vec<OsString>,
}

/// What an instrument has counted over the life of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// In all.
    pub total: u64,
    /// By name: every system call, or calls of allocators.
    pub by_name: BTreeMap<String, u64>,
}

impl Counted {
    /// Whatever has a name, together.
    pub fn named(&self) -> u64 {
        self.by_name.values().sum()
    }
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

    /// The command that has the instrument write its counts to `output` when the process has ended.
    pub fn wrapper(self, output: &Path) -> Wrapper {
        let path = output.as_os_str().to_owned();
        let arguments = match self {
            Self::Callgrind => {
                let mut file = OsString::from("--callgrind-out-file=");
                file.push(path);
                // One thread runs at a time under valgrind: fairly, so that the pacer is not kept waiting.
                vec!["--quiet".into(), "--vgdb=no".into(), "--fair-sched=try".into(), "--tool=callgrind".into(), file]
            }
            // Away from what becomes another program: a witness sleeps and wakes on its own account.
            Self::Strace => vec!["-f".into(), "-c".into(), "-b".into(), "execve".into(), "-o".into(), path],
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
                Some(Counted { total: totals.trim().parse().ok()?, by_name: allocator_calls(text) })
            }
            Self::Strace => {
                let by_name: BTreeMap<_, _> = text.lines().filter_map(summary_line).collect();
                (!by_name.is_empty()).then(|| Counted { total: by_name.values().sum(), by_name })
            }
        }
    }
}

/// How often each allocator was called, from callgrind's lines `cfn=(12) malloc` and `calls=3 +5`: a name stands behind its
/// number once, afterwards the number stands alone.
fn allocator_calls(text: &str) -> BTreeMap<String, u64> {
    let (mut numbers, mut calls, mut callee) = (BTreeMap::new(), BTreeMap::new(), None);
    for line in text.lines() {
        if let Some(function) = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")) {
            let (number, name) = function.split_once(' ').unwrap_or((function, ""));
            if let Some(allocator) = ALLOCATORS.into_iter().find(|allocator| *allocator == name) {
                numbers.insert(number, allocator);
            }
            callee = numbers.get(number).copied();
        } else if let (Some(name), Some(call)) = (callee, line.strip_prefix("calls=")) {
            let count = call.split(' ').next().and_then(|count| count.parse::<u64>().ok());
            *calls.entry(name.to_owned()).or_insert(0) += count.unwrap_or(0);
        }
    }
    calls
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
    fn callgrind_states_who_called_an_allocator_and_how_often() {
        let text = "fn=(1) main\n1 9\ncfn=(2) malloc\ncalls=3 +5\n1 60\ncfn=(3) _int_malloc\ncalls=7 0\n\nfn=(2)\n1 2\n\n\
                    fn=(4) grow\ncfn=(2)\ncalls=4 -2\n2 8\ncfn=(5) realloc\ncalls=1 1\n\ntotals: 99\n";
        let counted = Instrument::Callgrind.parse(text).unwrap();
        assert_eq!(counted.by_name, BTreeMap::from([("malloc".to_owned(), 7), ("realloc".to_owned(), 1)]));
        assert_eq!((counted.total, counted.named()), (99, 8));
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
