//! HTTP framing and the transports on top of it: what is an event, what ends a stream, and what a user is told when
//! the peer is not what the URL says.

mod decoders_support;

use client::{Conversation, DecodeError, MAX_HEAD_BYTES, Request, RequestError, Signal};
use decoders_support::{Cut, Outcome, Seen, chunk, converse, converse_however_cut, good_head, opaque, sized, text};
use wire::Transport::{self, HttpStream, LongPoll, RawTcp, Sse, WebSocket};

fn get() -> Request {
    Request::get("h", "/")
}

fn error(transport: Transport, response: &str) -> String {
    converse_however_cut(&sized(4), transport, response, b"").result.expect_err("a refusal").to_string()
}

#[test]
fn chunks_with_extensions_and_trailers() {
    let body = b"6;a=b\r\ndata: \r\n000001 ; x=\"y\"\r\na\r\n2\r\n\n\n\r\n0;last\r\nX-Trailer: 1\r\nY:\r\n\r\nignored";
    let outcome = converse_however_cut(&get(), Sse, &good_head(Sse, 0), body);
    assert_eq!(outcome.seen, [Seen::Head(200), text("a"), Seen::End]);
    assert_eq!((outcome.result, outcome.over), (Ok(()), true));
}

#[test]
fn a_broken_chunk_is_named() {
    let broken = [
        ("xyz\r\n", "malformed chunked body: 'x' where a chunk size belongs"),
        ("\r\n", "malformed chunked body: '\\r' where a chunk size belongs"),
        ("-1\r\n", "malformed chunked body: '-' where a chunk size belongs"),
        ("5\n", "malformed chunked body: '\\n' where a chunk size belongs"),
        ("5\rx", "malformed chunked body: 'x' where the LF of a CR LF belongs"),
        ("1\r\nab", "malformed chunked body: 'b' where the CR LF behind a chunk belongs"),
        ("11111111111111111\r\n", "malformed chunked body: '1' where the end of a 64-bit chunk size belongs"),
        ("1;a\n", "malformed chunked body: '\\n' where a chunk extension belongs"),
        ("0\r\na\n", "malformed chunked body: '\\n' where a trailer belongs"),
        ("FFFFFFFFFFFFFFFF\r\ndata: x\n", "the peer closed the connection in the middle of a chunked body"),
        ("5", "the peer closed the connection in the middle of a chunked body"),
    ];
    for (body, due) in broken {
        assert_eq!(error(Sse, &(good_head(Sse, 0) + body)), due, "{body:?}");
    }
}

#[test]
fn what_is_skipped_is_bounded() {
    let long = "x".repeat(MAX_HEAD_BYTES + 1);
    let head = good_head(Sse, 0);
    let endless = [
        format!("HTTP/1.1 200 OK\r\nX: {long}"),
        format!("HTTP/1.1 200 {long}"),
        format!("{head}5;{long}"),
        format!("{head}0\r\n{long}"),
    ];
    for response in endless {
        for cut in [Cut::Whole, Cut::Bytes] {
            let outcome = converse(&get(), Sse, &response, b"", cut);
            assert_eq!(outcome.result, Err(DecodeError::HeadTooLong));
        }
    }
    let extended = "1;an=extension\r\n:\r\n".repeat(MAX_HEAD_BYTES / 8) + "0\r\n\r\n";
    let outcome = converse(&get(), Sse, &head, extended.as_bytes(), Cut::Whole);
    assert_eq!(outcome.result, Ok(()), "the bound is one chunk's, not the stream's");
    let many = "a: b\r\n".repeat(129);
    assert_eq!(error(Sse, &format!("HTTP/1.1 200 OK\r\n{many}\r\n")), "malformed response head: too many headers");
}

#[test]
fn a_body_of_known_length_and_one_until_the_end() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n";
    let known = converse_however_cut(&get(), Sse, &format!("{head}Content-Length: 9\r\n\r\n"), b"data: a\n\nmore");
    assert_eq!(known.seen, [Seen::Head(200), text("a"), Seen::End]);
    let until_end = converse_however_cut(&get(), Sse, &format!("{head}\r\n"), b"data: a\n\ndata: cut");
    assert_eq!(until_end.seen, [Seen::Head(200), text("a"), Seen::End]);
    assert_eq!((until_end.result, until_end.over), (Ok(()), false));
    let short = error(Sse, &format!("{head}Content-Length: 9\r\n\r\ndata"));
    assert_eq!(short, "the peer closed the connection in the middle of a body of known length");
}

