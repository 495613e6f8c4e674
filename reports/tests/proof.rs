//! The statistics on trials that were really run: the null arms of the published run, and on distributions of every shape.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use reports::proof::{null_arms, power, replay};
use reports::stats::SignedRank;
use reports::{Records, load};
use std::path::Path;
use std::sync::LazyLock;

static PUBLISHED: LazyLock<Records> = LazyLock::new(|| {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published");
    let runs = std::fs::read_dir(published).unwrap().map(|run| run.unwrap().path());
    load(&runs.filter(|run| run.join("selfcheck.json").is_file()).min().unwrap()).unwrap()
});

#[test]
fn identical_arms_are_called_different_as_seldom_as_promised() {
    let found = replay(&PUBLISHED, 1, 8_000);
    assert!(found.null_arms >= 8 && found.intervals == 8_000, "{found:?}");
    assert!((0.03..=0.06).contains(&found.share()), "{found:?}");
    let few = [1, 1, 2].map(|seed| replay(&PUBLISHED, seed, 500));
    assert_eq!(few[0], few[1], "the same seed shuffles alike");
    assert_ne!(few[0].misses, few[2].misses, "another one does not");
}

#[test]
fn injected_differences_are_found_and_covered_at_the_planned_number_of_blocks() {
    for factor in [1.05, 1.10, 1.25] {
        let power = power(&PUBLISHED, factor, 7, 1_000);
        assert!(power.draws == 1_000 && power.out_of_reach < null_arms(&PUBLISHED).len(), "{factor}: {power:?}");
        assert!(power.found_share() >= 0.80, "{factor}: {power:?}");
        assert!(power.covered_share() >= 0.93, "{factor}: {power:?}");
    }
}

/// A standard normal number (Box and Muller).
fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

type Draw = fn(&mut fastrand::Rng) -> f64;

/// Values of a trial: what the p50 of one could be.
const SHAPES: [(&str, Draw); 3] = [
    ("lognormal", |random| (0.1 * normal(random)).exp()),
    ("bimodal", |random| if random.u8(..10) < 3 { 1.8 + 0.05 * normal(random) } else { 1.0 + 0.05 * normal(random) }),
    ("Pareto", |random| (1.0 - random.f64()).powf(-1.0 / 1.5)),
];

/// Log ratios of blocks in which the other arm is `ratio` times the base and both drift together, from `seed`.
fn blocks(draw: Draw, ratio: f64, drift: f64, n: usize, seed: u64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let block = |i| {
        let shared = (drift * i as f64).exp();
        let (base, other) = (draw(&mut random) * shared, draw(&mut random) * ratio * shared);
        (other / base).ln()
    };
    (0..n).map(block).collect()
}

#[test]
fn intervals_cover_the_truth_whatever_the_shape_of_the_noise() {
    const REPETITIONS: u64 = 1_500;
    for (shape, draw) in SHAPES {
        let covers = |seed| {
            let (low, high) = SignedRank::of(&blocks(draw, 1.1, 0.0, 12, seed)).unwrap().interval(0.05).unwrap();
            low <= 1.1_f64.ln() && 1.1_f64.ln() <= high
        };
        let covered = (0..REPETITIONS).filter(|&seed| covers(seed)).count() as f64 / REPETITIONS as f64;
        assert!((0.94..=0.985).contains(&covered), "{shape}: {covered}");
    }
}

#[test]
fn drift_that_a_block_shares_cancels() {
    for (shape, draw) in SHAPES {
        let of = |drift| SignedRank::of(&blocks(draw, 1.1, drift, 20, 5)).unwrap();
        let (calm, drifting) = (of(0.0), of(0.5));
        assert!((calm.estimate - drifting.estimate).abs() < 1e-9, "{shape}");
        assert!((calm.p - drifting.p).abs() < 1e-12, "{shape}");
    }
}
