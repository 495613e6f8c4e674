//! When each event is due: pure arithmetic, no clock. The same seed gives the same instants on every host.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::Exp1;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Events a second on one stream; finite and above zero.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Rate(f64);

impl Rate {
    /// A rate in events a second, or `None` when it is not finite and above zero.
    pub fn per_second(rate: f64) -> Option<Self> {
        (rate.is_finite() && rate > 0.0).then_some(Self(rate))
    }

    /// Events a second.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Nanoseconds between two events of a constant schedule.
    pub fn interval_ns(self) -> f64 {
        1e9 / self.0
    }
}

impl TryFrom<f64> for Rate {
    type Error = String;

    fn try_from(rate: f64) -> Result<Self, String> {
        Self::per_second(rate).ok_or_else(|| format!("rate {rate} is not a number above zero"))
    }
}

impl From<Rate> for f64 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The shape of a stream in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Schedule {
    /// One event every `1 / rate` seconds.
    #[default]
    Constant,
    /// Exponential gaps with mean `1 / rate` seconds, drawn from the subscription's seed.
    Poisson,
    /// `size` events at one instant, every `size / rate` seconds.
    Burst {
        /// Events that share one due time.
        size: u32,
    },
    /// No schedule: an event is due when the socket takes it. For capacity, never for latency.
    Unpaced,
    /// No events at all: an open, quiet stream.
    Idle,
}

impl Schedule {
    /// Offsets of successive events from the start of the stream; `None` for schedules without due times.
    pub fn dues(self, rate: Rate, seed: u64) -> Option<Dues> {
        let pace = match self {
            Self::Constant => Pace::Steps { size: 1 },
            Self::Burst { size } => Pace::Steps { size: u64::from(size.max(1)) },
            Self::Poisson => Pace::Poisson { random: Xoshiro256PlusPlus::seed_from_u64(seed), at_ns: 0.0 },
            Self::Unpaced | Self::Idle => return None,
        };
        Some(Dues { interval_ns: rate.interval_ns(), seq: 0, pace })
    }

    /// Nanoseconds by which stream `index` of `streams` that start together starts later than the first: they are spread over
    /// the time after which the pattern of the schedule repeats.
    pub fn phase_ns(self, rate: Rate, index: u32, streams: u32) -> u64 {
        let size = if let Self::Burst { size } = self { f64::from(size.max(1)) } else { 1.0 };
        let streams = streams.max(1);
        (f64::from(index % streams) / f64::from(streams) * size * rate.interval_ns()) as u64
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Poisson => f.write_str("poisson"),
            Self::Burst { size } => write!(f, "burst:{size}"),
            Self::Unpaced => f.write_str("unpaced"),
            Self::Idle => f.write_str("idle"),
        }
    }
}

crate::as_text!(Schedule);

/// A word that names no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown schedule '{0}' (known: constant, poisson, burst:N, unpaced, idle)")]
pub struct ParseScheduleError(String);

impl FromStr for Schedule {
    type Err = ParseScheduleError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let unknown = || ParseScheduleError(word.to_owned());
        match word {
            "constant" => Ok(Self::Constant),
            "poisson" => Ok(Self::Poisson),
            "unpaced" => Ok(Self::Unpaced),
            "idle" => Ok(Self::Idle),
            _ => {
                let size = word.strip_prefix("burst:").and_then(|n| n.parse().ok());
                size.filter(|&size| size > 0).map(|size| Self::Burst { size }).ok_or_else(unknown)
            }
        }
    }
}

/// Due times as nanoseconds from the start of a stream, without end, never decreasing.
#[derive(Debug, Clone)]
pub struct Dues {
    interval_ns: f64,
    seq: u64,
    pace: Pace,
}

#[derive(Debug, Clone)]
enum Pace {
    Steps { size: u64 },
    Poisson { random: Xoshiro256PlusPlus, at_ns: f64 },
}

