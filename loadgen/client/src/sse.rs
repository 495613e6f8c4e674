//! The event-stream parser (WHATWG HTML, 9.2.6). Refuses any media type but `text/event-stream`; decodes UTF-8 as the
//! standard does, invalid sequences replaced. An event that the end of the stream cuts off is dropped, as it says.

use super::error::{excerpt, refuse};
use super::plain::is_plain;
use super::{DecodeError, EventRef, Framing, Head, MAX_EVENT_BYTES, Signal, Sink};
use memchr::memchr2;
use std::borrow::Cow;
use std::mem;

/// Reads one event stream. Between two pushes it keeps the unfinished line and the unfinished event.
#[derive(Debug, Default)]
pub struct EventStream {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    kind: String,
    new_id: String,
    has_new_id: bool,
    last_id: String,
    after_cr: bool,
    begun: bool,
}

impl EventStream {
    /// The last event ID: what a reconnecting client sends, unless empty, as `Last-Event-ID`.
    pub fn last_event_id(&self) -> &str {
        &self.last_id
    }

    /// One whole line. An event's only data line stays where it lies, in `only`; a second one moves both to `data`.
    #[inline(always)] // a third faster: the match on the field's name folds away
    fn line<'a, S: Sink + ?Sized>(
        &mut self,
        mut line: &'a [u8],
        only: &mut Option<&'a [u8]>,
        sink: &mut S,
    ) -> Result<(), DecodeError> {
        if !mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(only.take(), sink);
        }
        let (name, value) = split_field(line);
        match name {
            b"data" if only.is_none() && !self.has_data => *only = Some(value),
            b"data" => {
                self.keep(only.take())?;
                self.keep(Some(value))?;
            }
            b"" => sink.signal(Signal::Comment),
            b"event" => text(value).as_ref().clone_into(&mut self.kind),
            b"id" if !value.contains(&0) => {
                text(value).as_ref().clone_into(&mut self.new_id);
                self.has_new_id = true;
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                sink.signal(Signal::Retry(text(value).parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Moves a data line into `data`, behind the lines that are there.
    fn keep(&mut self, line: Option<&[u8]>) -> Result<(), DecodeError> {
        let Some(line) = line else { return Ok(()) };
        if mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(text(line).as_bytes());
        if self.data.len() > MAX_EVENT_BYTES { Err(DecodeError::EventTooLong) } else { Ok(()) }
    }

    /// A blank line: the event is complete.
    fn dispatch<S: Sink + ?Sized>(&mut self, only: Option<&[u8]>, sink: &mut S) -> Result<(), DecodeError> {
        if mem::take(&mut self.has_new_id) {
            mem::swap(&mut self.last_id, &mut self.new_id);
        }
        let data = only.map(text);
        if data.is_some() || self.has_data {
            self.deliver(data.as_ref().map_or(&self.data[..], |data| data.as_bytes()), sink);
        }
        self.data.clear();
        self.has_data = false;
        self.kind.clear();
        Ok(())
    }

    #[inline]
    fn deliver<S: Sink + ?Sized>(&self, data: &[u8], sink: &mut S) {
        let [id, kind] = [&self.last_id, &self.kind].map(|text| Some(&text[..]).filter(|text| !text.is_empty()));
        sink.signal(Signal::Event(EventRef { data, id, kind, binary: false }));
    }

    /// Whether the next byte begins a line, and that line an event: nothing of an earlier one is kept.
    #[inline]
    fn is_between_events(&self) -> bool {
        let fields = self.has_data || self.has_new_id || !self.kind.is_empty();
        self.begun && !self.after_cr && self.line.is_empty() && !fields
    }

    /// Takes events of one data line and nothing else off the front of `bytes`, as many as there are.
    fn short_events<S: Sink + ?Sized>(&self, bytes: &mut &[u8], sink: &mut S) {
        while let Some(value) = data_value(bytes)
            && let Some((data, rest)) = memchr2(b'\n', b'\r', value).map(|end| value.split_at(end))
            && let Some(rest) = rest.strip_prefix(b"\n\n").or_else(|| rest.strip_prefix(b"\r\n\r\n"))
            && bytes.len() - rest.len() <= MAX_EVENT_BYTES
        {
            self.deliver(text(data).as_bytes(), sink);
            *bytes = rest;
        }
    }
}

impl Framing for EventStream {
    fn accept(&mut self, head: &Head, rest: &[u8]) -> Result<(), DecodeError> {
        let media_type = head.header("content-type").unwrap_or_default();
        match media_type.split(';').next() {
            _ if head.status() != 200 => Err(refuse(head, 200, rest)),
            Some(essence) if essence.trim().eq_ignore_ascii_case("text/event-stream") => Ok(()),
            _ => Err(DecodeError::ContentType(excerpt(media_type.as_bytes()))),
        }
    }

    fn push<S: Sink + ?Sized>(&mut self, mut bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        if self.is_between_events() {
            self.short_events(&mut bytes, sink);
        }
        let mut only = None;
        loop {
            if self.after_cr
                && let Some(first) = bytes.first()
            {
                self.after_cr = false;
                bytes = &bytes[usize::from(*first == b'\n')..];
            }
            // A blank line ends every event: not worth a search.
            let end = if bytes.first() == Some(&b'\n') { Some(0) } else { memchr2(b'\n', b'\r', bytes) };
            let Some(end) = end else { break };
            let (line, rest) = bytes.split_at(end);
            self.after_cr = rest[0] == b'\r';
            bytes = &rest[1..];
            if self.line.len() + line.len() > MAX_EVENT_BYTES {
                return Err(DecodeError::EventTooLong);
            }
            if self.line.is_empty() {
                self.line(line, &mut only, sink)?;
            } else {
                let mut whole = mem::take(&mut self.line);
                whole.extend_from_slice(line);
                let mut only = None;
                self.line(&whole, &mut only, sink)?;
                self.keep(only)?;
                whole.clear();
                self.line = whole;
            }
        }
        self.keep(only)?;
        self.line.extend_from_slice(bytes);
        if self.line.len() > MAX_EVENT_BYTES { Err(DecodeError::EventTooLong) } else { Ok(()) }
    }

    /// A server that writes each event alone makes a chunk of it: no line end must be searched for.
    #[inline]
    fn push_chunk<S: Sink + ?Sized>(&mut self, bytes: &[u8], _ends: bool, sink: &mut S) -> Result<(), DecodeError> {
        let data = data_value(bytes).and_then(|value| value.strip_suffix(b"\n\n"));
        match data.filter(|_| self.is_between_events() && bytes.len() <= MAX_EVENT_BYTES) {
            Some(data) if is_plain(data) => self.deliver(data, sink),
            Some(data) if memchr2(b'\n', b'\r', data).is_none() => self.deliver(text(data).as_bytes(), sink),
            _ => return self.push(bytes, sink),
        }
        Ok(())
    }

    fn finish<S: Sink + ?Sized>(&mut self, _sink: &mut S) -> Result<(), DecodeError> {
        Ok(())
    }
}

/// The value of a data line that begins with `bytes`, and whatever follows it.
#[inline]
fn data_value(bytes: &[u8]) -> Option<&[u8]> {
    let value = bytes.strip_prefix(b"data:")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// Name and value of a line; the usual line needs no search.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    if let Some(value) = data_value(line) {
        return (b"data", value);
    }
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    let value = line.get(colon + 1..).unwrap_or_default();
    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
}

/// UTF-8 decode (WHATWG Encoding): one U+FFFD for each maximal invalid sequence.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    simdutf8::basic::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
