//! What a search for capacity runs next: steps until both capacities are bracketed, then blocks around them.

use super::knee;
use super::search::{Ask, Bracket, CLIMB, blocks_at, bracket, loads, start, step, undecided};
use super::{Observation, Point, Stage};
use trial::CapacityPlan;

/// The block to run next; `None` when there is nothing more to learn. `seed` orders the loads of the last stage.
pub fn next(plan: &CapacityPlan, seen: &[Observation], seed: u64) -> Option<Ask> {
    let Some(start) = start(plan, seen) else {
        return Some(Ask { point: Point { stage: Stage::Saturated, load: 1 }, block: 0 });
    };
    let step = undecided(plan, seen).or_else(|| step(plan, seen, start));
    step.map(|load| {
        let point = Point { stage: Stage::Search, load };
        Ask { point, block: blocks_at(seen, point) }
    })
    .or_else(|| knee::next(plan, seen, seed))
}

/// Trials that are left, as far as can be known: steps of a climb are guessed, those of a bisection computed.
pub fn remaining(plan: &CapacityPlan, seen: &[Observation]) -> u64 {
    // Whether something is left does not depend on the order of the loads.
    if next(plan, seen, 0).is_none() {
        return 0;
    }
    let brackets = plan.arms.map(|arm| bracket(plan, seen, arm));
    let climbed = loads(seen).len() as u64;
    let climb = if brackets.iter().any(|b| b.breaks.is_none()) { CLIMB.saturating_sub(climbed).max(1) } else { 0 };
    let halvings = |bracket: &Bracket| match (bracket.holds, &bracket.breaks) {
        (Some(holds), Some((breaks, _))) => {
            let width = (*breaks as f64 / holds as f64).ln() / plan.precision.ln();
            width.max(1.0).log2().ceil() as u64
        }
        _ => (2_f64.ln() / plan.precision.ln()).log2().ceil().max(0.0) as u64,
    };
    let bisect: u64 = brackets.iter().map(halvings).max().unwrap_or(0);
    // Two trials of three mostly agree.
    let trials_of_step = u64::from(plan.trials / 2 + 1);
    (climb + bisect) * trials_of_step * 2 + knee::remaining(plan, seen) * 2
}
