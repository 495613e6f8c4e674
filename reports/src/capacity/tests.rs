//! The search against made-up servers whose capacity is known.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use trial::{Distribution, Measurement, Metric, Variable};

const ARMS: [Transport; 2] = [Transport::Sse, Transport::WebSocket];

fn plan() -> CapacityPlan {
    CapacityPlan {
        slo: "p99=10ms".parse().unwrap(),
        of: Variable::Rate,
        arms: ARMS,
        start: None,
        limit: 10_000_000,
        trials: 3,
        precision: 1.05,
        knee_blocks: 8,
    }
}

/// Runs a search to its end against a responder.
fn searched(plan: &CapacityPlan, mut respond: impl FnMut(usize, Point) -> Judgement) -> Vec<Observation> {
    let mut seen = Vec::new();
    while let Some(ask) = next(plan, &seen, 7) {
        assert!(seen.len() < 1_000, "the search does not end");
        let arms = ARMS.into_iter().enumerate();
        seen.extend(arms.map(|(arm, transport)| Observation {
            point: ask.point,
            block: ask.block,
            transport,
            judgement: respond(arm, ask.point),
            events_per_second: 200_000.0,
        }));
    }
    seen
}

fn slow() -> Judgement {
    Judgement::Fail(Cause::Undelivered { share: 0.5 })
}

/// Two servers that break at exactly these loads.
fn sharp(capacities: [f64; 2]) -> impl FnMut(usize, Point) -> Judgement {
    move |arm, point| if (point.load as f64) < capacities[arm] { Judgement::Pass } else { slow() }
}

fn found(plan: &CapacityPlan, seen: &[Observation]) -> Capacity {
    Capacity::from_observations(plan, seen, 7)
}

#[test]
fn the_first_load_is_a_twentieth_of_what_both_ends_can_move() {
    let plan = plan();
    let first = next(&plan, &[], 7).unwrap();
    assert_eq!(first.point.stage, Stage::Saturated);
    let seen = searched(&plan, sharp([100_000.0, 100_000.0]));
    assert_eq!(seen[2].point, Point { stage: Stage::Search, load: 10_000 });
    let given = CapacityPlan { start: Some(300), ..plan };
    assert_eq!(next(&given, &[], 7).unwrap().point, Point { stage: Stage::Search, load: 300 });
}

#[test]
fn both_arms_are_tried_at_every_load_and_agreeing_trials_are_not_repeated() {
    let plan = CapacityPlan { knee_blocks: 0, ..plan() };
    let seen = searched(&plan, sharp([60_000.0, 150_000.0]));
    for step in found(&plan, &seen).steps.chunks(2) {
        assert_eq!(step[0].point, step[1].point);
        assert_eq!((step[0].trials, step[1].trials), (2, 2));
    }
}

#[test]
fn one_stray_failure_is_outvoted_by_the_other_two_trials() {
    let plan = CapacityPlan { knee_blocks: 0, ..plan() };
    let mut strays = BTreeMap::new();
    let seen = searched(&plan, |arm, point| {
        let first = *strays.entry((arm, point)).and_modify(|count| *count += 1).or_insert(0) == 0;
        if first && point.stage == Stage::Search { slow() } else { sharp([80_000.0; 2])(arm, point) }
    });
    let capacity = found(&plan, &seen);
    assert!(matches!(capacity.answers[0], Answer::Found { holds, .. } if holds >= 76_000), "{:?}", capacity.answers);
}

#[test]
fn a_failure_below_a_pass_is_noise_and_a_lucky_pass_is_not_expected() {
    let plan = CapacityPlan { knee_blocks: 0, trials: 1, start: Some(1_000), ..plan() };
    let truth = [20_000.0, 30_000.0];
    let seen =
        searched(&plan, |arm, point| if (arm, point.load) == (0, 1_000) { slow() } else { sharp(truth)(arm, point) });
    for (answer, truth) in found(&plan, &seen).answers.iter().zip(truth) {
        let Answer::Found { holds, fails, .. } = answer else { panic!("{answer:?}") };
        assert!((*holds as f64) < truth && truth <= *fails as f64, "{answer:?}");
    }
}

#[test]
fn a_generator_at_its_limit_is_no_capacity() {
    let seen = searched(&plan(), |arm, point| match (arm, point.load) {
        (1, 50_000..) => Judgement::Invalid(Cause::GeneratorBusy { share: 0.93 }),
        (_, load) => sharp([30_000.0, f64::MAX])(arm, Point { load, ..point }),
    });
    let capacity = found(&plan(), &seen);
    assert!(matches!(capacity.answers[0], Answer::Found { .. }));
    let Answer::NotFound { holds: Some(holds), why: Shortfall::Instrument { at, .. } } = capacity.answers[1] else {
        panic!("{:?}", capacity.answers[1])
    };
    assert!(holds < 50_000 && at >= 50_000);
    assert_eq!(capacity.ratio, Err(NoRatio::NotFound(Transport::WebSocket)));
    assert_eq!(capacity.both_hold(), capacity.answers[0].holds(), "what both hold is known all the same");
}

