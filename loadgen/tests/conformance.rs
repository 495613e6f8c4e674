//! Every transport, end to end over loopback: what was asked for is what is counted, by both clients.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{cell, measured, order, server};
use loadgen::drive::{self, Observer};
use std::time::Duration;
use trial::{Arm, Cell, ClientKind, Figure, Load, Metric, Outcome, Scenario};
use wire::{Rate, Schedule, Sharing, Transport};

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
    for transport in Transport::ALL {
        for (schedule, connections, sharing) in [
            (Schedule::Constant, 1, Sharing::Private),
            (Schedule::Poisson, 3, Sharing::Private),
            (Schedule::Burst { size: 10 }, 5, Sharing::Shared),
        ] {
            let cell = Cell { load: Load { schedule, connections, sharing, ..cell().load }, ..cell() };
            let m = measured(&server, cell, transport).await;
            let c = &m.counters;
            let expected = c.expected.expect("the stream is counted");
            assert!(expected >= 30 * u64::from(connections), "{transport} {schedule}: {expected}");
            assert_eq!(c.received, expected, "{transport} {schedule}");
            assert_eq!((c.lost, c.duplicates, c.reordered, c.corrupt), (0, 0, 0, 0), "{transport} {schedule}");
            assert_eq!((c.disconnects, c.connection_failures), (0, 0), "{transport} {schedule}");
            assert_eq!(c.connections, u64::from(connections));
            assert_eq!(m.bytes.payload_in, expected * 256, "{transport} {schedule}");
            if let Some(overhead) = overhead_at_256(transport) {
                assert_eq!(Figure::OverheadPerEvent.of(&m), Some(overhead), "{transport} {schedule}");
            }
        }
    }
}

#[tokio::test]
async fn the_library_clients_count_what_the_lean_ones_count() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let lean = measured(&server, cell(), transport).await;
        let library = measured(&server, cell(), Arm::of(transport).read_by(ClientKind::Library)).await;
        assert_eq!(lean.counters.received, library.counters.received, "{transport}");
        assert_eq!(lean.counters.expected, library.counters.expected, "{transport}");
        assert_eq!(lean.bytes.payload_in, library.bytes.payload_in, "{transport}");
        assert_eq!(
            lean.bytes.stream_in - lean.bytes.close_in,
            lean.bytes.payload_in
                + 15 * 50 * u64::from(transport == Transport::Sse)
                + 4 * 50 * u64::from(transport == Transport::WebSocket)
        );
        assert_eq!((library.counters.lost, library.counters.corrupt), (0, 0), "{transport}");
        assert!(library.distributions.contains_key(&Metric::ResponseTime));
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_reason() {
    let server = server();
    let library = |protocol| Arm::of(protocol).read_by(ClientKind::Library);
    let echo = Cell { scenario: Scenario::Echo, ..cell() };
    for (cell, arm) in [
        (cell(), library(Transport::LongPoll)),
        (cell(), library(Transport::RawTcp)),
        (echo, Arm::of(Transport::HttpStream)),
    ] {
        let trial = drive::trial(order(&server, cell, arm), Observer::nobody()).await;
        assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if !why.is_empty()), "{:?}", trial.outcome);
    }
}

#[tokio::test]
async fn requests_tell_long_polling_from_a_stream() {
    let server = server();
    for transport in Transport::ALL {
        let m = measured(&server, cell(), transport).await;
        let requests = m.counters.requests;
        match transport {
            // One answer may carry several events, never none.
            Transport::LongPoll => assert!((2..=51).contains(&requests), "{requests}"),
            _ => assert_eq!(requests, 1, "{transport}"),
        }
    }
}

