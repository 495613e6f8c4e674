//! Faults that a client may order, so that a test can ask whether the instrument sees them. Refuses to act: feeds do.

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
    /// Sequence numbers that the next event overtakes; the last event of a stream has no next one, and is lost.
    pub swap: Vec<u64>,
    /// Sequence number before which the stream stands still, and for how long.
    pub stall: Option<(u64, Duration)>,
    /// CPU time that the sending thread burns for each event.
    pub burn: Duration,
    /// Needless system calls (`getppid`) that the sending thread makes for each event.
    pub syscalls: u32,
    /// Bytes that the server touches and keeps for the life of the stream.
    pub touch_bytes: usize,
}

impl Faults {
    /// Most faults that one subscription may order.
    pub const MAX: usize = 64;
    /// Longest burn for one event.
    pub const MAX_BURN: Duration = Duration::from_millis(10);
    /// Most needless system calls for one event.
    pub const MAX_SYSCALLS: u32 = 1_000;
    /// Most bytes touched for one stream (1 MiB).
    pub const MAX_TOUCH_BYTES: usize = 1 << 20;

    /// Whether nothing is ordered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drops = self.drop.iter().map(|seq| format!("drop:{seq}"));
        let duplicates = self.duplicate.iter().map(|seq| format!("duplicate:{seq}"));
        let swaps = self.swap.iter().map(|seq| format!("swap:{seq}"));
        let stall = self.stall.iter().map(|(seq, pause)| format!("stall:{seq}:{}", unbroken(*pause)));
        let burn = (!self.burn.is_zero()).then(|| format!("burn:{}", unbroken(self.burn)));
        let syscalls = (self.syscalls > 0).then(|| format!("syscalls:{}", self.syscalls));
        let touch = (self.touch_bytes > 0).then(|| format!("touch:{}", Size(self.touch_bytes)));
        let costs = burn.into_iter().chain(syscalls).chain(touch);
        let words: Vec<_> = drops.chain(duplicates).chain(swaps).chain(stall).chain(costs).collect();
        f.write_str(&words.join(","))
    }
}

/// A duration without white space, which no path of a request may hold.
fn unbroken(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}

crate::as_text!(Faults);

/// A fault that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown fault '{0}' (known: drop:SEQ, duplicate:SEQ, swap:SEQ, stall:SEQ:DURATION, and once each burn:DURATION up to 10 ms, \
     syscalls:N up to 1000, touch:BYTES up to 1MiB; at most 64, at most one stall of 60 s)"
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
            "swap" => self.swap.push(rest.parse().ok()?),
            "stall" if self.stall.is_none() => {
                let (seq, pause) = rest.split_once(':')?;
                let pause = humantime::parse_duration(pause).ok()?;
                self.stall = Some((seq.parse().ok()?, (pause <= Duration::from_secs(60)).then_some(pause)?));
            }
            "burn" if self.burn.is_zero() => {
                self.burn = humantime::parse_duration(rest).ok().filter(|burn| *burn <= Self::MAX_BURN)?;
            }
            "syscalls" if self.syscalls == 0 => {
                self.syscalls = rest.parse().ok().filter(|calls| *calls <= Self::MAX_SYSCALLS)?;
            }
            "touch" if self.touch_bytes == 0 => {
                self.touch_bytes = Size::parse(rest)?.0;
            }
            _ => return None,
        }
        Some(())
    }
}

/// Bytes as `64KiB`, or as a plain number.
struct Size(usize);

impl Size {
    fn parse(text: &str) -> Option<Self> {
        let kib = text.strip_suffix("KiB").map(|number| number.parse::<usize>().ok()?.checked_mul(1 << 10));
        let mib = text.strip_suffix("MiB").map(|number| number.parse::<usize>().ok()?.checked_mul(1 << 20));
        let bytes = kib.or(mib).unwrap_or_else(|| text.parse().ok())?;
        (bytes <= Faults::MAX_TOUCH_BYTES).then_some(Self(bytes))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(1 << 10) { write!(f, "{}KiB", self.0 >> 10) } else { write!(f, "{}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_round_trip() {
        for text in [
            "drop:3,drop:9,duplicate:5,swap:6,stall:7:200ms",
            "burn:50us,syscalls:3,touch:64KiB",
            "touch:100",
            "burn:1us514ns",
        ] {
            assert_eq!(text.parse::<Faults>().unwrap().to_string(), text);
        }
        assert_eq!("touch:1MiB".parse::<Faults>().unwrap().touch_bytes, 1 << 20);
        assert!("".parse::<Faults>().unwrap().is_empty());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["drop", "drop:x", "stall:1", "stall:1:2h", "stall:1:1s,stall:2:1s", "swap", "shift:1"] {
            assert!(text.parse::<Faults>().is_err(), "{text}");
        }
        for text in
            ["burn:11ms", "burn:x", "burn:1us,burn:1us", "syscalls:1001", "syscalls:-1", "touch:2MiB", "touch:KiB"]
        {
            assert!(text.parse::<Faults>().is_err(), "{text}");
        }
    }
}