#[test]
fn a_service_level_that_never_holds_ends_the_search_below_the_first_load() {
    let seen = searched(&plan(), |_, _| slow());
    let capacity = found(&plan(), &seen);
    for answer in &capacity.answers {
        assert!(
            matches!(answer, Answer::NotFound { holds: None, why: Shortfall::LowestFails { at: 312, .. } }),
            "{answer:?}"
        );
    }
    assert_eq!(capacity.both_hold(), None);
}

#[test]
fn a_limit_that_holds_is_said_to_hold() {
    let plan = CapacityPlan { limit: 70_000, ..plan() };
    let capacity = found(&plan, &searched(&plan, |_, _| Judgement::Pass));
    let holds = Answer::NotFound { holds: Some(70_000), why: Shortfall::LimitHolds { at: 70_000 } };
    assert_eq!(capacity.answers, [holds.clone(), holds]);
}

#[test]
fn a_search_that_was_cut_off_says_so_at_every_moment() {
    let seen = searched(&plan(), sharp([60_000.0, 70_000.0]));
    for kept in 0..seen.len() {
        let capacity = found(&plan(), &seen[..kept]);
        let known = |answer: &Answer| match answer {
            Answer::Found { holds, fails, .. } => fails > holds,
            Answer::NotFound { why, .. } => *why == Shortfall::Unfinished,
        };
        assert!(capacity.answers.iter().all(known), "after {kept}: {:?}", capacity.answers);
    }
}

#[test]
fn the_ratio_is_that_of_the_edges_and_its_interval_holds_the_truth() {
    let mut random = fastrand::Rng::with_seed(3);
    let capacities = [100_000.0, 112_000.0];
    // A soft edge: within a few percent of the capacity, either may happen.
    let seen = searched(&plan(), |arm, point| {
        let excess = (point.load as f64 / capacities[arm]).ln() * 60.0;
        if random.f64() < 1.0 / (1.0 + excess.exp()) { Judgement::Pass } else { slow() }
    });
    let ratio = found(&plan(), &seen).ratio.unwrap();
    assert_eq!(ratio.blocks, 8);
    assert!((ratio.ratio.value / 1.12 - 1.0).abs() < 0.05, "{ratio:?}");
    let interval = ratio.ratio.interval.unwrap();
    assert!(interval.low < 1.12 && 1.12 < interval.high && interval.high / interval.low < 1.15, "{interval:?}");
    assert_eq!(found(&plan(), &seen).ratio, Ok(ratio), "the same seed, the same interval");
}

#[test]
fn capacities_far_apart_each_get_a_ladder_of_their_own() {
    let seen = searched(&plan(), sharp([40_000.0, 160_000.0]));
    let ratio = found(&plan(), &seen).ratio.unwrap();
    assert!((3.6..4.4).contains(&ratio.ratio.value), "{ratio:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_two_capacities_are_bracketed_within_the_precision(base in 320.0..4e6_f64, other in 320.0..4e6_f64) {
        let plan = CapacityPlan { knee_blocks: 0, ..plan() };
        let seen = searched(&plan, sharp([base, other]));
        prop_assert!(seen.len() < 140, "{} trials", seen.len());
        for (answer, truth) in found(&plan, &seen).answers.iter().zip([base, other]) {
            let Answer::Found { holds, fails, .. } = answer else { return Err(TestCaseError::fail(format!("{answer:?}"))) };
            prop_assert!((*holds as f64) < truth && truth <= *fails as f64, "{answer:?} for {truth}");
            prop_assert!(*fails as f64 / *holds as f64 <= 1.05 || fails - holds <= 1, "{answer:?}");
        }
    }

    #[test]
    fn small_numbers_of_connections_are_found_exactly(base in 2..60_u64, other in 2..60_u64) {
        let plan = CapacityPlan { of: Variable::Connections, start: Some(1), knee_blocks: 0, ..plan() };
        let seen = searched(&plan, sharp([base as f64, other as f64]));
        for (answer, truth) in found(&plan, &seen).answers.iter().zip([base, other]) {
            let Answer::Found { holds, fails, .. } = answer else { return Err(TestCaseError::fail(format!("{answer:?}"))) };
            prop_assert!(*holds < truth && *fails >= truth && (fails - holds == 1 || *fails as f64 / *holds as f64 <= 1.05));
        }
    }

    #[test]
    fn a_server_of_chance_never_keeps_the_search_from_ending(seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let seen = searched(&plan(), |_, _| match random.u8(..4) {
            0 => Judgement::Invalid(Cause::NotMeasured("gone".to_owned())),
            1 => slow(),
            _ => Judgement::Pass,
        });
        let unfinished = |answer: &Answer| matches!(answer, Answer::NotFound { why: Shortfall::Unfinished, .. });
        prop_assert!(!found(&plan(), &seen).answers.iter().any(unfinished));
        prop_assert_eq!(remaining(&plan(), &seen), 0);
    }
}