#[tokio::test]
async fn messages_come_back_over_frames_and_over_posts() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let cell = Cell { scenario: Scenario::Echo, load: Load { connections: 2, ..cell().load }, ..cell() };
        let m = measured(&server, cell, transport).await;
        let c = &m.counters;
        assert_eq!((c.messages_sent, c.received, c.lost, c.corrupt), (50, 50, 0, 0), "{transport}");
        assert_eq!((m.bytes.payload_out, m.bytes.payload_in), (50 * 256, 50 * 256));
        assert!(!m.distributions[&Metric::RoundTrip].is_empty());
        if transport == Transport::WebSocket {
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
    for transport in Transport::ALL {
        let cell = Cell { scenario: Scenario::Relay, load: Load { connections: 3, ..cell().load }, ..cell() };
        let trial = drive::trial(order(&server, cell, Arm::of(transport)), Observer::nobody()).await;
        if transport == Transport::LongPoll {
            assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if why.contains("poll")), "{:?}", trial.outcome);
            continue;
        }
        let Outcome::Measured(m) = trial.outcome else { panic!("{transport}: {:?}", trial.outcome) };
        let c = &m.counters;
        assert_eq!((c.messages_sent, c.expected, c.received), (50, Some(150), 150), "{transport}");
        assert_eq!((c.lost, c.duplicates, c.reordered, c.corrupt), (0, 0, 0, 0), "{transport}");
        assert_eq!((c.connections, c.requests), (3, 3), "{transport}: the ingress is not the arm's");
        assert_eq!(m.distributions[&Metric::ResponseTime].len(), 150, "{transport}");
        assert_eq!(Figure::OverheadPerEvent.of(&m), overhead_at_256(transport), "{transport}");
        assert!(m.server.is_some_and(|usage| usage.events > 0), "{transport}");
    }
}

#[tokio::test]
async fn a_relay_that_a_library_would_read_is_refused() {
    let server = server();
    let cell = Cell { scenario: Scenario::Relay, ..cell() };
    let library = Arm::of(Transport::Sse).read_by(ClientKind::Library);
    let trial = drive::trial(order(&server, cell, library), Observer::nobody()).await;
    assert!(matches!(&trial.outcome, Outcome::Unsupported(why) if why.contains("library")), "{:?}", trial.outcome);
}

#[tokio::test]
async fn only_websocket_is_heard_on_the_open_connection() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let m = measured(&server, Cell { scenario: Scenario::Handshake, ..cell() }, transport).await;
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
    for transport in Transport::ALL {
        let connect = Cell { scenario: Scenario::Connect, ..cell() };
        let m = measured(&server, connect, transport).await;
        let opened = m.counters.connections;
        assert!(opened > 0 && m.counters.received == opened, "{transport}");
        for metric in [Metric::ConnectTcp, Metric::ConnectHandshake, Metric::FirstEvent] {
            assert_eq!(m.distributions[&metric].len(), opened, "{transport} {metric:?}");
        }
        if transport != Transport::LongPoll {
            let load = Load { schedule: Schedule::Unpaced, ..cell().load };
            let m = measured(&server, Cell { scenario: Scenario::Saturate, load, ..cell() }, transport).await;
            assert!(m.counters.in_window > 0 && m.counters.lost == 0 && m.counters.corrupt == 0, "{transport}");
            assert!(!m.distributions.contains_key(&Metric::ResponseTime), "nothing was due");
        }
    }
}

#[tokio::test]
async fn memory_is_read_at_every_step() {
    let server = server();
    let cell = Cell { scenario: Scenario::Memory, steps: vec![5, 10, 15, 20], ..cell() };
    let m = measured(&server, cell, Transport::Sse).await;
    assert_eq!(m.memory.iter().map(|point| point.connections).collect::<Vec<_>>(), [5, 10, 15, 20]);
    assert!(m.memory.iter().all(|point| point.server_bytes > 0 && point.client_bytes > 0));
}

#[tokio::test]
async fn an_interrupt_keeps_what_was_measured() {
    let server = server();
    let load = Load { window: Duration::from_secs(30), rate: Rate::per_second(200.0).unwrap(), ..cell().load };
    let (observer, interrupt) = bench_side::interruptible();
    let running =
        tokio::spawn(drive::trial(order(&server, Cell { load, ..cell() }, Arm::of(Transport::Sse)), observer));
    tokio::time::sleep(Duration::from_millis(600)).await;
    interrupt();
    let Outcome::Measured(m) = running.await.unwrap().outcome else { panic!("nothing was kept") };
    assert!(m.counters.received > 0 && m.counters.lost == 0);
    assert!(m.window_ns < 30_000_000_000);
}
