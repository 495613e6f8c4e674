//! Who was late: the server, its host, or the load generator. Counts and lengths; whether a trial is void is a check's to
//! say.
//!
//! ```text
//!   due ───────── late ─────────► fired        an event; the same for a probe of the generator: due ─ late ─► answered
//!      │  10 ms  │  10 ms  │  10 ms │
//!            ▲ was an idle timer on the server's host late in one of these?   yes: the host   no: the process
//! ```

use serde::{Deserialize, Serialize};
use wire::Witnessed;

/// Lateness above this, in nanoseconds, is counted.
pub const LATE_NS: u64 = 1_000_000;
/// Lateness above this, in nanoseconds, is long: it bears on quantiles whatever is compared.
pub const LONG_NS: u64 = 5_000_000;
/// Most, in nanoseconds, of an event's own lateness that is not charged to its server.
pub const MOST_UNCHARGED_NS: u64 = 200_000;
/// Length of the slots, in nanoseconds, by which lateness is compared with the witness's.
pub const SLOT_NS: u64 = 10_000_000;

/// What was late in the window, by whose fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stalls {
    /// The idle timer on the server's host; `None` where the server has none.
    pub witness: Option<Witness>,
    /// Events released late while the witness was on time, or with no witness to ask.
    pub schedule: Late,
    /// Events released late while the witness was late as well.
    pub host: Late,
    /// Probes of the generator's event loop that were answered late while the witness was on time, or with none to ask.
    pub generator: Late,
}

/// What an idle timer on the server's host saw during the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Witness {
    /// Whether it is scheduled in real time (`SCHED_FIFO`).
    pub realtime: bool,
    /// Its due times.
    pub samples: u64,
    /// Median lateness, nanoseconds.
    pub p50_ns: u64,
    /// 99th percentile of lateness, nanoseconds.
    pub p99_ns: u64,
    /// Largest lateness, nanoseconds.
    pub longest_ns: u64,
}

impl Stalls {
    /// Adds what another recorder of the same trial saw. One timer watches the host, however many ask it.
    pub fn add(&mut self, other: &Self) {
        self.witness = self.witness.max(other.witness);
        self.schedule.add(&other.schedule);
        self.host.add(&other.host);
        self.generator.add(&other.generator);
    }
}

impl Witness {
    /// Most of an event's own lateness, in nanoseconds, that is not charged to its server: what an idle timer on this host
    /// cannot do better (p99), and never more than [`MOST_UNCHARGED_NS`].
    pub fn cap_ns(&self) -> u64 {
        if self.samples == 0 { 0 } else { self.p99_ns.min(MOST_UNCHARGED_NS) }
    }
}

impl From<&Witnessed> for Witness {
    fn from(seen: &Witnessed) -> Self {
        let &Witnessed { realtime, samples, p50_ns, p99_ns, longest_ns, .. } = seen;
        Self { realtime, samples, p50_ns, p99_ns, longest_ns }
    }
}

/// Events, or probes, that were late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Late {
    /// By more than [`LATE_NS`].
    pub events: u64,
    /// By more than [`LONG_NS`].
    pub long: u64,
    /// The most, nanoseconds: a process that stood still did so for that long.
    pub longest_ns: u64,
}

impl Late {
    /// Takes one event that was late by so much.
    pub fn count(&mut self, late_ns: u64) {
        self.events += u64::from(late_ns > LATE_NS);
        self.long += u64::from(late_ns > LONG_NS);
        self.longest_ns = self.longest_ns.max(late_ns);
    }

    /// Adds what another counted.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.long += other.long;
        self.longest_ns = self.longest_ns.max(other.longest_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_is_the_witness_and_never_more_than_its_bound() {
        let cap = |samples, p99_ns| Witness { samples, p99_ns, ..Witness::default() }.cap_ns();
        assert_eq!((cap(500, 90_000), cap(500, 900_000), cap(0, 90_000)), (90_000, MOST_UNCHARGED_NS, 0));
    }

    #[test]
    fn late_and_long_have_their_bounds() {
        let mut late = Late::default();
        [LATE_NS, LATE_NS + 1, LONG_NS, LONG_NS + 1].into_iter().for_each(|ns| late.count(ns));
        assert_eq!(late, Late { events: 3, long: 1, longest_ns: LONG_NS + 1 });
    }
}
