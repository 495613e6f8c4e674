//! Every transport, end to end over loopback: what was asked for is what is counted, by both clients.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{arms, cell, cell_of, measured, order, push, pushed, server};
use loadgen::workload::{self, Observer};
use std::time::Duration;
use trial::{Arm, ClientKind, Figure, Metric, Outcome, Pace, Push, Scenario, Timing};
use wire::{Carrier, Schedule, Sharing, Transport};

/// Bytes above the payload that each transport's framing takes at 256 B (RFC 6455 5.2, RFC 9112 7.1, WHATWG 9.2).
fn overhead_at_256(transport: Transport) -> Option<f64> {
    match transport {
        Transport::Sse => Some(15.0),
        Transport::WebSocket => Some(4.0),
        Transport::HttpStream => Some(7.0),
        Transport::RawTcp => Some(0.0),
        Transport::LongPoll => None,
    }
}

#[tokio::test]
async fn every_event_arrives_once_in_order_and_undamaged() {
    let server = server();
    for arm in arms(&cell()) {
        for (schedule, connections, sharing) in [
            (Schedule::Constant, 1, Sharing::Private),
            (Schedule::Poisson, 3, Sharing::Private),
            (Schedule::Burst { size: 10 }, 5, Sharing::Shared),
        ] {
            let pace = Pace { schedule, ..push().pace };
            let cell = pushed(Push { pace, connections, sharing, ..push() });
            let m = measured(&server, cell, arm).await;
            let c = &m.counters;
            let expected = c.expected.expect("the stream is counted");
            assert!(expected >= 30 * u64::from(connections), "{arm} {schedule}: {expected}");
            assert_eq!(c.received, expected, "{arm} {schedule}");
            assert_eq!((c.lost, c.duplicates, c.reordered, c.corrupt), (0, 0, 0, 0), "{arm} {schedule}");
            assert_eq!((c.disconnects, c.connection_failures), (0, 0), "{arm} {schedule}");
            assert_eq!(c.connections, u64::from(connections));
            assert_eq!(m.bytes.payload_in, expected * 256, "{arm} {schedule}");
            if let Some(overhead) = overhead_at_256(arm.protocol) {
                assert_eq!(Figure::OverheadPerEvent.of(&m), Some(overhead), "{arm} {schedule}");
            }
        }
    }
}

#[tokio::test]
async fn the_library_clients_count_what_the_lean_ones_count() {
    let server = server();
    let contestants = [Transport::Sse, Transport::WebSocket];
    for arm in arms(&cell()).filter(|arm| contestants.contains(&arm.protocol)) {
        let transport = arm.protocol;
        let lean = measured(&server, cell(), arm).await;
        let library = measured(&server, cell(), arm.read_by(ClientKind::Library)).await;
        assert_eq!(lean.counters.received, library.counters.received, "{arm}");
        assert_eq!(lean.counters.expected, library.counters.expected, "{arm}");
        assert_eq!(lean.bytes.payload_in, library.bytes.payload_in, "{arm}");
        assert_eq!(
            lean.bytes.stream_in - lean.bytes.close_in,
            lean.bytes.payload_in
                + 15 * 50 * u64::from(transport == Transport::Sse)
                + 4 * 50 * u64::from(transport == Transport::WebSocket)
        );
        assert_eq!((library.counters.lost, library.counters.corrupt), (0, 0), "{arm}");
        assert!(library.distributions.contains_key(&Metric::ResponseTime));
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_reason() {
    let server = server();
    let library = |protocol| Arm::of(protocol).read_by(ClientKind::Library);
    let echo = cell_of(Scenario::Echo, push());
    for (cell, arm) in [
        (cell(), library(Transport::LongPoll)),
        (cell(), library(Transport::RawTcp)),
        (echo, Arm::of(Transport::HttpStream)),
    ] {
        let trial = workload::trial(order(&server, cell, arm), Observer::nobody()).await;
        assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if !why.is_empty()), "{:?}", trial.outcome);
    }
}

