//! `--log FILE`: each event as one JSON line, written as it comes. Refuses to hide a failed write.

use crate::EventRef;
use crate::redact::Secrets;
use serde::Serialize;
use servers::clock;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use wire::MonoTime;

/// An open log, shared by all workers. A log costs a lock for each event: it is for looking, not for load.
#[derive(Debug)]
pub struct EventLog {
    sheet: Mutex<Sheet>,
    secrets: Secrets,
}

#[derive(Debug)]
struct Sheet {
    out: BufWriter<File>,
    failure: Option<io::Error>,
    /// Added to monotonic nanoseconds to get nanoseconds since the Unix epoch.
    epoch_ns: u64,
}

impl Sheet {
    fn line(&mut self, entry: &impl Serialize) {
        let written = serde_json::to_writer(&mut self.out, entry).map_err(io::Error::from);
        self.failure = written.and_then(|()| self.out.write_all(b"\n")).err();
    }
}

/// One line of the log.
#[derive(Serialize)]
struct Entry {
    /// Nanoseconds since the Unix epoch.
    received_ns: u64,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    data: String,
}

impl EventLog {
    /// Creates or truncates the file; what the events repeat of the secrets is not written.
    ///
    /// # Errors
    /// Whatever the operating system answers.
    pub fn create(path: &Path, secrets: Secrets) -> io::Result<Self> {
        let out = BufWriter::new(File::create(path)?);
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        let epoch_ns = unix.saturating_sub(clock::now().as_nanos());
        Ok(Self { sheet: Mutex::new(Sheet { out, failure: None, epoch_ns }), secrets })
    }

    /// Appends one event; the first failure is kept for [`EventLog::finish`] and ends the writing.
    pub fn write(&self, event: &EventRef<'_>, received: MonoTime) {
        let mut sheet = self.sheet.lock().unwrap_or_else(PoisonError::into_inner);
        if sheet.failure.is_none() {
            let entry = Entry {
                received_ns: sheet.epoch_ns + received.as_nanos(),
                event: self.secrets.hide(event.kind.unwrap_or("message")),
                id: event.id.map(|id| self.secrets.hide(id)),
                data: self.text(event.data),
            };
            sheet.line(&entry);
        }
    }

    /// Bytes of a peer as text for an entry.
    pub fn text(&self, bytes: &[u8]) -> String {
        self.secrets.hide(&String::from_utf8_lossy(bytes))
    }

    /// Appends any other entry as one line, under the same rule.
    pub fn append(&self, entry: &impl Serialize) {
        let mut sheet = self.sheet.lock().unwrap_or_else(PoisonError::into_inner);
        if sheet.failure.is_none() {
            sheet.line(entry);
        }
    }

    /// Flushes the file and reports the first failure.
    ///
    /// # Errors
    /// The first write or flush that failed, a full disk for one.
    pub fn finish(&self) -> io::Result<()> {
        let mut sheet = self.sheet.lock().unwrap_or_else(PoisonError::into_inner);
        match sheet.failure.take() {
            Some(failure) => Err(failure),
            None => sheet.out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_repeat_a_secret_are_logged_without_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let headers = [("X-Api-Key".to_owned(), "key-0123456789".to_owned())];
        let log = EventLog::create(&path, Secrets::of(&headers, "/")).unwrap();
        let event =
            EventRef { data: b"not key-01234", id: Some("key-0123456789"), kind: Some("no 456789"), binary: false };
        log.write(&event, clock::now());
        log.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""event":"no ***","id":"***","data":"not ***"}"#), "{text}");
    }
}
