//! Reads `records.jsonl`, compressed or not. Refuses what is foreign, damaged, from a later version or beyond all bounds, and
//! says in which line.

mod lines;
mod repack;

use crate::notice::{self, Notice};
use lines::{Lines, Read};
pub use repack::{RepackError, repack};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use trial::{End, FloorRun, Line, Preflight, Redone, Run, SelfCheck, Trial, container};

/// The self-check beside it.
const SELFCHECK_NAME: &str = "selfcheck.json";
/// One byte more than a self-check may have, so that a longer one is noticed.
const MAX_SELFCHECK_BYTES: u64 = (1 << 20) + 1;

/// Everything that one run left on disk.
#[derive(Debug, Clone)]
pub struct Records {
    /// What was run, where and by what.
    pub run: Run,
    /// What was found before the first trial.
    pub preflight: Option<Preflight>,
    /// Trials that count, in the order in which they were run.
    pub trials: Vec<Trial>,
    /// Blocks that were run again.
    pub redone: Vec<Redone>,
    /// Trials of those blocks: kept, and out of every figure.
    pub set_aside: Vec<Trial>,
    /// Runs of the floor behind a search for capacity.
    pub floor: Vec<FloorRun>,
    /// The end; `None` when the run was cut off.
    pub end: Option<End>,
    /// What the self-check beside the file says.
    pub selfcheck: Option<SelfCheck>,
    /// What was withdrawn since it was published, says the notice beside the file.
    pub notice: Option<Notice>,
    /// What a reader must know about the file itself, such as a torn last line.
    pub warnings: Vec<String>,
    /// The file.
    pub source: PathBuf,
}

/// Why a file is no records file; one line each.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not there, not readable or not a file.
    #[error("cannot read {}: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// No line at all.
    #[error("{}: empty, there is no run in it", .0.display())]
    Empty(PathBuf),
    /// A line that is not what must stand there.
    #[error("{}: line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads the records of one run from a file, or from `records.jsonl` or `records.jsonl.gz` in a directory.
///
/// A last line without a newline is what a crash leaves behind: it becomes a warning and the rest is used, like what stands
/// before the end of a compressed file that is cut off. Of the slices of a window, only their counts and quantiles are kept.
///
/// # Errors
/// [`LoadError`], whose text is one line that names the file and the line in it.
pub fn load(dir_or_file: &Path) -> Result<Records, LoadError> {
    let path = if dir_or_file.is_dir() { container::find(dir_or_file) } else { dir_or_file.to_owned() };
    let unreadable = |problem| LoadError::Unreadable { path: path.clone(), problem };
    if !fs::metadata(&path).map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    let mut lines = Lines::open(&path).map_err(unreadable)?;
    let run = match lines.next()? {
        None => return Err(LoadError::Empty(path)),
        Some(Read::Torn(problem)) => return Err(lines.wrong(problem)),
        Some(Read::Cut) => return Err(lines.wrong("the compressed file is cut off")),
        Some(Read::Whole(Line::Run(run))) => *run,
        Some(Read::Whole(_)) => return Err(lines.wrong("the first line must be the run, this is another record")),
    };
    let mut records = Records::of(run, path.clone());
    while let Some(read) = lines.next()? {
        match read {
            Read::Whole(Line::Preflight(preflight)) => records.preflight = Some(*preflight),
            Read::Whole(Line::Trial(trial)) => records.trials.push(*trial),
            // Its run had no tool loops: nothing says what it was asked.
            Read::Whole(Line::AgentLoop(_)) => return Err(lines.wrong("a tool loop of no cell of this run")),
            Read::Whole(Line::Redone(redone)) => records.set_aside(redone),
            Read::Whole(Line::Floor(run)) => records.floor.push(run),
            Read::Whole(Line::End(_)) if records.end.is_some() => {
                return Err(lines.wrong("a second end: one file holds one run"));
            }
            Read::Whole(Line::End(end)) => records.end = Some(end),
            Read::Whole(Line::Run(_)) => return Err(lines.wrong("a second run: one file holds one run")),
            Read::Torn(_) => records.warnings.push(lines.torn()),
            Read::Cut => records.warnings.push(lines.cut()),
        }
    }
    let older = records.run.older_search.take().and_then(|search| search.cell(&records.trials));
    records.run.plan.cells.extend(older);
    read_selfcheck(&mut records);
    match Notice::beside(&records.source) {
        Ok(notice) => records.notice = notice,
        Err(problem) => records.warnings.push(format!("{}: {problem}", notice::FILE_NAME)),
    }
    Ok(records)
}

/// Takes in the self-check that lies beside the records, if one does. A damaged one costs no number: it is a warning.
fn read_selfcheck(records: &mut Records) {
    let path = records.source.with_file_name(SELFCHECK_NAME);
    let Ok(file) = File::open(&path) else {
        return;
    };
    let mut text = Vec::new();
    let read = file.take(MAX_SELFCHECK_BYTES).read_to_end(&mut text).map_err(|problem| problem.to_string());
    match read.and_then(|_| SelfCheck::parse(&text).map_err(|problem| problem.to_string())) {
        Ok(selfcheck) => records.selfcheck = Some(selfcheck),
        Err(problem) => records.warnings.push(format!("{}: {problem}", path.display())),
    }
}

impl Records {
    /// A run of which nothing but its first line is known.
    pub fn of(run: Run, source: PathBuf) -> Self {
        Self {
            run,
            source,
            preflight: None,
            trials: Vec::new(),
            redone: Vec::new(),
            set_aside: Vec::new(),
            floor: Vec::new(),
            end: None,
            selfcheck: None,
            notice: None,
            warnings: Vec::new(),
        }
    }

    /// Takes the trials of one attempt at a block out of those that count.
    fn set_aside(&mut self, redone: Redone) {
        let (cell, attempt) = (&redone.cell, (redone.block, redone.attempt));
        let out = |trial: &mut Trial| trial.cell.name == *cell && (trial.block, trial.attempt) == attempt;
        self.set_aside.extend(self.trials.extract_if(.., out));
        self.redone.push(redone);
    }
}
