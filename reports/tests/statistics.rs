//! The statistics against reference values of R 4.2 (`wilcox.test(exact = TRUE)`) and against enumeration.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use reports::stats::{SignedRank, blocks_for_family, blocks_needed, median, resolved_by, walsh_rank};

struct Reference {
    differences: &'static [f64],
    estimate: f64,
    p: f64,
    interval_95: (f64, f64),
    interval_90: (f64, f64),
}

/// `wilcox.test(x, conf.int = TRUE, exact = TRUE)`; the estimate is `median` of the Walsh averages.
const REFERENCES: [Reference; 4] = [
    Reference {
        differences: &[0.12, -0.05, 0.33, 0.27, 0.08, 0.41],
        estimate: 0.195,
        p: 0.0625,
        interval_95: (-0.05, 0.41),
        interval_90: (0.035, 0.34),
    },
    Reference {
        differences: &[-0.21, -0.18, -0.35, -0.02, 0.04, -0.27, -0.11, -0.16],
        estimate: -0.16,
        p: 0.0234375,
        interval_95: (-0.27, -0.035),
        interval_90: (-0.255, -0.065),
    },
    Reference {
        differences: &[0.031, 0.012, -0.008, 0.044, 0.025, 0.019, -0.003, 0.037, 0.052, 0.006, 0.028, 0.015],
        estimate: 0.0215,
        p: 0.003_417_968_75,
        interval_95: (0.009, 0.034),
        interval_90: (0.0115, 0.0315),
    },
    Reference {
        differences: &[1.2, 1.31, 1.18, 1.25, 1.22, 1.29, 1.27, 1.19, 1.24, 1.33, 1.21, 1.26, 1.23, 1.28, 1.30],
        estimate: 1.25,
        p: 0.000_061_035_156_25,
        interval_95: (1.225, 1.28),
        interval_90: (1.23, 1.275),
    },
];

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn both_near(a: Option<(f64, f64)>, b: (f64, f64)) -> bool {
    a.is_some_and(|a| near(a.0, b.0) && near(a.1, b.1))
}

#[test]
fn estimates_intervals_and_p_values_are_those_of_r() {
    for reference in &REFERENCES {
        let ranks = SignedRank::of(reference.differences).unwrap();
        assert!(near(ranks.estimate, reference.estimate), "{ranks:?}");
        assert!(near(ranks.p, reference.p), "{}", ranks.p);
        assert!(both_near(ranks.interval(0.05), reference.interval_95), "{:?}", ranks.interval(0.05));
        assert!(both_near(ranks.interval(0.10), reference.interval_90), "{:?}", ranks.interval(0.10));
    }
}

#[test]
fn the_walsh_ranks_are_those_of_the_methodology() {
    let table = [(6, 1), (8, 4), (10, 9), (12, 14), (15, 26), (20, 53), (24, 82), (30, 138), (40, 265)];
    for (n, k) in table {
        assert_eq!(walsh_rank(n, 0.05), Some(k), "n = {n}");
    }
    assert_eq!((walsh_rank(5, 0.05), walsh_rank(5, 0.10), walsh_rank(4, 0.10)), (None, Some(1), None));
}

#[test]
fn many_blocks_use_the_normal_approximation_without_a_jump() {
    let [exact, approximate] = [100, 101].map(|n| walsh_rank(n, 0.05).unwrap() as f64);
    assert!((approximate / exact - 1.0).abs() < 0.05, "{exact} {approximate}");
    let drifted: Vec<f64> = (0..150).map(|i| f64::from(i % 7) / 10.0 - 0.1).collect();
    assert!(SignedRank::of(&drifted).unwrap().p < 1e-6);
}

#[test]
fn nothing_and_nonsense_have_no_estimate() {
    assert_eq!(SignedRank::of(&[]), None);
    assert_eq!(SignedRank::of(&[0.1, f64::NAN]), None);
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), Some(2.5));
    let same = SignedRank::of(&[0.0; 8]).unwrap();
    assert_eq!((same.p, same.estimate, same.deviation), (1.0, 0.0, 0.0));
}

#[test]
fn blocks_follow_the_formulas_of_the_methodology() {
    assert_eq!((blocks_needed(0.0, 0.05, 1), blocks_needed(0.0, 0.05, 24)), (7, 11));
    assert_eq!(blocks_needed(0.05, 0.05, 1), 12);
    // (1.96 + 0.84)² against (2.87 + 0.84)²: what a family of 12 adds.
    assert_eq!(blocks_needed(0.05, 0.05, 12), 20);
    for (deviation, blocks) in [(0.05, 12), (0.2, 40), (0.39, 137)] {
        for tests in [1, 12] {
            let resolved = resolved_by(blocks, deviation, tests).unwrap();
            let needed = blocks_needed(deviation, resolved.ln_1p(), tests);
            assert!(needed.abs_diff(blocks) <= 1, "{deviation} {blocks} {tests}");
        }
    }
    assert_eq!((resolved_by(3, 0.1, 1), resolved_by(0, 0.1, 1)), (None, None));
    assert_eq!(blocks_for_family(24), 10);
    assert_eq!(blocks_for_family(1), 6);
}

/// Share of all sign patterns whose rank sum is at least as far from the middle.
fn enumerated_p(differences: &[f64]) -> f64 {
    let values: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let rank = |d: f64| {
        let below = values.iter().filter(|v| v.abs() < d.abs()).count();
        let equal = values.iter().filter(|v| v.abs() == d.abs()).count();
        below as f64 + (equal as f64 + 1.0) / 2.0
    };
    let ranks: Vec<f64> = values.iter().map(|&d| rank(d)).collect();
    let middle = ranks.iter().sum::<f64>() / 2.0;
    let sum = |pattern: u32| {
        ranks.iter().enumerate().filter(|(i, _)| pattern >> i & 1 == 1).map(|(_, rank)| rank).sum::<f64>()
    };
    let observed: f64 = values.iter().zip(&ranks).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let patterns = 1_u32 << ranks.len();
    let as_far = (0..patterns).filter(|&p| (sum(p) - middle).abs() >= (observed - middle).abs() - 1e-9).count();
    as_far as f64 / f64::from(patterns)
}

proptest! {
    #[test]
    fn p_values_are_exact_even_with_ties_and_zeros(small in proptest::collection::vec(-4_i32..=4, 1..10)) {
        let differences: Vec<f64> = small.into_iter().map(f64::from).collect();
        let p = SignedRank::of(&differences).unwrap().p;
        prop_assert!((p - enumerated_p(&differences)).abs() < 1e-9, "{p}");
    }

    #[test]
    fn intervals_hold_the_estimate_and_nest(differences in proptest::collection::vec(-1.0..1.0_f64, 6..30)) {
        let ranks = SignedRank::of(&differences).unwrap();
        let (wide, narrow) = (ranks.interval(0.05).unwrap(), ranks.interval(0.10).unwrap());
        prop_assert!(wide.0 <= narrow.0 && narrow.0 <= ranks.estimate);
        prop_assert!(ranks.estimate <= narrow.1 && narrow.1 <= wide.1);
    }
}
