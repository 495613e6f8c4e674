//! TCP connect, handshake, first event, close, one after the other: `connect/<transport>/64`.

mod loopback;
mod pace;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use loopback::Loopback;
use wire::{Schedule, Subscription, Transport};

fn connect(criterion: &mut Criterion) {
    let loopback = Loopback::new();
    let mut group = criterion.benchmark_group("connect");
    for transport in Transport::ALL {
        let one = Subscription { schedule: Schedule::Unpaced, count: Some(1), ..Subscription::default() };
        group.bench_function(BenchmarkId::new(transport.name(), 64), |bencher| {
            bencher.iter_custom(|connections| loopback.connect(transport, &one, connections));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = pace::pace();
    targets = connect
}
criterion_main!(benches);