#[test]
fn names_of_cells_say_what_they_try() {
    for (stage, _) in Stage::ALL {
        let point = Point { stage, load: 1_250 };
        assert_eq!(Point::of_cell_name(&point.cell_name()), Some(point));
    }
    for name in ["capacity/latency/25", "capacity/search", "capacity/search/x", "latency/single", ""] {
        assert_eq!(Point::of_cell_name(name), None, "{name}");
    }
    assert_eq!(Point { stage: Stage::Search, load: 500 }.load_of(Variable::Rate, 10, 1.0), (10, 50.0));
    assert_eq!(Point { stage: Stage::Search, load: 500 }.load_of(Variable::Connections, 10, 1.0), (500, 1.0));
}

/// A trial of 10,000 events a second for three seconds, all of them this late.
fn trial(response_ns: u64) -> Trial {
    let plan =
        trial::Plan::from_toml("name='p'\nwhy='w'\n[[cell]]\nname='capacity/search/10000'\nwhy='w'\nscenario='push'\n");
    let cell = plan.unwrap().cells.remove(0);
    let distribution: Distribution = std::iter::repeat_n(response_ns, 30_000).collect();
    let measurement = Measurement {
        window_ns: 3_000_000_000,
        counters: trial::Counters { expected: Some(40_000), received: 40_000, in_window: 30_000, ..Default::default() },
        distributions: BTreeMap::from([(Metric::ResponseTime, distribution)]),
        client: Some(trial::Usage { elapsed_ns: 3_000_000_000, cpu_ns: 1_000_000_000, ..Default::default() }),
        ..Measurement::default()
    };
    Trial {
        schema: trial::SCHEMA,
        tool: trial::Tool { version: String::new(), commit: String::new(), profile: String::new() },
        arm: trial::Arm::of(Transport::Sse),
        cell,
        block: 0,
        attempt: 0,
        position: 0,
        seed: 1,
        started: String::new(),
        elapsed_ns: 0,
        server: None,
        client: trial::ClientFacts { threads: 1, ..Default::default() },
        clock: None,
        layout: None,
        noise: None,
        warnings: Vec::new(),
        outcome: Outcome::Measured(Box::new(measurement)),
    }
}

/// A server on a host of so many CPUs.
fn facts(cpus: usize) -> wire::Facts {
    let limits = wire::Limits { max_connections: 1, max_rate: 1.0, max_payload_bytes: 64, max_request_bytes: 64 };
    let tuning = wire::Tuning::of(wire::Preset::Equal);
    let [version, commit, profile, boot_id, kernel, cpu] = <[String; 6]>::default();
    let (cpus, transports, llm) = ((0..cpus).collect(), Vec::new(), wire::LlmFacts::default());
    wire::Facts {
        wire_version: 1,
        pid: 1,
        threads: 1,
        version,
        commit,
        profile,
        boot_id,
        kernel,
        cpu,
        cpus,
        tuning,
        limits,
        transports,
        llm,
    }
}

fn judged(response_ns: u64, change: impl FnOnce(&mut Measurement)) -> Judgement {
    let mut trial = trial(response_ns);
    if let Outcome::Measured(measurement) = &mut trial.outcome {
        change(measurement);
    }
    judge(&plan(), &trial)
}

fn slices(medians_ms: &[u64]) -> Vec<trial::Second> {
    let second = |(i, ms): (u64, &u64)| trial::Second {
        offset_ns: i * 1_000_000_000,
        received: 1,
        p50_ns: Some(ms * 1_000_000),
        ..Default::default()
    };
    (0..).zip(medians_ms).map(second).collect()
}

#[test]
fn a_trial_passes_only_when_nothing_speaks_against_it() {
    const MS: u64 = 1_000_000;
    assert_eq!(judged(MS, |_| ()), Judgement::Pass);
    assert!(matches!(judged(11 * MS, |_| ()), Judgement::Fail(Cause::TooSlow { share: 0.0, .. })));
    assert_eq!(judged(MS, |m| m.timeline = slices(&[1, 1, 1])), Judgement::Pass);
    let piling = judged(MS, |m| m.timeline = slices(&[1, 4, 7]));
    assert!(
        matches!(piling, Judgement::Fail(Cause::Backlog { growth }) if (growth - 0.003).abs() < 1e-4),
        "{piling:?}"
    );
    let lost = |lost| move |m: &mut Measurement| (m.counters.lost, m.counters.received) = (lost, 40_000 - lost);
    assert_eq!(judged(MS, lost(40)), Judgement::Pass, "99.9 % came");
    assert_eq!(judged(MS, lost(41)), Judgement::Fail(Cause::Undelivered { share: 39_959.0 / 40_000.0 }));
}

