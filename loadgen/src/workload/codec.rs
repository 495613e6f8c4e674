//! Cost of decoding in memory.

use client::codec::{Corpus, decoder_lines};
use nix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;
use trial::Cost;
use wire::Transport;

/// Payload sizes.
const SIZES: [usize; 2] = [64, 1024];
/// Rounds; the least counts, since noise only ever adds.
const ROUNDS: u32 = 5;
/// CPU time of one round.
const ROUND: Duration = Duration::from_millis(40);

/// CPU nanoseconds an event for the lean client and for the libraries.
pub fn costs() -> Vec<Cost> {
    let mut costs = Vec::new();
    for transport in [Transport::Sse, Transport::WebSocket] {
        for size in SIZES {
            let corpus = Corpus::new(transport, size);
            let mut lean = corpus.lean();
            let cost = |decoder: &str, ns_per_event, lines| Cost {
                decoder: format!("{decoder}-{transport}"),
                payload_bytes: size as u64,
                ns_per_event,
                lines,
            };
            costs.push(cost("lean", cheapest(|| lean.decode()), Some(decoder_lines(transport))));
            costs.push(cost("library", cheapest(|| corpus.library().unwrap_or(0)), None));
        }
    }
    costs
}

fn cheapest(mut decode: impl FnMut() -> u64) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let (begin, mut events) = (thread_cpu(), 0);
        while thread_cpu() - begin < ROUND {
            events += black_box(decode());
        }
        (thread_cpu() - begin).as_nanos() as f64 / events.max(1) as f64
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn thread_cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}
