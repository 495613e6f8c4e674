//! What a stream carries: counts, faults, groups, heartbeats, echoes, on every transport alike.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use servers::Server;
use std::collections::HashSet;
use std::time::Duration;
use support::{Ending, Subscriber, ask, server, server_with, vitals, wait_until};
use wire::{Encoder, Flush, Stamp, Transport};

/// A query with a session of its own, which long polling needs.
fn named(transport: Transport, query: &str) -> String {
    format!("{query}&session={transport}")
}

fn stamps(server: &Server, transport: Transport, query: &str) -> Vec<Stamp> {
    Subscriber::open(server, transport, &named(transport, query)).stamps()
}

fn seqs(server: &Server, transport: Transport, query: &str) -> Vec<u64> {
    stamps(server, transport, query).iter().map(|stamp| stamp.seq).collect()
}

#[test]
fn a_counted_stream_has_so_many_events_and_a_clean_end() {
    let server = server();
    for transport in Transport::ALL {
        for (schedule, count) in [("constant", 0), ("poisson", 500), ("burst:7", 100), ("unpaced", 1000)] {
            let query = format!("rate=10000&count={count}&schedule={schedule}&session={transport}-{count}");
            let mut subscriber = Subscriber::open(&server, transport, &query);
            assert!(subscriber.stamps().iter().map(|stamp| stamp.seq).eq(0..count), "{transport} {schedule}");
            assert!(matches!(subscriber.ending, Some(Ending::Clean(_))), "{transport} {schedule}");
        }
    }
    let vitals = wait_until(&server, |vitals| vitals.connections_open == 1);
    assert_eq!((vitals.events_published, vitals.events_sent), (8000, 8000));
}

#[test]
fn the_stock_preset_serves_the_same_events() {
    let server = server_with(|tuning, _| *tuning = wire::Tuning::of(wire::Preset::Stock));
    for transport in Transport::ALL {
        assert!(seqs(&server, transport, "rate=10000&count=300").into_iter().eq(0..300), "{transport}");
    }
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    let server = server();
    let gaps = |transport, seed: u64| -> Vec<u64> {
        let stamps = stamps(&server, transport, &format!("schedule=poisson&rate=10000&count=50&seed={seed}"));
        stamps.windows(2).map(|two| two[1].due.nanos_since(two[0].due)).collect()
    };
    assert_eq!(gaps(Transport::Sse, 5), gaps(Transport::WebSocket, 5));
    assert_ne!(gaps(Transport::HttpStream, 6), gaps(Transport::RawTcp, 7));
}

#[test]
fn ordered_faults_are_seen_exactly() {
    for flush in [Flush::Each, Flush::Ready] {
        let server = server_with(|tuning, _| tuning.flush = flush);
        for transport in Transport::ALL {
            let query = "rate=5000&count=10&faults=drop:2,drop:3,duplicate:5,swap:8,stall:7:120ms";
            let stamps = stamps(&server, transport, query);
            let seqs: Vec<_> = stamps.iter().map(|stamp| stamp.seq).collect();
            assert_eq!(seqs, [0, 1, 4, 5, 5, 6, 7, 9, 8], "{transport}");
            let held = stamps[6].sent.nanos_since(stamps[6].due);
            assert!(held >= 120_000_000, "{transport}: the stall held its event for {held} ns only");
            let moved = stamps.iter().any(|stamp| stamp.due.nanos_since(stamps[0].due) != stamp.seq * 200_000);
            assert!(!moved, "{transport}: due times do not move");
        }
    }
}

#[test]
fn a_shared_topic_starts_with_its_quorum_and_is_one_schedule() {
    let server = server();
    let query = "sharing=shared&group=g&quorum=4&rate=5000&count=20";
    let transports = [Transport::Sse, Transport::WebSocket, Transport::HttpStream, Transport::RawTcp];
    let mut subscribers: Vec<_> =
        transports[..3].iter().map(|transport| Subscriber::open(&server, *transport, query)).collect();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(vitals(&server).events_published, 0, "three of four are there");
    subscribers.push(Subscriber::open(&server, transports[3], query));
    let dues: HashSet<Vec<_>> = subscribers
        .iter_mut()
        .map(|subscriber| subscriber.stamps().iter().map(|stamp| (stamp.seq, stamp.due, stamp.fired)).collect())
        .collect();
    assert_eq!(dues.len(), 1, "all see the same events with the same instants");
    assert_eq!(dues.iter().next().unwrap().len(), 20);
    let vitals = vitals(&server);
    assert_eq!((vitals.events_published, vitals.events_sent), (20, 80));
}

#[test]
fn private_streams_of_a_group_start_together_spread_over_a_period() {
    let server = server();
    let query = "group=g&quorum=4&rate=100&count=3";
    let mut subscribers: Vec<_> = (0..4).map(|_| Subscriber::open(&server, Transport::Sse, query)).collect();
    let mut firsts: Vec<_> = subscribers.iter_mut().map(|subscriber| subscriber.stamps()[0].due).collect();
    firsts.sort_unstable();
    let spread: Vec<_> = firsts.windows(2).map(|two| two[1].nanos_since(two[0])).collect();
    assert_eq!(spread, [2_500_000; 3]);
}

