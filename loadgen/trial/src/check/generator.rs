//! A generator that measures itself, or that does not offer what was planned.

use super::row::BearsOn::Times;
use super::row::Warning;
use crate::{Figure, Measurement, Metric, Quantile, Scenario, Trial, Usage, Workload};
use wire::{Rate, Transport};

/// Share of its CPU, in percent, above which a generator counts as busy.
const BUSY_PERCENT: f64 = 80.0;
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
    GENERATOR_SATURATED generator_saturated(share: f64) = "generator-saturated", Void {
        when: "CPU > {BUSY_PERCENT} % with a schedule to keep";
        en: "the load generator used {share:.0} % of its CPU while it kept a schedule: what it timed is itself; lower the rate or add --threads";
        zh: "负载发生器在按计划发送时用掉了其 CPU 的 {share:.0} %：它计的是自己的时；请降低速率或增加 --threads";
        @look: |trial, m| busy(trial, m).filter(|_| is_scheduled(trial)).map(generator_saturated);
        bears_on: Times;
        noise: true;
        probe: Some("V14 saturation");
    }
    /// The same without a schedule: a closed loop only loses its claim to be limited by the server.
    GENERATOR_BUSY generator_busy(share: f64) = "generator-busy", Warn {
        when: "CPU > {BUSY_PERCENT} % without a schedule";
        en: "the load generator used {share:.0} % of its CPU: it may be what limits; lower the rate or add --threads";
        zh: "负载发生器用掉了其 CPU 的 {share:.0} %：瓶颈可能在它；请降低速率或增加 --threads";
        @look: |trial, m| busy(trial, m).filter(|_| !is_scheduled(trial)).map(generator_busy);
        bears_on: Times;
    }
    /// The generator's event loop answers late; said with its cause where its threads waited for a CPU.
    GENERATOR_LATE generator_late(p99_us: f64, waited: Option<f64>) = "generator-late", Warn {
        when: "event-loop lag p99 > {LAG_US} µs";
        en: "the load generator itself was {p99_us:.0} µs late at p99: {}", waited.map_or(
            "fewer connections or more --threads".to_owned(),
            |waited| format!(
                "its threads waited {:.0} % of the time for a CPU, for this host is full; lower the load or use more CPUs, no more --threads",
                100.0 * waited
            ),
        );
        zh: "负载发生器自身 p99 迟到 {p99_us:.0} µs：{}", waited.map_or(
            "请减少连接或增加 --threads".to_owned(),
            |waited| format!(
                "其线程有 {:.0} % 的时间在等待 CPU，因为本机已满；请降低负载或使用更多 CPU，而不是增加 --threads",
                100.0 * waited
            ),
        );
        @look: |_, m| late(m);
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

/// Share of its CPU, in percent, that a generator used, where that is most of it.
fn busy(trial: &Trial, measurement: &Measurement) -> Option<f64> {
    let usage = measurement.client.filter(|usage| usage.elapsed_ns > 0)?;
    let share = 100.0 * usage.cpu_ns as f64 / (usage.elapsed_ns as f64 * trial.client.threads.max(1) as f64);
    (share > BUSY_PERCENT).then_some(share)
}

fn is_scheduled(trial: &Trial) -> bool {
    trial.cell.workload.offered().is_some()
}

fn late(measurement: &Measurement) -> Option<Warning> {
    let p99_us = microseconds(measurement, Metric::GeneratorLag, Quantile::P99)?;
    let waited = measurement.client.and_then(|usage| usage.waited_share()).filter(|&share| share > Usage::STARVED);
    (p99_us > LAG_US).then(|| generator_late(p99_us, waited))
}

fn queueing(scenario: Scenario, measurement: &Measurement) -> Option<Warning> {
    let median = |metric| microseconds(measurement, metric, Quantile::P50);
    let timed = match scenario {
        Scenario::Echo => Metric::RoundTrip,
        Scenario::Relay => Metric::ResponseTime,
        Scenario::Push | Scenario::Saturate | Scenario::Connect | Scenario::Memory => return None,
        Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact => return None,
        Scenario::Llm | Scenario::ToolLoop | Scenario::Capacity => return None,
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
            (measurement.counters.messages_sent, pace.dues_within(trial.seed, timing.whole())?.count() as u64)
        }
        Workload::Push(push) => {
            let dues = push.pace.dues_within(trial.seed, push.timing.whole())?;
            let in_window = dues.filter(|&due| due >= push.timing.warmup.as_nanos() as u64).count() as u64;
            // Without warm-up the server is first asked a moment after the start; what came was sent for certain.
            let sent = measurement.server?.events.max(measurement.counters.in_window);
            (sent, in_window * u64::from(push.connections))
        }
        // Each watcher's events are counted against the draw of its job: what was not sent is lost.
        Workload::Job(_) | Workload::Saturate { .. } | Workload::Connect { .. } | Workload::Memory { .. } => {
            return None;
        }
        Workload::Handshake { .. } | Workload::Codec | Workload::Browser | Workload::Exact { .. } => return None,
        Workload::Llm { .. } | Workload::Endpoint { .. } | Workload::ToolLoop(_) => return None,
        Workload::Capacity { .. } => return None,
    };
    ((sent as f64) < OFFERED_SHARE * planned as f64).then(|| offered_short(sent, planned))
}

