//! What became of the kernel's receive stamps: how many came, and whether their clock was usable.

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
    /// Most that the clocks may change against each other over a trial, nanoseconds.
    const MOST_CHANGE_NS: u64 = 1_000;

    /// Adds another recorder's counts. Of the changes of the clocks the greatest stands.
    pub fn add(&mut self, other: &Self) {
        self.one_in = self.one_in.max(other.one_in);
        self.stamped += other.stamped;
        self.unstamped += other.unstamped;
        self.negative += other.negative;
        let changes = [self.clock_change_ns, other.clock_change_ns];
        self.clock_change_ns = changes.into_iter().max_by_key(|ns| (ns.unsigned_abs(), *ns)).unwrap_or(0);
    }

    /// Says whether the stamps count: not if none came, nor if the clocks have moved against each other.
    pub fn judge(&mut self) {
        let clock_change_ns = self.clock_change_ns;
        self.void = if self.stamped == 0 && self.unstamped > 0 {
            Some("the kernel gave no receive stamps: the client's share is not known".to_owned())
        } else if clock_change_ns.unsigned_abs() > Self::MOST_CHANGE_NS {
            Some(format!(
                "the wall clock moved by {clock_change_ns} ns against the monotonic one: repeat with a steady clock"
            ))
        } else {
            None
        };
    }
}
