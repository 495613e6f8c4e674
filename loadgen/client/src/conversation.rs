//! One open stream of any transport, a framing over a wire: the request, what comes back, and what must be written in
//! answer. Refuses to wait: when to read, write and give up is the driver's.

use super::http::Http1;
use super::websocket::{self, CLOSE, PONG, TEXT};
use super::wire::{Overhead, Wire as _};
use super::{DecodeError, EventStream, Frames, Head, Lines, MAX_HEAD_BYTES};
use super::{Records, Request, RequestError, Signal, Sink};
use wire::Transport;

/// One open stream. After an error it is spent.
#[derive(Debug)]
pub struct Conversation {
    transport: Transport,
    wire: Http1,
    protocol: Protocol,
    outbox: Vec<u8>,
    closing: bool,
    /// Bytes of the peer's close frame.
    close_bytes: u64,
}

#[derive(Debug)]
enum Protocol {
    EventStream(EventStream),
    WebSocket(Frames),
    /// With the bytes of the request that is sent again and again.
    LongPoll(Lines, Vec<u8>),
    /// Messages up, one answer each; with the request's head, which goes before each message.
    Posts(Lines, Vec<u8>),
    Records(Records),
}

/// The transport has no way back on the connection of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} carries no client messages on the connection of its events")]
pub struct Unsupported(Transport);

impl Conversation {
    /// Begins a stream; the outbox holds the request.
    ///
    /// # Errors
    /// [`RequestError`] when HTTP does not allow a part of the request, or nobody said how records are cut.
    pub fn open(transport: Transport, request: &Request) -> Result<Self, RequestError> {
        let (outbox, accept_key) = request.encode(transport)?;
        let protocol = match transport {
            Transport::Sse => Protocol::EventStream(EventStream::default()),
            Transport::WebSocket => {
                Protocol::WebSocket(Frames::new(accept_key).offering(&request.all("sec-websocket-protocol")))
            }
            Transport::LongPoll => Protocol::LongPoll(Lines::default(), outbox.clone()),
            Transport::HttpStream => Protocol::Records(Records::of_body(request.payload_bytes)),
            Transport::RawTcp => Protocol::Records(Records::of_upgrade(transport.name(), request.payload_bytes)),
        };
        Ok(Self::new(transport, protocol, outbox))
    }

    /// Messages of `body_bytes` bytes up over POST requests on one keep-alive connection; nothing is in the outbox before
    /// the first message. `request` names path and headers, its body is ignored.
    ///
    /// # Errors
    /// [`RequestError`] when HTTP does not allow a part of the request.
    pub fn posts(request: &Request, body_bytes: usize) -> Result<Self, RequestError> {
        let sized = Request { method: "POST".to_owned(), body: Some(vec![0; body_bytes]), ..request.clone() };
        let (mut head, _) = sized.encode(Transport::LongPoll)?;
        head.truncate(head.len() - body_bytes);
        Ok(Self::new(Transport::LongPoll, Protocol::Posts(Lines::default(), head), Vec::new()))
    }

    fn new(transport: Transport, protocol: Protocol, outbox: Vec<u8>) -> Self {
        Self { transport, wire: Http1::default(), protocol, outbox, closing: false, close_bytes: 0 }
    }

