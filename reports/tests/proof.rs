//! The statistics on trials that were really run: the null arms of the published run, and on simulated ones of every shape.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use reports::proof::simulated::{Edge, Noise, Report, coverage, false_claims, found};
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
        let power = power(&PUBLISHED, factor, 1, None, 7, 1_000);
        assert!(power.draws == 1_000 && power.out_of_reach < null_arms(&PUBLISHED).len(), "{factor}: {power:?}");
        // Promised are 80 %; as in the self-check, two standard errors of so many draws are left to chance.
        assert!(power.found_share() >= 0.775, "{factor}: {power:?}");
        assert!(power.covered_share() >= 0.93, "{factor}: {power:?}");
    }
}

#[test]
fn intervals_cover_the_truth_whatever_the_shape_of_the_noise() {
    for noise in [Noise::Normal, Noise::HeavyTails, Noise::Bimodal, Noise::Pareto, Noise::Drift] {
        let found = coverage(noise, 20, 12, 1_500, 3);
        assert!((0.94..=0.99).contains(&found.plain), "{noise:?}: {found:?}");
        assert!(found.widened >= found.plain, "{noise:?}: {found:?}");
    }
}

#[test]
fn correlated_blocks_are_noticed_and_their_intervals_widened() {
    let correlated = coverage(Noise::Correlated(0.5), 40, 1, 1_500, 5);
    assert!(correlated.plain < 0.85 && correlated.warned > 0.5, "{correlated:?}");
    assert!(correlated.where_warned.unwrap() >= 0.90, "{correlated:?}");
    // Of calm runs with one figure at most 1 % are warned of, and as many of those with twelve.
    for (family, runs) in [(1, 1_500), (12, 4_000)] {
        let calm = coverage(Noise::Normal, 40, family, runs, 6);
        assert!(calm.warned * family as f64 <= 0.02, "{family}: {calm:?}");
    }
}

#[test]
fn any_false_claim_in_a_whole_report_is_as_rare_as_promised() {
    const RUNS: usize = 600;
    for (name, edge) in Edge::ALL {
        let report = Report { figures: 12, family: 12, blocks: 20 };
        let risk = false_claims(edge, report, RUNS, 9);
        // Three standard errors of so many runs.
        assert!(risk <= 0.05 + 0.027, "{name}: {risk}");
        let alone = false_claims(edge, Report { family: 1, ..report }, RUNS, 9);
        assert!(alone > 0.2, "{name}: verdicts that do not share the risk: {alone}");
    }
}

#[test]
fn a_difference_is_found_with_the_blocks_that_it_is_said_to_take() {
    for (noise, family) in [(Noise::Normal, 1), (Noise::Normal, 12), (Noise::HeavyTails, 12)] {
        let (blocks, share) = found(noise, 1.25, family, 600, 2);
        assert!((7..=120).contains(&blocks) && share >= 0.78, "{noise:?} {family}: {blocks} {share}");
    }
}

#[test]
fn drift_that_a_block_shares_cancels() {
    let mut random = fastrand::Rng::with_seed(5);
    let trials: Vec<[f64; 2]> = (0..20).map(|_| [random.f64() + 1.0, random.f64() + 1.1]).collect();
    let of = |drift: f64| {
        let block = |(i, [base, other]): (usize, &[f64; 2])| {
            let shared = (drift * i as f64).exp();
            (other * shared / (base * shared)).ln()
        };
        SignedRank::of(&trials.iter().enumerate().map(block).collect::<Vec<_>>()).unwrap()
    };
    let (calm, drifting) = (of(0.0), of(0.5));
    assert!((calm.estimate - drifting.estimate).abs() < 1e-9 && (calm.p - drifting.p).abs() < 1e-12);
}
