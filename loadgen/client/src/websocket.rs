//! WebSocket (RFC 6455), the client's side: handshake, frames in, frames out. Refuses extensions and every breach of
//! the framing rules.
//!
//! ```text
//!  0                   1
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//! +-+-+-+-+-------+-+-------------+-----------------------------+-------------------+
//! |F|R|R|R| opcode|M|   length    | 126: 16 bits, 127: 64 bits  | key (M) | payload |
//! +-+-+-+-+-------+-+-------------+-----------------------------+-------------------+
//! ```

use super::error::{excerpt, refuse};
use super::plain::is_plain;
use super::{DecodeError, EventRef, Framing, Head, MAX_EVENT_BYTES, Signal, Sink, Violation};
use std::mem;

const CONTINUATION: u8 = 0x0;
pub(super) const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xA;

/// A frame's header, checked as far as it can be without the frames before it.
#[derive(Debug, Clone, Copy)]
struct Header {
    fin: bool,
    opcode: u8,
    header_bytes: usize,
    frame_bytes: usize,
}

impl Header {
    /// `None` while bytes are missing.
    fn read(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        let (fin, opcode, control) = (first & 0x80 != 0, first & 0xF, first & 0x8 != 0);
        match (opcode, second & 0x7F) {
            _ if first & 0x70 != 0 => return Err(Violation::ReservedBits.into()),
            (0x3..=0x7 | 0xB.., _) => return Err(Violation::Opcode(opcode).into()),
            _ if second & 0x80 != 0 => return Err(Violation::Masked.into()),
            _ if control && !fin => return Err(Violation::FragmentedControl.into()),
            (_, 126..) if control => return Err(Violation::LongControl.into()),
            (_, short @ ..126) => return Ok(Some(Self::new(fin, opcode, 2, usize::from(short)))),
            _ => {}
        }
        let (header_bytes, length, least) = match (second & 0x7F, rest) {
            (126, &[a, b, ..]) => (4, u64::from(u16::from_be_bytes([a, b])), 126),
            (127, &[a, b, c, d, e, f, g, h, ..]) => (10, u64::from_be_bytes([a, b, c, d, e, f, g, h]), 1 << 16),
            _ => return Ok(None),
        };
        match usize::try_from(length) {
            _ if length >> 63 != 0 => Err(Violation::HugeLength.into()),
            _ if length < least => Err(Violation::LongLength(length).into()),
            Ok(length) if length <= MAX_EVENT_BYTES => Ok(Some(Self::new(fin, opcode, header_bytes, length))),
            _ => Err(DecodeError::EventTooLong),
        }
    }

    fn new(fin: bool, opcode: u8, header_bytes: usize, payload_bytes: usize) -> Self {
        Self { fin, opcode, header_bytes, frame_bytes: header_bytes + payload_bytes }
    }
}

/// Reads a server's frames. Between two pushes it keeps the unfinished frame and the fragments of a message.
#[derive(Debug)]
pub struct Frames {
    accept_key: String,
    /// Subprotocols that the request offers, separated by commas.
    offered: String,
    frame: Vec<u8>,
    message: Vec<u8>,
    /// The opcode of the message whose fragments are in `message`.
    fragmented: Option<u8>,
    text: Text,
    closed: bool,
}

/// The text of a message, checked as it comes: what is not UTF-8 is refused before its frame is whole.
#[derive(Debug, Default)]
struct Text {
    /// Bytes of the unfinished frame's payload that have been checked.
    checked: usize,
    /// The beginning of a character whose rest is still to come.
    begun: [u8; 4],
    begun_bytes: usize,
}

impl Text {
    /// Checks a frame's payload as far as it has come.
    #[inline]
    fn check(&mut self, payload: &[u8]) -> Result<(), Violation> {
        let fresh = &payload[mem::replace(&mut self.checked, payload.len())..];
        if self.begun_bytes == 0 && simdutf8::basic::from_utf8(fresh).is_ok() { Ok(()) } else { self.check_cut(fresh) }
    }

