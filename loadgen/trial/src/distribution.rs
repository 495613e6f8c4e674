//! A distribution of durations, stored whole. Refuses to be averaged: it can only be merged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as HdrDeserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// Largest value: one minute, in nanoseconds. What takes longer is recorded as one minute.
const MAX_NS: u64 = 60_000_000_000;
/// Significant decimal digits: values are exact to 0.1 %.
const DIGITS: u8 = 3;
/// Longest base64 text that is accepted from a file; a full histogram needs less than a tenth.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// Durations in nanoseconds, 1 ns to 60 s, exact to 0.1 % (HdrHistogram, 3 digits).
///
/// In records: the V2 + DEFLATE encoding of HdrHistogram in base64, readable by every port of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution(Histogram<u64>);

/// Why a text is no distribution.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// Not base64, or longer than any distribution of ours.
    #[error("not base64, or too long")]
    Base64,
    /// Not an HdrHistogram.
    #[error("not an HdrHistogram (V2 + DEFLATE): {0}")]
    Histogram(String),
}

impl Default for Distribution {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MAX_NS, DIGITS).expect("constant bounds are valid"))
    }
}

impl Distribution {
    /// An empty distribution; its memory (about 216 KiB) is allocated now, not while recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records one duration in nanoseconds. No allocation, about 2 ns.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos.max(1));
    }

    /// Adds every recorded duration of `other`.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds and digits, the only thing that can make this fail.
        self.0.add(&other.0).expect("all distributions share their bounds");
    }

    /// Number of recorded durations.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The duration in nanoseconds below which a share `q` in `[0, 1]` lies; `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        (!self.is_empty()).then(|| self.0.value_at_quantile(q))
    }

    /// Largest recorded duration in nanoseconds, exact to 0.1 %.
    pub fn max(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.0.max())
    }

    /// Share of durations at or below `nanos`, in `[0, 1]`.
    pub fn share_below(&self, nanos: u64) -> f64 {
        self.0.quantile_below(nanos.min(MAX_NS))
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.0.reset();
    }

    /// Recorded values with their counts, in rising order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()))
    }

    fn encode(&self) -> Result<String, DistributionError> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&self.0, &mut bytes)
            .map_err(|error| DistributionError::Histogram(error.to_string()))?;
        Ok(BASE64.encode(bytes))
    }

    fn decode(text: &str) -> Result<Self, DistributionError> {
        let text = Some(text).filter(|text| text.len() <= MAX_TEXT_BYTES).ok_or(DistributionError::Base64)?;
        let bytes = BASE64.decode(text).map_err(|_| DistributionError::Base64)?;
        let stored: Histogram<u64> = HdrDeserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| DistributionError::Histogram(format!("{error:?}")))?;
        let mut distribution = Self::default();
        // Another writer's bounds may differ: what does not fit ours is refused, not clipped.
        distribution.0.add(&stored).map_err(|error| DistributionError::Histogram(error.to_string()))?;
        Ok(distribution)
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encode().map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::decode(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Distribution {
        let mut distribution = Distribution::new();
        values.iter().for_each(|&value| distribution.record(value));
        distribution
    }

    #[test]
    fn zero_and_hours_are_kept_at_the_bounds() {
        let distribution = of(&[0, u64::MAX]);
        assert_eq!(distribution.len(), 2);
        assert_eq!(distribution.quantile(0.0), Some(1));
        assert!(distribution.max().unwrap() >= MAX_NS);
    }

    #[test]
    fn an_empty_distribution_has_no_quantile() {
        assert_eq!(Distribution::new().quantile(0.5), None);
        assert_eq!(Distribution::new().max(), None);
    }

    #[test]
    fn foreign_texts_are_refused() {
        for text in ["", "%%%", "AAAA", "HISTFAAAAAAA"] {
            assert!(Distribution::decode(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn merging_equals_recording_in_one(a in proptest::collection::vec(1..MAX_NS, 0..50),
                                           b in proptest::collection::vec(1..MAX_NS, 0..50)) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }

        #[test]
        fn the_text_form_keeps_every_count(values in proptest::collection::vec(0..u64::MAX, 0..50)) {
            let distribution = of(&values);
            prop_assert_eq!(Distribution::decode(&distribution.encode().unwrap()).unwrap(), distribution);
        }
    }
}
