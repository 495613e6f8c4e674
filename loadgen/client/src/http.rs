//! The HTTP/1.1 wire (RFC 9112): the head by `httparse`, then a body by how it is delimited.
//! Refuses content codings, every transfer coding but `chunked`, and a length beside it.

use super::chunked::{Chunked, LAST_CHUNK_BYTES};
use super::error::excerpt;
use super::wire::{Overhead, Piece, Wire};
use super::{DecodeError, MAX_HEAD_BYTES};
use memchr::memchr;
use std::mem;

/// Most header fields of one response.
const MAX_HEADERS: usize = 128;

/// A response head as it came, at most [`MAX_HEAD_BYTES`]; invalid UTF-8 is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    text: String,
    status: u16,
    wire_bytes: usize,
}

impl Head {
    fn read(&mut self, wire: &[u8]) -> Result<(), DecodeError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let status = response.parse(wire).map_err(DecodeError::Head)?;
        if status.is_partial() {
            return Err(DecodeError::Head(httparse::Error::NewLine));
        }
        self.status = response.code.unwrap_or_default();
        self.wire_bytes = wire.len();
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(wire));
        Ok(())
    }

    /// Status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether an answer begins with it: 1xx heads announce another, except 101, which is the last one.
    pub fn is_final(&self) -> bool {
        self.status == 101 || !(100..200).contains(&self.status)
    }

    /// Reason phrase; may be empty.
    pub fn reason(&self) -> &str {
        self.text.lines().next().and_then(|line| line.splitn(3, ' ').nth(2)).unwrap_or_default()
    }

    /// The whole head, status line and blank line included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of the head on the wire, status line and blank line included.
    pub fn wire_bytes(&self) -> usize {
        self.wire_bytes
    }

    /// Names and values in wire order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim()))
    }

    /// The first value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All values of a header, its name in any case: a peer may send a second line of it.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether a comma-separated header holds `token`, both in any case.
    pub(super) fn lists(&self, name: &str, token: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
    }

    /// Whether a challenge names this scheme first, in any case.
    pub(super) fn lists_scheme(&self, name: &str, scheme: &str) -> bool {
        self.values(name).any(|value| value.split([' ', ',']).next().is_some_and(|it| it.eq_ignore_ascii_case(scheme)))
    }

    /// What of a body's first bytes is worth quoting: in a chunked body, what stands behind the first size line.
    pub(super) fn skip_chunk_size<'a>(&self, rest: &'a [u8]) -> &'a [u8] {
        match memchr(b'\n', rest) {
            Some(end) if self.header("transfer-encoding").is_some() => &rest[end + 1..],
            _ => rest,
        }
    }

    /// How the body is delimited (RFC 9112, 6.3). What several lines say, they must say together.
    fn framing(&self) -> Result<State, DecodeError> {
        let all = |name| self.values(name).collect::<Vec<_>>().join(", ");
        let quoted = |name| excerpt(all(name).as_bytes());
        if self.values("content-encoding").any(|coding| !coding.eq_ignore_ascii_case("identity")) {
            return Err(DecodeError::ContentEncoding(quoted("content-encoding")));
        }
        match (self.status, self.header("transfer-encoding"), self.header("content-length")) {
            (101, ..) => Ok(State::UntilClose),
            (204, ..) => Ok(State::Length(0)),
            (_, Some(_), Some(_)) => Err(DecodeError::LengthAndCoding(quoted("content-length"))),
            (_, Some(_), _) if all("transfer-encoding").eq_ignore_ascii_case("chunked") => {
                Ok(State::Chunked(Chunked::default()))
            }
            (_, Some(_), _) => Err(DecodeError::TransferEncoding(quoted("transfer-encoding"))),
            (_, None, Some(length)) => {
                let one = self.values("content-length").all(|value| value == length);
                let bytes = length.parse().ok().filter(|_| one && length.bytes().all(|byte| byte.is_ascii_digit()));
                bytes.map(State::Length).ok_or_else(|| DecodeError::ContentLength(quoted("content-length")))
            }
            (_, None, None) => Ok(State::UntilClose),
        }
    }
}

