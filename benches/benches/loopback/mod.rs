//! A server of our own and lean clients over loopback, for the benches that need both ends. Both share this process,
//! so the figures are costs of a delivery with everything in it; server and client apart are `loadgen`'s to measure.
#![allow(dead_code, reason = "each bench uses its own part")]

use client::recorder::{Reading, Recorder};
use client::stream::{Stream, StreamSpec};
use client::window::{Basis, Window};
use client::worker::Worker;
use client::{Dialer, Request};
use servers::{ServeOptions, Server};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use wire::{Payload, Preset, Subscription, Transport};

/// Longest wait for a connection.
const LIMIT: Duration = Duration::from_secs(5);

/// Both ends.
pub(crate) struct Loopback {
    server: Server,
    runtime: Runtime,
    dialer: Dialer,
    worker: Worker,
    names: AtomicU64,
}

impl Loopback {
    /// Starts a server and a client's runtime.
    pub(crate) fn new() -> Self {
        let options = ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) };
        let server = Server::start(options).expect("a loopback server starts");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let endpoint = server.url().parse().expect("a server's URL is one");
        let dialer = runtime.block_on(Dialer::resolve(&endpoint, None, LIMIT)).expect("loopback resolves");
        let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, LIMIT));
        let worker = Worker::new(Recorder::new(Reading::Push(Arc::new(Payload::new(64))), window, 0, None));
        Self { server, runtime, dialer, worker, names: AtomicU64::new(0) }
    }

    /// A name that nothing on this server has had before.
    pub(crate) fn name(&self) -> String {
        format!("bench-{}", self.names.fetch_add(1, Relaxed))
    }

    fn spec(&self, transport: Transport, subscription: &Subscription) -> StreamSpec {
        let session = (transport == Transport::LongPoll).then(|| self.name());
        let subscription = Subscription { session, heartbeat: None, ids: false, ..subscription.clone() };
        let path = format!("{}?{}", transport.path(), subscription.to_query());
        let request = Request {
            payload_bytes: Some(subscription.payload_bytes),
            ..Request::get(self.server.addr().to_string(), path)
        };
        StreamSpec { transport, request, expected: None, first_seq: None, leaves: false }
    }

    /// From the first event of all to the last: what `events` further events take. (From the first event of the *last* stream
    /// it would be next to nothing, for by then a slow client finds the others in its buffers.)
    pub(crate) fn stream(
        &self,
        transport: Transport,
        streams: u32,
        subscription: &Subscription,
        events: u64,
    ) -> Duration {
        let mut tasks = JoinSet::new();
        for _ in 0..streams {
            let (dialer, worker, spec) = (self.dialer.clone(), self.worker.clone(), self.spec(transport, subscription));
            let receive = async move {
                let mut stream = Stream::open(&dialer, &spec, &worker).await.expect("a stream opens");
                assert!(stream.run_until(1).await.expect("a first event"));
                let begin = Instant::now();
                assert!(stream.run_until(events + 1).await.expect("all events"));
                (begin, Instant::now())
            };
            tasks.spawn_on(receive, self.runtime.handle());
        }
        let spans = self.runtime.block_on(tasks.join_all());
        let begin = spans.iter().map(|(begin, _)| *begin).min();
        let end = spans.iter().map(|(_, end)| *end).max();
        let (begin, end) = begin.zip(end).expect("there is a stream");
        end.saturating_duration_since(begin)
    }

    /// Connects, receives one event and closes, `times` over.
    pub(crate) fn connect(&self, transport: Transport, subscription: &Subscription, times: u64) -> Duration {
        let specs: Vec<_> = (0..times).map(|_| self.spec(transport, subscription)).collect();
        let (dialer, worker) = (self.dialer.clone(), self.worker.clone());
        let connections = self.runtime.spawn(async move {
            let begin = Instant::now();
            for spec in &specs {
                let mut stream = Stream::open(&dialer, spec, &worker).await.expect("a stream opens");
                assert!(stream.run_until(1).await.expect("a first event"));
            }
            begin.elapsed()
        });
        self.runtime.block_on(connections).expect("connections are made")
    }
}
