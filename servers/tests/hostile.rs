//! Hostile clients: what each of them gets, and a server that answers everybody else as before.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use std::time::Duration;
use support::hostile::Fate::{Ends, Status, Waits};
use support::hostile::{check, get, head, json, upgraded};
use support::{Subscriber, Wire, opening, server};
use wire::Transport;

#[test]
fn heads_that_are_none() {
    let many = (0..200).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    let cases = [
        ("a head that stops in a name", b"GET /clock HTTP/1.1\r\nho".to_vec(), Waits),
        ("a head without its last line", b"GET /clock HTTP/1.1\r\nhost: localhost\r\n".to_vec(), Waits),
        ("no host", b"GET /clock HTTP/1.1\r\n\r\n".to_vec(), Status(400)),
        ("two hosts", get("/clock", "host: localhost\r\n"), Status(400)),
        ("an empty host", b"GET /clock HTTP/1.1\r\nhost:\r\n\r\n".to_vec(), Status(400)),
        ("a host with a user", b"GET /clock HTTP/1.1\r\nhost: me@localhost\r\n\r\n".to_vec(), Status(400)),
        ("HTTP/1.0 without a host", b"GET /clock HTTP/1.0\r\n\r\n".to_vec(), Ends),
        ("HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Ends),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), Ends),
        ("zeros", vec![0; 4096], Ends),
        ("a name with a space", get("/clock", "x y: z\r\n"), Status(400)),
        ("a folded line", get("/clock", "x: y\r\n z\r\n"), Status(400)),
        ("a value with a NUL", get("/clock", "x: a\0b\r\n"), Status(400)),
        ("a bare line feed in a value", get("/clock", "x: a\rb\r\n"), Status(400)),
        ("too many fields", get("/clock", &many), Status(431)),
        ("a field of 1 MiB", get("/clock", &format!("x: {}\r\n", "y".repeat(1 << 20))), Status(431)),
        ("a target of 70 KiB", get(&format!("/{}", "x".repeat(70_000)), ""), Status(414)),
        ("a target with a space", b"GET /clock /x HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(), Status(400)),
        ("an absolute target of another's", get("http://evil.example/clock", ""), Status(421)),
        ("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(), Status(421)),
    ];
    check(&server(), &cases);
}

#[test]
fn bodies_that_lie_about_their_length() {
    let post = |fields: &str, body: &str| [head("POST", "/publish/s", fields), body.into()].concat();
    let chunked = |body: &str| post("transfer-encoding: chunked\r\n", body);
    let server = server();
    let _subscriber = Subscriber::open(&server, Transport::Sse, "schedule=idle&session=s");
    let smuggled = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let cases = [
        ("two lengths", post("content-length: 1\r\ncontent-length: 2\r\n", "xy"), Status(400)),
        ("two lengths in one field", post("content-length: 1, 2\r\n", "xy"), Status(400)),
        ("a length with a sign", post("content-length: +1\r\n", "x"), Status(400)),
        ("a length below zero", post("content-length: -1\r\n", "x"), Status(400)),
        ("a length in hex", post("content-length: 0x1\r\n", "x"), Status(400)),
        ("a length of 2^64", post("content-length: 18446744073709551616\r\n", "x"), Status(400)),
        ("a length over the limit", post("content-length: 99999999\r\n", "x"), Status(413)),
        ("a body that stops", post("content-length: 10\r\n", "x"), Waits),
        (
            "a body that stops, for a page",
            [head("POST", "/login", "content-length: 10\r\n"), b"x".into()].concat(),
            Status(415),
        ),
        ("a length and chunks", post("content-length: 3\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"), Status(204)),
        ("chunks twice", post("transfer-encoding: chunked, chunked\r\n", "0\r\n\r\n"), Status(400)),
        ("chunks before another coding", post("transfer-encoding: chunked, gzip\r\n", "0\r\n\r\n"), Status(400)),
        ("an unknown coding", post("transfer-encoding: xchunked\r\n", "0\r\n\r\n"), Status(400)),
        ("a chunk size that is none", chunked("zz\r\nx\r\n0\r\n\r\n"), Status(400)),
        ("a chunk size of 2^64", chunked("10000000000000000\r\nx\r\n0\r\n\r\n"), Status(400)),
        ("a chunk longer than it says", chunked("1\r\nxyz\r\n0\r\n\r\n"), Status(400)),
        ("a chunk size with an endless extension", chunked(&format!("1;{}", "x".repeat(100_000))), Status(400)),
        ("trailers without end", chunked(&format!("0\r\n{}", "x: y\r\n".repeat(20_000))), Status(400)),
        ("a line feed in a message", post("content-length: 3\r\n", "a\nb"), Status(400)),
        (
            "a message that is no UTF-8",
            [head("POST", "/publish/s", "content-length: 1\r\n"), vec![0xff]].concat(),
            Status(400),
        ),
        (
            "a request within a GET's body",
            [get("/clock", &format!("content-length: {}\r\n", smuggled.len())), smuggled.into()].concat(),
            Status(200),
        ),
    ];
    check(&server, &cases);
}

#[test]
fn parameters_and_routes_that_are_none() {
    let cases = [
        ("an unknown key", get("/sse?x=1", ""), Status(400)),
        ("a rate of infinity", get("/sse?rate=inf", ""), Status(400)),
        ("a rate below zero", get("/websocket?rate=-1", opening(Transport::WebSocket)), Status(400)),
        ("a payload of 2^64", get("/http-stream?payload=18446744073709551616", ""), Status(400)),
        ("a history of 2^32", get("/sse?queue=4294967295", ""), Status(400)),
        ("a path upwards", get("/../../etc/passwd", ""), Status(404)),
        ("a path upwards, escaped", get("/%2e%2e/%2e%2e/etc/passwd", ""), Status(404)),
        ("a session of another kind", get("/sse?session=%00", ""), Status(400)),
        ("a method of nobody's", head("BREW", "/sse", ""), Status(405)),
        (
            "a form that is none",
            [
                head("POST", "/login", "content-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n"),
                b"x=y".into(),
            ]
            .concat(),
            Status(422),
        ),
        ("deep JSON", json(&format!("{{\"model\":{}", "[".repeat(10_000))), Status(400)),
        ("JSON of another shape", json("[1,2,3]"), Status(400)),
        ("a model of nobody's", json(r#"{"model":"x","messages":[]}"#), Status(404)),
        (
            "a schedule for nobody, too long",
            get("/schedule?rate=1000000&group=g&quorum=100&count=10000000", ""),
            Status(400),
        ),
        ("a schedule for nobody, too many", get("/schedule?rate=100&group=g&quorum=65000&count=1000", ""), Status(503)),
        ("a stretch that is none", get("/witness?from=x&until=1", ""), Status(400)),
    ];
    check(&server(), &cases);
}

#[test]
fn upgrades_and_frames_that_are_none() {
    let version = opening(Transport::WebSocket).replace("13", "8");
    let keyless = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
    let cases = [
        ("another version of WebSocket", get("/websocket", &version), Status(426)),
        ("a handshake without a key", get("/websocket", keyless), Status(426)),
        ("a POST for a WebSocket", head("POST", "/websocket", opening(Transport::WebSocket)), Status(405)),
        (
            "an upgrade to HTTP/2",
            get(
                "/sse?count=1",
                "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
            ),
            Status(200),
        ),
        ("a WebSocket for raw TCP", get("/raw-tcp", opening(Transport::WebSocket)), Status(426)),
        ("a frame without a mask", upgraded(&[0x81, 1, b'x']), Ends),
        ("a reserved bit", upgraded(&[0xc1, 0x80, 0, 0, 0, 0]), Ends),
        ("a reserved opcode", upgraded(&[0x83, 0x80, 0, 0, 0, 0]), Ends),
        ("a ping in two frames", upgraded(&[0x09, 0x80, 0, 0, 0, 0]), Ends),
        ("a ping of 126 bytes", upgraded(&[&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat()), Ends),
        ("a continuation of nothing", upgraded(&[0x80, 0x80, 0, 0, 0, 0]), Ends),
        ("a text within a text", upgraded(&[0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0]), Ends),
        ("a text that is no UTF-8", upgraded(&[0x81, 0x81, 0, 0, 0, 0, 0xff]), Ends),
        ("a frame of 2^63 bytes", upgraded(&[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Ends),
        ("a frame of 2^40 bytes", upgraded(&[0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Ends),
        ("a close of one byte", upgraded(&[0x88, 0x81, 0, 0, 0, 0, 3]), Ends),
        ("a close with a code of nobody's", upgraded(&[0x88, 0x82, 0, 0, 0, 0, 0, 5]), Ends),
        ("a close and no reading", upgraded(&[0x88, 0x80, 0, 0, 0, 0]), Ends),
        ("a frame that stops", upgraded(&[0x81, 0xfe, 0, 126, 0, 0, 0, 0, b'x']), Status(101)),
        (
            "bytes for raw TCP",
            [get("/raw-tcp?schedule=idle", opening(Transport::RawTcp)), vec![7; 100_000]].concat(),
            Status(101),
        ),
    ];
    check(&server(), &cases);
}

#[test]
#[ignore = "takes the 30 s that a head and a body may take"]
fn heads_and_bodies_that_stop_are_given_up() {
    let server = server();
    let _subscriber = Subscriber::open(&server, Transport::Sse, "schedule=idle&session=s");
    let body = |target: &str, fields: &str| [head("POST", target, fields), b"x".into()].concat();
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n";
    let mut slow: Vec<_> = [
        (b"GET /clock HTTP/1.1\r\nhost: loc".to_vec(), None),
        (Vec::new(), None),
        (body("/publish/s", "content-length: 9\r\n"), Some(408)),
        ([head("POST", "/v1/responses", "transfer-encoding: chunked\r\n"), b"9\r\nx".into()].concat(), Some(408)),
        (body("/login", form), Some(400)),
        (body("/browser/result?token=a", "content-type: application/json\r\ncontent-length: 9\r\n"), Some(400)),
    ]
    .map(|(bytes, status)| {
        let mut wire = Wire::connect(&server);
        wire.stream().set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        wire.send(&bytes);
        (wire, status)
    })
    .into();
    for (wire, status) in &mut slow {
        match status {
            Some(status) => assert_eq!(wire.head().status, *status),
            None => assert!(wire.rest().is_empty()),
        }
    }
}