/// What the next byte belongs to.
#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    /// The head has come; how the body is delimited is still to be looked at.
    Begun,
    Chunked(Chunked),
    Length(u64),
    UntilClose,
    Over,
}

/// The peer's half of one HTTP/1.1 connection.
#[derive(Debug, Default)]
pub(super) struct Http1 {
    state: State,
    part: Vec<u8>,
    head: Head,
    overhead: Overhead,
}

impl Wire for Http1 {
    #[inline(always)] // the piece stays in registers
    fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, DecodeError> {
        match &mut self.state {
            State::Chunked(_) | State::UntilClose if bytes.is_empty() => Ok(None),
            State::UntilClose => Ok(Some(Piece::Rest(mem::take(bytes)))),
            State::Chunked(chunked) => match chunked.body(bytes) {
                None => self.advance(bytes),
                piece => Ok(piece),
            },
            _ => self.advance(bytes),
        }
    }

    fn close(&mut self) -> Result<bool, DecodeError> {
        match mem::replace(&mut self.state, State::Over) {
            State::Head if self.part.is_empty() => Err(DecodeError::NoAnswer),
            State::Head => Err(DecodeError::Truncated("a response head")),
            State::Chunked(_) => Err(DecodeError::Truncated("a chunked body")),
            State::Length(_) => Err(DecodeError::Truncated("a body of known length")),
            State::UntilClose => Ok(true),
            State::Begun | State::Over => Ok(false),
        }
    }

    fn again(&mut self) {
        self.state = State::Head;
    }

    fn stop(&mut self) {
        self.state = State::Over;
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn overhead(&self) -> Overhead {
        self.overhead
    }
}

impl Http1 {
    /// The next piece, whatever it is.
    fn advance<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, DecodeError> {
        loop {
            match &mut self.state {
                State::Begun => self.state = self.head.framing()?,
                State::Length(0) => {
                    self.state = State::Over;
                    return Ok(Some(Piece::End));
                }
                _ if bytes.is_empty() => return Ok(None),
                State::Chunked(chunked) => {
                    let piece = chunked.next(bytes)?;
                    if matches!(piece, Some(Piece::End)) {
                        self.state = State::Over;
                        self.overhead.end_bytes = LAST_CHUNK_BYTES;
                    }
                    return Ok(piece);
                }
                State::Head => {
                    if self.read_head(bytes)? {
                        return Ok(Some(Piece::Head));
                    }
                }
                State::Length(left) => {
                    let (now, rest) = bytes.split_at(bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX)));
                    *bytes = rest;
                    *left -= now.len() as u64;
                    return Ok(Some(Piece::Body { bytes: now, ends: false }));
                }
                State::UntilClose => return self.next(bytes),
                State::Over => return Ok(None),
            }
        }
    }

    /// Gathers a head line by line, so that no byte of the body is taken; true when the blank line is there.
    fn read_head(&mut self, bytes: &mut &[u8]) -> Result<bool, DecodeError> {
        let end = memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
        let (line, rest) = bytes.split_at(end);
        *bytes = rest;
        match (self.part.first(), line.first()) {
            (None, Some(0x15 | 0x16)) => return Err(DecodeError::Tls),
            _ if !self.part.iter().chain(line).zip(b"HTTP/").all(|(came, due)| came == due) => {
                return Err(DecodeError::NotHttp(excerpt(&[&self.part, line].concat())));
            }
            _ if self.part.len() + line.len() > MAX_HEAD_BYTES => return Err(DecodeError::HeadTooLong),
            _ => self.part.extend_from_slice(line),
        }
        if !self.part.ends_with(b"\n\r\n") && !self.part.ends_with(b"\n\n") {
            return Ok(false);
        }
        self.head.read(&self.part)?;
        self.part.clear();
        if self.head.is_final() {
            self.state = State::Begun;
            if self.overhead.head_bytes == 0 {
                self.overhead.head_bytes = self.head.wire_bytes() as u64;
                // Most streams have no other head.
                self.part = Vec::new();
            }
        }
        Ok(true)
    }
}