    /// The same, where a character may be cut at either end.
    fn check_cut(&mut self, mut fresh: &[u8]) -> Result<(), Violation> {
        while let (1.., Some((&byte, rest))) = (self.begun_bytes, fresh.split_first()) {
            (self.begun[self.begun_bytes], fresh) = (byte, rest);
            self.begun_bytes += 1;
            match str::from_utf8(&self.begun[..self.begun_bytes]) {
                Ok(_) => self.begun_bytes = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Violation::Utf8),
            }
        }
        let Err(error) = simdutf8::compat::from_utf8(fresh) else { return Ok(()) };
        let begun = &fresh[error.valid_up_to()..];
        if error.error_len().is_some() {
            return Err(Violation::Utf8);
        }
        self.begun[..begun.len()].copy_from_slice(begun);
        self.begun_bytes = begun.len();
        Ok(())
    }

    /// The frame is whole, and with it the message if it is the last of its frames.
    const fn end(&mut self, fin: bool) -> Result<(), Violation> {
        self.checked = 0;
        if fin && self.begun_bytes > 0 { Err(Violation::Utf8) } else { Ok(()) }
    }
}

impl Frames {
    /// Expects `Sec-WebSocket-Accept` to be `accept_key`.
    pub fn new(accept_key: String) -> Self {
        let (offered, text) = (String::new(), Text::default());
        Self { accept_key, offered, frame: Vec::new(), message: Vec::new(), fragmented: None, text, closed: false }
    }

    /// With subprotocols that the request offers, separated by commas: the answer may choose one.
    pub fn offering(self, protocols: &str) -> Self {
        Self { offered: protocols.to_owned(), ..self }
    }

    /// Whether a frame is a part of a text message.
    fn is_text(&self, opcode: u8) -> bool {
        opcode == TEXT || opcode == CONTINUATION && self.fragmented == Some(TEXT)
    }

    /// The header at the front of `bytes`, checked against the frames before it.
    fn header(&self, bytes: &[u8]) -> Result<Option<Header>, DecodeError> {
        let header = Header::read(bytes)?;
        match header.map(|header| header.opcode) {
            Some(CONTINUATION) if self.fragmented.is_none() => Err(Violation::StrayContinuation.into()),
            Some(TEXT | BINARY) if self.fragmented.is_some() => Err(Violation::Interleaved.into()),
            _ => Ok(header),
        }
    }

    /// Takes what the unfinished frame needs off the front of `bytes`.
    fn gather<S: Sink + ?Sized>(&mut self, bytes: &mut &[u8], sink: &mut S) -> Result<(), DecodeError> {
        let missing = self.header(&self.frame)?.map_or(1, |header| header.frame_bytes - self.frame.len());
        let (now, rest) = bytes.split_at(missing.min(bytes.len()));
        *bytes = rest;
        self.frame.extend_from_slice(now);
        let Some(header) = self.header(&self.frame)? else { return Ok(()) };
        if header.frame_bytes == self.frame.len() {
            let frame = mem::take(&mut self.frame);
            self.frame(header, &frame[header.header_bytes..], sink)?;
            self.frame = frame;
            self.frame.clear();
        } else if self.is_text(header.opcode) {
            self.text.check(&self.frame[header.header_bytes..])?;
        }
        Ok(())
    }

    /// One whole frame.
    fn frame<S: Sink + ?Sized>(&mut self, header: Header, payload: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        if self.is_text(header.opcode) {
            self.text.check(payload)?;
            self.text.end(header.fin)?;
        }
        match header.opcode {
            TEXT | BINARY if header.fin => deliver(header.opcode, payload, sink),
            PING => sink.signal(Signal::Ping(payload)),
            PONG => sink.signal(Signal::Pong(payload)),
            CLOSE => self.close(payload, sink)?,
            opcode => {
                let first = *self.fragmented.get_or_insert(opcode);
                if self.message.len() + payload.len() > MAX_EVENT_BYTES {
                    return Err(DecodeError::EventTooLong);
                }
                self.message.extend_from_slice(payload);
                if header.fin {
                    self.fragmented = None;
                    deliver(first, &self.message, sink);
                    self.message.clear();
                }
            }
        }
        Ok(())
    }

