//! Whether a short series rises or falls: Theil–Sen slope and Kendall's exact test (reports/method/checks.md, `drifting`). Refuses to
//! judge: it hands out numbers.

use super::median;

/// Median of the slopes between all pairs of points a step apart; `None` below two points.
pub fn theil_sen(series: &[f64]) -> Option<f64> {
    let pairs = pairs(series);
    median(&pairs.map(|(steps, rise)| rise / steps as f64).collect::<Vec<_>>())
}

/// Exact two-sided p-value of Kendall's test against time. Equal values count for neither side, and the distribution is
/// that without ties, which can only hide a trend.
pub fn kendall_p(series: &[f64]) -> f64 {
    let score: i64 = pairs(series).map(|(_, rise)| if rise > 0.0 { 1 } else { -i64::from(rise < 0.0) }).sum();
    let inversions = inversions(series.len());
    let most = inversions.len() as i64 - 1;
    // A score is pairs in order less pairs out of order: `most - 2 * inversions`.
    let as_far = |(k, _): &(usize, f64)| (most - 2 * *k as i64).abs() >= score.abs();
    inversions.into_iter().enumerate().filter(as_far).map(|(_, p)| p).sum::<f64>().min(1.0)
}

/// Distance in steps and rise of every pair, the earlier one first.
fn pairs(series: &[f64]) -> impl Iterator<Item = (usize, f64)> {
    let at = move |i: usize, j: usize| (j - i, series[j] - series[i]);
    (0..series.len()).flat_map(move |i| (i + 1..series.len()).map(move |j| at(i, j)))
}

/// Probability of each number of inversions of a random order of `n` things: the `m`-th thing adds 0 to `m - 1`, all
/// alike.
fn inversions(n: usize) -> Vec<f64> {
    (2..=n).fold(vec![1.0], |known, things| {
        let mut next = vec![0.0; known.len() + things - 1];
        for (k, p) in known.iter().enumerate() {
            (0..things).for_each(|more| next[k + more] += p / things as f64);
        }
        next
    })
}
