//! HdrHistogram's buckets at three digits: which bucket a value falls into, and which values a bucket stands for.

use super::MAX_NS;

/// Bits of a bucket's place inside its power of two.
const HALF_BITS: u32 = 10;
const HALF: u64 = 1 << HALF_BITS;

/// Number of buckets: places are below it.
pub(crate) const BUCKETS: u64 = (place(MAX_NS) | (HALF - 1)) + 1;

/// The bucket of a value. Below 2,048 each value has its own, above it a bucket is a 1,024th of its power of two.
pub(crate) const fn place(value: u64) -> u64 {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(HALF_BITS + 1);
    ((shift as u64) << HALF_BITS) + (value >> shift)
}

/// The least value of a bucket.
pub(crate) const fn lowest(place: u64) -> u64 {
    let shift = shift(place);
    (place - (shift << HALF_BITS)) << shift
}

/// The greatest value of a bucket: the one that stands for all of them.
pub(crate) const fn highest(place: u64) -> u64 {
    lowest(place) + (1 << shift(place)) - 1
}

/// The bucket in the middle of sixteen neighbours, of which it stands for all; below 1,024 ns each stands for itself.
pub(super) const fn coarse(place: u64) -> u64 {
    if place < HALF { place } else { place & !15 | 8 }
}

const fn shift(place: u64) -> u64 {
    (place >> HALF_BITS).saturating_sub(1)
}
