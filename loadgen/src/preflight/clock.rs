//! The clock against itself: does it run back, and is it being corrected while it is read?

use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// How long the clock is read in a row.
const SPIN: Duration = Duration::from_millis(20);
/// Readings of a pair, of which the tightest counts.
const TRIES: usize = 20;

/// A watch over the clock, from one pair of readings to another.
pub(super) struct Watch {
    first: Pair,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    /// How far the monotonic clock gained on the raw one, parts per million.
    pub(super) drift_ppm: f64,
    /// Longest step backwards.
    pub(super) back_ns: u64,
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
struct Pair {
    monotonic_ns: u64,
    raw_ns: u64,
}

impl Watch {
    pub(super) fn begin() -> Self {
        Self { first: Pair::read() }
    }

    /// Ends it; a second or more of watch makes the drift exact to a fraction of a ppm.
    pub(super) fn end(self) -> Clock {
        Clock { drift_ppm: drift_ppm(self.first, Pair::read()), back_ns: back_ns(SPIN) }
    }
}

impl Pair {
    /// The raw clock between two readings of the monotonic one, which lie as close together as they can.
    fn read() -> Self {
        let read = |_| {
            let (before, raw_ns, after) =
                (nanos(ClockId::CLOCK_MONOTONIC), nanos(ClockId::CLOCK_MONOTONIC_RAW), nanos(ClockId::CLOCK_MONOTONIC));
            (after.saturating_sub(before), Self { monotonic_ns: before / 2 + after / 2, raw_ns })
        };
        let tightest = (0..TRIES).map(read).min_by_key(|(width, _)| *width);
        tightest.map_or(Self { monotonic_ns: 0, raw_ns: 0 }, |(_, pair)| pair)
    }
}

fn drift_ppm(first: Pair, last: Pair) -> f64 {
    let (monotonic, raw) = (last.monotonic_ns - first.monotonic_ns, last.raw_ns - first.raw_ns);
    if raw == 0 { 0.0 } else { (monotonic as f64 - raw as f64) / raw as f64 * 1e6 }
}

/// The longest step backwards between readings in a row.
fn back_ns(length: Duration) -> u64 {
    let (begun, mut last, mut back) = (Instant::now(), nanos(ClockId::CLOCK_MONOTONIC), 0);
    while begun.elapsed() < length {
        let now = nanos(ClockId::CLOCK_MONOTONIC);
        back = back.max(last.saturating_sub(now));
        last = now;
    }
    back
}

fn nanos(clock: ClockId) -> u64 {
    clock_gettime(clock).map_or(0, |time| Duration::from(time).as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_a_share_of_the_raw_time() {
        let pair = |monotonic_ns, raw_ns| Pair { monotonic_ns, raw_ns };
        let drift = drift_ppm(pair(5, 7), pair(1_000_050_005, 1_000_000_007));
        assert!((drift - 50.0).abs() < 1e-6, "{drift}");
        assert_eq!(drift_ppm(pair(0, 0), pair(9, 0)), 0.0);
    }

    #[test]
    fn the_clock_of_this_host_does_not_run_back() {
        let watch = Watch::begin();
        let clock = watch.end();
        assert_eq!(clock.back_ns, 0);
        assert!(clock.drift_ppm.is_finite());
    }
}
