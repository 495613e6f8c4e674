//! WebSocket frames (RFC 6455): what is delivered, what is answered and what is refused, however the bytes are cut.

mod decoders_support;

use client::{Conversation, DecodeError, Frames, Framing, MAX_EVENT_BYTES, Request, Signal, Violation};
use decoders_support::{Cut, Outcome, Seen, converse, converse_however_cut, frame, good_head, opaque, text, unmask};
use wire::Transport::{self, WebSocket};

const CONTINUATION: u8 = 0x00;
const TEXT: u8 = 0x01;
const BINARY: u8 = 0x02;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
const FIN: u8 = 0x80;

fn receive(body: &[u8]) -> Outcome {
    converse_however_cut(&Request::get("h", "/"), WebSocket, &good_head(WebSocket, 0), body)
}

/// What came between the head and the violation that must end it.
fn violate(body: &[u8]) -> (Vec<Seen>, Violation) {
    let outcome = receive(body);
    let Err(DecodeError::Violation(violation)) = outcome.result else { panic!("{outcome:?}") };
    (outcome.seen[1..].to_vec(), violation)
}

#[test]
fn messages_fragments_and_controls_between_them() {
    let body = [
        frame(FIN | TEXT, b"one"),
        frame(TEXT, "t\u{e9}".as_bytes().split_at(2).0),
        frame(PING, b"p"),
        frame(CONTINUATION, b""),
        frame(PONG, b"q"),
        frame(FIN | CONTINUATION, "t\u{e9}".as_bytes().split_at(2).1),
        frame(BINARY, &[0xFF]),
        frame(FIN | CONTINUATION, &[0x00]),
        frame(FIN | TEXT, b""),
        frame(FIN | BINARY, &[0xC3]),
        frame(PING, b""),
        frame(CLOSE, b"\x03\xE8bye"),
    ];
    let outcome = receive(&body.concat());
    let due = [
        Seen::Head(101),
        text("one"),
        Seen::Ping(b"p".to_vec()),
        Seen::Pong(b"q".to_vec()),
        text("t\u{e9}"),
        opaque([0xFF, 0x00]),
        text(""),
        opaque([0xC3]),
        Seen::Ping(Vec::new()),
        Seen::Close(Some(1000), "bye".to_owned()),
    ];
    assert_eq!(outcome.seen, due);
    assert!(outcome.over && outcome.result.is_ok());
    // A pong for each ping, with its payload, and the close code once.
    assert_eq!(outcome.answers, [&frame(PONG, b"p")[..], &frame(PONG, b""), &frame(CLOSE, b"\x03\xE8")].concat());
}

#[test]
fn lengths_of_7_16_and_64_bits() {
    for length in [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 65_537] {
        let payload = vec![b'x'; length];
        let body = [frame(FIN | TEXT, &payload), frame(CLOSE, b"")].concat();
        let outcome = if length < 300 {
            receive(&body)
        } else {
            let cut = Cut::Lengths(vec![1, 4096, 65_536]);
            converse(&Request::get("h", "/"), WebSocket, &good_head(WebSocket, 0), &body, cut)
        };
        assert_eq!(outcome.seen[1..3], [text(&payload), Seen::Close(None, String::new())], "{length} bytes");
        assert_eq!(outcome.answers, frame(CLOSE, b""), "{length} bytes");
    }
}

