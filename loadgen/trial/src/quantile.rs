//! The quantiles that are reported, and what each takes. Refuses to compute one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A share in `(0, 1)` of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantile {
    /// The median.
    P50,
    /// 0.9.
    P90,
    /// 0.99.
    P99,
    /// 0.999.
    P999,
}

impl Quantile {
    /// Every quantile that is reported.
    pub const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P99, Self::P999];

    /// The share in `(0, 1)`.
    pub const fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P99 => 0.99,
            Self::P999 => 0.999,
        }
    }

    /// Independent observations that the quantile needs: `20 / (1 - q)` (METHOD, section 5).
    pub const fn observations_needed(self) -> u64 {
        match self {
            Self::P50 => 40,
            Self::P90 => 200,
            Self::P99 => 2_000,
            Self::P999 => 20_000,
        }
    }
}

impl fmt::Display for Quantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
        })
    }
}
