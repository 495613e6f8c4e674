//! What a comparison makes of records: pairing by block, null arm, estimability, dilution, missing trials.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use reports::compare::{Contest, Estimability};
use reports::detect::{ACKS_DIFFER, BLOCK_CORRELATION, POSITION_EFFECT, acks_differ, detected};
use reports::row::{Reach, RowVerdict, finding};
use reports::verdict::{Direction, Verdict};
use reports::{Comparison, Language, Records};
use std::time::Duration;
use synthetic::constant::{against, change, constant, the_cell, the_contest};
use trial::{Arm, Distribution, Figure, Layers, Metric, Outcome, Quantile, Row};
use wire::Transport;

const P50: Figure = Figure::Duration(Metric::ResponseTime, Quantile::P50);

#[test]
fn what_drifts_with_time_cancels_inside_a_block() {
    let records = constant(10, |arm, block| {
        let drifting = 100_000 * 2_u64.pow(block);
        if arm.protocol == Transport::WebSocket { drifting * 8 / 10 } else { drifting }
    });
    let comparison = Comparison::of(&records);
    let contest = the_contest(&comparison, P50);
    assert!((contest.ratio.value - 0.8).abs() < 0.002 && contest.ratio.deviation < 0.002, "{:?}", contest.ratio);
    assert_eq!(contest.verdict, Verdict::Different { direction: Direction::Lower, beyond_margin: true });
    assert!(contest.null.as_ref().is_some_and(|null| null.value == 1.0));
}

#[test]
fn the_base_decides_the_direction_of_numbers_and_words_and_not_what_is_concluded() {
    let faster = |arm: Arm, block: u32| {
        let base = 100_000 + u64::from(block) * 100;
        if arm.protocol == Transport::WebSocket { base * 8 / 10 } else { base }
    };
    for (base, other, ratio, direction, [english, chinese]) in [
        (Transport::Sse, Transport::WebSocket, 0.8, Direction::Lower, ["WebSocket is lower", "WebSocket 更低"]),
        (Transport::WebSocket, Transport::Sse, 1.25, Direction::Higher, ["SSE is higher", "SSE 更高"]),
    ] {
        let records = against(base, 10, faster);
        let comparison = Comparison::of(&records);
        assert_eq!(comparison.sides(), [base, other].map(Arm::of));
        let contest = the_contest(&comparison, P50);
        assert!((contest.ratio.value - ratio).abs() < 0.002, "{:?}", contest.ratio);
        assert_eq!(contest.verdict, Verdict::Different { direction, beyond_margin: true });
        assert_eq!(
            contest.verdict_of(Transport::WebSocket),
            Verdict::Different { direction: Direction::Lower, beyond_margin: true }
        );
        assert!(contest.headline && contest.null.as_ref().is_some_and(|null| null.value == 1.0));
        for (lang, words) in [(Language::English, english), (Language::Chinese, chinese)] {
            let latency = finding(&comparison, Row::named("latency").unwrap(), lang);
            assert_eq!(
                latency.verdict,
                RowVerdict::Confirmed(Reach::default()),
                "WebSocket has the lower latency, whoever is the base"
            );
            let line = &latency.lines[0];
            assert!(line.values[0].starts_with("10") && line.values[1].starts_with("80"), "{line:?}");
            assert!(line.ratios[0].starts_with(&format!("{ratio:.2}")), "{line:?}");
            assert!(latency.sentence.contains(words), "{}", latency.sentence);
            let said = synthetic::terminal(&comparison, lang, 100, false);
            let (head, reverse) =
                (format!("{} / {}", other.title(), base.title()), format!("{} / {}", base.title(), other.title()));
            assert!(said.contains(&head) && !said.contains(&reverse), "{said}");
        }
    }
}

#[test]
fn a_cell_with_another_base_than_the_first_says_so_beside_its_ratios() {
    let mut plan = synthetic::plan(8);
    plan.cells.retain(|cell| cell.name.starts_with("latency/"));
    let fan_out = plan.cells.iter_mut().find(|cell| cell.name == "latency/fan-out").unwrap();
    fan_out.base = Some(Arm::of(Transport::WebSocket));
    let records = synthetic::of_plan(plan);
    let comparison = Comparison::of(&records);
    let latency = finding(&comparison, Row::named("latency").unwrap(), Language::English);
    for line in &latency.lines {
        assert_eq!(line.ratios[0].ends_with("(SSE / WebSocket)"), line.what.starts_with("fan-out"), "{line:?}");
    }
    assert!(latency.lines.iter().any(|line| line.what.starts_with("fan-out")));
}

