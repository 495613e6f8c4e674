//! How much a duration says about the next one: the first durations of a worker, in order. Refuses to test anything with
//! it: dependent events are the reason why the trial, not the event, is the unit of evidence.

use trial::Dependence;

/// Durations kept; their memory is taken before the window, so that recording allocates nothing.
const KEPT: usize = 4_096;
/// Fewest durations that are worth a figure.
const FEWEST: usize = 100;

/// The first durations of one worker in the order in which they came.
#[derive(Debug)]
pub struct Sample(Vec<u64>);

impl Sample {
    /// An empty sample.
    pub fn empty() -> Self {
        Self(Vec::with_capacity(KEPT))
    }

    /// Keeps so many equal durations in nanoseconds, while there is room.
    #[inline]
    pub fn record(&mut self, nanos: u64, times: u64) {
        if self.0.len() < KEPT {
            let kept = self.0.len().saturating_add(times as usize).min(KEPT);
            self.0.resize(kept, nanos);
        }
    }

    /// Spearman's correlation of each duration with the next; `None` for few or constant ones.
    pub fn dependence(&self) -> Option<Dependence> {
        let ranks = Some(ranks(&self.0)).filter(|ranks| ranks.len() >= FEWEST)?;
        let mean = (ranks.len() as f64 - 1.0) / 2.0;
        let product = |a: f64, b: f64| (a - mean) * (b - mean);
        let variance: f64 = ranks.iter().map(|&rank| product(rank, rank)).sum();
        let covariance: f64 = ranks.windows(2).map(|pair| product(pair[0], pair[1])).sum();
        (variance > 0.0).then(|| Dependence { rank_lag1: covariance / variance, events: ranks.len() as u64 })
    }
}

/// Rank of each value from 0; equal values share the mean of their ranks.
fn ranks(values: &[u64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by_key(|&i| values[i]);
    let (mut ranks, mut start) = (vec![0.0; values.len()], 0);
    for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = start as f64 + (tie.len() as f64 - 1.0) / 2.0;
        tie.iter().for_each(|&i| ranks[i] = mean);
        start += tie.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag1(values: impl IntoIterator<Item = u64>) -> Option<f64> {
        let mut sample = Sample::empty();
        values.into_iter().for_each(|value| sample.record(value, 1));
        sample.dependence().map(|found| found.rank_lag1)
    }

    #[test]
    fn independent_events_have_none_and_dependent_ones_much() {
        let mut random = fastrand::Rng::with_seed(3);
        assert!(lag1((0..4_000).map(|_| random.u64(..1_000_000))).unwrap().abs() < 0.05);
        assert!(lag1((0..4_000).map(|i| i / 50)).unwrap() > 0.95, "a slow rise");
        assert!(lag1((0..4_000).map(|i| i % 2)).unwrap() < -0.95, "to and fro");
    }

    #[test]
    fn few_and_constant_events_say_nothing() {
        assert_eq!(lag1(0..99), None);
        assert_eq!(lag1([7; 500]), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut long = Sample::empty();
        (0..4_000).for_each(|i| long.record(i, 1));
        long.record(9, 10_000);
        assert_eq!(long.dependence().unwrap().events, KEPT as u64);
    }
}
