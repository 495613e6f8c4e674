//! Arms that the kernel acknowledges differently. An effect on bytes, not on time.

use super::acks_differ;
use trial::Warning;

/// Relative difference above which the arms differ.
pub(super) const LIMIT: f64 = 0.10;

/// Segments of one arm, all trials together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acks {
    /// Segments without data that the receiver sent.
    pub pure_acks: u64,
    /// Segments with data that it received.
    pub data_segments: u64,
}

impl Acks {
    fn share(self) -> Option<f64> {
        (self.data_segments > 0).then(|| self.pure_acks as f64 / self.data_segments as f64)
    }
}

/// The warning, where pure ACKs for each data segment differ by more than a tenth of the larger.
pub fn acks(base: Acks, other: Acks) -> Option<Warning> {
    let (base, other) = (base.share()?, other.share()?);
    ((base - other).abs() > LIMIT * base.max(other)).then(|| acks_differ(base, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_allowed_and_more_is_not() {
        let of = |pure_acks, data_segments| Acks { pure_acks, data_segments };
        assert_eq!(acks(of(100, 100), of(90, 100)), None);
        assert_eq!(acks(of(100, 100), of(89, 100)), Some(acks_differ(1.0, 0.89)));
        assert_eq!(acks(of(50, 100), of(100, 100)), Some(acks_differ(0.5, 1.0)));
        assert_eq!(acks(of(0, 100), of(0, 100)), None, "none on either side");
        assert_eq!(acks(of(0, 0), of(100, 100)), None, "nothing was sent: no share");
    }
}
