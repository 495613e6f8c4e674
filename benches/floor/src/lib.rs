//! A reader and a writer of stamped events over SSE and WebSocket, written apart from everything else here: their own
//! framing, decoding, clock and statistics, one thread and one epoll each. What our programs count is checked against the
//! reader; what they cost is shown beside both. Refuse options, TLS, redirects and every server or client but these.

pub mod reader;
mod reading;
pub mod writer;

pub use reading::Reading;

use nix::time::{ClockId, clock_gettime};
use std::io;

/// How events are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A `text/event-stream` in HTTP/1.1 chunks.
    Sse,
    /// Text messages of RFC 6455.
    WebSocket,
}

impl Framing {
    /// The framing of a path or a word, `sse` or `websocket`; `None` for any other.
    pub fn named(word: &str) -> Option<Self> {
        match word.trim_start_matches('/') {
            "sse" => Some(Self::Sse),
            "websocket" => Some(Self::WebSocket),
            _ => None,
        }
    }
}

/// Events on a schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// How they are framed.
    pub framing: Framing,
    /// Streams that start together, their phases spread evenly over one period; or readers of the one topic.
    pub connections: u64,
    /// Events a second on each stream.
    pub rate: f64,
    /// Events of each stream.
    pub count: u64,
    /// Bytes of one payload, 48 or more.
    pub payload_bytes: usize,
    /// One topic for all connections (fan-out).
    pub shared: bool,
}

impl Load {
    /// A load as words: framing, connections, rate, count, payload bytes, and `shared` or nothing; `None` if they are none.
    pub fn from_words(words: &[String]) -> Option<Self> {
        let [framing, connections, rate, count, payload, rest @ ..] = words else { return None };
        let load = Self {
            framing: Framing::named(framing)?,
            connections: connections.parse().ok().filter(|&n| n > 0)?,
            rate: rate.parse().ok().filter(|&rate: &f64| rate > 0.0)?,
            count: count.parse().ok()?,
            payload_bytes: payload.parse().ok().filter(|bytes| (STAMP_BYTES..1 << 20).contains(bytes))?,
            shared: rest.first().is_some_and(|word| word == "shared"),
        };
        (rest.is_empty() || load.shared && rest.len() == 1).then_some(load)
    }
}

/// Hex digits at the head of a payload: seq 12, due 16, fired − due 10, sent − due 10 (nanoseconds of `CLOCK_MONOTONIC`).
const STAMP_BYTES: usize = 48;
/// What follows the stamp, over and over, from character `seq % 36` on.
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

fn filler(seq: u64) -> impl Iterator<Item = u8> {
    ALPHABET.iter().copied().cycle().skip((seq % 36) as usize)
}

fn nanos(clock: ClockId) -> io::Result<u64> {
    let time = clock_gettime(clock)?;
    Ok(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

/// A number of at least one digit.
fn hex(digits: &[u8]) -> Option<u64> {
    let digit = |sum, &byte| Some(sum << 4 | u64::from(char::from(byte).to_digit(16)?));
    digits.iter().try_fold(0, digit).filter(|_| !digits.is_empty())
}

fn put_hex(digits: &mut [u8], mut value: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}
