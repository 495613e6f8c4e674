//! The mark for other people's load generators: where it stands, what it holds, and that nothing else moves.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use std::time::{SystemTime, UNIX_EPOCH};
use support::{Subscriber, ask, server};
use wire::{Stamp, Transport};

fn wall_micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Microseconds since 1970 in tcpkali's marker, which stands behind the stamp.
fn mark(payload: &[u8]) -> u64 {
    let text = std::str::from_utf8(&payload[48..78]).unwrap();
    let digits = text.strip_prefix("TCPKaliMsgTS-").and_then(|rest| rest.strip_suffix('.')).expect(text);
    u64::from_str_radix(digits, 16).unwrap()
}

#[test]
fn every_transport_carries_the_instant_at_which_an_event_was_due() {
    let server = server();
    for transport in Transport::ALL {
        let begun = wall_micros();
        let query = format!("rate=500&count=5&payload=96&marker=tcpkali&session=s-{transport}");
        let mut subscriber = Subscriber::open(&server, transport, &query);
        let payloads: Vec<_> = std::iter::from_fn(|| subscriber.next()).collect();
        let ended = wall_micros();
        assert_eq!(payloads.len(), 5, "{transport}");
        for (seq, payload) in payloads.iter().enumerate() {
            assert_eq!((payload.len(), Stamp::read(payload).unwrap().seq), (96, seq as u64), "{transport}");
            assert!((begun..=ended).contains(&mark(payload)), "{transport}: due while the stream was open");
        }
    }
}

#[test]
fn a_payload_without_room_is_refused() {
    let (status, line) = ask(&server(), "GET", "/sse?payload=77&marker=tcpkali", "", b"");
    assert_eq!((status, line.trim()), (400, "marker=tcpkali needs payload=78 or more: the stamp and the mark"));
}