impl Dues {
    /// How many of those that are left are due before `end_ns`; of a stream that has begun, those that are past count, too.
    pub fn count_before(self, end_ns: u64) -> u64 {
        let Pace::Steps { size } = self.pace else { return self.take_while(|&due_ns| due_ns < end_ns).count() as u64 };
        let at_ns = |step: u64| (step.saturating_mul(size) as f64 * self.interval_ns) as u64;
        let mut steps = (end_ns as f64 / (size as f64 * self.interval_ns)).ceil() as u64;
        // The quotient is rounded, the product is what the stream goes by.
        steps -= u64::from(steps > 0 && at_ns(steps - 1) >= end_ns);
        steps = steps.saturating_add(u64::from(at_ns(steps) < end_ns));
        steps.saturating_mul(size)
    }
}

impl Iterator for Dues {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let seq = self.seq;
        self.seq += 1;
        let offset_ns = match &mut self.pace {
            Pace::Steps { size } => (seq / *size * *size) as f64 * self.interval_ns,
            Pace::Poisson { random, at_ns } => {
                *at_ns += self.interval_ns * random.sample::<f64, _>(Exp1);
                *at_ns
            }
        };
        Some(offset_ns as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(schedule: Schedule, n: usize) -> Vec<u64> {
        let rate = Rate::per_second(1000.0).unwrap();
        schedule.dues(rate, 7).unwrap().take(n).collect()
    }

    #[test]
    fn constant_and_burst_are_tables_of_numbers() {
        assert_eq!(first(Schedule::Constant, 4), [0, 1_000_000, 2_000_000, 3_000_000]);
        assert_eq!(first(Schedule::Burst { size: 2 }, 5), [0, 0, 2_000_000, 2_000_000, 4_000_000]);
    }

    #[test]
    fn poisson_is_reproducible_and_keeps_its_mean() {
        let (a, b) = (first(Schedule::Poisson, 20_000), first(Schedule::Poisson, 20_000));
        assert_eq!(a, b);
        assert!(a.is_sorted());
        let mean = a[19_999] as f64 / 20_000.0;
        assert!((0.97e6..1.03e6).contains(&mean), "mean gap {mean} ns");
    }

    #[test]
    fn what_is_due_before_an_instant_is_counted_as_it_is_drawn() {
        for schedule in [Schedule::Constant, Schedule::Burst { size: 7 }, Schedule::Poisson] {
            for rate in [0.2, 3.0, 7.1, 1000.0] {
                let dues = schedule.dues(Rate::per_second(rate).unwrap(), 7).unwrap();
                for end_ns in [0, 1, 333_333_333, 333_333_334, 1_000_000_000, 2_000_000_001, 5_000_000_000] {
                    let drawn = dues.clone().take_while(|&due| due < end_ns).count() as u64;
                    assert_eq!(dues.clone().count_before(end_ns), drawn, "{schedule} at {rate}/s before {end_ns} ns");
                }
            }
        }
    }

    #[test]
    fn streams_are_spread_over_the_time_after_which_the_pattern_repeats() {
        let rate = Rate::per_second(1000.0).unwrap();
        let phases = |schedule: Schedule| [0, 1, 3, 4].map(|index| schedule.phase_ns(rate, index, 4));
        assert_eq!(phases(Schedule::Constant), [0, 250_000, 750_000, 0]);
        assert_eq!(phases(Schedule::Burst { size: 8 }), [0, 2_000_000, 6_000_000, 0]);
    }

    #[test]
    fn names_round_trip() {
        for word in ["constant", "poisson", "burst:8", "unpaced", "idle"] {
            assert_eq!(word.parse::<Schedule>().unwrap().to_string(), word);
        }
        for word in ["", "burst", "burst:0", "burst:x", "uniform"] {
            assert!(word.parse::<Schedule>().is_err());
        }
    }

    #[test]
    fn a_rate_is_a_number_above_zero() {
        assert!(Rate::per_second(0.0).is_none());
        assert!(Rate::per_second(f64::NAN).is_none());
        assert!(Rate::per_second(f64::INFINITY).is_none());
        assert!(Rate::per_second(0.1).is_some());
    }
}