fn microseconds(measurement: &Measurement, metric: Metric, quantile: Quantile) -> Option<f64> {
    Figure::Duration(metric, quantile).of(measurement).map(|ns| ns / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counters;
    use crate::check::samples;

    fn used(percent: u64) -> Measurement {
        let usage = Usage { elapsed_ns: 1_000, cpu_ns: percent * 10, ..Usage::default() };
        Measurement { client: Some(usage), ..Measurement::default() }
    }

    #[test]
    fn a_busy_generator_voids_a_schedule_and_qualifies_a_closed_loop() {
        let (push, saturate) = (samples::trial(Scenario::Push), samples::trial(Scenario::Saturate));
        let found = |trial: &Trial, m: &Measurement| LOOKS.iter().find_map(|look| look(trial, m));
        assert_eq!(found(&push, &used(80)), None);
        assert_eq!(found(&push, &used(81)), Some(generator_saturated(81.0)));
        assert_eq!(found(&saturate, &used(81)), Some(generator_busy(81.0)));
        assert_eq!(found(&push, &Measurement::default()), None);
        let mut two = push;
        two.client.threads = 2;
        assert_eq!(found(&two, &used(150)), None);
    }

    #[test]
    fn lag_and_queueing_have_their_thresholds() {
        assert_eq!(late(&samples::timed(&[(Metric::GeneratorLag, &[999])])), None);
        assert!(late(&samples::timed(&[(Metric::GeneratorLag, &[1_100])])).is_some());
        let mut starved = samples::timed(&[(Metric::GeneratorLag, &[1_100])]);
        for (run_queue_ns, full) in [(None, false), (Some(90), false), (Some(400), true)] {
            starved.client = Some(Usage { elapsed_ns: 1_000, run_queue_ns, ..Usage::default() });
            let text = late(&starved).unwrap().to_string();
            assert_eq!(text.contains("waited 40 % of the time for a CPU"), full, "{text}");
            assert_eq!(text.contains("or more --threads"), !full, "{text}");
        }
        let waits = |us| samples::timed(&[(Metric::Queueing, &[us]), (Metric::RoundTrip, &[100])]);
        assert_eq!(queueing(Scenario::Echo, &waits(19)), None);
        assert!(queueing(Scenario::Echo, &waits(22)).is_some_and(|found| found.is(&GENERATOR_QUEUEING)));
        assert_eq!(queueing(Scenario::Push, &waits(90)), None, "a server's own queue is what is measured");
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
