//! What peers do, as data: a class, a name, on which ways it can be done, and which words must be said about it.

use crate::peer::Shown;

/// How the program meets the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `run http://…`
    Sse,
    /// `run ws://…`
    WebSocket,
    /// The first, read by hyper and sse-stream.
    SseLibrary,
    /// The second, read by tungstenite.
    WebSocketLibrary,
    /// `llm http://…`
    Llm,
    /// `llm http://… --transport websocket`
    LlmWebSocket,
    /// `compare --target`: the peer answers `/facts`.
    Target,
    /// A trial against what seems to be one of our servers: the peer answers one route, our server the others.
    Trial,
}

use Way::{Llm, LlmWebSocket, Sse, SseLibrary, Target, Trial, WebSocket, WebSocketLibrary};

/// Every way.
pub(crate) const ALL: [Way; 8] = [Sse, WebSocket, SseLibrary, WebSocketLibrary, Llm, LlmWebSocket, Target, Trial];
/// Ways on which a stream begins with an HTTP response.
const HTTP: [Way; 4] = [Sse, SseLibrary, Llm, Trial];
const SOCKETS: [Way; 3] = [WebSocket, WebSocketLibrary, LlmWebSocket];
/// Ways whose events are read by the program's own decoders.
const LEAN: [Way; 4] = [Sse, WebSocket, Llm, LlmWebSocket];
const MODELS: [Way; 2] = [Llm, LlmWebSocket];
const RUNS: [Way; 4] = [Sse, WebSocket, SseLibrary, WebSocketLibrary];

/// What was asked.
pub(crate) struct Asked {
    pub(crate) way: Way,
    /// What answers the key of a WebSocket's handshake.
    pub(crate) key: String,
}

/// What a peer does once it was asked.
pub(crate) enum Act {
    Closes,
    Resets,
    /// Neither reads nor writes.
    Deaf,
    /// Says this and ends the connection.
    Says(Vec<u8>),
    /// Says this and nothing more.
    Stays(Vec<u8>),
    /// Says the one, then the other without end.
    Floods {
        start: Vec<u8>,
        again: Vec<u8>,
        reads: bool,
    },
    /// Says the one, then the other now and then.
    Drips {
        start: Vec<u8>,
        again: Vec<u8>,
    },
    Tls(Shown),
}

/// How the program must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Exit 1 and one line.
    Badly,
    /// Exit 0: something was measured.
    Well,
    /// Badly by requests, well by streams, whose events were measured.
    WellForStreams,
}

/// One kind of harm.
pub(crate) struct Behaviour {
    pub(crate) class: &'static str,
    pub(crate) name: &'static str,
    pub(crate) ways: &'static [Way],
    /// The route that does harm in a trial.
    pub(crate) route: &'static str,
    pub(crate) act: fn(&Asked) -> Act,
    pub(crate) ends: Ends,
    /// Words of which some must be said.
    pub(crate) says: &'static [&'static str],
}

const fn harm(class: &'static str, name: &'static str, ways: &'static [Way], act: fn(&Asked) -> Act) -> Behaviour {
    Behaviour { class, name, ways, route: "/sse", act, ends: Ends::Badly, says: &[] }
}

impl Behaviour {
    const fn says(self, says: &'static [&'static str]) -> Self {
        Self { says, ..self }
    }

    const fn ends(self, ends: Ends) -> Self {
        Self { ends, ..self }
    }

    const fn at(self, route: &'static str) -> Self {
        Self { route, ..self }
    }
}

/// A good response head for a stream, or for an answer that has no length.
fn head(asked: &Asked) -> Vec<u8> {
    match asked.way {
        WebSocket | WebSocketLibrary | LlmWebSocket => {
            format!("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n\r\n", asked.key).into()
        }
        Target => b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec(),
        _ => b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_vec(),
    }
}

/// Something behind a good head.
fn good(asked: &Asked, rest: impl AsRef<[u8]>) -> Vec<u8> {
    [&head(asked), rest.as_ref()].concat()
}

/// One event of a stream.
fn event(asked: &Asked, text: &str) -> Vec<u8> {
    match asked.way {
        WebSocket | WebSocketLibrary | LlmWebSocket => frame(0x81, text.as_bytes()),
        _ => format!("data: {text}\n\n").into(),
    }
}

