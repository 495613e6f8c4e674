//! Which load to try next, and what the loads tried so far prove. Refuses to remember: everything follows from what was
//! seen.

use super::judge::{Cause, Judgement};
use super::{Observation, arms};
use trial::{Arm, Asked, Point, Stage};

/// Share of the saturated rate at which the search begins.
const START: f64 = 0.05;
/// First rate where nothing could be measured unpaced.
const FALLBACK_START: u64 = 100;
/// Halvings below the first load after which an arm counts as never holding the service level.
const DESCENT: u32 = 5;
/// Steps that a climb takes, as far as anyone can know before it: from 5 % to the top.
pub(super) const CLIMB: u64 = 5;

/// A block to run: every arm once at one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// What to try.
    pub point: Point,
    /// Its block, from 0.
    pub block: u32,
}

/// What was found for one arm.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The capacity lies between two loads.
    Found {
        /// Highest load that held the service level.
        holds: u64,
        /// Lowest load above it that did not.
        fails: u64,
        /// Why.
        cause: Cause,
    },
    /// Not found, and why.
    NotFound {
        /// Highest load that held, if any did.
        holds: Option<u64>,
        /// Why there is no more to say.
        why: Shortfall,
    },
}

/// Why a capacity was not found.
#[derive(Debug, Clone, PartialEq)]
pub enum Shortfall {
    /// The instrument reached its limit first.
    Instrument {
        /// At this load.
        at: u64,
        /// In this way.
        cause: Cause,
    },
    /// The lowest load that was tried fails already.
    LowestFails {
        /// That load.
        at: u64,
        /// Why.
        cause: Cause,
    },
    /// The highest load that may be tried still holds.
    LimitHolds {
        /// That load.
        at: u64,
    },
    /// The search ended early.
    Unfinished,
}

impl Answer {
    /// Highest load that held the service level.
    pub const fn holds(&self) -> Option<u64> {
        match self {
            Self::Found { holds, .. } => Some(*holds),
            Self::NotFound { holds, .. } => *holds,
        }
    }
}

/// What one arm's steps prove so far: the highest load that held, and the lowest above it that did not. A failure below a
/// pass is noise: a host disturbs a trial more easily than an overloaded server passes one by luck.
pub(super) struct Bracket {
    pub(super) holds: Option<u64>,
    pub(super) breaks: Option<(u64, Judgement)>,
}

/// What is known about one arm.
pub(super) fn answer(asked: Asked, seen: &[Observation], arm: Arm) -> Answer {
    let bracket = bracket(asked, seen, arm);
    let lowest = loads(seen).first().copied();
    match (bracket.holds, bracket.breaks) {
        (Some(holds), Some((fails, Judgement::Fail(cause)))) if is_narrow(asked, holds, fails) => {
            Answer::Found { holds, fails, cause }
        }
        (holds, Some((at, Judgement::Invalid(cause)))) => {
            Answer::NotFound { holds, why: Shortfall::Instrument { at, cause } }
        }
        (None, Some((at, Judgement::Fail(cause)))) if lowest == Some(at) => {
            Answer::NotFound { holds: None, why: Shortfall::LowestFails { at, cause } }
        }
        (Some(at), None) if at >= asked.limit() => {
            Answer::NotFound { holds: Some(at), why: Shortfall::LimitHolds { at } }
        }
        (holds, _) => Answer::NotFound { holds, why: Shortfall::Unfinished },
    }
}

/// The first load; `None` while the saturated rate that it follows from was not measured.
pub(super) fn start(asked: Asked, seen: &[Observation]) -> Option<u64> {
    if let Some(start) = asked.start() {
        return Some(start.min(asked.limit()));
    }
    let saturated: Vec<_> = seen.iter().filter(|one| one.point.stage == Stage::Saturated).collect();
    let all = arms(asked).all(|arm| saturated.iter().any(|one| one.arm == arm));
    let fastest = saturated.iter().map(|one| one.events_per_second).fold(0.0, f64::max);
    let start = if fastest > 0.0 { rounded(START * fastest) } else { FALLBACK_START };
    all.then_some(start.min(asked.limit()))
}

/// A load that was begun and whose majority is still open for an arm.
pub(super) fn undecided(asked: Asked, seen: &[Observation]) -> Option<u64> {
    let open = |load: &u64| arms(asked).any(|arm| verdict(asked, seen, arm, *load).is_none());
    loads(seen).into_iter().find(open)
}

