//! Parts of workloads that several kinds have.

use crate::Workload;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wire::{Faults, Rate, Schedule, Sharing};

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

/// Streams that a server fills on its schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// Streams open at one time.
    pub connections: u32,
    /// When events are due.
    #[serde(flatten)]
    pub pace: Pace,
    /// One stream for all, or one each.
    pub sharing: Sharing,
    /// What an event is.
    #[serde(flatten)]
    pub content: Content,
    /// How long.
    #[serde(flatten)]
    pub timing: Timing,
    /// Damage that the server is told to do, so that one sees whether the instrument sees it.
    #[serde(default, skip_serializing_if = "Faults::is_empty")]
    pub faults: Faults,
    /// Whether the client asks the kernel when each read's last byte came.
    pub stamps: bool,
}

impl Push {
    /// Stamped events at a constant rate on each stream, without ids or damage; `shared` by all streams, or not.
    pub fn constant(connections: u32, rate: Rate, payload_bytes: usize, shared: bool, timing: Timing) -> Self {
        let (pace, content) = (Pace { schedule: Schedule::Constant, rate }, Content { payload_bytes, ids: false });
        let sharing = if shared { Sharing::Shared } else { Sharing::Private };
        Self { connections, pace, sharing, content, timing, faults: Faults::default(), stamps: true }
    }

    /// The same streams, filled as fast as they are read.
    pub fn saturated(self) -> Workload {
        let Self { connections, sharing, content, timing, faults, .. } = self;
        Workload::Saturate { connections, sharing, content, timing, faults }
    }

    /// The same events, published by the client.
    pub fn relayed(self) -> Workload {
        let Self { connections, pace, content, timing, stamps, .. } = self;
        Workload::Relay { connections, pace, content, timing, stamps }
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