/// One event with content, as a stream or an API sends it.
fn content(asked: &Asked) -> Vec<u8> {
    event(asked, r#"{"type":"response.output_text.delta","delta":"word "}"#)
}

/// A frame below 64 KiB.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    match u8::try_from(payload.len()) {
        Ok(length @ 0..126) => [&[first, length][..], payload].concat(),
        _ => [&[first, 126][..], &(payload.len() as u16).to_be_bytes(), payload].concat(),
    }
}

fn says(text: &str) -> Act {
    Act::Says(text.as_bytes().to_vec())
}

/// A response with this head and an empty body, or a body that says the secret again.
fn status(line: &str) -> Act {
    says(&format!("HTTP/1.1 {line}\r\nConnection: close\r\n\r\n{}{}", "x".repeat(182), crate::SECRET))
}

fn floods(asked: &Asked, start: &str, again: &str) -> Act {
    Act::Floods { start: good(asked, start), again: again.into(), reads: true }
}

/// Frames behind a good head, then silence.
fn frames(asked: &Asked, bytes: &[u8]) -> Act {
    Act::Stays(good(asked, bytes))
}

/// Everything.
#[rustfmt::skip]
pub(crate) static BEHAVIOURS: &[Behaviour] = &[
    // Connections.
    harm("silence", "says nothing", &ALL, |_| Act::Stays(Vec::new())).says(&["no answer", "silent", "no event"]),
    harm("silence", "stops inside its head", &ALL, |_| Act::Stays(b"HTTP/1.1 200 O".to_vec())).says(&["no answer", "silent", "no event"]),
    harm("silence", "stops behind its head", &LEAN, |a| Act::Stays(head(a))).says(&["no event"]),
    harm("never reads", "reads and says nothing", &ALL, |_| Act::Deaf),
    harm("ends early", "closes at once", &ALL, |_| Act::Closes),
    harm("ends early", "resets", &ALL, |_| Act::Resets),
    harm("ends early", "closes inside its head", &ALL, |_| says("HTTP/1.1 200 OK\r\nConte")),
    harm("ends early", "closes behind its head", &ALL, |a| Act::Says(head(a))),
    // Speed.
    harm("drip", "drips a head without end", &ALL, |_| Act::Drips { start: b"HTTP/1.1 200 OK\r\nX: ".to_vec(), again: b"y".to_vec() }),
    harm("drip", "drips 100 Continue", &ALL, |_| Act::Drips { start: Vec::new(), again: b"HTTP/1.1 100 Continue\r\n\r\n".to_vec() }),
    harm("drip", "drips heartbeats", &HTTP, |a| Act::Drips { start: head(a), again: b": x\n".to_vec() }),
    harm("drip", "drips pings", &SOCKETS, |a| Act::Drips { start: head(a), again: frame(0x89, b"x") }),
    harm("drip", "drips events without end", &MODELS, |a| Act::Drips { start: head(a), again: content(a) }).says(&["no end of the answer within"]),
    harm("drip", "drips one line", &HTTP, |a| Act::Drips { start: good(a, "data: "), again: b"x".to_vec() }),
    // Floods.
    harm("flood", "a head without end", &ALL, |_| Act::Floods { start: b"HTTP/1.1 200 OK\r\n".to_vec(), again: b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".to_vec(), reads: true }),
    harm("flood", "100 Continue without end", &ALL, |_| Act::Floods { start: Vec::new(), again: b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), reads: true }),
    harm("flood", "a line without end", &HTTP, |a| floods(a, "data: ", "x")).says(&["longer than"]),
    harm("flood", "a line of NULs", &HTTP, |a| floods(a, "", "\0")).says(&["longer than"]),
    harm("flood", "data lines without end", &HTTP, |a| floods(a, "", "data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n")).says(&["longer than"]),
    harm("flood", "comments", &HTTP, |a| floods(a, "", ": xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n")),
    harm("flood", "pings, pongs are read", &SOCKETS, |a| Act::Floods { start: head(a), again: frame(0x89, &[7; 125]), reads: true }),
    harm("flood", "pings, pongs are not read", &SOCKETS, |a| Act::Floods { start: head(a), again: frame(0x89, &[7; 125]), reads: false }),
    harm("flood", "fragments without end", &SOCKETS, |a| Act::Floods { start: good(a, frame(0x01, b"x")), again: frame(0x00, &[b'x'; 8000]), reads: true }),
    harm("flood", "empty fragments", &SOCKETS, |a| Act::Floods { start: good(a, frame(0x01, b"")), again: frame(0x00, b""), reads: true }),
    harm("flood", "events without end", &RUNS, |a| Act::Floods { start: head(a), again: content(a), reads: true }).ends(Ends::Well),
    harm("flood", "answers without end", &MODELS, |a| Act::Floods { start: head(a), again: content(a), reads: true }).says(&["events in one answer", "(--max-time)"]),
    harm("flood", "facts without end", &[Target], |a| floods(a, "{\"wire_version\":", "1")),
    // Lengths.
    harm("lengths", "a length that is none", &HTTP, |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: -1\r\n\r\n")),
    harm("lengths", "two lengths", &HTTP, |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n")),
    harm("lengths", "less than was promised", &HTTP, |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n: x\n")),
    harm("lengths", "a frame of 2^62 bytes", &SOCKETS, |a| frames(a, &[0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0])),
    harm("lengths", "a frame of 2^63 bytes", &SOCKETS, |a| frames(a, &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])),
    harm("lengths", "a length in too long a form", &[WebSocket, LlmWebSocket], |a| frames(a, &[0x82, 126, 0, 3, 1, 2, 3])).says(&["shortest form"]),
    harm("lengths", "a length beside chunks", &[Sse, Llm, Trial], |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: x\n\n\r\n0\r\n\r\n")).says(&["a body has one length"]),
    // Chunks.
    harm("chunks", "a size that is none", &HTTP, |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")),
    harm("chunks", "a size above 64 bits", &HTTP, |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n")),
    harm("chunks", "an extension without end", &HTTP, |_| Act::Floods { start: b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5;".to_vec(), again: b"x".to_vec(), reads: true }),
    harm("chunks", "trailers without end", &HTTP, |_| Act::Floods { start: b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n".to_vec(), again: b"X: y\r\n".to_vec(), reads: true }),
    // Encodings.
    harm("encodings", "two transfer codings on two lines", &[Sse, Llm, Trial], |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n")).says(&["only chunked is understood"]),
    harm("encodings", "gzip that nobody asked for", &[Sse, Llm, Trial], |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n\x1f")).says(&["only identity was asked for"]),
    harm("encodings", "another media type", &[Sse, Llm, Trial], |_| says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")).says(&["not an SSE endpoint"]),
    harm("encodings", "text that is not UTF-8", &SOCKETS, |a| frames(a, &frame(0x81, &[0xC0, 0xFF, 0xFE]))),
    // Another protocol.
    harm("other protocol", "noise", &ALL, |_| says("\x01\x02\x7f\x03\x1b]0;owned\x07")),
    harm("other protocol", "an alert of TLS", &ALL, |_| Act::Says(vec![0x15, 3, 1, 0, 2, 2, 70])),
    harm("other protocol", "HTTP/0.9", &ALL, |_| says("<html><body>hello</body></html>")),
    harm("other protocol", "HTTP/2", &ALL, |_| Act::Says(vec![0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])),
    // Statuses and redirects.
    harm("status", "401 that repeats the secret", &ALL, |_| status("401 Unauthorized\r\nWWW-Authenticate: Bearer")),
    harm("status", "403 that repeats the secret", &ALL, |_| status("403 Forbidden")),
    harm("status", "429 without end", &ALL, |_| status("429 Slow\r\nRetry-After: 0")),
    harm("status", "503 with a reason in colours", &ALL, |_| status("503 \x1b[31mno")),
    harm("status", "999", &ALL, |_| status("999 What")),
    harm("status", "204", &SOCKETS, |_| says("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")),
    harm("redirect", "to itself", &ALL, |_| says("HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\n\r\n")),
    harm("redirect", "to another host, with a password", &ALL, |_| says("HTTP/1.1 307 Temporary\r\nLocation: https://u:p4ssw0rd@example.invalid/?key=abcdefgh\r\nConnection: close\r\n\r\n")),
    // Handshakes of WebSocket.
    harm("upgrade", "a wrong key", &SOCKETS, |_| says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")),
    harm("upgrade", "to something else", &SOCKETS, |_| says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")),
    harm("upgrade", "an extension", &[WebSocket, LlmWebSocket], |a| { let text = String::from_utf8(head(a)).unwrap(); says(&text.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")) }).says(&["extension"]),
    harm("upgrade", "a subprotocol that nobody asked for", &[WebSocket, LlmWebSocket], |a| { let text = String::from_utf8(head(a)).unwrap(); says(&text.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n")) }).says(&["subprotocol"]),
    // Framing of WebSocket.
    harm("frames", "a masked frame", &SOCKETS, |a| frames(a, &[0x81, 0x81, 1, 2, 3, 4, 5])),
    harm("frames", "a reserved bit", &SOCKETS, |a| frames(a, &[0xC1, 1, b'x'])),
    harm("frames", "an unknown opcode", &SOCKETS, |a| frames(a, &[0x83, 1, b'x'])),
    harm("frames", "a ping in fragments", &SOCKETS, |a| frames(a, &[0x09, 1, b'x'])),
    harm("frames", "a continuation of nothing", &SOCKETS, |a| frames(a, &[0x80, 1, b'x'])),
    harm("frames", "a message inside another", &SOCKETS, |a| frames(a, &[0x01, 1, b'x', 0x81, 1, b'y'])),
    harm("frames", "half a close code", &SOCKETS, |a| frames(a, &[0x88, 1, 3])),
    // Lies about state, and cuts.
    harm("state", "events, then a reset connection", &ALL, |a| Act::Says(good(a, [content(a), b"\x81\x64{\"ty".to_vec()].concat()))).ends(Ends::WellForStreams),
    harm("state", "the end before the beginning", &MODELS, |a| Act::Says(good(a, event(a, "[DONE]")))),
    // JSON of answers.
    harm("json", "brackets without end", &MODELS, |a| Act::Stays(good(a, event(a, &"[".repeat(60_000))))),
    harm("json", "cut short", &MODELS, |a| Act::Stays(good(a, event(a, "{\"type\":\"resp")))),
    harm("json", "negative and huge tokens", &MODELS, |a| Act::Stays(good(a, event(a, r#"{"type":"response.completed","response":{"usage":{"output_tokens":-1}}}"#)))),
    harm("json", "an error with an escape and the secret", &MODELS, |a| Act::Stays(good(a, event(a, &format!(r#"{{"type":"error","message":"\u001b]0;owned\u0007 {}"}}"#, crate::SECRET))))),
    // TLS.
    harm("tls", "an unknown certificate", &ALL, |_| Act::Tls(Shown::SelfSigned)).says(&["not trusted"]),
    harm("tls", "a certificate for another name", &ALL, |_| Act::Tls(Shown::OtherName)).says(&["not trusted"]),
    harm("tls", "HTTP in clear", &ALL, |_| Act::Tls(Shown::Clear)).says(&["does not speak TLS"]),
    harm("tls", "no handshake", &ALL, |_| Act::Tls(Shown::Nothing)).says(&["TLS handshake timed out"]),
    harm("tls", "a record that drips", &ALL, |_| Act::Tls(Shown::Drip)).says(&["TLS"]),
    harm("tls", "noise in a record", &ALL, |_| Act::Tls(Shown::Noise)).says(&["TLS"]),
    // What our servers say beside the streams.
    harm("facts", "of another version", &[Target], |a| Act::Says(good(a, "{\"wire_version\":999}"))).says(&["wire version 999"]),
    harm("facts", "brackets without end", &[Target], |a| Act::Says(good(a, "[".repeat(500_000)))).says(&["is not a pushbench server"]),
    harm("facts", "of 10 MB", &[Target], |a| Act::Says(good(a, format!("\"{}\"", "x".repeat(10_000_000))))).says(&["is not a pushbench server"]),
    harm("clock", "a reading below zero", &[Trial], |_| says("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"monotonic_ns\": -10}")).at("/clock"),
    harm("clock", "no reading", &[Trial], |_| Act::Stays(Vec::new())).at("/clock").says(&["/clock"]),
    harm("clock", "readings that drip", &[Trial], |_| Act::Drips { start: b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n".to_vec(), again: b" ".to_vec() }).at("/clock").says(&["/clock"]),
    harm("clock", "stamps that cannot be read", &[Trial], |a| Act::Drips { start: head(a), again: b"data: x\n\n".to_vec() }).says(&["stamp"]),
    harm("clock", "stamps of another clock", &[Trial], |a| Act::Stays(good(a, event(a, &stamped())))).says(&["of different servers behind one name"]),
    harm("vitals", "never", &[Trial], |_| Act::Stays(Vec::new())).at("/vitals").ends(Ends::Well),
    harm("vitals", "of 2^64", &[Trial], |_| says("HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n{\"events_sent\":99999999999999999999999999}")).at("/vitals").ends(Ends::Well),
];

/// A payload of 128 bytes as our servers send it, from a clock that begins now.
fn stamped() -> String {
    let at = wire::MonoTime::from_nanos(1_000);
    let mut payload = Vec::new();
    wire::Payload::new(128).render(&wire::Stamp { seq: 0, due: at, fired: at, sent: at }, &mut payload);
    String::from_utf8(payload).unwrap()
}
