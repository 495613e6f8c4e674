//! A distribution of durations, stored whole. Refuses to be averaged: it can only be merged.

mod buckets;
mod hdr;
mod text;

use crate::Recording;
pub(crate) use buckets::place;
use buckets::{coarse, highest, lowest};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use text::{Entries, Writer};

/// Largest value: one minute, in nanoseconds. What takes longer is recorded as one minute.
pub(crate) const MAX_NS: u64 = 60_000_000_000;

/// Durations in nanoseconds, 1 ns to 60 s, exact to 0.1 % (HdrHistogram's buckets, three digits).
///
/// Only what was recorded takes memory: a byte or two for each bucket with a duration in it, kept as the text that
/// records hold, so that reading a file unpacks nothing. [`Recording`] is the form for recording many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    text: Box<str>,
    len: u64,
}

/// Why a text is no distribution.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// Not the text of any distribution.
    #[error("not a distribution")]
    Text,
    /// Not an HdrHistogram of ours.
    #[error("not an HdrHistogram (V2 + DEFLATE): {0}")]
    Histogram(String),
}

impl Distribution {
    /// An empty distribution.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one duration in nanoseconds. Copies the whole: for many durations, use a [`Recording`] or collect them.
    pub fn record(&mut self, nanos: u64) {
        let mut one = Writer::default();
        one.push(clamped_place(nanos), 1);
        self.merge(&one.into());
    }

    /// Adds every recorded duration of `other`.
    pub fn merge(&mut self, other: &Self) {
        let (mut mine, mut theirs) = (self.entries().peekable(), other.entries().peekable());
        let mut merged = Writer::default();
        while let Some(place) = [mine.peek(), theirs.peek()].into_iter().flatten().map(|entry| entry.0).min() {
            let count = |entries: &mut std::iter::Peekable<Entries<'_>>| {
                entries.next_if(|entry| entry.0 == place).map_or(0, |entry| entry.1)
            };
            merged.push(place, count(&mut mine) + count(&mut theirs));
        }
        *self = merged.into();
    }

    /// Number of recorded durations.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that it takes, in memory and in records.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// The duration in nanoseconds below which a share `q` in `[0, 1]` lies; `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let wanted = ((q.min(1.0) * self.len as f64).ceil() as u64).max(1);
        let mut below = 0;
        let reached = |(place, count): (u64, u64)| {
            below += count;
            (below >= wanted).then_some(place)
        };
        self.entries().find_map(reached).map(if q == 0.0 { lowest } else { highest })
    }

    /// Largest recorded duration in nanoseconds, exact to 0.1 %.
    pub fn max(&self) -> Option<u64> {
        self.entries().last().map(|(place, _)| highest(place))
    }

    /// Share of durations at or below `nanos`, in `[0, 1]`; 1 when empty.
    pub fn share_below(&self, nanos: u64) -> f64 {
        if self.is_empty() {
            return 1.0;
        }
        let end = place(nanos.min(MAX_NS));
        let below: u64 = self.entries().take_while(|entry| entry.0 <= end).map(|entry| entry.1).sum();
        below as f64 / self.len as f64
    }

    /// Recorded values with their counts, in rising order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.entries().map(|(place, count)| (highest(place), count))
    }

    /// The same durations with sixteen buckets as one, so exact to 0.8 %; below 1,024 ns as they were.
    pub fn coarsened(&self) -> Self {
        let mut writer = Writer::default();
        let entries: Vec<_> = self.entries().collect();
        for group in entries.chunk_by(|a, b| coarse(a.0) == coarse(b.0)) {
            writer.push(coarse(group[0].0), group.iter().map(|entry| entry.1).sum());
        }
        writer.into()
    }

    fn entries(&self) -> Entries<'_> {
        Entries::of(&self.text)
    }

    /// Of buckets with their counts, in rising order.
    pub(crate) fn of_entries(entries: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut writer = Writer::default();
        entries.for_each(|(place, count)| writer.push(place, count));
        writer.into()
    }

    fn decode(text: String) -> Result<Self, DistributionError> {
        if text.starts_with(hdr::BEGIN) {
            return hdr::decode(&text).map(Self::from);
        }
        let len = text::check(&text).ok_or(DistributionError::Text)?;
        Ok(Self { text: text.into_boxed_str(), len })
    }
}

/// The bucket in which a duration is recorded: those of no length and those beyond all buckets go to the ends.
fn clamped_place(nanos: u64) -> u64 {
    let place = place(nanos.max(1));
    if place < buckets::BUCKETS { place } else { buckets::place(MAX_NS) }
}

impl From<Writer> for Distribution {
    fn from(writer: Writer) -> Self {
        let (text, len) = writer.finish();
        Self { text, len }
    }
}

impl FromIterator<u64> for Distribution {
    fn from_iter<I: IntoIterator<Item = u64>>(durations: I) -> Self {
        let mut recording = Recording::new();
        durations.into_iter().for_each(|nanos| recording.record(nanos));
        recording.finish()
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
