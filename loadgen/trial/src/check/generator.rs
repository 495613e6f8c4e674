//! A generator that measures itself, or that does not offer what was planned.

use super::row::BearsOn::Times;
use super::row::Warning;
use crate::{Figure, Measurement, Metric, Quantile, Scenario, Trial, Workload};
use wire::{Rate, Transport};

/// Share of its CPU, in percent, above which a generator counts as busy.
const BUSY_PERCENT: f64 = 80.0;
/// Share of all CPUs of a host that both ends share, from which on another thread finds none free.
const FULL: f64 = 0.85;
/// Lag of the generator's own event loop at p99, in microseconds, that is worth a warning.
const LAG_US: f64 = 1_000.0;
/// Share of a round trip, in percent, that messages may wait inside the generator. Ten would be the round number, but a
/// calm two-CPU guest shows 7 to 9 (waking a task takes 12 of 140 µs), so that it would void by chance.
const QUEUEING_PERCENT: f64 = 20.0;
/// Share of the null-server ceiling that a load may take.
const CEILING_SHARE: f64 = 0.5;
/// Share of the planned events that must have been sent.
const OFFERED_SHARE: f64 = 0.999;

crate::checks! {
    /// The generator used most of its CPU although it had a schedule to keep.
    GENERATOR_SATURATED generator_saturated(share: f64, waited: Option<f64>, full: Option<f64>) = "generator-saturated", Void {
        when: "CPU > {BUSY_PERCENT} % with a schedule to keep";
        en: "the load generator used {share:.0} % of its CPU while it kept a schedule: what it timed is itself; {}",
            remedy(waited, full, LOWER_OR_THREADS)[0];
        zh: "负载发生器在按计划发送时用掉了其 CPU 的 {share:.0} %：它计的是自己的时；{}",
            remedy(waited, full, LOWER_OR_THREADS)[1];
        @look: |trial, m| busy(trial, m, is_scheduled(trial), generator_saturated);
        bears_on: Times;
        noise: true;
        probe: Some("V14 saturation");
    }
    /// The same without a schedule: a closed loop only loses its claim to be limited by the server.
    GENERATOR_BUSY generator_busy(share: f64, waited: Option<f64>, full: Option<f64>) = "generator-busy", Warn {
        when: "CPU > {BUSY_PERCENT} % without a schedule";
        en: "the load generator used {share:.0} % of its CPU: it may be what limits; {}", remedy(waited, full, LOWER_OR_THREADS)[0];
        zh: "负载发生器用掉了其 CPU 的 {share:.0} %：瓶颈可能在它；{}", remedy(waited, full, LOWER_OR_THREADS)[1];
        @look: |trial, m| busy(trial, m, !is_scheduled(trial), generator_busy);
        bears_on: Times;
    }
    /// The generator's event loop answers late; said with its cause where its threads waited for a CPU.
    GENERATOR_LATE generator_late(p99_us: f64, waited: Option<f64>, full: Option<f64>) = "generator-late", Warn {
        when: "event-loop lag p99 > {LAG_US} µs";
        en: "the load generator itself was {p99_us:.0} µs late at p99: {}", remedy(waited, full, FEWER_OR_THREADS)[0];
        zh: "负载发生器自身 p99 迟到 {p99_us:.0} µs：{}", remedy(waited, full, FEWER_OR_THREADS)[1];
        @look: late;
        bears_on: Times;
    }
    /// Messages wait inside the generator. Only where the generator is the sender: in a push it is the server that waits
    /// between release and write, and that is part of what is compared.
    GENERATOR_QUEUEING generator_queueing(median_us: f64, share: f64) = "generator-queueing", Void {
        when: "echo and relay: median of sent - fired > {QUEUEING_PERCENT} % of what is timed";
        en: "messages waited {median_us:.0} µs (median) inside the load generator, {share:.0} % of what was timed: lower the rate or use fewer connections";
        zh: "消息在负载发生器内部等待 {median_us:.0} µs（中位数），占所计时间的 {share:.0} %：请降低速率或减少连接";
        @look: |trial, m| queueing(trial.cell.workload.scenario(), m);
        bears_on: Times;
        noise: true;
    }
    /// The load is near what the generator can take at all, measured before the run with a null server.
    CEILING_NEAR ceiling_near(transport: Transport, offered: f64, ceiling: f64) = "ceiling-near", Void {
        when: "load > {CEILING_SHARE} of the null-server ceiling";
        en: "{offered:.0} events/s over {transport} are more than half of the {ceiling:.0}/s that the load generator can take: lower the rate or add --threads";
        zh: "{transport} 每秒 {offered:.0} 个事件，超过负载发生器上限（每秒 {ceiling:.0} 个）的一半：请降低速率或增加 --threads";
        bears_on: Times;
    }
    /// Less was sent than was planned. A trial that was cut short, or that ordered its own losses, planned nothing.
    OFFERED_SHORT offered_short(sent: u64, planned: u64) = "offered-short", Void {
        when: "sent / planned < {OFFERED_SHARE}";
        en: "only {sent} of {planned} planned events were sent: not the load that was asked for; lower the rate";
        zh: "计划的 {planned} 个事件只发出了 {sent} 个：这不是所要的负载；请降低速率";
        @look: offered;
        probe: Some("V14 saturation");
    }
}

