//! The event-stream parser against `data/sse-parser-cases.json`: every case, however its bytes are cut.

mod decoders_support;

use client::{Conversation, DecodeError, EventStream, Framing, MAX_EVENT_BYTES, Request, Signal};
use decoders_support::{Cut, Seen, converse, converse_however_cut, parse_events, text};
use serde::Deserialize;
use wire::Transport;

#[derive(Deserialize)]
struct Suite {
    http_cases: Vec<HttpCase>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct HttpCase {
    id: String,
    server: Server,
    expected: String,
}

#[derive(Deserialize)]
struct Server {
    /// A number, or `301 or 307`.
    status: Option<serde_json::Value>,
    content_type: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    input_hex: String,
    chunks_hex: Option<Vec<String>>,
    expected: Vec<Expected>,
    last_event_id_at_end: String,
    reconnection_time_ms: Option<Milliseconds>,
    comments: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Expected {
    event: String,
    data: String,
    id: String,
    retry: Option<Milliseconds>,
}

/// A number, or `unbounded`: more than any integer holds, for which we say the largest.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Milliseconds {
    Known(u64),
    Unbounded(#[expect(dead_code, reason = "the word itself says it all")] String),
}

impl Milliseconds {
    fn get(&self) -> u64 {
        match self {
            Self::Known(ms) => *ms,
            Self::Unbounded(_) => u64::MAX,
        }
    }
}

fn suite() -> Suite {
    serde_json::from_str(include_str!("data/sse-parser-cases.json")).expect("the suite is JSON")
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits")).collect()
}

impl Case {
    fn check(&self, seen: &[Seen], last_event_id: &str, how: &str) {
        let (mut events, mut retry, mut last_retry, mut comments) = (self.expected.iter(), None, None, 0);
        for signal in seen {
            match signal {
                Seen::Retry(ms) => (retry, last_retry) = (Some(*ms), Some(*ms)),
                Seen::Comment => comments += 1,
                Seen::Event { data, id, kind, binary: false } => {
                    let due = events.next().unwrap_or_else(|| panic!("{} {how}: one event too many", self.id));
                    let kind = kind.as_deref().unwrap_or("message");
                    let came = (
                        str::from_utf8(data).expect("SSE data is UTF-8"),
                        id.as_deref().unwrap_or_default(),
                        kind,
                        retry.take(),
                    );
                    let due_retry = due.retry.as_ref().map(Milliseconds::get);
                    assert_eq!(came, (&due.data[..], &due.id[..], &due.event[..], due_retry), "{} {how}", self.id);
                }
                other => panic!("{} {how}: {other:?}", self.id),
            }
        }
        assert_eq!(events.count(), 0, "{} {how}: events are missing", self.id);
        assert_eq!(last_event_id, self.last_event_id_at_end, "{} {how}", self.id);
        assert_eq!(last_retry, self.reconnection_time_ms.as_ref().map(Milliseconds::get), "{} {how}", self.id);
        if let Some(due) = &self.comments {
            assert_eq!(comments, due.len(), "{} {how}: comments", self.id);
        }
    }
}

#[test]
fn every_case_passes_however_it_is_cut() {
    let suite = suite();
    assert_eq!(suite.cases.len(), 98);
    for case in &suite.cases {
        let input = unhex(&case.input_hex);
        for cut in [Cut::Whole, Cut::Bytes].into_iter().chain((1..input.len()).map(Cut::At)) {
            let (seen, last_event_id) = parse_events(cut.apply(&input));
            case.check(&seen, &last_event_id, &format!("{cut:?}"));
        }
        if let Some(chunks) = &case.chunks_hex {
            let chunks: Vec<_> = chunks.iter().map(|hex| unhex(hex)).collect();
            let (seen, last_event_id) = parse_events(chunks.iter().map(|chunk| &chunk[..]));
            case.check(&seen, &last_event_id, "in its own chunks");
        }
    }
}

#[test]
fn every_case_passes_in_a_chunked_response() {
    for case in suite().cases {
        let input = unhex(&case.input_hex);
        for chunk_bytes in [1, 5, 1000] {
            let body: Vec<u8> = input.chunks(chunk_bytes).flat_map(decoders_support::chunk).collect();
            let body = [&body[..], b"0\r\n\r\n"].concat();
            let head = decoders_support::good_head(Transport::Sse, 0);
            let outcome = converse(&Request::get("h", "/"), Transport::Sse, &head, &body, Cut::Lengths(vec![7, 3, 11]));
            assert_eq!(outcome.result, Ok(()));
            let [Seen::Head(200), seen @ .., Seen::End] = &outcome.seen[..] else { panic!("{:?}", outcome.seen) };
            case.check(seen, &outcome.last_event_id, &format!("in chunks of {chunk_bytes}"));
        }
    }
}

/// Cases that are about one response. The others are about what happens over several connections, which a decoder of
/// one connection cannot show:
/// `http-redirect-*`: refused with the target named, not followed: a measurement of one URL must not end up at another;
/// `http-reconnect-after-200-eof`, `http-read-timeout`: reconnecting and waiting are the driver's;
/// `http-post-body-resent`: each connection is opened from the same [`Request`], so it is, by construction;
/// `http-request-*`, `http-*-last-event-id-*`: see the tests below.
#[test]
fn status_and_content_type_decide_what_opens() {
    let mut checked = 0;
    for case in suite().http_cases {
        let Some(status) = case.server.status.and_then(|status| status.as_u64()) else { continue };
        if case.id.starts_with("http-request") || case.id.starts_with("http-reconnect") {
            continue;
        }
        let content_type = case.server.content_type.unwrap_or_else(|| "text/event-stream".to_owned());
        let location = if (300..400).contains(&status) { "Location: /good\r\n" } else { "" };
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n{location}\r\n");
        let outcome = converse_however_cut(&Request::get("h", "/"), Transport::Sse, &head, b"data: ok\n\n");
        if case.expected.starts_with("opens") {
            assert_eq!(outcome.result, Ok(()), "{}", case.id);
            assert_eq!(outcome.seen, [Seen::Head(200), text("ok"), Seen::End], "{}", case.id);
        } else {
            let right = match outcome.result.unwrap_err() {
                DecodeError::Status { status: got, .. } => u64::from(got) == status,
                DecodeError::Redirect { status: got, location } => u64::from(got) == status && location == "/good",
                DecodeError::ContentType(got) => got == content_type,
                _ => false,
            };
            assert!(right, "{}", case.id);
            assert_eq!(outcome.seen, [Seen::Head(status as u16)], "{}", case.id);
        }
        checked += 1;
    }
    assert_eq!(checked, 15);
}

#[test]
fn a_redirect_to_nowhere_is_an_error() {
    for status in [301, 307] {
        let head = format!("HTTP/1.1 {status} Moved\r\nContent-Length: 0\r\n\r\n");
        let outcome = converse(&Request::get("h", "/"), Transport::Sse, &head, b"", Cut::Whole);
        assert_eq!(outcome.result, Err(DecodeError::Redirect { status, location: String::new() }));
    }
}

fn asked(request: &Request) -> String {
    let mut conversation = Conversation::open(Transport::Sse, request).expect("a good request");
    String::from_utf8(std::mem::take(conversation.outbox())).expect("ASCII or UTF-8")
}

#[test]
fn the_first_request_is_what_the_standard_says() {
    let request = asked(&Request::get("example.org:8080", "/sse?rate=1"));
    assert!(request.starts_with("GET /sse?rate=1 HTTP/1.1\r\nHost: example.org:8080\r\n"), "{request}");
    for line in ["Accept: text/event-stream", "Cache-Control: no-cache", "Accept-Encoding: identity"] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
    }
    assert!(!request.contains("Last-Event-ID") && request.ends_with("\r\n\r\n"), "{request}");
}

#[test]
fn the_last_event_id_is_sent_as_utf_8_and_only_finished_events_count() {
    let ids = [
        ("id: …\ndata: a\n\n", "…"),
        ("id: abc\ndata: Hello\n\ndata: World\n\n", "abc"),
        ("id: abc\ndata: a\n\nid:\ndata: b\n\n", ""),
        ("id: abc\ndata: Hello\n\nid: def\ndata: Goodbye\n", "abc"),
    ];
    for (stream, due) in ids {
        let (_, id) = parse_events([stream.as_bytes()]);
        assert_eq!(id, due);
        let header = ("Last-Event-ID".to_owned(), id);
        let request = asked(&Request { headers: vec![header], ..Request::get("h", "/") });
        assert!(request.contains(&format!("\r\nLast-Event-ID: {due}\r\n")), "{request}");
    }
}

#[test]
fn a_whole_event_is_handed_out_where_it_lies() {
    let bytes = b"id: 1\nevent: x\ndata: abc\n\n";
    let mut place = None;
    let mut sink = |signal: Signal<'_>| {
        if let Signal::Event(event) = signal {
            place = Some(event.data.as_ptr());
        }
    };
    EventStream::default().push(bytes, &mut sink).unwrap();
    assert_eq!(place, Some(bytes[21..].as_ptr()));
}

#[test]
fn an_event_without_end_is_refused() {
    let long = "x".repeat(64 << 10);
    for piece in [long.clone(), format!("data: {long}\n"), format!(": {long}")] {
        let mut stream = EventStream::default();
        let error = (0..400).find_map(|_| stream.push(piece.as_bytes(), &mut |_: Signal<'_>| {}).err());
        assert_eq!(error, Some(DecodeError::EventTooLong));
        assert!(400 * piece.len() < 2 * MAX_EVENT_BYTES);
    }
}
