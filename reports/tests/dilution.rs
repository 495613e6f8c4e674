//! What of a duration is the instrument's own, the timer's and the client's, and how far it dilutes a ratio.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::verdict::{Direction, Verdict};
use reports::{Comparison, Language, Records};
use synthetic::constant::{change, constant, the_cell, the_contest};
use trial::{Arm, Distribution, Figure, Metric, Quantile, Row, Stalls, Witness};
use wire::Transport;

const P50: Figure = Figure::Duration(Metric::ResponseTime, Quantile::P50);

#[test]
fn a_late_pacer_dilutes_and_the_undiluted_ratio_is_named() {
    let mut records = constant(10, |arm, _| if arm.protocol == Transport::WebSocket { 60_000 } else { 80_000 });
    let mut late = Distribution::new();
    (0..100).for_each(|_| late.record(40_000));
    for trial in &mut records.trials {
        change(&mut trial.outcome, |m| drop(m.distributions.insert(Metric::PacerLateness, late.clone())));
    }
    let comparison = Comparison::of(&records);
    let versus = the_cell(&comparison, "latency/single").pair().unwrap();
    let dilution = versus.dilution.unwrap();
    assert!((dilution.share - 0.5).abs() < 0.01, "{dilution:?}");
    assert!(dilution.undiluted.is_some_and(|ratio| (ratio - 0.5).abs() < 0.01), "{dilution:?}");
}

#[test]
fn what_an_idle_timer_was_late_is_not_charged_where_every_trial_had_one() {
    let mut records = constant(10, |arm, _| if arm.protocol == Transport::WebSocket { 60_000 } else { 80_000 });
    let of = |ns| {
        let mut distribution = Distribution::new();
        (0..2_000).for_each(|_| distribution.record(ns));
        distribution
    };
    for trial in &mut records.trials {
        let judged = if trial.arm.protocol == Transport::WebSocket { 20_000 } else { 40_000 };
        change(&mut trial.outcome, |m| {
            m.distributions.insert(Metric::PacerLateness, of(40_000));
            m.distributions.insert(Metric::JudgedTime, of(judged));
        });
    }
    watch(&mut records, 90_000);
    let comparison = Comparison::of(&records);
    let judged = the_contest(&comparison, Figure::Duration(Metric::JudgedTime, Quantile::P50));
    assert!(judged.headline && (judged.ratio.value - 0.5).abs() < 0.002, "{:?}", judged.ratio);
    assert_eq!(judged.verdict, Verdict::Different { direction: Direction::Lower, beyond_margin: true });
    let response = the_contest(&comparison, P50);
    assert!(!response.headline && response.verdict == Verdict::Exploratory, "both are shown, one is judged");
    let finding = reports::row::finding(&comparison, Row::named("latency").unwrap(), reports::Language::English);
    assert!(finding.sentence.contains("single p50: 0.500×"), "{}", finding.sentence);
    assert!(
        finding.caveats[0].contains("up to 90.0 µs") && finding.caveats[0].contains("the p50 ratio is 0.750×"),
        "{:?}",
        finding.caveats
    );

    // One trial without it, as in records of an earlier version, and nothing moves.
    change(&mut records.trials[3].outcome, |m| drop(m.distributions.remove(&Metric::JudgedTime)));
    assert!(the_contest(&Comparison::of(&records), P50).headline);
}

#[test]
fn the_clients_share_dilutes_as_lateness_does() {
    let websocket = |arm: Arm| arm.protocol == Transport::WebSocket;
    let mut records = constant(10, |arm, _| if websocket(arm) { 1_960 } else { 2_000 });
    let verdict = |records: &Records| the_contest(&Comparison::of(records), P50).verdict;
    assert_eq!(verdict(&records), Verdict::Equivalent, "2 % apart, within 5 %");
    hold(&mut records, |arm| vec![(Metric::KernelToRead, if websocket(arm) { 1_470 } else { 1_500 })]);
    let comparison = Comparison::of(&records);
    let versus = the_cell(&comparison, "latency/single").pair().unwrap();
    let dilution = versus.dilution.unwrap();
    assert_eq!((dilution.share, dilution.base.client_ns, dilution.base.timer_ns), (0.75, 1_500.0, 0.0));
    assert_eq!(dilution.undiluted, Some(490.0 / 500.0));
    assert_eq!(the_contest(&comparison, P50).dilution, 0.75);
    assert_eq!(verdict(&records), Verdict::Different { direction: Direction::Lower, beyond_margin: false }, "1.25 %");
}

#[test]
fn what_is_judged_less_lateness_is_still_diluted_by_the_client_and_by_what_exceeds_the_cap() {
    let mut records = constant(10, |_, _| 2_000);
    let parts = vec![(Metric::PacerLateness, 1_000), (Metric::JudgedTime, 1_000), (Metric::KernelToRead, 400)];
    hold(&mut records, |_| parts.clone());
    watch(&mut records, 1_000);
    let comparison = Comparison::of(&records);
    let versus = the_cell(&comparison, "latency/single").pair().unwrap();
    assert_eq!(versus.judged, Some(Metric::JudgedTime));
    let dilution = versus.dilution.unwrap();
    assert_eq!((dilution.share, dilution.base.timer_ns), (0.4, 0.0), "no lateness is left in it");
    assert_eq!(the_contest(&comparison, P50).dilution, 0.7, "from due both are in it");
    let judged = Figure::Duration(Metric::JudgedTime, Quantile::P50);
    assert_eq!(the_contest(&comparison, judged).dilution, 0.4);
    let finding = reports::row::finding(&comparison, Row::named("latency").unwrap(), Language::English);
    let [less, diluted] = &finding.caveats[..] else { panic!("{:?}", finding.caveats) };
    assert!(less.contains("up to 1.00 µs") && diluted.contains("40 % of the base median"), "{finding:?}");

    watch(&mut records, 900);
    let comparison = Comparison::of(&records);
    let dilution = the_cell(&comparison, "latency/single").pair().unwrap().dilution.unwrap();
    assert_eq!(dilution.base.timer_ns, 100.0, "what exceeds the cap is charged");
}

/// Gives every trial a witness with that p99.
fn watch(records: &mut Records, p99_ns: u64) {
    let witness = Some(Witness { samples: 1_000, p99_ns, ..Witness::default() });
    for trial in &mut records.trials {
        change(&mut trial.outcome, |m| m.stalls = Some(Stalls { witness, ..Stalls::default() }));
    }
}

/// One part of the way and its median, nanoseconds.
type Known = (Metric, u64);

/// Replaces durations, every one of a trial the same.
fn hold(records: &mut Records, of: impl Fn(Arm) -> Vec<Known>) {
    for trial in &mut records.trials {
        for (metric, ns) in of(trial.arm) {
            let mut distribution = Distribution::new();
            (0..2_000).for_each(|_| distribution.record(ns));
            change(&mut trial.outcome, |m| drop(m.distributions.insert(metric, distribution)));
        }
    }
}
