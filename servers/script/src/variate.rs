//! Random variates from seeded generators.
//!
//! Both ends draw the same, on every platform, up to the last digit of `exp` and `ln`: `Random` is portable, and `rand_distr`
//! keeps what it yields within a minor version. What it yields is pinned by a test, and by `wire::WIRE_VERSION`.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::StandardNormal;

/// The generator of everything that is drawn from a seed.
pub type Random = Xoshiro256PlusPlus;

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
    pub fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Fixed(value) => value,
            Self::Uniform(low, high) => random.random_range(low..=high),
            Self::LogNormal { median, sigma } => median * (sigma * random.sample::<f64, _>(StandardNormal)).exp(),
            Self::Percentiles(table) => {
                let at = random.random::<f64>() * (table.len() - 1) as f64;
                let (low, share) = (at as usize, at.fract());
                let (below, above) = (f64::from(table[low]), f64::from(table[low + 1]));
                below + (above - below) * share
            }
        }
    }
}

/// An independent generator for each purpose of one seed, so that a longer answer does not change its gaps.
pub(crate) fn random(seed: u64, purpose: u64) -> Random {
    Random::seed_from_u64(seed ^ mix(purpose))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbouring seeds give unrelated generators.
pub(crate) const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hex digits that name something made from these numbers: the same numbers, the same name.
pub fn identifier(numbers: [u64; 2], digits: usize) -> String {
    let mut random = random(numbers[0], mix(numbers[1]));
    (0..digits).map(|_| char::from(b"0123456789abcdef"[random.random_range(0..16)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_seed_yields_is_what_both_ends_of_this_wire_version_expect() {
        let mut random = random(7, 1);
        let drawn =
            [Spread::Uniform(0.0, 1.0), Spread::LogNormal { median: 1.0, sigma: 1.0 }].map(|s| s.draw(&mut random));
        assert_eq!(
            (drawn.map(|value| (value * 1e9) as u64), identifier([1, 2], 8)),
            ([826_179_521, 2_141_075_629], "ea2da5a5".to_owned())
        );
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
        let first = |seed, purpose| random(seed, purpose).random::<u64>();
        let all = [first(1, 0), first(2, 0), first(1, 1), first(2, 1)];
        assert!(all.iter().enumerate().all(|(i, a)| all[i + 1..].iter().all(|b| a != b)));
    }
}