#[test]
fn interim_heads_are_shown_and_passed_over() {
    let head = format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{}", good_head(Sse, 0));
    let outcome = converse_however_cut(&get(), Sse, &head, b"0\r\n\r\n");
    assert_eq!(outcome.seen, [Seen::Head(103), Seen::Head(200), Seen::End]);
}

#[test]
fn a_head_is_kept_as_it_came() {
    let wire = "HTTP/1.1 200 All Right\r\nContent-Type: text/event-stream\r\nX-A:  1 \r\nx-a: 2\r\n\r\n";
    let mut heads = Vec::new();
    let mut sink =
        |signal: Signal<'_>| heads.extend(if let Signal::Head(head) = signal { Some(head.clone()) } else { None });
    Conversation::open(Sse, &get()).unwrap().push(wire.as_bytes(), &mut sink).unwrap();
    let [head] = &heads[..] else { panic!("{heads:?}") };
    assert_eq!((head.status(), head.reason(), head.wire_bytes()), (200, "All Right", wire.len()));
    assert_eq!(head.headers().collect::<Vec<_>>()[1..], [("X-A", "1"), ("x-a", "2")]);
    assert_eq!((head.header("x-A"), head.header("y")), (Some("1"), None));
}

#[test]
fn records_are_cut_by_size_and_by_chunk() {
    let body = [chunk(b"aaaab"), chunk(b"bbbcccc"), chunk(b"dddd"), b"0\r\n\r\n".to_vec()].concat();
    let head = good_head(HttpStream, 0);
    let events = |outcome: &Outcome| outcome.seen[1..outcome.seen.len() - 1].to_vec();
    let by_size = converse_however_cut(&sized(4), HttpStream, &head, &body);
    assert_eq!(events(&by_size), ["aaaa", "bbbb", "cccc", "dddd"].map(opaque));
    let by_chunk = converse_however_cut(&get(), HttpStream, &head, &body);
    assert_eq!(events(&by_chunk), ["aaaab", "bbbcccc", "dddd"].map(opaque));
    let one = converse_however_cut(&get(), HttpStream, "HTTP/1.1 200 OK\r\n\r\n", b"all of it");
    assert_eq!(one.seen, [Seen::Head(200), opaque("all of it"), Seen::End]);
    let cut_off = [chunk(b"aaaab"), b"0\r\n\r\n".to_vec()].concat();
    let cut_off = converse_however_cut(&sized(4), HttpStream, &head, &cut_off);
    assert_eq!(cut_off.result, Err(DecodeError::Truncated("a record")));
}

#[test]
fn raw_records_follow_the_upgrade() {
    let outcome = converse_however_cut(&sized(3), RawTcp, &good_head(RawTcp, 0), b"aaabbbccc");
    assert_eq!(outcome.seen, [Seen::Head(101), opaque("aaa"), opaque("bbb"), opaque("ccc"), Seen::End]);
    assert_eq!(outcome.result, Ok(()));
    let short = converse_however_cut(&sized(3), RawTcp, &good_head(RawTcp, 0), b"aaab");
    assert_eq!(short.result, Err(DecodeError::Truncated("a record")));
    assert_eq!(
        error(RawTcp, &good_head(RawTcp, 0).replace("raw-tcp", "h2c")),
        "status 101 upgrades to \"h2c\", not to raw-tcp"
    );
}

