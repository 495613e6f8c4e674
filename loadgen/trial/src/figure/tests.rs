//! Figures of measurements that were made up.

use super::*;
use crate::{Bothways, Bytes, Counters, ExactPass, Layers, MemoryPoint, Second, Tally, Traffic, Usage};

#[test]
fn figures_are_quotients_of_exact_counts() {
    let measurement = Measurement {
        window_ns: 2_000_000_000,
        counters: Counters { connections: 2, requests: 4, received: 1000, in_window: 500, ..Counters::default() },
        bytes: Bytes { connect_out: 300, stream_in: 78_005, close_in: 5, payload_in: 64_000, ..Bytes::default() },
        server: Some(Usage { cpu_ns: 5_000_000, events: 500, ..Usage::default() }),
        ..Measurement::default()
    };
    for (figure, value) in [
        (Figure::EventsPerSecond, 250.0),
        (Figure::BytesPerEvent, 78.0),
        (Figure::OverheadPerEvent, 14.0),
        (Figure::RequestsPerThousand, 4.0),
        (Figure::ConnectionsPerThousand, 2.0),
        (Figure::ConnectBytesOut, 150.0),
        (Figure::ServerCpuPerEvent, 10_000.0),
    ] {
        assert_eq!(figure.of(&measurement), Some(value), "{figure:?}");
    }
}

#[test]
fn bytes_below_the_application_belong_to_the_events_between_two_settled_instants() {
    let back = Leg { bytes: 14_400, payload_bytes: 9_870, segments: 101, data_segments: 100 };
    let out = Leg { bytes: 6_600, payload_bytes: 0, segments: 100, data_segments: 0 };
    let layers = Layers {
        below_tls: Bothways { out_bytes: 0, back_bytes: 13_000 },
        handshakes: Bothways { out_bytes: 0, back_bytes: 2_000 },
        span: Traffic { out, back },
        span_events: 100,
        ..Layers::default()
    };
    let measurement = Measurement {
        counters: Counters { received: 110, ..Counters::default() },
        bytes: Bytes { connect_in: 142, stream_in: 8_580, ..Bytes::default() },
        layers: Some(layers),
        ..Measurement::default()
    };
    for (figure, value) in [
        (Figure::WireBytesInPerEvent, 144.0),
        (Figure::WireBytesOutPerEvent, 66.0),
        (Figure::SegmentsPerEvent, 1.0),
        (Figure::AcksPerEvent, 1.0),
        (Figure::TlsBytesPerEvent, (11_000.0 - 8_722.0) / 110.0),
    ] {
        assert_eq!(figure.of(&measurement), Some(value), "{figure:?}");
    }
    let with = |layers| Measurement { layers: Some(layers), ..measurement.clone() };
    let cleartext = with(Layers { handshakes: Bothways::default(), span_events: 0, ..layers });
    assert_eq!(Figure::TlsBytesPerEvent.of(&cleartext), None);
    assert_eq!(Figure::WireBytesInPerEvent.of(&cleartext), None);
    let back = Leg { payload_bytes: 6_000, ..back };
    let without_results = with(Layers { span: Traffic { out, back }, ..layers });
    assert_eq!(Figure::WireBytesInPerEvent.of(&without_results), None);
}

#[test]
fn what_a_server_costs_by_being_there_cancels() {
    let tally = |events, count| Tally { events, count };
    let exact = ExactPass {
        instructions: vec![tally(100, 9_570_000), tally(1_100, 15_270_000)],
        syscalls: vec![tally(100, 900), tally(1_100, 4_900)],
        ..ExactPass::default()
    };
    let measurement = Measurement { exact: Some(exact), ..Measurement::default() };
    assert_eq!(Figure::InstructionsPerEvent.of(&measurement), Some(5_700.0));
    assert_eq!(Figure::SyscallsPerEvent.of(&measurement), Some(4.0));
}

#[test]
fn what_was_not_measured_has_no_number() {
    let empty = Measurement::default();
    assert_eq!(Figure::Duration(Metric::ResponseTime, Quantile::P50).of(&empty), None);
    assert_eq!(Figure::EventsPerSecond.of(&empty), None);
    assert_eq!(Figure::ServerMemoryPerConnection.of(&empty), None);
}

#[test]
fn a_backlog_grows_as_its_events_wait_longer() {
    let second = |i: u64, median_ns: u64| Second {
        offset_ns: i * 1_000_000_000,
        received: 100,
        p50_ns: Some(median_ns),
        ..Second::default()
    };
    let of = |medians: &[u64]| {
        let timeline = (0..).zip(medians).map(|(i, &ns)| second(i, ns)).collect();
        backlog_growth(&Measurement { timeline, ..Measurement::default() })
    };
    // 2 % too few are served: each second, the wait grows by 20 ms.
    let growth = of(&[1_000_000, 21_000_000, 41_000_000]).unwrap();
    assert!((growth - 0.02).abs() < 1e-4, "{growth}");
    let stalled = of(&[100_000, 100_000, 90_000_000, 100_000, 100_000]).unwrap();
    assert!(stalled.abs() < 1e-6, "one stall is no slope: {stalled}");
    assert_eq!((of(&[1_000]), of(&[])), (None, None));
}

#[test]
fn the_transports_share_is_what_the_schedule_leaves() {
    let usage = |cpu_ns, events, switches| Some(Usage { cpu_ns, events, switches, ..Usage::default() });
    let of = |switches| Measurement {
        server: usage(200_000, 10, switches),
        schedule: usage(80_000, 10, 5),
        ..Measurement::default()
    };
    let measurement = of(4);
    assert_eq!(
        Figure::TransportCpuPerEvent.of(&of(3)),
        None,
        "a server that slept less often paid less for its schedule"
    );
    assert_eq!(Figure::ScheduleCpuPerEvent.of(&measurement), Some(8_000.0));
    assert_eq!(Figure::TransportCpuPerEvent.of(&measurement), Some(12_000.0));
    assert_eq!(Figure::TransportCpuPerEvent.of(&Measurement { schedule: None, ..measurement }), None);
}

#[test]
fn memory_is_a_slope_not_a_quotient() {
    let point = |connections, server_bytes| MemoryPoint { connections, server_bytes, ..MemoryPoint::default() };
    let memory = vec![point(0, 5_000_000), point(100, 6_800_000), point(200, 8_600_000)];
    let measurement = Measurement { memory, ..Measurement::default() };
    assert_eq!(Figure::ServerMemoryPerConnection.of(&measurement), Some(18_000.0));
    assert_eq!(Figure::KernelMemoryPerConnection.of(&measurement), None);
    assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)]), None);
}
