//! What a trial proves, with one thing changed at a time.

use super::*;
use std::collections::BTreeMap;
use trial::Distribution;

/// A trial of 10,000 events a second for three seconds, all of them this late.
fn trial(response_ns: u64) -> Trial {
    let plan = "name='p'\nwhy='w'\n[[cell]]\nname='capacity/search/10000'\nwhy='w'\nscenario='push'\n";
    let cell = trial::Plan::from_toml(plan).unwrap().cells.remove(0);
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
        arm: cell.arms[0],
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
        carriers: Default::default(),
        certificate: None,
    }
}

fn judged(response_ns: u64, change: impl FnOnce(&mut Measurement)) -> Judgement {
    let mut trial = trial(response_ns);
    if let Outcome::Measured(measurement) = &mut trial.outcome {
        change(measurement);
    }
    judge(&slo(), &trial)
}

fn slo() -> trial::Slo {
    "p99=10ms".parse().unwrap()
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
    let strict = "p99.95=10ms".parse().unwrap();
    let mut trial = trial(1_000_000);
    if let Outcome::Measured(m) = &mut trial.outcome {
        (m.counters.lost, m.counters.received) = (20, 39_980);
    }
    assert!(matches!(judge(&strict, &trial), Judgement::Fail(Cause::TooSlow { .. })), "20 of 30,020 never came");
    assert_eq!(judge(&"p99.9=10ms".parse().unwrap(), &trial), Judgement::Pass);
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
    assert_eq!(judge(&slo(), &full), Judgement::Invalid(Cause::HostBusy { share: 0.95 }));
    full.server = Some(facts(4));
    assert!(matches!(judge(&slo(), &full), Judgement::Invalid(Cause::GeneratorBusy { .. })), "CPUs are free");
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
    assert_eq!(judge(&slo(), &remote), Judgement::Invalid(Cause::ClockUncertain { bound_ns: 2_000_000 }));
    let trial::Workload::Push(push) = remote.cell.workload.clone() else { panic!("not pushed") };
    remote.cell.workload = push.relayed();
    assert_eq!(judge(&slo(), &remote), Judgement::Pass, "a relay has one clock");
    let failed = Trial { outcome: Outcome::Failed("gone".to_owned()), ..remote };
    assert_eq!(judge(&slo(), &failed), Judgement::Invalid(Cause::NotMeasured("gone".to_owned())));
}
