//! What an open stream has the client request of its allocator while nothing comes: exact, for it is the same for each.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use client::endpoint::Endpoint;
use client::recorder::{Reading, Recorder};
use client::stream::StreamSpec;
use client::window::{Basis, Window};
use client::{Dialer, Request};
use loadgen::fleet::{CONNECT_RATE, Fleet, FleetPlan};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use trial::ClientKind;
use wire::{Payload, Rate, Subscription, Transport};

#[global_allocator]
static HEAP: kernel::heap::Heap = kernel::heap::Heap;

/// Five times what a deadline here takes.
const LIMIT: Duration = Duration::from_secs(30);
/// Streams at the two readings.
const STREAMS: [u64; 2] = [64, 128];

/// A process of its own: what a server requests is not in the account.
fn serve() -> (Child, Endpoint) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    server.args(["serve", "--exit-with-stdin", "--threads", "1"]);
    let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    (server, url.trim().parse().unwrap())
}

/// Streams that receive one event at once and the next in an hour.
fn plan(transport: Transport, endpoint: &Endpoint, streams: u64) -> FleetPlan {
    let rate = Rate::per_second(1.0 / 3600.0).unwrap();
    let quiet = Subscription { rate, heartbeat: None, ids: false, ..Subscription::default() };
    let path = format!("{}?{}", transport.path(), quiet.to_query());
    let request = Request { payload_bytes: Some(quiet.payload_bytes), ..Request::get(&endpoint.authority, path) };
    let spec = Arc::new(StreamSpec { transport, request, expected: None, first_seq: Some(0), leaves: false });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dialer = runtime.block_on(Dialer::resolve(endpoint, None, LIMIT)).unwrap();
    FleetPlan {
        dialer,
        client: ClientKind::Lean,
        specs: vec![spec; streams as usize],
        threads: 1,
        connect_rate: CONNECT_RATE,
        strict: true,
    }
}

/// Bytes requested now, but for the queue of probes of the event loop: that comes and goes with time.
fn requested() -> u64 {
    let probes = |frame: &String| frame.contains("pacer");
    let sites = kernel::heap::sites().unwrap().into_iter();
    sites.filter(|site| !site.frames.iter().any(probes)).map(|site| site.bytes).sum()
}

/// Bytes requested while so many streams stand, each with its one event received.
fn standing(plan: FleetPlan, streams: u64) -> u64 {
    let payload = Reading::Push(Arc::new(Payload::new(64)));
    // Of no length: a recorder keeps more the longer it measures.
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, Duration::ZERO));
    let standing = Arc::<client::recorder::Standing>::default();
    let recorder = || Recorder::new(payload.clone(), Arc::clone(&window), 0, None).counting(Arc::clone(&standing));
    let fleet = Fleet::launch(plan, recorder).unwrap();
    let begun = Instant::now();
    while standing.answered() < streams {
        assert!(begun.elapsed() < LIMIT, "{} of {streams} streams stand", standing.answered());
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(500));
    let bytes = requested();
    let received: u64 = fleet.join().unwrap().iter().map(|recorder| recorder.counters.received).sum();
    assert_eq!(received, streams);
    bytes
}

#[test]
fn an_idle_stream_holds_what_it_needs_and_no_more() {
    let (mut server, endpoint) = serve();
    assert!(kernel::heap::start());
    for (transport, exact) in [(Transport::Sse, 1_797), (Transport::WebSocket, 1_826)] {
        // What is requested once for all is there before the first reading.
        standing(plan(transport, &endpoint, 1), 1);
        let [few, many] = STREAMS.map(|streams| standing(plan(transport, &endpoint, streams), streams));
        let more = STREAMS[1] - STREAMS[0];
        assert_eq!(((many - few) / more, (many - few) % more), (exact, 0), "{transport}: bytes a stream, rest");
    }
    drop(server.stdin.take());
    server.wait().unwrap();
}
