//! What the rest of the program asks of a quantity: its number in a measurement, its unit, its margin, its name. Durations, which
//! have no row in the table, are answered here.

use super::{Dimension, Direction, Figure};
use crate::{Measurement, Quantile, Scenario};
use std::time::Duration;

impl Figure {
    /// The number, or `None` where the measurement has none.
    pub fn of(self, m: &Measurement) -> Option<f64> {
        match (self, self.row()) {
            (Self::Duration(metric, q), _) => m.distributions.get(&metric)?.quantile(q.share()).map(|ns| ns as f64),
            (_, row) => (row?.of)(m),
        }
    }

    /// What its numbers are counted in.
    pub fn unit(self) -> Dimension {
        self.row().map_or(Dimension::Time, |row| row.unit)
    }

    /// The margin `delta` within which two values count as equivalent (METHOD, section 5), as a share.
    pub fn margin(self) -> f64 {
        match (self, self.row()) {
            (Self::Duration(_, Quantile::P99 | Quantile::P999), _) => 0.10,
            (_, row) => row.map_or(0.05, |row| row.margin),
        }
    }

    /// The difference of two durations that is too small to matter: what was asked for, or 20 µs; `None` of other figures.
    pub fn practical(self, asked: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Duration(..) => Some(asked.unwrap_or(Duration::from_micros(20))),
            _ => None,
        }
    }

    /// Whether it is a quantile above the median.
    pub const fn is_tail(self) -> bool {
        matches!(self, Self::Duration(_, quantile) if !matches!(quantile, Quantile::P50))
    }

    /// Where a better value lies.
    pub fn better(self) -> Direction {
        self.row().map_or(Direction::Lower, |row| row.better)
    }

    /// Whether the figure is an exact count, which needs no interval.
    pub fn is_exact(self) -> bool {
        self.row().is_some_and(|row| row.exact)
    }

    /// Every quantity but durations that the arms of a scenario are compared by, in the order of its table.
    pub fn compared_in(scenario: Scenario) -> impl Iterator<Item = Self> {
        let is_compared = move |figure: &Self| figure.row().is_some_and(|row| row.compared.contains(&scenario));
        Self::COUNTED.iter().copied().filter(is_compared)
    }

    /// Its name for people in both languages.
    pub fn words(self) -> [String; 2] {
        match (self, self.row()) {
            (Self::Duration(metric, quantile), _) => metric.words().map(|words| format!("{words} {quantile}")),
            (_, row) => row.map_or(["", ""], |row| row.words).map(str::to_owned),
        }
    }
}
