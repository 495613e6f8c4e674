//! The slices of a window while it is recorded.

use trial::{Recording, Second};

/// Most slices; longer windows get wider ones.
const MOST: u64 = 120;
/// Most slices whose durations are kept to 0.1 %, 4 MiB; so many as [`MOST`] keep them to 0.4 % and take as much.
const MOST_FINE: u64 = 20;
/// Fewest slices; shorter windows get narrower ones, so that drift inside a window can be seen.
const FEWEST: u64 = 10;
const SECOND_NS: u64 = 1_000_000_000;

/// A window cut into slices of equal width.
pub(super) struct Timeline {
    width_ns: u64,
    slices: Vec<Slice>,
}

struct Slice {
    received: u64,
    durations: Recording,
}

impl Timeline {
    /// The empty slices of a window: a second each, unless it is very short or very long.
    pub(super) fn of(length_ns: u64) -> Self {
        let width_ns = SECOND_NS.min(length_ns / FEWEST).max(length_ns / MOST).max(1);
        let count = length_ns.div_ceil(width_ns);
        let recording = if count > MOST_FINE { Recording::coarse } else { Recording::new };
        Self { width_ns, slices: (0..count).map(|_| Slice { received: 0, durations: recording() }).collect() }
    }

    #[inline]
    pub(super) fn record(&mut self, offset_ns: u64, nanos: u64, times: u64) {
        if let Some(slice) = self.slices.get_mut((offset_ns / self.width_ns) as usize) {
            slice.received += times;
            slice.durations.record_n(nanos, times);
        }
    }

    /// The slices up to the last in which anything came.
    pub(super) fn finish(mut self) -> Vec<Second> {
        let used = self.slices.iter().rposition(|slice| slice.received > 0).map_or(0, |last| last + 1);
        self.slices.truncate(used);
        let second =
            |(index, slice): (u64, Slice)| Second::of(index * self.width_ns, slice.received, slice.durations.finish());
        (0..).zip(self.slices).map(second).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many durations the slices of a window tell apart, of two that differ by 2 in a thousand.
    fn told_apart(seconds: u64) -> usize {
        let mut timeline = Timeline::of(seconds * SECOND_NS);
        [1_000_000, 1_002_000].into_iter().for_each(|nanos| timeline.record(0, nanos, 1));
        timeline.finish()[0].distribution.counts().count()
    }

    #[test]
    fn a_long_window_keeps_coarser_slices() {
        assert_eq!([2, 10, 20, 21, 200].map(told_apart), [2, 2, 2, 1, 1]);
        assert!(Timeline::of(200 * SECOND_NS).slices.len() as u64 <= MOST + 1);
    }
}
