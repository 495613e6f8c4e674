//! One event over loopback, from the server's feed to the client's recorder, written alone: `delivery/<transport>/<size>`.
//! Back to back without a schedule, so it is a cost and no latency.

mod loopback;

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
    group.finish();
}

criterion_group!(benches, delivery);
criterion_main!(benches);