/// The next load of climb, descent or bisection.
pub(super) fn step(asked: Asked, seen: &[Observation], start: u64) -> Option<u64> {
    let loads = loads(seen);
    let (Some(&lowest), Some(&highest)) = (loads.first(), loads.last()) else { return Some(start) };
    let brackets: Vec<_> = arms(asked).map(|arm| bracket(asked, seen, arm)).collect();
    if brackets.iter().any(|bracket| bracket.breaks.is_none()) && highest < asked.limit() {
        return Some(rounded(2.0 * highest as f64).min(asked.limit()));
    }
    let floor = (start >> DESCENT).max(1);
    if brackets.iter().any(|bracket| bracket.holds.is_none()) && lowest > floor {
        return Some((lowest / 2).max(floor));
    }
    let wide = brackets.iter().filter_map(|bracket| Some((bracket.holds?, bracket.breaks.as_ref()?.0)));
    let wide = wide.filter(|&(holds, breaks)| !is_narrow(asked, holds, breaks));
    let widest = wide.max_by(|a, b| (a.1 as f64 / a.0 as f64).total_cmp(&(b.1 as f64 / b.0 as f64)));
    widest.map(|(holds, breaks)| between(holds, breaks))
}

/// Whether a bracket is as narrow as was asked for, or as loads of three digits can be.
fn is_narrow(asked: Asked, holds: u64, breaks: u64) -> bool {
    let middle = between(holds, breaks);
    breaks as f64 / holds as f64 <= asked.search.precision || middle <= holds || middle >= breaks
}

/// The geometric middle.
fn between(low: u64, high: u64) -> u64 {
    rounded((low as f64 * high as f64).sqrt())
}

/// A load with three significant digits: one that can be read, and tried again.
pub(super) fn rounded(load: f64) -> u64 {
    let step = 10f64.powi((load.max(1.0).log10().floor() as i32 - 2).max(0));
    ((load / step).round() * step).max(1.0) as u64
}

pub(super) fn bracket(asked: Asked, seen: &[Observation], arm: Arm) -> Bracket {
    let loads = loads(seen).into_iter();
    let steps: Vec<_> = loads.filter_map(|load| Some((load, verdict(asked, seen, arm, load)?))).collect();
    let held = steps.iter().rposition(|(_, verdict)| *verdict == Judgement::Pass);
    let above = held.map_or(0, |held| held + 1);
    Bracket { holds: held.map(|held| steps[held].0), breaks: steps.into_iter().nth(above) }
}

/// The majority of an arm's trials at a load; `None` while it is open. What did not pass is a failure only where failures
/// outnumber invalid trials: a instrument that is at its limit half of the time is at its limit.
fn verdict(asked: Asked, seen: &[Observation], arm: Arm, load: u64) -> Option<Judgement> {
    let point = Point { stage: Stage::Search, load };
    let judgements = || seen.iter().filter(move |one| (one.point, one.arm) == (point, arm)).map(|one| &one.judgement);
    let count = |kind: fn(&Judgement) -> bool| judgements().filter(|one| kind(one)).count();
    let majority = asked.search.trials as usize / 2 + 1;
    let is_invalid = |one: &Judgement| matches!(one, Judgement::Invalid(_));
    let is_failure = |one: &Judgement| matches!(one, Judgement::Fail(_));
    let (passes, failures, invalid) = (count(|one| *one == Judgement::Pass), count(is_failure), count(is_invalid));
    if passes >= majority {
        return Some(Judgement::Pass);
    }
    let lost = failures + invalid >= majority;
    let decisive = if failures > invalid { is_failure } else { is_invalid };
    lost.then(|| judgements().find(|one| decisive(one)).cloned()).flatten()
}

/// Loads of the search, rising.
pub(super) fn loads(seen: &[Observation]) -> Vec<u64> {
    let mut loads: Vec<_> =
        seen.iter().filter(|one| one.point.stage == Stage::Search).map(|one| one.point.load).collect();
    loads.sort_unstable();
    loads.dedup();
    loads
}

/// Blocks of a point that were begun.
pub(super) fn blocks_at(seen: &[Observation], point: Point) -> u32 {
    seen.iter().filter(|one| one.point == point).map(|one| one.block + 1).max().unwrap_or(0)
}
