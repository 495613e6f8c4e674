//! What can go wrong with an answer, ordered by a client to see whether the instrument sees it. Refuses to act: the server does.

use std::fmt;
use std::str::FromStr;
use wire::Faults;

/// Bytes of a large event when no number is given: 5 MB, beyond the usual limits of clients.
pub const LARGE_EVENT_BYTES: usize = 5_000_000;
/// Largest event that may be ordered.
pub const MAX_LARGE_BYTES: usize = 16 << 20;

/// Known damage to one answer. `K` counts all events of the answer from 0, not only those with content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mishaps {
    /// The request is refused with this status: 400, 401, 404, 413, 429, 500, 503 or 529.
    pub status: Option<u16>,
    /// Event `K` is the API's error event, and the last one.
    pub error: Option<u64>,
    /// The connection ends in the middle of event `K` (on a WebSocket before its frame: frames are written whole).
    pub cut: Option<u64>,
    /// Event `K` is no JSON.
    pub invalid: Option<u64>,
    /// Event `K` is this large, in bytes.
    pub large: Option<(u64, usize)>,
    /// Nothing is sent from event `K` on, and nothing ends.
    pub silent: Option<u64>,
    /// Damage that every stream knows: events dropped, sent twice, held up.
    pub stream: Faults,
}

impl Mishaps {
    /// What a text must be.
    pub const EXPECTED: &'static str = "status:CODE, error:K, cut:K, invalid:K, large:K[:BYTES], silent:K, drop:K, duplicate:K or \
                                        stall:K:DURATION, with commas";
    /// Statuses that may be ordered.
    pub const STATUSES: [u16; 8] = [400, 401, 404, 413, 429, 500, 503, 529];

    /// Whether nothing is ordered that only an answer can do.
    pub const fn concern_streams_only(&self) -> bool {
        let Self { error, cut, invalid, large, silent, .. } = self;
        error.is_none() && cut.is_none() && invalid.is_none() && large.is_none() && silent.is_none()
    }

    /// Sets the mishap that `word` names; `false` when it names none of these.
    fn add(&mut self, word: &str) -> bool {
        let Some((kind, rest)) = word.split_once(':') else { return false };
        let slot = match kind {
            "error" => &mut self.error,
            "cut" => &mut self.cut,
            "invalid" => &mut self.invalid,
            "silent" => &mut self.silent,
            "status" => {
                self.status = rest.parse().ok().filter(|status| Self::STATUSES.contains(status));
                return self.status.is_some();
            }
            "large" => {
                let (seq, bytes) = rest.split_once(':').unwrap_or((rest, ""));
                let bytes = if bytes.is_empty() { Some(LARGE_EVENT_BYTES) } else { bytes.parse().ok() };
                self.large = seq.parse().ok().zip(bytes.filter(|bytes| *bytes <= MAX_LARGE_BYTES));
                return self.large.is_some();
            }
            _ => return false,
        };
        *slot = rest.parse().ok();
        slot.is_some()
    }
}

impl fmt::Display for Mishaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbered = [("error", self.error), ("cut", self.cut), ("invalid", self.invalid), ("silent", self.silent)];
        let numbered = numbered.into_iter().filter_map(|(name, seq)| Some(format!("{name}:{}", seq?)));
        let status = self.status.map(|status| format!("status:{status}"));
        let large = self.large.map(|(seq, bytes)| format!("large:{seq}:{bytes}"));
        let stream = Some(self.stream.to_string()).filter(|faults| !faults.is_empty());
        let words: Vec<_> = status.into_iter().chain(numbered).chain(large).chain(stream).collect();
        f.write_str(&words.join(","))
    }
}

/// A mishap that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown mishap '{0}' (known: {known})", known = Mishaps::EXPECTED)]
pub struct ParseMishapsError(String);

impl FromStr for Mishaps {
    type Err = ParseMishapsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut mishaps, mut stream) = (Self::default(), Vec::new());
        for word in text.split(',').filter(|word| !word.is_empty()) {
            if !mishaps.add(word) {
                stream.push(word);
            }
        }
        let unknown = |_| ParseMishapsError(stream.join(",").chars().take(60).collect());
        mishaps.stream = stream.join(",").parse().map_err(unknown)?;
        Ok(mishaps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mishaps_round_trip() {
        let text = "status:429,error:1,cut:2,invalid:3,silent:4,large:5:100,drop:6,duplicate:7,stall:8:200ms";
        assert_eq!(text.parse::<Mishaps>().unwrap().to_string(), text);
        assert_eq!("large:2".parse::<Mishaps>().unwrap().large, Some((2, LARGE_EVENT_BYTES)));
        assert_eq!("".parse::<Mishaps>().unwrap(), Mishaps::default());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["status:200", "cut", "cut:x", "large:1:99999999999", "large:x", "explode:1", "error:-1"] {
            assert!(text.parse::<Mishaps>().is_err(), "{text}");
        }
    }
}
