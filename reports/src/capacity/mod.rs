//! The highest load that holds a service level: what to try next, what a trial proves, what was found.
//!
//! Pure functions of what was seen so far. The load generator asks [`next`] while it measures, a report asks
//! [`Capacity::of`] years later; both see the same trials, so both come to the same answer.
//!
//! ```text
//!   saturated ──► search: × 2 until it breaks, then bisect ──► knee: blocks around both capacities ──► ratio
//! ```

mod floor;
mod judge;
mod knee;
mod logistic;
mod search;

pub use floor::{Costs, Floor};
pub use judge::{Cause, Judgement, judge};
pub use knee::{CapacityRatio, NoRatio};
pub use search::{Answer, Ask, Shortfall, next, remaining};

use crate::Records;
use trial::{CapacityPlan, Figure, Outcome, Trial};
use wire::Transport;

/// Part of the search that a trial belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Unpaced: what both ends can move at all, from which the first load follows.
    Saturated,
    /// Bracketing and bisecting.
    Search,
    /// Blocks around the capacities.
    Knee,
}

impl Stage {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Saturated, "saturated"), (Self::Search, "search"), (Self::Knee, "knee")];

    /// The name in the names of cells.
    const fn name(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Search => "search",
            Self::Knee => "knee",
        }
    }
}

/// A stage and a load in its plan's unit: events a second over all connections, or connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Part of the search.
    pub stage: Stage,
    /// Load.
    pub load: u64,
}

impl Point {
    /// The name of the cell that tries it.
    pub fn cell_name(self) -> String {
        format!("capacity/{}/{}", self.stage.name(), self.load)
    }

    /// The point that a cell of this name tries; `None` for cells of anything else.
    pub fn of_cell_name(name: &str) -> Option<Self> {
        let (stage, load) = name.strip_prefix("capacity/")?.split_once('/')?;
        let (stage, _) = Stage::ALL.into_iter().find(|(_, known)| *known == stage)?;
        Some(Self { stage, load: load.parse().ok()? })
    }
}

/// What one trial of a search showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What it tried.
    pub point: Point,
    /// Its block.
    pub block: u32,
    /// Its arm.
    pub transport: Transport,
    /// Whether the service level held.
    pub judgement: Judgement,
    /// Events delivered a second; 0 where nothing was measured.
    pub events_per_second: f64,
}

impl Observation {
    /// What a trial shows about capacity; `None` for trials of anything else.
    pub fn of(plan: &CapacityPlan, trial: &Trial) -> Option<Self> {
        let point = Point::of_cell_name(&trial.cell.name)?;
        let events_per_second = match &trial.outcome {
            Outcome::Measured(measurement) => Figure::EventsPerSecond.of(measurement).unwrap_or(0.0),
            Outcome::Unsupported(_) | Outcome::Failed(_) => 0.0,
        };
        let judgement = judge(plan, trial);
        Some(Self { point, block: trial.block, transport: trial.arm.protocol, judgement, events_per_second })
    }
}

/// One transport at one load of the search.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What was tried.
    pub point: Point,
    /// The transport.
    pub transport: Transport,
    /// Trials in which the service level held.
    pub passed: usize,
    /// Trials in all.
    pub trials: usize,
    /// Why the first of the others did not.
    pub cause: Option<Cause>,
}

/// Everything that a run says about capacity.
#[derive(Debug, Clone, PartialEq)]
pub struct Capacity {
    /// What was asked.
    pub plan: CapacityPlan,
    /// What was found for each arm, the base first.
    pub answers: [Answer; 2],
    /// The other arm's capacity over the base's, or why there is no such number.
    pub ratio: Result<CapacityRatio, NoRatio>,
    /// Every load that was tried, by stage, load and arm.
    pub steps: Vec<Step>,
    /// What the smaller capacity costs beside the floor, for each arm of which that was measured.
    pub floors: Vec<Floor>,
}

impl Capacity {
    /// From the records of a run; `None` when it searched for no capacity.
    pub fn of(records: &Records) -> Option<Self> {
        let plan = records.run.capacity.as_ref()?;
        let seen: Vec<_> = records.trials.iter().filter_map(|trial| Observation::of(plan, trial)).collect();
        let floors = plan.arms.iter().filter_map(|&arm| floor::of(plan, records, arm)).collect();
        Some(Self { floors, ..Self::from_observations(plan, &seen, records.run.seed) })
    }

    /// From what was seen, in the order in which it was seen; what it costs is not in it.
    pub fn from_observations(plan: &CapacityPlan, seen: &[Observation], seed: u64) -> Self {
        let answers = plan.arms.map(|arm| search::answer(plan, seen, arm));
        let ratio = knee::ratio(plan, seen, &answers, seed);
        Self { plan: plan.clone(), answers, ratio, steps: steps(plan, seen), floors: Vec::new() }
    }

    /// The highest load that both arms hold: the smaller capacity.
    pub fn both_hold(&self) -> Option<u64> {
        let [base, other] = self.answers.each_ref().map(Answer::holds);
        Some(base?.min(other?))
    }
}

fn steps(plan: &CapacityPlan, seen: &[Observation]) -> Vec<Step> {
    let mut points: Vec<_> = seen.iter().map(|one| one.point).filter(|at| at.stage != Stage::Saturated).collect();
    points.sort_unstable();
    points.dedup();
    let step = |point, transport| {
        let of_step = || seen.iter().filter(move |one| (one.point, one.transport) == (point, transport));
        let passed = of_step().filter(|one| one.judgement == Judgement::Pass).count();
        let cause = of_step().find_map(|one| one.judgement.cause().cloned());
        Step { point, transport, passed, trials: of_step().count(), cause }
    };
    points.into_iter().flat_map(|point| plan.arms.map(|arm| step(point, arm))).collect()
}

#[cfg(test)]
mod tests;
