//! Bytes on the wire for each transport and payload size, to the byte: the head is left out, everything else counts.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use servers::Server;
use support::{Wire, opening, server_flushing, server_with};
use wire::{Encoder, Flush, Payload, Stamp, Transport};

const SIZES: [usize; 4] = [64, 256, 1024, 16_384];
const COUNT: usize = 9;

/// Bytes of an HTTP/1.1 chunk above its content: the size in hex and two line ends.
fn chunk_margin(content: usize) -> usize {
    format!("{content:x}").len() + 4
}

const LAST_CHUNK: usize = 5;

fn target(transport: Transport, payload: usize, more: &str) -> String {
    format!("{}?rate=10000&payload={payload}&count={COUNT}{more}", transport.path())
}

/// Bytes behind the head, up to the end of the connection.
fn bytes_of(server: &Server, transport: Transport, payload: usize, more: &str) -> usize {
    let close = if transport == Transport::WebSocket { "" } else { "connection: close\r\n" };
    let fields = if opening(transport).is_empty() { close } else { opening(transport) };
    let (head, mut wire) = Wire::get(server, &target(transport, payload, more), fields);
    assert!(matches!(head.status, 101 | 200), "{head:?}");
    if transport == Transport::WebSocket {
        wire.send_frame(8, &1000u16.to_be_bytes());
    }
    wire.rest().len()
}

#[test]
fn sse_adds_eight_bytes_a_chunk_and_the_id() {
    for encoder in [Encoder::Direct, Encoder::Library] {
        let server = server_with(|tuning, _| tuning.sse_encoder = encoder);
        for payload in SIZES {
            for (ids, id_line) in [("&ids=off", 0), ("&ids=on", "id: 0\n".len())] {
                let event = payload + 8 + id_line;
                let expected = COUNT * (event + chunk_margin(event)) + LAST_CHUNK;
                assert_eq!(bytes_of(&server, Transport::Sse, payload, ids), expected, "{payload} {ids}");
            }
        }
    }
}

#[test]
fn the_control_adds_the_chunk_and_the_floor_nothing() {
    let server = server_flushing(Flush::Each);
    for payload in SIZES {
        let expected = COUNT * (payload + chunk_margin(payload)) + LAST_CHUNK;
        assert_eq!(bytes_of(&server, Transport::HttpStream, payload, ""), expected);
        assert_eq!(bytes_of(&server, Transport::RawTcp, payload, ""), COUNT * payload);
    }
}

#[test]
fn websocket_adds_its_frame_head() {
    let server = server_flushing(Flush::Each);
    for (payload, head) in [(64, 2), (125, 2), (126, 4), (256, 4), (1024, 4), (16_384, 4), (65_535, 4), (65_536, 10)] {
        let (_, mut wire) =
            Wire::get(&server, &target(Transport::WebSocket, payload, ""), opening(Transport::WebSocket));
        let bytes = wire.exactly(COUNT * (payload + head));
        let event = |i: usize| &bytes[i * (payload + head)..][..payload + head];
        let whole = |i: usize| event(i)[0] == 0x81 && Stamp::read(&event(i)[head..]).unwrap().seq == i as u64;
        assert!((0..COUNT).all(whole), "{payload}");
        assert_eq!(wire.exactly(4), [0x88, 2, 0x03, 0xe8], "closed with 1000");
        wire.send_frame(8, &1000u16.to_be_bytes());
        assert!(wire.rest().is_empty());
    }
}

#[test]
fn long_poll_adds_a_line_end_and_an_http_head_for_each_answer() {
    let server = server_flushing(Flush::Each);
    for payload in SIZES {
        let mut wire = Wire::connect(&server);
        let mut events = 0;
        while events < COUNT {
            let session = format!("&session=p{payload}");
            wire.request("GET", &target(Transport::LongPoll, payload, &session), "", b"");
            let head = wire.head();
            let body = wire.body(&head);
            assert_eq!((head.status, body.len() % (payload + 1)), (200, 0));
            events += body.len() / (payload + 1);
        }
        assert_eq!(events, COUNT);
    }
}

#[test]
fn flush_policies_and_presets_change_no_byte() {
    let each = server_flushing(Flush::Each);
    for other in [server_flushing(Flush::Ready), server_flushing(Flush::Library)] {
        for transport in [Transport::Sse, Transport::HttpStream, Transport::RawTcp] {
            for more in ["", "&schedule=burst:9", "&schedule=unpaced"] {
                assert_eq!(bytes_of(&other, transport, 256, more), bytes_of(&each, transport, 256, more));
            }
        }
    }
}

#[test]
fn payload_bytes_are_the_same_on_every_transport() {
    let server = server_flushing(Flush::Ready);
    for transport in Transport::ALL {
        let query = format!("rate=10000&payload=300&count={COUNT}&session={transport}");
        let mut subscriber = support::Subscriber::open(&server, transport, &query);
        for seq in 0..COUNT as u64 {
            let payload = subscriber.next().unwrap();
            assert!(Payload::new(300).verify(seq, &payload), "{transport} {seq}");
            let stamp = Stamp::read(&payload).unwrap();
            assert!(stamp.due <= stamp.fired && stamp.fired <= stamp.sent, "{transport} {stamp:?}");
        }
        assert_eq!(subscriber.next(), None);
    }
}
