//! A reader that shares no line with ours finds what ours records: counts and bytes to the digit; and, run on purpose on a
//! quiet host, the same median: `cargo test --release -p loadgen --test second_reader -- --ignored`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{measured, push, pushed, server};
use floor::{Framing, Reading, reader};
use servers::Server;
use std::time::Duration;
use tokio::task::spawn_blocking;
use trial::{Content, Figure, Metric, Pace, Push, Quantile, Timing};
use wire::{Rate, Sharing, Transport};

const BOTH: [(Transport, Framing); 2] = [(Transport::Sse, Framing::Sse), (Transport::WebSocket, Framing::WebSocket)];

/// Each for half a second.
fn loads() -> [Push; 3] {
    let load = |connections, rate, payload_bytes, sharing| Push {
        connections,
        pace: Pace { rate: Rate::per_second(rate).unwrap(), ..push().pace },
        sharing,
        content: Content { payload_bytes, ids: false },
        timing: Timing { warmup: Duration::ZERO, window: Duration::from_millis(500) },
        ..push()
    };
    [
        load(1, 1_000.0, 96, Sharing::Private),
        load(20, 200.0, 1_000, Sharing::Private),
        load(50, 100.0, 70_000, Sharing::Shared),
    ]
}

/// The same load, read by the second reader.
async fn read(server: &Server, framing: Framing, load: &Push) -> Reading {
    let same = floor::Load {
        framing,
        connections: u64::from(load.connections),
        rate: load.pace.rate.get(),
        count: (load.pace.rate.get() * load.timing.window.as_secs_f64()) as u64,
        payload_bytes: load.content.payload_bytes,
        shared: load.sharing == Sharing::Shared,
    };
    let addr = server.addr();
    spawn_blocking(move || reader::read(addr, &same, None).unwrap()).await.unwrap()
}

#[tokio::test]
async fn counts_and_bytes_are_equal() {
    let server = server();
    for (transport, framing) in BOTH {
        for load in loads() {
            let what = format!("{transport}, {} x {}", load.connections, load.pace.rate);
            let ours = measured(&server, pushed(load.clone()), transport).await;
            let theirs = read(&server, framing, &load).await;
            let events = u64::from(load.connections) * (load.pace.rate.get() / 2.0) as u64;
            assert_eq!((ours.counters.received, ours.counters.lost, ours.counters.corrupt), (events, 0, 0), "{what}");
            assert_eq!((theirs.events, theirs.damaged), (events, 0), "{what}");
            assert_eq!(theirs.payload_bytes, ours.bytes.payload_in, "{what}");
            assert_eq!(theirs.head_bytes, ours.bytes.connect_in, "{what}");
            assert_eq!(theirs.socket_bytes, ours.bytes.connect_in + ours.bytes.stream_in, "{what}");
        }
    }
}

/// Nine rounds, the order of the two changing; up to three times, for a host can be busy in one of them.
#[tokio::test]
#[ignore = "compares times, which takes a quiet host and a release build"]
async fn medians_agree_within_a_tenth() {
    let server = server();
    for (transport, framing) in BOTH {
        for load in &loads()[..2] {
            let pace = Pace { rate: Rate::per_second(1_000.0).unwrap(), ..load.pace };
            let load = Push { pace, ..load.clone() };
            let mut ratios = Vec::new();
            for _ in 0..3 {
                ratios.push(ratio_of_medians(&server, transport, framing, &load).await);
                if ratios.last().is_some_and(|ratio| (0.9..=1.1).contains(ratio)) {
                    break;
                }
            }
            let what = format!("{transport}, {} x {}: ours / theirs {ratios:.3?}", load.connections, load.pace.rate);
            eprintln!("{what}");
            assert!(ratios.last().is_some_and(|ratio| (0.9..=1.1).contains(ratio)), "{what}");
        }
    }
}

/// Median over rounds of our median response time, divided by theirs.
async fn ratio_of_medians(server: &Server, transport: Transport, framing: Framing, load: &Push) -> f64 {
    let mut ratios = Vec::new();
    for round in 0..9 {
        let first = if round % 2 == 0 { Some(read(server, framing, load).await) } else { None };
        let ours = measured(server, pushed(load.clone()), transport).await;
        let theirs = match first {
            Some(reading) => reading,
            None => read(server, framing, load).await,
        };
        let ours_ns = Figure::Duration(Metric::ResponseTime, Quantile::P50).of(&ours).unwrap();
        ratios.push(ours_ns / theirs.response_ns(0.5) as f64);
    }
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