/// What helps a generator that has CPUs to spare.
const LOWER_OR_THREADS: [&str; 2] = ["lower the rate or add --threads", "请降低速率或增加 --threads"];
const FEWER_OR_THREADS: [&str; 2] = ["fewer connections or more --threads", "请减少连接或增加 --threads"];

/// What helps: where the generator waited for a CPU, or both ends used nearly all of them, another thread would only wait, too.
fn remedy(waited: Option<f64>, full: Option<f64>, otherwise: [&str; 2]) -> [String; 2] {
    let [en, zh] = match (waited, full) {
        (Some(waited), _) => [
            format!("its threads waited {waited:.2} s of each second for a CPU"),
            format!("其线程每秒有 {waited:.2} 秒在等待 CPU"),
        ],
        (None, Some(full)) => [
            format!("{:.0} % of this host's CPU time was in use", 100.0 * full),
            format!("本机的 CPU 时间已用掉 {:.0} %", 100.0 * full),
        ],
        (None, None) => return otherwise.map(str::to_owned),
    };
    [
        format!("{en}: fewer connections, a lower rate or a machine of its own, not more --threads"),
        format!("{zh}：请减少连接、降低速率，或为发生器单独准备一台机器，而不是增加 --threads"),
    ]
}

/// How a generator's host is full, if it is: seconds of each second that its threads waited for a CPU, and how much of all CPUs
/// was in use.
fn fullness(trial: &Trial, measurement: &Measurement) -> (Option<f64>, Option<f64>) {
    (measurement.client.and_then(|usage| usage.starved()), full(trial, measurement))
}

/// How much of the host's CPU time was used, where both ends share one and left nearly none.
pub fn full(trial: &Trial, measurement: &Measurement) -> Option<f64> {
    let cpus = trial.server.as_ref().filter(|_| trial.clock.is_none_or(|clock| clock.same_clock))?.cpus.len();
    let usage = measurement.server.filter(|usage| usage.elapsed_ns > 0 && cpus > 0)?;
    Some(usage.host_cpu_ns? as f64 / (usage.elapsed_ns as f64 * cpus as f64)).filter(|&share| share > FULL)
}

/// The warning about a generator that used most of its CPU, where it is the `one` for its kind of load.
fn busy(
    trial: &Trial,
    measurement: &Measurement,
    one: bool,
    warning: fn(f64, Option<f64>, Option<f64>) -> Warning,
) -> Option<Warning> {
    let usage = measurement.client.filter(|usage| one && usage.elapsed_ns > 0)?;
    let share = 100.0 * usage.cpu_ns as f64 / (usage.elapsed_ns as f64 * trial.client.threads.max(1) as f64);
    let (waited, full) = fullness(trial, measurement);
    (share > BUSY_PERCENT).then(|| warning(share, waited, full))
}

fn is_scheduled(trial: &Trial) -> bool {
    trial.cell.workload.offered().is_some()
}

