//! Measurements of each scenario. Durations are lognormal with a heavy tail; bytes follow the specifications.

use reports::overhead_in_theory;
use std::collections::BTreeMap;
use std::time::Duration;
use trial::{
    Arm, Bytes, Cell, ClientKind, Cost, Counters, Dependence, Distribution, Exchange, HeapAccount, LiveBrowser,
    Measurement, MemoryPoint, Metric, Scenario, Second, Stalls, Usage, Witness, Workload,
};
use wire::{Flush, HeapSite, HeapUse, Preset, Transport};

/// A standard normal number (Box and Muller).
pub(crate) fn normal(random: &mut fastrand::Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

pub(crate) fn measurement(cell: &Cell, arm: Arm, drift: f64, random: &mut fastrand::Rng) -> Measurement {
    let noise = drift * (0.02 * normal(random)).exp();
    match cell.workload.scenario() {
        Scenario::Push | Scenario::Relay => push(cell, arm.protocol, noise, random),
        Scenario::Saturate => saturate(cell, arm, noise),
        Scenario::Echo => echo(cell, arm.protocol, noise, random),
        Scenario::Connect => connect(cell, arm.protocol, noise, random),
        Scenario::Memory => memory(cell, arm.protocol, noise),
        Scenario::Handshake => handshake(arm.protocol),
        Scenario::Codec => codec(),
        Scenario::Browser => browser(),
        Scenario::Exact | Scenario::ToolLoop | Scenario::Capacity | Scenario::Read => Measurement::default(),
        Scenario::Llm => super::answers::measurement(cell, arm.protocol, noise, random),
    }
}

pub(super) fn is_websocket(transport: Transport) -> bool {
    transport == Transport::WebSocket
}

fn window(cell: &Cell) -> Duration {
    cell.workload.timing().unwrap_or_default().window
}

/// Events a second on one stream; of jobs their training steps.
fn rate(cell: &Cell) -> f64 {
    match &cell.workload {
        Workload::Job(job) => job.rate.get(),
        workload => workload.pace().map_or(100.0, |pace| pace.rate.get()),
    }
}

fn steps(cell: &Cell) -> &[u32] {
    if let Workload::Memory { steps, .. } = &cell.workload { steps } else { &[] }
}

fn window_ns(cell: &Cell) -> u64 {
    window(cell).as_nanos() as u64
}

/// So many durations, each recorded by every reader.
pub(super) fn fanned(count: u64, readers: u64, median_us: f64, random: &mut fastrand::Rng) -> Distribution {
    let one = |_| {
        let tail = if random.u32(..200) == 0 { 6.0 } else { 1.0 };
        (median_us * 1e3 * tail * (0.25 * normal(random)).exp()) as u64
    };
    (0..count).map(one).flat_map(|ns| std::iter::repeat_n(ns, readers as usize)).collect()
}

fn durations(count: u64, median_us: f64, random: &mut fastrand::Rng) -> Distribution {
    fanned(count, 1, median_us, random)
}

fn push(cell: &Cell, transport: Transport, noise: f64, random: &mut fastrand::Rng) -> Measurement {
    let connections = u64::from(cell.workload.connections());
    let ticks = (rate(cell) * window(cell).as_secs_f64()) as u64;
    let events = ticks * connections;
    let shared = cell.workload.is_shared();
    // In a fan-out the share of the pacer is small: a hundred writes stand behind each tick.
    let (base_us, ratio) = if shared { (310.0, 0.86) } else { (58.0, 0.97) };
    let median_us = base_us * noise * if is_websocket(transport) { ratio } else { 1.0 };
    let late_us = if shared { 9.0 } else { 14.0 };
    let requests = if transport == Transport::LongPoll { events } else { connections };
    let payload = events * cell.workload.payload_bytes() as u64;
    let digits = cell.workload.has_ids().then(|| mean_digits(ticks));
    let response = fanned(ticks, connections, median_us, random);
    let overhead = overhead_in_theory(transport, cell.workload.payload_bytes(), digits).unwrap_or(160.0);
    Measurement {
        window_ns: window_ns(cell),
        counters: Counters {
            connections,
            requests,
            expected: Some(events),
            received: events,
            in_window: events,
            window_payload_bytes: payload,
            ..Counters::default()
        },
        bytes: Bytes {
            connect_out: connections * if is_websocket(transport) { 198 } else { 121 },
            connect_in: connections * if is_websocket(transport) { 166 } else { 142 },
            stream_in: payload + (overhead * events as f64).round() as u64 + 5,
            payload_in: payload,
            close_in: 5,
            ..Bytes::default()
        },
        distributions: BTreeMap::from([
            (Metric::JudgedTime, earlier(&response, (late_us * 1e3) as u64)),
            (Metric::Queueing, part(&response, if shared { 0.33 } else { 0.2 })),
            (Metric::SentToKernel, part(&response, if shared { 0.15 } else { 0.33 })),
            (Metric::KernelToRead, part(&response, if shared { 0.49 } else { 0.21 })),
            (Metric::ResponseTime, response),
            (Metric::PacerLateness, durations(ticks, late_us, random)),
        ]),
        timeline: seconds(cell, median_us, random),
        server: Some(usage(window_ns(cell), events, 4_600.0 * noise)),
        dependence: Some(Dependence { rank_lag1: 0.41, events: ticks }),
        stalls: Some(watched()),
        ..Measurement::default()
    }
}

/// Nobody stood still, and a witness says so.
pub(super) fn watched() -> Stalls {
    let witness = Witness { realtime: true, samples: 1_000, p50_ns: 12_000, p99_ns: 90_000, longest_ns: 140_000 };
    Stalls { witness: Some(witness), ..Stalls::default() }
}

/// The same durations, each shorter by so much.
fn earlier(durations: &Distribution, by_ns: u64) -> Distribution {
    each(durations, |ns| ns.saturating_sub(by_ns))
}

/// The same share of every duration.
fn part(durations: &Distribution, share: f64) -> Distribution {
    each(durations, |ns| (ns as f64 * share) as u64)
}

fn each(durations: &Distribution, of: impl Fn(u64) -> u64) -> Distribution {
    durations.counts().flat_map(|(ns, count)| std::iter::repeat_n(of(ns), count as usize)).collect()
}

fn mean_digits(count: u64) -> f64 {
    (0..count).map(|n| n.to_string().len()).sum::<usize>() as f64 / count as f64
}

fn seconds(cell: &Cell, median_us: f64, random: &mut fastrand::Rng) -> Vec<Second> {
    let second = |i: u64, random: &mut fastrand::Rng| {
        let distribution = durations(500, median_us, random);
        Second::of(i * 1_000_000_000, distribution.len(), distribution).summary()
    };
    (0..window_ns(cell).div_ceil(1_000_000_000)).map(|i| second(i, random)).collect()
}

fn usage(elapsed_ns: u64, events: u64, cpu_ns_per_event: f64) -> Usage {
    Usage { elapsed_ns, cpu_ns: (events as f64 * cpu_ns_per_event) as u64, events, ..Usage::default() }
}

fn saturate(cell: &Cell, arm: Arm, noise: f64) -> Measurement {
    let transport = arm.protocol;
    let batched = cell.load_is_batched();
    let per_s = noise
        * match (transport, batched) {
            (Transport::WebSocket, false) => 301_000.0,
            (Transport::WebSocket, true) => 1_510_000.0,
            (Transport::RawTcp, false) => 318_000.0,
            (Transport::RawTcp, true) => 2_240_000.0,
            (_, false) => 262_000.0,
            (_, true) => 1_180_000.0,
        };
    let slow_client = if arm.client == ClientKind::Library { 2.5 } else { 1.0 };
    let events = (per_s * window(cell).as_secs_f64() / slow_client) as u64;
    let payload = events * cell.workload.payload_bytes() as u64;
    let client_ns = slow_client * if is_websocket(transport) { 240.0 } else { 410.0 };
    Measurement {
        window_ns: window_ns(cell),
        counters: Counters {
            connections: 1,
            requests: 1,
            received: events,
            in_window: events,
            window_payload_bytes: payload,
            ..Counters::default()
        },
        bytes: Bytes { stream_in: payload + events * 14, payload_in: payload, ..Bytes::default() },
        server: Some(usage(window_ns(cell), events, 0.95e9 / per_s)),
        client: Some(usage(window_ns(cell), events, client_ns * noise)),
        ..Measurement::default()
    }
}

trait Batched {
    fn load_is_batched(&self) -> bool;
}

impl Batched for Cell {
    fn load_is_batched(&self) -> bool {
        self.flush == Some(Flush::Ready)
    }
}

fn echo(cell: &Cell, transport: Transport, noise: f64, random: &mut fastrand::Rng) -> Measurement {
    let messages = (rate(cell) * window(cell).as_secs_f64()) as u64;
    let median_us = noise * if is_websocket(transport) { 64.0 } else { 119.0 };
    let (up, down) = if is_websocket(transport) { (136, 132) } else { (352, 251) };
    Measurement {
        window_ns: window_ns(cell),
        counters: Counters {
            connections: if is_websocket(transport) { 1 } else { 2 },
            requests: if is_websocket(transport) { 1 } else { messages + 1 },
            received: messages,
            in_window: messages,
            messages_sent: messages,
            ..Counters::default()
        },
        bytes: Bytes { stream_out: messages * up, stream_in: messages * down, ..Bytes::default() },
        distributions: BTreeMap::from([
            (Metric::RoundTrip, durations(messages, median_us, random)),
            (Metric::PacerLateness, durations(messages, 2.0, random)),
        ]),
        timeline: seconds(cell, median_us, random),
        server: Some(usage(window_ns(cell), messages, noise * if is_websocket(transport) { 21e3 } else { 39e3 })),
        ..Measurement::default()
    }
}

fn connect(cell: &Cell, transport: Transport, noise: f64, random: &mut fastrand::Rng) -> Measurement {
    let connections = 2_400;
    let websocket_us = if is_websocket(transport) { 21.0 } else { 0.0 };
    Measurement {
        window_ns: window_ns(cell),
        counters: Counters { connections, requests: connections, received: connections, ..Counters::default() },
        bytes: Bytes { connect_out: connections * 121, connect_in: connections * 142, ..Bytes::default() },
        distributions: BTreeMap::from([
            (Metric::ConnectTcp, durations(connections, 38.0 * noise, random)),
            (Metric::ConnectHandshake, durations(connections, (71.0 + websocket_us) * noise, random)),
            (Metric::FirstEvent, durations(connections, (131.0 + websocket_us) * noise, random)),
        ]),
        ..Measurement::default()
    }
}

fn memory(cell: &Cell, transport: Transport, noise: f64) -> Measurement {
    let each = match (cell.preset, is_websocket(transport)) {
        (Preset::Equal, false) => 19_600.0,
        (Preset::Equal, true) => 17_100.0,
        (Preset::Stock, false) => 20_900.0,
        (Preset::Stock, true) => 141_000.0,
    };
    let wobble = 1.0 + (noise - 1.0) / 20.0;
    let point = |&connections: &u32| MemoryPoint {
        connections: u64::from(connections),
        server_bytes: 6_200_000 + (each * wobble * f64::from(connections)) as u64,
        client_bytes: 4_100_000 + (5_300.0 * wobble * f64::from(connections)) as u64,
        kernel_bytes: Some(31_000_000 + (7_400.0 * wobble * f64::from(connections)) as u64),
    };
    let (memory, heap) = (steps(cell).iter().map(point).collect(), Some(heap(cell.preset, transport)));
    Measurement { memory, heap, ..Measurement::default() }
}

/// What 64 connections have a server request.
fn heap(preset: Preset, transport: Transport) -> HeapAccount {
    let read = if preset == Preset::Stock { 128 << 10 } else { 8 << 10 };
    let sites: &[(HeapUse, &str, u64)] = if is_websocket(transport) {
        &[
            (HeapUse::TungsteniteRead, "tungstenite::protocol::WebSocketContext::new", read),
            (HeapUse::Task, "tokio::runtime::task::core::Cell::new", 2_176),
            (HeapUse::Own, "servers::feed::topic::Topic::new", 272),
            (HeapUse::TungsteniteWrite, "tungstenite::protocol::frame::FrameCodec::buffer_frame", 66),
        ]
    } else {
        &[
            (HeapUse::HyperRead, "hyper::proto::h1::io::Buffered::poll_read_from_io", 8_192),
            (HeapUse::HyperWrite, "hyper::proto::h1::io::Buffered::new", 8_192),
            (HeapUse::Task, "tokio::runtime::task::core::Cell::new", 1_280),
            (HeapUse::Exchange, "http::header::map::HeaderMap::try_reserve_one", 624),
            (HeapUse::Own, "servers::feed::topic::Topic::new", 272),
        ]
    };
    let held = |connections: u64| -> Vec<HeapSite> {
        let site = |&(purpose, function, bytes): &(HeapUse, &str, u64)| HeapSite {
            purpose,
            function: function.to_owned(),
            bytes: bytes * connections,
            blocks: connections,
        };
        sites.iter().map(site).collect()
    };
    HeapAccount::between((64, &held(64)), (128, &held(128)))
}

fn handshake(transport: Transport) -> Measurement {
    let request =
        |headers: &str| format!("GET {} HTTP/1.1\r\nHost: 127.0.0.1:40123\r\n{headers}\r\n", transport.path());
    let exchange = if is_websocket(transport) {
        Exchange {
            request: request("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
            response: "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n".to_owned(),
            status: 101,
            upstream_sent: "hello".to_owned(),
            upstream_received: 1,
            events: 3,
        }
    } else {
        Exchange {
            request: request("Accept: text/event-stream\r\n"),
            response: "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                .to_owned(),
            status: 200,
            upstream_sent: "hello".to_owned(),
            upstream_received: 0,
            events: 3,
        }
    };
    Measurement { exchange: Some(exchange), ..Measurement::default() }
}

fn codec() -> Measurement {
    let cost = |decoder: &str, payload_bytes, ns_per_event, lines| Cost {
        decoder: decoder.to_owned(),
        payload_bytes,
        ns_per_event,
        lines,
    };
    let costs = vec![
        cost("lean-sse", 64, 21.8, Some(288)),
        cost("lean-websocket", 64, 11.3, Some(231)),
        cost("library-sse", 64, 402.0, None),
        cost("library-websocket", 64, 118.0, None),
        cost("lean-sse", 1024, 61.2, Some(288)),
        cost("lean-websocket", 1024, 44.9, Some(231)),
    ];
    Measurement { costs, ..Measurement::default() }
}

fn browser() -> Measurement {
    let chromium = LiveBrowser {
        name: "chromium".to_owned(),
        version: "Chromium 150.0.7871.100".to_owned(),
        asked: 20,
        sse_events: Some(20),
        websocket_events: Some(20),
        sse_resumed: Some(true),
        websocket_resumed: Some(false),
        failure: None,
    };
    Measurement { browsers: vec![chromium], ..Measurement::default() }
}
