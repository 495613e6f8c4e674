//! Bytes on the wire by formula equal the frames of a capture, to the byte: two network namespaces, a cable between.
//!
//! The test makes the namespaces itself and they vanish with its threads. That needs root; without, it says so and passes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{order, push, pushed};
use kernel::{Capture, Flow, Seen};
use loadgen::namespace::{self, Namespace};
use loadgen::workload::{self, Observer};
use servers::{ServeOptions, Server};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::thread;
use std::time::Duration;
use trial::{Arm, Cell, Content, Figure, Leg, Measurement, Outcome, Pace, Push, Timing};
use wire::{Preset, Rate, Transport};

/// Client side and server side; `None`, with the reason printed, where the kernel does not allow it.
fn cable() -> Option<[Namespace; 2]> {
    match namespace::cable() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            eprintln!("skipped: no network namespace can be made here ({error}): run as root");
            None
        }
        cable => Some(cable.unwrap()),
    }
}

fn serve(far: &Namespace, bind: &'static str) -> Server {
    let options = ServeOptions { threads: 1, bind: bind.parse().unwrap(), ..ServeOptions::of(Preset::Equal) };
    far.run(|| Server::start(options).unwrap()).unwrap()
}

/// One trial from the near side, and every connection that was captured there.
fn captured(near: &Namespace, server: &Server, cell: Cell, transport: Transport) -> (Measurement, Vec<Flow>) {
    let (order, port) = (order(server, cell, Arm::of(transport)), server.addr().port());
    let trial = move || {
        let mut capture = Capture::open().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let trial = runtime.block_on(workload::trial(order, Observer::nobody()));
        // The last segments of closing are on their way.
        thread::sleep(Duration::from_millis(20));
        let mut flows = BTreeMap::new();
        capture.drain(port, &mut flows).unwrap();
        let Outcome::Measured(measurement) = trial.outcome else { panic!("{transport}: {:?}", trial.outcome) };
        (*measurement, flows.into_values().collect())
    };
    near.run(trial).unwrap()
}

fn events(payload_bytes: usize) -> Cell {
    pushed(Push {
        pace: Pace { rate: Rate::per_second(1_000.0).unwrap(), ..push().pace },
        content: Content { payload_bytes, ids: false },
        timing: Timing { warmup: Duration::ZERO, window: Duration::from_millis(500) },
        ..push()
    })
}

/// The connection of the stream is the one that brought most; the other one only asked for facts and clock.
fn stream(flows: &[Flow]) -> Flow {
    *flows.iter().max_by_key(|flow| flow.back.payload_bytes).unwrap()
}

#[track_caller]
fn equal(leg: Leg, seen: Seen, what: &str) {
    let formula = (leg.bytes, leg.payload_bytes, leg.segments);
    assert_eq!(formula, (seen.bytes, seen.payload_bytes, seen.segments), "{what}: formula, capture");
}

/// A trial whose capture shows no SACK block, hence neither loss nor a segment that came twice: a server that waits long
/// for its turn on a busy host sends its last segment again. What is true even then is asserted of every trial.
fn lossless(near: &Namespace, server: &Server, payload_bytes: usize, transport: Transport) -> (Measurement, Flow) {
    for _ in 0..10 {
        let (measurement, flows) = captured(near, server, events(payload_bytes), transport);
        let (whole, flow) = (measurement.layers.unwrap().whole, stream(&flows));
        assert_eq!(whole.out.bytes + flow.out.sack_bytes, flow.out.bytes, "{transport}: SACK blocks are not counted");
        assert_eq!(whole.back.segments, flow.back.segments, "{transport}");
        if flow.out.sack_bytes == 0 {
            return (measurement, flow);
        }
    }
    panic!("{transport}: ten trials in a row, and a segment was lost or sent twice in each");
}

/// Every socket is closed by the client with one FIN; what closing adds is that and its acknowledgement, no more than
/// two segments each way.
fn compare(near: &Namespace, server: &Server, payload_bytes: usize, transport: Transport) -> Measurement {
    let what = format!("{transport}, {payload_bytes} B");
    let (measurement, flow) = lossless(near, server, payload_bytes, transport);
    let layers = measurement.layers.unwrap();
    equal(layers.whole.out, flow.out, &what);
    equal(layers.whole.back, flow.back, &what);
    assert!((1..=4).contains(&flow.closing.segments), "{what}: {:?}", flow.closing);
    assert_eq!((layers.sockets, layers.uncounted, layers.retransmits, layers.loopback), (1, 0, 0, false), "{what}");
    assert_eq!(layers.below_tls.back_bytes, measurement.bytes.connect_in + measurement.bytes.stream_in, "{what}");
    assert_eq!(layers.below_tls.back_bytes, layers.whole.back.payload_bytes, "{what}");
    measurement
}

/// 14 bytes around a payload for SSE, 2 for WebSocket, and 66 around each segment.
fn expect_64_bytes(measurement: &Measurement, transport: Transport) {
    let framed = match transport {
        Transport::Sse => 78,
        _ => 66,
    };
    let layers = measurement.layers.unwrap();
    assert!(layers.span_events >= 100, "{transport}: {layers:?}");
    assert_eq!(layers.span.back.payload_bytes, framed * layers.span_events, "{transport}");
    assert_eq!(layers.span.back.bytes, layers.span.back.payload_bytes + 66 * layers.span.back.segments, "{transport}");
    let per_event = Figure::WireBytesInPerEvent.of(measurement).unwrap();
    // Each event is a segment of its own, unless the host was so busy that one waited for another.
    assert!(per_event > framed as f64 && per_event <= framed as f64 + 66.0, "{transport}: {per_event}");
}

#[test]
fn formula_and_capture_agree_to_the_byte() {
    let Some([near, far]) = cable() else { return };
    let server = serve(&far, "10.77.0.2:0");
    for transport in [Transport::Sse, Transport::WebSocket] {
        expect_64_bytes(&compare(&near, &server, 64, transport), transport);
        compare(&near, &server, 16_000, transport);
    }
    // The same without segmentation offload: every captured frame is a segment.
    near.ip("link set near gso_max_segs 1").unwrap();
    far.ip("link set far gso_max_segs 1").unwrap();
    for transport in [Transport::Sse, Transport::WebSocket] {
        compare(&near, &server, 16_000, transport);
    }
}

#[test]
fn they_agree_over_ipv6_too() {
    let Some([near, far]) = cable() else { return };
    let server = serve(&far, "[fd77::2]:0");
    for transport in [Transport::Sse, Transport::WebSocket] {
        let span = compare(&near, &server, 256, transport).layers.unwrap().span.back;
        assert_eq!(span.bytes, span.payload_bytes + 86 * span.segments, "{transport}");
    }
}
