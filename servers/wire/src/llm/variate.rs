//! Random variates from seeded generators. Refuses to know what they are used for.

use fastrand::Rng;
use std::f64::consts::TAU;

/// A distribution of a positive quantity; the unit is its owner's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// Always this.
    Fixed(f64),
    /// Equally likely between the two.
    Uniform(f64, f64),
    /// `median * exp(sigma * N(0, 1))`.
    LogNormal {
        /// Half of all values lie below.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Percentiles 1 to 99 of a recorded distribution, linear between them; nothing lies outside.
    Percentiles(&'static [u16; 99]),
}

impl Spread {
    /// The mean of many values.
    pub fn mean(self) -> f64 {
        match self {
            Self::Fixed(value) => value,
            Self::Uniform(low, high) => f64::midpoint(low, high),
            Self::LogNormal { median, sigma } => median * (sigma * sigma / 2.0).exp(),
            Self::Percentiles(table) => table.iter().copied().map(f64::from).sum::<f64>() / table.len() as f64,
        }
    }

    /// One value.
    pub fn draw(self, random: &mut Rng) -> f64 {
        match self {
            Self::Fixed(value) => value,
            Self::Uniform(low, high) => low + (high - low) * random.f64(),
            Self::LogNormal { median, sigma } => median * (sigma * normal(random)).exp(),
            Self::Percentiles(table) => {
                let at = random.f64() * (table.len() - 1) as f64;
                let (low, share) = (at as usize, at.fract());
                let (below, above) = (f64::from(table[low]), f64::from(table[low + 1]));
                below + (above - below) * share
            }
        }
    }
}

/// An independent generator for each purpose of one seed, so that a longer answer does not change its gaps.
pub(super) fn random(seed: u64, purpose: u64) -> Rng {
    Rng::with_seed(mix(seed ^ mix(purpose)))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbouring seeds give unrelated generators.
pub(super) const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hex digits that name something made from these numbers: the same numbers, the same name.
pub fn identifier(numbers: [u64; 2], digits: usize) -> String {
    let mut random = random(numbers[0], mix(numbers[1]));
    (0..digits).map(|_| char::from(b"0123456789abcdef"[random.usize(..16)])).collect()
}

/// Exponential with mean 1.
pub(super) fn exponential(random: &mut Rng) -> f64 {
    // 1 - u lies in (0, 1], so the logarithm is finite.
    -(1.0 - random.f64()).ln()
}

/// Standard normal (Box and Muller 1958).
fn normal(random: &mut Rng) -> f64 {
    (2.0 * exponential(random)).sqrt() * (TAU * random.f64()).cos()
}

/// Gamma with that shape and mean `shape` (Marsaglia and Tsang 2000; below 1 by the boost `G(a + 1) * U^(1/a)`).
pub(super) fn gamma(shape: f64, random: &mut Rng) -> f64 {
    if shape < 1.0 {
        let boost = (1.0 - random.f64()).powf(1.0 / shape);
        return gamma(shape + 1.0, random) * boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(random);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && exponential(random) > -(0.5 * x * x + d - d * v + d * v.ln()) {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(n: usize, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n as f64;
        (mean, variance)
    }

    #[test]
    fn gamma_has_its_mean_and_variance_on_both_sides_of_one() {
        for shape in [0.25, 1.0, 4.0] {
            let mut random = random(1, 0);
            let (mean, variance) = moments(200_000, || gamma(shape, &mut random));
            assert!((mean / shape - 1.0).abs() < 0.02, "shape {shape}: mean {mean}");
            assert!((variance / shape - 1.0).abs() < 0.06, "shape {shape}: variance {variance}");
        }
    }

    #[test]
    fn spreads_have_their_quantiles() {
        let median = |spread: Spread| {
            let mut random = random(7, 1);
            let mut values: Vec<f64> = (0..20_001).map(|_| spread.draw(&mut random)).collect();
            values.sort_by(f64::total_cmp);
            (values[10_000], values[19_000])
        };
        let (p50, p95) = median(Spread::LogNormal { median: 500.0, sigma: 0.532 });
        assert!((485.0..515.0).contains(&p50) && (1150.0..1250.0).contains(&p95), "{p50} {p95}");
        let (p50, p95) = median(Spread::Uniform(5.0, 90.0));
        assert!((46.0..49.0).contains(&p50) && (85.0..87.0).contains(&p95), "{p50} {p95}");
        assert_eq!(median(Spread::Fixed(3.0)), (3.0, 3.0));
    }

    #[test]
    fn neighbouring_seeds_and_purposes_are_unrelated() {
        let first = |seed, purpose| random(seed, purpose).u64(..);
        let all = [first(1, 0), first(2, 0), first(1, 1), first(2, 1)];
        assert!(all.iter().enumerate().all(|(i, a)| all[i + 1..].iter().all(|b| a != b)));
    }
}
