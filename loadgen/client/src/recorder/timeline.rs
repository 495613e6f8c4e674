//! The slices of a window while it is recorded.

use trial::{Recording, Second};

/// Most slices; longer windows get wider ones.
const MOST: u64 = 120;
/// Fewest slices; shorter windows get narrower ones, so that drift inside a window can be seen.
const FEWEST: u64 = 10;
const SECOND_NS: u64 = 1_000_000_000;

/// A window cut into slices of equal width.
pub(super) struct Timeline {
    width_ns: u64,
    slices: Vec<Slice>,
}

#[derive(Default)]
struct Slice {
    received: u64,
    durations: Recording,
}

impl Timeline {
    /// The empty slices of a window: a second each, unless it is very short or very long.
    pub(super) fn of(length_ns: u64) -> Self {
        let width_ns = SECOND_NS.min(length_ns / FEWEST).max(length_ns / MOST).max(1);
        Self { width_ns, slices: (0..length_ns.div_ceil(width_ns)).map(|_| Slice::default()).collect() }
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
