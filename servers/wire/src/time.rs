//! One instant on one host's monotonic clock. Refuses to know which host: that is the record's job.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Nanoseconds on a host's `CLOCK_MONOTONIC`; comparable only with instants of the same host and boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MonoTime(u64);

impl MonoTime {
    /// An instant from raw nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The raw nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Nanoseconds since `earlier`; zero when `earlier` is in fact later.
    pub const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Signed nanoseconds from `other` to `self`, for checks that must see a clock run backwards.
    pub const fn signed_nanos_since(self, other: Self) -> i64 {
        self.0.wrapping_sub(other.0) as i64
    }

    /// This instant moved by a signed clock offset in nanoseconds, stopping at zero.
    pub const fn offset_by(self, offset_ns: i64) -> Self {
        Self(self.0.saturating_add_signed(offset_ns))
    }

    /// This instant moved later by raw nanoseconds.
    pub const fn plus_nanos(self, nanos: u64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl std::ops::Add<Duration> for MonoTime {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        self.plus_nanos(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_never_wrap() {
        let (a, b) = (MonoTime::from_nanos(5), MonoTime::from_nanos(9));
        assert_eq!(b.nanos_since(a), 4);
        assert_eq!(a.nanos_since(b), 0);
        assert_eq!(a.signed_nanos_since(b), -4);
        assert_eq!(a.offset_by(-9), MonoTime::from_nanos(0));
        assert_eq!(a + Duration::from_nanos(2), MonoTime::from_nanos(7));
    }
}