#[test]
fn every_breach_is_named_and_what_came_before_it_is_delivered() {
    let good = frame(FIN | TEXT, b"ok");
    let long = |code: u8, bytes: &[u8]| [&[FIN | BINARY, code][..], bytes, &[0; 200]].concat();
    let breaches: Vec<(Vec<u8>, Violation)> = vec![
        (frame(FIN | TEXT | 0x40, b"x"), Violation::ReservedBits),
        (frame(FIN | TEXT | 0x20, b"x"), Violation::ReservedBits),
        (frame(PING | 0x10, b"x"), Violation::ReservedBits),
        (frame(FIN | 0x3, b"x"), Violation::Opcode(3)),
        (frame(0x7, b"x"), Violation::Opcode(7)),
        (frame(FIN | 0xB, b"x"), Violation::Opcode(11)),
        (frame(FIN | 0xF, b"x"), Violation::Opcode(15)),
        (vec![FIN | TEXT, 0x81, 1, 2, 3, 4, b'x'], Violation::Masked),
        (vec![PING, 0x80, 1, 2, 3, 4], Violation::Masked),
        (long(126, &[0, 125]), Violation::LongLength(125)),
        (long(127, &[0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), Violation::LongLength(65_535)),
        (long(127, &[0x80, 0, 0, 0, 0, 1, 0, 0]), Violation::HugeLength),
        (frame(0x9, b"x"), Violation::FragmentedControl),
        (frame(0x8, b""), Violation::FragmentedControl),
        (frame(PING, &[b'x'; 126]), Violation::LongControl),
        (frame(CLOSE, &[b'x'; 126]), Violation::LongControl),
        (frame(FIN | CONTINUATION, b"x"), Violation::StrayContinuation),
        (frame(CONTINUATION, b"x"), Violation::StrayContinuation),
        ([frame(TEXT, b"a"), frame(FIN | TEXT, b"b")].concat(), Violation::Interleaved),
        ([frame(BINARY, b"a"), frame(TEXT, b"b")].concat(), Violation::Interleaved),
        ([frame(FIN | TEXT, b"\xC3"), frame(FIN | TEXT, b"\xA9")].concat(), Violation::Utf8),
        ([frame(TEXT, b"\xC3"), frame(FIN | CONTINUATION, b"x")].concat(), Violation::Utf8),
        (frame(FIN | TEXT, b"\xED\xA0\x80"), Violation::Utf8),
        (frame(CLOSE, b"\x03\xE8\xFF"), Violation::Utf8),
        (frame(CLOSE, b"\x03"), Violation::HalfCloseCode),
    ];
    for (bytes, violation) in breaches {
        assert_eq!(violate(&[&good[..], &bytes].concat()), (vec![text("ok")], violation));
    }
}

#[test]
fn what_is_no_text_is_refused_before_its_frame_is_whole() {
    for begun in [
        vec![FIN | TEXT, 20, b'a', 0xC3, b'x'],
        vec![FIN | TEXT, 20, 0xF4, 0x90],
        [frame(TEXT, b"\xE2\x82"), frame(PING, b"p"), vec![CONTINUATION, 20, b'x']].concat(),
        [frame(TEXT, b"\xF0"), frame(CONTINUATION, b"\x9F"), frame(CONTINUATION, b"\x41")].concat(),
    ] {
        assert_eq!(violate(&begun).1, Violation::Utf8, "{begun:?}");
    }
    let binary = vec![FIN | BINARY, 20, 0xFF];
    assert_eq!(receive(&binary).result, Err(DecodeError::NoCloseFrame), "no text at all");
}

#[test]
fn characters_may_be_cut_anywhere() {
    let said = "a\u{e9}\u{20ac}\u{1f600}z";
    for first in 0..said.len() {
        for second in first..said.len() {
            let (one, rest) = said.as_bytes().split_at(first);
            let (two, three) = rest.split_at(second - first);
            let body = [frame(TEXT, one), frame(CONTINUATION, two), frame(FIN | CONTINUATION, three)].concat();
            let body = [body, frame(FIN | TEXT, said.as_bytes()), frame(CLOSE, b"")].concat();
            for cut in [Cut::Whole, Cut::Bytes] {
                let outcome = converse(&Request::get("h", "/"), WebSocket, &good_head(WebSocket, 0), &body, cut);
                assert_eq!(outcome.seen[1..3], [text(said), text(said)], "{first} {second}");
            }
        }
    }
}

#[test]
fn close_codes_that_may_and_may_not_be_sent() {
    for code in [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999_u16] {
        let outcome = receive(&frame(CLOSE, &code.to_be_bytes()));
        assert_eq!(outcome.seen[1], Seen::Close(Some(code), String::new()));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535_u16] {
        assert_eq!(violate(&frame(CLOSE, &code.to_be_bytes())).1, Violation::CloseCode(code));
    }
}

#[test]
fn nothing_is_read_behind_a_close_frame() {
    let outcome = receive(&[frame(CLOSE, b"\x03\xE9"), vec![0xFF; 9]].concat());
    assert_eq!(outcome.seen[1..], [Seen::Close(Some(1001), String::new())]);
    assert_eq!((outcome.result, outcome.answers), (Ok(()), frame(CLOSE, b"\x03\xE9")));
}

#[test]
fn an_end_without_a_close_frame_is_an_error() {
    for body in [vec![], frame(FIN | TEXT, b"x"), frame(TEXT, b"x"), vec![FIN | TEXT, 9, b'x']] {
        assert_eq!(receive(&body).result, Err(DecodeError::NoCloseFrame));
    }
}

#[test]
fn an_endless_message_is_refused_before_it_is_gathered() {
    let refused = |bytes: &[u8]| {
        let mut frames = Frames::new(String::new());
        let mut push = || frames.push(bytes, &mut |_: Signal<'_>| {}).err();
        (0..400).find_map(|_| push())
    };
    let announced = [&[FIN | BINARY, 127][..], &(MAX_EVENT_BYTES as u64 + 1).to_be_bytes()].concat();
    assert_eq!(refused(&announced), Some(DecodeError::EventTooLong));
    let mut first = Some(frame(TEXT, b""));
    let mut frames = Frames::new(String::new());
    let endless = (0..400).find_map(|_| {
        let piece = first.take().unwrap_or_else(|| frame(CONTINUATION, &[b'x'; 65_536]));
        frames.push(&piece, &mut |_: Signal<'_>| {}).err()
    });
    assert_eq!(endless, Some(DecodeError::EventTooLong));
}

#[test]
fn the_handshake_is_verified() {
    let request = Request::get("h", "/");
    let refuse = |head: &str| converse_however_cut(&request, WebSocket, head, b"").result.unwrap_err();
    let head = good_head(WebSocket, 0);
    let wrong = refuse(&head.replace("$ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert!(matches!(wrong, DecodeError::AcceptKey(ref got) if got == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{wrong}");
    let none = refuse(&head.replace("sec-websocket-accept: $ACCEPT\r\n", ""));
    assert!(matches!(none, DecodeError::AcceptKey(ref got) if got.is_empty()), "{none}");
    let other = refuse(&head.replace("WebSocket", "h2c"));
    assert_eq!(other, DecodeError::UpgradedToOther { wanted: "websocket", got: "h2c".to_owned() });
    let unconnected = refuse(&head.replace("connection: Upgrade", "connection: close"));
    assert!(matches!(unconnected, DecodeError::UpgradedToOther { .. }), "{unconnected}");
    let extension = head.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    assert_eq!(refuse(&extension), DecodeError::Extension("permessage-deflate".to_owned()));
    let hidden = head
        .replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: \r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    assert!(matches!(refuse(&hidden), DecodeError::Extension(_)), "a second line counts");
    let twice = head.replace("\r\n\r\n", "\r\nSec-WebSocket-Accept: x\r\n\r\n");
    assert!(matches!(refuse(&twice), DecodeError::AcceptKey(_)), "one answer to one key");
}

#[test]
fn a_subprotocol_is_one_of_those_that_were_offered() {
    let offers = |protocols: &[&str]| {
        let header = |value: &&str| ("sec-websocket-PROTOCOL".to_owned(), (*value).to_owned());
        Request { headers: protocols.iter().map(header).collect(), ..Request::get("h", "/") }
    };
    let choose = |offered: &[&str], chosen: &str| {
        let head = good_head(WebSocket, 0).replace("\r\n\r\n", &format!("\r\n{chosen}\r\n\r\n"));
        let ended = [0x88, 2, 0x03, 0xE8];
        converse_however_cut(&offers(offered), WebSocket, &head, &ended).result
    };
    assert_eq!(choose(&["chat, json"], "Sec-WebSocket-Protocol: json"), Ok(()));
    assert_eq!(choose(&["chat", "json"], "sec-websocket-protocol: chat"), Ok(()));
    for (offered, chosen) in [
        (&[][..], "Sec-WebSocket-Protocol: chat"),
        (&[], "Sec-WebSocket-Protocol:"),
        (&["chat"], "Sec-WebSocket-Protocol: Chat"),
        (&["chat, json"], "Sec-WebSocket-Protocol: chat, json"),
        (&["chat"], "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat"),
    ] {
        assert!(matches!(choose(offered, chosen), Err(DecodeError::Subprotocol(_))), "{offered:?} {chosen}");
    }
}

#[test]
fn the_request_asks_for_an_upgrade_with_a_fresh_key() {
    let ask = || {
        let mut conversation = Conversation::open(WebSocket, &Request::get("h:1", "/websocket")).unwrap();
        String::from_utf8(std::mem::take(conversation.outbox())).unwrap()
    };
    let (one, two) = (ask(), ask());
    assert!(one.starts_with("GET /websocket HTTP/1.1\r\nHost: h:1\r\n"), "{one}");
    for line in ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"] {
        assert!(one.contains(&format!("\r\n{line}\r\n")), "{line} in {one}");
    }
    assert_ne!(one, two);
}

#[test]
fn client_messages_are_masked_in_their_shortest_form_and_closed_once() {
    let mut conversation = Conversation::open(WebSocket, &Request::get("h", "/")).unwrap();
    let mut sent = |payload: &[u8]| {
        conversation.outbox().clear();
        conversation.send_message(payload).unwrap();
        conversation.outbox().clone()
    };
    assert_eq!(unmask(&sent(b"hello")), frame(FIN | TEXT, b"hello"));
    for (length, header) in [(125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
        let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
        let (one, two) = (sent(&payload), sent(&payload));
        assert_eq!(one.len(), header + length);
        assert_ne!(one, two, "two masks");
        let (key, masked) = one[header - 4..].split_at(4);
        let plain: Vec<u8> = masked.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        assert_eq!(plain, payload);
    }
    conversation.outbox().clear();
    conversation.close();
    conversation.close();
    assert_eq!(unmask(conversation.outbox()), frame(CLOSE, &1000_u16.to_be_bytes()));
    assert_eq!(conversation.eof(&mut |_: Signal<'_>| {}), Ok(()));
}

#[test]
fn only_websocket_carries_client_messages() {
    for transport in Transport::ALL {
        let mut conversation = Conversation::open(transport, &decoders_support::sized(64)).unwrap();
        let sent = conversation.send_message(b"x");
        assert_eq!(sent.is_ok(), transport.is_bidirectional(), "{transport}: {sent:?}");
    }
}

#[test]
fn pongs_do_not_pile_up_when_nobody_writes_them() {
    let mut conversation = Conversation::open(WebSocket, &Request::get("h", "/")).unwrap();
    let asked = String::from_utf8(std::mem::take(conversation.outbox())).unwrap();
    let key = asked.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
    let head = good_head(WebSocket, 0).replace("$ACCEPT", &accept);
    conversation.push(head.as_bytes(), &mut |_: Signal<'_>| {}).unwrap();
    let pings = frame(PING, &[b'x'; 125]).repeat(5000);
    conversation.push(&pings, &mut |_: Signal<'_>| {}).unwrap();
    assert!(conversation.outbox().len() < 66 << 10);
}