#[test]
fn a_null_arm_beyond_the_margin_leaves_nothing_to_claim() {
    let records = constant(12, |arm, block| {
        let base = 100_000 + u64::from(block) * 100;
        if arm.twin { base * 13 / 10 } else { base }
    });
    let comparison = Comparison::of(&records);
    assert_eq!(the_contest(&comparison, P50).verdict, Verdict::Unfit);
}

#[test]
fn identical_arms_are_equivalent() {
    let records = constant(10, |_, _| 100_000);
    let comparison = Comparison::of(&records);
    let contest = the_contest(&comparison, P50);
    assert_eq!(contest.verdict, Verdict::Equivalent);
}

#[test]
fn blocks_that_lack_an_arm_are_left_out_of_the_ratio() {
    let mut records = constant(10, |_, _| 100_000);
    for trial in &mut records.trials {
        if trial.block == 3 && trial.arm == Arm::of(Transport::WebSocket) {
            trial.outcome = Outcome::Failed("connection reset".to_owned());
        }
    }
    let comparison = Comparison::of(&records);
    assert_eq!(the_contest(&comparison, P50).ratio.blocks, 9);
    let arm = the_cell(&comparison, "latency/single").arm(Arm::of(Transport::WebSocket)).unwrap();
    assert_eq!(arm.failure(), Some("connection reset"));
}

#[test]
fn a_tick_to_a_hundred_readers_is_one_observation() {
    let records = synthetic::records(10);
    let comparison = Comparison::of(&records);
    let cell = the_cell(&comparison, "latency/fan-out");
    assert!(cell.cell.workload.is_shared());
    let of = |quantile| cell.contest(Figure::Duration(Metric::ResponseTime, quantile)).unwrap();
    assert_eq!(of(Quantile::P50).estimability, Estimability::PerTrial);
    assert!(matches!(of(Quantile::P99).estimability, Estimability::Pooled(_)), "400 ticks a trial, 4,000 in all");
    assert_eq!(of(Quantile::P999).estimability, Estimability::Not { have: 4_000, need: 20_000 });
}

#[test]
fn a_quantile_of_all_trials_together_is_bounded() {
    let records = synthetic::records(10);
    let comparison = Comparison::of(&records);
    let cell = the_cell(&comparison, "latency/fan-out");
    let contest = cell.contest(Figure::Duration(Metric::ResponseTime, Quantile::P99)).unwrap();
    let Estimability::Pooled(shift) = contest.estimability else { panic!("{:?}", contest.estimability) };
    let (bound, interval) = (contest.bound().unwrap(), shift.ratio.interval.unwrap());
    assert_eq!(bound.share, interval.high.max(1.0 / interval.low) - 1.0);
    assert_eq!(bound.value, bound.share * shift.base.value);
    assert_eq!((contest.verdict, contest.adjusted), (Verdict::Exploratory, None));
}

#[test]
fn what_is_not_resolved_is_bounded_in_the_unit_of_its_figure() {
    // By turns 8 % above and below, in pairs.
    let records = constant(10, |arm, block| match arm.protocol {
        Transport::WebSocket if block % 4 < 2 => 108_000,
        Transport::WebSocket => 92_500,
        _ => 100_000,
    });
    let comparison = Comparison::of(&records);
    let contest = the_contest(&comparison, P50);
    let (bound, adjusted) = (contest.bound().unwrap(), contest.adjusted.unwrap());
    assert!((0.08..0.09).contains(&bound.share) && (8_000.0..9_000.0).contains(&bound.value), "{bound:?}");
    assert!(adjusted.low <= contest.ratio.interval.unwrap().low, "no narrower than the 95 % interval");
    let Verdict::Unresolved { more_blocks, .. } = contest.verdict else { panic!("{:?}", contest.verdict) };
    assert!(more_blocks.is_some_and(|more| more > 10), "{more_blocks:?}");
}

