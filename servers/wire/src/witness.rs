//! What an idle timer on the server's host saw: who was late, the host or the server. Plain data, JSON on `/witness`.

use crate::MonoTime;
use serde::{Deserialize, Serialize};

/// Lateness of a timer that has nothing else to do, between two instants. It belongs to a process of its own, so that a
/// stall of the server is not one of the timer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witnessed {
    /// Whether the timer's thread is scheduled in real time (`SCHED_FIFO`): a busy server cannot then make it late.
    pub realtime: bool,
    /// Distance of two of its due times, nanoseconds.
    pub tick_ns: u64,
    /// Due times in the stretch.
    pub samples: u64,
    /// Median lateness, nanoseconds; 0 without samples.
    pub p50_ns: u64,
    /// 99th percentile of lateness, nanoseconds.
    pub p99_ns: u64,
    /// Largest lateness, nanoseconds.
    pub longest_ns: u64,
    /// Stretches, from due to awake, in which it was late by more than [`Self::LATE_NS`]; rising, and never overlapping.
    pub late: Vec<(MonoTime, MonoTime)>,
}

impl Witnessed {
    /// Lateness, in nanoseconds, from which on a tick stands in [`Self::late`].
    pub const LATE_NS: u64 = 500_000;
}
