//! Cost of one event in the decoders: buffers as the driver reads them, in memory, their response head behind. Refuses
//! to say what a delivery costs: there is no socket and no clock here.
//!
//! `codec/decode/<transport>/<size>` is the lean client, `codec/decode/library-<transport>/64` the crates that
//! `client = "library"` reads with. `codec/encode/<transport>/<size>` is the server's whole way of an event (feed,
//! stamp, endpoint, hyper or tungstenite), each written alone into a peer that only counts bytes.

mod pace;
mod sink;

use client::codec::Corpus;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sink::Sink;
use wire::{Role, Transport};

const PAYLOAD_BYTES: [usize; 3] = [64, 1024, 16_384];

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/decode");
    for transport in Transport::ALL {
        for size in PAYLOAD_BYTES {
            let corpus = Corpus::new(transport, size);
            let mut lean = corpus.lean();
            group.throughput(Throughput::Elements(corpus.events()));
            group.bench_function(BenchmarkId::new(transport.name(), size), |bencher| bencher.iter(|| lean.decode()));
        }
        let corpus = Corpus::new(transport, 64);
        if corpus.library().is_some() {
            group.throughput(Throughput::Elements(corpus.events()));
            group.bench_function(format!("library-{transport}/64"), |bencher| bencher.iter(|| corpus.library()));
        }
    }
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let sink = Sink::new();
    let mut group = criterion.benchmark_group("codec/encode");
    // raw-tcp encodes nothing and needs a socket: its floor is in `delivery`.
    for transport in Transport::ALL.into_iter().filter(|transport| transport.role() != Role::Floor) {
        for size in PAYLOAD_BYTES {
            group.throughput(Throughput::Elements(1));
            group.bench_function(BenchmarkId::new(transport.name(), size), |bencher| {
                bencher.iter_custom(|events| sink.take(transport, size, events));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = pace::pace();
    targets = decode, encode
}
criterion_main!(benches);
