//! What a search for capacity was asked. It stands in the run's record, so that the answer can be taken again from the
//! trials. Refuses to search: `reports` decides what is next and what was found.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use wire::Transport;

/// Most objectives of one SLO.
const MAX_OBJECTIVES: usize = 8;

/// A service level: how slow which share of the events may be. Text form: `p99=10ms`, several with commas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slo(Vec<Objective>);

/// One part of a service level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Share of the events due in the window, in `(0, 1)`.
    pub share: f64,
    /// Longest response time that this share may have.
    pub limit: Duration,
}

/// A text that is no service level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no objective: expected a quantile and a response time, such as p99=10ms (several with commas)")]
pub struct ParseSloError(String);

/// What is raised until the service level breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variable {
    /// Events a second over all connections.
    Rate,
    /// Connections, each at its own rate.
    Connections,
}

/// A search for the highest load that holds a service level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityPlan {
    /// What must hold.
    pub slo: Slo,
    /// What is raised.
    pub of: Variable,
    /// The two transports; the first is the base of the ratio.
    pub arms: [Transport; 2],
    /// First load; `None` takes 5 % of what the faster arm delivers unpaced.
    pub start: Option<u64>,
    /// Load above which is not searched.
    pub limit: u64,
    /// Trials of each step and arm; the majority decides.
    pub trials: u32,
    /// Ratio of the lowest load that fails to the highest that holds at which the search ends.
    pub precision: f64,
    /// Blocks of the comparison around the capacities; 0 compares nothing.
    pub knee_blocks: u32,
}

impl Slo {
    /// The objectives, at least one.
    pub fn objectives(&self) -> &[Objective] {
        &self.0
    }

    /// The shortest response time of any objective.
    pub fn tightest(&self) -> Duration {
        self.0.iter().map(|objective| objective.limit).min().unwrap_or_default()
    }
}

impl FromStr for Slo {
    type Err = ParseSloError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let objectives = text.split(',').map(str::trim).map(Objective::from_str).collect::<Result<Vec<_>, _>>()?;
        let fits = objectives.len() <= MAX_OBJECTIVES;
        fits.then_some(Self(objectives)).ok_or_else(|| ParseSloError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(Objective::to_string).collect();
        f.pad(&words.join(","))
    }
}

impl FromStr for Objective {
    type Err = ParseSloError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (quantile, limit) = text.split_once('=')?;
            let percent: f64 = quantile.trim().strip_prefix('p')?.parse().ok()?;
            let limit = humantime::parse_duration(limit.trim()).ok()?;
            let fits = percent > 0.0 && percent < 100.0 && !limit.is_zero() && limit <= Duration::from_secs(60);
            fits.then_some(Self { share: percent / 100.0, limit })
        };
        parsed().ok_or_else(|| ParseSloError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Percent to a millionth: division by 100 must not show.
        let percent = (self.share * 1e8).round() / 1e6;
        write!(f, "p{percent}={}", humantime::format_duration(self.limit))
    }
}

wire::as_text!(Slo);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_level_keeps_its_text() {
        for text in ["p99=10ms", "p50=200us,p99.9=50ms", "p99.99=1s"] {
            assert_eq!(text.parse::<Slo>().unwrap().to_string(), text);
        }
        let spaced: Slo = "p90 = 1ms, p99=5ms".parse().unwrap();
        assert_eq!((spaced.to_string().as_str(), spaced.tightest()), ("p90=1ms,p99=5ms", Duration::from_millis(1)));
        assert!((spaced.objectives()[1].share - 0.99).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_service_level_says_what_is() {
        for text in
            ["", "p99", "p99=", "99=10ms", "p100=1s", "p0=1s", "p99=0s", "p99=10", "p99=2h", "ttft=1s", "p99=1s,"]
        {
            let error = text.parse::<Slo>().unwrap_err().to_string();
            assert!(error.contains("such as p99=10ms"), "{text}: {error}");
        }
    }
}