    /// Takes the next bytes of the connection, cut anywhere. What they demand in answer is in the outbox afterwards.
    pub fn push<S: Sink + ?Sized>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        let wire = &mut self.wire;
        match &mut self.protocol {
            Protocol::EventStream(events) => wire.push(events, bytes, sink),
            Protocol::Records(records) => wire.push(records, bytes, sink),
            Protocol::Posts(answers, _) => wire.push(answers, bytes, sink),
            Protocol::LongPoll(lines, request) => {
                let mut answered = 0;
                let pushed = wire.push(lines, bytes, &mut |signal: Signal<'_>| {
                    answered += usize::from(matches!(signal, Signal::ResponseEnd));
                    sink.signal(signal);
                });
                let goes_on = !wire.is_over() && !self.closing;
                // A peer that answers unasked, and does not read, must not fill our memory.
                while goes_on && answered > 0 && self.outbox.len() < MAX_HEAD_BYTES {
                    self.outbox.extend_from_slice(request);
                    answered -= 1;
                }
                pushed
            }
            Protocol::WebSocket(frames) => {
                let (outbox, closing, close_bytes) = (&mut self.outbox, &mut self.closing, &mut self.close_bytes);
                wire.push(frames, bytes, &mut |signal: Signal<'_>| {
                    if let Signal::Close { code, reason } = signal {
                        *close_bytes = 2 + code.map_or(0, |_| 2 + reason.len() as u64);
                    }
                    answer(&signal, outbox, closing);
                    sink.signal(signal);
                })
            }
        }
    }

    /// Bytes that must be written to the peer; the caller removes what it has written.
    pub fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }

    /// Appends a message to the outbox: a masked text frame, not before the response head has come, or a POST. No other
    /// transport can.
    pub fn send_message(&mut self, payload: &[u8]) -> Result<(), Unsupported> {
        match &self.protocol {
            Protocol::WebSocket(_) => websocket::write_frame(&mut self.outbox, TEXT, payload),
            Protocol::Posts(_, head) => {
                self.outbox.extend_from_slice(head);
                self.outbox.extend_from_slice(payload);
            }
            Protocol::EventStream(_) | Protocol::LongPoll(..) | Protocol::Records(_) => {
                return Err(Unsupported(self.transport));
            }
        }
        Ok(())
    }

    /// Ends the stream from our side: a WebSocket close frame (code 1000) goes to the outbox, a poll is not repeated.
    /// From here on the end of the connection is no error.
    pub fn close(&mut self) {
        if let Protocol::WebSocket(_) = self.protocol
            && !self.closing
        {
            websocket::write_frame(&mut self.outbox, CLOSE, &1000_u16.to_be_bytes());
        }
        self.closing = true;
    }

    /// Takes the end of the connection: was it a clean one?
    pub fn eof<S: Sink + ?Sized>(&mut self, sink: &mut S) -> Result<(), DecodeError> {
        let wire = &mut self.wire;
        let ended = match &mut self.protocol {
            Protocol::EventStream(events) => wire.finish(events, sink),
            Protocol::Records(records) => wire.finish(records, sink),
            Protocol::LongPoll(lines, _) | Protocol::Posts(lines, _) => wire.finish(lines, sink),
            Protocol::WebSocket(frames) => wire.finish(frames, sink),
        };
        if self.closing { Ok(()) } else { ended }
    }

    /// Whether the stream has ended cleanly: whatever comes now is ignored.
    pub fn is_over(&self) -> bool {
        self.wire.is_over()
    }

    /// The latest response head; an empty one with status 0 before the first has come.
    pub fn head(&self) -> &Head {
        self.wire.head()
    }

    /// Bytes received so far that opened the stream, and those that ended it.
    pub fn overhead(&self) -> Overhead {
        let Overhead { head_bytes, end_bytes } = self.wire.overhead();
        Overhead { head_bytes, end_bytes: end_bytes + self.close_bytes }
    }

    /// The SSE stream's last event ID; empty on every other transport.
    pub fn last_event_id(&self) -> &str {
        let Protocol::EventStream(events) = &self.protocol else { return "" };
        events.last_event_id()
    }
}

/// What RFC 6455 demands in answer. Pings are not answered while 64 KiB wait unsent: the peer does not read.
fn answer(signal: &Signal<'_>, outbox: &mut Vec<u8>, closing: &mut bool) {
    match signal {
        Signal::Ping(payload) if outbox.len() < MAX_HEAD_BYTES => websocket::write_frame(outbox, PONG, payload),
        Signal::Close { code, .. } if !*closing => {
            *closing = true;
            websocket::write_frame(outbox, CLOSE, code.map(u16::to_be_bytes).as_ref().map_or(&[], |code| code));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_gets_a_whole_request_and_one_answer() {
        let mut posts = Conversation::posts(&Request::get("h:1", "/publish/s"), 5).unwrap();
        assert!(posts.outbox().is_empty());
        posts.send_message(b"hello").unwrap();
        let text = String::from_utf8(std::mem::take(posts.outbox())).unwrap();
        assert!(text.starts_with("POST /publish/s HTTP/1.1\r\nHost: h:1\r\n"), "{text}");
        assert!(text.ends_with("Content-Length: 5\r\n\r\nhello"), "{text}");
        let mut answers = 0;
        let mut count = |signal: Signal<'_>| answers += u32::from(matches!(signal, Signal::ResponseEnd));
        posts.push(b"HTTP/1.1 204 No Content\r\n", &mut count).unwrap();
        posts.push(b"\r\n", &mut count).unwrap();
        assert!(posts.push(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", &mut count).is_err());
        assert_eq!(answers, 1);
        assert!(posts.outbox().is_empty(), "what is posted is not asked again");
    }

    #[test]
    fn what_opens_and_what_ends_a_stream_is_known_apart() {
        let mut stream = Conversation::open(Transport::Sse, &Request::get("h:1", "/sse")).unwrap();
        let (early, head) =
            ("HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
        let head = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
        let mut push = |bytes: &str| {
            stream.push(bytes.as_bytes(), &mut |_: Signal<'_>| {}).unwrap();
            stream.overhead()
        };
        assert_eq!(push(early), Overhead::default());
        let opened = Overhead { head_bytes: head.len() as u64, end_bytes: 0 };
        assert_eq!(push(&head), opened);
        assert_eq!(push("9\r\ndata: x\n\n\r\n"), opened);
        assert_eq!(push("0\r\n\r\n"), Overhead { end_bytes: 5, ..opened });
    }
}
