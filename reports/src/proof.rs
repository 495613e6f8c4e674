//! Whether the statistics keep what they promise, on trials that were really run: nothing is measured again, labels are
//! shuffled and known differences are put in. Refuses to judge: it hands out counts.

pub mod simulated;

use crate::Records;
use crate::compare::null_log_ratios;
use crate::stats::{SignedRank, blocks_needed, risk_of_each, sample_deviation};
use trial::Figure;

/// Most blocks that a plan is made for; what takes more is out of reach.
pub const MOST_BLOCKS: usize = 60;

/// Fewest blocks of a null arm that are worth replaying.
const FEWEST_BLOCKS: usize = 6;

/// A null arm against its twin: two copies of one thing, block by block.
#[derive(Debug, Clone, PartialEq)]
pub struct NullArm {
    /// Name of the cell.
    pub cell: String,
    /// The figure.
    pub figure: Figure,
    /// `ln(twin / base)` of each block.
    pub log_ratios: Vec<f64>,
}

/// How often an interval for two identical things misses 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FalsePositives {
    /// Null arms that were shuffled.
    pub null_arms: usize,
    /// 95 % intervals that were made.
    pub intervals: usize,
    /// Those that exclude 1.
    pub misses: usize,
}

impl FalsePositives {
    /// Share of intervals that exclude 1, in `[0, 1]`; 5 % or a little less is right.
    pub fn share(self) -> f64 {
        self.misses as f64 / self.intervals.max(1) as f64
    }
}

/// How often a known difference is found, and how often the interval holds it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Power {
    /// Comparisons that were made.
    pub draws: usize,
    /// Those whose adjusted interval excludes 1.
    pub found: usize,
    /// Those whose 95 % interval holds the difference that was put in.
    pub covered: usize,
    /// Null arms so noisy that the difference takes more than [`MOST_BLOCKS`]: no plan promises it, none is drawn. None where
    /// the number of blocks was given.
    pub out_of_reach: usize,
}

impl Power {
    /// Share of differences that were found, in `[0, 1]`.
    pub fn found_share(self) -> f64 {
        self.found as f64 / self.draws.max(1) as f64
    }

    /// Share of intervals that hold the truth, in `[0, 1]`.
    pub fn covered_share(self) -> f64 {
        self.covered as f64 / self.draws.max(1) as f64
    }
}

/// The null arms of a run with at least six blocks, by headline figure.
pub fn null_arms(records: &Records) -> Vec<NullArm> {
    let of_cell = |cell: &trial::Cell| {
        let name = cell.name.clone();
        let found = null_log_ratios(cell, &records.trials).into_iter();
        found.map(move |(figure, log_ratios)| NullArm { cell: name.clone(), figure, log_ratios })
    };
    let all = records.run.plan.cells.iter().flat_map(of_cell);
    all.filter(|arm| arm.log_ratios.len() >= FEWEST_BLOCKS).collect()
}

/// Exchanges base and twin at random inside each block, `shuffles` times over all null arms together, and counts how
/// often the 95 % interval calls two copies of one thing different.
pub fn replay(records: &Records, seed: u64, shuffles: usize) -> FalsePositives {
    let arms = null_arms(records);
    let mut random = fastrand::Rng::with_seed(seed);
    let intervals = arms.iter().cycle().take(shuffles).filter_map(|arm| {
        let shuffled: Vec<f64> = arm.log_ratios.iter().map(|&d| exchanged(d, &mut random)).collect();
        SignedRank::of(&shuffled)?.interval(0.05)
    });
    let (mut made, mut misses) = (0, 0);
    for (low, high) in intervals {
        made += 1;
        misses += usize::from(low > 0.0 || high < 0.0);
    }
    FalsePositives { null_arms: arms.len(), intervals: made, misses }
}

/// Multiplies one arm by `factor` in comparisons put together from the blocks of each null arm, `draws` times over all null arms
/// together, each one of `family` figures. Of so many blocks; `None`: of as many as the plan asks for at that difference.
pub fn power(records: &Records, factor: f64, family: usize, blocks: Option<usize>, seed: u64, draws: usize) -> Power {
    let arms = null_arms(records);
    let needed = |arm: &NullArm| blocks_needed(sample_deviation(&arm.log_ratios), factor.ln(), family);
    let planned = arms.iter().map(|arm| (arm, blocks.unwrap_or_else(|| needed(arm))));
    let (within, beyond): (Vec<_>, Vec<_>) = planned.partition(|(_, n)| blocks.is_some() || *n <= MOST_BLOCKS);
    let mut power = Power { out_of_reach: beyond.len(), ..Power::default() };
    let mut random = fastrand::Rng::with_seed(seed);
    for (arm, blocks) in within.iter().cycle().take(draws) {
        let drawn = |_| {
            let block = arm.log_ratios[random.usize(..arm.log_ratios.len())];
            exchanged(block, &mut random) + factor.ln()
        };
        let drawn: Vec<f64> = (0..*blocks).map(drawn).collect();
        let Some(ranks) = SignedRank::of(&drawn) else { continue };
        if let Some((low, high)) = ranks.interval(0.05) {
            power.draws += 1;
            let adjusted = ranks.interval(risk_of_each(family));
            power.found += usize::from(adjusted.is_some_and(|(low, high)| low > 0.0 || high < 0.0));
            power.covered += usize::from(low <= factor.ln() && factor.ln() <= high);
        }
    }
    power
}

/// One block with base and twin exchanged, or not.
fn exchanged(log_ratio: f64, random: &mut fastrand::Rng) -> f64 {
    if random.bool() { -log_ratio } else { log_ratio }
}
