//! The load at which half of the trials pass: a logistic fit of pass over the logarithm of the load. Refuses to
//! extrapolate.

/// Weight of the prior on the slope, in trials: without one, data without a single contradiction have an infinite slope.
const RIDGE: f64 = 0.1;
/// Newton steps; the likelihood is concave, so a dozen suffice.
const STEPS: usize = 50;
/// Longest step, so that the first ones do not overshoot.
const STRIDE: f64 = 4.0;

/// The logarithm of the load at which a trial passes as often as not.
///
/// `trials` are logarithms of loads and whether the trial passed. `None` when all passed, when none did, when passing
/// becomes more likely with load, or when the middle lies outside of the loads that were tried.
pub(super) fn midpoint(trials: &[(f64, bool)]) -> Option<f64> {
    let n = trials.len() as f64;
    let passed = trials.iter().filter(|(_, passed)| *passed).count();
    if passed == 0 || passed == trials.len() {
        return None;
    }
    let mean = trials.iter().map(|(x, _)| x).sum::<f64>() / n;
    let spread = (trials.iter().map(|(x, _)| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scaled: Vec<_> = trials.iter().map(|&(x, passed)| ((x - mean) / spread, f64::from(u8::from(passed)))).collect();
    let (intercept, slope) = fit(&scaled)?;
    let middle = mean - intercept / slope * spread;
    let (low, high) = trials.iter().fold((f64::MAX, f64::MIN), |(low, high), &(x, _)| (low.min(x), high.max(x)));
    (slope < 0.0 && (low..=high).contains(&middle)).then_some(middle)
}

/// Intercept and slope of largest penalised likelihood, by Newton's method.
fn fit(trials: &[(f64, f64)]) -> Option<(f64, f64)> {
    let (mut a, mut b) = (0.0, 0.0);
    for _ in 0..STEPS {
        // Gradient and Hessian of the log-likelihood; the ridge pulls at the slope alone.
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, -RIDGE * b, 0.0, 0.0, RIDGE);
        for &(x, passed) in trials {
            let p = 1.0 / (1.0 + (-(a + b * x)).exp());
            let w = p * (1.0 - p);
            (ga, gb) = (ga + passed - p, gb + (passed - p) * x);
            (haa, hab, hbb) = (haa + w, hab + w * x, hbb + w * x * x);
        }
        let determinant = haa * hbb - hab * hab;
        let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
        let shrink = (STRIDE / da.hypot(db)).min(1.0);
        (a, b) = (a + da * shrink, b + db * shrink);
        if da.hypot(db) < 1e-10 {
            break;
        }
    }
    (a.is_finite() && b.is_finite()).then_some((a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_of_a_clean_step_lies_inside_it() {
        let trials: Vec<_> = [0.0, 0.1, 0.2, 0.3].map(|x| (x, x < 0.15)).into();
        let middle = midpoint(&trials).unwrap();
        assert!((middle - 0.15).abs() < 1e-6, "{middle}");
    }

    #[test]
    fn what_shows_no_edge_has_no_middle() {
        assert_eq!(midpoint(&[]), None);
        assert_eq!(midpoint(&[(0.0, true), (1.0, true)]), None);
        assert_eq!(midpoint(&[(0.0, false), (1.0, false)]), None);
        assert_eq!(midpoint(&[(0.0, false), (1.0, true)]), None, "more load never helps");
        assert_eq!(midpoint(&[(0.5, false), (0.5, true)]), None, "one load has no slope");
        let mostly: Vec<_> = (0..20).map(|i| (f64::from(i % 2), i != 1)).collect();
        assert_eq!(midpoint(&mostly), None, "beyond what was tried");
    }

    proptest! {
        #[test]
        fn a_noisy_edge_is_found_where_it_is(seed: u64, edge in -0.05..0.05_f64) {
            let mut random = fastrand::Rng::with_seed(seed);
            let xs = (0..400).map(|i| f64::from(i % 5) * 0.05 - 0.1);
            let trials: Vec<_> = xs.map(|x| (x, random.f64() < 1.0 / (1.0 + ((x - edge) * 40.0).exp()))).collect();
            let middle = midpoint(&trials).unwrap();
            prop_assert!((middle - edge).abs() < 0.03, "{middle} for {edge}");
        }
    }
}
