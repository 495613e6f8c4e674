//! Events in memory, decoded by the lean client or by the libraries: the cost of an event apart from the kernel.
//!
//! A buffer holds what the driver reads at once: about 64 KiB of events back to back, cut on an event's end; the
//! response head is behind. No socket, no clock.

use crate::{Conversation, Request, Signal};
use bytes::{Buf as _, Bytes};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sse_stream::SseStream;
use std::convert::Infallible;
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use wire::{MonoTime, Payload, Stamp, Transport};

const BUFFER_BYTES: usize = 64 << 10;

/// A buffer of events as they stand on the wire of one transport.
pub struct Corpus {
    transport: Transport,
    payload_bytes: usize,
    bytes: Bytes,
    events: u64,
}

impl Corpus {
    /// About 64 KiB of stamped payloads of `payload_bytes` bytes, at least one.
    pub fn new(transport: Transport, payload_bytes: usize) -> Self {
        let payload = Payload::new(payload_bytes);
        let (mut bytes, mut events) = (Vec::new(), 0);
        loop {
            let at = MonoTime::from_nanos(1_000_000_000 + events);
            let mut event = Vec::new();
            payload.render(&Stamp { seq: events, due: at, fired: at, sent: at }, &mut event);
            let framed = framed(transport, &event);
            if events > 0 && bytes.len() + framed.len() > BUFFER_BYTES {
                return Self { transport, payload_bytes: payload.bytes(), bytes: bytes.into(), events };
            }
            bytes.extend(framed);
            events += 1;
        }
    }

    /// Events in the buffer.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The events one by one, framed as they stand on the wire; all have the same length.
    pub fn wire_events(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.bytes.len() / self.events.max(1) as usize)
    }

    /// The response head that goes before them, in answer to a request.
    pub fn head(&self, request: &[u8]) -> String {
        head(self.transport, request, self.bytes.len())
    }

    /// A lean client before which the response head already lies.
    pub fn lean(&self) -> Lean<'_> {
        let request = Request { payload_bytes: Some(self.payload_bytes), ..Request::get("localhost", "/") };
        let mut conversation = Conversation::open(self.transport, &request).expect("a constant request is valid");
        let head = head(self.transport, conversation.outbox(), self.bytes.len());
        // A poll's answer has a head of its own, which belongs to its cost.
        let repeats = self.transport == Transport::LongPoll;
        let bytes = if repeats { [head.as_bytes(), &self.bytes].concat().into() } else { self.bytes.clone() };
        if !repeats {
            conversation.push(head.as_bytes(), &mut |_: Signal<'_>| {}).expect("a constant head is valid");
        }
        Lean { conversation, bytes, corpus: self }
    }

    /// Decodes the buffer once with the libraries; the number of events, or `None` where no library reads the transport.
    pub fn library(&self) -> Option<u64> {
        match self.transport {
            Transport::Sse => Some(self.library_sse()),
            Transport::WebSocket => Some(self.library_websocket()),
            Transport::LongPoll | Transport::HttpStream | Transport::RawTcp => None,
        }
    }

    /// The parser crate alone, chunks taken off before it: hyper does that, and it costs more than the parsing.
    fn library_sse(&self) -> u64 {
        let body = dechunked(self.bytes.clone()).map(Ok::<_, Infallible>);
        let events = SseStream::from_bytes_stream(stream::iter(body)).filter_map(|event| async { event.ok() });
        events.count().now_or_never().unwrap_or(0) as u64
    }

    fn library_websocket(&self) -> u64 {
        let decoded = async {
            let mut messages = WebSocketStream::from_raw_socket(Replay(&self.bytes), Role::Client, None).await;
            let mut events = 0;
            while let Some(Ok(_)) = messages.next().await {
                events += 1;
            }
            events
        };
        decoded.now_or_never().unwrap_or(0)
    }
}

/// A lean client and the buffer that it decodes again and again.
pub struct Lean<'a> {
    conversation: Conversation,
    bytes: Bytes,
    corpus: &'a Corpus,
}

