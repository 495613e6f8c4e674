//! One open stream of any transport: the request, what comes back, and what must be written in answer. Refuses to wait:
//! when to read, write and give up is the driver's.

use super::http::Exchange;
use super::websocket::{self, CLOSE, PONG, TEXT};
use super::{DecodeError, EventStream, Frames, Head, Lines, MAX_HEAD_BYTES};
use super::{Records, Request, RequestError, Signal, Sink};
use wire::Transport;

/// One open stream. After an error it is spent.
#[derive(Debug)]
pub struct Conversation {
    transport: Transport,
    protocol: Protocol,
    outbox: Vec<u8>,
    closing: bool,
}

#[derive(Debug)]
enum Protocol {
    EventStream(Exchange<EventStream>),
    WebSocket(Exchange<Frames>),
    /// With the bytes of the request that is sent again and again.
    LongPoll(Exchange<Lines>, Vec<u8>),
    Records(Exchange<Records>),
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
            Transport::Sse => Protocol::EventStream(Exchange::new(EventStream::default())),
            Transport::WebSocket => {
                let offered = request.all("sec-websocket-protocol");
                Protocol::WebSocket(Exchange::new(Frames::new(accept_key).offering(&offered)))
            }
            Transport::LongPoll => Protocol::LongPoll(Exchange::new(Lines::default()), outbox.clone()),
            Transport::HttpStream => Protocol::Records(Exchange::new(Records::of_body(request.payload_bytes))),
            Transport::RawTcp => {
                let records = Records::of_upgrade(transport.name(), request.payload_bytes);
                Protocol::Records(Exchange::new(records))
            }
        };
        Ok(Self { transport, protocol, outbox, closing: false })
    }

    /// Takes the next bytes of the connection, cut anywhere. What they demand in answer is in the outbox afterwards.
    pub fn push<S: Sink + ?Sized>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), DecodeError> {
        match &mut self.protocol {
            Protocol::EventStream(exchange) => exchange.push(bytes, sink),
            Protocol::Records(exchange) => exchange.push(bytes, sink),
            Protocol::LongPoll(exchange, request) => {
                let mut answered = 0;
                let pushed = exchange.push(bytes, &mut |signal: Signal<'_>| {
                    answered += usize::from(matches!(signal, Signal::ResponseEnd));
                    sink.signal(signal);
                });
                let goes_on = !exchange.is_over() && !self.closing;
                // A peer that answers unasked, and does not read, must not fill our memory.
                while goes_on && answered > 0 && self.outbox.len() < MAX_HEAD_BYTES {
                    self.outbox.extend_from_slice(request);
                    answered -= 1;
                }
                pushed
            }
            Protocol::WebSocket(exchange) => {
                let (outbox, closing) = (&mut self.outbox, &mut self.closing);
                exchange.push(bytes, &mut |signal: Signal<'_>| {
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

    /// Appends a masked text message to the outbox. Only WebSocket can; not before its response head has come.
    pub fn send_message(&mut self, payload: &[u8]) -> Result<(), Unsupported> {
        let Protocol::WebSocket(_) = self.protocol else { return Err(Unsupported(self.transport)) };
        websocket::write_frame(&mut self.outbox, TEXT, payload);
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
        let ended = match &mut self.protocol {
            Protocol::EventStream(exchange) => exchange.finish(sink),
            Protocol::Records(exchange) => exchange.finish(sink),
            Protocol::LongPoll(exchange, _) => exchange.finish(sink),
            Protocol::WebSocket(exchange) => exchange.finish(sink),
        };
        if self.closing { Ok(()) } else { ended }
    }

    /// Whether the stream has ended cleanly: whatever comes now is ignored.
    pub fn is_over(&self) -> bool {
        match &self.protocol {
            Protocol::EventStream(exchange) => exchange.is_over(),
            Protocol::Records(exchange) => exchange.is_over(),
            Protocol::LongPoll(exchange, _) => exchange.is_over(),
            Protocol::WebSocket(exchange) => exchange.is_over(),
        }
    }

    /// The latest response head; an empty one with status 0 before the first has come.
    pub fn head(&self) -> &Head {
        match &self.protocol {
            Protocol::EventStream(exchange) => exchange.head(),
            Protocol::Records(exchange) => exchange.head(),
            Protocol::LongPoll(exchange, _) => exchange.head(),
            Protocol::WebSocket(exchange) => exchange.head(),
        }
    }

    /// The SSE stream's last event ID; empty on every other transport.
    pub fn last_event_id(&self) -> &str {
        let Protocol::EventStream(exchange) = &self.protocol else { return "" };
        exchange.body().last_event_id()
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
