//! Faults that a client may order, so that a test can ask whether the ruler sees them. Refuses to act: feeds do.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Known damage to one stream. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Faults {
    /// Sequence numbers that are never sent.
    pub drop: Vec<u64>,
    /// Sequence numbers that are sent twice.
    pub duplicate: Vec<u64>,
    /// Sequence number before which the stream stands still, and for how long.
    pub stall: Option<(u64, Duration)>,
}

impl Faults {
    /// Most faults that one subscription may order.
    pub const MAX: usize = 64;

    /// Whether nothing is ordered.
    pub fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.duplicate.is_empty() && self.stall.is_none()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drops = self.drop.iter().map(|seq| format!("drop:{seq}"));
        let duplicates = self.duplicate.iter().map(|seq| format!("duplicate:{seq}"));
        let stall = self.stall.iter().map(|(seq, pause)| format!("stall:{seq}:{}", humantime::format_duration(*pause)));
        let words: Vec<_> = drops.chain(duplicates).chain(stall).collect();
        f.write_str(&words.join(","))
    }
}

impl From<Faults> for String {
    fn from(faults: Faults) -> Self {
        faults.to_string()
    }
}

impl TryFrom<String> for Faults {
    type Error = ParseFaultsError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A fault that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown fault '{0}' (known: drop:SEQ, duplicate:SEQ, stall:SEQ:DURATION; at most 64, at most one stall of 60 s)"
)]
pub struct ParseFaultsError(String);

impl FromStr for Faults {
    type Err = ParseFaultsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut faults = Self::default();
        for (i, word) in text.split(',').filter(|word| !word.is_empty()).enumerate() {
            faults.add(word).filter(|()| i < Self::MAX).ok_or_else(|| ParseFaultsError(word.to_owned()))?;
        }
        Ok(faults)
    }
}

impl Faults {
    fn add(&mut self, word: &str) -> Option<()> {
        let (kind, rest) = word.split_once(':')?;
        match kind {
            "drop" => self.drop.push(rest.parse().ok()?),
            "duplicate" => self.duplicate.push(rest.parse().ok()?),
            "stall" if self.stall.is_none() => {
                let (seq, pause) = rest.split_once(':')?;
                let pause = humantime::parse_duration(pause).ok()?;
                self.stall = Some((seq.parse().ok()?, (pause <= Duration::from_secs(60)).then_some(pause)?));
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_round_trip() {
        let text = "drop:3,drop:9,duplicate:5,stall:7:200ms";
        assert_eq!(text.parse::<Faults>().unwrap().to_string(), text);
        assert!("".parse::<Faults>().unwrap().is_empty());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["drop", "drop:x", "stall:1", "stall:1:2h", "stall:1:1s,stall:2:1s", "swap:1"] {
            assert!(text.parse::<Faults>().is_err(), "{text}");
        }
    }
}
