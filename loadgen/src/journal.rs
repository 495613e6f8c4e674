//! `records.jsonl`, appended and flushed line by line: whatever happens next, what was recorded is on disk. Compressed once,
//! when the run is over.

use crate::print;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use trial::{Line, container};

/// An open records file.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    echo: bool,
    whole_slices: bool,
}

/// Why nothing more can be recorded.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The directory cannot be made.
    #[error("cannot create {path}: {error}", path = .0.display(), error = .1)]
    Create(PathBuf, io::Error),
    /// It holds records already.
    #[error("{path} already holds records: choose another --out", path = .0.display())]
    Exists(PathBuf),
    /// A line could not be written: a full disk, for one.
    #[error("cannot write {path}: {error}; what was recorded before is kept", path = .0.display(), error = .1)]
    Write(PathBuf, io::Error),
}

impl Journal {
    /// Makes the directory and an empty records file in it; `echo` also prints each line on standard output.
    ///
    /// # Errors
    /// [`JournalError`] when the directory cannot be made or holds records already.
    pub fn create(directory: &Path, echo: bool) -> Result<Self, JournalError> {
        let path = directory.join(container::PLAIN);
        fs::create_dir_all(directory).map_err(|error| JournalError::Create(directory.to_owned(), error))?;
        if directory.join(container::PACKED).exists() {
            return Err(JournalError::Exists(directory.to_owned()));
        }
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self { file, path, echo, whole_slices: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(JournalError::Exists(directory.to_owned()))
            }
            Err(error) => Err(JournalError::Create(path, error)),
        }
    }

    /// Whether to keep the distribution of each slice of a window, not only its count, median and p99.
    pub fn with_whole_slices(self, whole_slices: bool) -> Self {
        Self { whole_slices, ..self }
    }

    /// Appends one line and flushes it.
    ///
    /// # Errors
    /// [`JournalError::Write`]; the line may be torn, which readers notice.
    pub fn append(&mut self, line: &Line) -> Result<(), JournalError> {
        match line {
            Line::Trial(trial) if !self.whole_slices => {
                let mut trial = trial.clone();
                trial.summarise_slices();
                self.write(&Line::Trial(trial))
            }
            _ => self.write(line),
        }
    }

    fn write(&mut self, line: &Line) -> Result<(), JournalError> {
        line.write(&mut self.file).map_err(|error| JournalError::Write(self.path.clone(), error))?;
        if self.echo {
            // Nothing that happens downstream stops the recording.
            let _ = line.write(&mut print::stdout());
        }
        Ok(())
    }
}

/// Compresses the finished records in a directory. Where that fails they stay as they are, which is said and costs nothing.
pub fn pack(directory: &Path) {
    let plain = directory.join(container::PLAIN);
    if let Err(error) = container::pack(&plain) {
        print::say(format_args!("cannot compress {}: {error}; it stays as it is", plain.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::End;

    fn end(trials: u64) -> Line {
        Line::End(End {
            reason: "plan finished".to_owned(),
            finished: String::new(),
            trials,
            planned: 2,
            stops: Vec::new(),
        })
    }

    #[test]
    fn lines_are_on_disk_as_soon_as_they_are_appended() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(directory.path(), false).unwrap();
        for trials in 1..3 {
            journal.append(&end(trials)).unwrap();
            let text = container::text(directory.path()).unwrap();
            let lines: Vec<_> = text.lines().map(|line| Line::parse(line).unwrap()).collect();
            assert_eq!(lines.last(), Some(&end(trials)));
            assert_eq!(lines.len() as u64, trials);
        }
        let refused = || Journal::create(directory.path(), false).unwrap_err().to_string();
        assert!(refused().ends_with("already holds records: choose another --out"), "{}", refused());
        pack(directory.path());
        assert_eq!(container::text(directory.path()).unwrap().lines().count(), 2);
        assert!(refused().ends_with("already holds records: choose another --out"), "{}", refused());
    }

    #[test]
    fn a_full_disk_is_one_clear_line() {
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut journal = Journal { file, path: "/dev/full".into(), echo: false, whole_slices: false };
        let error = journal.append(&end(1)).unwrap_err().to_string();
        assert!(error.starts_with("cannot write /dev/full: ") && error.ends_with("recorded before is kept"), "{error}");
    }
}
