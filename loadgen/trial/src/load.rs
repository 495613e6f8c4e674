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
    /// Events due within `length` on a stream that starts by itself; `None` when there is no schedule.
    pub fn due_within(&self, seed: u64, length: Duration) -> Option<u64> {
        self.due_on(seed, (0, 1), length)
    }

    /// Events due within `length` of the start of a group on its stream `index` of `streams`, which starts with a phase and
    /// draws from a seed of its own; `None` when there is no schedule.
    pub fn due_on(&self, seed: u64, (index, streams): (u32, u32), length: Duration) -> Option<u64> {
        let dues = self.schedule.dues(self.rate, seed.wrapping_add(u64::from(index)))?;
        let phase_ns = self.schedule.phase_ns(self.rate, index, streams);
        Some(dues.count_before((length.as_nanos() as u64).saturating_sub(phase_ns)))
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
    /// Events that are due in the window, over all streams; `None` without a schedule.
    pub fn planned(&self, seed: u64) -> Option<u64> {
        let Timing { warmup, .. } = self.timing;
        let due = |place, length| self.pace.due_on(seed, place, length);
        let of = |place| Some(due(place, self.timing.whole())? - due(place, warmup)?);
        let streams = self.connections;
        match self.sharing {
            Sharing::Shared => of((0, 1)).map(|due| due * u64::from(streams)),
            Sharing::Private => (0..streams).map(|index| of((index, streams))).sum(),
        }
    }

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
            pace.due_within(1, Duration::from_secs(seconds))
        };
        assert_eq!(count(Schedule::Constant, 3), Some(300));
        assert_eq!(count(Schedule::Burst { size: 50 }, 3), Some(300));
        assert_eq!(count(Schedule::Unpaced, 3), None);
    }

    #[test]
    fn a_stream_whose_phase_lies_behind_a_length_has_nothing_due() {
        let pace = Pace { schedule: Schedule::Constant, rate: Rate::per_second(0.2).unwrap() };
        let due = |index| pace.due_on(1, (index, 100), Duration::from_secs(2)).unwrap();
        // One event every five seconds: the hundred streams begin 50 ms apart.
        assert_eq!((0..100).map(due).sum::<u64>(), 40);
        assert_eq!([0, 39, 40, 99].map(due), [1, 1, 0, 0]);
    }
}
