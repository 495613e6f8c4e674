//! What a search for capacity runs next: steps until all capacities are bracketed, then blocks around them.

use super::search::{Ask, Bracket, CLIMB, blocks_at, bracket, loads, start, step, undecided};
use super::{Observation, arms, knee};
use trial::{Asked, Point, Stage};

/// The block to run next; `None` when there is nothing more to learn. `seed` orders the loads of the last stage.
pub fn next(asked: Asked, seen: &[Observation], seed: u64) -> Option<Ask> {
    let Some(start) = start(asked, seen) else {
        return Some(Ask { point: Point { stage: Stage::Saturated, load: 1 }, block: 0 });
    };
    let step = undecided(asked, seen).or_else(|| step(asked, seen, start));
    step.map(|load| {
        let point = Point { stage: Stage::Search, load };
        Ask { point, block: blocks_at(seen, point) }
    })
    .or_else(|| knee::next(asked, seen, seed))
}

/// Trials that are left, as far as can be known: steps of a climb are guessed, those of a bisection computed.
pub fn remaining(asked: Asked, seen: &[Observation]) -> u64 {
    // Whether something is left does not depend on the order of the loads.
    if next(asked, seen, 0).is_none() {
        return 0;
    }
    let brackets: Vec<_> = arms(asked).map(|arm| bracket(asked, seen, arm)).collect();
    let climbed = loads(seen).len() as u64;
    let climb = if brackets.iter().any(|b| b.breaks.is_none()) { CLIMB.saturating_sub(climbed).max(1) } else { 0 };
    let precision = asked.search.precision.ln();
    let halvings = |bracket: &Bracket| match (bracket.holds, &bracket.breaks) {
        (Some(holds), Some((breaks, _))) => {
            let width = (*breaks as f64 / holds as f64).ln() / precision;
            width.max(1.0).log2().ceil() as u64
        }
        _ => (2_f64.ln() / precision).log2().ceil().max(0.0) as u64,
    };
    let bisect: u64 = brackets.iter().map(halvings).max().unwrap_or(0);
    // Two trials of three mostly agree.
    let trials_of_step = u64::from(asked.search.trials / 2 + 1);
    ((climb + bisect) * trials_of_step + knee::remaining(asked, seen)) * brackets.len() as u64
}
