//! How streams end when the server does: cleanly, in each transport's way, within a bound.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use std::thread::spawn;
use std::time::Duration;
use support::{Ending, Subscriber, Wire, server, wait_until};
use wire::Transport;

#[test]
fn shutdown_ends_every_stream_in_its_transports_way() {
    let server = server();
    let watchers = [
        (Transport::Sse, "rate=500", 200),
        (Transport::Sse, "schedule=idle", 200),
        (Transport::HttpStream, "schedule=unpaced", 200),
        (Transport::WebSocket, "rate=500", 1001),
        (Transport::WebSocket, "schedule=idle", 1001),
        (Transport::WebSocket, "schedule=unpaced", 1001),
        (Transport::RawTcp, "rate=500", 101),
    ];
    let running = watchers.map(|(transport, query, ending)| {
        let mut subscriber = Subscriber::open(&server, transport, query);
        let watcher = spawn(move || {
            while subscriber.next().is_some() {}
            subscriber.ending
        });
        (watcher, ending)
    });
    let (mut poll, mut idle) = (Wire::connect(&server), Wire::connect(&server));
    poll.request("GET", "/long-poll?session=p&schedule=idle", "", b"");
    wait_until(&server, |vitals| vitals.connections_open == 10 && vitals.events_sent > 100);
    server.shutdown();
    for (watcher, ending) in running {
        assert_eq!(watcher.join().unwrap(), Some(Ending::Clean(ending)));
    }
    assert_eq!(poll.head().status, 503);
    assert!(idle.rest().is_empty(), "an idle connection is closed");
}

#[test]
fn a_reader_that_stands_still_does_not_hold_the_server_up() {
    let server = server();
    let _stuck: Vec<_> = [Transport::Sse, Transport::WebSocket, Transport::RawTcp]
        .into_iter()
        .map(|transport| Subscriber::open(&server, transport, "schedule=unpaced&payload=65536"))
        .collect();
    std::thread::sleep(Duration::from_millis(50));
    server.shutdown();
}

#[test]
fn a_client_that_leaves_is_forgotten() {
    let server = server();
    for transport in Transport::ALL {
        let target = format!("{}?schedule=idle&session=s-{transport}", transport.path());
        let mut wire = Wire::connect(&server);
        wire.request("GET", &target, support::opening(transport), b"");
        if transport != Transport::LongPoll {
            wire.head();
        }
        wait_until(&server, |vitals| vitals.connections_open == 2);
        wire.hang_up();
        wait_until(&server, |vitals| vitals.connections_open == 1);
    }
}
