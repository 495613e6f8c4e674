//! Who stood still. A stall of the server is charged to it and named; one of its host or of the load generator voids the
//! trial.

use super::row::BearsOn::Times;
use super::row::{Action, Warning};
use crate::{Figure, LONG_NS, Late, Measurement, Metric, Quantile, Stalls, Trial, Usage, Workload};
use wire::Rate;

/// Share of the events that must be late, together with the witness, for a trial to be void: then quantiles are the host's.
const HOST_SHARE: f64 = 0.01;
/// Share of the events that must be late for a server's stall to be worth a warning, unless one was as long as a pause.
const SERVER_SHARE: f64 = 0.001;
/// A pause, in nanoseconds: two probes of the generator's event loop in a row.
const PAUSE_NS: u64 = 20_000_000;
/// Share of the CPUs that our two programs may use while a witness without real-time scheduling still counts.
const BUSY_SHARE: f64 = 0.5;
/// Lateness of the pacer at p99, in microseconds, from which on arrivals bunch.
const BUNCHED_US: f64 = 200.0;
/// Long lateness in milliseconds.
const LONG_MS: u64 = LONG_NS / 1_000_000;

crate::checks! {
    /// Events were released late.
    PACER_LATE pacer_late(p99_us: f64) = "pacer-late", Warn {
        when: "fired - due: p99 > {BUNCHED_US} µs or > the interval; without a witness > {LONG_MS} ms";
        en: "events were released {p99_us:.0} µs late at p99: all but an idle timer's lateness is charged";
        zh: "事件 p99 迟发 {p99_us:.0} µs：除空闲定时器自身的迟到外，全部计入所判时间";
        @look: |trial, m| pacer(trial.cell.workload.pace().map(|pace| pace.rate), m).filter(|found| trial.is_paced() && found.action() < Action::Void);
        // Trials of the first schemas, which had no witness to ask; since then what is late for long is a stall.
        worse: Some((Action::Void, |warning| warning.number("p99_us") > LONG_NS as f64 / 1e3));
        bears_on: Times;
        noise: true;
    }
    /// Events were released late by the server's own fault.
    SERVER_STALLED server_stalled(late: u64, longest_ms: f64, witnessed: bool) = "server-stalled", Warn {
        when: "{} % of events > {LONG_MS} ms late, or one {} ms, idle timer on time", 100.0 * SERVER_SHARE, PAUSE_NS / 1_000_000;
        en: "the server released {late} events more than {LONG_MS} ms late, by up to {longest_ms:.1} ms, {}: its own stall, charged to it",
            if witnessed { "while an idle timer on its host was on time" } else { "and nobody on its host says otherwise" };
        zh: "服务器有 {late} 个事件迟发超过 {LONG_MS} ms，最长 {longest_ms:.1} ms，{}：这是它自己的停顿，计入它的时间",
            if witnessed { "而其主机上的空闲定时器准时" } else { "其主机上无人作证" };
        @look: |trial, m| attributed(trial, m)?.server();
        bears_on: Times;
        probe: Some("V2 freeze");
    }
    /// Events were released late, and an idle timer on the same host was late as well.
    HOST_STALLED host_stalled(share: f64, longest_ms: f64) = "host-stalled", Void {
        when: "{} % of events > {LONG_MS} ms late, idle timer too", 100.0 * HOST_SHARE;
        en: "the server's host stood still: {share:.1} % of the events were more than {LONG_MS} ms late (up to {longest_ms:.1} ms) while an idle timer was late too; use a quieter host";
        zh: "服务器所在主机停顿：{share:.1} % 的事件迟发超过 {LONG_MS} ms（最长 {longest_ms:.1} ms），同时空闲定时器也迟到；请换一台更安静的主机";
        @look: |trial, m| attributed(trial, m)?.host();
        bears_on: Times;
        noise: true;
    }
    /// The load generator stood still; the longest pause is at most one probe interval (10 ms) too short.
    GENERATOR_PAUSED generator_paused(longest_ms: f64) = "generator-paused", Void {
        when: "its event loop or own schedule {} ms late", PAUSE_NS / 1_000_000;
        en: "generator paused: the load generator stood still for {longest_ms:.0} ms, which is in no response time of the server's; the trial does not count";
        zh: "负载发生器暂停：它停顿了 {longest_ms:.0} ms，与服务器的响应时间无关；该试验不计";
        @look: |trial, m| attributed(trial, m)?.generator();
        bears_on: Times;
        noise: true;
        probe: Some("V22 pause");
    }
}

