//! What every decoder test needs: a peer's bytes, ways to cut them, and a log of what came out. Refuses to judge.
#![allow(dead_code, reason = "each test binary uses its own part")]

use client::{Conversation, DecodeError, EventStream, Framing, Request, Signal};
use std::fmt;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wire::Transport;

/// An owned [`Signal`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Head(u16),
    Event { data: Vec<u8>, id: Option<String>, kind: Option<String>, binary: bool },
    Comment,
    Retry(u64),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    End,
    Close(Option<u16>, String),
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(status) => write!(f, "head {status}"),
            Self::Event { data, id, kind, binary } => {
                let text = String::from_utf8_lossy(&data[..data.len().min(60)]);
                write!(f, "event {} B {text:?} id={id:?} kind={kind:?} binary={binary}", data.len())
            }
            Self::Ping(data) => write!(f, "ping {data:?}"),
            Self::Pong(data) => write!(f, "pong {data:?}"),
            Self::Comment => f.write_str("comment"),
            Self::Retry(ms) => write!(f, "retry {ms}"),
            Self::End => f.write_str("end"),
            Self::Close(code, reason) => write!(f, "close {code:?} {reason:?}"),
        }
    }
}

impl From<Signal<'_>> for Seen {
    fn from(signal: Signal<'_>) -> Self {
        match signal {
            Signal::Head(head) => Self::Head(head.status()),
            Signal::Event(event) => Self::Event {
                data: event.data.to_vec(),
                id: event.id.map(str::to_owned),
                kind: event.kind.map(str::to_owned),
                binary: event.binary,
            },
            Signal::Comment => Self::Comment,
            Signal::Retry(ms) => Self::Retry(ms),
            Signal::Ping(data) => Self::Ping(data.to_vec()),
            Signal::Pong(data) => Self::Pong(data.to_vec()),
            Signal::ResponseEnd => Self::End,
            Signal::Close { code, reason } => Self::Close(code, reason.to_owned()),
        }
    }
}

/// A text event without id or type.
pub(crate) fn text(data: impl AsRef<[u8]>) -> Seen {
    Seen::Event { data: data.as_ref().to_vec(), id: None, kind: None, binary: false }
}

/// An event of a transport that knows no text.
pub(crate) fn opaque(data: impl AsRef<[u8]>) -> Seen {
    Seen::Event { data: data.as_ref().to_vec(), id: None, kind: None, binary: true }
}

/// What became of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) seen: Vec<Seen>,
    /// Of the pushes; of the end of the connection if they went well.
    pub(crate) result: Result<(), DecodeError>,
    pub(crate) over: bool,
    pub(crate) last_event_id: String,
    /// Everything that was to be written, the first request left out, WebSocket masks taken off.
    pub(crate) answers: Vec<u8>,
}

/// Feeds one connection: the response begins with `head(request)`, `body` follows, all cut as `cut` says.
pub(crate) fn converse(request: &Request, transport: Transport, head: &str, body: &[u8], cut: Cut) -> Outcome {
    let mut conversation = Conversation::open(transport, request).expect("a good request");
    let asked = String::from_utf8(std::mem::take(conversation.outbox())).expect("a request in text");
    let key = asked.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    let head = head.replace("$ACCEPT", &derive_accept_key(key.as_bytes()));
    let bytes = [head.as_bytes(), body].concat();
    let mut seen = Vec::new();
    let mut sink = |signal: Signal<'_>| seen.push(signal.into());
    let mut result = cut.apply(&bytes).into_iter().try_for_each(|piece| conversation.push(piece, &mut sink));
    let over = conversation.is_over();
    if result.is_ok() {
        result = conversation.eof(&mut sink);
    }
    let last_event_id = conversation.last_event_id().to_owned();
    let answers = std::mem::take(conversation.outbox());
    let answers = if transport == Transport::WebSocket { unmask(&answers) } else { answers };
    Outcome { seen, result, over, last_event_id, answers }
}

