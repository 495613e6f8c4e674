//! Slow readers: one policy for every transport, and each case of it counted.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use servers::Server;
use std::thread::sleep;
use std::time::Duration;
use support::{Ending, Subscriber, server_with, vitals, wait_until};
use wire::Transport;

/// Streams that push without being asked: whoever does not read fills their queue.
const PUSHED: [Transport; 4] = [Transport::Sse, Transport::WebSocket, Transport::HttpStream, Transport::RawTcp];

/// Little room in the kernel, so that a reader that stands still is soon behind.
fn narrow_server() -> Server {
    server_with(|tuning, _| tuning.send_buffer_bytes = Some(128 * 1024))
}

fn query(slow: &str, count: u64) -> String {
    format!("rate=20000&payload=16384&queue=8&count={count}&slow={slow}")
}

#[test]
fn wait_delivers_everything_late() {
    let server = narrow_server();
    for transport in PUSHED {
        let mut reader = Subscriber::open(&server, transport, &query("wait", 800));
        sleep(Duration::from_millis(100));
        let stamps = reader.stamps();
        assert!(stamps.iter().map(|stamp| stamp.seq).eq(0..800), "{transport}");
        let step = stamps.windows(2).all(|two| two[1].due.nanos_since(two[0].due) == 50_000);
        assert!(step, "{transport}: due times do not move");
        let late = stamps.iter().map(|stamp| stamp.fired.nanos_since(stamp.due)).max().unwrap();
        assert!(late > 1_000_000, "{transport}: the publisher waited, but the latest event is only {late} ns late");
    }
    let vitals = vitals(&server);
    assert_eq!((vitals.events_dropped, vitals.slow_disconnects), (0, 0));
    assert_eq!((vitals.events_published, vitals.events_sent), (3200, 3200));
}

#[test]
fn drop_oldest_counts_exactly_what_is_missing() {
    let server = narrow_server();
    let (mut received, mut expected) = (0, 0);
    for transport in PUSHED {
        let mut reader = Subscriber::open(&server, transport, &query("drop-oldest", 800));
        expected += 800;
        wait_until(&server, |vitals| vitals.events_published == expected);
        let stamps = reader.stamps();
        assert!(stamps.windows(2).all(|two| two[0].seq < two[1].seq), "{transport}");
        assert_eq!(stamps.last().unwrap().seq, 799, "{transport}: the newest is kept");
        received += stamps.len() as u64;
    }
    let vitals = vitals(&server);
    assert!(vitals.events_dropped > 0);
    assert_eq!(vitals.events_dropped + received, expected);
}

/// A burst fills the queue, and what the kernel takes of it is less than a second one: whoever does not read is out soon,
/// but not before it was answered.
const BURSTS: &str = "schedule=burst:64&rate=256&payload=16384&queue=64&slow=disconnect";

#[test]
fn disconnect_throws_the_slow_out() {
    let server = narrow_server();
    let mut readers = PUSHED.map(|transport| Subscriber::open(&server, transport, BURSTS));
    let _stuck = Subscriber::open(&server, Transport::Sse, BURSTS);
    wait_until(&server, |vitals| vitals.slow_disconnects == 5);
    // What is in the kernel still comes; then the stream ends within a frame, without its terminator, or says why.
    for (transport, reader) in PUSHED.into_iter().zip(&mut readers) {
        if transport == Transport::WebSocket {
            reader.stamps();
            assert_eq!(reader.ending, Some(Ending::Clean(1008)));
        } else {
            assert!(!reader.wire.rest().ends_with(b"0\r\n\r\n"), "{transport}");
        }
    }
    drop(readers);
    // The one that never read has gone within the grace period.
    wait_until(&server, |vitals| vitals.connections_open == 1);
}

#[test]
fn a_poller_that_stays_away_is_told_once() {
    let server = narrow_server();
    let query = "schedule=burst:4&rate=10&queue=4&slow=disconnect&session=p";
    let mut poller = Subscriber::open(&server, Transport::LongPoll, query);
    assert_eq!(poller.seqs(1), [0]);
    wait_until(&server, |vitals| vitals.slow_disconnects == 1);
    let mut told = Subscriber::open(&server, Transport::LongPoll, query);
    assert_eq!((told.next(), told.ending), (None, Some(Ending::Clean(410))));
}

#[test]
fn one_slow_reader_of_a_topic_falls_behind_alone() {
    let server = narrow_server();
    let shared = format!("sharing=shared&group=g&quorum=2&{}", query("drop-oldest", 800)).replace("20000", "2000");
    let _slow = Subscriber::open(&server, Transport::Sse, &shared);
    let mut quick = Subscriber::open(&server, Transport::RawTcp, &shared.replace("drop-oldest", "wait"));
    assert!(quick.stamps().iter().map(|stamp| stamp.seq).eq(0..800));
}
