//! The text of a distribution, which is also how it lies in memory: counts of rising buckets, and gaps between them.
//!
//! ```text
//! bucket   1000 1001 1002 1003 1004           tokens  gap of 1000, 3, 17, gap of 2, 1
//! count       3   17    0    0    1           numbers 1999         6   34  3         2
//!                                             text    "v+B          G   iB  D         C"
//! ```
//! A gap of `g` empty buckets is the number `2g - 1`, a count `c` is `2c`: what HdrHistogram's V2 encoding holds. A number is
//! written in base 32, the least digit first; a digit is one character of the base64 alphabet, with 32 added where another
//! digit follows (the VLQ of source maps). So each bucket costs one or two characters, and files of them compress well.

use super::buckets::BUCKETS;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Marks that another digit follows.
const MORE: u8 = 32;
/// What is no digit.
const NONE: u8 = 64;
/// Values of characters; [`NONE`] for those that are no digits.
const VALUES: [u8; 256] = values();
/// Most durations in one distribution, so that no sum over thousands of them overflows.
const MAX_COUNT: u64 = 1 << 48;

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut digit = 0;
    while digit < DIGITS.len() {
        values[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
}

/// Buckets with their counts, in rising order, from a text that was checked.
#[derive(Debug, Clone)]
pub(super) struct Entries<'a> {
    text: std::slice::Iter<'a, u8>,
    next: u64,
}

impl<'a> Entries<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes().iter(), next: 0 }
    }

    /// The next number; `None` at the end, or where the text is none of ours.
    #[inline]
    fn number(&mut self) -> Option<u64> {
        let digit = VALUES[usize::from(*self.text.next()?)];
        if digit < MORE { Some(u64::from(digit)) } else { self.longer(digit) }
    }

    fn longer(&mut self, mut digit: u8) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            number |= u64::from(digit & (MORE - 1)) << shift;
            if digit & MORE == 0 {
                return Some(number);
            }
            digit = VALUES[usize::from(*self.text.next()?)];
            shift = (shift + 5).min(55);
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = (u64, u64);

    #[inline]
    fn next(&mut self) -> Option<(u64, u64)> {
        let mut number = self.number()?;
        if number % 2 == 1 {
            self.next += number.div_ceil(2);
            number = self.number()?;
        }
        self.next += 1;
        Some((self.next - 1, number / 2))
    }
}

/// Writes buckets that come in rising order.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    next: u64,
    len: u64,
}

impl Writer {
    pub(super) fn push(&mut self, place: u64, count: u64) {
        let count = count.min(MAX_COUNT - self.len);
        if count == 0 {
            return;
        }
        if place > self.next {
            self.number(2 * (place - self.next) - 1);
        }
        self.number(2 * count);
        (self.next, self.len) = (place + 1, self.len + count);
    }

    fn number(&mut self, mut number: u64) {
        loop {
            let (digit, rest) = ((number % 32) as usize, number / 32);
            self.text.push(char::from(DIGITS[digit + if rest > 0 { usize::from(MORE) } else { 0 }]));
            number = rest;
            if number == 0 {
                return;
            }
        }
    }

    /// The text, and how many durations it holds.
    pub(super) fn finish(self) -> (Box<str>, u64) {
        (self.text.into_boxed_str(), self.len)
    }
}

/// Durations in a text; `None` when it is not exactly what [`Writer`] makes of the same buckets.
pub(super) fn check(text: &str) -> Option<u64> {
    text.bytes().all(|byte| VALUES[usize::from(byte)] != NONE).then_some(())?;
    let (mut bytes, mut numbers) = (text.as_bytes(), Entries::of(text));
    let (mut next, mut len, mut in_gap) = (0_u64, 0_u64, false);
    while let Some(number) = numbers.number() {
        let rest = numbers.text.as_slice();
        let digits = bytes.len() - rest.len();
        // The last digit is never a zero, unless it is alone; eleven digits hold what a count may be.
        let proper = digits <= 11 && (digits == 1 || bytes[digits - 1] != DIGITS[0]);
        bytes = rest;
        let is_gap = number % 2 == 1;
        if !proper || number == 0 || (is_gap && in_gap) {
            return None;
        }
        let (step, count) = if is_gap { (number.div_ceil(2), 0) } else { (1, number / 2) };
        next = next.checked_add(step).filter(|&next| next <= BUCKETS)?;
        len = len.checked_add(count).filter(|&len| len <= MAX_COUNT)?;
        in_gap = is_gap;
    }
    (bytes.is_empty() && !in_gap).then_some(len)
}