fn late(trial: &Trial, measurement: &Measurement) -> Option<Warning> {
    let p99_us = microseconds(measurement, Metric::GeneratorLag, Quantile::P99)?;
    let (waited, full) = fullness(trial, measurement);
    (p99_us > LAG_US).then(|| generator_late(p99_us, waited, full))
}

fn queueing(scenario: Scenario, measurement: &Measurement) -> Option<Warning> {
    let median = |metric| microseconds(measurement, metric, Quantile::P50);
    let timed = match scenario {
        Scenario::Echo => Metric::RoundTrip,
        Scenario::Relay => Metric::ResponseTime,
        Scenario::Push | Scenario::Saturate | Scenario::Connect | Scenario::Memory => return None,
        Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact => return None,
        Scenario::Llm | Scenario::ToolLoop | Scenario::Capacity | Scenario::Read => return None,
    };
    let waited_us = median(Metric::Queueing)?;
    let share = 100.0 * waited_us / median(timed)?;
    (share > QUEUEING_PERCENT).then(|| generator_queueing(waited_us, share))
}

/// Whether a load is near what the generator can take at all.
pub fn near_ceiling(transport: Transport, offered: f64, ceiling: Rate) -> Option<Warning> {
    let ceiling = ceiling.get();
    (offered > CEILING_SHARE * ceiling).then(|| ceiling_near(transport, offered, ceiling))
}

fn offered(trial: &Trial, measurement: &Measurement) -> Option<Warning> {
    measurement.counters.expected.filter(|_| trial.cell.workload.faults().is_none())?;
    let (sent, planned) = match &trial.cell.workload {
        Workload::Echo { pace, timing, .. } | Workload::Relay { pace, timing, .. } => {
            (measurement.counters.messages_sent, pace.due_within(trial.seed, timing.whole())?)
        }
        Workload::Push(push) => {
            // Without warm-up the server is first asked a moment after the start; what came was sent for certain.
            let sent = measurement.server?.events.max(measurement.counters.in_window);
            (sent, push.planned(trial.seed)?)
        }
        // Each watcher's events are counted against the draw of its job: what was not sent is lost.
        Workload::Job(_) | Workload::Saturate { .. } | Workload::Connect { .. } | Workload::Memory { .. } => {
            return None;
        }
        Workload::Handshake { .. } | Workload::Codec | Workload::Browser | Workload::Exact { .. } => return None,
        Workload::Llm { .. } | Workload::Endpoint { .. } | Workload::ToolLoop(_) => return None,
        Workload::Capacity { .. } | Workload::Read { .. } => return None,
    };
    ((sent as f64) < OFFERED_SHARE * planned as f64).then(|| offered_short(sent, planned))
}

