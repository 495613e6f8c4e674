//! The text of distributions in records of schemas 1–3: HdrHistogram V2, DEFLATE, base64. Read, never written.

use super::DistributionError;
use super::buckets::BUCKETS;
use super::text::Writer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::ZlibDecoder;
use std::io::Read as _;

/// How each such text begins: the base64 of the cookie. No text of today's form can: it would be two gaps on end.
pub(super) const BEGIN: &str = "HISTF";
/// Cookies of V2 with and without DEFLATE.
const COOKIES: (u32, u32) = (0x1c84_9314, 0x1c84_9313);
/// Cookie, payload length, normalising offset, digits, lowest, highest, ratio.
const HEAD_BYTES: usize = 40;
/// A count takes nine bytes at most.
const MAX_BYTES: u64 = HEAD_BYTES as u64 + 9 * BUCKETS;

/// Reads such a text: our bounds and digits, or nothing.
pub(super) fn decode(text: &str) -> Result<Writer, DistributionError> {
    let wrong = |what: &str| DistributionError::Histogram(what.to_owned());
    let packed = BASE64.decode(text).map_err(|_| DistributionError::Text)?;
    let (cookie, packed) = number(&packed, 0).zip(packed.get(8..)).ok_or_else(|| wrong("cut off"))?;
    let mut bytes = Vec::new();
    let read = ZlibDecoder::new(packed).take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| DistributionError::Histogram(error.to_string()))?;
    let head = [0, 4, 8, 12].map(|at| number(&bytes, at));
    let [Some(inner), Some(length), Some(0), Some(3)] = head else { return Err(wrong("not of three digits")) };
    let counts = bytes.get(HEAD_BYTES..).filter(|counts| counts.len() == length as usize);
    let counts = counts.filter(|_| (cookie, inner) == COOKIES && bytes.get(16..24) == Some(&1_u64.to_be_bytes()));
    runs(counts.ok_or_else(|| wrong("another form"))?).ok_or_else(|| wrong("beyond our bounds"))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// Counts of rising buckets; a negative one is a run of empty buckets.
fn runs(mut bytes: &[u8]) -> Option<Writer> {
    let (mut writer, mut place) = (Writer::default(), 0_u64);
    while !bytes.is_empty() {
        let zigzag = varint(&mut bytes)?;
        let half = zigzag / 2;
        if zigzag % 2 == 1 {
            place = place.checked_add(half)?.checked_add(1)?;
            continue;
        }
        if half > 0 {
            (place < BUCKETS).then(|| writer.push(place, half))?;
        }
        place += 1;
    }
    Some(writer)
}

/// LEB128, of which a ninth byte counts whole.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..).step_by(7).take(9) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let last = shift == 56;
        number |= u64::from(if last { byte } else { byte & 0x7f }) << shift;
        if last || byte < 0x80 {
            break;
        }
    }
    Some(number)
}
