//! When requests begin: pure arithmetic, no clock. Refuses to look at completions: load is open.

use crate::variate::{Random, random};
use rand_distr::{Distribution as _, Gamma};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use wire::Rate;

/// How requests arrive at a given mean rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Arrival {
    /// Each request begins when the last answer has ended: a closed loop, without due times.
    Closed,
    /// Exponential gaps.
    Poisson,
    /// Gamma gaps of shape `burstiness`, which is `1 / CV²`: 1 is Poisson, smaller comes in bursts (vLLM's word and unit).
    Gamma {
        /// The shape, above zero.
        burstiness: f64,
    },
}

impl Arrival {
    /// Offsets of successive requests from the start; `None` for a closed loop, and for a burstiness that is not above zero.
    pub fn offsets(self, rate: Rate, seed: u64) -> Option<Arrivals> {
        let shape = match self {
            Self::Closed => return None,
            Self::Poisson => 1.0,
            Self::Gamma { burstiness } => burstiness,
        };
        let gaps = Gamma::new(shape, rate.interval_ns() / shape).ok()?;
        Some(Arrivals { gaps, at_ns: 0.0, random: random(seed, 0) })
    }
}

/// Due offsets in nanoseconds, without end, never decreasing.
#[derive(Debug, Clone)]
pub struct Arrivals {
    gaps: Gamma<f64>,
    at_ns: f64,
    random: Random,
}

impl Iterator for Arrivals {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.at_ns += self.gaps.sample(&mut self.random);
        Some(self.at_ns as u64)
    }
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed"),
            Self::Poisson => f.write_str("poisson"),
            Self::Gamma { burstiness } => write!(f, "gamma:{burstiness}"),
        }
    }
}

impl FromStr for Arrival {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected closed, poisson or gamma:BURSTINESS (0.0001 to 1000)";
        match word {
            "closed" => Ok(Self::Closed),
            "poisson" => Ok(Self::Poisson),
            _ => {
                let burstiness = word.strip_prefix("gamma:").and_then(|shape| shape.parse().ok());
                let burstiness = burstiness.filter(|shape: &f64| (1e-4..=1e3).contains(shape));
                burstiness.map(|burstiness| Self::Gamma { burstiness }).ok_or(EXPECTED)
            }
        }
    }
}

wire::as_text!(Arrival);

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps_ns(arrival: Arrival, n: usize) -> Vec<f64> {
        let rate = Rate::per_second(1000.0).unwrap();
        let offsets: Vec<u64> = arrival.offsets(rate, 3).unwrap().take(n).collect();
        assert!(offsets.is_sorted());
        offsets.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect()
    }

    #[test]
    fn arrivals_keep_their_rate_and_their_burstiness() {
        for (arrival, cv) in [
            (Arrival::Poisson, 1.0),
            (Arrival::Gamma { burstiness: 0.25 }, 2.0),
            (Arrival::Gamma { burstiness: 4.0 }, 0.5),
        ] {
            let gaps = gaps_ns(arrival, 100_000);
            let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
            let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
            assert!((mean / 1e6 - 1.0).abs() < 0.03, "{arrival}: mean {mean} ns");
            assert!((deviation / mean / cv - 1.0).abs() < 0.05, "{arrival}: CV {}", deviation / mean);
        }
        assert_eq!(gaps_ns(Arrival::Poisson, 100), gaps_ns(Arrival::Poisson, 100), "one seed, one schedule");
    }

    #[test]
    fn names_round_trip() {
        for word in ["closed", "poisson", "gamma:0.015625"] {
            assert_eq!(word.parse::<Arrival>().unwrap().to_string(), word);
        }
        for word in ["gamma", "gamma:0", "gamma:-1", "gamma:inf", "gamma:NaN", "open"] {
            assert!(word.parse::<Arrival>().is_err(), "{word}");
        }
        assert!(Arrival::Closed.offsets(Rate::per_second(1.0).unwrap(), 1).is_none());
    }
}
