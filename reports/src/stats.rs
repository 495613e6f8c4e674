//! Order statistics of paired log ratios: pure arithmetic on slices (METHOD, section 5). Refuses to see a message:
//! its unit is the block.

pub mod binomial;
pub mod correlation;
pub mod friedman;
pub mod trend;

use std::f64::consts::{FRAC_PI_3, SQRT_2};

/// Above so many differences the normal approximation replaces the exact null distribution.
const EXACT_UP_TO: usize = 100;

/// What the blocks say about one log ratio.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedRank {
    /// Hodges–Lehmann estimate: median of the Walsh averages.
    pub estimate: f64,
    /// Exact two-sided p-value of "the median is zero".
    pub p: f64,
    /// Standard deviation of the differences; zero for a single one.
    pub deviation: f64,
    /// Walsh averages in rising order.
    walsh: Vec<f64>,
    /// Number of differences.
    pub blocks: usize,
}

impl SignedRank {
    /// Looks at finite differences; `None` without any.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let n = differences.len();
        if n == 0 || differences.iter().any(|d| !d.is_finite()) {
            return None;
        }
        let mut walsh: Vec<f64> =
            (0..n).flat_map(|i| (i..n).map(move |j| (differences[i] + differences[j]) / 2.0)).collect();
        walsh.sort_by(f64::total_cmp);
        let (p, deviation) = (p_value(differences), sample_deviation(differences));
        Some(Self { estimate: median_of_sorted(&walsh), p, deviation, walsh, blocks: n })
    }

    /// The interval that misses the truth with probability at most `alpha`, by inverting the signed-rank test.
    ///
    /// `None` where so few blocks allow no such interval (below 6 for 95 %, below 5 for 90 %).
    pub fn interval(&self, alpha: f64) -> Option<(f64, f64)> {
        let k = walsh_rank(self.blocks, alpha)?;
        Some((self.walsh[k - 1], self.walsh[self.walsh.len() - k]))
    }
}

/// Largest `k` with `P(W <= k - 1) <= alpha / 2`: the interval reaches from the `k`-th Walsh average to the
/// `k`-th from above. `None` where even `k = 1` is too narrow.
pub fn walsh_rank(n: usize, alpha: f64) -> Option<usize> {
    if n > EXACT_UP_TO {
        let (n, z) = (n as f64, normal_quantile(1.0 - alpha / 2.0));
        let sd = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
        return Some((n * (n + 1.0) / 4.0 - z * sd).floor().max(1.0) as usize);
    }
    let ranks: Vec<usize> = (1..=n).collect();
    let mut cumulated = 0.0;
    let below = null_distribution(&ranks).into_iter().take_while(|p| {
        cumulated += p;
        cumulated <= alpha / 2.0
    });
    Some(below.count()).filter(|&k| k > 0)
}

/// Probability of each sum of signed ranks under the null, by dynamic programming: every rank is in or out.
fn null_distribution(ranks: &[usize]) -> Vec<f64> {
    let mut probabilities = vec![0.0; ranks.iter().sum::<usize>() + 1];
    probabilities[0] = 1.0;
    for &rank in ranks {
        for sum in (0..probabilities.len()).rev() {
            let taken = if sum >= rank { probabilities[sum - rank] } else { 0.0 };
            probabilities[sum] = (probabilities[sum] + taken) / 2.0;
        }
    }
    probabilities
}

/// Exact two-sided p-value of the signed-rank test; zeros are left out, ties share their mean rank.
fn p_value(differences: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let ranks = doubled_ranks(&sorted);
    let positive: usize = sorted.iter().zip(&ranks).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let total: usize = ranks.iter().sum();
    let smaller = positive.min(total - positive);
    if ranks.len() > EXACT_UP_TO {
        let sd = ranks.iter().map(|&rank| (rank * rank) as f64 / 4.0).sum::<f64>().sqrt();
        return (2.0 * normal_below((smaller as f64 - total as f64 / 2.0) / sd)).min(1.0);
    }
    (2.0 * null_distribution(&ranks)[..=smaller].iter().sum::<f64>()).min(1.0)
}

/// Twice the mean rank of each value, so that ties stay whole numbers. `sorted` rises in absolute value.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let (mut ranks, mut start) = (Vec::with_capacity(sorted.len()), 0);
    for tie in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        // Ranks start+1 ..= start+len have the mean start + (len + 1) / 2.
        ranks.extend(std::iter::repeat_n(2 * start + tie.len() + 1, tie.len()));
        start += tie.len();
    }
    ranks
}

/// Risk of any false claim in a whole report.
pub const FAMILY_RISK: f64 = 0.05;

/// What each of `tests` may risk so that all of them together keep [`FAMILY_RISK`] (Bonferroni).
pub fn risk_of_each(tests: usize) -> f64 {
    FAMILY_RISK / tests.max(1) as f64
}

/// Blocks that tell a median from a value at a distance in logarithms with power 80 %, given the standard deviation of the
/// log ratios, where `tests` share the risk: `m + c (deviation / distance)²`, at least one more than [`blocks_for_family`]
/// (reports/method/statistics.md). With the textbook's `m` and no such least a replay found fewer than 80 %: of few blocks
/// the exact test is coarse.
pub fn blocks_needed(deviation: f64, distance: f64, tests: usize) -> usize {
    let (beforehand, price) = price(tests);
    let needed = beforehand + price * (deviation / distance).powi(2);
    (needed.ceil() as usize).max(blocks_for_family(tests) + 1)
}

/// Smallest difference, as a share, that so many blocks resolve where `tests` share the risk: the inverse of
/// [`blocks_needed`]; `None` where blocks are too few for any.
pub fn resolved_by(blocks: usize, deviation: f64, tests: usize) -> Option<f64> {
    let (beforehand, price) = price(tests);
    let beyond = Some(blocks as f64 - beforehand).filter(|&beyond| beyond >= 1.0)?;
    Some((deviation * (price / beyond).sqrt()).exp_m1())
}

/// Blocks whatever the distance, `1.1 + z² / 2`, and those for a distance of one standard deviation: the quantiles of risk and
/// power, `(z + 0.84)²`, times the signed-rank test's price of `π/3`. 3.02 and 8.22 for a single test.
fn price(tests: usize) -> (f64, f64) {
    let z = normal_quantile(1.0 - risk_of_each(tests) / 2.0);
    (1.1 + z * z / 2.0, (z + normal_quantile(0.8)).powi(2) * FRAC_PI_3)
}

/// Fewest blocks with an interval at the level of each of `tests`: `1 + log2(tests / 0.05)`.
pub fn blocks_for_family(tests: usize) -> usize {
    (1.0 - risk_of_each(tests).log2()).ceil() as usize
}

/// Median of values in any order; `None` without any.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| median_of_sorted(&sorted))
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

/// Sample standard deviation; zero for fewer than two values.
pub fn sample_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 { 0.0 } else { (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt() }
}

/// Standard normal distribution function, by Abramowitz and Stegun 7.1.26 (error below 1.5e-7).
fn normal_below(z: f64) -> f64 {
    let x = z.abs() / SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let erfc = series.iter().fold(0.0, |sum, c| (sum + c) * t) * (-x * x).exp();
    if z < 0.0 { erfc / 2.0 } else { 1.0 - erfc / 2.0 }
}

/// Inverse of [`normal_below`], by bisection: it is taken once for a figure.
fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if normal_below(middle) < share { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}
