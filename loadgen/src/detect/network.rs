//! Rules 11, 12 and 14 to 20: sockets and paths that decide instead of the transport, and events that vanish on them.

use std::collections::BTreeMap;
use trial::{Distribution, Measurement, Metric, Trial, Warning};
use wire::{Facts, Preset, Schedule, Tuning};

/// Nanoseconds of a connect that show a repeated SYN (RFC 6298: the first timeout is one second).
const SYN_TIMEOUT_NS: u64 = 990_000_000;
/// Where Nagle and delayed ACKs put times, in milliseconds: one delay of 40 ms, or two.
const PLATEAUS_MS: [std::ops::Range<u64>; 2] = [40..48, 84..92];
/// Share of all times that must lie there.
const PLATEAU_SHARE: f64 = 0.5;
/// Listen backlog that a server of ours must ask for.
const BACKLOG: u32 = 4_096;
/// Share of the busy time that a full buffer may take.
const BUFFER_SHARE: f64 = 0.01;

/// Rules 12 and 15: what a server states about its sockets.
pub fn of_server(server: &Facts, remote: bool) -> Vec<Warning> {
    let tuning = &server.tuning;
    let nagle = (!tuning.nodelay).then(|| Warning::NagleOn { program: "server".to_owned() });
    [nagle, bbr(tuning.congestion_control.as_deref(), remote)].into_iter().flatten().collect()
}

/// Rule 15: bbr over a network, where it decides more than the transport does. `control` is what the server fixed: `None`
/// leaves the host's default, which is judged by [`host_bbr`].
fn bbr(control: Option<&str>, remote: bool) -> Option<Warning> {
    (remote && control == Some("bbr")).then_some(Warning::BbrDefault)
}

/// Rule 15: the default of this host, for what it sends itself.
pub fn host_bbr(default: &str, remote: bool) -> Option<Warning> {
    bbr(Some(default), remote)
}

/// Rule 11: a connect as slow as a repeated SYN.
pub fn repeated_syn(measurement: &Measurement) -> Option<Warning> {
    let slowest = measurement.distributions.get(&Metric::ConnectTcp)?.max()?;
    (slowest >= SYN_TIMEOUT_NS).then(|| Warning::SynRepeated { slowest_ms: slowest as f64 / 1e6 })
}

/// Rule 12, for servers whose sockets cannot be looked at: round trips gather where a delayed ACK lets them go.
pub fn plateau(measurement: &Measurement) -> Option<Warning> {
    let times = measurement.distributions.get(&Metric::RoundTrip)?;
    let (mode_ms, share) = mode(times)?;
    let marked = PLATEAUS_MS.iter().any(|plateau| plateau.contains(&mode_ms)) && share >= PLATEAU_SHARE;
    marked.then_some(Warning::NaglePlateau { mode_ms: mode_ms as f64 })
}

/// The four milliseconds that hold most times, by their first one, and their share.
fn mode(times: &Distribution) -> Option<(u64, f64)> {
    const BIN_NS: u64 = 4_000_000;
    let mut bins = BTreeMap::new();
    for (nanos, count) in times.counts() {
        *bins.entry(nanos / BIN_NS).or_insert(0) += count;
    }
    let (bin, count) = bins.into_iter().max_by_key(|(_, count)| *count)?;
    Some((bin * BIN_NS / 1_000_000, count as f64 / times.len() as f64))
}

/// Rule 14: a server that calls itself equal must have the sockets that every arm has.
pub fn server_defaults(tuning: &Tuning) -> Option<Warning> {
    let Tuning { nodelay, backlog, .. } = *tuning;
    (tuning.preset == Preset::Equal && (!nodelay || backlog < BACKLOG))
        .then_some(Warning::ServerDefaults { nodelay, backlog })
}

/// Rule 16: `tcp_no_metrics_save` as the kernel states it.
pub fn metrics_kept(no_metrics_save: &str, remote: bool) -> Option<Warning> {
    (no_metrics_save == "0").then_some(Warning::MetricsKept { remote })
}

/// Rule 17: `tcp_slow_start_after_idle` as the kernel states it, and whether any load comes in bursts.
pub fn idle_restart(slow_start_after_idle: &str, remote: bool, bursts: bool) -> Option<Warning> {
    (slow_start_after_idle == "1" && remote && bursts).then_some(Warning::IdleRestart)
}

/// Rule 18: nanoseconds that a socket was limited by a buffer (`rwnd_limited` plus `sndbuf_limited` of `TCP_INFO`), and
/// that it was busy at all.
pub fn buffer_bound(program: &str, limited_ns: u64, busy_ns: u64) -> Option<Warning> {
    let share = limited_ns as f64 / busy_ns as f64;
    (busy_ns > 0 && share > BUFFER_SHARE)
        .then(|| Warning::BufferBound { program: program.to_owned(), share: 100.0 * share })
}