#[test]
fn polls_are_asked_again_until_the_stream_is_gone() {
    let mut conversation = Conversation::open(LongPoll, &get()).unwrap();
    let request = std::mem::take(conversation.outbox());
    let mut seen: Vec<Seen> = Vec::new();
    let polls = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none\ntw", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\none\ntwo\n", true),
        ("HTTP/1.1 204 No Content\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nthree\n\r\n0\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
        ("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\nend\n", false),
    ];
    for (answer, asks_again) in &polls[1..] {
        for piece in answer.as_bytes().chunks(3) {
            assert!(conversation.outbox().is_empty() && !conversation.is_over());
            conversation.push(piece, &mut |signal: Signal<'_>| seen.push(signal.into())).unwrap();
        }
        let asked = std::mem::take(conversation.outbox());
        assert_eq!(asked, if *asks_again { request.clone() } else { Vec::new() });
    }
    assert!(conversation.is_over());
    let statuses = [200, 204, 200, 200, 410].map(Seen::Head);
    assert_eq!(seen.iter().filter(|signal| statuses.contains(signal)).count(), 5);
    let events: Vec<_> = seen.into_iter().filter(|signal| matches!(signal, Seen::Event { .. })).collect();
    assert_eq!(events, ["one", "two", "three"].map(opaque));
    let half = converse_however_cut(&get(), LongPoll, polls[0].0, b"");
    assert_eq!(half.result, Err(DecodeError::Truncated("a payload")));
}

