//! The head of every payload: fixed-width ASCII, so that payload bytes are the same on every transport.
//!
//! ```text
//!  0           12               28         38         48
//!  | seq 12 hex | due ns 16 hex | fired-due | sent-due | filler …
//! ```
//!
//! `fired - due` and `sent - due` are 10 hex digits (they stop at 18 minutes). The filler is a
//! 36-character alphabet that starts at `seq % 36`, so a swapped or damaged payload is seen.

use crate::MonoTime;

/// Bytes of the stamp, hence the smallest payload.
pub const STAMP_BYTES: usize = 48;

const SEQ: usize = 12;
const DUE: usize = 16;
const LAG: usize = 10;
/// Largest lateness that ten hex digits hold.
const LAG_MAX: u64 = (1 << 40) - 1;
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// When an event was planned, released and handed to the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Position in the stream, from 0.
    pub seq: u64,
    /// When the schedule wanted the event.
    pub due: MonoTime,
    /// When the pacer released it.
    pub fired: MonoTime,
    /// Just before it was handed to the write path.
    pub sent: MonoTime,
}

/// Why the head of a payload is no stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// Fewer than [`STAMP_BYTES`] bytes.
    #[error("payload of {0} bytes is shorter than a stamp (48 bytes)")]
    Short(usize),
    /// A byte that is no lower-case hex digit.
    #[error("payload does not start with a stamp")]
    NotHex,
}

impl Stamp {
    /// The text form.
    pub(crate) fn to_bytes(self) -> [u8; STAMP_BYTES] {
        let mut out = [0; STAMP_BYTES];
        put_hex(&mut out[..SEQ], self.seq);
        put_hex(&mut out[SEQ..SEQ + DUE], self.due.as_nanos());
        put_hex(&mut out[28..28 + LAG], self.fired.nanos_since(self.due).min(LAG_MAX));
        put_hex(&mut out[38..38 + LAG], self.sent.nanos_since(self.due).min(LAG_MAX));
        out
    }

    /// Reads the stamp at the head of a payload.
    ///
    /// # Errors
    /// [`StampError`] when the payload is foreign: too short, or not hex where the stamp stands.
    #[inline]
    pub fn read(payload: &[u8]) -> Result<Self, StampError> {
        let head: &[u8; STAMP_BYTES] = payload.first_chunk().ok_or(StampError::Short(payload.len()))?;
        let mut bad = 0;
        let seq = get_hex(&head[..SEQ], &mut bad);
        let due = get_hex(&head[SEQ..SEQ + DUE], &mut bad);
        let fired = get_hex(&head[28..28 + LAG], &mut bad);
        let sent = get_hex(&head[38..38 + LAG], &mut bad);
        if bad != 0 {
            return Err(StampError::NotHex);
        }
        let due = MonoTime::from_nanos(due);
        Ok(Self { seq, due, fired: due.plus_nanos(fired), sent: due.plus_nanos(sent) })
    }
}

/// Renders and verifies payloads of one size; holds the filler once.
#[derive(Debug, Clone)]
pub struct Payload {
    filler: Vec<u8>,
    bytes: usize,
}

impl Payload {
    /// Payloads of `bytes` bytes in all; never fewer than [`STAMP_BYTES`].
    pub fn new(bytes: usize) -> Self {
        let bytes = bytes.max(STAMP_BYTES);
        let filler = ALPHABET.iter().copied().cycle().take(bytes - STAMP_BYTES + ALPHABET.len());
        Self { filler: filler.collect(), bytes }
    }

    /// Payload size in bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the payload of one event to `out`.
    pub fn render(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        out.extend_from_slice(&stamp.to_bytes());
        out.extend_from_slice(self.filler_of(stamp.seq));
    }

    /// Whether `payload` has this size and carries the filler that belongs to `seq`.
    #[inline]
    pub fn verify(&self, seq: u64, payload: &[u8]) -> bool {
        payload.len() == self.bytes && &payload[STAMP_BYTES..] == self.filler_of(seq)
    }

    #[inline]
    fn filler_of(&self, seq: u64) -> &[u8] {
        let start = (seq % ALPHABET.len() as u64) as usize;
        &self.filler[start..start + self.bytes - STAMP_BYTES]
    }
}

fn put_hex(out: &mut [u8], mut value: u64) {
    for byte in out.iter_mut().rev() {
        *byte = DIGITS[(value & 0xf) as usize];
        value >>= 4;
    }
}

/// Value of each byte as a lower-case hex digit; 0x80 marks what is none.
const HEX_VALUE: [u8; 256] = {
    let mut table = [0x80; 256];
    let mut digit = 0;
    while digit < 16 {
        table[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
};

#[inline]
fn get_hex(digits: &[u8], bad: &mut u8) -> u64 {
    let mut value = 0;
    for &byte in digits {
        let digit = HEX_VALUE[byte as usize];
        *bad |= digit & 0x80;
        value = value << 4 | u64::from(digit & 0xf);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamp(seq: u64, due: u64, fired: u64, sent: u64) -> Stamp {
        let due = MonoTime::from_nanos(due);
        Stamp { seq, due, fired: due.plus_nanos(fired), sent: due.plus_nanos(sent) }
    }

    #[test]
    fn the_text_form_is_fixed() {
        let mut out = Vec::new();
        Payload::new(64).render(&stamp(1000, 0xdead_beef, 0x10, 0x1f), &mut out);
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            "0000000003e800000000deadbeef0000000010000000001f23456789abcdefgh"
        );
        // 1000 % 36 == 28, so the filler of seq 1000 starts with the 29th character.
        assert_eq!(1000 % 36, 28);
    }

    #[test]
    fn foreign_payloads_are_refused() {
        assert_eq!(Stamp::read(b"short"), Err(StampError::Short(5)));
        assert_eq!(Stamp::read(&[b'G'; 48]), Err(StampError::NotHex));
    }

    #[test]
    fn a_damaged_filler_is_seen() {
        let payload = Payload::new(100);
        let mut out = Vec::new();
        payload.render(&stamp(7, 1, 2, 3), &mut out);
        assert!(payload.verify(7, &out));
        assert!(!payload.verify(8, &out));
        out[70] ^= 1;
        assert!(!payload.verify(7, &out));
    }

    proptest! {
        #[test]
        fn stamps_round_trip(
            seq in 0..1u64 << 48, due in 0..u64::MAX >> 1, fired in 0..LAG_MAX, sent in 0..LAG_MAX,
            bytes in 0..4096usize,
        ) {
            let (payload, stamp) = (Payload::new(bytes), stamp(seq, due, fired, sent));
            let mut out = Vec::new();
            payload.render(&stamp, &mut out);
            prop_assert_eq!(out.len(), bytes.max(STAMP_BYTES));
            prop_assert_eq!(Stamp::read(&out), Ok(stamp));
            prop_assert!(payload.verify(seq, &out));
            prop_assert!(out.iter().all(u8::is_ascii_alphanumeric));
        }
    }
}
