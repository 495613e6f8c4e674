//! Blocks around the capacities, and the ratios that they give. A block holds every arm at every load, so that what drifts
//! with time is in all. Refuses to give a ratio where an arm shows no edge.

use super::judge::Judgement;
use super::logistic::midpoint;
use super::search::{Answer, Ask, answer, blocks_at, rounded};
use super::{Observation, arms};
use crate::compare::{Bracketed, middle_95};
use std::collections::BTreeSet;
use trial::{Arm, Asked, Point, Stage};

/// Resamples of the bootstrap.
const DRAWS: usize = 2_000;
/// Least share of them in which both arms must have an edge for an interval to mean anything.
const USABLE: f64 = 0.95;
/// Ratio of two neighbouring capacities up to which one ladder of loads serves both arms.
const TOGETHER: f64 = 1.25;
/// Loads around capacities that one ladder serves, and how far it reaches on either side of them: a shared host moves the
/// load at which a trial passes by a tenth and more.
const RUNGS: usize = 7;
const REACH: f64 = 0.2;
/// Where each has a ladder of its own, its loads as shares of the capacity.
const SHARES: [f64; 4] = [1.0 - REACH, 0.93, 1.07, 1.0 + REACH];
/// Fewest blocks for an interval, as everywhere.
const FEWEST_BLOCKS: usize = crate::verdict::FEWEST_BLOCKS;

/// Two capacities compared: loads at which half of the trials pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CapacityRatio {
    /// Base arm.
    pub base: f64,
    /// Other arm.
    pub other: f64,
    /// Other over base, with a block bootstrap.
    pub ratio: Bracketed,
    /// Blocks.
    pub blocks: usize,
}

/// A ratio, or why there is none.
pub type RatioOrNot = Result<CapacityRatio, NoRatio>;

/// Why there is no ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRatio {
    /// Nobody asked for one.
    NotAsked,
    /// The capacity of an arm was not found.
    NotFound(Arm),
    /// The blocks were not all run.
    Unfinished,
    /// An arm passed, or failed, nearly everywhere.
    NoEdge(Arm),
}

/// The next block of the ladder: every load of a block before the next block begins.
pub(super) fn next(asked: Asked, seen: &[Observation], seed: u64) -> Option<Ask> {
    let ladder = ladder(asked, seen);
    (0..asked.blocks()).find_map(|block| {
        let mut loads = ladder.clone();
        fastrand::Rng::with_seed(seed ^ u64::from(block)).shuffle(&mut loads);
        let points = loads.into_iter().map(|load| Point { stage: Stage::Knee, load });
        points.into_iter().find(|point| blocks_at(seen, *point) <= block).map(|point| Ask { point, block })
    })
}

/// Points of the ladder that are left, over all blocks.
pub(super) fn remaining(asked: Asked, seen: &[Observation]) -> u64 {
    let ladder = ladder(asked, seen);
    // As long as the capacities are not known, one ladder for all is the best guess.
    let all = u64::from(asked.blocks()) * if ladder.is_empty() { RUNGS } else { ladder.len() } as u64;
    let done = ladder.iter().map(|&load| u64::from(blocks_at(seen, Point { stage: Stage::Knee, load })));
    all.saturating_sub(done.sum())
}

/// Loads from 20 % below the smallest capacity to 20 % above the largest; where two neighbours lie far apart, a ladder for
/// each side. Empty while that of the base or of all others is not known.
fn ladder(asked: Asked, seen: &[Observation]) -> Vec<u64> {
    let known: Vec<_> = arms(asked).map(|arm| middle(&answer(asked, seen, arm))).collect();
    let mut capacities: Vec<f64> = known.iter().copied().flatten().collect();
    if known.first().is_none_or(Option::is_none) || capacities.len() < 2 {
        return Vec::new();
    }
    capacities.sort_unstable_by(f64::total_cmp);
    let of_group = |group: &[f64]| match group {
        [low, .., high] => rungs(*low, *high),
        alone => alone.iter().flat_map(|at| SHARES.map(|share| rounded(share * at))).collect(),
    };
    let mut loads: Vec<u64> = capacities.chunk_by(|low, high| high / low <= TOGETHER).flat_map(of_group).collect();
    loads.sort_unstable();
    loads.dedup();
    loads
}