#[test]
fn a_quiet_stream_beats() {
    let server = server();
    for transport in [Transport::Sse, Transport::WebSocket] {
        let mut subscriber = Subscriber::open(&server, transport, "rate=4&count=2&heartbeat=20ms");
        assert_eq!(subscriber.stamps().len(), 2);
        assert!(subscriber.heartbeats >= 2, "{transport}: {} heartbeats", subscriber.heartbeats);
    }
    let mut busy = Subscriber::open(&server, Transport::WebSocket, "rate=1000&count=300&heartbeat=10s");
    assert_eq!((busy.stamps().len(), busy.heartbeats), (300, 0));
}

#[test]
fn only_browsers_are_greeted() {
    for encoder in [Encoder::Direct, Encoder::Library] {
        let server = server_with(|tuning, _| tuning.sse_encoder = encoder);
        for (fields, comments) in [("", 0), ("origin: http://localhost\r\n", 1), ("sec-fetch-mode: cors\r\n", 1)] {
            let mut subscriber = Subscriber::open_with(&server, Transport::Sse, "rate=1000&count=1", fields);
            assert_eq!((subscriber.stamps().len(), subscriber.heartbeats), (1, comments));
        }
    }
}

#[test]
fn a_websocket_echoes_what_it_is_sent() {
    let server = server();
    let mut subscriber = Subscriber::open(&server, Transport::WebSocket, "schedule=idle");
    for (opcode, payload) in [(1, &b"hello"[..]), (2, &[0xff, 0, 1]), (1, &[b'x'; 70_000])] {
        subscriber.wire.send_frame(opcode, payload);
        assert_eq!(subscriber.wire.frame(), (opcode, payload.to_vec()));
    }
    subscriber.wire.send_frame(9, b"are you there");
    assert_eq!(subscriber.wire.frame(), (10, b"are you there".to_vec()));
    assert_eq!(vitals(&server).messages_received, 3);
}

#[test]
fn a_posted_message_comes_back_on_the_stream_of_its_session() {
    let server = server();
    for transport in Transport::ALL {
        let mut subscriber = Subscriber::open(&server, transport, &named(transport, "rate=100000&count=1&payload=48"));
        assert_eq!(subscriber.seqs(1), [0]);
    }
    for transport in Transport::ALL {
        let name = format!("echo-{transport}");
        let mut subscriber = Subscriber::open(&server, transport, &format!("schedule=idle&payload=48&session={name}"));
        if transport == Transport::LongPoll {
            // The session begins with the first poll, which a newer one replaces.
            subscriber.wire.request("GET", &format!("/long-poll?schedule=idle&payload=48&session={name}"), "", b"");
            wait_until(&server, |_| ask(&server, "POST", &format!("/publish/{name}"), "", b"x").0 == 204);
            let head = subscriber.wire.head();
            assert_eq!(subscriber.wire.body(&head), "x\n");
        }
        let message = [b'm'; 48];
        assert_eq!(ask(&server, "POST", &format!("/publish/{name}"), "", &message), (204, String::new()));
        assert_eq!(subscriber.next().unwrap(), message, "{transport}");
    }
}

/// A long-polling subscriber of group `g` whose first poll was answered: from here on it has a name and a mailbox.
fn polled(server: &Server, session: &str) -> Subscriber {
    let query = format!("schedule=idle&sharing=shared&group=g&session={session}");
    let mut poll = Subscriber::open(server, Transport::LongPoll, &query);
    poll.wire.request("GET", &format!("/long-poll?{query}"), "", b"");
    wait_until(server, |_| ask(server, "POST", "/publish/group/g", "", b"first").0 == 204);
    let head = poll.wire.head();
    assert_eq!(poll.wire.body(&head), "first\n");
    poll
}

#[test]
fn a_message_to_a_group_reaches_every_named_subscriber_on_any_transport() {
    let server = server();
    assert_eq!(
        ask(&server, "POST", "/publish/group/g", "", b"x"),
        (404, "no stream is open with group=g\n".to_owned())
    );
    let poll = polled(&server, "poll");
    let query = |name| format!("schedule=idle&sharing=shared&group=g&session={name}");
    let open = |transport: &Transport| Subscriber::open(&server, *transport, &query(transport.name()));
    let others: Vec<_> =
        Transport::ALL.iter().filter(|transport| **transport != Transport::LongPoll).map(open).collect();
    let messages: Vec<_> = (0..20).map(|i| format!("{i:064}").into_bytes()).collect();
    for message in &messages {
        assert_eq!(ask(&server, "POST", "/publish/group/g", "", message), (204, String::new()));
    }
    for mut subscriber in others.into_iter().chain([poll]) {
        let received: Vec<_> = (0..20).map(|_| subscriber.next().unwrap()).collect();
        assert_eq!(received, messages);
    }
    let vitals = vitals(&server);
    assert_eq!((vitals.messages_received, vitals.events_sent, vitals.events_dropped), (21, 101, 0));
}

#[test]
fn a_subscriber_that_never_reads_loses_messages_and_they_are_counted() {
    let server = server();
    let _slow = polled(&server, "slow");
    for _ in 0..1030 {
        assert_eq!(ask(&server, "POST", "/publish/group/g", "", b"x").0, 204);
    }
    assert_eq!(vitals(&server).events_dropped, 6, "a mailbox holds 1,024 messages");
}
