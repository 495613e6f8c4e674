//! Records of earlier schemas rewritten in today's form, compressed; and read back before the old file goes.

use super::LoadError;
use super::lines::{Lines, Read};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use trial::{Line, SCHEMA, container};

/// Where the new text lies until it is compressed.
const TEMPORARY: &str = "records.repacked";

/// Why records stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum RepackError {
    /// They cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// They cannot be written.
    #[error("{}: {problem}; the records stay as they are", path.display())]
    Write {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// They end in the middle of a line, or what was written does not read like the original.
    #[error("{}: {problem}; the records stay as they are", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Rewrites the records in a directory in today's form and compresses them: the path of the new file. Every number stays as
/// it is, but of the slices of a window only counts and quantiles are kept, and diagnostics are kept to 0.8 %.
///
/// # Errors
/// [`RepackError`]; the records then stay as they are.
pub fn repack(directory: &Path) -> Result<PathBuf, RepackError> {
    let source = container::find(directory);
    let temporary = directory.join(TEMPORARY);
    let failed = |problem| RepackError::Write { path: directory.to_owned(), problem };
    let written = rewrite(&source, &temporary, failed).and_then(|()| compare(&source, &temporary));
    let packed = written.and_then(|()| container::pack(&temporary).map_err(failed)).inspect_err(|_| {
        // Half a file is of no use to anybody; if even that fails, the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    })?;
    if source != packed {
        fs::remove_file(&source).map_err(failed)?;
    }
    Ok(packed)
}

fn rewrite(source: &Path, to: &Path, failed: impl Fn(io::Error) -> RepackError) -> Result<(), RepackError> {
    let mut lines = open(source)?;
    let mut file = BufWriter::new(File::create(to).map_err(&failed)?);
    while let Some(line) = today(&mut lines, source)? {
        line.write(&mut file).map_err(&failed)?;
    }
    file.flush().map_err(failed)
}

/// Holds what was written against what it was written from, line by line as both are written today.
fn compare(source: &Path, written: &Path) -> Result<(), RepackError> {
    let text = |line: Option<Line>| line.map(|line| serde_json::to_string(&line)).transpose().ok();
    let (mut before, mut after) = (open(source)?, open(written)?);
    loop {
        match (text(today(&mut before, source)?), text(today(&mut after, written)?)) {
            (Some(None), Some(None)) => return Ok(()),
            (Some(before), Some(after)) if before == after => {}
            _ => return Err(differs(source, "what was written does not read like it")),
        }
    }
}

fn open(path: &Path) -> Result<Lines<'_>, RepackError> {
    Ok(Lines::open(path).map_err(|problem| LoadError::Unreadable { path: path.to_owned(), problem })?)
}

/// The next line, as today's schema has it.
fn today(lines: &mut Lines<'_>, path: &Path) -> Result<Option<Line>, RepackError> {
    match lines.next()? {
        None => Ok(None),
        Some(Read::Torn(_) | Read::Cut) => Err(differs(path, "it is cut off")),
        Some(Read::Whole(mut line)) => {
            match &mut line {
                Line::Run(run) => run.schema = SCHEMA,
                Line::Trial(trial) => trial.schema = SCHEMA,
                Line::Preflight(_) | Line::AgentLoop(_) | Line::Redone(_) | Line::Floor(_) | Line::End(_) => {}
            }
            Ok(Some(line))
        }
    }
}

fn differs(path: &Path, problem: &'static str) -> RepackError {
    RepackError::Differs { path: path.to_owned(), problem }
}
