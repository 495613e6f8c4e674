//! Chunked transfer coding (RFC 9112, 7.1), extensions and trailers skipped. Refuses bare LF line ends: they are how
//! two parsers come to disagree.

use super::wire::Piece;
use super::{DecodeError, MAX_HEAD_BYTES};

/// `0 CR LF CR LF`: what ends a body.
pub(super) const LAST_CHUNK_BYTES: u64 = 5;

/// Where in `SIZE [;extension] CRLF DATA CRLF … 0 CRLF [trailers] CRLF` the next byte stands.
#[derive(Debug, Clone, Copy)]
enum State {
    Size { size: u64, digits: u8 },
    Extension { size: u64 },
    SizeLf { size: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
}

impl State {
    const START: Self = Self::Size { size: 0, digits: 0 };

    /// What belongs here, for the error's text.
    fn wanted(self) -> &'static str {
        match self {
            Self::Size { digits: 16.., .. } => "the end of a 64-bit chunk size",
            Self::Size { .. } => "a chunk size",
            Self::Extension { .. } => "a chunk extension",
            Self::Data { .. } => "chunk data",
            Self::DataCr | Self::DataLf => "the CR LF behind a chunk",
            Self::SizeLf { .. } | Self::TrailerLf | Self::EndLf => "the LF of a CR LF",
            Self::TrailerStart | Self::Trailer => "a trailer",
        }
    }
}

/// A decoder of one chunked body.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    skipped: usize,
}

impl Default for Chunked {
    fn default() -> Self {
        Self { state: State::START, skipped: 0 }
    }
}

impl Chunked {
    /// Takes data off the front of `bytes`: a chunk that lies whole in them, as most do, or what there is of another.
    #[inline]
    pub(super) fn body<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Piece<'a>> {
        match self.state {
            State::Size { digits: 0, .. } => whole_chunk(bytes).map(|bytes| Piece::Body { bytes, ends: true }),
            State::Data { left } if !bytes.is_empty() => Some(self.data(left, bytes)),
            _ => None,
        }
    }

    /// Takes the next piece off the front of `bytes`; `None` when they are used up.
    pub(super) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, DecodeError> {
        loop {
            let Some((&byte, rest)) = bytes.split_first() else { return Ok(None) };
            if let State::Data { left } = self.state {
                return Ok(Some(self.data(left, bytes)));
            }
            *bytes = rest;
            if let (State::EndLf, b'\n') = (self.state, byte) {
                return Ok(Some(Piece::End));
            }
            self.state = self.step(byte)?;
        }
    }

    #[inline]
    fn data<'a>(&mut self, left: u64, bytes: &mut &'a [u8]) -> Piece<'a> {
        let (now, rest) = bytes.split_at(bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        let left = left - now.len() as u64;
        (self.state, *bytes) = match rest {
            _ if left > 0 => (State::Data { left }, rest),
            [b'\r', b'\n', rest @ ..] => (State::START, rest),
            _ => (State::DataCr, rest),
        };
        Piece::Body { bytes: now, ends: left == 0 }
    }

    /// One byte of framing.
    fn step(&mut self, byte: u8) -> Result<State, DecodeError> {
        Ok(match (self.state, byte) {
            (State::Size { size, digits: digits @ 0..16 }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                State::Size { size: size << 4 | u64::from(digit), digits: digits + 1 }
            }
            (State::Size { size, digits: 1.. } | State::Extension { size }, b'\r') => State::SizeLf { size },
            (State::Size { size, digits: 1.. }, b';' | b' ' | b'\t') => self.skip(State::Extension { size })?,
            (State::Extension { size }, 0x20.. | b'\t') => self.skip(State::Extension { size })?,
            (State::SizeLf { size: 0 }, b'\n') => State::TrailerStart,
            (State::SizeLf { size }, b'\n') => {
                self.skipped = 0;
                State::Data { left: size }
            }
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::START,
            (State::TrailerStart, b'\r') => State::EndLf,
            (State::TrailerStart | State::Trailer, 0x20.. | b'\t') => self.skip(State::Trailer)?,
            (State::Trailer, b'\r') => State::TrailerLf,
            (State::TrailerLf, b'\n') => State::TrailerStart,
            (state, found) => return Err(DecodeError::Chunk { wanted: state.wanted(), found: char::from(found) }),
        })
    }

    /// Counts a byte of extensions and trailers: they are skipped, but not without end.
    fn skip(&mut self, next: State) -> Result<State, DecodeError> {
        self.skipped += 1;
        if self.skipped > MAX_HEAD_BYTES { Err(DecodeError::HeadTooLong) } else { Ok(next) }
    }
}

/// Value of each byte as a hexadecimal digit; 16 for every other.
const HEX_VALUE: [u8; 256] = {
    let mut values = [16; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Takes a chunk that lies whole in `bytes`, as most do, off their front. Anything else is left to [`Chunked::step`].
#[inline]
fn whole_chunk<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (size, rest) = size_line(bytes)?;
    let (chunk, rest) = rest.split_at_checked(size)?;
    *bytes = rest.strip_prefix(b"\r\n")?;
    Some(chunk)
}

/// A whole `SIZE CR LF` of few digits that is not the last, and what follows it.
#[inline]
fn size_line(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut size = 0;
    for (at, &byte) in bytes.iter().enumerate().take(7) {
        match (HEX_VALUE[usize::from(byte)], &bytes[at..]) {
            (digit @ 0..16, _) => size = size << 4 | usize::from(digit),
            (_, [b'\r', b'\n', rest @ ..]) if size > 0 => return Some((size, rest)),
            _ => return None,
        }
    }
    None
}
