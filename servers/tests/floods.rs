//! Floods: clients that send without reading, or never read, and what all clients together may make a server keep.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use std::thread::sleep;
use std::time::{Duration, Instant};
use support::hostile::Fate::Status;
use support::hostile::{ends, fate, flood, get, handshake, json, start};
use support::{Subscriber, Wire, ask, opening, server, server_with, vitals, wait_until};
use wire::Transport;

/// More than a connection's own buffers, on both ends, could hide.
const SLACK_BYTES: u64 = 48 << 20;

/// Floods all of them at once, for each ends by waiting: how many bytes were taken of each, and the connection, still open.
fn flood_all<const N: usize>(
    floods: [(&'static str, Wire, &[u8]); N],
    most: usize,
) -> [(&'static str, usize, Wire); N] {
    std::thread::scope(|scope| {
        let flooded =
            |(what, mut wire, piece): (_, Wire, _)| scope.spawn(move || (what, flood(&mut wire, piece, most), wire));
        floods.map(flooded).map(|one| one.join().unwrap())
    })
}

#[test]
fn who_pings_and_never_reads_is_not_heard_any_more() {
    let server = server();
    let before = vitals(&server).rss_bytes;
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat();
    let most = 256 << 20;
    let targets = ["/websocket?schedule=idle", "/websocket?rate=100", "/v1/responses", "/v1/jobs/train?id=flood"];
    let floods = targets.map(|target| {
        let (head, wire) = Wire::get(&server, target, opening(Transport::WebSocket));
        assert_eq!(head.status, 101, "{target}");
        (target, wire, &ping[..])
    });
    let flooded = flood_all(floods, most);
    let after = vitals(&server).rss_bytes;
    for (target, taken, _) in &flooded {
        assert!(*taken < most, "{target}: the server reads on though nobody reads its answers");
    }
    assert!(after < before + SLACK_BYTES, "{before} bytes, {after} after all pings");
    drop(flooded);
    wait_until(&server, |vitals| vitals.connections_open == 1);
}

#[test]
fn who_pings_and_reads_is_answered() {
    let server = server();
    let mut reader = Subscriber::open(&server, Transport::WebSocket, "schedule=idle");
    for n in 0..1000_u32 {
        reader.wire.send_frame(9, &n.to_be_bytes());
    }
    for n in 0..1000_u32 {
        assert_eq!(reader.wire.frame(), (10, n.to_be_bytes().to_vec()));
    }
}

#[test]
fn floods_that_nobody_answers_stay_within_bounds() {
    let server = server();
    let before = vitals(&server).rss_bytes;
    let text = [&[0x81, 0xfe, 0x10, 0, 0, 0, 0, 0][..], &[b'x'; 4096]].concat();
    let pong = [0x8a, 0x80, 0, 0, 0, 0].repeat(100);
    let empty = [&[0x01, 0x80, 0, 0, 0, 0][..], &[0x00, 0x80, 0, 0, 0, 0].repeat(10_000)].concat();
    let create = br#"{"type":"response.create"}"#;
    let event = [&[0x81, 0x80 | create.len() as u8, 0, 0, 0, 0][..], create].concat();
    let floods = [
        ("echoes unread", handshake("/websocket?schedule=idle"), text),
        ("pongs", handshake("/websocket?schedule=idle"), pong),
        ("fragments without a byte", handshake("/websocket?schedule=idle"), empty),
        ("client events unread", handshake("/v1/responses"), event),
        ("requests behind one another", Vec::new(), get("/facts", "")),
        ("requests behind a stream", get("/sse?schedule=idle", ""), get("/facts", "")),
        ("bytes for raw TCP", get("/raw-tcp?schedule=idle", opening(Transport::RawTcp)), vec![7; 4096]),
    ];
    let floods = floods.each_ref().map(|(what, opening, piece)| {
        let mut wire = Wire::connect(&server);
        wire.send(opening);
        (*what, wire, &piece[..])
    });
    let flooded = flood_all(floods, 32 << 20);
    let after = vitals(&server).rss_bytes;
    let taken = flooded.each_ref().map(|(what, taken, _)| (what, taken));
    assert!(after < before + SLACK_BYTES, "{before} bytes, {after} after {taken:?}");
}

#[test]
fn who_never_reads_keeps_what_one_connection_may() {
    let server = server();
    let before = vitals(&server).rss_bytes;
    let streams: Vec<_> = [Transport::Sse, Transport::WebSocket, Transport::HttpStream, Transport::RawTcp]
        .into_iter()
        .cycle()
        .take(16)
        .map(|transport| Subscriber::open(&server, transport, "schedule=unpaced&payload=65536"))
        .collect();
    sleep(Duration::from_millis(500));
    let after = vitals(&server).rss_bytes;
    assert!(after < before + SLACK_BYTES, "{before} bytes, {after}");
    drop(streams);
    wait_until(&server, |vitals| vitals.connections_open == 1);
}

#[test]
fn half_closed_connections_end() {
    let server = server();
    for target in ["/sse?schedule=idle", "/http-stream?schedule=idle", "/long-poll?session=a&schedule=idle"] {
        let mut wire = Wire::connect(&server);
        wire.request("GET", target, "", b"");
        assert!(ends(&mut wire), "{target}");
    }
    for transport in [Transport::WebSocket, Transport::RawTcp] {
        let mut subscriber = Subscriber::open(&server, transport, "schedule=idle");
        assert!(ends(&mut subscriber.wire), "{transport}");
    }
    let mut half = Wire::connect(&server);
    half.send(b"POST /publish/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf");
    assert!(ends(&mut half));
    wait_until(&server, |vitals| vitals.connections_open == 1);
}

#[test]
fn connections_that_say_nothing_leave_room_for_others() {
    let server = server();
    let silent: Vec<_> = (0..300).map(|_| Wire::connect(&server)).collect();
    let mut slow = Wire::connect(&server);
    for byte in b"GET /clock HTTP/1.1\r\nhost: localhost\r\n\r\n" {
        slow.send(&[*byte]);
    }
    assert_eq!(slow.head().status, 200);
    let asked = Instant::now();
    assert_eq!(ask(&server, "GET", "/clock", "", b"").0, 200);
    assert!(asked.elapsed() < Duration::from_secs(5));
    drop(silent);
}

#[test]
fn all_clients_together_have_one_budget() {
    const MEMORY: usize = 16 << 20;
    let server = start(|options| options.max_memory_bytes = MEMORY);
    let refused = |(status, line): (u16, String)| {
        let expected =
            "clients would make this server keep over 16777216 bytes, its limit (raise it with --max-memory)\n";
        assert_eq!((status, line.as_str()), (503, expected));
    };
    // Fillers of different sizes are kept one by one, and a frame of each.
    let open = |n: usize| Wire::get(&server, &format!("/sse?schedule=idle&payload={}", (1 << 20) - n), "");
    let sized: Vec<_> = (0..9).map(open).collect();
    assert_eq!((sized[6].0.status, sized[8].0.status), (200, 503));
    refused(ask(&server, "GET", "/sse?payload=1040000", "", b""));
    drop(sized);
    wait_until(&server, |vitals| vitals.connections_open == 1);
    // Messages that wait in the mailboxes of several sessions.
    for n in 0..4 {
        let mut poll = Wire::connect(&server);
        poll.request("GET", &format!("/long-poll?schedule=idle&session=s{n}"), "", b"");
        while ask(&server, "POST", &format!("/publish/s{n}"), "", b"x").0 != 204 {}
        assert_eq!(poll.head().status, 200);
    }
    let message = vec![b'x'; 1 << 20];
    let statuses: Vec<_> =
        (0..40).map(|n| ask(&server, "POST", &format!("/publish/s{}", n % 4), "", &message)).collect();
    let kept = statuses.iter().filter(|(status, _)| *status == 204).count();
    assert!((8..16).contains(&kept), "{kept} messages of 1 MiB are kept");
    refused(statuses.into_iter().next_back().unwrap());
}

#[test]
fn unfinished_messages_take_from_the_same_budget() {
    let server = start(|options| options.max_memory_bytes = 16 << 20);
    let unfinished = [&[0x82, 0xff, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0][..], &vec![b'x'; (1 << 20) - 1]].concat();
    let mut open: Vec<_> = (0..24)
        .map(|_| {
            let mut subscriber = Subscriber::open(&server, Transport::WebSocket, "schedule=idle&heartbeat=off");
            subscriber.wire.send(&unfinished);
            subscriber
        })
        .collect();
    // 24 MiB in 24 connections, each of which has 192 KiB to itself: one of them at least is told to come again later.
    let refused = |subscriber: &mut Subscriber| {
        subscriber.wire.stream().set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        subscriber.wire.try_frame().is_some_and(|(opcode, reason)| opcode == 8 && reason[..2] == 1013_u16.to_be_bytes())
    };
    let told = (0..100).any(|_| open.iter_mut().any(refused));
    assert!(told, "nobody was told");
    drop(open);
    let mut echo = Subscriber::open(&server, Transport::WebSocket, "schedule=idle&heartbeat=off");
    for _ in 0..20 {
        echo.wire.send_frame(2, &vec![b'x'; 1 << 20]);
        assert_eq!(echo.wire.frame().1.len(), 1 << 20, "what was heard is given back");
    }
}

#[test]
fn long_answers_take_from_the_same_budget() {
    let server = start(|options| options.max_memory_bytes = 16 << 20);
    let order = r#"{"model":"chat","messages":[],"stream":true,"pushbench":"tokens=32768&speed=0.001"}"#;
    let mut open = Vec::new();
    let status = loop {
        let mut wire = Wire::connect(&server);
        wire.request("POST", "/v1/chat/completions", "", order.as_bytes());
        let head = wire.head();
        if head.status != 200 {
            break (head.status, head.field("retry-after").map(str::to_owned));
        }
        open.push(wire);
        assert!(open.len() < 200, "answers take memory");
    };
    assert_eq!(status, (503, Some("1".to_owned())));
    let after = vitals(&server).rss_bytes;
    drop(open);
    wait_until(&server, |vitals| vitals.connections_open == 1);
    assert_eq!(fate(&server, &json(order), Status(200)), Status(200), "what was taken is given back ({after} bytes)");
}

#[test]
fn sessions_have_a_bound_for_all_of_them() {
    let server = server_with(|_, limits| limits.max_connections = 40);
    let poll = |n: usize| {
        let mut wire = Wire::connect(&server);
        wire.request("GET", &format!("/long-poll?rate=1000&session=flood-{n}"), "", b"");
        wire.head().status
    };
    let statuses: Vec<_> = (0..60).map(poll).collect();
    assert_eq!((statuses[0], statuses[59]), (200, 503), "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert_eq!(ask(&server, "GET", "/clock", "", b"").0, 200);
}

#[test]
fn what_a_reader_that_never_reads_loses_is_counted_meanwhile() {
    let server = server_with(|tuning, _| tuning.send_buffer_bytes = Some(64 * 1024));
    let query = "rate=20000&payload=16384&queue=8&slow=drop-oldest";
    for transport in [Transport::Sse, Transport::WebSocket, Transport::HttpStream] {
        let _stuck = Subscriber::open(&server, transport, query);
        let before = vitals(&server).events_dropped;
        wait_until(&server, |vitals| vitals.events_dropped > before + 1000);
    }
}