    fn close<S: Sink + ?Sized>(&mut self, payload: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        let (code, reason) = match payload {
            [] => (None, payload),
            [_] => return Err(Violation::HalfCloseCode.into()),
            [high, low, reason @ ..] => (Some(u16::from_be_bytes([*high, *low])), reason),
        };
        if let Some(code @ (0..1000 | 1004..=1006 | 1015..3000 | 5000..)) = code {
            return Err(Violation::CloseCode(code).into());
        }
        let reason = simdutf8::basic::from_utf8(reason).map_err(|_| Violation::Utf8)?;
        self.closed = true;
        sink.signal(Signal::Close { code, reason });
        Ok(())
    }
}

/// Takes text messages of one frame each off the front of `bytes`, as many as are sound.
#[inline]
fn whole_messages<S: Sink + ?Sized>(bytes: &mut &[u8], sink: &mut S) {
    while let Some((text, rest)) = whole_message(bytes)
        && (is_plain(text) || simdutf8::basic::from_utf8(text).is_ok())
    {
        deliver(TEXT, text, sink);
        *bytes = rest;
    }
}

/// The payload of a text message whose one frame, of less than 64 KiB, lies whole in `bytes`, and what follows it.
#[inline]
fn whole_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const FINAL_TEXT: u8 = 0x80 | TEXT;
    match *bytes {
        [FINAL_TEXT, length @ ..126, ref rest @ ..] => rest.split_at_checked(usize::from(length)),
        [FINAL_TEXT, 126, high, low, ref rest @ ..] => match u16::from_be_bytes([high, low]) {
            length @ 126.. => rest.split_at_checked(usize::from(length)),
            _ => None,
        },
        _ => None,
    }
}

#[inline]
fn deliver<S: Sink + ?Sized>(opcode: u8, payload: &[u8], sink: &mut S) {
    sink.signal(Signal::Event(EventRef::message(payload, opcode == BINARY)));
}

impl Framing for Frames {
    fn accept(&mut self, head: &Head, rest: &[u8]) -> Result<(), DecodeError> {
        let header = |name| excerpt(head.values(name).collect::<Vec<_>>().join(", ").as_bytes());
        if head.status() != 101 {
            return Err(refuse(head, 101, rest));
        }
        if !head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade") {
            return Err(DecodeError::UpgradedToOther { wanted: "websocket", got: header("upgrade") });
        }
        let mut keys = head.values("sec-websocket-accept");
        if keys.next() != Some(self.accept_key.as_str()) || keys.next().is_some() {
            return Err(DecodeError::AcceptKey(header("sec-websocket-accept")));
        }
        if head.values("sec-websocket-extensions").any(|extension| !extension.is_empty()) {
            return Err(DecodeError::Extension(header("sec-websocket-extensions")));
        }
        let chosen: Vec<_> = head.values("sec-websocket-protocol").collect();
        match chosen[..] {
            [] => Ok(()),
            [one] if self.offered.split(',').any(|offered| offered.trim() == one) && !one.is_empty() => Ok(()),
            _ => Err(DecodeError::Subprotocol(header("sec-websocket-protocol"))),
        }
    }

    fn push<S: Sink + ?Sized>(&mut self, mut bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        while !self.closed {
            if self.frame.is_empty() && self.fragmented.is_none() {
                whole_messages(&mut bytes, sink);
            }
            if bytes.is_empty() {
                break;
            }
            let header = if self.frame.is_empty() { self.header(bytes)? } else { None };
            match header.and_then(|header| Some((header, bytes.split_at_checked(header.frame_bytes)?))) {
                Some((header, (frame, rest))) => {
                    bytes = rest;
                    self.frame(header, &frame[header.header_bytes..], sink)?;
                }
                None => self.gather(&mut bytes, sink)?,
            }
        }
        Ok(())
    }

    fn finish<S: Sink + ?Sized>(&mut self, _sink: &mut S) -> Result<(), DecodeError> {
        if self.closed { Ok(()) } else { Err(DecodeError::NoCloseFrame) }
    }

    fn is_over(&self) -> bool {
        self.closed
    }
}

/// Appends one whole frame to `out`, masked with a random key as a client must (RFC 6455, 5.3).
pub(super) fn write_frame(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        length @ 0..126 => out.push(0x80 | length as u8),
        length @ 126..65_536 => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    let key = fastrand::u32(..).to_ne_bytes();
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    for quad in out[start..].chunks_mut(4) {
        quad.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    }
}
