//! The lines of a records file, one at a time, and bounds on all that a file can make a reader hold.

use super::LoadError;
use crate::printed::one_line;
use std::io::{self, BufRead, Read as _};
use std::path::Path;
use trial::{Line, LineError, Outcome, Run, container};

/// Longest line that is read: a trial with 120 slices, each kept whole with a duration in every bucket, stays below it.
const MAX_LINE_BYTES: u64 = 8 << 20;
/// Most bytes of one file, uncompressed: seven times the largest published run.
const MAX_FILE_BYTES: u64 = 128 << 20;
/// Most bytes of distributions that are kept of one file: those of schemas 1–3 can be larger in memory than in it.
const MAX_KEPT_BYTES: usize = 128 << 20;
/// Most that is said of what is wrong with a line.
const MAX_SAID_CHARS: usize = 300;
/// Most members and elements of one line, and of one file. A trial has some 350.
const MAX_LINE_VALUES: usize = 1 << 16;
const MAX_FILE_VALUES: usize = 2 << 20;

/// What comes next in a file.
pub(super) enum Read {
    Whole(Line),
    /// The last line, cut off; with what the parser says.
    Torn(String),
    /// A compressed file that ends before its end.
    Cut,
}

/// A records file that is being read.
pub(super) struct Lines<'a> {
    reader: Box<dyn BufRead>,
    path: &'a Path,
    number: usize,
    bytes: u64,
    values: usize,
    kept_bytes: usize,
    is_cut: bool,
    /// A run whose loops stand in no cell of their own line.
    run: Option<Box<Run>>,
}

impl<'a> Lines<'a> {
    pub(super) fn open(path: &'a Path) -> io::Result<Self> {
        let reader = container::open(path)?;
        Ok(Self { reader, path, number: 0, bytes: 0, values: 0, kept_bytes: 0, is_cut: false, run: None })
    }

    pub(super) fn next(&mut self) -> Result<Option<Read>, LoadError> {
        if self.is_cut {
            return Ok(None);
        }
        let bytes = self.line()?;
        if bytes.is_empty() {
            return Ok(self.is_cut.then_some(Read::Cut));
        }
        self.number += 1;
        let ended = bytes.ends_with(b"\n");
        self.admit(&bytes, ended)?;
        match parsed(&bytes) {
            Ok(line) => self.keep(line).map(Some),
            Err(Problem::Final(problem)) => Err(self.wrong(problem)),
            Err(Problem::Damage(problem)) if ended => Err(self.wrong(problem)),
            Err(Problem::Damage(_)) if self.is_cut => Ok(Some(Read::Cut)),
            Err(Problem::Damage(problem)) => Ok(Some(Read::Torn(problem))),
        }
    }

    /// The bytes of the next line; none at the end.
    fn line(&mut self) -> Result<Vec<u8>, LoadError> {
        let mut bytes = Vec::new();
        match self.reader.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut bytes) {
            Ok(_) => {}
            Err(problem) if problem.kind() == io::ErrorKind::UnexpectedEof => self.is_cut = true,
            Err(problem) => return Err(LoadError::Unreadable { path: self.path.to_owned(), problem }),
        }
        Ok(bytes)
    }

    /// Holds a line, not yet parsed, to the bounds of lines and files.
    fn admit(&mut self, bytes: &[u8], ended: bool) -> Result<(), LoadError> {
        let too_long = !ended && bytes.len() as u64 > MAX_LINE_BYTES;
        let values = values(bytes);
        self.bytes += bytes.len() as u64;
        self.values += values;
        let bounds = [
            (too_long, "longer than 8 MiB: not a pushbench record"),
            (values > MAX_LINE_VALUES, "more than 65,536 values: not a pushbench record"),
            (self.bytes > MAX_FILE_BYTES, "the file holds more than 128 MiB up to here: not the records of a run"),
            (
                self.values > MAX_FILE_VALUES,
                "the file holds more than 2,097,152 values up to here: not the records of a run",
            ),
        ];
        bounds.into_iter().find(|bound| bound.0).map_or(Ok(()), |(_, problem)| Err(self.wrong(problem)))
    }

    /// Drops what no report needs, and holds the rest to its bound.
    fn keep(&mut self, line: Line) -> Result<Read, LoadError> {
        let mut line = self.today(line);
        if let Line::Trial(trial) = &mut line {
            trial.summarise_slices();
            if let Outcome::Measured(measurement) = &trial.outcome {
                self.kept_bytes += measurement.distributions.values().map(trial::Distribution::size).sum::<usize>();
            }
        }
        if self.kept_bytes > MAX_KEPT_BYTES {
            return Err(self.wrong("the distributions up to here take more than 128 MiB: not the records of a run"));
        }
        Ok(Read::Whole(line))
    }

    /// Makes a tool loop of an older record the trial that it was.
    fn today(&mut self, line: Line) -> Line {
        match line {
            Line::Run(run) => {
                self.run = Some(run.clone());
                Line::Run(run)
            }
            Line::AgentLoop(older) => {
                let trial = self.run.as_deref().and_then(|run| older.trial(run));
                trial.map_or(Line::AgentLoop(older), |trial| Line::Trial(Box::new(trial)))
            }
            line => line,
        }
    }

    pub(super) fn wrong(&self, problem: impl Into<String>) -> LoadError {
        LoadError::Line { path: self.path.to_owned(), line: self.number.max(1), problem: problem.into() }
    }

    pub(super) fn torn(&self) -> String {
        format!("{}: line {} is cut off and was left out", self.path.display(), self.number)
    }

    pub(super) fn cut(&self) -> String {
        format!("{}: the compressed file is cut off in line {} or behind it", self.path.display(), self.number)
    }
}

/// Commas, colons and openings outside of strings: as many values as a line can hold, found without holding one.
fn values(line: &[u8]) -> usize {
    let (mut count, mut rest) = (0, line.iter());
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => while rest.next().is_some_and(|&byte| byte != b'"' && (byte != b'\\' || rest.next().is_some())) {},
            b',' | b':' | b'[' | b'{' => count += 1,
            _ => {}
        }
    }
    count
}

enum Problem {
    /// May be the work of a crash in the middle of a write.
    Damage(String),
    /// Whole, and still not for us.
    Final(String),
}

fn parsed(bytes: &[u8]) -> Result<Line, Problem> {
    let text = str::from_utf8(bytes).map_err(|_| Problem::Damage("not a pushbench record: not UTF-8".to_owned()))?;
    Line::parse(text.trim_end()).map_err(|error| match error {
        LineError::Newer(_) => Problem::Final(error.to_string()),
        LineError::Foreign(_) => Problem::Damage(clear(&error.to_string())),
    })
}

/// What the parser says without its count of lines inside the one line that it saw; it quotes what it found there, which may be
/// anything.
fn clear(said: &str) -> String {
    let said = one_line(said).replace(" at line 1 column", " at column");
    let (head, tail) = (MAX_SAID_CHARS * 2 / 3, MAX_SAID_CHARS / 3);
    match said.chars().count().checked_sub(MAX_SAID_CHARS) {
        None | Some(0) => said,
        Some(over) => {
            let last: String = said.chars().skip(over + MAX_SAID_CHARS - tail).collect();
            format!("{} … {last}", said.chars().take(head).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (line, count) in
            [("{\"a\":[1,2,3]}", 5), (r#"{"a,b:[\"{":"\\","c":[]}"#, 5), ("[[[[", 4), ("\"open, [", 0), ("", 0)]
        {
            assert_eq!(values(line.as_bytes()), count, "{line}");
        }
    }
}
