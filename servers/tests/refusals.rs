//! What bad input gets: a status and one clear line, and a server that goes on.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use support::{Subscriber, Wire, ask, opening, server, server_with, vitals, wait_until};
use wire::Transport;

#[test]
fn every_refusal_is_one_clear_line() {
    let server = server_with(|_, limits| {
        limits.max_rate = 1000.0;
        limits.max_payload_bytes = 2048;
    });
    for (method, target, status, line) in [
        ("GET", "/sse?paylod=64", 400, "unknown parameter 'paylod' (known: schedule, rate, payload,"),
        ("GET", "/sse?payload=47", 400, "payload=47: bytes, 48 (the stamp) to 1048576"),
        (
            "GET",
            "/sse?payload=4096",
            400,
            "payload=4096: the limit of this server is 2048 (raise it with --max-payload)",
        ),
        ("GET", "/sse?rate=1001", 400, "rate=1001: the limit of this server is 1000 (raise it with --max-rate)"),
        ("GET", "/sse?after=281474976710656", 400, "after=281474976710656: sequence numbers end at 281474976710655"),
        ("GET", "/sse?schedule=burst:65537", 400, "schedule=burst:65537: a burst has at most 65536 events"),
        ("GET", "/sse?sharing=shared", 400, "sharing=shared, quorum above 1 and held=on need group=NAME"),
        ("GET", "/long-poll", 400, "long polling needs session=NAME"),
        (
            "GET",
            "/websocket",
            426,
            "this route needs an HTTP/1.1 upgrade: send 'Connection: upgrade' and 'Upgrade: websocket'",
        ),
        (
            "GET",
            "/raw-tcp",
            426,
            "this route needs an HTTP/1.1 upgrade: send 'Connection: upgrade' and 'Upgrade: raw-tcp'",
        ),
        (
            "GET",
            "/nowhere",
            404,
            "no route '/nowhere' (known: /, /sse, /websocket, /long-poll, /http-stream, /raw-tcp,",
        ),
        ("POST", "/sse", 405, "POST is not for /sse: use GET"),
        ("GET", "/publish/x", 405, "GET is not for /publish/x: use POST"),
        ("POST", "/publish/x", 404, "no stream is open with session=x"),
    ] {
        let (got, text) = ask(&server, method, target, "", b"");
        assert_eq!(got, status, "{target}: {text}");
        assert!(text.starts_with(line), "{target}: {text}");
        assert_eq!(text.matches('\n').count(), 1, "{target}: {text}");
    }
}

#[test]
fn one_connection_too_many_is_told_so() {
    let server = server_with(|_, limits| limits.max_connections = 2);
    let (first, _second) =
        (Subscriber::open(&server, Transport::Sse, ""), Subscriber::open(&server, Transport::Sse, ""));
    let mut third = Wire::connect(&server);
    third.request("GET", "/sse", "", b"");
    let head = third.head();
    assert_eq!((head.status, head.field("connection")), (503, Some("close")));
    assert_eq!(
        third.body(&head),
        "2 connections are open, the limit of this server (raise it with --max-connections)\n"
    );
    assert!(third.rest().is_empty());
    drop((first, third));
    let answered = (0..1000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        ask(&server, "GET", "/clock", "", b"").0 == 200
    });
    assert!(answered, "there is room again");
}

#[test]
fn messages_over_the_limit_are_refused_on_every_way_in() {
    let server = server_with(|_, limits| limits.max_request_bytes = 1000);
    let mut subscriber = Subscriber::open(&server, Transport::WebSocket, "schedule=idle&session=s");
    let (status, line) = ask(&server, "POST", "/publish/s", "", &[b'x'; 1001]);
    assert_eq!(status, 413);
    assert_eq!(line, "the request body is over 1000 bytes, the limit of this server (raise it with --max-request)\n");
    let chunked = format!("3e9\r\n{}\r\n0\r\n\r\n", "x".repeat(1001));
    let mut wire = Wire::connect(&server);
    wire.request("POST", "/publish/s", "transfer-encoding: chunked\r\n", b"");
    wire.send(chunked.as_bytes());
    assert_eq!(wire.head().status, 413);
    for body in [&b"two\nlines"[..], b"\xff\xfe"] {
        let (status, line) = ask(&server, "POST", "/publish/s", "", body);
        assert_eq!((status, line.starts_with("the body must be one line of UTF-8")), (400, true));
    }
    subscriber.wire.send_frame(1, &[b'x'; 1001]);
    let (opcode, reason) = subscriber.wire.frame();
    assert_eq!((opcode, u16::from_be_bytes([reason[0], reason[1]])), (8, 1009));
}

#[test]
fn nonsense_instead_of_http_ends_that_connection_only() {
    let server = server();
    for nonsense in ["\x16\x03\x01\x02\x00", "HELO\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n"] {
        let mut wire = Wire::connect(&server);
        wire.send(nonsense.as_bytes());
        if nonsense.starts_with('\r') {
            wire.hang_up();
        }
        wire.rest();
    }
    let mut unmasked = Subscriber::open(&server, Transport::WebSocket, "schedule=idle");
    unmasked.wire.send(&[0x81, 1, b'x']);
    unmasked.wire.rest();
    wait_until(&server, |vitals| vitals.connections_open == 1);
}

#[test]
fn the_welcome_page_and_the_probes_answer() {
    let server = server();
    let (status, page) = ask(&server, "GET", "/", "", b"");
    assert_eq!(status, 200);
    assert!(Transport::ALL.iter().all(|transport| page.contains(transport.path())) && page.contains("curl -N"));
    let facts: wire::Facts = serde_json::from_str(&ask(&server, "GET", "/facts", "", b"").1).unwrap();
    assert_eq!((facts.wire_version, facts.threads, facts.pid), (wire::WIRE_VERSION, 2, std::process::id()));
    let clock = || serde_json::from_str::<wire::ClockReading>(&ask(&server, "GET", "/clock", "", b"").1).unwrap();
    let (earlier, before, later) = (clock(), servers::clock::now(), clock());
    assert!(earlier.monotonic_ns < before && before < later.monotonic_ns);
    let vitals = vitals(&server);
    assert!(vitals.cpu_ns > 0 && vitals.rss_bytes >= vitals.pss_bytes && vitals.requests >= 5);
}

#[test]
fn no_subprotocol_is_chosen_where_some_are_offered() {
    let server = server();
    let offer = format!("{}Sec-WebSocket-Protocol: chat, json\r\n", opening(Transport::WebSocket));
    for path in ["/websocket", "/v1/responses"] {
        let (head, _) = Wire::get(&server, path, &offer);
        assert_eq!((head.status, head.field("sec-websocket-protocol")), (101, None), "{path}");
    }
}

#[test]
fn an_upgrade_to_something_else_is_refused() {
    let server = server();
    let (head, _) = Wire::get(&server, "/raw-tcp", opening(Transport::WebSocket));
    assert_eq!(head.status, 426);
}