fn microseconds(measurement: &Measurement, metric: Metric, quantile: Quantile) -> Option<f64> {
    Figure::Duration(metric, quantile).of(measurement).map(|ns| ns / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples;
    use crate::{Counters, Usage};

    fn used(percent: u64) -> Measurement {
        let usage = Usage { elapsed_ns: 1_000, cpu_ns: percent * 10, ..Usage::default() };
        Measurement { client: Some(usage), ..Measurement::default() }
    }

    #[test]
    fn a_busy_generator_voids_a_schedule_and_qualifies_a_closed_loop() {
        let (push, saturate) = (samples::trial(Scenario::Push), samples::trial(Scenario::Saturate));
        let found = |trial: &Trial, m: &Measurement| LOOKS.iter().find_map(|look| look(trial, m));
        assert_eq!(found(&push, &used(80)), None);
        assert_eq!(found(&push, &used(81)), Some(generator_saturated(81.0, None, None)));
        assert_eq!(found(&saturate, &used(81)), Some(generator_busy(81.0, None, None)));
        assert_eq!(found(&push, &Measurement::default()), None);
        let mut two = push;
        two.client.threads = 2;
        assert_eq!(found(&two, &used(150)), None);
    }

    #[test]
    fn lag_and_queueing_have_their_thresholds() {
        let push = samples::trial(Scenario::Push);
        let late = |us| late(&push, &samples::timed(&[(Metric::GeneratorLag, &[us])]));
        assert_eq!(late(999), None);
        assert!(late(1_100).is_some());
        let waits = |us| samples::timed(&[(Metric::Queueing, &[us]), (Metric::RoundTrip, &[100])]);
        assert_eq!(queueing(Scenario::Echo, &waits(19)), None);
        assert!(queueing(Scenario::Echo, &waits(22)).is_some_and(|found| found.is(&GENERATOR_QUEUEING)));
        assert_eq!(queueing(Scenario::Push, &waits(90)), None, "a server's own queue is what is measured");
    }

    fn facts(cpus: usize) -> wire::Facts {
        let limits = wire::Limits { max_connections: 1, max_rate: 1.0, max_payload_bytes: 64, max_request_bytes: 64 };
        let [version, commit, profile, boot_id, kernel, cpu] = <[String; 6]>::default();
        let (cpus, transports, llm) = ((0..cpus).collect(), Vec::new(), wire::LlmFacts::default());
        let (wire_version, pid, threads, tuning) = (1, 1, 1, wire::Tuning::of(wire::Preset::Equal));
        wire::Facts {
            wire_version,
            pid,
            threads,
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
            certificate: Default::default(),
        }
    }

    #[test]
    fn threads_are_advised_only_where_a_cpu_is_free_for_them() {
        let mut trial = samples::trial(Scenario::Push);
        trial.server = Some(facts(2));
        let said = |run_queue_ns, host_cpu_ns| {
            let usage = Usage { elapsed_ns: 1_000, cpu_ns: 900, run_queue_ns, host_cpu_ns, ..Usage::default() };
            let (client, server) = (Some(usage), Some(usage));
            let m = Measurement { client, server, ..samples::timed(&[(Metric::GeneratorLag, &[1_100])]) };
            let found =
                [late(&trial, &m), busy(&trial, &m, true, generator_saturated), busy(&trial, &m, true, generator_busy)];
            found.map(|warning| warning.unwrap().words())
        };
        for [en, zh] in said(Some(90), Some(1_700)) {
            assert!(en.ends_with("more --threads") || en.ends_with("add --threads"), "{en}");
            assert!(zh.ends_with("增加 --threads") && !zh.contains("而不是"), "{zh}");
        }
        for (run_queue_ns, host_cpu_ns, why) in [
            (Some(400), None, "waited 0.40 s of each second for a CPU"),
            (Some(1_600), Some(1_900), "waited 1.60 s of each second for a CPU"),
            (None, Some(1_900), "95 % of this host's CPU time was in use"),
        ] {
            for [en, zh] in said(run_queue_ns, host_cpu_ns) {
                assert!(en.contains(why) && en.ends_with("a machine of its own, not more --threads"), "{en}");
                assert!(zh.ends_with("而不是增加 --threads"), "{zh}");
            }
        }
    }

    #[test]
    fn a_load_above_half_of_the_ceiling_is_named() {
        let ceiling = Rate::per_second(1_000.0).unwrap();
        assert_eq!(near_ceiling(Transport::Sse, 500.0, ceiling), None);
        assert!(near_ceiling(Transport::Sse, 501.0, ceiling).is_some());
    }

    #[test]
    fn what_was_planned_must_have_been_sent() {
        let trial = samples::trial(Scenario::Push);
        let sent = |events, expected| Measurement {
            server: Some(Usage { events, ..Usage::default() }),
            counters: Counters { expected, ..Counters::default() },
            ..Measurement::default()
        };
        // Two seconds of window; the second of warm-up does not count.
        assert_eq!(offered(&trial, &sent(1_998, Some(3_000))), None);
        let short = Some(offered_short(1_997, 2_000));
        assert_eq!(offered(&trial, &sent(1_997, Some(3_000))), short);
        assert_eq!(offered(&trial, &sent(0, None)), None, "cut short by hand");
        let echo = samples::trial(Scenario::Echo);
        let messages = |messages_sent| Measurement {
            counters: Counters { expected: Some(messages_sent), messages_sent, ..Counters::default() },
            ..Measurement::default()
        };
        assert_eq!(offered(&echo, &messages(3_000)), None);
        assert!(offered(&echo, &messages(2_990)).is_some());
    }
}
