//! The highest load that holds a service level: what to try next, what a trial proves, what was found.
//!
//! Pure functions of what was seen so far. The load generator asks [`next`] while it measures, a report asks
//! [`Capacity::all`] years later; both see the same trials, so both come to the same answer.
//!
//! ```text
//!   saturated ──► search: × 2 until it breaks, then bisect ──► knee: blocks around the capacities ──► ratios
//! ```

mod floor;
mod judge;
mod knee;
mod logistic;
mod next;
mod search;

pub use floor::{Costs, Floor};
pub use judge::{Cause, Judgement, judge};
pub use knee::{CapacityRatio, NoRatio, RatioOrNot};
pub use next::{next, remaining};
pub use search::{Answer, Ask, Shortfall};

use crate::Records;
use trial::{Arm, Asked, Cell, Figure, Outcome, Point, Stage, Trial};

/// What one trial of a search showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What it tried.
    pub point: Point,
    /// Its block.
    pub block: u32,
    /// Its arm.
    pub arm: Arm,
    /// Whether the service level held.
    pub judgement: Judgement,
    /// Events delivered a second; 0 where nothing was measured.
    pub events_per_second: f64,
}

impl Observation {
    /// What a trial shows about a capacity; `None` for trials of anything else.
    pub fn of(asked: Asked, trial: &Trial) -> Option<Self> {
        let point = asked.point(&trial.cell.name)?;
        let events_per_second = match &trial.outcome {
            Outcome::Measured(measurement) => Figure::EventsPerSecond.of(measurement).unwrap_or(0.0),
            Outcome::Unsupported(_) | Outcome::Failed(_) => 0.0,
        };
        let judgement = judge(&asked.search.slo, trial);
        Some(Self { point, block: trial.block, arm: trial.arm, judgement, events_per_second })
    }
}

/// One arm at one load of the search.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What was tried.
    pub point: Point,
    /// The arm.
    pub arm: Arm,
    /// Trials in which the service level held.
    pub passed: usize,
    /// Trials in all.
    pub trials: usize,
    /// Why the first of the others did not.
    pub cause: Option<Cause>,
}

/// Everything that a search says about capacity.
#[derive(Debug, Clone)]
pub struct Capacity<'r> {
    /// What was asked.
    pub asked: Asked<'r>,
    /// What was found for each arm, the base first.
    pub answers: Vec<(Arm, Answer)>,
    /// The capacity of each other arm over the base's.
    pub ratios: Vec<(Arm, RatioOrNot)>,
    /// Every load that was tried, by stage, load and arm.
    pub steps: Vec<Step>,
    /// What the smallest capacity costs beside the floor, for each arm of which that was measured.
    pub floors: Vec<Floor>,
}

impl<'r> Capacity<'r> {
    /// Of each cell of a run that searches.
    pub fn all(records: &'r Records) -> Vec<Self> {
        let of = |asked: Asked<'r>| {
            let seen: Vec<_> = records.trials.iter().filter_map(|trial| Observation::of(asked, trial)).collect();
            let floors = arms(asked).filter_map(|arm| floor::of(asked, records, arm)).collect();
            Self { floors, ..Self::from_observations(asked, &seen, records.run.seed) }
        };
        records.run.plan.cells.iter().filter_map(Cell::search).map(of).collect()
    }

    /// From what was seen, in the order in which it was seen; what it costs is not in it.
    pub fn from_observations(asked: Asked<'r>, seen: &[Observation], seed: u64) -> Self {
        let answers: Vec<_> = arms(asked).map(|arm| (arm, search::answer(asked, seen, arm))).collect();
        let ratio = |other: &(Arm, Answer)| (other.0, knee::ratio(asked, seen, [&answers[0], other], seed));
        let ratios = answers.iter().skip(1).map(ratio).collect();
        Self { asked, answers, ratios, steps: steps(asked, seen), floors: Vec::new() }
    }

    /// The highest load that all arms hold: the smallest capacity.
    pub fn all_hold(&self) -> Option<u64> {
        self.answers.iter().map(|(_, answer)| answer.holds()).min().flatten()
    }
}

/// The arms of a search, the base first.
fn arms(asked: Asked<'_>) -> impl Iterator<Item = Arm> {
    asked.cell.base().into_iter().chain(asked.cell.others())
}

fn steps(asked: Asked, seen: &[Observation]) -> Vec<Step> {
    let mut points: Vec<_> = seen.iter().map(|one| one.point).filter(|at| at.stage != Stage::Saturated).collect();
    points.sort_unstable();
    points.dedup();
    let step = |point, arm| {
        let of_step = || seen.iter().filter(move |one| (one.point, one.arm) == (point, arm));
        let passed = of_step().filter(|one| one.judgement == Judgement::Pass).count();
        let cause = of_step().find_map(|one| one.judgement.cause().cloned());
        Step { point, arm, passed, trials: of_step().count(), cause }
    };
    let all = points.into_iter().flat_map(|point| arms(asked).map(move |arm| step(point, arm)));
    all.filter(|step| step.trials > 0).collect()
}

#[cfg(test)]
mod tests;
