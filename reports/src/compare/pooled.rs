//! Distributions of all trials of an arm together, with a bootstrap that draws whole blocks
//! (reports/method/statistics.md). Answers "what would a user see over the whole run"; refuses to be the headline.

use crate::verdict::{FEWEST_BLOCKS, Interval};
use trial::Distribution;

/// Shares at which two pooled distributions are compared.
pub const SHARES: [f64; 12] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

/// Steps that one bootstrap may cost; more blocks get fewer draws, never below [`MIN_DRAWS`].
const MAX_STEPS: usize = 20_000_000;
const MIN_DRAWS: usize = 500;
const MAX_DRAWS: usize = 2_000;

/// Most numbers that one pool may hold, 64 MiB of them: 300 blocks with durations in every bucket.
const MAX_NUMBERS: usize = 8 << 20;

/// The distributions of several blocks, kept apart so that blocks can be weighted.
#[derive(Debug, Clone, Default)]
pub struct Pooled {
    /// Recorded values of any block, rising, nanoseconds.
    values: Vec<u64>,
    blocks: usize,
    /// For each value, block by block: how many durations lie at or below it.
    cumulated: Vec<u64>,
}

impl Pooled {
    /// Puts one distribution for each block together; nothing, where they are more than any plan of ours asks for.
    pub fn of(blocks: &[&Distribution]) -> Self {
        let mut values: Vec<u64> = blocks.iter().flat_map(|block| block.counts()).map(|(value, _)| value).collect();
        values.sort_unstable();
        values.dedup();
        if values.len() * blocks.len() > MAX_NUMBERS {
            return Self::default();
        }
        let mut cumulated = vec![0; values.len() * blocks.len()];
        for (index, block) in blocks.iter().enumerate() {
            cumulate(block, &values, cumulated.iter_mut().skip(index).step_by(blocks.len()));
        }
        Self { values, blocks: blocks.len(), cumulated }
    }

    /// Durations in all.
    pub fn len(&self) -> u64 {
        self.values.len().checked_sub(1).map_or(0, |last| self.at(last).iter().sum())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The duration in nanoseconds below which a share `q` lies; `None` when empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.weighted_quantile(q, &vec![1; self.blocks])
    }

    /// Durations of each block at or below a value.
    fn at(&self, index: usize) -> &[u64] {
        &self.cumulated[index * self.blocks..][..self.blocks]
    }

    /// The quantile with each block counted so many times; HdrHistogram's rule, so that both agree.
    fn weighted_quantile(&self, q: f64, weights: &[u64]) -> Option<f64> {
        let below = |i: usize| self.at(i).iter().zip(weights).map(|(count, weight)| count * weight).sum::<u64>();
        let total = self.values.len().checked_sub(1).map(below).filter(|&total| total > 0)?;
        let wanted = ((q * total as f64).ceil() as u64).clamp(1, total);
        let index = partition(self.values.len(), |i| below(i) < wanted);
        Some(self.values[index] as f64)
    }
}

fn cumulate<'a>(block: &Distribution, values: &[u64], cumulated: impl Iterator<Item = &'a mut u64>) {
    let (mut counts, mut sum) = (block.counts().peekable(), 0);
    for (value, up_to) in values.iter().zip(cumulated) {
        while let Some((_, count)) = counts.next_if(|(recorded, _)| recorded <= value) {
            sum += count;
        }
        *up_to = sum;
    }
}

/// First index in `0..len` for which `is_below` is false, `is_below` being true up to there.
fn partition(len: usize, is_below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = (low + high) / 2;
        if is_below(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// A number with its bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracketed {
    /// The number.
    pub value: f64,
    /// 95 % interval; `None` below six blocks.
    pub interval: Option<Interval>,
}

/// Two pooled distributions at one share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The share in `(0, 1)`.
    pub share: f64,
    /// Base arm, nanoseconds.
    pub base: Bracketed,
    /// Other arm, nanoseconds.
    pub other: Bracketed,
    /// Other over base.
    pub ratio: Bracketed,
}

/// Compares two arms whose blocks correspond, at every one of [`SHARES`]; empty when an arm has no durations.
pub(super) fn shifts(base: &Pooled, other: &Pooled, seed: u64) -> Vec<Shift> {
    let blocks = base.blocks.min(other.blocks);
    let steps = blocks * SHARES.len() * 2 * (base.values.len().max(other.values.len()).max(2).ilog2() as usize + 1);
    let draws = if blocks < FEWEST_BLOCKS { 0 } else { (MAX_STEPS / steps.max(1)).clamp(MIN_DRAWS, MAX_DRAWS) };
    let mut random = fastrand::Rng::with_seed(seed);
    let weights: Vec<Vec<u64>> = (0..draws).map(|_| drawn(blocks, &mut random)).collect();
    SHARES.iter().filter_map(|&share| shift(base, other, share, &weights)).collect()
}

/// How often each block comes in one draw with replacement.
fn drawn(blocks: usize, random: &mut fastrand::Rng) -> Vec<u64> {
    let mut weights = vec![0; blocks];
    (0..blocks).for_each(|_| weights[random.usize(..blocks)] += 1);
    weights
}

fn shift(base: &Pooled, other: &Pooled, share: f64, weights: &[Vec<u64>]) -> Option<Shift> {
    let (b, o) = (base.quantile(share)?, other.quantile(share)?);
    let draws: Vec<(f64, f64)> = weights
        .iter()
        .filter_map(|w| Some((base.weighted_quantile(share, w)?, other.weighted_quantile(share, w)?)))
        .collect();
    let bracketed = |value, of: fn(&(f64, f64)) -> f64| Bracketed { value, interval: middle_95(draws.iter().map(of)) };
    Some(Shift {
        share,
        base: bracketed(b, |draw| draw.0),
        other: bracketed(o, |draw| draw.1),
        ratio: bracketed(o / b, |draw| draw.1 / draw.0),
    })
}

pub(crate) fn middle_95(draws: impl Iterator<Item = f64>) -> Option<Interval> {
    let mut sorted: Vec<f64> = draws.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied();
    Some(Interval { low: at(0.025)?, high: at(0.975)? })
}
