//! Counts that can be zero: shares with exact (Clopper–Pearson) intervals and their difference. Refuses to divide one
//! count by another that may be zero.

use std::f64::consts::PI;

/// A count out of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How often it happened.
    pub hits: u64,
    /// How often it could have.
    pub of: u64,
}

impl Count {
    /// The share; `None` where it could not have happened.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.hits as f64 / self.of as f64)
    }

    /// Exact interval of the share that misses the truth with probability at most `alpha`.
    pub fn interval(self, alpha: f64) -> Option<(f64, f64)> {
        let (hits, misses) = (self.hits as f64, self.of.checked_sub(self.hits)? as f64);
        self.share()?;
        let low = if self.hits == 0 { 0.0 } else { beta_quantile(alpha / 2.0, hits, misses + 1.0) };
        let high = if misses == 0.0 { 1.0 } else { beta_quantile(1.0 - alpha / 2.0, hits + 1.0, misses) };
        Some((low, high))
    }
}

/// Difference of two shares, `other - base`, with bounds that miss the truth with probability at most `alpha`: each share
/// gets an exact interval at half of it, so the bounds are wide rather than wrong.
pub fn difference(base: Count, other: Count, alpha: f64) -> Option<(f64, (f64, f64))> {
    let (b, o) = (base.interval(alpha / 2.0)?, other.interval(alpha / 2.0)?);
    Some((other.share()? - base.share()?, (o.0 - b.1, o.1 - b.0)))
}

/// Inverse of [`beta_below`], by bisection: it is taken a few times for a report.
fn beta_quantile(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if beta_below(middle, a, b) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Regularised incomplete beta function, by its continued fraction (modified Lentz).
fn beta_below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_below(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    front / continued_fraction(x, a, b)
}

/// `1 + d1 / (1 + d2 / (1 + …))` with the coefficients of the incomplete beta function.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const MOST_STEPS: u32 = 100_000;
    let coefficient = |step: u32| {
        let m = f64::from(step / 2);
        if step.is_multiple_of(2) {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        }
    };
    let away_from_zero = |x: f64| if x.abs() < 1e-300 { 1e-300 } else { x };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for step in 1..MOST_STEPS {
        let next = coefficient(step);
        d = 1.0 / away_from_zero(1.0 + next * d);
        c = away_from_zero(1.0 + next / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// Logarithm of the gamma function, by Stirling's series above 10 and by recursion below.
fn ln_gamma(x: f64) -> f64 {
    if x < 10.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5)) - 1.0 / (1680.0 * x.powi(7));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_holds_both_ways_and_zero_is_no_obstacle() {
        let (none, few) = (Count { hits: 0, of: 1_000 }, Count { hits: 30, of: 1_000 });
        let (between, (low, high)) = difference(none, few, 0.05).unwrap();
        assert!((between - 0.03).abs() < 1e-12 && 0.0 < low && low < between && between < high);
        let (back, bounds) = difference(few, none, 0.05).unwrap();
        assert!((back + between).abs() < 1e-12 && bounds == (-high, -low));
        let (same, (low, high)) = difference(none, none, 0.05).unwrap();
        assert!(same == 0.0 && low < 0.0 && high > 0.0);
        assert_eq!(difference(Count { hits: 0, of: 0 }, few, 0.05), None, "nothing could have happened");
        assert_eq!(Count { hits: 2, of: 1 }.interval(0.05), None, "more than could have");
    }
}