#[test]
fn a_difference_that_is_shorter_than_matters_is_called_so_beside_the_verdict() {
    let mut records = constant(10, |arm, block| match arm.protocol {
        Transport::WebSocket => 88_000 + u64::from(block % 2) * 100,
        _ => 100_000,
    });
    let of = |records: &Records| {
        let comparison = Comparison::of(records);
        let contest = the_contest(&comparison, P50);
        (contest.verdict, contest.practical)
    };
    let lower = Verdict::Different { direction: Direction::Lower, beyond_margin: true };
    assert_eq!(of(&records), (lower, Some(20_000.0)), "12 % lower, and 12 µs");
    records.run.plan.practical = Some(Duration::from_micros(10));
    assert_eq!(of(&records), (lower, None), "the plan says that 10 µs matter");
    records.run.plan.practical = Some(Duration::from_micros(13));
    assert_eq!(of(&records), (lower, Some(13_000.0)));
}

#[test]
fn a_shortest_time_that_matters_is_asked_of_times_alone() {
    let mut records = synthetic::records(10);
    records.run.plan.practical = Some(Duration::from_secs(1));
    let comparison = Comparison::of(&records);
    let contests = comparison.cells.iter().flat_map(|cell| &cell.versus).flat_map(|versus| &versus.contests);
    let (times, others): (Vec<_>, Vec<_>) = contests
        .filter(|contest| contest.adjusted.is_some())
        .partition(|contest| contest.figure.practical(None).is_some());
    assert!(times.iter().any(|contest| contest.practical.is_some()));
    assert!(!others.is_empty() && others.iter().all(|contest| contest.practical.is_none()));
}

#[test]
fn blocks_that_resemble_their_neighbours_widen_the_interval_and_say_so() {
    let found = |period: u32| {
        let apart = |block| 2_000 + 300 * u64::from(block % 7);
        let records = constant(24, |arm, block| match arm.protocol {
            Transport::WebSocket if (block / period).is_multiple_of(2) => 100_000 + apart(block),
            Transport::WebSocket => 100_000 - apart(block),
            _ => 100_000,
        });
        let comparison = Comparison::of(&records);
        let warned = detected(&comparison).iter().any(|found| found.warning.is(&BLOCK_CORRELATION));
        let ratio = the_contest(&comparison, P50).ratio.clone();
        (warned, ratio.correlation.is_some(), ratio.interval.unwrap().half_width())
    };
    let [(slow, widened, wide), (quick, left, narrow)] = [6, 1].map(found);
    assert_eq!((slow, widened, quick, left), (true, true, false, false));
    assert!(wide > 1.5 * narrow, "{wide} {narrow}");
}

#[test]
fn pooled_intervals_hold_their_value_and_are_the_same_every_time() {
    let records = synthetic::records(10);
    let [first, second] = [Comparison::of(&records), Comparison::of(&records)];
    let shifts = |comparison: &Comparison| the_cell(comparison, "latency/single").pair().unwrap().shifts.clone();
    assert_eq!(shifts(&first), shifts(&second));
    for shift in shifts(&first).iter().filter(|shift| shift.share < 0.99) {
        let interval = shift.ratio.interval.unwrap();
        assert!(interval.low <= shift.ratio.value && shift.ratio.value <= interval.high, "{shift:?}");
    }
}

#[test]
fn an_effect_of_the_position_is_found_and_none_is_not_invented() {
    let fired = |first_ns: u64| {
        let mut random = fastrand::Rng::with_seed(9);
        let mut records = constant(12, |_, _| 100_000);
        for trial in &mut records.trials {
            let extra = if trial.position == 0 { first_ns } else { 0 };
            let (value, mut distribution) = (100_000 + extra + random.u64(..3_000), Distribution::new());
            (0..2_000).for_each(|_| distribution.record(value));
            change(&mut trial.outcome, |m| drop(m.distributions.insert(Metric::ResponseTime, distribution)));
        }
        let comparison = Comparison::of(&records);
        detected(&comparison).iter().any(|found| found.warning.is(&POSITION_EFFECT))
    };
    assert!(fired(8_000), "what runs first is slower by 8 %");
    assert!(!fired(0));
}

