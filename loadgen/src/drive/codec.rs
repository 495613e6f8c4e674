//! Cost of decoding in memory, and how many lines our decoders have.

use crate::codec::Corpus;
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

/// Lines of code that read one transport, without tests, comments and blank lines: the shared HTTP head and, for
/// SSE, the chunked body included.
pub fn decoder_lines(transport: Transport) -> u32 {
    const WIRE: &str = include_str!("../client/wire.rs");
    const HTTP: &str = include_str!("../client/http.rs");
    const CHUNKED: &str = include_str!("../client/chunked.rs");
    let files: &[&str] = match transport {
        Transport::Sse => &[WIRE, HTTP, CHUNKED, include_str!("../client/sse.rs")],
        Transport::WebSocket => &[WIRE, HTTP, include_str!("../client/websocket.rs")],
        Transport::LongPoll => &[WIRE, HTTP, include_str!("../client/long_poll.rs")],
        Transport::HttpStream => &[WIRE, HTTP, CHUNKED, include_str!("../client/records.rs")],
        Transport::RawTcp => &[WIRE, HTTP, include_str!("../client/records.rs")],
    };
    files.iter().map(|text| code_lines(text)).sum()
}

fn code_lines(text: &str) -> u32 {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_counted() {
        assert_eq!(code_lines("//! doc\n\nfn a() {\n    // why\n}\n#[cfg(test)]\nmod tests {}\n"), 2);
        assert!(Transport::ALL.into_iter().all(|transport| decoder_lines(transport) > 50));
    }
}
