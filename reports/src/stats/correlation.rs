//! Whether successive blocks depend on each other: lag-1 correlation, tested against independence.

use super::normal_quantile;

/// Fewest blocks that are looked at.
pub const FEWEST: usize = 12;

/// Risk that any of a family of independent series is called correlated.
pub const RISK: f64 = 0.01;

/// Lag-1 correlation of values in the order of time; `None` for fewer than two, or where none differs.
pub fn lag1(values: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let product = |pair: &[f64]| (pair[0] - mean) * (pair[1] - mean);
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (squares > 0.0).then(|| values.windows(2).map(product).sum::<f64>() / squares)
}

/// The lag-1 correlation where it is above zero beyond chance, one of `family` such tests.
///
/// Of independent values it has the mean `-1 / n` and about the variance `1 / n`.
pub fn significant_lag1(values: &[f64], family: usize) -> Option<f64> {
    let n = values.len() as f64;
    let r = lag1(values).filter(|_| values.len() >= FEWEST)?;
    let z = (r + 1.0 / n) * n.sqrt();
    (z > normal_quantile(1.0 - RISK / family.max(1) as f64)).then_some(r)
}

/// By what intervals grow that were made as if blocks were independent, where they are a process of first order.
pub fn widening(lag1: f64) -> f64 {
    ((1.0 + lag1) / (1.0 - lag1)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_resemble_each_other_are_found_and_others_are_not() {
        let slow: Vec<f64> = (0..40).map(|i| (f64::from(i) / 6.0).sin()).collect();
        let alternating: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
        assert!(significant_lag1(&slow, 12).is_some_and(|r| (0.9..1.0).contains(&r)));
        assert_eq!(significant_lag1(&alternating, 1), None);
        assert_eq!(significant_lag1(&slow[..11], 1), None, "too few blocks");
        assert_eq!((lag1(&[]), lag1(&[1.0; 20])), (None, None));
    }
}