/// [`converse`] under every cut, which must not matter.
pub(crate) fn converse_however_cut(request: &Request, transport: Transport, head: &str, body: &[u8]) -> Outcome {
    let whole = converse(request, transport, head, body, Cut::Whole);
    // The head of a WebSocket answer varies, but not in length.
    let length = head.replace("$ACCEPT", &derive_accept_key(b"")).len() + body.len();
    for cut in (1..length).map(Cut::At).chain([Cut::Bytes]) {
        let outcome = converse(request, transport, head, body, cut.clone());
        assert_eq!(alike(&outcome), alike(&whole), "cut {cut:?}");
    }
    whole
}

/// An outcome as far as it must not depend on the cut: an error may quote more or less of what came.
pub(crate) fn alike(outcome: &Outcome) -> impl PartialEq + fmt::Debug + use<> {
    let error = outcome.result.as_ref().err().map(std::mem::discriminant);
    (outcome.seen.clone(), error, outcome.over, outcome.last_event_id.clone(), outcome.answers.clone())
}

/// One way to feed the same bytes.
#[derive(Debug, Clone)]
pub(crate) enum Cut {
    Whole,
    At(usize),
    Bytes,
    /// Pieces of these lengths, again and again.
    Lengths(Vec<usize>),
}

impl Cut {
    pub(crate) fn apply<'a>(&self, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
        match self {
            Self::Whole => vec![bytes],
            Self::At(at) => vec![&bytes[..*at], &bytes[*at..]],
            Self::Bytes => bytes.chunks(1).collect(),
            Self::Lengths(lengths) => {
                let mut pieces = Vec::new();
                for length in lengths.iter().cycle() {
                    let (piece, rest) = bytes.split_at((*length).min(bytes.len()));
                    pieces.push(piece);
                    bytes = rest;
                    if bytes.is_empty() {
                        break;
                    }
                }
                pieces
            }
        }
    }
}

/// Feeds an event stream alone, each piece as a chunk, and gives what came and the last event ID.
pub(crate) fn parse_events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Seen>, String) {
    let (mut stream, mut seen) = (EventStream::default(), Vec::new());
    let mut sink = |signal: Signal<'_>| seen.push(signal.into());
    pieces.into_iter().try_for_each(|piece| stream.push_chunk(piece, true, &mut sink)).expect("no event too long");
    stream.finish(&mut sink).expect("an event stream ends anywhere");
    (seen, stream.last_event_id().to_owned())
}

/// A request with a known payload size.
pub(crate) fn sized(payload_bytes: usize) -> Request {
    Request { payload_bytes: Some(payload_bytes), ..Request::get("127.0.0.1:8080", "/") }
}

/// The head that opens a stream on each transport; long polling's has a body of `length`.
pub(crate) fn good_head(transport: Transport, length: usize) -> String {
    match transport {
        Transport::Sse => {
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
        }
        Transport::HttpStream => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        Transport::LongPoll => format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"),
        Transport::RawTcp => {
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw-tcp\r\n\r\n".to_owned()
        }
        Transport::WebSocket => "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\n\
                                 sec-websocket-accept: $ACCEPT\r\n\r\n"
            .to_owned(),
    }
}

/// One HTTP chunk.
pub(crate) fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:X}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// One unmasked frame with its length in the shortest form.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        length @ 0..=125 => vec![length as u8],
        length @ 126..=0xFFFF => [&[126][..], &(length as u16).to_be_bytes()].concat(),
        length => [&[127][..], &(length as u64).to_be_bytes()].concat(),
    };
    [&[first][..], &length, payload].concat()
}

/// Takes the masks off a client's short frames, and the keys with them.
pub(crate) fn unmask(mut bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let [first, second, a, b, c, d, rest @ ..] = bytes {
        assert!(second & 0x80 != 0 && second & 0x7F < 126, "a short masked frame");
        let (payload, rest) = rest.split_at(usize::from(second & 0x7F));
        plain.extend([*first, second & 0x7F]);
        plain.extend(payload.iter().zip([a, b, c, d].into_iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes = rest;
    }
    assert!(bytes.is_empty(), "whole frames");
    plain
}