/// Above this, arrivals bunch; lateness that could make a trial void is attributed first.
pub fn pacer(rate: Option<Rate>, measurement: &Measurement) -> Option<Warning> {
    let p99_us = Figure::Duration(Metric::PacerLateness, Quantile::P99).of(measurement)? / 1e3;
    let limit_us = rate.map_or(BUNCHED_US, |rate| BUNCHED_US.min(rate.interval_ns() / 1e3));
    (p99_us > limit_us).then(|| pacer_late(p99_us))
}

/// Who was late, as far as it bears on the numbers.
struct Attributed {
    /// Events of the process that has the schedule.
    schedule: Late,
    /// Events that its host excuses.
    host: Late,
    generator: Late,
    /// Whether the load generator has the schedule.
    ours: bool,
    witnessed: bool,
    events: f64,
}

/// `None` where nobody looked, or nothing was due. A witness that competes with a busy server for its CPUs excuses nothing.
fn attributed(trial: &Trial, measurement: &Measurement) -> Option<Attributed> {
    let stalls: &Stalls = measurement.stalls.as_ref().filter(|_| trial.is_paced())?;
    let counts = stalls.witness.is_some_and(|witness| witness.realtime) || !is_busy(trial, measurement);
    let (mut schedule, mut host) = (stalls.schedule, stalls.host);
    if !counts {
        schedule.add(&host);
        host = Late::default();
    }
    Some(Attributed {
        schedule,
        host,
        generator: stalls.generator,
        ours: matches!(trial.cell.workload, Workload::Echo { .. } | Workload::Relay { .. }),
        witnessed: stalls.witness.is_some() && counts,
        events: measurement.counters.in_window.max(1) as f64,
    })
}

impl Attributed {
    fn server(&self) -> Option<Warning> {
        let late = self.schedule;
        let is_stall = late.long as f64 / self.events > SERVER_SHARE || late.longest_ns >= PAUSE_NS;
        (is_stall && !self.ours).then(|| server_stalled(late.long, milliseconds(late), self.witnessed))
    }

    fn host(&self) -> Option<Warning> {
        let share = self.host.long as f64 / self.events;
        (share > HOST_SHARE).then(|| host_stalled(100.0 * share, milliseconds(self.host)))
    }

    fn generator(&self) -> Option<Warning> {
        let ours = [self.generator, self.schedule].into_iter().take(if self.ours { 2 } else { 1 });
        let pause = ours.max_by_key(|late| late.longest_ns).filter(|late| late.longest_ns >= PAUSE_NS);
        pause.map(|late| generator_paused(milliseconds(late)))
    }
}

fn milliseconds(late: Late) -> f64 {
    late.longest_ns as f64 / 1e6
}

