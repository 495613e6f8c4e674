//! Every statistic against answers of R 4.2 that are stored beside the script that asked for them
//! (`reference/reference.R`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use reports::stats::binomial::Count;
use reports::stats::friedman::friedman_p;
use reports::stats::trend::kendall_p;
use reports::stats::{SignedRank, walsh_rank};

const REFERENCE: &str = include_str!("reference/reference.tsv");

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|number| number.parse().unwrap()).collect()
}

/// Runs a check over every line of a kind: R's answers, and what R was asked about. As many lines as were stored.
fn check(kind: &str, lines: usize, check: impl Fn(&[f64], &[f64])) {
    let of_kind = REFERENCE.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix('\t')?.split_once('\t'));
    let checked = of_kind.map(|(answers, asked)| check(&numbers(answers), &numbers(asked))).count();
    assert_eq!(checked, lines, "{kind}");
}

#[track_caller]
fn near(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance, "ours {ours}, R {theirs}");
}

#[test]
fn estimate_p_and_intervals_are_those_of_wilcox_test() {
    check("exact", 65, |answers, x| {
        let ranks = SignedRank::of(x).unwrap();
        let (wide, narrow) = (ranks.interval(0.05).unwrap(), ranks.interval(0.10).unwrap());
        let ours = [ranks.estimate, ranks.p, wide.0, wide.1, narrow.0, narrow.1];
        ours.into_iter().zip(answers).for_each(|(ours, theirs)| near(ours, *theirs, 1e-12));
    });
}

#[test]
fn p_values_with_ties_and_zeros_are_the_enumerated_ones() {
    check("ties", 32, |answers, x| near(SignedRank::of(x).unwrap().p, answers[0], 1e-12));
}

#[test]
fn ranks_of_walsh_averages_follow_rs_distribution_function() {
    check("rank", 100, |answers, n| {
        let ours = [0.05, 0.10].map(|alpha| walsh_rank(n[0] as usize, alpha).unwrap_or(0) as f64);
        assert_eq!(ours, [answers[0], answers[1]], "n = {}", n[0]);
    });
}

#[test]
fn kendall_and_friedman_are_those_of_r() {
    check("kendall", 7, |answers, x| near(kendall_p(x), answers[0], 1e-12));
    // The odd degrees go through the normal tail, which is good to 1.5e-7.
    check("friedman", 12, |answers, x| {
        let rows: Vec<Vec<f64>> = x[1..].chunks(x[0] as usize).map(<[f64]>::to_vec).collect();
        near(friedman_p(&rows).unwrap(), answers[0], 1e-6);
    });
}

#[test]
fn exact_binomial_intervals_are_those_of_r() {
    check("binomial", 8, |answers, x| {
        let (low, high) = Count { hits: x[0] as u64, of: x[1] as u64 }.interval(0.05).unwrap();
        near(low, answers[0], 1e-9);
        near(high, answers[1], 1e-9);
    });
}
