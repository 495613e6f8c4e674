//! One event to many subscribers of one topic: `fanout/<transport>/<subscribers>`. The topic's schedule is faster than
//! any reader and waits for all of them, so it is a cost and no latency. `floor-<transport>` is the same by a writer and a
//! reader on system calls alone.

mod beneath;
mod loopback;
mod pace;

use beneath::{Beneath, FLOORS};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use loopback::Loopback;
use wire::{Rate, Sharing, SlowReader, Subscription, Transport};

const SUBSCRIBERS: [u32; 2] = [10, 100];

fn fanout(criterion: &mut Criterion) {
    let loopback = Loopback::new();
    let mut group = criterion.benchmark_group("fanout");
    for transport in Transport::ALL {
        for subscribers in SUBSCRIBERS {
            group.throughput(Throughput::Elements(u64::from(subscribers)));
            group.bench_function(BenchmarkId::new(transport.name(), subscribers), |bencher| {
                bencher.iter_custom(|events| {
                    let topic = Subscription {
                        rate: Rate::per_second(1e6).expect("above zero"),
                        count: Some(events + 1),
                        sharing: Sharing::Shared,
                        slow: SlowReader::Wait,
                        group: Some(loopback.name()),
                        quorum: subscribers,
                        ..Subscription::default()
                    };
                    loopback.stream(transport, subscribers, &topic, events)
                });
            });
        }
    }
    let beneath = Beneath::new();
    for (framing, name) in FLOORS {
        for subscribers in SUBSCRIBERS {
            group.throughput(Throughput::Elements(u64::from(subscribers)));
            group.bench_function(BenchmarkId::new(name, subscribers), |bencher| {
                bencher.iter_custom(|events| beneath.take(framing, subscribers, events));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = pace::pace();
    targets = fanout
}
criterion_main!(benches);
