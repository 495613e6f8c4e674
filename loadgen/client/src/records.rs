//! Payloads without framing: fixed-size records (the control and the floor), or one event for each HTTP chunk.
//! Refuses to look into them.

use super::error::{excerpt, refuse};
use super::{DecodeError, EventRef, Framing, Head, MAX_EVENT_BYTES, Signal, Sink};

/// Cuts a stream of bytes into events.
#[derive(Debug)]
pub struct Records {
    size: Option<usize>,
    upgrade: Option<&'static str>,
    part: Vec<u8>,
}

impl Records {
    /// The body of a 200 response, cut every `size` bytes; without a size each chunk is an event, and a body that is
    /// not chunked is one event.
    pub fn of_body(size: Option<usize>) -> Self {
        Self { size, upgrade: None, part: Vec::new() }
    }

    /// What follows a 101 to `protocol`, cut every `size` bytes; without a size all of it is one event.
    pub fn of_upgrade(protocol: &'static str, size: Option<usize>) -> Self {
        Self { upgrade: Some(protocol), ..Self::of_body(size) }
    }

    /// Keeps the front of an unfinished event.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        if self.part.len() + bytes.len() > MAX_EVENT_BYTES {
            return Err(DecodeError::EventTooLong);
        }
        self.part.extend_from_slice(bytes);
        Ok(())
    }

    /// Hands out the event whose last bytes are `end`.
    fn complete<S: Sink + ?Sized>(&mut self, end: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        if self.part.is_empty() {
            sink.signal(Signal::Event(EventRef::message(end, true)));
        } else {
            self.keep(end)?;
            sink.signal(Signal::Event(EventRef::message(&self.part, true)));
            self.part.clear();
        }
        Ok(())
    }
}

impl Framing for Records {
    fn accept(&mut self, head: &Head, rest: &[u8]) -> Result<(), DecodeError> {
        let status = if self.upgrade.is_some() { 101 } else { 200 };
        match self.upgrade {
            _ if head.status() != status => Err(refuse(head, status, rest)),
            Some(wanted) if !head.lists("upgrade", wanted) => {
                let got = excerpt(head.header("upgrade").unwrap_or_default().as_bytes());
                Err(DecodeError::UpgradedToOther { wanted, got })
            }
            _ => Ok(()),
        }
    }

    fn push<S: Sink + ?Sized>(&mut self, mut bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        let Some(size) = self.size else { return self.keep(bytes) };
        while let Some((end, rest)) = bytes.split_at_checked(size - self.part.len()) {
            self.complete(end, sink)?;
            bytes = rest;
        }
        self.keep(bytes)
    }

    fn push_chunk<S: Sink + ?Sized>(&mut self, bytes: &[u8], ends: bool, sink: &mut S) -> Result<(), DecodeError> {
        if self.size.is_none() && ends { self.complete(bytes, sink) } else { self.push(bytes, sink) }
    }

    fn finish<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), DecodeError> {
        match self.size {
            _ if self.part.is_empty() => Ok(()),
            Some(_) => Err(DecodeError::Truncated("a record")),
            None => self.complete(b"", sink),
        }
    }
}
