//! The set on disk: a file a run, a page, and the spread that the program carries. Refuses files that are too large to commit.

use super::{Replicate, SCHEMA, SpreadSet, page};
use crate::Comparison;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What the set says of its figures, beside its runs.
const SPREAD: &str = "spread.json";
/// Largest file of a run; a default run's has some 5 kB.
const MAX_BYTES: usize = 300_000;

/// Why a set cannot be read or written; one line each.
#[derive(Debug, thiserror::Error)]
pub enum ReplicateError {
    /// A file cannot be read or written.
    #[error("{}: {problem}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// A file is no run of a set.
    #[error("{}: {problem}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A run that no set should hold.
    #[error("not added: {0}")]
    Refused(String),
}

/// A directory of runs.
#[derive(Debug, Clone)]
pub struct Set {
    directory: PathBuf,
    runs: Vec<Replicate>,
}

/// What the set that was committed with this program says: for how far its own kind of host can be repeated.
pub fn committed() -> &'static SpreadSet {
    static SET: LazyLock<SpreadSet> = LazyLock::new(|| {
        // A test reads the file; one that cannot be read says nothing.
        serde_json::from_str(include_str!("../../published/replicates/spread.json")).unwrap_or_default()
    });
    &SET
}

impl Set {
    /// Reads a directory, which may be empty or missing.
    ///
    /// # Errors
    /// [`ReplicateError`] for a file that is no run.
    pub fn open(directory: &Path) -> Result<Self, ReplicateError> {
        let mut runs = files(directory)?.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        runs.sort_by(|a, b| a.started.cmp(&b.started));
        Ok(Self { directory: directory.to_owned(), runs })
    }

    /// Its runs in the order of their starts.
    pub fn runs(&self) -> &[Replicate] {
        &self.runs
    }

    /// Adds a run and writes its file; its path.
    ///
    /// # Errors
    /// [`ReplicateError`]: the run has no figure or is there already, or the file cannot be written.
    pub fn add(&mut self, comparison: &Comparison) -> Result<PathBuf, ReplicateError> {
        let run = Replicate::of(comparison);
        if run.figures.is_empty() {
            return Err(ReplicateError::Refused("it has no headline figure with an interval".to_owned()));
        }
        if self.runs.iter().any(|known| known.started == run.started) {
            return Err(ReplicateError::Refused(format!("the run of {} is in the set", run.started)));
        }
        if let Some(other) = self.runs.iter().find(|known| known.plan != run.plan) {
            return Err(ReplicateError::Refused(format!("it is of the plan {}, the set of {}", run.plan, other.plan)));
        }
        let digits: String = run.started.chars().take(19).filter(|c| c.is_ascii_alphanumeric()).collect();
        let path =
            self.directory.join(format!("{digits}-{}.json", if run.boot.is_empty() { "unknown" } else { &run.boot }));
        write_json(&path, &run)?;
        self.runs.push(run);
        self.runs.sort_by(|a, b| a.started.cmp(&b.started));
        Ok(path)
    }

    /// Writes the page and the spread again.
    ///
    /// # Errors
    /// [`ReplicateError`] where they cannot be written.
    pub fn write(&self) -> Result<(), ReplicateError> {
        let spread = SpreadSet::of(&self.runs);
        write_json(&self.directory.join(SPREAD), &spread)?;
        write(&self.directory.join("README.md"), page::page(&self.runs, &spread).as_bytes())
    }
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, ReplicateError> {
    let entries = match fs::read_dir(directory) {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|problem| ReplicateError::Io { path: directory.to_owned(), problem })?,
    };
    let is_run = |path: &PathBuf| path.extension().is_some_and(|end| end == "json") && !path.ends_with(SPREAD);
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_run).collect())
}

fn read(path: &Path) -> Result<Replicate, ReplicateError> {
    let foreign = |problem| ReplicateError::Foreign { path: path.to_owned(), problem };
    let text = fs::read(path).map_err(|problem| ReplicateError::Io { path: path.to_owned(), problem })?;
    let run: Replicate = serde_json::from_slice(&text).map_err(|problem| foreign(problem.to_string()))?;
    if run.schema > SCHEMA { Err(foreign(format!("schema {} is newer than {SCHEMA}", run.schema))) } else { Ok(run) }
}

fn write_json(path: &Path, thing: &impl Serialize) -> Result<(), ReplicateError> {
    let foreign = |problem| ReplicateError::Foreign { path: path.to_owned(), problem };
    let mut text = serde_json::to_vec_pretty(thing).map_err(|problem| foreign(problem.to_string()))?;
    text.push(b'\n');
    if text.len() > MAX_BYTES {
        return Err(foreign(format!("{} bytes, at most {MAX_BYTES} are kept", text.len())));
    }
    write(path, &text)
}

fn write(path: &Path, text: &[u8]) -> Result<(), ReplicateError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(parent).and_then(|()| fs::write(path, text));
    written.map_err(|problem| ReplicateError::Io { path: path.to_owned(), problem })
}
