//! The trials of one arm of one cell. Refuses to mix arms: a contest pairs them by block.

use super::pooled::Pooled;
use crate::stats;
use std::collections::BTreeMap;
use trial::{Arm, Cell, Distribution, Figure, Measurement, Metric, Outcome, Trial, Warning};

/// One arm with its trials, in the order of blocks.
#[derive(Debug, Clone)]
pub struct ArmTrials<'r> {
    /// The arm.
    pub arm: Arm,
    /// Its trials, whatever their outcome.
    pub trials: Vec<&'r Trial>,
}

impl<'r> ArmTrials<'r> {
    /// Trials with numbers that count, by block: void ones are left out.
    pub fn measured(&self) -> impl Iterator<Item = (u32, &'r Measurement)> + '_ {
        self.trials.iter().filter(|trial| !trial.is_void()).filter_map(|trial| match &trial.outcome {
            Outcome::Measured(measurement) => Some((trial.block, &**measurement)),
            Outcome::Unsupported(_) | Outcome::Failed(_) => None,
        })
    }

    /// Whether any trial has numbers.
    pub fn is_measured(&self) -> bool {
        self.measured().next().is_some()
    }

    /// Why the first failed trial failed.
    pub fn failure(&self) -> Option<&'r str> {
        self.trials.iter().find_map(|trial| match &trial.outcome {
            Outcome::Failed(why) => Some(why.as_str()),
            Outcome::Measured(_) | Outcome::Unsupported(_) => None,
        })
    }

    /// What made every measured trial void; `None` where one counts.
    pub fn void(&self) -> Option<&'r Warning> {
        self.trials.iter().find_map(|trial| trial.voided_by()).filter(|_| !self.is_measured())
    }

    /// Why the transport cannot do this.
    pub fn unsupported(&self) -> Option<&'r str> {
        self.trials.iter().find_map(|trial| match &trial.outcome {
            Outcome::Unsupported(why) => Some(why.as_str()),
            Outcome::Measured(_) | Outcome::Failed(_) => None,
        })
    }

    /// The figure of each block that has it.
    pub fn values(&self, figure: Figure) -> BTreeMap<u32, f64> {
        self.measured().filter_map(|(block, m)| Some((block, figure.of(m)?))).collect()
    }

    /// Median over trials.
    pub fn median(&self, figure: Figure) -> Option<f64> {
        stats::median(&self.values(figure).into_values().collect::<Vec<_>>())
    }

    /// All durations of the arm, restricted to some blocks, block by block.
    pub fn pooled(&self, metric: Metric, blocks: &[u32]) -> Pooled {
        let of_block = |&wanted| self.measured().find(|(block, _)| *block == wanted);
        let distributions = blocks.iter().filter_map(|block| of_block(block)?.1.distributions.get(&metric));
        Pooled::of(&distributions.collect::<Vec<_>>())
    }

    /// Independent observations of a duration in all trials.
    pub fn observations(&self, cell: &Cell, metric: Metric) -> u64 {
        let distributions = self.measured().filter_map(|(_, m)| m.distributions.get(&metric));
        independent(cell, distributions.map(Distribution::len).sum())
    }

    /// Most of an event's own lateness that is not charged, nanoseconds: the largest cap of its trials; 0 without witnesses.
    pub fn cap_ns(&self) -> u64 {
        let witnesses = self.measured().filter_map(|(_, measurement)| measurement.stalls.as_ref()?.witness);
        witnesses.map(|witness| witness.cap_ns()).max().unwrap_or(0)
    }

    /// Every block with numbers.
    pub fn blocks(&self) -> Vec<u32> {
        self.measured().map(|(block, _)| block).collect()
    }
}

/// Independent observations behind a distribution: an event that goes to every reader of a topic is one, however
/// many readers there are.
pub fn independent(cell: &Cell, durations: u64) -> u64 {
    if cell.workload.is_shared() { durations / u64::from(cell.workload.connections().max(1)) } else { durations }
}
