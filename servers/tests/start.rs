//! Groups that are held start at the instant that is named, to the nanosecond, and not before.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use support::{Subscriber, ask, server};
use wire::{Stamp, Transport};

/// An instant of the server's clock that is far enough for the request that names it.
fn soon() -> u64 {
    servers::clock::now().as_nanos() + 100_000_000
}

#[test]
fn private_streams_that_are_held_start_spread_over_a_period() {
    let server = server();
    // Two of four streams: the others may be at another server.
    let query = "group=g&quorum=4&held=on&rate=10&count=2";
    let mut streams =
        [Transport::Sse, Transport::WebSocket].map(|transport| Subscriber::open(&server, transport, query));
    let at = soon();
    for _ in 0..2 {
        // The second request finds nothing to start.
        assert_eq!(ask(&server, "GET", &format!("/start?group=g&at={at}"), "", b"").0, 200);
    }
    let mut dues: Vec<Vec<u64>> = Vec::new();
    for stream in &mut streams {
        dues.push(stream.stamps().iter().map(|stamp: &Stamp| stamp.due.as_nanos() - at).collect());
    }
    dues.sort();
    assert_eq!(dues, [[0, 100_000_000], [25_000_000, 125_000_000]]);
}

#[test]
fn a_shared_topic_that_is_held_starts_once_for_whoever_is_there() {
    let server = server();
    let query = "group=g&sharing=shared&quorum=2&held=on&rate=100&count=3";
    let mut streams = [0, 1].map(|_| Subscriber::open(&server, Transport::Sse, query));
    let at = soon();
    for later in [0, 5] {
        assert_eq!(ask(&server, "GET", &format!("/start?group=g&at={}", at + later), "", b"").0, 200);
    }
    for stream in &mut streams {
        let dues: Vec<u64> = stream.stamps().iter().map(|stamp| stamp.due.as_nanos() - at).collect();
        assert_eq!(dues, [0, 10_000_000, 20_000_000]);
    }
}

#[test]
fn what_cannot_be_started_is_refused() {
    let server = server();
    let _stream = Subscriber::open(&server, Transport::Sse, "group=g&quorum=2");
    let far = soon() + 3_600_000_000_000;
    for (query, status, line) in [
        ("".to_owned(), 400, "expected group=NAME&at=NANOSECONDS of this server's clock"),
        ("group=g&at=soon".to_owned(), 400, "expected group=NAME&at=NANOSECONDS"),
        (format!("group=g&at={far}"), 400, "a start is at most 60 s ahead"),
        (format!("group=h&at={}", soon()), 404, "no such group is open"),
    ] {
        let (got, text) = ask(&server, "GET", &format!("/start?{query}"), "", b"");
        assert_eq!(got, status, "{query}: {text}");
        assert!(text.starts_with(line), "{query}: {text}");
    }
}