#[test]
fn a_closed_poll_is_not_repeated() {
    let mut conversation = Conversation::open(LongPoll, &get()).unwrap();
    conversation.outbox().clear();
    conversation.close();
    conversation.push(b"HTTP/1.1 204 No Content\r\n\r\n", &mut |_: Signal<'_>| {}).unwrap();
    assert!(conversation.outbox().is_empty());
    assert_eq!(conversation.eof(&mut |_: Signal<'_>| {}), Ok(()));
}

#[test]
fn the_wrong_peer_is_told_in_one_line() {
    let cases = [
        (Sse, "\x15\x03\x01\0\x02\x02\x16", "the peer speaks TLS on this port: use https:// or wss://"),
        (Sse, "", "the peer closed the connection before it answered"),
        (Sse, "HTTP/1.1 200", "the peer closed the connection in the middle of a response head"),
        (Sse, "HTTP/1.1 2x0 OK\r\n\r\n", "malformed response head: invalid response status"),
        (
            Sse,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
            "content-type \"text/html\" instead of text/event-stream: not an SSE endpoint",
        ),
        (
            Sse,
            "HTTP/1.1 307 X\r\nLocation: https://b/\r\n\r\n",
            "status 307 redirects to \"https://b/\": redirects are not followed, give that URL",
        ),
        (
            Sse,
            "HTTP/1.1 426 Upgrade Required\r\n\r\n",
            "the peer answered 426 and wants an upgrade: a WebSocket endpoint? use ws:// or wss://",
        ),
        (
            WebSocket,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
            "status 200 with content-type \"text/event-stream\" instead of 101: \
             is this an SSE endpoint? use http:// or https://",
        ),
        (RawTcp, "HTTP/1.1 403 Forbidden\r\n\r\n", "the peer answered 403 Forbidden"),
        (
            HttpStream,
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
            "content-encoding \"gzip\", though only identity was asked for",
        ),
        (
            HttpStream,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "transfer-encoding \"gzip, chunked\": only chunked is understood",
        ),
        (
            LongPoll,
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\ncontent-length: 5\r\n\r\n",
            "content-length \"4, 5\" is not one number",
        ),
        (LongPoll, "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\n", "content-length \"+4\" is not one number"),
    ];
    for (transport, response, due) in cases {
        assert_eq!(error(transport, response), due);
    }
}

#[test]
fn what_several_lines_say_they_must_say_together() {
    let cases = [
        (
            Sse,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: gzip\r\n\r\n",
            "transfer-encoding \"chunked, gzip\": only chunked is understood",
        ),
        (
            LongPoll,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "transfer-encoding \"chunked, chunked\": only chunked is understood",
        ),
        (
            LongPoll,
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            "content-length \"6\" beside transfer-encoding: a body has one length",
        ),
        (
            Sse,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: gzip\r\nContent-Length: 6\r\n\r\n",
            "content-length \"6\" beside transfer-encoding: a body has one length",
        ),
        (
            HttpStream,
            "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n\r\n",
            "content-encoding \"identity, br\", though only identity was asked for",
        ),
    ];
    for (transport, response, due) in cases {
        assert_eq!(error(transport, response), due);
    }
}

#[test]
fn who_wants_a_token_says_so_by_its_challenge() {
    for (transport, response, due) in [
        (
            Sse,
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=x\r\n\r\nno token",
            "the peer answered 401 and wants a token: \"no token\": give it with --token-env NAME",
        ),
        (
            WebSocket,
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\nno",
            "the peer answered 401 Unauthorized: \"no\"",
        ),
    ] {
        assert_eq!(error(transport, response), due);
    }
}

#[test]
fn a_refusal_quotes_the_body_that_came_with_it_and_escapes_it() {
    let told = |transport, response: &str| {
        converse(&get(), transport, response, b"", Cut::Whole).result.unwrap_err().to_string()
    };
    let plain = told(Sse, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno\x1b[31m \u{8def}");
    assert_eq!(plain, "the peer answered 404 Not Found: \"no\\u{1b}[31m \u{8def}\"");
    let reason = told(Sse, "HTTP/1.1 500 \u{9b}31m\r\n\r\n");
    assert_eq!(reason, "the peer answered 500 \\u{9b}31m");
    let chunked = told(LongPoll, "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfull\r\n0\r\n\r\n");
    assert!(chunked.starts_with("the peer answered 503 Busy: \"full"), "{chunked}");
    let axum = "HTTP/1.1 400 Bad Request\r\n\r\nConnection header did not include 'upgrade'";
    assert_eq!(
        told(HttpStream, axum),
        "the peer answered 400 and wants an upgrade: \"Connection header did not include 'upgrade'\": \
         a WebSocket endpoint? use ws:// or wss://"
    );
    // The advice rests on what had come of the body; the kind of the error does not.
    let kind = |cut| std::mem::discriminant(&converse(&get(), HttpStream, axum, b"", cut).result.unwrap_err());
    assert_eq!(kind(Cut::Whole), kind(Cut::Lengths(vec![4])));
    let long = told(Sse, &format!("HTTP/1.1 500 {}\r\n\r\n{}", "r".repeat(5000), "b".repeat(5000)));
    assert!(long.len() < 500, "{long}");
    let ssh = told(WebSocket, "SSH-2.0-OpenSSH_9\r\n");
    assert_eq!(ssh, "the peer does not speak HTTP/1.1: its answer begins with \"SSH-2.0-OpenSSH_9\"");
}

#[test]
fn a_request_that_would_break_the_line_is_not_sent() {
    let refused = |request: Request| Conversation::open(Sse, &request).unwrap_err().to_string();
    let with = |name: &str, value: &str| Request { headers: vec![(name.to_owned(), value.to_owned())], ..get() };
    assert_eq!(refused(with("X", "a\r\nB: c")), "value of header \"X\" cannot be sent: with a control character");
    assert_eq!(refused(with("X Y", "a")), "header name \"X Y\" cannot be sent: not a token");
    assert_eq!(refused(with("upgrade", "h2c")), "header \"upgrade\" cannot be sent: set by the client itself");
    assert!(refused(Request { method: "GET /".to_owned(), ..get() }).starts_with("method"));
    assert!(refused(Request::get("a b", "/")).starts_with("host"));
    for path in ["", "x", "/a b", "/\r\n"] {
        assert!(refused(Request::get("h", path)).starts_with("path"), "{path:?}");
    }
    for size in [None, Some(0), Some(usize::MAX)] {
        let request = Request { payload_bytes: size, ..get() };
        assert_eq!(Conversation::open(RawTcp, &request).unwrap_err(), RequestError::PayloadBytes(RawTcp));
    }
}

#[test]
fn headers_replace_defaults_and_a_body_is_sent_with_its_length() {
    let request = Request {
        method: "POST".to_owned(),
        headers: vec![("accept".to_owned(), "*/*".to_owned()), ("Authorization".to_owned(), "Bearer x".to_owned())],
        body: Some(b"{}".to_vec()),
        ..get()
    };
    let mut conversation = Conversation::open(Sse, &request).unwrap();
    let sent = String::from_utf8(conversation.outbox().clone()).unwrap();
    assert!(sent.starts_with("POST / HTTP/1.1\r\n") && sent.ends_with("\r\nContent-Length: 2\r\n\r\n{}"), "{sent}");
    assert!(sent.contains("\r\naccept: */*\r\nAuthorization: Bearer x\r\n") && !sent.contains("text/event-stream"));
}
