//! One slice of a window: its count, two quantiles, and the whole distribution on request only.

use crate::{Distribution, Quantile};
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most slices that are read: twice what is ever written.
const MAX_SLICES: usize = 240;

/// One slice of the window: a second, or a tenth of a window that is shorter than ten.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Start of the slice in nanoseconds from the start of the window.
    pub offset_ns: u64,
    /// Events received in it.
    pub received: u64,
    /// Median response time (foreign streams: inter-event gap) of the events due in it, nanoseconds; `None` when there was
    /// none, and in records of schemas 1–3: see [`Self::quantile`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ns: Option<u64>,
    /// Its 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ns: Option<u64>,
    /// All of it, in records of schemas 1–3 and where `--slices` asked for it; empty otherwise.
    #[serde(default, skip_serializing_if = "Distribution::is_empty")]
    pub distribution: Distribution,
}

impl Second {
    /// A slice with everything that was recorded in it.
    pub fn of(offset_ns: u64, received: u64, distribution: Distribution) -> Self {
        let [p50_ns, p99_ns] = [Quantile::P50, Quantile::P99].map(|quantile| distribution.quantile(quantile.share()));
        Self { offset_ns, received, p50_ns, p99_ns, distribution }
    }

    /// The same without its distribution.
    pub fn summary(&self) -> Self {
        let (p50_ns, p99_ns) = (self.quantile(Quantile::P50), self.quantile(Quantile::P99));
        Self { p50_ns, p99_ns, distribution: Distribution::new(), ..*self }
    }

    /// A quantile in nanoseconds; `None` when nothing was received, and for others than p50 and p99 where no distribution was kept.
    pub fn quantile(&self, quantile: Quantile) -> Option<u64> {
        let kept = match quantile {
            Quantile::P50 => self.p50_ns,
            Quantile::P99 => self.p99_ns,
            Quantile::P90 | Quantile::P999 => None,
        };
        kept.or_else(|| self.distribution.quantile(quantile.share()))
    }
}

/// Reads slices, no more than [`MAX_SLICES`]: a file that holds more is not ours.
pub(crate) fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Second>, D::Error> {
    struct Slices;
    impl<'de> Visitor<'de> for Slices {
        type Value = Vec<Second>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("the slices of a window")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<Second>, A::Error> {
            let mut slices = Vec::new();
            while let Some(slice) = sequence.next_element()? {
                if slices.len() == MAX_SLICES {
                    return Err(A::Error::custom(format!("more than {MAX_SLICES} slices of one window")));
                }
                slices.push(slice);
            }
            Ok(slices)
        }
    }
    deserializer.deserialize_seq(Slices)
}