/// Rule 19: events that never came. A saturated stream is cut off in the middle by design.
pub fn lost(trial: &Trial, measurement: &Measurement) -> Option<Warning> {
    let counters = &measurement.counters;
    let expected = counters.expected.unwrap_or(counters.received + counters.lost);
    (counters.lost > 0 && trial.cell.load.schedule != Schedule::Unpaced)
        .then_some(Warning::EventsLost { lost: counters.lost, expected })
}

/// Rule 19: events that the server threw away.
pub fn dropped(measurement: &Measurement) -> Option<Warning> {
    let dropped = measurement.server?.dropped;
    (dropped > 0).then_some(Warning::EventsDropped { dropped })
}

/// Rule 20: what `ethtool -k` says about merging segments on an interface.
pub fn offload(interface: &str, features: &str) -> Option<Warning> {
    let merges = |line: &str| {
        let (name, state) = line.split_once(':')?;
        let merging = ["tcp-segmentation-offload", "generic-segmentation-offload", "generic-receive-offload"];
        (merging.contains(&name.trim()) && state.trim().starts_with("on")).then_some(())
    };
    features.lines().find_map(merges).map(|()| Warning::OffloadOn { interface: interface.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::samples;
    use trial::{Counters, Scenario, Usage};

    #[test]
    fn slow_connects_are_repeated_syns() {
        let connect = |us| samples::timed(&[(Metric::ConnectTcp, &[50, us])]);
        assert_eq!(repeated_syn(&connect(900_000)), None);
        assert!(repeated_syn(&connect(1_001_000)).is_some());
    }

    #[test]
    fn a_plateau_needs_its_place_and_half_of_the_times() {
        for (times, fires) in [
            (&[44_000, 44_100, 300][..], true),
            (&[88_000, 88_000][..], true),
            (&[38_000, 38_000][..], false),
            (&[52_000, 52_000][..], false),
            (&[44_000, 300, 5_000, 9_000][..], false),
        ] {
            let measurement = samples::timed(&[(Metric::RoundTrip, times)]);
            assert_eq!(plateau(&measurement).is_some(), fires, "{times:?}");
        }
        assert_eq!(plateau(&Measurement::default()), None);
    }

    #[test]
    fn a_server_that_is_not_equal_is_named() {
        let equal = Tuning::of(Preset::Equal);
        assert_eq!(server_defaults(&equal), None);
        assert_eq!(server_defaults(&Tuning::of(Preset::Stock)), None, "stock says what it is");
        for altered in [Tuning { nodelay: false, ..equal.clone() }, Tuning { backlog: 128, ..equal }] {
            assert!(server_defaults(&altered).is_some(), "{altered:?}");
        }
    }

    #[test]
    fn kernel_settings_matter_over_a_network() {
        assert_eq!(host_bbr("bbr", false), None);
        assert_eq!((host_bbr("bbr", true), host_bbr("cubic", true)), (Some(Warning::BbrDefault), None));
        assert_eq!(metrics_kept("1", true), None);
        assert_eq!(metrics_kept("0", false), Some(Warning::MetricsKept { remote: false }));
        assert_eq!(idle_restart("1", true, true), Some(Warning::IdleRestart));
        for (value, remote, bursts) in [("0", true, true), ("1", false, true), ("1", true, false)] {
            assert_eq!(idle_restart(value, remote, bursts), None);
        }
        let features = |gso| format!("Features for eth0:\nrx-checksumming: on\ngeneric-segmentation-offload: {gso}\n");
        assert_eq!(offload("eth0", &features("off")), None);
        assert!(offload("eth0", &features("on")).is_some() && offload("eth0", "").is_none());
    }

    #[test]
    fn a_buffer_bound_socket_is_told_from_a_busy_one() {
        assert_eq!(buffer_bound("server", 10, 1_000), None);
        assert!(buffer_bound("server", 11, 1_000).is_some());
        assert_eq!(buffer_bound("server", 0, 0), None);
    }

    #[test]
    fn every_event_that_vanished_counts() {
        let counters = |lost| Counters { expected: Some(100), lost, ..Counters::default() };
        let measured = |lost, dropped| Measurement {
            counters: counters(lost),
            server: Some(Usage { dropped, ..Usage::default() }),
            ..Measurement::default()
        };
        let mut trial = samples::trial(Scenario::Push);
        assert_eq!((lost(&trial, &measured(0, 0)), dropped(&measured(0, 0))), (None, None));
        assert!(lost(&trial, &measured(1, 0)).is_some() && dropped(&measured(0, 1)).is_some());
        trial.cell.load.schedule = Schedule::Unpaced;
        assert_eq!(lost(&trial, &measured(1, 0)), None);
    }
}
