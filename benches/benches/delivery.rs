//! One event over loopback, from the server's feed to the client's recorder, written alone: `delivery/<transport>/<size>`.
//! Back to back without a schedule, so it is a cost and no latency. `floor-<transport>` is the same by a writer and a reader
//! on system calls alone.

mod beneath;
mod loopback;
mod pace;

use beneath::{Beneath, FLOORS};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use loopback::Loopback;
use wire::{Schedule, Subscription, Transport};

const PAYLOAD_BYTES: [usize; 3] = [64, 1024, 16_384];

fn delivery(criterion: &mut Criterion) {
    let loopback = Loopback::new();
    let mut group = criterion.benchmark_group("delivery");
    for transport in Transport::ALL {
        for payload_bytes in PAYLOAD_BYTES {
            let subscription = Subscription { schedule: Schedule::Unpaced, payload_bytes, ..Subscription::default() };
            group.throughput(Throughput::Elements(1));
            group.bench_function(BenchmarkId::new(transport.name(), payload_bytes), |bencher| {
                bencher.iter_custom(|events| loopback.stream(transport, 1, &subscription, events));
            });
        }
    }
    let beneath = Beneath::new();
    for (framing, name) in FLOORS {
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new(name, 64), |bencher| {
            bencher.iter_custom(|events| beneath.take(framing, 1, events));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = pace::pace();
    targets = delivery
}
criterion_main!(benches);
