//! Long polling: every response body is payloads, each followed by a line feed; 204 says nothing yet, 410 that the
//! stream is over. Refuses to ask: the conversation sends the next request.

use super::error::refuse;
use super::{DecodeError, EventRef, Framing, Head, MAX_EVENT_BYTES, Signal, Sink};
use memchr::memchr;

/// Reads the bodies of one client's polls.
#[derive(Debug, Default)]
pub struct Lines {
    part: Vec<u8>,
    gone: bool,
}

impl Lines {
    fn keep(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        if self.part.len() + bytes.len() > MAX_EVENT_BYTES {
            return Err(DecodeError::EventTooLong);
        }
        self.part.extend_from_slice(bytes);
        Ok(())
    }
}

impl Framing for Lines {
    const REPEATS: bool = true;

    fn accept(&mut self, head: &Head, rest: &[u8]) -> Result<(), DecodeError> {
        self.gone = head.status() == 410;
        match head.status() {
            200 | 204 | 410 => Ok(()),
            _ => Err(refuse(head, 200, rest)),
        }
    }

    fn push<S: Sink + ?Sized>(&mut self, mut bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        if self.gone {
            return Ok(());
        }
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.part.is_empty() && line.len() <= MAX_EVENT_BYTES {
                sink.signal(Signal::Event(EventRef::message(line, true)));
            } else {
                self.keep(line)?;
                sink.signal(Signal::Event(EventRef::message(&self.part, true)));
                self.part.clear();
            }
            bytes = rest;
        }
        self.keep(bytes)
    }

    fn finish<S: Sink + ?Sized>(&mut self, _sink: &mut S) -> Result<(), DecodeError> {
        if self.part.is_empty() { Ok(()) } else { Err(DecodeError::Truncated("a payload")) }
    }

    fn is_over(&self) -> bool {
        self.gone
    }
}
