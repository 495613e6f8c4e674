//! Durations while they are recorded: every bucket is there, so that one more costs neither a search nor memory.

use crate::Distribution;
use crate::distribution::{MAX_NS, place};
use hdrhistogram::Histogram;

/// Significant decimal digits: values are exact to 0.1 %.
const DIGITS: u8 = 3;

/// A distribution that is being recorded: about 216 KiB, whatever is in it.
#[derive(Debug, Clone)]
pub struct Recording(Histogram<u64>);

impl Default for Recording {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MAX_NS, DIGITS).expect("constant bounds are valid"))
    }
}

impl Recording {
    /// An empty one; its memory is allocated now, not while recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records one duration in nanoseconds. No allocation, about 2 ns.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.record_n(nanos, 1);
    }

    /// Records so many equal durations in nanoseconds at once.
    #[inline]
    pub fn record_n(&mut self, nanos: u64, times: u64) {
        self.0.saturating_record_n(nanos.max(1), times);
    }

    /// What was recorded, without the buckets that stayed empty.
    pub fn finish(&self) -> Distribution {
        let recorded = self.0.iter_recorded();
        Distribution::of_entries(recorded.map(|step| (place(step.value_iterated_to()), step.count_at_value())))
    }
}
