//! Parts of workloads that several kinds have.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use wire::{Rate, Schedule};

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timing {
    /// Discarded at the start.
    #[serde(with = "crate::span::plain")]
    pub warmup: Duration,
    /// Measured.
    #[serde(with = "crate::span::plain")]
    pub window: Duration,
}

impl Timing {
    /// Warm-up and window.
    pub fn whole(&self) -> Duration {
        self.warmup + self.window
    }
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Payload bytes.
    pub payload_bytes: usize,
    /// Whether SSE events carry an `id:` line.
    pub ids: bool,
}

/// When events are due.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Shape in time.
    pub schedule: Schedule,
    /// Events a second on one stream (echo: messages a second in all).
    pub rate: Rate,
}

impl Pace {
    /// Due offsets in nanoseconds before `length`; `None` when there is no schedule.
    pub fn dues_within(&self, seed: u64, length: Duration) -> Option<impl Iterator<Item = u64> + use<>> {
        let length_ns = length.as_nanos() as u64;
        Some(self.schedule.dues(self.rate, seed)?.take_while(move |&due| due < length_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_covers_a_length_exactly() {
        let count = |schedule, seconds| {
            let pace = Pace { schedule, rate: Rate::per_second(100.0).unwrap() };
            pace.dues_within(1, Duration::from_secs(seconds)).map(Iterator::count)
        };
        assert_eq!(count(Schedule::Constant, 3), Some(300));
        assert_eq!(count(Schedule::Burst { size: 50 }, 3), Some(300));
        assert_eq!(count(Schedule::Unpaced, 3), None);
    }
}