/// The loads of one ladder around capacities from `low` to `high`.
fn rungs(low: f64, high: f64) -> Vec<u64> {
    let (first, last) = (((1.0 - REACH) * low).ln(), ((1.0 + REACH) * high).ln());
    let step = (last - first) / (RUNGS - 1) as f64;
    (0..RUNGS).map(|rung| rounded((first + step * rung as f64).exp())).collect()
}

fn middle(answer: &Answer) -> Option<f64> {
    match answer {
        Answer::Found { holds, fails, .. } => Some((*holds as f64 * *fails as f64).sqrt()),
        Answer::NotFound { .. } => None,
    }
}

/// The ratio of two arms, base first, with what was found for each.
pub(super) fn ratio(asked: Asked, seen: &[Observation], pair: [&(Arm, Answer); 2], seed: u64) -> RatioOrNot {
    if asked.blocks() == 0 {
        return Err(NoRatio::NotAsked);
    }
    if let Some((arm, _)) = pair.into_iter().find(|(_, answer)| middle(answer).is_none()) {
        return Err(NoRatio::NotFound(*arm));
    }
    let arms = pair.map(|(arm, _)| *arm);
    let blocks = blocks(seen, arms);
    if blocks.is_empty() {
        return Err(NoRatio::Unfinished);
    }
    let all = vec![1; blocks.len()];
    let [base, other] = [0, 1].map(|arm| edge(&blocks, arm, &all).ok_or(NoRatio::NoEdge(arms[arm])));
    let (base, other) = (base?, other?);
    let interval = interval(&blocks, seed);
    Ok(CapacityRatio {
        base: base.exp(),
        other: other.exp(),
        ratio: Bracketed { value: (other - base).exp(), interval },
        blocks: blocks.len(),
    })
}

/// Trials of one block: for each arm, logarithms of loads and whether they passed.
type Block = [Vec<(f64, bool)>; 2];

/// Blocks in which both arms have trials. What the instrument spoiled says neither pass nor fail.
fn blocks(seen: &[Observation], arms: [Arm; 2]) -> Vec<Block> {
    let is_valid = |one: &&Observation| matches!(one.judgement, Judgement::Pass | Judgement::Fail(_));
    let knee = || seen.iter().filter(|one| one.point.stage == Stage::Knee).filter(is_valid);
    let trials = |block: u32, arm: Arm| {
        let of_arm = knee().filter(|one| one.block == block && one.arm == arm);
        of_arm.map(|one| ((one.point.load as f64).ln(), one.judgement == Judgement::Pass)).collect::<Vec<_>>()
    };
    let numbers: BTreeSet<u32> = knee().map(|one| one.block).collect();
    let all = numbers.into_iter().map(|block| arms.map(|arm| trials(block, arm)));
    all.filter(|block| block.iter().all(|trials| !trials.is_empty())).collect()
}

/// The edge of an arm, with each block counted so many times.
fn edge(blocks: &[Block], arm: usize, weights: &[usize]) -> Option<f64> {
    let repeated = blocks.iter().zip(weights).flat_map(|(block, &weight)| std::iter::repeat_n(&block[arm], weight));
    midpoint(&repeated.flatten().copied().collect::<Vec<_>>())
}

/// The middle 95 % of the ratio over resampled blocks; `None` with few blocks, or where too many resamples show no edge.
fn interval(blocks: &[Block], seed: u64) -> Option<crate::verdict::Interval> {
    if blocks.len() < FEWEST_BLOCKS {
        return None;
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let ratios: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let mut weights = vec![0; blocks.len()];
            (0..blocks.len()).for_each(|_| weights[random.usize(..blocks.len())] += 1);
            Some((edge(blocks, 1, &weights)? - edge(blocks, 0, &weights)?).exp())
        })
        .collect();
    let usable = ratios.len() as f64 >= USABLE * DRAWS as f64;
    usable.then(|| middle_95(ratios.into_iter())).flatten()
}
