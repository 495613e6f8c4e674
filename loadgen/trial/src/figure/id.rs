//! The name of a quantity: `cpu`, `response:p99`. One for thresholds, plans and records; names of old records are still read.

use super::{Figure, Quantity};
use crate::{Metric, Quantile};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// A word that names none of what is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} '{word}': did you mean '{nearest}'?")]
pub struct UnknownWord {
    /// What it should name, such as `figure`.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// The nearest known one.
    pub nearest: String,
}

impl UnknownWord {
    /// What a word names among all that is `known`.
    ///
    /// # Errors
    /// [`UnknownWord`] with the nearest name, also of the names of `others`.
    pub fn or_found<T: Copy>(
        what: &'static str,
        word: &str,
        known: &[T],
        others: &[T],
        name: impl Fn(&T) -> String,
    ) -> Result<T, Self> {
        if let Some(&found) = known.iter().find(|one| name(one) == word) {
            return Ok(found);
        }
        let likeness = |name: &String| strsim::jaro_winkler(name, word);
        let nearest = known.iter().chain(others).map(name).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        Err(Self { what, word: word.to_owned(), nearest: nearest.unwrap_or_default() })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.row()) {
            (Self::Duration(metric, quantile), _) => f.pad(&format!("{}:{quantile}", metric.id())),
            (_, row) => f.pad(row.map_or("", |row: &Quantity| row.id)),
        }
    }
}

impl FromStr for Figure {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((metric, quantile)) = text.split_once(':') else {
            let durations = Metric::ALL.map(|metric| Self::Duration(metric, Quantile::P99));
            let old = Self::COUNTED.iter().copied().find(|figure| kebab(*figure) == text);
            let named = || UnknownWord::or_found("figure", text, Self::COUNTED, &durations, Self::to_string);
            return old.map_or_else(named, Ok);
        };
        let metric = UnknownWord::or_found("duration", metric, &Metric::ALL, &[], |metric| metric.id().to_owned())?;
        let quantile = UnknownWord::or_found("quantile", quantile, &Quantile::ALL, &[], Quantile::to_string)?;
        Ok(Self::Duration(metric, quantile))
    }
}

/// How records of schemas 1 to 5 name a quantity that is no duration: `events-per-second`.
fn kebab(figure: Figure) -> String {
    let mut name = String::new();
    for c in format!("{figure:?}").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Id(String),
            /// As in records of schemas 1 to 5.
            Old {
                duration: (Metric, Quantile),
            },
        }
        match Written::deserialize(deserializer)? {
            Written::Id(id) => id.parse().map_err(D::Error::custom),
            Written::Old { duration: (metric, quantile) } => Ok(Self::Duration(metric, quantile)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_quantity_has_one_name_and_is_found_by_it() {
        let durations = Metric::ALL.into_iter().flat_map(|metric| Quantile::ALL.map(|q| Figure::Duration(metric, q)));
        let all: Vec<Figure> = durations.chain(Figure::COUNTED.iter().copied()).collect();
        let ids: BTreeSet<String> = all.iter().map(Figure::to_string).collect();
        assert_eq!(ids.len(), all.len());
        for figure in all {
            assert_eq!(figure.to_string().parse(), Ok(figure));
            let written = serde_json::to_string(&figure).unwrap();
            assert_eq!(written, format!("\"{figure}\""));
            assert_eq!(serde_json::from_str::<Figure>(&written).unwrap(), figure);
            assert!(figure.words().iter().all(|words| !words.is_empty()), "{figure}");
        }
    }

    #[test]
    fn names_of_old_records_are_still_read() {
        for (old, id) in [
            (r#"{"duration":["response-time","p999"]}"#, "response:p99.9"),
            (r#""events-per-second""#, "throughput"),
            (r#""server-memory-per-connection""#, "memory"),
            (r#""requested-without-buffers-per-connection""#, "requested-without-buffers"),
        ] {
            assert_eq!(serde_json::from_str::<Figure>(old).unwrap().to_string(), id);
        }
        assert!(serde_json::from_str::<Figure>(r#""cpus""#).unwrap_err().to_string().contains("did you mean 'cpu'?"));
    }
}
