//! Rules 1 and 2: a generator that measures itself, or that does not offer what was planned.

use trial::{Figure, LateGenerator, Measurement, Metric, Quantile, Scenario, Trial, Usage, Warning};
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

/// Rule 1: the generator used most of its CPU. With a schedule, what it timed is itself; a closed loop has no schedule to
/// miss and only loses its claim to be limited by the server.
pub fn saturated(trial: &Trial, measurement: &Measurement) -> Option<Warning> {
    let usage = measurement.client.filter(|usage| usage.elapsed_ns > 0)?;
    let share = 100.0 * usage.cpu_ns as f64 / (usage.elapsed_ns as f64 * trial.client.threads.max(1) as f64);
    let paced = trial.cell.offered().is_some();
    let warning = if paced { Warning::GeneratorSaturated { share } } else { Warning::GeneratorBusy { share } };
    (share > BUSY_PERCENT).then_some(warning)
}

/// Rule 1: the generator's event loop answers late; said with its cause where its threads waited for a CPU.
pub fn late(measurement: &Measurement) -> Option<Warning> {
    let p99_us = microseconds(measurement, Metric::GeneratorLag, Quantile::P99)?;
    let waited = measurement.client.and_then(|usage| usage.waited_share()).filter(|&share| share > Usage::STARVED);
    (p99_us > LAG_US).then_some(Warning::GeneratorLate(LateGenerator { p99_us, waited }))
}

/// Rule 1: messages wait inside the generator. Only where the generator is the sender: in a push it is the server that
/// waits between release and write, and that is part of what is compared.
pub fn queueing(scenario: Scenario, measurement: &Measurement) -> Option<Warning> {
    let median = |metric| microseconds(measurement, metric, Quantile::P50);
    let timed = match scenario {
        Scenario::Echo => Metric::RoundTrip,
        Scenario::Relay => Metric::ResponseTime,
        Scenario::Push | Scenario::Saturate | Scenario::Connect | Scenario::Memory => return None,
        Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact | Scenario::Llm => return None,
    };
    let waited_us = median(Metric::Queueing)?;
    let share = 100.0 * waited_us / median(timed)?;
    (share > QUEUEING_PERCENT).then_some(Warning::GeneratorQueueing { median_us: waited_us, share })
}

/// Rule 1: the load is near what the generator can take at all.
pub fn near_ceiling(transport: Transport, offered: f64, ceiling: Rate) -> Option<Warning> {
    let ceiling = ceiling.get();
    (offered > CEILING_SHARE * ceiling).then_some(Warning::CeilingNear { transport, offered, ceiling })
}

/// Rule 2: less was sent than was planned. A trial that was cut short, or that ordered its own losses, planned nothing.
pub fn offered(trial: &Trial, measurement: &Measurement) -> Option<Warning> {
    measurement.counters.expected.filter(|_| trial.cell.load.faults.is_empty())?;
    let (sent, planned) = match trial.cell.scenario {
        Scenario::Echo | Scenario::Relay => (measurement.counters.messages_sent, dues(trial, 0)?),
        // Each watcher's events are counted against the draw of its job: what was not sent is lost (rule 19).
        Scenario::Push if trial.cell.job.is_some() => return None,
        Scenario::Push => {
            let in_window = dues(trial, trial.cell.load.warmup.as_nanos() as u64)?;
            // Without warm-up the server is first asked a moment after the start; what came was sent for certain.
            let sent = measurement.server?.events.max(measurement.counters.in_window);
            (sent, in_window * u64::from(trial.cell.load.connections))
        }
        Scenario::Saturate | Scenario::Connect | Scenario::Memory => return None,
        Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact | Scenario::Llm => return None,
    };
    ((sent as f64) < OFFERED_SHARE * planned as f64).then_some(Warning::OfferedShort { sent, planned })
}

/// Events of one schedule that fall due from `from_ns` to the end of the window.
fn dues(trial: &Trial, from_ns: u64) -> Option<u64> {
    let load = &trial.cell.load;
    let end_ns = (load.warmup + load.window).as_nanos() as u64;
    let dues = load.schedule.dues(load.rate, trial.seed)?;
    Some(dues.take_while(|&due| due < end_ns).filter(|&due| due >= from_ns).count() as u64)
}

fn microseconds(measurement: &Measurement, metric: Metric, quantile: Quantile) -> Option<f64> {
    Figure::Duration(metric, quantile).of(measurement).map(|ns| ns / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::samples;
    use trial::Counters;

    fn busy(percent: u64) -> Measurement {
        let usage = Usage { elapsed_ns: 1_000, cpu_ns: percent * 10, ..Usage::default() };
        Measurement { client: Some(usage), ..Measurement::default() }
    }

    #[test]
    fn a_busy_generator_voids_a_schedule_and_qualifies_a_closed_loop() {
        let (push, saturate) = (samples::trial(Scenario::Push), samples::trial(Scenario::Saturate));
        assert_eq!(saturated(&push, &busy(80)), None);
        assert_eq!(saturated(&push, &busy(81)), Some(Warning::GeneratorSaturated { share: 81.0 }));
        assert_eq!(saturated(&saturate, &busy(81)), Some(Warning::GeneratorBusy { share: 81.0 }));
        assert_eq!(saturated(&push, &Measurement::default()), None);
        let mut two = push;
        two.client.threads = 2;
        assert_eq!(saturated(&two, &busy(150)), None);
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
        assert!(matches!(queueing(Scenario::Echo, &waits(22)), Some(Warning::GeneratorQueueing { .. })));
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
        let mut trial = samples::trial(Scenario::Push);
        trial.cell.load.rate = Rate::per_second(1_000.0).unwrap();
        let sent = |events, expected| Measurement {
            server: Some(Usage { events, ..Usage::default() }),
            counters: Counters { expected, ..Counters::default() },
            ..Measurement::default()
        };
        // Two seconds of window; the second of warm-up does not count.
        assert_eq!(offered(&trial, &sent(1_998, Some(3_000))), None);
        let short = Some(Warning::OfferedShort { sent: 1_997, planned: 2_000 });
        assert_eq!(offered(&trial, &sent(1_997, Some(3_000))), short);
        assert_eq!(offered(&trial, &sent(0, None)), None, "cut short by hand");
        let mut echo = samples::trial(Scenario::Echo);
        echo.cell.load.rate = trial.cell.load.rate;
        let messages = |messages_sent| Measurement {
            counters: Counters { expected: Some(messages_sent), messages_sent, ..Counters::default() },
            ..Measurement::default()
        };
        assert_eq!(offered(&echo, &messages(3_000)), None);
        assert!(offered(&echo, &messages(2_990)).is_some());
    }
}
