//! HTTP/1.1 responses (RFC 9112): the head by `httparse`, then a body by its framing, for one transport's decoder.
//! Refuses content codings, every transfer coding but `chunked`, and a length beside it.

use super::chunked::{Chunked, Piece};
use super::error::excerpt;
use super::{DecodeError, Decoder, MAX_HEAD_BYTES, Signal, Sink};
use memchr::memchr;

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

#[derive(Debug)]
enum State {
    Head,
    Chunked(Chunked),
    Length(u64),
    UntilClose,
    Over,
}

/// The peer's half of one HTTP connection, its bodies read by `D`.
#[derive(Debug)]
pub(super) struct Exchange<D> {
    state: State,
    part: Vec<u8>,
    head: Head,
    body: D,
}

impl<D: Decoder> Exchange<D> {
    pub(super) fn new(body: D) -> Self {
        Self { state: State::Head, part: Vec::new(), head: Head::default(), body }
    }

    pub(super) fn body(&self) -> &D {
        &self.body
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    pub(super) fn push<S: Sink + ?Sized>(&mut self, mut bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Head => {
                    if self.read_head(&mut bytes)? {
                        self.begin(bytes, sink)?;
                    }
                }
                State::Chunked(chunked) => match chunked.next(&mut bytes)? {
                    Some(Piece::Data { bytes, ends }) => self.body.push_chunk(bytes, ends, sink)?,
                    Some(Piece::End) => self.end(sink)?,
                    None => return Ok(()),
                },
                State::Length(left) => {
                    let (now, rest) = bytes.split_at(bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX)));
                    bytes = rest;
                    *left -= now.len() as u64;
                    let ends = *left == 0;
                    self.body.push(now, sink)?;
                    if ends {
                        self.end(sink)?;
                    }
                }
                State::UntilClose => {
                    self.body.push(bytes, sink)?;
                    if self.body.is_over() {
                        self.state = State::Over;
                    }
                    return Ok(());
                }
                State::Over => return Ok(()),
            }
        }
        Ok(())
    }

    /// Takes the end of the connection.
    pub(super) fn finish<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), DecodeError> {
        match self.state {
            State::Head if self.part.is_empty() => Err(DecodeError::NoAnswer),
            State::Head => Err(DecodeError::Truncated("a response head")),
            State::Chunked(_) => Err(DecodeError::Truncated("a chunked body")),
            State::Length(_) => Err(DecodeError::Truncated("a body of known length")),
            State::UntilClose => self.end(sink),
            State::Over => Ok(()),
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
        Ok(self.part.ends_with(b"\n\r\n") || self.part.ends_with(b"\n\n"))
    }

    fn begin<S: Sink + ?Sized>(&mut self, rest: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        self.head.read(&self.part)?;
        self.part.clear();
        sink.signal(Signal::Head(&self.head));
        if !self.head.is_final() {
            return Ok(());
        }
        self.body.accept(&self.head, rest)?;
        self.state = self.head.framing()?;
        if matches!(self.state, State::Length(0)) { self.end(sink) } else { Ok(()) }
    }

    fn end<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), DecodeError> {
        self.body.finish(sink)?;
        self.state = if D::REPEATS && !self.body.is_over() { State::Head } else { State::Over };
        sink.signal(Signal::ResponseEnd);
        Ok(())
    }
}
