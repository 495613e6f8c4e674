//! What became of the kernel's receive stamps: how many came, and whether their clock could be believed.

use serde::{Deserialize, Serialize};

/// Kernel receive stamps of one trial (reports/method/timing.md).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KernelStamps {
    /// One read in so many of each stream asked for a stamp; 0 in records that asked in every read.
    pub one_in: u32,
    /// Reads with events in the window that carried a stamp.
    pub stamped: u64,
    /// Reads with events in the window that carried none.
    pub unstamped: u64,
    /// Stamps later than the read that brought them, or earlier than the write that caused them: must be zero.
    pub negative: u64,
    /// Change of (REALTIME - MONOTONIC) from before the first stamp to behind the last, nanoseconds.
    pub clock_change_ns: i64,
    /// Why the stamps do not count, if they do not.
    pub void: Option<String>,
}

impl KernelStamps {
    /// Adds another worker's counts.
    pub const fn add(&mut self, other: &Self) {
        self.stamped += other.stamped;
        self.unstamped += other.unstamped;
        self.negative += other.negative;
    }
}
