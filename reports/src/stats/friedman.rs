//! Friedman's test: do columns differ, row by row? Rows are blocks, columns positions inside a block (reports/method/checks.md,
//! `position-effect`). Refuses to pair what is not complete.

use super::normal_below;
use std::f64::consts::PI;

/// p-value by the chi-square approximation, ties corrected; `None` below two rows or columns, for ragged rows, or where
/// every row is constant.
pub fn friedman_p(rows: &[Vec<f64>]) -> Option<f64> {
    let (n, k) = (rows.len(), rows.first()?.len());
    if n < 2 || k < 2 || rows.iter().any(|row| row.len() != k || row.iter().any(|x| !x.is_finite())) {
        return None;
    }
    let ranked: Vec<Vec<f64>> = rows.iter().map(|row| ranks(row)).collect();
    let middle = (k as f64 + 1.0) / 2.0;
    let sums = (0..k).map(|column| ranked.iter().map(|row| row[column] - middle).sum::<f64>());
    let between: f64 = sums.map(|sum| sum * sum).sum();
    let within: f64 = ranked.iter().flatten().map(|rank| (rank - middle).powi(2)).sum();
    let statistic = (k as f64 - 1.0) * between / within;
    (within > 0.0).then(|| chi_square_above(statistic, k - 1))
}

/// Rank of each value from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |x: &f64| {
        let below = values.iter().filter(|y| *y < x).count() as f64;
        let equal = values.iter().filter(|y| *y == x).count() as f64;
        below + (equal + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

/// Probability that chi-square with so many degrees of freedom exceeds `x`: a finite sum, above `exp(-x / 2)` for even
/// degrees and above the normal tail for odd ones.
fn chi_square_above(x: f64, degrees: usize) -> f64 {
    let half = x / 2.0;
    let (mut term, mut sum, mut order) = if degrees.is_multiple_of(2) {
        ((-half).exp(), 0.0, 0.0)
    } else {
        (2.0 * (half / PI).sqrt() * (-half).exp(), 2.0 * normal_below(-x.sqrt()), 0.5)
    };
    for _ in 0..degrees / 2 {
        sum += term;
        order += 1.0;
        term *= half / order;
    }
    sum.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_the_tables() {
        // 95th and 99th percentiles of chi-square.
        for (degrees, five, one) in [
            (1, 3.841_459, 6.634_897),
            (2, 5.991_465, 9.210_340),
            (3, 7.814_728, 11.344_867),
            (4, 9.487_729, 13.276_704),
        ] {
            assert!((chi_square_above(five, degrees) - 0.05).abs() < 1e-6, "{degrees}");
            assert!((chi_square_above(one, degrees) - 0.01).abs() < 1e-6, "{degrees}");
        }
        assert_eq!(chi_square_above(0.0, 2), 1.0);
    }
}