#[test]
fn events_that_never_came_count_as_too_slow() {
    let mut strict = plan();
    strict.slo = "p99.95=10ms".parse().unwrap();
    let mut trial = trial(1_000_000);
    if let Outcome::Measured(m) = &mut trial.outcome {
        (m.counters.lost, m.counters.received) = (20, 39_980);
    }
    assert!(matches!(judge(&strict, &trial), Judgement::Fail(Cause::TooSlow { .. })), "20 of 30,020 never came");
    strict.slo = "p99.9=10ms".parse().unwrap();
    assert_eq!(judge(&strict, &trial), Judgement::Pass);
}

#[test]
fn a_failure_that_the_generator_can_have_caused_proves_nothing() {
    let busy = |m: &mut Measurement| m.client = m.client.map(|u| trial::Usage { cpu_ns: 2_500_000_000, ..u });
    assert_eq!(judged(1_000_000, busy), Judgement::Pass, "what held has held");
    assert!(matches!(judged(11_000_000, busy), Judgement::Invalid(Cause::GeneratorBusy { .. })));
    let late = |m: &mut Measurement| {
        let mut lag = Distribution::new();
        lag.record(2_000_000);
        m.distributions.insert(Metric::GeneratorLag, lag);
    };
    assert_eq!(judged(9_000_000, late), Judgement::Pass);
    assert!(matches!(judged(11_000_000, late), Judgement::Invalid(Cause::GeneratorLate { .. })), "9 ms without it");
    let starved = |m: &mut Measurement| {
        late(m);
        m.client = m.client.map(|u| trial::Usage { run_queue_ns: Some(u.elapsed_ns * 4 / 10), ..u });
    };
    assert_eq!(judged(11_000_000, starved), Judgement::Invalid(Cause::HostFull { waited: 0.4 }));
    let both = |m: &mut Measurement| {
        starved(m);
        busy(m);
    };
    assert_eq!(
        judged(11_000_000, both),
        Judgement::Invalid(Cause::HostFull { waited: 0.4 }),
        "no --threads here either"
    );
    let mut full = trial(11_000_000);
    full.server = Some(facts(2));
    if let Outcome::Measured(m) = &mut full.outcome {
        busy(m);
        m.server = m.client.map(|u| trial::Usage { host_cpu_ns: Some(u.elapsed_ns * 19 / 10), ..u });
    }
    assert_eq!(judge(&plan(), &full), Judgement::Invalid(Cause::HostBusy { share: 0.95 }));
    full.server = Some(facts(4));
    assert!(matches!(judge(&plan(), &full), Judgement::Invalid(Cause::GeneratorBusy { .. })), "CPUs are free");
    assert!(matches!(judged(13_000_000, late), Judgement::Fail(Cause::TooSlow { .. })), "too slow even without it");
}

#[test]
fn a_server_that_fails_while_it_waits_for_a_cpu_fails_for_that_reason() {
    let waiting = |run_queue_ns| {
        move |m: &mut Measurement| {
            let usage = trial::Usage { elapsed_ns: 1_000, run_queue_ns, ..Default::default() };
            m.server = Some(usage);
        }
    };
    assert_eq!(judged(1_000_000, waiting(Some(600))), Judgement::Pass);
    let Judgement::Fail(Cause::ServerStarved { broken, waited }) = judged(11_000_000, waiting(Some(600))) else {
        panic!("a server on a full host")
    };
    assert!(matches!(*broken, Cause::TooSlow { .. }) && waited == 0.6);
    for calm in [None, Some(100)] {
        assert!(matches!(judged(11_000_000, waiting(calm)), Judgement::Fail(Cause::TooSlow { .. })));
    }
}

#[test]
fn what_was_not_measured_or_not_on_one_clock_is_no_evidence() {
    let mut remote = trial(1_000_000);
    remote.clock = Some(trial::ClockOffset { bound_ns: 2_000_000, ..Default::default() });
    assert_eq!(judge(&plan(), &remote), Judgement::Invalid(Cause::ClockUncertain { bound_ns: 2_000_000 }));
    let trial::Workload::Push(push) = remote.cell.workload.clone() else { panic!("not pushed") };
    remote.cell.workload = push.relayed();
    assert_eq!(judge(&plan(), &remote), Judgement::Pass, "a relay has one clock");
    let failed = Trial { outcome: Outcome::Failed("gone".to_owned()), ..remote };
    assert_eq!(judge(&plan(), &failed), Judgement::Invalid(Cause::NotMeasured("gone".to_owned())));
}
