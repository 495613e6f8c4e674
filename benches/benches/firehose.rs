//! CPU time of the client for one event when the next one is always there: `firehose/<transport>/<size>`. Eight connections,
//! read into a recorder as `loadgen run URL` reads foreign streams; the kernel's share of reading is in it, the writers'
//! threads are not. The transports without a format show what those with one cost.

mod flood;
mod pace;

use client::codec::Corpus;
use client::recorder::{Reading, Recorder};
use client::stream::{Stream, StreamSpec};
use client::window::{Basis, Window};
use client::worker::Worker;
use client::{Dialer, Request};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use wire::Transport;

const CONNECTIONS: u64 = 8;
const PAYLOAD_BYTES: [usize; 2] = [64, 1024];
/// Longer than any bench.
const WINDOW: Duration = Duration::from_secs(3600);

/// A client's thread, and the streams that it reads.
struct Client {
    runtime: Runtime,
    worker: Worker,
    streams: Vec<Stream>,
}

impl Client {
    fn open(transport: Transport, payload_bytes: usize) -> Self {
        let address = flood::start(Corpus::new(transport, payload_bytes));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, WINDOW));
        let worker = Worker::new(Recorder::new(Reading::Foreign, window, 0, None));
        let endpoint = format!("http://{address}/").parse().expect("an address is an endpoint");
        let request = Request { payload_bytes: Some(payload_bytes), ..Request::get(address.to_string(), "/") };
        let spec = StreamSpec { transport, request, expected: None, first_seq: None, leaves: false };
        let streams = runtime.block_on(async {
            let dialer = Dialer::resolve(&endpoint, None, Duration::from_secs(5)).await.expect("loopback resolves");
            let mut streams = Vec::new();
            for _ in 0..CONNECTIONS {
                streams.push(Stream::open(&dialer, &spec, &worker).await.expect("a stream opens"));
            }
            streams
        });
        Self { runtime, worker, streams }
    }

    /// CPU time of this thread for `events` further events.
    fn take(&mut self, events: u64) -> Duration {
        let (begun, before) = (thread_cpu(), self.received());
        let each = (before + events).div_ceil(CONNECTIONS);
        let mut tasks = JoinSet::new();
        for mut stream in self.streams.drain(..) {
            let read = async move {
                assert!(stream.run_until(each).await.expect("a flood does not end"));
                stream
            };
            tasks.spawn_on(read, self.runtime.handle());
        }
        self.streams = self.runtime.block_on(tasks.join_all());
        (thread_cpu() - begun).mul_f64(events as f64 / (self.received() - before) as f64)
    }

    fn received(&self) -> u64 {
        self.worker.record(|recorder| recorder.counters.received).expect("the recorder is here")
    }
}

fn thread_cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a thread has a clock").into()
}

fn firehose(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("firehose");
    // A poll's answer ends and must be asked for again: no flood.
    for transport in Transport::ALL.into_iter().filter(|transport| *transport != Transport::LongPoll) {
        for payload_bytes in PAYLOAD_BYTES {
            let mut client = Client::open(transport, payload_bytes);
            group.throughput(Throughput::Elements(1));
            group.bench_function(BenchmarkId::new(transport.name(), payload_bytes), |bencher| {
                bencher.iter_custom(|events| client.take(events));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = pace::pace();
    targets = firehose
}
criterion_main!(benches);