/// Every workload that needs no instrument, over every arm: what is said to be supported is measured, and nothing else.
#[tokio::test]
async fn what_an_arm_supports_is_measured() {
    let server = server();
    let short = Push { timing: Timing { window: Duration::from_millis(100), ..push().timing }, ..push() };
    for scenario in [Scenario::Push, Scenario::Saturate, Scenario::Echo, Scenario::Connect, Scenario::Relay] {
        let cell = cell_of(scenario, short.clone());
        let carriers = [Carrier::H1, Carrier::H1Tls];
        for arm in Transport::ALL.into_iter().flat_map(|protocol| carriers.map(|it| Arm::of(protocol).over(it))) {
            for arm in [arm, arm.read_by(ClientKind::Library)] {
                let trial = workload::trial(order(&server, cell.clone(), arm), Observer::nobody()).await;
                match (cell.workload.supports(arm), &trial.outcome) {
                    (Ok(()), Outcome::Measured(m)) => assert!(m.counters.received > 0, "{scenario:?} {arm}"),
                    (Err(why), Outcome::Unsupported(said)) => assert_eq!(&why, said),
                    (supported, outcome) => panic!("{scenario:?} {arm}: {supported:?}, {outcome:?}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn requests_tell_long_polling_from_a_stream() {
    let server = server();
    for arm in arms(&cell()) {
        let m = measured(&server, cell(), arm).await;
        let requests = m.counters.requests;
        match arm.protocol {
            // One answer may carry several events, never none.
            Transport::LongPoll => assert!((2..=51).contains(&requests), "{requests}"),
            _ => assert_eq!(requests, 1, "{arm}"),
        }
    }
}

#[tokio::test]
async fn messages_come_back_over_frames_and_over_posts() {
    let server = server();
    let cell = cell_of(Scenario::Echo, Push { connections: 2, ..push() });
    for arm in arms(&cell) {
        let m = measured(&server, cell.clone(), arm).await;
        let c = &m.counters;
        assert_eq!((c.messages_sent, c.received, c.lost, c.corrupt), (50, 50, 0, 0), "{arm}");
        assert_eq!((m.bytes.payload_out, m.bytes.payload_in), (50 * 256, 50 * 256));
        assert!(!m.distributions[&Metric::RoundTrip].is_empty());
        if arm.protocol == Transport::WebSocket {
            // Frame head 4 B, mask 4 B.
            assert_eq!((m.bytes.stream_out, m.bytes.stream_in), (50 * 264, 50 * 260));
        } else {
            assert_eq!((c.connections, c.requests), (4, 52), "two streams, two uplinks, a POST for each message");
        }
    }
}

#[tokio::test]
async fn what_is_relayed_reaches_every_subscriber_on_one_clock() {
    let server = server();
    let cell = cell_of(Scenario::Relay, Push { connections: 3, ..push() });
    let polls = workload::trial(order(&server, cell.clone(), Arm::of(Transport::LongPoll)), Observer::nobody()).await;
    assert!(matches!(&polls.outcome, Outcome::Unsupported(why) if why.contains("poll")), "{:?}", polls.outcome);
    for arm in arms(&cell) {
        let m = measured(&server, cell.clone(), arm).await;
        let c = &m.counters;
        assert_eq!((c.messages_sent, c.expected, c.received), (50, Some(150), 150), "{arm}");
        assert_eq!((c.lost, c.duplicates, c.reordered, c.corrupt), (0, 0, 0, 0), "{arm}");
        assert_eq!((c.connections, c.requests), (3, 3), "{arm}: the ingress is not the arm's");
        assert_eq!(m.distributions[&Metric::ResponseTime].len(), 150, "{arm}");
        assert_eq!(Figure::OverheadPerEvent.of(&m), overhead_at_256(arm.protocol), "{arm}");
        assert!(m.server.is_some_and(|usage| usage.events > 0), "{arm}");
    }
}

#[tokio::test]
async fn a_relay_that_a_library_would_read_is_refused() {
    let server = server();
    let cell = cell_of(Scenario::Relay, push());
    let library = Arm::of(Transport::Sse).read_by(ClientKind::Library);
    let trial = workload::trial(order(&server, cell, library), Observer::nobody()).await;
    assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if why.contains("library")), "{:?}", trial.outcome);
}

#[tokio::test]
async fn only_websocket_is_heard_on_the_open_connection() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let m = measured(&server, cell_of(Scenario::Handshake, push()), transport).await;
        let exchange = m.exchange.expect("a handshake keeps its heads");
        let (status, heard) = if transport == Transport::WebSocket { (101, 1) } else { (200, 0) };
        assert_eq!((exchange.status, exchange.upstream_received), (status, heard), "{transport}");
        assert!(exchange.request.starts_with(&format!("GET {}", transport.path())), "{}", exchange.request);
        assert!(exchange.response.ends_with("\r\n\r\n") && exchange.events >= 3);
    }
}

#[tokio::test]
async fn connecting_and_saturating_measure_what_they_say() {
    let server = server();
    let connect = cell_of(Scenario::Connect, push());
    for arm in arms(&connect) {
        let m = measured(&server, connect.clone(), arm).await;
        let opened = m.counters.connections;
        assert!(opened > 0 && m.counters.received == opened, "{arm}");
        for metric in [Metric::ConnectTcp, Metric::ConnectHandshake, Metric::FirstEvent] {
            assert_eq!(m.distributions[&metric].len(), opened, "{arm} {metric:?}");
        }
        assert_eq!(
            m.distributions.get(&Metric::ConnectTls).map_or(0, trial::Distribution::len),
            if arm.is_bare() { 0 } else { opened }
        );
        if arm.protocol != Transport::LongPoll {
            let m = measured(&server, cell_of(Scenario::Saturate, push()), arm).await;
            assert!(m.counters.in_window > 0 && m.counters.lost == 0 && m.counters.corrupt == 0, "{arm}");
            assert!(!m.distributions.contains_key(&Metric::ResponseTime), "nothing was due");
        }
    }
}

#[tokio::test]
async fn memory_is_read_at_every_step() {
    let server = server();
    let cell = cell_of(Scenario::Memory, push());
    let m = measured(&server, cell, Transport::Sse).await;
    assert_eq!(m.memory.iter().map(|point| point.connections).collect::<Vec<_>>(), [5, 10, 15, 20]);
    assert!(m.memory.iter().all(|point| point.server_bytes > 0 && point.client_bytes > 0));
}

#[tokio::test]
async fn an_interrupt_keeps_what_was_measured() {
    let server = server();
    let timing = Timing { warmup: Duration::ZERO, window: Duration::from_secs(30) };
    let cell = pushed(Push { timing, ..push() });
    let (observer, interrupt) = bench_side::interruptible();
    let running = tokio::spawn(workload::trial(order(&server, cell, Arm::of(Transport::Sse)), observer));
    tokio::time::sleep(Duration::from_millis(600)).await;
    interrupt();
    let Outcome::Measured(m) = running.await.unwrap().outcome else { panic!("nothing was kept") };
    assert!(m.counters.received > 0 && m.counters.lost == 0);
    assert!(m.window_ns < 30_000_000_000);
}
