//! Durations while they are recorded: every bucket is there, so that one more costs neither a search nor memory.

use crate::Distribution;
use crate::distribution::{MAX_NS, place};
use hdrhistogram::Histogram;

/// Significant decimal digits: values are exact to 0.1 %.
const DIGITS: u8 = 3;
/// The same where many are recorded at a time: exact to 0.4 %.
const FEW_DIGITS: u8 = 2;

/// A distribution that is being recorded: about 216 KiB, whatever is in it; a coarse one 30 KiB.
#[derive(Debug, Clone)]
pub struct Recording(Histogram<u64>);

impl Default for Recording {
    fn default() -> Self {
        Self::of_digits(DIGITS)
    }
}

impl Recording {
    /// An empty one; its memory is allocated now, not while recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one whose values are exact to 0.4 %.
    pub fn coarse() -> Self {
        Self::of_digits(FEW_DIGITS)
    }

    fn of_digits(digits: u8) -> Self {
        Self(Histogram::new_with_bounds(1, MAX_NS, digits).expect("constant bounds are valid"))
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
        // The middle of a coarse bucket stands for it; a fine one is the bucket of its middle, too.
        let middle = |value| place(self.0.median_equivalent(value));
        let recorded = self.0.iter_recorded();
        Distribution::of_entries(recorded.map(|step| (middle(step.value_iterated_to()), step.count_at_value())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a recording keeps of one duration, whatever it is.
    fn kept(mut recording: Recording, nanos: u64) -> u64 {
        recording.record(nanos);
        recording.finish().max().unwrap()
    }

    #[test]
    fn coarse_ones_are_small_and_exact_to_four_in_a_thousand() {
        let bytes = |recording: Recording| recording.0.distinct_values() * size_of::<u64>();
        assert_eq!([Recording::new(), Recording::coarse()].map(bytes), [221_184, 30_720]);
        for nanos in [1, 99, 255, 1_000, 45_678, 1_234_567, 999_999_999, MAX_NS - 1] {
            for (recording, share) in [(Recording::new(), 0.001), (Recording::coarse(), 0.004)] {
                let off = kept(recording, nanos).abs_diff(nanos) as f64;
                assert!(off <= share * nanos as f64, "{nanos} ns: {off} off, more than {share}");
            }
        }
    }
}
