//! The reader counts what the writer wrote, however the bytes are cut, and relies on nothing else.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use floor::writer::{self, Account};
use floor::{Framing, Load, Reading, reader};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

const BOTH: [Framing; 2] = [Framing::Sse, Framing::WebSocket];

fn load(framing: Framing) -> Load {
    Load { framing, connections: 5, rate: 2_000.0, count: 100, payload_bytes: 96, shared: false }
}

/// Bytes around a payload, and behind the last one.
fn around(load: &Load) -> (u64, u64) {
    match (load.framing, load.payload_bytes) {
        (Framing::Sse, 96) => (4 + 8 + 2, 5),
        (Framing::Sse, _) => (7 + 8 + 2, 5),
        (Framing::WebSocket, ..126) => (2, 4),
        (Framing::WebSocket, ..65_536) => (4, 4),
        (Framing::WebSocket, _) => (10, 4),
    }
}

#[test]
fn what_is_written_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (addr, account) = (listener.local_addr().unwrap(), Arc::new(Account::new()));
    let written = Arc::clone(&account);
    thread::spawn(move || writer::serve(&listener, &written));
    let mut events = 0;
    for framing in BOTH {
        for (payload_bytes, shared) in [(96, false), (96, true), (70_000, true)] {
            let load = Load { payload_bytes, shared, ..load(framing) };
            let reading = reader::read(addr, &load, None).unwrap();
            let (frame, end) = around(&load);
            assert_eq!((reading.events, reading.damaged), (500, 0), "{load:?}");
            assert_eq!(reading.payload_bytes, 500 * payload_bytes as u64, "{load:?}");
            let framed = reading.payload_bytes + 500 * frame + 5 * end;
            assert_eq!(reading.socket_bytes - reading.head_bytes, framed, "{load:?}");
            assert!(reading.response_ns(0.5) >= reading.lateness_ns(0.0), "{load:?}: {reading}");
            events += 500;
        }
    }
    // The account is written before the last frame of a load.
    assert_eq!(account.events.load(Relaxed), events);
    assert!(account.cpu_ns.load(Relaxed) > 0);
}

/// A server of one connection that writes `bytes` in pieces of `size`.
fn pieces(bytes: Vec<u8>, size: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut peer = listener.accept().unwrap().0;
        peer.set_nodelay(true).unwrap();
        let _ = peer.read(&mut [0; 1024]).unwrap();
        bytes.chunks(size).for_each(|piece| peer.write_all(piece).unwrap());
    });
    addr
}

fn of_two(framing: Framing, bytes: &[u8], size: usize) -> io::Result<Reading> {
    let load = Load { connections: 1, count: 2, payload_bytes: 50, ..load(framing) };
    reader::read(pieces(bytes.to_vec(), size), &load, None)
}

fn payload(seq: u64, filler: &str) -> String {
    format!("{seq:012x}{:016x}{:010x}{:010x}{filler}", 1_000, 10, 15)
}

#[test]
fn any_cut_gives_the_same_events() {
    let (first, second) = (payload(0, "ab"), payload(1, "bc"));
    let mut sse = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    for chunk in format!(":\n\nid: 0\ndata: {first}\n\ndata: {second}\n\n").as_bytes().chunks(11) {
        sse.extend_from_slice(&[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    sse.extend_from_slice(b"0\r\n\r\n");
    let mut websocket = b"HTTP/1.1 101 x\r\n\r\n".to_vec();
    for payload in [first, second] {
        websocket.extend_from_slice(&[&[0x81, 50], payload.as_bytes()].concat());
    }
    websocket.extend_from_slice(&[0x88, 0]);
    for size in [1, 7, 1_000] {
        for (framing, bytes) in [(Framing::Sse, &sse), (Framing::WebSocket, &websocket)] {
            let reading = of_two(framing, bytes, size).unwrap();
            assert_eq!((reading.events, reading.damaged), (2, 0), "{framing:?} by {size}");
            assert_eq!((reading.socket_bytes, reading.lateness_ns(0.5)), (bytes.len() as u64, 15));
        }
    }
}

#[test]
fn damage_and_nonsense_are_seen() {
    let chunk = |payload: &str| format!("3A\r\ndata: {payload}\n\n\r\n");
    let stream =
        |first: &str, second: &str| format!("HTTP/1.1 200 OK\r\n\r\n{}{}0\r\n\r\n", chunk(first), chunk(second));
    let damaged = |bytes: String| of_two(Framing::Sse, bytes.as_bytes(), 1_000).unwrap().damaged;
    let (first, second) = (payload(0, "ab"), payload(1, "bc"));
    assert_eq!(damaged(stream(&first, &second)), 0);
    assert_eq!(damaged(stream(&second, &first)), 2);
    assert_eq!(damaged(stream(&first, &payload(1, "bd"))), 1);
    assert_eq!(damaged(stream(&format!("x{}", &first[1..]), &second)), 1);
    assert!(of_two(Framing::Sse, b"HTTP/1.1 200 OK\r\n\r\nnonsense\r\n", 1_000).is_err());
    assert!(of_two(Framing::WebSocket, b"HTTP/1.1 101 x\r\n\r\n\x01\x00", 1_000).is_err());
    assert!(of_two(Framing::WebSocket, b"HTTP/1.1 101 x\r\n\r\n\x81\x02", 1_000).is_err(), "cut off");
}

#[test]
fn a_load_is_words() {
    let words = |text: &str| Load::from_words(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(words("sse 5 2000 100 96"), Some(load(Framing::Sse)));
    assert_eq!(words("websocket 5 2000 100 96 shared"), Some(Load { shared: true, ..load(Framing::WebSocket) }));
    for text in [
        "sse 5 2000 100",
        "sse 0 2000 100 96",
        "sse 5 0 100 96",
        "sse 5 2000 100 47",
        "sse 5 2000 100 96 x",
        "ws 5 1 1 96",
    ] {
        assert_eq!(words(text), None, "{text}");
    }
}
