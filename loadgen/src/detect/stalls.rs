//! Rules 1 and 3: who stood still. A stall of the server is charged to it and named; one of its host or of the load
//! generator voids the trial.

use trial::{Late, Measurement, Scenario, StallWarning, Stalls, Trial, Warning};

/// Share of the events that must be late, together with the witness, for a trial to be void: then quantiles are the host's.
const HOST_SHARE: f64 = 0.01;
/// Share of the events that must be late for a server's stall to be worth a warning, unless one was as long as a pause.
const SERVER_SHARE: f64 = 0.001;
/// A pause, in nanoseconds: two probes of the generator's event loop in a row.
const PAUSE_NS: u64 = 20_000_000;
/// Share of the CPUs that our two programs may use while a witness without real-time scheduling is still believed.
const BUSY_SHARE: f64 = 0.5;

/// Who stood still, as far as it bears on the numbers.
pub fn stalls(trial: &Trial, measurement: &Measurement) -> Vec<Warning> {
    let Some(stalls) = &measurement.stalls else { return Vec::new() };
    let (schedule, host) = attributed(trial, measurement, stalls);
    let share = |late: Late| late.long as f64 / measurement.counters.in_window.max(1) as f64;
    let longest_ms = |late: Late| late.longest_ns as f64 / 1e6;
    let is_stall = share(schedule) > SERVER_SHARE || schedule.longest_ns >= PAUSE_NS;
    let ours = [stalls.generator, schedule].into_iter().take(if is_ours(trial) { 2 } else { 1 });
    let pause = ours.max_by_key(|late| late.longest_ns).filter(|late| late.longest_ns >= PAUSE_NS);
    let found = [
        (share(host) > HOST_SHARE)
            .then(|| StallWarning::Host { share: 100.0 * share(host), longest_ms: longest_ms(host) }),
        (is_stall && !is_ours(trial)).then(|| StallWarning::Server {
            late: schedule.long,
            longest_ms: longest_ms(schedule),
            witnessed: stalls.witness.is_some(),
        }),
        pause.map(|late| StallWarning::Generator { longest_ms: longest_ms(late) }),
    ];
    found.into_iter().flatten().map(Warning::from).collect()
}

/// Late events of the process that has the schedule, and of its host. A witness that competes with a busy server for its CPUs
/// excuses nothing.
fn attributed(trial: &Trial, measurement: &Measurement, stalls: &Stalls) -> (Late, Late) {
    let is_believed = stalls.witness.is_some_and(|witness| witness.realtime) || !is_busy(trial, measurement);
    if is_believed {
        return (stalls.schedule, stalls.host);
    }
    let mut schedule = stalls.schedule;
    schedule.add(&stalls.host);
    (schedule, Late::default())
}

/// Whether server and generator use more than half of the server's CPUs.
fn is_busy(trial: &Trial, measurement: &Measurement) -> bool {
    let cpus = trial.server.as_ref().map_or(1, |facts| facts.cpus.len().max(1)) as f64;
    let share = |usage: trial::Usage| usage.cpu_ns as f64 / usage.elapsed_ns.max(1) as f64;
    let used: f64 = [measurement.server, measurement.client].into_iter().flatten().map(share).sum();
    used > BUSY_SHARE * cpus
}

/// Whether the load generator has the schedule.
fn is_ours(trial: &Trial) -> bool {
    matches!(trial.cell.scenario, Scenario::Echo | Scenario::Relay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::samples;
    use trial::{Action, Counters, Usage, Witness};

    const MS: u64 = 1_000_000;

    fn late(long: u64, longest_ms: u64) -> Late {
        Late { events: long, long, longest_ns: longest_ms * MS }
    }

    fn found(scenario: Scenario, stalled: Stalls, busy: bool) -> Vec<(&'static str, Action)> {
        let usage = Usage { elapsed_ns: 100, cpu_ns: if busy { 60 } else { 20 }, ..Usage::default() };
        let measurement = Measurement {
            counters: Counters { in_window: 10_000, ..Counters::default() },
            server: Some(usage),
            client: Some(usage),
            stalls: Some(stalled),
            ..Measurement::default()
        };
        let name = |warning: &Warning| match warning {
            Warning::Stall(StallWarning::Server { .. }) => "server",
            Warning::Stall(StallWarning::Host { .. }) => "host",
            Warning::Stall(StallWarning::Generator { .. }) => "generator",
            _ => "other",
        };
        let found = stalls(&samples::trial(scenario), &measurement);
        found.iter().map(|warning| (name(warning), warning.action())).collect()
    }

    fn witness(realtime: bool) -> Option<Witness> {
        Some(Witness { realtime, samples: 1_000, ..Witness::default() })
    }

    #[test]
    fn a_servers_stall_is_named_and_charged() {
        let stalled =
            |long, longest_ms| Stalls { witness: witness(true), schedule: late(long, longest_ms), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, stalled(10, 6), false), []);
        assert_eq!(found(Scenario::Push, stalled(11, 6), false), [("server", Action::Warn)]);
        assert_eq!(found(Scenario::Push, stalled(1, 20), false), [("server", Action::Warn)]);
        assert_eq!(found(Scenario::Push, stalled(700, 700), true), [("server", Action::Warn)], "however long it is");
        assert_eq!(found(Scenario::Echo, stalled(700, 700), false), [("generator", Action::Void)], "the pacer is ours");
    }

    #[test]
    fn a_late_host_voids_as_far_as_its_witness_is_believed() {
        let stalled = |witness| Stalls { witness, host: late(101, 30), ..Stalls::default() };
        let void = [("host", Action::Void)];
        assert_eq!(found(Scenario::Push, stalled(witness(true)), true), void);
        assert_eq!(found(Scenario::Push, stalled(witness(false)), false), void);
        assert_eq!(found(Scenario::Push, stalled(witness(false)), true), [("server", Action::Warn)]);
        let few = Stalls { witness: witness(true), host: late(100, 30), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, few, false), []);
    }

    #[test]
    fn a_server_that_nobody_watches_is_charged() {
        let stalled = Stalls { schedule: late(500, 12), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, stalled, false), [("server", Action::Warn)]);
    }

    #[test]
    fn a_pause_of_the_generator_voids() {
        let paused = |longest_ms| Stalls { generator: late(3, longest_ms), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, paused(19), false), []);
        assert_eq!(found(Scenario::Push, paused(20), false), [("generator", Action::Void)]);
    }
}