/// Whether server and generator use more than half of the server's CPUs.
fn is_busy(trial: &Trial, measurement: &Measurement) -> bool {
    let cpus = trial.server.as_ref().map_or(1, |facts| facts.cpus.len().max(1)) as f64;
    let share = |usage: Usage| usage.cpu_ns as f64 / usage.elapsed_ns.max(1) as f64;
    let used: f64 = [measurement.server, measurement.client].into_iter().flatten().map(share).sum();
    used > BUSY_SHARE * cpus
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples;
    use crate::{Counters, Scenario, Witness};

    const MS: u64 = 1_000_000;

    fn late(long: u64, longest_ms: u64) -> Late {
        Late { events: long, long, longest_ns: longest_ms * MS }
    }

    fn found(scenario: Scenario, stalled: Stalls, busy: bool) -> Vec<(&'static str, Action)> {
        let found = warnings(scenario, stalled, busy);
        found.iter().map(|warning| (warning.check().id, warning.action())).collect()
    }

    /// What is said of a server that is late, on such a host.
    fn text(witness: Option<Witness>, busy: bool) -> String {
        let stalled = Stalls { witness, schedule: late(700, 700), ..Stalls::default() };
        let [english, _] = warnings(Scenario::Push, stalled, busy)[0].words();
        english
    }

    fn warnings(scenario: Scenario, stalled: Stalls, busy: bool) -> Vec<Warning> {
        let usage = Usage { elapsed_ns: 100, cpu_ns: if busy { 60 } else { 20 }, ..Usage::default() };
        let measurement = Measurement {
            counters: Counters { in_window: 10_000, ..Counters::default() },
            server: Some(usage),
            client: Some(usage),
            stalls: Some(stalled),
            ..Measurement::default()
        };
        let trial = samples::trial(scenario);
        LOOKS.iter().filter_map(|look| look(&trial, &measurement)).collect()
    }

    fn witness(realtime: bool) -> Option<Witness> {
        Some(Witness { realtime, samples: 1_000, ..Witness::default() })
    }

    #[test]
    fn a_servers_stall_is_named_and_charged() {
        let stalled =
            |long, longest_ms| Stalls { witness: witness(true), schedule: late(long, longest_ms), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, stalled(10, 6), false), []);
        assert_eq!(found(Scenario::Push, stalled(11, 6), false), [("server-stalled", Action::Warn)]);
        assert_eq!(found(Scenario::Push, stalled(1, 20), false), [("server-stalled", Action::Warn)]);
        assert_eq!(
            found(Scenario::Push, stalled(700, 700), true),
            [("server-stalled", Action::Warn)],
            "however long it is"
        );
        assert_eq!(
            found(Scenario::Echo, stalled(700, 700), false),
            [("generator-paused", Action::Void)],
            "the pacer is ours"
        );
    }

    #[test]
    fn a_late_host_voids_as_far_as_its_witness_counts() {
        let stalled = |witness| Stalls { witness, host: late(101, 30), ..Stalls::default() };
        let void = [("host-stalled", Action::Void)];
        assert_eq!(found(Scenario::Push, stalled(witness(true)), true), void);
        assert_eq!(found(Scenario::Push, stalled(witness(false)), false), void);
        assert_eq!(found(Scenario::Push, stalled(witness(false)), true), [("server-stalled", Action::Warn)]);
        assert!(text(witness(true), true).contains("while an idle timer"));
        assert!(!text(witness(false), true).contains("idle timer"), "one that does not count says nothing");
        let few = Stalls { witness: witness(true), host: late(100, 30), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, few, false), []);
    }

    #[test]
    fn a_server_that_nobody_watches_is_charged() {
        let stalled = Stalls { schedule: late(500, 12), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, stalled, false), [("server-stalled", Action::Warn)]);
    }

    #[test]
    fn a_pause_of_the_generator_voids() {
        let paused = |longest_ms| Stalls { generator: late(3, longest_ms), ..Stalls::default() };
        assert_eq!(found(Scenario::Push, paused(19), false), []);
        assert_eq!(found(Scenario::Push, paused(20), false), [("generator-paused", Action::Void)]);
    }

    fn released(us: u64, rate: f64) -> Option<Action> {
        let measurement = samples::timed(&[(Metric::PacerLateness, &[us])]);
        pacer(Rate::per_second(rate), &measurement).map(|warning| warning.action())
    }

    #[test]
    fn a_late_pacer_is_said_and_then_void() {
        for (us, rate, action) in [
            (199, 100.0, None),
            (202, 100.0, Some(Action::Warn)),
            (99, 10_000.0, None),
            (110, 10_000.0, Some(Action::Warn)),
            (4_990, 100.0, Some(Action::Warn)),
            (5_010, 100.0, Some(Action::Void)),
        ] {
            assert_eq!(released(us, rate), action, "{us} µs at {rate}/s");
        }
        assert_eq!(pacer(Rate::per_second(1.0), &Measurement::default()), None);
    }
}
