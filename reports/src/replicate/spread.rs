//! How far runs lie apart in one figure, beyond what their own intervals explain. Pure arithmetic.

use super::{Key, Replicate, Replicated, rounded};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Half the width of a 95 % interval in standard errors.
const Z_95: f64 = 1.959_964;

/// One figure over all runs of a set that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Which.
    #[serde(flatten)]
    pub key: Key,
    /// Runs that have it.
    pub runs: usize,
    /// Boots that they are of.
    pub boots: usize,
    /// Standard deviation of the log ratio between runs, beyond what intervals explain (DerSimonian and Laird, 1986).
    pub between: f64,
    /// Least and greatest ratio.
    pub range: [f64; 2],
    /// Pairs of runs.
    pub pairs: usize,
    /// Those in which both runs concluded something.
    pub decided: usize,
    /// Those that contradict each other.
    pub contradicting: usize,
}

/// What a set says about its figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpreadSet {
    /// Runs in the set.
    pub runs: usize,
    /// Boots that they are of.
    pub boots: usize,
    /// Every figure that two runs have.
    pub figures: Vec<Spread>,
}

impl SpreadSet {
    /// Of these runs.
    pub fn of(runs: &[Replicate]) -> Self {
        let mut by_key: BTreeMap<&Key, Vec<(&Replicate, &Replicated)>> = BTreeMap::new();
        for run in runs {
            run.figures.iter().for_each(|figure| by_key.entry(&figure.key).or_default().push((run, figure)));
        }
        let figures = by_key.into_iter().filter(|(_, found)| found.len() > 1);
        let figures = figures.map(|(key, found)| Spread::of(key, &found)).collect();
        Self { runs: runs.len(), boots: boots(runs.iter()), figures }
    }

    /// The figure, where at least two runs have it.
    pub(crate) fn find(&self, key: &Key) -> Option<&Spread> {
        self.figures.iter().find(|spread| spread.key == *key)
    }

    /// Pairs that contradict each other, and those in which both runs concluded something, over all figures.
    pub fn contradicting(&self) -> [usize; 2] {
        self.figures.iter().fold([0, 0], |[k, n], spread| [k + spread.contradicting, n + spread.decided])
    }
}

impl Spread {
    fn of(key: &Key, found: &[(&Replicate, &Replicated)]) -> Self {
        let ratios = || found.iter().map(|(_, figure)| figure.ratio);
        let pairs = (0..found.len()).flat_map(|i| (0..i).map(move |j| (found[i].1.stand, found[j].1.stand)));
        let pairs: Vec<_> = pairs.collect();
        let estimate = |(_, figure): &(_, &Replicated)| {
            (figure.ratio.ln(), (figure.interval[1] / figure.interval[0]).ln() / (2.0 * Z_95))
        };
        Self {
            key: key.clone(),
            runs: found.len(),
            boots: boots(found.iter().map(|(run, _)| *run)),
            between: rounded(between(&found.iter().map(estimate).collect::<Vec<_>>())),
            range: [ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max)],
            pairs: pairs.len(),
            decided: pairs.iter().filter(|(a, b)| *a != super::Stand::Open && *b != super::Stand::Open).count(),
            contradicting: pairs.iter().filter(|(a, b)| a.contradicts(*b)).count(),
        }
    }

    /// [`Self::between`] as a share: 0.02 where runs lie 2 % apart. `None` of two runs, which say nothing of it.
    pub fn between_share(&self) -> Option<f64> {
        (self.runs > 2).then(|| self.between.exp_m1())
    }
}

fn boots<'a>(runs: impl Iterator<Item = &'a Replicate>) -> usize {
    runs.map(|run| &run.boot).collect::<BTreeSet<_>>().len()
}

/// Standard deviation between runs, from each run's estimate and standard error; zero where chance alone spreads them as far.
fn between(estimates: &[(f64, f64)]) -> f64 {
    let known: Vec<(f64, f64)> = estimates.iter().map(|&(y, error)| (y, error.max(1e-6).powi(-2))).collect();
    let total: f64 = known.iter().map(|(_, w)| w).sum();
    let mean = known.iter().map(|(y, w)| y * w).sum::<f64>() / total;
    let q: f64 = known.iter().map(|(y, w)| w * (y - mean).powi(2)).sum();
    let scale = total - known.iter().map(|(_, w)| w * w).sum::<f64>() / total;
    let excess = q - (known.len() as f64 - 1.0);
    if excess > 0.0 && scale > 0.0 { (excess / scale).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn runs_that_lie_apart_no_farther_than_their_errors_have_no_spread() {
        assert_eq!(between(&[(0.0, 0.02), (0.01, 0.02), (-0.01, 0.02)]), 0.0);
        assert_eq!(between(&[(0.3, 0.1)]), 0.0);
    }

    #[test]
    fn what_errors_do_not_explain_is_the_spread() {
        // Equal errors: the variance of the estimates less that of an error. Variance of -0.1, 0, 0.1 is 0.01.
        let found = between(&[(-0.1, 0.02), (0.0, 0.02), (0.1, 0.02)]);
        assert!((found - (0.01_f64 - 0.0004).sqrt()).abs() < 1e-12, "{found}");
        // Unequal errors, by hand: w = 100, 25; mean 0.02; Q = 0.2; below 1.
        assert_eq!(between(&[(0.0, 0.1), (0.1, 0.2)]), 0.0);
        // w = 10,000, 2,500: mean 0.02, Q = 20, scale = 4,000: tau² = 19 / 4,000.
        let found = between(&[(0.0, 0.01), (0.1, 0.02)]);
        assert!((found - (19.0_f64 / 4_000.0).sqrt()).abs() < 1e-12, "{found}");
    }
}