impl Lean<'_> {
    /// Decodes the buffer once; the number of events.
    pub fn decode(&mut self) -> u64 {
        let mut events = 0;
        // Without the black box a transport without framing would be counted without being looked at.
        let count = &mut |signal: Signal<'_>| {
            if let Signal::Event(event) = signal {
                black_box(event.data);
                events += 1;
            }
        };
        self.conversation.push(&self.bytes, count).expect("a corpus is valid");
        // Long polling asks again after each answer.
        self.conversation.outbox().clear();
        debug_assert_eq!(events, self.corpus.events);
        events
    }
}

fn framed(transport: Transport, payload: &[u8]) -> Vec<u8> {
    match transport {
        Transport::Sse => chunk(&[b"data: ", payload, b"\n\n"].concat()),
        Transport::HttpStream => chunk(payload),
        Transport::LongPoll => [payload, b"\n"].concat(),
        Transport::RawTcp => payload.to_vec(),
        Transport::WebSocket => frame(payload),
    }
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:X}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// A text frame from the server (RFC 6455, section 5.2).
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        n @ 0..126 => vec![n as u8],
        n @ 126..=0xFFFF => [&[126][..], &(n as u16).to_be_bytes()].concat(),
        n => [&[127][..], &(n as u64).to_be_bytes()].concat(),
    };
    [&[0x81][..], &length, payload].concat()
}

/// The response head that opens a stream, made from the request.
fn head(transport: Transport, request: &[u8], body_bytes: usize) -> String {
    let request = String::from_utf8_lossy(request);
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    let fields = match transport {
        Transport::Sse => "200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked".to_owned(),
        Transport::HttpStream => "200 OK\r\ntransfer-encoding: chunked".to_owned(),
        Transport::LongPoll => format!("200 OK\r\ncontent-length: {body_bytes}"),
        Transport::RawTcp => "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: raw-tcp".to_owned(),
        Transport::WebSocket => format!(
            "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {}",
            derive_accept_key(key.as_bytes())
        ),
    };
    format!("HTTP/1.1 {fields}\r\n\r\n")
}

/// The pieces of a chunked body, which this file wrote itself; shared, not copied, as hyper hands them out.
fn dechunked(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let line = bytes.iter().position(|&byte| byte == b'\r')?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).ok()?, 16).ok()?;
        bytes.advance(line + 2);
        let piece = bytes.split_to(size);
        bytes.advance(2);
        Some(piece)
    })
}

/// A peer that sends a buffer and closes, and that takes whatever is written.
struct Replay<'a>(&'a [u8]);

impl AsyncRead for Replay<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.0.split_at(self.0.len().min(buf.remaining()));
        buf.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replay<'_> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Lines of code that read one transport, without tests, comments and blank lines: the shared HTTP head and, for
/// SSE, the chunked body included.
pub fn decoder_lines(transport: Transport) -> u32 {
    const WIRE: &str = include_str!("wire.rs");
    const HTTP: &str = include_str!("http.rs");
    const CHUNKED: &str = include_str!("chunked.rs");
    const PLAIN: &str = include_str!("plain.rs");
    let files: &[&str] = match transport {
        Transport::Sse => &[WIRE, HTTP, CHUNKED, PLAIN, include_str!("sse.rs")],
        Transport::WebSocket => &[WIRE, HTTP, PLAIN, include_str!("websocket.rs")],
        Transport::LongPoll => &[WIRE, HTTP, include_str!("long_poll.rs")],
        Transport::HttpStream => &[WIRE, HTTP, CHUNKED, include_str!("records.rs")],
        Transport::RawTcp => &[WIRE, HTTP, include_str!("records.rs")],
    };
    files.iter().map(|text| code_lines(text)).sum()
}

fn code_lines(text: &str) -> u32 {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_a_corpus_is_decoded_by_every_client() {
        for transport in Transport::ALL {
            for size in [64, 200, 70_000] {
                let corpus = Corpus::new(transport, size);
                assert!(corpus.events() > 0);
                assert_eq!(corpus.lean().decode(), corpus.events(), "{transport} {size}");
                assert!(corpus.library().is_none_or(|events| events == corpus.events()), "{transport} {size}");
            }
        }
    }

    #[test]
    fn only_code_is_counted() {
        assert_eq!(code_lines("//! doc\n\nfn a() {\n    // why\n}\n#[cfg(test)]\nmod tests {}\n"), 2);
        assert!(Transport::ALL.into_iter().all(|transport| decoder_lines(transport) > 50));
    }
}
