//! What a quantity is counted in, and where a better value lies.

use serde::{Deserialize, Serialize};

/// What the numbers of a quantity are counted in, hence how they are written and which units a threshold may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Nanoseconds.
    Time,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    ByteRate,
    /// So many a second.
    Rate,
    /// A count, or a quotient of counts.
    Count,
    /// A large count, of which three digits are known.
    Rounded,
    /// A share in `[0, 1]`.
    Share,
}

/// Where one number lies from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Above the base.
    Higher,
    /// Below the base.
    Lower,
}

impl Direction {
    /// Direction of a ratio.
    pub fn of(ratio: f64) -> Self {
        if ratio > 1.0 { Self::Higher } else { Self::Lower }
    }

    /// The other one.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Higher => Self::Lower,
            Self::Lower => Self::Higher,
        }
    }
}