#[test]
fn the_family_counts_every_tested_headline_and_nothing_else() {
    let records = synthetic::records(10);
    let comparison = Comparison::of(&records);
    let contests = comparison.cells.iter().flat_map(|cell| &cell.versus).flat_map(|versus| &versus.contests);
    let tested: Vec<&Contest> = contests.filter(|contest| contest.adjusted_p.is_some()).collect();
    assert_eq!(comparison.family, tested.len());
    assert!(tested.iter().all(|contest| contest.headline && !contest.figure.is_exact()));
    assert_eq!(
        comparison.family, 12,
        "latency p50 twice, p99 once; echo, connect; two rates; two slopes; CPU of echo and rates"
    );
    let quick = synthetic::records(2);
    assert_eq!(Comparison::of(&quick).family, 0);
}

#[test]
fn a_trial_that_differs_from_its_cell_stands_apart() {
    let mut records = constant(6, |_, _| 100_000);
    synthetic::enlarge(&mut records.trials[0].cell);
    let comparison = Comparison::of(&records);
    assert_eq!(comparison.cells.len(), 2);
    assert_eq!(the_contest(&comparison, P50).ratio.blocks, 5);
}

#[test]
fn two_clocks_that_are_not_known_well_leave_a_difference_and_no_ratio() {
    let of = |bound_ns| {
        let mut records = constant(10, |arm, block| {
            let base = 100_000 + u64::from(block) * 100;
            if arm.protocol == Transport::WebSocket { base + 12_000 } else { base }
        });
        for trial in &mut records.trials {
            trial.clock = Some(trial::ClockOffset { offset_ns: 7, bound_ns, samples: 90, ..Default::default() });
        }
        records
    };
    let sharp = of(10_000);
    let comparison = Comparison::of(&sharp);
    assert_eq!(the_contest(&comparison, P50).estimability, Estimability::PerTrial, "a tenth of the median is enough");
    let blunt = of(11_000);
    let comparison = Comparison::of(&blunt);
    let contest = the_contest(&comparison, P50);
    let Estimability::Difference(difference) = contest.estimability else { panic!("{:?}", contest.estimability) };
    assert!((difference.value_ns - 12_000.0).abs() < 200.0, "{difference:?}");
    let interval = difference.interval_ns.unwrap();
    assert!(11_500.0 < interval.low && interval.high < 12_500.0, "{interval:?}");
    assert_eq!((contest.adjusted_p, difference.bound_ns), (None, 11_000.0));
    assert!(the_cell(&comparison, "latency/single").pair().unwrap().shifts.is_empty(), "no ratio anywhere");
    for (lang, words) in [(Language::English, ["no ratio", "+12.0 µs"]), (Language::Chinese, ["没有比值", "+12.0 µs"])]
    {
        let summary = synthetic::summary_markdown(&[Comparison::of(&blunt)], lang);
        assert!(words.iter().all(|word| summary.contains(word)), "{summary}");
    }
}

#[test]
fn one_clock_needs_no_bound() {
    let mut records = constant(10, |_, _| 100_000);
    for trial in &mut records.trials {
        trial.clock = Some(trial::ClockOffset { same_clock: true, bound_ns: 0, ..Default::default() });
    }
    assert_eq!(the_contest(&Comparison::of(&records), P50).estimability, Estimability::PerTrial);
}

#[test]
fn arms_that_are_acknowledged_differently_over_a_network_are_named() {
    let altered = |loopback| {
        let mut records = synthetic::records(6);
        for trial in records.trials.iter_mut().filter(|trial| trial.cell.name == "latency/single") {
            let transport = trial.arm.protocol;
            let Outcome::Measured(measurement) = &mut trial.outcome else { continue };
            let mut layers = Layers { loopback, ..Layers::default() };
            (layers.span.back.data_segments, layers.span.back.segments) = (100, 100);
            layers.span.out.segments = if transport == Transport::Sse { 100 } else { 50 };
            measurement.layers = Some(layers);
        }
        records
    };
    let acks = |records: &Records| {
        let comparison = Comparison::of(records);
        let warnings = detected(&comparison).into_iter().map(|found| found.warning);
        warnings.filter(|warning| warning.is(&ACKS_DIFFER)).collect::<Vec<_>>()
    };
    assert_eq!(acks(&altered(false)), [acks_differ(1.0, 0.5)]);
    assert_eq!(acks(&altered(true)), [], "segments over loopback are no network's");
}
